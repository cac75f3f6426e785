//! Commands and responses, in plain or through the secure channel.

use std::time::{Duration, Instant};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{SessionError, ladder::Ladder, recover::SetAside};
use crate::{
    apdu::{Command, Header, MAX_NE, Response, StatusWord, ins},
    protocol::{Initiator, Next},
    sm::{SecureChannel, SmError, SscSnapshot},
    tlv::{Reader, Tag},
    transport::{Deadline, Exchange, Limits, Observer, Reset, Step, Transport, TransportError},
};

/// What a dialogue has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Command APDUs sent.
    pub apdus: u32,
    /// Bytes of commands.
    pub bytes_to_card: u64,
    /// Bytes of responses, status words included.
    pub bytes_from_card: u64,
    /// Time between the first byte of a command and the last of its response, summed up.
    pub time: Duration,
    /// How often more was asked for at once than card or reader gave.
    pub probes: u32,
    /// How long all of it would have taken on the air, with the card's activation, where a
    /// [`Link`](crate::transport::Link) models it.
    pub modelled: Option<Duration>,
}

/// A dialogue with one card.
pub struct Session {
    pub(super) transport: Box<dyn Transport>,
    pub(super) channel: Option<SecureChannel>,
    limits: Limits,
    pub(super) max_read: usize,
    pub(super) timeout: Duration,
    observer: Option<Box<dyn Observer>>,
    stats: Stats,
    pub(super) command: Zeroizing<Vec<u8>>,
    pub(super) response: Vec<u8>,
    pub(super) ladder: Ladder,
    /// The counter before the command that is on its way.
    before: Option<SscSnapshot>,
    /// The channel in which the last exchange failed.
    pub(super) aside: Option<SetAside>,
    /// Whether the last failure was passed over, and the card may not hold the channel any more.
    pub(super) guessed: bool,
    pub(super) reopen: bool,
    /// Whether the card has named another Le.
    pub(super) corrected: bool,
}

/// Most bytes that GET RESPONSE collects for one command.
pub(super) const MAX_RESPONSE: usize = 0x1_0000;
/// Most times that it is sent for one command: a card that gives a byte at a time has no end.
pub(super) const MAX_PARTS: usize = 1024;

impl Session {
    /// A dialogue in plain, with short length fields until [`Session::allow`] is told better, and
    /// ten seconds an APDU.
    pub fn new(transport: Box<dyn Transport>) -> Self {
        let limits = transport.limits().min(Limits::SHORT);
        Self {
            transport,
            channel: None,
            limits,
            max_read: usize::MAX,
            timeout: Duration::from_secs(10),
            observer: None,
            stats: Stats::default(),
            command: Zeroizing::default(),
            response: Vec::new(),
            ladder: Ladder::default(),
            before: None,
            aside: None,
            guessed: false,
            reopen: false,
            corrected: false,
        }
    }

