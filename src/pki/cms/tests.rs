//! What a forger may change, and what a card may write in its own way.

use proptest::prelude::*;
use time::macros::utc_datetime;

use super::*;
use crate::crypto::{Curve, SecretKey, SeededRng};
use crate::pki::algorithm::OBJECT_IDENTIFIER;
use crate::pki::{DistinguishedName, Profile};
use crate::tlv::{self, Writer};

const PRIMITIVE_0: Tag = Tag::new(0x80);

const TYPE: Oid = oid::LDS_SECURITY_OBJECT;

fn signer(label: &str) -> (SecretKey, Certificate) {
    let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"cms", label));
    let profile = Profile {
        subject: DistinguishedName::new("KR", "TEST", format!("TEST {label}")),
        serial: vec![0x81, 2],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2035-01-01 0:00),
    };
    let certificate = profile.csca(&key).unwrap();
    (key, certificate)
}

fn sign(label: &str) -> Vec<u8> {
    let (key, certificate) = signer(label);
    SignedData::sign(TYPE, b"the content", &Signer { certificate: &certificate, key: &key })
        .unwrap()
}

// Rewrites the data object at a path of child numbers, lengths above it adjusted.
fn rewrite(tlv: &[u8], path: &[usize], edit: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let Some((&index, path)) = path.split_first() else { return edit(tlv) };
    let outer = Reader::new(tlv).next().unwrap().unwrap();
    let mut w = Writer::new();
    w.constructed(outer.tag, |w| {
        for (i, child) in outer.children().unwrap().enumerate() {
            let raw = child.unwrap().raw;
            w.raw(&if i == index { rewrite(raw, path, edit) } else { raw.to_vec() });
        }
    });
    w.finish()
}

const CERTIFICATES: [usize; 3] = [1, 0, 3];
const SIGNERS: [usize; 3] = [1, 0, 4];
const ATTRIBUTES: [usize; 5] = [1, 0, 4, 0, 3];

fn verify(cms: &[u8]) -> Result<Certificate, PkiError> {
    SignedData::parse(cms)?.verify(TYPE).cloned()
}

#[test]
fn signing_is_repeatable_and_verifies() {
    let cms = sign("a");
    assert_eq!(cms, sign("a"));
    assert_eq!(verify(&cms).unwrap(), signer("a").1);
    assert_eq!(SignedData::parse(&cms).unwrap().content(), b"the content");
    assert_eq!(
        SignedData::parse(&cms).unwrap().verify(oid::SIGNED_DATA),
        Err(PkiError::ContentType { expected: oid::SIGNED_DATA, got: TYPE })
    );
    let (key, certificate) = (signer("b").0, signer("a").1);
    let by = Signer { certificate: &certificate, key: &key };
    assert!(SignedData::sign(TYPE, b"", &by).is_err());
}

#[test]
fn every_flipped_bit_of_what_is_signed_is_noticed() {
    let cms = sign("a");
    let content = cms.windows(11).position(|w| w == b"the content").unwrap();
    for at in 0..cms.len() {
        let mut bad = cms.clone();
        bad[at] ^= 1 << (at % 8);
        let result = verify(&bad);
        if (content..content + 11).contains(&at) {
            assert_eq!(result, Err(PkiError::DigestMismatch));
        } else if let Ok(certificate) = result {
            // What nobody signs may change: version numbers, the list of digest algorithms.
            // The certificate's own signature is the chain's business.
            assert!(certificate.public_key() == signer("a").1.public_key(), "byte {at}");
        }
        assert!(verify(&cms[..at]).is_err());
    }
}

#[test]
fn one_signer_no_more_no_less() {
    let cms = sign("a");
    let two = rewrite(&cms, &SIGNERS, &|set| {
        let info = &tlv::parse_one(set, SET).unwrap().value;
        let mut w = Writer::new();
        w.primitive(SET, &[*info, *info].concat());
        w.finish()
    });
    assert_eq!(verify(&two), Err(PkiError::SignerCount { got: 2 }));
    let none = rewrite(&cms, &SIGNERS, &|_| vec![0x31, 0]);
    assert_eq!(verify(&none), Err(PkiError::SignerCount { got: 0 }));
}

