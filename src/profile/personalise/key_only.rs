//! The files of a key-only card (docs/applet.md), and the certificates behind them.

use super::{super::ProfileError, Keys, Profile};
use crate::{
    lds::{CardLabel, File},
    pki::{Certificate, SigningKey, oid},
};

/// EF.CardLabel and EF.CardCertificate.
type Files = [(File, Vec<u8>); 2];

impl Profile {
    /// The card CA's certificate and the application's files; `None` where there is no such
    /// application.
    pub(super) fn key_only_files(
        &self,
        keys: &Keys,
    ) -> Result<Option<(Certificate, Files)>, ProfileError> {
        let (Some(spec), Some(keys)) = (&self.key_only, &keys.key_only) else { return Ok(None) };
        let signing = SigningKey::Ec { key: &keys.ca, hash: spec.hash };
        let certificate =
            |name: &str, days| self.certificate(&spec.country, &spec.organization, name, days);
        let ca = certificate(&spec.ca, spec.ca_validity)
            .card_ca(signing)
            .map_err(|e| ProfileError::personalise("card CA's certificate", e))?;
        let card = certificate(&format!("TEST Card {}", spec.serial), spec.validity)
            .signer_for(oid::KEY_ONLY_CARD, &keys.card.public(), &ca, signing)
            .map_err(|e| ProfileError::personalise("card's certificate", e))?;
        let label = CardLabel { label: self.name.clone() };
        let files =
            [(File::CardLabel, label.encode()), (File::CardCertificate, card.der().to_vec())];
        Ok(Some((ca, files)))
    }
}
