//! The passwords of PACE (ICAO Doc 9303-11 clause 4.4.4.1, BSI TR-03110-2 clause 3.3).

use zeroize::Zeroizing;

use crate::crypto::{Cipher, Hash, KeyPurpose, derive_key};

/// Which password, by the reference that MSE:Set AT carries in DO83.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum PasswordKind {
    /// The machine-readable zone.
    Mrz = 1,
    /// The card access number, printed on the card; no try counter.
    Can = 2,
    /// The holder's PIN, with a try counter.
    Pin = 3,
    /// The unblocking key.
    Puk = 4,
}

impl PasswordKind {
    /// The kind with this reference.
    pub const fn from_reference(reference: u8) -> Option<Self> {
        match reference {
            1 => Some(Self::Mrz),
            2 => Some(Self::Can),
            3 => Some(Self::Pin),
            4 => Some(Self::Puk),
            _ => None,
        }
    }

    /// The reference in DO83.
    pub const fn reference(self) -> u8 {
        self as u8
    }
}

impl std::fmt::Display for PasswordKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mrz => "MRZ",
            Self::Can => "CAN",
            Self::Pin => "PIN",
            Self::Puk => "PUK",
        })
    }
}

/// A password. Wiped when dropped, never shown.
#[derive(Clone)]
pub struct Password {
    kind: PasswordKind,
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    /// f(π) of ICAO Doc 9303-11 table 14.
    Encoded(Zeroizing<Vec<u8>>),
    /// `K_π` itself.
    Derived(Zeroizing<Vec<u8>>),
}

impl Password {
    /// From the MRZ_information: document number, date of birth and date of expiry, each with its
    /// check digit (ICAO Doc 9303-11 clause 9.7.2).
    pub fn mrz(mrz_information: &str) -> Self {
        let secret = Zeroizing::new(Hash::Sha1.digest(&[mrz_information.as_bytes()]));
        Self { kind: PasswordKind::Mrz, secret: Secret::Encoded(secret) }
    }

    /// A card access number.
    pub fn can(digits: &str) -> Self {
        Self::text(PasswordKind::Can, digits)
    }

    /// A PIN.
    pub fn pin(digits: &str) -> Self {
        Self::text(PasswordKind::Pin, digits)
    }

    /// A PUK.
    pub fn puk(digits: &str) -> Self {
        Self::text(PasswordKind::Puk, digits)
    }

    /// A password of which only the key `K_π` is at hand. It is the key of one cipher: with another
    /// one PACE fails.
    pub fn from_key(kind: PasswordKind, key: &[u8]) -> Self {
        Self { kind, secret: Secret::Derived(Zeroizing::new(key.to_vec())) }
    }

    /// Which password it is.
    pub const fn kind(&self) -> PasswordKind {
        self.kind
    }

    /// `K_π` (ICAO Doc 9303-11 clause 9.7.3).
    pub fn key(&self, cipher: Cipher) -> Zeroizing<Vec<u8>> {
        match &self.secret {
            Secret::Encoded(secret) => derive_key(secret, KeyPurpose::Password, cipher),
            Secret::Derived(key) => key.clone(),
        }
    }

    fn text(kind: PasswordKind, text: &str) -> Self {
        Self { kind, secret: Secret::Encoded(Zeroizing::new(text.as_bytes().to_vec())) }
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Password({})", self.kind)
    }
}
