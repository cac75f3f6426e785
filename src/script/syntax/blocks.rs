//! Blocks: which statements lie in which.

use std::sync::Arc;

use super::{Catch, Expr, MAX_NESTING, Name, Span, Stmt, StmtKind, SwPattern, opening::Opening};
use crate::script::diagnostic::{Code, Diagnostic};

/// A line that ends the statements before it.
pub(super) enum Closed {
    Else,
    ElseIf(Expr),
    Catch(Option<SwPattern>),
    End,
}

/// The blocks that are open, and the statements that have been read.
#[derive(Default)]
pub(super) struct Blocks {
    body: Vec<Stmt>,
    open: Vec<Block>,
    /// Blocks that lie too deep, and are not kept.
    dropped: usize,
}

struct Block {
    opening: Opening,
    span: Span,
    /// The statements that have been read since its last line of its own.
    body: Vec<Stmt>,
    /// Of `if`: the conditions that are complete.
    arms: Vec<(Expr, Vec<Stmt>)>,
    /// Of `try`: what is tried, once it is complete.
    tried: Option<Vec<Stmt>>,
    catches: Vec<Catch>,
    /// Where its last part begins, where that is no longer its first line.
    last: Last,
}

// What the statements that are read belong to.
enum Last {
    First,
    Else(Span),
    Catch(Span, Option<SwPattern>),
}

impl Blocks {
    /// A statement that is complete.
    pub(super) fn push(&mut self, stmt: Stmt) {
        if self.dropped > 0 {
            return;
        }
        match self.open.last_mut() {
            Some(block) => block.body.push(stmt),
            None => self.body.push(stmt),
        }
    }

    /// The first line of a block.
    pub(super) fn open(&mut self, opening: Opening, span: Span) -> Result<(), Diagnostic> {
        if self.dropped > 0 || self.open.len() >= MAX_NESTING {
            self.dropped += 1;
            if self.dropped > 1 {
                return Ok(());
            }
            let message = format!("blocks that lie more than {MAX_NESTING} deep");
            return Err(Diagnostic::new(Code::BLOCK_DEPTH, span, message)
                .label("this is one too many")
                .help("give the statements a name with `block` and use them with `call`"));
        }
        let wrong = self.not_here(&opening, span);
        let (body, arms, catches) = (Vec::new(), Vec::new(), Vec::new());
        let last = Last::First;
        self.open.push(Block { opening, span, body, arms, tried: None, catches, last });
        wrong.map_or(Ok(()), Err)
    }

    // Blocks to call stand in no other, and tests not in those or in tests.
    fn not_here(&self, opening: &Opening, span: Span) -> Option<Diagnostic> {
        let outer = match opening {
            Opening::Block(..) => self.open.last(),
            Opening::Test(_) => self
                .open
                .iter()
                .rev()
                .find(|block| matches!(block.opening, Opening::Block(..) | Opening::Test(_))),
            _ => None,
        }?;
        let what = if matches!(opening, Opening::Test(_)) { "test" } else { "block" };
        Some(
            Diagnostic::new(Code::NOT_HERE, span, format!("a `{what}` in another statement"))
                .label("it may not stand here")
                .related(outer.span, "inside of this")
                .help(format!("move the `{what}` out of it")),
        )
    }

    /// A line that ends the statements before it.
    pub(super) fn close(&mut self, how: Closed, span: Span) -> Result<(), Diagnostic> {
        if self.dropped > 0 {
            if matches!(how, Closed::End) {
                self.dropped -= 1;
            }
            return Ok(());
        }
        let Some(block) = self.open.last_mut() else { return Err(no_block(&how, span, None)) };
        match (&block.opening, how) {
            (_, Closed::End) => {
                if let Some(block) = self.open.pop()
                    && let Some(stmt) = block.finish()
                {
                    self.push(stmt);
                }
                Ok(())
            }
            (Opening::Wrong, _) => Ok(()),
            (Opening::If(_), how @ (Closed::Else | Closed::ElseIf(_))) => {
                block.alternative(how, span)
            }
            (Opening::Try, Closed::Catch(sw)) => {
                block.part();
                block.last = Last::Catch(span, sw);
                Ok(())
            }
            (_, how) => Err(no_block(&how, span, Some(block.span))),
        }
    }

