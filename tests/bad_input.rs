//! The bad input that issuers, cards and forgers are known for, line by line: each gets a reason of
//! its own and none of it passes. That PACE is offered, fails and no BAC follows stands in
//! `tap.rs`.

use iccard::crypto::rsa::RsaPublicKey;
use iccard::crypto::{
    AgreementPublicKey, AgreementSecretKey, Curve, CurveParameters, DhError, DhPublicKey,
    DhSecretKey, Domain, Group, Hash, PublicKey, SecretKey, SeededRng,
};
use iccard::lds::sod::{self, DataGroupHash, LdsSecurityObject};
use iccard::lds::{File, oids};
use iccard::pki::{
    Certificate, CrlProfile, DistinguishedName, MasterList, Oid, Profile, RevocationReason,
    Revoked, SignedData, Signer, SubjectKey, agreement, oid, spki,
};
use iccard::tlv::{Reader, Tag, Writer};
use iccard::trust::{
    Access, Anchors, Card, Check, Evidence, Judging, Reason, Store, Verdict, judge,
};
use time::UtcDateTime;
use time::macros::utc_datetime;

const TAPPED: UtcDateTime = utc_datetime!(2026-03-01 12:00);
const DG1: &[u8] = b"\x61\x03\x5f\x1f\x00";

const SEQUENCE: Tag = Tag::new(0x30);
const INTEGER: Tag = Tag::new(0x02);
const BIT_STRING: Tag = Tag::new(0x03);
const OCTET_STRING: Tag = Tag::new(0x04);
const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);

fn key(curve: Curve, label: &str) -> SecretKey {
    SecretKey::generate(curve, &mut SeededRng::new(b"bad input", label))
}

fn profile(cn: &str, serial: u8) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2035-01-01 0:00),
    }
}

// A country with one document.
struct Country {
    csca: Certificate,
    csca_key: SecretKey,
    signer: Certificate,
    signer_key: SecretKey,
}

impl Country {
    fn new() -> Self {
        Self::on(Curve::P256, &profile("TEST Document Signer", 2))
    }

    fn on(curve: Curve, signer: &Profile) -> Self {
        let (csca_key, signer_key) = (key(Curve::P256, "csca"), key(curve, "signer"));
        let csca = profile("TEST CSCA", 1).csca(&csca_key).unwrap();
        let signer = signer.document_signer(&signer_key.public(), &csca, &csca_key).unwrap();
        Self { csca, csca_key, signer, signer_key }
    }

    fn object() -> LdsSecurityObject {
        LdsSecurityObject {
            hash_algorithm: oids::SHA256,
            null_parameters: false,
            hashes: vec![DataGroupHash { number: 1, hash: Hash::Sha256.digest(&[DG1]) }],
            versions: None,
        }
    }

    fn sign(&self, object: &LdsSecurityObject) -> Vec<u8> {
        let by = Signer { certificate: &self.signer, key: &self.signer_key };
        SignedData::sign(oid::LDS_SECURITY_OBJECT, &object.encode(), &by).unwrap()
    }

    fn anchors(&self) -> Anchors {
        let mut anchors = Anchors::new("bad input");
        anchors.add("csca", self.csca.der()).unwrap();
        anchors
    }
}

fn judged(cms: &[u8], anchors: &Anchors) -> Verdict {
    let card = Card { source: "test".into(), atr: vec![0x3B] };
    let mut evidence = Evidence::new(card, TAPPED, Access::PaceCan);
    evidence.files.extend([(File::Sod, sod::wrap(cms)), (File::Dg1, DG1.to_vec())]);
    judge(&evidence, anchors, &Judging::offline(None))
}

// Why Passive Authentication failed; that it did not is a failure of the test.
fn refused(cms: &[u8], anchors: &Anchors) -> String {
    let verdict = judged(cms, anchors);
    assert!(!verdict.verified && verdict.passive.check.failed(), "{verdict:#?}");
    verdict.passive.check.to_string()
}

