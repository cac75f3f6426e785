//! What the standards print.

use super::*;

fn published() -> serde_json::Value {
    let text = include_str!("../../../../tests/vectors/mdoc_iso18013_5.json");
    serde_json::from_str(text).unwrap()
}

fn bytes(value: &serde_json::Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn the_example_of_the_standard_verifies() {
    let published = published();
    let iaca = Certificate::from_der(&bytes(&published["iaca"])).unwrap();
    let element = |e: &serde_json::Value| decode("test", &bytes(e)).unwrap();
    let shown = published["elements"].as_array().unwrap().iter().map(element).collect();
    let auth = decode("test", &bytes(&published["issuer_auth"])).unwrap();
    let namespace = "org.iso.18013.5.1";
    let document = Value::Map(vec![
        ("nameSpaces".into(), Value::Map(vec![(namespace.into(), Value::Array(shown))])),
        ("issuerAuth".into(), auth),
    ]);
    let document = encode("test", &document).unwrap();
    let at = utc_datetime!(2021-01-01 0:00);
    let verified = verify(&document, std::slice::from_ref(&iaca), at).unwrap();
    assert_eq!(verified.doc_type, "org.iso.18013.5.1.mDL");
    let shown = &verified.elements[namespace];
    assert_eq!(shown["family_name"], "Doe");
    assert_eq!(shown["issue_date"], "2019-10-20");
    assert_eq!(shown["document_number"], "123456789");
    assert_eq!(shown["driving_privileges"][1]["vehicle_category_code"], "B");
    assert_eq!(shown.len(), 5);
    assert_eq!(verified.period.valid_until(), utc_datetime!(2021-10-01 13:30:02));
    assert_eq!(verified.status, None);
    let holder = SecretKey::from_bytes(Curve::P256, &bytes(&published["device_key_private"]));
    let holder = holder.unwrap();
    assert_eq!(verified.holder, holder.public());

    // Its own times reach beyond the certificate, which ends first.
    let late = utc_datetime!(2021-10-01 0:00:01);
    let late = verify(&document, std::slice::from_ref(&iaca), late);
    assert!(matches!(late, Err(MdocError::Signer(SignerError::NotValid { .. }))), "{late:?}");
    let ours = verify(&document, &[self::iaca()], at);
    assert!(matches!(ours, Err(MdocError::Signer(SignerError::NoAnchor { .. }))), "{ours:?}");

    // And it can be shown.
    let transcript = Transcript::openid4vp("c", "n", None, "u").unwrap();
    let response = present(&document, &["family_name"], &transcript, &holder).unwrap();
    let shown = verify_presentation(&response, &transcript, &[iaca], at).unwrap();
    assert_eq!(shown.elements[namespace].len(), 1);
}

#[test]
fn the_example_with_a_status_verifies() {
    let published = published();
    let iaca = Certificate::from_der(&bytes(&published["iaca"])).unwrap();
    let auth = decode("test", &bytes(&published["issuer_auth_with_status"])).unwrap();
    let document = encode("test", &Value::Map(vec![("issuerAuth".into(), auth)])).unwrap();
    let verified = verify(&document, &[iaca], utc_datetime!(2025-01-01 0:00)).unwrap();
    let uri = "https://example.com/statuslists/1".to_owned();
    assert_eq!(verified.status, Some(StatusRef { idx: 412, uri }));
    assert!(verified.elements.is_empty());
}

#[test]
fn transcripts_are_those_of_openid4vp() {
    let example = &published()["openid4vp"];
    let text = |name: &str| example[name].as_str().unwrap();
    let jwk: crate::issuance::jwk::RawJwk = serde_json::from_value(example["jwk"].clone()).unwrap();
    let thumbprint = crate::issuance::thumbprint(&jwk.to_public().unwrap());
    assert_eq!(thumbprint.as_bytes(), &bytes(&example["thumbprint"])[..]);
    let (nonce, key) = (text("nonce"), Some(&thumbprint));
    let redirect = Transcript::openid4vp(text("client_id"), nonce, key, text("response_uri"));
    assert_eq!(redirect.unwrap().to_cbor().unwrap(), bytes(&example["transcript"]));
    let api = Transcript::openid4vp_dc_api(text("origin"), nonce, key).unwrap();
    assert_eq!(api.to_cbor().unwrap(), bytes(&example["transcript_dc_api"]));
}
