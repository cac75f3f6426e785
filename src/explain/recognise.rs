//! Finding out what something is.

use base64::{Engine, engine::general_purpose};

use super::mrz::looks_like as is_zone;
use super::{
    Node, answer, atr, ats, certificates, command, cvc, file, files, mrz, oid, security_infos,
    status, tags, tlv, x509,
};
use crate::apdu::{CommandView, Response, StatusWord, ins};
use crate::atr::{Atr, Ats};
use crate::lds::{File, SecurityInfos};
use crate::pki::cvc::CvCertificate;
use crate::pki::{Certificate, Oid, pem};

/// What something can be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A command APDU.
    Apdu,
    /// A response APDU.
    Response,
    /// Data objects.
    Tlv,
    /// An answer to reset.
    Atr,
    /// An answer to select.
    Ats,
    /// A status word.
    Status,
    /// An object identifier.
    Oid,
    /// A machine readable zone.
    Mrz,
    /// A card verifiable certificate.
    Cvc,
    /// A certificate of X.509.
    X509,
    /// SecurityInfos.
    SecurityInfos,
    /// Signed data: EF.SOD, EF.CardSecurity, a master list.
    Cms,
    /// A file of an eMRTD or a driving licence.
    File,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Apdu,
        Self::Response,
        Self::Tlv,
        Self::Atr,
        Self::Ats,
        Self::Status,
        Self::Oid,
        Self::Mrz,
        Self::Cvc,
        Self::X509,
        Self::SecurityInfos,
        Self::Cms,
        Self::File,
    ];

    /// Its name on command lines and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apdu => "apdu",
            Self::Response => "response",
            Self::Tlv => "tlv",
            Self::Atr => "atr",
            Self::Ats => "ats",
            Self::Status => "sw",
            Self::Oid => "oid",
            Self::Mrz => "mrz",
            Self::Cvc => "cvc",
            Self::X509 => "x509",
            Self::SecurityInfos => "security-infos",
            Self::Cms => "cms",
            Self::File => "file",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// The most bytes that are looked at: a data group, a master list, with their hexadecimal form.
pub const MAX_INPUT: usize = 4 << 20;

/// What was given, as the bytes that it stands for.
#[derive(Clone, PartialEq, Eq)]
pub enum Input {
    /// Text that is no coded form of bytes: a machine readable zone.
    Text(String),
    /// An object identifier in its dotted form.
    Oid(Oid),
    /// Bytes, as they came or as their hexadecimal, base64 or PEM form had them.
    Bytes(Vec<u8>),
}

impl std::fmt::Debug for Input {
    // It may be a password or a person's data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Input::Text(..)",
            Self::Oid(_) => "Input::Oid(..)",
            Self::Bytes(_) => "Input::Bytes(..)",
        })
    }
}

impl Input {
    /// Takes hexadecimal digits (blanks, colons and `0x` between them pass), PEM, base64, a dotted
    /// object identifier or a machine readable zone by their form; anything else is bytes.
    pub fn new(given: &[u8]) -> Self {
        let Some(text) = std::str::from_utf8(given).ok().map(str::trim) else {
            return Self::Bytes(given.to_vec());
        };
        if text.contains("-----BEGIN ")
            && let Ok(blocks) = pem::blocks(text.as_bytes())
            && let Some(block) = blocks.into_iter().next()
        {
            return Self::Bytes(block.der);
        }
        if is_zone(text) {
            return Self::Text(text.to_owned());
        }
        if text.contains('.')
            && text.len() < 256
            && let Ok(oid) = Oid::new(text)
        {
            return Self::Oid(oid);
        }
        if let Some(bytes) = hexadecimal(text) {
            return Self::Bytes(bytes);
        }
        let packed: String = text.split_whitespace().collect();
        let engines = [general_purpose::STANDARD, general_purpose::URL_SAFE_NO_PAD];
        let base64 = engines.iter().find_map(|engine| engine.decode(&packed).ok());
        if let Some(bytes) = base64.filter(|bytes| bytes.len() >= 2) {
            return Self::Bytes(bytes);
        }
        let is_text =
            !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_whitespace());
        if is_text { Self::Text(text.to_owned()) } else { Self::Bytes(given.to_vec()) }
    }
}

/// Bytes of hexadecimal digits, with blanks, colons and `0x` passed over.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let mut digits = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | '-')) {
        let word = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        digits.push_str(word);
    }
    if digits.is_empty() {
        return None;
    }
    hex::decode(digits).ok()
}

/// All likely readings, the likeliest first. Bytes that are nothing else are data objects that do
/// not begin.
pub fn any(given: &[u8]) -> Vec<(Kind, Node)> {
    let input = Input::new(given);
    kinds(&input).into_iter().filter_map(|kind| Some((kind, read_as(kind, &input)?))).collect()
}

