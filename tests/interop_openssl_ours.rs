//! OpenSSL as the outside judge of a whole country of ours: RSA certificates and signed data, a
//! link certificate, revocation lists and a master list.

use iccard::{
    crypto::{Curve, Hash, RsaPrivateKey, SecretKey, SeededRng},
    pki::{
        Certificate, CrlProfile, DistinguishedName, MasterList, Profile, RevocationReason, Revoked,
        SignatureAlgorithm, SignedData, Signer, SigningKey, SubjectKey, cvc::PrivateKey, oid,
    },
};
use tempfile::TempDir;
use time::{Duration, UtcDateTime};

use crate::interop_openssl::{openssl, read, workplace, write};

/// A certificate's content, good from a month ago to next month: OpenSSL looks at its clock.
fn profile(cn: &str, serial: u8) -> Profile {
    let now = UtcDateTime::now().replace_nanosecond(0).unwrap();
    Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![serial],
        not_before: now - Duration::days(30),
        not_after: now + Duration::days(30),
    }
}

fn rsa_key(dir: &TempDir, bits: u32) -> RsaPrivateKey {
    let key = format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -out rsa.pem");
    openssl(dir, &key).unwrap();
    match PrivateKey::from_bytes(&read(dir, "rsa.pem")).unwrap() {
        PrivateKey::Rsa(key) => *key,
        other => panic!("{other:?}"),
    }
}

#[test]
fn openssl_accepts_our_rsa_certificates_and_signed_data() {
    let Some(dir) = workplace("openssl_accepts_our_rsa_certificates_and_signed_data") else {
        return;
    };
    let (csca_key, signer_key) = (rsa_key(&dir, 3072), rsa_key(&dir, 2048));
    let pss =
        |hash: Hash| SignatureAlgorithm::RsaPss { hash, mgf_hash: hash, salt_len: hash.len() };
    for (algorithm, printed) in [
        (SignatureAlgorithm::RsaPkcs1(Hash::Sha1), "sha1WithRSAEncryption"),
        (SignatureAlgorithm::RsaPkcs1(Hash::Sha256), "sha256WithRSAEncryption"),
        (pss(Hash::Sha256), "Salt Length: 0x20"),
        (pss(Hash::Sha512), "Salt Length: 0x40"),
    ] {
        let by = |key| SigningKey::Rsa { key, algorithm, seed: b"openssl" };
        let csca = profile("TEST CSCA", 1).csca(by(&csca_key)).unwrap();
        let signer = profile("TEST Signer", 2);
        let signer = signer
            .document_signer_of(&SubjectKey::Rsa(signer_key.public().clone()), &csca, by(&csca_key))
            .unwrap();
        let cms = SignedData::sign_by(
            oid::LDS_SECURITY_OBJECT,
            b"signed by us",
            &signer,
            by(&signer_key),
        );
        let mut cms = cms.unwrap();
        write(&dir, "csca.pem", csca.to_pem());
        write(&dir, "signer.pem", signer.to_pem());
        write(&dir, "cms.der", &cms);
        let text = openssl(&dir, "x509 -in signer.pem -noout -text").unwrap();
        assert!(text.contains(printed), "{printed}: {text}");
        let strict = "verify -x509_strict -auth_level 0 -CAfile csca.pem";
        openssl(&dir, &format!("{strict} csca.pem")).unwrap();
        openssl(&dir, &format!("{strict} signer.pem")).unwrap();
        let verify = "cms -verify -inform DER -in cms.der -purpose any -CAfile csca.pem -out got \
                      -auth_level 0";
        openssl(&dir, verify).unwrap_or_else(|e| panic!("{printed}: {e}"));
        assert_eq!(read(&dir, "got"), b"signed by us");
        *cms.last_mut().unwrap() ^= 1;
        write(&dir, "cms.der", &cms);
        openssl(&dir, verify).unwrap_err();
    }
}

/// A CSCA, its next key, and two signers.
struct Country {
    key: SecretKey,
    csca: Certificate,
    link: Certificate,
    signers: [Certificate; 2],
    list_signer: Certificate,
}

