//! What is wrong with one statement.

use std::{sync::Arc, time::Duration};

use super::{
    Checker,
    flow::{learn, number},
    names::{all_set, set_by},
};
use crate::script::{
    Code, Diagnostic,
    syntax::{
        Expectation, Expr, ExprKind, FileRef, Name, Selected, Span, Stmt, StmtKind, Test,
        did_you_mean,
    },
};

impl<'a> Checker<'a> {
    /// One statement and what lies in it. Whether something may follow it.
    pub(super) fn statement(&mut self, stmt: &'a Stmt) -> bool {
        let goes_on = self.kind(stmt);
        if let Some(name) = set_by(&stmt.kind)
            && !matches!(stmt.kind, StmtKind::For(_))
        {
            self.set(&name.text);
        }
        goes_on
    }

    fn kind(&mut self, stmt: &'a Stmt) -> bool {
        match &stmt.kind {
            StmtKind::Send(send) => self.send(send),
            StmtKind::Let { value, .. } | StmtKind::Secret { value, .. } => self.expr(value),
            StmtKind::Undefine => {
                self.back_to(0);
            }
            StmtKind::DefaultSw(pattern) => self.status(pattern),
            StmtKind::Expect(expectation) => self.expectation(expectation, stmt.span),
            StmtKind::Assert { condition, message } => {
                self.condition(condition);
                message.iter().for_each(|message| self.expr(message));
                self.learnt(condition, true);
            }
            StmtKind::SkipIf { condition, reason } => {
                self.condition(condition);
                reason.iter().for_each(|reason| self.expr(reason));
                self.learnt(condition, false);
            }
            StmtKind::If { arms, otherwise } => return self.branch(arms, otherwise.as_deref()),
            StmtKind::For(for_) => return self.counted(for_),
            StmtKind::While { condition, body } => {
                self.condition(condition);
                let is_true = matches!(condition.kind, ExprKind::Bool(true));
                return self.rounds(body, is_true, !is_true);
            }
            StmtKind::Repeat { count, body } => {
                self.expr(count);
                return self.rounds(body, number(count).is_some_and(|count| count > 0), true);
            }
            StmtKind::Break | StmtKind::Continue => {
                return !self.in_loop(stmt);
            }
            StmtKind::Try { body, catches } => return self.attempt(body, catches),
            StmtKind::Include { path, .. } => {
                let program = self.program;
                if let Some(script) = program.included(stmt.span.source, path) {
                    return self.script(script);
                }
            }
            StmtKind::Block { name, .. } => self.block(&name.text),
            StmtKind::Call { name, args } => self.call(name, args),
            StmtKind::Transaction(body) => {
                self.place.transactions.push(stmt.span);
                let goes_on = self.body(body);
                self.place.transactions.pop();
                return goes_on;
            }
            StmtKind::Raw(body) => {
                self.place.raw += 1;
                let goes_on = self.body(body);
                self.place.raw -= 1;
                return goes_on;
            }
            StmtKind::Test(test) => return self.test(test, stmt.span),
            StmtKind::Exit => return false,
            other => self.session(other, stmt.span),
        }
        true
    }

    fn session(&mut self, kind: &'a StmtKind, span: Span) {
        match kind {
            StmtKind::Connect(connect) => {
                if let Some((_, name)) = &connect.reader {
                    self.expr(name);
                }
                self.time(connect.wait, span);
            }
            StmtKind::Control { code, data } => {
                self.expr(code);
                self.parts(data);
            }
            StmtKind::Access { password, .. } => self.expr(password),
            StmtKind::ReadEf { file: FileRef::Id(part), .. }
            | StmtKind::Select(
                Selected::Aid(part) | Selected::Df(part) | Selected::Ef(FileRef::Id(part)),
            ) => self.parts(std::slice::from_ref(part)),
            StmtKind::Timeout(time) => self.time(Some(*time), span),
            StmtKind::Prompt { text, .. } => {
                self.expr(text);
                self.asks(span);
            }
            StmtKind::Pause(text) => {
                text.iter().for_each(|text| self.expr(text));
                self.asks(span);
            }
            StmtKind::WaitCard(time) => {
                self.time(*time, span);
                self.asks(span);
            }
            StmtKind::Echo(values) => values.iter().for_each(|value| self.expr(value)),
            _ => {}
        }
    }

    fn learnt(&mut self, condition: &Expr, outcome: bool) {
        let mut known = Vec::new();
        learn(condition, outcome, &mut known);
        known.iter().for_each(|name| self.set(name));
    }

    fn time(&mut self, time: Option<Duration>, span: Span) {
        if time == Some(Duration::ZERO) {
            self.tell(
                Diagnostic::new(Code::NO_TIME, span, "a time of zero, in which no card can answer")
                    .label("no time at all")
                    .expected("more than zero")
                    .got("0")
                    .help("write a time such as `5s`, or leave it out"),
            );
        }
    }

