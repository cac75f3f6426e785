//! What a shell shows of a run that goes on.

use std::time::Duration;

use super::{Failure, Machine};
use crate::{apdu::StatusWord, lds::Df, script::syntax::Span, session::Session};

impl Machine<'_> {
    /// The dialogue, connected at the first need.
    ///
    /// # Errors
    /// What the host says of a card that does not come.
    pub fn connected(&mut self) -> Result<&mut Session, Failure> {
        self.session(Span::default())
    }

    /// The dialogue, where a card is connected.
    pub const fn dialogue(&mut self) -> Option<&mut Session> {
        self.link.session.as_mut()
    }

    /// Whether commands are protected now.
    pub fn is_protected(&self) -> bool {
        self.link.is_protected()
    }

    /// The last answer: its data, its status word, how long it took.
    pub fn answer(&self) -> Option<(&[u8], StatusWord, Duration)> {
        self.last.any.then_some((&*self.last.data, self.last.sw, self.last.time))
    }

    /// The DF that is selected, as far as it is known; the master file where nothing was.
    pub fn df(&self) -> Df {
        self.link.standing.df.unwrap_or(Df::MasterFile)
    }

    /// What the card is called, where one is connected.
    pub fn source(&self) -> Option<&str> {
        self.link.session.as_ref().and(self.link.source.as_deref())
    }
}
