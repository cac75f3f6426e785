//! Reaching a link from another thread: to end it, to take its card out of the reader and put it
//! back.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Place;
use crate::transport::Deadline;

/// pcscd misses the removal of a card that is back before its next look.
pub(super) const AWAY: Duration = Duration::from_secs(1);
/// Between two looks of a link that waits for a hand.
const LOOK: Duration = Duration::from_millis(250);

/// Ends a [`CardLink`](super::CardLink): the card leaves the reader. Clones end the same link.
#[derive(Clone, Default)]
pub struct StopHandle(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    stopped: bool,
    stream: Option<TcpStream>,
    out: Option<Out>,
    pub(super) place: Place,
    /// How often the card has come into a reader and left it.
    pub(super) moves: u64,
}

impl State {
    /// Whether the card is in the reader and stays.
    pub(super) const fn is_in(&self) -> bool {
        matches!(self.place, Place::In) && self.out.is_none() && !self.stopped
    }
}

/// A card that a hand has taken.
struct Out {
    /// When it may be back at the earliest.
    earliest: Instant,
    /// When it is put back, where that is known.
    back: Option<Instant>,
}

impl StopHandle {
    /// Ends the link before the next answer. An answer that is being sent is sent whole, for vpcd
    /// would take a part of it for all of it.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        wake(&mut state);
        drop(state);
        self.0.changed.notify_all();
    }

    /// Whether [`StopHandle::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Takes the card out before the next answer; it is put back this long after, or by a hand.
    pub(super) fn leave(&self, back_after: Option<Duration>) {
        let mut state = self.lock();
        let now = Instant::now();
        let back = back_after.and_then(|time| now.checked_add(time));
        state.out = Some(Out { earliest: now + AWAY, back });
        if state.place == Place::Waiting {
            state.place = Place::Out;
        }
        wake(&mut state);
        drop(state);
        self.0.changed.notify_all();
    }

    /// Puts it back, at the earliest when pcscd has noticed that it was away.
    pub(super) fn put_back(&self) {
        if let Some(out) = &mut self.lock().out {
            out.back = Some(Instant::now());
        }
        self.0.changed.notify_all();
    }

    /// Whether the card has to leave the reader, or not to come.
    pub(super) fn is_leaving(&self) -> bool {
        let state = self.lock();
        state.stopped || state.out.is_some()
    }

    /// How long to wait before looking again whether the card is back, where a hand has it.
    pub(super) fn held(&self) -> Option<Duration> {
        let mut state = self.lock();
        let out = state.out.as_ref().filter(|_| !state.stopped)?;
        let Some(back) = out.back else { return Some(LOOK) };
        let wait = back.max(out.earliest).saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            return Some(wait);
        }
        state.out = None;
        state.place = Place::Waiting;
        drop(state);
        self.0.changed.notify_all();
        None
    }

    /// Waits this long, or until something changes.
    pub(super) fn doze(&self, time: Duration) {
        let state = self.lock();
        if !state.stopped {
            drop(self.0.changed.wait_timeout(state, time));
        }
    }

    /// Waits this long, or shorter where it is stopped: whether it is.
    pub(super) fn wait(&self, time: Duration) -> bool {
        self.wait_while(Deadline::after(time), |state| !state.stopped)
    }

    /// Waits until that no longer holds; false where the deadline passed first.
    pub(super) fn wait_while(&self, by: Deadline, holds: impl Fn(&State) -> bool) -> bool {
        let mut state = self.lock();
        while holds(&state) {
            if by.passed() {
                return false;
            }
            let waited = self.0.changed.wait_timeout(state, by.left());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// The stream to wake; false where the card has to leave already.
    pub(super) fn adopt(&self, stream: TcpStream) -> bool {
        let mut state = self.lock();
        if state.stopped || state.out.is_some() {
            return false;
        }
        state.stream = Some(stream);
        state.place = Place::In;
        state.moves += 1;
        drop(state);
        self.0.changed.notify_all();
        true
    }

    /// Forgets the stream, which would stay open as long as it is held here: the card has left.
    /// Whether a hand has taken it.
    pub(super) fn release(&self) -> bool {
        let mut state = self.lock();
        state.stream = None;
        if state.place == Place::In {
            state.moves += 1;
        }
        let is_out = state.out.is_some();
        if let Some(out) = &mut state.out {
            out.earliest = Instant::now() + AWAY;
        }
        state.place = if is_out { Place::Out } else { Place::Waiting };
        drop(state);
        self.0.changed.notify_all();
        is_out
    }

    /// The link has ended.
    pub(super) fn end(&self) {
        self.lock().place = Place::Ended;
        self.0.changed.notify_all();
    }

    pub(super) fn place_and_moves(&self) -> (Place, u64) {
        let state = self.lock();
        (state.place, state.moves)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Only the reading side: it wakes the reader, and a frame on its way out is not cut.
fn wake(state: &mut State) {
    if let Some(stream) = state.stream.take() {
        let _ = stream.shutdown(Shutdown::Read);
    }
}

impl std::fmt::Debug for StopHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StopHandle").field("stopped", &self.is_stopped()).finish_non_exhaustive()
    }
}
