//! A reader made of the library's own terminal halves, for cards that the tests' own terminal does
//! not speak to. The halves are judged elsewhere; here they bring the card to where hand-written
//! commands show what it refuses.

use crate::{
    apdu::{Command, CommandView, Header, Response, ins},
    crypto::{AgreementSecretKey, SeededRng},
    emulator::{Card, SeededEnv},
    lds::File,
    pki::{agreement, cvc::Chat},
    profile::Personalised,
    protocol::{
        Initiator, Next,
        bac::{self, AccessKey, BacError},
        chip_auth::{self, ChipAuthError, Suite, Version},
        pace::{self, Established, PaceError, Parameters, Password, TerminalOptions},
        terminal_auth::{self, Credentials, TerminalAuthError},
    },
    sm::SecureChannel,
    tlv::{self, Tag, Writer},
    transport::{Power, Responder},
};

pub(super) struct Reader<'a> {
    pub(super) made: &'a Personalised,
    pub(super) card: Card,
    pub(super) channel: Option<SecureChannel>,
    /// How Terminal Authentication names the chip in this session.
    pub(super) id_picc: Vec<u8>,
    pub(super) rng: SeededRng,
}

impl<'a> Reader<'a> {
    pub(super) fn new(made: &'a Personalised) -> Self {
        let card = Card::from_profile(made, Box::new(SeededEnv::new(b"reader"))).unwrap();
        let rng = SeededRng::new(b"reader", "terminal");
        Self { made, card, channel: None, id_picc: Vec::new(), rng }
    }

    /// Takes the card off and puts it on again.
    pub(super) fn reset(&mut self) {
        self.card.power(Power::Off);
        self.card.power(Power::On);
        self.channel = None;
    }

    pub(super) fn exchange(&mut self, command: &Command) -> Response {
        let mut wire = Vec::new();
        match &mut self.channel {
            Some(channel) => channel.protect_command(command, &mut wire).unwrap(),
            None => command.encode(&mut wire).unwrap(),
        }
        let mut answer = Vec::new();
        self.card.respond(&wire, &mut answer);
        match &mut self.channel {
            Some(channel) => channel.unprotect_response(&answer).unwrap(),
            None => Response::parse(&answer).unwrap(),
        }
    }

    /// Sends a command given in hexadecimal with blanks, protected where a session is open.
    pub(super) fn send(&mut self, hex: &str) -> (Vec<u8>, u16) {
        let bytes = super::terminal::bytes(hex);
        let response = self.exchange(&CommandView::parse(&bytes).unwrap().to_command());
        (response.data.clone(), response.sw.0)
    }

    pub(super) fn status(&mut self, hex: &str) -> u16 {
        self.send(hex).1
    }

    /// Sends any bytes, protected where they are a command and a session is open; yields the plain
    /// answer. The session may end.
    pub(super) fn anything(&mut self, bytes: &[u8]) -> Vec<u8> {
        let command = CommandView::parse(bytes).ok().map(|view| view.to_command());
        let mut wire = Vec::new();
        let mut protected = false;
        if let (Some(channel), Some(command)) = (&mut self.channel, &command) {
            protected = channel.protect_command(command, &mut wire).is_ok();
        }
        let mut answer = Vec::new();
        self.card.respond(if protected { &wire } else { bytes }, &mut answer);
        let opened = self.channel.as_mut().filter(|_| protected);
        match opened.map(|channel| channel.unprotect_response(&answer)) {
            Some(Ok(response)) => response.data.clone(),
            _ => {
                self.channel = None;
                answer
            }
        }
    }

    /// A command with this data.
    pub(super) fn with_data(&mut self, header: &str, data: &[u8]) -> u16 {
        let header: [u8; 4] = super::terminal::bytes(header).try_into().unwrap();
        let [cla, instruction, p1, p2] = header;
        let command = Command::new(Header::new(cla, instruction, p1, p2)).with_data(data);
        self.exchange(&command).sw.0
    }

    pub(super) fn drive<I: Initiator>(&mut self, mut half: I) -> Result<I::Output, I::Error> {
        let label = rand_core::Rng::next_u64(&mut self.rng).to_string();
        let mut rng = SeededRng::new(b"reader", &label);
        let mut next = half.start(&mut rng)?;
        loop {
            match next {
                Next::Send(command) => {
                    let mut response = self.exchange(&command);
                    while let Some(more) = response.sw.bytes_waiting() {
                        let get = Header::new(0x00, ins::GET_RESPONSE, 0, 0);
                        let rest = self.exchange(&Command::new(get).with_ne(more));
                        response.data.extend_from_slice(&rest.data);
                        response.sw = rest.sw;
                    }
                    next = half.receive(&response, &mut rng)?;
                }
                Next::Done(output) => return Ok(output),
            }
        }
    }

