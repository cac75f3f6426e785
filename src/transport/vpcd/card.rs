//! The card's side: plugs a chip into a vpcd.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::frame::{self, Cut, Frames};
use super::socket::{Socket, is_gone, is_timeout};
use super::stop::AWAY;
use super::{ATR_LENGTHS, Endpoint, Hand, StopHandle, control};
use crate::transport::{Deadline, Exchange, Power, Responder, TransportError};

/// How often a blocked read looks whether it shall stop, where nothing else wakes it.
const TICK: Duration = Duration::from_millis(250);
/// Between two attempts to reach a vpcd, or two looks at a listener.
const RETRY: Duration = Duration::from_millis(20);
/// Most time of one attempt to connect.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Most time that the other side may leave an answer unread.
const WRITE: Duration = Duration::from_secs(10);
/// A vpcd asks for the ATR every 400 ms; one that does not for so long serves another card.
const SILENCE: Duration = Duration::from_secs(3);

/// Plugs a [`Responder`] into a vpcd.
///
/// ```no_run
/// # use iccard::transport::{Power, Responder, vpcd::{CardLink, Endpoint}};
/// # fn plug(chip: &mut dyn Responder) -> Result<(), Box<dyn std::error::Error>> {
/// let link = CardLink::connecting("localhost:35963".parse::<Endpoint>()?);
/// let stop = link.stop_handle(); // for another thread
/// link.run(chip, &mut |_event| {})?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct CardLink {
    way: Way,
    patience: Duration,
    reconnect: bool,
    stop: StopHandle,
}

#[derive(Debug)]
enum Way {
    Connect(Endpoint),
    Listen(TcpListener),
}

