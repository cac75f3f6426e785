//! Getting access: which PACE, which password, and a PIN that has to be resumed first.

use super::{TapError, run::Tap};
use crate::{
    lds::SecurityInfos,
    protocol::{
        bac::{self, AccessKey},
        pace::{Established, PaceError, Parameters, Password, Terminal, TerminalOptions},
    },
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
    /// Machine-readable zone, for PACE.
    pub mrz: Option<Password>,
    /// The keys of BAC, from the machine-readable zone.
    pub bac: Option<AccessKey>,
}

impl Passwords {
    /// What follows from a machine-readable zone's MRZ_information: for PACE and for BAC.
    pub fn from_mrz(mrz_information: &str) -> Self {
        Self {
            mrz: Some(Password::mrz(mrz_information)),
            bac: Some(AccessKey::mrz(mrz_information)),
            ..Self::default()
        }
    }
}

/// What a card offers before any authentication.
#[derive(Debug)]
pub(super) enum Offer {
    /// EF.CardAccess with at least one PACEInfo.
    Pace(SecurityInfos),
    /// No PACE: what came instead.
    None(String),
}

impl Tap<'_> {
    /// Opens the secure channel and selects the application. PACE comes before the selection, BAC
    /// after it.
    pub(super) fn access(&mut self) -> Result<(), TapError> {
        let access = match (&self.offer, self.options.allow_bac) {
            (Offer::None(got), _) => {
                let got = got.clone();
                self.bac(|| TapError::NoMrz { got })?
            }
            (Offer::Pace(_), true) => self.bac(|| TapError::NoPassword)?,
            (Offer::Pace(infos), false) => {
                let params = choose(infos)?;
                let access = self.pace_with_what_is_there(&params)?;
                self.select_application()?;
                self.pace = Some(params);
                access
            }
        };
        self.access = Some(access);
        Ok(())
    }

    // ICAO Doc 9303-11 clause 4.3. Only where the card offers no PACE, or where it was asked for in
    // so many words.
    fn bac(&mut self, without_mrz: impl FnOnce() -> TapError) -> Result<Access, TapError> {
        let key = self.options.passwords.bac.clone().ok_or_else(without_mrz)?;
        self.select_application()?;
        let established = self.session.drive(&mut bac::Terminal::new(key), self.rng)??;
        let channel = established
            .channel()
            .map_err(|source| SessionError::SecureMessaging { step: "BAC", source })?;
        self.session.set_channel(Some(channel));
        Ok(Access::Bac)
    }

    fn pace_with_what_is_there(&mut self, params: &Parameters) -> Result<Access, TapError> {
        match self.options.passwords.clone() {
            Passwords { pin: Some(pin), can, .. } => {
                self.access_with_pin(params, &pin, can.as_ref())?;
                Ok(Access::PacePin)
            }
            Passwords { can: Some(can), .. } => {
                self.pace(params, &can, false)?;
                Ok(Access::PaceCan)
            }
            Passwords { mrz: Some(mrz), .. } => {
                self.pace(params, &mrz, false)?;
                Ok(Access::PaceMrz)
            }
            Passwords { .. } => Err(TapError::NoPassword),
        }
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
    Err(first.map_or(TapError::NoPassword, |first| TapError::NoCommonPace { offered, first }))
}
