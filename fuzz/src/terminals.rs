//! A synthetic country's terminals and their CV certificates. The same in every process.

use std::sync::OnceLock;

use iccard::crypto::{Curve, Hash, SecretKey, SeededRng};
use iccard::pki::cvc::{
    Chat, CvCertificate, CvcDate, CvcProfile, CvcSigner, Issuer, PrivateKey, Role, TaAlgorithm,
    TerminalType,
};
use iccard::protocol::terminal_auth::TrustStore;

/// The certificates, from the trust point to the terminal.
pub struct Terminals {
    /// The trust point.
    pub cvca: CvCertificate,
    /// Its next key.
    pub link: CvCertificate,
    /// A document verifier.
    pub verifier: CvCertificate,
    /// A terminal.
    pub terminal: CvCertificate,
    /// The trust point's private key.
    pub key: PrivateKey,
}

impl Terminals {
    /// The chain under the trust point.
    pub fn chain(&self) -> Vec<CvCertificate> {
        vec![self.link.clone(), self.verifier.clone(), self.terminal.clone()]
    }

    /// The trust point as an issuer.
    ///
    /// # Panics
    /// Never: its certificate is good.
    pub fn issuer(&self) -> Issuer {
        Issuer::trust_point(&self.cvca).expect("a trust point")
    }

    /// What a chip keeps.
    ///
    /// # Panics
    /// Never: its trust point is one.
    pub fn store(&self) -> TrustStore {
        TrustStore::new([self.issuer()], self.cvca.effective()).expect("a store")
    }
}

/// A day on which they are all good.
///
/// # Panics
/// Never.
pub fn today() -> CvcDate {
    CvcDate::new(2025, 6, 1).expect("a day")
}

fn signer(label: &str) -> CvcSigner {
    let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"fuzz cvc", label));
    CvcSigner::new(TaAlgorithm::Ecdsa(Hash::Sha256), PrivateKey::Ec(key)).expect("a signer")
}

fn profile(holder: &str, role: Role) -> CvcProfile {
    CvcProfile {
        holder: holder.parse().expect("a reference"),
        chat: Chat::new(TerminalType::InspectionSystem, role).with_rights(3),
        effective: CvcDate::new(2025, 1, 1).expect("a day"),
        expires: CvcDate::new(2025, 12, 31).expect("a day"),
        extensions: Vec::new(),
    }
}

/// The terminals, made at the first call.
///
/// # Panics
/// Never: their values are good.
pub fn terminals() -> &'static Terminals {
    static TERMINALS: OnceLock<Terminals> = OnceLock::new();
    TERMINALS.get_or_init(|| {
        let rng = &mut SeededRng::new(b"fuzz cvc", "signatures");
        let (old, new, dv) = (signer("old"), signer("new"), signer("dv"));
        let cvca =
            profile("KRCVCA00001", Role::Cvca).self_signed(&old, rng).expect("a trust point");
        let mut issue = |holder, role, key: &CvcSigner, by: &CvCertificate, with| {
            profile(holder, role).issue(&key.public(), by, with, rng).expect("a certificate")
        };
        let link = issue("KRCVCA00002", Role::Cvca, &new, &cvca, &old);
        let verifier = issue("KRDV00001", Role::DvDomestic, &dv, &link, &new);
        let terminal = issue("KRIS00001", Role::Terminal, &signer("is"), &verifier, &dv);
        Terminals { cvca, link, verifier, terminal, key: old.private().clone() }
    })
}
