//! SD-JWT VC as issued and as shown. Nothing is read but what the issuer signed, no more of it than
//! it signed, and nothing is shown but what the holder's key did.
#![no_main]

use iccard::issuance::sd_jwt::{has_key_binding, present, verify, verify_presentation};
use iccard_fuzz::mobile::{AUDIENCE, NOW, mobile};
use iccard_fuzz::{parsed, pick};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use time::Duration;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 4) else { return };
    let real = mobile();
    let text = String::from_utf8_lossy(data);
    let parts = real.sd_jwt.split_inclusive('~');
    let text = match choice {
        // Anything, or disclosures and a binding behind what was signed.
        0 | 1 => text.into_owned(),
        2 => format!("{}{text}", parts.clone().next().expect("a JWT")),
        // The real parts, in the order that the bytes say.
        _ => {
            let parts: Vec<&str> = parts.collect();
            let some = data.iter().map(|at| parts[usize::from(*at) % parts.len()]);
            std::iter::once(parts[0]).chain(some).collect()
        }
    };
    let issued = parsed(verify(&text, &real.anchors, NOW));
    let shown = parsed(verify_presentation(&text, &real.anchors, AUDIENCE, NOW, Duration::MINUTE));
    assert!(issued.is_none() || shown.is_none(), "one passes for the other");
    assert!(issued.is_none() || !has_key_binding(&text));
    if let Some(verified) = issued.or(shown) {
        let whole = verify(&real.sd_jwt, &real.anchors, NOW).expect("what was issued");
        assert_eq!(verified.holder, whole.holder);
        assert_eq!(verified.period, whole.period);
        assert!(is_part(&verified.claims, &whole.claims), "a forged claim");
    }
    // Whoever has the credential may try to show anything of it.
    if choice == 1 {
        let key = iccard::crypto::SecretKey::generate(
            iccard::crypto::Curve::P256,
            &mut iccard::crypto::SeededRng::new(b"fuzz", "thief"),
        );
        parsed(present(&text, &[text.as_str()], AUDIENCE, &key, NOW));
        parsed(present(&real.sd_jwt, &[text.as_str()], AUDIENCE, &key, NOW));
    }
});

fn is_part(some: &Map<String, Value>, all: &Map<String, Value>) -> bool {
    some.iter().all(|(name, value)| match (value, all.get(name)) {
        (Value::Object(some), Some(Value::Object(all))) => is_part(some, all),
        (value, all) => Some(value) == all,
    })
}
