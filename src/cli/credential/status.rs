//! What the status list says. That it is not known is an answer of its own, and never reads as
//! revoked.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};
use time::UtcDateTime;

use super::super::{failure::Failure, files, trust};
use super::fetch;
use crate::{
    crypto::Hash,
    issuance::{
        Status, StatusRef,
        status_list::{MAX_TOKEN, Opened, StatusError, open},
    },
    pki::Certificate,
};

/// The most files of a folder that are looked at.
const MAX_FILES: usize = 1000;

/// Where to look.
pub(super) struct Sources<'a> {
    pub(super) files: &'a [PathBuf],
    pub(super) cache: Option<&'a Path>,
    pub(super) fetch: bool,
    pub(super) tls_ca: Option<&'a Path>,
    /// The form that is asked for.
    pub(super) media_type: &'static str,
}

impl Sources<'_> {
    pub(super) const fn is_asked(&self) -> bool {
        !self.files.is_empty() || self.cache.is_some() || self.fetch
    }
}

/// What is known of a credential's status.
pub(super) enum Known {
    /// It has none: it is good until it ends.
    None,
    /// Nobody asked.
    Unchecked(StatusRef),
    /// The list says so.
    Listed { at: StatusRef, status: Status, list: Box<Opened>, refresh: bool },
    /// No list that could be relied on.
    Unknown { at: StatusRef, why: StatusError },
}

/// Looks the status up.
pub(super) fn look_up(
    place: Option<StatusRef>,
    sources: &Sources<'_>,
    iaca: &[Certificate],
    at: UtcDateTime,
) -> Result<Known> {
    let Some(place) = place else { return Ok(Known::None) };
    if !sources.is_asked() {
        return Ok(Known::Unchecked(place));
    }
    let found = find(&place.uri, sources, iaca, at)?;
    let judged = found.and_then(|list| Ok((list.status(place.idx)?, list)));
    Ok(match judged {
        Ok((status, list)) => {
            let refresh = list.should_refresh(at);
            Known::Listed { at: place, status, list: Box::new(list), refresh }
        }
        Err(why) => Known::Unknown { at: place, why },
    })
}

type Found = Result<Opened, StatusError>;

/// The newest list of that URI: from the files, else from the cache while its ttl lasts, else from
/// the net, else from the cache until it ends.
fn find(uri: &str, sources: &Sources<'_>, iaca: &[Certificate], at: UtcDateTime) -> Result<Found> {
    const NEVER: &str = "it is in none of the files given";
    let mut best: Found =
        Err(StatusError::NotFetched { uri: uri.to_owned(), fault: NEVER.to_owned() });
    let mut all = Vec::new();
    for path in sources.files {
        all.extend(files_of(path)?);
    }
    let cached = sources.cache.map(|dir| dir.join(cache_name(uri)));
    all.extend(cached.clone().filter(|path| path.exists()));
    for path in all {
        let bytes = trust::read_bounded(&path, "read a status list", MAX_TOKEN)?;
        better(&mut best, open(&bytes, uri, iaca, at));
    }
    let fresh = best.as_ref().is_ok_and(|list| !list.should_refresh(at));
    if sources.fetch && !fresh {
        let fetched = fetch::get(uri, sources.media_type, sources.tls_ca)?;
        let bytes = fetched.map_err(|fault| StatusError::NotFetched { uri: uri.into(), fault });
        let opened = bytes.and_then(|bytes| Ok((open(&bytes, uri, iaca, at)?, bytes)));
        if let (Ok((_, bytes)), Some(path)) = (&opened, &cached) {
            if let Some(dir) = path.parent() {
                std::fs::create_dir_all(dir)
                    .map_err(|e| Failure::file(dir, "keep the status list", &e))?;
            }
            files::write_private(path, "keep the status list", bytes)?;
        }
        better(&mut best, opened.map(|(list, _)| list));
    }
    Ok(best)
}

/// A list rather than none, the newer of two, and of two faults that which tells more.
fn better(best: &mut Found, other: Found) {
    let take = match (&*best, &other) {
        (Ok(best), Ok(other)) => best.iat < other.iat,
        (Ok(_), Err(_)) => false,
        (Err(_), Ok(_)) => true,
        // That some file holds another list says nothing about this one.
        (Err(_), Err(other)) => !matches!(other, StatusError::Subject { .. }),
    };
    if take {
        *best = other;
    }
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    const STEP: &str = "read the status lists";
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let fail = |e: std::io::Error| Failure::file(path, STEP, &e);
    let entries = std::fs::read_dir(path).map_err(fail)?.take(MAX_FILES);
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(fail)?;
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths)
}

// The address is a stranger's text, so it names no file.
fn cache_name(uri: &str) -> String {
    let digest = Hash::Sha256.digest(&[uri.as_bytes()]);
    format!("{}.statuslist", hex::encode(&digest[..16]))
}

impl Known {
    /// Whether nothing stands against the credential.
    pub(super) const fn is_good(&self, accept_unknown: bool) -> bool {
        match self {
            Self::None | Self::Unchecked(_) => true,
            Self::Listed { status, .. } => matches!(status, Status::Valid),
            Self::Unknown { .. } => accept_unknown,
        }
    }

    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unchecked(_) => "not_checked",
            Self::Listed { status: Status::Valid, .. } => "valid",
            Self::Listed { status: Status::Invalid, .. } => "invalid",
            Self::Listed { status: Status::Suspended, .. } => "suspended",
            Self::Listed { status: Status::Other(_), .. } => "other",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// What a person wants to know of it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::None => "none: it is good until it ends".into(),
            Self::Unchecked(at) => format!("not looked up: {}", shown(&at.uri)),
            Self::Listed { at, status, list, refresh } => {
                let word = match status {
                    Status::Invalid => "invalid: revoked for ever".to_owned(),
                    Status::Suspended => "suspended: for the time being".to_owned(),
                    Status::Other(value) => format!("{value}: what the issuer means by it"),
                    Status::Valid => "valid".to_owned(),
                };
                let old = if *refresh { ", a newer one is due" } else { "" };
                format!("{word}   entry {} of the list of {}{old}", at.idx, trust::text(list.iat))
            }
            Self::Unknown { why, .. } => format!("unknown, which is not revoked: {why}"),
        }
    }

    pub(super) fn value(&self) -> Value {
        let (at, why) = match self {
            Self::None => (None, None),
            Self::Unchecked(at) | Self::Listed { at, .. } => (Some(at), None),
            Self::Unknown { at, why } => (Some(at), Some(why.to_string())),
        };
        let list = match self {
            Self::Listed { list, refresh, .. } => Some(json!({
                "issued_at": trust::text(list.iat),
                "expires_at": list.exp.map(trust::text),
                "ttl": list.ttl.map(|ttl| ttl.whole_seconds()),
                "refresh_due": refresh,
                "signer": list.signer.subject(),
            })),
            _ => None,
        };
        json!({
            "value": self.word(),
            "idx": at.map(|at| at.idx),
            "uri": at.map(|at| at.uri.as_str()),
            "list": list,
            "why": why,
        })
    }
}

fn shown(text: &str) -> String {
    super::super::holder::shown(text)
}
