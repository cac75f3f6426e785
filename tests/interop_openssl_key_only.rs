//! OpenSSL as the outside judge of the key-only card: it verifies the chain and the signature over
//! bytes that are put together here, by docs/applet.md alone; and what OpenSSL issues and signs by
//! that document our judge believes.

use iccard::{
    lds::File,
    tap::Options,
    trust::{Access, Anchors, Card, Evidence, Judging, KeyOnlyAuthentication, Level, judge},
};
use tempfile::TempDir;
use time::UtcDateTime;

use crate::{
    interop_openssl::{openssl, read, workplace, write},
    support::card::{anchors, built_in, of_profile, tap_card},
};

const PURPOSE: &str = "1.3.6.1.4.1.32473.1.1";

/// The 91 bytes.
fn statement(challenge: &[u8; 32], pin: u8, counter: &[u8], certificate_hash: &[u8]) -> Vec<u8> {
    let mut bytes = b"iccard-key-only-v1".to_vec();
    bytes.extend(challenge);
    bytes.push(pin);
    bytes.extend(counter);
    bytes.extend(certificate_hash);
    assert_eq!(bytes.len(), 91);
    bytes
}

/// An INTEGER of DER from a number of fixed length.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|b| *b != 0).unwrap();
    let mut value = bytes[start..].to_vec();
    if value[0] >= 0x80 {
        value.insert(0, 0);
    }
    [vec![2, value.len() as u8], value].concat()
}

fn certificate_hash(dir: &TempDir, der: &str) -> Vec<u8> {
    openssl(dir, &format!("dgst -sha256 -binary -out hash {der}")).unwrap();
    read(dir, "hash")
}

#[test]
fn openssl_verifies_a_key_only_card() {
    let Some(dir) = workplace("openssl_verifies_a_key_only_card") else { return };
    let card = built_in("resident-key-only");
    let challenge = [0x5A; 32];
    let options = Options { bind: Some(challenge), ..of_profile(&card) };
    let evidence = tap_card(&card, &options).unwrap().evidence;
    let ca = &iccard::profile::anchors(&card)[0].1;
    write(&dir, "ca.der", ca);
    write(&dir, "card.der", evidence.file(File::CardCertificate).unwrap());
    for name in ["ca", "card"] {
        openssl(&dir, &format!("x509 -inform DER -in {name}.der -out {name}.pem")).unwrap();
        let text = openssl(&dir, &format!("x509 -in {name}.pem -noout -text")).unwrap();
        assert!(text.contains("X509v3 Extended Key Usage: critical"), "{text}");
        assert!(text.contains(PURPOSE), "{text}");
    }
    // Within its dates: the test's clock is not the card's.
    let verify = "verify -x509_strict -purpose any -attime 1743123723 -CAfile ca.pem";
    openssl(&dir, &format!("{verify} ca.pem")).unwrap();
    openssl(&dir, &format!("{verify} card.pem")).unwrap();
    openssl(&dir, "x509 -in card.pem -noout -pubkey -out key.pem").unwrap();

    // 73 L, 80 01 01, 81 01 pin, 82 08 counter, 9E 40 r s.
    let answer = &evidence.key_only.as_ref().unwrap().answer;
    assert_eq!(answer.len(), 84);
    assert_eq!(answer[..8], [0x73, 82, 0x80, 1, 1, 0x81, 1, 1], "the PIN was given");
    assert_eq!(answer[8..18], [0x82, 8, 0, 0, 0, 0, 0, 0, 0, 1], "the first signature");
    assert_eq!(answer[18..20], [0x9E, 0x40]);
    let hash = certificate_hash(&dir, "card.der");
    let signature = [integer(&answer[20..52]), integer(&answer[52..])].concat();
    write(&dir, "signature", [vec![0x30, signature.len() as u8], signature].concat());
    let check = "dgst -sha256 -verify key.pem -signature signature signed";
    let counter = [0, 0, 0, 0, 0, 0, 0, 1];
    write(&dir, "signed", statement(&challenge, 1, &counter, &hash));
    assert_eq!(openssl(&dir, check).unwrap().trim(), "Verified OK");
    // Anything else in any place is not what was signed.
    for other in [
        statement(&[0x5B; 32], 1, &counter, &hash),
        statement(&challenge, 0, &counter, &hash),
        statement(&challenge, 1, &[0, 0, 0, 0, 0, 0, 0, 2], &hash),
        statement(&challenge, 1, &counter, &[0; 32]),
    ] {
        write(&dir, "signed", other);
        openssl(&dir, check).unwrap_err();
    }
    assert!(judge(&evidence, &anchors(&card), &Judging::offline(Some(challenge))).verified);
}

