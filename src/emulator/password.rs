//! Passwords and their try counters (BSI TR-03110-2 clauses 2.4.1 and 3.3).
//!
//! The CAN and the MRZ have no counter. The PIN has three tries; when one is left it is suspended
//! and takes PACE with the CAN first, when none is left it is blocked and takes the PUK. A try is
//! counted before the terminal's token is looked at and given back when it was right, so that a
//! card torn out of the field in between has counted.

use super::store::{Counter, Store};
use crate::{
    apdu::StatusWord,
    protocol::pace::{Password, PasswordKind},
};

/// The passwords that a card holds, and the rules of its PIN.
#[derive(Clone, Debug)]
pub struct Passwords {
    /// From the machine-readable zone.
    pub mrz: Option<Password>,
    /// Card access number.
    pub can: Option<Password>,
    /// The holder's PIN.
    pub pin: Option<Password>,
    /// The PUK.
    pub puk: Option<Password>,
    /// Tries of a fresh PIN, 2 to 15.
    pub pin_tries: u8,
    /// Whether the PIN is switched on.
    pub pin_activated: bool,
    /// How often the PUK unblocks the PIN.
    pub puk_uses: u8,
}

/// A try that was counted and not yet decided.
#[derive(Debug)]
#[must_use = "a try that is not settled stays counted"]
pub(super) struct Try {
    kind: PasswordKind,
    before: u8,
}

impl Passwords {
    /// The password of this kind, where the card has one.
    pub(super) const fn get(&self, kind: PasswordKind) -> Option<&Password> {
        match kind {
            PasswordKind::Mrz => self.mrz.as_ref(),
            PasswordKind::Can => self.can.as_ref(),
            PasswordKind::Pin => self.pin.as_ref(),
            PasswordKind::Puk => self.puk.as_ref(),
        }
    }

    /// Tries left of the PIN; 0 where the card has none.
    pub fn pin_tries_left(&self, store: &dyn Store) -> u8 {
        if self.pin.is_none() {
            return 0;
        }
        kept(store, Counter::PinTries, self.pin_tries)
    }

    /// What MSE:Set AT answers when it names this password: `9000`, or a warning on the PIN's
    /// state with which PACE goes on.
    pub(super) fn on_selection(&self, kind: PasswordKind, store: &dyn Store) -> StatusWord {
        if kind != PasswordKind::Pin {
            return StatusWord::SUCCESS;
        }
        if !self.pin_activated {
            return StatusWord::DEACTIVATED;
        }
        match self.pin_tries_left(store) {
            left if left == self.pin_tries => StatusWord::SUCCESS,
            left => StatusWord::tries(left),
        }
    }

    /// Counts a try of this password before it is looked at. `resumed` says that the CAN opened
    /// the session around it.
    ///
    /// # Errors
    /// `6984` deactivated, `6983` blocked, `6985` suspended; `6581` where the try cannot be
    /// counted.
    pub(super) fn begin(
        &self,
        kind: PasswordKind,
        resumed: bool,
        store: &mut dyn Store,
    ) -> Result<Try, StatusWord> {
        if kind != PasswordKind::Pin {
            return Ok(Try { kind, before: 0 });
        }
        if !self.pin_activated {
            return Err(StatusWord::DATA_UNUSABLE);
        }
        let before = self.pin_tries_left(store);
        match before {
            0 => return Err(StatusWord::AUTH_BLOCKED),
            1 if !resumed => return Err(StatusWord::CONDITIONS),
            _ => keep(store, Counter::PinTries, before - 1)?,
        }
        Ok(Try { kind, before })
    }

    /// The password was right: all tries are back.
    ///
    /// # Errors
    /// `6581` where that cannot be kept; the session must not begin.
    pub(super) fn right(&self, tried: &Try, store: &mut dyn Store) -> Result<(), StatusWord> {
        match tried.kind {
            PasswordKind::Pin => keep(store, Counter::PinTries, self.pin_tries),
            _ => Ok(()),
        }
    }

    /// The password was wrong: the status word to answer, `6300` or `63Cx`.
    pub(super) const fn wrong(&self, tried: &Try) -> StatusWord {
        match tried.kind {
            PasswordKind::Pin => StatusWord::tries(tried.before.saturating_sub(1)),
            _ => StatusWord::WARNING_CHANGED,
        }
    }

