//! The emulator's side of a control channel.

use std::{
    io::{BufReader, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{Builder, JoinHandle},
    time::Duration,
};

use rand_core::CryptoRng;
use serde_json::{Value, json};

use super::{
    ControlAddress, ControlError, Request,
    wire::{Inbound, Listener, Stream, line},
};
use crate::transport::Deadline;

/// The most clients at once.
const CLIENTS: usize = 32;
/// The most beside them that have yet to show the token.
const STRANGERS: usize = 32;
/// A client that has not shown it by then is let go.
const ADMISSION: Duration = Duration::from_secs(5);
/// A client that asks nothing for so long is let go.
const IDLE: Duration = Duration::from_secs(600);
/// Between two looks whether a client has come.
const LOOK: Duration = Duration::from_millis(20);
/// Most time that a client may leave an answer unread.
const WRITE: Duration = Duration::from_secs(10);

/// What does as it is asked.
pub trait Handler: Send + Sync {
    /// Does it, and says what has become of it: a JSON object.
    ///
    /// # Errors
    /// [`ControlError`], which the client is told.
    fn handle(&self, request: &Request) -> Result<Value, ControlError>;
}

/// Listens until it is dropped; then every thread of it has ended and its file is gone.
pub struct Server {
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    address: ControlAddress,
    listener: Listener,
    handler: Arc<dyn Handler>,
    clients: Mutex<Clients>,
}

#[derive(Default)]
struct Clients {
    closing: bool,
    next: u64,
    open: Vec<Open>,
}

struct Open {
    id: u64,
    stream: Stream,
    /// Whether it may speak.
    admitted: bool,
    thread: Option<JoinHandle<()>>,
}

impl Clients {
    fn count(&self, admitted: bool) -> usize {
        self.open.iter().filter(|client| client.admitted == admitted).count()
    }

    fn find(&self, id: u64) -> Option<usize> {
        self.open.iter().position(|client| client.id == id)
    }
}

impl Server {
    /// Listens here and has this handler do what clients ask. The secret of a token comes from
    /// `rng`, which should be the system's.
    ///
    /// # Errors
    /// [`ControlError::InUse`], [`ControlError::NotOurs`] or [`ControlError::Io`].
    pub fn start(
        address: &ControlAddress,
        handler: Arc<dyn Handler>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, ControlError> {
        let mut token = [0; 32];
        rng.fill_bytes(&mut token);
        let listener = Listener::bind(address, token)?;
        let clients = Mutex::default();
        let shared = Arc::new(Shared { address: address.clone(), listener, handler, clients });
        let accepting = Arc::clone(&shared);
        let accepting = Builder::new().spawn(move || accept(&accepting));
        let accepting = accepting.map_err(|source| {
            shared.listener.remove(address.path());
            let step = "start a thread for clients";
            ControlError::Io { step, address: address.to_string(), source }
        })?;
        Ok(Self { shared, accepting: Some(accepting) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.listener.remove(self.shared.address.path());
        if let Some(thread) = self.accepting.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
        let open = std::mem::take(&mut self.shared.lock().open);
        for client in &open {
            // An answer on its way is still sent.
            client.stream.hang_up();
        }
        for thread in open.into_iter().filter_map(|client| client.thread) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Clients> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(shared: &Arc<Shared>) {
    while !shared.lock().closing {
        match shared.listener.accept() {
            Ok(stream) => serve(shared, stream),
            // Nobody there, or too many open files, for example: others may close some. That it is
            // not the path that wakes it matters where another emulator has the path by now.
            Err(_) => std::thread::park_timeout(LOOK),
        }
    }
}

fn serve(shared: &Arc<Shared>, mut stream: Stream) {
    if stream.limit(IDLE, WRITE).is_err() {
        return;
    }
    let Ok(handle) = stream.try_clone() else { return };
    let mut clients = shared.lock();
    if clients.count(false) >= STRANGERS {
        drop(clients);
        let expected = format!("at most {STRANGERS} clients at once that have yet to be admitted");
        let _ = answer(&mut stream, refused(&expected, &"one more").to_value());
        return;
    }
    let id = clients.next;
    clients.next += 1;
    clients.open.push(Open { id, stream: handle, admitted: false, thread: None });
    drop(clients);
    let own = Arc::clone(shared);
    let thread = Builder::new().spawn(move || {
        // It has gone or broken the protocol: then it was told.
        let _ = converse(&own, id, stream);
        own.lock().open.retain(|client| client.id != id);
    });
    let mut clients = shared.lock();
    let place = clients.find(id);
    match (thread, place) {
        (Ok(thread), Some(place)) => {
            if let Some(client) = clients.open.get_mut(place) {
                client.thread = Some(thread);
            }
        }
        (Err(error), Some(place)) => {
            let Open { mut stream, .. } = clients.open.swap_remove(place);
            drop(clients);
            let _ = answer(&mut stream, refused("a thread for it", &error).to_value());
        }
        // It has ended already: there is nothing to wait for.
        (_, None) => {}
    }
}

fn refused(expected: &str, got: &dyn std::fmt::Display) -> ControlError {
    ControlError::Refused {
        step: "admit a client".into(),
        expected: expected.into(),
        got: got.to_string(),
        help: Some("close a connection when it has done its work".into()),
    }
}

// Gives a client that may speak a place among those.
fn admit(shared: &Shared, id: u64) -> Result<(), ControlError> {
    let mut clients = shared.lock();
    if clients.count(true) >= CLIENTS {
        return Err(refused(&format!("at most {CLIENTS} clients at once"), &"one more"));
    }
    if let Some(client) = clients.open.iter_mut().find(|client| client.id == id) {
        client.admitted = true;
    }
    Ok(())
}

fn converse(shared: &Shared, id: u64, stream: Stream) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut from = BufReader::new(Inbound::new(stream, Deadline::after(ADMISSION)));
    let admitted = shared.listener.admits(&mut from).and_then(|()| admit(shared, id));
    if let Err(error) = admitted {
        return answer(&mut out, error.to_value());
    }
    from.get_mut().admitted(IDLE, WRITE)?;
    loop {
        let request = match line(&mut from) {
            Ok(Some(text)) => Request::parse(&text),
            Ok(None) => return Ok(()),
            // Where the next line begins is not known.
            Err(error) => return answer(&mut out, error.to_value()),
        };
        let done = request.and_then(|request| shared.handler.handle(&request));
        answer(&mut out, done.unwrap_or_else(|error| error.to_value()))?;
    }
}

fn answer(out: &mut Stream, mut value: Value) -> std::io::Result<()> {
    if let Value::Object(map) = &mut value {
        map.insert("schema".into(), json!(1));
    }
    out.write_all(format!("{value}\n").as_bytes())
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.shared.address).finish_non_exhaustive()
    }
}