#[track_caller]
fn says(reason: &str, expected: &str) {
    assert!(reason.contains(expected), "{expected:?} expected, {reason:?} came");
}

#[test]
fn good_input_passes() {
    let country = Country::new();
    let verdict = judged(&country.sign(&Country::object()), &country.anchors());
    assert!(verdict.verified, "{verdict:#?}");
}

fn with_spki(algorithm: Oid, parameters: &[u8], value: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.constructed(SEQUENCE, |w| {
            w.primitive(OBJECT_IDENTIFIER, algorithm.as_bytes());
            w.raw(parameters);
        });
        w.primitive(BIT_STRING, &[&[0], value].concat());
    });
    w.finish()
}

fn named(curve: &str) -> Vec<u8> {
    let mut w = Writer::new();
    w.primitive(OBJECT_IDENTIFIER, Oid::new(curve).unwrap().as_bytes());
    w.finish()
}

fn written_out(p: &CurveParameters) -> Vec<u8> {
    let positive = |number: &[u8]| [&[0], number].concat();
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.primitive(INTEGER, &[1]);
        w.constructed(SEQUENCE, |w| {
            w.primitive(OBJECT_IDENTIFIER, oid::PRIME_FIELD.as_bytes());
            w.primitive(INTEGER, &positive(&p.prime));
        });
        w.constructed(SEQUENCE, |w| {
            w.primitive(OCTET_STRING, &p.a).primitive(OCTET_STRING, &p.b);
        });
        w.primitive(OCTET_STRING, &p.generator);
        w.primitive(INTEGER, &positive(&p.order));
        if let Some(cofactor) = &p.cofactor {
            w.primitive(INTEGER, cofactor);
        }
    });
    w.finish()
}

// The same structure with another data object in a place, by the numbers of the children above it.
fn rewrite(tlv: &[u8], path: &[usize], with: &[u8]) -> Vec<u8> {
    let Some((&index, path)) = path.split_first() else { return with.to_vec() };
    let outer = Reader::new(tlv).next().unwrap().unwrap();
    let mut w = Writer::new();
    w.constructed(outer.tag, |w| {
        for (i, child) in outer.children().unwrap().enumerate() {
            let raw = child.unwrap().raw;
            w.raw(&if i == index { rewrite(raw, path, with) } else { raw.to_vec() });
        }
    });
    w.finish()
}

// The country's EF.SOD with another key in the signer's certificate, which its CA has signed again.
fn with_signer_key(country: &Country, spki: &[u8]) -> Vec<u8> {
    let tbs = Reader::new(country.signer.der()).next().unwrap().unwrap();
    let tbs = rewrite(tbs.children().unwrap().next().unwrap().unwrap().raw, &[6], spki);
    let signature = country.csca_key.sign_prehash(&Hash::Sha256.digest(&[&tbs])).to_der();
    let mut bits = Writer::new();
    bits.primitive(BIT_STRING, &[&[0], &signature[..]].concat());
    let certificate = rewrite(country.signer.der(), &[0], &tbs);
    let certificate = rewrite(&certificate, &[2], &bits.finish());
    Certificate::from_der(&certificate).unwrap().verify_signature(&country.csca).unwrap();
    rewrite(&country.sign(&Country::object()), &[1, 0, 3, 0], &certificate)
}

