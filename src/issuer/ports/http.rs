//! A service that is asked over HTTP, as the adapters need it: one POST of JSON with a bearer
//! token, bounded in time and size.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::{
    Agent, Error,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};
use zeroize::Zeroizing;

use super::PortError;

/// Where a service is, and how it is asked.
#[derive(Clone)]
pub struct HttpPort {
    agent: Agent,
    url: String,
    token: Zeroizing<String>,
}

/// How long an answer may take, from the connection on.
const PATIENCE: Duration = Duration::from_secs(5);

impl HttpPort {
    /// A service at that URL: https, or http on this machine. Where `ca` (PEM) is given, its
    /// certificates alone are believed.
    ///
    /// # Errors
    /// [`PortError`]: another URL, or no certificate.
    pub fn new(url: &str, token: Zeroizing<String>, ca: Option<&[u8]>) -> Result<Self, PortError> {
        Self::with_patience(url, token, ca, PATIENCE)
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// As [`HttpPort::new`].
    pub fn with_patience(
        url: &str,
        token: Zeroizing<String>,
        ca: Option<&[u8]>,
        patience: Duration,
    ) -> Result<Self, PortError> {
        let fault = |detail: &str| PortError { port: "configuration", detail: detail.to_owned() };
        if !url.starts_with("https://") && !is_here(url) {
            return Err(fault("an https URL expected, or http on this machine"));
        }
        let mut tls = TlsConfig::builder();
        if let Some(pem) = ca {
            let certificates: Vec<Certificate<'static>> = parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(fault("ca: a certificate in PEM expected"));
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .timeout_global(Some(patience))
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .new_agent();
        Ok(Self { agent, url: url.to_owned(), token })
    }

    /// Asks. Nothing where the answer is 404.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        port: &'static str,
        question: &Value,
        most: u64,
    ) -> Result<Option<T>, PortError> {
        let fault = |detail: String| PortError { port, detail };
        let bearer = Zeroizing::new(format!("Bearer {}", self.token.as_str()));
        let request = self.agent.post(&self.url).header("authorization", bearer.as_str());
        let mut answer = request.send_json(question).map_err(|e| fault(reason(&e)))?;
        let status = answer.status().as_u16();
        if status == 404 {
            return Ok(None);
        }
        if status != 200 {
            return Err(fault(format!("200 or 404 expected, {status} came")));
        }
        let body = answer.body_mut().with_config().limit(most).read_to_vec();
        let body = Zeroizing::new(body.map_err(|e| fault(reason(&e)))?);
        // What the parser says may quote personal data.
        let read = serde_json::from_slice(&body);
        read.map(Some).map_err(|_| fault("an answer of another form than documented came".into()))
    }
}

impl std::fmt::Debug for HttpPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpPort({})", self.url)
    }
}

/// Whether a plain URL is one of this machine, so that a token in it does not go to the network.
pub(crate) fn is_here(url: &str) -> bool {
    let rest = url.strip_prefix("http://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Nothing but a port may follow: in `localhost:1@example.org` the host is another.
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|here| {
        host.strip_prefix(here).is_some_and(|rest| {
            let port = rest.strip_prefix(':');
            rest.is_empty() || port.is_some_and(|port| port.parse::<u16>().is_ok())
        })
    })
}

/// The kind of a fault, without what was sent or came.
fn reason(error: &Error) -> String {
    match error {
        Error::Timeout(_) => "no answer in time".into(),
        Error::BodyExceedsLimit(most) => format!("at most {most} bytes expected, more came"),
        Error::Io(error) => format!("connection: {}", error.kind()),
        Error::HostNotFound => "the host is not known".into(),
        Error::ConnectionFailed => "the connection failed".into(),
        Error::Tls(_) | Error::Rustls(_) => "TLS: the peer is not believed".into(),
        _ => "the exchange failed".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn this_machine_is_loopback_and_nothing_that_looks_like_it() {
        for here in [
            "http://localhost",
            "http://127.0.0.1:80/x",
            "http://[::1]:8443",
            "http://localhost/?a@b",
        ] {
            assert!(is_here(here), "{here}");
        }
        for no in [
            "http://localhost:80@example.org/",
            "http://localhost@example.org",
            "http://localhost:pass@example.org",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org:80",
            "http://127.0.0.11",
            "http://localhost:",
            "http://localhost\\@example.org",
            "https://localhost",
            "",
        ] {
            assert!(!is_here(no), "{no}");
        }
    }
}