    /// That a person is asked here.
    pub(super) fn asks(&mut self, span: Span) {
        let Some(around) = self.place.transactions.last().copied() else { return };
        self.tell(
            Diagnostic::new(
                Code::ASKS_IN_TRANSACTION,
                span,
                "a person is asked in a transaction, which systems end after some seconds",
            )
            .label("asked here")
            .related(around, "the transaction")
            .help("ask before the transaction and keep the answer in a variable"),
        );
    }

    // Whether a loop is around it.
    fn in_loop(&mut self, stmt: &Stmt) -> bool {
        if self.place.loops > 0 {
            return true;
        }
        let word = if matches!(stmt.kind, StmtKind::Break) { "break" } else { "continue" };
        self.tell(
            Diagnostic::new(Code::NO_LOOP, stmt.span, format!("`{word}` outside of a loop"))
                .label("no `for`, `while` or `repeat` is around it")
                .help("`exit` ends a run, `skip if` a test"),
        );
        false
    }

    fn call(&mut self, name: &Name, args: &'a [Expr]) {
        args.iter().for_each(|arg| self.expr(arg));
        let Some(block) = self.names.blocks.get(&name.text) else {
            let known: Vec<&str> = self.names.blocks.keys().map(AsRef::as_ref).collect();
            let mut wrong = Diagnostic::new(
                Code::UNKNOWN_BLOCK,
                name.span,
                format!("there is no block `{}`", name.text),
            )
            .label("unknown");
            wrong.help = did_you_mean(&name.text, known)
                .or_else(|| Some(format!("declare it: `block {} .. end`", name.text)));
            self.tell(wrong);
            return;
        };
        let (wanted, place) = (block.params.len(), block.span);
        // What it sets stays set.
        let mut set = Vec::new();
        all_set(block.body, &mut |name| set.push(Arc::clone(name)));
        set.iter().for_each(|name| self.set(name));
        if wanted != args.len() {
            let noun = if wanted == 1 { "value" } else { "values" };
            let message =
                format!("`{}` takes {wanted} {noun}, {} are given", name.text, args.len());
            let place_of_args = args.last().map_or(name.span, |last| name.span.to(last.span));
            self.tell(
                Diagnostic::new(Code::BLOCK_ARGUMENTS, place_of_args, message)
                    .label("called here")
                    .related(place, "declared here")
                    .expected(format!("{wanted} {noun}"))
                    .got(args.len().to_string()),
            );
        }
    }

    fn test(&mut self, test: &'a Test, span: Span) -> bool {
        if let Some(first) = self.titles.insert(Arc::clone(&test.title), span) {
            self.tell(
                Diagnostic::new(
                    Code::SAME_TITLE,
                    span,
                    format!("two tests are called \"{}\"", test.title),
                )
                .warning()
                .label("the second one")
                .related(first, "the first one")
                .help("reports tell tests apart by their titles"),
            );
        }
        if !self.expects(&test.body) {
            self.tell(
                Diagnostic::new(Code::EXPECTS_NOTHING, span, "a test that cannot fail")
                    .warning()
                    .label("nothing in it expects anything")
                    .help("add a command with its status, `expect` or `assert`"),
            );
        }
        let goes_on = self.body(&test.body);
        // A skipped test is followed by the next one, an ended run by nothing.
        goes_on || !ends_run(&test.body)
    }

    // Whether some statement can fail.
    fn expects(&self, body: &[Stmt]) -> bool {
        body.iter().any(|stmt| match &stmt.kind {
            StmtKind::Send(send) => {
                let any = |sw: &crate::script::syntax::SwPattern| {
                    !sw.negated && sw.any_of.iter().any(|(_, mask)| *mask == 0)
                };
                let sw = send.expect.sw.as_ref();
                send.expect.data.is_some()
                    || send.expect.time.is_some()
                    || sw.map_or(!self.place.lenient, |sw| !any(sw))
            }
            StmtKind::Expect(_)
            | StmtKind::Assert { .. }
            | StmtKind::Call { .. }
            | StmtKind::Include { .. }
            | StmtKind::Access { .. }
            | StmtKind::Auth(_)
            | StmtKind::ReadEf { .. }
            | StmtKind::Select(_)
            | StmtKind::Connect(_)
            | StmtKind::WaitCard(_)
            | StmtKind::Control { .. } => true,
            kind => {
                let mut found = false;
                kind.bodies(&mut |body| found |= self.expects(body));
                found
            }
        })
    }

    fn expectation(&mut self, expectation: &'a Expectation, span: Span) {
        match expectation {
            Expectation::Sw(pattern) => self.status(pattern),
            Expectation::Data(pattern) => self.data(pattern, None),
            Expectation::Len(_, value) | Expectation::Text(value) => self.expr(value),
            Expectation::Tlv { value, .. } => {
                if let Some((_, value)) = value {
                    self.expr(value);
                }
            }
            Expectation::Time(_, time) => self.time(Some(*time), span),
            Expectation::Regex(..) => {}
        }
    }
}

fn ends_run(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| matches!(stmt.kind, StmtKind::Exit))
}
