//! Watching readers and cards come and go.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use pcsc::{Context, Error, State};

use super::super::{ReaderEvent, ReaderInfo};
use super::choose::is_ignored;
use super::driver::{Fault, Snapshot, change, establish, snapshot};
use super::worker::spawn;
use crate::transport::TransportError;

/// The most time of one wait: the list of readers is read anew after it, for the service's word
/// of a new reader is missing on some systems.
const CAP: Duration = Duration::from_millis(500);
/// A wait that ends at once without a change would be an endless loop.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two attempts to reach a service that is away.
const RETRY: Duration = Duration::from_millis(500);
/// For the first list.
const START: Duration = Duration::from_secs(5);
/// macOS has no pseudo reader that changes when readers come and go.
const HAS_NOTIFICATION: bool = !cfg!(target_os = "macos");
/// Windows stops the service when the last reader leaves: its absence is then no fault.
const SERVICE_MAY_BE_AWAY: bool = cfg!(windows);

/// Watches the readers on a thread of its own, which outlives a restart of the service and ends
/// when this is dropped.
#[derive(Debug)]
pub struct Watcher {
    events: Receiver<ReaderEvent>,
    _alive: Arc<()>,
}

impl Watcher {
    /// Starts to watch, readers excepted whose name has one of the parts in `ignore`. The first
    /// events say what is there.
    ///
    /// # Errors
    /// [`TransportError::NoService`] and what else the system reports at once.
    pub fn start(ignore: Vec<String>) -> Result<Self, TransportError> {
        let alive = Arc::new(());
        let (sender, events) = channel();
        let (ready, is_ready) = channel();
        let watch = Watch {
            ignore: ignore.into_iter().map(|part| part.to_lowercase()).collect(),
            known: Vec::new(),
            events: sender,
            alive: Arc::downgrade(&alive),
        };
        spawn(move || watch.run(&ready))?;
        match is_ready.recv_timeout(START) {
            Ok(result) => result?,
            Err(_) => {
                let step = "look at the readers";
                return Err(TransportError::Timeout { step, waited: START });
            }
        }
        Ok(Self { events, _alive: alive })
    }

    /// The next change, `None` where there is none within this time.
    ///
    /// # Errors
    /// [`TransportError::Driver`] where the driver's thread has ended.
    pub fn next(&mut self, wait: Duration) -> Result<Option<ReaderEvent>, TransportError> {
        match self.events.recv_timeout(wait) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(super::thread_ended("watch the readers")),
        }
    }
}

/// The thread's side.
struct Watch {
    ignore: Vec<String>,
    known: Vec<ReaderInfo>,
    events: Sender<ReaderEvent>,
    alive: Weak<()>,
}

impl Watch {
    fn run(mut self, ready: &Sender<Result<(), TransportError>>) {
        let mut lost = false;
        let mut first = true;
        while self.is_wanted() {
            let fault = match establish() {
                Ok(context) => {
                    if std::mem::take(&mut first) {
                        let _ = ready.send(Ok(()));
                    }
                    if std::mem::take(&mut lost) {
                        self.tell(ReaderEvent::ServiceBack);
                    }
                    match self.follow(&context) {
                        Ok(()) => return,
                        Err(fault) => fault,
                    }
                }
                Err(fault) if first => {
                    if SERVICE_MAY_BE_AWAY && fault.ends_context() {
                        let _ = ready.send(Ok(()));
                        first = false;
                        fault
                    } else {
                        let _ = ready.send(Err(fault.at("connect to the service", "")));
                        return;
                    }
                }
                Err(fault) => fault,
            };
            if !std::mem::replace(&mut lost, true) {
                let detail = fault.at("watch the readers", "").to_string();
                self.tell(ReaderEvent::ServiceLost { detail });
            }
            thread::sleep(RETRY);
        }
    }