    /// Every exchange is shown to `observer`, too.
    #[must_use]
    pub fn observed(mut self, observer: Box<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// How long the card may take for one APDU.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What the card says it can take, lowered to what the way to it carries.
    pub fn allow(&mut self, card: Limits) {
        let refused = self.ladder.extended == Some(false);
        let most = if refused { Limits::SHORT } else { Limits::EXTENDED };
        self.limits = self.transport.limits().min(card).min(most);
    }

    /// What APDUs may measure now.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Opens, replaces or (with `None`) leaves the secure channel.
    pub fn set_channel(&mut self, channel: Option<SecureChannel>) {
        self.channel = channel;
        self.aside = None;
        self.guessed = false;
    }

    /// Asks for at most `max` bytes of a file at once from now on, for a card that refuses more.
    pub const fn limit_reads(&mut self, max: usize) {
        self.max_read = max;
    }

    /// Whether commands are protected.
    pub const fn is_protected(&self) -> bool {
        self.channel.is_some()
    }

    /// Most plain bytes that one response can carry now.
    pub fn max_response_data(&self) -> usize {
        let max = self.limits.response_data;
        self.channel.as_ref().map_or(max, |channel| channel.max_response_data(max))
    }

    /// What the dialogue has cost so far.
    pub fn stats(&self) -> Stats {
        let (probes, modelled) = (self.ladder.failures(), self.transport.modelled());
        Stats { probes, modelled, ..self.stats }
    }

    /// The way to the card.
    pub fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    /// Resets the card; the channel is gone with it.
    ///
    /// # Errors
    /// [`SessionError::Transport`].
    pub fn reset(&mut self, kind: Reset) -> Result<(), SessionError> {
        self.set_channel(None);
        self.reopen = false;
        let step = "reset";
        self.transport.reset(kind).map_err(|source| SessionError::Transport { step, source })
    }

    /// Ends the dialogue and gives the way to the card back.
    pub fn into_transport(self) -> Box<dyn Transport> {
        self.transport
    }

    /// Sends a command, through the channel where there is one, and returns the plain response
    /// whatever its status word is.
    ///
    /// # Errors
    /// Everything but a status word. After an error inside the channel it is closed: what the card
    /// says next in plain cannot be mistaken for protected data.
    pub fn exchange(&mut self, command: &Command, step: Step) -> Result<Response, SessionError> {
        let first = self.exchange_once(command, step)?;
        match first.sw.correct_le() {
            Some(ne) if command.ne.is_some_and(|asked| asked != ne) => {
                let mut again = command.clone();
                again.ne = Some(ne);
                self.corrected = true;
                self.exchange_once(&again, step)
            }
            _ => Ok(first),
        }
    }

    /// Carries somebody else's command to the card as it is, and the whole answer back. Whoever
    /// protected the command has the keys; here only what is the link's is done, GET RESPONSE for
    /// the parts of a protected answer.
    ///
    /// # Errors
    /// The transport's; [`SessionError::TooMuch`].
    pub fn forward(&mut self, command: &[u8], step: Step) -> Result<Vec<u8>, SessionError> {
        self.set_channel(None);
        self.command.clear();
        self.command.extend_from_slice(command);
        let time = self.transceive(step)?;
        self.collect_protected(step)?;
        self.observe(step, time, None);
        Ok(self.response.clone())
    }

    /// Runs the terminal's half of a protocol to its end.
    ///
    /// # Errors
    /// The protocol's own error inside `Ok(Err(..))`; the outer one is the dialogue's.
    pub fn drive<I: Initiator>(
        &mut self,
        initiator: &mut I,
        rng: &mut dyn CryptoRng,
    ) -> Result<Result<I::Output, I::Error>, SessionError> {
        let mut next = initiator.start(rng);
        loop {
            match next {
                Ok(Next::Send(command)) => {
                    let response = self.exchange(&command, initiator.step())?;
                    next = initiator.receive(&response, rng);
                }
                Ok(Next::Done(output)) => return Ok(Ok(output)),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    fn exchange_once(&mut self, command: &Command, step: Step) -> Result<Response, SessionError> {
        let mut response = Response::default();
        let parts = self.parts(command);
        for (i, part) in parts.iter().enumerate() {
            response = self.send_part(part, step)?;
            if i + 1 < parts.len() && !response.sw.is_success() {
                break;
            }
        }
        Ok(response)
    }

    // The commands that bring this one's data. What is a link of a chain already, as the steps of
    // PACE are, must not be cut once more (ICAO Doc 9303-11 clause 4.4.4.3): it goes out extended,
    // as GENERAL AUTHENTICATE may whatever the card says of itself (9303-10 clause 3.6.4.2). With a
    // MODP group of 2,048 bits command and answer need it.
    fn parts(&self, command: &Command) -> Vec<Command> {
        // What carries no long response carries no long command.
        let met = self.met_limit().map_or(usize::MAX, |met| met.max(Limits::SHORT.command_data));
        let max = self.limits.command_data.min(met);
        if command.header.is_chained() && command.data.len() > Limits::SHORT.command_data {
            let most = self.transport.limits().response_data;
            let most = u32::try_from(most).unwrap_or(MAX_NE).min(MAX_NE);
            let mut whole = command.clone();
            whole.ne = whole.ne.map(|ne| ne.max(most));
            return vec![whole];
        }
        let fits = self.channel.as_ref().map_or(max, |channel| channel.max_command_data(max));
        command.chain(fits).collect()
    }

    fn send_part(&mut self, command: &Command, step: Step) -> Result<Response, SessionError> {
        let mut response = self.send_once(command, step)?;
        self.collect(&mut response, command.header.cla, step)?;
        Ok(response)
    }

    fn send_once(&mut self, command: &Command, step: Step) -> Result<Response, SessionError> {
        self.command.clear();
        self.aside = None;
        let Some(channel) = &mut self.channel else {
            command.encode(&mut self.command).map_err(|e| apdu(step, e))?;
            return self.transmit(step);
        };
        self.before = Some(channel.snapshot());
        let protected = channel.protect_command(command, &mut self.command);
        protected.map_err(|source| SessionError::SecureMessaging { step: step.0, source })?;
        let time = self.transceive(step)?;
        self.collect_protected(step)?;
        // The channel was there a line ago.
        let Some(channel) = &mut self.channel else {
            let source = SmError::Unprotected { sw: StatusWord::NO_DIAGNOSIS };
            return Err(SessionError::SecureMessaging { step: step.0, source });
        };
        match channel.unprotect_response(&self.response) {
            Ok(mut plain) => {
                if let Some(ne) = command.ne.and_then(|ne| usize::try_from(ne).ok()) {
                    channel.trim_padding(&mut plain.data, ne);
                }
                self.observe(step, time, Some((command, &plain)));
                Ok(plain)
            }
            Err(source) => {
                self.observe(step, time, None);
                self.set_aside(true);
                Err(SessionError::SecureMessaging { step: step.0, source })
            }
        }
    }

    // Closes the channel. Only a read that goes on with less takes it up once more.
    fn set_aside(&mut self, answered: bool) {
        if let (Some(channel), Some(before)) = (self.channel.take(), self.before) {
            self.aside = Some(SetAside { channel, before, answered });
        }
    }

    // GET RESPONSE until nothing waits (ISO/IEC 7816-4 clause 11.7), protected like the command.
    fn collect(
        &mut self,
        response: &mut Response,
        cla: u8,
        step: Step,
    ) -> Result<(), SessionError> {
        let mut parts = 0;
        while let Some(waiting) = response.sw.bytes_waiting() {
            parts += 1;
            if response.data.len() >= MAX_RESPONSE || parts > MAX_PARTS {
                return Err(self.too_much(step));
            }
            let ne = waiting.min(u32::try_from(self.max_response_data()).unwrap_or(u32::MAX));
            let get = Command::new(Header::new(cla & 0x03, ins::GET_RESPONSE, 0, 0)).with_ne(ne);
            let more = self.send_once(&get, step)?;
            if more.data.is_empty() && more.sw.bytes_waiting().is_some() {
                return Err(self.too_much(step));
            }
            response.data.extend_from_slice(&more.data);
            response.sw = more.sw;
        }
        Ok(())
    }

    // A protected response that is longer than one APDU may come in parts as well, each with data
    // and `61xx`. The parts are the link's; what counts is the whole, whose MAC is checked.
    fn collect_protected(&mut self, step: Step) -> Result<(), SessionError> {
        let mut whole = Vec::new();
        let mut sent = None;
        let mut parts = 0;
        loop {
            let Ok(part) = Response::parse(&self.response) else { return Ok(()) };
            let waiting = part.sw.bytes_waiting().filter(|_| !part.data.is_empty());
            let Some(waiting) = waiting else { break };
            if is_whole(&part.data) {
                // DO8E is there: `61xx` stands protected within.
                break;
            }
            parts += 1;
            if whole.len() + part.data.len() > MAX_RESPONSE || parts > MAX_PARTS {
                return Err(self.too_much(step));
            }
            whole.extend_from_slice(&part.data);
            sent.get_or_insert_with(|| self.command.clone());
            self.command.clear();
            let get = Command::new(Header::new(0x00, ins::GET_RESPONSE, 0, 0)).with_ne(waiting);
            get.encode(&mut self.command).map_err(|e| apdu(step, e))?;
            self.transceive(step)?;
        }
        if let Some(sent) = sent {
            whole.extend_from_slice(&self.response);
            (self.response, self.command) = (whole, sent);
        }
        Ok(())
    }

    // What the card says next belongs to nothing.
    fn too_much(&mut self, step: Step) -> SessionError {
        self.channel = None;
        SessionError::TooMuch { step: step.0, limit: MAX_RESPONSE }
    }

    fn transmit(&mut self, step: Step) -> Result<Response, SessionError> {
        let time = self.transceive(step)?;
        self.observe(step, time, None);
        Response::parse(&self.response).map_err(|e| apdu(step, e))
    }

    pub(super) fn transceive(&mut self, step: Step) -> Result<Duration, SessionError> {
        let started = Instant::now();
        let deadline = Deadline::after(self.timeout);
        let sent = self.transport.transceive(&self.command, &mut self.response, deadline);
        let time = started.elapsed();
        self.stats.apdus += 1;
        self.stats.bytes_to_card += self.command.len() as u64;
        self.stats.time += time;
        if let Err(source) = sent {
            // A card that was reset or left has forgotten the channel.
            self.set_aside(false);
            return Err(transport(step, source));
        }
        self.stats.bytes_from_card += self.response.len() as u64;
        Ok(time)
    }

    pub(super) fn observe(
        &mut self,
        step: Step,
        time: Duration,
        plain: Option<(&Command, &Response)>,
    ) {
        let Some(observer) = &mut self.observer else { return };
        let wire = Exchange { command: &self.command, response: &self.response, time };
        let Some((command, response)) = plain else { return observer.exchange(wire, None, step) };
        let command = Zeroizing::new(command.to_bytes().unwrap_or_default());
        let mut bytes = Zeroizing::new(Vec::new());
        response.encode(&mut bytes);
        let plain = Exchange { command: &command, response: &bytes, time };
        observer.exchange(wire, Some(plain), step);
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("card", &self.transport.name())
            .field("protected", &self.is_protected())
            .field("limits", &self.limits)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

// Whether data objects end exactly here, the last of them a cryptographic checksum.
fn is_whole(data: &[u8]) -> bool {
    let mut last = None;
    for object in Reader::new(data) {
        let Ok(object) = object else { return false };
        last = Some(object.tag);
    }
    last == Some(Tag::new(0x8E))
}

const fn apdu(step: Step, source: crate::apdu::ApduError) -> SessionError {
    SessionError::Apdu { step: step.0, source }
}

const fn transport(step: Step, source: TransportError) -> SessionError {
    SessionError::Transport { step: step.0, source }
}