#[test]
fn the_signer_is_found_among_the_certificates_or_not_at_all() {
    let cms = sign("a");
    let other = signer("b").1;
    let swapped = rewrite(&cms, &CERTIFICATES, &|_| {
        let mut w = Writer::new();
        w.primitive(CONTEXT_0, other.der());
        w.finish()
    });
    assert!(matches!(verify(&swapped), Err(PkiError::NoSignerCertificate { .. })));
    let both = rewrite(&cms, &CERTIFICATES, &|set| {
        let mut w = Writer::new();
        w.primitive(CONTEXT_0, &[other.der(), &set[4..]].concat());
        w.finish()
    });
    assert_eq!(verify(&both).unwrap(), signer("a").1);
    // Named by key identifier instead.
    let id = other.subject_key_id().unwrap();
    let by_key = |id: &[u8]| {
        rewrite(&cms, &[1, 0, 4, 0, 1], &|_| {
            let mut w = Writer::new();
            w.primitive(PRIMITIVE_0, id);
            w.finish()
        })
    };
    let own = signer("a").1;
    assert_eq!(verify(&by_key(own.subject_key_id().unwrap())).unwrap(), own);
    // Nobody has that key identifier: whose key fits is the signer, and that is told.
    let loose = SignedData::parse(&by_key(id)).unwrap();
    let loose = loose.verify_any(&[TYPE]).unwrap();
    assert!(loose.loosely_named && loose.certificate == &own);
}

// The same with another value under the signature, which is the signer's own, with that hash
// function: over the signed attributes, or the content where there are none.
fn resigned(cms: &[u8], hash: Hash) -> Vec<u8> {
    let parsed = SignedData::parse(cms).unwrap();
    let attributes = parsed.signers()[0].signed_attributes();
    let message = hash.digest(&[attributes.unwrap_or(&parsed.content)]);
    let signature = signer("a").0.sign_prehash(&message).to_der();
    let at = if attributes.is_some() { 5 } else { 4 };
    rewrite(cms, &[1, 0, 4, 0, at], &|_| primitive(Tag::new(4), &signature))
}

fn primitive(tag: Tag, value: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.primitive(tag, value);
    w.finish()
}

fn algorithm(oid: Oid, parameters: &[u8]) -> Vec<u8> {
    let oid = primitive(OBJECT_IDENTIFIER, oid.as_bytes());
    primitive(SEQUENCE, &[&oid, parameters].concat())
}

// One attribute of a set in another form.
fn with_attribute(cms: &[u8], kind: Oid, value: &[u8]) -> Vec<u8> {
    rewrite(cms, &ATTRIBUTES, &|set| {
        let set = tlv::parse_one(set, CONTEXT_0).unwrap();
        let mut all: Vec<_> = set
            .children()
            .unwrap()
            .map(|t| t.unwrap())
            .filter(|t| t.need(OBJECT_IDENTIFIER).unwrap().value != kind.as_bytes())
            .map(|t| t.raw.to_vec())
            .collect();
        let id = primitive(OBJECT_IDENTIFIER, kind.as_bytes());
        all.push(primitive(SEQUENCE, &[id, primitive(SET, value)].concat()));
        primitive(CONTEXT_0, &all.concat())
    })
}

fn without_attributes(cms: &[u8]) -> Vec<u8> {
    rewrite(cms, &[1, 0, 4, 0], &|info| {
        let info = tlv::parse_one(info, SEQUENCE).unwrap();
        let kept = info.children().unwrap().map(Result::unwrap).filter(|f| f.tag != CONTEXT_0);
        primitive(SEQUENCE, &kept.map(|f| f.raw.to_vec()).collect::<Vec<_>>().concat())
    })
}

