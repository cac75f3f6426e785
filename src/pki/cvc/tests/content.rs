//! What stands in a certificate, and in key files.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::crypto::CurveError;
use crate::tlv::{Writer, parse_one};

#[test]
fn references_and_dates() {
    let reference = name("KRCVCA00001");
    assert_eq!((reference.country(), reference.to_string()), (Some("KR"), "KRCVCA00001".into()));
    let latin = Reference::from_bytes(b"DEB\xFCro00001").unwrap();
    assert_eq!(latin.to_string(), "DEBüro00001");
    assert_eq!(name("DEBüro00001"), latin);
    assert_eq!(Reference::from_bytes(b"12345").unwrap().country(), None);
    for bad in [&b""[..], &[b'A'; 17], b"KR\0CVCA00001", b"KRCVCA\x7F00001", b"KRCV\x85A00001"] {
        assert!(Reference::from_bytes(bad).is_err(), "{bad:?}");
    }
    for bad in ["KR00001", "krCVCA00001", "KRCVCA0000!", "KRTOOLONGNAME00001", "KR한국00001", ""]
    {
        assert!(bad.parse::<Reference>().is_err(), "{bad}");
    }
    assert_eq!(date("2025-12-31").to_bytes(), [2, 5, 1, 2, 3, 1]);
    assert_eq!(CvcDate::from_bytes(&[0, 0, 0, 2, 2, 9]), Ok(date("2000-02-29")));
    for bad in
        [&[2, 5, 1, 3, 0, 1][..], &[2, 5, 0, 2, 2, 9], &[2, 5, 0, 10, 0, 1], &[2, 5], &[0x32; 6]]
    {
        assert!(CvcDate::from_bytes(bad).is_err(), "{bad:?}");
    }
    // However much came, little is said of it.
    let long = CvcDate::from_bytes(&[0x4B; 2_086]).unwrap_err().to_string();
    assert!(long.ends_with("4b4b4b4b4b4b4b4b.. (2086 bytes) is none"), "{long}");
    for bad in [
        "2025-02-29",
        "1999-01-01",
        "2100-01-01",
        "25-01-01",
        "2025-1-1",
        "2025-01-01-",
        "+025-01-01",
        "2025-001-1",
    ] {
        assert!(bad.parse::<CvcDate>().is_err(), "{bad}");
    }
    let moment = time::macros::utc_datetime!(2025-06-01 23:59:59);
    assert_eq!(CvcDate::of(moment), Some(date("2025-06-01")));
    assert_eq!(CvcDate::of(time::macros::utc_datetime!(1999-06-01 0:00)), None);
}

#[test]
fn rights_have_names_and_meet_in_the_middle() {
    for terminal in TerminalType::ALL {
        let all = Chat::new(terminal, Role::Cvca).with_rights(u64::MAX);
        assert_eq!(all.role(), Role::Cvca);
        assert_eq!(all.rights().count(), terminal.known_rights().len());
        let mut bits: Vec<_> = terminal.known_rights().iter().map(|r| r.bit).collect();
        assert!(bits.is_sorted());
        bits.dedup();
        assert_eq!(bits.len(), terminal.known_rights().len());
        assert!(!all.has(6) || terminal == TerminalType::AuthenticationTerminal);
        for role in [Role::Cvca, Role::DvDomestic, Role::DvForeign, Role::Terminal] {
            let some = Chat::new(terminal, role).with_rights(0b10);
            assert_eq!((some.role(), some.right_bits()), (role, 0b10));
            let mut w = Writer::new();
            some.write(&mut w);
            let bytes = w.finish();
            assert_eq!(Chat::read(&parse_one(&bytes, tag::CHAT).unwrap()), Ok(some));
            let met = some.intersect(all);
            assert_eq!((met.role(), met.right_bits()), (role, 0b10));
            let none = some.intersect(Chat::new(terminal, Role::Cvca).with_rights(0b01));
            assert_eq!((none.role(), none.right_bits()), (role, 0));
        }
    }
    let a = Chat::new(TerminalType::SignatureTerminal, Role::Terminal).with_rights(3);
    let b = Chat::new(TerminalType::InspectionSystem, Role::Cvca).with_rights(3);
    assert_eq!(a.intersect(b).right_bits(), 0);
}

static CVCA: LazyLock<CvCertificate> = LazyLock::new(|| Pki::new(p256).cvca);

