//! What an application on the card is to the operating system.

use super::{
    access::{Seen, Shown},
    basic_access::BasicAccess,
    defect::Defects,
    env::Env,
    password::Passwords,
};
use crate::{
    apdu::{CommandView, StatusWord},
    protocol::chip_auth::Version,
    sm::SessionKeys,
};

/// What a command is answered with.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The response data field.
    pub data: Vec<u8>,
    /// SW1-SW2.
    pub sw: StatusWord,
}

impl Reply {
    /// Data and `9000`.
    pub const fn data(data: Vec<u8>) -> Self {
        Self { data, sw: StatusWord::SUCCESS }
    }

    /// A status word without data.
    pub const fn status(sw: StatusWord) -> Self {
        Self { data: Vec::new(), sw }
    }
}

impl std::fmt::Debug for Reply {
    // The data may be personal: only its length is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("data_len", &self.data.len()).field("sw", &self.sw).finish()
    }
}

/// What the operating system tells an applet with each command, and takes from it.
pub struct Context<'a> {
    /// What was shown in the session; `None` without secure messaging.
    pub session: Option<Shown>,
    /// Everything that was shown, for access rules.
    pub status: Seen,
    /// The compressed key that a terminal announced in Terminal Authentication version 2, once it
    /// has authenticated: Chip Authentication version 2 has to use it.
    pub announced: Option<&'a [u8]>,
    /// Most response data bytes that fit, by Le and by the card's own limits.
    pub room: usize,
    /// The card's world.
    pub env: &'a mut dyn Env,
    /// The card's passwords.
    pub passwords: &'a Passwords,
    /// Keys that an applet agreed: they hold from the next command on, this one is still answered
    /// under the old ones.
    pub rekeyed: Option<Rekeyed>,
}

/// What Chip Authentication yields on the card.
#[derive(Debug)]
pub struct Rekeyed {
    /// The keys of the new channel; its counter starts at zero.
    pub keys: SessionKeys,
    /// Which version.
    pub version: Version,
    /// The terminal's ephemeral public key, compressed: Terminal Authentication version 1 signs it.
    pub ephemeral: Vec<u8>,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("session", &self.session)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

/// An application on the card. Commands come in plain and whole: secure messaging, chaining,
/// SELECT, PACE, BAC, Terminal Authentication and GET RESPONSE are the operating system's. Its files
/// stand in the card's tree, in the DF of its name.
pub trait Applet: Send {
    /// The application's identifier (ISO/IEC 7816-5), 5 to 16 bytes.
    fn aid(&self) -> &[u8];

    /// Answers a command. One that it does not know, which it says by `6D00`, is for the operating
    /// system: READ BINARY and the other commands to files.
    ///
    /// # Errors
    /// The status word of a command that failed.
    fn handle(
        &mut self,
        command: &CommandView<'_>,
        context: &mut Context<'_>,
    ) -> Result<Reply, StatusWord>;

    /// Makes the bytes of a file of its own that has [`Content::Made`](super::fs::Content::Made).
    ///
    /// # Errors
    /// The status word to answer; `6F00` where there is no such file.
    fn make(&mut self, _fid: u16, _context: &mut Context<'_>) -> Result<Vec<u8>, StatusWord> {
        Err(StatusWord::NO_DIAGNOSIS)
    }

    /// Forgets all volatile state: another application or the MF was selected, or power went.
    fn deselect(&mut self);

    /// A session has ended or another one begun: what was made for the old one is gone.
    fn session_changed(&mut self) {}

    /// The key that opens the application by BAC or BAP, where there is one.
    fn basic_access(&mut self) -> Option<&mut BasicAccess> {
        None
    }

    /// Makes it an application of a card with deliberate mistakes.
    fn set_defects(&mut self, _defects: Defects) {}
}
