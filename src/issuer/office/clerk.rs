//! Who stands at the counter.

use subtle::ConstantTimeEq;

use super::super::service::secret::hash;
use super::super::{Call, Code, Issuer, Refusal};
use crate::registry::TokenHash;

/// A clerk: a name for the events, and the hash of a bearer token (RFC 6750) of at least 128 random
/// bits.
#[derive(Clone, PartialEq, Eq)]
pub struct Clerk {
    /// The name.
    pub name: String,
    /// SHA-256 of the token.
    pub token: TokenHash,
}

impl Clerk {
    /// The clerk of that name and token.
    pub fn new(name: impl Into<String>, token: &str) -> Self {
        Self { name: name.into(), token: hash(token) }
    }
}

impl std::fmt::Debug for Clerk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clerk({})", self.name)
    }
}

impl Issuer {
    /// The clerk whose token came, if it is not the turn of others.
    pub(super) fn clerk(&self, call: &Call) -> Result<&Clerk, Refusal> {
        let denied = || Refusal::new(Code::InvalidToken, "Authorization: Bearer, a clerk's token");
        let header = call.authorization.as_deref().ok_or_else(denied)?;
        let (scheme, token) = header.split_once(' ').ok_or_else(denied)?;
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(denied());
        }
        let shown = hash(token.trim_ascii());
        let mut found = None;
        // All are compared, and each in the same time.
        for clerk in &self.settings.clerks {
            if clerk.token.as_bytes().ct_eq(shown.as_bytes()).into() {
                found = Some(clerk);
            }
        }
        let clerk = found.ok_or_else(denied)?;
        self.limits.clerk(&clerk.name)?;
        Ok(clerk)
    }
}
