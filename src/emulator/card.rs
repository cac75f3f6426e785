//! The card as a whole: power and reset, the wire, secure messaging around every command.

use super::{
    access::Seen,
    applet::{Applet, Reply},
    channel::Channels,
    chip_auth::ChipAuthentication,
    defect::{Defect, Defects},
    env::Env,
    fs::Tree,
    password::Passwords,
    quirks::Misbehaviour,
    security::Security,
    terminal_auth::TerminalAuthentication,
    work,
};
use std::collections::BTreeMap;

use crate::{
    apdu::{CommandView, Form, Header, Response, StatusWord, ins},
    crypto::SecretKey,
    profile::Layout,
    protocol::pace::Parameters,
    transport::{Power, Responder, Work, fault::Damage},
};

/// What a card is made of.
pub struct Parts {
    /// The answer to reset.
    pub atr: Vec<u8>,
    /// Its historical bytes, which readers ask for with `FF CA 01 00`.
    pub historical: Vec<u8>,
    /// The files.
    pub tree: Tree,
    /// Passwords, keys and data objects of ISO/IEC 7816-4 and -8. Its files are in the tree.
    pub layout: Layout,
    /// Whether the card has the commands of ISO/IEC 7816-4, -8 and -9, and logical channels; without
    /// them it has those of a travel document.
    pub iso: bool,
    /// The applets. Each answers in the DF of its name, which is made where the tree has none.
    pub applets: Vec<Box<dyn Applet>>,
    /// The PACE protocols and domain parameters that EF.CardAccess offers.
    pub pace: Vec<Parameters>,
    /// The static keys of the chip authentication mapping, by parameterId.
    pub mapping: BTreeMap<u32, SecretKey>,
    /// The keys of Chip Authentication in the master file, which is version 2.
    pub chip_auth: Option<ChipAuthentication>,
    /// Terminal Authentication, where the card asks for it.
    pub terminal_auth: Option<TerminalAuthentication>,
    /// The passwords.
    pub passwords: Passwords,
    /// The most bytes of an extended-length command APDU and of its response APDU, as EF.ATR/INFO
    /// states them; `None` where the card has no extended length fields.
    pub extended: Option<(usize, usize)>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts")
            .field("atr", &hex::encode_upper(&self.atr))
            .field("applets", &self.applets.len())
            .finish_non_exhaustive()
    }
}

/// A contactless card in software. It answers any bytes with at least a status word.
pub struct Card {
    pub(super) parts: Parts,
    pub(super) env: Box<dyn Env>,
    pub(super) security: Security,
    pub(super) channels: Channels,
    /// The applet selected on the basic channel.
    pub(super) selected: Option<usize>,
    /// The entries of files that the profile declares.
    pub(super) declared: Vec<String>,
    pub(super) misbehaviour: Misbehaviour,
    pub(super) defects: Defects,
    /// The contactless identifier of the dialogue that is going on; `None` before its first command.
    uid: Option<[u8; 4]>,
    /// What the last command made the chip compute.
    pub(super) work: Work,
}

impl Card {
    /// A card of these parts in this world.
    pub fn new(mut parts: Parts, env: Box<dyn Env>) -> Self {
        for (index, applet) in parts.applets.iter().enumerate() {
            // One with a name that no application can have is never selected.
            let _ = parts.tree.application(applet.aid(), index);
        }
        let (security, channels) = (Security::default(), Channels::default());
        let mut card = Self {
            parts,
            env,
            security,
            channels,
            selected: None,
            declared: Vec::new(),
            misbehaviour: Misbehaviour::default(),
            defects: Defects::NONE,
            uid: None,
            work: Work::default(),
        };
        card.restore();
        card.power(Power::On);
        card
    }

    /// Its world: to read and set counters in tests.
    pub fn env(&mut self) -> &mut dyn Env {
        &mut *self.env
    }

    // The first command since power or reset. With it comes a random identifier, 08 in front
    // (ISO/IEC 14443-3 clause 6.5.4): a card of a person must not be recognised by it.
    fn begin_dialogue(&mut self) {
        self.env.begin_dialogue();
        let mut uid = [0; 4];
        self.env.rng().fill_bytes(&mut uid);
        uid[0] = 0x08;
        self.uid = Some(uid);
    }

    // Ends the session and all that was begun: PACE, a chain, a response in parts.
    fn abort(&mut self) {
        if self.security.abort() {
            // What was shown under secure messaging does not hold without it.
            self.channels.forget_basic_status();
            self.session_changed();
        }
    }

