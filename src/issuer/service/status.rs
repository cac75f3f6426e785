//! Token Status Lists, as they are published.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use time::UtcDateTime;

use super::super::{Code, Issuer, Refusal};
use super::refused;
use crate::issuance::status_list::{self, StatusError, StatusList, Token};
use crate::registry::StatusChange;

const JWT: &str = "application/statuslist+jwt";
const CWT: &str = "application/statuslist+cwt";

/// A status list, or another answer, with its media type.
#[derive(Clone, Debug)]
pub struct StatusReply {
    /// Its media type.
    pub content_type: &'static str,
    /// The token.
    pub body: Arc<Vec<u8>>,
    /// How long it may be kept, in seconds.
    pub max_age: u64,
}

/// The lists as they were last signed.
#[derive(Debug, Default)]
pub struct Published(Mutex<HashMap<u32, Arc<Signed>>>);

#[derive(Debug)]
struct Signed {
    version: u64,
    at: UtcDateTime,
    jwt: Arc<Vec<u8>>,
    cwt: Arc<Vec<u8>>,
}

impl Issuer {
    /// A status list (Token Status List clause 8.1), by `Accept` as JWT or as CWT.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::NotAcceptable`], and where the register does not answer.
    pub fn status_list(&self, number: u32, accept: Option<&str>) -> Result<StatusReply, Refusal> {
        let content_type = media_type(accept)?;
        let now = self.clock.now();
        let signed = self.signed_list(number, now)?;
        let body = if content_type == CWT { &signed.cwt } else { &signed.jwt };
        let age = (now - signed.at).whole_seconds();
        let max_age = (self.settings.status_ttl.whole_seconds() - age).max(0).unsigned_abs();
        Ok(StatusReply { content_type, body: Arc::clone(body), max_age })
    }

    /// The URIs of all lists (Token Status List clause 9).
    ///
    /// # Errors
    /// Where the register does not answer.
    pub fn status_aggregation(&self) -> Result<Value, Refusal> {
        let lists = self.registry.status_lists().map_err(|e| refused(&e, |_| Code::ServerError))?;
        let uris: Vec<_> = lists.into_iter().map(|list| self.status_uri(list)).collect();
        Ok(json!({ "status_lists": uris }))
    }

    /// The URI of a list, which credentials name.
    pub(in crate::issuer) fn status_uri(&self, list: u32) -> String {
        format!("{}/status/{list}", self.settings.url)
    }

    /// Signs and publishes the lists that changed: what has ended is known to have ended before
    /// anything that takes its place is released.
    pub(in crate::issuer) fn publish(&self, changes: &[StatusChange]) -> Result<(), Refusal> {
        let now = self.clock.now();
        let mut lists: Vec<_> = changes.iter().map(|change| change.list).collect();
        lists.sort_unstable();
        lists.dedup();
        lists.into_iter().try_for_each(|list| self.signed_list(list, now).map(drop))
    }

    /// Signs and publishes one list.
    pub(super) fn publish_list(&self, list: u32) -> Result<(), Refusal> {
        self.signed_list(list, self.clock.now()).map(drop)
    }

    /// A list in both forms, compressed once.
    pub(in crate::issuer) fn status_tokens(
        &self,
        number: u32,
        list: &StatusList,
        now: UtcDateTime,
    ) -> Result<status_list::Signed, StatusError> {
        let token = Token {
            uri: self.status_uri(number),
            iat: now,
            exp: now + self.settings.status_life,
            ttl: self.settings.status_ttl,
        };
        status_list::sign(list, &token, &self.keys.status)
    }

    // The list as the register has it now. One that is current and fresh is not signed again.
    fn signed_list(&self, number: u32, now: UtcDateTime) -> Result<Arc<Signed>, Refusal> {
        let unknown = |error| refused(&error, |_| Code::NotFound);
        let version = self.registry.status_version(number).map_err(unknown)?;
        let fresh = |signed: &&Arc<Signed>| {
            signed.version == version && (now - signed.at).abs() < self.settings.status_ttl / 2
        };
        let lists = || self.published.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = lists().get(&number).filter(fresh) {
            return Ok(Arc::clone(signed));
        }
        let (size, version, entries) = self.registry.status_entries(number).map_err(unknown)?;
        let fault = |error: StatusError| {
            tracing::error!(%error, list = number, "a status list could not be signed");
            Refusal::new(Code::ServerError, "the status list could not be signed")
        };
        let mut list = StatusList::new(size);
        for (idx, status) in entries {
            list.set(idx, status).map_err(fault)?;
        }
        let both = self.status_tokens(number, &list, now).map_err(fault)?;
        let (jwt, cwt) = (Arc::new(both.jwt.into_bytes()), Arc::new(both.cwt));
        let signed = Arc::new(Signed { version, at: now, jwt, cwt });
        self.metrics.status_signed(number, now);
        let mut lists = lists();
        // Who was slower does not put an older list back.
        match lists.get(&number) {
            Some(newer) if newer.version > version => Ok(Arc::clone(newer)),
            _ => {
                lists.insert(number, Arc::clone(&signed));
                Ok(signed)
            }
        }
    }
}

// Without a preference the JWT, which SD-JWT VC demands; q-values are not weighed.
fn media_type(accept: Option<&str>) -> Result<&'static str, Refusal> {
    let Some(accept) = accept else { return Ok(JWT) };
    let types = accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
    for range in types {
        match range {
            JWT | "*/*" | "application/*" => return Ok(JWT),
            CWT => return Ok(CWT),
            _ => {}
        }
    }
    Err(Refusal::new(Code::NotAcceptable, format!("{JWT} or {CWT} can be had")))
}
