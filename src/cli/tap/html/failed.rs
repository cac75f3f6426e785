//! The page of a tap that came to no end: why, and what was said until then.

use askama::Template;
use time::UtcDateTime;

use super::{
    super::super::{
        failure::{self, Failure},
        holder::shown,
        trust,
    },
    waterfall::{Band, Seen, bands},
};

/// The page. Nothing that was read of the holder is on it.
#[derive(Template)]
#[template(path = "failed.html")]
pub(super) struct FailedPage {
    what: &'static str,
    code: u8,
    message: String,
    help: Option<String>,
    why: Vec<(&'static str, String)>,
    facts: Vec<(&'static str, String)>,
    bands: Vec<Band>,
    exchanges: usize,
    made: String,
    version: &'static str,
}

impl FailedPage {
    pub(super) fn new(failure: &Failure, source: &str, seen: &[Seen], now: UtcDateTime) -> Self {
        let parts =
            [("step", &failure.step), ("expected", &failure.expected), ("came", &failure.got)];
        let said = |(label, part): (_, &Option<String>)| Some((label, shown(part.as_ref()?)));
        Self {
            what: what(failure.code),
            code: failure.code,
            message: shown(&failure.message),
            help: failure.help.as_deref().map(shown),
            why: parts.into_iter().filter_map(said).collect(),
            facts: vec![("card", shown(source)), ("answered commands", seen.len().to_string())],
            bands: bands(seen),
            exchanges: seen.len(),
            made: trust::text(now),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

const fn what(code: u8) -> &'static str {
    match code {
        failure::ABSENT => "no card",
        failure::TRANSPORT => "the way to the card failed",
        failure::ACCESS => "access refused",
        failure::PROTOCOL => "the card broke the protocol",
        failure::FILE => "a file",
        _ => "what was asked of the card cannot be done",
    }
}
