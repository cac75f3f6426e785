//! The thread that makes a connection's blocking calls.
//!
//! The thread is told what to do over one channel and answers over another. Who does not get an
//! answer in time drops both ends: the thread then leaves the card as soon as its call returns,
//! and touches nothing more of it, for another connection may use it by then.

use std::ffi::{CStr, CString};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use pcsc::{Card, Context, Disposition, Error, Protocols, ShareMode, State, Transaction};
use zeroize::Zeroizing;

use super::super::{ConnectOptions, End, Protocol, Share};
use super::attach::{attach, find};
use super::driver::{Fault, bits, call, change, establish};
use crate::transport::{Deadline, Reset, TransportError};

/// In so long the service finds out that a card has left: pcscd looks every 400 ms, later on a busy
/// machine.
const NOTICE: Duration = Duration::from_secs(3);

/// What to do.
pub(super) enum Job {
    Transmit(Parcel),
    Begin,
    End,
    Reset(Reset),
    Control { code: u32, data: Vec<u8> },
    Disconnect(End),
}

/// What was done.
pub(super) enum Answer {
    /// The card is ours, and nothing has been done to it yet.
    Attached,
    Connected {
        reader: String,
        atr: Vec<u8>,
    },
    Transmitted(Parcel),
    Atr(Vec<u8>),
    /// A reader may refuse a control code, and the connection is as good as before.
    Controlled(Result<Vec<u8>, TransportError>),
    Done,
}

/// A command and its response. It travels back and forth, so that no exchange allocates.
#[derive(Default)]
pub(super) struct Parcel {
    pub(super) command: Zeroizing<Vec<u8>>,
    pub(super) response: Zeroizing<Vec<u8>>,
}

impl Parcel {
    /// Puts a command in. A vector that grew would leave a copy behind that is not wiped.
    pub(super) fn put(&mut self, command: &[u8]) {
        if self.command.capacity() < command.len() {
            self.command = Zeroizing::new(Vec::with_capacity(command.len().next_power_of_two()));
        }
        self.command.clear();
        self.command.extend_from_slice(command);
    }
}

/// The ends of the channels to a thread.
pub(super) struct Worker {
    pub(super) jobs: Sender<Job>,
    pub(super) answers: Receiver<Result<Answer, TransportError>>,
}

impl Worker {
    /// Starts a thread that connects and then answers with [`Answer::Connected`].
    pub(super) fn start(options: ConnectOptions) -> Result<Self, TransportError> {
        let (jobs, todo) = channel();
        let (done, answers) = channel();
        spawn(move || match connect(&options, &done) {
            Ok(Some(link)) => link.serve(&todo, &done, options.transaction),
            Ok(None) => {}
            Err(error) => drop(done.send(Err(error))),
        })?;
        Ok(Self { jobs, answers })
    }
}

/// Starts a thread of the driver.
pub(super) fn spawn(body: impl FnOnce() + Send + 'static) -> Result<(), TransportError> {
    let started = thread::Builder::new().name("iccard-pcsc".into()).spawn(body);
    let step = "start the driver's thread";
    started.map(drop).map_err(|source| TransportError::Io { step, source })
}

/// A connected card.
struct Link {
    context: Context,
    card: Card,
    reader: CString,
    name: String,
    share: ShareMode,
    protocols: Protocols,
    end: End,
    atr: Vec<u8>,
}

type Answers = Sender<Result<Answer, TransportError>>;

/// A connected card, or `None` where nobody waits for it any more.
fn connect(options: &ConnectOptions, answers: &Answers) -> Result<Option<Link>, TransportError> {
    let context = establish().map_err(|fault| fault.at("connect to the service", ""))?;
    let (reader, name) = find(&context, options)?;
    let share = match options.share {
        Share::Shared => ShareMode::Shared,
        Share::Exclusive => ShareMode::Exclusive,
    };
    let protocols = match options.protocol {
        Protocol::Any => Protocols::ANY,
        Protocol::T0 => Protocols::T0,
        Protocol::T1 => Protocols::T1,
    };
    let card = attach(&context, &reader, &name, share, protocols)?;
    let end = options.end;
    let mut link = Link { context, card, reader, name, share, protocols, end, atr: Vec::new() };
    if answers.send(Ok(Answer::Attached)).is_err() {
        return link.leave(Disposition::LeaveCard).map(|()| None);
    }
    let ready = if options.fresh { link.reset(Reset::Warm) } else { link.read_atr() };
    match ready {
        Ok(()) => Ok(Some(link)),
        Err(error) => {
            let _ = link.leave(Disposition::LeaveCard);
            Err(error)
        }
    }
}

