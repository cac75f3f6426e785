//! The driver on the system's PC/SC library.

mod attach;
mod choose;
mod driver;
mod watch;
mod worker;

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

pub use watch::Watcher;
use worker::{Answer, Job, Parcel, Worker};

use super::{ConnectOptions, End, ReaderInfo};
use crate::transport::{Deadline, Limits, Reset, Transport, TransportError};

/// Header, extended Lc, 65,535 bytes, extended Le (ISO/IEC 7816-3 clause 12.1).
const LONGEST: usize = 4 + 3 + 65_535 + 2;
/// A command APDU has a header.
const HEADER: usize = 4;
/// For the list of readers.
const LISTING: Duration = Duration::from_secs(5);
/// More than the thread is given for its own waits, so that its reason is heard.
const GRACE: Duration = Duration::from_secs(1);

/// The readers of this machine and what is on them.
///
/// # Errors
/// [`TransportError::NoService`] and what else the system reports.
pub fn readers() -> Result<Vec<ReaderInfo>, TransportError> {
    const STEP: &str = "look at the readers";
    let (done, answer) = channel();
    worker::spawn(move || {
        let _ = done.send(driver::establish().and_then(|context| driver::snapshot(&context)));
    })?;
    match answer.recv_timeout(LISTING) {
        Ok(Ok(snapshot)) => Ok(snapshot.readers),
        // Windows stops the service when the last reader leaves.
        Ok(Err(driver::Fault::Code(pcsc::Error::NoService))) if cfg!(windows) => Ok(Vec::new()),
        Ok(Err(fault)) => Err(fault.at(STEP, "")),
        Err(_) => Err(TransportError::Timeout { step: STEP, waited: LISTING }),
    }
}

/// Connects to a card.
///
/// # Errors
/// [`TransportError::NoReader`], [`TransportError::AmbiguousReader`], [`TransportError::NoCard`],
/// [`TransportError::Shared`], [`TransportError::NoRights`]; [`TransportError::Timeout`] where
/// another program holds a transaction.
pub fn connect(options: &ConnectOptions) -> Result<PcscTransport, TransportError> {
    let time = options.timeout.saturating_add(options.wait.unwrap_or_default());
    let (worker, reader, atr) = open(options.clone(), Deadline::after(time))?;
    Ok(PcscTransport {
        options: ConnectOptions { reader: Some(reader.clone()), wait: None, ..options.clone() },
        worker: Some(worker),
        parcel: Parcel::default(),
        held: options.transaction,
        reader,
        atr,
    })
}

fn open(
    options: ConnectOptions,
    by: Deadline,
) -> Result<(Worker, String, Vec<u8>), TransportError> {
    const STEP: &str = "connect to the card (another program may be using it)";
    let start = Instant::now();
    let worker = Worker::start(options)?;
    loop {
        match worker.answers.recv_timeout(by.left()) {
            Ok(Ok(Answer::Attached)) => {}
            Ok(Ok(Answer::Connected { reader, atr })) => return Ok((worker, reader, atr)),
            Ok(Ok(_)) => return Err(out_of_turn(STEP)),
            Ok(Err(error)) => return Err(error),
            Err(RecvTimeoutError::Timeout) => {
                return Err(TransportError::Timeout { step: STEP, waited: start.elapsed() });
            }
            Err(RecvTimeoutError::Disconnected) => return Err(thread_ended(STEP)),
        }
    }
}

fn thread_ended(step: &'static str) -> TransportError {
    TransportError::Driver { step, code: 0, detail: "the driver's thread ended".into() }
}

fn out_of_turn(step: &'static str) -> TransportError {
    TransportError::Driver { step, code: 0, detail: "an answer out of turn".into() }
}

/// A card on a reader.
///
/// Any error of the reader ends the connection; the next call makes a new one to the same reader
/// with the same options. So a call that was late does not block those after it, and what the
/// card knew of the old session is gone. Dropping the transport leaves the card as
/// [`ConnectOptions::end`] says; [`PcscTransport::close`] also tells whether that went well.
pub struct PcscTransport {
    options: ConnectOptions,
    // None until the next call connects.
    worker: Option<Worker>,
    parcel: Parcel,
    held: bool,
    reader: String,
    atr: Vec<u8>,
}

