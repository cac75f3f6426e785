//! What may stand in a recording without secrets.
//!
//! The rule is a short list of what stays, and not of what goes: headers, lengths and status words,
//! which application and which protocol were chosen, and two files that are alike in every card of
//! a kind. All other data goes, on the wire and in plain. In particular what Basic Access Control
//! sends, for the keys of its ciphertexts follow from an MRZ that has few values; the nonces and
//! keys of all protocols, which would open the rest with it; and ciphertexts, which nobody can use
//! without keys that may yet become known.

use super::{Entry, Failed, Masked, Pair, RecordedExchange};
use crate::{
    apdu::{CommandView, Header, ins},
    tlv::{Reader, Tag, parse_one},
};

/// An entry of which all is known, without what could be secret or personal.
pub(super) fn entry(whole: &Entry) -> Entry {
    match whole {
        Entry::Exchange(exchange) => Entry::Exchange(RecordedExchange {
            command: without(&exchange.command, command),
            response: exchange.response.as_ref().map(|answer| answered(&exchange.command, answer)),
            error: exchange.error.as_ref().map(failed),
            plain: exchange.plain.as_ref().map(|plain| Pair {
                command: without(&plain.command, command),
                response: answered(&plain.command, &plain.response),
            }),
            ..exchange.clone()
        }),
        Entry::Reset(reset) => {
            let mut reset = reset.clone();
            reset.error = reset.error.as_ref().map(failed);
            Entry::Reset(reset)
        }
    }
}

fn answered(command: &Masked, answer: &Masked) -> Masked {
    let command = command.bytes().unwrap_or_default();
    without(answer, |bytes| response(command, bytes))
}

// What is already not whole stays as it is.
fn without(masked: &Masked, redact: impl FnOnce(&[u8]) -> Masked) -> Masked {
    masked.bytes().map_or_else(|| masked.clone(), redact)
}

// The words of an error may name a reader, a path or an address.
const fn failed(error: &Failed) -> Failed {
    Failed { kind: error.kind, text: String::new() }
}

/// A command without its data, unless that only says what was chosen.
pub(super) fn command(bytes: &[u8]) -> Masked {
    let Ok(view) = CommandView::parse(bytes) else {
        // Whatever it is, it is none whose parts are known.
        return Masked::without(bytes, 0..bytes.len());
    };
    if view.data.is_empty() || is_choice(view.header) {
        return Masked::known(bytes);
    }
    let start = if view.extended { 4 + 3 } else { 4 + 1 };
    Masked::without(bytes, start..start + view.data.len())
}

/// A response without its data, unless the command read a file that tells of no person.
pub(super) fn response(command: &[u8], bytes: &[u8]) -> Masked {
    let len = bytes.len().saturating_sub(2);
    let data = bytes.get(..len).unwrap_or_default();
    let reads = CommandView::parse(command).is_ok_and(|view| {
        view.header.ins == ins::READ_BINARY && !view.header.is_secure_messaging()
    });
    if reads && (is_card_access(data) || is_lengths(data)) {
        return Masked::known(bytes);
    }
    Masked::without(bytes, 0..len)
}

// SELECT, and MSE:Set AT of PACE and of Chip Authentication, which name the protocol, the kind of
// password and the number of a key (ICAO Doc 9303-11 clauses 4.4.4.1 and 6.2.2.2).
const fn is_choice(header: Header) -> bool {
    if header.is_secure_messaging() || header.cla & 0x80 != 0 {
        return false;
    }
    match header.ins {
        ins::SELECT => true,
        ins::MANAGE_SECURITY_ENVIRONMENT => matches!((header.p1, header.p2), (0xC1 | 0x41, 0xA4)),
        _ => false,
    }
}

/// bsi-de protocols smartcard, 0.4.0.127.0.7.2.2 (BSI TR-03110-3 clause A.1).
const PROTOCOLS: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];
/// id-PK below it.
const PUBLIC_KEY: u8 = 1;

// EF.CardAccess: a SET of SecurityInfos of BSI's protocols, none of them a key, which may be one
// chip's own (ICAO Doc 9303-11 clause 9.2). The short identifier would not do: it means another file
// in each application, and a SET of sequences is a person's name as well.
fn is_card_access(data: &[u8]) -> bool {
    let Ok(set) = parse_one(data, Tag::new(0x31)) else { return false };
    let is_info = |value: &[u8]| {
        let first = Reader::new(value).next();
        let protocol = match first {
            Some(Ok(oid)) if oid.tag == Tag::new(0x06) => oid.value.strip_prefix(PROTOCOLS),
            _ => None,
        };
        protocol.is_some_and(|rest| !matches!(rest, [] | [PUBLIC_KEY, ..]))
    };
    let mut infos = Reader::new(set.value);
    infos.all(|info| info.is_ok_and(|info| info.tag == Tag::new(0x30) && is_info(info.value)))
}

// EF.ATR/INFO with card service data, capabilities and lengths alone (ISO/IEC 7816-4 clause
// 12.2.2): other data objects of it may number the card.
fn is_lengths(data: &[u8]) -> bool {
    let mut any = false;
    for object in Reader::new(data) {
        // Their sizes, so that nothing else hides in them.
        let fits = object.is_ok_and(|object| match object.tag.value() {
            0x43 => object.value.len() == 1,
            0x47 => object.value.len() <= 3,
            0x7F66 => object.value.len() <= 10,
            _ => false,
        });
        if !fits {
            return false;
        }
        any = true;
    }
    any
}
