//! The reader's side: takes the place of a vpcd and taps the card that connects.

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use super::frame::{self, Cut, Frames};
use super::socket::{Socket, is_gone, is_timeout};
use super::{ATR_LENGTHS, Endpoint, LIMITS, control};
use crate::transport::{Deadline, Limits, Reset, Transport, TransportError};

/// Between two looks at the listener.
const LOOK: Duration = Duration::from_millis(5);
/// For a reset and the ATR after it.
const RESET: Duration = Duration::from_secs(5);
/// A command APDU has a header.
const HEADER: usize = 4;

/// Listens for virtual cards.
#[derive(Debug)]
pub struct VpcdListener {
    listener: TcpListener,
    address: SocketAddr,
}

impl VpcdListener {
    /// Listens here; port 0 lets the system choose one.
    ///
    /// # Errors
    /// [`TransportError::Io`].
    pub fn bind(endpoint: &Endpoint) -> Result<Self, TransportError> {
        let listener = bind(endpoint)?;
        let address = listener
            .local_addr()
            .map_err(|source| TransportError::Io { step: "listen for a card", source })?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Waits for a card, powers it on and asks for its ATR.
    ///
    /// # Errors
    /// [`TransportError::NoCard`] where none connects before the deadline,
    /// [`TransportError::Timeout`] where one connects and says nothing, [`TransportError::Link`]
    /// where what it says is no ATR.
    pub fn accept(&self, deadline: Deadline) -> Result<VpcdReader, TransportError> {
        let name = format!("vpcd:{}", Endpoint::from(self.address));
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    let socket = Socket::new(stream)
                        .map_err(|source| TransportError::Io { step: "accept a card", source })?;
                    return VpcdReader::power_up(socket, name, deadline);
                }
                Err(error) if is_timeout(&error) || is_gone(&error) => {}
                Err(source) => {
                    return Err(TransportError::Io { step: "accept a card", source });
                }
            }
            if deadline.passed() {
                return Err(TransportError::NoCard { reader: name });
            }
            thread::sleep(LOOK.min(deadline.left()));
        }
    }
}

