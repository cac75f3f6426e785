//! OpenSSL as the outside judge of certificates and signed data: it accepts what we make, and we
//! accept what it makes.

use std::process::Command;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use iccard::crypto::{Curve, SecretKey, SeededRng, Signature};
use iccard::issuance::{CredentialRequest, DeviceKeys, Session};
use iccard::pki::{
    Certificate, DistinguishedName, PkiError, Profile, SignedData, Signer, oid, spki,
};
use iccard::trust::{Access, Card, Evidence};
use tempfile::TempDir;
use time::macros::utc_datetime;

/// A folder to work in, or `None` where there is no OpenSSL 3 (LibreSSL lacks some options).
pub(crate) fn workplace(test: &str) -> Option<TempDir> {
    match Command::new("openssl").arg("version").output() {
        Ok(out) if out.stdout.starts_with(b"OpenSSL 3") => Some(tempfile::tempdir().unwrap()),
        _ => {
            crate::support::skipped(test, "there is no OpenSSL 3");
            None
        }
    }
}

/// Runs `openssl` with these arguments (a string split at spaces) and returns what it printed.
pub(crate) fn openssl(folder: &TempDir, arguments: &str) -> Result<String, String> {
    let out =
        Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if out.status.success() {
        Ok(text(&out.stdout))
    } else {
        Err(format!("openssl {arguments}: {}{}", text(&out.stdout), text(&out.stderr)))
    }
}

struct Chain {
    csca: Certificate,
    signer: Certificate,
    signer_key: SecretKey,
}

fn chain(curve: Curve) -> Chain {
    let mut rng = SeededRng::new(b"openssl", "chain");
    let csca_key = SecretKey::generate(curve, &mut rng);
    let signer_key = SecretKey::generate(curve, &mut rng);
    let profile = |cn: &str, serial: &[u8]| Profile {
        subject: DistinguishedName::new("KR", "시험 TEST", cn),
        serial: serial.to_vec(),
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2051-06-01 0:00),
    };
    let csca = profile("TEST CSCA KR", &[0x80, 1]).csca(&csca_key).unwrap();
    let signer = profile("TEST Document Signer 1", &[0x11; 20])
        .document_signer(&signer_key.public(), &csca, &csca_key)
        .unwrap();
    Chain { csca, signer, signer_key }
}

pub(crate) fn write(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.path().join(name), bytes).unwrap();
}

pub(crate) fn read(folder: &TempDir, name: &str) -> Vec<u8> {
    std::fs::read(folder.path().join(name)).unwrap()
}

#[test]
fn openssl_accepts_our_certificates_and_signed_data() {
    let Some(dir) = workplace("openssl_accepts_our_certificates_and_signed_data") else { return };
    for curve in Curve::ALL {
        let Chain { csca, signer, signer_key } = chain(curve);
        write(&dir, "csca.pem", csca.to_pem());
        write(&dir, "signer.pem", signer.to_pem());
        openssl(&dir, "verify -x509_strict -CAfile csca.pem csca.pem").unwrap();
        openssl(&dir, "verify -x509_strict -CAfile csca.pem signer.pem").unwrap();
        let text = openssl(&dir, "x509 -in csca.pem -noout -text").unwrap();
        for line in ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "C = KR", "2051 GMT"] {
            assert!(text.contains(line), "{line} in {text}");
        }
        let text = openssl(&dir, "x509 -in signer.pem -noout -text").unwrap();
        assert!(text.contains("Digital Signature") && !text.contains("CA:TRUE"), "{text}");

        let by = Signer { certificate: &signer, key: &signer_key };
        let cms = SignedData::sign(oid::LDS_SECURITY_OBJECT, b"signed by us", &by).unwrap();
        write(&dir, "cms.der", &cms);
        let verify = "cms -verify -inform DER -in cms.der -purpose any -CAfile csca.pem -out got";
        openssl(&dir, verify).unwrap();
        assert_eq!(read(&dir, "got"), b"signed by us");
        let mut bad = cms;
        let at = bad.windows(6).position(|w| w == b"signed").unwrap();
        bad[at] ^= 1;
        write(&dir, "cms.der", &bad);
        openssl(&dir, verify).unwrap_err();
    }
}

