//! The kinds of diagnostics of an export.

use super::code::codes;

codes! {
    /// What another program's format cannot say.
    EXPORT:
    NO_WORD = 100, "The format has no word for a statement.";
    NOT_CONSTANT = 101, "A value is known only when the script runs.";
    NOT_SAYABLE = 102, "The format cannot say what is expected of an answer.";
    NOT_A_COMMAND = 103, "Bytes are no command, so its length fields cannot be made.";
    TOO_MANY_STATEMENTS = 104, "More than 100,000 statements would be written out.";
}
