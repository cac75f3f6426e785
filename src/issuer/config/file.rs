//! The keys of `issuer.toml`, and what their values mean.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration as StdDuration;

use serde::Deserialize;
use time::Duration;
use toml::Spanned;

use super::error::Place;
use super::{ConfigError, beside};
use crate::issuer::http::{HttpSettings, TlsFiles};
use crate::issuer::{Clerk, Rates, Settings};
use crate::registry::TokenHash;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    url: Spanned<String>,
    name: Spanned<String>,
    country: Spanned<String>,
    listen: Spanned<String>,
    #[serde(default)]
    behind_proxy: bool,
    #[serde(default)]
    proxies: Vec<IpAddr>,
    pub(super) policy: PathBuf,
    pub(super) trust: PathBuf,
    #[serde(default)]
    confirm_offers: bool,
    tls: Option<Tls>,
    pub(super) database: Spanned<Database>,
    pub(super) keys: Keys,
    pub(super) wallet: Wallet,
    pub(super) population: Spanned<Population>,
    pub(super) face: Option<Port>,
    #[serde(default)]
    credential: Credential,
    #[serde(default)]
    lifetimes: Lifetimes,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    http: Http,
    metrics: Option<Metrics>,
    #[serde(default)]
    clerks: Vec<ClerkEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Database {
    pub(super) sqlite: Option<PathBuf>,
    pub(super) postgres: Option<String>,
    pub(super) postgres_env: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    pub(super) iaca: PathBuf,
    pub(super) document: PathBuf,
    pub(super) status: PathBuf,
    pub(super) metadata: PathBuf,
    pub(super) encryption: PathBuf,
    pub(super) nonce: PathBuf,
    pub(super) seal: PathBuf,
    pub(super) names: PathBuf,
    pub(super) log: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wallet {
    pub(super) providers: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Population {
    pub(super) csv: Option<PathBuf>,
    pub(super) http: Option<Port>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Port {
    pub(super) url: String,
    pub(super) token: PathBuf,
    pub(super) ca: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Credential {
    doc_type: Option<String>,
    vct: Option<String>,
    life_days: Option<Spanned<u16>>,
    batch_size: Option<Spanned<u8>>,
    status_list_size: Option<Spanned<u64>>,
}

// Seconds.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Lifetimes {
    offer: Option<Spanned<u32>>,
    code: Option<Spanned<u32>>,
    tap: Option<Spanned<u32>>,
    nonce: Option<Spanned<u32>>,
    token: Option<Spanned<u32>>,
    status_ttl: Option<Spanned<u32>>,
    status: Option<Spanned<u32>>,
    clock_skew: Option<Spanned<u32>>,
}

// 0 is no limit.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    address_per_minute: u32,
    wallet_per_hour: u32,
    person_per_hour: u32,
    card_per_hour: u32,
    offer_per_hour: u32,
    clerk_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            address_per_minute: 600,
            wallet_per_hour: 30,
            person_per_hour: 30,
            card_per_hour: 30,
            offer_per_hour: 30,
            clerk_per_minute: 60,
        }
    }
}

