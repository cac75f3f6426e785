//! A chip that does otherwise than it should: quirks of its profile, and what a test tells it to do
//! wrong at its next command.
//!
//! Everything here hangs on a few hooks: before and after a command on the wire, before and after
//! it is carried out, and where its answer is protected. A card without quirks passes them by.

use std::borrow::Cow;

use super::{
    applet::Reply,
    card::Card,
    mse::{SET_AT_CHIP_AUTHENTICATION, SET_AT_PACE, Template},
};
use crate::{
    apdu::{CommandView, Header, StatusWord, ins},
    crypto::{AgreementSecretKey, SecretKey, SeededRng},
    lds::{Df, File},
    profile::{self, Extended, LengthAnswer, Naked, Personalised, Quirks},
    protocol::active_auth::{self, EcdsaFormat},
    sm::{Deviations, SecureChannel, SscSnapshot},
    tlv::Reader,
    transport::fault::{Damage, flip},
};

/// The file identifier of the master file.
const MF: [u8; 2] = [0x3F, 0x00];

/// The quirks of a card, and what goes wrong with it now.
#[derive(Debug, Default)]
pub(super) struct Misbehaviour {
    quirks: Quirks,
    /// What to do wrong at the next command.
    damage: Vec<Damage>,
    /// The rest of a protected answer that goes out in parts.
    rest: Vec<u8>,
    /// The session ends with the answer to this command, which is not protected.
    ends_now: bool,
    /// It ends with the command behind this one.
    ends_soon: bool,
}

