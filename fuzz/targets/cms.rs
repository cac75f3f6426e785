//! Signed data: EF.SOD and EF.CardSecurity as CMS, verified with the certificates that came along.
//! Nothing but what a country's signer signed passes under its key.
#![no_main]

use iccard::lds::sod;
use iccard::pki::{Oid, SignedData, oid};
use iccard_fuzz::country::{CONTENT, SIGNED_AT, country};
use iccard_fuzz::{parsed, pick};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 2) else { return };
    let data = match choice {
        0 => data,
        _ => match parsed(sod::unwrap(data)) {
            Some(inner) => {
                let wrapped = sod::wrap(inner);
                assert_eq!(sod::unwrap(&wrapped).ok(), Some(inner));
                inner
            }
            None => return,
        },
    };
    let Some(signed) = parsed(SignedData::parse(data)) else { return };
    assert!(signed.content().len() <= data.len(), "more content than bytes");
    assert!(signed.certificates().len() <= 32 && signed.signers().len() <= 32);
    let inside: usize = signed.certificates().iter().map(|c| c.der().len()).sum();
    assert!(inside <= data.len(), "more certificates than bytes");

    let own = signed.content_type();
    let other: Oid = if own == oid::DATA { oid::LDS_SECURITY_OBJECT } else { oid::DATA };
    assert!(signed.verify(other).is_err(), "content of another type passed");
    let Some(verified) = parsed(signed.verify_any(&[other, own])) else { return };
    assert_eq!(signed.signers().len(), 1, "not exactly one signer");
    assert_eq!(verified.content_type, own);
    let key = country().signer.public_key().ok();
    if key.is_some() && verified.certificate.public_key().ok() == key {
        assert_eq!(signed.content(), CONTENT, "a forged content");
        assert!(verified.signing_time.is_none_or(|at| at == SIGNED_AT), "a forged time");
    }
});
