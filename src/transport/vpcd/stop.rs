//! Ending a link from another thread.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::transport::Deadline;

/// Ends a [`CardLink`](super::CardLink): the card leaves the reader. Clones end the same link.
#[derive(Clone, Default)]
pub struct StopHandle(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    stream: Option<TcpStream>,
}

impl StopHandle {
    /// Ends the link before the next answer. An answer that is being sent is sent whole, for vpcd
    /// would take a part of it for all of it.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        // Only the reading side: it wakes the reader, and a frame on its way out is not cut.
        if let Some(stream) = state.stream.take() {
            let _ = stream.shutdown(Shutdown::Read);
        }
        drop(state);
        self.0.changed.notify_all();
    }

    /// Whether [`StopHandle::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Waits this long, or shorter where it is stopped: whether it is.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let until = Deadline::after(time);
        let mut state = self.lock();
        while !state.stopped {
            if until.passed() {
                break;
            }
            let waited = self.0.changed.wait_timeout(state, until.left());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.stopped
    }

    /// The stream to wake; false where it is stopped already.
    pub(super) fn adopt(&self, stream: TcpStream) -> bool {
        let mut state = self.lock();
        if !state.stopped {
            state.stream = Some(stream);
        }
        !state.stopped
    }

    /// Forgets the stream, which would stay open as long as it is held here.
    pub(super) fn release(&self) {
        self.lock().stream = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for StopHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StopHandle").field("stopped", &self.is_stopped()).finish_non_exhaustive()
    }
}
