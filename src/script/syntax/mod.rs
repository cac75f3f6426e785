//! From text to statements.

mod ast;
mod span;

pub use ast::*;
pub use span::{SourceId, Span};
