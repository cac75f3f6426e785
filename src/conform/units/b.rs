//! ISO7816_B: what BAC protects.

use super::gate;
use crate::conform::{Capability, Case, Expect, terminal::How};

pub(super) fn cases() -> Vec<Case> {
    gate::cases(&gate::Gate {
        unit: "ISO7816_B",
        protocol: "BAC",
        needs: Capability::Bac,
        how: How::Bac,
        // A card may tell by BAC which files it has.
        selected: Expect::DENIED_OR_SUCCESS,
    })
}
