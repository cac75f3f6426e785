//! Where a recorder's entries go.

use std::{
    io::{self, Write},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{Counts, Entry, Header, format::Written};

/// A form in which a dialogue is written down while it goes on.
///
/// What it is given is already redacted, where its header says so. It should have written an entry
/// when it returns: a crash then leaves what was.
pub trait Sink: Send {
    /// Before the first entry.
    ///
    /// # Errors
    /// Those of the file; nothing is written to it any more.
    fn begin(&mut self, header: &Header) -> io::Result<()>;

    /// What happened, and when its first byte was sent, from the header's time on.
    ///
    /// # Errors
    /// As [`Sink::begin`].
    fn entry(&mut self, entry: &Entry, at: Duration) -> io::Result<()>;

    /// After the last entry.
    ///
    /// # Errors
    /// As [`Sink::begin`].
    fn end(&mut self, counts: Counts) -> io::Result<()>;
}

/// The lines of a recording.
pub(super) struct Lines(pub(super) Box<dyn Write + Send>);

impl Lines {
    // A line in one piece, so that one process writes whole lines or none.
    fn put(&mut self, line: &Written<'_>) -> io::Result<()> {
        let mut bytes = Zeroizing::new(serde_json::to_vec(line)?);
        bytes.push(b'\n');
        self.0.write_all(&bytes)?;
        self.0.flush()
    }
}

impl Sink for Lines {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        self.put(&Written::Recording(header))
    }

    fn entry(&mut self, entry: &Entry, _at: Duration) -> io::Result<()> {
        self.put(&match entry {
            Entry::Exchange(exchange) => Written::Exchange(exchange),
            Entry::Reset(reset) => Written::Reset(reset),
        })
    }

    fn end(&mut self, counts: Counts) -> io::Result<()> {
        self.put(&Written::End(counts))
    }
}
