//! From statements to steps.

use super::{
    Target,
    error::{no_word, not_constant},
    step::{Sent, Step, StepKind, is_any, status},
    value::Values,
};
use crate::{
    apdu::{Command, Header},
    script::{
        Code, Diagnostic,
        counting::Counting,
        syntax::{Disposition, Expr, FileRef, Script, Selected, Span, Stmt, StmtKind, SwPattern},
    },
};

/// Most statements that are gone through, each as often as it comes.
const MOST: usize = 100_000;

pub(super) fn steps(
    script: &Script,
    text: &str,
    target: Target,
) -> Result<Vec<Step>, Box<Diagnostic>> {
    let success =
        SwPattern { span: Span::default(), negated: false, any_of: vec![(0x9000, 0xFFFF)] };
    let any = SwPattern { any_of: vec![(0, 0)], ..success.clone() };
    let mut flat = Flat {
        target,
        text,
        comments: comments(text),
        values: Values::default(),
        default: if script.lenient { any } else { success },
        steps: Vec::new(),
        turns: 0,
        ended: false,
    };
    flat.body(&script.body)?;
    flat.comments_until(text.len());
    Ok(flat.steps)
}

struct Flat<'a> {
    target: Target,
    text: &'a str,
    // Those on lines of their own with their places, the last one first.
    comments: Vec<(usize, &'a str)>,
    values: Values,
    default: SwPattern,
    steps: Vec<Step>,
    // Statements so far, and rounds of loops.
    turns: usize,
    ended: bool,
}