#[test]
fn content_and_attributes_may_be_hashed_with_different_functions() {
    let null = primitive(Tag::new(5), &[]);
    let curve = primitive(OBJECT_IDENTIFIER, oid::SECP256R1.as_bytes());
    for (digest, named, parameters, hash) in [
        (Hash::Sha512, oid::ECDSA_WITH_SHA256, &[][..], Hash::Sha256),
        (Hash::Sha1, oid::ECDSA_WITH_SHA384, &null, Hash::Sha384),
        (Hash::Sha224, oid::ECDSA_WITH_SHA1, &null, Hash::Sha1),
        // The kind of key alone: then the digest's is the signature's too.
        (Hash::Sha384, oid::EC_PUBLIC_KEY, &curve, Hash::Sha384),
        (Hash::Sha512, oid::EC_PUBLIC_KEY, &[], Hash::Sha512),
    ] {
        let value = primitive(Tag::new(4), &digest.digest(&[b"the content"]));
        let cms = with_attribute(&sign("a"), oid::MESSAGE_DIGEST, &value);
        let digest_oid = crate::pki::oid_of_hash(digest);
        let cms = rewrite(&cms, &[1, 0, 4, 0, 2], &|_| algorithm(digest_oid, &null));
        let cms = rewrite(&cms, &[1, 0, 4, 0, 4], &|_| algorithm(named, parameters));
        // Nobody signs the list of digests beside the content, which some leave empty.
        let cms = rewrite(&cms, &[1, 0, 1], &|_| vec![0x31, 0]);
        let good = resigned(&cms, hash);
        let parsed = SignedData::parse(&good).unwrap();
        let verified = parsed.verify_any(&[TYPE]).unwrap();
        assert_eq!((verified.digest, verified.algorithm.hash()), (digest, hash));
        let other = if hash == Hash::Sha256 { Hash::Sha512 } else { Hash::Sha256 };
        assert!(matches!(verify(&resigned(&cms, other)), Err(PkiError::BadSignature { .. })));
    }
}

#[test]
fn versions_and_times_of_signers_are_theirs_to_write() {
    // Version 3 with issuer and serial number, and some that do not exist (RFC 5652 clause 5.3).
    for version in [0, 1, 3, 4, 0xFF] {
        for path in [&[1, 0, 0][..], &[1, 0, 4, 0, 0]] {
            let odd = rewrite(&sign("a"), path, &|_| vec![2, 1, version]);
            assert_eq!(verify(&odd).unwrap(), signer("a").1);
        }
    }
    let at = Some(utc_datetime!(2025-03-01 12:00));
    for (tag, text, expected) in [
        (0x17, "250301120000Z", at),
        (0x18, "20250301120000Z", at),
        (0x18, "20250301120000.123+0000", at),
        (0x17, "2503011200Z", at),
        (0x17, "25-03-01", None),
        (0x18, "", None),
        (0x0C, "2025-03-01T12:00:00Z", None),
    ] {
        let time = primitive(Tag::new(tag), text.as_bytes());
        let cms = resigned(&with_attribute(&sign("a"), oid::SIGNING_TIME, &time), Hash::Sha256);
        let parsed = SignedData::parse(&cms).unwrap();
        assert_eq!(parsed.verify_any(&[TYPE]).unwrap().signing_time, expected, "{text}");
    }
}

#[test]
fn a_bare_signature_is_one_over_the_content_and_never_over_attributes() {
    let (key, certificate) = signer("a");
    let by = Signer { certificate: &certificate, key: &key };
    let content = hex::decode("3003020100").unwrap();
    let signed = SignedData::sign(TYPE, &content, &by).unwrap();
    let bare = resigned(&without_attributes(&signed), Hash::Sha256);
    let parsed = SignedData::parse(&bare).unwrap();
    let verified = parsed.verify_any(&[TYPE]).unwrap();
    assert!(verified.bare && !verified.loosely_named && verified.signing_time.is_none());
    assert!(!SignedData::parse(&signed).unwrap().verify_any(&[TYPE]).unwrap().bare);
    // Without its attributes a signature is worth nothing ...
    let stripped = without_attributes(&signed);
    assert!(matches!(verify(&stripped), Err(PkiError::BadSignature { .. })));
    // ... nor with them as the content, of whichever type: the signature would fit.
    let attributes = SignedData::parse(&signed).unwrap();
    let attributes = attributes.signers()[0].signed_attributes().unwrap().to_vec();
    for kind in [TYPE, oid::DATA] {
        let forged = rewrite(&stripped, &[1, 0, 2], &|_| {
            let kind = primitive(OBJECT_IDENTIFIER, kind.as_bytes());
            let content = primitive(CONTEXT_0, &primitive(Tag::new(4), &attributes));
            primitive(SEQUENCE, &[kind, content].concat())
        });
        let forged = SignedData::parse(&forged).unwrap();
        assert_eq!(forged.content(), attributes);
        let error = forged.verify_any(&[kind]).unwrap_err();
        assert!(matches!(error, PkiError::Attribute { detail: "is missing", .. }), "{error}");
    }
}

