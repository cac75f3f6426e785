//! Mobile documents as issued and as shown, and documents to be shown. Nothing is believed but what
//! the issuer signed, and no presentation but for the request that its holder signed.
#![no_main]

use std::sync::OnceLock;

use iccard::issuance::mdoc::{Verified, present, verify, verify_presentation};
use iccard_fuzz::mobile::{DOC_TYPE, NOW, mobile};
use iccard_fuzz::{parsed, pick};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 3) else { return };
    let real = mobile();
    match choice {
        0 => {
            if let Some(verified) = parsed(verify(data, &real.anchors, NOW)) {
                is_signed(&verified);
                let response = verify_presentation(data, &real.transcript, &real.anchors, NOW);
                assert!(response.is_err(), "an issued document passes for a shown one");
            }
        }
        1 => shown(data),
        // Whoever has the holder's key makes no other document of it.
        _ => {
            let elements = ["family_name"];
            let response = present(data, &elements, &real.transcript, &real.holder);
            if let Some(response) = parsed(response) {
                shown(&response);
            }
        }
    }
});

fn shown(response: &[u8]) {
    let real = mobile();
    let judged = verify_presentation(response, &real.transcript, &real.anchors, NOW);
    if let Some(verified) = parsed(judged) {
        is_signed(&verified);
        assert!(verify(response, &real.anchors, NOW).is_err(), "one passes for the other");
    }
}

// What is read was issued, though it may be less.
fn is_signed(verified: &Verified) {
    static ISSUED: OnceLock<Verified> = OnceLock::new();
    let real = mobile();
    let issued =
        ISSUED.get_or_init(|| verify(&real.mdoc, &real.anchors, NOW).expect("what was issued"));
    assert_eq!(verified.doc_type, DOC_TYPE);
    assert!(verified.holder == issued.holder && verified.issuer == issued.issuer);
    assert!(verified.period == issued.period && verified.status == issued.status);
    for (namespace, elements) in &verified.elements {
        for (name, value) in elements {
            let signed = issued.elements.get(namespace).and_then(|all| all.get(name));
            assert_eq!(signed, Some(value), "an element that was not signed");
        }
    }
}
