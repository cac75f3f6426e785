//! Issuing certificates.

use rand_core::CryptoRng;

use super::certificate::{Body, signed};
use super::{Chat, CvCertificate, CvcDate, CvcError, CvcPublicKey, CvcSigner, Extension};
use super::{Reference, Role};

/// What a new certificate says. ECDSA and RSASSA-PKCS1-v1_5 give the same bytes each time;
/// RSASSA-PSS draws its salt from the randomness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CvcProfile {
    /// The name of the key.
    pub holder: Reference,
    /// What the holder is and may do.
    pub chat: Chat,
    /// The first day.
    pub effective: CvcDate,
    /// The last day.
    pub expires: CvcDate,
    /// Extensions.
    pub extensions: Vec<Extension>,
}

impl CvcProfile {
    /// A CVCA that signs itself: a trust point.
    ///
    /// # Errors
    /// [`CvcError::CannotIssue`] for another role or for dates that end before they begin,
    /// [`CvcError::Rsa`] for a key too short for its algorithm.
    pub fn self_signed(
        &self,
        key: &CvcSigner,
        rng: &mut dyn CryptoRng,
    ) -> Result<CvCertificate, CvcError> {
        if self.chat.role() != Role::Cvca {
            return Err(self.cannot("only a CVCA signs itself"));
        }
        self.sign(self.holder, &key.public(), key, rng)
    }

    /// The certificate of that key under an issuer's: a link certificate of a CVCA's next key, a
    /// document verifier's under a CVCA, a terminal's under a document verifier.
    ///
    /// # Errors
    /// [`CvcError::CannotIssue`], [`CvcError::MustNotIssue`], [`CvcError::OtherTerminal`],
    /// [`CvcError::Rsa`] for a key too short for its algorithm.
    pub fn issue(
        &self,
        key: &CvcPublicKey,
        issuer: &CvCertificate,
        issuer_key: &CvcSigner,
        rng: &mut dyn CryptoRng,
    ) -> Result<CvCertificate, CvcError> {
        let signer = issuer_key.public();
        if !issuer.public_key().is_same(&signer) {
            return Err(self.cannot("the key is not that of the issuer's certificate"));
        }
        if issuer.holder() == self.holder {
            return Err(self.cannot("its issuer has the same name"));
        }
        let (role, issuer_role) = (self.chat.role(), issuer.chat().role());
        if !issuer_role.may_issue(role) {
            let (by, holder) = (issuer.holder(), self.holder);
            return Err(CvcError::MustNotIssue { by, issuer: issuer_role, holder, role });
        }
        let (expected, got) = (issuer.chat().terminal(), self.chat.terminal());
        if expected != got {
            return Err(CvcError::OtherTerminal { holder: self.holder, expected, got });
        }
        // Only a CVCA's certificate has domain parameters, so those below are on its curve.
        if role != Role::Cvca && key.curve().is_some_and(|curve| signer.curve() != Some(curve)) {
            return Err(self.cannot("its key is not on the curve of its issuer"));
        }
        self.sign(issuer.holder(), key, issuer_key, rng)
    }

    fn sign(
        &self,
        authority: Reference,
        key: &CvcPublicKey,
        signer: &CvcSigner,
        rng: &mut dyn CryptoRng,
    ) -> Result<CvCertificate, CvcError> {
        if self.expires < self.effective {
            return Err(self.cannot("it ends before it begins"));
        }
        let body = Body {
            authority,
            holder: self.holder,
            public_key: key,
            domain_parameters: self.chat.role() == Role::Cvca,
            chat: self.chat,
            effective: self.effective,
            expires: self.expires,
            extensions: &self.extensions,
        };
        let body = body.encode();
        let signature = signer.sign(&body, rng)?;
        CvCertificate::parse_content(&signed(&body, &signature))
    }

    const fn cannot(&self, why: &'static str) -> CvcError {
        CvcError::CannotIssue { holder: self.holder, why }
    }
}
