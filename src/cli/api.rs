//! The calls of a command to an issuer: over TLS or on this machine, bounded in time and size.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::Args;
use serde_json::Value;
use ureq::{
    Agent, Body, Error,
    http::Response,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};
use zeroize::Zeroizing;

use super::{
    failure::{self, Failure},
    holder::shown,
};
use crate::issuer::ports::is_here;

/// Where the issuer is.
#[derive(Debug, Args)]
pub(super) struct ApiArgs {
    /// The issuer's URL
    #[arg(long, value_name = "URL", env = "ICCARD_ISSUER")]
    pub(super) issuer: String,
    /// Believe the TLS certificates of this file (PEM) instead of the usual roots
    #[arg(long, value_name = "PEM", env = "ICCARD_CA")]
    pub(super) ca: Option<PathBuf>,
}

/// The largest answer.
const MAX_ANSWER: u64 = 8 << 20;
const PATIENCE: Duration = Duration::from_secs(30);

/// A way to one issuer.
pub(super) struct Api {
    agent: Agent,
    url: String,
    token: Option<Zeroizing<String>>,
}

impl ApiArgs {
    /// The way to it, with a bearer token where there is one.
    pub(super) fn open(&self, token: Option<Zeroizing<String>>) -> Result<Api> {
        let url = self.issuer.trim_end_matches('/').to_owned();
        if !url.starts_with("https://") && !is_here(&url) {
            return Err(Failure::usage(format!("--issuer: {} is not https", shown(&url)))
                .step("find the issuer")
                .expected("an https URL, or http on this machine")
                .got(shown(&url))
                .help("give --issuer https://..; a service behind a proxy has the proxy's URL")
                .into());
        }
        let mut tls = TlsConfig::builder();
        if let Some(path) = &self.ca {
            let pem = std::fs::read(path).map_err(|e| Failure::file(path, "read", &e))?;
            let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                let text = format!("{}: no certificate in it", path.display());
                return Err(Failure::usage(text)
                    .step("read the CA")
                    .expected("a certificate in PEM")
                    .got("none")
                    .help("`iccard issuer init` writes one for its own TLS")
                    .into());
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .http_status_as_error(false)
            // A proxy that the environment names would see the token and the persons.
            .proxy(None)
            .build()
            .new_agent();
        Ok(Api { agent, url, token })
    }
}

impl Api {
    /// GET, as a text.
    pub(super) fn text(&self, step: &str, path: &str) -> Result<String> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer.as_str());
        }
        let bytes = self.done(step, request.call())?;
        String::from_utf8(bytes).map_err(|_| self.other(step, "a text").into())
    }

    /// GET, as JSON.
    pub(super) fn get(&self, step: &str, path: &str) -> Result<Value> {
        let text = self.text(step, path)?;
        serde_json::from_str(&text).map_err(|_| self.other(step, "JSON").into())
    }

    /// POST of JSON, answered by JSON.
    pub(super) fn post(&self, step: &str, path: &str, body: &Value) -> Result<Value> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer.as_str());
        }
        let bytes = self.done(step, request.send_json(body))?;
        serde_json::from_slice(&bytes).map_err(|_| self.other(step, "JSON").into())
    }

    fn bearer(&self) -> Option<Zeroizing<String>> {
        let token = self.token.as_ref()?;
        Some(Zeroizing::new(format!("Bearer {}", token.as_str())))
    }

    fn done(&self, step: &str, answer: Result<Response<Body>, Error>) -> Result<Vec<u8>> {
        let unreachable = |error: &Error| {
            let help = match error {
                Error::Timeout(_) => "the issuer may be busy; try again",
                Error::Tls(_) | Error::Rustls(_) => "give --ca with the CA of the issuer's TLS",
                _ => "is the issuer running, and is --issuer its URL?",
            };
            Failure::new(
                failure::FILE,
                format!("{step}: {}: {}", self.url, shown(&error.to_string())),
            )
            .step(step)
            .expected("an answer")
            .got(shown(&error.to_string()))
            .help(help)
        };
        let mut answer = answer.map_err(|e| unreachable(&e))?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        let body = body.map_err(|e| unreachable(&e))?;
        if status == 200 {
            return Ok(body);
        }
        Err(refused(step, status, &body).into())
    }

    fn other(&self, step: &str, expected: &str) -> Failure {
        Failure::new(failure::FILE, format!("{step}: {expected} expected of {}", self.url))
            .step(step)
            .expected(expected)
            .got("something else")
            .help("is --issuer the URL of an issuer of this version?")
    }
}

/// What the issuer said no with.
fn refused(step: &str, status: u16, body: &[u8]) -> Failure {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name| value.get(name).and_then(Value::as_str).map(shown).unwrap_or_default();
    let (code, why) = (text("error"), text("error_description"));
    let exit = match status {
        401 => failure::ACCESS,
        403 | 404 => failure::NEGATIVE,
        400 => failure::USAGE,
        _ => failure::FILE,
    };
    let help = match status {
        401 => "give a clerk's token: --token-file, or ICCARD_CLERK_TOKEN",
        403 => "the rules say no; `iccard policy explain` says them without an issuer",
        400 => "the message says which part of the request is wrong",
        404 => "check the identifier",
        429 => "wait a little",
        _ => "the issuer's log says more under the time of this request",
    };
    let got = if code.is_empty() { format!("HTTP {status}") } else { code };
    let message = if why.is_empty() { got.clone() } else { format!("{got}: {why}") };
    Failure::new(exit, format!("{step}: {message}")).step(step).expected("200").got(got).help(help)
}

/// A value in a query (RFC 3986 clause 2.1).
pub(super) fn query(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
