//! Answers to reset and to select (ISO/IEC 7816-3, ISO/IEC 14443-4).

use super::{Node, names, node::cut};
use crate::apdu::StatusWord;
use crate::atr::{
    Atr, Ats, CardCapabilities, CardServiceData, Category, Contactless, Convention, FileAccess,
    HistoricalBytes, InterfaceBytes,
};

/// An answer to reset, byte for byte.
pub fn atr(bytes: &[u8]) -> Node {
    const LABEL: &str = "ATR";
    let atr = match Atr::parse(bytes) {
        Ok(atr) => atr,
        Err(error) => return Node::refused(LABEL, &error).bytes(bytes),
    };
    let convention = match atr.convention() {
        Convention::Direct => "direct convention",
        Convention::Inverse => "inverse convention",
    };
    let byte = |at: usize| bytes.get(at..=at).unwrap_or_default();
    let mut node =
        Node::new(LABEL, atr.to_string()).child(Node::new("TS", convention).bytes(byte(0))).child(
            Node::new("T0", names::count(atr.historical().len(), "historical byte")).bytes(byte(1)),
        );
    for (i, level) in atr.interface().iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| atr.interface().get(i));
        let protocol = before.and_then(|level| level.td).map(|td| td & 0x0F);
        node = node.children(interface(i + 1, protocol, *level));
    }
    node = node.child(historical(&atr));
    if let Some(tck) = atr.tck() {
        node = node.child(Node::new("TCK", "as it should be").bytes(&[tck]));
    }
    node = node.children(contactless(&atr));
    if let Some(guess) = atr.looks_like() {
        node = node.child(Node::new("looks like", guess));
    }
    node
}

// ISO/IEC 7816-3 clauses 8.3, 10.2 and 11.4.
fn interface(i: usize, protocol: Option<u8>, level: InterfaceBytes) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut say = |name: &str, byte: Option<u8>, words: String| {
        if let Some(byte) = byte {
            nodes.push(Node::new(format!("{name}{i}"), words).bytes(&[byte]));
        }
    };
    let ta = level.ta.unwrap_or_default();
    let tb = level.tb.unwrap_or_default();
    let tc = level.tc.unwrap_or_default();
    let td = level.td.unwrap_or_default();
    match (i, protocol) {
        (1, _) => {
            let rate = match (clock(ta >> 4), baud(ta & 15)) {
                (Some(f), Some(d)) => format!("F {f}, D {d}: {} clock cycles a bit", f / d),
                _ => "reserved rate".into(),
            };
            say("TA", level.ta, rate);
            say("TB", level.tb, "programming voltage, not used any more".into());
            let guard = if tc == 255 {
                "the least guard time".into()
            } else {
                format!("extra guard time {tc}")
            };
            say("TC", level.tc, guard);
        }
        (2, _) => {
            let mode = if ta & 0x80 != 0 { "may not change" } else { "may change" };
            say("TA", level.ta, format!("specific mode with T={}, {mode}", ta & 15));
            say("TB", level.tb, "programming voltage, not used any more".into());
            say("TC", level.tc, format!("T=0: waiting time integer {tc}"));
        }
        (_, Some(1)) => {
            say("TA", level.ta, format!("T=1: blocks of {ta} bytes to the card"));
            let (bwi, cwi) = (tb >> 4, tb & 15);
            say("TB", level.tb, format!("T=1: block waiting {bwi}, character waiting {cwi}"));
            let check = if tc & 1 == 1 { "CRC" } else { "LRC" };
            say("TC", level.tc, format!("T=1: error detection by {check}"));
        }
        (_, Some(15)) => {
            let classes = [(1, "A, 5 V"), (2, "B, 3 V"), (4, "C, 1.8 V")];
            let has: Vec<_> =
                classes.iter().filter(|(bit, _)| ta & bit != 0).map(|(_, c)| *c).collect();
            say("TA", level.ta, format!("classes {}", has.join("; ")));
            say("TB", level.tb, "use of SPU".into());
            say("TC", level.tc, "reserved".into());
        }
        (_, other) => {
            let words = other.map_or_else(String::new, |t| format!("for T={t}"));
            say("TA", level.ta, words.clone());
            say("TB", level.tb, words.clone());
            say("TC", level.tc, words);
        }
    }
    let offers = match td & 15 {
        15 => "global interface bytes follow".into(),
        t => format!("offers T={t}"),
    };
    say("TD", level.td, offers);
    nodes
}

