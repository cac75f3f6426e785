//! Why a control channel does not do what it is asked.

use std::{io, time::Duration};

use serde_json::{Value, json};

/// Why a control channel does not do what it is asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The socket or the file beside it cannot be used.
    #[error("{step} at {address}: {source}")]
    Io {
        /// What failed.
        step: &'static str,
        /// The channel.
        address: String,
        /// The system's error.
        source: io::Error,
    },
    /// Nobody listens there.
    #[error("connect to {address}: no emulator listens there ({source})")]
    NoEmulator {
        /// The channel.
        address: String,
        /// The system's error.
        source: io::Error,
    },
    /// Another emulator listens there already.
    #[error("listen at {address}: another emulator listens there")]
    InUse {
        /// The channel.
        address: String,
    },
    /// There is a file that is no control channel.
    #[error("listen at {address}: {expected} expected, another file is there")]
    NotOurs {
        /// The channel.
        address: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// A line is not what was expected.
    #[error("{step}: {expected} expected, got {got}")]
    Line {
        /// What was read.
        step: &'static str,
        /// What a line has to be.
        expected: String,
        /// What it was.
        got: String,
    },
    /// A slot that is not there, or none where there are several.
    #[error("find the slot: {expected} expected, got {got}")]
    Slot {
        /// The slots.
        expected: String,
        /// The one asked for.
        got: String,
    },
    /// The card does not do it.
    #[error("{step}: {expected} expected, got {got}")]
    Refused {
        /// What was asked.
        step: String,
        /// What has to be so.
        expected: String,
        /// What is so.
        got: String,
        /// What to do.
        help: Option<String>,
    },
    /// The other side did not answer, or the reader did not move, in time.
    #[error("{step}: done within {} s expected, not so", waited.as_secs())]
    Timeout {
        /// What was waited for.
        step: &'static str,
        /// How long.
        waited: Duration,
    },
}

impl ControlError {
    /// Step, expected and got, and what to do.
    pub fn parts(&self) -> (String, String, String, Option<String>) {
        let parts = |step: &str, expected: &str, got: String, help: &str| {
            (step.to_owned(), expected.to_owned(), got, Some(help.to_owned()))
        };
        match self {
            Self::Io { step, source, .. } => {
                parts(step, "a usable socket", source.to_string(), "see docs/control.md")
            }
            Self::NoEmulator { source, .. } => parts(
                "connect",
                "an emulator that listens",
                source.to_string(),
                "start one: iccard emulate --control SOCKET",
            ),
            Self::InUse { address } => parts(
                "listen",
                "a socket of its own",
                format!("{address} in use"),
                "give each emulator another --control",
            ),
            Self::NotOurs { expected, .. } => {
                parts("listen", expected, "another file".into(), "give --control another path")
            }
            Self::Line { step, expected, got } => {
                parts(step, expected, got.clone(), "docs/control.md has every request")
            }
            Self::Slot { expected, got } => parts(
                "find the slot",
                expected,
                got.clone(),
                "give --slot N; `iccard emulate ctl list` has them",
            ),
            Self::Refused { step, expected, got, help } => {
                (step.clone(), expected.clone(), got.clone(), help.clone())
            }
            Self::Timeout { step, waited } => parts(
                step,
                &format!("done within {} s", waited.as_secs()),
                "not so".into(),
                "is pcscd running, with vpcd?",
            ),
        }
    }

    /// The line that tells it.
    pub(super) fn to_value(&self) -> Value {
        let (step, expected, got, help) = self.parts();
        json!({ "error": {
            "message": self.to_string(), "step": step, "expected": expected, "got": got,
            "help": help,
        }})
    }

    /// The error that a line tells.
    pub(super) fn from_value(error: &Value) -> Self {
        let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
        Self::Refused {
            step: text("step").unwrap_or_else(|| "control".into()),
            expected: text("expected").unwrap_or_default(),
            got: text("got").unwrap_or_default(),
            help: text("help"),
        }
    }
}
