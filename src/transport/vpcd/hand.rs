//! A card in somebody's hand.

use std::time::Duration;

use super::StopHandle;
use crate::transport::Deadline;

/// Where the card of a link is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// At the reader, which has not taken it yet.
    #[default]
    Waiting,
    /// In the reader.
    In,
    /// In a hand, away from the reader.
    Out,
    /// The link has ended.
    Ended,
}

impl Place {
    /// Its name: `waiting`, `in`, `out` or `ended`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::In => "in",
            Self::Out => "out",
            Self::Ended => "ended",
        }
    }
}

/// Takes the card of a [`CardLink`](super::CardLink) out of the reader and puts it back, from
/// another thread or from the chip itself. A card that was taken out stays away for a second at
/// least, for pcscd looks every 400 ms and misses what is shorter.
#[derive(Clone, Debug)]
pub struct Hand(pub(super) StopHandle);

impl Hand {
    /// Has the card leave before its next answer, and come back after this time; without one, when
    /// it is put back. Does not wait: for a chip that tears itself out of the field.
    pub fn leave(&self, back_after: Option<Duration>) {
        self.0.leave(back_after);
    }

    /// The same, and waits until it has left: false where it has not by then.
    pub fn remove(&self, back_after: Option<Duration>, by: Deadline) -> bool {
        let (place, before) = self.0.place_and_moves();
        self.0.leave(back_after);
        place != Place::In || self.0.wait_while(by, |state| state.moves == before)
    }

    /// Puts the card back and waits until the reader has it, one that is about to leave when it has
    /// come again: false where it has not by then, or
    /// where the link has ended.
    pub fn insert(&self, by: Deadline) -> bool {
        self.0.put_back();
        self.0.wait_while(by, |state| !state.is_in() && state.place != Place::Ended)
            && self.place() == Place::In
    }

    /// Where the card is.
    pub fn place(&self) -> Place {
        self.0.place_and_moves().0
    }

    /// Ends the link, as [`StopHandle::stop`] does.
    pub fn stop(&self) {
        self.0.stop();
    }
}
