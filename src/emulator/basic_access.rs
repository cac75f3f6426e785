//! GET CHALLENGE and EXTERNAL AUTHENTICATE of Basic Access Control and Basic Access Protection
//! (ICAO Doc 9303-11 clause 4.3.4, ISO/IEC 18013-3): in plain, and only where no session is open.

use super::{access::Shown, applet::Reply, card::Card, security::Opened};
use crate::{
    apdu::{CommandView, StatusWord, ins},
    protocol::{bac, pace::PasswordKind},
};

/// The key that opens an application, and how Terminal Authentication names the chip behind it.
#[derive(Debug)]
pub struct BasicAccess {
    /// The protocol, with the key of this document.
    pub chip: bac::Chip,
    /// `ID_PICC`: the document number with its check digit (ICAO Doc 9303-11 clause 7.1.4).
    pub id: Vec<u8>,
}

impl Card {
    /// Whether an application opens so.
    pub(super) fn has_basic_access(&mut self) -> bool {
        self.parts.applets.iter_mut().any(|applet| applet.basic_access().is_some())
    }

    /// Makes a challenge void.
    pub(super) fn forget_challenge(&mut self) {
        for applet in &mut self.parts.applets {
            if let Some(access) = applet.basic_access() {
                access.chip.forget();
            }
        }
    }

    /// Answers the two commands with the key of the application that is selected.
    ///
    /// # Errors
    /// `6985` inside a session or where no application with a key is selected; what
    /// [`BacError::status`](crate::protocol::bac::BacError::status) says.
    pub(super) fn basic_access(
        &mut self,
        command: &CommandView<'_>,
    ) -> Result<(Reply, Option<Opened>), StatusWord> {
        let Self { parts, security, env, selected, .. } = self;
        let applet = selected.and_then(|index| parts.applets.get_mut(index));
        let access = applet.and_then(|applet| applet.basic_access());
        let access = access.filter(|_| security.session.is_none()).ok_or(StatusWord::CONDITIONS)?;
        if (command.header.p1, command.header.p2) != (0, 0) {
            return Err(StatusWord::WRONG_P1P2);
        }
        if command.header.ins == ins::GET_CHALLENGE {
            if !command.data.is_empty() || !matches!(command.ne, Some(8 | 256)) {
                return Err(StatusWord::WRONG_LENGTH);
            }
            return Ok((Reply::data(access.chip.get_challenge(env.rng()).to_vec()), None));
        }
        let answered = access.chip.external_authenticate(command.data, env.rng());
        let (data, opened) = answered.map_err(|error| error.status())?;
        let opened = Opened::Session {
            keys: opened.keys,
            ssc: opened.ssc,
            shown: Shown { password: PasswordKind::Mrz, pace: false, terminal: None },
            id_picc: access.id.clone(),
            chat: None,
        };
        Ok((Reply::data(data), Some(opened)))
    }
}
