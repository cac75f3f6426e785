//! Messages as the standard prints them, and each way to get one wrong.

use serde_json::{Value, json};

use super::super::proof::jwe::Enc;
use super::*;
use crate::crypto::{Curve, SecretKey, SeededRng};

fn request() -> Value {
    json!({ "credential_configuration_id": "resident_mdoc", "proofs": { "jwt": ["a", "b"] } })
}

fn with(member: &str, value: Value) -> Value {
    let mut request = request();
    request[member] = value;
    request
}

fn without(member: &str) -> Value {
    let mut request = request();
    request.as_object_mut().unwrap().remove(member);
    request
}

fn jwk() -> Value {
    let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"oid4vci", "wallet"));
    let mut jwk = super::super::jwk::jwk_of(&key.public());
    jwk["alg"] = "ECDH-ES".into();
    jwk["kid"] = "w".into();
    jwk
}

#[test]
fn a_credential_request_is_read_or_refused_under_the_standards_code() {
    let read = |request: &Value| CredentialRequest::parse(request.to_string().as_bytes());
    let good = read(&request()).unwrap();
    assert_eq!(good.credential_configuration_id, "resident_mdoc");
    assert_eq!(good.proofs, Proofs::Jwt(vec!["a".into(), "b".into()]));
    assert_eq!(good.credential_response_encryption, None);
    assert_eq!(read(&with("unknown", json!([1]))).unwrap(), good);
    let attestation = read(&with("proofs", json!({ "attestation": ["x"] }))).unwrap();
    assert_eq!(attestation.proofs, Proofs::Attestation("x".into()));
    let encrypted = json!({ "jwk": jwk(), "enc": "A256GCM", "zip": "DEF" });
    let encrypted = read(&with("credential_response_encryption", encrypted)).unwrap();
    let to = encrypted.credential_response_encryption.unwrap().recipient;
    assert_eq!((to.kid.as_deref(), to.enc, to.zip), (Some("w"), Enc::A256Gcm, true));

    let mut private = jwk();
    private["d"] = "AA".into();
    let mut signing = jwk();
    signing["alg"] = "ES256".into();
    let encryption = |value: Value| with("credential_response_encryption", value);
    let drafts = json!({ "format": "mso_mdoc", "proofs": { "jwt": ["a"] } });
    let mut identifier = without("credential_configuration_id");
    identifier["credential_identifier"] = "x".into();
    for (request, code, words) in [
        (json!([]), "invalid_credential_request", "a JSON object expected"),
        (without("credential_configuration_id"), "invalid_credential_request", "is missing"),
        (with("credential_configuration_id", json!("")), "invalid_credential_request", "1 to"),
        (with("credential_configuration_id", json!(1)), "invalid_credential_request", "a text"),
        (with("credential_identifier", json!("x")), "invalid_credential_request", "both came"),
        (identifier, "unknown_credential_identifier", "credential_configuration_id expected"),
        (drafts, "invalid_credential_request", "format is of earlier drafts"),
        (without("proofs"), "invalid_proof", "proofs is missing"),
        (with("proofs", Value::Null), "invalid_proof", "an object expected"),
        (with("proofs", json!({})), "invalid_proof", "exactly one type"),
        (with("proofs", json!({"jwt": ["a"], "attestation": ["b"]})), "invalid_proof", "one type"),
        (with("proofs", json!({"jwt": []})), "invalid_proof", "1 to 64"),
        (with("proofs", json!({"jwt": [null]})), "invalid_proof", "1 to 64 texts"),
        (with("proofs", json!({"jwt": "a"})), "invalid_proof", "a list"),
        (with("proofs", json!({"jwt": vec!["a"; 65]})), "invalid_proof", "1 to 64"),
        (with("proofs", json!({"attestation": ["a", "b"]})), "invalid_proof", "one attestation"),
        (with("proofs", json!({"di_vp": [{}]})), "invalid_proof", "type jwt or attestation"),
        (with("proofs", json!({"di_vp": ["a"]})), "invalid_proof", "type jwt or attestation"),
        (with("proof", json!({"proof_type": "jwt"})), "invalid_proof", "1.0 has proofs"),
        (encryption(Value::Null), "invalid_encryption_parameters", "an object expected"),
        (encryption(json!({"enc": "A128GCM"})), "invalid_encryption_parameters", "jwk is missing"),
        (
            encryption(json!({"jwk": private, "enc": "A128GCM"})),
            "invalid_encryption_parameters",
            "private key",
        ),
        (
            encryption(json!({"jwk": signing, "enc": "A128GCM"})),
            "invalid_encryption_parameters",
            "alg \"ECDH-ES\" expected",
        ),
        (encryption(json!({"jwk": jwk()})), "invalid_encryption_parameters", "enc: A128GCM"),
        (
            encryption(json!({"jwk": jwk(), "enc": "A128CBC-HS256"})),
            "invalid_encryption_parameters",
            "enc: A128GCM",
        ),
        (
            encryption(json!({"jwk": jwk(), "enc": "A128GCM", "zip": "GZ"})),
            "invalid_encryption_parameters",
            "zip: DEF",
        ),
    ] {
        let Err(error) = read(&request) else { panic!("taken: {request}") };
        assert_eq!(error.code().name(), code, "{request}: {error}");
        assert!(error.to_string().contains(words), "{request}: {error}");
    }
    let twice = br#"{"proofs":{"jwt":["a"],"jwt":["b"]},"credential_configuration_id":"x"}"#;
    assert!(CredentialRequest::parse(twice).unwrap_err().detail.contains("twice"));
    let large = vec![b' '; MAX_MESSAGE + 1];
    assert!(CredentialRequest::parse(&large).unwrap_err().detail.contains("at most"));
}

