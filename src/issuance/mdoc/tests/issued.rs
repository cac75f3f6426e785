//! What is issued.

use super::*;

#[test]
fn what_is_issued_says_what_was_ordered() {
    let verified = judged(&issued()).unwrap();
    assert_eq!(verified.doc_type, DOC_TYPE);
    assert_eq!(verified.holder, key("holder").public());
    assert_eq!((verified.period, verified.status.as_ref()), (period(), Some(&status())));
    assert_eq!(verified.issuer, *signer().certificate());
    let expected = json!({
        "family_name": "HONG", "given_name": "GILDONG",
        "family_name_national_character": "홍", "given_name_national_character": "길동",
        "birth_date": "2007-02-28", "sex": 1, "nationality": "KR",
        "personal_administrative_number": "070228-3980016",
        "resident_address": "세종특별자치시 시험로 1 (TEST)", "portrait": "_9j_2Q",
        "document_number": "TS0000001", "issuing_authority": "TEST iccard",
        "issuing_country": "KR", "issue_date": "2025-03-28", "expiry_date": "2028-03-28",
        "age_over_14": true, "age_over_15": true, "age_over_17": true, "age_over_18": true,
        "age_over_19": false, "age_over_20": false, "age_over_65": false,
    });
    assert_eq!(json!(verified.elements[DOC_TYPE]), expected);
    assert_eq!(verified.element("sex"), Some(&json!(1)));
    let told = format!("{verified:?}");
    assert!(!told.contains("HONG") && !told.contains("2007"), "{told}");

    let sparse = Subject {
        family_name_national: None,
        given_name_national: None,
        sex: None,
        personal_number: None,
        address: None,
        portrait: None,
        document_number: None,
        ..hong()
    };
    let sparse = judged(&issue_to(&sparse, &key("holder").public()).unwrap()).unwrap();
    assert_eq!(sparse.elements[DOC_TYPE].len(), 22 - 7);
    assert_eq!(sparse.element("portrait"), None);
}

#[test]
fn the_wire_is_that_of_the_standard() {
    let mut mdoc = decode("test", &issued()).unwrap();
    let auth = member(&mut mdoc, "issuerAuth").clone().into_array().unwrap();
    assert_eq!(auth[0], Value::Bytes(vec![0xA1, 0x01, 0x26]));
    let chain = Value::Bytes(signer().certificate().der().to_vec());
    assert_eq!(auth[1], Value::Map(vec![(33.into(), chain)]));
    assert_eq!(auth[3].as_bytes().unwrap().len(), 64);
    let payload = auth[2].as_bytes().unwrap();
    assert_eq!(payload[..3], [0xD8, 0x18, 0x59]);
    let payload = cbor::embedded("test", &decode("test", payload).unwrap()).unwrap();
    let text = String::from_utf8_lossy(&payload).into_owned();
    for time in ["2025-03-28T03:04:05Z", "2025-06-26T00:00:00Z"] {
        assert!(text.contains(time), "{text}");
    }
    // The salts are 32 bytes and differ; the digests' order says nothing of the elements'.
    let read = items(&mut mdoc).iter().map(|item| {
        let mut item = decode("test", &cbor::embedded("test", item).unwrap()).unwrap();
        let id = cbor::uint("test", member(&mut item, "digestID")).unwrap();
        (id, member(&mut item, "random").clone().into_bytes().unwrap())
    });
    let (ids, salts): (Vec<u64>, Vec<_>) = read.unzip();
    assert!(!ids.is_sorted(), "{ids:?}");
    let (mut sorted, mut different) = (ids.clone(), salts.clone());
    sorted.sort_unstable();
    different.sort();
    different.dedup();
    assert_eq!(sorted, (0..22).collect::<Vec<_>>());
    assert!(different.len() == 22 && salts.iter().all(|s| s.len() == 32));
    // Two certificates stand in an array (RFC 9360).
    let chain = [vec![1], vec![2]];
    let two = cose::sign("test", b"", false, &chain, &key("signer")).unwrap();
    let expected = Value::Array(chain.into_iter().map(Value::Bytes).collect());
    assert_eq!(two.as_array().unwrap()[1], Value::Map(vec![(33.into(), expected)]));
}

