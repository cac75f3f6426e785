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

#[test]
fn we_say_why_we_refuse_what_openssl_signs() {
    let Some(dir) = workplace("we_say_why_we_refuse_what_openssl_signs") else { return };
    write(&dir, "content", b"x");
    let self_signed = |options: &str| {
        let command = format!("req -x509 {options} -nodes -keyout ds.key -out ds.pem -subj /C=KR");
        openssl(&dir, &command).unwrap();
        Certificate::from_pem_or_der(&read(&dir, "ds.pem")).unwrap()
    };
    for (options, expected) in [
        ("-newkey rsa:2048", "algorithm 1.2.840.113549.1.1.1 is not supported"),
        ("-newkey ec -pkeyopt ec_paramgen_curve:secp256k1", "curve 1.3.132.0.10 is not supported"),
        (
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
            "explicit curve parameters are not supported",
        ),
    ] {
        let error = self_signed(options).public_key().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        let error = cms_sign(&dir, "").verify(oid::LDS_SECURITY_OBJECT).unwrap_err().to_string();
        assert!(error.contains("supported"), "{error}");
    }
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
