//! What cannot be exported.

use super::Target;
use crate::script::{Code, Diagnostic, syntax::Span};

/// A statement that the format has no word for.
pub const NO_WORD: Code = Code(100);
/// A value that is known only when the script runs.
pub const NOT_CONSTANT: Code = Code(101);
/// An expectation that the format cannot say.
pub const NOT_EXPECTED: Code = Code(102);
/// Bytes that are no command, so that its length fields cannot be made.
pub const NO_COMMAND: Code = Code(103);
/// More commands than are written out.
pub const TOO_MANY: Code = Code(104);

/// Every code of an export with a sentence about it.
pub const CODES: [(Code, &str); 5] = [
    (NO_WORD, "The format has no word for a statement."),
    (NOT_CONSTANT, "A value is known only when the script runs."),
    (NOT_EXPECTED, "The format cannot say what is expected of an answer."),
    (NO_COMMAND, "Bytes are no command, so its length fields cannot be made."),
    (TOO_MANY, "More than 100,000 statements would be written out."),
];

pub(super) fn no_word(target: Target, span: Span, what: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(NO_WORD, span, format!("{target} has no word for {what}"))
            .expected("commands, resets and comments")
            .got(what)
            .help("take it out, or run the script as it is with `iccard run`"),
    )
}

pub(super) fn not_constant(span: Span, what: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(NOT_CONSTANT, span, format!("{what} is known only when the script runs"))
            .expected("bytes that stand in the script")
            .help("write the bytes, or set them with `let` above"),
    )
}

pub(super) fn not_expected(target: Target, span: Span, what: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(NOT_EXPECTED, span, format!("{target} cannot say {what}"))
            .expected("an answer that the format can say")
            .got(what)
            .help("write a simpler expectation for this export"),
    )
}