    pub(super) fn session_changed(&mut self) {
        self.channels.all().for_each(|channel| channel.place.forget_made());
        self.forget_master_key();
        for applet in &mut self.parts.applets {
            applet.session_changed();
        }
    }

    /// The terminal has chosen no key of the master file.
    pub(super) fn forget_master_key(&mut self) {
        if let Some(chip_auth) = &mut self.parts.chip_auth {
            chip_auth.forget();
        }
    }

    /// What was shown on the channel of this command.
    pub(super) fn seen(&mut self, header: Header) -> Seen {
        let pins = self.parts.layout.passwords.iter().filter(|spec| spec.is_pin);
        let session = self.defects.shown(self.security.shown(), header);
        self.channels.seen(session, pins.map(|spec| spec.reference))
    }

    // How many response data bytes an answer to this command may have.
    fn frame(&self, command: &CommandView<'_>) -> usize {
        let most = match self.parts.extended {
            Some((_, response)) if command.extended => response.saturating_sub(2),
            _ => 256,
        };
        let ne = command.ne.and_then(|ne| usize::try_from(ne).ok());
        ne.map_or(most, |ne| ne.min(most))
    }

    // The interindustry class (ISO/IEC 7816-4 clause 5.4.1). Secure messaging runs on the basic
    // channel.
    fn check_class(&mut self, header: Header) -> Result<(), StatusWord> {
        let cla = header.cla;
        if cla & 0x80 != 0 || cla & 0xE0 == 0x20 {
            return Err(StatusWord::CLA_INVALID);
        }
        let number = cla & 0x03;
        if cla & 0x40 != 0 || number != 0 && !self.parts.iso {
            return Err(StatusWord::CHANNEL_UNSUPPORTED);
        }
        match cla & 0x0C {
            0x00 => {}
            0x0C if number == 0 => {}
            _ => return Err(StatusWord::SM_UNSUPPORTED),
        }
        if number != self.channels.number() {
            self.security.drop_waiting();
        }
        if self.channels.switch(number) { Ok(()) } else { Err(StatusWord::CHANNEL_UNSUPPORTED) }
    }

    fn check_length(&self, command: &CommandView<'_>, wire_len: usize) -> Result<(), StatusWord> {
        let fits = match self.parts.extended {
            Some((most, _)) => !command.extended || wire_len <= most,
            None => !command.extended,
        };
        if fits { Ok(()) } else { Err(StatusWord::WRONG_LENGTH) }
    }

    fn plain(&mut self, command: &CommandView<'_>) -> Reply {
        let room = self.frame(command);
        if command.header.ins == ins::GET_RESPONSE {
            return self.get_response(command, room).unwrap_or_else(Reply::status);
        }
        self.security.drop_waiting();
        let (reply, opened) = self.execute(command, room);
        // As much as Le asks for and the card has room for; without Le nothing.
        let ne = command.ne.map(|_| u32::try_from(room).unwrap_or(u32::MAX));
        let reply = self.security.fit(reply, ne);
        match opened.map(|opened| self.security.open(opened)) {
            Some(Err(sw)) => Reply::status(sw),
            Some(Ok(())) => {
                self.session_changed();
                reply
            }
            None => reply,
        }
    }

    fn get_response(
        &mut self,
        command: &CommandView<'_>,
        room: usize,
    ) -> Result<Reply, StatusWord> {
        if (command.header.p1, command.header.p2) != (0, 0) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let ne = command.ne.filter(|_| command.data.is_empty()).ok_or(StatusWord::WRONG_LENGTH)?;
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        self.security.get_response(ne.min(room))
    }

