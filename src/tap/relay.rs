//! After the tap: somebody far away asks the chip, and this reader only carries what is said.
//!
//! First it wraps the commands of Chip Authentication in the channel that it has with the card
//! itself; from the first command that comes protected, it holds no keys any more (ICAO Doc 9303-11
//! clause 6.2, docs/tap-evidence.md).

use super::Event;
use crate::{
    apdu::{ApduError, CommandView, Form, StatusWord, ins},
    session::{Session, SessionError},
    transport::Step,
};

/// Most bytes of a command that is carried.
const MAX_COMMAND: usize = 2048;

/// A card that was tapped with [`Options::relay`](super::Options::relay), held in the field.
pub struct Relay<'a> {
    session: &'a mut Session,
    progress: &'a mut dyn FnMut(Event),
    handed_over: bool,
}

/// Why a command is not carried to the card.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// Bytes that are no command, or too many of them.
    #[error("relay: a command APDU of at most {MAX_COMMAND} bytes expected, {got} bytes came")]
    NoCommand {
        /// How many came.
        got: usize,
        /// What is wrong with them, where they are not too many.
        source: Option<ApduError>,
    },
    /// A command that whoever is at the other end has no business sending.
    #[error(
        "relay: {expected} expected, the issuer sent {} with class {cla:02X}",
        ins::name(*.ins)
    )]
    NotCarried {
        /// What is carried at this point.
        expected: &'static str,
        /// Its class byte.
        cla: u8,
        /// Its instruction byte.
        ins: u8,
    },
    /// The card's channel was handed over, or was lost; only a new tap makes another.
    #[error("relay: this reader has no channel with the card any more; tap again")]
    HandedOver,
    /// The dialogue failed.
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl<'a> Relay<'a> {
    /// Over the session in which the card was tapped, its channel still open.
    pub fn new(session: &'a mut Session, progress: &'a mut dyn FnMut(Event)) -> Self {
        Self { session, progress, handed_over: false }
    }

    /// Brings a command to the card: in this reader's own channel where `protect` says so, which
    /// only Chip Authentication's are, else as it came. The whole response comes back, its status
    /// word behind.
    ///
    /// # Errors
    /// [`RelayError`]. The reader carries nothing that whoever sent it could do harm with: no other
    /// commands in its own channel, and without it no plain ones.
    pub fn forward(&mut self, command: &[u8], protect: bool) -> Result<Vec<u8>, RelayError> {
        let got = command.len();
        if got > MAX_COMMAND {
            return Err(RelayError::NoCommand { got, source: None });
        }
        let view = CommandView::parse(command)
            .map_err(|source| RelayError::NoCommand { got, source: Some(source) })?;
        let header = view.header;
        let refuse =
            |expected| Err(RelayError::NotCarried { expected, cla: header.cla, ins: header.ins });
        if !protect {
            if !header.is_secure_messaging() {
                return refuse("a protected command");
            }
            let step = Step("relayed, protected by the issuer");
            (self.progress)(Event::Step(step.0));
            self.handed_over = true;
            return Ok(self.session.forward(command, step)?);
        }
        let known = [ins::MANAGE_SECURITY_ENVIRONMENT, ins::GENERAL_AUTHENTICATE];
        if header.cla != 0 || !known.contains(&header.ins) {
            return refuse("a command of Chip Authentication");
        }
        if self.handed_over || !self.session.is_protected() {
            return Err(RelayError::HandedOver);
        }
        let step = Step("relayed, Chip Authentication of the issuer");
        (self.progress)(Event::Step(step.0));
        let mut plain = view.to_command();
        plain.form = Form::Auto;
        let response = match self.session.exchange(&plain, step) {
            // A card that gives the channel up says so in plain, and whoever asked is to know.
            Err(SessionError::SecureMessaging {
                source: crate::sm::SmError::Unprotected { sw },
                ..
            }) => answer(&[], sw),
            other => {
                let response = other?;
                answer(&response.data, response.sw)
            }
        };
        Ok(response)
    }
}

impl std::fmt::Debug for Relay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("handed_over", &self.handed_over).finish_non_exhaustive()
    }
}

fn answer(data: &[u8], sw: StatusWord) -> Vec<u8> {
    [data, &sw.0.to_be_bytes()].concat()
}
