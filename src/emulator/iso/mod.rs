//! The commands of ISO/IEC 7816-4, -8 and -9 beyond those of a travel document, for cards whose
//! profile declares files, passwords, keys or data objects: one file a family.
//!
//! Everything that a command changes goes through one [`Store::commit`](super::Store::commit), and
//! only then is it changed on the card.

mod data;
mod files;
mod keys;
mod manage;
mod passwords;

use super::{applet::Reply, card::Card, fs::CREATED, store::Change};
use crate::{
    apdu::{CommandView, Header, StatusWord, ins},
    profile::{KeySpec, KeyUse},
};

pub(super) use keys::Environment;

impl Card {
    /// Takes over what the store kept of an earlier run.
    pub(super) fn restore(&mut self) {
        let Self { parts, env, declared, .. } = self;
        let store = env.store();
        if let (Some(terminal_auth), Some(kept)) =
            (&mut parts.terminal_auth, store.entry(super::terminal_auth::ENTRY))
        {
            terminal_auth.restore(kept, &mut parts.tree);
        }
        if !parts.iso {
            return;
        }
        *declared = parts.tree.entry_names();
        let store = &*store;
        parts.tree.restore(|name| store.entry(name));
        for spec in &mut parts.layout.passwords {
            if let Some(value) = store.entry(&passwords::value_entry(spec.reference)) {
                spec.value = value.to_vec().into();
            }
        }
        for object in &mut parts.layout.data_objects {
            if let Some(value) = store.entry(&data::entry(object.tag)) {
                object.value = value.to_vec();
            }
        }
    }

    /// Whether a command is for a key of the layout, though an applet knows its instruction too.
    pub(super) fn is_for_layout(&self, command: &CommandView<'_>) -> bool {
        let header = command.header;
        let has_key = |number| self.parts.layout.keys.iter().any(|key| key.number == number);
        self.parts.iso
            && match header.ins {
                ins::MANAGE_SECURITY_ENVIRONMENT => {
                    keys::is_environment(header, command.data) && !self.parts.layout.keys.is_empty()
                }
                ins::INTERNAL_AUTHENTICATE | ins::EXTERNAL_AUTHENTICATE => {
                    header.p2 != 0 && has_key(header.p2)
                }
                ins::PERFORM_SECURITY_OPERATION => {
                    (header.p1, header.p2) != (0x00, 0xBE) && !self.parts.layout.keys.is_empty()
                }
                ins::RESET_RETRY_COUNTER => self.password(header.p2).is_ok(),
                _ => false,
            }
    }

    /// Answers a command that neither the document's protocols nor an applet know.
    ///
    /// # Errors
    /// `6D00` for one that the card has not, and what each of them says.
    pub(super) fn iso_command(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let has_passwords = !self.parts.layout.passwords.is_empty();
        let has_keys = !self.parts.layout.keys.is_empty();
        match command.header.ins {
            _ if !self.parts.iso => Err(StatusWord::INS_UNSUPPORTED),
            ins::ERASE_BINARY
            | ins::ERASE_BINARY_ODD
            | ins::WRITE_BINARY
            | ins::WRITE_BINARY_ODD
            | ins::UPDATE_BINARY
            | ins::UPDATE_BINARY_ODD => self.write_binary(command),
            ins::READ_RECORD => self.read_record(command),
            ins::WRITE_RECORD | ins::UPDATE_RECORD | ins::APPEND_RECORD => {
                self.write_record(command)
            }
            ins::GET_DATA | ins::GET_DATA_ODD => self.get_data(command),
            ins::PUT_DATA | ins::PUT_DATA_ODD => self.put_data(command),
            ins::VERIFY | ins::VERIFY_ODD if has_passwords => self.verify(command),
            ins::CHANGE_REFERENCE_DATA if has_passwords => self.change_reference_data(command),
            ins::RESET_RETRY_COUNTER if has_passwords => self.unblock(command),
            ins::GET_CHALLENGE => self.get_challenge(command),
            ins::EXTERNAL_AUTHENTICATE if has_keys => self.external_authenticate(command),
            ins::INTERNAL_AUTHENTICATE if has_keys => self.internal_authenticate(command),
            ins::MANAGE_SECURITY_ENVIRONMENT if has_keys => self.set_environment(command),
            ins::PERFORM_SECURITY_OPERATION if has_keys => self.security_operation(command),
            ins::CREATE_FILE => self.create_file(command),
            ins::DELETE_FILE => self.delete_file(command),
            ins::ACTIVATE_FILE
            | ins::DEACTIVATE_FILE
            | ins::TERMINATE_DF
            | ins::TERMINATE_EF
            | ins::TERMINATE_CARD_USAGE => self.change_life(command),
            ins::MANAGE_CHANNEL => self.manage_channel(command),
            _ => Err(StatusWord::INS_UNSUPPORTED),
        }
    }

    /// Keeps all these changes or none.
    ///
    /// # Errors
    /// `6581` where they cannot be kept.
    pub(super) fn keep(&mut self, changes: &[Change]) -> Result<(), StatusWord> {
        self.env.store().commit(changes).map_err(|_| StatusWord::MEMORY_FAILURE)
    }

    // The list of created files as it is now.
    fn created_list(&self) -> Change {
        Change::set(CREATED, self.parts.tree.created_paths())
    }

    // MANAGE CHANNEL (ISO/IEC 7816-4 clause 11.1.2).
    fn manage_channel(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let Header { p1, p2, .. } = command.header;
        if !command.data.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        match (p1, p2) {
            (0x00, 0x00) if command.ne.is_none() => Err(StatusWord::WRONG_LENGTH),
            (0x00, 0x00..=0x03) => {
                let number = (p2 != 0).then_some(p2);
                let opened = self.channels.open(number, &self.parts.tree);
                let opened = opened.ok_or(StatusWord::FUNCTION_UNSUPPORTED)?;
                // Who names the channel knows its number.
                Ok(Reply::data(if p2 == 0 { vec![opened] } else { Vec::new() }))
            }
            (0x80, 0x00..=0x03) => {
                let number = if p2 == 0 { self.channels.number() } else { p2 };
                if number == 0 {
                    // The basic channel is always open.
                    return Err(StatusWord::WRONG_P1P2);
                }
                if !self.channels.is_open(number) {
                    return Err(StatusWord::CHANNEL_UNSUPPORTED);
                }
                self.channels.close(number);
                Ok(Reply::data(Vec::new()))
            }
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }
}

// The key of this number, where it is for that and the rule permits.
fn key_for<'k>(
    keys: &'k [KeySpec],
    number: u8,
    wanted: KeyUse,
    status: &super::access::Seen,
) -> Result<&'k KeySpec, StatusWord> {
    let key = keys.iter().find(|key| key.number == number);
    let key = key.ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
    let found = key.uses.iter().find(|(of, _)| *of == wanted);
    let (_, rule) = found.ok_or(StatusWord::CONDITIONS)?;
    if rule.permits(status) { Ok(key) } else { Err(StatusWord::SECURITY_STATUS) }
}
