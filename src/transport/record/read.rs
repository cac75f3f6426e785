//! Reading a recording.

use std::{io::Read, path::Path};

use zeroize::Zeroizing;

use super::{Counts, Entry, FORMAT, Header, Masked, RecordError, RecordedExchange, format::Line};

/// Most bytes of a recording.
pub const MAX_RECORDING: usize = 1 << 26;
/// Most bytes of a line: the largest APDU both ways, on the wire and in plain, has less.
pub const MAX_LINE: usize = 1 << 20;
const HEADER: &str = "a header: a line of JSON that begins {\"recording\":";
const ENTRY: &str = "an exchange, a reset or the end: a line of JSON";

/// A recording that has been read: its header is right, and so are all lines behind it.
#[derive(Debug)]
pub struct Recording {
    file: String,
    header: Header,
    // Each with its line.
    entries: Vec<(usize, Entry)>,
    exchanges: usize,
    counts: Option<Counts>,
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// [`RecordError::Io`], and those of [`Recording::parse`].
    pub fn load(path: &Path) -> Result<Self, RecordError> {
        let name = path.display().to_string();
        let io = |source| RecordError::Io { file: name.clone(), source };
        let file = std::fs::File::open(path).map_err(io)?;
        let mut bytes = Zeroizing::new(Vec::new());
        // One more than there may be, for a file that grows or has no size.
        file.take(MAX_RECORDING as u64 + 1).read_to_end(&mut bytes).map_err(io)?;
        Self::parse(&name, &bytes)
    }

    /// Reads the text of a recording that is called `file` in messages.
    ///
    /// # Errors
    /// All but [`RecordError::Io`] and [`RecordError::Redacted`]. A last line that was cut off is
    /// none: it was being written when the recorder ended.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > MAX_RECORDING {
            return Err(RecordError::TooLarge { file: file.into(), got: bytes.len() as u64 });
        }
        let mut lines = Lines { file, rest: bytes, number: 0 };
        let header = match lines.next().transpose()? {
            Some(text) => lines.header(text)?,
            None => return Err(lines.wrong(1, HEADER, "the file is empty")),
        };
        let (file, entries) = (file.into(), Vec::new());
        let mut read = Self { file, header, entries, exchanges: 0, counts: None };
        while let Some(text) = lines.next().transpose()? {
            if read.counts.is_some() {
                return Err(lines.wrong(1, "nothing behind the end", "another line came"));
            }
            match serde_json::from_slice(text) {
                Ok(line) => read.take(line, &lines)?,
                Err(_) if lines.is_cut() => break,
                Err(error) => return Err(lines.wrong(error.column(), ENTRY, &fault(&error))),
            }
        }
        Ok(read)
    }

    /// A dialogue that was written down in another form, each entry with the line or packet that it
    /// stands in. Exchanges are numbered anew.
    pub fn of(
        file: &str,
        header: Header,
        entries: Vec<(usize, Entry)>,
        counts: Option<Counts>,
    ) -> Self {
        let mut exchanges = 0;
        let number = |(line, mut entry)| {
            if let Entry::Exchange(exchange) = &mut entry {
                exchanges += 1;
                exchange.n = u32::try_from(exchanges).unwrap_or(u32::MAX);
            }
            (line, entry)
        };
        let entries: Vec<_> = entries.into_iter().map(number).collect();
        let whole = entries.iter().all(|(_, entry)| is_whole(entry));
        let header = Header { redacted: header.redacted || !whole, ..header };
        Self { file: file.into(), header, entries, exchanges, counts }
    }

    fn take(&mut self, line: Line, lines: &Lines<'_>) -> Result<(), RecordError> {
        let entry = match line {
            Line::Recording(_) => return Err(lines.wrong(1, ENTRY, "a second header came")),
            Line::End(counts) => {
                let got = self.exchanges;
                if usize::try_from(counts.exchanges) != Ok(got) {
                    let got = format!("it says {}, there are {got}", counts.exchanges);
                    return Err(lines.wrong(1, "the number of exchanges", &got));
                }
                self.counts = Some(counts);
                return Ok(());
            }
            Line::Exchange(exchange) => {
                let expected = self.exchanges + 1;
                if usize::try_from(exchange.n) != Ok(expected) {
                    let got = format!("number {} came, {expected} is next", exchange.n);
                    return Err(lines.wrong(1, "exchanges in order", &got));
                }
                if exchange.response.is_some() == exchange.error.is_some() {
                    return Err(lines.wrong(1, "a response or an error", "both or neither came"));
                }
                self.exchanges = expected;
                Entry::Exchange(exchange)
            }
            Line::Reset(reset) => Entry::Reset(reset),
        };
        if !self.header.redacted && !is_whole(&entry) {
            let expected = "all bytes, for the header says that none are left out";
            return Err(lines.wrong(1, expected, "some are"));
        }
        self.entries.push((lines.number, entry));
        Ok(())
    }

    /// What it is called in messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What was recorded, and how.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What happened, each with the line it stands in.
    pub fn entries(&self) -> &[(usize, Entry)] {
        &self.entries
    }

    /// The exchanges alone.
    pub fn exchanges(&self) -> impl Iterator<Item = &RecordedExchange> {
        self.entries.iter().filter_map(|(_, entry)| match entry {
            Entry::Exchange(exchange) => Some(exchange),
            Entry::Reset(_) => None,
        })
    }

    /// How it ended; `None` where the recorder was ended before.
    pub const fn counts(&self) -> Option<Counts> {
        self.counts
    }

    /// Refuses a recording whose bytes are left out.
    ///
    /// # Errors
    /// [`RecordError::Redacted`].
    pub fn need_all(&self, purpose: &'static str) -> Result<(), RecordError> {
        if self.header.redacted {
            return Err(RecordError::Redacted { file: self.file.clone(), purpose });
        }
        Ok(())
    }
}