    /// The command was malformed and the password not looked at: the try is given back.
    ///
    /// # Errors
    /// `6581` where that cannot be kept.
    pub(super) fn not_tried(&self, tried: &Try, store: &mut dyn Store) -> Result<(), StatusWord> {
        match tried.kind {
            PasswordKind::Pin => keep(store, Counter::PinTries, tried.before),
            _ => Ok(()),
        }
    }

    /// Gives the PIN all its tries back, in a session opened with the PUK.
    ///
    /// # Errors
    /// `6983` where the PUK was used as often as it may, `6A88` where there is no PIN, `6581`
    /// where it cannot be kept.
    pub(super) fn unblock_pin(&self, store: &mut dyn Store) -> Result<(), StatusWord> {
        if self.pin.is_none() {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        let uses = kept(store, Counter::PukUses, self.puk_uses);
        let left = uses.checked_sub(1).ok_or(StatusWord::AUTH_BLOCKED)?;
        keep(store, Counter::PukUses, left)?;
        keep(store, Counter::PinTries, self.pin_tries)
    }
}

// A counter that was never set is at its highest, and one that is higher than it can be too.
fn kept(store: &dyn Store, counter: Counter, highest: u8) -> u8 {
    let value = store.counter(counter).and_then(|n| u8::try_from(n).ok());
    value.map_or(highest, |n| n.min(highest))
}

fn keep(store: &mut dyn Store, counter: Counter, value: u8) -> Result<(), StatusWord> {
    store.set_counter(counter, u64::from(value)).map_err(|_| StatusWord::MEMORY_FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::store::{Change, MemoryStore, StoreError};

    fn passwords() -> Passwords {
        Passwords {
            mrz: None,
            can: Some(Password::can("123456")),
            pin: Some(Password::pin("654321")),
            puk: Some(Password::puk("0123456789")),
            pin_tries: 3,
            pin_activated: true,
            puk_uses: 1,
        }
    }

    #[test]
    fn a_try_counts_before_it_is_decided() {
        let (passwords, mut store) = (passwords(), MemoryStore::default());
        let _torn = passwords.begin(PasswordKind::Pin, false, &mut store).unwrap();
        assert_eq!(passwords.pin_tries_left(&store), 2);
        assert_eq!(passwords.on_selection(PasswordKind::Pin, &store), StatusWord(0x63C2));

        let malformed = passwords.begin(PasswordKind::Pin, false, &mut store).unwrap();
        passwords.not_tried(&malformed, &mut store).unwrap();
        assert_eq!(passwords.pin_tries_left(&store), 2);

        let right = passwords.begin(PasswordKind::Pin, false, &mut store).unwrap();
        passwords.right(&right, &mut store).unwrap();
        assert_eq!(passwords.on_selection(PasswordKind::Pin, &store), StatusWord::SUCCESS);
    }

    #[test]
    fn a_try_that_cannot_be_counted_is_none() {
        struct Broken;
        impl Store for Broken {
            fn entry(&self, _: &str) -> Option<&[u8]> {
                None
            }
            fn commit(&mut self, _: &[Change]) -> Result<(), StoreError> {
                let source = std::io::ErrorKind::PermissionDenied.into();
                Err(StoreError::Io { path: "nowhere".into(), source })
            }
        }
        let begun = passwords().begin(PasswordKind::Pin, false, &mut Broken);
        assert_eq!(begun.unwrap_err(), StatusWord::MEMORY_FAILURE);
    }

    #[test]
    fn a_counter_that_is_too_high_is_cut() {
        let (passwords, mut store) = (passwords(), MemoryStore::default());
        store.set_counter(Counter::PinTries, 1 << 40).unwrap();
        assert_eq!(passwords.pin_tries_left(&store), 3);
    }

    #[test]
    fn the_puk_wears_out() {
        let (passwords, mut store) = (passwords(), MemoryStore::default());
        store.set_counter(Counter::PinTries, 0).unwrap();
        passwords.unblock_pin(&mut store).unwrap();
        assert_eq!(passwords.pin_tries_left(&store), 3);
        assert_eq!(passwords.unblock_pin(&mut store), Err(StatusWord::AUTH_BLOCKED));
    }
}
