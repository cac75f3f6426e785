//! Ctrl-C: the run ends, and its report is written.

use std::{
    ffi::c_int,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

/// What a shell's user sees of a program that a signal ended: 128 and the signal's number.
const ENDED_BY_SIGNAL: i32 = 130;

/// How soon whoever waits sees that the run is to end.
const LOOK: Duration = Duration::from_millis(50);

/// Whether somebody pressed Ctrl-C, or a build server said by SIGTERM that it is enough.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on the first Ctrl-C is kept, and only the second ends the program at once: a card
    /// that does not answer may hold up the first.
    pub(in crate::cli) fn on_ctrl_c() -> io::Result<Self> {
        Self::on(&[SIGINT])
    }

    /// The same, and of SIGTERM too.
    pub(super) fn on_signals() -> io::Result<Self> {
        Self::on(&[SIGINT, SIGTERM])
    }

    fn on(signals: &[c_int]) -> io::Result<Self> {
        let stop = Self::default();
        for &signal in signals {
            // In this order, or the first signal would be taken for the second.
            flag::register_conditional_shutdown(signal, ENDED_BY_SIGNAL, Arc::clone(&stop.0))?;
            flag::register(signal, Arc::clone(&stop.0))?;
        }
        Ok(stop)
    }

    pub(in crate::cli) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What ended is over: the next signal ends what comes next.
    pub(in crate::cli) fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Waits so long, or until the run is to end.
    pub(super) fn sleep(&self, time: Duration) {
        let begun = Instant::now();
        while !self.is_set() {
            let left = time.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }

    /// What `read` gives, or `None` where the run is to end before; then `read` is left behind.
    pub(super) fn or<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<Option<T>> {
        let (done, answer) = mpsc::channel();
        std::thread::Builder::new().name("read a line".into()).spawn(move || {
            // Nobody listens any more where the run has ended.
            let _ = done.send(read());
        })?;
        loop {
            match answer.recv_timeout(LOOK) {
                Ok(read) => return read.map(Some),
                Err(RecvTimeoutError::Timeout) if self.is_set() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("whoever read has ended"));
                }
            }
        }
    }
}
