//! A country of terminals, made by either toolchain.

use std::path::PathBuf;

use iccard::{
    crypto::{Curve, SecretKey, SeededRng},
    pki::cvc::{CvCertificate, CvcSigner, Issuer, PrivateKey},
    protocol::terminal_auth::{Credentials, TrustStore},
};
use tempfile::TempDir;

use crate::interop_cvc::{Days, done, iccard};

/// A country's terminals: a CVCA, a document verifier and a terminal.
pub struct Country {
    pub dir: TempDir,
    /// From the CVCA to the terminal, and the terminal's key.
    pub files: [&'static str; 4],
}

impl Country {
    /// Made by `iccard cvc create`.
    pub fn ours(kind: &str, algorithm: &str, terminal: &str) -> Self {
        Self::made("KR", kind, algorithm, terminal)
    }

    pub fn other() -> Self {
        Self::made("XX", "brainpoolP256r1", "ECDSA-SHA-256", "at")
    }

    fn made(name: &str, kind: &str, algorithm: &str, terminal: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let create = format!("cvc create {} --algorithm {algorithm}", Days::new().ours());
        for arguments in [
            format!(
                "--role cvca --holder {name}CVCA00001 --type {terminal} --rights all --new {kind} \
                 --out-key cvca.pem --out cvca.cvcert"
            ),
            format!(
                "--role dv-domestic --holder {name}DV00001 --rights all --issuer cvca.cvcert \
                 --issuer-key cvca.pem --out-key dv.pem --out dv.cvcert"
            ),
            format!(
                "--role terminal --holder {name}TERM00001 --rights all --issuer dv.cvcert \
                 --issuer-key dv.pem --out-key terminal.pem --out terminal.cvcert"
            ),
        ] {
            iccard(dir.path(), &format!("{create} {arguments}"));
        }
        Self { dir, files: ["cvca.cvcert", "dv.cvcert", "terminal.cvcert", "terminal.pem"] }
    }

    /// Made by libeac's `cvc-create`, but for the CVCA's key, which it cannot make.
    pub fn theirs() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let days = Days::new();
        let key = SecretKey::generate(
            Curve::BrainpoolP256r1,
            &mut SeededRng::new(b"libeac", "their CVCA"),
        );
        let der = PrivateKey::Ec(key).to_pkcs8_der();
        std::fs::write(dir.path().join("cvca.der"), &*der).unwrap();
        for arguments in [
            "--role cvca --type at --chr DECVCA00001 --sign-with cvca.der --key cvca.der \
             --verify-age --out-cert cvca.cvcert",
            "--role dv_domestic --chr DEDV00001 --sign-with cvca.der --sign-as cvca.cvcert \
             --verify-age --out-cert dv.cvcert --out-key dv.der",
            "--role terminal --chr DETERM00001 --sign-with dv.der --sign-as dv.cvcert \
             --verify-age --out-cert terminal.cvcert --out-key terminal.der",
        ] {
            let create = format!("{} --scheme ECDSA_SHA_256 {arguments}", days.theirs());
            done(dir.path(), "cvc-create", &create);
        }
        Self { dir, files: ["cvca.cvcert", "dv.cvcert", "terminal.cvcert", "terminal.der"] }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn certificate(&self, at: usize) -> CvCertificate {
        let bytes = std::fs::read(self.path(self.files[at])).unwrap();
        CvCertificate::parse(&bytes).unwrap()
    }

    /// What a chip of this country trusts.
    pub fn trust(&self) -> TrustStore {
        let cvca = self.certificate(0);
        TrustStore::new([Issuer::trust_point(&cvca).unwrap()], cvca.effective()).unwrap()
    }

    pub fn credentials(&self) -> Credentials {
        let own = self.certificate(2);
        let key = PrivateKey::from_bytes(&std::fs::read(self.path(self.files[3])).unwrap());
        let key = CvcSigner::new(own.public_key().algorithm, key.unwrap()).unwrap();
        Credentials { chain: vec![self.certificate(1), own], key }
    }
}
