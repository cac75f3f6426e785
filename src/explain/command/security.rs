//! Authentication and passwords (ISO/IEC 7816-4:2020 clause 11.6, ISO/IEC 7816-8, ICAO Doc 9303-11,
//! BSI TR-03110-3).

use super::{Data, Meaning, class, files};
use crate::apdu::CommandView;
use crate::explain::{
    names::{self, count},
    node::cut,
    oid,
    tags::{Context, Template},
};
use crate::pki::Oid;
use crate::tlv::{Reader, Tag};

/// MANAGE SECURITY ENVIRONMENT (clause 11.6.11, BSI TR-03110-3 annex B.4).
pub(super) fn environment(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    match header.p1 & 0x0F {
        2 => return Meaning::new("MSE:Store").about(format!("SE {}", header.p2)),
        3 => return Meaning::new("MSE:Restore").about(format!("SE {}", header.p2)),
        4 => return Meaning::new("MSE:Erase").about(format!("SE {}", header.p2)),
        1 => {}
        _ => return Meaning::new("MANAGE SECURITY ENVIRONMENT"),
    }
    let verifies = header.p1 & 0x80 != 0;
    let computes = header.p1 & 0x40 != 0;
    let use_ = match (computes, verifies) {
        (true, true) => "for computation and verification: mutual authentication",
        (true, false) => "for computation, decipherment, internal authentication",
        (false, true) => "for verification, encipherment, external authentication",
        (false, false) => "for no use that is named",
    };
    let (short, template) = match header.p2 {
        0xA4 => ("AT", Template::Authentication),
        0xA6 => ("KAT", Template::KeyAgreement),
        0xAA => ("HT", Template::Other),
        0xB4 => ("CCT", Template::Other),
        0xB6 => ("DST", Template::Signature),
        0xB8 => ("CT", Template::Other),
        _ => ("?", Template::Other),
    };
    let words = match header.p2 {
        0xA4 => "AT, the template of authentication",
        0xA6 => "KAT, the template of key agreement",
        0xAA => "HT, the template of hashing",
        0xB4 => "CCT, the template of cryptographic checksums",
        0xB6 => "DST, the template of digital signatures",
        0xB8 => "CT, the template of confidentiality",
        _ => "a template that the standard does not know",
    };
    let meaning = Meaning::new(format!("MSE:Set {short}"))
        .node("P1", format!("set, {use_}"))
        .node("P2", words)
        .data(Data::Tree(Context::Environment(template)));
    let object = |tag| Reader::new(view.data).find_tag(Tag::new(tag)).ok().flatten();
    let mechanism = object(0x80).and_then(|tlv| Oid::from_bytes(tlv.value).ok());
    let named = mechanism.map(|oid| oid::short(&oid)).unwrap_or_default();
    let reference = object(0x83).map(|tlv| tlv.value);
    match (header.p1, template) {
        (0xC1, Template::Authentication) => {
            let password = reference.and_then(|value| match value {
                &[number] => names::password(number),
                _ => None,
            });
            let password = password.map(|name| format!("password {name}")).unwrap_or_default();
            meaning.about("PACE").about(named).about(password)
        }
        (0x41, Template::Authentication) => meaning.about("Chip Authentication").about(named),
        (0x41, Template::KeyAgreement) => meaning.about("Chip Authentication with 3DES"),
        (0x81, Template::Authentication) => meaning.about("Terminal Authentication").about(named),
        (0x81, Template::Signature) => {
            let whose = reference.map(|value| format!("certificates of {}", text(value)));
            meaning.about(whose.unwrap_or_default())
        }
        _ => meaning.about(named),
    }
}

// A certificate holder reference as text, anything else as bytes.
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if value.len() <= 16 && text.chars().all(|c| c.is_ascii_graphic()) => text.into(),
        _ => cut(value, 16),
    }
}

/// GENERAL AUTHENTICATE (clause 11.6.5; PACE: ICAO Doc 9303-11 clause 4.4.4.2).
pub(super) fn general(view: &CommandView<'_>) -> Meaning {
    Meaning::new("GENERAL AUTHENTICATE")
        .about(step(view.data).unwrap_or_default())
        .data(Data::Tree(Context::Dynamic))
}

// The step of a protocol, by the first data object within 7C.
fn step(data: &[u8]) -> Option<&'static str> {
    let outer = Reader::new(data).next()?.ok()?.expect(Tag::new(0x7C)).ok()?;
    let Some(first) = outer.children().ok()?.next() else {
        return Some("PACE 1 of 4: get nonce");
    };
    Some(match first.ok()?.tag.value() {
        0x80 => "Chip Authentication: ephemeral key",
        0x81 => "PACE 2 of 4: map nonce",
        0x83 => "PACE 3 of 4: agree on a key",
        0x85 => "PACE 4 of 4: exchange tokens",
        0xA0 | 0xA2 => "Restricted Identification",
        _ => return None,
    })
}

