//! HTTP as a phone does it: https only, no redirects, everything bounded.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::error::WalletError;

/// The most bytes of an answer that are read: a few credentials with a face each.
const MAX_BODY: u64 = 4 << 20;
const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(60);

/// Sends requests.
#[derive(Clone, Debug)]
pub struct Http {
    agent: ureq::Agent,
}

/// An answer.
#[derive(Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Content-Type without parameters, in small letters.
    pub content_type: String,
    /// DPoP-Nonce (RFC 9449 clause 8).
    pub dpop_nonce: Option<String>,
    /// Retry-After in seconds.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Reply {
    // Credentials and tokens are in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}

/// A request with a body.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Where.
    pub url: &'a str,
    /// Header fields besides Content-Type.
    pub headers: &'a [(&'a str, &'a str)],
    /// Content-Type.
    pub content_type: &'a str,
    /// The body.
    pub body: &'a [u8],
}

impl Http {
    /// Believes the certificates of that PEM file and no others; without one, those of Mozilla.
    ///
    /// # Errors
    /// [`WalletError::Answer`] where the PEM has no certificate.
    pub fn new(ca: Option<&[u8]>) -> Result<Self, WalletError> {
        let mut tls = TlsConfig::builder();
        if let Some(pem) = ca {
            let mut roots = Vec::new();
            for item in parse_pem(pem) {
                if let Ok(PemItem::Certificate(certificate)) = item {
                    roots.push(certificate);
                }
            }
            if roots.is_empty() {
                return Err(WalletError::Answer {
                    step: "read the CA certificates",
                    expected: "certificates in PEM".into(),
                    got: "none".into(),
                });
            }
            tls = tls.root_certs(RootCerts::Specific(Arc::new(roots)));
        }
        let config = ureq::Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("iccard/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(32 << 10)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE))
            .build();
        Ok(Self { agent: config.into() })
    }

    /// GET.
    ///
    /// # Errors
    /// [`WalletError::Address`], [`WalletError::Network`], [`WalletError::Answer`].
    pub fn get(&self, step: &'static str, url: &str, accept: &str) -> Result<Reply, WalletError> {
        check(url)?;
        let sent = self.agent.get(url).header("Accept", accept).call();
        read(step, url, sent)
    }

    /// POST.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post(&self, step: &'static str, post: &Post<'_>) -> Result<Reply, WalletError> {
        check(post.url)?;
        let mut request = self.agent.post(post.url).header("Accept", "application/json");
        if !post.body.is_empty() {
            request = request.header("Content-Type", post.content_type);
        }
        for (name, value) in post.headers {
            request = request.header(*name, *value);
        }
        read(step, post.url, request.send(post.body))
    }
}

fn read(
    step: &'static str,
    url: &str,
    sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Reply, WalletError> {
    let network =
        |e: ureq::Error| WalletError::Network { step, url: url.to_owned(), detail: e.to_string() };
    let mut response = sent.map_err(network)?;
    let header =
        |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let content_type = header("content-type").unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    let dpop_nonce = header("dpop-nonce");
    let retry_after = header("retry-after").and_then(|v| v.parse().ok());
    let status = response.status().as_u16();
    if (300..400).contains(&status) {
        return Err(WalletError::Answer {
            step,
            expected: "an answer of this address".into(),
            got: format!("a redirect ({status})"),
        });
    }
    let body = response.body_mut().with_config().limit(MAX_BODY).read_to_vec();
    let body = body.map_err(|e| match e {
        ureq::Error::BodyExceedsLimit(_) => WalletError::Answer {
            step,
            expected: format!("at most {MAX_BODY} bytes"),
            got: "more".into(),
        },
        other => network(other),
    })?;
    Ok(Reply { status, content_type, dpop_nonce, retry_after, body })
}

/// Scheme, host and port of an address, to which something may be sent: https, or http on this
/// machine.
///
/// # Errors
/// [`WalletError::Address`].
pub fn origin(url: &str) -> Result<String, WalletError> {
    let no = |why| WalletError::Address { url: url.chars().take(200).collect(), why };
    let uri: Uri = url.parse().map_err(|_| no("no address"))?;
    let authority = uri.authority().ok_or_else(|| no("it names no host"))?;
    let host = authority.host().to_lowercase();
    if authority.as_str().contains('@') || url.contains('#') {
        return Err(no("a user name or a fragment stands in it"));
    }
    let scheme = uri.scheme_str().unwrap_or_default();
    let default = match scheme {
        "https" => 443,
        "http" if is_loopback(&host) => 80,
        "http" => return Err(no("https is needed but on this machine")),
        _ => return Err(no("https is needed")),
    };
    let port = authority.port_u16().unwrap_or(default);
    Ok(format!("{scheme}://{host}:{port}"))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn check(url: &str) -> Result<(), WalletError> {
    origin(url).map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    // Answers once with these bytes, whatever is asked.
    fn answers(bytes: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(bytes);
        });
        url
    }

    #[test]
    fn only_https_leaves_the_machine() {
        assert_eq!(origin("https://Issuer.example/a").unwrap(), "https://issuer.example:443");
        assert_eq!(origin("http://127.0.0.1:8080").unwrap(), "http://127.0.0.1:8080");
        assert_eq!(origin("http://[::1]/").unwrap(), "http://[::1]:80");
        for bad in [
            "http://issuer.example",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "ftp://127.0.0.1",
            "https://user@issuer.example",
            "https://issuer.example#x",
            "/relative",
            "",
        ] {
            assert!(matches!(origin(bad), Err(WalletError::Address { .. })), "{bad}");
        }
        let http = Http::new(None).unwrap();
        assert!(matches!(
            http.get("test", "http://issuer.example", "*/*"),
            Err(WalletError::Address { .. })
        ));
        assert!(Http::new(Some(b"no certificate")).is_err());
    }

    #[test]
    fn redirects_are_not_followed_and_half_answers_are_faults() {
        let http = Http::new(None).unwrap();
        let get = |bytes| http.get("test", &answers(bytes), "*/*");
        let moved =
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        assert!(matches!(get(moved), Err(WalletError::Answer { .. })));
        let half = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        assert!(get(half).unwrap_err().is_unanswered());
        assert!(get(b"").unwrap_err().is_unanswered());
        let busy = get(
            b"HTTP/1.1 503 Busy\r\nRetry-After: 2\r\nContent-Type: Application/JSON; q=1\r\nContent-Length: 2\r\n\r\n{}",
        )
        .unwrap();
        assert_eq!((busy.status, busy.retry_after), (503, Some(2)));
        assert_eq!(busy.content_type, "application/json");
    }
}
