//! Scripts as they run: values, commands, expectations, tests.
//!
//! A [`Runner`] walks over a [`Program`] against the card that its [`Host`] gives it, and fills a
//! [`Report`]. Everything from outside comes through the host, so a run prints nothing itself, asks
//! nobody and opens no reader. What came from a `secret` stands in no message and no report, and what
//! a card told only where the script says so (`echo`).

mod access;
mod auth;
mod bytes;
mod card;
mod compare;
mod describe;
mod eval;
mod exec;
mod expect;
mod failure;
mod files;
mod functions;
mod host;
mod look;
mod machine;
mod pattern;
mod send;
#[cfg(test)]
mod tests;
mod unit;
mod value;

pub use exec::Flow;
pub use failure::{Class, Failure};
pub use host::{Connected, Event, Host, HostError, Wanted};
pub use machine::Machine;
pub use value::{HIDDEN, Kind, Shade, Value};

use rand_core::CryptoRng;

use super::{Code, Program, report::Report, syntax::Stmt};
use crate::{session::Session, transport::Step};

/// What every exchange of a script's own commands is called by observers.
pub const STEP: Step = Step("script");

/// What a run is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// Variables that have a value from the start.
    pub variables: Vec<(String, Value)>,
    /// How many statements and rounds of loops may be run.
    pub max_steps: u64,
    /// The tags of the tests to run; all of them where none is named.
    pub tags: Vec<String>,
    /// Whether the last try of a PIN may be spent.
    pub last_try: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { variables: Vec::new(), max_steps: 1_000_000, tags: Vec::new(), last_try: false }
    }
}

/// A program on its way through its statements.
#[derive(Debug)]
pub struct Runner<'p, 'h> {
    program: &'p Program,
    machine: Machine<'h>,
}

impl<'p, 'h> Runner<'p, 'h> {
    /// At the first statement. Randomness is for protocols and `random(..)`.
    pub fn new(
        program: &'p Program,
        host: Box<dyn Host + 'h>,
        rng: Box<dyn CryptoRng>,
        options: Options,
    ) -> Self {
        Self { program, machine: Machine::new(host, rng, options) }
    }

    /// Another text with the variables and the card of an earlier one: a shell's next line.
    pub const fn resume(program: &'p Program, machine: Machine<'h>) -> Self {
        Self { program, machine }
    }

    /// What stays between two texts.
    pub fn into_machine(self) -> Machine<'h> {
        self.machine
    }

    /// Runs the program to its end, or to the failure that ends it. The report has everything that
    /// ran, whatever happened.
    pub fn run(&mut self) -> Report {
        self.machine.run(self.program)
    }

    /// Runs one statement, with the variables and the card of those before.
    ///
    /// # Errors
    /// What failed.
    pub fn execute(&mut self, stmt: &Stmt) -> Result<Flow, Failure> {
        self.machine.statement(self.program, stmt)
    }

    /// Variables, answers and the card.
    pub const fn machine(&self) -> &Machine<'h> {
        &self.machine
    }

    /// The variables that have a value now, by name.
    pub fn variables(&self) -> std::collections::BTreeMap<&str, &Value> {
        self.machine.variables()
    }

    /// The dialogue, where a card is connected.
    pub const fn session(&mut self) -> Option<&mut Session> {
        self.machine.dialogue()
    }
}
