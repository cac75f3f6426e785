//! LDS_D, EF.SOD, and LDS_K, EF.CardSecurity: signed data, their signer and what they sign.

use super::{case, holds, outer, parsed, with};
use crate::{
    conform::{
        Capability, Case,
        terminal::{Stop, Terminal},
    },
    lds::{File, LdsSecurityObject, SecurityInfos, oids, sod},
    pki::{Certificate, SignedData, agreement, hash_of},
};

/// Where signed data stand, and what they sign.
#[derive(Clone, Copy)]
struct Signed {
    unit: &'static str,
    file: File,
    content: crate::pki::Oid,
    unwrap: fn(&[u8]) -> Result<SignedData, String>,
}

const SOD: Signed = Signed {
    unit: "D",
    file: File::Sod,
    content: oids::LDS_SECURITY_OBJECT,
    unwrap: |bytes| {
        let cms = sod::unwrap(bytes).map_err(|e| e.to_string())?;
        SignedData::parse(cms).map_err(|e| e.to_string())
    },
};

const CARD_SECURITY: Signed = Signed {
    unit: "K",
    file: File::CardSecurity,
    content: oids::SECURITY_OBJECT,
    unwrap: |bytes| SignedData::parse(bytes).map_err(|e| e.to_string()),
};

impl Signed {
    fn parse(self, t: &mut Terminal<'_>, bytes: &[u8]) -> Result<SignedData, Stop> {
        parsed(t, "SignedData", (self.unwrap)(bytes))
    }

    fn signer(self, t: &mut Terminal<'_>, bytes: &[u8]) -> Result<Certificate, Stop> {
        let signed = self.parse(t, bytes)?;
        let signer = signed.verify(self.content).cloned();
        parsed(t, "the signature by a certificate that came with it", signer)
    }

    fn cases(self) -> Vec<Case> {
        let Self { unit, file, content, .. } = self;
        let id = |word: &str| format!("{unit}_{word}");
        vec![
            case(&id("signed_data"), "SignedData and its content type", file, move |t, bytes| {
                let got = self.parse(t, bytes)?.content_type();
                let right = got == content;
                t.check("the content type", content.to_string(), got.to_string(), right)
            }),
            case(&id("signer"), "one SignerInfo, whose signature holds", file, move |t, bytes| {
                let signers = self.parse(t, bytes)?.signers().len();
                t.check("signers", "1", signers.to_string(), signers == 1)?;
                self.signer(t, bytes).map(drop)
            }),
            case(
                &id("certificate"),
                "the certificate: usage and validity",
                file,
                move |t, bytes| {
                    let certificate = self.signer(t, bytes)?;
                    holds(t, "it is that of no CA", !certificate.is_ca())?;
                    let usage = certificate.key_usage();
                    holds(
                        t,
                        "its key is for signatures and for no certificates",
                        usage.is_some_and(|u| u.digital_signature && !u.key_cert_sign),
                    )?;
                    let validity = certificate.validity();
                    holds(t, "it begins before it ends", validity.not_before < validity.not_after)?;
                    holds(t, "it names a country", certificate.country().is_some())
                },
            ),
            with(
                &id("chain"),
                "the certificate is the CSCA's",
                file,
                &[Capability::Csca],
                move |t, bytes| {
                    let certificate = self.signer(t, bytes)?;
                    let Some(csca) = t.card.secrets.csca.clone() else {
                        return t.fail("the CSCA", "a certificate", "none is declared");
                    };
                    parsed(t, "its signature", certificate.verify_signature(&csca))
                },
            ),
        ]
    }
}

pub(super) fn sod() -> Vec<Case> {
    let mut all: Vec<Case> = outer("D", File::Sod).into();
    all.extend(SOD.cases());
    all.push(case("D_security_object", "the LDSSecurityObject", File::Sod, |t, bytes| {
        let object = security_object(t, bytes)?;
        parsed(t, "the hash function", hash_of("LDSSecurityObject", object.hash_algorithm))?;
        let mut numbers: Vec<_> = object.hashes.iter().map(|h| h.number).collect();
        let in_range = numbers.iter().all(|n| (1..=16).contains(n));
        holds(t, "the numbers are those of data groups", in_range)?;
        numbers.sort_unstable();
        numbers.dedup();
        holds(t, "each data group is there once", numbers.len() == object.hashes.len())?;
        holds(t, "there are two data groups at least", numbers.len() >= 2)
    }));
    all.push(case("D_hashes", "the hashes are those of the data groups", File::Sod, |t, bytes| {
        let object = security_object(t, bytes)?;
        let hash = hash_of("LDSSecurityObject", object.hash_algorithm);
        let hash = parsed(t, "the hash function", hash)?;
        let mut wrong = Vec::new();
        for entry in &object.hashes {
            let file = File::from_data_group(entry.number);
            let read = file.and_then(|file| t.files.and_then(|files| files.read.get(&file)));
            if read.is_some_and(|bytes| hash.digest(&[bytes]) != entry.hash) {
                wrong.push(format!("EF.DG{}", entry.number));
            }
        }
        let got = if wrong.is_empty() { "all".into() } else { format!("not {}", wrong.join(", ")) };
        t.check("hashes of the files that were read", "all", got, wrong.is_empty())?;
        let listed: Vec<_> = object.files().collect();
        let unlisted =
            t.card.data_files().find(|f| f.data_group().is_some() && !listed.contains(f));
        let got = unlisted.map_or("all".into(), |file| format!("not {file}"));
        t.check("data groups on the card that are signed", "all", got, unlisted.is_none())
    }));
    all
}

fn security_object(t: &mut Terminal<'_>, bytes: &[u8]) -> Result<LdsSecurityObject, Stop> {
    let signed = SOD.parse(t, bytes)?;
    parsed(t, "LDSSecurityObject", LdsSecurityObject::parse(signed.content()))
}

pub(super) fn card_security() -> Vec<Case> {
    let file = File::CardSecurity;
    let infos = move |t: &mut Terminal<'_>, bytes: &[u8]| {
        let signed = CARD_SECURITY.parse(t, bytes)?;
        parsed(t, "SecurityInfos", SecurityInfos::parse_in(file, signed.content()))
    };
    let mut all = vec![
        case("K_infos", "the SecurityInfos", file, move |t, bytes| infos(t, bytes).map(drop)),
        case("K_public_key", "the keys of Chip Authentication", file, move |t, bytes| {
            let infos = infos(t, bytes)?;
            holds(t, "there is a key", infos.chip_authentication_keys().next().is_some())?;
            for key in infos.chip_authentication_keys() {
                parsed(t, "ChipAuthenticationPublicKeyInfo", agreement::parse(&key.spki))?;
            }
            Ok(())
        }),
        case("K_coherence", "all that EF.CardAccess says", file, move |t, bytes| {
            let infos = infos(t, bytes)?;
            super::security::repeats_card_access(t, &infos)
        }),
        with("K_4", "the key of PACE-CAM", file, &[Capability::PaceCam], move |t, bytes| {
            let infos = infos(t, bytes)?;
            let ids: Vec<_> = t
                .card
                .pace
                .iter()
                .filter(|p| p.suite().mapping == crate::protocol::pace::Mapping::ChipAuthentication)
                .map(|p| p.parameter_id())
                .collect();
            for id in ids {
                let there = infos.mapping_key(id).is_some();
                let what = format!("a key whose keyId is the parameterId {id}, or the only key");
                holds(t, &what, there)?;
            }
            Ok(())
        }),
    ];
    all.extend(CARD_SECURITY.cases());
    all
}
