//! A terminal that keeps the rules, and breaks them where a case asks for it.
//!
//! It is made of primitives, and of nothing that the chip's half is made of.

mod access;
mod chip;
mod commands;
mod files;
mod line;
mod numbers;
mod pace;
mod pseudo_random;

use rand_core::Rng;

pub(super) use access::{How, MutualFlaw};
pub(super) use chip::CaPlan;
pub(super) use commands::{
    dynamic, internal_authenticate, objects, plain_read, read, read_file, read_file_odd, read_odd,
    select_application, select_ef, set_at_pace,
};
pub(super) use files::Files;
pub(super) use line::Flaw;
pub(super) use numbers::{Extreme, Wrong};
pub(super) use pace::{CHAINED, PUBLIC_KEY, Pace};

use self::line::{Answer, Line};
use super::{Capabilities, Exchange, Expect, Failure};
use crate::{
    apdu::{Command, Header, Response, StatusWord, ins},
    crypto::SeededRng,
    transport::{Deadline, Transport, TransportError},
};

/// Why a case ends before its last step.
#[derive(Debug)]
pub(super) enum Stop {
    /// The card did not do what was expected.
    Failed(Failure),
    /// The link failed.
    Transport(TransportError),
}

/// The terminal of one case, from a reset card on.
pub(super) struct Terminal<'a> {
    transport: &'a mut dyn Transport,
    pub(super) card: &'a Capabilities,
    pub(super) files: Option<&'a Files>,
    rng: SeededRng,
    deadline: Deadline,
    line: Option<Line>,
    // The keys before Chip Authentication.
    old_line: Option<Line>,
    exchanges: Vec<Exchange>,
    // What Terminal Authentication signs.
    id_picc: Vec<u8>,
    ephemeral: Vec<u8>,
}

/// Most GET RESPONSE commands after one command.
const MAX_PARTS: usize = 64;

impl<'a> Terminal<'a> {
    pub(super) const fn new(
        transport: &'a mut dyn Transport,
        card: &'a Capabilities,
        rng: SeededRng,
        deadline: Deadline,
    ) -> Self {
        Self {
            transport,
            card,
            files: None,
            rng,
            deadline,
            line: None,
            old_line: None,
            exchanges: Vec::new(),
            id_picc: Vec::new(),
            ephemeral: Vec::new(),
        }
    }

    /// The dialogue so far.
    pub(super) fn into_exchanges(self) -> Vec<Exchange> {
        self.exchanges
    }

    /// Sends a command as the session has it: protected, where one is open.
    pub(super) fn send(&mut self, command: &Command, expect: Expect) -> Result<Response, Stop> {
        self.exchange(command, Way::Session(None), expect)
    }

    /// Sends a command under secure messaging with a mistake in it.
    pub(super) fn send_flawed(
        &mut self,
        command: &Command,
        flaw: Flaw,
        expect: Expect,
    ) -> Result<Response, Stop> {
        self.exchange(command, Way::Session(Some(flaw)), expect)
    }

    /// Sends a command without secure messaging, whether a session is open or not. The terminal
    /// keeps its keys.
    pub(super) fn send_plain(
        &mut self,
        command: &Command,
        expect: Expect,
    ) -> Result<Response, Stop> {
        self.exchange(command, Way::Plain, expect)
    }

    fn exchange(&mut self, command: &Command, way: Way, expect: Expect) -> Result<Response, Stop> {
        let mut response = self.once(command, way, expect)?;
        // What did not fit one response.
        let collect = Header::new(0x00, ins::GET_RESPONSE, 0, 0);
        for _ in 0..MAX_PARTS {
            let Some(waiting) = response.sw.bytes_waiting() else { break };
            let next = Command::new(collect).with_ne(waiting);
            let mut part = self.once(&next, way, expect)?;
            response.data.append(&mut part.data);
            response.sw = part.sw;
        }
        Ok(response)
    }

