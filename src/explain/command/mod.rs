//! Commands by name, with what they are about.

mod class;
mod files;
mod other;
mod pseudo;
mod security;

use super::{Node, names::count, tags};
use crate::apdu::{CommandView, Header, ins};

/// What a command does: a title for a line, and its parts for a tree. Neither has anything that
/// could be a secret or personal.
pub(super) struct Meaning {
    title: String,
    nodes: Vec<Node>,
    /// What the data field is where it is to be shown: a tree of data objects, or words alone.
    data: Data,
}

/// What of a data field may be shown.
enum Data {
    /// All of it, in these words.
    Open(&'static str),
    /// All of it, as a tree.
    Tree(tags::Context),
    /// Its length and these words: a password, or what personal data goes into the card.
    Closed(&'static str),
}

impl Meaning {
    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), nodes: Vec::new(), data: Data::Open("data") }
    }

    fn about(mut self, detail: impl AsRef<str>) -> Self {
        let detail = detail.as_ref();
        if !detail.is_empty() {
            self.title.push_str(", ");
            self.title.push_str(detail);
        }
        self
    }

    fn node(mut self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.nodes.push(Node::new(label, value));
        self
    }

    fn data(mut self, data: Data) -> Self {
        self.data = data;
        self
    }
}

/// What a command does. Passwords do not appear, nor data that is written to a card.
pub fn command(bytes: &[u8]) -> Node {
    const LABEL: &str = "command";
    let view = match CommandView::parse(bytes) {
        Ok(view) => view,
        Err(error) => {
            let node = Node::refused(LABEL, &error);
            return match bytes.first_chunk::<4>() {
                Some(&[cla, ins, p1, p2]) => {
                    let header = Header::new(cla, ins, p1, p2);
                    let bare = CommandView { header, data: &[], ne: None, extended: false };
                    node.child(class::node(cla))
                        .child(Node::new(format!("INS {ins:02X}"), meaning(&bare).title))
                }
                None => node.bytes(bytes),
            };
        }
    };
    let header = view.header;
    let meaning = meaning(&view);
    let mut node = Node::new(LABEL, title(&view, &meaning))
        .child(class::node(header.cla))
        .child(Node::new(format!("INS {:02X}", header.ins), class::instruction(header)))
        .child(Node::new(format!("P1-P2 {:02X}{:02X}", header.p1, header.p2), ""));
    if let Some(parameters) = node.children.last_mut() {
        parameters.children = meaning.nodes;
    }
    let form = if view.extended { "extended" } else { "short" };
    if !view.data.is_empty() {
        node = node.child(Node::new("Lc", format!("{}, {form}", count(view.data.len(), "byte"))));
        node = node.child(data(&view, &meaning.data));
    }
    if let Some(ne) = view.ne {
        node = node.child(Node::new("Le", format!("at most {ne} bytes wanted, {form}")));
    }
    node
}

/// What a command does in one line, with nothing that could be secret or personal: for logs.
pub fn command_line(bytes: &[u8]) -> String {
    match CommandView::parse(bytes) {
        Ok(view) => title(&view, &meaning(&view)),
        Err(error) => match bytes.get(1) {
            Some(&code) => format!("{}, not well-formed: {error}", ins::name(code)),
            None => error.to_string(),
        },
    }
}

/// Whether a command claims to be under secure messaging.
pub(super) fn is_secured(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|cla| class::is_secured(*cla))
}

fn title(view: &CommandView<'_>, meaning: &Meaning) -> String {
    let mut title = meaning.title.clone();
    let header = view.header;
    if header.cla != 0xFF {
        if class::is_secured(header.cla) {
            title.push_str(" (secure messaging)");
        }
        match class::channel(header.cla) {
            Some(channel) if channel > 0 => title.push_str(&format!(" (channel {channel})")),
            _ => {}
        }
        if header.is_chained() {
            title.push_str(" (more follows)");
        }
    }
    title
}

