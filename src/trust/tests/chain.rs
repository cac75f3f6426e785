//! From the signer to an anchor, by link certificates, key identifiers and names.

use time::macros::utc_datetime;

use super::super::testing::{Fixture, judge_live, key, profile};
use super::super::*;
use super::{CHALLENGE, text};
use crate::crypto::{Hash, SecretKey};
use crate::lds::{File, oids, sod};
use crate::pki::{Certificate, DistinguishedName, PkiError, Profile, SignedData, Signer, oid};

fn anchors(all: &[&Certificate]) -> Anchors {
    let mut anchors = Anchors::new("test");
    for certificate in all {
        anchors.add("test", certificate.der()).unwrap();
    }
    anchors
}

// A CSCA and as many links from its key to the next as asked for, each under the same name.
fn links(count: u8) -> (Certificate, Vec<(Certificate, SecretKey)>) {
    let mut old_key = key("link 0");
    let root = profile("TEST CSCA KR", 10).csca(&old_key).unwrap();
    let mut links = Vec::new();
    let mut old = root.clone();
    for i in 1..=count {
        let new_key = key(&format!("link {i}"));
        let link = profile("TEST CSCA KR", 10 + i).link(&new_key.public(), &old, &old_key);
        old = link.unwrap();
        old_key = new_key;
        links.push((old.clone(), old_key.clone()));
    }
    (root, links)
}

#[test]
fn a_link_certificate_leads_to_the_anchor_and_stands_for_nothing_alone() {
    let (root, links) = links(1);
    let [(link, link_key)] = &links[..] else { unreachable!() };
    let card = Fixture::new().issued_by(link, link_key);
    let evidence = card.evidence(CHALLENGE);
    let verdict = judge_live(&evidence, &anchors(&[link, &root]));
    assert!(verdict.verified && verdict.weak.is_empty(), "{verdict:#?}");
    assert_eq!(verdict.passive.anchor.as_ref().unwrap().sha256, hex::encode(root.fingerprint()));
    assert_eq!(verdict.passive.links.len(), 1);
    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!(json["passive"]["links"][0]["sha256"], hex::encode(link.fingerprint()));

    let verdict = judge_live(&evidence, &anchors(&[link]));
    assert!(matches!(verdict.passive.chain, Check::Failed(Reason::LinkNotAnchored { .. })));
    assert!(!verdict.verified && verdict.level == Level::L0);
    let verdict = judge_live(&evidence, &anchors(&[&root]));
    assert!(matches!(verdict.passive.chain, Check::Failed(Reason::UnknownIssuer { .. })));
    // A link that somebody else signed in the CA's name.
    let stranger = profile("TEST CSCA KR", 10).csca(&key("stranger")).unwrap();
    let forged = profile("TEST CSCA KR", 11);
    let forged = forged.link(&link_key.public(), &stranger, &key("stranger")).unwrap();
    let verdict = judge_live(&evidence, &anchors(&[&forged, &root]));
    assert!(matches!(verdict.passive.chain, Check::Failed(Reason::LinkNotAnchored { .. })));
    // The new key's own certificate needs no link.
    let new = profile("TEST CSCA KR", 12).csca(link_key).unwrap();
    let verdict = judge_live(&evidence, &anchors(&[&forged, &new]));
    assert!(verdict.verified && verdict.passive.links.is_empty());
}

#[test]
fn links_may_come_with_the_card_and_are_bounded() {
    for (count, verified) in [(1, true), (3, true), (8, true), (9, false)] {
        let (root, links) = links(count);
        let (last, last_key) = links.last().unwrap();
        let mut card = Fixture::new().issued_by(last, last_key);
        card.embedded = links.iter().map(|(link, _)| link.clone()).collect();
        let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&root]));
        assert_eq!(verdict.verified, verified, "{count} links: {}", verdict.passive.chain);
        // Whoever brings links along brings no anchor along.
        card.embedded.push(root);
        let other = profile("TEST CSCA KR", 99).csca(&key("other")).unwrap();
        let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&other]));
        assert!(!verdict.verified && verdict.passive.anchor.is_none());
    }
}

