//! Going on after an APDU that was too long for card or reader.
//!
//! Nothing that came in such a moment is used. Inside a channel the next command goes out under it
//! with less asked for, as long as the card may still hold it; the answer's MAC says whether it
//! does. Where it does not, the caller has to open a new one ([`Session::take_reopen`]).

use super::{
    Lengths, Session, SessionError,
    ladder::{Ladder, Next, RESPONSES, Rungs},
};
use crate::{
    apdu::{Command, Form, Response, StatusWord},
    sm::{SecureChannel, SmError, SscSnapshot},
    tlv::{Tag, header_len},
    transport::{Limits, Step, TransportError},
};

/// DO99 and DO8E, which end every protected response (ICAO Doc 9303-11 clause 9.8.4), and the
/// status word.
const TAIL: usize = 4 + 10 + 2;

/// A channel as a failed exchange left it.
pub(super) struct SetAside {
    pub(super) channel: SecureChannel,
    /// The counter before the command.
    pub(super) before: SscSnapshot,
    /// Whether the terminal counted a response.
    pub(super) answered: bool,
}

impl Session {
    /// What card and reader of this kind were found to give, in an earlier dialogue.
    pub fn expect_lengths(&mut self, known: Lengths) {
        self.ladder = Ladder::known(known);
        if !known.extended {
            self.short_only();
        }
    }

    /// What they were found to give in this dialogue or the one before; `None` where no limit was
    /// met.
    pub fn lengths(&self) -> Option<Lengths> {
        self.ladder.lengths(self.rungs())
    }

    /// How many bytes of a file one command asks for.
    pub fn read_size(&self) -> usize {
        self.ladder.size(self.rungs())
    }

    /// Most plain bytes of a response where a limit was met that card and reader had not told.
    pub fn met_limit(&self) -> Option<usize> {
        self.ladder.safe(self.rungs())
    }

    /// Whether the last failure may have been one of length, so that a new channel is worth being
    /// opened: less is asked for then. Says so once.
    pub const fn take_reopen(&mut self) -> bool {
        std::mem::replace(&mut self.reopen, false)
    }

