//! Statements.

use std::sync::Arc;

use super::{
    Code, Failure, Kind, Shade, Value,
    card::bounded,
    machine::{Block, Default, Machine},
};
use crate::explain::count;
use crate::script::{
    Program,
    counting::Counting,
    syntax::{Catch, Expr, ExprKind, For, Name, Operator, Script, Span, Stmt, StmtKind},
};

/// How a statement ended, where it did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The next one follows.
    Next,
    /// The loop around it ends.
    Break,
    /// The loop's next round follows.
    Continue,
    /// The test ends, or the file outside of one, for this reason.
    Skip(String),
    /// The run ends.
    Exit,
}

impl Machine<'_> {
    /// A script from its first statement to its last, with its own rules for answers.
    pub(super) fn script(&mut self, program: &Program, script: &Script) -> Result<Flow, Failure> {
        for stmt in &script.body {
            // Blocks may be called before the place where they stand.
            if let StmtKind::Block { name, params, body } = &stmt.kind {
                self.define(name, params, body);
            }
        }
        let default = if script.lenient { Default::Anything } else { self.default.clone() };
        let before = std::mem::replace(&mut self.default, default);
        let lenient = std::mem::replace(&mut self.lenient, script.lenient);
        let done = self.body(program, &script.body);
        (self.default, self.lenient) = (before, lenient);
        done
    }

    /// Statements in order.
    pub(super) fn body(&mut self, program: &Program, body: &[Stmt]) -> Result<Flow, Failure> {
        for stmt in body {
            match self.statement(program, stmt)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    /// One statement.
    pub(super) fn statement(&mut self, program: &Program, stmt: &Stmt) -> Result<Flow, Failure> {
        self.step(stmt.span)?;
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Send(send) => self.send(send, span)?,
            StmtKind::Let { name, value } => {
                let value = self.eval(value)?;
                self.set(name, value);
            }
            StmtKind::Expect(expectation) => self.expect(expectation, span)?,
            StmtKind::If { arms, otherwise } => {
                return self.branch(program, arms, otherwise.as_deref(), span);
            }
            StmtKind::For(counted) => return self.counted(program, counted, span),
            StmtKind::While { condition, body } => {
                return self.while_holds(program, condition, body, span);
            }
            StmtKind::Repeat { count, body } => {
                let (count, _) = self.number_in(count, 0..=i64::MAX)?;
                return self.rounds(program, body, span, count);
            }
            StmtKind::Break => return self.within_loop(Flow::Break, span),
            StmtKind::Continue => return self.within_loop(Flow::Continue, span),
            StmtKind::Try { body, catches } => return self.attempt(program, body, catches, span),
            StmtKind::Include { path, path_span } => {
                let source = span.source;
                let Some(script) = program.included(source, path) else {
                    let message = format!("{path} was not loaded");
                    return Err(Failure::script(Code::NOT_LOADED, *path_span, message));
                };
                return self.deeper(span, |machine| machine.script(program, script));
            }
            StmtKind::Call { name, args } => return self.call(program, name, args, span),
            StmtKind::Transaction(body) => {
                return self.deeper(span, |machine| {
                    machine.transaction(span, body, |machine, body| machine.body(program, body))
                });
            }
            StmtKind::Raw(body) => {
                return self.deeper(span, |machine| {
                    machine.raw += 1;
                    let done = machine.body(program, body);
                    machine.raw -= 1;
                    done
                });
            }
            StmtKind::Test(test) => {
                return self.deeper(span, |machine| machine.test(program, test, span));
            }
            StmtKind::SkipIf { condition, reason } => {
                if self.truth(condition)?.0 {
                    let reason = match reason {
                        Some(reason) => self.shown(reason)?,
                        None => String::new(),
                    };
                    return Ok(Flow::Skip(reason));
                }
            }
            StmtKind::Exit => return Ok(Flow::Exit),
            _ => self.small(&stmt.kind, span)?,
        }
        Ok(Flow::Next)
    }

    // Statements without others in them, and without a say in what comes next.
    fn small(&mut self, kind: &StmtKind, span: Span) -> Result<(), Failure> {
        match kind {
            StmtKind::Secret { name, value } => {
                let before = std::mem::replace(&mut self.asks_secret, true);
                let value = self.eval(value);
                self.asks_secret = before;
                self.set(name, value?.shaded(Shade::Secret));
                Ok(())
            }
            StmtKind::Undefine => {
                self.globals.clear();
                Ok(())
            }
            StmtKind::DefaultSw(pattern) => {
                self.default = Default::Pattern(Arc::new(pattern.clone()));
                Ok(())
            }
            StmtKind::Assert { condition, message } => self.assert(condition, message.as_deref()),
            StmtKind::Block { name, params, body } => {
                self.define(name, params, body);
                Ok(())
            }
            StmtKind::Connect(connect) => self.connect(connect, span),
            StmtKind::Reset(kind) => self.reset(*kind, span),
            StmtKind::Disconnect(how) => self.disconnect(*how, span),
            StmtKind::Control { code, data } => self.control(code, data, span),
            StmtKind::Access { way, password } => self.access(*way, password, span),
            StmtKind::Auth(what) => self.authenticate(*what, span),
            StmtKind::Sm(on) => self.secure_messaging(*on, span),
            StmtKind::ReadEf { file, into } => self.read_ef(file, into.as_ref(), span),
            StmtKind::Select(selected) => self.select(selected, span),
            StmtKind::Timeout(time) => self.timeout(*time, span),
            StmtKind::Sleep(time) => {
                self.host.sleep(bounded(*time, span)?);
                self.go_on(span)
            }
            StmtKind::Prompt { text, into } => {
                let text = self.told(text)?;
                let answer = self.ask(&text, false, span)?;
                if let Some(name) = into {
                    self.set(name, answer);
                }
                Ok(())
            }
            StmtKind::Pause(text) => {
                let text = match text {
                    Some(text) => self.told(text)?,
                    None => String::new(),
                };
                self.host.pause(&text).map_err(|error| error.at(span))
            }
            StmtKind::WaitCard(wait) => self.wait_card(*wait, span),
            StmtKind::Echo(parts) => {
                let mut line = String::new();
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        line.push(' ');
                    }
                    line.push_str(&self.told(part)?);
                }
                self.host.echo(&line);
                Ok(())
            }
            StmtKind::Fault(plan) => self.fault(plan.as_ref(), span),
            // Those with others in them are done where they stand.
            _ => Ok(()),
        }
    }

    fn define(&mut self, name: &Name, params: &[Name], body: &Arc<Vec<Stmt>>) {
        let block = Block { params: params.to_vec(), body: Arc::clone(body) };
        self.blocks.insert(Arc::clone(&name.text), Arc::new(block));
    }

    fn branch(
        &mut self,
        program: &Program,
        arms: &[(Expr, Vec<Stmt>)],
        otherwise: Option<&[Stmt]>,
        span: Span,
    ) -> Result<Flow, Failure> {
        for (condition, body) in arms {
            if self.truth(condition)?.0 {
                return self.deeper(span, |machine| machine.body(program, body));
            }
        }
        match otherwise {
            Some(body) => self.deeper(span, |machine| machine.body(program, body)),
            None => Ok(Flow::Next),
        }
    }

    fn within_loop(&self, flow: Flow, span: Span) -> Result<Flow, Failure> {
        if self.loops > 0 {
            return Ok(flow);
        }
        Err(Failure::script(Code::ADRIFT, span, "there is no loop around it"))
    }

    // One round; whether another one may follow.
    fn round(
        &mut self,
        program: &Program,
        body: &[Stmt],
        span: Span,
    ) -> Result<Option<Flow>, Failure> {
        // An empty round is a step as well, for it could go on for ever.
        self.step(span)?;
        self.loops += 1;
        let done = self.deeper(span, |machine| machine.body(program, body));
        self.loops -= 1;
        Ok(match done? {
            Flow::Next | Flow::Continue => None,
            Flow::Break => Some(Flow::Next),
            other => Some(other),
        })
    }

    fn rounds(
        &mut self,
        program: &Program,
        body: &[Stmt],
        span: Span,
        count: i64,
    ) -> Result<Flow, Failure> {
        for _ in 0..count {
            if let Some(flow) = self.round(program, body, span)? {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn while_holds(
        &mut self,
        program: &Program,
        condition: &Expr,
        body: &[Stmt],
        span: Span,
    ) -> Result<Flow, Failure> {
        while self.truth(condition)?.0 {
            if let Some(flow) = self.round(program, body, span)? {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn counted(&mut self, program: &Program, counted: &For, span: Span) -> Result<Flow, Failure> {
        let (from, shade) = self.number(&counted.from)?;
        let (to, other) = self.number(&counted.to)?;
        let step = counted.step.as_ref().map(|step| self.number(step)).transpose()?;
        let shade = shade.max(other);
        let step = step.map_or(1, |(step, _)| step);
        let Some(numbers) = Counting::new(from, to, counted.inclusive, step) else {
            return Err(Failure::script(Code::OUTSIDE, span, "a step of zero comes to no end"));
        };
        for now in numbers {
            self.set(&counted.name, Value::from(Kind::Int(now)).shaded(shade));
            if let Some(flow) = self.round(program, &counted.body, span)? {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn attempt(
        &mut self,
        program: &Program,
        body: &[Stmt],
        catches: &[Catch],
        span: Span,
    ) -> Result<Flow, Failure> {
        let failure = match self.deeper(span, |machine| machine.body(program, body)) {
            Ok(flow) => return Ok(flow),
            Err(failure) => failure,
        };
        let fits = |catch: &&Catch| match (&catch.sw, failure.sw) {
            (Some(pattern), Some(sw)) => failure.is_of_the_card() && pattern.matches(sw.0),
            (Some(_), None) => false,
            (None, _) => failure.is_of_the_card(),
        };
        match catches.iter().find(fits) {
            Some(catch) => self.deeper(catch.span, |machine| machine.body(program, &catch.body)),
            None => Err(failure),
        }
    }

    fn call(
        &mut self,
        program: &Program,
        name: &Name,
        args: &[Expr],
        span: Span,
    ) -> Result<Flow, Failure> {
        let Some(block) = self.blocks.get(&*name.text).cloned() else {
            let message = format!("there is no block {}", name.text);
            return Err(Failure::script(Code::CALL, name.span, message));
        };
        if block.params.len() != args.len() {
            let (expected, got) = (block.params.len(), args.len());
            let message = format!("{} takes {}, not {got}", name.text, count(expected, "value"));
            return Err(Failure::script(Code::CALL, span, message)
                .expected(count(expected, "value"))
                .got(got.to_string()));
        }
        let mut frame = std::collections::HashMap::with_capacity(args.len());
        for (param, arg) in block.params.iter().zip(args) {
            frame.insert(Arc::clone(&param.text), self.eval(arg)?);
        }
        self.frames.push(frame);
        // A loop around the call is not the block's.
        let loops = std::mem::take(&mut self.loops);
        let done = self.deeper(span, |machine| machine.body(program, &block.body));
        self.loops = loops;
        self.frames.pop();
        done
    }

    fn assert(&mut self, condition: &Expr, message: Option<&Expr>) -> Result<(), Failure> {
        // The two sides say more than that they differ.
        let sides = match &condition.kind {
            ExprKind::Binary(Operator::Compare(how), a, b) => {
                let (left, right) = self.both(*how, a, b)?;
                if super::compare::compare(*how, &left, &right, condition.span)? {
                    return Ok(());
                }
                let shade = left.shade.max(right.shade);
                let sign = super::compare::sign(*how);
                Some((left.shaded(shade).shown(), format!("{sign} {}", right.shown())))
            }
            _ => {
                if self.truth(condition)?.0 {
                    return Ok(());
                }
                None
            }
        };
        let words = match message {
            Some(message) => self.shown(message)?,
            None => "what is asserted does not hold".into(),
        };
        let failure = Failure::expectation(Code::ASSERTION, condition.span, words);
        Err(match sides {
            Some((got, expected)) => failure.expected(expected).got(got),
            None => failure,
        })
    }
}
