//! One address names any card.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::vpcd::{Endpoint, EndpointError};

/// Which card to talk to:
/// `emulated[:PROFILE] | pcsc[:READER-FRAGMENT] | vpcd:HOST:PORT | replay:FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardAddress {
    /// A card made of a profile, in this process.
    Emulated {
        /// A profile's name or file; `None` is the default one.
        profile: Option<String>,
    },
    /// A card on a reader of this machine.
    Pcsc {
        /// The reader's number or a part of its name; `None` leaves the choice to the driver.
        reader: Option<String>,
    },
    /// The virtual card that connects here.
    Vpcd(Endpoint),
    /// A recorded dialogue.
    Replay {
        /// The record.
        file: PathBuf,
    },
}

/// Why a text is no [`CardAddress`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It begins with no known kind.
    #[error("{got:?} is no kind of card: {FORMS} expected")]
    UnknownKind {
        /// What stands before the first colon.
        got: String,
    },
    /// Nothing after the colon, or no colon where something must follow.
    #[error("{kind:?} lacks what follows the colon: {form} expected")]
    Missing {
        /// The kind.
        kind: &'static str,
        /// Its form.
        form: &'static str,
    },
    /// A vpcd's address is none.
    #[error("{VPCD_FORM} expected: {source}")]
    Endpoint {
        /// What is wrong with it.
        #[from]
        source: EndpointError,
    },
}

const VPCD_FORM: &str = "vpcd:HOST:PORT";
const FORMS: &str = "emulated[:PROFILE], pcsc[:READER-FRAGMENT], vpcd:HOST:PORT or replay:FILE";

impl FromStr for CardAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (kind, Some(rest)),
            None => (text, None),
        };
        let optional = |kind, form| match rest {
            Some("") => Err(AddressError::Missing { kind, form }),
            rest => Ok(rest.map(str::to_owned)),
        };
        let needed = |kind, form| match rest {
            None | Some("") => Err(AddressError::Missing { kind, form }),
            Some(rest) => Ok(rest),
        };
        match kind {
            "emulated" => Ok(Self::Emulated {
                profile: optional("emulated", "emulated or emulated:PROFILE")?,
            }),
            "pcsc" => Ok(Self::Pcsc { reader: optional("pcsc", "pcsc or pcsc:READER-FRAGMENT")? }),
            "vpcd" => Ok(Self::Vpcd(needed("vpcd", VPCD_FORM)?.parse()?)),
            "replay" => Ok(Self::Replay { file: needed("replay", "replay:FILE")?.into() }),
            other => Err(AddressError::UnknownKind { got: other.into() }),
        }
    }
}

impl fmt::Display for CardAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Emulated { profile: None } => f.write_str("emulated"),
            Self::Emulated { profile: Some(profile) } => write!(f, "emulated:{profile}"),
            Self::Pcsc { reader: None } => f.write_str("pcsc"),
            Self::Pcsc { reader: Some(reader) } => write!(f, "pcsc:{reader}"),
            Self::Vpcd(endpoint) => write!(f, "vpcd:{endpoint}"),
            Self::Replay { file } => write!(f, "replay:{}", file.display()),
        }
    }
}

impl Default for CardAddress {
    /// The emulated card of the default profile.
    fn default() -> Self {
        Self::Emulated { profile: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        for text in [
            "emulated",
            "emulated:resident",
            "emulated:C:/cards/a.toml",
            "pcsc",
            "pcsc:ACS ACR1252 CL Reader 00 00",
            "vpcd:127.0.0.1:35963",
            "vpcd:[::1]:0",
            "replay:tap.log",
        ] {
            let address: CardAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
        assert_eq!("emulated".parse(), Ok(CardAddress::default()));
    }

    #[test]
    fn errors_name_the_fault_and_the_forms() {
        for (text, parts) in [
            ("usb", ["\"usb\"", "emulated[:PROFILE]"]),
            ("PCSC:acr", ["\"PCSC\"", "pcsc[:READER-FRAGMENT]"]),
            ("", ["\"\"", "replay:FILE"]),
            ("pcsc:", ["\"pcsc\" lacks", "pcsc:READER-FRAGMENT"]),
            ("emulated:", ["\"emulated\" lacks", "emulated:PROFILE"]),
            ("vpcd", ["\"vpcd\" lacks", "vpcd:HOST:PORT"]),
            ("vpcd:localhost", ["vpcd:HOST:PORT", "\"localhost\" has no port"]),
            ("vpcd:localhost:99999", ["vpcd:HOST:PORT", "\"99999\" is no port"]),
            ("replay:", ["\"replay\" lacks", "replay:FILE"]),
        ] {
            let message = text.parse::<CardAddress>().unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{text:?}: {message}");
        }
    }
}
