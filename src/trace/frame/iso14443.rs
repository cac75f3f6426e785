//! Packets of link type 264: frames of ISO/IEC 14443, and the blocks of its part 4.
//!
//! A reader tells APDUs and not how they went over the air. [`Blocks`] makes the blocks that a reader
//! and a card would have used that take frames of 256 bytes; [`Joined`] finds the APDUs in the
//! blocks of any capture.

use super::Frame;
use crate::atr::{Atr, Ats, Contactless};

/// The link type.
pub(in crate::trace) const LINK: u32 = 264;

// Events of the pseudo header.
const TO_CARD: u8 = 0xFE;
const FROM_CARD: u8 = 0xFF;
const TO_CARD_NO_CRC: u8 = 0xFA;
const FROM_CARD_NO_CRC: u8 = 0xFB;
const FIELD_ON: u8 = 0xFC;
const FIELD_OFF: u8 = 0xFD;

/// Most bytes of INF: a frame of 256 has PCB and CRC, too (ISO/IEC 14443-4 clause 5.2.3).
const INF: usize = 256 - 3;
/// FSDI 8, a reader that takes frames of 256 bytes; CID 0 (ISO/IEC 14443-4 clause 5.1).
const RATS: [u8; 2] = [0xE0, 0x80];
// Protocol control bytes (ISO/IEC 14443-4 clause 7.1.1.1).
const I_BLOCK: u8 = 0x02;
const R_ACK: u8 = 0xA2;
const CHAINING: u8 = 0x10;
const CID: u8 = 0x08;
const NAD: u8 = 0x04;

/// Most bytes of an APDU that blocks are joined to.
const MAX_APDU: usize = 0x1_0012;

/// The blocks of a dialogue.
#[derive(Debug, Default)]
pub(in crate::trace) struct Blocks {
    /// The block number, 0 or 1.
    number: u8,
}

impl Blocks {
    /// Field on, RATS, and an ATS with the historical bytes of the ATR.
    pub(in crate::trace) fn activate(&mut self, atr: &[u8]) -> Vec<Frame> {
        self.number = 0;
        let historical = Atr::parse(atr).ok().and_then(|atr| match atr.contactless() {
            Some(Contactless::TypeA { historical }) => Some(historical),
            _ => None,
        });
        // Frames of 256 bytes, 106 kbit/s alone, a frame waiting time of 77 ms, no CID.
        let ats = Ats {
            fsci: 8,
            ta: Some(0),
            tb: Some(0x80),
            tc: Some(0),
            historical: historical.unwrap_or_default(),
        };
        let ats = ats.to_bytes().unwrap_or_else(|_| vec![1]);
        let field = Frame { from_card: false, bytes: header(FIELD_ON, 0) };
        vec![field, frame(false, &RATS), frame(true, &ats)]
    }

    /// The field goes off.
    pub(in crate::trace) fn deactivate(&mut self) -> Frame {
        Frame { from_card: false, bytes: header(FIELD_OFF, 0) }
    }

    /// A command on its way: its blocks, and the card's acknowledgements of all but the last.
    pub(in crate::trace) fn command(&mut self, command: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for (inf, more) in chunks(command) {
            frames.push(block(false, I_BLOCK | self.number, inf, more));
            if more {
                frames.push(frame(true, &[R_ACK | self.number]));
                self.number ^= 1;
            }
        }
        frames
    }

    /// A response on its way: its blocks, and the reader's acknowledgements of all but the last.
    pub(in crate::trace) fn response(&mut self, response: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for (inf, more) in chunks(response) {
            frames.push(block(true, I_BLOCK | self.number, inf, more));
            self.number ^= 1;
            if more {
                frames.push(frame(false, &[R_ACK | self.number]));
            }
        }
        frames
    }
}

// What goes into each block, and whether more follows. Nothing is one empty block.
fn chunks(apdu: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let count = apdu.len().div_ceil(INF).max(1);
    (0..count).map(move |at| {
        let end = ((at + 1) * INF).min(apdu.len());
        (apdu.get(at * INF..end).unwrap_or_default(), at + 1 < count)
    })
}

fn block(from_card: bool, pcb: u8, inf: &[u8], more: bool) -> Frame {
    let pcb = if more { pcb | CHAINING } else { pcb };
    frame(from_card, &[&[pcb], inf].concat())
}

fn frame(from_card: bool, content: &[u8]) -> Frame {
    let event = if from_card { FROM_CARD } else { TO_CARD };
    let mut bytes = header(event, content.len() + 2);
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(&crc_a(content));
    Frame { from_card, bytes }
}

// Version 0, the event, the length of what follows.
fn header(event: u8, len: usize) -> Vec<u8> {
    let mut bytes = vec![0, event];
    bytes.extend_from_slice(&(len as u16).to_be_bytes());
    bytes
}

// ISO/IEC 14443-3 annex B: CRC_A, its low byte first.
fn crc_a(bytes: &[u8]) -> [u8; 2] {
    let mut crc: u16 = 0x6363;
    for &byte in bytes {
        crc ^= u16::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x8408 } else { crc >> 1 };
        }
    }
    crc.to_le_bytes()
}

/// What a packet gave.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::trace) enum Piece {
    /// A whole command, or a whole response.
    Apdu {
        /// Whether the card sent it.
        from_card: bool,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The historical bytes of an answer to select.
    Ats(Vec<u8>),
    /// The card was without power.
    FieldOff,
    /// A part of one of these, or nothing that tells.
    Nothing,
}

