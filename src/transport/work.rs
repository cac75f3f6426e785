//! What a chip computed for a command, counted: a [`Link`](super::Link) says how long a typical
//! chip would have taken.

use std::ops::AddAssign;

/// Operations of one kind, all of one size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// How many.
    pub count: u32,
    /// Their size in bits: of the curve, the group or the modulus.
    pub bits: u32,
}

impl Operations {
    /// So many of this size.
    pub const fn new(count: u32, bits: u32) -> Self {
        Self { count, bits }
    }
}

/// What a chip did for the last command. A chip that does not count says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Multiplications of a point of an elliptic curve.
    pub points: Operations,
    /// Exponentiations in a MODP group (RFC 5114).
    pub exponents: Operations,
    /// RSA with a private key.
    pub rsa_private: Operations,
    /// RSA with a public key.
    pub rsa_public: Operations,
    /// Bytes through 3DES, those under a MAC once more.
    pub des: u32,
    /// Bytes through AES, those under a MAC once more.
    pub aes: u32,
    /// Bytes of files read.
    pub read: u32,
    /// Writes to memory that outlives power.
    pub writes: u32,
    /// Waiting time extensions (ISO/IEC 14443-4 clause 7.3) that were asked for on purpose, each of
    /// one frame waiting time.
    pub waits: u32,
}

impl AddAssign for Operations {
    // One command computes with one key: where sizes differ the larger one counts.
    fn add_assign(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.bits = self.bits.max(other.bits);
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.points += other.points;
        self.exponents += other.exponents;
        self.rsa_private += other.rsa_private;
        self.rsa_public += other.rsa_public;
        for (ours, theirs) in [
            (&mut self.des, other.des),
            (&mut self.aes, other.aes),
            (&mut self.read, other.read),
            (&mut self.writes, other.writes),
            (&mut self.waits, other.waits),
        ] {
            *ours = ours.saturating_add(theirs);
        }
    }
}