    /// PACE with the card's only parameters, announcing this if anything.
    pub(super) fn pace(
        &mut self,
        password: Password,
        chat: Option<Chat>,
    ) -> Result<Established, PaceError> {
        let params: Parameters = self.made.profile.pace[0].clone();
        let mut half = pace::Terminal::new(params, password, TerminalOptions::default());
        if let Some(chat) = chat {
            let mut w = Writer::new();
            chat.write(&mut w);
            let object = w.finish();
            let template = tlv::parse_one(&object, Tag::new(0x7F4C)).unwrap().value;
            half = half.with_holder_authorization(template);
        }
        let established = self.drive(half)?;
        self.channel = Some(SecureChannel::new(&established.keys).unwrap());
        self.id_picc = established.chip_public_key.compressed();
        Ok(established)
    }

    pub(super) fn can(&self) -> Password {
        Password::can(&self.made.profile.secrets.can)
    }

    /// BAC or BAP.
    pub(super) fn basic_access(&mut self, key: AccessKey) -> Result<(), BacError> {
        let established = self.drive(bac::Terminal::new(key))?;
        let channel = SecureChannel::new(&established.keys).unwrap();
        self.channel = Some(channel.with_ssc(&established.ssc));
        let mrz = self.made.mrz.as_ref().unwrap().as_str().as_bytes();
        self.id_picc = mrz[..mrz.len() - 14].to_vec();
        Ok(())
    }

    /// Chip Authentication with the key of that index; yields the ephemeral key, compressed.
    pub(super) fn chip_auth(
        &mut self,
        index: usize,
        ephemeral: Option<AgreementSecretKey>,
    ) -> Result<Vec<u8>, ChipAuthError> {
        let ca = &self.made.profile.chip_authentication[index];
        let key = self.made.keys.chip_authentication[index].public();
        // What a file of the card would give.
        let key = agreement::parse(&agreement::encode(&key)).unwrap();
        let suite: Suite = ca.suite;
        let half = chip_auth::Terminal::new(suite, key, ca.key_id.map(u64::from));
        let mut half = half.with_version(ca.version);
        if let Some(ephemeral) = ephemeral {
            half = half.with_ephemeral(ephemeral).unwrap();
        }
        let agreed = self.drive(half)?;
        self.channel = Some(SecureChannel::new(&agreed.keys).unwrap());
        Ok(agreed.ephemeral.compressed())
    }

    /// An ephemeral key for the card's Chip Authentication of version 2.
    pub(super) fn ephemeral(&mut self) -> AgreementSecretKey {
        let mut all = self.made.profile.chip_authentication.iter();
        let domain = all.find(|ca| ca.version == Version::V2).unwrap().domain;
        AgreementSecretKey::generate(domain, &mut self.rng)
    }

    pub(super) fn terminal_auth(
        &mut self,
        credentials: Credentials,
        ephemeral: Vec<u8>,
    ) -> Result<Chat, TerminalAuthError> {
        let id = self.id_picc.clone();
        let version = self.made.profile.terminal_authentication.as_ref().unwrap().version;
        self.drive(match version {
            terminal_auth::Version::V1 => terminal_auth::Terminal::v1(credentials, id, ephemeral),
            terminal_auth::Version::V2 => {
                terminal_auth::Terminal::v2(credentials, id, ephemeral, None)
            }
        })
    }

    /// Reads a whole file of the selected DF, and compares it with what the card was made of.
    pub(super) fn reads(&mut self, file: File) {
        let (mut data, sw) = self.send(&format!("00B0{:02X}00 00", 0x80 | file.sfi()));
        assert_eq!(sw, 0x9000, "{file}");
        while data.len() < self.made.files[&file].len() {
            let (more, sw) = self.send(&format!("00B0{:04X} 00", data.len()));
            assert_eq!(sw, 0x9000, "{file} at {}", data.len());
            data.extend(more);
        }
        assert_eq!(data, self.made.files[&file], "{file}");
    }
}