// ISO/IEC 7816-3 table 7.
const fn clock(fi: u8) -> Option<u32> {
    Some(match fi {
        0 | 1 => 372,
        2 => 558,
        3 => 744,
        4 => 1116,
        5 => 1488,
        6 => 1860,
        9 => 512,
        10 => 768,
        11 => 1024,
        12 => 1536,
        13 => 2048,
        _ => return None,
    })
}

// ISO/IEC 7816-3 table 8.
const fn baud(di: u8) -> Option<u32> {
    Some(match di {
        1 => 1,
        2 => 2,
        3 => 4,
        4 => 8,
        5 => 16,
        6 => 32,
        7 => 64,
        8 => 12,
        9 => 20,
        _ => return None,
    })
}

const HISTORICAL: &str = "historical bytes";

// For two kinds of cards the reader puts something else in their place (PC/SC part 3 clause
// 3.1.3.2.3), which only looks like compact-TLV.
fn historical(atr: &Atr) -> Node {
    let bytes = atr.historical();
    let part = |range| bytes.get::<std::ops::Range<usize>>(range).unwrap_or_default();
    match atr.contactless() {
        Some(Contactless::Storage(card)) => {
            let standard = card.standard().unwrap_or("not registered");
            let name = card.name().unwrap_or("not registered");
            Node::new(HISTORICAL, "of the reader, for a card without any")
                .bytes(bytes)
                .child(Node::new("4F registered identifier", "PC/SC workgroup").bytes(part(3..8)))
                .child(Node::new("SS standard", standard).bytes(part(8..9)))
                .child(Node::new("NN card name", name).bytes(part(9..11)))
        }
        Some(Contactless::TypeB { .. }) => {
            Node::new(HISTORICAL, "of the reader: what ATQB and the answer to ATTRIB said")
                .bytes(bytes)
        }
        _ => historical_bytes(bytes),
    }
}

fn historical_bytes(bytes: &[u8]) -> Node {
    const LABEL: &str = HISTORICAL;
    if bytes.is_empty() {
        return Node::new(LABEL, "none");
    }
    let parsed = match HistoricalBytes::parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => return Node::new(LABEL, error.to_string()).bytes(bytes),
    };
    let category = match parsed.category {
        Category::StatusAtEnd => "compact-TLV, status at the end".into(),
        Category::DirDataReference(reference) => format!("DIR data reference {reference:02X}"),
        Category::CompactTlv => "compact-TLV".into(),
        Category::Proprietary => match std::str::from_utf8(bytes) {
            Ok(text) if text.bytes().all(|b| b.is_ascii_graphic()) => {
                format!("proprietary, {text:?}")
            }
            _ => "proprietary".into(),
        },
    };
    let mut node = Node::new(LABEL, category).bytes(bytes);
    for object in &parsed.objects {
        node = node.child(compact(object.tag, &object.value));
    }
    if let Some(status) = parsed.status {
        if let Some(life_cycle) = status.life_cycle {
            node = node.child(Node::new("life cycle status", "").bytes(&[life_cycle]));
        }
        if let Some(sw) = status.status_word {
            node = node.child(Node::new("status", StatusWord(sw).to_string()));
        }
    }
    node
}

fn compact(tag: u8, value: &[u8]) -> Node {
    let label = |name: &str| format!("4{tag:X} {name}");
    match (tag, value) {
        (3, &[service]) => Node::new(label("card service data"), "")
            .bytes(value)
            .children(service_data(CardServiceData(service))),
        (7, value) => {
            let node = Node::new(label("card capabilities"), "").bytes(value);
            match CardCapabilities::from_bytes(value) {
                Some(capabilities) => node.children(capability_nodes(capabilities)),
                None => node,
            }
        }
        (0xF, aid) => Node::new(label("application identifier"), names::aid(aid)),
        (1, _) => Node::new(label("country code"), "").bytes(value),
        (2, _) => Node::new(label("issuer identification number"), "").bytes(value),
        (4, _) => Node::new(label("initial access data"), "").bytes(value),
        (5, _) => Node::new(label("card issuer's data"), "").bytes(value),
        (6, _) => Node::new(label("pre-issuing data"), "").bytes(value),
        (8, _) => Node::new(label("status indicator"), "").bytes(value),
        _ => Node::new(label("compact data object"), "").bytes(value),
    }
}

