//! pcapng (draft-ietf-opsawg-pcapng): a section, an interface, a packet a command or response.

use std::{
    io::{self, Write},
    time::Duration,
};

use pcap_file::{
    DataLink, Endianness, PcapError,
    pcapng::{
        Block, PcapNgBlock, PcapNgWriter,
        blocks::{
            enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption},
            interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption},
            interface_statistics::{InterfaceStatisticsBlock, InterfaceStatisticsOption},
            section_header::{SectionHeaderBlock, SectionHeaderOption},
        },
    },
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use super::comments;
use crate::{
    trace::{
        Link,
        frame::{Frame, iso14443, upper},
        words,
    },
    transport::{Counts, Entry, Header, Masked, RecordedExchange, RecordedReset, Sink},
};

/// How the section names the program that wrote it.
pub(in crate::trace) const PROGRAM: &str = "iccard ";

/// `if_tsresol`: nanoseconds.
const NANOSECONDS: u8 = 9;
// `epb_flags`, the lower two bits: which way a packet went, as the reader sees it.
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;

/// Writes a pcapng file.
pub(in crate::trace) struct Pcapng {
    file: Box<dyn Write + Send>,
    link: Link,
    /// Makes blocks, which are then written in one piece. From the header on.
    writer: Option<PcapNgWriter<Vec<u8>>>,
    /// The header's time, since 1970.
    start: Duration,
    /// The last packet's time.
    now: Duration,
    blocks: iso14443::Blocks,
}

impl Pcapng {
    pub(in crate::trace) fn new(file: Box<dyn Write + Send>, link: Link) -> Self {
        let (start, now) = (Duration::ZERO, Duration::ZERO);
        Self { file, link, writer: None, start, now, blocks: iso14443::Blocks::default() }
    }

    fn put(&mut self, block: &Block<'_>) -> io::Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.write_block(block).map_err(fault)?;
        let bytes = Zeroizing::new(std::mem::take(writer.get_mut()));
        self.file.write_all(&bytes)?;
        self.file.flush()
    }

    // Those of a command or response, at one time; the comments stand beside the last, which is the
    // one that Wireshark names.
    fn packets(&mut self, frames: &[Frame], at: Duration, comments: Vec<String>) -> io::Result<()> {
        self.now = self.start.saturating_add(at);
        let mut comments = Some(comments);
        for (number, frame) in frames.iter().enumerate() {
            let mut options: Vec<_> = (number + 1 == frames.len())
                .then(|| comments.take().unwrap_or_default())
                .into_iter()
                .flatten()
                .map(|text| EnhancedPacketOption::Comment(text.into()))
                .collect();
            let way = if frame.from_card { INBOUND } else { OUTBOUND };
            options.push(EnhancedPacketOption::Flags(way));
            let packet = EnhancedPacketBlock {
                interface_id: 0,
                timestamp: self.now,
                original_len: frame.bytes.len() as u32,
                data: frame.bytes.as_slice().into(),
                options,
            };
            self.put(&packet.into_block())?;
        }
        Ok(())
    }

    // Power comes on: what the reader then knows of the card.
    fn activated(&mut self, atr: &Masked, at: Duration, mut said: Vec<String>) -> io::Result<()> {
        let Some(bytes) = atr.bytes().filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        let frames = match self.link {
            Link::Upper => vec![upper::pack(upper::ATR, true, bytes)],
            Link::Iso14443 => {
                said.push(
                    "made of the ATR, as are the blocks of the APDUs: a reader does not say \
                           what went over the air"
                        .into(),
                );
                self.blocks.activate(bytes)
            }
        };
        self.packets(&frames, at, said)
    }

    fn exchange(&mut self, exchange: &RecordedExchange, at: Duration) -> io::Result<()> {
        let sent = exchange.command.filled();
        let frames = match self.link {
            Link::Upper => vec![upper::pack(upper::APDU, false, &sent)],
            Link::Iso14443 => self.blocks.command(&sent),
        };
        self.packets(&frames, at, comments::command(exchange))?;
        let Some(response) = &exchange.response else { return Ok(()) };
        let received = response.filled();
        let frames = match self.link {
            Link::Upper => vec![upper::pack(upper::APDU, true, &received)],
            Link::Iso14443 => self.blocks.response(&received),
        };
        let at = at.saturating_add(Duration::from_micros(exchange.us));
        self.packets(&frames, at, comments::response(exchange, response))
    }

    // Of one that failed there is nothing to be seen on the link.
    fn reset(&mut self, reset: &RecordedReset, at: Duration) -> io::Result<()> {
        let Some(atr) = reset.atr.as_ref().filter(|atr| atr.bytes().is_some_and(|b| !b.is_empty()))
        else {
            return Ok(());
        };
        if self.link == Link::Iso14443 {
            let off = self.blocks.deactivate();
            self.packets(&[off], at, Vec::new())?;
        }
        let at = at.saturating_add(Duration::from_micros(reset.us));
        self.activated(atr, at, vec![format!("{} reset", words::reset(reset.kind))])
    }
}

impl Sink for Pcapng {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        self.start = since_1970(&header.time);
        let holds = if header.redacted {
            "redacted: zeros stand for data that could be secret or personal"
        } else {
            "NOT REDACTED: all that the card gave and was given, personal data and passwords too"
        };
        let section = SectionHeaderBlock {
            endianness: Endianness::Little,
            options: vec![
                SectionHeaderOption::UserApplication(format!("{PROGRAM}{}", header.program).into()),
                SectionHeaderOption::Comment(holds.into()),
            ],
            ..SectionHeaderBlock::default()
        };
        self.writer = Some(PcapNgWriter::with_section_header(Vec::new(), section).map_err(fault)?);
        let (linktype, what) = match self.link {
            Link::Upper => (DataLink::WIRESHARK_UPPER_PDU, "APDUs, ISO/IEC 7816"),
            Link::Iso14443 => (DataLink::ISO_14443, "blocks of ISO/IEC 14443-4 made of APDUs"),
        };
        let interface = InterfaceDescriptionBlock {
            linktype,
            snaplen: 0,
            options: vec![
                InterfaceDescriptionOption::IfName(header.card.as_str().into()),
                InterfaceDescriptionOption::IfDescription(what.into()),
                InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
            ],
        };
        self.put(&interface.into_block())?;
        self.activated(&header.atr, Duration::ZERO, Vec::new())
    }

    fn entry(&mut self, entry: &Entry, at: Duration) -> io::Result<()> {
        match entry {
            Entry::Exchange(exchange) => self.exchange(exchange, at),
            Entry::Reset(reset) => self.reset(reset, at),
        }
    }

    fn end(&mut self, counts: Counts) -> io::Result<()> {
        let now = self.now.saturating_sub(self.start);
        if self.link == Link::Iso14443 {
            let off = self.blocks.deactivate();
            self.packets(&[off], now, Vec::new())?;
        }
        let counts = serde_json::to_string(&counts)?;
        let statistics = InterfaceStatisticsBlock {
            interface_id: 0,
            // High half first, whatever the order of bytes.
            timestamp: (self.now.as_nanos() as u64).rotate_left(32),
            options: vec![InterfaceStatisticsOption::Comment(
                format!("{}{counts}", comments::END).into(),
            )],
        };
        self.put(&statistics.into_block())
    }
}

fn fault(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        error => io::Error::other(error),
    }
}

fn since_1970(time: &str) -> Duration {
    let time = OffsetDateTime::parse(time, &Rfc3339).ok();
    let nanos = time.and_then(|time| u64::try_from(time.unix_timestamp_nanos()).ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}
