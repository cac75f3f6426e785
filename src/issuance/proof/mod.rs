//! Proofs of possession and attestations: made by a wallet, checked by an issuer.
