//! How a statement fails.

use crate::{
    apdu::StatusWord,
    protocol::{bac::BacError, pace::PaceError},
    script::{Code, Diagnostic, syntax::Span},
    session::SessionError,
    sm::SmError,
    tap::TapError,
    transport::TransportError,
};

/// What kind of failure it is: the exit codes of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// The card answered otherwise than expected.
    Expectation = 1,
    /// The script itself is wrong.
    Script = 2,
    /// No reader or no card.
    Absent = 3,
    /// A transport fault or a time-out.
    Transport = 4,
    /// Access refused.
    Access = 5,
    /// The card broke the protocol.
    Protocol = 6,
    /// A file.
    File = 7,
}

impl Class {
    /// The exit code.
    pub const fn exit_code(self) -> u8 {
        self as u8
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expectation => "expectation",
            Self::Script => "script",
            Self::Absent => "absent",
            Self::Transport => "transport",
            Self::Access => "access",
            Self::Protocol => "protocol",
            Self::File => "file",
        }
    }
}

/// A statement that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub class: Class,
    /// What is wrong, and where.
    pub diagnostic: Box<Diagnostic>,
    /// The status word that the card answered, where it answered.
    pub sw: Option<StatusWord>,
    /// Whether the file ends with it, inside a test too.
    pub ends_file: bool,
    /// Whether it stands in the report already.
    pub(super) is_told: bool,
}

impl Failure {
    /// A failure of this class at this place.
    pub fn new(class: Class, code: Code, span: Span, message: impl Into<String>) -> Self {
        let diagnostic = Box::new(Diagnostic::new(code, span, message));
        let ends_file = matches!(class, Class::Absent | Class::Transport);
        Self { class, diagnostic, sw: None, ends_file, is_told: false }
    }

