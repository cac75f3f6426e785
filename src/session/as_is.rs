//! Bytes as somebody else wrote them: scripts send what no well-formed command would.

use std::time::Duration;

use super::{Session, SessionError};
use crate::{
    sm::SecureChannel,
    transport::{Step, Transport},
};

impl Session {
    /// Sends these bytes past the secure channel, which stays as it is, and gives the whole answer
    /// with its status word and the time that it took. Nothing is collected and nothing corrected.
    ///
    /// # Errors
    /// The transport's; they close the channel.
    pub fn send_as_is(
        &mut self,
        command: &[u8],
        step: Step,
    ) -> Result<(&[u8], Duration), SessionError> {
        self.command.clear();
        self.command.extend_from_slice(command);
        let time = self.transceive(step)?;
        self.observe(step, time, None);
        Ok((&self.response, time))
    }

    /// Takes the secure channel out, to be put back by [`Session::set_channel`].
    pub const fn take_channel(&mut self) -> Option<SecureChannel> {
        self.channel.take()
    }

    /// How long the card may take for one APDU from now on.
    pub const fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// The way to the card, to hold a transaction or to talk to the reader.
    pub fn transport_mut(&mut self) -> &mut dyn Transport {
        &mut *self.transport
    }
}
