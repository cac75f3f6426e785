use time::UtcDateTime;

use super::super::SignedError;
use super::super::signer::SignerError;
use crate::trust::encoding::rfc3339::text;

/// Why a status is not known, or a list cannot be made.
///
/// None of these means that a credential was revoked: that is
/// [`Status::Invalid`](crate::issuance::Status::Invalid), and only a list that was opened says it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// There is no list at hand.
    #[error("status list {uri}: not at hand: {fault}")]
    NotFetched {
        /// Where it should be.
        uri: String,
        /// What stood in the way.
        fault: String,
    },
    /// The list is older than its issuer lets anyone rely on.
    #[error("status list: it ended at {}, and it is {} now", text(*.exp), text(*.at))]
    Stale {
        /// The end of it.
        exp: UtcDateTime,
        /// The time judged at.
        at: UtcDateTime,
    },
    /// It was made in the future.
    #[error("status list: it is dated {}, and it is {} now", text(*.iat), text(*.at))]
    NotYet {
        /// When it says that it was made.
        iat: UtcDateTime,
        /// The time judged at.
        at: UtcDateTime,
    },
    /// It is another list than the credential names (Token Status List clause 8.3).
    #[error("status list: sub {expected} expected, {got} came")]
    Subject {
        /// What the credential names.
        expected: String,
        /// What the list says that it is.
        got: String,
    },
    /// The JWT is none, or not by a signer of status lists.
    #[error("status list: {0}")]
    Jws(#[from] SignedError),
    /// The signer of the CWT is not believed.
    #[error("status list: {0}")]
    Signer(#[from] SignerError),
    /// The CWT's signature is not by its signer.
    #[error("status list: the signature is not by the key of {signer}")]
    Signature {
        /// Whose key it should be.
        signer: String,
    },
    /// Claims or a COSE object that are not what they should be.
    #[error("status list: {what}: {fault}")]
    Malformed {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        fault: String,
    },
    /// Longer than any list that is read, before or after it is inflated.
    #[error("status list: at most {most} bytes expected, more came")]
    TooLarge {
        /// The most.
        most: usize,
    },
    /// A status takes 1, 2, 4 or 8 bits (Token Status List clause 4.1).
    #[error("status list: 1, 2, 4 or 8 bits an entry expected, {got} came")]
    Bits {
        /// What came.
        got: u64,
    },
    /// A place outside the list.
    #[error("status list: entry {idx} of {entries}")]
    NoEntry {
        /// The place.
        idx: u64,
        /// How many there are.
        entries: u64,
    },
    /// A status that does not fit.
    #[error("status list: status {value} does not fit into {bits} bits")]
    Value {
        /// The status.
        value: u8,
        /// The bits of an entry.
        bits: u8,
    },
}
