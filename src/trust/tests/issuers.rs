//! Issuers as old certificates name them: by key, by number, or by nothing but a name.

use super::super::testing::{Fixture, judge_live, key, profile};
use super::super::*;
use super::{CHALLENGE, text};
use crate::crypto::{Hash, SecretKey};
use crate::lds::{Dg1, File, Mrz};
use crate::pki::Certificate;
use crate::tlv::{Reader, Tag, Tlv, Writer};

const SEQUENCE: Tag = Tag::new(0x30);
const OCTET_STRING: Tag = Tag::new(0x04);
const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);
const VERSION: Tag = Tag::new(0xA0);
const EXTENSIONS: Tag = Tag::new(0xA3);

const AUTHORITY_KEY_IDENTIFIER: &str = "551d23";

fn children(tlv: &Tlv<'_>) -> Vec<(Tag, Vec<u8>)> {
    tlv.children().unwrap().map(Result::unwrap).map(|t| (t.tag, t.raw.to_vec())).collect()
}

fn read(bytes: &[u8]) -> Tlv<'_> {
    Reader::new(bytes).next().unwrap().unwrap()
}

fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.primitive(OBJECT_IDENTIFIER, &hex::decode(id).unwrap());
        if critical {
            w.primitive(Tag::new(1), &[0xFF]);
        }
        w.primitive(OCTET_STRING, value);
    });
    w.finish()
}

// The certificate with its extensions changed, signed again. Without any it is of version 1.
fn reissued(
    certificate: &Certificate,
    by: &SecretKey,
    edit: impl FnOnce(&mut Vec<Vec<u8>>),
) -> Certificate {
    let parts = children(&read(certificate.der()));
    let mut edit = Some(edit);
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        let mut version = Vec::new();
        let mut fields = Writer::new();
        for (tag, raw) in children(&read(&parts[0].1)) {
            match tag {
                VERSION => version = raw,
                EXTENSIONS => {
                    let list = read(&raw).need(SEQUENCE).unwrap();
                    let mut all = children(&list).into_iter().map(|(_, raw)| raw).collect();
                    edit.take().unwrap()(&mut all);
                    if all.is_empty() {
                        version.clear();
                        continue;
                    }
                    fields.constructed(EXTENSIONS, |w| {
                        w.primitive(SEQUENCE, &all.concat());
                    });
                }
                _ => {
                    fields.raw(&raw);
                }
            }
        }
        w.raw(&version).raw(&fields.finish());
    });
    let tbs = w.finish();
    let signature = by.sign_prehash(&Hash::Sha256.digest(&[&tbs])).to_der();
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.raw(&tbs).raw(&parts[1].1);
        w.primitive(Tag::new(3), &[&[0], &signature[..]].concat());
    });
    Certificate::from_der(&w.finish()).unwrap()
}

fn without(id: &str) -> impl Fn(&mut Vec<Vec<u8>>) {
    let id = hex::decode(id).unwrap();
    move |all| all.retain(|raw| read(raw).need(OBJECT_IDENTIFIER).unwrap().value != id)
}

fn anchors(all: &[&Certificate]) -> Anchors {
    let mut anchors = Anchors::new("test");
    for certificate in all {
        anchors.add("test", certificate.der()).unwrap();
    }
    anchors
}

// authorityKeyIdentifier by issuer and serial number (RFC 5280 clause 4.2.1.1).
fn by_number(issuer: &Certificate, serial: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.constructed(Tag::new(0xA1), |w| {
            w.primitive(Tag::new(0xA4), issuer.issuer_name().der());
        });
        w.primitive(Tag::new(0x82), serial);
    });
    w.finish()
}

#[test]
fn of_namesakes_the_one_whose_key_signed_is_the_issuer() {
    let (good, stranger) = (Fixture::new(), Fixture::of("stranger"));
    assert!(good.csca.subject_name().same(stranger.csca.subject_name()));
    let keyed = |id: &[u8]| [&[0x30, 2 + id.len() as u8, 0x80, id.len() as u8], id].concat();
    let strangers_key = stranger.csca.subject_key_id().unwrap();
    for authority in [
        None,
        Some(by_number(&good.csca, good.csca.serial())),
        Some(by_number(&good.csca, &[&[0], good.csca.serial()].concat())),
        // Wrong ones: of nobody, and of somebody else.
        Some(by_number(&good.csca, &[0x77])),
        Some(keyed(&[1, 2, 3])),
        Some(keyed(strangers_key)),
        Some(vec![0xFF, 0xFF]),
    ] {
        let case = format!("{authority:02X?}");
        let mut card = Fixture::new();
        card.signer = reissued(&card.signer, &card.csca_key, |all| {
            without(AUTHORITY_KEY_IDENTIFIER)(all);
            all.extend(authority.map(|value| extension(AUTHORITY_KEY_IDENTIFIER, false, &value)));
        });
        let evidence = card.evidence(CHALLENGE);
        for set in [[&stranger.csca, &good.csca], [&good.csca, &stranger.csca]] {
            let verdict = judge_live(&evidence, &anchors(&set));
            assert!(verdict.verified && verdict.weak.is_empty(), "{case}: {verdict:#?}");
            let anchor = verdict.passive.anchor.unwrap();
            assert_eq!(anchor.sha256, hex::encode(good.csca.fingerprint()));
        }
        let verdict = judge_live(&evidence, &anchors(&[&stranger.csca]));
        assert!(!verdict.verified && verdict.passive.chain.failed(), "{case}");
    }
}

