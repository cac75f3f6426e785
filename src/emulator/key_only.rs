//! The application of a key-only card (docs/applet.md): a label, a certificate, and signatures over
//! challenges that say whether the PIN was given and that are counted.

use super::{
    access::Access,
    applet::{Applet, Context, Reply},
    fs::{Directory, ReadBinary},
    lds_application::select_ef,
    store::Counter,
};
use crate::{
    apdu::{CommandView, StatusWord, ins},
    protocol::{key_only::Chip, pace::PasswordKind},
};

/// The application's state.
#[derive(Debug)]
pub(super) struct KeyOnlyApplication {
    /// Its identifier.
    pub(super) aid: Vec<u8>,
    /// Its files.
    pub(super) directory: Directory,
    /// Its key.
    pub(super) chip: Chip,
    /// Who may use it.
    pub(super) access: Access,
}

impl Applet for KeyOnlyApplication {
    fn aid(&self) -> &[u8] {
        &self.aid
    }

    fn handle(
        &mut self,
        command: &CommandView<'_>,
        context: &mut Context<'_>,
    ) -> Result<Reply, StatusWord> {
        match command.header.ins {
            ins::SELECT => select_ef(&mut self.directory, command, context),
            ins::READ_BINARY | ins::READ_BINARY_ODD => {
                let read = ReadBinary::parse(command)?;
                let never = StatusWord::NO_DIAGNOSIS;
                self.directory.read(read, context.room, context.session, &mut |_| Err(never))
            }
            ins::INTERNAL_AUTHENTICATE => self.internal_authenticate(command, context),
            _ => Err(StatusWord::INS_UNSUPPORTED),
        }
    }

    fn deselect(&mut self) {
        self.directory.deselect();
    }
}

impl KeyOnlyApplication {
    fn internal_authenticate(
        &self,
        command: &CommandView<'_>,
        context: &mut Context<'_>,
    ) -> Result<Reply, StatusWord> {
        if !self.access.permits(context.session) {
            return Err(StatusWord::SECURITY_STATUS);
        }
        if (command.header.p1, command.header.p2) != (0, 0) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let challenge = Chip::challenge(command.data).map_err(|e| e.status())?;
        let pin = context.session.is_some_and(|s| s.pace && s.password == PasswordKind::Pin);
        // Kept before anything is signed: no number comes twice, whenever the power goes.
        let store = context.env.store();
        let counter = store.counter(Counter::KeyOnly).unwrap_or(0);
        let counter = counter.checked_add(1).ok_or(StatusWord::MEMORY_FAILURE)?;
        store.set_counter(Counter::KeyOnly, counter).map_err(|_| StatusWord::MEMORY_FAILURE)?;
        Ok(Reply::data(self.chip.sign(&challenge, pin, counter)))
    }
}
