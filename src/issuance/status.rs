//! The status of a credential, and where it is published (Token Status List clauses 6 and 7.1).

use serde::{Deserialize, Serialize};

/// Where a credential's status stands. Members that are not known are passed over (Token Status List
/// clause 6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRef {
    /// The place in the list.
    pub idx: u64,
    /// The list.
    pub uri: String,
}

/// A credential's status, as a list of two bits an entry has it (Token Status List clause 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// 0: good.
    Valid,
    /// 1: revoked, for ever.
    Invalid,
    /// 2: suspended; it may be good again.
    Suspended,
    /// Any other value, which is the application's own.
    Other(u8),
}

impl Status {
    /// Its value in the list.
    pub const fn value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
            Self::Other(value) => value,
        }
    }

    /// The status of a value.
    pub const fn of(value: u8) -> Self {
        match value {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            other => Self::Other(other),
        }
    }
}
