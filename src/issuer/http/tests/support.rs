//! A service that does what a test wants, and a client that may misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU32;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::issuer::http::{Ended, HttpSettings, Reply, Request, Route, Server, Service, Stop};
use crate::issuer::{Code, Limits, Metrics, Rates, Refusal};

/// Longer than anything takes that goes right.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Fake {
    limits: Limits,
    metrics: Metrics,
    /// What it was asked, in this order.
    pub(super) asked: Mutex<Vec<Request>>,
    // A call of /nonce says that it began, and waits for leave.
    entered: SyncSender<()>,
    leave: Mutex<Receiver<()>>,
}

impl Service for Fake {
    fn answer(&self, request: Request) -> Result<Reply, Refusal> {
        self.asked.lock().unwrap().push(request.clone());
        match request.route {
            Route::Nonce => {
                self.entered.send(()).unwrap();
                let _ = self.leave.lock().unwrap().recv();
                Ok(Reply::json(200, &json!({ "c_nonce": "n" })))
            }
            Route::Challenge => panic!("HONG GILDONG 070228-3980016"),
            Route::Credential => Err(Refusal::new(Code::InvalidToken, "no such token")),
            Route::Notification => Ok(Reply::nothing()),
            Route::Status => {
                let form = request.form.unwrap();
                Ok(Reply::of(200, form, vec![b'a'; 100_000]).kept(600))
            }
            // More than a socket takes by itself.
            Route::LedgerProof => Ok(Reply::of(200, "text/plain", vec![0; 64 << 20])),
            _ => Ok(Reply::json(200, &json!({ "url": request.call.url, "form": request.form }))),
        }
    }

    fn ready(&self) -> Result<(), Refusal> {
        Ok(())
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

/// A server that runs until it is dropped.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) metrics: Option<SocketAddr>,
    pub(super) fake: Arc<Fake>,
    pub(super) entered: Receiver<()>,
    pub(super) leave: SyncSender<()>,
    pub(super) stop: Stop,
    thread: Option<JoinHandle<Ended>>,
}

pub(super) fn start(change: impl FnOnce(&mut HttpSettings)) -> Running {
    start_with(Rates::default(), change)
}

pub(super) fn start_with(rates: Rates, change: impl FnOnce(&mut HttpSettings)) -> Running {
    let mut settings = HttpSettings::new("https://issuer.example", "127.0.0.1:0");
    change(&mut settings);
    let (entered, inside) = sync_channel(100);
    let (leave, left) = sync_channel(100);
    let fake = Arc::new(Fake {
        limits: Limits::new(&rates),
        metrics: Metrics::default(),
        asked: Mutex::default(),
        entered,
        leave: Mutex::new(left),
    });
    let server = Server::bind(Arc::clone(&fake) as Arc<dyn Service>, settings).unwrap();
    let (address, metrics) = (server.address().unwrap(), server.metrics_address().unwrap());
    let stop = server.stopper();
    let thread = Some(std::thread::spawn(move || server.run(false).unwrap()));
    Running { address, metrics, fake, entered: inside, leave, stop, thread }
}

impl Running {
    pub(super) fn end(&mut self) -> Ended {
        self.thread.take().unwrap().join().unwrap()
    }

    pub(super) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// One request on a connection of its own.
    pub(super) fn ask(&self, request: &str) -> Response {
        let mut client = self.connect();
        client.send(request);
        client.response()
    }

    pub(super) fn asked(&self) -> usize {
        self.fake.asked.lock().unwrap().len()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        let _ = self.leave.try_send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(super) fn rate(count: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(count)
}

/// Until it is so; a test fails where it never is.
pub(super) fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::yield_now();
    }
}

pub(super) struct Client(BufReader<TcpStream>);

#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|l| l.split_once(':'));
        lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(super) fn error(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

impl Client {
    pub(super) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub(super) fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// An answer with Content-Length.
    pub(super) fn response(&mut self) -> Response {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
        }
        let status = head[9..12].parse().unwrap();
        let mut response = Response { status, head, body: Vec::new() };
        let length = response.header("content-length").map_or(0, |l| l.parse().unwrap());
        response.body = vec![0; length];
        self.0.read_exact(&mut response.body).unwrap();
        response
    }

    /// Whether it is answered with success; a connection that is closed at once is no fault here.
    pub(super) fn answers(mut self, text: &str) -> bool {
        let mut begun = [0; 12];
        self.0.get_mut().write_all(text.as_bytes()).is_ok()
            && self.0.read_exact(&mut begun).is_ok()
            && begun.ends_with(b"200")
    }

    /// What comes until the other side closes.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(e) => assert_eq!(e.kind(), std::io::ErrorKind::ConnectionReset, "{e}"),
        }
        rest
    }
}

pub(super) fn get(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n")
}

pub(super) fn post(path: &str, content_type: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
