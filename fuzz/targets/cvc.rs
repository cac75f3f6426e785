//! CV certificates, chains of them, EF.CVCA, the chip's trust store, auxiliary data, the chip's
//! half of Terminal Authentication, private key files. Nothing but what a CVCA signed passes under
//! its key.
#![no_main]

use std::hint::black_box;

use iccard::crypto::SeededRng;
use iccard::pki::cvc::{
    CvCertificate, CvcDate, PrivateKey, Reference, encode_ef_cvca, find_chain, parse_ef_cvca,
    verify_chain,
};
use iccard::protocol::terminal_auth::{AuxiliaryData, Chip, TrustStore, Version};
use iccard_fuzz::terminals::{terminals, today};
use iccard_fuzz::{parsed, pick, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 9) else { return };
    match choice {
        0 => {
            if let Some(c) = round_trip(data, CvCertificate::parse, CvCertificate::to_bytes) {
                read(&c);
            }
        }
        1 => {
            let content = |c: &CvCertificate| c.content().to_vec();
            if let Some(c) = round_trip(data, CvCertificate::parse_content, content) {
                assert_eq!(c.content(), data, "not the bytes that came");
                read(&c);
            }
        }
        2 => chain(data),
        3 => {
            let encode = |all: &Vec<Reference>| encode_ef_cvca(all);
            round_trip(data, parse_ef_cvca, encode);
        }
        4 => {
            if let Some(store) = round_trip(data, TrustStore::parse, TrustStore::encode) {
                assert!(store.points().len() <= 2, "more trust points than a chip has");
            }
        }
        5 => {
            let encode = |aux: &AuxiliaryData| aux.as_bytes().to_vec();
            if let Some(aux) = round_trip(data, AuxiliaryData::parse, encode) {
                let built = AuxiliaryData::new(aux.items().to_vec());
                assert_eq!(built.items(), aux.items());
            }
        }
        6 => {
            if let Some(r) = parsed(Reference::from_bytes(data)) {
                // Only those of the form that the standard gives are read from text.
                if let Some(again) = parsed(r.to_string().parse::<Reference>()) {
                    assert_eq!(again, r);
                }
                black_box(r.country());
            }
            if let Some(d) = parsed(CvcDate::from_bytes(data)) {
                assert_eq!(parsed(d.to_string().parse::<CvcDate>()), Some(d));
            }
        }
        7 => chip(data),
        _ => {
            if let Some(key) = parsed(PrivateKey::from_bytes(data)) {
                let again = PrivateKey::from_bytes(key.to_pem().as_bytes());
                let again = again.expect("a key file that was written");
                assert!(again.to_pkcs8_der() == key.to_pkcs8_der());
            }
        }
    }
});

fn read(certificate: &CvCertificate) {
    black_box(certificate.chat().rights().count());
    black_box(certificate.is_self_issued());
    let _ = format!("{certificate:?} {}", certificate.public_key());
    if let Some(admitted) = parsed(terminals().issuer().admit(certificate)) {
        let real = [&terminals().cvca, &terminals().link];
        assert!(real.iter().any(|c| c.body() == certificate.body()), "a forged certificate");
        assert_eq!(admitted.holder, certificate.holder());
    }
}

// Certificates one behind the other, as a folder may hold them.
fn chain(data: &[u8]) {
    let mut all = Vec::new();
    let mut rest = data;
    while let Ok(Some(len)) = iccard::tlv::outer_len(rest) {
        let Some((first, behind)) = rest.split_at_checked(len.max(1)) else { break };
        if all.len() == 32 {
            break;
        }
        all.extend(parsed(CvCertificate::parse(first)));
        rest = behind;
    }
    let seeds = terminals();
    let trust = [seeds.issuer()];
    let names = [seeds.cvca.holder()];
    let Some(found) = parsed(find_chain(&names, &all, None)) else { return };
    let Some(last) = parsed(verify_chain(&trust, &found, today())) else { return };
    let end = found.last().expect("a chain has an end");
    assert_eq!(last.holder, end.holder());
    let real = seeds.chain();
    let forged = found.iter().any(|c| real.iter().all(|r| r.body() != c.body()));
    assert!(!forged, "a forged chain");
}

// A dialogue: a byte says which command, the next how long its data is.
fn chip(data: &[u8]) {
    let (version, mut rest) = match data.split_first() {
        Some((first, rest)) if first % 2 == 0 => (Version::V1, rest),
        Some((_, rest)) => (Version::V2, rest),
        None => return,
    };
    let mut chip = Chip::new(version, terminals().store());
    let mut rng = SeededRng::new(b"fuzz", "chip");
    while let [command, len, behind @ ..] = rest {
        let (part, behind) = behind.split_at(usize::from(*len).min(behind.len()));
        rest = behind;
        match command % 5 {
            0 => drop(parsed(chip.set_dst(part))),
            1 => {
                if let Some(imported) = parsed(chip.verify_certificate(part)) {
                    let real = terminals().chain();
                    assert!(real.iter().any(|c| c.holder() == imported.holder), "a forged key");
                }
            }
            2 => drop(parsed(chip.set_at(part))),
            3 => drop(parsed(chip.get_challenge(&mut rng))),
            _ => {
                let done = chip.external_authenticate(part, b"id", Some(b"ephemeral"));
                assert!(parsed(done).is_none(), "a terminal without its key");
            }
        }
        assert!((1..=2).contains(&chip.trust_store().points().len()));
    }
}
