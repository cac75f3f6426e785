//! OpenSSL as the outside judge of every curve and MODP group: its keys, its signatures, its
//! shared secrets and its domain parameters are ours.

use iccard::{
    crypto::{
        AgreementSecretKey, Curve, CurveParameters, Domain, Group, Hash, PublicKey, SecretKey,
        SeededRng, Signature,
    },
    pki::{agreement, spki},
    tlv::{Reader, Tag, Tlv, parse_one},
};
use tempfile::TempDir;

use crate::interop_openssl::{openssl, read, workplace, write};

fn name(curve: Curve) -> String {
    match curve {
        Curve::P192 => "prime192v1".into(),
        Curve::P224 => "secp224r1".into(),
        Curve::P256 => "prime256v1".into(),
        Curve::P384 => "secp384r1".into(),
        Curve::P521 => "secp521r1".into(),
        brainpool => brainpool.to_string(),
    }
}

/// A key pair of OpenSSL's: theirs.pem, and the public half as we read it.
fn their_key(dir: &TempDir, curve: Curve) -> PublicKey {
    let name = name(curve);
    openssl(
        dir,
        &format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{name} -out theirs.pem"),
    )
    .unwrap();
    openssl(dir, "pkey -in theirs.pem -pubout -outform DER -out theirs.der").unwrap();
    spki::parse(&read(dir, "theirs.der")).unwrap()
}

#[test]
fn every_curve_signs_and_agrees_with_openssl() {
    let Some(dir) = workplace("every_curve_signs_and_agrees_with_openssl") else { return };
    write(&dir, "message", b"signed by them");
    for curve in Curve::ALL {
        let theirs = their_key(&dir, curve);
        let ours = SecretKey::generate(curve, &mut SeededRng::new(b"openssl", "curve"));
        write(&dir, "ours.der", spki::encode(&ours.public()));
        openssl(&dir, "pkey -pubin -inform DER -in ours.der -out ours.pem").unwrap();

        for (hash, option) in
            [(Hash::Sha1, "-sha1"), (Hash::Sha256, "-sha256"), (Hash::Sha512, "-sha512")]
        {
            openssl(&dir, &format!("dgst {option} -sign theirs.pem -out signature message"))
                .unwrap();
            let digest = hash.digest(&[b"signed by them"]);
            let signature = Signature::from_der(curve, &read(&dir, "signature")).unwrap();
            theirs.verify_prehash(&digest, &signature).unwrap();
            write(&dir, "signature", ours.sign_prehash(&digest).to_der());
            openssl(&dir, &format!("dgst {option} -verify ours.pem -signature signature message"))
                .unwrap_or_else(|e| panic!("{curve}: {e}"));
        }

        openssl(&dir, "pkeyutl -derive -inkey theirs.pem -peerkey ours.pem -out secret").unwrap();
        assert_eq!(ours.agree(&theirs).unwrap().as_bytes(), read(&dir, "secret"), "{curve}");
    }
}

#[test]
fn every_curve_has_openssls_domain_parameters() {
    let Some(dir) = workplace("every_curve_has_openssls_domain_parameters") else { return };
    for curve in Curve::ALL {
        for form in ["uncompressed", "compressed"] {
            let name = name(curve);
            let command = "ecparam -param_enc explicit -outform DER -out explicit.der";
            openssl(&dir, &format!("{command} -name {name} -conv_form {form}")).unwrap();
            let given = explicit(&read(&dir, "explicit.der"));
            assert_eq!(Curve::from_explicit(&given), Ok(curve), "{form}");
        }
    }
    openssl(&dir, "ecparam -name secp256k1 -param_enc explicit -outform DER -out explicit.der")
        .unwrap();
    let error = Curve::from_explicit(&explicit(&read(&dir, "explicit.der"))).unwrap_err();
    assert!(error.to_string().contains("parameters that describe no curve"), "{error}");
}

#[test]
fn every_group_agrees_with_openssl() {
    let Some(dir) = workplace("every_group_agrees_with_openssl") else { return };
    for (group, name) in Group::ALL.into_iter().zip(["dh_1024_160", "dh_2048_224", "dh_2048_256"]) {
        openssl(&dir, &format!("genpkey -algorithm DHX -pkeyopt group:{name} -out theirs.pem"))
            .unwrap();
        openssl(&dir, "pkey -in theirs.pem -pubout -outform DER -out theirs.der").unwrap();
        let theirs = agreement::parse(&read(&dir, "theirs.der")).unwrap();
        assert_eq!(theirs.domain(), Domain::Group(group));
        let mut rng = SeededRng::new(b"openssl", "group");
        let ours = AgreementSecretKey::generate(group.into(), &mut rng);
        write(&dir, "ours.der", agreement::encode(&ours.public()));
        openssl(&dir, "pkey -pubin -inform DER -in ours.der -out ours.pem").unwrap();
        let derive = "pkeyutl -derive -inkey theirs.pem -peerkey ours.pem -out secret";
        openssl(&dir, &format!("{derive} -pkeyopt pad:1")).unwrap();
        assert_eq!(ours.agree(&theirs).unwrap().as_bytes(), read(&dir, "secret"), "{group}");
    }
}

// ECParameters (RFC 3279 clause 2.3.5).
fn explicit(der: &[u8]) -> CurveParameters {
    let next = |reader: &mut Reader<'_>, tag| -> Vec<u8> {
        let object: Tlv<'_> = reader.expect(Tag::new(tag)).unwrap();
        object.value.to_vec()
    };
    let mut fields = parse_one(der, Tag::new(0x30)).unwrap().children().unwrap();
    next(&mut fields, 0x02);
    let mut field = fields.expect(Tag::new(0x30)).unwrap().children().unwrap();
    next(&mut field, 0x06);
    let prime = next(&mut field, 0x02);
    let mut curve = fields.expect(Tag::new(0x30)).unwrap().children().unwrap();
    CurveParameters {
        prime,
        a: next(&mut curve, 0x04),
        b: next(&mut curve, 0x04),
        generator: next(&mut fields, 0x04),
        order: next(&mut fields, 0x02),
        cofactor: Some(next(&mut fields, 0x02)),
    }
}
