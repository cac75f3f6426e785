//! What a run needs from outside: the card, a person, the environment.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{Class, Code, Failure};
use crate::{
    script::{report::TestResult, syntax},
    session::{Reading, Session},
    tap::TerminalCertificates,
    transport::{TransportError, fault::FaultHandle},
};

/// The world around a run. The runner itself prints nothing, asks nobody and opens no reader.
pub trait Host {
    /// Connects to a card: the run's own, or one on the reader that the script names.
    ///
    /// # Errors
    /// [`HostError`].
    fn connect(&mut self, wanted: &Wanted) -> Result<Connected, HostError>;

    /// An environment variable.
    ///
    /// # Errors
    /// [`HostError`] where it is given by a card that cannot be opened.
    fn environment(&mut self, name: &str) -> Result<Option<Zeroizing<String>>, HostError>;

    /// Asks a person for a line.
    ///
    /// # Errors
    /// [`HostError::Nobody`] where none can answer, [`HostError::Stopped`] where the run is to end.
    fn prompt(&mut self, text: &str, secret: bool) -> Result<Zeroizing<String>, HostError>;

    /// Waits until a person says to go on.
    ///
    /// # Errors
    /// [`HostError::Nobody`] where none can, [`HostError::Stopped`] where the run is to end.
    fn pause(&mut self, text: &str) -> Result<(), HostError>;

    /// Waits, at most until the run is to end.
    fn sleep(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    /// Says what the script wants said.
    fn echo(&mut self, text: &str);

    /// Is told how far the run is.
    fn event(&mut self, event: Event<'_>);

    /// Whether the run is to end, as somebody pressed Ctrl-C.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Which card, as `connect` says.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The reader's name, and whether a part of it will do. `None` is the run's own card.
    pub reader: Option<(bool, String)>,
    /// How it is shared.
    pub share: Option<syntax::Share>,
    /// Which transmission protocol.
    pub protocol: Option<syntax::Protocol>,
    /// How long to wait for a card.
    pub wait: Option<Duration>,
}

/// A card that is there.
pub struct Connected {
    /// The dialogue, with all that shall see it.
    pub session: Session,
    /// What it is called, as in `emulated:resident`.
    pub source: String,
    /// The faults of a card that is emulated in this process.
    pub faults: Option<FaultHandle>,
    /// What this terminal shows in Terminal Authentication.
    pub terminal: Option<TerminalCertificates>,
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected").field("source", &self.source).finish_non_exhaustive()
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A test begins.
    Test(&'a str),
    /// It has ended.
    Tested(&'a TestResult),
    /// A file is being read.
    Reading(Reading),
}

/// Why something from outside did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// There is nobody to ask.
    #[error("{asked} is asked for, and {why}")]
    Nobody {
        /// What is asked for.
        asked: String,
        /// Why nobody answers.
        why: &'static str,
    },
    /// The card or its reader.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The run is to end, and does not wait for the answer.
    #[error("the run was stopped")]
    Stopped,
    /// Anything else.
    #[error("{message}")]
    Other {
        /// What kind of failure.
        class: Class,
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
}

impl HostError {
    pub(super) fn at(self, span: syntax::Span) -> Failure {
        match self {
            Self::Nobody { .. } => Failure::script(Code::NOBODY, span, self.to_string())
                .help("give the value otherwise: `env:NAME or prompt ..`, or --set"),
            Self::Transport(error) => Failure::of_transport(&error, span),
            Self::Stopped => Failure::stopped(span),
            Self::Other { class, message, help } => {
                let code = match class {
                    Class::Absent => Code::ABSENT,
                    Class::Transport => Code::TRANSPORT,
                    Class::Access => Code::ACCESS,
                    Class::Protocol => Code::PROTOCOL,
                    _ => Code::NOT_POSSIBLE,
                };
                let failure = Failure::new(class, code, span, message);
                match help {
                    Some(help) => failure.help(help),
                    None => failure,
                }
            }
        }
    }
}
