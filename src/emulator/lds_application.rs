//! An application with data groups: the LDS1 eMRTD application (docs/applet.md) or the driving
//! licence's. Chip Authentication version 1, Active Authentication, and EF.HolderVerification.

use super::{
    active_auth::internal_authenticate,
    applet::{Applet, Context, Reply},
    basic_access::BasicAccess,
    chip_auth::ChipAuthentication,
    defect::Defects,
    store::Counter,
};
use crate::{
    apdu::{CommandView, StatusWord, ins},
    lds::{HolderVerification, Password},
    profile::Rule,
    protocol::{active_auth, pace::PasswordKind},
};

/// The application's state.
#[derive(Debug)]
pub(super) struct LdsApplication {
    /// Its identifier.
    pub(super) aid: &'static [u8],
    /// The keys of Chip Authentication, where the chip has some.
    pub(super) chip_auth: Option<ChipAuthentication>,
    /// The key of Active Authentication, where the chip has one, and who may use it.
    pub(super) active_auth: Option<(active_auth::Chip, Rule)>,
    /// The key of BAC or BAP, where the application opens so.
    pub(super) basic_access: Option<BasicAccess>,
    /// Deliberate mistakes.
    pub(super) defects: Defects,
}

impl Applet for LdsApplication {
    fn aid(&self) -> &[u8] {
        self.aid
    }

    fn handle(
        &mut self,
        command: &CommandView<'_>,
        context: &mut Context<'_>,
    ) -> Result<Reply, StatusWord> {
        let no_such = StatusWord::INS_UNSUPPORTED;
        match command.header.ins {
            ins::MANAGE_SECURITY_ENVIRONMENT => {
                self.chip_auth.as_mut().ok_or(no_such)?.handle(command, context)
            }
            ins::GENERAL_AUTHENTICATE => match &mut self.chip_auth {
                Some(chip_auth) => chip_auth.handle(command, context),
                None => Err(StatusWord::CONDITIONS),
            },
            ins::INTERNAL_AUTHENTICATE => {
                let (chip, rule) = self.active_auth.as_ref().ok_or(no_such)?;
                internal_authenticate(chip, rule, command, context, self.defects)
            }
            _ => Err(no_such),
        }
    }

    // EF.HolderVerification is the one file that the chip makes.
    fn make(&mut self, _: u16, context: &mut Context<'_>) -> Result<Vec<u8>, StatusWord> {
        holder_verification(context)
    }

    fn deselect(&mut self) {
        if let Some(access) = &mut self.basic_access {
            access.chip.forget();
        }
        self.session_changed();
    }

    fn session_changed(&mut self) {
        if let Some(chip_auth) = &mut self.chip_auth {
            chip_auth.forget();
        }
    }

    fn basic_access(&mut self) -> Option<&mut BasicAccess> {
        self.basic_access.as_mut()
    }

    fn set_defects(&mut self, defects: Defects) {
        self.defects = defects;
        if let Some(access) = &mut self.basic_access {
            access.chip.set_flaws(defects.flaws());
        }
        if let Some(chip_auth) = &mut self.chip_auth {
            chip_auth.set_flaws(defects.flaws());
        }
    }
}

// Each making counts, so that two answers of one chip are never alike and their order is known.
fn holder_verification(context: &mut Context<'_>) -> Result<Vec<u8>, StatusWord> {
    let store = context.env.store();
    let counter = store.counter(Counter::HolderVerification).unwrap_or(0);
    let counter = counter.checked_add(1).ok_or(StatusWord::MEMORY_FAILURE)?;
    store
        .set_counter(Counter::HolderVerification, counter)
        .map_err(|_| StatusWord::MEMORY_FAILURE)?;
    let password = match context.session.map(|shown| shown.password) {
        None => Password::None,
        Some(PasswordKind::Mrz) => Password::Mrz,
        Some(PasswordKind::Can) => Password::Can,
        Some(PasswordKind::Pin) => Password::Pin,
        Some(PasswordKind::Puk) => Password::Puk,
    };
    let pin_tries_left = context.passwords.pin_tries_left(store);
    Ok(HolderVerification { password, pin_tries_left, counter }.encode())
}
