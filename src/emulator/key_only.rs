//! The application of a key-only card (docs/applet.md): signatures over challenges that say whether
//! the PIN was given, and that are counted.

use super::{
    applet::{Applet, Context, Reply},
    store::Counter,
};
use crate::{
    apdu::{CommandView, StatusWord, ins},
    profile::{Rule, Status},
    protocol::{key_only::Chip, pace::PasswordKind},
};

/// The application's state.
#[derive(Debug)]
pub(super) struct KeyOnlyApplication {
    /// Its identifier.
    pub(super) aid: Vec<u8>,
    /// Its key.
    pub(super) chip: Chip,
    /// Who may use it.
    pub(super) rule: Rule,
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
        if command.header.ins != ins::INTERNAL_AUTHENTICATE {
            return Err(StatusWord::INS_UNSUPPORTED);
        }
        if !self.rule.permits(&context.status) {
            return Err(StatusWord::SECURITY_STATUS);
        }
        if (command.header.p1, command.header.p2) != (0, 0) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let challenge = Chip::challenge(command.data).map_err(|e| e.status())?;
        // By PACE, as the documentation says: a password of VERIFY is not the holder's PIN here.
        let pin = context.status.pace() == Some(PasswordKind::Pin);
        // Kept before anything is signed: no number comes twice, whenever the power goes.
        let store = context.env.store();
        let counter = store.counter(Counter::KeyOnly).unwrap_or(0);
        let counter = counter.checked_add(1).ok_or(StatusWord::MEMORY_FAILURE)?;
        store.set_counter(Counter::KeyOnly, counter).map_err(|_| StatusWord::MEMORY_FAILURE)?;
        Ok(Reply::data(self.chip.sign(&challenge, pin, counter)))
    }

    fn deselect(&mut self) {}
}

/// The sessions that open the application: after PACE with the CAN or the PIN, and with the PIN
/// alone where that is required.
pub(super) fn opened(pin_required: bool) -> Rule {
    use PasswordKind::{Can, Pin};
    Rule::Pace(if pin_required { vec![Pin] } else { vec![Can, Pin] })
}