    /// Sends a command whose answer is short with extended length fields, where card and reader
    /// promise them and nothing shows yet that they get through: a reader that refuses them is
    /// found out here, where nothing is lost by it.
    ///
    /// # Errors
    /// As [`Session::exchange`].
    pub fn exchange_extended(
        &mut self,
        command: &Command,
        step: Step,
    ) -> Result<Response, SessionError> {
        if !self.limits().is_extended() || self.ladder.extended.is_some() {
            return self.exchange(command, step);
        }
        self.reopen = false;
        let protected = self.is_protected();
        let long = command.clone().with_form(Form::Extended);
        match self.exchange(&long, step) {
            Ok(response) if response.sw == StatusWord::WRONG_LENGTH => {}
            Ok(response) => {
                self.ladder.extended = Some(true);
                return Ok(response);
            }
            Err(error) if self.is_length(&error) => {
                self.short_only();
                // The card has not seen it.
                if protected && !self.regain(false) {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        self.short_only();
        let again = self.exchange(command, step);
        self.reopen = protected && again.is_err();
        again
    }

    /// One command of a read, `asked` bytes; `None` says to ask for fewer.
    pub(super) fn ask(
        &mut self,
        command: &Command,
        asked: usize,
        step: Step,
    ) -> Result<Option<Response>, SessionError> {
        let guessed = std::mem::take(&mut self.guessed);
        self.reopen = false;
        let protected = self.is_protected();
        let error = match self.exchange(command, step) {
            Ok(response) => {
                if response.sw == StatusWord::WRONG_LENGTH
                    && self.ladder.failed(asked, self.rungs()) == Next::Lower
                {
                    return Ok(None);
                }
                self.ladder.came(response.data.len());
                if command.is_extended() {
                    self.ladder.extended = Some(true);
                }
                return Ok(Some(response));
            }
            Err(error) => error,
        };
        let cut = self.cut(&error);
        let naked = is_naked_wrong_length(&error);
        // A short APDU of a size that came before is not too long.
        let proven = self.ladder.is_proven(asked) && !command.is_extended();
        if cut.is_none() && !naked && (!self.is_length(&error) || proven) {
            // Under a channel that the card may not have held any more, any failure is of that; some
            // drivers reset a card after what they could not carry.
            self.reopen = guessed
                && matches!(
                    error,
                    SessionError::SecureMessaging { .. }
                        | SessionError::Transport { source: TransportError::CardReset { .. }, .. }
                );
            return Err(error);
        }
        // The rungs are those of the channel that was set aside. Readers that refuse extended length
        // fields are known by now, so the card has most likely seen the command and counted.
        self.regain(true);
        let rungs = self.rungs();
        let next = match cut {
            Some(bytes) => self.ladder.exactly(self.fitting(bytes), asked, rungs),
            None => self.ladder.failed(asked, rungs),
        };
        if next == Next::Lower && self.is_protected() == protected {
            self.guessed = protected;
            return Ok(None);
        }
        self.set_channel(None);
        self.reopen = protected && next != Next::Nothing;
        Err(error)
    }

    /// The card has named a smaller Le (`6Cxx`), of a file that has more.
    pub(super) fn card_gives(&mut self, bytes: usize) {
        let rungs = self.rungs();
        self.ladder.exactly(bytes, bytes.saturating_add(1), rungs);
    }

    /// Sizes that the channel in use allows.
    pub(super) fn rungs(&self) -> Rungs {
        Rungs {
            top: self.max_response_data().min(self.max_read),
            upper: RESPONSES.map(|bytes| self.fitting(bytes)),
            short: self.fitting(Limits::SHORT.response_data + 2),
        }
    }

    // Plain bytes that a response of so many bytes holds, status word included.
    fn fitting(&self, response: usize) -> usize {
        let data = response.saturating_sub(2);
        self.channel.as_ref().map_or(data, |channel| channel.max_response_data(data))
    }

    fn short_only(&mut self) {
        self.ladder.extended = Some(false);
        self.allow(Limits::SHORT);
    }

    // The channel once more, as the card has it that saw the last command or did not.
    fn regain(&mut self, counted: bool) -> bool {
        let Some(mut aside) = self.aside.take() else { return false };
        if !counted {
            aside.channel.restore(aside.before);
        } else if !aside.answered {
            aside.channel.skip();
        }
        self.set_channel(Some(aside.channel));
        true
    }

    // Whether a reader or a card says so where an APDU was too long.
    fn is_length(&self, error: &SessionError) -> bool {
        match error {
            SessionError::Transport { source, .. } => source.may_be_length(),
            error => is_naked_wrong_length(error),
        }
    }

    // How many bytes came of a protected answer that was cut: its first data object says that more
    // would follow, and what ends every answer is not there.
    fn cut(&self, error: &SessionError) -> Option<usize> {
        let SessionError::SecureMessaging { source, .. } = error else { return None };
        let of_form = matches!(source, SmError::Malformed(_) | SmError::Missing { expected: 0x8E });
        let bytes = self.response.as_slice();
        let promised = promised(bytes).filter(|_| of_form)?;
        let tail = bytes.len().checked_sub(TAIL).and_then(|at| bytes.get(at..))?;
        let whole = tail.starts_with(&[0x99, 0x02]) && tail.get(4..6) == Some(&[0x8E, 0x08]);
        (bytes.len() < promised && !whole).then_some(bytes.len())
    }
}

// The length of a protected answer by the header of its first data object.
fn promised(bytes: &[u8]) -> Option<usize> {
    let length = match *bytes.get(1..)? {
        [len @ 0..=0x7F, ..] => usize::from(len),
        [0x81, len, ..] => usize::from(len),
        [0x82, hi, lo, ..] => usize::from(u16::from_be_bytes([hi, lo])),
        [0x83, top, hi, lo, ..] => u32::from_be_bytes([0, top, hi, lo]) as usize,
        _ => return None,
    };
    let tag = match bytes.first()? {
        tag @ (0x85 | 0x87) => Tag::new(u32::from(*tag)),
        _ => return None,
    };
    Some(header_len(tag, length) + length + TAIL)
}

const fn is_naked_wrong_length(error: &SessionError) -> bool {
    matches!(
        error,
        SessionError::SecureMessaging {
            source: SmError::Unprotected { sw: StatusWord::WRONG_LENGTH },
            ..
        }
    )
}
