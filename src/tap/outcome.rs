//! What a tap tells: while it runs, and when it is done.

use std::{collections::BTreeMap, time::Duration};

use super::LearntLengths;
use crate::{
    apdu::StatusWord,
    lds::File,
    pki::cvc::Chat,
    protocol::pace::Parameters,
    session::{Reading, Stats},
    trust::{ChipRun, Evidence, Judging},
};

/// What is going on.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A step begins.
    Step(&'static str),
    /// A file is being read.
    Reading(Reading),
}

/// What one step took.
#[derive(Clone, Copy, Debug)]
pub struct StepTime {
    /// Its name.
    pub name: &'static str,
    /// Time of the step, computations included.
    pub time: Duration,
    /// Command APDUs of the step.
    pub apdus: u32,
    /// How long it would have taken on the air, where a [`Link`](crate::transport::Link) models it.
    pub modelled: Option<Duration>,
}

/// A finished tap.
#[derive(Debug)]
pub struct Tapped {
    /// What the card gave.
    pub evidence: Evidence,
    /// Which PACE opened the card; `None` after BAC or BAP.
    pub pace: Option<Parameters>,
    /// Chip Authentication as this tap saw it, which holds its ephemeral key.
    pub chip_authentication: ChipRun,
    /// Why the card gave no signature for Active Authentication, or as a key-only card, where it
    /// refused.
    pub active_authentication_refused: Option<String>,
    /// Terminal Authentication, where certificates were at hand: the rights that the chain gives,
    /// or why the chip gave none.
    pub terminal_authentication: Option<Result<Chat, String>>,
    /// Files that are there and that the card did not open, with its status word.
    pub refused: BTreeMap<File, StatusWord>,
    /// The steps in order.
    pub steps: Vec<StepTime>,
    /// What it cost.
    pub stats: Stats,
    /// What it learnt of the lengths that reader and card take, for
    /// [`Options::lengths`](super::Options::lengths) of a later tap.
    pub lengths: Option<LearntLengths>,
}

impl Tapped {
    /// How whoever ran this tap judges its evidence: with what only they know.
    pub fn judging(&self) -> Judging {
        Judging::live(self.chip_authentication.clone(), self.active_authentication_refused.clone())
    }
}
