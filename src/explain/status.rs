//! Status words, with what they mean to a certain command.

use super::Node;
use crate::apdu::{StatusWord, ins};

/// A status word: its meaning and its class.
pub fn status(sw: StatusWord) -> Node {
    Node::new(format!("status {:04X}", sw.0), sw.meaning()).child(class(sw))
}

/// The same as an answer to a command: what it means there by ICAO Doc 9303 and BSI TR-03110.
pub(super) fn status_of(command: &[u8], sw: StatusWord) -> Node {
    let node = status(sw);
    let code = command.get(1).copied().unwrap_or_default();
    match here(command, code, sw) {
        Some(words) => node.child(Node::new("here", words)),
        None => node,
    }
}

// ISO/IEC 7816-4 table 5.
fn class(sw: StatusWord) -> Node {
    let words = match sw.sw1() {
        0x61 => "normal processing: the rest is fetched by GET RESPONSE",
        0x62 => "warning: done, memory unchanged",
        0x63 => "warning: done, memory changed",
        0x64 => "execution error: memory unchanged",
        0x65 => "execution error: memory changed",
        0x66 => "execution error: security",
        0x67 => "checking error: length",
        0x68 => "checking error: class byte",
        0x69 => "checking error: command not allowed",
        0x6A => "checking error: parameters",
        0x6B => "checking error: parameters",
        0x6C => "checking error: Le",
        0x6D => "checking error: instruction",
        0x6E => "checking error: class byte",
        0x6F => "checking error: no diagnosis",
        0x90 if sw.is_success() => "normal processing",
        0x91 => "proprietary: native status of DESFire in SW2",
        0x60..=0x9F => "proprietary",
        _ => "no status of ISO/IEC 7816-4: SW1 is 6X or 9X",
    };
    Node::new(format!("SW1 {:02X}", sw.sw1()), words)
}

fn here(command: &[u8], code: u8, sw: StatusWord) -> Option<String> {
    let is_secured = super::command_is_secured(command);
    Some(match (code, sw) {
        (_, StatusWord::SM_OBJECTS_MISSING | StatusWord::SM_OBJECTS_INCORRECT) => {
            if is_secured {
                "the card ends secure messaging: its keys are gone (ICAO Doc 9303-11, 9.8.2)".into()
            } else {
                "the card wants this command under secure messaging".into()
            }
        }
        (ins::GENERAL_AUTHENTICATE, StatusWord::WARNING_CHANGED) => {
            "the token of the terminal is wrong: another password, CAN or MRZ".into()
        }
        (ins::GENERAL_AUTHENTICATE | ins::MANAGE_SECURITY_ENVIRONMENT, sw)
            if sw.tries_left().is_some() =>
        {
            match sw.tries_left() {
                Some(0) => "the PIN is blocked; the PUK unblocks it".into(),
                Some(1) => "the PIN is suspended: the CAN resumes it for the last try".into(),
                _ => "the password was wrong before, or is now".into(),
            }
        }
        (ins::GENERAL_AUTHENTICATE, StatusWord::WRONG_DATA) => {
            "a point or key that the card does not take".into()
        }
        (ins::GENERAL_AUTHENTICATE, StatusWord::AUTH_BLOCKED) => "the PIN is blocked".into(),
        (ins::GENERAL_AUTHENTICATE, StatusWord::CONDITIONS) => {
            "out of order, or the PIN is suspended".into()
        }
        (ins::MANAGE_SECURITY_ENVIRONMENT, StatusWord::REFERENCE_NOT_FOUND) => {
            "the card does not know this key, password or trust point".into()
        }
        (ins::MANAGE_SECURITY_ENVIRONMENT, StatusWord::WRONG_DATA) => {
            "the card does not offer this protocol".into()
        }
        (ins::EXTERNAL_AUTHENTICATE, StatusWord::WARNING_CHANGED) => {
            "the terminal did not prove itself: another MRZ, or a wrong signature".into()
        }
        (ins::EXTERNAL_AUTHENTICATE, StatusWord::SECURITY_STATUS) => {
            "no GET CHALLENGE came before, or the certificates do not fit".into()
        }
        (ins::SELECT, StatusWord::NOT_FOUND) => "the card has none of that name".into(),
        (ins::SELECT | ins::READ_BINARY | ins::READ_BINARY_ODD, StatusWord::SECURITY_STATUS) => {
            "it opens after PACE or BAC, fingers and irises after Terminal Authentication".into()
        }
        (ins::READ_BINARY, StatusWord::OFFSET_OUTSIDE) => "the file ends before".into(),
        (ins::READ_BINARY, StatusWord::END_OF_FILE) => {
            "all that the file has is in the answer".into()
        }
        (ins::PERFORM_SECURITY_OPERATION, sw)
            if sw.sw1() == 0x63 || sw == StatusWord::WRONG_DATA =>
        {
            "the certificate does not verify, or is not for this chain".into()
        }
        (ins::VERIFY, StatusWord::AUTH_BLOCKED) => "no try is left: the password is blocked".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_status_means_different_things_to_different_commands() {
        let of = |command: &str, sw| {
            let node = status_of(&hex::decode(command).unwrap(), StatusWord(sw));
            node.children.last().unwrap().value.clone()
        };
        assert!(of("0086000000", 0x6300).contains("token"));
        assert!(of("0082000000", 0x6300).contains("MRZ"));
        assert!(of("0022C1A400", 0x63C1).contains("suspended"));
        assert!(of("0CB0000000", 0x6988).contains("keys are gone"));
        assert!(of("00B0000000", 0x6987).contains("wants"));
        assert_eq!(of("00B0000000", 0x9000), "normal processing");
    }
}
