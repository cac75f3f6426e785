//! Certificates, revocation lists, master lists, names, keys, and what a trust store takes: PEM,
//! DER, LDIF. Nothing but what a country's CA signed passes under its key.
#![no_main]

use iccard::pki::{Certificate, Crl, MasterList, Name, SubjectKey, pem};
use iccard::trust::Anchors;
use iccard_fuzz::country::country;
use iccard_fuzz::{is_told, parsed, pick, scratch};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 8) else { return };
    match choice {
        0 => {
            if let Some(certificate) = parsed(Certificate::from_der(data)) {
                assert_eq!(certificate.der(), data, "not the bytes that came");
                read(&certificate);
            }
        }
        1 => {
            if let Some(certificate) = parsed(Certificate::from_pem_or_der(data)) {
                read(&certificate);
            }
            parsed(Certificate::all_from_pem(data));
            parsed(pem::blocks(data));
        }
        2 => {
            for crl in parsed(Crl::all_from(data)).unwrap_or_default() {
                listed(&crl);
            }
            if let Some(crl) = parsed(Crl::from_der(data)) {
                assert_eq!(crl.der(), data, "not the bytes that came");
            }
        }
        3 => list(data),
        4 => {
            if let Some(name) = parsed(Name::parse(data)) {
                assert!(name.same(&name), "a name that is not its own");
                is_clean(&name.to_string());
                let csca = country().csca.subject_name();
                assert_eq!(name.same(csca), csca.same(&name));
            }
        }
        5 => {
            if let Some(key) = parsed(SubjectKey::parse(data)) {
                let _ = key.bits();
                parsed(key.check_strength());
            }
        }
        6 => {
            let mut anchors = Anchors::new("fuzz");
            parsed(anchors.add("a file", data));
            hold(&anchors);
        }
        _ => {
            let path = scratch::file("x.ldif", data);
            let folder = path.parent().expect("a folder");
            if let Some(anchors) = parsed(Anchors::from_dir(folder)) {
                hold(&anchors);
            }
        }
    }
});

fn is_clean(text: &str) {
    assert!(!text.chars().any(char::is_control), "control characters: {text:?}");
}

fn read(certificate: &Certificate) {
    let pem = certificate.to_pem();
    let again = Certificate::from_pem_or_der(pem.as_bytes()).expect("PEM of what was read");
    assert!(again == *certificate);
    is_clean(&certificate.subject());
    is_clean(&certificate.issuer());
    assert!(certificate.has_serial(certificate.serial()));
    assert!(!certificate.may_issue() || certificate.basic_constraints().is_none_or(|b| b.ca));
    let _ = (certificate.country(), certificate.key_id_agrees(certificate));
    parsed(certificate.subject_key());
    parsed(certificate.verify_signature(certificate));
    let seeds = country();
    if parsed(certificate.verify_signature(&seeds.csca)).is_some() {
        let known = [&seeds.csca, &seeds.link, &seeds.signer, &seeds.list_signer];
        let forged = known.iter().all(|known| {
            (known.serial(), known.subject(), known.validity(), known.is_ca())
                != (
                    certificate.serial(),
                    certificate.subject(),
                    certificate.validity(),
                    certificate.is_ca(),
                )
                || known.public_key().ok() != certificate.public_key().ok()
        });
        assert!(!forged, "a forged certificate");
    }
}

fn listed(crl: &Crl) {
    let fits = crl.der().len() / 8;
    assert!(crl.revoked().len() <= fits, "more entries than bytes");
    for revoked in crl.revoked().iter().take(64) {
        let entry = crl.entry(&revoked.serial).expect("an entry that is listed");
        assert_eq!(entry.serial, revoked.serial);
    }
    is_clean(&crl.issuer().to_string());
    let seeds = country();
    if parsed(crl.verify_signature(&seeds.csca)).is_some() {
        assert_eq!(crl.revoked(), seeds.crl.revoked(), "a forged list");
        assert_eq!(crl.next_update(), seeds.crl.next_update());
    }
}

fn list(data: &[u8]) {
    let Some(list) = parsed(MasterList::parse(data)) else { return };
    assert!(list.entries().len() <= data.len() / 2, "more entries than bytes");
    for entry in list.entries() {
        match &entry.certificate {
            Ok(certificate) => is_clean(&certificate.subject()),
            Err(e) => is_told(e),
        }
    }
    let key = country().list_signer.public_key().ok();
    if let Some(verified) = parsed(list.verify())
        && verified.certificate.public_key().ok() == key
    {
        let real = MasterList::parse(&country().master_list).expect("the country's list");
        assert_eq!(list.entries().len(), real.entries().len(), "a forged list");
    }
}

fn hold(anchors: &Anchors) {
    assert_eq!(anchors.len(), anchors.certificates().len());
    assert!(anchors.certificates().iter().all(Certificate::may_issue));
    for fault in anchors.faults() {
        is_told(fault);
    }
    let _ = anchors.summary();
}
