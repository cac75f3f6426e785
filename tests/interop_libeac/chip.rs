//! A chip made of our chip halves alone: PACE with the PIN, Terminal Authentication and Chip
//! Authentication version 2, and two files.

use iccard::{
    apdu::{CommandView, Header, Response, StatusWord, ins},
    crypto::SeededRng,
    pki::cvc::Chat,
    protocol::{
        pace::{self, ChipReply},
        terminal_auth::{self, Authenticated, TrustStore, Version},
    },
    sm::{SecureChannel, SessionKeys},
    tlv::{Reader, Tag},
    transport::{Power, Responder},
};

use super::card::Card;

/// What the terminals did, over all sessions.
#[derive(Default)]
pub struct Seen {
    pub believed: Vec<Authenticated>,
    /// The rights that PACE's CHAT announced.
    pub announced: Vec<Chat>,
    /// The reasons for which Terminal Authentication was refused.
    pub refused: Vec<String>,
    pub agreed: usize,
    /// Commands answered under the keys of Chip Authentication.
    pub under_new_keys: usize,
}

pub struct Chip<'a> {
    card: &'a Card,
    trust: TrustStore,
    rng: SeededRng,
    session: Session,
    pub seen: Seen,
}

/// What dies with power, reset and a command that is not protected.
#[derive(Default)]
struct Session {
    pace: Option<pace::Chip>,
    channel: Option<SecureChannel>,
    id_picc: Vec<u8>,
    terminal: Option<terminal_auth::Chip>,
    announced: Option<Vec<u8>>,
    chosen: bool,
    new_keys: bool,
    file: Option<Vec<u8>>,
}

/// Response data, and keys that hold from the next command on.
type Answer = Result<(Vec<u8>, Option<SessionKeys>), StatusWord>;

fn plain(data: impl Into<Vec<u8>>) -> Answer {
    Ok((data.into(), None))
}

impl<'a> Chip<'a> {
    pub fn new(card: &'a Card, trust: TrustStore) -> Self {
        let rng = SeededRng::new(b"libeac", "chip");
        Self { card, trust, rng, session: Session::default(), seen: Seen::default() }
    }

    fn handle(&mut self, command: &CommandView<'_>) -> Answer {
        let Header { ins, p1, p2, .. } = command.header;
        let data = command.data;
        match (ins, p1, p2) {
            (ins::READ_BINARY, ..) => self.read(command),
            (ins::MANAGE_SECURITY_ENVIRONMENT, 0xC1, 0xA4) => self.begin_pace(data),
            (ins::GENERAL_AUTHENTICATE, 0, 0) if self.session.pace.is_some() => self.pace(command),
            // All others want a channel.
            _ if self.session.channel.is_none() => Err(StatusWord::SECURITY_STATUS),
            (ins::MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xA4) => {
                let named = Reader::new(data).expect(Tag::new(0x80)).unwrap().value;
                assert_eq!(named, self.card.chip_authentication.suite().oid().as_bytes());
                let believed = self.session.announced.is_some();
                self.session.chosen = believed;
                if believed { plain([]) } else { Err(StatusWord::SECURITY_STATUS) }
            }
            (ins::GENERAL_AUTHENTICATE, 0, 0) if self.session.chosen => {
                self.session.chosen = false;
                let announced = self.session.announced.as_ref().unwrap();
                let chip = &self.card.chip_authentication;
                let agreed = chip.general_authenticate_v2(data, announced, &mut self.rng);
                let (data, keys) = agreed.map_err(|e| e.status())?;
                self.seen.agreed += 1;
                self.session.new_keys = true;
                Ok((data, Some(keys)))
            }
            _ => self.terminal_authentication(command),
        }
    }

    fn terminal_authentication(&mut self, command: &CommandView<'_>) -> Answer {
        let Header { ins, p1, p2, .. } = command.header;
        let data = command.data;
        let terminal = self.session.terminal.as_mut().ok_or(StatusWord::SECURITY_STATUS)?;
        let answered = match (ins, p1, p2) {
            (ins::MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xB6) => {
                terminal.set_dst(data).map(|()| Vec::new())
            }
            (ins::PERFORM_SECURITY_OPERATION, 0x00, 0xBE) => {
                terminal.verify_certificate(data).map(|_| Vec::new())
            }
            (ins::MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xA4) => {
                terminal.set_at(data).map(|()| Vec::new())
            }
            (ins::GET_CHALLENGE, 0, 0) => terminal.get_challenge(&mut self.rng).map(Vec::from),
            (ins::EXTERNAL_AUTHENTICATE, 0, 0) => {
                let id_picc = &self.session.id_picc;
                terminal.external_authenticate(data, id_picc, None).map(|believed| {
                    self.session.announced.clone_from(&believed.ephemeral);
                    self.seen.believed.push(believed);
                    Vec::new()
                })
            }
            _ => return Err(StatusWord::INS_UNSUPPORTED),
        };
        answered.map(|data| (data, None)).map_err(|error| {
            self.seen.refused.push(error.to_string());
            error.status()
        })
    }