#[test]
fn a_token_request_is_a_form_with_each_parameter_once() {
    // Clause 6.1, with what foreign wallets send besides.
    let text = b"grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code\
        &pre-authorized_code=SplxlOBeZQQYbYS6WxSbIA&tx_code=493536&user_pin=1&resource=https%3A%2F%2Fx";
    let request = TokenRequest::parse(text).unwrap();
    let GrantType::PreAuthorizedCode { code, tx_code } = &request.grant else { panic!() };
    assert_eq!(code.as_str(), "SplxlOBeZQQYbYS6WxSbIA");
    assert_eq!(tx_code.as_ref().unwrap().as_str(), "493536");
    assert!(!format!("{request:?}").contains("Splx"));
    let again = TokenRequest::parse(request.build().as_bytes()).unwrap();
    assert!(matches!(again.grant, GrantType::PreAuthorizedCode { tx_code: Some(_), .. }));
    let empty = TokenRequest::parse(
        b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code\
          &pre-authorized_code=a+b&tx_code=&client_id=w",
    )
    .unwrap();
    let GrantType::PreAuthorizedCode { code, tx_code: None } = &empty.grant else { panic!() };
    assert_eq!((code.as_str(), empty.client_id.as_deref()), ("a b", Some("w")));
    let refresh = TokenRequest::parse(b"grant_type=refresh_token&refresh_token=r").unwrap();
    assert!(matches!(&refresh.grant, GrantType::RefreshToken { token } if token.as_str() == "r"));

    let long = format!("grant_type=refresh_token&refresh_token={}", "r".repeat(MAX_TEXT + 1));
    for (form, code, words) in [
        ("", "invalid_request", "grant_type is missing"),
        ("grant_type=", "invalid_request", "grant_type is missing"),
        ("grant_type=authorization_code", "unsupported_grant_type", "expected"),
        ("grant_type=refresh_token", "invalid_request", "refresh_token is missing"),
        ("grant_type=refresh_token&grant_type=refresh_token", "invalid_request", "twice"),
        ("grant_type=refresh_token&grant%5Ftype=x", "invalid_request", "twice"),
        ("grant_type=refresh_token&refresh_token=%4", "invalid_request", "hexadecimal"),
        ("grant_type=refresh_token&refresh_token=%zz", "invalid_request", "hexadecimal"),
        ("grant_type=refresh_token&refresh_token=%ff", "invalid_request", "UTF-8"),
        ("x=1&x=1", "invalid_request", "twice"),
        (&long, "invalid_request", "at most 2048"),
    ] {
        let error = TokenRequest::parse(form.as_bytes()).unwrap_err();
        assert_eq!(error.code().name(), code, "{form}: {error}");
        assert!(error.to_string().contains(words), "{form}: {error}");
    }
    let many: String = (0..65).map(|i| format!("p{i}=1&")).collect();
    assert!(TokenRequest::parse(many.as_bytes()).unwrap_err().detail.contains("at most 64"));
    let large = vec![b'a'; 1 << 20];
    assert!(TokenRequest::parse(&large).unwrap_err().detail.contains("at most 65536"));
}