#[test]
fn of_several_chains_the_one_that_is_valid_is_taken() {
    let (root, links) = links(1);
    let [(link, link_key)] = &links[..] else { unreachable!() };
    let mut expired = profile("TEST CSCA KR", 12);
    expired.not_after = utc_datetime!(2025-02-01 0:00);
    let expired = expired.csca(link_key).unwrap();
    let card = Fixture::new().issued_by(link, link_key);
    let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&expired, link, &root]));
    assert!(verdict.verified && verdict.passive.links.len() == 1, "{verdict:#?}");
    let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&expired]));
    assert!(verdict.passive.chain.passed() && verdict.passive.validity.failed());
}

#[test]
fn an_issuer_is_found_by_its_key_under_another_name_and_that_is_told() {
    let card = Fixture::new();
    let named = |country: &str, cn: &str| {
        let subject = DistinguishedName::new(country, "TEST", cn);
        Profile { subject, ..profile("", 20) }.csca(&card.csca_key).unwrap()
    };
    let renamed = named("KR", "TEST CSCA of Korea");
    let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&renamed]));
    assert!(verdict.verified);
    let weak: Vec<_> = verdict.weak.iter().map(ToString::to_string).collect();
    assert_eq!(weak.len(), 1, "{weak:?}");
    assert!(weak[0].contains("names the issuer CN=TEST CSCA KR"), "{weak:?}");
    let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&named("JP", "TEST CSCA KR")]));
    assert!(verdict.weak.iter().any(|w| matches!(w, Weakness::Country { .. })));
    assert_eq!(serde_json::to_value(&verdict).unwrap()["weak"].as_array().unwrap().len(), 2);
}

#[test]
fn signers_of_other_things_sign_no_documents() {
    let mut card = Fixture::new();
    let public = card.signer_key.public();
    let lists = profile("TEST Master List Signer", 5);
    card.signer = lists.master_list_signer(&public, &card.csca, &card.csca_key).unwrap();
    let verdict = judge_live(&card.evidence(CHALLENGE), &card.anchors());
    let why = text(&verdict.passive.chain);
    assert!(why.contains("something else than documents") && why.contains("2.23.136.1.1.3"));
    assert!(!verdict.verified);
}

#[test]
fn the_time_of_signing_has_to_be_one_at_which_the_signer_could_sign() {
    let at = |signed_at| {
        let card = Fixture { signed_at: Some(signed_at), ..Fixture::new() };
        judge_live(&card.evidence(CHALLENGE), &card.anchors())
    };
    let verdict = at(utc_datetime!(2025-02-01 12:00));
    assert!(verdict.verified);
    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!(json["passive"]["signed_at"], "2025-02-01T12:00:00Z");
    for before in [utc_datetime!(2024-12-31 23:59:59), utc_datetime!(2035-01-01 0:00:01)] {
        let verdict = at(before);
        assert!(!verdict.verified);
        let why = text(&verdict.passive.validity);
        assert!(why.contains("but EF.SOD was signed at"), "{why}");
    }
    // A clock that is hours ahead is one that is hours ahead.
    assert!(at(utc_datetime!(2025-03-29 0:00)).verified);
    let later = at(utc_datetime!(2025-04-01 0:00));
    assert!(matches!(later.passive.validity, Check::Failed(Reason::SignedLater { .. })));
}

#[test]
fn what_leans_on_little_passes_and_is_told() {
    let card = Fixture::new();
    // The hashes of the data groups with SHA-1.
    let mut object = card.object();
    object.hash_algorithm = oids::SHA1;
    for entry in &mut object.hashes {
        let file = File::from_data_group(entry.number).unwrap();
        entry.hash = Hash::Sha1.digest(&[&card.groups[&file]]);
    }
    let mut evidence = card.evidence(CHALLENGE);
    evidence.files.insert(File::Sod, card.sign(&object.encode()));
    let verdict = judge_live(&evidence, &card.anchors());
    assert!(verdict.verified);
    let sha1 = Weakness::Sha1 { what: "the hashes of the data groups".into() };
    assert_eq!(verdict.weak, [sha1]);
    // Another type of content: two that issuers used, and one that nobody did.
    for (kind, passes) in [
        (oid::LDS_SECURITY_OBJECT_OLD, true),
        (oid::LDS_SECURITY_OBJECT_NL, true),
        (oid::DATA, true),
        (oid::MASTER_LIST, false),
    ] {
        let by = Signer { certificate: &card.signer, key: &card.signer_key };
        let signed = SignedData::sign(kind, &card.object().encode(), &by).unwrap();
        evidence.files.insert(File::Sod, sod::wrap(&signed));
        let verdict = judge_live(&evidence, &card.anchors());
        assert_eq!(verdict.verified, passes);
        if passes {
            assert_eq!(verdict.weak, [Weakness::ContentType { oid: kind }]);
        } else {
            assert!(text(&verdict.passive.signature).contains("content type"));
        }
    }
}

