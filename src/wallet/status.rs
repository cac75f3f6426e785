//! What became of the credentials, as the issuer publishes it for everybody.

use std::collections::BTreeMap;

use time::UtcDateTime;

use super::error::WalletError;
use super::http::Http;
use super::metadata::accepted;
use super::state::{Seen, State};
use crate::issuance::status_list::open_jwt;
use crate::pki::Certificate;

/// Fetches the lists that the credentials stand in and keeps what they say. The whole list is
/// fetched, so that the issuer does not learn which entry is looked at.
///
/// # Errors
/// [`WalletError::Network`] and the like, with what was known before left as it was: a list that
/// does not come says nothing.
pub fn refresh(
    state: &mut State,
    http: &Http,
    roots: &[Certificate],
    at: UtcDateTime,
) -> Result<(), WalletError> {
    const STEP: &str = "fetch the status list";
    const TYPE: &str = "application/statuslist+jwt";
    let mut lists = BTreeMap::new();
    for held in &mut state.credentials {
        let Some(place) = &held.status else { continue };
        let wrong = |got: String| WalletError::Answer {
            step: STEP,
            expected: format!("a status list of {}", place.uri),
            got,
        };
        if !lists.contains_key(&place.uri) {
            let reply = http.get(STEP, &place.uri, TYPE)?;
            accepted(STEP, &reply)?;
            let text = std::str::from_utf8(&reply.body).unwrap_or_default();
            let opened = open_jwt(text.trim_ascii(), &place.uri, roots, at);
            lists.insert(place.uri.clone(), opened.map_err(|e| wrong(e.to_string()))?.list);
        }
        if let Some(list) = lists.get(&place.uri) {
            let status = list.get(place.idx).map_err(|e| wrong(e.to_string()))?;
            held.seen = Some(Seen { value: status.value(), at });
        }
    }
    Ok(())
}