#[test]
fn weak_and_unknown_curves_sign_nothing() {
    for (curve, name) in [(Curve::P192, "P-192"), (Curve::BrainpoolP192r1, "brainpoolP192r1")] {
        let country = Country::on(curve, &profile("TEST Document Signer", 2));
        let why = refused(&country.sign(&Country::object()), &country.anchors());
        says(&why, &format!("EF.SOD: public key: {name} is too weak to be believed"));
        // Nor does a CA on one.
        let weak = key(curve, "weak csca");
        let mut country = Country::new();
        country.csca = profile("TEST CSCA", 1).csca(&weak).unwrap();
        country.signer = profile("TEST Document Signer", 2)
            .document_signer(&country.signer_key.public(), &country.csca, &weak)
            .unwrap();
        let why = refused(&country.sign(&Country::object()), &country.anchors());
        says(&why, &format!("{name} is too weak to be believed"));
    }
    let country = Country::new();
    let point = key(Curve::P256, "point").public();
    // secp256k1, prime239v3, GOST R 34.10-2012, and no curve at all
    for curve in ["1.3.132.0.10", "1.2.840.10045.3.1.6", "1.2.643.7.1.2.1.1.1"] {
        let spki = with_spki(oid::EC_PUBLIC_KEY, &named(curve), point.sec1());
        let why = refused(&with_signer_key(&country, &spki), &country.anchors());
        says(&why, &format!("curve {curve} is not supported"));
        says(&agreement::parse(&spki).unwrap_err().to_string(), curve);
    }
    let spki = with_spki(oid::EC_PUBLIC_KEY, &[5, 0], point.sec1());
    says(&refused(&with_signer_key(&country, &spki), &country.anchors()), "no curve is named");
    // Keys of other kinds: DSA, Ed25519
    for algorithm in ["1.2.840.10040.4.1", "1.3.101.112"] {
        let spki = with_spki(Oid::new(algorithm).unwrap(), &[], point.sec1());
        let why = refused(&with_signer_key(&country, &spki), &country.anchors());
        says(&why, &format!("algorithm {algorithm} is not supported"));
    }
}

#[test]
fn parameters_that_describe_no_known_curve_are_refused() {
    let country = Country::new();
    let signer = country.signer_key.public();
    for curve in Curve::ALL {
        let right = curve.parameters();
        let point = key(curve, "point").public();
        let change = |edit: &dyn Fn(&mut CurveParameters)| {
            let mut p = right.clone();
            edit(&mut p);
            with_spki(oid::EC_PUBLIC_KEY, &written_out(&p), point.sec1())
        };
        assert_eq!(spki::parse(&change(&|_| {})).unwrap(), point);
        let flip = |number: &mut Vec<u8>| *number.last_mut().unwrap() ^= 2;
        for (spki, expected) in [
            (change(&|p| flip(&mut p.prime)), "parameters that describe no curve"),
            (change(&|p| p.prime.clear()), "parameters that describe no curve"),
            (change(&|p| flip(&mut p.a)), "the coefficient a is not"),
            (change(&|p| flip(&mut p.b)), "the coefficient b is not"),
            (change(&|p| flip(&mut p.order)), "the order is not"),
            (change(&|p| p.cofactor = Some(vec![4])), "the cofactor is not"),
            // Under a base point of one's own choice any signature fits (CVE-2020-0601).
            (change(&|p| p.generator = point.sec1().to_vec()), "the base point is not"),
            (change(&|p| p.generator = vec![0]), "the base point is not"),
        ] {
            for why in [
                SubjectKey::parse(&spki).unwrap_err().to_string(),
                agreement::parse(&spki).unwrap_err().to_string(),
            ] {
                says(&why, expected);
            }
        }
    }
    // And in a document: whoever picks the base point picks the key's private half.
    let mut forged = Curve::P256.parameters();
    forged.generator = signer.sec1().to_vec();
    let spki = with_spki(oid::EC_PUBLIC_KEY, &written_out(&forged), signer.sec1());
    let why = refused(&with_signer_key(&country, &spki), &country.anchors());
    says(&why, "the prime is that of P-256, the base point is not");
}

