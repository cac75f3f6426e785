//! Scripts in one form: indentation, blanks, groups of digits. What they mean stays the same, and
//! so do comments and the blank lines between paragraphs.

mod align;
mod commands;
mod line;
mod tokens;

use std::sync::LazyLock;

use regex::Regex;

use self::{align::align, commands::Commands, line::Layout};
use super::{
    Diagnostic,
    syntax::{Script, SourceId, parse},
};

/// The places in what `Debug` writes of a script.
static PLACES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"Span \{ start: \d+, end: \d+, source: SourceId\(\d+\) \}").ok());

/// A script in the one form that all have.
///
/// # Errors
///
/// What is wrong with it: only what can be read is formatted.
pub fn format(text: &str, lenient: bool) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(SourceId(0), text, lenient);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let commands = Commands::of(&parsed.script);
    Ok(align(Layout::new(text, lenient, &commands).lines()))
}

/// What a script means: everything that was read of it but the places. Two texts that mean the same
/// give the same.
pub fn meaning(script: &Script) -> String {
    let all = format!("{:?}", script.body);
    match &*PLACES {
        Some(places) => places.replace_all(&all, "_").into_owned(),
        None => all,
    }
}
