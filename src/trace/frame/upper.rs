//! Packets of link type 252, "Wireshark upper PDU": tags that name a dissector, then what it takes.

use super::Frame;

/// The link type.
pub(in crate::trace) const LINK: u32 = 252;
/// The dissector of APDUs.
pub(in crate::trace) const APDU: &str = "iso7816";
/// The dissector of answers to reset.
pub(in crate::trace) const ATR: &str = "iso7816.atr";

// Tags of Wireshark's exported PDUs, numbers and lengths in two bytes each, big endian.
const END: u16 = 0;
const DISSECTOR: u16 = 12;
const DIRECTION: u16 = 35;

/// What a packet says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::trace) struct Upper<'a> {
    pub(in crate::trace) dissector: &'a [u8],
    /// `None` where it does not say.
    pub(in crate::trace) from_card: Option<bool>,
    pub(in crate::trace) data: &'a [u8],
}

/// Packs bytes for that dissector.
pub(in crate::trace) fn pack(dissector: &str, from_card: bool, data: &[u8]) -> Frame {
    // Ended by a zero and filled up to four bytes.
    let mut name = dissector.as_bytes().to_vec();
    name.resize((name.len() + 1).next_multiple_of(4), 0);
    let mut bytes = Vec::with_capacity(name.len() + data.len() + 16);
    let mut tag = |tag: u16, value: &[u8]| {
        bytes.extend_from_slice(&tag.to_be_bytes());
        bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
        bytes.extend_from_slice(value);
    };
    tag(DISSECTOR, &name);
    tag(DIRECTION, &u32::from(from_card).to_be_bytes());
    tag(END, &[]);
    bytes.extend_from_slice(data);
    Frame { from_card, bytes }
}

/// Takes a packet apart; `None` where its tags have no end.
pub(in crate::trace) fn unpack(mut rest: &[u8]) -> Option<Upper<'_>> {
    let mut found = Upper { dissector: &[], from_card: None, data: &[] };
    loop {
        let (&[t1, t2, l1, l2], after) = rest.split_first_chunk::<4>()?;
        let (value, after) = after.split_at_checked(usize::from(u16::from_be_bytes([l1, l2])))?;
        rest = after;
        match u16::from_be_bytes([t1, t2]) {
            END => {
                found.data = rest;
                return Some(found);
            }
            DISSECTOR => {
                let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
                found.dissector = value.get(..end).unwrap_or_default();
            }
            DIRECTION => {
                found.from_card = match value {
                    [0, 0, 0, 0] => Some(false),
                    [0, 0, 0, 1] => Some(true),
                    _ => None,
                };
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_that_which_wireshark_takes() {
        let packed = pack(APDU, false, &[0x00, 0x84, 0x00, 0x00, 0x08]);
        let expected = "000C000869736F37383136000023000400000000000000000084000008";
        assert_eq!(hex::encode_upper(&packed.bytes), expected);
        let read = unpack(&packed.bytes).unwrap();
        assert_eq!((read.dissector, read.from_card), (&b"iso7816"[..], Some(false)));
        assert_eq!(read.data, [0x00, 0x84, 0x00, 0x00, 0x08]);
        let atr = pack(ATR, true, &[0x3B, 0x00]);
        assert_eq!(unpack(&atr.bytes).unwrap().from_card, Some(true));
        for cut in 0..24 {
            assert_eq!(unpack(&packed.bytes[..cut]), None, "{cut}");
        }
    }
}
