//! The issuer on the network: HTTP/1.1 over TLS, or plain behind a proxy.
//!
//! All that waits for the network stands here; what is asked is answered by a [`Service`] on a
//! thread for blocking work. A request gets as far as the service only where its method, size,
//! type, form and pace are right; whatever is refused is a typed error with the standard's code.
//!
//! Logs are events of `tracing`: number, route, status, code and duration of each request, and
//! nothing that says who.

mod accept;
mod answer;
mod body;
mod dispatch;
mod door;
mod error;
mod log;
mod observer;
mod route;
mod server;
mod service;
mod settings;
mod share;
mod stall;
#[cfg(test)]
mod tests;
mod tls;

pub use error::HttpError;
pub use log::json_lines;
pub use route::Route;
pub use server::{Ended, Server, Stop};
pub use service::{Reply, Request, Service};
pub use settings::{HttpSettings, TlsFiles};