/// What happens on a link, for a log.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum LinkEvent<'a> {
    /// No vpcd yet, for this reason; the link goes on trying. Told once a stay.
    Waiting(&'a io::Error),
    /// The card is in the reader at this address.
    Connected(SocketAddr),
    /// Connected, but the vpcd sends nothing: another card is in that slot. Told once a stay.
    Silent,
    /// The reader asked for the ATR, as pcscd does every 400 ms to see whether the card is there.
    AtrAsked,
    /// The reader's power and reset lines.
    Power(Power),
    /// A command was answered; the time is the chip's own.
    Exchange(Exchange<'a>),
    /// A control that the protocol does not have; nothing was answered.
    UnknownControl(u8),
    /// The connection broke in an unclean way; a link that reconnects goes on.
    Broken(&'a TransportError),
    /// The card has left the reader.
    Disconnected,
}

/// Why a link ended without a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The vpcd closed the connection.
    PeerClosed,
    /// A [`StopHandle`] was used.
    Stopped,
}

impl CardLink {
    /// A link that connects to the vpcd at `endpoint`, once, trying for 10 seconds.
    pub fn connecting(endpoint: Endpoint) -> Self {
        Self::over(Way::Connect(endpoint))
    }

    /// The reversed mode: the vpcd connects to us. Listens at once, so that its address is known.
    ///
    /// # Errors
    /// [`TransportError::Io`] where the address cannot be listened on.
    pub fn listening(endpoint: &Endpoint) -> Result<Self, TransportError> {
        let listener = super::reader::bind(endpoint)?;
        Ok(Self::over(Way::Listen(listener)))
    }

    fn over(way: Way) -> Self {
        let patience = Duration::from_secs(10);
        Self { way, patience, reconnect: false, stop: StopHandle::default() }
    }

    /// With this time for the vpcd to appear, while a PC/SC daemon starts for example.
    #[must_use]
    pub const fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// Whether to come back after the vpcd closed the connection. The card stays away for a
    /// second, for pcscd misses shorter absences and keeps a stale ATR.
    #[must_use]
    pub const fn reconnecting(mut self, reconnect: bool) -> Self {
        self.reconnect = reconnect;
        self
    }

    /// Ends this link from another thread.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Takes the card out of the reader and puts it back, from another thread.
    pub fn hand(&self) -> Hand {
        Hand(self.stop.clone())
    }

    /// Where a listening link is reached; with port 0 the system has chosen one.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.way {
            Way::Listen(listener) => listener.local_addr().ok(),
            Way::Connect(_) => None,
        }
    }

    /// Is the card until the vpcd closes the connection or the link is stopped. When it leaves the
    /// reader the chip is powered off. A [`Hand`] that takes it out does not end the link.
    ///
    /// # Errors
    /// [`TransportError::Io`] or [`TransportError::Timeout`] where no vpcd is there in time,
    /// `Io` where the connection fails, [`TransportError::Link`] where it ends inside a frame or
    /// the chip has no usable ATR.
    pub fn run<R: Responder + ?Sized>(
        &self,
        chip: &mut R,
        watch: &mut dyn FnMut(LinkEvent<'_>),
    ) -> Result<Ended, TransportError> {
        let ended = self.stays(chip, watch);
        self.stop.end();
        ended
    }

    fn stays<R: Responder + ?Sized>(
        &self,
        chip: &mut R,
        watch: &mut dyn FnMut(LinkEvent<'_>),
    ) -> Result<Ended, TransportError> {
        while !self.stop.is_stopped() {
            if self.wait_for_the_hand() {
                // It may have become another card meanwhile, and that is without power.
                chip.power(Power::Off);
            }
            let Some(stream) = self.open(watch)? else { continue };
            let result = self.plug(stream, chip, watch);
            let is_taken = self.stop.release();
            chip.power(Power::Off);
            if let Err(error) = &result {
                watch(LinkEvent::Broken(error));
            }
            watch(LinkEvent::Disconnected);
            if is_taken || self.stop.is_stopped() {
                continue;
            }
            if !self.reconnect {
                return result.map(|()| Ended::PeerClosed);
            }
            // A chip that was taken away does not knock before somebody puts it back.
            while {
                self.stop.wait(AWAY);
                !chip.is_present() && !self.stop.is_leaving()
            } {}
        }
        Ok(Ended::Stopped)
    }

    // Waits while a hand has the card: whether one had.
    fn wait_for_the_hand(&self) -> bool {
        let mut had = false;
        while let Some(time) = self.stop.held() {
            had = true;
            match &self.way {
                Way::Connect(_) => self.stop.doze(time),
                // A vpcd that connects meanwhile would wait for the answer of a card that is away.
                Way::Listen(listener) => match listener.accept() {
                    Ok(refused) => drop(refused),
                    Err(_) => self.stop.doze(time.min(RETRY)),
                },
            }
        }
        had
    }

    /// A connection, or `None` where the link was stopped or the card taken.
    fn open(
        &self,
        watch: &mut dyn FnMut(LinkEvent<'_>),
    ) -> Result<Option<TcpStream>, TransportError> {
        let until = Deadline::after(self.patience);
        let mut told = false;
        while !self.stop.is_leaving() {
            let attempt = match &self.way {
                Way::Connect(endpoint) => connect(endpoint, until),
                Way::Listen(listener) => listener.accept().map(|(stream, _)| stream),
            };
            let error = match attempt {
                Ok(stream) => return Ok(Some(stream)),
                Err(error) => error,
            };
            if until.passed() {
                let step = "wait for the vpcd";
                return Err(if is_timeout(&error) {
                    TransportError::Timeout { step, waited: self.patience }
                } else {
                    TransportError::Io { step, source: error }
                });
            }
            if !std::mem::replace(&mut told, true) {
                watch(LinkEvent::Waiting(&error));
            }
            self.stop.wait(RETRY.min(until.left()));
        }
        Ok(None)
    }

    /// One stay in the reader.
    fn plug<R: Responder + ?Sized>(
        &self,
        stream: TcpStream,
        chip: &mut R,
        watch: &mut dyn FnMut(LinkEvent<'_>),
    ) -> Result<(), TransportError> {
        let io = |step| move |source| TransportError::Io { step, source };
        let peer = stream.peer_addr().map_err(io("connect to the vpcd"))?;
        let mut socket = Socket::new(stream).map_err(io("connect to the vpcd"))?;
        socket.limit(TICK, WRITE).map_err(io("connect to the vpcd"))?;
        if !self.stop.adopt(socket.handle().map_err(io("connect to the vpcd"))?) {
            return Ok(());
        }
        watch(LinkEvent::Connected(peer));

        let mut frames = Frames::new();
        let mut response = Zeroizing::new(Vec::new());
        let mut silent_since = Some(Instant::now());
        while chip.is_present() {
            let next = frames.next(|buffer| {
                loop {
                    match socket.receive(buffer) {
                        Err(error) if is_timeout(&error) && !self.stop.is_leaving() => {}
                        Err(error) if is_timeout(&error) => return Ok(0),
                        other => return other,
                    }
                    if silent_since.is_some_and(|since| since.elapsed() > SILENCE) {
                        silent_since = None;
                        watch(LinkEvent::Silent);
                    }
                }
            });
            let content = match next {
                Ok(content) => content,
                Err(Cut::Between) => return Ok(()),
                Err(Cut::Inside { .. }) if self.stop.is_leaving() => return Ok(()),
                Err(Cut::Inside { expected, got }) => {
                    return Err(TransportError::Link {
                        step: "read from the vpcd",
                        expected: "a whole frame",
                        got: format!("{got} of {expected} bytes"),
                    });
                }
                Err(Cut::Io(error)) if is_gone(&error) => return Ok(()),
                Err(Cut::Io(error)) => return Err(io("read from the vpcd")(error)),
            };
            silent_since = None;
            if !answer(content, chip, &mut response, watch)? {
                continue;
            }
            // Stopped, taken, or out of the field, while the chip worked: it left before it answered.
            if self.stop.is_leaving() || !chip.is_present() {
                return Ok(());
            }
            match socket.send(&response) {
                Ok(()) => {}
                Err(error) if is_gone(&error) => return Ok(()),
                Err(error) => return Err(io("answer the vpcd")(error)),
            }
        }
        Ok(())
    }
}

fn connect(endpoint: &Endpoint, until: Deadline) -> io::Result<TcpStream> {
    let mut last = None;
    for address in endpoint.resolve()? {
        let time = ATTEMPT.min(until.left()).max(RETRY);
        match TcpStream::connect_timeout(&address, time) {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                last = Some(io::Error::new(error.kind(), format!("{address}: {error}")));
            }
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

/// Whether something is to be sent back, which `response` then holds: never less than two bytes,
/// for pcscd waits for ever behind an empty frame.
fn answer<R: Responder + ?Sized>(
    content: &[u8],
    chip: &mut R,
    response: &mut Vec<u8>,
    watch: &mut dyn FnMut(LinkEvent<'_>),
) -> Result<bool, TransportError> {
    let power = match *content {
        [control::OFF] => Power::Off,
        [control::ON] => Power::On,
        [control::RESET] => Power::Reset,
        [control::ATR] => {
            watch(LinkEvent::AtrAsked);
            let atr = chip.atr();
            if !ATR_LENGTHS.contains(&atr.len()) {
                return Err(TransportError::Link {
                    step: "give the ATR",
                    expected: "2 to 33 bytes",
                    got: format!("{} bytes", atr.len()),
                });
            }
            response.clear();
            response.extend_from_slice(atr);
            return Ok(true);
        }
        [unknown] => {
            watch(LinkEvent::UnknownControl(unknown));
            return Ok(false);
        }
        _ => {
            let start = Instant::now();
            response.clear();
            chip.respond(content, response);
            if !(2..=frame::MAX_CONTENT).contains(&response.len()) {
                response.clear();
                response.extend_from_slice(&NO_DIAGNOSIS);
            }
            let time = start.elapsed();
            watch(LinkEvent::Exchange(Exchange { command: content, response, time }));
            return Ok(true);
        }
    };
    chip.power(power);
    watch(LinkEvent::Power(power));
    Ok(false)
}

/// No precise diagnosis (ISO/IEC 7816-4 table 6): for a chip whose answer does not fit a frame.
const NO_DIAGNOSIS: [u8; 2] = [0x6F, 0x00];