#[test]
fn signed_attributes_are_there_once_and_right() {
    let cms = sign("a");
    let attribute = |name| PkiError::Attribute { attribute: name, detail: "stands twice" };
    let doubled = rewrite(&cms, &ATTRIBUTES, &|set| {
        let value = tlv::parse_one(set, CONTEXT_0).unwrap().value;
        let mut w = Writer::new();
        w.primitive(CONTEXT_0, &[value, value].concat());
        w.finish()
    });
    assert_eq!(verify(&doubled), Err(attribute("contentType")));
    let empty = rewrite(&cms, &ATTRIBUTES, &|_| vec![0xA0, 0]);
    assert!(matches!(verify(&empty), Err(PkiError::Attribute { detail: "is missing", .. })));
    let gone = rewrite(&cms, &[1, 0, 4, 0], &|info| {
        let info = tlv::parse_one(info, SEQUENCE).unwrap();
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            for field in info.children().unwrap().map(Result::unwrap) {
                if field.tag != CONTEXT_0 {
                    w.raw(field.raw);
                }
            }
        });
        w.finish()
    });
    assert!(matches!(verify(&gone), Err(PkiError::Attribute { detail: "is missing", .. })));
}

#[test]
fn what_is_signed_is_the_der_form_of_the_attributes() {
    // In another order than DER has them: the signature is over the form that RFC 5652 clause 5.4
    // demands, and the content of the set is the same.
    let turned = rewrite(&sign("a"), &ATTRIBUTES, &|set| {
        let set = tlv::parse_one(set, CONTEXT_0).unwrap();
        let mut all: Vec<_> = set.children().unwrap().map(|t| t.unwrap().raw).collect();
        all.reverse();
        let mut w = Writer::new();
        w.primitive(CONTEXT_0, &all.concat());
        w.finish()
    });
    assert_eq!(verify(&turned).unwrap(), signer("a").1);
    // With one more, it is another set.
    let more = rewrite(&turned, &ATTRIBUTES, &|set| {
        let set = tlv::parse_one(set, CONTEXT_0).unwrap();
        let more = hex::decode("300806032a03043101 00".replace(' ', "")).unwrap();
        let mut w = Writer::new();
        w.primitive(CONTEXT_0, &[set.value, &more[..]].concat());
        w.finish()
    });
    assert!(verify(&more).is_err());
}

