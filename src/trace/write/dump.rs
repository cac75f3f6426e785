//! Dumps as apdu4j writes and replays them: commands and responses in turn, remarks behind `#`.

use std::{
    io::{self, Write},
    time::Duration,
};

use zeroize::Zeroizing;

use crate::{
    trace::words,
    transport::{Counts, Entry, Header, RecordedExchange, RecordedReset, Recording, Sink},
};

/// The remark before a command.
pub(in crate::trace) const SENT: &str = "# Sent";
/// Begins the remark before a response, which says how long it took.
pub(in crate::trace) const RECEIVED: &str = "# Received in ";

/// Begins the remark behind a command that has none.
pub(in crate::trace) const NO_ANSWER: &str = "# No answer";

/// Writes a dump.
pub(in crate::trace) struct Dump {
    file: Box<dyn Write + Send>,
}

impl Dump {
    pub(in crate::trace) const fn new(file: Box<dyn Write + Send>) -> Self {
        Self { file }
    }

    fn put(&mut self, text: String) -> io::Result<()> {
        let text = Zeroizing::new(text);
        self.file.write_all(text.as_bytes())?;
        self.file.flush()
    }
}

impl Sink for Dump {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        self.put(head(header))
    }

    fn entry(&mut self, entry: &Entry, _at: Duration) -> io::Result<()> {
        self.put(match entry {
            Entry::Exchange(exchange) => exchanged(exchange),
            Entry::Reset(reset) => was_reset(reset),
        })
    }

    fn end(&mut self, _counts: Counts) -> io::Result<()> {
        Ok(())
    }
}

/// The dump of a whole recording.
pub fn dump_of(recording: &Recording) -> String {
    let mut text = head(recording.header());
    for (_, entry) in recording.entries() {
        text.push_str(&match entry {
            Entry::Exchange(exchange) => exchanged(exchange),
            Entry::Reset(reset) => was_reset(reset),
        });
    }
    text
}

fn head(header: &Header) -> String {
    format!(
        "# Generated on {} by iccard/{}\n# Using {}\n# ATR: {}\n# PROTOCOL: T=1\n#\n",
        one_line(&header.time),
        one_line(&header.program),
        one_line(&header.card),
        header.atr
    )
}

// A pair that is not whole is a remark, for nobody could replay it.
fn exchanged(exchange: &RecordedExchange) -> String {
    let (command, response) = (&exchange.command, &exchange.response);
    let whole = command.bytes().is_some()
        && response.as_ref().is_some_and(|response| response.bytes().is_some());
    let mark = if whole { "" } else { "# " };
    let step = exchange.step.as_ref().map_or_else(String::new, |step| format!("{step}: "));
    let mut text =
        format!("# {}{}\n{SENT}\n{mark}{command}\n", one_line(&step), words::command(exchange));
    match (response, &exchange.error) {
        (Some(response), _) => {
            text.push_str(&format!("{RECEIVED}{}ms\n{mark}{response}\n", exchange.us / 1000));
        }
        (None, Some(error)) => {
            text.push_str(&format!("{NO_ANSWER}: {}\n", words::fault(error.kind)));
        }
        (None, None) => text.push_str(&format!("{NO_ANSWER}\n")),
    }
    if let Some(plain) = &exchange.plain {
        text.push_str(&format!("# In plain {} -> {}\n", plain.command, plain.response));
    }
    text
}

fn was_reset(reset: &RecordedReset) -> String {
    let how = words::reset(reset.kind);
    match &reset.atr {
        Some(atr) => format!("# A {how} reset, ATR {atr}\n"),
        None => format!("# A {how} reset, which failed\n"),
    }
}

// Names of readers come from outside.
fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
