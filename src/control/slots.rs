//! Cards at the slots of a reader, and what a hand does to them.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use super::{Chip, ControlError, Handler, Request, Seat};
use crate::transport::{
    Deadline, Shared,
    fault::FaultHandle,
    vpcd::{Hand, Place},
};

/// Most time for a card to leave a reader: it may be at work.
const LEAVE: Duration = Duration::from_secs(15);
/// Most time for a card to come into a reader.
const COME: Duration = Duration::from_secs(30);

/// A card at a slot.
#[derive(Debug)]
pub struct Slot {
    number: u16,
    reader: String,
    card: Mutex<String>,
    seat: Shared<Seat>,
    // These are reached while the seat's chip is at work.
    apdus: Arc<AtomicU64>,
    faults: Mutex<FaultHandle>,
    hand: Hand,
    // Held while the card is moved: nobody puts it back while another swaps it.
    orders: Mutex<()>,
}

impl Slot {
    /// The card of this name in this seat, at slot `number` of a reader.
    pub fn new(number: u16, reader: String, card: String, seat: Shared<Seat>, hand: Hand) -> Self {
        let (apdus, faults) = seat.with(|seat| (seat.apdus(), seat.chip().hold()));
        let (card, faults) = (Mutex::new(card), Mutex::new(faults));
        Self { number, reader, card, seat, apdus, faults, hand, orders: Mutex::default() }
    }

    /// The slot's number.
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// The card's name.
    pub fn card(&self) -> String {
        self.card.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Commands answered so far, by all the cards that were here.
    pub fn apdus(&self) -> u64 {
        self.apdus.load(Ordering::Relaxed)
    }

    fn faults(&self) -> FaultHandle {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn moving(&self) -> MutexGuard<'_, ()> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.hand.stop();
        self.faults().break_off();
    }

    fn report(&self) -> Value {
        json!({
            "slot": self.number,
            "reader": self.reader,
            "card": self.card(),
            "place": self.hand.place().name(),
            "apdus": self.apdus(),
        })
    }

    fn must_be_in(&self, step: &str) -> Result<(), ControlError> {
        match self.hand.place() {
            Place::In => Ok(()),
            other => Err(ControlError::Refused {
                step: step.into(),
                expected: format!("the card of slot {} in the reader", self.number),
                got: format!("its place is {:?}", other.name()),
                help: Some("put it back first: iccard emulate ctl insert".into()),
            }),
        }
    }

    fn must_not_have_ended(&self, step: &str) -> Result<(), ControlError> {
        if self.hand.place() != Place::Ended {
            return Ok(());
        }
        Err(ControlError::Refused {
            step: step.into(),
            expected: format!("a card at slot {}", self.number),
            got: "it has ended".into(),
            help: Some("start the emulator again".into()),
        })
    }

    fn swap(&self, Loaded { chip, name }: Loaded) -> Result<(), ControlError> {
        self.remove(None)?;
        let faults = chip.hold();
        self.seat.with(|seat| seat.swap(chip));
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
        *self.card.lock().unwrap_or_else(PoisonError::into_inner) = name;
        self.insert()
    }

    fn insert(&self) -> Result<(), ControlError> {
        self.faults().insert();
        if self.hand.insert(Deadline::after(COME)) {
            return Ok(());
        }
        self.must_not_have_ended("insert")?;
        Err(ControlError::Timeout { step: "put the card into the reader", waited: COME })
    }

    fn remove(&self, time: Option<Duration>) -> Result<(), ControlError> {
        self.hand.leave(time);
        self.faults().break_off();
        if self.hand.remove(time, Deadline::after(LEAVE)) {
            return Ok(());
        }
        Err(ControlError::Timeout { step: "take the card out of the reader", waited: LEAVE })
    }
}

/// A card that was loaded to be swapped in.
pub struct Loaded {
    /// The card.
    pub chip: Box<dyn Chip>,
    /// Its name.
    pub name: String,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Makes the card of a profile for a slot.
type Load = dyn Fn(u16, &str) -> Result<Loaded, ControlError> + Send + Sync;

/// The cards of one emulator.
pub struct Slots {
    slots: Vec<Slot>,
    load: Box<Load>,
}

impl Slots {
    /// These cards; `load` makes others of a profile's name, for a slot.
    pub fn new(
        slots: Vec<Slot>,
        load: impl Fn(u16, &str) -> Result<Loaded, ControlError> + Send + Sync + 'static,
    ) -> Self {
        Self { slots, load: Box::new(load) }
    }

