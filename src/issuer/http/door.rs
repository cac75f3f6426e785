//! The door: who may come in, how a request has to look, and what is said to those who may not.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{Query, RawPathParams, Request as HttpRequest, State};
use axum::http::{HeaderMap, Method, header, request::Parts};
use axum::response::Response;
use axum::routing::any;
use tokio::time::{Instant, timeout};

use super::body::{self, BodyError, Places};
use super::route::{JSON, STATUS_JWT, TEXT};
use super::{HttpSettings, Reply, Request, Route, Service, accept, answer};
use crate::issuer::{Call, Code, Refusal};

const OPENAPI: &str = include_str!("openapi.json");
/// How long what does not change may be kept.
const KEPT: u32 = 3600;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

pub(super) struct Door {
    pub(super) service: Arc<dyn Service>,
    pub(super) settings: HttpSettings,
    pub(super) places: Places,
    pub(super) closing: AtomicBool,
}

/// The table of routes as a router.
pub(super) fn router(door: Arc<Door>) -> Router {
    let mut router = Router::new();
    for route in Route::ALL {
        let handler = move |State(door): State<Arc<Door>>,
                            params: Result<RawPathParams, RawPathParamsRejection>,
                            request: HttpRequest| async move {
            // What is no text names nothing.
            let Ok(params) = params else { return door.serve(None, None, request).await };
            let id = params.iter().next().map(|(_, value)| value.to_owned());
            door.serve(Some(route), id, request).await
        };
        router = router.route(&route.full_path(door.settings.base()), any(handler));
    }
    let nowhere = |State(door): State<Arc<Door>>, request: HttpRequest| async move {
        door.serve(None, None, request).await
    };
    router.fallback(nowhere).with_state(door)
}

impl Door {
    // Answers, counts and logs.
    async fn serve(
        self: Arc<Self>,
        route: Option<Route>,
        id: Option<String>,
        request: HttpRequest,
    ) -> Response {
        let began = Instant::now();
        let method = request.method().clone();
        let outcome = self.answer(route, id, request).await;
        let (mut response, code) = match outcome {
            Ok(reply) => (answer::of_reply(reply), None),
            Err(refusal) => (answer::of_refusal(route, &refusal), Some(refusal.code)),
        };
        let number = answer::number();
        let headers = response.headers_mut();
        answer::common(headers, route, &number);
        if let Some(time) = self.service.test_clock() {
            answer::insert(headers, "iccard-test-clock", &time);
        }
        let took = began.elapsed();
        let name = route.map_or("none", Route::name);
        let status = response.status().as_u16();
        let metrics = self.service.metrics();
        let seconds = time::Duration::try_from(took).unwrap_or(time::Duration::MAX);
        metrics.answered(name, method.as_str(), status, seconds);
        if let Some(code) = code {
            metrics.refused(code);
        }
        let (code, ms) = (code.map_or("", Code::name), took.as_secs_f64() * 1000.0);
        // Neither path nor query: they may say who.
        if status >= 500 {
            tracing::error!(request = %number, route = name, status, code, ms, "answered");
        } else {
            tracing::info!(request = %number, route = name, status, code, ms, "answered");
        }
        response
    }

    async fn answer(
        &self,
        route: Option<Route>,
        id: Option<String>,
        request: HttpRequest,
    ) -> Result<Reply, Refusal> {
        let (parts, mut body) = request.into_parts();
        let address = self.address(&parts);
        if let Some(address) = address.filter(|_| !route.is_some_and(Route::is_probe)) {
            self.service.limits().address(address)?;
        }
        let admitted = self.admit(route, id, &parts, address);
        let mut request = match admitted {
            Ok(Admitted::Service(request)) => *request,
            Ok(Admitted::Ready(reply)) => return Ok(reply),
            Err(refusal) => {
                // A client that is still sending would not hear why.
                if !parts.headers.contains_key(header::EXPECT) {
                    body::drain(&mut body).await;
                }
                return Err(refusal);
            }
        };
        let most = request.route.most();
        let read = body::read(&mut body, most, &self.places, address);
        // A long body keeps its place until it was answered.
        let (bytes, _place) = match timeout(self.settings.body_time, read).await {
            Ok(Ok(read)) => read,
            Ok(Err(BodyError::TooMany)) => {
                body::drain(&mut body).await;
                let text = "too many long bodies of this address at once; send it again";
                let refusal = Refusal::new(Code::TooManyRequests, text);
                return Err(Refusal { retry_after: Some(2), ..refusal });
            }
            Ok(Err(BodyError::TooLarge)) => {
                body::drain(&mut body).await;
                return Err(too_large(most));
            }
            Ok(Err(BodyError::Broken)) => {
                return Err(Refusal::new(Code::InvalidRequest, "the body ended early"));
            }
            Err(_) => {
                let text = format!(
                    "the body did not come within {} s",
                    self.settings.body_time.as_secs_f32()
                );
                return Err(Refusal::new(Code::RequestTimeout, text));
            }
        };
        request.body = bytes;
        let gzip = request.form == Some(STATUS_JWT)
            && accept::takes_coding(&values(&parts.headers, header::ACCEPT_ENCODING), "gzip");
        self.ask(request, gzip).await
    }

