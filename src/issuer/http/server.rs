//! Listening, connections, and the end.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::body::Places;
use super::door::{self, Door, Peer};
use super::share::{Share, Shares};
use super::stall::Stall;
use super::{HttpError, HttpSettings, Service, observer, tls};

/// The most bytes of a request's head, and how many lines it may have.
const HEAD: usize = 32 << 10;
const HEADERS: usize = 64;
/// How often the service forgets what is over.
const TEND: Duration = Duration::from_secs(60);

/// A server that listens and does not answer yet.
pub struct Server {
    door: Arc<Door>,
    main: TcpListener,
    metrics: Option<TcpListener>,
    tls: Option<Arc<rustls::ServerConfig>>,
    stop: watch::Sender<bool>,
}

/// Ends a server.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// No new requests; those in flight are finished, within the time of grace.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All requests were finished.
    Clean,
    /// Some were not finished in time.
    Cut,
}

impl Server {
    /// Reads the certificate and listens. From here on connections wait; [`Self::run`] answers.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn bind(service: Arc<dyn Service>, settings: HttpSettings) -> Result<Self, HttpError> {
        let tls = settings.tls.as_ref().map(tls::config).transpose()?;
        let main = listen(&settings.listen)?;
        let metrics = settings.metrics.as_deref().map(listen).transpose()?;
        let places = Places::new(settings.connections_per_address.is_some());
        let closing = AtomicBool::new(false);
        let door = Arc::new(Door { service, settings, places, closing });
        Ok(Self { door, main, metrics, tls, stop: watch::Sender::new(false) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// [`HttpError::System`].
    pub fn address(&self) -> Result<SocketAddr, HttpError> {
        self.main.local_addr().map_err(system("the address"))
    }

    /// Where metrics are, if anywhere.
    ///
    /// # Errors
    /// [`HttpError::System`].
    pub fn metrics_address(&self) -> Result<Option<SocketAddr>, HttpError> {
        let address = self.metrics.as_ref().map(TcpListener::local_addr);
        address.transpose().map_err(system("the address of the metrics"))
    }

    /// What ends it.
    pub fn stopper(&self) -> Stop {
        Stop(self.stop.clone())
    }

    /// Answers until it is stopped; by signals too (SIGTERM, SIGINT), where it is told to heed
    /// them.
    ///
    /// # Errors
    /// [`HttpError::System`] where it cannot begin.
    pub fn run(self, signals: bool) -> Result<Ended, HttpError> {
        let settings = &self.door.settings;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(std::thread::available_parallelism().map_or(2, usize::from))
            .max_blocking_threads(settings.workers.max(1))
            .thread_name("iccard-http")
            .enable_all()
            .build()
            .map_err(system("start the threads"))?;
        let ended = runtime.block_on(self.serve(signals));
        // A call that is still at work is not waited for.
        runtime.shutdown_timeout(Duration::from_millis(100));
        ended
    }

    async fn serve(self, signals: bool) -> Result<Ended, HttpError> {
        if signals {
            heed_signals(self.stop.clone()).map_err(system("heed signals"))?;
        }
        let main = tokio_listener(self.main)?;
        let router = door::router(Arc::clone(&self.door));
        if let Some(listener) = self.metrics {
            let door = Arc::clone(&self.door);
            let stop = self.stop.subscribe();
            tokio::spawn(observer::serve(tokio_listener(listener)?, door, stop));
        }
        let service = Arc::clone(&self.door.service);
        let tending = tokio::spawn(async move {
            let mut turns = tokio::time::interval(TEND);
            turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                turns.tick().await;
                let service = Arc::clone(&service);
                let _ = tokio::task::spawn_blocking(move || service.tend()).await;
            }
        });
        let settings = &self.door.settings;
        let places = Arc::new(Semaphore::new(settings.connections.max(1)));
        let shares = Shares::new(settings.connections_per_address);
        let graceful = GracefulShutdown::new();
        let mut stopped = self.stop.subscribe();
        let acceptor = self.tls.map(TlsAcceptor::from);
        loop {
            // The place first: what has none waits in the system's queue.
            let (place, accepted) = tokio::select! {
                accepted = async {
                    let place = Arc::clone(&places).acquire_owned().await;
                    (place, main.accept().await)
                } => accepted,
                _ = stopped.wait_for(|stop| *stop) => break,
            };
            let (Ok(place), Ok((stream, peer))) = (place, accepted) else {
                // Out of files, mostly: it passes.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            let share = match settings.proxies.contains(&peer.ip().to_canonical()) {
                true => None,
                false => match shares.take(peer.ip()) {
                    // Closed: whoever has so many is not to have everybody's.
                    None => continue,
                    share => share,
                },
            };
            let _ = stream.set_nodelay(true);
            let connection = Connection {
                door: Arc::clone(&self.door),
                router: router.clone(),
                peer: Peer(peer.ip()),
                watcher: graceful.watcher(),
                _place: place,
                _share: share,
            };
            let head_time = settings.head_time;
            match acceptor.clone() {
                None => drop(tokio::spawn(connection.serve(stream))),
                Some(acceptor) => drop(tokio::spawn(async move {
                    if let Ok(Ok(stream)) = timeout(head_time, acceptor.accept(stream)).await {
                        connection.serve(stream).await;
                    }
                })),
            }
        }
        drop(main);
        tending.abort();
        self.door.closing.store(true, Ordering::Relaxed);
        let open = graceful.count();
        tracing::info!(open, "stopping");
        let done = timeout(settings.grace, graceful.shutdown()).await;
        Ok(if done.is_ok() { Ended::Clean } else { Ended::Cut })
    }
}

struct Connection {
    door: Arc<Door>,
    router: Router,
    peer: Peer,
    watcher: Watcher,
    _place: OwnedSemaphorePermit,
    _share: Option<Share>,
}

impl Connection {
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let gauge = self.door.service.metrics().connections();
        gauge.inc();
        let settings = &self.door.settings;
        let stream = Stall::new(stream, settings.write_time);
        let (router, peer) = (self.router, self.peer);
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            router.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(settings.head_time)
            .max_buf_size(HEAD)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        // What goes wrong with a connection is its client's affair.
        let _ = self.watcher.watch(connection).await;
        gauge.dec();
    }
}

fn listen(address: &str) -> Result<TcpListener, HttpError> {
    let wrong = |source| HttpError::Listen { address: address.to_owned(), source };
    let all: Vec<SocketAddr> = address.to_socket_addrs().map_err(wrong)?.collect();
    let listener = TcpListener::bind(&all[..]).map_err(wrong)?;
    listener.set_nonblocking(true).map_err(wrong)?;
    Ok(listener)
}

fn tokio_listener(listener: TcpListener) -> Result<tokio::net::TcpListener, HttpError> {
    tokio::net::TcpListener::from_std(listener).map_err(system("listen"))
}

fn system(step: &'static str) -> impl Fn(std::io::Error) -> HttpError {
    move |source| HttpError::System { step, source }
}

#[cfg(unix)]
fn heed_signals(stop: watch::Sender<bool>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        stop.send_replace(true);
    });
    Ok(())
}

#[cfg(not(unix))]
fn heed_signals(stop: watch::Sender<bool>) -> std::io::Result<()> {
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.send_replace(true);
        }
    });
    Ok(())
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("listen", &self.door.settings.listen).finish_non_exhaustive()
    }
}