/// EXTERNAL AUTHENTICATE, and MUTUAL AUTHENTICATE where an answer is wanted (clause 11.6.4).
pub(super) fn external(view: &CommandView<'_>) -> Meaning {
    // ICAO Doc 9303-11 clause 4.3.4.1: 32 bytes of cryptogram and 8 of MAC.
    let (name, about) = match (view.data.len(), view.ne) {
        (40, Some(_)) => ("MUTUAL AUTHENTICATE", "BAC".to_owned()),
        (_, Some(_)) => ("MUTUAL AUTHENTICATE", String::new()),
        (0, None) => ("EXTERNAL AUTHENTICATE", String::new()),
        (n, None) => ("EXTERNAL AUTHENTICATE", count(n, "byte")),
    };
    // With it and the answer an MRZ could be guessed without the card.
    Meaning::new(name).about(about).data(Data::Closed("what the terminal proves itself with"))
}

/// INTERNAL AUTHENTICATE (clause 11.6.2).
pub(super) fn internal(view: &CommandView<'_>) -> Meaning {
    let challenge = match view.data.len() {
        0 => String::new(),
        n => format!("challenge of {}", count(n, "byte")),
    };
    Meaning::new("INTERNAL AUTHENTICATE").about(challenge).data(Data::Open("challenge"))
}

/// PERFORM SECURITY OPERATION (ISO/IEC 7816-8 clause 5.2).
pub(super) fn operation(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let name = match (header.p1, header.p2) {
        (0x00, 0xBE | 0xAE | 0x92 | 0xAA) => "VERIFY CERTIFICATE",
        (0x9E, 0x9A | 0xAC | 0xBC) => "COMPUTE DIGITAL SIGNATURE",
        (0x00, 0xA8) => "VERIFY DIGITAL SIGNATURE",
        (0x8E, 0x80) => "COMPUTE CRYPTOGRAPHIC CHECKSUM",
        (0x00, 0xA2) => "VERIFY CRYPTOGRAPHIC CHECKSUM",
        (0x90, 0x80 | 0xA0) => "HASH",
        (0x80, 0x82..=0x86) => "DECIPHER",
        (0x82..=0x86, 0x80) => "ENCIPHER",
        _ => "an operation that the standard does not know",
    };
    let data = match (header.p1, header.p2) {
        (0x00, 0xBE | 0xAE) => Data::Tree(Context::Certificate),
        _ => Data::Closed("data"),
    };
    Meaning::new(format!("PSO: {name}")).node("P1-P2", name).data(data)
}

/// VERIFY (clause 11.6.6).
pub(super) fn verify(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let meaning = password(Meaning::new("VERIFY"), header.p2);
    let meaning = match (header.p1, view.data.len()) {
        (0xFF, _) => meaning.about("forget that it was given").node("P1", "not verified any more"),
        (_, 0) if class::is_secured(header.cla) => meaning,
        (_, 0) => meaning.about("tries left"),
        (_, n) => meaning.about(count(n, "byte")),
    };
    meaning.data(Data::Closed("the password"))
}

/// CHANGE REFERENCE DATA (clause 11.6.7).
pub(super) fn change(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let what = match header.p1 {
        0 => "gives the old and the new password",
        1 => "sets the new password",
        _ => "",
    };
    password(Meaning::new("CHANGE REFERENCE DATA"), header.p2)
        .about(what)
        .node("P1", what)
        .data(Data::Closed("passwords"))
}

/// RESET RETRY COUNTER (clause 11.6.10, BSI TR-03110-3 annex B.10).
pub(super) fn reset(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let what = match header.p1 {
        0 => "gives the resetting code, sets the new password",
        1 => "gives the resetting code",
        2 => "sets the new password",
        3 => "unblocks it",
        _ => "",
    };
    password(Meaning::new("RESET RETRY COUNTER"), header.p2)
        .about(what)
        .node("P1", what)
        .data(Data::Closed("passwords"))
}

/// ACTIVATE and DEACTIVATE FILE, of passwords too (BSI TR-03110-3 annex B.9).
pub(super) fn activate(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let activates = header.ins == crate::apdu::ins::ACTIVATE_FILE;
    if header.p1 == 0x10 {
        let name = if activates { "ACTIVATE" } else { "DEACTIVATE" };
        return password(Meaning::new(name), header.p2).node("P1", "a password, not a file");
    }
    let fid = match *view.data {
        [hi, lo] => {
            let fid = u16::from_be_bytes([hi, lo]);
            let name = names::by_fid(fid).map_or_else(String::new, |name| format!(" ({name})"));
            format!("{fid:04X}{name}")
        }
        _ => String::new(),
    };
    Meaning::new(class::instruction(header)).about(fid)
}

/// GET CHALLENGE (clause 11.6.3).
pub(super) fn challenge(view: &CommandView<'_>) -> Meaning {
    Meaning::new("GET CHALLENGE").about(files::wanted(view))
}

// P2 of the commands that name a password (clause 11.6.1): global or of the application, and its
// number. The numbers are the card's own; those of BSI TR-03110 are told.
fn password(meaning: Meaning, p2: u8) -> Meaning {
    let known = names::password(p2).map_or_else(String::new, |name| format!(" ({name})"));
    let scope = match (p2, p2 & 0x80) {
        (0, _) => "no password is named",
        (_, 0) => "global",
        _ => "of the application",
    };
    let about = if p2 == 0 { String::new() } else { format!("password {p2:02X}{known}") };
    let number = if p2 == 0 { String::new() } else { format!(", number {}", p2 & 0x1F) };
    meaning.about(about).node("P2", format!("{scope}{number}{known}"))
}
