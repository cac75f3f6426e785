//! An emulated card with an open channel of any suite, for what measures the card alone.

use iccard::{
    apdu::{Command, Header, Response, ins},
    emulator::{Card, SeededEnv},
    lds::File,
    profile::{self, Personalised},
    protocol::{
        Initiator, Next,
        pace::{Parameters, Password, Terminal, TerminalOptions},
    },
    sm::SecureChannel,
    transport::Responder,
};

/// Bytes of the large file: as many as the answer to one command holds under any suite.
pub const LARGE: usize = 65_000;
/// The large file: in plain this one, for anybody may read it.
const PLAIN: File = File::AtrInfo;

/// The ciphers of secure messaging, as profiles name them, and the last arc of their protocols.
pub const SUITES: [(&str, u8); 4] = [("3DES", 1), ("AES-128", 2), ("AES-192", 3), ("AES-256", 4)];

/// The resident card with this cipher and large files.
pub fn personalised(cipher: &str) -> Personalised {
    let (_, text) = profile::BUILT_IN.iter().find(|(name, _)| *name == "resident").unwrap();
    let text = text.replace("cipher = \"AES-128\"", &format!("cipher = \"{cipher}\""));
    let mut card = profile::check(&text, "measured".as_ref()).unwrap().personalise().unwrap();
    for file in [PLAIN, File::Dg2] {
        card.files.insert(file, (0..LARGE).map(|i| (i % 251) as u8).collect());
    }
    card
}

/// In plain, nothing selected.
pub fn plain(card: &Personalised) -> Card {
    Card::from_profile(card, Box::new(SeededEnv::new(b"measured"))).unwrap()
}

/// After PACE with the CAN, in the application.
pub fn protected(card: &Personalised, arc: u8) -> (Card, SecureChannel) {
    let mut chip = plain(card);
    // id-PACE-ECDH-GM (ICAO Doc 9303-11 clause 9.2.3) with P-256.
    let oid = format!("0.4.0.127.0.7.2.2.4.2.{arc}").parse().unwrap();
    let can = Password::can(&card.profile.secrets.can);
    let parameters = Parameters::new(oid, Some(12)).unwrap();
    let mut terminal = Terminal::new(parameters, can, TerminalOptions::default());
    let mut rng = iccard::crypto::SeededRng::new(b"measured", "terminal");
    let mut response = Vec::new();
    let mut next = terminal.start(&mut rng).unwrap();
    let keys = loop {
        match next {
            Next::Send(command) => {
                chip.respond(&command.to_bytes().unwrap(), &mut response);
                let answer = Response::parse(&response).unwrap();
                next = terminal.receive(&answer, &mut rng).unwrap();
            }
            Next::Done(established) => break established.keys,
        }
    };
    let mut channel = SecureChannel::new(&keys).unwrap();
    let select =
        Command::new(Header::new(0, ins::SELECT, 0x04, 0x0C)).with_data(iccard::lds::LDS_AID);
    let wire = wire(Some(&mut channel), &select);
    chip.respond(&wire, &mut response);
    assert!(channel.unprotect_response(&response).unwrap().sw.is_success());
    (chip, channel)
}

/// What is measured: READ BINARY of 223 bytes and of a large file, SELECT of the application.
pub fn commands(protected: bool) -> [(&'static str, Command); 3] {
    let file = if protected { File::Dg2 } else { PLAIN };
    let read =
        |ne| Command::new(Header::new(0, ins::READ_BINARY, 0x80 | file.sfi(), 0)).with_ne(ne);
    let select = Command::new(Header::new(0, ins::SELECT, 0x04, 0x0C));
    [
        ("READ BINARY of 223", read(223)),
        ("READ BINARY of 65,000", read(LARGE as u32)),
        // Last, for the file that is read in plain stands in the master file.
        ("SELECT", select.with_data(iccard::lds::LDS_AID)),
    ]
}

/// A command as it goes to the card.
pub fn wire(channel: Option<&mut SecureChannel>, command: &Command) -> Vec<u8> {
    let mut wire = Vec::new();
    match channel {
        Some(channel) => channel.protect_command(command, &mut wire).unwrap(),
        None => command.encode(&mut wire).unwrap(),
    }
    wire
}

/// Counts the answer as the card has, without a look at it.
pub fn count(channel: Option<&mut SecureChannel>) {
    if let Some(channel) = channel {
        channel.skip();
    }
}
