//! The card as a whole, spoken to by a terminal of the tests' own.
//!
//! A round trip alone proves nothing about the standards: what proves it are their worked examples
//! (tests/vectors_pace.rs and its neighbours) and foreign readers (tests/interop).

mod cards;
mod eac;
mod files;
mod iso;
mod iso_limits;
mod key_only;
mod passwords;
mod properties;
mod reader;
mod sessions;
mod terminal;

use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock},
};

use super::{Card, SeededEnv};
use crate::profile::{self, Personalised};

/// The secrets of card-profiles/resident.toml.
const CAN: &[u8] = b"500540";
const PIN: &[u8] = b"271224";
const PUK: &[u8] = b"9876543210";
const WRONG: &[u8] = b"000000";

/// References in DO83.
const MRZ_REF: u8 = 1;
const CAN_REF: u8 = 2;
const PIN_REF: u8 = 3;
const PUK_REF: u8 = 4;

fn resident() -> &'static Personalised {
    static CARD: OnceLock<Personalised> = OnceLock::new();
    CARD.get_or_init(|| profile::resident().unwrap())
}

/// The card of a built-in profile, made once.
fn built_in(name: &'static str) -> &'static Personalised {
    static CARDS: Mutex<BTreeMap<&str, &Personalised>> = Mutex::new(BTreeMap::new());
    let mut cards = CARDS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    cards.entry(name).or_insert_with(|| {
        let (_, text) = profile::BUILT_IN.iter().find(|row| row.0 == name).unwrap();
        let profile = profile::check(text, name.as_ref()).unwrap();
        Box::leak(Box::new(profile.personalise().unwrap()))
    })
}

/// The resident card after a change to it.
fn card(change: impl FnOnce(&mut Personalised)) -> Card {
    let mut card = resident().clone();
    change(&mut card);
    Card::from_profile(&card, Box::new(SeededEnv::new(b"tests"))).unwrap()
}
