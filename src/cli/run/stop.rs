//! Ctrl-C: the run ends, and its report is written.

use std::{
    ffi::c_int,
    io::{self, BufRead as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

/// What a shell tells of a program that a signal ended: this and the signal's number.
const ENDED_BY_SIGNAL: i32 = 128;

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
            let status = ENDED_BY_SIGNAL + signal;
            flag::register_conditional_shutdown(signal, status, Arc::clone(&stop.0))?;
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

    /// A line from standard input, or `None` where the run is to end before there is one.
    pub(super) fn or_line(&self) -> io::Result<Option<String>> {
        while !is_readable(LOOK)? {
            if self.is_set() {
                return Ok(None);
            }
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(Some(line))
    }
}

// Whether standard input has something before so much time has passed. A terminal hands out whole
// lines.
#[cfg(unix)]
fn is_readable(within: Duration) -> io::Result<bool> {
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        io::Errno,
    };
    let within = Timespec { tv_sec: 0, tv_nsec: within.subsec_nanos().into() };
    let stdin = io::stdin();
    match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&within)) {
        Ok(ready) => Ok(ready > 0),
        // A signal came, which is what the caller looks for.
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

// Reading waits here, and only Enter or a second signal ends it.
#[cfg(not(unix))]
fn is_readable(_: Duration) -> io::Result<bool> {
    Ok(true)
}