#[test]
fn a_ca_of_version_1_says_nothing_and_is_believed_where_it_is_given() {
    let card = Fixture::new();
    let old = reissued(&card.csca, &card.csca_key, Vec::clear);
    assert_eq!((old.basic_constraints(), old.subject_key_id()), (None, None));
    let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&old]));
    assert!(verdict.verified, "{verdict:#?}");
    assert_eq!(verdict.weak, [Weakness::NotMarkedCa { certificate: old.subject() }]);
    // A signer that says nothing either is no CA, though the card brings it along as one.
    let silent = reissued(&card.signer, &card.csca_key, Vec::clear);
    assert!(!silent.may_issue());
    let mut below = Fixture::of("below").issued_by(&card.signer, &card.signer_key);
    below.embedded = vec![silent, card.signer.clone()];
    let verdict = judge_live(&below.evidence(CHALLENGE), &anchors(&[&card.csca]));
    let why = text(&verdict.passive.chain);
    assert!(!verdict.verified && why.contains("is no CA"), "{why}");
}

#[test]
fn what_a_critical_extension_means_has_to_be_known() {
    let odd = extension("2a0304", true, &[5, 0]);
    let harmless = extension("2a0304", false, &[5, 0]);
    let with = |extension: &Vec<u8>| {
        let extension = extension.clone();
        move |all: &mut Vec<Vec<u8>>| all.push(extension)
    };
    for (extension, passes) in [(&odd, false), (&harmless, true)] {
        let mut card = Fixture::new();
        let csca = reissued(&card.csca, &card.csca_key, with(extension));
        let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&csca]));
        assert_eq!(verdict.verified, passes, "{}", verdict.passive.chain);
        card.signer = reissued(&card.signer, &card.csca_key, with(extension));
        let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&card.csca]));
        assert_eq!(verdict.verified, passes, "{}", verdict.passive.chain);
        if !passes {
            let why = text(&verdict.passive.chain);
            assert!(why.contains("critical extension 1.2.3.4, which is not understood"), "{why}");
        }
    }
}

#[test]
fn links_that_lead_in_circles_or_in_crowds_lead_nowhere() {
    let (a, b) = (key("circle a"), key("circle b"));
    let ca = |key: &SecretKey, serial| profile("TEST CSCA KR", serial).csca(key).unwrap();
    let (own_a, own_b) = (ca(&a, 80), ca(&b, 81));
    // Each key signed by the other.
    let link_a = profile("TEST CSCA KR", 82).link(&a.public(), &own_b, &b).unwrap();
    let link_b = profile("TEST CSCA KR", 83).link(&b.public(), &own_a, &a).unwrap();
    let mut card = Fixture::new().issued_by(&link_a, &a);
    card.embedded = vec![link_a.clone(), link_b.clone()];
    let stranger = Fixture::of("stranger").csca;
    for given in [vec![&stranger], vec![&stranger, &link_a, &link_b]] {
        let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&given));
        let Check::Failed(Reason::LinkNotAnchored { .. }) = verdict.passive.chain else {
            panic!("{}", verdict.passive.chain)
        };
        assert!(!verdict.verified);
    }
    // One of them given for its own sake ends the circle.
    assert!(judge_live(&card.evidence(CHALLENGE), &anchors(&[&own_b])).verified);
    // As many as EF.SOD may have, each of which could have signed each.
    card.embedded = (100..131).map(|serial| ca(&a, serial)).collect();
    let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&stranger]));
    assert!(!verdict.verified && verdict.passive.chain.failed());
}

#[test]
fn a_document_of_another_state_than_its_signers_is_told() {
    for (state, told) in [("KOR", false), ("JPN", true), ("D<<", true), ("UTO", false)] {
        let zone = format!(
            "P<{state}ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\
             L898902C36UTO7408122F1204159ZE184226B<<<<<10"
        );
        let mut card = Fixture::new();
        let group = Dg1::new(Mrz::parse(&zone).unwrap()).unwrap();
        card.groups.insert(File::Dg1, group.encode());
        let verdict = judge_live(&card.evidence(CHALLENGE), &card.anchors());
        assert!(verdict.verified, "{verdict:#?}");
        let (state, country) = (state.trim_end_matches('<').to_owned(), "KR".to_owned());
        let expected = told.then_some(Weakness::IssuingState { state, country });
        assert_eq!(verdict.weak, expected.into_iter().collect::<Vec<_>>());
    }
}
