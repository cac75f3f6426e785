//! The fixed-length values of the protocol, each a type of its own, written in base64url.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::trust::encoding::base64url;

/// Text that is not the value it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {expected} bytes in base64url without padding expected")]
pub struct ValueError {
    /// Which value.
    pub what: &'static str,
    /// Its length in bytes.
    pub expected: usize,
}

macro_rules! value {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// The value of these bytes.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&base64url::encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                let bytes = base64url::decode(text).ok().and_then(|b| b.try_into().ok());
                bytes.map(Self).ok_or(ValueError { what: $what, expected: $len })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                base64url::deserialize(d).map(Self)
            }
        }
    };
}

value!(
    /// SHA-256 thumbprint of a key (RFC 7638).
    Thumbprint, 32, "thumbprint"
);
value!(
    /// H_dev: what the device commits to before it is given a challenge. SHA-256 over the
    /// thumbprints of its keys, sorted as bytes and put one behind the other.
    Commitment, 32, "H_dev"
);
value!(
    /// A session's identifier: 16 random bytes.
    SessionId, 16, "session identifier"
);
value!(
    /// N, a session's nonce: 32 random bytes.
    Nonce, 32, "nonce"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_as_text() {
        let id = SessionId::new([0xFB; 16]);
        assert_eq!(id.to_string(), "-_v7-_v7-_v7-_v7-_v7-w");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        for bad in
            ["", "-_v7-_v7-_v7-_v7-_v7", "-_v7-_v7-_v7-_v7-_v7-w==", "-_v7-_v7-_v7-_v7-_v7-x"]
        {
            let error = bad.parse::<SessionId>().unwrap_err().to_string();
            assert!(error.contains("session identifier: 16 bytes"), "{error}");
        }
    }
}
