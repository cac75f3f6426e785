//! What several test modules share.

pub mod data;
pub mod vectors;

/// Says that a test could not run, where the harness does not swallow it.
pub fn skipped(test: &str, why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}