impl Flat<'_> {
    // Bodies stand in one another no deeper than the parser lets them.
    fn body(&mut self, body: &[Stmt]) -> Result<(), Box<Diagnostic>> {
        for stmt in body {
            if self.ended {
                break;
            }
            self.comments_until(stmt.span.range().start);
            self.turn(stmt.span)?;
            self.statement(stmt)?;
        }
        Ok(())
    }

    fn statement(&mut self, stmt: &Stmt) -> Result<(), Box<Diagnostic>> {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Send(send) => {
                let sent = self.values.sent(send, Some(&self.default))?;
                self.push(span, StepKind::Send(sent));
            }
            StmtKind::Let { name, value } => self.values.set(&name.text, value),
            StmtKind::Secret { name, .. } => self.values.forget(&name.text),
            StmtKind::Prompt { into, .. } => {
                if let Some(name) = into {
                    self.values.forget(&name.text);
                }
                self.remark(span);
            }
            StmtKind::Undefine => self.values.clear(),
            StmtKind::DefaultSw(pattern) => self.default = pattern.clone(),
            StmtKind::Reset(kind) => self.push(span, StepKind::Reset(*kind)),
            StmtKind::Disconnect(Disposition::Unpower) => self.push(span, StepKind::PowerOff),
            StmtKind::Raw(body) | StmtKind::Transaction(body) => self.body(body)?,
            StmtKind::Test(test) => {
                self.push(span, StepKind::Comment(test.title.to_string()));
                self.body(&test.body)?;
            }
            StmtKind::Repeat { count, body } => {
                let count = self.number(count)?;
                for _ in 0..count.max(0) {
                    self.turn(span)?;
                    self.body(body)?;
                }
            }
            StmtKind::Select(selected) => self.select(span, selected)?,
            // What only looks, waits or tells.
            StmtKind::Expect(_)
            | StmtKind::Assert { .. }
            | StmtKind::Echo(_)
            | StmtKind::Pause(_)
            | StmtKind::WaitCard(_)
            | StmtKind::Sleep(_)
            | StmtKind::Timeout(_)
            | StmtKind::Connect(_)
            | StmtKind::Disconnect(_) => self.remark(span),
            StmtKind::Exit => {
                self.push(span, StepKind::Exit);
                self.ended = true;
            }
            StmtKind::If { .. } | StmtKind::SkipIf { .. } => {
                return Err(no_word(self.target, span, "a condition"));
            }
            StmtKind::For(counted) => {
                let (from, to) = (self.number(&counted.from)?, self.number(&counted.to)?);
                let step = counted.step.as_ref().map_or(Ok(1), |step| self.number(step))?;
                let numbers = Counting::new(from, to, counted.inclusive, step)
                    .ok_or_else(|| no_word(self.target, span, "a loop without an end"))?;
                for now in numbers {
                    self.turn(span)?;
                    self.values.set_number(&counted.name.text, now);
                    self.body(&counted.body)?;
                }
            }
            StmtKind::While { .. } | StmtKind::Break | StmtKind::Continue => {
                return Err(no_word(self.target, span, "a loop"));
            }
            StmtKind::Try { .. } => return Err(no_word(self.target, span, "an attempt")),
            StmtKind::Include { .. } => return Err(no_word(self.target, span, "another file")),
            StmtKind::Block { .. } | StmtKind::Call { .. } => {
                return Err(no_word(self.target, span, "a block"));
            }
            StmtKind::Access { .. } | StmtKind::Auth(_) | StmtKind::Sm(_) => {
                return Err(no_word(
                    self.target,
                    span,
                    "secure messaging, whose keys differ each time",
                ));
            }
            StmtKind::ReadEf { .. } => {
                return Err(no_word(
                    self.target,
                    span,
                    "reading a file in as many commands as it takes",
                ));
            }
            _ => return Err(no_word(self.target, span, "this statement")),
        }
        Ok(())
    }

    fn number(&self, expr: &Expr) -> Result<i64, Box<Diagnostic>> {
        self.values.number(expr).ok_or_else(|| not_constant(expr.span, "this number"))
    }

    fn turn(&mut self, span: Span) -> Result<(), Box<Diagnostic>> {
        self.turns += 1;
        if self.turns > MOST {
            let wrong =
                Diagnostic::new(Code::TOO_MANY_STATEMENTS, span, "more than 100,000 statements")
                    .expected("100,000 statements at most, rounds of loops counted")
                    .help("export a part of the script");
            return Err(wrong.into());
        }
        Ok(())
    }

    fn push(&mut self, span: Span, kind: StepKind) {
        self.steps.push(Step { span, kind });
    }

    // The statement itself as a comment.
    fn remark(&mut self, span: Span) {
        let text = self.text.get(span.range()).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default().trim();
        self.push(span, StepKind::Comment(line.to_owned()));
    }

    fn comments_until(&mut self, end: usize) {
        while let Some(&(at, text)) = self.comments.last().filter(|(at, _)| *at < end) {
            self.comments.pop();
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let span = Span { start: at, end: at, ..Span::default() };
            self.push(span, StepKind::Comment(text.to_owned()));
        }
    }

    fn select(&mut self, span: Span, selected: &Selected) -> Result<(), Box<Diagnostic>> {
        let one = |part| self.values.parts(std::slice::from_ref(part));
        let (p1, data) = match selected {
            Selected::MasterFile => (0x00, vec![0x3F, 0x00]),
            Selected::Aid(part) => (0x04, one(part)?),
            Selected::Df(part) => (0x01, one(part)?),
            Selected::Ef(FileRef::Id(part)) => (0x02, one(part)?),
            Selected::Ef(FileRef::Named(file, _)) => (0x02, file.fid().to_be_bytes().to_vec()),
        };
        let command = Command::new(Header::new(0x00, 0xA4, p1, 0x0C)).with_data(data);
        let bytes = command.to_bytes().map_err(|_| not_constant(span, "a name of this size"))?;
        let sw = Some(self.default.clone());
        self.push(span, StepKind::Send(Sent { bytes, sw, ..Sent::default() }));
        Ok(())
    }
}

fn comments(text: &str) -> Vec<(usize, &str)> {
    let mut comments = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = line.trim_start();
        let counted = start.starts_with("#(") || start.starts_with("#ber(");
        let comment = start
            .strip_prefix('#')
            .filter(|_| !counted)
            .or_else(|| start.strip_prefix(';'))
            .or_else(|| start.strip_prefix("//"));
        if let Some(comment) = comment {
            comments.push((at, comment.trim()));
        }
        at += line.len();
    }
    comments.reverse();
    comments
}

/// What is expected, in words for formats that have none; nothing for a plain success.
pub(super) fn expected(sent: &Sent) -> Option<String> {
    let sw = sent.sw.as_ref().filter(|sw| !is_any(sw)).map(status);
    let mut text = match sw {
        Some(sw) if sw != "9000" => format!("expected: {sw}"),
        _ => String::new(),
    };
    if let Some(items) = &sent.data {
        let data = super::pcom::pattern(items);
        text = if text.is_empty() {
            format!("expected: [{data}]")
        } else {
            format!("{text} [{data}]")
        };
    }
    (!text.is_empty()).then_some(text)
}