#[test]
fn other_algorithms_than_signed_with_never_pass() {
    let cms = sign("a");
    let with = |path: &[usize], algorithm| {
        let bad = rewrite(&cms, path, &|_| {
            let mut w = Writer::new();
            super::super::algorithm::write_algorithm(&mut w, algorithm);
            w.finish()
        });
        verify(&bad).unwrap_err()
    };
    let (digest, signature) = ([1, 0, 4, 0, 2], [1, 0, 4, 0, 4]);
    assert_eq!(with(&digest, oid::SHA1), PkiError::DigestMismatch);
    let wrong_hash = with(&signature, oid::ECDSA_WITH_SHA1);
    assert!(matches!(wrong_hash, PkiError::BadSignature { .. }));
    for rsa in [oid::RSASSA_PSS, oid::SHA256_WITH_RSA, oid::RSA_ENCRYPTION] {
        let error = with(&signature, rsa);
        assert!(matches!(error, PkiError::WrongKey { .. }), "{error}");
        assert!(error.to_string().ends_with("but the signer's key is one of P-256"), "{error}");
    }
    let md5 = Oid::new_unwrap("1.2.840.113549.2.5");
    for path in [digest, signature] {
        let error = with(&path, md5);
        let PkiError::UnsupportedAlgorithm { oid, .. } = error else { panic!("{error}") };
        assert_eq!(oid, md5);
    }
    // The plain form of ECDSA (BSI TR-03111) is another algorithm with another signature.
    let plain = rewrite(&cms, &signature, &|_| {
        let mut w = Writer::new();
        super::super::algorithm::write_algorithm(&mut w, oid::ECDSA_PLAIN_SHA256);
        w.finish()
    });
    assert!(matches!(verify(&plain), Err(PkiError::BadSignature { .. })));
    let plain = rewrite(&plain, &[1, 0, 4, 0, 5], &|der| {
        let der = tlv::parse_one(der, Tag::new(4)).unwrap().value;
        let mut w = Writer::new();
        let plain = crate::crypto::Signature::from_der(Curve::P256, der).unwrap();
        w.primitive(Tag::new(4), plain.to_plain());
        w.finish()
    });
    assert_eq!(verify(&plain).unwrap(), signer("a").1);
}

#[test]
fn the_type_of_the_content_is_one_of_those_asked_for() {
    let (key, certificate) = signer("a");
    let by = Signer { certificate: &certificate, key: &key };
    let old = SignedData::sign(oid::LDS_SECURITY_OBJECT_OLD, b"x", &by).unwrap();
    let old = SignedData::parse(&old).unwrap();
    assert_eq!(
        old.verify(TYPE),
        Err(PkiError::ContentType { expected: TYPE, got: oid::LDS_SECURITY_OBJECT_OLD })
    );
    let verified = old.verify_any(&[TYPE, oid::LDS_SECURITY_OBJECT_OLD]).unwrap();
    assert_eq!(verified.content_type, oid::LDS_SECURITY_OBJECT_OLD);
    assert_eq!(verified.algorithm, SignatureAlgorithm::Ecdsa(Hash::Sha256));
    assert_eq!(verified.signing_time, None);
    // The type inside the signed attributes is the one that counts.
    let relabelled = rewrite(&sign("a"), &[1, 0, 2, 0], &|_| {
        let mut w = Writer::new();
        w.primitive(OBJECT_IDENTIFIER, oid::DATA.as_bytes());
        w.finish()
    });
    let relabelled = SignedData::parse(&relabelled).unwrap();
    assert_eq!(
        relabelled.verify_any(&[TYPE, oid::DATA]).unwrap_err(),
        PkiError::ContentType { expected: oid::DATA, got: TYPE }
    );
}

#[test]
fn ber_lengths_and_segments_are_read_as_they_are_meant() {
    // Indefinite lengths around, and the content in two segments.
    let cms = sign("a");
    let segmented = rewrite(&cms, &[1, 0, 2, 1, 0], &|_| {
        let mut ber = vec![0x24, 0x80, 4, 4];
        ber.extend_from_slice(b"the ");
        ber.extend_from_slice(&[4, 7]);
        ber.extend_from_slice(b"content");
        ber.extend_from_slice(&[0, 0]);
        ber
    });
    let outer = tlv::parse_one(&segmented, SEQUENCE).unwrap().value;
    let ber = [&[0x30, 0x80], outer, &[0, 0]].concat();
    assert_eq!(verify(&ber).unwrap(), signer("a").1);
}

// Every constructed data object with an indefinite length, every octet string in segments.
fn as_ber(tlv: Tlv<'_>) -> Vec<u8> {
    let segments = |value: &[u8]| -> Vec<u8> {
        value.chunks(7).flat_map(|c| [&[4, u8::try_from(c.len()).unwrap()], c].concat()).collect()
    };
    let (tag, inner) = if tlv.tag == Tag::new(4) {
        (0x24, segments(tlv.value))
    } else if tlv.tag.is_constructed() {
        let all = tlv.children().unwrap().flat_map(|child| as_ber(child.unwrap()));
        (u8::try_from(tlv.tag.value()).unwrap(), all.collect())
    } else {
        return tlv.raw.to_vec();
    };
    [&[tag, 0x80], &inner[..], &[0, 0]].concat()
}

