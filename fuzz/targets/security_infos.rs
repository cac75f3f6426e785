//! SecurityInfos: EF.CardAccess, EF.DG14, the content of EF.CardSecurity, the keys and parameters
//! in them.
#![no_main]

use iccard::lds::{Dg14, File, SecurityInfo, SecurityInfos};
use iccard::pki::{agreement, spki};
use iccard::protocol::{chip_auth, pace};
use iccard::tlv::{Tag, parse_one};
use iccard_fuzz::{parsed, pick, round_trip};
use libfuzzer_sys::fuzz_target;

const SEQUENCE: Tag = Tag::new(0x30);

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 5) else { return };
    match choice {
        0 => {
            if let Some(infos) = round_trip(data, SecurityInfos::parse, SecurityInfos::encode) {
                used(&infos);
            }
        }
        1 => {
            let parse = |bytes: &[u8]| SecurityInfos::parse_in(File::CardSecurity, bytes);
            if let Some(infos) = round_trip(data, parse, SecurityInfos::encode) {
                used(&infos);
            }
        }
        2 => {
            if let Some(dg14) = round_trip(data, Dg14::parse, Dg14::encode) {
                used(&dg14.infos);
            }
        }
        3 => key(data),
        _ => {
            if let Some(key) = parsed(spki::parse(data)) {
                let again = spki::parse(&spki::encode(&key)).expect("a key that was encoded");
                assert!(again == key);
            }
        }
    }
});

fn used(infos: &SecurityInfos) {
    for info in infos {
        let _ = info.protocol();
        let in_a_set = SecurityInfos::new([info.clone()]).encode();
        let alone = SecurityInfos::parse(&in_a_set).expect("one of those that were read");
        assert!(alone.iter().eq([info]), "an info alone is another");
        match info {
            SecurityInfo::Pace(pace) => {
                let suite = pace::Suite::from_oid(&pace.protocol).is_some();
                let known = parsed(pace::Parameters::new(pace.protocol, pace.parameter_id));
                assert!(suite || known.is_none(), "parameters of an unknown protocol");
                if let Some(parameters) = known {
                    assert_eq!(Some(parameters.parameter_id()), pace.parameter_id);
                    assert_eq!(*parameters.oid(), pace.protocol);
                }
            }
            SecurityInfo::ChipAuthentication(ca) => {
                if let Some(suite) = parsed(chip_auth::Suite::new(ca.protocol)) {
                    assert_eq!(*suite.oid(), ca.protocol);
                }
            }
            SecurityInfo::ChipAuthenticationPublicKey(public) => key(&public.spki),
            SecurityInfo::EfDir(dir) => drop(parsed(dir.dir())),
            SecurityInfo::CardInfo(card) => drop(card.url()),
            SecurityInfo::PrivilegedTerminal(privileged) => {
                parsed(privileged.infos(File::CardAccess));
            }
            _ => {}
        }
    }
    assert_eq!(infos.missing_from(infos).count(), 0);
    assert_eq!(infos.missing_from(&SecurityInfos::default()).count(), infos.iter().count());
    // The order is that of the encodings, whichever way they came.
    let sorted = SecurityInfos::new(infos.iter().cloned());
    let backwards: Vec<_> = infos.iter().cloned().rev().collect();
    assert_eq!(sorted.encode(), SecurityInfos::new(backwards).encode());
}

fn key(der: &[u8]) {
    if let Some(key) = parsed(agreement::parse(der)) {
        let encoded = agreement::encode(&key);
        let again = agreement::parse(&encoded).expect("a key that was encoded");
        assert_eq!(again.as_bytes(), key.as_bytes());
        assert_eq!(again.domain(), key.domain());
        let spki = parse_one(&encoded, SEQUENCE).expect("a structure").children();
        let algorithm = spki.expect("its fields").expect(SEQUENCE).expect("its first");
        assert_eq!(agreement::domain(algorithm.raw).ok(), Some(key.domain()));
    }
}