// A certificate with another public key data object, signature and all.
fn with_key(key: &[u8]) -> Result<CvCertificate, CvcError> {
    let cvca = &*CVCA;
    let body = parse_one(cvca.body(), tag::BODY).unwrap();
    let mut w = Writer::new();
    w.constructed(tag::BODY, |w| {
        for field in body.children().unwrap() {
            let field = field.unwrap();
            w.raw(if field.tag == tag::PUBLIC_KEY { key } else { field.raw });
        }
    });
    w.primitive(tag::SIGNATURE, cvca.signature());
    CvCertificate::parse_content(&w.finish())
}

#[test]
fn keys_that_prove_nothing_are_refused() {
    let body = parse_one(CVCA.body(), tag::BODY).unwrap();
    let key = body.need(tag::PUBLIC_KEY).unwrap();
    let objects: Vec<_> = key.children().unwrap().map(|o| o.unwrap()).collect();
    // Each data object in turn with another value, or left out, or twice.
    let edited = |edit: &dyn Fn(&mut Writer, usize)| {
        let mut w = Writer::new();
        w.constructed(tag::PUBLIC_KEY, |w| (0..objects.len()).for_each(|i| edit(w, i)));
        with_key(&w.finish())
    };
    let replaced = |at: usize, value: &[u8]| {
        edited(&|w, i| {
            w.primitive(objects[i].tag, if i == at { value } else { objects[i].value });
        })
    };
    let whole = |w: &mut Writer, i: usize| {
        w.raw(objects[i].raw);
    };
    assert!(edited(&whole).is_ok());
    for at in 0..objects.len() {
        let without = edited(&|w, i| {
            if i != at {
                w.raw(objects[i].raw);
            }
        });
        // The cofactor is the one object that may be missing.
        assert_eq!(without.is_ok(), at == 7, "{at}");
        assert!(
            edited(&|w, i| {
                w.raw(objects[i].raw);
                if i == at {
                    w.raw(objects[i].raw);
                }
            })
            .is_err()
        );
        let mut value = objects[at].value.to_vec();
        value[0] ^= 1;
        assert!(replaced(at, &value).is_err(), "{at}");
    }
    let mut generator = objects[4].value.to_vec();
    generator[64] ^= 1;
    for (at, value, expected) in [
        (
            1,
            &[0xFF; 32][..],
            "parameters that describe no curve: none known has this 256-bit prime",
        ),
        (
            4,
            &generator,
            "parameters that describe no curve: the prime is that of P-256, the base point is not",
        ),
        (6, &[0; 65], "no point of P-256: 65 bytes 04 || x || y on the curve expected, 65 came"),
        (
            7,
            &[0],
            "parameters that describe no curve: the prime is that of P-256, the cofactor is not",
        ),
    ] {
        assert_eq!(
            replaced(at, value).unwrap_err().to_string(),
            format!("CV certificate: {expected}")
        );
    }
    let rsa_key = |n: &[u8], e: &[u8]| {
        let oid = TaAlgorithm::RsaPss(Hash::Sha256).oid().unwrap();
        let mut w = Writer::new();
        w.constructed(tag::PUBLIC_KEY, |w| {
            w.primitive(tag::OBJECT_IDENTIFIER, oid.as_bytes());
            w.primitive(Tag::new(0x81), n).primitive(Tag::new(0x82), e);
        });
        with_key(&w.finish())
    };
    let n = [0xFF; 128];
    rsa_key(&n, &[3]).unwrap();
    for (n, e) in
        [(&n[..], &[1][..]), (&n, &[2]), (&n, &[]), (&n[..64], &[3]), (&[0xFE; 128], &[3])]
    {
        assert!(matches!(rsa_key(n, e), Err(CvcError::Rsa(_))));
    }
    assert_eq!(
        CvcPublicKey::new(TaAlgorithm::Ecdsa(Hash::Sha1), CvcKey::Point(vec![4]))
            .unwrap()
            .resolved(name("KRIS00001"), Some(Curve::P256)),
        Err(CurveError::BadPoint { curve: Curve::P256, expected: 65, got: 1 }.into())
    );
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let pki = Pki::new(p256);
    let trust = Issuer::trust_point(&pki.cvca).unwrap();
    let bytes = pki.link.to_bytes();
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1 << (at % 8);
        let passes = CvCertificate::parse(&bad).is_ok_and(|c| trust.admit(&c).is_ok());
        assert!(!passes, "byte {at}");
        assert!(CvCertificate::parse(&bytes[..at]).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(CvCertificate::parse(&longer).is_err());
    let huge = vec![0x30; MAX_CERTIFICATE + 1];
    assert!(matches!(CvCertificate::parse(&huge), Err(CvcError::TooMuch { .. })));
}

#[test]
fn signatures_may_lack_the_zeros_that_both_halves_have() {
    // P-521 has seven bits more than whole bytes, so half of all signatures begin with zeros.
    let signer = ec(Curve::P521, Hash::Sha512, "short");
    let key = signer.public();
    let short = (0..100_u8).find_map(|i| {
        let signature = signer.sign(&[i], &mut rng()).unwrap();
        (signature[0] == 0 && signature[66] == 0).then_some((i, signature))
    });
    let (message, full) = short.expect("a quarter of all");
    assert!(key.verifies(&[message], &full));
    let short = [&full[1..66], &full[67..]].concat();
    assert!(key.verifies(&[message], &short));
    assert!(!key.verifies(&[message ^ 1], &short));
    let longer = [&[0], &full[..66], &[0], &full[66..]].concat();
    for bad in [&short[1..], &full[1..], &longer, &[]] {
        assert!(!key.verifies(&[message], bad));
    }
}

#[test]
fn extensions_come_back_and_are_counted() {
    let rng = &mut rng();
    let extension = |data: &str| Extension {
        oid: "0.4.0.127.0.7.3.1.3.1".parse().unwrap(),
        data: hex::decode(data).unwrap(),
    };
    let with = |extensions| CvcProfile { extensions, ..profile("KRCVCA00001", Role::Cvca, 0) };
    let made = with(vec![extension("8002aabb"), extension("")]);
    let made = made.self_signed(&p256("a"), rng).unwrap();
    assert_eq!(made.extensions(), [extension("8002aabb"), extension("")]);
    assert!(made.extensions()[0].description().is_some());
    Issuer::trust_point(&made).unwrap();
    assert!(with(vec![extension("80")]).self_signed(&p256("a"), rng).is_err());
    let flood = with(vec![extension(""); 17]).self_signed(&p256("a"), rng);
    assert!(matches!(flood, Err(CvcError::TooMuch { .. })));
}

#[test]
fn private_keys_come_back_from_every_form() {
    for signer in [p256("a"), ec(Curve::P521, Hash::Sha512, "b"), rsa(TaAlgorithm::ALL[0], "c")] {
        let (der, pem) = (signer.private().to_pkcs8_der(), signer.private().to_pem());
        for bytes in [&der[..], pem.as_bytes()] {
            let again = PrivateKey::from_bytes(bytes).unwrap();
            assert_eq!(again.to_pkcs8_der(), der);
        }
        for cut in 0..der.len() {
            assert!(PrivateKey::from_bytes(&der[..cut]).is_err());
        }
    }
    assert!(format!("{:?}", p256("a").private()).len() < 30);
    for bad in [
        "",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----",
    ] {
        assert!(PrivateKey::from_bytes(bad.as_bytes()).is_err());
    }
    assert!(PrivateKey::from_bytes(&[0x30; 20_000]).is_err());
}

#[test]
fn ef_cvca_holds_one_or_two_names() {
    let (old, new) = (name("KRCVCA00001"), name("KRCVCA00002"));
    for references in [vec![new], vec![new, old]] {
        let file = encode_ef_cvca(&references);
        assert_eq!(file.len(), 36);
        assert_eq!(parse_ef_cvca(&file), Ok(references));
    }
    let three = [0x42, 1, b'A'].repeat(3);
    for bad in [&[][..], &[0; 36], &[0x42], &[0x42, 2, b'A'], &[0x53, 1, b'A'], &three] {
        assert!(parse_ef_cvca(bad).is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = CvCertificate::parse(&bytes);
        let _ = CvCertificate::parse_content(&bytes);
        let _ = PrivateKey::from_bytes(&bytes);
        let _ = parse_ef_cvca(&bytes);
        // Within a good frame, so that what is inside is reached.
        let _ = with_key(&bytes);
        let mut w = Writer::new();
        w.primitive(tag::PUBLIC_KEY, &bytes);
        let _ = with_key(&w.finish());
    }
}