    fn begin_pace(&mut self, data: &[u8]) -> Answer {
        let objects: Vec<_> = Reader::new(data).map(Result::unwrap).collect();
        let value = |tag| objects.iter().find(|o| o.tag == Tag::new(tag));
        assert_eq!(value(0x83).unwrap().value, [self.card.password.kind().reference()]);
        if let Some(chat) = value(0x7F4C) {
            self.seen.announced.push(Chat::read(chat).unwrap());
        }
        let references = self.trust.references();
        let references = references.iter().map(|name| name.as_bytes().to_vec()).collect();
        let chip = pace::Chip::new(self.card.pace.clone(), &self.card.password);
        self.session.pace = Some(chip.with_authority_references(references));
        plain([])
    }

    fn pace(&mut self, command: &CommandView<'_>) -> Answer {
        let last = !command.header.is_chained();
        let chip = self.session.pace.as_mut().unwrap();
        let answered = chip.general_authenticate(command.data, last, &mut self.rng);
        match answered.map_err(|e| e.status())? {
            ChipReply::Reply(data) => plain(data),
            ChipReply::Done { data, keys, public_key } => {
                let terminal = terminal_auth::Chip::new(Version::V2, self.trust.clone());
                self.session = Session {
                    id_picc: public_key.compressed(),
                    terminal: Some(terminal),
                    ..Session::default()
                };
                Ok((data, Some(keys)))
            }
        }
    }

    fn read(&mut self, command: &CommandView<'_>) -> Answer {
        let (p1, p2) = (command.header.p1, command.header.p2);
        let mut offset = usize::from(u16::from_be_bytes([p1, p2]));
        if p1 & 0x80 != 0 {
            offset = p2.into();
            self.session.file = match p1 & 0x1F {
                0x1C => Some(self.card.card_access.clone()),
                0x1D if self.session.channel.is_some() => Some(self.card.card_security.clone()),
                0x1D => return Err(StatusWord::SECURITY_STATUS),
                _ => return Err(StatusWord::NOT_FOUND),
            };
        }
        let file = self.session.file.as_deref().ok_or(StatusWord::CONDITIONS)?;
        let rest = file.get(offset..).ok_or(StatusWord::OFFSET_OUTSIDE)?;
        // What a short protected answer has room for.
        let ne = command.ne.map_or(0, |ne| ne as usize).min(223);
        plain(&rest[..rest.len().min(ne)])
    }
}

impl Responder for Chip<'_> {
    fn atr(&self) -> &[u8] {
        &[0x3B, 0x8A, 0x80, 0x01, 0x80, 0x31, 0xF8, 0x73, 0xF7, 0x41, 0xE0, 0x82, 0x90, 0x00, 0x75]
    }

    fn power(&mut self, _: Power) {
        self.session = Session::default();
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        response.clear();
        let wire = CommandView::parse(command).unwrap();
        let mut channel = self.session.channel.take();
        let protected = wire.header.is_secure_messaging();
        let inner;
        let mut view = wire;
        if protected {
            let unprotected = channel.as_mut().unwrap().unprotect_command(&wire);
            inner = unprotected.unwrap_or_else(|e| panic!("{wire:?}: {e} {:?}", self.seen.refused));
            view.header = inner.header;
            (view.data, view.ne) = (&inner.data, inner.ne);
            self.session.channel.clone_from(&channel);
            self.seen.under_new_keys += usize::from(self.session.new_keys);
        } else if channel.is_some() {
            self.session = Session::default();
        }
        let (data, sw, keys) = match self.handle(&view) {
            Ok((data, keys)) => (data, StatusWord::SUCCESS, keys),
            Err(sw) => (Vec::new(), sw, None),
        };
        let plain = Response { data, sw };
        match &mut channel {
            Some(channel) if protected => channel.protect_response(&plain, false, response),
            _ => plain.encode(response),
        }
        if protected {
            self.session.channel = channel;
        }
        if let Some(keys) = keys {
            self.session.channel = Some(SecureChannel::new(&keys).unwrap());
        }
    }
}