#[test]
fn what_is_no_point_is_no_key() {
    let country = Country::new();
    for curve in Curve::ALL {
        let len = curve.field_len();
        let point = key(curve, "point").public();
        let mut off = point.sec1().to_vec();
        *off.last_mut().unwrap() ^= 1;
        let zero = [&[4][..], &vec![0; 2 * len]].concat();
        let above = [&[4][..], &vec![0xFF; 2 * len]].concat();
        let bad: [&[u8]; 6] = [&off, &[0], &zero, &above, &point.sec1()[..2 * len], &[]];
        for bad in bad {
            let name = named(&spki::oid_of_curve(curve).to_string());
            let spki = with_spki(oid::EC_PUBLIC_KEY, &name, bad);
            for why in [
                PublicKey::from_sec1(curve, bad).unwrap_err().to_string(),
                AgreementPublicKey::from_bytes(curve.into(), bad).unwrap_err().to_string(),
                SubjectKey::parse(&spki).unwrap_err().to_string(),
                agreement::parse(&spki).unwrap_err().to_string(),
            ] {
                says(&why, "point");
                says(&why, &curve.to_string());
            }
            if curve == Curve::P256 {
                says(&refused(&with_signer_key(&country, &spki), &country.anchors()), "point");
            }
        }
    }
}

#[test]
fn a_value_of_small_order_agrees_on_nothing() {
    for group in Group::ALL {
        let prime = group.parameters().prime;
        let mut minus_one = prime.clone();
        *minus_one.last_mut().unwrap() -= 1;
        for bad in [&[0][..], &[1], &minus_one, &prime, &[0xFF; 300], &[]] {
            let why = DhPublicKey::from_bytes(group, bad).unwrap_err().to_string();
            says(&why, &group.to_string());
            assert!(AgreementPublicKey::from_bytes(Domain::Group(group), bad).is_err());
        }
        // A number below the prime, and not of the order that g has: it could give away the private
        // number modulo its own order.
        for outside in [2, 3, 5, 6] {
            let error = DhPublicKey::from_bytes(group, &[outside]).unwrap_err();
            assert_eq!(error, DhError::SmallOrder { group });
        }
        // A key of a curve is none of the group.
        let secret: AgreementSecretKey = DhSecretKey::from_bytes(group, &[7]).unwrap().into();
        let stranger: AgreementPublicKey = key(Curve::P256, "stranger").public().into();
        says(&secret.agree(&stranger).unwrap_err().to_string(), "P-256 came");
    }
}

#[test]
fn an_rsa_exponent_that_hides_nothing_is_refused() {
    let country = Country::new();
    let modulus = [0xC5; 256];
    for (exponent, expected) in [
        (&[1][..], "it is below 3"),
        (&[0], "it is below 3"),
        (&[4], "it is even"),
        (&[0xFF; 33], "it has more than 256 bits"),
    ] {
        says(&RsaPublicKey::from_components(&modulus, exponent).unwrap_err().to_string(), expected);
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            w.primitive(INTEGER, &[&[0], &modulus[..]].concat());
            w.primitive(INTEGER, &[&[0], exponent].concat());
        });
        let spki = with_spki(oid::RSA_ENCRYPTION, &[5, 0], &w.finish());
        let why = refused(&with_signer_key(&country, &spki), &country.anchors());
        says(&why, &format!("the exponent is refused: {expected}"));
    }
}

#[test]
fn two_signers_and_a_group_listed_twice_are_refused() {
    let country = Country::new();
    let anchors = country.anchors();
    let good = country.sign(&Country::object());
    // The same signer twice, and none at all.
    let path = [1, 0, 4];
    let mut set = Reader::new(&good).next().unwrap().unwrap();
    for index in path {
        set = set.children().unwrap().nth(index).unwrap().unwrap();
    }
    for (infos, expected) in [
        ([set.value, set.value].concat(), "exactly one signer expected, 2 came"),
        (Vec::new(), "exactly one signer expected, 0 came"),
    ] {
        let mut w = Writer::new();
        w.primitive(Tag::new(0x31), &infos);
        says(&refused(&rewrite(&good, &path, &w.finish()), &anchors), expected);
    }
    // A good hash first and a bad one second, and the other way round.
    let right = Country::object().hashes.remove(0);
    let wrong = DataGroupHash { number: 1, hash: vec![0; 32] };
    for hashes in [[right.clone(), wrong.clone()], [wrong, right.clone()], [right.clone(), right]] {
        let object = LdsSecurityObject { hashes: hashes.to_vec(), ..Country::object() };
        says(&refused(&country.sign(&object), &anchors), "data group 1 is there twice");
    }
}