/// The likely kinds, the likeliest first; empty for text that is nothing that is known.
pub fn kinds(input: &Input) -> Vec<Kind> {
    match input {
        Input::Text(text) if is_zone(text) => vec![Kind::Mrz],
        Input::Text(_) => Vec::new(),
        Input::Oid(_) => vec![Kind::Oid],
        Input::Bytes(bytes) => {
            let mut likely: Vec<_> = Kind::ALL
                .into_iter()
                .map(|kind| (likelihood(kind, bytes), kind))
                .filter(|(score, _)| *score > 0)
                .collect();
            likely.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
            if likely.is_empty() {
                likely.push((0, Kind::Tlv));
            }
            likely.into_iter().map(|(_, kind)| kind).collect()
        }
    }
}

/// The input read as one kind, whatever it looks like; `None` where it has no bytes for it, or no
/// text.
pub fn read_as(kind: Kind, input: &Input) -> Option<Node> {
    Some(match (kind, input) {
        (Kind::Oid, Input::Oid(known)) => oid(known),
        (Kind::Mrz, Input::Text(text)) => mrz(text),
        (Kind::Mrz, Input::Bytes(bytes)) => mrz(std::str::from_utf8(bytes).ok()?),
        (Kind::Tlv, Input::Oid(known)) => tlv(known.as_bytes()),
        (_, Input::Oid(_) | Input::Text(_)) => return None,
        (kind, Input::Bytes(bytes)) => match kind {
            Kind::Apdu => command(bytes),
            Kind::Response => answer(&[], bytes),
            Kind::Tlv => tlv(bytes),
            Kind::Atr => atr(bytes),
            Kind::Ats => ats(bytes),
            Kind::Status => match *bytes.as_slice() {
                [hi, lo] => status(StatusWord(u16::from_be_bytes([hi, lo]))),
                _ => return None,
            },
            Kind::Oid => {
                let content = bytes.strip_prefix(&[0x06]).and_then(|rest| rest.get(1..));
                oid(&Oid::from_bytes(content.unwrap_or(bytes)).ok()?)
            }
            Kind::Cvc => cvc(bytes),
            Kind::X509 => x509(bytes),
            Kind::SecurityInfos => security_infos(bytes),
            Kind::Cms => certificates::cms(bytes),
            Kind::File => file(files::recognise(bytes)?, bytes),
            Kind::Mrz => return None,
        },
    })
}

// 0: not that at all. The figures only order the readings.
fn likelihood(kind: Kind, bytes: &[u8]) -> u8 {
    let if_ = |is_it: bool, score: u8| if is_it { score } else { 0 };
    let first = bytes.first().copied().unwrap_or_default();
    match kind {
        Kind::Status => match *bytes {
            [0x90, 0x00] => 99,
            [sw1 @ 0x61..=0x6F, _] => if_(sw1 != 0x60, 98),
            [0x90..=0x9F, _] => 60,
            _ => 0,
        },
        Kind::Atr => if_(matches!(first, 0x3B | 0x3F) && Atr::parse(bytes).is_ok(), 95),
        Kind::Ats => {
            let is_it = usize::from(first) == bytes.len() && bytes.len() > 1;
            if_(is_it && Ats::parse(bytes).is_ok(), 55)
        }
        Kind::Cvc => if_(first == 0x7F && CvCertificate::parse(bytes).is_ok(), 97),
        Kind::X509 => if_(first == 0x30 && Certificate::from_der(bytes).is_ok(), 97),
        Kind::SecurityInfos => {
            let list = SecurityInfos::parse(bytes);
            if_(first == 0x31 && list.is_ok_and(|infos| infos.iter().next().is_some()), 96)
        }
        Kind::Cms => {
            let inner = crate::lds::sod::unwrap(bytes).unwrap_or(bytes);
            let signed = crate::pki::SignedData::parse(inner).is_ok();
            if_(matches!(first, 0x30 | 0x77) && signed, 97)
        }
        Kind::File => match files::recognise(bytes) {
            Some(File::Sod | File::Edl(_)) => 50,
            Some(_) => 96,
            None => 0,
        },
        Kind::Tlv => match tags::well_formed(bytes) {
            Some(1) if first & 0x20 != 0 && bytes.len() > 3 => 80,
            Some(_) if bytes.len() > 4 => 45,
            Some(_) => 15,
            None => 0,
        },
        Kind::Apdu => match CommandView::parse(bytes) {
            Ok(view) => {
                let header = view.header;
                let known = ins::name(header.ins) != "unknown instruction";
                match header.cla {
                    0x00 | 0x0C | 0x10 | 0x1C if known => 90,
                    0xFF if matches!(header.ins, 0xCA | 0x82 | 0x86 | 0xB0 | 0xD6) => 90,
                    0x01..=0x0F | 0x80 | 0x84 | 0x8C | 0x90 | 0xA0 if known => 50,
                    0x00 => 20,
                    _ => 0,
                }
            }
            // Cut short or with a wrong Lc, but begun like one.
            Err(_) => if_(first == 0x00 && bytes.len() >= 4 && is_common(bytes), 40),
        },
        Kind::Response => match Response::parse(bytes) {
            Ok(response) if bytes.len() > 2 => {
                let tree = tags::well_formed(&response.data).is_some();
                let usual = response.sw.is_normal() || response.sw == StatusWord::END_OF_FILE;
                match (tree, usual) {
                    (true, true) => 85,
                    (false, true) => 35,
                    _ => 0,
                }
            }
            _ => 0,
        },
        Kind::Oid => if_(first == 0x06 && tags::well_formed(bytes) == Some(1), 92),
        Kind::Mrz => {
            let text = std::str::from_utf8(bytes).ok();
            if_(text.is_some_and(is_zone), 97)
        }
    }
}

