//! Answers, by the command that they are to.

use super::{
    Node,
    names::count,
    status::status_of,
    tags::{self, Context},
};
use crate::apdu::{CommandView, Response, ins};

/// What a card answered to a command: data and status. The data may be personal.
pub fn answer(command: &[u8], answer: &[u8]) -> Node {
    const LABEL: &str = "answer";
    let response = match Response::parse(answer) {
        Ok(response) => response,
        Err(error) => return Node::refused(LABEL, &error).bytes(answer),
    };
    let bytes = match response.data.len() {
        0 => String::new(),
        n => format!("{}, ", count(n, "byte")),
    };
    let node = Node::new(LABEL, format!("{bytes}{}", response.sw));
    let node =
        if response.data.is_empty() { node } else { node.child(data(command, &response.data)) };
    node.child(status_of(command, response.sw))
}

fn data(command: &[u8], data: &[u8]) -> Node {
    const LABEL: &str = "data";
    let plain = |words: &str| Node::new(LABEL, words).bytes(data);
    let Ok(view) = CommandView::parse(command) else { return guess(data) };
    let header = view.header;
    if header.cla == 0xFF {
        return match (header.ins, header.p1) {
            (0xCA, 0x00) => plain("UID"),
            (0xCA, 0x01) => plain("historical bytes"),
            _ => plain(""),
        };
    }
    if super::command_is_secured(command) {
        return tags::tree(LABEL, data, Context::Secure);
    }
    match header.ins {
        ins::SELECT => tags::tree(LABEL, data, Context::Open),
        ins::GENERAL_AUTHENTICATE => tags::tree(LABEL, data, Context::Dynamic),
        ins::GET_CHALLENGE => plain("challenge of the card"),
        ins::INTERNAL_AUTHENTICATE => plain("signature of the card"),
        ins::EXTERNAL_AUTHENTICATE => plain("what the card proves itself with"),
        ins::MANAGE_CHANNEL => match data {
            [channel] => plain(&format!("channel {channel}")),
            _ => plain(""),
        },
        ins::READ_BINARY if is_start(view) => guess(data),
        ins::READ_BINARY => plain("part of a file"),
        _ => guess(data),
    }
}

fn is_start(view: CommandView<'_>) -> bool {
    let header = view.header;
    header.p2 == 0 && (header.p1 == 0 || header.p1 & 0x80 != 0)
}

// Data objects where the bytes are some, or begin as some that are longer.
fn guess(data: &[u8]) -> Node {
    const LABEL: &str = "data";
    if tags::well_formed(data).is_some() {
        return tags::tree(LABEL, data, Context::Open);
    }
    match crate::tlv::outer_len(data) {
        Ok(Some(len)) if len > data.len() => {
            Node::new(LABEL, format!("the first of {len} bytes")).bytes(data)
        }
        _ => Node::new(LABEL, "").bytes(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(command: &str, bytes: &str) -> String {
        answer(&hex::decode(command).unwrap(), &hex::decode(bytes).unwrap()).draw()
    }

    #[test]
    fn data_is_what_the_command_asked_for() {
        let text = draw("00A4040007A000000247100100", "6F098407A00000024710019000");
        assert!(text.starts_with("answer  11 bytes, 9000 (success)\n"), "{text}");
        assert!(text.contains("84 DF name  A0000002471001 (eMRTD application)"), "{text}");
        let text = draw("10860000027C0000", "7C068004010203049000");
        assert!(text.contains("80 encrypted nonce"), "{text}");
        let text =
            draw("0CB0820000", "99029000 8E080102030405060708 9000".replace(' ', "").as_str());
        assert!(text.contains("99 status                  9000 (success)"), "{text}");
        let text = draw("00B09E0006", "60165F0104309000");
        assert!(text.contains("the first of 24 bytes"), "{text}");
        assert!(draw("FFCA000000", "040102039000").contains("UID   04010203"));
    }
}
