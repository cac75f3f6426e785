use super::*;
use crate::{
    crypto::{Curve, Hash, RsaPrivateKey, SecretKey, SeededRng, Signature},
    lds::oids,
    pki::{oid, spki},
};

const CHALLENGE: [u8; 8] = *b"RND.IFD!";
const HASHES: [Hash; 5] = [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512];

fn rng() -> SeededRng {
    SeededRng::new(b"active", "chip")
}

fn ec_key(curve: Curve) -> SecretKey {
    SecretKey::generate(curve, &mut SeededRng::new(b"active", "ec"))
}

fn rsa_key() -> RsaPrivateKey {
    RsaPrivateKey::generate(1024, &mut SeededRng::new(b"active", "rsa")).unwrap()
}

#[test]
fn every_curve_hash_and_form_is_found_out() {
    for curve in Curve::ALL {
        let public = AaKey::from_spki(&spki::encode(&ec_key(curve).public())).unwrap();
        for hash in HASHES {
            for format in [EcdsaFormat::Plain, EcdsaFormat::Der] {
                let chip = Chip::with_format(ec_key(curve), hash, format);
                let signature = chip.internal_authenticate(&CHALLENGE, &mut rng()).unwrap();
                assert!(signature.len() <= public.signature_len());
                let made = check(&public, None, &CHALLENGE, &signature).unwrap();
                assert_eq!(made, AaAlgorithm::Ecdsa { hash, format }, "{curve}");
            }
        }
        let chip = Chip::new(ec_key(curve), Hash::Sha256);
        let signature = chip.internal_authenticate(b"another!", &mut rng()).unwrap();
        let other = check(&public, None, &CHALLENGE, &signature);
        assert_eq!(other, Err(CurveError::BadSignature { curve }.into()));
    }
}

#[test]
fn an_algorithm_that_is_named_binds() {
    let named = [
        (oids::ECDSA_PLAIN_SHA1, oid::ECDSA_WITH_SHA1, Hash::Sha1),
        (oids::ECDSA_PLAIN_SHA224, oid::ECDSA_WITH_SHA224, Hash::Sha224),
        (oids::ECDSA_PLAIN_SHA256, oid::ECDSA_WITH_SHA256, Hash::Sha256),
        (oids::ECDSA_PLAIN_SHA384, oid::ECDSA_WITH_SHA384, Hash::Sha384),
        (oids::ECDSA_PLAIN_SHA512, oid::ECDSA_WITH_SHA512, Hash::Sha512),
    ];
    let public = AaKey::Ec(ec_key(Curve::P256).public());
    for signed in HASHES {
        let chip = Chip::new(ec_key(Curve::P256), signed);
        let signature = chip.internal_authenticate(&CHALLENGE, &mut rng()).unwrap();
        for (plain, x962, hash) in named {
            for oid in [plain, x962] {
                let result = check(&public, Some(oid), &CHALLENGE, &signature);
                assert_eq!(result.is_ok(), hash == signed, "{signed} as {oid}");
            }
        }
        let oid = oids::AA;
        let unknown = check(&public, Some(oid), &CHALLENGE, &signature);
        assert_eq!(unknown, Err(ActiveAuthError::UnknownAlgorithm { oid }));
    }
}

#[test]
fn hash_functions_that_fit_the_key_are_tried_first() {
    let tried = |len| check::hashes(None, len);
    assert_eq!(tried(32), [Hash::Sha256, Hash::Sha224, Hash::Sha1, Hash::Sha384, Hash::Sha512]);
    assert_eq!(tried(66), [Hash::Sha512, Hash::Sha384, Hash::Sha256, Hash::Sha224, Hash::Sha1]);
    assert_eq!(check::hashes(Some(Hash::Sha1), 32), [Hash::Sha1]);
}

#[test]
fn rsa_signatures_say_their_hash_whatever_is_named() {
    let public = AaKey::from_spki(&rsa_key().public().to_spki_der()).unwrap();
    assert_eq!(public.signature_len(), 128);
    for hash in HASHES {
        let chip = Chip::rsa(rsa_key(), hash).unwrap();
        let signature = chip.internal_authenticate(&CHALLENGE, &mut rng()).unwrap();
        for named in [None, Some(oids::ECDSA_PLAIN_SHA256), Some(oids::AA)] {
            let made = check(&public, named, &CHALLENGE, &signature).unwrap();
            assert_eq!(made, AaAlgorithm::Rsa { hash });
        }
        let other = check(&public, None, b"another!", &signature);
        assert_eq!(other, Err(ActiveAuthError::BadRsaSignature(RsaError::BadSignature)));
        // M1 is drawn anew each time.
        let mut rng = rng();
        let mut sign = || chip.internal_authenticate(&CHALLENGE, &mut rng).unwrap();
        assert_ne!(sign(), sign());
    }
}

