//! A dialogue out of packets: commands and their answers, resets, and what stands beside them.

use std::time::Duration;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Found, MAX_APDU, MAX_ENTRIES, packets::Packet, unanswered};
use crate::{
    atr::Atr,
    trace::{
        TraceError,
        frame::{
            iso14443::{self, Joined, Piece},
            upper,
        },
        write::{ANSWER, END, LEFT_OUT, PLAIN, STEP},
    },
    transport::{Entry, ErrorKind, Masked, Pair, RecordedExchange, RecordedReset, ResetKind},
};

/// Gathers what packets say.
pub(super) struct Capture<'a> {
    file: &'a str,
    found: Found,
    /// The first packet's time.
    start: Option<Duration>,
    joined: Joined,
    /// What stands beside the packets of an APDU that is not whole yet.
    comments: Vec<String>,
    waiting: Option<Waiting>,
    /// Whether the card has been activated before.
    active: bool,
    any: bool,
}

/// A command without its answer.
struct Waiting {
    packet: usize,
    at: Duration,
    command: Masked,
    beside: Beside,
}

/// What comments say, as far as it is for programs.
#[derive(Default)]
struct Beside {
    step: Option<String>,
    gaps: Vec<std::ops::Range<usize>>,
    plain: Option<Masked>,
    error: Option<ErrorKind>,
    reset: Option<ResetKind>,
}

