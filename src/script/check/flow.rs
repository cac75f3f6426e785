//! The order of a run: which statements follow which, and what is set on every way.

use std::{collections::HashSet, sync::Arc};

use super::{Checker, Place, Summary, names::all_set};
use crate::script::{
    Code, Diagnostic,
    syntax::{Catch, Expr, ExprKind, For, Function, Operator, Script, Span, Stmt, StmtKind},
};

impl<'a> Checker<'a> {
    /// A script from its first statement to its last. Whether something may follow it.
    pub(super) fn script(&mut self, script: &'a Script) -> bool {
        if let Some(summary) = self.seen.get(&script.source) {
            let Summary { goes_on, set } = summary.clone();
            set.iter().for_each(|name| self.set(name));
            return goes_on;
        }
        if self.seen.is_empty() {
            self.doubles();
        }
        let before = self.order.len();
        let lenient = std::mem::replace(&mut self.place.lenient, script.lenient);
        // Until it is known what it does, for files are not followed twice.
        self.seen.insert(script.source, Summary { goes_on: true, set: Vec::new() });
        let goes_on = self.body(&script.body);
        self.place.lenient = lenient;
        let set = self.order.get(before..).unwrap_or_default().to_vec();
        self.seen.insert(script.source, Summary { goes_on, set });
        goes_on
    }

    fn doubles(&mut self) {
        for (name, first, second) in std::mem::take(&mut self.names.doubles) {
            self.tell(
                Diagnostic::new(
                    Code::BLOCK_TWICE,
                    second,
                    format!("two blocks are called `{name}`"),
                )
                .label("the second one")
                .related(first, "the first one")
                .help("give one of them another name"),
            );
        }
    }

    /// Statements in order. Whether something may follow them.
    pub(super) fn body(&mut self, body: &'a [Stmt]) -> bool {
        let mut ended: Option<(Span, &str)> = None;
        let mut told = false;
        for stmt in body {
            if let Some((before, why)) = ended
                && !told
                && !matches!(stmt.kind, StmtKind::Block { .. })
            {
                told = true;
                self.tell(unreachable(stmt, before, why));
            }
            if !self.statement(stmt) && ended.is_none() {
                ended = Some((stmt.span, ending(&stmt.kind)));
            }
        }
        ended.is_none()
    }

    // Ways that come together again: what all of them set is set, of those that go on.
    fn join(&mut self, ways: Vec<(bool, Vec<Arc<str>>)>) -> bool {
        let goes_on = ways.iter().any(|(goes_on, _)| *goes_on);
        let mut open = ways.into_iter().filter(|(goes_on, _)| *goes_on).map(|(_, set)| set);
        // Where none goes on, nothing that follows matters.
        let Some(first) = open.next() else { return goes_on };
        let rest: Vec<HashSet<Arc<str>>> = open.map(|set| set.into_iter().collect()).collect();
        for name in first.iter().filter(|name| rest.iter().all(|set| set.contains(*name))) {
            self.set(name);
        }
        goes_on
    }

    // One of several ways, from here on: whether it goes on, and what it sets.
    fn way(&mut self, known: &[Arc<str>], body: &'a [Stmt]) -> (bool, Vec<Arc<str>>) {
        let before = self.order.len();
        known.iter().for_each(|name| self.set(name));
        let goes_on = self.body(body);
        (goes_on, self.back_to(before))
    }

    pub(super) fn branch(
        &mut self,
        arms: &'a [(Expr, Vec<Stmt>)],
        otherwise: Option<&'a [Stmt]>,
    ) -> bool {
        let before = self.order.len();
        let mut ways = Vec::new();
        // What is known where none of the conditions before held.
        let mut known = Vec::new();
        for (condition, body) in arms {
            self.condition(condition);
            let mut held = known.clone();
            learn(condition, true, &mut held);
            ways.push(self.way(&held, body));
            learn(condition, false, &mut known);
            known.iter().for_each(|name| self.set(name));
        }
        self.back_to(before);
        ways.push(self.way(&known, otherwise.unwrap_or_default()));
        self.join(ways)
    }

    pub(super) fn attempt(&mut self, body: &'a [Stmt], catches: &'a [Catch]) -> bool {
        let mut ways = vec![self.way(&[], body)];
        for catch in catches {
            if let Some(pattern) = &catch.sw {
                self.status(pattern);
            }
            ways.push(self.way(&[], &catch.body));
        }
        self.join(ways)
    }

