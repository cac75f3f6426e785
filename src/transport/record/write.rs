//! Writing a recording while the dialogue goes on.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

use super::{
    Counts, Failed, Header, Masked, Pair, RecordedExchange, RecordedReset, Secrets,
    format::{Line, micros},
    redact,
};
use crate::transport::{
    Deadline, Exchange, Limits, Observer, Reset, Step, Transport, TransportError, Work, pcsc::End,
};

/// Writes one recording. Its clones write the same one.
///
/// The wire comes from [`Recorder::layer`]; what is meant by it, under secure messaging in plain,
/// from [`Recorder::observer`], where there is one. A fault of the file does not disturb the
/// dialogue: it is told by [`Recorder::finish`].
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<State>>);

struct State {
    sink: Box<dyn Write + Send>,
    /// Until it is written.
    header: Option<Header>,
    redacted: bool,
    counts: Counts,
    /// Whether an observer tells the step of each exchange.
    observed: bool,
    /// The exchange that the observer has not told about yet.
    waiting: Option<RecordedExchange>,
    fault: Option<io::Error>,
    ended: bool,
}

impl Recorder {
    /// A recording with this header, which says whether it is redacted. Nothing is written before
    /// the first exchange.
    pub fn new(sink: Box<dyn Write + Send>, header: Header) -> Self {
        Self(Arc::new(Mutex::new(State {
            sink,
            redacted: header.redacted,
            header: Some(header),
            counts: Counts::default(),
            observed: false,
            waiting: None,
            fault: None,
            ended: false,
        })))
    }

    /// Whether bytes are left out.
    pub fn is_redacted(&self) -> bool {
        self.lock().redacted
    }

    /// What the terminal knows, before the first exchange. A redacted recording does not take it.
    pub fn set_secrets(&self, secrets: Secrets) {
        let mut state = self.lock();
        if !state.redacted
            && let Some(header) = &mut state.header
        {
            header.secrets = Some(secrets);
        }
    }

    /// The layer that sees the wire.
    pub fn layer<T: Transport>(&self, inner: T) -> Recorded<T> {
        Recorded { inner, recorder: self.clone() }
    }

    /// The observer that sees steps and plain forms, for a session over the layer.
    pub fn observer(&self) -> Box<dyn Observer> {
        self.lock().observed = true;
        Box::new(Watch(self.clone()))
    }

    /// Writes the last line; nothing is recorded behind it.
    ///
    /// # Errors
    /// The first fault of the file, since when nothing was written.
    pub fn finish(&self) -> io::Result<Counts> {
        let mut state = self.lock();
        if !state.ended {
            state.flush();
            let counts = state.counts;
            state.write(&Line::End(counts));
            state.ended = true;
        }
        state.fault.take().map_or(Ok(state.counts), Err)
    }

    // A panic elsewhere leaves whole lines.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn command(&self, bytes: &[u8]) -> Masked {
        if self.redacted { redact::command(bytes) } else { Masked::known(bytes) }
    }

    fn response(&self, command: &[u8], bytes: &[u8]) -> Masked {
        if self.redacted { redact::response(command, bytes) } else { Masked::known(bytes) }
    }

    fn failed(&self, error: &TransportError) -> Failed {
        let mut failed = Failed::of(error);
        if self.redacted {
            failed.text.clear();
        }
        failed
    }

    fn exchanged(
        &mut self,
        command: &[u8],
        answer: Result<&[u8], &TransportError>,
        time: Duration,
    ) {
        self.flush();
        self.counts.exchanges += 1;
        self.counts.bytes_to_card += command.len() as u64;
        let (mut response, mut error) = (None, None);
        match answer {
            Ok(bytes) => {
                self.counts.bytes_from_card += bytes.len() as u64;
                response = Some(self.response(command, bytes));
            }
            Err(fault) => {
                self.counts.errors += 1;
                error = Some(self.failed(fault));
            }
        }
        self.waiting = Some(RecordedExchange {
            n: self.counts.exchanges,
            step: None,
            us: micros(time),
            command: self.command(command),
            response,
            error,
            plain: None,
        });
        // Of one that failed the observer hears nothing.
        if !self.observed || answer.is_err() {
            self.flush();
        }
    }

    fn observed(&mut self, plain: Option<Exchange<'_>>, step: Step) {
        if let Some(mut exchange) = self.waiting.take() {
            exchange.step = Some(step.0.into());
            exchange.plain = plain.map(|plain| Pair {
                command: self.command(plain.command),
                response: self.response(plain.command, plain.response),
            });
            self.write(&Line::Exchange(exchange));
        }
    }

    fn flush(&mut self) {
        if let Some(exchange) = self.waiting.take() {
            self.write(&Line::Exchange(exchange));
        }
    }

    fn write(&mut self, line: &Line) {
        if self.fault.is_some() || self.ended {
            return;
        }
        let header = self.header.take().map(|header| Line::Recording(Box::new(header)));
        for line in header.iter().chain([line]) {
            if let Err(error) = put(&mut *self.sink, line) {
                self.fault = Some(error);
                return;
            }
        }
    }
}

// A line in one piece, so that one process writes whole lines or none.
fn put(sink: &mut dyn Write, line: &Line) -> io::Result<()> {
    let mut bytes = Zeroizing::new(serde_json::to_vec(line)?);
    bytes.push(b'\n');
    sink.write_all(&bytes)?;
    sink.flush()
}

impl Drop for State {
    fn drop(&mut self) {
        self.flush();
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

struct Watch(Recorder);

impl Observer for Watch {
    fn exchange(&mut self, _wire: Exchange<'_>, plain: Option<Exchange<'_>>, step: Step) {
        self.0.lock().observed(plain, step);
    }
}

/// A way to a card that is recorded.
#[derive(Debug)]
pub struct Recorded<T> {
    inner: T,
    recorder: Recorder,
}

impl<T: Transport> Transport for Recorded<T> {
    fn atr(&self) -> &[u8] {
        self.inner.atr()
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        let started = Instant::now();
        let sent = self.inner.transceive(command, response, deadline);
        let answer = sent.as_ref().map(|()| response.as_slice());
        self.recorder.lock().exchanged(command, answer, started.elapsed());
        sent
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        let started = Instant::now();
        let done = self.inner.reset(kind);
        let us = micros(started.elapsed());
        let mut state = self.recorder.lock();
        state.flush();
        state.counts.resets += 1;
        state.counts.errors += u32::from(done.is_err());
        let reset = RecordedReset {
            kind: kind.into(),
            us,
            atr: done.is_ok().then(|| Masked::known(self.inner.atr())),
            error: done.as_ref().err().map(|error| state.failed(error)),
        };
        state.write(&Line::Reset(reset));
        drop(state);
        done
    }

    fn name(&self) -> &str {
        self.inner.name()
    }

    fn work(&self) -> Work {
        self.inner.work()
    }

    fn modelled(&self) -> Option<Duration> {
        self.inner.modelled()
    }

    fn begin_transaction(&mut self, deadline: Deadline) -> Result<(), TransportError> {
        self.inner.begin_transaction(deadline)
    }

    fn end_transaction(&mut self) -> Result<(), TransportError> {
        self.inner.end_transaction()
    }

    fn leave_card(&mut self, end: End) -> Result<(), TransportError> {
        self.inner.leave_card(end)
    }

    fn control(
        &mut self,
        code: u32,
        data: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        self.inner.control(code, data, response, deadline)
    }
}