fn openssl_chain(dir: &TempDir, curve: &str) -> (Certificate, Certificate) {
    let subject = |cn| format!("/C=KR/O=TEST/CN={cn}");
    openssl(
        dir,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:{curve} -nodes -keyout ca.key \
             -out ca.pem -days 9 -subj {} -addext keyUsage=critical,keyCertSign,cRLSign",
            subject("Theirs")
        ),
    )
    .unwrap();
    openssl(
        dir,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:{curve} -nodes -keyout ds.key \
             -out ds.pem -days 9 -subj {} -CA ca.pem -CAkey ca.key -sha384 \
             -addext basicConstraints=CA:FALSE -addext keyUsage=critical,digitalSignature",
            subject("Signer")
        ),
    )
    .unwrap();
    let load = |name| Certificate::from_pem_or_der(&read(dir, name)).unwrap();
    (load("ca.pem"), load("ds.pem"))
}

fn cms_sign(dir: &TempDir, options: &str) -> SignedData {
    let command = format!(
        "cms -sign -binary -nodetach -in content -outform DER -out theirs.der -econtent_type \
         2.23.136.1.1.1 -signer ds.pem -inkey ds.key {options}"
    );
    openssl(dir, command.trim_end()).unwrap();
    SignedData::parse(&read(dir, "theirs.der")).unwrap()
}

#[test]
fn we_accept_what_openssl_signs() {
    let Some(dir) = workplace("we_accept_what_openssl_signs") else { return };
    write(&dir, "content", b"signed by them");
    let (ca, _) = openssl_chain(&dir, "P-256");
    // Without signed attributes: over content that could not be such.
    write(&dir, "content", b"\x30\x03\x02\x01\x00");
    let bare = cms_sign(&dir, "-noattr -md sha384");
    let verified = bare.verify_any(&[oid::LDS_SECURITY_OBJECT]).unwrap();
    assert!(verified.bare && verified.certificate.verify_signature(&ca).is_ok());
    write(&dir, "content", b"signed by them");
    for curve in ["P-256", "brainpoolP256r1"] {
        let (ca, signer) = openssl_chain(&dir, curve);
        ca.verify_signature(&ca).unwrap();
        signer.verify_signature(&ca).unwrap();
        assert!(ca.is_ca() && !signer.is_ca() && signer.names_as_issuer(&ca));
        for options in ["", "-md sha256 -keyid", "-md sha384", "-md sha512 -stream", "-noattr"] {
            let signed = cms_sign(&dir, options);
            let result = signed.verify(oid::LDS_SECURITY_OBJECT);
            if options == "-noattr" {
                assert!(matches!(result, Err(PkiError::Attribute { .. })), "{result:?}");
            } else {
                assert_eq!(result.unwrap(), &signer, "{options}");
                assert_eq!(signed.content(), b"signed by them");
            }
        }
        let two = cms_sign(&dir, "-signer ca.pem -inkey ca.key");
        assert_eq!(two.verify(oid::LDS_SECURITY_OBJECT), Err(PkiError::SignerCount { got: 2 }));
    }
}

// What a change of one bit makes of good signed data: never a pass.
fn refuses_tampered(dir: &TempDir, case: &str) {
    let cms = read(dir, "theirs.der");
    let verify = |cms: &[u8]| SignedData::parse(cms)?.verify(oid::LDS_SECURITY_OBJECT).cloned();
    verify(&cms).unwrap_or_else(|e| panic!("{case}: {e}"));
    let content = cms.windows(14).position(|w| w == b"signed by them").unwrap();
    // The content, the digest among the signed attributes or the algorithm, and the signature.
    for at in [content, cms.len() - 150, cms.len() - 20, cms.len() - 1] {
        let mut bad = cms.clone();
        bad[at] ^= 1;
        assert!(verify(&bad).is_err(), "{case}, byte {at}");
    }
}