/// What ended a row of commands.
enum Turn {
    Begin,
    End,
    Reset(Reset),
    Disconnect(End),
    /// Nobody waits for answers any more.
    Gone,
}

impl Link {
    /// Works until told to disconnect. `held`: whether to begin with a transaction.
    fn serve(mut self, jobs: &Receiver<Job>, answers: &Answers, mut held: bool) {
        let told = |answer| answers.send(answer).is_ok();
        let mut answer = Answer::Connected { reader: self.name.clone(), atr: self.atr.clone() };
        let disposition = loop {
            let site = Site {
                context: &self.context,
                reader: &self.reader,
                name: &self.name,
                end: self.end,
            };
            // What was asked for is answered when the transaction that belongs to it has begun.
            let (turn, ended) = if held {
                match call(|| self.card.transaction()) {
                    Ok(transaction) => {
                        let turn = if told(Ok(answer)) {
                            site.transmit(&transaction, jobs, answers)
                        } else {
                            Turn::Gone
                        };
                        let ended = end(transaction, &turn);
                        (turn, ended)
                    }
                    Err(fault) => {
                        told(Err(fault.at("begin the transaction", &self.name)));
                        break Disposition::LeaveCard;
                    }
                }
            } else if told(Ok(answer)) {
                (site.transmit(&self.card, jobs, answers), Ok(()))
            } else {
                (Turn::Gone, Ok(()))
            };
            let done = match turn {
                // Never inside a transaction: the transport sees to that.
                Turn::Begin => {
                    held = true;
                    Ok(Answer::Done)
                }
                Turn::End => {
                    held = false;
                    ended
                        .map(|()| Answer::Done)
                        .map_err(|f| f.at("end the transaction", &self.name))
                }
                Turn::Reset(kind) => self.reset(kind).map(|()| Answer::Atr(self.atr.clone())),
                Turn::Disconnect(wanted) => {
                    // Where the end of the transaction has reset it, once is enough.
                    break match wanted {
                        End::Reset if held && ended.is_ok() => Disposition::LeaveCard,
                        End::Reset => Disposition::ResetCard,
                        End::Leave => Disposition::LeaveCard,
                        End::Unpower => Disposition::UnpowerCard,
                    };
                }
                Turn::Gone => break Disposition::LeaveCard,
            };
            match done {
                Ok(next) => answer = next,
                Err(error) => {
                    told(Err(error));
                    break Disposition::LeaveCard;
                }
            }
        };
        told(self.leave(disposition).map(|()| Answer::Done));
    }

    /// Resets the card. Never inside a transaction, which Windows would end and pcsclite keep.
    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        let how = match kind {
            Reset::Cold => Disposition::UnpowerCard,
            Reset::Warm => Disposition::ResetCard,
        };
        let (card, share, protocols) = (&mut self.card, self.share, self.protocols);
        call(|| card.reconnect(share, protocols, how))
            .map_err(|fault| fault.at("reset the card", &self.name))?;
        if cfg!(target_os = "macos") {
            // There the first command would be told of the reset, as if it were somebody else's.
            let _ = call(|| card.reconnect(share, protocols, Disposition::LeaveCard));
        }
        self.read_atr()
    }

    fn read_atr(&mut self) -> Result<(), TransportError> {
        // A reader can have several names.
        let (mut names, mut atr) = ([0; 4096], [0; 64]);
        let status = call(|| Ok(self.card.status2(&mut names, &mut atr)?.atr().to_vec()));
        self.atr = status.map_err(|fault| fault.at("read the ATR", &self.name))?;
        Ok(())
    }

    /// Disconnects in so many words, for dropping the card resets it.
    fn leave(self, disposition: Disposition) -> Result<(), TransportError> {
        let (card, name) = (self.card, self.name);
        call(|| card.disconnect(disposition).map_err(|(_, error)| error))
            .map_err(|fault| fault.at("leave the card", &name))
    }
}

