//! Bytes as somebody else wrote them: scripts send what no well-formed command would.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{
    Session, SessionError,
    dialogue::{MAX_PARTS, MAX_RESPONSE},
};
use crate::{
    apdu::{ApduError, CommandView, StatusWord, ins},
    sm::SecureChannel,
    transport::{Step, Transport},
};

impl Session {
    /// Sends these bytes past the secure channel, which stays as it is, appends the data of the answer
    /// to `data`, and gives its status word and the time that it took. Nothing is collected and nothing
    /// corrected.
    ///
    /// # Errors
    /// The transport's, which close the channel; an answer without a status word.
    pub fn send_as_is(
        &mut self,
        command: &[u8],
        step: Step,
        data: &mut Vec<u8>,
    ) -> Result<(StatusWord, Duration), SessionError> {
        self.command.clear();
        self.command.extend_from_slice(command);
        let time = self.transceive(step)?;
        self.observe(step, time, None);
        let Some((came, &sw)) = self.response.split_last_chunk::<2>() else {
            let source = ApduError::ResponseTooShort { got: self.response.len() };
            return Err(SessionError::Apdu { step: step.0, source });
        };
        data.extend_from_slice(came);
        Ok((StatusWord(u16::from_be_bytes(sw)), time))
    }

    /// The same with the habits of [`Session::exchange`]: after `6Cxx` once more with the Le that the
    /// card names, after `61xx` GET RESPONSE until nothing waits.
    ///
    /// # Errors
    /// As [`Session::send_as_is`]; [`SessionError::TooMuch`].
    pub fn exchange_as_is(
        &mut self,
        command: &[u8],
        step: Step,
        data: &mut Vec<u8>,
    ) -> Result<(StatusWord, Duration), SessionError> {
        let begun = data.len();
        let (mut sw, mut time) = self.send_as_is(command, step, data)?;
        if let (Some(ne), Some(len)) = (sw.correct_le(), len_of_le(command)) {
            let mut again = Zeroizing::new(command.to_vec());
            let start = again.len() - len;
            if let Some(le) = again.get_mut(start..) {
                // 256 and 65,536 are written as zeros.
                let ne = (ne as u16).to_be_bytes();
                le.copy_from_slice(if len == 1 { &ne[1..] } else { &ne });
            }
            data.truncate(begun);
            let (corrected, more) = self.send_as_is(&again, step, data)?;
            (sw, time) = (corrected, time + more);
        }
        let cla = command.first().copied().unwrap_or_default() & 0x03;
        let mut parts = 0;
        while let Some(waiting) = sw.bytes_waiting() {
            parts += 1;
            let before = data.len();
            if before - begun >= MAX_RESPONSE || parts > MAX_PARTS {
                return Err(SessionError::TooMuch { step: step.0, limit: MAX_RESPONSE });
            }
            let get = [cla, ins::GET_RESPONSE, 0, 0, waiting as u8];
            let (next, more) = self.send_as_is(&get, step, data)?;
            (sw, time) = (next, time + more);
            if data.len() == before && sw.bytes_waiting().is_some() {
                return Err(SessionError::TooMuch { step: step.0, limit: MAX_RESPONSE });
            }
        }
        Ok((sw, time))
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

// How many bytes Le has in a command, where it has one.
fn len_of_le(command: &[u8]) -> Option<usize> {
    let view = CommandView::parse(command).ok()?;
    view.ne?;
    Some(if view.extended { 2 } else { 1 })
}
