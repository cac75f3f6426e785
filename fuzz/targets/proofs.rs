//! What a wallet proves: DPoP, key and wallet attestations, proofs of possession, nonces and
//! encrypted messages. Nothing verifies but what was signed, nothing opens but what was sealed.
#![no_main]

use iccard::issuance::proof::nonce::{self, Kind};
use iccard::issuance::proof::{
    dpop, jwe, key_attestation, key_proof, wallet_attestation, wallet_pop,
};
use iccard::issuance::thumbprint;
use iccard_fuzz::wallets::{ACCESS_TOKEN, CONTENT, ISSUER, NONCE_KEY, NOW, SKEW, URL, key, wallet};
use iccard_fuzz::{parsed, pick};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 8) else { return };
    let text = &*String::from_utf8_lossy(data);
    let real = wallet();
    match choice {
        0 => {
            let headers = [text.to_owned()];
            let shown = dpop::check(&headers, "POST", URL, Some(ACCESS_TOKEN), NOW, SKEW);
            if let Some(shown) = parsed(shown) {
                assert_eq!(shown.jkt, thumbprint(&real.dpop_key), "a forged proof");
            }
        }
        1 => {
            let attesters = (&real.anchors[..], 4);
            if let Some(shown) = parsed(key_proof::check(text, ISSUER, None, attesters, NOW, SKEW))
            {
                assert_eq!(shown.key, real.holder, "a forged proof");
            }
        }
        2 => {
            let attested = key_attestation::check(text, &real.anchors, 4, NOW, SKEW);
            if let Some(attested) = parsed(attested) {
                assert_eq!(attested.keys, [real.holder.clone()], "a forged attestation");
            }
        }
        3 => {
            let attested = wallet_attestation::check(text, &real.anchors, NOW, SKEW);
            if let Some(attested) = parsed(attested) {
                assert_eq!(attested.key, real.instance, "a forged attestation");
            }
        }
        4 => {
            let attested = wallet_attestation::check(&real.proofs[3], &real.anchors, NOW, SKEW);
            let attested = attested.expect("the wallet's own");
            if let Some(pop) = parsed(wallet_pop::check(text, &attested, ISSUER, NOW, SKEW)) {
                assert_eq!(pop.challenge.as_deref(), Some("c"), "a forged proof");
            }
        }
        5 => {
            for kind in [Kind::Credential, Kind::Attestation, Kind::Dpop] {
                if parsed(nonce::check(kind, &NONCE_KEY, text, NOW)).is_some() {
                    assert!(kind == Kind::Credential && text == real.nonce, "a forged nonce");
                }
            }
        }
        6 => {
            if let Some(content) = parsed(jwe::decrypt(text, &real.reader, Some("r"), 4096)) {
                assert_eq!(content.as_slice(), CONTENT, "a forged message");
            }
        }
        _ => {
            // Any URL: a proof for it is good for it, however it is spelled.
            let rng = &mut iccard::crypto::SeededRng::new(b"fuzz", "jti");
            let proof = dpop::make(&key("dpop"), "POST", text, None, None, NOW, rng);
            if let Some(proof) = parsed(proof) {
                let shown = dpop::check(&[proof], "POST", text, None, NOW, SKEW);
                shown.expect("a proof for this URL");
            }
        }
    }
});