impl Card {
    /// The same card with these quirks.
    #[must_use]
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.misbehaviour.quirks = quirks;
        self.wake();
        self
    }

    /// Notes what to do wrong at the next command.
    pub(super) fn damaged(&mut self, damage: Damage) -> bool {
        self.misbehaviour.damage.push(damage);
        true
    }

    /// The chip wakes up, inside its first application where it starts there.
    pub(super) fn wake(&mut self) {
        let tree = &self.parts.tree;
        let starts = self.misbehaviour.quirks.starts_in_application;
        let first = self.parts.applets.first().filter(|_| starts);
        let df = first.and_then(|applet| tree.named(applet.aid()).first().copied());
        if let Some(df) = df {
            self.channels.here().enter(df, tree);
            self.selected = tree.applet(df);
        }
    }

    /// The card has lost its power: what was begun is forgotten.
    pub(super) fn forget_misbehaviour(&mut self) {
        let quirks = std::mem::take(&mut self.misbehaviour.quirks);
        let damage = std::mem::take(&mut self.misbehaviour.damage);
        self.misbehaviour = Misbehaviour { quirks, damage, ..Misbehaviour::default() };
    }

    /// Answers a command on the wire in place of the card. Whether it did.
    pub(super) fn answered_by_quirk(&mut self, command: &[u8], response: &mut Vec<u8>) -> bool {
        let Misbehaviour { quirks, rest, .. } = &mut self.misbehaviour;
        let rest = std::mem::take(rest);
        let Ok(view) = CommandView::parse(command) else { return false };
        let Header { cla, ins, .. } = view.header;
        if cla == 0x00 && ins == ins::GET_RESPONSE && !rest.is_empty() {
            response.clear();
            response.extend_from_slice(&rest);
            self.misbehaviour.damage.clear();
            self.cut_to_part(response);
            return true;
        }
        let refused = match quirks.extended_general_authenticate {
            Some(sw) if view.extended && ins == ins::GENERAL_AUTHENTICATE => sw,
            _ => return false,
        };
        response.clear();
        response.extend_from_slice(&refused.0.to_be_bytes());
        self.misbehaviour.damage.clear();
        true
    }

    /// What becomes of the card's answer on the wire.
    pub(super) fn change_on_wire(&mut self, command: &[u8], response: &mut Vec<u8>) {
        self.misbehaviour.damage.clear();
        let Ok(view) = CommandView::parse(command) else { return };
        let truncated = self.misbehaviour.quirks.extended == Some(Extended::Truncated);
        if truncated && view.extended && response.len() > 256 + 2 {
            let status = response.split_off(response.len() - 2);
            response.truncate(256);
            response.extend_from_slice(&status);
        }
        if view.header.is_secure_messaging() {
            self.cut_to_part(response);
        }
    }

    // Keeps what is more than a part has, and says how much it is.
    fn cut_to_part(&mut self, response: &mut Vec<u8>) {
        let Some(most) = self.misbehaviour.quirks.parts.map(usize::from) else { return };
        if response.len() <= most + 2 {
            return;
        }
        let rest = response.split_off(most);
        // The status word is none of the bytes that wait.
        let waiting = u8::try_from(rest.len() - 2).unwrap_or(0);
        response.extend_from_slice(&[0x61, waiting]);
        self.misbehaviour.rest = rest;
    }

    /// The status word of a command that the card refuses to carry out. `command` is plain.
    pub(super) fn refused_by_quirk(&mut self, command: &CommandView<'_>) -> Option<StatusWord> {
        if let Some(sw) = self.misbehaviour.status() {
            return Some(sw);
        }
        if self.misbehaviour.quirks.is_empty() {
            return None;
        }
        let in_session = self.security.session.is_some();
        let in_master_file = self.selected.is_none();
        let refused = self
            .misbehaviour
            .refuses_length(command, in_session)
            .or_else(|| self.misbehaviour.refuses_file(command, in_master_file, in_session));
        refused.or_else(|| self.misbehaviour.quirks.refuses_protocol(command))
    }

    /// What becomes of a reply before it is protected. `room` is what one answer has room for.
    pub(super) fn change_reply(
        &mut self,
        command: &CommandView<'_>,
        room: usize,
        reply: &mut Reply,
    ) {
        let Misbehaviour { quirks, damage, .. } = &self.misbehaviour;
        let Header { ins, p1, .. } = command.header;
        let ne = command.ne.and_then(|ne| usize::try_from(ne).ok()).unwrap_or(0);
        match ins {
            ins::READ_BINARY
                if quirks.short_read_6282
                    && reply.sw == StatusWord::SUCCESS
                    && reply.data.len() < ne.min(room) =>
            {
                reply.sw = StatusWord::END_OF_FILE;
            }
            ins::SELECT if p1 != 0x04 && reply.sw == StatusWord::SUCCESS => {
                reply.sw = quirks.select_ef.unwrap_or(reply.sw);
            }
            _ if quirks.no_get_response && reply.data.len() > ne.min(room) => {
                *reply = Reply::status(StatusWord::WRONG_LENGTH);
            }
            _ => {}
        }
        for damage in damage {
            if let Damage::Spoil { bits, seed } = *damage {
                flip(&mut reply.data, bits, seed);
            }
        }
    }

    /// A status word that goes out without secure messaging, in a session that goes on; or that is
    /// the end of it. `before` is the counter as it was before the command.
    pub(super) fn naked_by_quirk(
        &mut self,
        reply: &Reply,
        before: SscSnapshot,
    ) -> Option<Result<StatusWord, StatusWord>> {
        if std::mem::take(&mut self.misbehaviour.ends_now) {
            return Some(Err(reply.sw));
        }
        if reply.sw != StatusWord::WRONG_LENGTH {
            return None;
        }
        let naked = self.misbehaviour.quirks.naked?;
        let channel = &mut self.security.session.as_mut()?.channel;
        match naked {
            Naked::Counted => channel.skip(),
            Naked::NotCounted => channel.restore(before),
        }
        Some(Ok(reply.sw))
    }

    /// How an answer is protected. `header` is that of the command.
    pub(super) fn deviate(&mut self, header: Header) {
        let Misbehaviour { quirks, damage, .. } = &self.misbehaviour;
        let Some(session) = self.security.session.as_mut() else { return };
        let is_read = matches!(header.ins, ins::READ_BINARY | ins::READ_BINARY_ODD);
        session.channel.deviate(Deviations {
            zeros_before_80: quirks.zeros_before_80 && is_read,
            do85_indicator: quirks.do85_indicator,
            short_do99: quirks.short_do99,
        });
        if damage.contains(&Damage::SlipCounter) {
            session.channel.skip();
        }
    }

    /// The answer is protected: a session that is to end does not understand the next command.
    pub(super) fn end_by_quirk(&mut self) {
        if std::mem::take(&mut self.misbehaviour.ends_soon)
            && let Some(session) = self.security.session.as_mut()
        {
            let channel: &mut SecureChannel = &mut session.channel;
            channel.skip();
        }
    }
}

impl Misbehaviour {
    fn status(&self) -> Option<StatusWord> {
        self.damage.iter().find_map(|damage| match damage {
            Damage::Status(sw) => Some(*sw),
            _ => None,
        })
    }

    fn refuses_length(
        &mut self,
        command: &CommandView<'_>,
        in_session: bool,
    ) -> Option<StatusWord> {
        let quirks = &self.quirks;
        let wrong = StatusWord::WRONG_LENGTH;
        if command.extended && quirks.extended == Some(Extended::Refused) {
            return Some(wrong);
        }
        if !matches!(command.header.ins, ins::READ_BINARY | ins::READ_BINARY_ODD) {
            return None;
        }
        let ne = command.ne?;
        if let Some(sw) = quirks.le_256.filter(|_| in_session && ne == 256 && !command.extended) {
            if sw == StatusWord::SM_OBJECTS_INCORRECT {
                self.ends_now = true;
            } else {
                self.ends_soon = true;
            }
            return Some(sw);
        }
        let most = quirks.max_le.filter(|most| ne > u32::from(*most))?;
        Some(match quirks.max_le_answer {
            None => wrong,
            Some(LengthAnswer::Status(sw)) => sw,
            Some(LengthAnswer::CorrectLe) => StatusWord(0x6C00 | most.min(0xFF)),
        })
    }

