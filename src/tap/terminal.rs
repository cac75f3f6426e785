//! Terminal Authentication: what this terminal can show, and to whom.

use crate::{
    crypto::{AgreementSecretKey, Domain},
    lds::{ChipAuthenticationInfo, SecurityInfo, SecurityInfos},
    pki::{
        agreement,
        cvc::{Chat, CvCertificate, CvcError, CvcSigner, PrivateKey, Reference, Role, find_chain},
    },
    protocol::terminal_auth::Credentials,
};

/// Card verifiable certificates in any order, of any issuers, and the private key of one of them,
/// which is the terminal's.
#[derive(Clone, Debug)]
pub struct TerminalCertificates {
    certificates: Vec<CvCertificate>,
    holder: Reference,
    chat: Chat,
    key: CvcSigner,
}

impl TerminalCertificates {
    /// With the certificate of a terminal that this key belongs to.
    ///
    /// # Errors
    /// [`CvcError::NoTerminal`] where the key belongs to none of them.
    pub fn new(certificates: Vec<CvCertificate>, key: &PrivateKey) -> Result<Self, CvcError> {
        let own = certificates.iter().rev().find_map(|certificate| {
            let public = certificate.public_key();
            let signer = CvcSigner::new(public.algorithm, key.clone()).ok()?;
            let is_own =
                certificate.chat().role() == Role::Terminal && signer.public().is_same(public);
            is_own.then(|| (certificate.holder(), certificate.chat(), signer))
        });
        let (holder, chat, key) = own.ok_or(CvcError::NoTerminal)?;
        Ok(Self { certificates, holder, chat, key })
    }

    /// The rights that the terminal's own certificate has.
    pub const fn chat(&self) -> Chat {
        self.chat
    }

    /// The chain from one of these trust points, and the key.
    ///
    /// # Errors
    /// Those of [`find_chain`].
    pub fn credentials(&self, trust: &[Reference]) -> Result<Credentials, CvcError> {
        let chain = find_chain(trust, &self.certificates, Some(self.holder))?;
        Ok(Credentials { chain, key: self.key.clone() })
    }
}

/// Version 2, as EF.CardAccess offers it: the Chip Authentication that follows, and its domain.
pub(super) struct Version2 {
    pub(super) info: ChipAuthenticationInfo,
    pub(super) domain: Domain,
}

/// `None` where the card does not offer it.
pub(super) fn version_2(infos: &SecurityInfos) -> Option<Version2> {
    let offered = infos.iter().any(
        |info| matches!(info, SecurityInfo::TerminalAuthentication(info) if info.version == 2),
    );
    infos.chip_authentication().filter(|info| offered && info.version == 2).find_map(|info| {
        let domain = infos.iter().find_map(|other| match other {
            SecurityInfo::ChipAuthenticationDomainParameter(domain)
                if domain.key_id == info.key_id =>
            {
                agreement::domain(&domain.domain_parameter).ok()
            }
            _ => None,
        })?;
        Some(Version2 { info: *info, domain })
    })
}

/// Whether EF.DG14 offers version 1.
pub(super) fn offers_version_1(infos: &SecurityInfos) -> bool {
    infos
        .iter()
        .any(|info| matches!(info, SecurityInfo::TerminalAuthentication(info) if info.version == 1))
}

/// The certification authorities that a card named; what is no reference names nobody.
pub(super) fn references(named: &[Vec<u8>]) -> Vec<Reference> {
    named.iter().filter_map(|bytes| Reference::from_bytes(bytes).ok()).collect()
}

/// What Terminal and Chip Authentication of version 2 share.
pub(super) struct Announced {
    pub(super) key: AgreementSecretKey,
    pub(super) chat: Chat,
}
