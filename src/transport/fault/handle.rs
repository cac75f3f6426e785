//! What a chip's faults are while it runs: added, cleared, counted, from any thread.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand_core::Rng;

use super::{Action, Count, Fault, FaultPlan, damage::chance};
use crate::{apdu::Header, crypto::SeededRng, transport::Deadline};

/// A hold on the faults of one [`Faulty`](super::Faulty) chip. Clones hold the same.
#[derive(Clone)]
pub struct FaultHandle(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    hurried: Condvar,
}

/// A fault and how often it has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// The fault.
    pub fault: Fault,
    /// How many answers it has changed, put off or kept from being heard. One that it had nothing
    /// to change in does not count.
    pub fired: u64,
}

pub(super) struct State {
    seed: u64,
    armed: Vec<Armed>,
    next: u64,
    away: Option<Away>,
    /// No pause is waited for.
    hurried: bool,
    waiting: u64,
    total: u64,
}

struct Armed {
    id: u64,
    fault: Fault,
    commands: u64,
    bytes: u64,
    fired: u64,
    rng: SeededRng,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Away {
    UntilPower,
    UntilInserted,
}

/// A fault that this command meets.
pub(super) struct Due {
    pub(super) id: u64,
    pub(super) action: Action,
    /// What its chance follows from.
    pub(super) seed: u64,
}

/// When in an exchange the chip leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tearing {
    /// The command does not reach it.
    Before,
    /// It carries the command out, and nobody hears the answer.
    After,
    /// Wherever so many bytes have gone.
    AtByte(u64),
}

impl FaultHandle {
    pub(super) fn new(plan: FaultPlan) -> Self {
        let state = State {
            seed: 0,
            armed: Vec::new(),
            next: 0,
            away: None,
            hurried: false,
            waiting: 0,
            total: 0,
        };
        let handle = Self(Arc::new(Inner { state: Mutex::new(state), hurried: Condvar::new() }));
        handle.add(plan);
        handle
    }

    /// Adds faults to those that are there; they count from here on. Beyond [`FaultPlan::MAX`] the
    /// oldest go.
    pub fn add(&self, plan: FaultPlan) {
        let mut state = self.lock();
        if plan.seed != 0 {
            state.seed = plan.seed;
        }
        for fault in plan.faults {
            let id = state.next;
            state.next = id.wrapping_add(1);
            let rng = chance(state.seed, &format!("fault {id}"));
            state.armed.push(Armed { id, fault, commands: 0, bytes: 0, fired: 0, rng });
        }
        let spare = state.armed.len().saturating_sub(FaultPlan::MAX);
        state.armed.drain(..spare);
    }

    /// Forgets all faults. A chip that has left stays away as long as it was to.
    pub fn clear(&self) {
        self.lock().armed.clear();
    }

    /// The faults, oldest first, with how often each has shown.
    pub fn faults(&self) -> Vec<Firing> {
        let state = self.lock();
        let firing = |a: &Armed| Firing { fault: a.fault.clone(), fired: a.fired };
        state.armed.iter().map(firing).collect()
    }

    /// How often any fault has shown, those too that were cleared.
    pub fn fired(&self) -> u64 {
        self.lock().total
    }

    /// How many waiting time extensions the chip has asked for.
    pub fn waiting_time_extensions(&self) -> u64 {
        self.lock().waiting
    }

    /// Takes the chip out of the field until [`FaultHandle::insert`]. A pause ends at once.
    pub fn remove(&self) {
        self.lock().away = Some(Away::UntilInserted);
        self.break_off();
    }

    /// Puts it back.
    pub fn insert(&self) {
        let mut state = self.lock();
        if state.away.take().is_some() {
            state.hurried = false;
        }
    }

    /// Ends the pause of a delayed answer, and has none waited for until the chip's power is
    /// switched or it is put back: for who takes it away and cannot wait.
    pub fn break_off(&self) {
        self.lock().hurried = true;
        self.0.hurried.notify_all();
    }

