//! Why the register does not do it.

/// A fault of the database, or a refusal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The database does not answer, or not as it should.
    #[error("registry, {step}: {detail}")]
    Database {
        /// What was being done.
        step: &'static str,
        /// The database's words.
        detail: String,
    },
    /// What is stored cannot be opened with the keys at hand, or is not what was written.
    #[error("registry, {step}: what is stored cannot be opened with these keys")]
    Sealed {
        /// What was being read.
        step: &'static str,
    },
    /// The rules say no; nothing was changed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

/// The rules say no. The register is as it was, but for counters of failures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// There is no such thing, or it is over: an offer, a token, a session, a transaction.
    #[error("{what}: unknown or expired")]
    Unknown {
        /// What.
        what: &'static str,
    },
    /// It was used before.
    #[error("{what}: used before")]
    Used {
        /// What.
        what: &'static str,
    },
    /// It belongs to another key or wallet.
    #[error("{what}: it belongs to another wallet")]
    OtherWallet {
        /// What.
        what: &'static str,
    },
    /// A transaction code is needed and did not come, or came and is not needed.
    #[error("tx_code: {}", if *.expected { "one is needed" } else { "none is needed" })]
    TxCode {
        /// Whether one is needed.
        expected: bool,
    },
    /// The wrong transaction code.
    #[error("tx_code: wrong, {left} tries left")]
    WrongTxCode {
        /// Tries left; at 0 the offer is dead.
        left: u32,
    },
    /// A rotated refresh token came again: all tokens of the grant are void now.
    #[error("refresh_token: used before; the grant is revoked")]
    RefreshReused,
    /// Another phone of this person was registered after this one had shown its evidence.
    #[error("another phone was registered meanwhile")]
    Superseded,
    /// The card was reported lost, or is none that the register knows as current.
    #[error("the card is not current")]
    CardNotCurrent,
    /// The person has had another card than the current one, or lost one before.
    #[error("card: the person has had another one; the number of the lost one is needed")]
    WhichCard,
    /// The counter of the card went back: a copy of it is about.
    #[error("the card's counter went back: {before} was seen, {got} came")]
    CounterWentBack {
        /// The highest seen.
        before: u64,
        /// What came.
        got: u64,
    },
    /// The phone is suspended, revoked or its term is over.
    #[error("the phone is {state}")]
    PhoneNotActive {
        /// Its state.
        state: &'static str,
    },
    /// The keys are not those that were committed to.
    #[error("the holder keys are not those that the wallet committed to")]
    OtherKeys,
    /// Everything that this grant may have was issued to other keys.
    #[error("the grant was used for other keys")]
    Spent,
}