#[test]
fn a_weak_curve_shows_nothing() {
    use crate::crypto::{Curve, SeededRng};
    let weak = SecretKey::generate(Curve::P192, &mut SeededRng::new(b"fixture", "weak"));
    let ca = profile("TEST CSCA KR", 1).csca(&weak).unwrap();
    let card = Fixture::new().issued_by(&ca, &weak);
    let verdict = judge_live(&card.evidence(CHALLENGE), &anchors(&[&ca]));
    let Check::Failed(Reason::NotIssued { source, .. }) = &verdict.passive.chain else {
        panic!("{}", verdict.passive.chain)
    };
    assert!(matches!(**source, PkiError::WeakKey { .. }), "{source}");
    assert!(!verdict.verified);
}

#[test]
fn a_signer_named_in_other_words_and_a_bare_signature_pass_and_are_told() {
    use crate::tlv::{Reader, Tag, Writer};
    // The signer info of EF.SOD with its fields changed.
    fn edited(cms: &[u8], edit: &dyn Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>) -> Vec<u8> {
        fn at(tlv: &[u8], path: &[usize], edit: &dyn Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>) -> Vec<u8> {
            let outer = Reader::new(tlv).next().unwrap().unwrap();
            let children = outer.children().unwrap().map(|c| c.unwrap().raw.to_vec());
            let children = match path.split_first() {
                None => edit(children.collect()),
                Some((&index, path)) => children
                    .enumerate()
                    .map(|(i, raw)| if i == index { at(&raw, path, edit) } else { raw })
                    .collect(),
            };
            let mut w = Writer::new();
            w.primitive(outer.tag, &children.concat());
            w.finish()
        }
        at(cms, &[1, 0, 4, 0], edit)
    }
    let card = Fixture::new();
    let judged = |cms: &[u8]| {
        let mut evidence = card.evidence(CHALLENGE);
        evidence.files.insert(File::Sod, sod::wrap(cms));
        judge_live(&evidence, &card.anchors())
    };
    let object = card.object().encode();
    let sod_file = card.sign(&object);
    let cms = sod::unwrap(&sod_file).unwrap();
    assert!(judged(cms).weak.is_empty());
    let subject = card.signer.subject();
    // A key identifier that nobody has.
    let named = edited(cms, &|mut fields| {
        fields[1] = vec![0x80, 2, 0xAA, 0xBB];
        fields
    });
    let verdict = judged(&named);
    assert!(verdict.verified, "{verdict:#?}");
    assert_eq!(verdict.weak, [Weakness::LooselyNamed { signer: subject.clone() }]);
    // Signed without attributes.
    let signature = card.signer_key.sign_prehash(&Hash::Sha256.digest(&[&object])).to_der();
    let bare = edited(cms, &|mut fields| {
        fields.remove(3);
        let mut w = Writer::new();
        w.primitive(Tag::new(4), &signature);
        fields[4] = w.finish();
        fields
    });
    let verdict = judged(&bare);
    assert!(verdict.verified, "{verdict:#?}");
    assert_eq!(verdict.weak, [Weakness::NoSignedAttributes { signer: subject }]);
    // No certificate came with it: it is not known whose signature that is.
    let mut alone = Vec::new();
    for field in Reader::new(cms).next().unwrap().unwrap().children().unwrap() {
        alone.push(field.unwrap().raw.to_vec());
    }
    let inner = Reader::new(&alone[1]).next().unwrap().unwrap();
    let signed = inner.children().unwrap().next().unwrap().unwrap();
    let kept = signed.children().unwrap().map(Result::unwrap).filter(|f| f.tag.value() != 0xA0);
    let kept: Vec<_> = kept.map(|f| f.raw).collect();
    let mut w = Writer::new();
    w.constructed(Tag::new(0x30), |w| {
        w.raw(&alone[0]);
        w.constructed(Tag::new(0xA0), |w| {
            w.primitive(Tag::new(0x30), &kept.concat());
        });
    });
    let verdict = judged(&w.finish());
    let why = text(&verdict.passive.check);
    assert!(why.contains("no embedded certificate is that of the signer with serial"), "{why}");
    assert!(!verdict.verified);
}
