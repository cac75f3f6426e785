//! The word for what could not run.

use std::io::Write;

/// Says that a test could not run, where the harness does not swallow it.
pub fn skipped(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}
