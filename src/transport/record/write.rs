//! Writing a recording while the dialogue goes on.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    Counts, Entry, Failed, Header, Masked, Pair, RecordedExchange, RecordedReset, Secrets, Sink,
    format::micros, redact, sink::Lines,
};
use crate::transport::{
    Deadline, Exchange, Limits, Observer, Reset, Step, Transport, TransportError, Work,
    forward::forward_to_reader,
};

/// Writes a dialogue down, in one or several forms. Its clones write the same ones.
///
/// The wire comes from [`Recorder::layer`]; what is meant by it, under secure messaging in plain,
/// from [`Recorder::observer`], where there is one. A fault of a file disturbs neither the dialogue
/// nor the other files: it is told by [`Recorder::finish`].
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<State>>);

struct State {
    outlets: Vec<Outlet>,
    begun: Instant,
    counts: Counts,
    /// Whether an observer tells the step of each exchange.
    observed: bool,
    /// The exchange that the observer has not told about yet, and when it began.
    waiting: Option<(RecordedExchange, Duration)>,
    ended: bool,
}

/// A sink, and what it gets.
struct Outlet {
    sink: Box<dyn Sink>,
    /// Until it is written.
    header: Option<Header>,
    redacted: bool,
    fault: Option<io::Error>,
}

impl Recorder {
    /// A recording with this header, which says whether it is redacted. Nothing is written before
    /// the first exchange.
    pub fn new(file: Box<dyn Write + Send>, header: Header) -> Self {
        let recorder = Self::default();
        recorder.record(file, header);
        recorder
    }

    /// One more recording, before the first exchange.
    pub fn record(&self, file: Box<dyn Write + Send>, header: Header) {
        self.add(Box::new(Lines(file)), header);
    }

    /// Another form of the dialogue, before the first exchange. Its header says whether it is
    /// redacted.
    pub fn add(&self, sink: Box<dyn Sink>, header: Header) {
        let redacted = header.redacted;
        self.lock().outlets.push(Outlet { sink, header: Some(header), redacted, fault: None });
    }

    /// What the terminal knows, before the first exchange. What is redacted does not take it.
    pub fn set_secrets(&self, secrets: &Secrets) {
        for outlet in &mut self.lock().outlets {
            if !outlet.redacted
                && let Some(header) = &mut outlet.header
            {
                header.secrets = Some(secrets.clone());
            }
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

    /// Ends all forms; nothing is written behind that. For each, in the order they were added, the
    /// first fault of its file, since when nothing was written to it.
    pub fn finish(&self) -> (Counts, Vec<io::Result<()>>) {
        let mut state = self.lock();
        if !state.ended {
            state.flush();
            let counts = state.counts;
            state.outlets.iter_mut().for_each(|outlet| outlet.put(|sink| sink.end(counts)));
            state.ended = true;
        }
        let ends = state.outlets.iter_mut().map(|outlet| outlet.fault.take().map_or(Ok(()), Err));
        let ends = ends.collect();
        (state.counts, ends)
    }

    // A panic elsewhere leaves whole entries.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet {
    fn put(&mut self, write: impl FnOnce(&mut dyn Sink) -> io::Result<()>) {
        if self.fault.is_some() {
            return;
        }
        let begun = self.header.take().map_or(Ok(()), |header| self.sink.begin(&header));
        self.fault = begun.and_then(|()| write(&mut *self.sink)).err();
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            outlets: Vec::new(),
            begun: Instant::now(),
            counts: Counts::default(),
            observed: false,
            waiting: None,
            ended: false,
        }
    }
}

impl State {
    fn exchanged(
        &mut self,
        command: &[u8],
        answer: Result<&[u8], &TransportError>,
        started: Instant,
    ) {
        let time = started.elapsed();
        self.flush();
        self.counts.exchanges += 1;
        self.counts.bytes_to_card += command.len() as u64;
        match answer {
            Ok(bytes) => self.counts.bytes_from_card += bytes.len() as u64,
            Err(_) => self.counts.errors += 1,
        }
        let exchange = RecordedExchange {
            n: self.counts.exchanges,
            step: None,
            us: micros(time),
            command: Masked::known(command),
            response: answer.ok().map(Masked::known),
            error: answer.err().map(Failed::of),
            plain: None,
        };
        self.waiting = Some((exchange, self.since(started)));
        // Of one that failed the observer hears nothing.
        if !self.observed || answer.is_err() {
            self.flush();
        }
    }

    fn observed(&mut self, plain: Option<Exchange<'_>>, step: Step) {
        if let Some((exchange, _)) = &mut self.waiting {
            exchange.step = Some(step.0.into());
            exchange.plain = plain.map(|plain| Pair {
                command: Masked::known(plain.command),
                response: Masked::known(plain.response),
            });
            self.flush();
        }
    }

    fn flush(&mut self) {
        if let Some((exchange, at)) = self.waiting.take() {
            self.write(&Entry::Exchange(exchange), at);
        }
    }

    // All that is known comes here; each sink gets what it may have.
    fn write(&mut self, whole: &Entry, at: Duration) {
        if self.ended {
            return;
        }
        let mut redacted = None;
        for outlet in &mut self.outlets {
            let entry = if outlet.redacted {
                redacted.get_or_insert_with(|| redact::entry(whole))
            } else {
                whole
            };
            outlet.put(|sink| sink.entry(entry, at));
        }
    }

    fn since(&self, started: Instant) -> Duration {
        started.saturating_duration_since(self.begun)
    }
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
        self.recorder.lock().exchanged(command, answer, started);
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
            error: done.as_ref().err().map(Failed::of),
        };
        let at = state.since(started);
        state.write(&Entry::Reset(reset), at);
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

    forward_to_reader!(self => self.inner);
}
