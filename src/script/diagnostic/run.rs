//! The kinds of diagnostics of a run.

use super::code::codes;

codes! {
    /// What goes wrong in a run.
    RUN:
    STATUS = 70, "The card answered another status word than the script expects.";
    DATA = 71, "The data of the answer are not those of the pattern.";
    LENGTH = 72, "The data of the answer have another length than the script expects.";
    OBJECT = 73, "The answer has no such data object, or one with another value.";
    CONTENT = 74, "The answer has no such text in it, or does not match the regular expression.";
    TIME = 75, "The answer took another time than the script expects.";
    ASSERTION = 76, "What the script asserts does not hold.";
    UNSET = 77, "A variable is used before it has a value, or an environment variable is not set.";
    KIND = 78, "A value is of another kind than its place wants: bytes, a number, a text or a truth.";
    OUTSIDE = 79, "A number is too large or too small for its place, or a slice is not within its value.";
    OVERSIZE = 80, "A value, a nesting or a time is larger than a run allows.";
    CALL = 81, "A block is called that is not there, or with another number of values.";
    NOT_LOADED = 82, "An included file was not loaded.";
    STEPS = 83, "The script took more steps than --max-steps allows.";
    NOBODY = 84, "A person is asked where none can answer.";
    COMMAND = 85, "What is to be sent is no command that can be protected or rewritten.";
    ABSENT = 86, "There is no reader or no card.";
    TRANSPORT = 87, "The reader or the way to the card failed.";
    ACCESS = 88, "The card refuses access: a wrong or blocked password, or certificates it does not believe.";
    PROTOCOL = 89, "The card broke the protocol, or does not offer it.";
    NOT_POSSIBLE = 90, "This card, this reader or this moment does not allow it.";
    NOT_GENUINE = 91, "The chip did not prove itself.";
    STOPPED = 92, "The run was stopped.";
    ADRIFT = 93, "A break or a continue stands outside of a loop.";
}
