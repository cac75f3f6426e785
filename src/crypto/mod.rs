//! Primitives, each behind a value: which hash, which cipher, which curve.
//!
//! Keys and points are checked when they are made, so nothing above has to. All randomness comes
//! in as an argument; [`SeededRng`] makes a run repeatable, [`SystemRng`] is the system's.
//!
//! ```
//! use iccard::crypto::{Curve, Hash, SecretKey, SeededRng};
//!
//! let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"a test", "signer"));
//! let digest = Hash::Sha256.digest(&[b"message"]);
//! let signature = key.sign_prehash(&digest);
//! assert!(key.public().verify_prehash(&digest, &signature).is_ok());
//! ```

mod agreement;
mod cipher;
mod curve;
mod dh;
mod hash;
mod kdf;
mod rng;
pub mod rsa;

pub use agreement::{AgreementError, AgreementPublicKey, AgreementSecretKey, Domain};
pub use cipher::{BlockKey, Cipher, MacKey, pad, pad_into, unpad};
pub use curve::{
    Curve, CurveError, CurveParameters, PublicKey, SecretKey, SharedSecret, Signature,
};
pub use dh::{DhError, DhPublicKey, DhSecretKey, Group, GroupParameters};
pub use hash::Hash;
pub use kdf::{KeyPurpose, derive_key};
pub use rng::{SeededRng, SystemRng};
pub use rsa::{RsaError, RsaPrivateKey, RsaPublicKey};