impl Limits {
    pub(super) fn rates(&self) -> Rates {
        Rates {
            address: NonZeroU32::new(self.address_per_minute),
            wallet: NonZeroU32::new(self.wallet_per_hour),
            person: NonZeroU32::new(self.person_per_hour),
            card: NonZeroU32::new(self.card_per_hour),
            offer: NonZeroU32::new(self.offer_per_hour),
            clerk: NonZeroU32::new(self.clerk_per_minute),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Http {
    connections: Option<usize>,
    connections_per_address: Option<u32>,
    workers: Option<usize>,
    head_seconds: Option<u16>,
    body_seconds: Option<u16>,
    answer_seconds: Option<u16>,
    write_seconds: Option<u16>,
    grace_seconds: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metrics {
    listen: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClerkEntry {
    name: Spanned<String>,
    token_sha256: Spanned<String>,
}

impl File {
    pub(super) fn settings(&self, place: &Place<'_>) -> Result<Settings, ConfigError> {
        let mut s = Settings::new(self.url(place)?);
        let wrong =
            |at: std::ops::Range<usize>, key, expected: &str| place.value(at, key, expected);
        if self.name.get_ref().trim().is_empty() {
            return Err(wrong(self.name.span(), "name", "a name for people"));
        }
        let country = self.country.get_ref();
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(wrong(self.country.span(), "country", "two capitals (ISO 3166-1)"));
        }
        (s.name, s.country) = (self.name.get_ref().clone(), country.clone());
        s.confirm_offers = self.confirm_offers;
        let c = &self.credential;
        s.doc_type = c.doc_type.clone().unwrap_or(s.doc_type);
        s.vct = c.vct.clone().unwrap_or(s.vct);
        if let Some(days) = &c.life_days {
            if *days.get_ref() == 0 {
                return Err(wrong(days.span(), "life_days", "1 or more"));
            }
            s.credential_life = Duration::days(i64::from(*days.get_ref()));
        }
        if let Some(size) = &c.batch_size {
            // OpenID4VCI 1.0 clause 12.2.4: batch_size is 2 or more.
            if !(2..=16).contains(size.get_ref()) {
                return Err(wrong(size.span(), "batch_size", "2 to 16"));
            }
            s.batch_size = *size.get_ref();
        }
        if let Some(size) = &c.status_list_size {
            if !(1 << 10..=1 << 24).contains(size.get_ref()) {
                return Err(wrong(size.span(), "status_list_size", "1024 to 16777216"));
            }
            s.status_list_size = *size.get_ref();
        }
        let l = &self.lifetimes;
        for (key, value, most, to) in [
            ("offer", &l.offer, 86_400, &mut s.offer_life),
            ("code", &l.code, 600, &mut s.code_life),
            ("tap", &l.tap, 600, &mut s.tap_life),
            ("nonce", &l.nonce, 3600, &mut s.nonce_life),
            ("token", &l.token, 3600, &mut s.token_life),
            ("status_ttl", &l.status_ttl, 86_400, &mut s.status_ttl),
            ("status", &l.status, 31 * 86_400, &mut s.status_life),
            ("clock_skew", &l.clock_skew, 600, &mut s.clock_skew),
        ] {
            let Some(seconds) = value else { continue };
            if !(1..=most).contains(seconds.get_ref()) {
                return Err(place.value(seconds.span(), key, format!("1 to {most} seconds")));
            }
            *to = Duration::seconds(i64::from(*seconds.get_ref()));
        }
        // Lists are signed anew at half of their ttl: one that ends before has no successor.
        if s.status_life < s.status_ttl * 2
            && let Some(at) = l.status.as_ref().or(l.status_ttl.as_ref())
        {
            let expected = "twice status_ttl or more";
            return Err(wrong(at.span(), "status", expected));
        }
        for clerk in &self.clerks {
            let named = |other: &&ClerkEntry| other.name.get_ref() == clerk.name.get_ref();
            if clerk.name.get_ref().is_empty() || self.clerks.iter().filter(named).count() > 1 {
                return Err(wrong(clerk.name.span(), "clerks.name", "a name that no other has"));
            }
            let mut hash = [0; 32];
            hex::decode_to_slice(clerk.token_sha256.get_ref(), &mut hash).map_err(|_| {
                let expected = "SHA-256 of the clerk's token, 64 hexadecimal digits";
                wrong(clerk.token_sha256.span(), "clerks.token_sha256", expected)
            })?;
            let name = clerk.name.get_ref().clone();
            s.clerks.push(Clerk { name, token: TokenHash(hash) });
        }
        Ok(s)
    }

    pub(super) fn http(&self, place: &Place<'_>) -> Result<HttpSettings, ConfigError> {
        let mut http = HttpSettings::new(self.url(place)?, self.listen.get_ref());
        let port = self.listen.get_ref().rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(_))) {
            return Err(place.value(self.listen.span(), "listen", "ADDRESS:PORT"));
        }
        http.tls = self.tls.as_ref().map(|tls| TlsFiles {
            certificate: beside(place.path, &tls.certificate),
            key: beside(place.path, &tls.key),
        });
        if http.tls.is_some() == self.behind_proxy {
            let expected = "either [tls], or behind_proxy = true where a proxy has the certificate";
            return Err(place.value(self.listen.span(), "listen", expected));
        }
        http.metrics = self.metrics.as_ref().map(|m| m.listen.clone());
        http.proxies = self.proxies.iter().map(IpAddr::to_canonical).collect();
        let h = &self.http;
        http.connections = h.connections.unwrap_or(http.connections).max(1);
        match h.connections_per_address {
            Some(most) => http.connections_per_address = NonZeroU32::new(most),
            // All come from a proxy that nobody named.
            None if self.behind_proxy && self.proxies.is_empty() => {
                http.connections_per_address = None;
            }
            None => {}
        }
        http.workers = h.workers.unwrap_or(http.workers).clamp(1, 4096);
        for (value, to) in [
            (h.head_seconds, &mut http.head_time),
            (h.body_seconds, &mut http.body_time),
            (h.answer_seconds, &mut http.answer_time),
            (h.write_seconds, &mut http.write_time),
            (h.grace_seconds, &mut http.grace),
        ] {
            if let Some(seconds) = value {
                *to = StdDuration::from_secs(u64::from(seconds.max(1)));
            }
        }
        Ok(http)
    }

    // https, or http on this machine; without user, query and fragment (OpenID4VCI 1.0 clause
    // 12.2.1).
    fn url(&self, place: &Place<'_>) -> Result<&str, ConfigError> {
        let url = self.url.get_ref();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", ""));
        let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:[]".contains(c);
        let local = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|h| host.strip_prefix(h).is_some_and(|r| r.is_empty() || r.starts_with(':')));
        let right = (scheme == "https" || (scheme == "http" && local))
            && !host.is_empty()
            && host.chars().all(plain)
            && path.chars().all(|c| plain(c) || c == '/')
            && !url.ends_with('/');
        if right {
            return Ok(url);
        }
        let expected = "an https URL (or http on this machine) without user, query, fragment and \
                        slash at the end";
        Err(place.value(self.url.span(), "url", expected))
    }
}