    /// A loop: whether it has a round at least, and whether it ends by itself.
    pub(super) fn rounds(&mut self, body: &'a [Stmt], at_least_one: bool, ends: bool) -> bool {
        // A later round sees what an earlier one set.
        let mut set = Vec::new();
        all_set(body, &mut |name| set.push(Arc::clone(name)));
        self.maybe.extend(set);
        self.place.loops += 1;
        let (goes_on, set) = self.way(&[], body);
        self.place.loops -= 1;
        let leaves = has_break(body);
        if at_least_one && (goes_on || !leaves) {
            // A break may come before what stands behind it.
            let whole = if leaves { Vec::new() } else { set };
            whole.iter().for_each(|name| self.set(name));
        }
        let never_ends = !ends && !leaves;
        // Where its first round leaves the script, so does it.
        !never_ends && (goes_on || !at_least_one || leaves || continues(body))
    }

    pub(super) fn counted(&mut self, for_: &'a For) -> bool {
        self.expr(&for_.from);
        self.expr(&for_.to);
        if let Some(step) = &for_.step {
            self.expr(step);
        }
        self.range(for_);
        let bounds = (number(&for_.from), number(&for_.to));
        let at_least_one = match bounds {
            (Some(from), Some(to)) => from < to || for_.inclusive && from == to,
            _ => false,
        };
        let before = self.order.len();
        self.set(&for_.name.text);
        let goes_on = self.rounds(&for_.body, at_least_one, true);
        if !at_least_one {
            self.back_to(before);
        }
        goes_on
    }

    /// A block's statements: whoever calls it may have set anything.
    pub(super) fn block(&mut self, name: &str) {
        let Some(block) = self.names.blocks.get(name) else { return };
        let (params, body) = (block.params, block.body);
        let before = self.order.len();
        let place = Place { called: true, lenient: self.place.lenient, ..Place::default() };
        let place = std::mem::replace(&mut self.place, place);
        params.iter().for_each(|param| self.set(&param.text));
        self.body(body);
        self.place = place;
        self.back_to(before);
    }
}

fn unreachable(stmt: &Stmt, before: Span, why: &str) -> Diagnostic {
    let what = match &stmt.kind {
        StmtKind::Include { path, .. } => format!("`{path}` is never included"),
        _ => "this statement is never reached".to_owned(),
    };
    Diagnostic::new(Code::UNREACHABLE, stmt.span, what)
        .label("nothing leads here")
        .related(before, why)
        .help("move it before that, or take it out")
}

const fn ending(kind: &StmtKind) -> &'static str {
    match kind {
        StmtKind::Exit => "the run ends here",
        StmtKind::Break => "the loop is left here",
        StmtKind::Continue => "the next round begins here",
        StmtKind::While { .. } => "this loop never ends",
        StmtKind::Include { .. } => "the run ends in this file",
        _ => "every way through this leaves",
    }
}

fn has_break(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break => true,
        // Theirs is not ours.
        StmtKind::For(_) | StmtKind::While { .. } | StmtKind::Repeat { .. } => false,
        kind => {
            let mut found = false;
            kind.bodies(&mut |body| found |= has_break(body));
            found
        }
    })
}

fn continues(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Continue => true,
        StmtKind::For(_) | StmtKind::While { .. } | StmtKind::Repeat { .. } => false,
        kind => {
            let mut found = false;
            kind.bodies(&mut |body| found |= continues(body));
            found
        }
    })
}

/// The variables that are set where a condition has this outcome.
pub(super) fn learn(condition: &Expr, outcome: bool, known: &mut Vec<Arc<str>>) {
    match &condition.kind {
        ExprKind::Call(Function::Defined, _, args) if outcome => {
            if let Some(Expr { kind: ExprKind::Var(name), .. }) = args.first() {
                known.push(Arc::clone(&name.text));
            }
        }
        ExprKind::Not(of) => learn(of, !outcome, known),
        ExprKind::Binary(Operator::And, left, right) if outcome => {
            learn(left, true, known);
            learn(right, true, known);
        }
        ExprKind::Binary(Operator::Or, left, right) if !outcome => {
            learn(left, false, known);
            learn(right, false, known);
        }
        _ => {}
    }
}

/// The number that stands there.
pub(super) fn number(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Int(number) => Some(*number),
        ExprKind::Digits(digits) => digits.parse().ok(),
        _ => None,
    }
}