    fn once(&mut self, command: &Command, way: Way, expect: Expect) -> Result<Response, Stop> {
        let plain = command.to_bytes().unwrap_or_default();
        let (wire, protection) = match (way, &mut self.line) {
            (Way::Session(flaw), Some(line)) => {
                (line.protect(command, flaw), flaw.map_or("protected", Flaw::name))
            }
            _ => (plain.clone(), "plain"),
        };
        let mut exchange = Exchange {
            command: hex::encode_upper(&plain),
            protection,
            expected: expect.to_string(),
            got: "no answer".into(),
            passed: false,
        };
        let mut bytes = Vec::new();
        let sent = self.transport.transceive(&wire, &mut bytes, self.deadline);
        if let Err(error) = sent {
            return self.link_failed(exchange, error);
        }
        let is_session = protection != "plain";
        let answer = match self.line.as_mut().filter(|_| is_session) {
            Some(line) => line.open(command.header.ins, &bytes),
            None => Answer::naked(&bytes),
        };
        let (response, failure) = match answer {
            Ok(Answer { response, protected }) => {
                exchange.got = told(&response, is_session, protected);
                let waits = response.sw.bytes_waiting().is_some();
                let accepted = expect.accepts(response.sw) || waits && expect == Expect::SUCCESS;
                // Success inside the session counts under the session's keys only.
                let under_keys = protected || !is_session || !response.sw.is_normal();
                (response, !(accepted && under_keys))
            }
            Err(what) => {
                exchange.got = what;
                (Response::status(StatusWord::NO_DIAGNOSIS), true)
            }
        };
        exchange.passed = !failure;
        if is_session && expect == Expect::SUCCESS && failure {
            exchange.expected.push_str(", protected");
        }
        self.finish(exchange, response)
    }

    fn link_failed<T>(&mut self, mut exchange: Exchange, error: TransportError) -> Result<T, Stop> {
        // A card that does not answer has failed the case; a card that has gone ends the run.
        let TransportError::Timeout { .. } = error else { return Err(Stop::Transport(error)) };
        exchange.got = error.to_string();
        let failure = failure(&exchange);
        self.exchanges.push(exchange);
        Err(Stop::Failed(failure))
    }

    fn finish<T>(&mut self, exchange: Exchange, value: T) -> Result<T, Stop> {
        let stop = (!exchange.passed).then(|| Stop::Failed(failure(&exchange)));
        self.exchanges.push(exchange);
        stop.map_or(Ok(value), Err)
    }

    /// Notes that something is as it must be, or fails the case.
    pub(super) fn check(
        &mut self,
        what: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
        passed: bool,
    ) -> Result<(), Stop> {
        let exchange = Exchange {
            command: what.into(),
            protection: "check",
            expected: expected.into(),
            got: got.into(),
            passed,
        };
        self.finish(exchange, ())
    }

    /// Fails the case.
    pub(super) fn fail<T>(
        &mut self,
        what: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Result<T, Stop> {
        let (what, expected, got) = (what.into(), expected.into(), got.into());
        self.check(&what, &expected, &got, false)?;
        Err(Stop::Failed(Failure { step: what, expected, got }))
    }

    /// Checks that the channel is gone: a protected read fails whatever the card counted since the
    /// counter that `since` set aside.
    pub(super) fn expect_closed(&mut self, since: Counter) -> Result<(), Stop> {
        for step in 0..3 {
            if let Some(line) = &mut self.line {
                // The card may have counted the command, its answer, or neither.
                line.set_counter(since.0.wrapping_add(2 * step));
            }
            self.send(&read(0, 1), Expect::ERROR)?;
        }
        Ok(())
    }

    /// The terminal's counter, to go back to.
    pub(super) fn counter(&self) -> Counter {
        Counter(self.line.as_ref().map_or(0, Line::counter))
    }

    pub(super) fn random(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

/// A send sequence counter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counter(u128);

#[derive(Clone, Copy)]
enum Way {
    Session(Option<Flaw>),
    Plain,
}

fn failure(exchange: &Exchange) -> Failure {
    Failure {
        step: exchange.command.clone(),
        expected: exchange.expected.clone(),
        got: exchange.got.clone(),
    }
}

fn told(response: &Response, is_session: bool, protected: bool) -> String {
    let data = match response.data.len() {
        0 => String::new(),
        n => format!(" and {n} bytes"),
    };
    let plain = if is_session && !protected { ", unprotected" } else { "" };
    format!("{:04X}{data}{plain}", response.sw.0)
}
