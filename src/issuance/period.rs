//! When a credential is good.

use time::{Duration, UtcDateTime};

use crate::pki::Certificate;

/// A credential's times: whole seconds, `signed <= valid_from < valid_until`, and none of them
/// outside the validity of the certificate that signs (ISO/IEC 18013-5 clause 9.1.2.4, RFC 9901).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    signed: UtcDateTime,
    valid_from: UtcDateTime,
    valid_until: UtcDateTime,
}

/// Why there is no such period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeriodError {
    /// It would end before it begins, or at once.
    #[error("credential: it would be good from {from} until {until}")]
    Empty {
        /// The first second.
        from: UtcDateTime,
        /// The last second.
        until: UtcDateTime,
    },
    /// The signer's certificate is not valid now.
    #[error("credential: its signer's certificate is not valid at {at}")]
    SignerNotValid {
        /// When it was to be signed.
        at: UtcDateTime,
    },
}

impl Period {
    /// From now until then, cut to whole seconds and to what the signer's certificate covers.
    ///
    /// # Errors
    /// [`PeriodError`].
    pub fn new(
        now: UtcDateTime,
        until: UtcDateTime,
        signer: &Certificate,
    ) -> Result<Self, PeriodError> {
        let covered = signer.validity();
        let now = now.truncate_to_second();
        if !covered.contains(now) {
            return Err(PeriodError::SignerNotValid { at: now });
        }
        let until = until.truncate_to_second().min(covered.not_after.truncate_to_second());
        Self::of(now, now, until)
    }

    /// The period of these times, as a credential states them.
    ///
    /// # Errors
    /// [`PeriodError::Empty`] where they are not in order.
    pub fn of(
        signed: UtcDateTime,
        valid_from: UtcDateTime,
        valid_until: UtcDateTime,
    ) -> Result<Self, PeriodError> {
        if signed > valid_from || valid_until - valid_from < Duration::SECOND {
            return Err(PeriodError::Empty { from: valid_from, until: valid_until });
        }
        Ok(Self { signed, valid_from, valid_until })
    }

    /// When it was signed.
    pub const fn signed(&self) -> UtcDateTime {
        self.signed
    }

    /// The first second at which it is good.
    pub const fn valid_from(&self) -> UtcDateTime {
        self.valid_from
    }

    /// The last second at which it is good.
    pub const fn valid_until(&self) -> UtcDateTime {
        self.valid_until
    }

    /// Whether that moment lies inside.
    pub fn contains(&self, at: UtcDateTime) -> bool {
        self.valid_from <= at && at.truncate_to_second() <= self.valid_until
    }
}
