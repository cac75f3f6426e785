//! Cards on real readers, through PC/SC.
//!
//! Windows and macOS have PC/SC in the system; elsewhere this driver is built with the feature
//! `pcsc`. Without it the same functions are here and answer
//! [`TransportError::NotBuilt`](super::TransportError::NotBuilt).
//!
//! The driver's calls block without limit, so each runs on a thread of its own and is waited for
//! until a deadline. A call that is late is abandoned, as only waiting for a change of state can
//! be cancelled in PC/SC.

#[cfg(not(has_pcsc))]
mod disabled;
#[cfg(has_pcsc)]
mod enabled;

use std::time::Duration;

#[cfg(not(has_pcsc))]
use disabled as driver;
#[cfg(has_pcsc)]
use enabled as driver;

pub use driver::{PcscTransport, Watcher, connect, readers};

use super::Limits;

/// A reader and what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderInfo {
    /// Its number in the list of readers, as [`ConnectOptions::reader`] takes it.
    pub index: usize,
    /// Its name, as the system gives it.
    pub name: String,
    /// What is on it.
    pub state: ReaderState,
    /// The card's answer to reset; empty where there is no card or it gave none.
    pub atr: Vec<u8>,
    /// What kind of reader it is by its name.
    pub kind: ReaderKind,
}

/// What is on a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReaderState {
    /// No card.
    Empty,
    /// A card that no program uses.
    Card,
    /// A card that some program uses and shares.
    InUse,
    /// A card that some program uses alone.
    Exclusive,
    /// A card that does not answer to reset.
    Mute,
    /// The reader itself does not answer, or has just gone.
    Unavailable,
}

impl ReaderState {
    /// Whether a card is there that answers.
    pub const fn has_card(self) -> bool {
        matches!(self, Self::Card | Self::InUse | Self::Exclusive)
    }
}

/// What kind of reader it is, guessed from its name: nothing better is there without a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReaderKind {
    /// ISO/IEC 14443.
    Contactless,
    /// ISO/IEC 7816-3.
    Contact,
    /// The slot for a security module inside a reader: never chosen unless it is named.
    Sam,
    /// The name does not say.
    Unknown,
}

impl ReaderKind {
    /// The guess.
    pub fn of(name: &str) -> Self {
        let name = name.to_lowercase();
        // Without a slot for contacts, though the name does not say so.
        let models = ["pasori", "rc-s", "acr122", "acr125", "omnikey 502", "scl01", "scl37"];
        let words = ["contactless", "picc", "nfc", "rfid"];
        let is_word =
            |word: &str| name.split([' ', '-', '_', '(', ')', '[', ']']).any(|w| w == word);
        if is_word("sam") {
            Self::Sam
        } else if is_word("cl") || models.iter().chain(&words).any(|part| name.contains(part)) {
            Self::Contactless
        } else if is_word("icc") || is_word("contact") {
            Self::Contact
        } else {
            Self::Unknown
        }
    }
}

/// What changed at the readers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReaderEvent {
    /// A reader is there, with what is on it. The first events name the readers that were there
    /// from the beginning.
    Added(ReaderInfo),
    /// A reader has gone; this is what was known of it.
    Removed(ReaderInfo),
    /// A card has come.
    CardIn(ReaderInfo),
    /// The card has left; this is what was known of it.
    CardOut(ReaderInfo),
    /// Something else, as that a program began to use the card.
    Changed(ReaderInfo),
    /// The system's smart card service went away; it is waited for.
    ServiceLost {
        /// What the system said.
        detail: String,
    },
    /// It is back.
    ServiceBack,
}

/// How a card is shared with other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Share {
    /// Others may connect to it too; a transaction keeps them away for a time.
    #[default]
    Shared,
    /// Nobody else connects to it.
    Exclusive,
}

/// In what state a card is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum End {
    /// As it is, what was authenticated included.
    Leave,
    /// Reset: nobody finds what was authenticated.
    #[default]
    Reset,
    /// Without power.
    Unpower,
}

/// Which transmission protocol (ISO/IEC 7816-3 clause 10, 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Whichever card and reader agree on.
    #[default]
    Any,
    /// T=0.
    T0,
    /// T=1, the one of contactless cards.
    T1,
}

/// Parts of the names of readers that hold no card anybody taps: Windows makes some of its own.
/// They are what [`ConnectOptions::ignore`] is by default.
pub const VIRTUAL_READERS: [&str; 2] = ["Windows Hello", "Microsoft UICC"];

/// How to connect. The default is a tap: the card for ourselves in a transaction, reset before
/// and after, so that one tap is like the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The reader's number in the list, or its name or a part of it in upper or lower case.
    /// `None`: the only reader, or the only one with a card.
    pub reader: Option<String>,
    /// Parts of names of readers that are never chosen, except by their number or full name.
    pub ignore: Vec<String>,
    /// Whether other programs may connect meanwhile.
    pub share: Share,
    /// Which transmission protocol.
    pub protocol: Protocol,
    /// Whether to hold a transaction from the start. Ask for passwords before: other programs
    /// wait meanwhile, and Windows resets a card whose transaction is idle for 5 seconds.
    pub transaction: bool,
    /// Whether to reset the card first, so that nothing of an earlier use is left.
    pub fresh: bool,
    /// How to leave the card.
    pub end: End,
    /// How long to wait for a card; `None` is not at all.
    pub wait: Option<Duration>,
    /// Most time for the connection itself, for a reset and for an end.
    pub timeout: Duration,
    /// How large APDUs may be. A reader's true limit is often below what its driver claims.
    pub limits: Limits,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            reader: None,
            ignore: VIRTUAL_READERS.map(str::to_owned).to_vec(),
            share: Share::Shared,
            protocol: Protocol::Any,
            transaction: true,
            fresh: true,
            end: End::Reset,
            wait: None,
            timeout: Duration::from_secs(10),
            limits: Limits::EXTENDED,
        }
    }
}

impl ConnectOptions {
    /// The card as it is found, and left so: shared, no transaction, no reset.
    pub fn as_found() -> Self {
        Self { transaction: false, fresh: false, end: End::Leave, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_kind() {
        for (name, kind) in [
            ("ACS ACR1252 1S CL Reader [ACR1252 Dual Reader PICC] 00 00", ReaderKind::Contactless),
            ("ACS ACR1252 1S CL Reader [ACR1252 Dual Reader SAM] 00 01", ReaderKind::Sam),
            ("HID Global OMNIKEY 5022 Smart Card Reader 00 00", ReaderKind::Contactless),
            ("ACS ACR1281 1S Dual Reader [ACR1281 Dual Reader ICC] 00 00", ReaderKind::Contact),
            ("HID OMNIKEY 5x21-CL 00 00", ReaderKind::Contactless),
            ("Sony FeliCa Port/PaSoRi 4.0 [RC-S300/P] 00 00", ReaderKind::Contactless),
            ("Samsung token 00 00", ReaderKind::Unknown),
            ("Virtual PCD 00 00", ReaderKind::Unknown),
        ] {
            assert_eq!(ReaderKind::of(name), kind, "{name}");
        }
    }
}
