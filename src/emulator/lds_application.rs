//! The LDS1 application of the open resident-card profile (docs/applet.md): the data groups,
//! Chip Authentication, Active Authentication, and EF.HolderVerification.

use super::{
    active_auth::internal_authenticate,
    applet::{Applet, Context, Reply},
    chip_auth::ChipAuthentication,
    env::Counter,
    fs::{Directory, ReadBinary, Select, Target},
    mse::SET_AT_CHIP_AUTHENTICATION,
};
use crate::{
    apdu::{CommandView, StatusWord, ins},
    lds::{HolderVerification, LDS_AID, Password},
    protocol::{active_auth, pace::PasswordKind},
};

/// The application's state.
#[derive(Debug)]
pub(super) struct LdsApplication {
    directory: Directory,
    chip_auth: Option<ChipAuthentication>,
    active_auth: Option<active_auth::Chip>,
}

impl LdsApplication {
    /// With these files and, where the chip has them, keys.
    pub(super) const fn new(
        directory: Directory,
        chip_auth: Option<ChipAuthentication>,
        active_auth: Option<active_auth::Chip>,
    ) -> Self {
        Self { directory, chip_auth, active_auth }
    }
}

impl Applet for LdsApplication {
    fn aid(&self) -> &[u8] {
        &LDS_AID
    }

    fn handle(
        &mut self,
        command: &CommandView<'_>,
        context: &mut Context<'_>,
    ) -> Result<Reply, StatusWord> {
        let no_such = StatusWord::INS_UNSUPPORTED;
        let header = command.header;
        match header.ins {
            ins::SELECT => select_ef(&mut self.directory, command, context),
            ins::READ_BINARY | ins::READ_BINARY_ODD => {
                let read = ReadBinary::parse(command)?;
                let (room, session) = (context.room, context.session);
                self.directory.read(read, room, session, &mut |_| holder_verification(context))
            }
            ins::MANAGE_SECURITY_ENVIRONMENT => {
                if (header.p1, header.p2) != SET_AT_CHIP_AUTHENTICATION {
                    return Err(StatusWord::FUNCTION_UNSUPPORTED);
                }
                self.chip_auth.as_mut().ok_or(no_such)?.set_at(command, context)
            }
            ins::GENERAL_AUTHENTICATE => match &mut self.chip_auth {
                Some(chip_auth) => chip_auth.general_authenticate(command, context),
                None => Err(StatusWord::CONDITIONS),
            },
            ins::INTERNAL_AUTHENTICATE => {
                let chip = self.active_auth.as_ref().ok_or(no_such)?;
                internal_authenticate(chip, command, context)
            }
            _ => Err(no_such),
        }
    }

    fn deselect(&mut self) {
        self.directory.deselect();
        self.session_changed();
    }

    fn session_changed(&mut self) {
        self.directory.forget_made();
        if let Some(chip_auth) = &mut self.chip_auth {
            chip_auth.forget();
        }
    }
}

/// Answers a SELECT of an EF in this directory.
///
/// # Errors
/// Those of [`Select::parse`] and [`Directory::select`].
pub(super) fn select_ef(
    directory: &mut Directory,
    command: &CommandView<'_>,
    context: &Context<'_>,
) -> Result<Reply, StatusWord> {
    let select = Select::parse(command)?;
    let (Target::Ef(fid) | Target::MfEf(fid)) = select.target else {
        return Err(StatusWord::NOT_FOUND);
    };
    let ef = directory.select(fid, context.session)?;
    Ok(Reply::data(select.information.about_ef(ef)))
}

// Each making counts, so that two answers of one chip are never alike and their order is known.
fn holder_verification(context: &mut Context<'_>) -> Result<Vec<u8>, StatusWord> {
    let store = context.env.store();
    let counter = store.counter(Counter::HolderVerification).unwrap_or(0);
    let counter = counter.checked_add(1).ok_or(StatusWord::MEMORY_FAILURE)?;
    store
        .set_counter(Counter::HolderVerification, counter)
        .map_err(|_| StatusWord::MEMORY_FAILURE)?;
    let password = match context.session {
        None => Password::None,
        Some(PasswordKind::Mrz) => Password::Mrz,
        Some(PasswordKind::Can) => Password::Can,
        Some(PasswordKind::Pin) => Password::Pin,
        Some(PasswordKind::Puk) => Password::Puk,
    };
    let pin_tries_left = context.passwords.pin_tries_left(store);
    Ok(HolderVerification { password, pin_tries_left, counter }.encode())
}
