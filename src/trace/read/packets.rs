//! pcapng and pcap files: blocks and packets, within bounds. What packets say is `capture`'s.

use std::{borrow::Cow, time::Duration};

use pcap_file::{
    Endianness, PcapError, TsResolution,
    pcap::PcapParser,
    pcapng::{
        Block, PcapNgParser,
        blocks::{
            enhanced_packet::EnhancedPacketOption,
            interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption},
            interface_statistics::InterfaceStatisticsOption,
            section_header::SectionHeaderOption,
        },
    },
};

use super::{Found, capture::Capture};
use crate::trace::{TraceError, write::PROGRAM};

/// Most bytes of a block that is looked into. The largest of ours has an APDU twice in a comment.
const MAX_BLOCK: usize = 1 << 20;
// Block types.
const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const SIMPLE_PACKET: u32 = 3;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
/// Most interfaces of a section.
const MAX_INTERFACES: usize = 4096;

/// A packet, and what stands beside it.
pub(super) struct Packet<'a> {
    /// From 1, as Wireshark counts.
    pub(super) number: usize,
    /// Since 1970.
    pub(super) at: Duration,
    pub(super) link: u32,
    pub(super) data: &'a [u8],
    /// Those of a trace of ours; of others they are for people alone.
    pub(super) comments: Vec<String>,
}

/// Reads a pcapng file. One that is cut off gives what is whole.
pub(super) fn pcapng(file: &str, bytes: &[u8]) -> Result<Found, TraceError> {
    let mut capture = Capture::new(file);
    let mut number = 0;
    let first = block_len(bytes, Endianness::Big).filter(|&len| len <= MAX_BLOCK);
    let first = first.and_then(|len| bytes.get(..len));
    let (_, mut parser) = PcapNgParser::new(first.unwrap_or_default())
        .map_err(|error| wrong(file, 0, "a section header", &error))?;
    let mut ours = name_of_program(&parser, &mut capture);
    let mut rest = bytes.get(first.map_or(0, <[u8]>::len)..).unwrap_or_default();
    while let Some(len) = block_len(rest, parser.section().endianness) {
        let Some((block, after)) = rest.split_at_checked(len) else { break };
        let kind = block_kind(block, parser.section().endianness);
        rest = after;
        let is_packet = matches!(kind, ENHANCED_PACKET | SIMPLE_PACKET);
        number += usize::from(is_packet);
        let is_known = is_packet
            || matches!(kind, SECTION_HEADER | INTERFACE_DESCRIPTION | INTERFACE_STATISTICS);
        if !is_known {
            continue;
        }
        if len > MAX_BLOCK {
            let got = format!("one of {len} bytes came");
            return Err(told(file, number, "a block of at most 1 MiB", got));
        }
        let (_, block) = parser
            .next_block(block)
            .map_err(|error| wrong(file, number, "a block of pcapng", &error))?;
        match block {
            Block::SectionHeader(_) => ours = name_of_program(&parser, &mut capture),
            Block::InterfaceDescription(_) => {
                if parser.interfaces().len() > MAX_INTERFACES {
                    let got = "more came".into();
                    return Err(told(file, number, "4,096 interfaces at most", got));
                }
                if ours && let Some(interface) = parser.interfaces().last() {
                    name_of_card(interface, &mut capture);
                }
            }
            Block::EnhancedPacket(packet) => {
                let Some(interface) = parser.packet_interface(&packet) else {
                    let got = format!("interface {} came", packet.interface_id);
                    return Err(told(file, number, "a packet of an interface that is there", got));
                };
                let comment = |option: EnhancedPacketOption<'_>| match option {
                    EnhancedPacketOption::Comment(text) if ours => Some(text.into_owned()),
                    _ => None,
                };
                let at = time(interface, packet.timestamp.as_nanos());
                capture.take(Packet {
                    number,
                    at,
                    link: interface.linktype.into(),
                    data: &packet.data,
                    comments: packet.options.into_iter().filter_map(comment).collect(),
                })?;
            }
            Block::SimplePacket(packet) => {
                let Some(interface) = parser.interfaces().first() else {
                    let got = "none is there".into();
                    return Err(told(file, number, "an interface before the packets", got));
                };
                // What fills the block up is no part of it.
                let len = packet.data.len().min(packet.original_len as usize);
                capture.take(Packet {
                    number,
                    at: Duration::ZERO,
                    link: interface.linktype.into(),
                    data: packet.data.get(..len).unwrap_or_default(),
                    comments: Vec::new(),
                })?;
            }
            Block::InterfaceStatistics(statistics) if ours => {
                for option in statistics.options {
                    if let InterfaceStatisticsOption::Comment(text) = option {
                        capture.end(&text);
                    }
                }
            }
            _ => {}
        }
    }
    capture.found()
}

