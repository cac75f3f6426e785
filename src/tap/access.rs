//! Getting access: which PACE, which password, and a PIN that has to be resumed first.

use super::{TapError, run::Tap};
use crate::{
    lds::SecurityInfos,
    protocol::pace::{Established, PaceError, Parameters, Password, Terminal, TerminalOptions},
    session::SessionError,
    sm::SecureChannel,
    trust::Access,
};

/// The passwords at hand. A PIN is used where there is one; with a CAN beside it a suspended PIN
/// is resumed.
#[derive(Clone, Debug, Default)]
pub struct Passwords {
    /// Card access number.
    pub can: Option<Password>,
    /// PIN.
    pub pin: Option<Password>,
    /// Machine-readable zone.
    pub mrz: Option<Password>,
}

impl Tap<'_> {
    /// Opens the secure channel.
    pub(super) fn access(&mut self) -> Result<(), TapError> {
        let params = choose(&self.infos)?;
        let passwords = self.options.passwords.clone();
        let access = match passwords {
            Passwords { pin: Some(pin), can, .. } => {
                self.access_with_pin(&params, &pin, can.as_ref())?;
                Access::PacePin
            }
            Passwords { can: Some(can), .. } => {
                self.pace(&params, &can, false)?;
                Access::PaceCan
            }
            Passwords { mrz: Some(mrz), .. } => {
                self.pace(&params, &mrz, false)?;
                Access::PaceMrz
            }
            Passwords { .. } => return Err(TapError::NoPassword),
        };
        self.pace = Some((params, access));
        Ok(())
    }

    // BSI TR-03110-2 clause 2.4.1: a PIN with one try left is suspended until PACE with the CAN has
    // run, and PACE with the PIN follows inside that channel.
    fn access_with_pin(
        &mut self,
        params: &Parameters,
        pin: &Password,
        can: Option<&Password>,
    ) -> Result<(), TapError> {
        // With the CAN at hand the last try waits until the PIN is resumed.
        let last_try = self.options.last_try && can.is_none();
        match (self.pace(params, pin, last_try), can) {
            (Err(TapError::Pace(error @ PaceError::LastTry { .. })), Some(can)) => {
                if !self.options.last_try {
                    return Err(error.into());
                }
                self.pace(params, can, false)?;
                self.pace(params, pin, true)
            }
            (Err(TapError::Pace(PaceError::Suspended { .. })), Some(can))
                if self.options.last_try =>
            {
                self.pace(params, can, false)?;
                self.pace(params, pin, true)
            }
            (done, _) => done,
        }
    }

    fn pace(
        &mut self,
        params: &Parameters,
        password: &Password,
        last_try: bool,
    ) -> Result<(), TapError> {
        let parameter_reference = self.options.parameter_reference;
        let options = TerminalOptions { parameter_reference, last_try };
        let mut terminal = Terminal::new(params.clone(), password.clone(), options);
        let Established { keys, .. } = self.session.drive(&mut terminal, self.rng)??;
        let channel = SecureChannel::new(&keys)
            .map_err(|source| SessionError::SecureMessaging { step: "PACE", source })?;
        self.session.set_channel(Some(channel));
        Ok(())
    }
}

// The first that this library speaks, in the card's own order.
fn choose(infos: &SecurityInfos) -> Result<Parameters, TapError> {
    let mut first = None;
    let mut offered = 0;
    for info in infos.pace() {
        offered += 1;
        match Parameters::new(info.protocol, info.parameter_id) {
            Ok(params) => return Ok(params),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(match first {
        Some(first) => TapError::NoCommonPace { offered, first },
        None => TapError::NoPace { got: "it lists no PACEInfo".into() },
    })
}