/// r and s of fixed length from the signature that OpenSSL writes.
fn plain(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = &der[2..];
    for _ in 0..2 {
        let len = usize::from(rest[1]);
        let value = &rest[2..2 + len];
        let value = if value.len() > 32 { &value[value.len() - 32..] } else { value };
        out.extend(vec![0; 32 - value.len()]);
        out.extend(value);
        rest = &rest[2 + len..];
    }
    out
}

#[test]
fn a_card_made_with_openssl_is_believed() {
    let Some(dir) = workplace("a_card_made_with_openssl_is_believed") else { return };
    let config = format!(
        "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nC=KR\nO=TEST\nCN=TEST foreign\n\
         [ca]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n\
         extendedKeyUsage=critical,{PURPOSE}\nsubjectKeyIdentifier=hash\n\
         [card]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,{PURPOSE}\n\
         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
         [plain]\nkeyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n"
    );
    write(&dir, "config", config);
    for name in ["ca", "card"] {
        let generate = "ecparam -genkey -noout -name prime256v1 -out";
        openssl(&dir, &format!("{generate} {name}.key")).unwrap();
    }
    let ca = "req -x509 -new -key ca.key -days 30 -config config -extensions ca";
    openssl(&dir, &format!("{ca} -outform DER -out ca.der")).unwrap();
    openssl(&dir, "x509 -inform DER -in ca.der -out ca.pem").unwrap();
    openssl(&dir, "req -new -key card.key -config config -subj /CN=TEST-card -out card.csr")
        .unwrap();
    let challenge = [0xC5; 32];
    for (extensions, verified) in [("card", true), ("plain", false)] {
        let sign = "x509 -req -in card.csr -CA ca.pem -CAkey ca.key -days 30 -extfile config";
        let der = "-set_serial 77 -outform DER -out card.der";
        openssl(&dir, &format!("{sign} -extensions {extensions} {der}")).unwrap();
        let hash = certificate_hash(&dir, "card.der");
        let counter = 0x0102_0304_0506_0708_u64.to_be_bytes();
        write(&dir, "signed", statement(&challenge, 1, &counter, &hash));
        openssl(&dir, "dgst -sha256 -sign card.key -out signature signed").unwrap();
        let signature = plain(&read(&dir, "signature"));
        let mut answer = vec![0x73, 82, 0x80, 1, 1, 0x81, 1, 1, 0x82, 8];
        answer.extend(counter);
        answer.extend([0x9E, 0x40]);
        answer.extend(signature);
        let card = Card { source: "foreign".into(), atr: vec![0x3B, 0x80, 0x80, 0x01, 0x01] };
        let mut evidence = Evidence::new(card, UtcDateTime::now(), Access::PacePin);
        evidence.files.insert(File::CardCertificate, read(&dir, "card.der"));
        evidence.key_only = Some(KeyOnlyAuthentication { challenge, answer });
        let mut anchors = Anchors::new("foreign");
        anchors.add("ca", &read(&dir, "ca.der")).unwrap();
        let verdict = judge(&evidence, &anchors, &Judging::offline(Some(challenge)));
        assert_eq!(verdict.verified, verified, "{verdict:#?}");
        assert_eq!(verdict.level, if verified { Level::L2 } else { Level::L0 });
    }
}