fn is_common(bytes: &[u8]) -> bool {
    const COMMON: [u8; 8] = [
        ins::SELECT,
        ins::READ_BINARY,
        ins::READ_BINARY_ODD,
        ins::MANAGE_SECURITY_ENVIRONMENT,
        ins::GENERAL_AUTHENTICATE,
        ins::EXTERNAL_AUTHENTICATE,
        ins::GET_CHALLENGE,
        ins::VERIFY,
    ];
    bytes.get(1).is_some_and(|code| COMMON.contains(code))
}

#[cfg(test)]
mod tests {
    use proptest::arbitrary::any as arbitrary;
    use proptest::prelude::{ProptestConfig, prop_assert, proptest};
    use proptest::test_runner::RngSeed;

    use super::*;

    fn best(given: &str) -> &'static str {
        any(given.as_bytes()).first().map_or("", |(kind, _)| kind.name())
    }

    #[test]
    fn what_it_is_is_found_out() {
        for (given, kind) in [
            ("9000", "sw"),
            ("63 C2", "sw"),
            ("00A4040C07A0000002471001", "apdu"),
            ("00:A4:04:0C:07:A0:00:00:02:47:10:01", "apdu"),
            ("0xFF 0xCA 0x00 0x00 0x00", "apdu"),
            ("0CB08200 0D 970104 8E08 0000000000000000 00", "apdu"),
            ("3B8A80018031F873F741E082900075", "atr"),
            ("6F098407A00000024710019000", "response"),
            ("6F098407A0000002471001", "tlv"),
            ("0.4.0.127.0.7.2.2.4.2.2", "oid"),
            ("060A04007F00070202040202", "oid"),
            ("31143012060A04007F0007020204020202010202010D", "security-infos"),
            ("MRQwEgYKBAB/AAcCAgQCAgIBAgIBDQ==", "security-infos"),
            ("60145F0104303130375F36063034303030305C026175", "file"),
            (
                "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
                "mrz",
            ),
            ("0A78807102006563FFFF", "ats"),
        ] {
            assert_eq!(best(given), kind, "{given}");
        }
        assert!(any(b"no reading at all, says the dog").is_empty());
        assert_eq!(best("FF"), "tlv");
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(31),
            ..ProptestConfig::with_cases(512)
        })]

        /// Nothing panics, and what comes out is bounded by what came in.
        #[test]
        fn any_bytes_have_bounded_readings(
            bytes in proptest::collection::vec(arbitrary::<u8>(), 0..200),
            start in 0_usize..14,
        ) {
            let starts: [&[u8]; 14] = [
                b"", &[0x7F, 0x21], &[0x30, 0x82], &[0x31, 0x20], &[0x3B, 0x88], &[0x00, 0xA4, 4, 0],
                &[0x6F, 0x10], &[0x77, 0x40], &[0x75, 0x40], &[0x61, 0x20], &[0x0C, 0xB0],
                &[0x00, 0x22, 0xC1, 0xA4], &[0x6B, 0x10], &[0x6E, 0x10],
            ];
            let given = [starts[start], &bytes].concat();
            let input = Input::Bytes(given.clone());
            for kind in Kind::ALL {
                if let Some(node) = read_as(kind, &input) {
                    prop_assert!(node.draw().len() < 8192 + 400 * given.len());
                }
            }
            for (_, node) in any(&given) {
                prop_assert!(!node.label.is_empty());
            }
            for known in File::ALL {
                prop_assert!(file(known, &given).draw().len() < 8192 + 400 * given.len());
            }
            let line = crate::explain::command_line(&given);
            prop_assert!(line.len() < 400, "{}", line);
        }

        #[test]
        fn any_text_has_bounded_readings(text in "\\PC{0,200}") {
            for (_, node) in any(text.as_bytes()) {
                prop_assert!(node.draw().len() < 8192 + 400 * text.len());
            }
        }
    }
}
