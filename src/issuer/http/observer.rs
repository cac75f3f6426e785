//! The listener of the metrics, which stands apart: what it says is not for the public.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::answer::insert;
use super::door::Door;
use super::stall::Stall;

/// Whoever scrapes needs one connection.
const CONNECTIONS: usize = 16;
const TIME: Duration = Duration::from_secs(10);

pub(super) async fn serve(listener: TcpListener, door: Arc<Door>, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let (place, accepted) = tokio::select! {
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let (Ok(place), Ok((stream, _))) = (place, accepted) else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let response = answer(&door, request.uri().path());
                async move { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(TIME)
                .keep_alive(false)
                .serve_connection(TokioIo::new(Stall::new(stream, TIME)), service);
            let _ = timeout(TIME, connection).await;
            drop(place);
        });
    }
}

fn answer(door: &Door, path: &str) -> Response<Body> {
    if path != "/metrics" {
        let mut response = Response::new(Body::from("metrics are at /metrics\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let (content_type, text) = door.service.metrics().text();
    let mut response = Response::new(Body::from(text));
    insert(response.headers_mut(), "content-type", content_type);
    response
}
