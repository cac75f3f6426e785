//! VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER (ISO/IEC 7816-4 clause 11.6).
//!
//! A try is counted before the password is looked at and given back when it was right, so that a
//! card torn out of the field in between has counted.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    apdu::{CommandView, Header, StatusWord, ins},
    emulator::{applet::Reply, card::Card, store::Change},
    profile::PasswordSpec,
    tlv::Reader,
};

/// The name of the entry with a changed password.
pub(super) fn value_entry(reference: u8) -> String {
    format!("pin/{reference:02X}/value")
}

fn tries_entry(reference: u8) -> String {
    format!("pin/{reference:02X}/tries")
}

fn tries(spec: &PasswordSpec, left: u8) -> Change {
    Change::set(tries_entry(spec.reference), [left])
}

impl Card {
    /// The password of this reference.
    ///
    /// # Errors
    /// `6A88` where there is none.
    pub(super) fn password(&self, reference: u8) -> Result<&PasswordSpec, StatusWord> {
        let mut all = self.parts.layout.passwords.iter();
        all.find(|spec| spec.reference == reference).ok_or(StatusWord::REFERENCE_NOT_FOUND)
    }

    fn tries_left(&mut self, spec: &PasswordSpec) -> u8 {
        match self.env.store().entry(&tries_entry(spec.reference)) {
            Some(&[left]) => left.min(spec.tries),
            // A counter that was never set is at its highest, one that is none is at its lowest.
            Some(_) => 0,
            None => spec.tries,
        }
    }

    // Counts a try, then compares.
    fn try_password(&mut self, spec: &PasswordSpec, given: &[u8]) -> Result<(), StatusWord> {
        let left = self.tries_left(spec);
        self.channels.here().verify(spec.reference, false);
        let left = left.checked_sub(1).ok_or(StatusWord::AUTH_BLOCKED)?;
        self.keep(&[tries(spec, left)])?;
        if bool::from(spec.value.as_slice().ct_eq(given)) {
            Ok(())
        } else {
            Err(StatusWord::tries(left))
        }
    }

