//! Why an RSA key or signature is refused.

use crate::tlv::TlvError;

/// Why a key or a signature is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RsaError {
    /// The bytes are not the structure that is expected.
    #[error("RSA key: {0}")]
    Structure(#[from] TlvError),
    /// A BIT STRING that is no whole number of bytes.
    #[error("RSA key: the key is no whole number of bytes")]
    PartialByte,
    /// A key of another algorithm than rsaEncryption.
    #[error("RSA key: rsaEncryption expected, algorithm {oid} came")]
    UnsupportedKey {
        /// The algorithm, dotted where it can be.
        oid: String,
    },
    /// A modulus that is too short to be safe, or longer than is read.
    #[error("RSA key: a modulus of 1,024 to 8,192 bits expected, {got} came")]
    ModulusSize {
        /// Its bits.
        got: usize,
    },
    /// An even modulus.
    #[error("RSA key: the modulus is even")]
    EvenModulus,
    /// An exponent that makes no signature.
    #[error("RSA key: the exponent is refused: {why}")]
    Exponent {
        /// Why.
        why: &'static str,
    },
    /// A private key whose numbers do not belong together, or are not given.
    #[error("RSA private key: {why}")]
    Private {
        /// What is wrong.
        why: &'static str,
    },
    /// A signature of another length than the modulus.
    #[error("RSA: a signature of {expected} bytes expected, {got} came")]
    SignatureLength {
        /// Bytes of the modulus.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A signature that is no number below the modulus.
    #[error("RSA: the signature is not below the modulus")]
    NotBelowModulus,
    /// A digest of another length than the hash function gives.
    #[error("RSA: a digest of {expected} bytes expected, {got} came")]
    DigestLength {
        /// Bytes of a digest.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A key too short for the hash function, the salt or the message.
    #[error("RSA: {needed} bytes do not fit under a modulus of {got}")]
    TooShort {
        /// Bytes of the encoded message.
        needed: usize,
        /// Bytes of the modulus.
        got: usize,
    },
    /// What a signature holds is no message of ISO/IEC 9796-2 scheme 1.
    #[error("RSA: no message of ISO/IEC 9796-2: {why}")]
    Iso9796 {
        /// What is wrong with it.
        why: String,
    },
    /// The trailer of such a message names a hash function that is not known.
    #[error("RSA: hash function {id:02X} of ISO/IEC 10118 is not supported")]
    UnknownHash {
        /// Its number.
        id: u8,
    },
    /// The signature is not one of this key over this message.
    #[error("the RSA signature does not verify")]
    BadSignature,
}
