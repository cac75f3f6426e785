//! Identifiers, each kind a type of its own.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

id!(
    /// A person: keyed hash of the population registry's identifier.
    PersonId, 32
);
id!(
    /// A card: keyed hash of what its chip proved to have.
    CardId, 32
);
id!(
    /// A registered phone.
    DeviceId, 16
);
id!(
    /// An offer: what its URI names.
    OfferId, 16
);
id!(
    /// What a redeemed code gives: the right to credentials for one person on one phone.
    GrantId, 16
);
id!(
    /// One credential.
    CredentialId, 16
);
id!(
    /// SHA-256 of a secret that a client shows: a code, a token, a transaction or notification
    /// identifier. The secret itself is not kept.
    TokenHash, 32
);
