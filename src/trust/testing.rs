//! A synthetic card's evidence for tests, every part of it replaceable.

use std::collections::BTreeMap;

use time::UtcDateTime;
use time::macros::utc_datetime;

use super::{
    Access, ActiveAuthentication, Anchors, Card, ChipAuthentication, ChipRun, Evidence, Judging,
    KeyFile, Verdict, judge,
};
use crate::crypto::{Curve, Hash, SecretKey, SeededRng};
use crate::lds::sod::{self, DataGroupHash, LdsSecurityObject};
use crate::lds::{
    ActiveAuthenticationInfo, ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, Dg14, Dg15,
    File, HolderVerification, PaceInfo, Password, SecurityInfo, SecurityInfos, oids,
};
use crate::pki::{Certificate, DistinguishedName, Profile, SignedData, Signer, oid, spki};
use crate::tlv::{Tag, Writer};

/// When the card was tapped.
pub(crate) const TAPPED: UtcDateTime = utc_datetime!(2025-03-28 09:00);

/// A card with everything: a chain, data groups, two chip keys.
pub(crate) struct Fixture {
    pub(crate) csca: Certificate,
    pub(crate) csca_key: SecretKey,
    pub(crate) signer: Certificate,
    pub(crate) signer_key: SecretKey,
    /// What stands in EF.SOD beside the signer's certificate.
    pub(crate) embedded: Vec<Certificate>,
    /// When EF.SOD says that it was signed.
    pub(crate) signed_at: Option<UtcDateTime>,
    pub(crate) active_key: SecretKey,
    /// The data groups as personalised.
    pub(crate) groups: BTreeMap<File, Vec<u8>>,
    pub(crate) card_access: Vec<u8>,
}

pub(crate) fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"fixture", label))
}

pub(crate) fn profile(cn: &str, serial: u8) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2035-01-01 0:00),
    }
}

fn data_group(file: File, content: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.primitive(file.tag().unwrap_or(Tag::new(0x61)), content);
    w.finish()
}