    /// The script's own fault.
    pub(super) fn script(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Class::Script, code, span, message)
    }

    /// An answer that is not the expected one.
    pub(super) fn expectation(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Class::Expectation, code, span, message)
    }

    /// Somebody pressed Ctrl-C.
    pub(super) fn stopped(span: Span) -> Self {
        Self::script(Code::STOPPED, span, "the run was stopped").ending_file()
    }

    /// With what the card answered.
    pub(super) const fn sw(mut self, sw: StatusWord) -> Self {
        self.sw = Some(sw);
        self
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.diagnostic.expected = Some(expected.into());
        self
    }

    pub(super) fn got(mut self, got: impl Into<String>) -> Self {
        self.diagnostic.got = Some(got.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.diagnostic.help = Some(help.into());
        self
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.diagnostic.label = Some(label.into());
        self
    }

    pub(super) fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.diagnostic.related.push((span, words.into()));
        self
    }

    pub(super) const fn ending_file(mut self) -> Self {
        self.ends_file = true;
        self
    }

    /// Whether `catch` without a status catches it: never the script's own faults.
    pub(super) const fn is_of_the_card(&self) -> bool {
        !matches!(self.class, Class::Script | Class::File)
    }

    pub(super) fn of_transport(error: &TransportError, span: Span) -> Self {
        let message = error.to_string();
        let help = match error {
            TransportError::NotBuilt { help, .. } => Some(*help),
            TransportError::NoService { .. } => {
                Some("is pcscd installed and running? (Debian: apt install pcscd)")
            }
            TransportError::NoReader { .. } | TransportError::AmbiguousReader { .. } => Some(
                "`iccard readers` lists them; pick one with --card pcsc:NAME or connect reader=\"NAME\"",
            ),
            TransportError::NoCard { .. } => {
                Some("put the card on the reader, or wait for it: connect wait=30s")
            }
            TransportError::CardRemoved { .. } => {
                Some("leave the card on the reader until the end; `wait card` waits for one")
            }
            TransportError::CardReset { .. } | TransportError::Shared { .. } => {
                Some("close the other program that uses the card, or connect exclusive")
            }
            TransportError::Timeout { .. } => Some("give the card more time: timeout 30s"),
            _ => None,
        };
        let failure = match error {
            TransportError::NoControl { .. } => Self::script(Code::NOT_POSSIBLE, span, message),
            error if error.is_absence() => Self::new(Class::Absent, Code::ABSENT, span, message),
            _ => Self::new(Class::Transport, Code::TRANSPORT, span, message),
        };
        match help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }

    pub(super) fn of_session(error: &SessionError, span: Span) -> Self {
        let protocol = |message: String| Self::new(Class::Protocol, Code::PROTOCOL, span, message);
        match error {
            SessionError::Transport { source, .. } => Self::of_transport(source, span),
            SessionError::ReadRefused { sw, .. } => {
                Self::expectation(Code::STATUS, span, error.to_string())
                    .expected("9000")
                    .got(sw.to_string())
                    .sw(*sw)
            }
            SessionError::SecureMessaging { source: SmError::Unprotected { sw }, .. } => {
                protocol(format!(
                    "the card answered {sw} outside of the secure channel, which is closed by that"
                ))
                .expected("an answer under secure messaging")
                .got(sw.to_string())
                .sw(*sw)
                .help("open a new channel with `access ..`")
            }
            SessionError::SecureMessaging { .. } => protocol(error.to_string())
                .expected("an answer under secure messaging")
                .help("the channel is closed; what the card said is not used"),
            _ => protocol(error.to_string()),
        }
    }

    pub(super) fn of_pace(error: &PaceError, span: Span) -> Self {
        let (class, code) = if error.is_access() {
            (Class::Access, Code::ACCESS)
        } else {
            (Class::Protocol, Code::PROTOCOL)
        };
        let failure = Self::new(class, code, span, error.to_string());
        let (sw, help) = match error {
            PaceError::WrongPassword { password, sw, .. } => {
                let help = match password.reference() {
                    2 => "the CAN is wrong. A CAN has no try counter; a PIN does.",
                    1 => "the MRZ data is wrong: document number, date of birth, date of expiry",
                    _ => "check it before the next try: a PIN is suspended when one try is left",
                };
                (Some(*sw), Some(help))
            }
            PaceError::Suspended { sw, .. } => {
                (Some(*sw), Some("resume it: `access pace can ..` first, and run with --last-try"))
            }
            PaceError::LastTry { sw, .. } => {
                (Some(*sw), Some("run with --last-try to spend it; a wrong PIN then blocks it"))
            }
            PaceError::Blocked { sw, .. } => (
                Some(*sw),
                Some("unblock it: `access pace puk ..`, then 002C 0303, or go to an office"),
            ),
            PaceError::Deactivated { sw, .. } => (Some(*sw), Some("it is activated at an office")),
            PaceError::Refused { sw, .. } => (Some(*sw), None),
            _ => (None, None),
        };
        failure.with(sw, help)
    }

    pub(super) fn of_bac(error: &BacError, span: Span) -> Self {
        let (class, code) = if error.is_access() {
            (Class::Access, Code::ACCESS)
        } else {
            (Class::Protocol, Code::PROTOCOL)
        };
        let sw = match error {
            BacError::Refused { sw, .. } | BacError::WrongKey { sw, .. } => Some(*sw),
            _ => None,
        };
        Self::new(class, code, span, error.to_string()).with(sw, None)
    }

    pub(super) fn of_tap(error: &TapError, span: Span) -> Self {
        match error {
            TapError::Session(error) => Self::of_session(error, span),
            TapError::Pace(error) => Self::of_pace(error, span),
            TapError::Bac(error) => Self::of_bac(error, span),
            _ => Self::new(Class::Protocol, Code::PROTOCOL, span, error.to_string()),
        }
    }

    fn with(self, sw: Option<StatusWord>, help: Option<&'static str>) -> Self {
        let failure = match sw {
            Some(sw) => self.expected("9000").got(sw.to_string()).sw(sw),
            None => self,
        };
        match help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}
