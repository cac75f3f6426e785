//! A key-only card (docs/applet.md): its label, its certificate, and its signature.

use super::{
    TapError,
    run::{Tap, is_wrong_length},
};
use crate::{
    lds::{CardLabel, File},
    protocol::key_only,
    trust::KeyOnlyAuthentication,
};

impl Tap<'_> {
    pub(super) fn key_only(&mut self) -> Result<(), TapError> {
        let label = self.step("EF.CardLabel", |tap| tap.read(File::CardLabel))?;
        self.step("EF.CardCertificate", |tap| tap.read(File::CardCertificate))?;
        // Another version may sign something else, and its counter would go up for nothing.
        let refused = match label.as_deref().map(CardLabel::parse) {
            Some(Err(error)) => Some(error.to_string()),
            _ => None,
        };
        self.key_only = Some(match refused {
            Some(why) => Err(why),
            None => self.step("INTERNAL AUTHENTICATE", Self::internal_authenticate)?,
        });
        Ok(())
    }

    fn internal_authenticate(&mut self) -> Result<Result<KeyOnlyAuthentication, String>, TapError> {
        let mut challenge = [0; key_only::CHALLENGE_LEN];
        match self.card.options.bind {
            Some(bind) => challenge = bind,
            None => self.card.rng.fill_bytes(&mut challenge),
        }
        let ne = self.card.session.max_response_data().min(256) as u32;
        let mut terminal = key_only::Terminal::new(challenge, ne);
        match self.card.session.drive(&mut terminal, self.card.rng) {
            Ok(Ok(answer)) => Ok(Ok(KeyOnlyAuthentication { challenge, answer })),
            Ok(Err(error)) => Ok(Err(error.to_string())),
            Err(error) if is_wrong_length(&error) => Ok(Err(error.to_string())),
            Err(error) => Err(error.into()),
        }
    }
}
