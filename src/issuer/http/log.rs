//! What an operator reads: one line of JSON an event.

use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;

/// Writes the issuer's events as lines of JSON: time, level, target, and the fields.
pub fn json_lines<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_max_level(tracing::Level::INFO)
        .with_writer(writer)
        .finish()
}
