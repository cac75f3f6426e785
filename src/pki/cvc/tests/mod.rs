//! A small CV PKI, and what is tried on it.

mod chain;
mod content;

use super::*;
use crate::crypto::{Curve, Hash, RsaPrivateKey, SecretKey, SeededRng};

fn rng() -> SeededRng {
    SeededRng::new(b"cvc", "signatures")
}

fn ec(curve: Curve, hash: Hash, label: &str) -> CvcSigner {
    let key = SecretKey::generate(curve, &mut SeededRng::new(b"cvc", label));
    CvcSigner::new(TaAlgorithm::Ecdsa(hash), PrivateKey::Ec(key)).unwrap()
}

fn rsa(algorithm: TaAlgorithm, label: &str) -> CvcSigner {
    let key = RsaPrivateKey::generate(1280, &mut SeededRng::new(b"cvc", label)).unwrap();
    CvcSigner::new(algorithm, PrivateKey::Rsa(Box::new(key))).unwrap()
}

fn p256(label: &str) -> CvcSigner {
    ec(Curve::P256, Hash::Sha256, label)
}

fn date(text: &str) -> CvcDate {
    text.parse().unwrap()
}

fn name(text: &str) -> Reference {
    text.parse().unwrap()
}

fn profile(holder: &str, role: Role, rights: u64) -> CvcProfile {
    CvcProfile {
        holder: name(holder),
        chat: Chat::new(TerminalType::InspectionSystem, role).with_rights(rights),
        effective: date("2025-01-01"),
        expires: date("2025-12-31"),
        extensions: Vec::new(),
    }
}

struct Pki {
    cvca: CvCertificate,
    link: CvCertificate,
    dv: CvCertificate,
    terminal: CvCertificate,
}

impl Pki {
    fn new(key: impl Fn(&str) -> CvcSigner) -> Self {
        let rng = &mut rng();
        let old = profile("KRCVCA00001", Role::Cvca, 3).self_signed(&key("old"), rng).unwrap();
        let link = profile("KRCVCA00002", Role::Cvca, 3)
            .issue(&key("new").public(), &old, &key("old"), rng)
            .unwrap();
        let dv = profile("KRDV00001", Role::DvDomestic, 0b10_0011)
            .issue(&key("dv").public(), &link, &key("new"), rng)
            .unwrap();
        let terminal = profile("KRIS00001", Role::Terminal, 0b10_0001)
            .issue(&key("is").public(), &dv, &key("dv"), rng)
            .unwrap();
        Self { cvca: old, link, dv, terminal }
    }

    fn chain(&self) -> Vec<CvCertificate> {
        vec![self.link.clone(), self.dv.clone(), self.terminal.clone()]
    }

    fn trust(&self) -> Vec<Issuer> {
        vec![Issuer::trust_point(&self.cvca).unwrap()]
    }
}

const TODAY: &str = "2025-06-01";