pub(crate) fn pace_info(parameter_id: u32) -> SecurityInfo {
    SecurityInfo::Pace(PaceInfo {
        protocol: oids::PACE_ECDH_GM_AES_CBC_CMAC_128,
        version: 2,
        parameter_id: Some(parameter_id),
    })
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::of("card")
    }

    /// The card of another issuer or of another holder: every key differs, the names do not.
    pub(crate) fn of(label: &str) -> Self {
        let key = |name: &str| key(&format!("{label} {name}"));
        let (csca_key, signer_key) = (key("csca"), key("signer"));
        let csca = profile("TEST CSCA KR", 1).csca(&csca_key).unwrap();
        let signer = profile("TEST Document Signer 1", 2);
        let signer = signer.document_signer(&signer_key.public(), &csca, &csca_key).unwrap();
        let active_key = key("active");
        let infos = SecurityInfos::new([
            pace_info(12),
            SecurityInfo::ChipAuthentication(ChipAuthenticationInfo {
                protocol: oids::CA_ECDH_AES_CBC_CMAC_128,
                version: 1,
                key_id: None,
            }),
            SecurityInfo::ChipAuthenticationPublicKey(ChipAuthenticationPublicKeyInfo {
                protocol: oids::PK_ECDH,
                spki: spki::encode(&key("chip").public()),
                key_id: None,
            }),
            SecurityInfo::ActiveAuthentication(ActiveAuthenticationInfo {
                version: 1,
                signature_algorithm: oids::ECDSA_PLAIN_SHA256,
            }),
        ]);
        let groups = BTreeMap::from([
            (File::Dg1, data_group(File::Dg1, b"machine readable zone")),
            (File::Dg2, data_group(File::Dg2, b"face")),
            (File::Dg14, Dg14 { infos }.encode()),
            (File::Dg15, Dg15 { spki: spki::encode(&active_key.public()) }.encode()),
        ]);
        let card_access = SecurityInfos::new([pace_info(12)]).encode();
        Self {
            csca,
            csca_key,
            signer,
            signer_key,
            embedded: Vec::new(),
            signed_at: None,
            active_key,
            groups,
            card_access,
        }
    }

    pub(crate) fn anchors(&self) -> Anchors {
        let mut anchors = Anchors::new("test");
        anchors.add("csca", self.csca.der()).unwrap();
        anchors
    }

    /// The signed object for the groups as they are.
    pub(crate) fn object(&self) -> LdsSecurityObject {
        let hashes = self.groups.iter().map(|(file, bytes)| DataGroupHash {
            number: file.data_group().unwrap(),
            hash: Hash::Sha256.digest(&[bytes]),
        });
        LdsSecurityObject {
            hash_algorithm: oids::SHA256,
            null_parameters: false,
            hashes: hashes.collect(),
            versions: None,
        }
    }

    pub(crate) fn sign(&self, content: &[u8]) -> Vec<u8> {
        let by = Signer { certificate: &self.signer, key: &self.signer_key };
        let embedded: Vec<_> = self.embedded.iter().collect();
        let kind = oid::LDS_SECURITY_OBJECT;
        sod::wrap(&SignedData::sign_with(kind, content, &by, &embedded, self.signed_at).unwrap())
    }

    /// Gives the signer another certificate with these dates.
    pub(crate) fn signer_valid(mut self, from: UtcDateTime, to: UtcDateTime) -> Self {
        let mut profile = profile("TEST Document Signer 1", 3);
        (profile.not_before, profile.not_after) = (from, to);
        let key = self.signer_key.public();
        self.signer = profile.document_signer(&key, &self.csca, &self.csca_key).unwrap();
        self
    }

    /// A signer's certificate made by the CA itself: one key that signs both.
    pub(crate) fn signed_by_ca(mut self) -> Self {
        (self.signer, self.signer_key) = (self.csca.clone(), self.csca_key.clone());
        self
    }

    /// Has the signer's certificate issued by that CA, under its name.
    pub(crate) fn issued_by(mut self, ca: &Certificate, ca_key: &SecretKey) -> Self {
        let profile = profile("TEST Document Signer 1", 4);
        self.signer = profile.document_signer(&self.signer_key.public(), ca, ca_key).unwrap();
        self
    }

    /// The card's answer to that challenge.
    pub(crate) fn active(&self, challenge: [u8; 8]) -> ActiveAuthentication {
        let digest = Hash::Sha256.digest(&[&challenge]);
        let signature = self.active_key.sign_prehash(&digest).to_plain().to_vec();
        ActiveAuthentication { challenge, signature }
    }

    /// A whole tap with CAN, Chip Authentication and Active Authentication over that challenge.
    pub(crate) fn evidence(&self, challenge: [u8; 8]) -> Evidence {
        let card = Card { source: "test".into(), atr: vec![0x3B, 0x80, 0x80, 0x01] };
        let mut evidence = Evidence::new(card, TAPPED, Access::PaceCan);
        evidence.files.clone_from(&self.groups);
        let sod = self.sign(&self.object().encode());
        let holder =
            HolderVerification { password: Password::Can, pin_tries_left: 3, counter: 1 }.encode();
        evidence.files.extend([
            (File::Sod, sod),
            (File::CardAccess, self.card_access.clone()),
            (File::HolderVerification, holder),
        ]);
        evidence.chip_authentication = Some(ChipAuthentication {
            protocol: oids::CA_ECDH_AES_CBC_CMAC_128.to_string(),
            key_file: KeyFile::Dg14,
            key_id: None,
            terminal_public_key: key("ephemeral").public().sec1().to_vec(),
            protected_reply: true,
        });
        evidence.active_authentication = Some(self.active(challenge));
        evidence
    }
}

/// Judges as the tap itself, whose Chip Authentication passed.
pub(crate) fn judge_live(evidence: &Evidence, anchors: &Anchors) -> Verdict {
    judge(evidence, anchors, &Judging::live(ChipRun::Proven, None))
}

/// Judges as somebody who demanded that binding.
pub(crate) fn judge_bound(evidence: &Evidence, anchors: &Anchors, bind: [u8; 32]) -> Verdict {
    judge(evidence, anchors, &Judging::offline(Some(bind)))
}