/// A listener whose `accept` does not block.
pub(super) fn bind(endpoint: &Endpoint) -> Result<TcpListener, TransportError> {
    let open = || {
        let listener = TcpListener::bind(endpoint.resolve()?.as_slice())?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    open().map_err(|source| TransportError::Io { step: "listen for a card", source })
}

/// A virtual card that has connected, powered on.
pub struct VpcdReader {
    // None when the card has left.
    socket: Option<Socket>,
    frames: Frames,
    // The card still owes the answer to a command that timed out.
    owed: bool,
    atr: Vec<u8>,
    name: String,
}

impl VpcdReader {
    /// Listens at `endpoint` for one card. [`VpcdListener`] does the same in two steps, for who
    /// wants to know the port that the system chose.
    ///
    /// # Errors
    /// As [`VpcdListener::bind`] and [`VpcdListener::accept`].
    pub fn listen(endpoint: &Endpoint, deadline: Deadline) -> Result<Self, TransportError> {
        VpcdListener::bind(endpoint)?.accept(deadline)
    }

    fn power_up(socket: Socket, name: String, by: Deadline) -> Result<Self, TransportError> {
        let (frames, atr) = (Frames::new(), Vec::new());
        let mut reader = Self { socket: Some(socket), frames, owed: false, atr, name };
        reader.send("power the card on", &[control::ON], by)?;
        reader.ask_atr(by)?;
        Ok(reader)
    }

    fn ask_atr(&mut self, by: Deadline) -> Result<(), TransportError> {
        const STEP: &str = "ask for the ATR";
        let mut atr = Vec::new();
        self.ask([STEP, STEP], &[control::ATR], &mut atr, by)?;
        if !ATR_LENGTHS.contains(&atr.len()) {
            let got = format!("{} bytes", atr.len());
            return Err(TransportError::Link { step: STEP, expected: "2 to 33 bytes", got });
        }
        self.atr = atr;
        Ok(())
    }

    fn ask(
        &mut self,
        [send, wait]: [&'static str; 2],
        content: &[u8],
        answer: &mut Vec<u8>,
        by: Deadline,
    ) -> Result<(), TransportError> {
        self.send(send, content, by)?;
        self.owed = true;
        self.receive(wait, answer, by)?;
        self.owed = false;
        Ok(())
    }

    /// Waits for the answer to a command that timed out, so that it is not taken for another's.
    fn settle(&mut self, by: Deadline) -> Result<(), TransportError> {
        if self.owed {
            self.receive("wait for an earlier command's answer", &mut Vec::new(), by)?;
            self.owed = false;
        }
        Ok(())
    }

    fn send(
        &mut self,
        step: &'static str,
        content: &[u8],
        by: Deadline,
    ) -> Result<(), TransportError> {
        let start = Instant::now();
        let socket = self.socket.as_mut().ok_or_else(|| removed(&self.name))?;
        if by.passed() {
            return Err(TransportError::Timeout { step, waited: Duration::ZERO });
        }
        // A frame may be cut now, and what follows would be misread: there is no going on.
        let error = match socket.send_by(content, by) {
            Ok(()) => return Ok(()),
            Err(error) if is_gone(&error) => removed(&self.name),
            Err(error) if is_timeout(&error) => {
                TransportError::Timeout { step, waited: start.elapsed() }
            }
            Err(source) => TransportError::Io { step, source },
        };
        self.socket = None;
        Err(error)
    }

    fn receive(
        &mut self,
        step: &'static str,
        into: &mut Vec<u8>,
        by: Deadline,
    ) -> Result<(), TransportError> {
        let start = Instant::now();
        let socket = self.socket.as_mut().ok_or_else(|| removed(&self.name))?;
        let error = match self.frames.next(|buffer| socket.receive_by(buffer, by)) {
            Ok(content) => {
                into.extend_from_slice(content);
                return Ok(());
            }
            Err(Cut::Io(error)) if is_timeout(&error) => {
                return Err(TransportError::Timeout { step, waited: start.elapsed() });
            }
            Err(Cut::Between) => removed(&self.name),
            Err(Cut::Io(error)) if is_gone(&error) => removed(&self.name),
            Err(Cut::Io(source)) => TransportError::Io { step, source },
            Err(Cut::Inside { expected, got }) => TransportError::Link {
                step,
                expected: "a whole frame",
                got: format!("{got} of {expected} bytes"),
            },
        };
        self.socket = None;
        Err(error)
    }
}

fn removed(name: &str) -> TransportError {
    TransportError::CardRemoved { reader: name.into() }
}

impl Transport for VpcdReader {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        response.clear();
        if command.len() < HEADER {
            return Err(TransportError::CommandTooShort { got: command.len() });
        }
        if command.len() > frame::MAX_CONTENT {
            let limit = frame::MAX_CONTENT;
            return Err(TransportError::CommandTooLong { limit, got: command.len() });
        }
        self.settle(deadline)?;
        if self.frames.ahead() > 0 {
            let got = format!("{} bytes more", self.frames.ahead());
            self.socket = None;
            return Err(TransportError::Link {
                step: "send a command",
                expected: "one answer to a command",
                got,
            });
        }
        self.ask(["send a command", "wait for the card's answer"], command, response, deadline)?;
        if response.len() < 2 {
            let got = format!("{} bytes", response.len());
            response.clear();
            return Err(TransportError::Link {
                step: "read the card's answer",
                expected: "at least 2 bytes",
                got,
            });
        }
        Ok(())
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        let by = Deadline::after(RESET);
        self.settle(by)?;
        match kind {
            Reset::Cold => {
                self.send("power the card off", &[control::OFF], by)?;
                self.send("power the card on", &[control::ON], by)?;
            }
            Reset::Warm => self.send("reset the card", &[control::RESET], by)?,
        }
        self.ask_atr(by)
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for VpcdReader {
    fn drop(&mut self) {
        if let Some(socket) = &mut self.socket {
            let _ = socket.send_by(&[control::OFF], Deadline::after(Duration::from_millis(100)));
        }
    }
}

impl std::fmt::Debug for VpcdReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VpcdReader")
            .field("name", &self.name)
            .field("connected", &self.socket.is_some())
            .finish_non_exhaustive()
    }
}
