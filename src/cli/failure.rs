//! How a command fails: the exit code of the house, the step, what was expected, what came and
//! what to do next.

use crate::{
    protocol::pace::PaceError, session::SessionError, tap::TapError, transport::TransportError,
};

/// Judged negative: not verified, expectation failed, policy says no.
pub(super) const NEGATIVE: u8 = 1;
/// A usage, profile or script error.
pub(super) const USAGE: u8 = 2;
/// No reader or no card.
pub(super) const ABSENT: u8 = 3;
/// A transport fault or a time-out.
pub(super) const TRANSPORT: u8 = 4;
/// Access refused: a wrong or blocked password.
pub(super) const ACCESS: u8 = 5;
/// The card broke the protocol.
pub(super) const PROTOCOL: u8 = 6;
/// A file, network or server fault.
pub(super) const FILE: u8 = 7;

/// An error with everything a person needs.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    pub(super) message: String,
    pub(super) step: Option<String>,
    pub(super) expected: Option<String>,
    pub(super) got: Option<String>,
    pub(super) help: Option<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, step: None, expected: None, got: None, help: None }
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    pub(super) fn step(mut self, step: impl Into<String>) -> Self {
        self.step = Some(step.into());
        self
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn got(mut self, got: impl Into<String>) -> Self {
        self.got = Some(got.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A file that cannot be read or written.
    pub(super) fn file(path: &std::path::Path, what: &str, error: &std::io::Error) -> Self {
        Self::new(FILE, format!("{}: {what}: {error}", path.display())).step(what).of_kind(error)
    }

    /// What came, and what to do about it, of a fault of the system.
    pub(super) fn of_kind(self, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let failure = self.got(error.kind().to_string());
        let (expected, help) = match error.kind() {
            ErrorKind::NotFound => ("a name that is there", "check the path: nothing stands there"),
            ErrorKind::PermissionDenied => (
                "what this user may use",
                "check the rights of the file, and of the folders it is in",
            ),
            ErrorKind::AlreadyExists => {
                ("a name that is free", "nothing is overwritten: name another file")
            }
            ErrorKind::IsADirectory => ("a file", "this is a folder: name a file in it"),
            ErrorKind::NotADirectory => ("a folder", "check the path: a part of it is a file"),
            ErrorKind::InvalidData => ("text in UTF-8", "is it the right file?"),
            _ => return failure,
        };
        failure.expected(expected).help(help)
    }

    /// The failure that an error of the library is.
    pub(super) fn from_error(error: anyhow::Error) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(failure) => return failure,
            Err(error) => error,
        };
        let message = format!("{error:#}");
        match error.downcast::<TapError>() {
            Ok(error) => of_tap(&error),
            Err(error) => match error.downcast::<TransportError>() {
                Ok(error) => of_transport(&error),
                Err(error) => match error.downcast::<SessionError>() {
                    Ok(error) => of_session(&error),
                    Err(error) if error.downcast_ref::<std::io::Error>().is_some() => {
                        Self::new(FILE, message)
                    }
                    Err(_) => Self::new(USAGE, message),
                },
            },
        }
    }
}

fn of_tap(error: &TapError) -> Failure {
    match error {
        TapError::Session(error) => of_session(error),
        TapError::Pace(error) => of_pace(error),
        TapError::Bac(error) => {
            let code = if error.is_access() { ACCESS } else { PROTOCOL };
            Failure::new(code, error.to_string()).step(error.protocol().to_string())
        }
        TapError::NoPassword => Failure::usage(error.to_string())
            .step("access")
            .help("give --can, --pin, --mrz or --bap as the card needs it"),
        TapError::NoMrz { .. } => Failure::usage(error.to_string())
            .step("access")
            .expected("--mrz, or --bap for a driving licence")
            .help("give --mrz, or --doc-no with --birth and --expiry; a driving licence has --bap"),
        TapError::NotUnblocked { sw } => Failure::new(ACCESS, error.to_string())
            .step("unblock the PIN")
            .expected("9000")
            .got(format!("{:04X}", sw.0))
            .help("a PUK unblocks so many times only; then an office sets a new PIN"),
        TapError::NoApplication { sw, .. } => Failure::new(PROTOCOL, error.to_string())
            .step("SELECT")
            .expected("9000")
            .got(format!("{:04X}", sw.0))
            .help("a driving licence opens with --bap; `iccard apdu` talks to any card"),
        _ => Failure::new(PROTOCOL, error.to_string()).step("tap"),
    }
}