/// Blocks put together.
#[derive(Debug, Default)]
pub(in crate::trace) struct Joined {
    to_card: Vec<u8>,
    from_card: Vec<u8>,
    /// Before the card speaks part 4: its frames are no blocks.
    activating: bool,
    /// Behind RATS or ATTRIB: the card's next frame answers it.
    selecting: Option<u8>,
}

impl Joined {
    /// Takes the next packet; `Err` says what belongs there.
    pub(in crate::trace) fn take(&mut self, packet: &[u8]) -> Result<Piece, &'static str> {
        let (&[_, event, l1, l2], rest) =
            packet.split_first_chunk::<4>().ok_or("a pseudo header of four bytes")?;
        let len = usize::from(u16::from_be_bytes([l1, l2]));
        let frame = rest.get(..len).ok_or("as many bytes as the pseudo header says")?;
        let (from_card, crc) = match event {
            TO_CARD => (false, 2),
            FROM_CARD => (true, 2),
            TO_CARD_NO_CRC => (false, 0),
            FROM_CARD_NO_CRC => (true, 0),
            FIELD_ON => {
                self.restart();
                return Ok(Piece::Nothing);
            }
            FIELD_OFF => {
                self.restart();
                return Ok(Piece::FieldOff);
            }
            _ => return Ok(Piece::Nothing),
        };
        // REQA, WUPA, REQB and the frames of the anticollision come before all blocks.
        if !from_card && matches!(frame, [0x26 | 0x52] | [0x05 | 0x93 | 0x95 | 0x97, ..]) {
            self.restart();
            return Ok(Piece::Nothing);
        }
        let content = frame.get(..frame.len().saturating_sub(crc)).unwrap_or_default();
        let Some((&first, inf)) = content.split_first() else { return Ok(Piece::Nothing) };
        if !from_card && matches!(first, 0xE0 | 0x1D) {
            self.selecting = Some(first);
            return Ok(Piece::Nothing);
        }
        if from_card && let Some(request) = self.selecting.take() {
            self.activating = false;
            let ats = (request == 0xE0).then(|| Ats::parse(content).ok()).flatten();
            return Ok(ats.map_or(Piece::Nothing, |ats| Piece::Ats(ats.historical)));
        }
        if self.activating || first & 0xE2 != I_BLOCK {
            return Ok(Piece::Nothing);
        }
        let skipped = usize::from(first & CID != 0) + usize::from(first & NAD != 0);
        let inf = inf.get(skipped..).ok_or("a block with its CID and NAD")?;
        let apdu = if from_card { &mut self.from_card } else { &mut self.to_card };
        if apdu.len() + inf.len() > MAX_APDU {
            return Err("blocks of one APDU, of 65,554 bytes at most");
        }
        apdu.extend_from_slice(inf);
        if first & CHAINING != 0 {
            return Ok(Piece::Nothing);
        }
        Ok(Piece::Apdu { from_card, bytes: std::mem::take(apdu) })
    }

    fn restart(&mut self) {
        *self = Self { activating: true, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_those_of_a_capture_that_wireshark_takes() {
        let mut blocks = Blocks::default();
        let select = hex::decode("00A4040C07A0000002471001").unwrap();
        let sent: Vec<_> = [blocks.command(&select), blocks.response(&[0x90, 0x00])].concat();
        let shown: Vec<_> = sent.iter().map(|frame| hex::encode_upper(&frame.bytes)).collect();
        assert_eq!(shown, ["00FE000F0200A4040C07A000000247100198B8", "00FF0005029000F109"]);
    }

    #[test]
    fn chains_are_acknowledged_and_joined_again() {
        let apdus: Vec<Vec<u8>> =
            [1, 252, 253, 254, 506, 507, 1000].map(|len| vec![0x5A; len]).into();
        let mut blocks = Blocks::default();
        let mut joined = Joined::default();
        let mut frames = blocks.activate(&hex::decode("3B8A80018031F873F741E082900075").unwrap());
        for apdu in &apdus {
            frames.extend(blocks.command(apdu));
            frames.extend(blocks.response(apdu));
        }
        frames.push(blocks.deactivate());
        let mut got = Vec::new();
        let mut before: Option<u8> = None;
        for frame in &frames {
            // No frame is larger than the 256 bytes that both sides take.
            assert!(frame.bytes.len() - 4 <= 256);
            if let [_, _, _, _, pcb, ..] = frame.bytes[..]
                && (pcb & 0xE2 == I_BLOCK || pcb & 0xE6 == R_ACK)
                && !frame.from_card
            {
                assert_ne!(before.replace(pcb & 1), Some(pcb & 1), "the reader's blocks alternate");
            }
            match joined.take(&frame.bytes).unwrap() {
                Piece::Apdu { bytes, .. } => got.push(bytes),
                Piece::Ats(historical) => {
                    assert_eq!(hex::encode_upper(historical), "8031F873F741E0829000");
                }
                Piece::FieldOff | Piece::Nothing => {}
            }
        }
        let expected: Vec<_> = apdus.iter().flat_map(|apdu| [apdu.clone(), apdu.clone()]).collect();
        assert_eq!(got, expected);
        for packet in ["", "00FE00", "00FE000502"] {
            assert!(joined.take(&hex::decode(packet).unwrap()).is_err(), "{packet}");
        }
    }
}