#[test]
fn an_offer_survives_its_qr_code() {
    // Clause 4.1.1.
    let json = br#"{"credential_issuer":"https://credential-issuer.example.com",
        "credential_configuration_ids":["UniversityDegreeCredential","org.iso.18013.5.1.mDL"],
        "grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{
            "pre-authorized_code":"oaKazRN8I0IbtZ0C7JuMn5","tx_code":{}}}}"#;
    let offer = CredentialOffer::parse(json).unwrap();
    let grant = offer.pre_authorized().unwrap().unwrap();
    assert_eq!(grant.tx_code, Some(TxCode::default()));
    assert_eq!(OfferRef::parse(&offer.to_uri()).unwrap(), OfferRef::Offer(offer.clone()));
    assert!(!format!("{offer:?}{grant:?}").contains("oaKaz"));
    let own = CredentialOffer::new("https://i.example", &["a"], &grant);
    assert_eq!(OfferRef::parse(&own.to_uri()).unwrap(), OfferRef::Offer(own));
    let by_reference = OfferRef::to_uri("https://i.example/offers/1?a=b&c=d");
    assert_eq!(
        by_reference.as_str(),
        "openid-credential-offer://?credential_offer_uri=\
         https%3A%2F%2Fi.example%2Foffers%2F1%3Fa%3Db%26c%3Dd",
    );
    assert_eq!(
        OfferRef::parse(&by_reference).unwrap(),
        OfferRef::Uri("https://i.example/offers/1?a=b&c=d".into())
    );
    let link = "haip-vci://?credential_offer_uri=https%3A%2F%2Fi#x";
    assert_eq!(OfferRef::parse(link).unwrap(), OfferRef::Uri("https://i".into()));
    for bad in [
        "",
        "openid-credential-offer://",
        "?credential_offer_uri=x",
        "openid-credential-offer://?credential_offer=%7B%7D",
        "openid-credential-offer://?credential_offer_uri=a&credential_offer_uri=b",
        "openid-credential-offer://?credential_offer_uri=a&credential_offer=b",
    ] {
        assert!(OfferRef::parse(bad).is_err(), "{bad}");
    }
    for bad in [
        json!({ "credential_issuer": "https://i", "credential_configuration_ids": [] }),
        json!({ "credential_issuer": "https://i", "credential_configuration_ids": ["a", "a"] }),
        json!({ "credential_issuer": "", "credential_configuration_ids": ["a"] }),
        json!({ "credential_issuer": "https://i", "credential_configuration_ids": ["a"],
            "grants": { PRE_AUTHORIZED_CODE: null } }),
        json!({ "credential_issuer": "https://i", "credential_configuration_ids": ["a"],
            "grants": { PRE_AUTHORIZED_CODE: { "pre-authorized_code": "" } } }),
    ] {
        assert!(CredentialOffer::parse(bad.to_string().as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn the_other_messages_are_read_or_refused() {
    let read = |value: Value| DeferredRequest::parse(value.to_string().as_bytes());
    assert_eq!(read(json!({ "transaction_id": "t" })).unwrap().transaction_id, "t");
    for bad in [json!({}), json!({ "transaction_id": null }), json!({ "transaction_id": "" })] {
        assert_eq!(read(bad).unwrap_err().code(), ErrorCode::InvalidTransactionId);
    }
    assert_eq!(read(json!(1)).unwrap_err().code(), ErrorCode::InvalidCredentialRequest);

    let read = |value: Value| NotificationRequest::parse(value.to_string().as_bytes());
    let event = |event: &str| json!({ "notification_id": "n", "event": event });
    for (name, event_) in [
        ("credential_accepted", NotificationEvent::CredentialAccepted),
        ("credential_failure", NotificationEvent::CredentialFailure),
        ("credential_deleted", NotificationEvent::CredentialDeleted),
    ] {
        let read = read(event(name)).unwrap();
        assert_eq!((read.event, read.notification_id.as_str()), (event_, "n"));
    }
    for bad in [event("deleted"), json!({ "event": "credential_deleted" }), json!({}), json!([])] {
        assert_eq!(read(bad).unwrap_err().code(), ErrorCode::InvalidNotificationRequest);
    }

    let text = br#"{"access_token":"a","token_type":"DPoP","expires_in":300,"refresh_token":"r"}"#;
    let tokens = TokenResponse::parse(text).unwrap();
    assert_eq!(tokens.refresh_token.as_ref().unwrap().as_str(), "r");
    assert_eq!(serde_json::to_string(&tokens).unwrap().as_bytes(), text);
    assert!(!format!("{tokens:?}").contains('"'));
    let text =
        br#"{"credentials":[{"credential":"c"}],"notification_id":"n","receipt":{"event":1}}"#;
    let answer = CredentialResponse::parse(text).unwrap();
    assert_eq!(serde_json::to_string(&answer).unwrap().as_bytes(), text);
    assert!(DeferredResponse::parse(br#"{"transaction_id":"t","interval":5}"#).is_ok());
    assert!(NonceResponse::parse(br#"{"c_nonce":null}"#).is_err());
    assert!(AttestationChallenge::parse(br#"{"attestation_challenge":"c"}"#).is_ok());
    let error = ErrorResponse::parse(br#"{"error":"invalid_nonce"}"#).unwrap();
    assert_eq!(error.error_description, None);
}
