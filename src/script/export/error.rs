//! What cannot be exported.

use super::Target;
use crate::{
    script::{Code, Diagnostic, syntax::Span},
    transport::RecordError,
};

pub(super) fn no_word(target: Target, span: Span, what: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(Code::NO_WORD, span, format!("{target} has no word for {what}"))
            .expected("commands, resets and comments")
            .got(what)
            .help("take it out, or run the script as it is with `iccard run`"),
    )
}

pub(super) fn not_constant(span: Span, what: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(
            Code::NOT_CONSTANT,
            span,
            format!("{what} is known only when the script runs"),
        )
        .expected("bytes that stand in the script")
        .help("write the bytes, or set them with `let` above"),
    )
}

pub(super) fn not_expected(target: Target, span: Span, what: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(Code::NOT_SAYABLE, span, format!("{target} cannot say {what}"))
            .expected("an answer that the format can say")
            .got(what)
            .help("write a simpler expectation for this export"),
    )
}

/// Why a recording is not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The recording itself does not allow it: bytes are left out.
    #[error(transparent)]
    Recording(#[from] RecordError),
    /// The format cannot say it.
    #[error("{}", .0.message)]
    Format(Box<Diagnostic>),
}

impl From<Box<Diagnostic>> for ExportError {
    fn from(wrong: Box<Diagnostic>) -> Self {
        Self::Format(wrong)
    }
}
