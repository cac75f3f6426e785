//! A reader that carries no large APDUs, and the ways in which such readers fail.

use std::{fmt, str::FromStr};

use super::{Deadline, Limits, Reset, Transport, TransportError, Work, forward::forward_to_reader};

/// `SCARD_E_NOT_TRANSACTED`: what PC/SC drivers say of an APDU that the reader did not carry.
const NOT_TRANSACTED: u32 = 0x8010_0016;
/// SW1-SW2 "wrong length", which some readers make up themselves.
const WRONG_LENGTH: [u8; 2] = [0x67, 0x00];

/// How large the APDUs are that a reader carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderSize {
    /// Short length fields only (ISO/IEC 7816-3 clause 12.1.3): commands of 261 bytes, responses of
    /// 258.
    Short,
    /// So many bytes of a command or a response, header, length fields and status word included.
    Bytes(usize),
}

impl ReaderSize {
    /// The least: below it a point of an elliptic curve does not get to the card.
    pub const LEAST: usize = 128;

    const fn command(self) -> usize {
        match self {
            Self::Short => 4 + 1 + 255 + 1,
            Self::Bytes(bytes) => bytes,
        }
    }

    const fn response(self) -> usize {
        match self {
            Self::Short => 256 + 2,
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// How a reader fails at what it does not carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitFailure {
    /// The driver reports an error. A command does not get to the card, a response is lost.
    Error,
    /// What is too much is cut off, and nothing says so: the card gets half a command, the terminal
    /// half a response, without its status word.
    Truncate,
    /// The reader answers `6700` in the card's place.
    WrongLength,
}

/// A limit and the way to fail at it: `short`, `522:error`, `271:truncate`, `1034:6700`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderLimit {
    /// What is carried.
    pub size: ReaderSize,
    /// What becomes of the rest.
    pub failure: LimitFailure,
}

/// Why a text is no [`ReaderLimit`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error(
    "{got:?} is no limit of a reader: SIZE or SIZE:FAILURE expected, SIZE `short` or a number of \
     bytes from {least}, FAILURE `error`, `truncate` or `6700`", least = ReaderSize::LEAST
)]
pub struct ReaderLimitError {
    /// The text.
    pub got: String,
}

impl FromStr for ReaderLimit {
    type Err = ReaderLimitError;

    /// Without a failure it is `error`.
    fn from_str(text: &str) -> Result<Self, ReaderLimitError> {
        let wrong = || ReaderLimitError { got: text.into() };
        let (size, failure) = text.split_once(':').unwrap_or((text, "error"));
        let size = match size {
            "short" => ReaderSize::Short,
            number => ReaderSize::Bytes(
                number.parse().ok().filter(|n| *n >= ReaderSize::LEAST).ok_or_else(wrong)?,
            ),
        };
        let failure = match failure {
            "error" => LimitFailure::Error,
            "truncate" => LimitFailure::Truncate,
            "6700" => LimitFailure::WrongLength,
            _ => return Err(wrong()),
        };
        Ok(Self { size, failure })
    }
}

impl fmt::Display for ReaderLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size {
            ReaderSize::Short => f.write_str("short")?,
            ReaderSize::Bytes(bytes) => write!(f, "{bytes}")?,
        }
        f.write_str(match self.failure {
            LimitFailure::Error => ":error",
            LimitFailure::Truncate => ":truncate",
            LimitFailure::WrongLength => ":6700",
        })
    }
}

/// A way to a card through a reader with a limit that nobody was told of: [`Transport::limits`]
/// promises what the way below it does, as drivers promise 64 KB for every reader.
#[derive(Debug)]
pub struct LimitedReader<T> {
    inner: T,
    limit: ReaderLimit,
    name: String,
}

impl<T: Transport> LimitedReader<T> {
    /// This way, with this limit.
    pub fn new(inner: T, limit: ReaderLimit) -> Self {
        let name = format!("{} limited to {limit}", inner.name());
        Self { inner, limit, name }
    }

    fn refuses(&self, command: &[u8]) -> bool {
        // Behind a header, 00 and more bytes are extended length fields (ISO/IEC 7816-3 clause
        // 12.1.3).
        let extended = command.len() > 5 && command.get(4) == Some(&0);
        command.len() > self.limit.size.command()
            || (extended && self.limit.size == ReaderSize::Short)
    }

