//! The tap session: keys committed first, then the nonce, then the card (docs/tap-evidence.md).

/// Sessions whose chip is being asked: the ephemeral keys never leave this process.
#[derive(Debug, Default)]
pub(super) struct Chips {}