struct Lines<'a> {
    file: &'a str,
    rest: &'a [u8],
    /// That of the line that was given last.
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<Result<&'a [u8], RecordError>> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let mut halves = self.rest.splitn(2, |&byte| byte == b'\n');
        let line = halves.next().unwrap_or_default();
        // A line that no line feed ends leaves something behind, if only nothing.
        self.rest = halves.next().unwrap_or_default();
        if line.len() > MAX_LINE {
            let (file, got) = (self.file.into(), line.len());
            return Some(Err(RecordError::LineTooLong { file, line: self.number, got }));
        }
        Some(Ok(line))
    }

    // Whether the line that was given last is the file's last.
    const fn is_cut(&self) -> bool {
        self.rest.is_empty()
    }

    fn header(&self, text: &[u8]) -> Result<Header, RecordError> {
        // The version first: in another one the rest may be anything.
        if let Some(got) = format_of(text).filter(|&got| got != FORMAT) {
            return Err(RecordError::Format { file: self.file.into(), got });
        }
        match serde_json::from_slice(text) {
            Ok(Line::Recording(header)) => {
                if header.redacted && header.secrets.is_some() {
                    let expected = "no secrets, for the header says that it is redacted";
                    return Err(self.wrong(1, expected, "some are there"));
                }
                Ok(*header)
            }
            Ok(_) => Err(self.wrong(1, HEADER, "another line came")),
            Err(error) => Err(self.wrong(error.column(), HEADER, &fault(&error))),
        }
    }

    fn wrong(&self, column: usize, expected: &'static str, got: &str) -> RecordError {
        RecordError::Line {
            file: self.file.into(),
            line: self.number.max(1),
            column: column.max(1),
            expected,
            got: got.into(),
        }
    }
}

fn is_whole(entry: &Entry) -> bool {
    let whole = |masked: Option<&Masked>| masked.is_none_or(|masked| masked.bytes().is_some());
    match entry {
        Entry::Reset(reset) => whole(reset.atr.as_ref()),
        Entry::Exchange(exchange) => {
            let plain = exchange.plain.as_ref();
            whole(Some(&exchange.command))
                && whole(exchange.response.as_ref())
                && whole(plain.map(|plain| &plain.command))
                && whole(plain.map(|plain| &plain.response))
        }
    }
}

fn format_of(text: &[u8]) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Any {
        recording: Version,
    }
    #[derive(serde::Deserialize)]
    struct Version {
        format: u32,
    }
    serde_json::from_slice::<Any>(text).ok().map(|any| any.recording.format)
}

// What is wrong, without the value that stands there: it may be a password.
fn fault(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Eof => "the line ends too early".into(),
        Category::Syntax => "this is no JSON".into(),
        Category::Io => "it cannot be read".into(),
        Category::Data => {
            let text = error.to_string();
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
            let names_a_field = ["unknown field", "missing field", "duplicate field"]
                .into_iter()
                .any(|kind| text.starts_with(kind));
            let shown = if names_a_field { text } else { text.split(':').next().unwrap_or("") };
            shown.chars().take(120).map(|c| if c.is_control() { '?' } else { c }).collect()
        }
    }
}
