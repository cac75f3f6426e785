//! Cards at readers of ours, reached from outside while they run: the program, its socket, and what
//! the reader sees. `tests/control_pcscd.rs` has a PC/SC client see it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use iccard::{
    control::{Client, ControlAddress, ControlError, Handler, Request, Server, Span},
    crypto::SeededRng,
    transport::{
        Deadline, Transport, TransportError,
        vpcd::{Endpoint, VpcdListener, VpcdReader},
    },
};
use serde_json::{Value, json};

use crate::support::pcscd::Running;

const PROGRAM: &str = env!("CARGO_BIN_EXE_iccard");

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

/// Two listeners on ports one behind the other, as the slots of a vpcd are.
fn two_slots() -> [VpcdListener; 2] {
    loop {
        let first = VpcdListener::bind(&Endpoint::new("127.0.0.1", 0)).unwrap();
        let Some(next) = first.local_addr().port().checked_add(1) else { continue };
        if let Ok(second) = VpcdListener::bind(&Endpoint::new("127.0.0.1", next)) {
            return [first, second];
        }
    }
}

fn iccard(args: &[&str]) -> (Output, Value) {
    let mut command = Command::new(PROGRAM);
    command.args(args).arg("--json").env_remove("ICCARD_CONTROL").stdin(Stdio::null());
    let output = command.output().unwrap();
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (output, value)
}

/// Emulated cards in readers of ours.
struct Cards {
    program: Running,
    listeners: [VpcdListener; 2],
    readers: Vec<VpcdReader>,
    address: ControlAddress,
}

