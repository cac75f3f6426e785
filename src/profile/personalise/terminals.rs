//! The country whose terminals a card believes: its CVCA, a document verifier and one terminal.

use super::super::{Document, KeyKind, Profile, ProfileError, TerminalAuthentication};
use crate::{
    crypto::{Curve, Hash},
    pki::cvc::{
        Chat, CvCertificate, CvcDate, CvcError, CvcProfile, CvcSigner, Reference, Role,
        TaAlgorithm, TerminalType,
    },
    protocol::terminal_auth::Credentials,
};

const STEP: &str = "certificates of terminals";

impl Profile {
    /// The CVCA's certificate, and what the terminal has to show. They are good from the day of
    /// issue of the document to the day of its expiry.
    pub(super) fn terminals(
        &self,
        ta: &TerminalAuthentication,
        document: &Document,
    ) -> Result<(CvCertificate, Credentials), ProfileError> {
        let wrong = |e: CvcError| ProfileError::personalise(STEP, e);
        let day = |d: time::Date| CvcDate::new(d.year(), d.month().into(), d.day()).map_err(wrong);
        let (effective, expires) = (day(document.issued)?, day(document.expires)?);
        let profile = |holder: Reference, role| CvcProfile {
            holder,
            chat: Chat::new(TerminalType::InspectionSystem, role).with_rights(ta.rights),
            effective,
            expires,
            extensions: Vec::new(),
        };
        let (cvca_key, verifier_key, key) = (
            self.terminal_key("cvca", ta.curve)?,
            self.terminal_key("document verifier", ta.curve)?,
            self.terminal_key("terminal", ta.curve)?,
        );
        let rng = &mut self.rng(STEP);
        let cvca = profile(ta.cvca, Role::Cvca).self_signed(&cvca_key, rng).map_err(wrong)?;
        let verifier = profile(ta.verifier, Role::DvDomestic)
            .issue(&verifier_key.public(), &cvca, &cvca_key, rng)
            .map_err(wrong)?;
        let terminal = profile(ta.terminal, Role::Terminal)
            .issue(&key.public(), &verifier, &verifier_key, rng)
            .map_err(wrong)?;
        Ok((cvca, Credentials { chain: vec![verifier, terminal], key }))
    }

    fn terminal_key(&self, label: &str, curve: Curve) -> Result<CvcSigner, ProfileError> {
        // A hash function no longer than the key (BSI TR-03111 clause 4.1.1).
        let hash = match curve.bits() {
            0..384 => Hash::Sha256,
            384 => Hash::Sha384,
            _ => Hash::Sha512,
        };
        let key = self.key(label, KeyKind::Ec(curve))?;
        let signer = CvcSigner::new(TaAlgorithm::Ecdsa(hash), key);
        signer.map_err(|e| ProfileError::personalise(STEP, e))
    }
}
