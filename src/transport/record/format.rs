//! The lines of a recording, as docs/recording.md has them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Masked;
use crate::transport::{Limits, Reset, TransportError};

/// The version of the format.
pub const FORMAT: u32 = 1;

/// One line, to be written.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Written<'a> {
    Recording(&'a Header),
    Exchange(&'a RecordedExchange),
    Reset(&'a RecordedReset),
    End(Counts),
}

/// One line that was read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    /// The first one.
    Recording(Box<Header>),
    Exchange(RecordedExchange),
    Reset(RecordedReset),
    /// The last one.
    End(Counts),
}

/// What was recorded, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of the program that recorded.
    pub program: String,
    /// Whether bytes are left out.
    pub redacted: bool,
    /// When it was recorded, RFC 3339 in UTC: the time that a replayed tap is judged at.
    pub time: String,
    /// The card's address with the reader's name.
    pub card: String,
    /// Its answer to reset.
    pub atr: Masked,
    /// What APDUs may measure on the way to it.
    pub limits: RecordedLimits,
    /// The command line: names of commands and options, and values that tell nothing.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// What the terminal knew, in a recording that is not redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<Secrets>,
}

/// [`Limits`] in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedLimits {
    /// Most command data bytes.
    pub command_data: usize,
    /// Most response data bytes.
    pub response_data: usize,
}

/// What the terminal knew and was told: with it the same commands come again.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// The seed of the terminal's randomness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// Card access number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can: Option<String>,
    /// PIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// PUK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub puk: Option<String>,
    /// The machine-readable zone, or its MRZ_information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mrz: Option<String>,
    /// The machine-readable line of a driving licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bap: Option<String>,
    /// Whether the last try of a PIN might be spent.
    #[serde(default)]
    pub last_try: bool,
    /// Whether BAC or BAP was asked for.
    #[serde(default)]
    pub allow_bac: bool,
    /// The largest APDUs to use, as they were given.
    #[zeroize(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_apdu: Option<RecordedLimits>,
    /// The binding that the card signed, where there was a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<String>,
    /// What the terminal showed in Terminal Authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<TerminalSecrets>,
    /// The test anchors of an emulated card.
    #[zeroize(skip)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<Anchor>,
}

/// A terminal's certificates and key.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct TerminalSecrets {
    /// Card verifiable certificates, in hexadecimal.
    pub certificates: Vec<String>,
    /// The private key, PEM.
    pub key: String,
}

/// A certificate to believe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// What to call it.
    pub name: String,
    /// Its DER, in hexadecimal.
    pub der: String,
}

/// A command on the wire and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedExchange {
    /// Its number, from 1.
    pub n: u32,
    /// What the command was for, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// From the first byte sent to the last byte received, in microseconds.
    pub us: u64,
    /// The command APDU.
    pub command: Masked,
    /// The response APDU; left out where none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Masked>,
    /// Why no response came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failed>,
    /// Under secure messaging both in plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<Pair>,
}

/// A command and its response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The command APDU.
    pub command: Masked,
    /// The response APDU.
    pub response: Masked,
}

/// A reset of the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedReset {
    /// How.
    pub kind: ResetKind,
    /// How long it took, in microseconds.
    pub us: u64,
    /// The answer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr: Option<Masked>,
    /// Why none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failed>,
}

/// [`Reset`] in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetKind {
    /// Power off and on.
    Cold,
    /// The reset line.
    Warm,
}

/// A fault of the link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// Which.
    pub kind: ErrorKind,
    /// In words; left out in a redacted recording.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// Faults that programs tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The card left.
    CardRemoved,
    /// Another program reset it.
    CardReset,
    /// No answer in time.
    Timeout,
    /// The command is larger than the way carries.
    CommandTooLong,
    /// Another one.
    Other,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Commands sent.
    pub exchanges: u32,
    /// Resets.
    pub resets: u32,
    /// Faults of the link among both.
    pub errors: u32,
    /// Bytes of commands.
    pub bytes_to_card: u64,
    /// Bytes of responses.
    pub bytes_from_card: u64,
}

/// What happened on the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A command was sent.
    Exchange(RecordedExchange),
    /// The card was reset.
    Reset(RecordedReset),
}

impl Failed {
    /// What to write of a fault.
    pub fn of(error: &TransportError) -> Self {
        let kind = match error {
            TransportError::CardRemoved { .. } => ErrorKind::CardRemoved,
            TransportError::CardReset { .. } => ErrorKind::CardReset,
            TransportError::Timeout { .. } => ErrorKind::Timeout,
            TransportError::CommandTooLong { .. } => ErrorKind::CommandTooLong,
            _ => ErrorKind::Other,
        };
        Self { kind, text: error.to_string() }
    }
}

impl RecordedExchange {
    /// Command and response as they were meant: in plain under secure messaging, else those on the
    /// wire. `None` where no response came.
    pub fn meant(&self) -> Option<(&Masked, &Masked)> {
        match &self.plain {
            Some(plain) => Some((&plain.command, &plain.response)),
            None => Some((&self.command, self.response.as_ref()?)),
        }
    }
}

impl From<Limits> for RecordedLimits {
    fn from(limits: Limits) -> Self {
        Self { command_data: limits.command_data, response_data: limits.response_data }
    }
}

impl From<RecordedLimits> for Limits {
    /// No larger than an APDU can be.
    fn from(limits: RecordedLimits) -> Self {
        let RecordedLimits { command_data, response_data } = limits;
        Self { command_data, response_data }.min(Self::EXTENDED)
    }
}

impl From<Reset> for ResetKind {
    fn from(kind: Reset) -> Self {
        match kind {
            Reset::Cold => Self::Cold,
            Reset::Warm => Self::Warm,
        }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for TerminalSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TerminalSecrets").finish_non_exhaustive()
    }
}

/// Whole microseconds.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