/// Reads a pcap file.
pub(super) fn pcap(file: &str, bytes: &[u8]) -> Result<Found, TraceError> {
    let mut capture = Capture::new(file);
    let (mut rest, parser) =
        PcapParser::new(bytes).map_err(|error| wrong(file, 0, "a header of pcap", &error))?;
    let header = parser.header();
    let unit = if header.ts_resolution == TsResolution::MicroSecond { 1000 } else { 1 };
    // The upper bits of the link type are flags of other links.
    let link = u32::from(header.datalink) & 0xFFFF;
    let mut number = 0;
    while !rest.is_empty() {
        let (after, packet) = match parser.next_raw_packet(rest) {
            Ok(read) => read,
            // Cut off.
            Err(PcapError::IncompleteBuffer) => break,
            Err(error) => return Err(wrong(file, number, "a packet of pcap", &error)),
        };
        rest = after;
        number += 1;
        let at = Duration::from_secs(packet.ts_sec.into())
            .saturating_add(Duration::from_nanos(u64::from(packet.ts_frac) * unit));
        let data: &[u8] = &packet.data;
        capture.take(Packet { number, at, link, data, comments: Vec::new() })?;
    }
    capture.found()
}

// Whether this program wrote the section.
fn name_of_program(parser: &PcapNgParser, capture: &mut Capture<'_>) -> bool {
    let program = parser.section().options.iter().find_map(|option| match option {
        SectionHeaderOption::UserApplication(text) => Some(text),
        _ => None,
    });
    let Some(program) = program else { return false };
    let version = program.strip_prefix(PROGRAM);
    capture.program(version.unwrap_or(program));
    version.is_some()
}

fn name_of_card(interface: &InterfaceDescriptionBlock<'_>, capture: &mut Capture<'_>) {
    let name = interface.options.iter().find_map(|option| match option {
        InterfaceDescriptionOption::IfName(text) => Some(text),
        _ => None,
    });
    if let Some(name) = name {
        capture.card(name);
    }
}

// The number that stands for the time, in the interface's unit: by default microseconds.
fn time(interface: &InterfaceDescriptionBlock<'_>, number: u128) -> Duration {
    let (mut resolution, mut offset) = (6, 0);
    for option in &interface.options {
        match option {
            InterfaceDescriptionOption::IfTsResol(value) => resolution = *value,
            InterfaceDescriptionOption::IfTsOffset(value) => offset = *value,
            _ => {}
        }
    }
    let exponent = u32::from(resolution & 0x7F);
    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
    let units = base.checked_pow(exponent).unwrap_or(u128::MAX);
    let nanos = number.saturating_mul(1_000_000_000) / units;
    let nanos = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
    nanos.saturating_add(Duration::from_secs(offset))
}

// A block's length by its own word, before anything is made of it. A section header says itself in
// which order its bytes are.
fn block_len(rest: &[u8], endianness: Endianness) -> Option<usize> {
    let order = match (rest.get(..4)?, rest.get(8..12)?) {
        ([0x0A, 0x0D, 0x0D, 0x0A], [0x4D, 0x3C, 0x2B, 0x1A]) => Endianness::Little,
        ([0x0A, 0x0D, 0x0D, 0x0A], _) => Endianness::Big,
        _ => endianness,
    };
    let len = word(rest.get(4..8)?, order)? as usize;
    // What cannot be is the parser's to refuse.
    Some(len.max(12))
}

fn block_kind(block: &[u8], endianness: Endianness) -> u32 {
    block.get(..4).and_then(|bytes| word(bytes, endianness)).unwrap_or_default()
}

fn word(bytes: &[u8], endianness: Endianness) -> Option<u32> {
    let bytes = bytes.try_into().ok()?;
    Some(match endianness {
        Endianness::Big => u32::from_be_bytes(bytes),
        Endianness::Little => u32::from_le_bytes(bytes),
    })
}

fn wrong(file: &str, packet: usize, expected: &'static str, error: &PcapError) -> TraceError {
    let got = match error {
        PcapError::IncompleteBuffer => Cow::Borrowed("it ends too early"),
        error => Cow::Owned(error.to_string()),
    };
    told(file, packet, expected, got.into_owned())
}

fn told(file: &str, packet: usize, expected: &'static str, got: String) -> TraceError {
    TraceError::Packet { file: file.into(), packet, expected, got }
}