#[test]
fn every_rsa_signature_of_openssl_is_accepted_and_none_of_them_altered() {
    const TEST: &str = "every_rsa_signature_of_openssl_is_accepted_and_none_of_them_altered";
    let Some(dir) = workplace(TEST) else { return };
    write(&dir, "content", b"signed by them");
    openssl(&dir, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out ca.key").unwrap();
    openssl(&dir, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out rsa.key").unwrap();
    openssl(&dir, "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key").unwrap();
    let three = "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt \
                 rsa_keygen_pubexp:3 -out three.key";
    openssl(&dir, three).unwrap();
    let pss = |option: &str, hash: &str, salt: &str| {
        format!(
            "-{option} rsa_padding_mode:pss -{option} rsa_pss_saltlen:{salt} -{option} \
             rsa_mgf1_md:{hash}"
        )
    };
    for hash in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
        for (key, certificate, cms) in [
            ("rsa", String::new(), String::new()),
            ("three", String::new(), String::new()),
            ("rsa", pss("sigopt", hash, "digest"), pss("keyopt", hash, "digest")),
            ("rsa", pss("sigopt", hash, "0"), pss("keyopt", "sha1", "20")),
            ("pss", pss("sigopt", "sha512", "max"), pss("keyopt", "sha256", "max")),
        ] {
            let case = format!("{key} {hash} {cms}");
            let ca = format!(
                "req -x509 -key ca.key -out ca.pem -{hash} -subj /C=KR/CN=CA {certificate}"
            );
            openssl(&dir, ca.trim_end()).unwrap();
            openssl(&dir, &format!("pkey -in {key}.key -out ds.key")).unwrap();
            let ds = format!(
                "req -x509 -key ds.key -out ds.pem -{hash} -subj /C=KR/CN=DS -CA ca.pem -CAkey \
                 ca.key {certificate}"
            );
            openssl(&dir, ds.trim_end()).unwrap();
            let load = |name| Certificate::from_pem_or_der(&read(&dir, name)).unwrap();
            let (ca, ds) = (load("ca.pem"), load("ds.pem"));
            ca.verify_signature(&ca).unwrap_or_else(|e| panic!("{case}: {e}"));
            ds.verify_signature(&ca).unwrap_or_else(|e| panic!("{case}: {e}"));
            assert!(matches!(ds.verify_signature(&ds), Err(PkiError::BadSignature { .. })));
            cms_sign(&dir, &format!("-md {hash} {cms}"));
            refuses_tampered(&dir, &case);
        }
    }
}

const HASHES: [&str; 5] = ["sha1", "sha224", "sha256", "sha384", "sha512"];

#[test]
fn every_curve_of_openssl_is_accepted_named_or_written_out() {
    const TEST: &str = "every_curve_of_openssl_is_accepted_named_or_written_out";
    let Some(dir) = workplace(TEST) else { return };
    write(&dir, "content", b"signed by them");
    let brainpool = [224, 256, 320, 384, 512].map(|bits| format!("brainpoolP{bits}r1"));
    let nist = ["secp224r1", "P-256", "P-384", "P-521"].map(str::to_owned);
    for (i, curve) in brainpool.iter().chain(&nist).enumerate() {
        for (encoding, form) in [
            ("named_curve", "uncompressed"),
            ("explicit", "uncompressed"),
            ("named_curve", "compressed"),
            ("explicit", "compressed"),
        ] {
            let key = format!(
                "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -pkeyopt \
                 ec_param_enc:{encoding} -out any.key"
            );
            openssl(&dir, &key).unwrap();
            let form_of = format!("ec -in any.key -conv_form {form} -param_enc {encoding}");
            openssl(&dir, &format!("{form_of} -out ds.key")).unwrap();
            let hashes = if form == "compressed" { 1 } else { 3 };
            // A digest shorter than the curve, as long, and longer: all of them occur.
            for hash in HASHES.iter().skip(i % 3).step_by(2).take(hashes) {
                let case = format!("{curve} {encoding} {form} {hash}");
                openssl(&dir, &format!("req -x509 -key ds.key -out ds.pem -{hash} -subj /C=KR"))
                    .unwrap();
                let own = Certificate::from_pem_or_der(&read(&dir, "ds.pem")).unwrap();
                own.verify_signature(&own).unwrap_or_else(|e| panic!("{case}: {e}"));
                let len = own.public_key().unwrap().curve().field_len();
                let uncompressed = [&[0, 4], own.public_key().unwrap().x()].concat();
                let whole = own.der().windows(2 + len).any(|w| w == uncompressed);
                assert_eq!(whole, form == "uncompressed", "{case}");
                cms_sign(&dir, &format!("-md {hash}"));
                refuses_tampered(&dir, &case);
            }
        }
    }
}

#[test]
fn we_say_why_we_refuse_what_openssl_signs() {
    let Some(dir) = workplace("we_say_why_we_refuse_what_openssl_signs") else { return };
    write(&dir, "content", b"x");
    for (curve, encoding, expected) in [
        ("secp256k1", "named_curve", "curve 1.3.132.0.10 is not supported"),
        ("secp256k1", "explicit", "parameters that describe no curve"),
        (
            "brainpoolP256t1",
            "explicit",
            "the prime is that of brainpoolP256r1, the coefficient a is not",
        ),
        ("sect283r1", "explicit", "algorithm 1.2.840.10045.1.2 is not supported"),
        ("prime192v1", "named_curve", "P-192 is too weak to be believed"),
        ("brainpoolP192r1", "explicit", "brainpoolP192r1 is too weak to be believed"),
    ] {
        let request = format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:{curve} -pkeyopt \
             ec_param_enc:{encoding} -nodes -keyout ds.key -out ds.pem -subj /C=KR"
        );
        openssl(&dir, &request).unwrap();
        let own = Certificate::from_pem_or_der(&read(&dir, "ds.pem")).unwrap();
        let error = own.verify_signature(&own).unwrap_err().to_string();
        assert!(error.contains(expected), "{curve}: {error}");
        let error = cms_sign(&dir, "").verify(oid::LDS_SECURITY_OBJECT).unwrap_err().to_string();
        assert!(error.contains(expected), "{curve}: {error}");
    }
    openssl(&dir, "req -x509 -newkey rsa:2048 -nodes -keyout ds.key -out ds.pem -md5 -subj /C=KR")
        .unwrap();
    let own = Certificate::from_pem_or_der(&read(&dir, "ds.pem")).unwrap();
    let error = own.verify_signature(&own).unwrap_err().to_string();
    assert!(error.contains("algorithm 1.2.840.113549.1.1.4 is not supported"), "{error}");
    // The exponent 1 makes every number its own signature; OpenSSL refuses to make such a key, so
    // it is put into a certificate that OpenSSL has made.
    let der = own.der();
    let at = der.windows(5).position(|w| w == [2, 3, 1, 0, 1]).unwrap();
    let mut one = der.to_vec();
    one[at..at + 5].copy_from_slice(&[2, 3, 0, 0, 1]);
    let one = Certificate::from_der(&one).unwrap();
    let error = one.verify_signature(&one).unwrap_err().to_string();
    assert!(error.contains("the exponent is refused: it is below 3"), "{error}");
}

#[test]
fn openssl_verifies_the_signature_of_a_request() {
    let Some(dir) = workplace("openssl_verifies_the_signature_of_a_request") else { return };
    let rng = &mut SeededRng::new(b"openssl", "request");
    let keys = DeviceKeys::generate(1, rng);
    let now = utc_datetime!(2025-03-28 9:00);
    let session = Session::new(keys.commitment(), now, Session::DEFAULT_LIFETIME, rng);
    let card = Card { source: "test".into(), atr: vec![0x3B] };
    let evidence = Evidence::new(card, now, Access::PaceCan);
    let token = CredentialRequest::sign(&keys, &session, evidence, now).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let plain = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert_eq!(plain.len(), 64);
    write(&dir, "message", message);
    write(&dir, "signature", Signature::from_plain(plain).to_der());
    write(&dir, "key.der", spki::encode(&keys.signing_key().public()));
    openssl(&dir, "pkey -pubin -inform DER -in key.der -out key.pem").unwrap();
    let verify = "dgst -sha256 -verify key.pem -signature signature message";
    openssl(&dir, verify).unwrap();
    write(&dir, "message", format!("{message}A"));
    openssl(&dir, verify).unwrap_err();
}
