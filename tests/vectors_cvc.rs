//! CV certificates of the BSI's worked examples, and test certificates of others.

use iccard::{
    crypto::{Curve, Hash},
    pki::cvc::{
        CvCertificate, CvcDate, CvcError, CvcKey, CvcSigner, Issuer, PrivateKey, Role, TaAlgorithm,
        TerminalType, find_chain, verify_chain,
    },
    tlv::{Tag, Writer, find},
};
use serde_json::Value;

use crate::support::{
    data,
    vectors::{bytes, load},
};

fn certificate(value: &Value) -> CvCertificate {
    CvCertificate::parse(&bytes(value)).unwrap()
}

fn date(text: &str) -> CvcDate {
    text.parse().unwrap()
}

/// What we write of a certificate is what stands in it.
fn written_alike(certificate: &CvCertificate) {
    let written = |write: &dyn Fn(&mut Writer)| {
        let mut w = Writer::new();
        write(&mut w);
        w.finish()
    };
    let stands =
        |tag| find(certificate.body(), &[Tag::new(0x7F4E), Tag::new(tag)]).unwrap().unwrap();
    let is_cvca = certificate.chat().role() == Role::Cvca;
    assert_eq!(written(&|w| certificate.public_key().write(w, is_cvca)), stands(0x7F49).raw);
    assert_eq!(written(&|w| certificate.chat().write(w)), stands(0x7F4C).raw);
    assert_eq!(certificate.effective().to_bytes(), stands(0x5F25).value);
    assert_eq!(certificate.holder().as_bytes(), stands(0x5F20).value);
}

#[test]
fn the_bsi_chains_verify() {
    let ecdh = load(include_str!("vectors/tr03110_eac_ecdh.json"));
    let dh = load(include_str!("vectors/tr03110_eac_dh.json"));
    for (values, cvca, day, algorithm) in [
        (&ecdh["values"], "cvca_cert", "2010-10-01", TaAlgorithm::Ecdsa(Hash::Sha512)),
        (&dh["values"], "cvca", "2010-04-01", TaAlgorithm::RsaPkcs1(Hash::Sha1)),
    ] {
        let cvca = certificate(&values[cvca]);
        let (dv, terminal) = (certificate(&values["dv_cert"]), certificate(&values["ta_cert"]));
        for certificate in [&cvca, &dv, &terminal] {
            written_alike(certificate);
            assert_eq!(certificate.public_key().algorithm, algorithm);
        }
        let trust = [Issuer::trust_point(&cvca).unwrap()];
        let chain = [dv.clone(), terminal.clone()];
        let holder = verify_chain(&trust, &chain, date(day)).unwrap();
        assert_eq!(holder.authorization.role(), Role::Terminal);
        // Their CVCA is one for inspection systems, so an authentication terminal may do nothing.
        assert_eq!(cvca.chat().terminal(), TerminalType::InspectionSystem);
        assert_eq!(terminal.chat().terminal(), TerminalType::AuthenticationTerminal);
        assert_eq!(holder.authorization.rights().count(), 0);
        let both = terminal.chat().intersect(dv.chat());
        let names: Vec<_> = both.rights().map(|r| r.name).collect();
        assert_eq!(names, ["can-allowed", "read-dg1"]);
        let late = verify_chain(&trust, &chain, date("2011-01-01"));
        assert!(matches!(late, Err(CvcError::Expired { .. })), "{late:?}");

        // The key file is that of the terminal's certificate.
        let key = PrivateKey::from_bytes(&bytes(&values["ta_pcd_key"])).unwrap();
        let signer = CvcSigner::new(algorithm, key).unwrap();
        assert_eq!(signer.public(), holder.public_key);
        assert!(terminal.public_key().is_same(&signer.public()));
    }
    let cvca = certificate(&ecdh["values"]["cvca_cert"]);
    assert_eq!(cvca.public_key().curve(), Some(Curve::BrainpoolP512r1));
}

#[test]
fn certificates_of_passports_and_readers_verify() {
    let test = "certificates_of_passports_and_readers_verify";
    let Some(folder) = data::samples(test, 2) else { return };
    let file = |set: &str, name: &str| {
        data::read(
            &folder,
            &format!("jmrtd_cvcerts/{set}/{}", name.replace('_', &format!("_{set}"))),
        )
    };
    let read = |set, name| CvCertificate::parse(&file(set, name)).unwrap();
    let first = read("orig", "certCVCA_.cvcert");
    let trust = Issuer::trust_point(&first).unwrap();
    assert_eq!(trust.public_key.curve(), Some(Curve::BrainpoolP224r1));
    // The second set begins with a link certificate that the first CVCA issued.
    let link = read("new", "certCVCA_.cvcert");
    assert!(Issuer::trust_point(&link).is_err());
    assert_eq!(trust.admit(&link).unwrap().authorization.role(), Role::Cvca);
    for (set, cvca) in [("orig", &first), ("new", &link)] {
        let (dv, terminal) = (read(set, "certDVD_.cvcert"), read(set, "certIS_.cvcert"));
        let all = [terminal.clone(), cvca.clone(), dv.clone()];
        for certificate in &all {
            written_alike(certificate);
        }
        let chain = find_chain(&[trust.holder], &all, None).unwrap();
        assert_eq!(chain.last(), Some(&terminal));
        assert_eq!(chain.len(), if set == "orig" { 2 } else { 3 });
        let on = |day: &str| verify_chain(std::slice::from_ref(&trust), &chain, date(day));
        let holder = on("2009-06-01").unwrap();
        assert_eq!(holder.authorization.terminal(), TerminalType::InspectionSystem);
        let names: Vec<_> = holder.authorization.rights().map(|r| r.name).collect();
        assert_eq!(names, ["read-dg3"]);
        assert!(matches!(on("2009-05-17"), Err(CvcError::NotYetValid { .. })));
        assert!(matches!(on("2009-11-19"), Err(CvcError::Expired { .. })));
        for (key, of) in [("keyCVCA_.der", cvca), ("keyIS_.der", &terminal)] {
            let key = PrivateKey::from_bytes(&file(set, key)).unwrap();
            let signer = CvcSigner::new(of.public_key().algorithm, key).unwrap();
            assert!(of.public_key().is_same(&signer.public()));
            assert!(matches!(signer.public().key, CvcKey::Ec(_)));
        }
    }
}