    /// Waits so long, or until it is broken off.
    pub(super) fn pause(&self, time: Duration) {
        let by = Deadline::after(time);
        let mut state = self.lock();
        while !state.hurried && !by.passed() {
            let waited = self.0.hurried.wait_timeout(state, by.left());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether it is out of the field.
    pub fn is_away(&self) -> bool {
        self.lock().away.is_some()
    }

    /// The chip's power was switched: one that was torn is there again.
    pub(super) fn powered(&self) {
        let mut state = self.lock();
        state.hurried = false;
        if state.away == Some(Away::UntilPower) {
            state.away = None;
        }
    }

    pub(super) fn tear(&self, until_inserted: bool) {
        let away = if until_inserted { Away::UntilInserted } else { Away::UntilPower };
        let mut state = self.lock();
        if state.away != Some(Away::UntilInserted) {
            state.away = Some(away);
        }
    }

    /// The chance of the fault that shows with each activation, where there is one.
    pub(super) fn activation(&self) -> Option<SeededRng> {
        let mut state = self.lock();
        let armed = state.armed.iter_mut().find(|a| a.fault.action == Action::RandomAtr)?;
        armed.fired += 1;
        let seed = armed.rng.next_u64();
        state.total += 1;
        Some(chance(seed, "atr"))
    }

    /// What this command of so many bytes meets, and counts it.
    pub(super) fn meet(&self, header: Header, len: usize) -> (Vec<Due>, Option<(Due, Tearing)>) {
        let mut state = self.lock();
        let (mut due, mut torn) = (Vec::new(), None);
        for armed in &mut state.armed {
            let Some(tearing) = armed.meet(header, len) else { continue };
            let (id, action, seed) = (armed.id, armed.fault.action, armed.rng.next_u64());
            let one = Due { id, action, seed };
            match action {
                Action::Tear { .. } => torn = torn.or(Some((one, tearing))),
                _ => due.push(one),
            }
        }
        (due, torn)
    }

    /// So many bytes came back to a command with this header.
    pub(super) fn answered(&self, header: Header, len: usize) {
        for armed in &mut self.lock().armed {
            if armed.fits(header) {
                armed.bytes = armed.bytes.saturating_add(len as u64);
            }
        }
    }

    /// This fault has shown.
    pub(super) fn showed(&self, id: u64) {
        let mut state = self.lock();
        state.total += 1;
        if let Some(armed) = state.armed.iter_mut().find(|armed| armed.id == id) {
            armed.fired += 1;
            if let Action::WaitingTime { times, .. } = armed.fault.action {
                state.waiting += u64::from(times);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way; and counters are no reason to stop a card.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    fn fits(&self, header: Header) -> bool {
        let when = self.fault.when;
        let protected = header.is_secure_messaging();
        let only_protected = matches!(
            self.fault.action,
            Action::WrongMac | Action::SlipCounter | Action::Naked { .. }
        );
        when.ins.is_none_or(|ins| ins == header.ins)
            && when.protected.is_none_or(|wanted| wanted == protected)
            && (protected || !only_protected)
            && self.fault.action != Action::RandomAtr
    }

    // Counts the command, and says whether the fault shows at it; and of a tear, where.
    fn meet(&mut self, header: Header, len: usize) -> Option<Tearing> {
        if !self.fits(header) {
            return None;
        }
        self.commands += 1;
        let len = len as u64;
        let once = matches!(self.fault.action, Action::Tear { .. }) && self.fired > 0;
        let before = self.bytes;
        self.bytes = before.saturating_add(len);
        match self.fault.when.count {
            Count::Always => Some(Tearing::After),
            Count::Nth(n) => (self.commands == u64::from(n)).then_some(Tearing::After),
            Count::AfterApdus(_) | Count::AfterBytes(_) if once => None,
            Count::AfterApdus(n) => (self.commands > u64::from(n)).then_some(Tearing::Before),
            // A tear may fall into the answer, which only the answer's length can tell.
            Count::AfterBytes(n) => {
                let left = u64::from(n).saturating_sub(before);
                let is_tear = matches!(self.fault.action, Action::Tear { .. });
                (is_tear || left == 0).then_some(Tearing::AtByte(left))
            }
        }
    }
}

impl std::fmt::Debug for FaultHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaultHandle").field("faults", &self.faults()).finish_non_exhaustive()
    }
}
