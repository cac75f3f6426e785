//! Certificates as real issuers write them, and as forgers do.

use proptest::prelude::*;
use time::macros::utc_datetime;

use super::super::algorithm::{OBJECT_IDENTIFIER, OCTET_STRING, SET};
use super::super::oid;
use super::*;
use crate::crypto::{Curve, SecretKey, SeededRng};
use crate::tlv::Writer;

// A certificate whose parts may be as odd as they like, with a true signature.
struct Odd {
    serial: Vec<u8>,
    not_before: (u32, &'static str),
    not_after: (u32, &'static str),
    extensions: Vec<(Oid, Option<u8>, Vec<u8>)>,
    // Algorithm identifiers inside and outside, where not those that it is signed with.
    algorithms: Option<[&'static str; 2]>,
}

impl Odd {
    fn new() -> Self {
        Self {
            serial: vec![1],
            not_before: (0x17, "250101000000Z"),
            not_after: (0x17, "350101000000Z"),
            extensions: Vec::new(),
            algorithms: None,
        }
    }

    fn extension(mut self, id: Oid, critical: Option<u8>, hex_value: &str) -> Self {
        self.extensions.push((id, critical, hex::decode(hex_value.replace(' ', "")).unwrap()));
        self
    }

    fn issue(&self) -> Result<Certificate, PkiError> {
        let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"x509", "odd"));
        let name = |w: &mut Writer| {
            w.constructed(SEQUENCE, |w| {
                w.constructed(SET, |w| {
                    w.constructed(SEQUENCE, |w| {
                        w.primitive(OBJECT_IDENTIFIER, oid::COUNTRY_NAME.as_bytes());
                        w.primitive(Tag::new(0x13), b"kr");
                    });
                });
            });
        };
        let algorithm = SignatureAlgorithm::Ecdsa(Hash::Sha256).oid();
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            if !self.extensions.is_empty() {
                w.constructed(VERSION, |w| {
                    w.primitive(INTEGER, &[2]);
                });
            }
            w.primitive(INTEGER, &self.serial);
            match self.algorithms {
                Some([inner, _]) => {
                    w.raw(&hex::decode(inner).unwrap());
                }
                None => super::super::algorithm::write_algorithm(w, algorithm),
            }
            name(w);
            w.constructed(SEQUENCE, |w| {
                for (tag, text) in [self.not_before, self.not_after] {
                    w.primitive(Tag::new(tag), text.as_bytes());
                }
            });
            name(w);
            w.raw(&spki::encode(&key.public()));
            if !self.extensions.is_empty() {
                w.constructed(EXTENSIONS, |w| {
                    w.constructed(SEQUENCE, |w| {
                        for (id, critical, value) in &self.extensions {
                            w.constructed(SEQUENCE, |w| {
                                w.primitive(OBJECT_IDENTIFIER, id.as_bytes());
                                if let Some(flag) = critical {
                                    w.primitive(Tag::new(1), &[*flag]);
                                }
                                w.primitive(OCTET_STRING, value);
                            });
                        }
                    });
                });
            }
        });
        let tbs = w.finish();
        let signature = key.sign_prehash(&Hash::Sha256.digest(&[&tbs])).to_der();
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            w.raw(&tbs);
            if let Some([_, outer]) = self.algorithms {
                w.raw(&hex::decode(outer).unwrap());
            } else {
                // Inside without parameters, outside with NULL: that is one algorithm.
                w.constructed(SEQUENCE, |w| {
                    w.primitive(OBJECT_IDENTIFIER, algorithm.as_bytes());
                    w.primitive(Tag::new(5), &[]);
                });
            }
            w.primitive(BIT_STRING, &[&[0], &signature[..]].concat());
        });
        Certificate::from_der(&w.finish())
    }
}

#[test]
fn certificates_of_version_1_with_odd_numbers_and_times_are_read() {
    let mut odd = Odd::new();
    odd.serial = vec![0, 0, 0xFF, 1];
    odd.not_before = (0x17, "0802290900+0100");
    odd.not_after = (0x18, "20330101");
    assert!(odd.issue().unwrap_err().to_string().contains("20330101"));
    odd.not_after = (0x18, "2033010112");
    let certificate = odd.issue().unwrap();
    certificate.verify_signature(&certificate).unwrap();
    assert!(certificate.has_serial(&[0xFF, 1]) && !certificate.has_serial(&[0xFF]));
    assert_eq!(certificate.validity().not_before, utc_datetime!(2008-02-29 08:00));
    assert_eq!(certificate.validity().not_after, utc_datetime!(2033-01-01 12:00));
    assert_eq!(certificate.country().as_deref(), Some("KR"));
    // It says nothing of what it may do, and signed itself.
    assert!(certificate.may_issue() && !certificate.is_ca());
    assert_eq!(certificate.key_id_agrees(&certificate), None);
}