    fn error(&self, what: &str, limit: usize, got: usize) -> TransportError {
        TransportError::Driver {
            step: "send a command",
            code: NOT_TRANSACTED,
            detail: format!("transaction failed: a {what} of {got} bytes, {limit} are carried"),
        }
    }
}

impl<T: Transport> Transport for LimitedReader<T> {
    fn atr(&self) -> &[u8] {
        self.inner.atr()
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        let most = self.limit.size.command();
        if self.refuses(command) {
            response.clear();
            match self.limit.failure {
                LimitFailure::Error => return Err(self.error("command", most, command.len())),
                LimitFailure::Truncate => {}
                LimitFailure::WrongLength => {
                    response.extend_from_slice(&WRONG_LENGTH);
                    return Ok(());
                }
            }
        }
        let carried = command.get(..most).unwrap_or(command);
        self.inner.transceive(carried, response, deadline)?;
        let most = self.limit.size.response();
        if response.len() > most {
            match self.limit.failure {
                LimitFailure::Error => {
                    let error = self.error("response", most, response.len());
                    response.clear();
                    return Err(error);
                }
                LimitFailure::Truncate => response.truncate(most),
                LimitFailure::WrongLength => {
                    response.clear();
                    response.extend_from_slice(&WRONG_LENGTH);
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        self.inner.reset(kind)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn work(&self) -> Work {
        self.inner.work()
    }

    fn modelled(&self) -> Option<std::time::Duration> {
        self.inner.modelled()
    }

    forward_to_reader!(self => self.inner);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::transport::{Loopback, Power, Responder};

    /// Answers with as many bytes as the command has, the first of them P2, and counts.
    #[derive(Default)]
    struct Mirror(usize);

    impl Responder for Mirror {
        fn atr(&self) -> &[u8] {
            &[0x3B, 0x80, 0x80, 0x01, 0x01]
        }

        fn power(&mut self, _event: Power) {}

        fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
            self.0 += 1;
            response.clear();
            response.resize(command.len(), self.0 as u8);
        }
    }

    fn answer(limit: &str, command: &[u8]) -> (Option<usize>, usize) {
        let limit = limit.parse().unwrap();
        let mut reader = LimitedReader::new(Loopback::new(Mirror::default()), limit);
        let mut response = vec![1, 2, 3];
        let deadline = Deadline::after(Duration::from_secs(5));
        let done = reader.transceive(command, &mut response, deadline);
        let got = done.is_ok().then_some(response.len());
        (got, reader.inner.chip().0)
    }

    #[test]
    fn each_failure_at_each_end() {
        // At the limit, and one byte beyond: what came, and how many commands the card saw.
        for (limit, command, expected) in [
            ("271:error", vec![1; 271], (Some(271), 1)),
            ("271:error", vec![1; 272], (None, 0)),
            ("271:truncate", vec![1; 300], (Some(271), 1)),
            ("271:6700", vec![1; 272], (Some(2), 0)),
            // A short command may have 261 bytes, its response 258.
            ("short:error", vec![1; 258], (Some(258), 1)),
            ("short:error", vec![1; 259], (None, 1)),
            ("short:truncate", vec![1; 261], (Some(258), 1)),
            ("short:6700", vec![1; 259], (Some(2), 1)),
            // Extended length fields.
            ("short", vec![0, 0xB0, 0, 0, 0, 0, 0], (None, 0)),
            ("short:6700", vec![0, 0xB0, 0, 0, 0, 0, 0], (Some(2), 0)),
            ("short:truncate", vec![0, 0xB0, 0, 0, 0, 0, 0], (Some(7), 1)),
            ("261", vec![0, 0xB0, 0, 0, 0, 0, 0], (Some(7), 1)),
            ("short", vec![0, 0xB0, 0, 0, 0], (Some(5), 1)),
        ] {
            assert_eq!(answer(limit, &command), expected, "{limit} {}", command.len());
        }
    }

    #[test]
    fn limits_are_read_and_printed() {
        for text in ["short:error", "261:truncate", "271:6700", "522:error", "1034:truncate"] {
            assert_eq!(text.parse::<ReaderLimit>().unwrap().to_string(), text);
        }
        assert_eq!("522".parse::<ReaderLimit>().unwrap().to_string(), "522:error");
        for wrong in ["", "long", "127", "522:", "522:late", ":error", "-1"] {
            let error = wrong.parse::<ReaderLimit>().unwrap_err().to_string();
            assert!(error.contains("truncate") && error.contains("128"), "{error}");
        }
    }
}