/// Ends a transaction. A card that shall be reset is reset before another program gets at it.
fn end(transaction: Transaction<'_>, turn: &Turn) -> Result<(), Fault> {
    let disposition = match turn {
        Turn::Disconnect(End::Reset) => Disposition::ResetCard,
        _ => Disposition::LeaveCard,
    };
    call(|| transaction.end(disposition).map_err(|(_, error)| error))
}

/// Where commands go.
struct Site<'a> {
    context: &'a Context,
    reader: &'a CStr,
    name: &'a str,
    end: End,
}

impl Site<'_> {
    /// Sends commands until something else is to be done.
    fn transmit(&self, card: &Card, jobs: &Receiver<Job>, answers: &Answers) -> Turn {
        // A command whose answer does not fit has been carried out all the same.
        let mut buffer = Zeroizing::new(vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED]);
        loop {
            let mut parcel = match jobs.recv() {
                Ok(Job::Transmit(parcel)) => parcel,
                Ok(Job::Control { code, data }) => {
                    let said = call(|| card.control(code.into(), &data, &mut buffer));
                    let said = said
                        .map(<[u8]>::to_vec)
                        .map_err(|fault| fault.at("send a control code", self.name));
                    if answers.send(Ok(Answer::Controlled(said))).is_err() {
                        return Turn::Gone;
                    }
                    continue;
                }
                Ok(Job::Begin) => return Turn::Begin,
                Ok(Job::End) => return Turn::End,
                Ok(Job::Reset(kind)) => return Turn::Reset(kind),
                Ok(Job::Disconnect(end)) => return Turn::Disconnect(end),
                Err(_) => return Turn::Gone,
            };
            let failed = match call(|| card.transmit(&parcel.command, &mut buffer)) {
                Ok(response) if response.len() >= 2 => {
                    parcel.response.clear();
                    parcel.response.extend_from_slice(response);
                    None
                }
                Ok(response) => Some(self.explain_short(response.len())),
                Err(fault) => Some(self.explain(fault)),
            };
            if let Some(error) = failed {
                // The connection is given up, and left as it would be without the fault; but a
                // card that has left cannot be reset, and the one that comes next should not be.
                let end = match error {
                    TransportError::CardRemoved { .. } => End::Leave,
                    _ => self.end,
                };
                let _ = answers.send(Err(error));
                return Turn::Disconnect(end);
            }
            if answers.send(Ok(Answer::Transmitted(parcel))).is_err() {
                return Turn::Gone;
            }
        }
    }

    /// The first command after a removal fails with a code that says nothing of it, so the
    /// service is given the time to notice.
    fn explain(&self, fault: Fault) -> TransportError {
        let vague = matches!(
            fault,
            Fault::Code(
                Error::NotTransacted
                    | Error::CommDataLost
                    | Error::UnresponsiveCard
                    | Error::UnpoweredCard
                    | Error::NoSmartcard
                    | Error::ReaderUnavailable
                    | Error::InvalidHandle
            )
        );
        if vague && self.has_left() {
            return TransportError::CardRemoved { reader: self.name.into() };
        }
        fault.at("send a command", self.name)
    }

    /// vpcd gives what came of an answer for all of it when the card leaves in the middle.
    fn explain_short(&self, length: usize) -> TransportError {
        if self.has_left() {
            return TransportError::CardRemoved { reader: self.name.into() };
        }
        TransportError::Link {
            step: "read the card's answer",
            expected: "at least 2 bytes",
            got: format!("{length} bytes"),
        }
    }

    fn has_left(&self) -> bool {
        let until = Deadline::after(NOTICE);
        let mut states = [pcsc::ReaderState::new(self.reader, State::UNAWARE)];
        loop {
            match change(self.context, until.left(), &mut states) {
                Ok(_) => {}
                Err(fault) => {
                    let gone = [Error::UnknownReader, Error::ReaderUnavailable];
                    return gone.map(Fault::Code).contains(&fault);
                }
            }
            let now = bits(&states);
            if !now.contains(State::PRESENT) || now.intersects(State::UNKNOWN | State::UNAVAILABLE)
            {
                return true;
            }
            if until.passed() {
                return false;
            }
            states.iter_mut().for_each(pcsc::ReaderState::sync_current_state);
        }
    }
}