    // On a thread for blocking work, within the time of an answer.
    async fn ask(&self, request: Request, gzip: bool) -> Result<Reply, Refusal> {
        let service = Arc::clone(&self.service);
        let mut task = tokio::task::spawn_blocking(move || {
            if request.route == Route::Ready {
                return service.ready().map(|()| Reply::of(200, TEXT, "ready\n"));
            }
            let reply = service.answer(request)?;
            Ok(if gzip { answer::zipped(reply) } else { reply })
        });
        match timeout(self.settings.answer_time, &mut task).await {
            Ok(Ok(outcome)) => outcome,
            // A panic: what it says stays here.
            Ok(Err(_)) => Err(Refusal::new(Code::ServerError, "the request failed here")),
            Err(_) => {
                // What was not begun is not begun any more; what was is finished.
                task.abort();
                let refusal = Refusal::new(Code::TemporarilyUnavailable, "no answer in time");
                Err(Refusal { retry_after: Some(5), ..refusal })
            }
        }
    }

    // Everything that can be judged without the body.
    fn admit(
        &self,
        route: Option<Route>,
        id: Option<String>,
        parts: &Parts,
        address: Option<IpAddr>,
    ) -> Result<Admitted, Refusal> {
        let route = route.ok_or_else(|| Refusal::new(Code::NotFound, "nothing is here"))?;
        let headers = &parts.headers;
        let method = parts.method.as_str();
        if parts.method == Method::OPTIONS && route.is_public() {
            return Ok(Admitted::Ready(Reply::nothing().kept(KEPT)));
        }
        if method != route.method() && !(method == "HEAD" && route.method() == "GET") {
            let text = format!("{} expected", route.method());
            return Err(Refusal::new(Code::MethodNotAllowed, text));
        }
        match route {
            Route::Healthy => return Ok(Admitted::Ready(Reply::of(200, TEXT, "healthy\n"))),
            Route::OpenApi => return Ok(Admitted::Ready(Reply::of(200, JSON, OPENAPI).kept(KEPT))),
            Route::Ready if self.closing.load(Ordering::Relaxed) => {
                return Err(Refusal::new(Code::TemporarilyUnavailable, "it is being stopped"));
            }
            _ => {}
        }
        let form = match route.offers() {
            [] => None,
            offered => Some(accept::choose(&values(headers, header::ACCEPT), offered).ok_or_else(
                || {
                    let text = format!("Accept: {} expected", offered.join(" or "));
                    Refusal::new(Code::NotAcceptable, text)
                },
            )?),
        };
        let length = one(headers, header::CONTENT_LENGTH.as_str())?;
        if length.is_some_and(|l| l.parse().is_ok_and(|l: u64| l > route.most() as u64)) {
            return Err(too_large(route.most()));
        }
        let content_type = match route.takes() {
            [] => None,
            taken => Some(content_type(headers, taken)?),
        };
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Refusal::new(Code::InvalidRequest, "the query cannot be read"))?;
        let call = Call {
            method: method.to_owned(),
            url: format!("{}{}", self.settings.origin(), parts.uri.path()),
            dpop: headers.get_all("dpop").iter().map(text_of).collect(),
            authorization: one(headers, "authorization")?,
            attestation: one(headers, "oauth-client-attestation")?,
            attestation_pop: one(headers, "oauth-client-attestation-pop")?,
            address,
        };
        let (query, body) = (query.0, Vec::new());
        let request = Request { route, call, id, query, form, content_type, body };
        Ok(Admitted::Service(Box::new(request)))
    }

    // Of the client, as far as proxies that are believed say it.
    fn address(&self, parts: &Parts) -> Option<IpAddr> {
        let Peer(peer) = *parts.extensions.get::<Peer>()?;
        if !self.settings.proxies.contains(&peer.to_canonical()) {
            return Some(peer);
        }
        // The last entry is the proxy's own; those before it are the client's.
        let forwarded = values(&parts.headers, "x-forwarded-for");
        let last = forwarded.last().and_then(|v| v.rsplit(',').next());
        last.and_then(|text| text.trim().parse().ok()).or(Some(peer))
    }
}

enum Admitted {
    Service(Box<Request>),
    Ready(Reply),
}

fn too_large(most: usize) -> Refusal {
    Refusal::new(Code::ContentTooLarge, format!("at most {most} bytes expected"))
}

fn content_type(headers: &HeaderMap, taken: &[&'static str]) -> Result<&'static str, Refusal> {
    let got = one(headers, header::CONTENT_TYPE.as_str())?.unwrap_or_default();
    let essence = got.split(';').next().unwrap_or_default().trim();
    taken.iter().find(|t| t.eq_ignore_ascii_case(essence)).copied().ok_or_else(|| {
        let text = format!("Content-Type: {} expected", taken.join(" or "));
        Refusal::new(Code::UnsupportedMediaType, text)
    })
}

// A header that may stand once.
fn one(headers: &HeaderMap, name: &str) -> Result<Option<String>, Refusal> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Ok(Some(text_of(value))),
        _ => Err(Refusal::new(Code::InvalidRequest, format!("{name}: one expected"))),
    }
}

// What is no ASCII is no value that anything expects.
fn text_of(value: &axum::http::HeaderValue) -> String {
    value.to_str().unwrap_or_default().to_owned()
}

fn values(headers: &HeaderMap, name: impl header::AsHeaderName) -> Vec<&str> {
    headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect()
}
