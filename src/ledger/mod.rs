//! The log of what an issuer did (RFC 6962), with signed checkpoints (C2SP tlog-checkpoint).
