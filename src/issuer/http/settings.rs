//! How the door is kept.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// What the door goes by.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The issuer's URL as clients know it, without a slash at the end: what a DPoP proof is about
    /// follows from it, never from `Host`.
    pub url: String,
    /// Address and port to listen at; port 0 is any free one.
    pub listen: String,
    /// Certificate and key; nothing behind a proxy that has them.
    pub tls: Option<TlsFiles>,
    /// Where metrics are to be had, apart from the rest.
    pub metrics: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
    /// The most connections at once; more wait.
    pub connections: usize,
    /// The most of them from one address (one /64 of IPv6), more are closed; nothing where there is
    /// no limit. Those of `proxies` have none.
    pub connections_per_address: Option<NonZeroU32>,
    /// The most calls at once; more wait, within the time of a request.
    pub workers: usize,
    /// The longest a TLS handshake, and then each request's head, may take.
    pub head_time: Duration,
    /// The longest a request's body may take.
    pub body_time: Duration,
    /// The longest an answer may take to be made.
    pub answer_time: Duration,
    /// The longest a client may leave an answer unread.
    pub write_time: Duration,
    /// The longest that requests in flight are waited for at the end.
    pub grace: Duration,
}

/// A chain and its key, PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, and those between it and its root.
    pub certificate: PathBuf,
    /// Its key, PKCS#8 or SEC1.
    pub key: PathBuf,
}

impl HttpSettings {
    /// The usual values for an issuer at that URL.
    pub fn new(url: &str, listen: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            listen: listen.to_owned(),
            tls: None,
            metrics: None,
            proxies: Vec::new(),
            connections: 4096,
            connections_per_address: NonZeroU32::new(64),
            workers: 64,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(20),
            answer_time: Duration::from_secs(30),
            write_time: Duration::from_secs(20),
            grace: Duration::from_secs(30),
        }
    }

    /// The path of the URL, empty or `/..`.
    pub(super) fn base(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.find('/').map_or("", |at| &rest[at..])
    }

    /// Scheme and host of the URL.
    pub(super) fn origin(&self) -> &str {
        &self.url[..self.url.len() - self.base().len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_origin_and_path() {
        for (url, origin, base) in [
            ("https://issuer.example", "https://issuer.example", ""),
            ("https://issuer.example/", "https://issuer.example", ""),
            ("https://issuer.example:8443/kr/a/", "https://issuer.example:8443", "/kr/a"),
        ] {
            let settings = HttpSettings::new(url, "127.0.0.1:0");
            assert_eq!((settings.origin(), settings.base()), (origin, base));
        }
    }
}