/// Card service data, bit by bit.
pub(super) fn service_data(data: CardServiceData) -> Vec<Node> {
    let access = match data.file_access() {
        Some(FileAccess::ReadBinary) => "READ BINARY",
        Some(FileAccess::ReadRecord) => "READ RECORD",
        Some(FileAccess::GetData) => "GET DATA",
        None => "in a reserved way",
    };
    vec![
        yes("select by full DF name", data.select_by_full_name()),
        yes("select by partial DF name", data.select_by_partial_name()),
        yes("data objects in EF.DIR", data.dir()),
        yes("data objects in EF.ATR/INFO", data.atr_info()),
        Node::new("EF.DIR and EF.ATR/INFO read by", access),
        yes("has an MF", data.has_mf()),
    ]
}

/// Card capabilities, as far as terminals go by them.
pub(super) fn capability_nodes(capabilities: CardCapabilities) -> Vec<Node> {
    let mut nodes = vec![yes("short EF identifiers", capabilities.short_ef_identifier())];
    if capabilities.commands.is_some() {
        nodes.push(yes("command chaining", capabilities.command_chaining()));
        nodes.push(yes("extended Lc and Le", capabilities.extended_length()));
        nodes.push(yes("lengths in EF.ATR/INFO", capabilities.extended_length_info()));
        nodes.push(Node::new("logical channels", capabilities.logical_channels().to_string()));
    }
    nodes
}

fn yes(label: &str, is_it: bool) -> Node {
    Node::new(label, if is_it { "yes" } else { "no" })
}

fn contactless(atr: &Atr) -> Option<Node> {
    const LABEL: &str = "contactless (PC/SC part 3)";
    Some(match atr.contactless()? {
        Contactless::TypeB { application_data, protocol_info, mbli } => {
            let contactless = Contactless::TypeB { application_data, protocol_info, mbli };
            let node = Node::new(LABEL, contactless.to_string())
                .child(Node::new("application data", cut(&application_data, 4)))
                .child(Node::new("protocol info", cut(&protocol_info, 3)))
                .child(Node::new("MBLI", mbli.to_string()));
            match contactless.max_frame() {
                Some(frame) => node.child(Node::new("frames", format!("at most {frame} bytes"))),
                None => node,
            }
        }
        contactless => Node::new(LABEL, contactless.to_string()),
    })
}

/// An answer to select, byte for byte.
pub fn ats(bytes: &[u8]) -> Node {
    const LABEL: &str = "ATS";
    let ats = match Ats::parse(bytes) {
        Ok(ats) => ats,
        Err(error) => return Node::refused(LABEL, &error).bytes(bytes),
    };
    let micros = |time: std::time::Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    Node::new(LABEL, "ISO 14443-4 type A")
        .bytes(bytes)
        .child(Node::new("frames", format!("at most {} bytes to the card", ats.fsc())))
        .child(Node::new(
            "rate",
            format!("at most {} kbit/s from the card", ats.max_kbit_from_card()),
        ))
        .child(Node::new("waiting time", micros(ats.frame_waiting_time())))
        .child(Node::new("start-up guard time", micros(ats.start_up_frame_guard_time())))
        .child(yes("CID", ats.cid()))
        .child(yes("NAD", ats.nad()))
        .child(historical_bytes(&ats.historical))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulated_cards_atr_in_words() {
        let text = atr(&hex::decode("3B8A80018031F873F741E082900075").unwrap()).draw();
        for line in [
            "ATR  ISO 14443-4 type A",
            "TD1                         offers T=0   80",
            "TD2                         offers T=1   01",
            "43 card service data",
            "extended Lc and Le      yes",
            "looks like                  a microprocessor card with extended length",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        let text = atr(&hex::decode("3BF81300008131FE454A434F5076323431B7").unwrap()).draw();
        assert!(text.contains("F 372, D 4: 93 clock cycles a bit   13"), "{text}");
        assert!(text.contains("T=1: blocks of 254 bytes"), "{text}");
        assert!(text.contains("proprietary, \"JCOPv241\""), "{text}");
        let storage = "3B8F8001804F0CA000000306030001000000006A";
        let text = atr(&hex::decode(storage).unwrap()).draw();
        assert!(
            text.contains("SS standard") && text.contains("ISO 14443 type A part 3   03"),
            "{text}"
        );
        assert!(text.contains("MIFARE Classic 1K   0001") && !text.contains("expected"), "{text}");
        let text = atr(&hex::decode("3B8880011C2D94F77781850028").unwrap()).draw();
        assert!(text.contains("ATQB") && !text.contains("expected"), "{text}");
        let text = atr(&hex::decode("3B8A80018031F873F741E082900074").unwrap()).draw();
        assert!(text.contains("refused") && text.contains("75"), "{text}");
    }
}
