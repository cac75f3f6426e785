//! From text to statements.
//!
//! [`parse`] reads a whole text, a statement a line; blocks are put together beside the grammar, so
//! that one wrong line spoils no other, and nothing recurses but expressions, which have a limit.
//! Words are folded into bytes as they are read: a line of bytes is one [`Part`].

mod ast;
mod blocks;
mod bytes;
mod expr;
mod fault;
mod function;
mod input;
mod near;
mod opening;
mod parse;
mod pattern;
mod pcom;
mod send;
mod session;
mod span;
mod statement;
mod tags;
mod value;
mod words;

pub use ast::*;
pub use parse::{MAX_TEXT, Parsed, parse, parse_expr};
pub use span::{SourceId, Span};

pub(in crate::script) use near::did_you_mean;
pub(in crate::script) use opening::OPENERS;
pub(in crate::script) use parse::too_large;

/// How deep blocks may lie in blocks, and values in values.
pub const MAX_NESTING: usize = 64;

/// How many statements, values and items of patterns one text may have.
pub const MAX_PARTS: usize = 8 << 20;

/// Words that a line can begin with.
pub fn keywords() -> impl Iterator<Item = &'static str> {
    statement::KEYWORDS.into_iter()
}

/// Words that mean something in an expression.
pub fn value_words() -> impl Iterator<Item = &'static str> {
    value::known_words()
}