fn of_pace(error: &PaceError) -> Failure {
    let code = if error.is_access() { ACCESS } else { PROTOCOL };
    let failure = Failure::new(code, error.to_string()).step("PACE");
    match error {
        PaceError::WrongPassword { password, sw, .. } => {
            let help = match password.reference() {
                2 => "the CAN is wrong. A CAN has no try counter; a PIN does.",
                1 => "the MRZ data is wrong: document number, date of birth, date of expiry",
                _ => "check it before the next try: a PIN is suspended when one try is left",
            };
            failure.expected("9000").got(format!("{:04X}", sw.0)).help(help)
        }
        PaceError::Suspended { sw, .. } => failure
            .expected("9000")
            .got(format!("{:04X}", sw.0))
            .help("resume it: give --can and --pin together, with --last-try"),
        PaceError::LastTry { sw, .. } => failure
            .expected("more than one try")
            .got(format!("{:04X}", sw.0))
            .help("give --can and --pin together with --last-try; a wrong PIN then blocks it"),
        PaceError::Blocked { sw, .. } => failure
            .expected("9000")
            .got(format!("{:04X}", sw.0))
            .help("unblock it: give --puk and --pin together, or go to an office"),
        PaceError::Deactivated { sw, .. } => failure
            .expected("9000")
            .got(format!("{:04X}", sw.0))
            .help("it is activated at an office"),
        PaceError::Refused { sw, .. } => failure.expected("9000").got(format!("{:04X}", sw.0)),
        PaceError::Unsupported { oid, .. } => failure.got(oid.to_string()),
        _ => failure,
    }
}

fn of_session(error: &SessionError) -> Failure {
    match error {
        SessionError::Transport { step, source } => {
            let mut failure = of_transport(source).step(*step);
            failure.message = error.to_string();
            failure
        }
        SessionError::ReadRefused { file, sw, .. } => Failure::new(PROTOCOL, error.to_string())
            .step(format!("read {file}"))
            .expected("9000")
            .got(format!("{:04X}", sw.0)),
        SessionError::SecureMessaging { step, .. } => Failure::new(PROTOCOL, error.to_string())
            .step(*step)
            .expected("a response under secure messaging")
            .help("the channel is closed; what the card said in plain is not used"),
        _ => Failure::new(PROTOCOL, error.to_string()),
    }
}

fn of_transport(error: &TransportError) -> Failure {
    let code = if error.is_absence() { ABSENT } else { TRANSPORT };
    let failure = Failure::new(code, error.to_string()).step("transport");
    match error {
        TransportError::NotBuilt { help, .. } => failure.help(*help),
        TransportError::NoService { .. } => {
            failure.help("is pcscd installed and running? (Debian: apt install pcscd)")
        }
        TransportError::NoReader { .. } | TransportError::AmbiguousReader { .. } => {
            failure.help("`iccard readers` lists them; pick one with --card pcsc:NAME")
        }
        TransportError::NoCard { .. } => failure.help("put the card on the reader, or use --wait"),
        TransportError::CardRemoved { .. } => {
            failure.expected("the card to stay").got("it left").help("put it back and tap again")
        }
        TransportError::CardReset { .. } | TransportError::Shared { .. } => {
            failure.help("close the other program that uses the card and tap again")
        }
        TransportError::NoRights { .. } => failure.help(
            "polkit must allow org.debian.pcsc-lite.access_pcsc and access_card to this user",
        ),
        TransportError::Diverged(left) => {
            failure.expected(left.expected.clone()).got(left.got.clone()).help(
                "a recording answers only the dialogue that it has: the same version and options",
            )
        }
        TransportError::Timeout { .. } => {
            failure.expected("an answer").help("leave the card on the reader until the end")
        }
        _ => failure,
    }
}
