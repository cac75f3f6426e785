//! Faults as values, and how they are written.

use std::{fmt, time::Duration};

use crate::apdu::StatusWord;

/// One thing that goes wrong, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub action: Action,
    /// At which commands.
    pub when: When,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// The chip leaves the field: nobody hears an answer. It is back when its power is switched the
    /// next time, or not before somebody puts it there.
    Tear {
        /// Whether it stays away until [`FaultHandle::insert`](super::FaultHandle::insert).
        until_inserted: bool,
    },
    /// The answer comes so much later: a real pause.
    Delay(Duration),
    /// The chip asks for so many waiting time extensions (ISO/IEC 14443-4 clause 7.3). They are
    /// counted for a model of the link; a pause for each is real.
    WaitingTime {
        /// How many.
        times: u16,
        /// The pause for each.
        pause: Option<Duration>,
    },
    /// Another status word, and the command is not carried out. Inside secure messaging it is
    /// protected like any other.
    Status(StatusWord),
    /// Bits of the answer are flipped on their way. Inside secure messaging the MAC tells.
    Flip(Amount),
    /// Bits of the answer's data are flipped before the chip protects them: only the data tell.
    Spoil(Amount),
    /// The MAC is another one. In protected answers only.
    WrongMac,
    /// The chip counts once more than the terminal. In protected answers only.
    SlipCounter,
    /// A status word without secure messaging inside a session that goes on (in protected answers
    /// only). A chip that counts has carried the command out; one that does not has not seen it.
    Naked {
        /// The status word.
        sw: StatusWord,
        /// Whether the chip's counter is in step with the terminal's afterwards.
        counting: bool,
    },
    /// The answer ends early.
    Truncate {
        /// Bytes that are left of it.
        len: u32,
        /// Whether the status word follows them all the same.
        keep_status: bool,
    },
    /// Every activation shows other historical bytes.
    RandomAtr,
    /// Any bytes in place of the answer: so many, or as many as chance has it.
    Garbage(Option<u32>),
}

/// How many bits, 1 to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(u8);

impl Amount {
    /// The most bits.
    pub const MAX: u8 = 64;

    /// So many bits: at least one and at most [`Amount::MAX`].
    pub const fn new(bits: u8) -> Self {
        match bits {
            0 => Self(1),
            Self::MAX.. => Self(Self::MAX),
            bits => Self(bits),
        }
    }

    /// The number.
    pub const fn bits(self) -> u8 {
        self.0
    }
}

/// At which commands a fault shows. A field that is `None` does not choose. Commands of class FF,
/// which readers answer, are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// At this instruction only.
    pub ins: Option<u8>,
    /// Inside secure messaging only, or outside only.
    pub protected: Option<bool>,
    /// At one of these commands, or from one on.
    pub count: Count,
}

/// At which of the commands that fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Count {
    /// At every one.
    #[default]
    Always,
    /// At this one, from 1, and never again.
    Nth(u32),
    /// After so many have been answered: at all that follow, a tear at the first of them alone.
    AfterApdus(u32),
    /// After so many bytes in both directions, likewise.
    AfterBytes(u32),
}

/// What goes wrong with a chip in one run. The same plan and the same dialogue give the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// What chance follows from.
    pub seed: u64,
    /// The faults, each on its own.
    pub faults: Vec<Fault>,
}

impl FaultPlan {
    /// The most faults of one plan.
    pub const MAX: usize = 64;

    /// Whether nothing goes wrong.
    pub const fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Adds another plan's faults. Its seed counts from now on, unless it has none.
    pub fn extend(&mut self, other: Self) {
        if other.seed != 0 {
            self.seed = other.seed;
        }
        self.faults.extend(other.faults);
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.action, self.when)
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut items: Vec<_> = self.faults.iter().map(Fault::to_string).collect();
        if self.seed != 0 {
            items.push(format!("seed {}", self.seed));
        }
        f.write_str(&items.join("; "))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tear { until_inserted: false } => f.write_str("tear"),
            Self::Tear { until_inserted: true } => f.write_str("tear until inserted"),
            Self::Delay(time) => write!(f, "delay {}ms", time.as_millis()),
            Self::WaitingTime { times, pause: None } => write!(f, "wtx {times}"),
            Self::WaitingTime { times, pause: Some(pause) } => {
                write!(f, "wtx {times} of {}ms", pause.as_millis())
            }
            Self::Status(sw) => write!(f, "sw {:04X}", sw.0),
            Self::Flip(Amount(bits)) => write!(f, "flip {bits} {}", of(*bits, "bit")),
            Self::Spoil(Amount(bits)) => write!(f, "spoil {bits} {}", of(*bits, "bit")),
            Self::WrongMac => f.write_str("wrong mac"),
            Self::SlipCounter => f.write_str("slip counter"),
            Self::Naked { sw, counting } => {
                let counting = if *counting { " counting" } else { "" };
                write!(f, "naked {:04X}{counting}", sw.0)
            }
            Self::Truncate { len, keep_status } => {
                let data = if *keep_status { "data " } else { "" };
                write!(f, "truncate {data}to {len} {}", of(*len, "byte"))
            }
            Self::RandomAtr => f.write_str("random atr"),
            Self::Garbage(None) => f.write_str("garbage"),
            Self::Garbage(Some(len)) => write!(f, "garbage {len} {}", of(*len, "byte")),
        }
    }
}

// The conditions as they follow an action, each with a blank before it.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ins) = self.ins {
            write!(f, " on ins {ins:02X}")?;
        }
        match self.protected {
            Some(true) => f.write_str(" in protected")?,
            Some(false) => f.write_str(" in plain")?,
            None => {}
        }
        match self.count {
            Count::Always => Ok(()),
            Count::Nth(n) => write!(f, " nth {n}"),
            Count::AfterApdus(n) => write!(f, " after {n} {}", of(n, "apdu")),
            Count::AfterBytes(n) => write!(f, " after {n} {}", of(n, "byte")),
        }
    }
}

fn of(count: impl Into<u64>, word: &str) -> String {
    if count.into() == 1 { word.to_owned() } else { format!("{word}s") }
}
