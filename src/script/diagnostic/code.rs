//! The kinds of diagnostics.

/// The kind of a [`Diagnostic`](super::Diagnostic), by which people look it up: stable over
/// versions. 1 to 49 are of the text, 50 to 69 of what a check without a card finds, 70 to 99 of a
/// run, 100 and above of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub u16);

impl Code {
    /// What diagnostics of this kind say, in a sentence; empty where there is no such kind.
    pub fn sentence(self) -> &'static str {
        Self::all().find(|(code, _)| *code == self).map_or("", |(_, sentence)| sentence)
    }

    /// Every kind with its sentence, in order.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        [TEXT, CHECK, super::run::RUN, super::export::EXPORT].into_iter().flatten().copied()
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "E{:02}", self.0)
    }
}

// A table, and a constant for each of its rows.
macro_rules! codes {
    ($(#[$about:meta])* $table:ident: $($name:ident = $number:literal, $sentence:literal;)*) => {
        impl $crate::script::diagnostic::Code {
            $(#[doc = $sentence] pub const $name: Self = Self($number);)*
        }

        $(#[$about])*
        pub(super) const $table: &[($crate::script::diagnostic::Code, &str)] =
            &[$(($crate::script::diagnostic::Code::$name, $sentence)),*];
    };
}
pub(super) use codes;

codes! {
    /// What is wrong with the text itself.
    TEXT:
    NOT_TEXT = 1, "The file holds what no text does: bytes that are not UTF-8, or control characters.";
    TOO_LARGE = 2, "The file is larger than a script may be.";
    UNREADABLE = 3, "A file cannot be read.";
    INCLUDE_CYCLE = 4, "A file includes itself, by way of others or not.";
    INCLUDE_DEPTH = 5, "Files include files, deeper than is followed.";
    TOO_MANY_FILES = 6, "More files than a run can have.";
    UNEXPECTED = 7, "Something stands where something else has to.";
    UNKNOWN_WORD = 8, "A line begins with a word that is neither a keyword nor bytes.";
    ODD_DIGITS = 9, "A word of hexadecimal digits has an odd number of them: half a byte.";
    TEXT_OPEN = 10, "A quoted text has no end on its line.";
    BRACKET_OPEN = 11, "A bracket is not closed on its line.";
    MISSING = 12, "The line ends where something has to follow.";
    LEFT_OVER = 13, "The statement is complete, and something follows it.";
    BLOCK_OPEN = 14, "A block has no `end`.";
    NO_BLOCK = 15, "`end`, `else` or `catch` without the block that it belongs to.";
    BLOCK_DEPTH = 16, "Blocks lie in blocks, deeper than is followed.";
    EXPRESSION_DEPTH = 17, "An expression is nested deeper than is followed.";
    STATUS_PATTERN = 18, "A status pattern is not one.";
    DATA_PATTERN = 19, "A data pattern is not one.";
    NAME = 20, "A name has to stand here.";
    RANGE = 21, "A number lies outside of what its place allows.";
    DURATION = 22, "A time has to stand here, with its unit.";
    TAG = 23, "A tag, or a path of tags, has to stand here.";
    CHOICE = 24, "One of a few words has to stand here.";
    TWICE = 25, "Something is said twice that can only be said once.";
    ORDER = 26, "Bytes of a command stand behind what is expected of its answer.";
    UNKNOWN_FUNCTION = 27, "There is no such function.";
    ARGUMENTS = 28, "A function has another number of arguments.";
    REGEX = 29, "A regular expression is not one.";
    FAULT = 30, "What follows `fault` is no fault.";
    DIRECTIVE = 31, "There is no such PCOM directive.";
    RESPONSE_BYTES = 32, "R(p;l) and W(p;l) take a position from 1 and a length.";
    ESCAPE = 33, "A backslash in a text stands before a character that it means nothing before.";
    UNKNOWN_FILE = 34, "No standard gives this name to a file.";
    FILE_ID = 35, "A file identifier has two bytes.";
    TOO_MANY_PARTS = 36, "The script has more parts than a run can hold.";
    NO_VALUE = 37, "A value has to stand here.";
    NOT_HERE = 38, "A statement stands where it may not.";
    BYTES_OR_NUMBER = 39, "A word of digits is bytes here, and these are not whole bytes.";
    BACKSLASH = 40, "A backslash that is not the last character of its line.";
    TOO_MANY_ERRORS = 41, "There are more errors than are listed.";
    NOT_HEX = 42, "A word begins with a digit, and is neither bytes nor a number.";
}

codes! {
    /// What a check without a card finds.
    CHECK:
    UNKNOWN_VARIABLE = 50, "A variable is used that nothing sets.";
    MAYBE_UNSET = 51, "A variable is used that is not set on every way to this place.";
    WRONG_LC = 52, "Lc says another number of bytes than follow it.";
    NO_COMMAND = 53, "The bytes are no command of ISO/IEC 7816-4.";
    IMPOSSIBLE_STATUS = 54, "No card answers with such a status word.";
    COVERED_STATUS = 55, "An alternative of a status pattern never decides anything.";
    PATTERN_TOO_LONG = 56, "A data pattern is longer than the answer can be.";
    UNREACHABLE = 57, "No way leads to this statement.";
    UNKNOWN_BLOCK = 58, "A block is called that nothing declares.";
    BLOCK_ARGUMENTS = 59, "A block is called with another number of values.";
    NO_LOOP = 60, "`break` or `continue` outside of a loop.";
    DIVISION_BY_ZERO = 61, "Something is divided by zero.";
    NO_TIME = 62, "A time of zero, in which nothing can happen.";
    ASKS_IN_TRANSACTION = 63, "A person is asked while others are kept from the card.";
    SAME_TITLE = 64, "Two tests have one title.";
    EXPECTS_NOTHING = 65, "A test expects nothing, so that it cannot fail.";
    EMPTY_SLICE = 66, "A slice or range that is always empty.";
    BLOCK_TWICE = 67, "Two blocks have one name.";
    DOES_NOT_FIT = 68, "A number does not fit into so many bytes.";
}