impl PcscTransport {
    /// Begins a transaction: until its end other programs wait. Nothing where one is held.
    ///
    /// # Errors
    /// [`TransportError::Timeout`] where another program holds one, and what the reader reports.
    pub fn begin(&mut self, deadline: Deadline) -> Result<(), TransportError> {
        if self.held && self.worker.is_some() {
            return Ok(());
        }
        // A new connection begins without one.
        self.held = false;
        self.ask(Job::Begin, "begin a transaction", deadline)?;
        self.held = true;
        Ok(())
    }

    /// Ends the transaction, the card stays as it is. Nothing where none is held.
    ///
    /// # Errors
    /// What the reader reports.
    pub fn end(&mut self) -> Result<(), TransportError> {
        if !std::mem::take(&mut self.held) || self.worker.is_none() {
            return Ok(());
        }
        let by = Deadline::after(self.options.timeout);
        self.ask(Job::End, "end the transaction", by).map(drop)
    }

    /// Leaves the card as the options say.
    ///
    /// # Errors
    /// [`TransportError::Timeout`] where the reader does not let go of it.
    pub fn close(mut self) -> Result<(), TransportError> {
        self.leave(self.options.timeout)
    }

    fn leave(&mut self, time: Duration) -> Result<(), TransportError> {
        if self.worker.is_none() {
            return Ok(());
        }
        let job = Job::Disconnect(self.options.end);
        let left = self.ask(job, "leave the card", Deadline::after(time));
        self.worker = None;
        left.map(drop)
    }

    /// Has one job done, over a new connection where there is none.
    fn ask(
        &mut self,
        job: Job,
        step: &'static str,
        by: Deadline,
    ) -> Result<Answer, TransportError> {
        let start = Instant::now();
        if by.passed() {
            return Err(TransportError::Timeout { step, waited: Duration::ZERO });
        }
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => {
                let options = ConnectOptions { transaction: self.held, ..self.options.clone() };
                let (worker, _, atr) = open(options, by)?;
                self.atr = atr;
                worker
            }
        };
        if worker.jobs.send(job).is_err() {
            return Err(thread_ended(step));
        }
        let answer = match worker.answers.recv_timeout(by.left()) {
            Ok(answer) => answer?,
            Err(RecvTimeoutError::Timeout) => {
                return Err(TransportError::Timeout { step, waited: start.elapsed() });
            }
            Err(RecvTimeoutError::Disconnected) => return Err(thread_ended(step)),
        };
        self.worker = Some(worker);
        Ok(answer)
    }
}

impl Transport for PcscTransport {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn limits(&self) -> Limits {
        self.options.limits
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        const STEP: &str = "wait for the card's answer";
        response.clear();
        if command.len() < HEADER {
            return Err(TransportError::CommandTooShort { got: command.len() });
        }
        if command.len() > LONGEST {
            return Err(TransportError::CommandTooLong { limit: LONGEST, got: command.len() });
        }
        let mut parcel = std::mem::take(&mut self.parcel);
        parcel.put(command);
        match self.ask(Job::Transmit(parcel), STEP, deadline)? {
            Answer::Transmitted(parcel) => self.parcel = parcel,
            _ => return Err(out_of_turn(STEP)),
        }
        response.extend_from_slice(&self.parcel.response);
        Ok(())
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        const STEP: &str = "reset the card";
        let by = Deadline::after(self.options.timeout);
        match self.ask(Job::Reset(kind), STEP, by)? {
            Answer::Atr(atr) => self.atr = atr,
            _ => return Err(out_of_turn(STEP)),
        }
        Ok(())
    }

    fn name(&self) -> &str {
        &self.reader
    }

    fn begin_transaction(&mut self, deadline: Deadline) -> Result<(), TransportError> {
        self.begin(deadline)
    }

    fn end_transaction(&mut self) -> Result<(), TransportError> {
        self.end()
    }

    fn leave_card(&mut self, end: End) -> Result<(), TransportError> {
        self.options.end = end;
        self.leave(self.options.timeout)
    }

    fn control(
        &mut self,
        code: u32,
        data: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        const STEP: &str = "send a control code";
        response.clear();
        match self.ask(Job::Control { code, data: data.to_vec() }, STEP, deadline)? {
            Answer::Controlled(said) => response.extend_from_slice(&said?),
            _ => return Err(out_of_turn(STEP)),
        }
        Ok(())
    }
}

impl Drop for PcscTransport {
    fn drop(&mut self) {
        let _ = self.leave(self.options.timeout.min(GRACE));
    }
}

impl std::fmt::Debug for PcscTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PcscTransport")
            .field("reader", &self.reader)
            .field("connected", &self.worker.is_some())
            .field("transaction", &self.held)
            .finish_non_exhaustive()
    }
}