fn country(dir: &TempDir) -> Country {
    let rng = &mut SeededRng::new(b"openssl", "ours");
    let key = SecretKey::generate(Curve::BrainpoolP384r1, rng);
    let public = key.public();
    let csca = profile("TEST CSCA", 1).csca(&key).unwrap();
    let next = SecretKey::generate(Curve::BrainpoolP384r1, rng).public();
    let signer = |cn, serial| profile(cn, serial).document_signer(&public, &csca, &key).unwrap();
    let country = Country {
        link: profile("TEST CSCA 2", 4).link(&next, &csca, &key).unwrap(),
        signers: [signer("TEST Signer", 2), signer("TEST Signer", 3)],
        list_signer: profile("TEST Lists", 5).master_list_signer(&public, &csca, &key).unwrap(),
        csca,
        key,
    };
    write(dir, "csca.pem", country.csca.to_pem());
    write(dir, "link.pem", country.link.to_pem());
    for (i, signer) in country.signers.iter().enumerate() {
        write(dir, &format!("signer{i}.pem"), signer.to_pem());
    }
    country
}

#[test]
fn openssl_obeys_our_revocation_lists() {
    let Some(dir) = workplace("openssl_obeys_our_revocation_lists") else { return };
    let Country { key, csca, signers, .. } = country(&dir);
    let now = UtcDateTime::now().replace_nanosecond(0).unwrap();
    let revoked = Revoked {
        serial: signers[1].serial().to_vec(),
        at: now - Duration::days(2),
        reason: Some(RevocationReason(1)),
        invalid_since: Some(now - Duration::days(9)),
    };
    let list = CrlProfile {
        number: 0x1001,
        this_update: now - Duration::days(1),
        next_update: now + Duration::days(1),
        revoked: vec![revoked],
    };
    write(&dir, "crl.der", list.issue(&csca, &key).unwrap().der());
    openssl(&dir, "crl -inform DER -in crl.der -out crl.pem").unwrap();
    openssl(&dir, "crl -in crl.pem -CAfile csca.pem -noout").unwrap();
    let text = openssl(&dir, "crl -in crl.pem -noout -text").unwrap();
    for line in
        ["X509v3 CRL Number", "4097", "Key Compromise", "Invalidity Date", "Serial Number: 03"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    let check = "verify -crl_check -CAfile csca.pem -CRLfile crl.pem";
    openssl(&dir, &format!("{check} signer0.pem")).unwrap();
    let error = openssl(&dir, &format!("{check} signer1.pem")).unwrap_err();
    assert!(error.contains("certificate revoked"), "{error}");
    // Last week's list counts no more, and another's never did.
    let (this_update, next_update) = (now - Duration::days(9), now - Duration::days(8));
    let old = CrlProfile { this_update, next_update, ..list };
    write(&dir, "crl.der", old.issue(&csca, &key).unwrap().der());
    openssl(&dir, "crl -inform DER -in crl.der -out crl.pem").unwrap();
    let error = openssl(&dir, &format!("{check} signer0.pem")).unwrap_err();
    assert!(error.contains("CRL has expired"), "{error}");
}

#[test]
fn openssl_accepts_our_link_certificates_and_master_lists() {
    let Some(dir) = workplace("openssl_accepts_our_link_certificates_and_master_lists") else {
        return;
    };
    let Country { key, csca, link, list_signer, .. } = country(&dir);
    openssl(&dir, "verify -x509_strict -CAfile csca.pem link.pem").unwrap();
    let by = Signer { certificate: &list_signer, key: &key };
    let mut list = MasterList::sign(&[csca.der(), link.der()], &by, &[&csca]).unwrap();
    write(&dir, "list.ml", &list);
    let verify = "cms -verify -inform DER -in list.ml -purpose any -CAfile csca.pem -out got";
    openssl(&dir, verify).unwrap();
    let content = read(&dir, "got");
    for certificate in [csca.der(), link.der()] {
        assert!(content.windows(certificate.len()).any(|bytes| bytes == certificate));
    }
    let printed = openssl(&dir, "cms -cmsout -print -inform DER -in list.ml").unwrap();
    assert!(printed.contains("2.23.136.1.1.2"), "{printed}");
    *list.last_mut().unwrap() ^= 1;
    write(&dir, "list.ml", &list);
    openssl(&dir, verify).unwrap_err();
}
