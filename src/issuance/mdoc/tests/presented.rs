//! What is shown.

use super::*;

#[test]
fn a_presentation_is_good_for_one_request_and_shows_what_was_chosen() {
    let mdoc = issued();
    let transcript = |nonce| Transcript::openid4vp("client", nonce, None, "https://v.example/r");
    let transcript = |nonce| transcript(nonce).unwrap();
    let holder = key("holder");
    let chosen = ["age_over_19", "portrait"];
    let shown = present(&mdoc, &chosen, &transcript("1"), &holder).unwrap();
    let judge =
        |response: &[u8], nonce| verify_presentation(response, &transcript(nonce), &[iaca()], NOW);
    let verified = judge(&shown, "1").unwrap();
    assert_eq!(verified.elements[DOC_TYPE].keys().collect::<Vec<_>>(), ["age_over_19", "portrait"]);
    assert_eq!(verified.status, Some(status()));
    assert_eq!(judge(&shown, "2").unwrap_err(), MdocError::NotHolder);
    for hidden in ["HONG", "2007-02-28", "070228"] {
        assert!(!shown.windows(hidden.len()).any(|w| w == hidden.as_bytes()), "{hidden}");
    }
    let none = present(&mdoc, &[], &transcript("1"), &holder).unwrap();
    assert!(judge(&none, "1").unwrap().elements.is_empty());

    let missing = present(&mdoc, &["shoe_size"], &transcript("1"), &holder);
    assert_eq!(missing, Err(MdocError::NoElement { element: "shoe_size".into() }));
    let stranger = present(&mdoc, &chosen, &transcript("1"), &key("stranger"));
    assert_eq!(stranger, Err(MdocError::NotHolder));

    let bad = |alter: &dyn Fn(&mut Value)| {
        let bad = altered(&shown, |response| {
            alter(&mut member(response, "documents").as_array_mut().unwrap()[0]);
        });
        judge(&bad, "1").unwrap_err().to_string()
    };
    let told = bad(&|document| *member(document, "docType") = "kr.example.other.1".into());
    assert!(told.contains("kr.example.other.1"), "{told}");
    let told = bad(&|document| {
        let own = encode("test", &Value::Map(vec![("x".into(), Value::Map(vec![]))])).unwrap();
        *member(member(document, "deviceSigned"), "nameSpaces") = embed(own);
    });
    assert!(told.contains("device's own"), "{told}");
    let told = bad(&|document| {
        let auth = member(member(document, "deviceSigned"), "deviceAuth");
        auth.as_map_mut().unwrap()[0].0 = "deviceMac".into();
    });
    assert!(told.contains("deviceSignature"), "{told}");
    let told = bad(&|document| {
        let mac = member(member(document, "deviceSigned"), "deviceAuth");
        let signature = member(mac, "deviceSignature").as_array_mut().unwrap();
        signature[2] = Value::Bytes(vec![1]);
    });
    assert!(told.contains("no payload"), "{told}");
    let top = |name: &'static str, value: Value| {
        let bad = altered(&shown, |response| *member(response, name) = value);
        judge(&bad, "1").unwrap_err().to_string()
    };
    assert!(top("status", 10.into()).contains("status"));
    assert!(top("version", "1.1".into()).contains("version"));
    assert!(top("documents", Value::Array(vec![])).contains("one document"));
}