    /// Follows the changes within one context, until nobody wants them or the service is gone.
    fn follow(&mut self, context: &Context) -> Result<(), Fault> {
        let mut notification =
            pcsc::ReaderState::new(pcsc::PNP_NOTIFICATION().to_owned(), State::UNAWARE);
        while self.is_wanted() {
            let Snapshot { mut readers, mut states } = snapshot(context)?;
            readers.retain(|reader| !is_ignored(&reader.name, &self.ignore));
            let news = changes(&self.known, &readers);
            let quiet = news.is_empty();
            self.known = readers;
            news.into_iter().for_each(|event| self.tell(event));

            if HAS_NOTIFICATION {
                states.push(notification);
            }
            states.iter_mut().for_each(pcsc::ReaderState::sync_current_state);
            let start = Instant::now();
            let waited = if states.is_empty() {
                thread::sleep(CAP);
                Ok(false)
            } else {
                change(context, CAP, &mut states)
            };
            notification = match states.pop() {
                Some(last) if HAS_NOTIFICATION => last,
                _ => pcsc::ReaderState::new(pcsc::PNP_NOTIFICATION().to_owned(), State::UNAWARE),
            };
            match waited {
                Ok(_) | Err(Fault::Code(Error::UnknownReader | Error::Cancelled)) => {}
                Err(fault) => return Err(fault),
            }
            if quiet && start.elapsed() < PAUSE {
                thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    fn is_wanted(&self) -> bool {
        self.alive.strong_count() > 0
    }

    fn tell(&self, event: ReaderEvent) {
        let _ = self.events.send(event);
    }
}

/// What lies between two lists.
fn changes(before: &[ReaderInfo], after: &[ReaderInfo]) -> Vec<ReaderEvent> {
    let mut events = Vec::new();
    for old in before {
        if !after.iter().any(|new| new.name == old.name) {
            if old.state.has_card() {
                events.push(ReaderEvent::CardOut(old.clone()));
            }
            events.push(ReaderEvent::Removed(old.clone()));
        }
    }
    for new in after {
        let Some(old) = before.iter().find(|old| old.name == new.name) else {
            events.push(ReaderEvent::Added(new.clone()));
            continue;
        };
        match (old.state.has_card(), new.state.has_card()) {
            (false, true) => events.push(ReaderEvent::CardIn(new.clone())),
            (true, false) => events.push(ReaderEvent::CardOut(old.clone())),
            // Another card between two looks. The service's counter of events is no better sign,
            // for it also moves without one.
            (true, true) if old.atr != new.atr => {
                events.push(ReaderEvent::CardOut(old.clone()));
                events.push(ReaderEvent::CardIn(new.clone()));
            }
            _ if old.state != new.state => events.push(ReaderEvent::Changed(new.clone())),
            _ => {}
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::super::super::{ReaderKind, ReaderState};
    use super::*;

    fn reader(name: &str, state: ReaderState, atr: &[u8]) -> ReaderInfo {
        let kind = ReaderKind::Unknown;
        ReaderInfo { index: 0, name: name.into(), state, atr: atr.to_vec(), kind }
    }

    #[test]
    fn two_lists_differ_in_events() {
        let empty = reader("A", ReaderState::Empty, &[]);
        let card = reader("A", ReaderState::Card, &[0x3B, 0]);
        let used = reader("A", ReaderState::InUse, &[0x3B, 0]);
        let other = reader("A", ReaderState::InUse, &[0x3B, 1]);
        let mute = reader("A", ReaderState::Mute, &[]);
        let one = |reader: &ReaderInfo| vec![reader.clone()];
        let (card_in, card_out) = (ReaderEvent::CardIn, ReaderEvent::CardOut);
        for (before, after, events) in [
            (vec![], one(&card), vec![ReaderEvent::Added(card.clone())]),
            (one(&empty), one(&card), vec![card_in(card.clone())]),
            (one(&card), one(&used), vec![ReaderEvent::Changed(used.clone())]),
            (one(&used), one(&other), vec![card_out(used.clone()), card_in(other.clone())]),
            (one(&card), one(&empty), vec![card_out(card.clone())]),
            (one(&empty), one(&mute), vec![ReaderEvent::Changed(mute.clone())]),
            (one(&card), vec![], vec![card_out(card.clone()), ReaderEvent::Removed(card.clone())]),
            (one(&card), one(&card), vec![]),
        ] {
            assert_eq!(changes(&before, &after), events);
        }
    }
}