#[test]
fn the_algorithm_inside_is_the_one_outside_in_whichever_words() {
    // RSASSA-PSS by its defaults, with the salt's spelt out, and with another salt; SHA-1 with RSA
    // by both of its names; ECDSA with another hash function.
    let (default, spelt) =
        ("300d06092a864886f70d01010a3000", "301206092a864886f70d01010a3005a203020114");
    let salt = "301206092a864886f70d01010a3005a203020120";
    let (sha1, oiw) = ("300d06092a864886f70d0101050500", "300706052b0e03021d");
    let (sha256, sha384) = ("300a06082a8648ce3d040302", "300a06082a8648ce3d040303");
    for (inner, outer, one) in [
        (default, spelt, true),
        (default, salt, false),
        (sha1, oiw, true),
        (sha256, sha384, false),
        (sha1, sha256, false),
    ] {
        for algorithms in [[inner, outer], [outer, inner]] {
            let result = Odd { algorithms: Some(algorithms), ..Odd::new() }.issue();
            match result {
                Ok(_) => assert!(one, "{algorithms:?}"),
                Err(PkiError::AlgorithmMismatch { .. }) => assert!(!one, "{algorithms:?}"),
                Err(error) => panic!("{algorithms:?}: {error}"),
            }
        }
    }
}

#[test]
fn extensions_say_what_a_certificate_may_do() {
    let usage = |bits: &str| format!("0302 00{bits}");
    for (extensions, may_issue, is_ca) in [
        (vec![(oid::BASIC_CONSTRAINTS, "3003 0101ff")], true, true),
        (vec![(oid::BASIC_CONSTRAINTS, "3003 010101")], true, true), // TRUE as some write it
        (vec![(oid::BASIC_CONSTRAINTS, "3000")], false, false),
        // A link certificate that says it is no CA, and signs certificates.
        (vec![(oid::BASIC_CONSTRAINTS, "3000"), (oid::KEY_USAGE, "0302 0106")], true, false),
        (
            vec![(oid::BASIC_CONSTRAINTS, "3003 0101ff"), (oid::KEY_USAGE, "0302 0780")],
            false,
            false,
        ),
        (vec![(oid::KEY_USAGE, "0302 0780")], false, false),
    ] {
        let mut odd = Odd::new();
        for (id, value) in &extensions {
            odd = odd.extension(*id, Some(0xFF), value);
        }
        let certificate = odd.issue().unwrap();
        assert_eq!((certificate.may_issue(), certificate.is_ca()), (may_issue, is_ca));
    }
    let certificate = Odd::new()
        .extension(oid::KEY_USAGE, Some(1), &usage("80"))
        .extension(oid::EXT_KEY_USAGE, None, "300a 06082b06010505070308")
        .extension(oid::PRIVATE_KEY_USAGE_PERIOD, None, "3011 800f 32303235303130313030303030305a")
        .extension(
            oid::AUTHORITY_KEY_IDENTIFIER,
            None,
            "3014 8002aabb a10b a409 3007 0605 5504030000 820101",
        )
        .extension(oid::SUBJECT_KEY_IDENTIFIER, None, "ffff")
        .issue()
        .unwrap();
    assert!(certificate.key_usage().unwrap().digital_signature);
    assert_eq!(certificate.purposes().unwrap(), [Oid::new_unwrap("1.3.6.1.5.5.7.3.8")]);
    assert_eq!(certificate.private_key_usage(), (Some(utc_datetime!(2025-01-01 0:00)), None));
    // What only helps to find a certificate may be nonsense.
    assert_eq!(certificate.subject_key_id(), None);
    assert_eq!(certificate.unknown_critical_extension(), None);
    let odd = Oid::new_unwrap("1.2.3.4");
    let certificate = Odd::new().extension(odd, Some(0xFF), "00").issue().unwrap();
    assert_eq!(certificate.unknown_critical_extension(), Some(odd));
    for (id, value) in [(oid::KEY_USAGE, "0500"), (oid::BASIC_CONSTRAINTS, "0101ff")] {
        let error = Odd::new().extension(id, None, value).issue().unwrap_err();
        assert!(error.to_string().contains("extension"), "{error}");
    }
    let twice = Odd::new().extension(odd, None, "00").extension(odd, None, "00");
    assert!(twice.issue().unwrap_err().to_string().contains("twice"));
}

proptest! {
    #[test]
    fn nothing_that_stands_in_a_certificate_trips_it(
        edits in proptest::collection::vec((0_usize..400, any::<u8>()), 1..8),
    ) {
        let good = Odd::new()
            .extension(oid::KEY_USAGE, Some(0xFF), "0302 0106")
            .extension(oid::AUTHORITY_KEY_IDENTIFIER, None, "3004 8002aabb")
            .issue()
            .unwrap();
        let mut der = good.der().to_vec();
        for (at, with) in edits {
            let at = at % der.len();
            der[at] = with;
        }
        if let Ok(read) = Certificate::from_der(&der) {
            let _ = (read.subject(), read.issuer(), read.country(), read.fingerprint());
            let passes = read.verify_signature(&good).is_ok();
            prop_assert!(!passes || read.tbs == good.tbs);
        }
    }
}
