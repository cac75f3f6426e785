//! The kinds of diagnostics of a run.

use super::code::codes;

codes! {
    /// What goes wrong in a run.
    RUN:
}