#[test]
fn an_expired_and_a_revoked_signer_are_refused() {
    let mut expired = profile("TEST Document Signer", 2);
    expired.not_after = utc_datetime!(2026-02-28 23:59:59);
    let country = Country::on(Curve::P256, &expired);
    let sod = country.sign(&Country::object());
    let why = refused(&sod, &country.anchors());
    says(&why, "is good from 2025-01-01T00:00:00Z to 2026-02-28T23:59:59Z, not at 2026-03-01");
    let mut early = profile("TEST Document Signer", 2);
    early.not_before = utc_datetime!(2026-03-02 0:00);
    let country = Country::on(Curve::P256, &early);
    says(&refused(&country.sign(&Country::object()), &country.anchors()), "is good from 2026-03");

    let country = Country::new();
    let sod = country.sign(&Country::object());
    let entry = Revoked {
        serial: country.signer.serial().to_vec(),
        at: utc_datetime!(2026-01-15 0:00),
        reason: Some(RevocationReason(1)),
        invalid_since: None,
    };
    let list = CrlProfile {
        number: 1,
        this_update: utc_datetime!(2026-02-01 0:00),
        next_update: utc_datetime!(2026-05-01 0:00),
        revoked: vec![entry],
    };
    let list = list.issue(&country.csca, &country.csca_key).unwrap();
    let mut anchors = country.anchors();
    anchors.add("list", list.der()).unwrap();
    says(&refused(&sod, &anchors), "was revoked at 2026-01-15T00:00:00Z, keyCompromise");
    let Check::Failed(Reason::Revoked { .. }) = judged(&sod, &anchors).passive.revocation else {
        panic!("not for that")
    };
}

#[test]
fn of_a_master_list_of_six_hundred_the_three_broken_ones_are_named() {
    let country = Country::new();
    let one_key = key(Curve::P256, "one for all");
    let certificate = |i: usize| profile(&format!("TEST CSCA {i}"), 1).csca(&one_key).unwrap();
    let mut all: Vec<Vec<u8>> = (1..=600).map(|i| certificate(i).der().to_vec()).collect();
    // No certificate, one that nobody signed, one on a curve that nobody knows.
    all[0] = vec![0x30, 0x03, 0x02, 0x01, 0x01];
    *all[299].last_mut().unwrap() ^= 1;
    let unknown = with_spki(oid::EC_PUBLIC_KEY, &named("1.3.132.0.10"), one_key.public().sec1());
    all[599] = rewrite(&all[599], &[0, 6], &unknown);
    let parts: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    let signer_key = key(Curve::P256, "list signer");
    let signer = profile("TEST Master List Signer", 3)
        .master_list_signer(&signer_key.public(), &country.csca, &country.csca_key)
        .unwrap();
    let by = Signer { certificate: &signer, key: &signer_key };
    let list = MasterList::sign(&parts, &by, &[&country.csca]).unwrap();

    let dir = tempfile::tempdir().unwrap();
    let (file, root) = (dir.path().join("list.ml"), dir.path().join("root.cer"));
    std::fs::write(&file, &list).unwrap();
    std::fs::write(&root, country.csca.der()).unwrap();
    let store = Store::new(dir.path().join("trust"));
    let report = store.import(&[file, root], true).unwrap();
    // The root and 597 of the list.
    assert_eq!((report.added, report.faults.len()), (598, 3), "{:?}", report.faults);
    let faults = report.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    says(&faults, "list.ml: certificate 1 (SHA-256 ");
    says(&faults, "the signature does not verify with the key of CN=TEST CSCA 300");
    says(&faults, "CN=TEST CSCA 600,O=TEST,C=KR: public key: curve 1.3.132.0.10 is not supported");
    assert_eq!(store.anchors().unwrap().len(), 598);
    assert!(report.lists[0].vouched.believed);
}