    /// The cards.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Ends every card.
    pub fn stop(&self) {
        self.slots.iter().for_each(Slot::stop);
    }

    fn find(&self, number: Option<u16>) -> Result<&Slot, ControlError> {
        let found = match (number, self.slots.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(number), slots) => slots.iter().find(|slot| slot.number == number),
        };
        found.ok_or_else(|| {
            let numbers: Vec<_> = self.slots.iter().map(|slot| slot.number.to_string()).collect();
            let got = number.map_or_else(|| "none".into(), |number| number.to_string());
            ControlError::Slot { expected: format!("slot {}", numbers.join(" or ")), got }
        })
    }
}

impl Handler for Slots {
    fn handle(&self, request: &Request) -> Result<Value, ControlError> {
        let slot = match request {
            Request::List => {
                let slots: Vec<_> = self.slots.iter().map(Slot::report).collect();
                return Ok(json!({ "slots": slots }));
            }
            Request::Stop { slot: None } => {
                self.stop();
                let numbers: Vec<_> = self.slots.iter().map(Slot::number).collect();
                return Ok(json!({ "stopped": numbers }));
            }
            Request::Stop { slot: Some(number) } => {
                let slot = self.find(Some(*number))?;
                slot.stop();
                return Ok(json!({ "stopped": [number] }));
            }
            Request::Insert { slot }
            | Request::Remove { slot, .. }
            | Request::Reset { slot }
            | Request::Tear { slot, .. }
            | Request::Swap { slot, .. }
            | Request::Counters { slot }
            | Request::Fault { slot, .. } => self.find(*slot)?,
        };
        slot.must_not_have_ended(request.name())?;
        match request {
            Request::Insert { .. } => {
                let _moving = slot.moving();
                slot.insert()?;
            }
            Request::Remove { time, .. } => {
                let _moving = slot.moving();
                slot.remove(time.map(|span| span.0))?;
            }
            Request::Reset { .. } => {
                slot.must_be_in("reset")?;
                slot.seat.with(Seat::reset);
            }
            Request::Tear { time, .. } => {
                slot.must_be_in("tear")?;
                slot.seat.with(|seat| seat.tear(time.map(|span| span.0)));
            }
            Request::Swap { profile, .. } => {
                // What is wrong with the profile is said while the old card is still there.
                let loaded = (self.load)(slot.number, profile)?;
                let _moving = slot.moving();
                slot.swap(loaded)?;
            }
            Request::Counters { .. } => {
                let mut report = slot.report();
                let (counters, faults, watched) = slot
                    .seat
                    .with(|seat| (seat.chip().counters(), seat.chip().faults(), seat.watched()));
                let faults = faults.into_iter();
                let faults: Vec<_> = faults
                    .map(|(fault, fired)| json!({ "fault": fault, "fired": fired }))
                    .collect();
                report["counters"] = json!(counters);
                report["faults"] = json!(faults);
                report["powered"] = json!(watched.powered);
                report["resets"] = json!(watched.resets);
                report["torn"] = json!(watched.torn);
                return Ok(report);
            }
            Request::Fault { faults, .. } => {
                slot.seat.with(|seat| seat.chip().misbehave(faults))?;
            }
            Request::List | Request::Stop { .. } => {}
        }
        Ok(slot.report())
    }
}

impl std::fmt::Debug for Slots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slots").field("slots", &self.slots).finish_non_exhaustive()
    }
}