    // On an error nothing was written to `out`, and the error is answered unprotected.
    fn secured(&mut self, wire: &CommandView<'_>, out: &mut Vec<u8>) -> Result<(), StatusWord> {
        let frame = self.frame(wire);
        let none = StatusWord::SM_UNSUPPORTED;
        let session = self.security.session.as_mut().ok_or(none)?;
        let before = session.channel.snapshot();
        let command = session.unprotect(wire, self.defects).map_err(|e| e.status())?;
        let room = session.channel.max_response_data(frame);
        let plain = CommandView {
            header: command.header,
            data: &command.data,
            ne: self.defects.ne(command.ne),
            extended: command.form == Form::Extended,
        };
        let (reply, opened) = if plain.header.ins == ins::GET_RESPONSE {
            (self.get_response(&plain, room).unwrap_or_else(Reply::status), None)
        } else {
            self.security.drop_waiting();
            self.execute(&plain, room)
        };
        // What does not fit one protected response, such as an RSA signature, waits for a protected
        // GET RESPONSE (ISO/IEC 7816-4 clause 11.7).
        let reply = self.security.fit(reply, u32::try_from(room).ok());
        if let Some(naked) = self.naked_by_quirk(&reply, before) {
            push(Reply::status(naked?), out);
            return Ok(());
        }
        self.deviate(plain.header);
        let session = self.security.session.as_mut().ok_or(none)?;
        let response = Response { data: reply.data, sw: reply.sw };
        // The answer to the command that agreed new keys still goes out under the old ones.
        if self.defects.has(Defect::StatusNotProtected) && response.data.is_empty() {
            response.encode(out);
        } else {
            session.channel.protect_response(&response, wire.header.ins & 1 == 1, out);
        }
        self.work += work::secured(session.channel.cipher(), wire.data.len() + out.len());
        let old = self.defects.has(Defect::OldKeysAlive).then(|| session.channel.clone());
        self.end_by_quirk();
        if let Some(opened) = opened {
            self.security.open(opened)?;
            if let Some(session) = &mut self.security.session {
                session.old = old;
            }
            self.session_changed();
        } else if self.defects.ends_session(plain.header, response.sw) {
            self.abort();
        }
        Ok(())
    }

    // Pseudo-APDUs of PC/SC part 3: a reader answers them and no card sees them. Behind a virtual
    // reader they reach us; the session does not notice.
    fn reader_command(&self, command: &CommandView<'_>) -> Reply {
        let [_, instruction, p1, p2] = command.header.to_bytes();
        let data: &[u8] = match (instruction, p1, p2) {
            (ins::GET_DATA, 0x00, 0x00) => self.uid.as_ref().map_or(&[], |uid| uid),
            (ins::GET_DATA, 0x01, 0x00) => &self.parts.historical,
            (ins::GET_DATA, _, _) => return Reply::status(StatusWord::FUNCTION_UNSUPPORTED),
            _ => return Reply::status(StatusWord::INS_UNSUPPORTED),
        };
        // Historical bytes are at most 15.
        let len = data.len() as u32;
        match command.ne {
            Some(ne) if ne < len => Reply::status(StatusWord(0x6C00 | len as u16)),
            Some(ne) if ne > len && ne != 256 => {
                Reply { data: data.to_vec(), sw: StatusWord::END_OF_FILE }
            }
            _ => Reply::data(data.to_vec()),
        }
    }
}

impl Responder for Card {
    fn atr(&self) -> &[u8] {
        &self.parts.atr
    }

    fn power(&mut self, _event: Power) {
        self.security = Security::default();
        self.forget_misbehaviour();
        self.selected = None;
        self.forget_master_key();
        self.channels = Channels::default();
        for applet in &mut self.parts.applets {
            applet.deselect();
        }
        self.wake();
        self.uid = None;
    }

    fn work(&self) -> Work {
        self.work
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        if !self.answered_by_quirk(command, response) {
            self.answer(command, response);
            self.change_on_wire(command, response);
        }
    }

    fn damage(&mut self, damage: Damage) -> bool {
        self.damaged(damage)
    }
}

impl Card {
    fn answer(&mut self, command: &[u8], response: &mut Vec<u8>) {
        response.clear();
        self.work = Work::default();
        if self.uid.is_none() {
            self.begin_dialogue();
        }
        let view = match CommandView::parse(command) {
            Ok(view) if view.header.cla == 0xFF => {
                return push(self.reader_command(&view), response);
            }
            Ok(view) => view,
            Err(_) => {
                self.abort();
                return push(Reply::status(StatusWord::WRONG_LENGTH), response);
            }
        };
        let checked =
            self.check_class(view.header).and_then(|()| self.check_length(&view, command.len()));
        let failed = match checked {
            Err(sw) => Some(sw),
            Ok(()) if view.header.is_secure_messaging() => self.secured(&view, response).err(),
            Ok(()) => {
                // A command without secure messaging inside a session ends it (ICAO Doc 9303-11
                // clause 9.8.5) and is then answered as any other.
                if self.security.session.is_some() && !self.defects.keeps_session(view.header) {
                    self.abort();
                }
                let reply = self.plain(&view);
                return push(reply, response);
            }
        };
        if let Some(sw) = failed {
            // Keys and rights go, and the status word is not protected.
            if !self.defects.has(Defect::RightsAfterSmError) {
                self.abort();
            }
            response.clear();
            push(Reply::status(sw), response);
        }
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").field("parts", &self.parts).finish_non_exhaustive()
    }
}

fn push(reply: Reply, response: &mut Vec<u8>) {
    Response { data: reply.data, sw: reply.sw }.encode(response);
}
