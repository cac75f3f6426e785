//! The card's volatile security state. All of it goes with power and reset.

use super::applet::Reply;
use crate::{
    apdu::{ChainBuffer, StatusWord},
    protocol::pace::{self, PasswordKind},
    sm::{SecureChannel, SessionKeys},
};

/// A session under secure messaging.
#[derive(Debug)]
pub(super) struct Session {
    /// The chip's end of the protected line.
    pub(super) channel: SecureChannel,
    /// The password that opened it.
    pub(super) password: PasswordKind,
}

/// A PACE that has begun and is not over.
#[derive(Debug)]
pub(super) struct PaceRun {
    /// The protocol.
    pub(super) chip: pace::Chip,
    /// The password it runs with.
    pub(super) password: PasswordKind,
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
        self.session.as_ref().map(|session| session.password)
    }

    /// Ends the session and everything begun. Whether there was a session.
    pub(super) fn abort(&mut self) -> bool {
        self.pace = None;
        self.chain.clear();
        self.waiting.clear();
        self.session.take().is_some()
    }

    /// Begins a session under these keys, its counter starting there.
    ///
    /// # Errors
    /// `6F00` for keys that no protocol of ours yields.
    pub(super) fn begin_session(
        &mut self,
        keys: &SessionKeys,
        ssc: &[u8],
        password: PasswordKind,
    ) -> Result<(), StatusWord> {
        let channel = SecureChannel::new(keys).map_err(|_| StatusWord::NO_DIAGNOSIS)?.with_ssc(ssc);
        self.session = Some(Session { channel, password });
        Ok(())
    }

    /// Cuts an unprotected reply to Ne. What does not fit waits for GET RESPONSE (`61xx`).
    pub(super) fn fit(&mut self, mut reply: Reply, ne: Option<u32>) -> Reply {
        let ne = ne.map_or(0, |ne| usize::try_from(ne).unwrap_or(usize::MAX));
        if reply.data.len() > ne && reply.sw == StatusWord::SUCCESS {
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
    }
}
