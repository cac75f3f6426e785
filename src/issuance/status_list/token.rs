//! What a list says of itself, in either form (Token Status List clause 5).

use time::{Duration, UtcDateTime};

use super::cwt::{cwt_of, open_cwt};
use super::jwt::{jwt_of, open_jwt};
use super::{StatusError, StatusList};
use crate::issuance::{Signer, Status};
use crate::pki::Certificate;

/// The longest token that is read, in bytes: [`MAX_ENTRIES`](super::MAX_ENTRIES) of two bits that
/// do not compress at all, in base64 twice.
pub const MAX_TOKEN: usize = 8 << 20;

/// How far the clock of who signed may be ahead of ours.
const AHEAD: Duration = Duration::seconds(60);

/// What a status list token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it is published: `sub`.
    pub uri: String,
    /// When it was made.
    pub iat: UtcDateTime,
    /// From then on nobody may rely on it.
    pub exp: UtcDateTime,
    /// How long a verifier may keep it before it should ask again.
    pub ttl: Duration,
}

/// A list that was opened: its signature is right, its signer believed, its time has not passed.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The statuses.
    pub list: StatusList,
    /// Where it is published.
    pub uri: String,
    /// When it was made.
    pub iat: UtcDateTime,
    /// When it ends; a list need not say.
    pub exp: Option<UtcDateTime>,
    /// How long it may be kept; a list need not say.
    pub ttl: Option<Duration>,
    /// Who signed it.
    pub signer: Certificate,
}

impl Opened {
    /// The status of an entry.
    ///
    /// # Errors
    /// [`StatusError::NoEntry`]: it is not known.
    pub fn status(&self, idx: u64) -> Result<Status, StatusError> {
        self.list.get(idx)
    }

    /// Whether a fresh copy should be asked for: `ttl` has run out since it was made. It may still
    /// be relied on where none is to be had (Token Status List clause 13.7).
    pub fn should_refresh(&self, at: UtcDateTime) -> bool {
        self.ttl.is_some_and(|ttl| self.iat.checked_add(ttl).is_some_and(|until| until < at))
    }
}

/// A list in both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `application/statuslist+jwt`.
    pub jwt: String,
    /// `application/statuslist+cwt`.
    pub cwt: Vec<u8>,
}

/// Signs a list in both forms; it is compressed once.
///
/// # Errors
/// As [`sign_jwt`](super::sign_jwt) and [`sign_cwt`](super::sign_cwt).
pub fn sign(list: &StatusList, token: &Token, signer: &Signer) -> Result<Signed, StatusError> {
    let zlib = list.compress()?;
    let jwt = jwt_of(list.bits(), &zlib, token, signer)?;
    Ok(Signed { jwt, cwt: cwt_of(list.bits(), zlib, token, signer)? })
}

/// Opens a list in whichever form it came.
///
/// # Errors
/// As [`open_jwt`](super::open_jwt) and [`open_cwt`](super::open_cwt).
pub fn open(
    token: &[u8],
    uri: &str,
    anchors: &[Certificate],
    at: UtcDateTime,
) -> Result<Opened, StatusError> {
    // A COSE_Sign1 object begins with its tag, which is no ASCII.
    match std::str::from_utf8(token) {
        Ok(text) => open_jwt(text.trim_ascii(), uri, anchors, at),
        Err(_) => open_cwt(token, uri, anchors, at),
    }
}

impl Token {
    /// Seconds since 1970 of `iat` and `exp`, and `ttl` in seconds.
    pub(super) fn numbers(&self) -> Result<(i64, i64, u64), StatusError> {
        let ttl = u64::try_from(self.ttl.whole_seconds()).ok().filter(|ttl| *ttl > 0);
        let (iat, exp) = (self.iat.unix_timestamp(), self.exp.unix_timestamp());
        match ttl {
            Some(ttl) if iat < exp => Ok((iat, exp, ttl)),
            _ => {
                let fault = "iat before exp and a positive ttl expected".to_owned();
                Err(StatusError::Malformed { what: "token", fault })
            }
        }
    }
}

/// What was read from a token whose signature is right.
pub(super) struct Claims {
    pub(super) sub: String,
    pub(super) iat: i64,
    pub(super) exp: Option<i64>,
    pub(super) ttl: Option<u64>,
    pub(super) list: StatusList,
}

impl Claims {
    /// Judges what it says of itself.
    pub(super) fn judge(
        self,
        uri: &str,
        signer: Certificate,
        at: UtcDateTime,
    ) -> Result<Opened, StatusError> {
        if self.sub != uri {
            let got = crate::issuance::shown(&self.sub);
            return Err(StatusError::Subject { expected: uri.to_owned(), got });
        }
        let iat = moment("iat", self.iat)?;
        let exp = self.exp.map(|exp| moment("exp", exp)).transpose()?;
        let ttl = self.ttl.map(|ttl| i64::try_from(ttl).map(Duration::seconds));
        let ttl = ttl.transpose().map_err(|e| malformed("ttl", e))?;
        if ttl.is_some_and(|ttl| !ttl.is_positive()) {
            return Err(malformed("ttl", "a positive number expected"));
        }
        if iat - AHEAD > at {
            return Err(StatusError::NotYet { iat, at });
        }
        if let Some(exp) = exp.filter(|exp| *exp <= at) {
            return Err(StatusError::Stale { exp, at });
        }
        Ok(Opened { list: self.list, uri: self.sub, iat, exp, ttl, signer })
    }
}

pub(super) fn malformed(what: &'static str, fault: impl std::fmt::Display) -> StatusError {
    StatusError::Malformed { what, fault: fault.to_string() }
}

fn moment(what: &'static str, seconds: i64) -> Result<UtcDateTime, StatusError> {
    // The first minute of the calendar is left out, so that what is subtracted stays inside.
    let moment = UtcDateTime::from_unix_timestamp(seconds).ok().filter(|_| seconds >= 0);
    moment.ok_or_else(|| malformed(what, "seconds since 1970 expected"))
}
