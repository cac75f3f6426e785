//! The card's volatile security state. All of it goes with power and reset.

use super::{
    access::Shown,
    applet::{Rekeyed, Reply},
};
use crate::{
    apdu::{ChainBuffer, StatusWord},
    pki::cvc::Chat,
    protocol::{
        chip_auth::Version,
        pace::{self, PasswordKind},
        terminal_auth::{self, Authenticated},
    },
    sm::{SecureChannel, SessionKeys},
};

/// A session under secure messaging.
#[derive(Debug)]
pub(super) struct Session {
    /// The chip's end of the protected line.
    pub(super) channel: SecureChannel,
    /// The channel before Chip Authentication, where a deliberate mistake keeps it.
    pub(super) old: Option<SecureChannel>,
    /// What was shown in it.
    pub(super) shown: Shown,
    /// How Terminal Authentication names the chip.
    pub(super) id_picc: Vec<u8>,
    /// What the terminal announced in PACE that it wants to do.
    pub(super) chat: Option<Chat>,
    /// The terminal's key of Chip Authentication version 1, compressed.
    pub(super) ephemeral: Option<Vec<u8>>,
    /// Terminal Authentication, once it has begun.
    pub(super) terminal: Option<terminal_auth::Chip>,
    /// The terminal of version 2, until Chip Authentication gives it its rights.
    pub(super) authenticated: Option<Authenticated>,
}

/// A channel that a protocol yielded: it holds from the next command on.
#[derive(Debug)]
pub(super) enum Opened {
    /// A session by PACE, BAC or BAP.
    Session {
        /// Its keys.
        keys: SessionKeys,
        /// Where its send sequence counter starts: at zero, but after BAC and BAP.
        ssc: [u8; 8],
        /// What opened it.
        shown: Shown,
        /// How Terminal Authentication names the chip.
        id_picc: Vec<u8>,
        /// What the terminal announced that it wants to do.
        chat: Option<Chat>,
    },
    /// New keys in the session by Chip Authentication.
    Rekeyed(Rekeyed),
}

/// A PACE that has begun and is not over.
#[derive(Debug)]
pub(super) struct PaceRun {
    /// The protocol.
    pub(super) chip: pace::Chip,
    /// The password it runs with.
    pub(super) password: PasswordKind,
    /// What the terminal announced that it wants to do.
    pub(super) chat: Option<Chat>,
}

/// Everything that a card knows about the terminal before it, and forgets without power.
#[derive(Debug, Default)]
pub(super) struct Security {
    /// The session, from the command after PACE on.
    pub(super) session: Option<Session>,
    /// PACE between MSE:Set AT and its last step.
    pub(super) pace: Option<PaceRun>,
    /// A chained command whose last part has not come.
    pub(super) chain: ChainBuffer,
    waiting: Vec<u8>,
}

impl Security {
    /// The password that opened the session.
    pub(super) fn password(&self) -> Option<PasswordKind> {
        self.shown().map(|shown| shown.password)
    }

    /// What was shown in the session.
    pub(super) fn shown(&self) -> Option<Shown> {
        self.session.as_ref().map(|session| session.shown)
    }

    /// Ends the session and everything begun. Whether there was a session.
    pub(super) fn abort(&mut self) -> bool {
        self.pace = None;
        self.chain.clear();
        self.waiting.clear();
        self.session.take().is_some()
    }

    /// Begins a session, or goes on with it under new keys.
    ///
    /// # Errors
    /// `6F00` for keys that no protocol of ours yields.
    pub(super) fn open(&mut self, opened: Opened) -> Result<(), StatusWord> {
        let never = StatusWord::NO_DIAGNOSIS;
        let channel = |keys: &SessionKeys| SecureChannel::new(keys).map_err(|_| never);
        match opened {
            Opened::Session { keys, ssc, shown, id_picc, chat } => {
                self.session = Some(Session {
                    channel: channel(&keys)?.with_ssc(&ssc),
                    old: None,
                    shown,
                    id_picc,
                    chat,
                    ephemeral: None,
                    terminal: None,
                    authenticated: None,
                });
            }
            Opened::Rekeyed(Rekeyed { keys, version, ephemeral }) => {
                let session = self.session.as_mut().ok_or(never)?;
                session.channel = channel(&keys)?;
                match version {
                    Version::V1 => session.ephemeral = Some(ephemeral),
                    Version::V2 => {
                        let terminal = session.authenticated.take();
                        session.shown.terminal = terminal.map(|t| t.authorization);
                    }
                }
            }
        }
        Ok(())
    }

    /// Cuts a reply to Ne, or to what there is room for. What does not fit waits for GET RESPONSE (`61xx`).
    pub(super) fn fit(&mut self, mut reply: Reply, ne: Option<u32>) -> Reply {
        let ne = ne.map_or(0, |ne| usize::try_from(ne).unwrap_or(usize::MAX));
        let goes_on = matches!(reply.sw, StatusWord::SUCCESS | StatusWord::END_OF_FILE);
        if reply.data.len() > ne && goes_on {
            self.waiting = reply.data.split_off(ne);
            reply.sw = self.more();
        }
        reply
    }

    /// Answers GET RESPONSE.
    ///
    /// # Errors
    /// `6985` where nothing waits.
    pub(super) fn get_response(&mut self, ne: u32) -> Result<Reply, StatusWord> {
        if self.waiting.is_empty() {
            return Err(StatusWord::CONDITIONS);
        }
        let data = std::mem::take(&mut self.waiting);
        Ok(self.fit(Reply::data(data), Some(ne)))
    }

    /// Forgets what waits for GET RESPONSE: another command came.
    pub(super) fn drop_waiting(&mut self) {
        self.waiting.clear();
    }

    // 61xx: 00 says 256 or more.
    fn more(&self) -> StatusWord {
        StatusWord(
            0x6100 | u16::try_from(self.waiting.len()).map_or(0, |n| if n < 256 { n } else { 0 }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_waits() {
        let mut security = Security::default();
        let first = security.fit(Reply::data(vec![7; 600]), Some(256));
        assert_eq!((first.data.len(), first.sw.0), (256, 0x6100));
        let second = security.get_response(256).unwrap();
        assert_eq!((second.data.len(), second.sw.0), (256, 0x6158));
        let third = security.get_response(0x58).unwrap();
        assert_eq!((third.data.len(), third.sw.0), (88, 0x9000));
        assert_eq!(security.get_response(1), Err(StatusWord::CONDITIONS));

        let no_le = security.fit(Reply::data(vec![7; 20]), None);
        assert_eq!((no_le.data.len(), no_le.sw.0), (0, 0x6114));
        security.drop_waiting();
        assert_eq!(security.get_response(20), Err(StatusWord::CONDITIONS));

        // Less than was asked for can still be more than fits.
        let short = Reply { data: vec![7; 300], sw: StatusWord::END_OF_FILE };
        let short = security.fit(short, Some(231));
        assert_eq!((short.data.len(), short.sw.0), (231, 0x6145));
    }
}
