//! The chip with faults.

use std::time::Duration;

use rand_core::Rng;

use super::{
    Action, Damage, FaultHandle, FaultPlan,
    damage::{below, chance, flip, random_atr},
    handle::{Due, Tearing},
};
use crate::{
    apdu::{Header, StatusWord},
    transport::{Power, Responder, Work},
};

/// Most bytes of garbage whose length is left to chance.
const GARBAGE: usize = 300;
/// Most time that one command is put off by all faults together: readers wait less.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// DO8E of an answer ends with so many bytes of MAC (ICAO Doc 9303-11 clause 9.8.6.2).
const MAC_LEN: usize = 8;

/// A chip that misbehaves by a plan.
///
/// A truncated answer may be shorter than the two bytes that a [`Responder`] otherwise gives: that
/// is what some links do.
pub struct Faulty<R> {
    chip: R,
    atr: Option<Vec<u8>>,
    faults: FaultHandle,
}

impl<R: Responder> Faulty<R> {
    /// This chip with these faults. With an empty plan it answers as the chip does.
    pub fn new(chip: R, plan: FaultPlan) -> Self {
        Self { chip, atr: None, faults: FaultHandle::new(plan) }
    }

    /// To add, clear and count faults while it runs.
    pub fn handle(&self) -> FaultHandle {
        self.faults.clone()
    }

    /// The chip itself, to look at it or to change it.
    pub const fn chip(&mut self) -> &mut R {
        &mut self.chip
    }

    /// Gives the chip back.
    pub fn into_chip(self) -> R {
        self.chip
    }

    // Everything but tears.
    fn answer(&mut self, due: &[Due], header: Header, command: &[u8], response: &mut Vec<u8>) {
        let mut pause = Duration::ZERO;
        let (mut unheard, mut naked) = (false, None);
        for one in due {
            let damage = match one.action {
                Action::Delay(time) => {
                    pause = pause.saturating_add(time);
                    self.faults.showed(one.id);
                    continue;
                }
                Action::WaitingTime { times, pause: each } => {
                    pause =
                        pause.saturating_add(each.unwrap_or_default().saturating_mul(times.into()));
                    self.faults.showed(one.id);
                    continue;
                }
                Action::Naked { sw, counting } => {
                    unheard |= !counting;
                    naked = naked.or(Some(sw));
                    self.faults.showed(one.id);
                    continue;
                }
                Action::Status(sw) => Damage::Status(sw),
                Action::Spoil(bits) => Damage::Spoil { bits, seed: one.seed },
                Action::SlipCounter => Damage::SlipCounter,
                _ => continue,
            };
            if unheard {
                // The command does not get so far.
                continue;
            }
            if self.chip.damage(damage) {
                self.faults.showed(one.id);
            } else if let Damage::Status(sw) = damage {
                // A chip that cannot be told answers outside secure messaging.
                unheard = true;
                naked = naked.or(Some(sw));
                self.faults.showed(one.id);
            }
        }
        if !pause.is_zero() {
            self.faults.pause(pause.min(MAX_PAUSE));
        }
        if !unheard {
            self.chip.respond(command, response);
        }
        if let Some(StatusWord(sw)) = naked {
            response.clear();
            response.extend_from_slice(&sw.to_be_bytes());
        }
        for one in due {
            if on_the_way(one, header, response) {
                self.faults.showed(one.id);
            }
        }
    }
}

// What happens to an answer between chip and reader. Whether it is another one now.
fn on_the_way(due: &Due, header: Header, response: &mut Vec<u8>) -> bool {
    let data = response.len().saturating_sub(2);
    match due.action {
        Action::Flip(bits) => flip(response.get_mut(..data).unwrap_or_default(), bits, due.seed),
        Action::WrongMac if header.is_secure_messaging() => {
            let mac = response.get_mut(..data).unwrap_or_default().last_chunk_mut::<MAC_LEN>();
            let Some(mac) = mac else { return false };
            // Never the same: what is added is not zero.
            let [first, ..] = mac;
            *first ^= chance(due.seed, "mac").next_u32() as u8 | 1;
            true
        }
        Action::Truncate { len, keep_status } => {
            let whole = if keep_status { data } else { response.len() };
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            if len >= whole {
                return false;
            }
            let status = response.split_off(data);
            response.truncate(len);
            if keep_status {
                response.extend_from_slice(&status);
            } else if len > data {
                response.extend(status.into_iter().take(len - data));
            }
            true
        }
        Action::Garbage(len) => {
            let mut rng = chance(due.seed, "garbage");
            let len = match len {
                Some(len) => usize::try_from(len).unwrap_or(GARBAGE),
                None => 2 + below(&mut rng, GARBAGE - 1),
            };
            response.clear();
            response.resize(len, 0);
            rng.fill_bytes(response);
            true
        }
        _ => false,
    }
}

impl<R: Responder> Responder for Faulty<R> {
    fn atr(&self) -> &[u8] {
        self.atr.as_deref().unwrap_or_else(|| self.chip.atr())
    }

    fn power(&mut self, event: Power) {
        self.chip.power(event);
        self.faults.powered();
        if event != Power::Off {
            let rng = self.faults.activation();
            self.atr = rng.and_then(|mut rng| random_atr(self.chip.atr(), &mut rng));
        }
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        response.clear();
        let header = match *command {
            // No card sees the commands of class FF (PC/SC part 3).
            [cla, ins, p1, p2, ..] if cla != 0xFF => Header::new(cla, ins, p1, p2),
            _ => return self.chip.respond(command, response),
        };
        let (due, torn) = self.faults.meet(header, command.len());
        let gone_before = match torn {
            Some((_, Tearing::Before)) => true,
            Some((_, Tearing::AtByte(left))) => (command.len() as u64) > left,
            _ => false,
        };
        if !gone_before {
            self.answer(&due, header, command, response);
            self.faults.answered(header, response.len());
        }
        let Some((due, tearing)) = torn else { return };
        let gone = match tearing {
            Tearing::AtByte(left) => (command.len() + response.len()) as u64 > left,
            Tearing::Before | Tearing::After => true,
        };
        if let (true, Action::Tear { until_inserted }) = (gone, due.action) {
            self.faults.tear(until_inserted);
            self.faults.showed(due.id);
            // Nobody hears it, but a responder always answers.
            response.clear();
            response.extend_from_slice(&StatusWord::NO_DIAGNOSIS.0.to_be_bytes());
        }
    }

    fn work(&self) -> Work {
        self.chip.work()
    }

    fn is_present(&self) -> bool {
        !self.faults.is_away() && self.chip.is_present()
    }

    fn damage(&mut self, damage: Damage) -> bool {
        self.chip.damage(damage)
    }
}

impl<R> std::fmt::Debug for Faulty<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faulty").field("faults", &self.faults).finish_non_exhaustive()
    }
}
