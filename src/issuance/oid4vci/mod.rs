//! The messages of OpenID for Verifiable Credential Issuance 1.0.