    /// All statements, and what is wrong where blocks are still open.
    pub(super) fn finish(mut self) -> (Vec<Stmt>, Vec<Diagnostic>) {
        let mut wrong = Vec::new();
        while let Some(block) = self.open.pop() {
            if !matches!(block.opening, Opening::Wrong) {
                wrong.push(
                    Diagnostic::new(Code::BLOCK_OPEN, block.span, "a block without its `end`")
                        .label("opened here")
                        .expected("`end`")
                        .got("the end of the file")
                        .help("put `end` on a line of its own behind its last statement"),
                );
            }
            if let Some(stmt) = block.finish() {
                self.push(stmt);
            }
        }
        wrong.reverse();
        (self.body, wrong)
    }
}

impl Block {
    // `else` and `else if`.
    fn alternative(&mut self, how: Closed, span: Span) -> Result<(), Diagnostic> {
        if let Last::Else(before) = self.last {
            return Err(Diagnostic::new(Code::TWICE, span, "`else` behind `else`")
                .label("the second one")
                .related(before, "the first one")
                .help("`else` comes last, all `else if` before it"));
        }
        self.part();
        match how {
            Closed::ElseIf(condition) => self.opening = Opening::If(condition),
            _ => self.last = Last::Else(span),
        }
        Ok(())
    }

    // Puts the statements that have been read where they belong.
    fn part(&mut self) {
        let body = std::mem::take(&mut self.body);
        match (&mut self.opening, std::mem::replace(&mut self.last, Last::First)) {
            (Opening::Try, Last::Catch(span, sw)) => self.catches.push(Catch { span, sw, body }),
            (Opening::Try, _) => self.tried = Some(body),
            (Opening::If(_), Last::First) => {
                if let Opening::If(condition) = std::mem::replace(&mut self.opening, Opening::Wrong)
                {
                    self.arms.push((condition, body));
                }
                // Until the next condition takes its place.
                self.opening =
                    Opening::If(Expr { span: self.span, kind: super::ExprKind::Bool(true) });
            }
            _ => self.body = body,
        }
    }

    // The statement that it is. `None` where its first line was wrong.
    fn finish(mut self) -> Option<Stmt> {
        let span = self.span;
        let kind = match self.opening {
            Opening::Wrong => return None,
            Opening::If(condition) => {
                let otherwise = match self.last {
                    Last::Else(_) => Some(self.body),
                    _ => {
                        self.arms.push((condition, self.body));
                        None
                    }
                };
                StmtKind::If { arms: self.arms, otherwise }
            }
            Opening::Try => {
                self.opening = Opening::Try;
                self.part();
                StmtKind::Try { body: self.tried.unwrap_or_default(), catches: self.catches }
            }
            Opening::For(mut for_) => {
                for_.body = self.body;
                StmtKind::For(for_)
            }
            Opening::While(condition) => StmtKind::While { condition, body: self.body },
            Opening::Repeat(count) => StmtKind::Repeat { count, body: self.body },
            Opening::Block(name, params) => {
                let params: Vec<Name> = params;
                StmtKind::Block { name, params, body: Arc::new(self.body) }
            }
            Opening::Transaction => StmtKind::Transaction(self.body),
            Opening::Raw => StmtKind::Raw(self.body),
            Opening::Test(mut test) => {
                test.body = self.body;
                StmtKind::Test(test)
            }
        };
        Some(Stmt { span, kind })
    }
}

fn no_block(how: &Closed, span: Span, inside: Option<Span>) -> Diagnostic {
    let (what, of) = match how {
        Closed::End => ("end", "a block"),
        Closed::Else | Closed::ElseIf(_) => ("else", "`if`"),
        Closed::Catch(_) => ("catch", "`try`"),
    };
    let wrong = Diagnostic::new(Code::NO_BLOCK, span, format!("`{what}` without {of} before it"))
        .label(format!("belongs to no {}", of.trim_start_matches("a ")))
        .expected(format!("{of} that is open"));
    match inside {
        Some(block) => wrong
            .related(block, "the innermost block that is open")
            .help("close that block with `end` first"),
        None => wrong.got("no block that is open"),
    }
}