impl Cards {
    fn start(folder: &Path, control: &str) -> Self {
        let listeners = two_slots();
        let vpcd = listeners[0].local_addr().to_string();
        let mut command = Command::new(PROGRAM);
        command.current_dir(folder).env_remove("ICCARD_STATE");
        command.args(["emulate", "eid-pin", "resident", "--vpcd", &vpcd, "--control", control]);
        command.args(["--state", "states", "--while-stdin", "--json"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let program = Running(command.spawn().unwrap());
        let readers = listeners.iter().map(|listener| listener.accept(soon()).unwrap()).collect();
        let address = match control.strip_prefix("tcp:") {
            Some(file) => ControlAddress::Token(folder.join(file)),
            None => ControlAddress::Socket(folder.join(control)),
        };
        Self { program, listeners, readers, address }
    }

    fn client(&self) -> Client {
        Client::connect(&self.address).unwrap()
    }

    fn ask(&mut self, slot: usize, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut response = Vec::new();
        self.readers[slot].transceive(command, &mut response, soon())?;
        Ok(response)
    }

    /// Does what has the card come into this slot, which takes both sides.
    fn comes_back(&mut self, slot: usize, order: Option<Request>) -> Value {
        let address = self.address.clone();
        let (answer, reader) = thread::scope(|scope| {
            let asked = scope.spawn(move || {
                order.map(|order| Client::connect(&address).unwrap().ask(&order).unwrap())
            });
            let reader = self.listeners[slot].accept(soon()).unwrap();
            (asked.join().unwrap(), reader)
        });
        self.readers[slot] = reader;
        answer.unwrap_or_default()
    }

    fn gone(&mut self, slot: usize) {
        let gone = self.ask(slot, SELECT);
        assert!(matches!(gone, Err(TransportError::CardRemoved { .. })), "{gone:?}");
    }
}

// EF.CardAccess in the master file, and its first bytes.
const SELECT: &[u8] = &[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x01, 0x1C];
const READ: &[u8] = &[0x00, 0xB0, 0x00, 0x00, 0x02];

fn refused(result: Result<Value, ControlError>, step: &str, said: &str) {
    let error = result.unwrap_err();
    let (told, expected, got, _) = error.parts();
    assert_eq!(told, step, "{error}");
    assert!(format!("{expected} {got}").contains(said), "{error}");
}

#[test]
fn orders_reach_two_cards_in_their_readers() {
    let folder = tempfile::tempdir().unwrap();
    let mut cards = Cards::start(folder.path(), "run/card.control");
    let mut client = cards.client();

    let path = folder.path().join("run/card.control");
    let control = path.to_str().unwrap().to_owned();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
    let (output, list) = iccard(&["emulate", "ctl", "--control", &control, "list"]);
    assert!(output.status.success(), "{list:#}");
    for (n, name) in [(0, "eid-pin"), (1, "resident")] {
        assert_eq!(list["slots"][n]["card"], name);
        assert_eq!(list["slots"][n]["place"], "in");
    }

    // Two clients at once; one is told what is wrong with its order.
    let mut second = cards.client();
    refused(second.ask(&Request::Insert { slot: None }), "find the slot", "slot 0 or 1");
    refused(second.ask(&Request::Insert { slot: Some(2) }), "find the slot", "2");

    // Taken out, it stays away until it is put back, and for a second at least.
    let left = Instant::now();
    let told = client.ask(&Request::Remove { slot: Some(0), time: None }).unwrap();
    assert_eq!(told["place"], "out");
    cards.gone(0);
    refused(second.ask(&Request::Reset { slot: Some(0) }), "reset", "\"out\"");
    assert_eq!(cards.ask(1, SELECT).unwrap(), [0x90, 0x00]);
    let told = cards.comes_back(0, Some(Request::Insert { slot: Some(0) }));
    assert_eq!(told["place"], "in");
    assert!(left.elapsed() >= Duration::from_secs(1));

    // A reset that the reader does not notice: what was selected is not any more.
    cards.ask(0, SELECT).unwrap();
    assert_eq!(cards.ask(0, READ).unwrap().len(), 4);
    client.ask(&Request::Reset { slot: Some(0) }).unwrap();
    assert_ne!(cards.ask(0, READ).unwrap()[..], [0x90, 0x00]);
    assert_eq!(cards.ask(0, READ).unwrap().len(), 2);

    // Torn off: the command is done, its answer never comes, and the card is back after a while.
    client.ask(&Request::Tear { slot: Some(0), time: Some(Span(Duration::ZERO)) }).unwrap();
    cards.gone(0);
    cards.comes_back(0, None);
    let told = client.ask(&Request::Counters { slot: Some(0) }).unwrap();
    assert_eq!((&told["torn"], &told["counters"]["pin-tries"]), (&json!(1), &json!(3)));
    assert_eq!(told["counters"]["puk-uses"], 10);

    // A fault, once, and then it is as it was.
    let faults = "sw 6F00 on ins B0 nth 1".to_owned();
    client.ask(&Request::Fault { slot: Some(1), faults }).unwrap();
    cards.ask(1, SELECT).unwrap();
    assert_eq!(cards.ask(1, READ).unwrap(), [0x6F, 0x00]);
    assert_eq!(cards.ask(1, READ).unwrap().len(), 4);
    let told = client.ask(&Request::Counters { slot: Some(1) }).unwrap();
    assert_eq!(told["faults"][0]["fired"], 1);
    let faults = "burn".to_owned();
    refused(client.ask(&Request::Fault { slot: Some(1), faults }), "fault", "burn");
    client.ask(&Request::Fault { slot: Some(1), faults: String::new() }).unwrap();
    assert_eq!(client.ask(&Request::Counters { slot: Some(1) }).unwrap()["faults"], json!([]));

    // Another card with another ATR. One that cannot be made leaves the old one where it is.
    let before = cards.readers[1].atr().to_vec();
    let profile = "no-such-card".to_owned();
    refused(client.ask(&Request::Swap { slot: Some(1), profile }), "read the profile", "not found");
    assert_eq!(cards.ask(1, SELECT).unwrap(), [0x90, 0x00]);
    let profile = "passport-bac".to_owned();
    let told = cards.comes_back(1, Some(Request::Swap { slot: Some(1), profile }));
    assert_eq!(told["card"], "passport-bac");
    assert_ne!(cards.readers[1].atr(), before);
    let profile = "eid-pin".to_owned();
    refused(
        client.ask(&Request::Swap { slot: Some(1), profile }),
        "open the card's state",
        "this process",
    );

    // Nobody else listens there; a stop ends one card, closed input the rest, and nothing is left.
    let (output, told) = iccard(&["emulate", "--control", &control, "--vpcd", "127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(7), "{told:#}");
    assert_eq!(told["error"]["step"], "listen");
    // A card that takes its time is counted meanwhile, and ends all the same.
    let faults = "delay 60s".to_owned();
    client.ask(&Request::Fault { slot: Some(0), faults }).unwrap();
    let mut apdus = || second.ask(&Request::List).unwrap()["slots"][0]["apdus"].clone();
    let before = apdus();
    let reader = &mut cards.readers[0];
    let gone = thread::scope(|scope| {
        let asked = scope.spawn(|| reader.transceive(SELECT, &mut Vec::new(), soon()));
        while apdus() == before {
            thread::yield_now();
        }
        client.ask(&Request::Stop { slot: Some(0) }).unwrap();
        asked.join().unwrap()
    });
    assert!(matches!(gone, Err(TransportError::CardRemoved { .. })), "{gone:?}");
    refused(client.ask(&Request::Insert { slot: Some(0) }), "insert", "ended");
    assert_eq!(cards.ask(1, SELECT).unwrap().len(), 2);
    drop(cards.program.0.stdin.take());
    let mut said = String::new();
    cards.program.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(cards.program.0.wait().unwrap().success());
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["cards"].as_array().unwrap().len(), 2);
    assert!(!path.exists());
    for name in ["eid-pin", "resident", "passport-bac"] {
        let kept = folder.path().join("states").join(format!("{name}.state.lock"));
        assert!(kept.exists(), "{name}");
    }
    let (output, told) = iccard(&["emulate", "ctl", "--control", &control, "list"]);
    assert_eq!(output.status.code(), Some(3), "{told:#}");
}

/// Says what it was asked.
struct Parrot;

impl Handler for Parrot {
    fn handle(&self, request: &Request) -> Result<Value, ControlError> {
        Ok(json!({ "asked": request.name() }))
    }
}

fn server(address: &ControlAddress) -> Result<Server, ControlError> {
    Server::start(address, Arc::new(Parrot), &mut SeededRng::new(b"a test", "token"))
}

fn addresses(folder: &Path) -> Vec<ControlAddress> {
    let token = ControlAddress::Token(folder.join("token"));
    if cfg!(unix) {
        vec![token, ControlAddress::Socket(folder.join("socket"))]
    } else {
        vec![token]
    }
}

#[test]
fn a_channel_is_one_emulators_until_it_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    for address in addresses(folder.path()) {
        let running = server(&address).unwrap();
        let mut client = Client::connect(&address).unwrap();
        assert_eq!(client.ask(&Request::List).unwrap(), json!({ "asked": "list", "schema": 1 }));
        let again = server(&address).unwrap_err();
        assert!(matches!(again, ControlError::InUse { .. }), "{again}");
        // At once, although a client is still connected; that one is told the end.
        drop(running);
        assert!(!address.path().exists());
        assert!(client.ask(&Request::List).is_err());
        let gone = Client::connect(&address).unwrap_err();
        assert!(matches!(gone, ControlError::NoEmulator { .. }), "{gone}");

        // What is somebody else's file stays.
        std::fs::write(address.path(), "a diary").unwrap();
        let other = server(&address).unwrap_err();
        assert!(matches!(other, ControlError::NotOurs { .. }), "{other}");
        assert_eq!(std::fs::read(address.path()).unwrap(), b"a diary");
        std::fs::remove_file(address.path()).unwrap();
        // What a killed one has left does not.
        match &address {
            #[cfg(unix)]
            ControlAddress::Socket(path) => {
                drop(std::os::unix::net::UnixListener::bind(path).unwrap());
            }
            path => {
                let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
                std::fs::write(path.path(), format!("{free} {}\n", "0".repeat(64))).unwrap();
            }
        }
        let running = server(&address).unwrap();
        Client::connect(&address).unwrap().ask(&Request::List).unwrap();
        drop(running);
        assert!(!address.path().exists());
    }
}

#[test]
fn the_end_of_one_leaves_another_at_its_path_alone() {
    let folder = tempfile::tempdir().unwrap();
    for address in addresses(folder.path()) {
        let first = server(&address).unwrap();
        std::fs::remove_file(address.path()).unwrap();
        let second = server(&address).unwrap();
        drop(first);
        Client::connect(&address).unwrap().ask(&Request::List).unwrap();
        drop(second);
        assert!(!address.path().exists());
    }
}

/// Sends these bytes and reads what comes until the end.
fn said(port: u16, lines: &[&[u8]]) -> Vec<Value> {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    for line in lines {
        // It may have been thrown out before it has said everything.
        if stream.write_all(line).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
}

#[test]
fn what_is_no_client_is_told_so_and_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let address = ControlAddress::Token(folder.path().join("token"));
    let _server = server(&address).unwrap();
    let text = std::fs::read_to_string(address.path()).unwrap();
    let (port, token) = text.trim().split_once(' ').unwrap();
    let (port, token) = (port.parse().unwrap(), format!("{token}\n"));
    let list = b"{\"do\":\"list\"}\n";

    let right = said(port, &[token.as_bytes(), list, b"{}\n", list]);
    assert_eq!(right.len(), 3);
    assert_eq!((&right[0]["asked"], &right[2]["asked"]), (&json!("list"), &json!("list")));
    assert_eq!(right[1]["error"]["step"], "read the request");

    let zeros = format!("{}\n", "0".repeat(64));
    for wrong in [&b"\n"[..], list, zeros.as_bytes(), &token.as_bytes()[..63]] {
        let told = said(port, &[wrong, list]);
        assert!(told.len() == 1 && told[0]["error"]["expected"].is_string(), "{told:?}");
    }
    // A line without an end, a line that is too long, a line that is no text.
    let long = vec![b'a'; (64 << 10) + 1];
    for wrong in [&b"{\"do\":\"list\"}"[..], &long, &[0xFF, b'\n']] {
        let told = said(port, &[token.as_bytes(), wrong]);
        assert!(told.len() <= 1, "{told:?}");
        assert!(told.iter().all(|line| line["error"]["step"] == "read a line"), "{told:?}");
    }

    // Those that have not shown the token take no place from those that have.
    let _strangers: Vec<_> =
        (0..30).map(|_| std::net::TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();

    // The 33rd at once is refused, and the next is not when one has gone.
    let mut clients: Vec<_> = (0..32)
        .map(|_| {
            let mut client = Client::connect(&address).unwrap();
            client.ask(&Request::List).unwrap();
            client
        })
        .collect();
    let full = said(port, &[token.as_bytes()]);
    assert_eq!(full[0]["error"]["expected"], "at most 32 clients at once");
    clients.pop();
    let end = Instant::now() + Duration::from_secs(30);
    while Client::connect(&address).unwrap().ask(&Request::List).is_err() {
        assert!(Instant::now() < end, "no place becomes free");
        thread::yield_now();
    }
}
