//! Answers as HTTP has them.

use std::io::Write;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::route::{JSON, STATUS_JWT};
use super::{Reply, Route};
use crate::issuer::{Code, Refusal};

// The reply of `zipped`; no service has this type.
const STATUS_JWT_GZIP: &str = "application/statuslist+jwt;gzip";

pub(super) fn of_reply(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or_default();
    let headers = response.headers_mut();
    match reply.content_type {
        Some(STATUS_JWT_GZIP) => {
            insert(headers, "content-type", STATUS_JWT);
            insert(headers, "content-encoding", "gzip");
        }
        Some(content_type) => insert(headers, "content-type", content_type),
        None => {}
    }
    if let Some(seconds) = reply.max_age {
        insert(headers, "cache-control", &format!("public, max-age={seconds}"));
    }
    response
}

pub(super) fn of_refusal(route: Option<Route>, refusal: &Refusal) -> Response {
    let mut response = Response::new(Body::from(refusal.body().to_string()));
    let resource = matches!(route, Some(Route::Credential | Route::Deferred | Route::Notification));
    // RFC 9449 clause 7.1: where a token is used, a bad proof is a lack of authorisation.
    let status = match refusal.code {
        Code::InvalidDpopProof | Code::UseDpopNonce if resource => 401,
        code => code.status(),
    };
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let headers = response.headers_mut();
    insert(headers, "content-type", JSON);
    if status == 401 {
        let office = route.is_some_and(Route::is_office);
        let scheme = if office { "Bearer" } else { "DPoP" };
        let algorithms = if office { "" } else { ", algs=\"ES256\"" };
        let value = format!("{scheme} error=\"{}\"{algorithms}", refusal.code.name());
        insert(headers, "www-authenticate", &value);
    }
    if let Some(seconds) = refusal.retry_after {
        insert(headers, "retry-after", &seconds.to_string());
    }
    if let (Code::MethodNotAllowed, Some(route)) = (refusal.code, route) {
        let get = route.method() == "GET";
        insert(headers, "allow", if get { "GET, HEAD" } else { "POST" });
    }
    if refusal.code == Code::RequestTimeout {
        // RFC 9110 clause 15.5.9.
        insert(headers, "connection", "close");
    }
    response
}

/// What every answer says.
pub(super) fn common(headers: &mut HeaderMap, route: Option<Route>, number: &str) {
    if !headers.contains_key(header::CACHE_CONTROL) {
        insert(headers, "cache-control", "no-store");
    }
    insert(headers, "x-content-type-options", "nosniff");
    insert(headers, "iccard-request", number);
    let Some(route) = route else { return };
    if route.is_public() {
        insert(headers, "access-control-allow-origin", "*");
        insert(headers, "access-control-allow-methods", "GET");
    }
    if !route.offers().is_empty() {
        insert(headers, "vary", "Accept, Accept-Encoding");
    }
}

/// A header; a value that cannot be one is left out.
pub(super) fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// The same in gzip (RFC 1952), of a status list in the form of a JWT.
pub(super) fn zipped(reply: Reply) -> Reply {
    if reply.content_type != Some(STATUS_JWT) {
        return reply;
    }
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    match writer.write_all(&reply.body).and_then(|()| writer.finish()) {
        Ok(body) => Reply { body, content_type: Some(STATUS_JWT_GZIP), ..reply },
        Err(_) => reply,
    }
}

/// A number to find a request in the log by.
pub(super) fn number() -> String {
    let mut bytes = [0; 8];
    // Without randomness the log is the poorer, and nothing else.
    let _ = getrandom::fill(&mut bytes);
    hex::encode(bytes)
}