#[test]
fn a_whole_structure_in_ber_is_the_same_structure() {
    // All but the certificate, which is signed in DER and has to stay so.
    let cms = sign("a");
    let mut ber = cms.clone();
    for path in [&[1, 0, 4][..], &[1, 0, 2], &[1, 0, 1]] {
        ber = rewrite(&ber, path, &|part| as_ber(Reader::new(part).next().unwrap().unwrap()));
    }
    assert_ne!(ber, cms);
    let signed = SignedData::parse(&ber).unwrap();
    assert_eq!(signed.content(), b"the content");
    assert_eq!(signed.verify(TYPE).unwrap(), &signer("a").1);
}

#[test]
fn a_signer_named_in_other_words_is_found_by_its_number_and_key() {
    let cms = sign("a");
    let renamed = |name: &DistinguishedName| {
        let name = der::Encode::to_der(&name.to_name().unwrap()).unwrap();
        rewrite(&cms, &[1, 0, 4, 0, 1, 0], &|_| name.clone())
    };
    let other = renamed(&DistinguishedName::new("KR", "TEST", "Test of A"));
    let other = SignedData::parse(&other).unwrap();
    let verified = other.verify_any(&[TYPE]).unwrap();
    assert!(verified.loosely_named && verified.certificate == &signer("a").1);
    let same = renamed(&DistinguishedName::new("KR", "test", "test  a"));
    let same = SignedData::parse(&same).unwrap();
    assert!(!same.verify_any(&[TYPE]).unwrap().loosely_named);
    // Another number even, as with the CA's own: whose key fits is the signer.
    let numbered = rewrite(&cms, &[1, 0, 4, 0, 1, 1], &|_| vec![2, 1, 1]);
    let numbered = SignedData::parse(&numbered).unwrap();
    assert!(numbered.verify_any(&[TYPE]).unwrap().loosely_named);
    // What is wrong with the content is still what is told.
    let altered = rewrite(&cms, &[1, 0, 4, 0, 1, 1], &|_| vec![2, 1, 1]);
    let altered = rewrite(&altered, &[1, 0, 2, 1, 0], &|_| primitive(Tag::new(4), b"another"));
    assert_eq!(verify(&altered), Err(PkiError::DigestMismatch));
    // A padded serial number is the same number.
    let padded = rewrite(&cms, &[1, 0, 4, 0, 1, 1], &|_| vec![2, 4, 0, 0, 0x81, 2]);
    assert_eq!(verify(&padded).unwrap(), signer("a").1);
}

#[test]
fn an_embedded_certificate_that_is_none_is_told_of_only_where_it_is_needed() {
    let cms = sign("a");
    let with = |certificates: &[&[u8]]| {
        rewrite(&cms, &CERTIFICATES, &|_| {
            let mut w = Writer::new();
            w.primitive(CONTEXT_0, &certificates.concat());
            w.finish()
        })
    };
    let own = signer("a").1;
    let broken = hex::decode("3003020101").unwrap();
    assert_eq!(verify(&with(&[&broken, own.der()])).unwrap(), own);
    assert!(matches!(verify(&with(&[&broken])), Err(PkiError::Structure { .. })));
    let many = vec![own.der(); 33];
    assert!(matches!(verify(&with(&many)), Err(PkiError::TooMuch { limit: 32, .. })));
}

proptest! {
    #[test]
    fn nothing_that_a_card_sends_trips_it(
        edits in proptest::collection::vec((0_usize..900, any::<u8>()), 1..6),
        cut in 0_usize..900,
    ) {
        let mut cms = sign("a");
        for (at, with) in edits {
            let at = at % cms.len();
            cms[at] = with;
        }
        let _ = verify(&cms);
        let _ = verify(&cms[..cut % cms.len()]);
    }
}