impl<'a> Capture<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self {
            file,
            found: Found::default(),
            start: None,
            joined: Joined::default(),
            comments: Vec::new(),
            waiting: None,
            active: false,
            any: false,
        }
    }

    pub(super) fn program(&mut self, version: &str) {
        self.found.program = version.into();
    }

    pub(super) fn card(&mut self, name: &str) {
        self.found.card = name.into();
    }

    /// What stands beside the statistics.
    pub(super) fn end(&mut self, comment: &str) {
        if let Some(counts) = comment.strip_prefix(END) {
            self.found.counts = serde_json::from_str(counts).ok();
        }
    }

    pub(super) fn take(&mut self, packet: Packet<'_>) -> Result<(), TraceError> {
        let start = *self.start.get_or_insert(packet.at);
        let (number, at) = (packet.number, packet.at.saturating_sub(start));
        let wrong = |file: &str, expected, got: &str| {
            Err(TraceError::Packet { file: file.into(), packet: number, expected, got: got.into() })
        };
        match packet.link {
            upper::LINK => {
                self.comments = packet.comments;
                let Some(read) = upper::unpack(packet.data) else {
                    return wrong(self.file, "tags that end", "they do not");
                };
                if read.data.len() > MAX_APDU {
                    return wrong(self.file, "an APDU of 65,554 bytes at most", "a longer one");
                }
                match read.dissector {
                    name if name == upper::APDU.as_bytes() => {
                        // Where nobody says which way, it goes to and fro.
                        let from_card = read.from_card.unwrap_or_else(|| self.waiting.is_some());
                        self.apdu(number, at, from_card, read.data)
                    }
                    name if name == upper::ATR.as_bytes() => self.atr(number, at, read.data),
                    _ => Ok(()),
                }
            }
            iso14443::LINK => {
                self.any = true;
                // A capture has as many comments as it likes.
                if self.comments.len() < 64 {
                    self.comments.extend(packet.comments);
                }
                match self.joined.take(packet.data) {
                    Ok(Piece::Apdu { from_card, bytes }) => {
                        self.apdu(number, at, from_card, &bytes)
                    }
                    Ok(Piece::Ats(historical)) => {
                        let atr = Atr::from_historical(&historical);
                        let atr = atr.map_or_else(|_| Vec::new(), |atr| atr.as_bytes().to_vec());
                        self.atr(number, at, &atr)
                    }
                    Ok(Piece::FieldOff | Piece::Nothing) => Ok(()),
                    Err(expected) => wrong(self.file, expected, "it is not"),
                }
            }
            _ => Ok(()),
        }
    }

    /// What was found.
    pub(super) fn found(mut self) -> Result<Found, TraceError> {
        if !self.any {
            return Err(TraceError::Unknown {
                file: self.file.into(),
                expected: "packets of link type 252 for the dissector iso7816, or of 264",
                got: "none is there".into(),
            });
        }
        self.left();
        let time = self.start.and_then(|start| i128::try_from(start.as_nanos()).ok());
        let time = time.and_then(|nanos| OffsetDateTime::from_unix_timestamp_nanos(nanos).ok());
        self.found.time = time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default();
        Ok(self.found)
    }

    fn apdu(
        &mut self,
        packet: usize,
        at: Duration,
        from_card: bool,
        bytes: &[u8],
    ) -> Result<(), TraceError> {
        self.any = true;
        let beside = self.beside();
        if !from_card {
            self.left();
            let command = beside.masked(bytes);
            self.waiting = Some(Waiting { packet, at, command, beside });
            return self.bounded(packet);
        }
        // An answer to nothing is what the capture came too late for.
        let Some(Waiting { packet, at: sent, command, beside: before }) = self.waiting.take()
        else {
            return Ok(());
        };
        let plain = before.plain.zip(beside.plain.clone());
        let us = at.saturating_sub(sent).as_micros();
        let exchange = RecordedExchange {
            n: 0,
            step: before.step,
            us: u64::try_from(us).unwrap_or(u64::MAX),
            command,
            response: Some(beside.masked(bytes)),
            error: None,
            plain: plain.map(|(command, response)| Pair { command, response }),
        };
        self.found.entries.push((packet, Entry::Exchange(exchange), Some(sent)));
        Ok(())
    }

    fn atr(&mut self, packet: usize, at: Duration, bytes: &[u8]) -> Result<(), TraceError> {
        self.any = true;
        let beside = self.beside();
        let atr = Masked::known(bytes);
        if !std::mem::replace(&mut self.active, true) {
            self.found.atr = atr;
            return Ok(());
        }
        self.left();
        let kind = beside.reset.unwrap_or(ResetKind::Cold);
        let reset = RecordedReset { kind, us: 0, atr: Some(atr), error: None };
        self.found.entries.push((packet, Entry::Reset(reset), Some(at)));
        self.bounded(packet)
    }

    // A command that nothing answers any more.
    fn left(&mut self) {
        let Some(Waiting { packet, at, command, beside }) = self.waiting.take() else { return };
        let exchange = RecordedExchange {
            n: 0,
            step: beside.step,
            us: 0,
            command,
            response: None,
            error: Some(unanswered(beside.error.unwrap_or(ErrorKind::Other))),
            plain: None,
        };
        self.found.entries.push((packet, Entry::Exchange(exchange), Some(at)));
    }

    fn bounded(&self, packet: usize) -> Result<(), TraceError> {
        if self.found.entries.len() < MAX_ENTRIES {
            return Ok(());
        }
        Err(TraceError::Packet {
            file: self.file.into(),
            packet,
            expected: "1,048,576 exchanges at most",
            got: "more came".into(),
        })
    }

    fn beside(&mut self) -> Beside {
        let mut beside = Beside::default();
        for comment in std::mem::take(&mut self.comments) {
            if let Some(step) = comment.strip_prefix(STEP) {
                beside.step = Some(step.into());
            } else if let Some(range) = comment.strip_prefix(LEFT_OUT) {
                beside.gaps.extend(gap(range));
            } else if let Some(plain) = comment.strip_prefix(PLAIN) {
                beside.plain = plain.parse().ok();
            } else if let Some(kind) = comment.strip_prefix(ANSWER) {
                beside.error = serde_json::from_value(kind.into()).ok();
            } else if let Some(kind) = comment.strip_suffix(" reset") {
                beside.reset = serde_json::from_value(kind.into()).ok();
            }
        }
        beside
    }
}

impl Beside {
    fn masked(&self, bytes: &[u8]) -> Masked {
        Masked::without_all(bytes, &self.gaps)
    }
}

// `5 to 79 of 82, zeros stand for them`
fn gap(text: &str) -> Option<std::ops::Range<usize>> {
    let mut words = text.split(' ');
    let first: usize = words.next()?.parse().ok()?;
    let last: usize = words.nth(1)?.parse().ok()?;
    (first <= last && last < MAX_APDU).then_some(first..last + 1)
}