    /// VERIFY: without data the tries left, with P1 FF the end of what was verified.
    ///
    /// # Errors
    /// `63Cx` where it is wrong or was not verified, `6983` where no try is left; `6A88` where
    /// there is no such password, `6A80` where the odd instruction has not one data object.
    pub(super) fn verify(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let Header { ins: instruction, p1, p2, .. } = command.header;
        let spec = self.password(p2)?.clone();
        let done = Ok(Reply::data(Vec::new()));
        match (p1, command.data) {
            (0x00, []) if self.channels.here().verified.has(p2) => done,
            (0x00, []) => Err(match self.tries_left(&spec) {
                0 => StatusWord::AUTH_BLOCKED,
                left => StatusWord::tries(left),
            }),
            (0x00, data) => {
                let given = if instruction == ins::VERIFY_ODD { only_value(data)? } else { data };
                self.try_password(&spec, given)?;
                self.keep(&[tries(&spec, spec.tries)])?;
                self.channels.here().verify(p2, true);
                done
            }
            (0xFF, []) => {
                self.channels.here().verify(p2, false);
                done
            }
            (0xFF, _) => Err(StatusWord::WRONG_LENGTH),
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    /// CHANGE REFERENCE DATA: P1 00 the old password and the new one, P1 01 the new one of a
    /// password that is verified.
    ///
    /// # Errors
    /// As [`Card::verify`]; `6A80` for a new one of a length that it does not take, `6982` for P1
    /// 01 where it is not verified.
    pub(super) fn change_reference_data(
        &mut self,
        command: &CommandView<'_>,
    ) -> Result<Reply, StatusWord> {
        let Header { p1, p2, .. } = command.header;
        let spec = self.password(p2)?.clone();
        let new = match p1 {
            0x00 => {
                let split = command.data.split_at_checked(spec.value.len());
                let (old, new) = split.ok_or(StatusWord::WRONG_LENGTH)?;
                let new = new_value(&spec, new)?;
                self.try_password(&spec, old)?;
                new
            }
            0x01 if !self.channels.here().verified.has(p2) => {
                return Err(StatusWord::SECURITY_STATUS);
            }
            // It can have been blocked on another channel since.
            0x01 if self.tries_left(&spec) == 0 => return Err(StatusWord::AUTH_BLOCKED),
            0x01 => new_value(&spec, command.data)?,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        self.set_password(&spec, new, None)
    }

    /// RESET RETRY COUNTER: P1 00 the resetting code and a new password, 01 the resetting code, 02
    /// a new password, 03 nothing; for the last two the resetting code has to be verified.
    ///
    /// # Errors
    /// As [`Card::verify`], for the resetting code; `6985` for a password that nothing unblocks,
    /// `6982` where the resetting code is not verified, `6A80` for a new password of a length that
    /// it does not take.
    pub(super) fn unblock(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let Header { p1, p2, .. } = command.header;
        let spec = self.password(p2)?.clone();
        let by = spec.unblocked_by.ok_or(StatusWord::CONDITIONS)?;
        let by = self.password(by).map_err(|_| StatusWord::CONDITIONS)?.clone();
        let old = || Zeroizing::new(spec.value.to_vec());
        match p1 {
            0x00 => {
                let split = command.data.split_at_checked(by.value.len());
                let (code, new) = split.ok_or(StatusWord::WRONG_LENGTH)?;
                let new = new_value(&spec, new)?;
                self.try_password(&by, code)?;
                self.set_password(&spec, new, Some(&by))
            }
            0x01 if command.data.is_empty() => Err(StatusWord::WRONG_LENGTH),
            0x01 => {
                self.try_password(&by, command.data)?;
                self.set_password(&spec, old(), Some(&by))
            }
            0x02 | 0x03 if !self.channels.here().verified.has(by.reference) => {
                Err(StatusWord::SECURITY_STATUS)
            }
            0x02 => {
                let new = new_value(&spec, command.data)?;
                self.set_password(&spec, new, None)
            }
            0x03 if command.data.is_empty() => self.set_password(&spec, old(), None),
            0x03 => Err(StatusWord::WRONG_LENGTH),
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    // The password and all its tries, and those of the one that was tried for it.
    fn set_password(
        &mut self,
        spec: &PasswordSpec,
        value: Zeroizing<Vec<u8>>,
        tried: Option<&PasswordSpec>,
    ) -> Result<Reply, StatusWord> {
        let mut changes = vec![tries(spec, spec.tries)];
        changes.extend(tried.map(|by| tries(by, by.tries)));
        if value != spec.value {
            changes.push(Change::set(value_entry(spec.reference), value.to_vec()));
        }
        self.keep(&changes)?;
        let mut all = self.parts.layout.passwords.iter_mut();
        if let Some(kept) = all.find(|kept| kept.reference == spec.reference) {
            kept.value = value;
        }
        Ok(Reply::data(Vec::new()))
    }
}

// The value of the one data object there is.
fn only_value(data: &[u8]) -> Result<&[u8], StatusWord> {
    let mut objects = Reader::new(data);
    let object = objects.next().and_then(Result::ok).ok_or(StatusWord::WRONG_DATA)?;
    objects.end().map_err(|_| StatusWord::WRONG_DATA)?;
    Ok(object.value)
}

// A new password as it is kept: padded, where the password has padding.
fn new_value(spec: &PasswordSpec, given: &[u8]) -> Result<Zeroizing<Vec<u8>>, StatusWord> {
    let (fewest, most) = (usize::from(spec.lengths.0), usize::from(spec.lengths.1));
    let bare = match spec.padding {
        Some(padding) => {
            let end = given.iter().rposition(|byte| *byte != padding).map_or(0, |last| last + 1);
            given.get(..end).unwrap_or(given)
        }
        None => given,
    };
    if !(fewest..=most).contains(&bare.len()) || given.len() > most || bare.is_empty() {
        return Err(StatusWord::WRONG_DATA);
    }
    let mut value = Zeroizing::new(Vec::with_capacity(most));
    value.extend_from_slice(bare);
    if let Some(padding) = spec.padding {
        value.resize(most, padding);
    }
    Ok(value)
}
