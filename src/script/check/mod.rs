//! What cannot work in a script, found without a card.
//!
//! Statements are followed in the order of a run: through branches, loops, handlers and included
//! files, once each. What is wrong on every way is an error; what is wrong on some, or does nothing,
//! is a warning.

mod command;
mod flow;
mod names;
mod patterns;
mod statement;
mod values;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use self::names::Names;
use super::{
    Diagnostic, Program,
    syntax::{SourceId, Span},
};

/// How many findings are told.
const MAX_FOUND: usize = 1000;

/// What is known of a run beforehand.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Variables that are set from outside, as by `--set`.
    pub variables: BTreeSet<String>,
}

/// Everything that is wrong in a script and in what it includes, in the order in which it is met.
pub fn check(program: &Program, known: &Known) -> Vec<Diagnostic> {
    let mut checker = Checker {
        program,
        names: Names::of(program),
        set: HashSet::new(),
        order: Vec::new(),
        maybe: HashSet::new(),
        titles: HashMap::new(),
        seen: HashMap::new(),
        found: Vec::new(),
        place: Place::default(),
    };
    for name in &known.variables {
        checker.set(&Arc::from(name.as_str()));
    }
    checker.script(&program.main);
    checker.found
}

/// Where the walk is.
#[derive(Clone, Debug, Default)]
struct Place {
    /// Whether the file is one of PCOM or scriptor.
    lenient: bool,
    loops: usize,
    raw: usize,
    /// The transactions around it.
    transactions: Vec<Span>,
    /// Whether it is in a block to call, where whoever calls it may have set anything.
    called: bool,
}

/// What a file does to what comes after it.
#[derive(Clone, Debug)]
struct Summary {
    goes_on: bool,
    set: Vec<Arc<str>>,
}

struct Checker<'a> {
    program: &'a Program,
    names: Names<'a>,
    /// Variables that are set on every way to here, in the order in which they were.
    set: HashSet<Arc<str>>,
    order: Vec<Arc<str>>,
    /// Variables that are set on some way to here.
    maybe: HashSet<Arc<str>>,
    titles: HashMap<Arc<str>, Span>,
    seen: HashMap<SourceId, Summary>,
    found: Vec<Diagnostic>,
    place: Place,
}

impl Checker<'_> {
    fn tell(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MAX_FOUND {
            self.found.push(diagnostic);
        }
    }

    fn set(&mut self, name: &Arc<str>) {
        if self.set.insert(Arc::clone(name)) {
            self.order.push(Arc::clone(name));
        }
        if !self.maybe.contains(name) {
            self.maybe.insert(Arc::clone(name));
        }
    }

    // Forgets what was set since there were so many, and gives it.
    fn back_to(&mut self, before: usize) -> Vec<Arc<str>> {
        let since = self.order.split_off(before.min(self.order.len()));
        for name in &since {
            self.set.remove(name);
        }
        since
    }
}