    fn refuses_file(
        &mut self,
        command: &CommandView<'_>,
        in_master_file: bool,
        in_session: bool,
    ) -> Option<StatusWord> {
        let quirks = &self.quirks;
        let Header { ins, p1, p2, .. } = command.header;
        // By short EF identifier: the odd instruction has it in both parameters.
        let short = match ins {
            ins::READ_BINARY if p1 & 0x80 != 0 => Some(p1 & 0x1F),
            ins::READ_BINARY_ODD if p1 == 0 && p2 != 0 => Some(p2 & 0x1F),
            _ => None,
        };
        let selected = match (ins, command.data) {
            (ins::SELECT, &[.., hi, lo]) if p1 != 0x04 => Some([hi, lo]),
            _ => None,
        };
        let is_mf =
            ins == ins::SELECT && p1 != 0x04 && (selected == Some(MF) || command.data.is_empty());
        if let (Some(sw), true) = (quirks.master_file_in_session, in_session && is_mf) {
            return Some(sw);
        }
        if is_mf {
            return if selected.is_some() { quirks.select_mf_3f00 } else { quirks.select_mf };
        }
        if let (Some(sw), Some(_)) = (quirks.no_short_identifier, short) {
            return Some(sw);
        }
        if selected.is_some() && quirks.select_ef_p1_02 && p1 != 0x02 {
            return Some(StatusWord::WRONG_P1P2);
        }
        let here = |file: &File| (file.df() == Df::MasterFile) == in_master_file;
        let named =
            |file: &File| short == Some(file.sfi()) || selected == Some(file.fid().to_be_bytes());
        quirks.refused.iter().find(|file| here(file) && named(file))?;
        self.ends_soon = quirks.refused_ends_session;
        Some(quirks.refused_answer.unwrap_or(StatusWord::SECURITY_STATUS))
    }
}

impl Quirks {
    fn refuses_protocol(&self, command: &CommandView<'_>) -> Option<StatusWord> {
        let Header { ins, p1, p2, .. } = command.header;
        match ins {
            ins::SELECT | ins::MANAGE_SECURITY_ENVIRONMENT
                if command.ne.is_some() && self.no_le.is_some() =>
            {
                self.no_le
            }
            ins::GET_CHALLENGE => self.no_challenge,
            ins::MANAGE_SECURITY_ENVIRONMENT if (p1, p2) == SET_AT_PACE => {
                let template = Template::parse(command.data).ok()?;
                self.needs_reference.filter(|_| template.reference.is_none())
            }
            ins::MANAGE_SECURITY_ENVIRONMENT
                if (p1, p2) == SET_AT_CHIP_AUTHENTICATION && self.padded_reference =>
            {
                let reference = Reader::new(command.data)
                    .filter_map(Result::ok)
                    .find(|object| object.tag.value() == 0x84)?;
                (reference.value.len() != 2).then_some(StatusWord::WRONG_DATA)
            }
            _ => None,
        }
    }
}

/// The card as its quirks have built it: with other keys or files than it should have.
pub(super) fn as_built(card: &Personalised) -> Cow<'_, Personalised> {
    let quirks = &card.profile.quirks;
    if !quirks.wrong_chip_key && quirks.endless.is_none() && quirks.cut.is_none() {
        return Cow::Borrowed(card);
    }
    let mut built = card.clone();
    if quirks.wrong_chip_key {
        let rng = &mut SeededRng::new(card.profile.seed.as_bytes(), "another chip");
        for key in &mut built.keys.chip_authentication {
            *key = AgreementSecretKey::generate(key.domain(), rng);
        }
    }
    if let Some(bytes) = quirks.endless.and_then(|file| built.files.get_mut(&file)) {
        // The tag stays, of one byte as those of data groups are; four bytes of length follow.
        let tag = bytes.first().copied().unwrap_or_default();
        let content = bytes.get(4..).unwrap_or_default();
        *bytes = [&[tag, 0x84, 0x7F, 0xFF, 0xFF, 0xFF], content].concat();
    }
    if let Some(bytes) = quirks.cut.and_then(|file| built.files.get_mut(&file)) {
        bytes.truncate(bytes.len() / 2);
    }
    Cow::Owned(built)
}

/// The chip's half of Active Authentication with a key on a curve.
pub(super) fn signing_chip(
    profile: &profile::Profile,
    key: SecretKey,
    hash: crate::crypto::Hash,
) -> active_auth::Chip {
    let quirks = &profile.quirks;
    let format = if quirks.signature_der { EcdsaFormat::Der } else { EcdsaFormat::Plain };
    active_auth::Chip::with_format(key, quirks.signature_hash.unwrap_or(hash), format)
}