#[test]
fn who_may_not_sign_does_not() {
    let (subject, holder) = (hong(), key("holder").public());
    let issue_by = |subject: &Subject, period, signer: &Signer| {
        let order = Order { subject, holder: &holder, period, status: &status() };
        issue(&order, DOC_TYPE, signer, &mut SeededRng::new(b"mdoc", "salts"))
    };
    let abroad = Subject { issuing_country: "XX".into(), ..hong() };
    let abroad = issue_by(&abroad, period(), &signer());
    assert_eq!(abroad, Err(MdocError::Country { certificate: "KR".into() }));

    let status = profile("TEST Status");
    let status = status.status_signer(&key("signer").public(), &iaca(), &key("iaca")).unwrap();
    let status = Signer::new(key("signer"), vec![status]).unwrap();
    let refused = issue_by(&subject, period(), &status);
    assert!(matches!(refused, Err(MdocError::Signer(SignerError::Purpose { .. }))), "{refused:?}");

    let chain = vec![signer().certificate().clone(), iaca()];
    let with_root = Signer::new(key("signer"), chain).unwrap();
    let refused = issue_by(&subject, period(), &with_root);
    assert!(matches!(refused, Err(MdocError::Signer(SignerError::SelfSigned { .. }))));

    let day = Duration::DAY;
    let of = |from, until| Period::of(from, from, until).unwrap();
    let early = utc_datetime!(2024-12-31 0:00);
    let refused = issue_by(&subject, of(early, early + 9 * day), &signer());
    assert!(matches!(refused, Err(MdocError::SignedOutside { .. })), "{refused:?}");
    let refused = issue_by(&subject, of(NOW, NOW + 365 * day), &signer());
    assert!(matches!(refused, Err(MdocError::NotValid { .. })), "{refused:?}");

    let brainpool =
        SecretKey::generate(Curve::BrainpoolP256r1, &mut SeededRng::new(b"mdoc", "brainpool"));
    let refused = issue_to(&subject, &brainpool.public());
    assert_eq!(refused, Err(MdocError::Algorithm { what: "deviceKey" }));
    let large = Subject { portrait: Some(vec![0; MAX_MDOC]), ..hong() };
    assert!(matches!(issue_to(&large, &holder), Err(MdocError::TooMuch { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    // Whole seconds, in order, inside the certificate's validity, and read as they were ordered.
    #[test]
    fn times_are_read_as_they_were_ordered(now in 0_i64..365 * 86_400, nanos in 0_i64..1_000_000_000, days in 1_i64..4000) {
        let now = utc_datetime!(2025-01-01 0:00) + Duration::seconds(now) + Duration::nanoseconds(nanos);
        let signer = signer();
        let period = Period::new(now, now + Duration::days(days), signer.certificate());
        prop_assume!(period.is_ok());
        let period = period.unwrap();
        let (subject, holder, status) = (hong(), key("holder").public(), status());
        let order = Order { subject: &subject, holder: &holder, period, status: &status };
        let mdoc = issue(&order, DOC_TYPE, &signer, &mut SeededRng::new(b"mdoc", "time")).unwrap();
        let verified = verify(&mdoc, &[iaca()], now).unwrap();
        prop_assert_eq!(verified.period, period);
        let last = period.valid_until();
        prop_assert!(last <= signer.certificate().validity().not_after);
        prop_assert!(verify(&mdoc, &[iaca()], last + Duration::milliseconds(999)).is_ok());
        prop_assert!(verify(&mdoc, &[iaca()], last + Duration::SECOND).is_err());
        let ahead = period.valid_from() - AHEAD;
        let covered = signer.certificate().validity().contains(ahead);
        prop_assert_eq!(verify(&mdoc, &[iaca()], ahead).is_ok(), covered);
        prop_assert!(verify(&mdoc, &[iaca()], ahead - Duration::SECOND).is_err());
    }
}
