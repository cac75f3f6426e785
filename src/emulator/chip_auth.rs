//! Chip Authentication's commands on the card: MSE:Set AT and GENERAL AUTHENTICATE
//! (ICAO Doc 9303-11 clause 6.2.4.2).

use super::{
    access::Access,
    applet::{Context, Reply},
    mse::Template,
};
use crate::{
    apdu::{CommandView, StatusWord},
    protocol::chip_auth::{Chip, Suite},
};

/// The static key of the chip and whether the terminal has chosen it.
#[derive(Debug)]
pub(super) struct ChipAuthentication {
    suite: Suite,
    key_id: Option<u32>,
    chip: Chip,
    chosen: bool,
}

impl ChipAuthentication {
    /// With the key whose public half stands in DG14, under the keyId that DG14 gives it.
    pub(super) const fn new(suite: Suite, key_id: Option<u32>, chip: Chip) -> Self {
        Self { suite, key_id, chip, chosen: false }
    }

    /// Forgets that the terminal has chosen the key.
    pub(super) const fn forget(&mut self) {
        self.chosen = false;
    }

    /// Answers MSE:Set AT. One key needs no reference.
    ///
    /// # Errors
    /// `6982` outside a session, `6A80` for another protocol, `6A88` for another key.
    pub(super) fn set_at(
        &mut self,
        command: &CommandView<'_>,
        context: &Context<'_>,
    ) -> Result<Reply, StatusWord> {
        self.chosen = false;
        permitted(context)?;
        let template = Template::parse(command.data)?;
        if template.protocol != Some(self.suite.oid().as_bytes()) {
            return Err(StatusWord::WRONG_DATA);
        }
        if template.reference.is_some() && template.reference != self.key_id {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        self.chosen = true;
        Ok(Reply::data(Vec::new()))
    }

    /// Answers GENERAL AUTHENTICATE. This answer still goes out under the old keys; after a
    /// failure they stay (clause 6.2).
    ///
    /// # Errors
    /// `6982` outside a session, `6985` without MSE:Set AT, `6300` for a key that is none, `6A80`
    /// for data that is not as it must be.
    pub(super) fn general_authenticate(
        &mut self,
        command: &CommandView<'_>,
        context: &mut Context<'_>,
    ) -> Result<Reply, StatusWord> {
        permitted(context)?;
        if !std::mem::take(&mut self.chosen) {
            return Err(StatusWord::CONDITIONS);
        }
        if (command.header.p1, command.header.p2) != (0, 0) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let (data, keys) = self.chip.general_authenticate(command.data).map_err(|e| e.status())?;
        context.new_keys = Some(keys);
        Ok(Reply::data(data))
    }
}

const fn permitted(context: &Context<'_>) -> Result<(), StatusWord> {
    if Access::Holder.permits(context.session) { Ok(()) } else { Err(StatusWord::SECURITY_STATUS) }
}