#[test]
fn wrong_answers_are_refused_with_a_reason() {
    let ec = AaKey::Ec(ec_key(Curve::P256).public());
    let rsa = AaKey::Rsa(rsa_key().public().clone());
    let why = |key: &AaKey, signature: &[u8]| {
        check(key, None, &CHALLENGE, signature).unwrap_err().to_string()
    };
    let der = Signature::from_plain([0xFF; 64]).to_der();
    let card = ": this chip does not hold the key of EF.DG15";
    for (key, signature, expected) in [
        (&ec, vec![], "a signature of 64 bytes expected, 0 came".to_owned()),
        (&ec, vec![1; 63], "a signature of 64 bytes expected, 63 came".to_owned()),
        (&ec, vec![0; 64], format!("the P-256 signature does not verify{card}")),
        (&ec, der, format!("the P-256 signature does not verify{card}")),
        (&rsa, vec![], format!("RSA: a signature of 128 bytes expected, 0 came{card}")),
        (&rsa, vec![1; 129], format!("RSA: a signature of 128 bytes expected, 129 came{card}")),
        (&rsa, vec![1; 128], format!("the RSA signature does not verify{card}")),
        (&rsa, vec![0xFF; 128], format!("the RSA signature does not verify{card}")),
    ] {
        assert_eq!(why(key, &signature), format!("Active Authentication: {expected}"));
    }
    let chips =
        [Chip::new(ec_key(Curve::P256), Hash::Sha256), Chip::rsa(rsa_key(), Hash::Sha1).unwrap()];
    for chip in chips {
        for data in [&[][..], &[0; 7], &[0; 9]] {
            let error = chip.internal_authenticate(data, &mut rng()).unwrap_err();
            assert_eq!(error, ActiveAuthError::BadChallenge { got: data.len() });
            assert_eq!(error.status().0, 0x6700);
        }
    }
}

#[test]
fn keys_that_prove_nothing_are_refused() {
    use crate::tlv::{Tag, Writer};
    let spki = |n: &[u8], e: &[u8]| {
        let mut key = Writer::new();
        key.constructed(Tag::new(0x30), |w| {
            w.primitive(Tag::new(0x02), n).primitive(Tag::new(0x02), e);
        });
        let bits = [&[0], key.finish().as_slice()].concat();
        let mut w = Writer::new();
        w.constructed(Tag::new(0x30), |w| {
            w.raw(&hex::decode("300d06092a864886f70d0101010500").unwrap());
            w.primitive(Tag::new(0x03), &bits);
        });
        w.finish()
    };
    let n = [&[0], rsa_key().public().modulus()].concat();
    AaKey::from_spki(&spki(&n, &[3])).unwrap();
    for (n, e, expected) in [
        (&n[..], &[1][..], "the exponent is refused: it is below 3"),
        (&n, &[0], "the exponent is refused: it is below 3"),
        (&n, &[4], "the exponent is refused: it is even"),
        (&n[..65], &[3], "a modulus of 1,024 to 8,192 bits expected, 512 came"),
        (&[0x40; 128], &[3], "a modulus of 1,024 to 8,192 bits expected, 1023 came"),
        (&[0xFE; 128], &[3], "the modulus is even"),
    ] {
        let error = AaKey::from_spki(&spki(n, e)).unwrap_err().to_string();
        assert_eq!(error, format!("Active Authentication: public key: RSA key: {expected}"));
    }
    // An elliptic-curve key on a curve that nobody knows, and a key of another algorithm.
    for hex in
        ["30133009 06072a8648ce3d0201 0603020000", "3011300b 0609 2a864886f70d010301 030203 00"]
    {
        let der = hex::decode(hex.replace(' ', "")).unwrap();
        assert!(matches!(AaKey::from_spki(&der), Err(ActiveAuthError::Key(_))), "{hex}");
    }
}

proptest::proptest! {
    #[test]
    fn any_answer_and_key_is_read_or_refused(
        bytes in proptest::collection::vec(0_u8.., 0..160)
    ) {
        let _ = AaKey::from_spki(&bytes);
        let public = AaKey::Ec(ec_key(Curve::BrainpoolP256r1).public());
        proptest::prop_assert!(check(&public, None, &CHALLENGE, &bytes).is_err());
    }
}
