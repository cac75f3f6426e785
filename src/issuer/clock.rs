//! The issuer's clock.

use time::UtcDateTime;

/// Tells the time. The issuer asks it once a request.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UtcDateTime;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UtcDateTime {
        UtcDateTime::now()
    }
}