fn data(view: &CommandView<'_>, data: &Data) -> Node {
    const LABEL: &str = "data";
    if class::is_secured(view.header.cla) {
        return tags::tree(LABEL, view.data, tags::Context::Secure);
    }
    match data {
        Data::Open(words) => Node::new(LABEL, *words).bytes(view.data),
        Data::Tree(context) => tags::tree(LABEL, view.data, *context),
        Data::Closed(words) => {
            Node::new(LABEL, format!("{}: {words}, not shown", count(view.data.len(), "byte")))
        }
    }
}

// What the instruction says; under secure messaging the data field is not what it is about, so it
// is looked at in plain commands only.
fn meaning(view: &CommandView<'_>) -> Meaning {
    let header = view.header;
    let plain = if class::is_secured(header.cla) { &[] } else { view.data };
    let view = &CommandView { data: plain, ..*view };
    if header.cla == 0xFF {
        return pseudo::meaning(view);
    }
    // Chained parts are read by their header alone.
    let is_interindustry = header.cla & 0x80 == 0 || header.cla == 0x8C;
    if !is_interindustry {
        return other::proprietary(view);
    }
    match header.ins {
        ins::SELECT => files::select(view),
        ins::READ_BINARY | ins::READ_BINARY_ODD => files::binary(view, "READ BINARY"),
        ins::UPDATE_BINARY | ins::UPDATE_BINARY_ODD => files::binary(view, "UPDATE BINARY"),
        ins::WRITE_BINARY | ins::WRITE_BINARY_ODD => files::binary(view, "WRITE BINARY"),
        ins::ERASE_BINARY | ins::ERASE_BINARY_ODD => files::binary(view, "ERASE BINARY"),
        0xA0 | 0xA1 => files::binary(view, "SEARCH BINARY"),
        0xB2 | 0xB3 | 0xA2 | 0xD2 | 0xDC | 0xDD | 0xE2 => files::record(view),
        ins::MANAGE_SECURITY_ENVIRONMENT => security::environment(view),
        ins::GENERAL_AUTHENTICATE | 0x87 => security::general(view),
        ins::EXTERNAL_AUTHENTICATE => security::external(view),
        ins::INTERNAL_AUTHENTICATE => security::internal(view),
        ins::PERFORM_SECURITY_OPERATION => security::operation(view),
        ins::VERIFY | ins::VERIFY_ODD => security::verify(view),
        ins::CHANGE_REFERENCE_DATA | 0x25 => security::change(view),
        ins::RESET_RETRY_COUNTER | 0x2D => security::reset(view),
        ins::GET_CHALLENGE => security::challenge(view),
        ins::ACTIVATE_FILE | ins::DEACTIVATE_FILE => security::activate(view),
        ins::MANAGE_CHANNEL => other::channel(view),
        ins::GET_RESPONSE => other::get_response(view),
        ins::GET_DATA | ins::GET_DATA_ODD | ins::PUT_DATA | ins::PUT_DATA_ODD => other::data(view),
        0xC2 | 0xC3 => other::envelope(view),
        _ => Meaning::new(class::instruction(header)).data(Data::Closed("data")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(hex: &str) -> String {
        command_line(&hex::decode(hex.replace(' ', "")).unwrap())
    }

    #[test]
    fn commands_of_a_tap_by_name() {
        for (hex, expected) in [
            ("00A4040C07A0000002471001", "SELECT by DF name A0000002471001 (eMRTD application)"),
            ("00A4020C02011E", "SELECT EF 011E (EF.COM)"),
            ("00A4000C023F00", "SELECT file 3F00 (master file)"),
            (
                "00B09E0006",
                "READ BINARY, short EF identifier 1E (EF.COM; EF.DIR in the master file)",
            ),
            ("00B0010020", "READ BINARY, offset 256"),
            ("00B1000006 5404 00008000 00", "READ BINARY, current EF, offset 32768"),
            (
                "0022C1A40F800A04007F00070202040202830102",
                "MSE:Set AT, PACE, id-PACE-ECDH-GM-AES-CBC-CMAC-128, password CAN",
            ),
            ("002241A60491023344", "MSE:Set KAT, Chip Authentication with 3DES"),
            (
                "002281B6 0E 830C 444554455354 43564341 3031",
                "MSE:Set DST, certificates of DETESTCVCA01",
            ),
            ("10860000027C0000", "GENERAL AUTHENTICATE, PACE 1 of 4: get nonce (more follows)"),
            (
                "10860000057C0381010000",
                "GENERAL AUTHENTICATE, PACE 2 of 4: map nonce (more follows)",
            ),
            (
                "10860000057C0383010000",
                "GENERAL AUTHENTICATE, PACE 3 of 4: agree on a key (more follows)",
            ),
            (
                "008600000C7C0A8508000000000000000000",
                "GENERAL AUTHENTICATE, PACE 4 of 4: exchange tokens",
            ),
            (
                "0086000005 7C03 800104 00",
                "GENERAL AUTHENTICATE, Chip Authentication: ephemeral key",
            ),
            ("0084000008", "GET CHALLENGE, 8 bytes"),
            ("0088000008 0102030405060708 00", "INTERNAL AUTHENTICATE, challenge of 8 bytes"),
            ("002A00BE 04 7F4E0100", "PSO: VERIFY CERTIFICATE"),
            ("00200003 06 313233343536", "VERIFY, password 03 (PIN), 6 bytes"),
            ("00200080", "VERIFY, password 80, tries left"),
            (
                "002C0203 06 313233343536",
                "RESET RETRY COUNTER, password 03 (PIN), sets the new password",
            ),
            (
                "0CB08200 0D 970104 8E08 0000000000000000 00",
                "READ BINARY, short EF identifier 02 (EF.DG2) (secure messaging)",
            ),
            ("00700000 01", "MANAGE CHANNEL, open"),
            ("01A4040C 01 A0", "SELECT by DF name A0 (channel 1)"),
            ("FFCA000000", "PC/SC GET DATA, UID"),
            ("FFB0000410", "PC/SC READ BINARY, block 4"),
            ("FF860000 05 0100046000", "PC/SC GENERAL AUTHENTICATE, block 4, key A, key number 0"),
            ("00CA5F51 00", "GET DATA, 5F51"),
            ("00A4", "SELECT, not well-formed: a command APDU has at least 4 bytes, 2 came"),
        ] {
            assert_eq!(line(hex), expected, "{hex}");
        }
    }

    #[test]
    fn a_tree_says_what_every_byte_is() {
        let bytes = hex::decode("0022C1A40F800A04007F00070202040202830102").unwrap();
        assert_eq!(
            command(&bytes).draw(),
            "\
command  MSE:Set AT, PACE, id-PACE-ECDH-GM-AES-CBC-CMAC-128, password CAN
  CLA 00      interindustry, channel 0, no secure messaging
  INS 22      MANAGE SECURITY ENVIRONMENT
  P1-P2 C1A4
    P1  set, for computation and verification: mutual authentication
    P2  AT, the template of authentication
  Lc          15 bytes, short
  data
    80 cryptographic mechanism  id-PACE-ECDH-GM-AES-CBC-CMAC-128 (0.4.0.127.0.7.2.2.4.2.2)
    83 password or public key   CAN   02
"
        );
    }

    #[test]
    fn passwords_appear_nowhere() {
        for header in
            ["00200003", "00240003", "002C0003", "0C200003", "00DB3FFF", "00D60000", "FF820000"]
        {
            let bytes = hex::decode(format!("{header}06393837363534")).unwrap();
            let text = format!("{}{}", command_line(&bytes), command(&bytes).draw());
            assert!(!text.contains("3938") && !text.contains("9876"), "{text}");
            let text = serde_json::to_string(&command(&bytes)).unwrap();
            assert!(!text.contains("3938") && !text.contains("9876"), "{text}");
        }
    }
}
