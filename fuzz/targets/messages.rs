//! The messages of OpenID4VCI. What parses is written again to the same; no error quotes more than
//! names.
#![no_main]

use iccard::issuance::oid4vci::{
    AttestationChallenge, CredentialOffer, CredentialRequest, CredentialResponse, DeferredRequest,
    DeferredResponse, ErrorResponse, Form, MAX_PROOFS, NonceResponse, NotificationRequest,
    OfferRef, Proofs, TokenRequest, TokenResponse,
};
use iccard_fuzz::{parsed, pick};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 7) else { return };
    match choice {
        0 => {
            if let Some(request) = parsed(CredentialRequest::parse(data)) {
                match request.proofs {
                    Proofs::Jwt(list) => assert!((1..=MAX_PROOFS).contains(&list.len())),
                    Proofs::Attestation(one) => assert!(!one.is_empty()),
                    _ => {}
                }
            }
        }
        1 => {
            if let Some(request) = parsed(TokenRequest::parse(data)) {
                let form = request.build();
                let again = TokenRequest::parse(form.as_bytes()).expect("a form that was built");
                assert_eq!(again.build(), form);
            }
        }
        2 => {
            if let Some(offer) = parsed(OfferRef::parse(&String::from_utf8_lossy(data))) {
                let uri = match &offer {
                    OfferRef::Offer(offer) => offer.to_uri(),
                    OfferRef::Uri(uri) => OfferRef::to_uri(uri),
                };
                // The encoding may make it longer than is taken.
                if let Some(again) = parsed(OfferRef::parse(&uri)) {
                    assert_eq!(again, offer);
                }
            }
        }
        3 => {
            if let Some(offer) = parsed(CredentialOffer::parse(data)) {
                parsed(offer.pre_authorized());
                let json = serde_json::to_vec(&offer).expect("an offer that was read");
                if let Some(again) = parsed(CredentialOffer::parse(&json)) {
                    assert_eq!(again, offer);
                }
            }
        }
        4 => {
            parsed(DeferredRequest::parse(data));
            parsed(NotificationRequest::parse(data));
        }
        5 => {
            if let Some(form) = parsed(Form::parse(data)) {
                let _ = form.get("grant_type");
                let names = format!("{form:?}");
                assert!(!names.contains(char::is_control));
            }
        }
        _ => {
            again(data, TokenResponse::parse);
            again(data, NonceResponse::parse);
            again(data, AttestationChallenge::parse);
            again(data, CredentialResponse::parse);
            again(data, DeferredResponse::parse);
            again(data, ErrorResponse::parse);
        }
    }
});

/// What is written is read again, and written to the same bytes.
fn again<T: Serialize, E: std::fmt::Display>(data: &[u8], parse: impl Fn(&[u8]) -> Result<T, E>) {
    if let Some(value) = parsed(parse(data)) {
        let json = serde_json::to_vec(&value).expect("a message that was read");
        if let Some(value) = parsed(parse(&json)) {
            assert_eq!(serde_json::to_vec(&value).expect("the same"), json);
        }
    }
}
