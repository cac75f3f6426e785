//! What is refused.

use super::*;

#[test]
fn every_flipped_bit_is_noticed() {
    let mdoc = issued();
    let transcript = Transcript::openid4vp("c", "n", None, "u").unwrap();
    let shown = present(&mdoc, &["age_over_19"], &transcript, &key("holder")).unwrap();
    let anchors = [iaca()];
    for at in 0..mdoc.len() {
        let mut bad = mdoc.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(verify(&bad, &anchors, NOW).is_err(), "byte {at}");
        assert!(at % 64 != 0 || verify(&mdoc[..at], &anchors, NOW).is_err());
    }
    // The same bytes in part: every third.
    for at in (0..shown.len()).step_by(3) {
        let mut bad = shown.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(verify_presentation(&bad, &transcript, &anchors, NOW).is_err(), "byte {at}");
    }
}

#[test]
fn elements_that_were_not_signed_are_refused() {
    let mdoc = issued();
    let alter = |alter: &dyn Fn(&mut Vec<Value>)| {
        judged(&altered(&mdoc, |mdoc| alter(items(mdoc)))).unwrap_err()
    };
    let twice = alter(&|items| items.push(items[0].clone()));
    assert_eq!(twice, MdocError::Twice { element: "family_name".into() });
    // Another value with the right salt, and an element that nobody signed.
    let forged = alter(&|items| {
        let mut item = decode("test", &cbor::embedded("test", &items[19]).unwrap()).unwrap();
        *member(&mut item, "elementValue") = true.into();
        items[19] = embed(encode("test", &item).unwrap());
    });
    assert_eq!(forged, MdocError::Digest { element: "age_over_19".into() });
    let stranger = alter(&|items| {
        items.push(item::Item::new(99, &[0; 32], "stranger", 1.into()).unwrap().into_value());
    });
    assert_eq!(stranger, MdocError::Digest { element: "stranger".into() });
    let moved = altered(&mdoc, |mdoc| {
        let all = member(mdoc, "nameSpaces").as_map_mut().unwrap();
        all[0].0 = "kr.example.other.1".into();
    });
    assert!(matches!(judged(&moved), Err(MdocError::Digest { .. })));
    // Fewer are no fault: the holder chooses.
    let fewer = altered(&mdoc, |mdoc| items(mdoc).truncate(1));
    assert_eq!(judged(&fewer).unwrap().elements[DOC_TYPE].len(), 1);
}

// A document that this signer signed, whatever it says.
fn signed(mso: &Mso, items: Vec<item::Item>) -> Vec<u8> {
    let chain = [signer().certificate().der().to_vec()];
    let auth = cose::sign("test", &mso.encode().unwrap(), false, &chain, &key("signer")).unwrap();
    let items = items.into_iter().map(item::Item::into_value).collect();
    let namespaces = Value::Map(vec![(DOC_TYPE.into(), Value::Array(items))]);
    let document = Value::Map(vec![("nameSpaces".into(), namespaces), ("issuerAuth".into(), auth)]);
    encode("test", &document).unwrap()
}

fn mso(items: &[item::Item]) -> Mso {
    let hash = crate::crypto::Hash::Sha384;
    let digests = items.iter().map(|i| (i.digest_id, i.digest(hash).unwrap())).collect();
    Mso {
        doc_type: DOC_TYPE.into(),
        hash,
        digests: [(DOC_TYPE.to_owned(), digests)].into(),
        holder: key("holder").public(),
        period: period(),
        status: None,
    }
}

#[test]
fn a_signature_does_not_excuse_what_is_signed() {
    let item = |id, random: &[u8], name: &str, value: Value| {
        item::Item::new(id, random, name, value).unwrap()
    };
    let with = |items: Vec<item::Item>, alter: &dyn Fn(&mut Mso)| {
        let mut mso = mso(&items);
        alter(&mut mso);
        judged(&signed(&mso, items))
    };
    let good = || vec![item(7, &[1; 16], "issuing_country", "KR".into())];
    let verified = with(good(), &|_| {}).unwrap();
    assert_eq!(
        (verified.element("issuing_country"), &verified.status),
        (Some(&json!("KR")), &None)
    );

    let abroad = with(vec![item(0, &[1; 16], "issuing_country", "XX".into())], &|_| {});
    assert_eq!(abroad.unwrap_err(), MdocError::Country { certificate: "KR".into() });
    let same = |name| item(0, &[1; 16], name, 1.into());
    assert!(matches!(with(vec![same("a"), same("b")], &|_| {}), Err(MdocError::Digest { .. })));
    let twice = with(vec![same("a"), item(1, &[1; 16], "a", 2.into())], &|_| {});
    assert_eq!(twice.unwrap_err(), MdocError::Twice { element: "a".into() });
    let short = with(vec![item(0, &[1; 15], "a", 1.into())], &|_| {});
    assert_eq!(short.unwrap_err(), MdocError::structure("random", "at least 16 bytes"));
    let high = with(vec![item(1 << 31, &[1; 16], "a", 1.into())], &|_| {});
    assert!(matches!(high, Err(MdocError::Structure { .. })), "{high:?}");

    let day = Duration::DAY;
    let stale = |from: Duration, until: Duration| {
        with(good(), &move |mso| {
            let (from, until) = (NOW.truncate_to_second() + from, NOW + until);
            mso.period = Period::of(from, from, until).unwrap();
        })
    };
    assert!(matches!(stale(-9 * day, -day), Err(MdocError::NotValid { .. })));
    assert!(matches!(stale(day, 9 * day), Err(MdocError::NotValid { .. })));
    assert!(matches!(stale(-180 * day, 9 * day), Err(MdocError::SignedOutside { .. })));
    let control = |mso: &mut Mso| mso.doc_type = "\u{1b}[2J".into();
    assert!(matches!(with(good(), &control), Err(MdocError::Structure { what: "docType", .. })));
    let uri = |mso: &mut Mso| mso.status = Some(StatusRef { idx: 1, uri: "a\nb".into() });
    assert!(matches!(with(good(), &uri), Err(MdocError::Structure { what: "uri", .. })));
}

// The payload as we would never write it.
#[test]
fn security_objects_that_say_too_little_or_otherwise_are_refused() {
    let payload = Mso { status: Some(status()), ..mso(&[]) }.encode().unwrap();
    let payload = cbor::embedded("test", &decode("test", &payload).unwrap()).unwrap();
    let read = |alter: &dyn Fn(&mut Value)| {
        let payload = altered(&payload, |mso| alter(mso));
        Mso::read(&encode("test", &embed(payload)).unwrap()).map(drop).unwrap_err().to_string()
    };
    let set =
        |name: &'static str, value: Value| read(&move |mso| *member(mso, name) = value.clone());
    assert!(set("version", "2.0".into()).contains("1.0 expected"));
    assert!(set("digestAlgorithm", "MD5".into()).contains("digestAlgorithm"));
    let tdate = |text: &str| Value::Tag(0, Box::new(text.into()));
    for (bad, expected) in [
        (tdate("2025-03-28T03:04:05.5Z"), "whole seconds"),
        (tdate("2025-03-28T12:04:05+09:00"), "whole seconds"),
        (tdate("2025-02-30T00:00:00Z"), "whole seconds"),
        ("2025-03-28T03:04:05Z".into(), "whole seconds"),
        (Value::Tag(1, Box::new(0.into())), "whole seconds"),
        (tdate("2025-06-26T00:00:00Z"), "it would be good"),
    ] {
        let told = read(&|mso| *member(member(mso, "validityInfo"), "validFrom") = bad.clone());
        assert!(told.contains(expected), "{bad:?}: {told}");
    }
    assert!(
        set("status", Value::Map(vec![("identifier_list".into(), 1.into())]))
            .contains("status_list")
    );
    let key = |label: i64, value: Value| {
        read(&move |mso| {
            let key = member(member(mso, "deviceKeyInfo"), "deviceKey").as_map_mut().unwrap();
            key.retain(|(k, _)| *k != label.into());
            key.push((label.into(), value.clone()));
        })
    };
    let off_the_curve = Value::Bytes(vec![1; 32]);
    for told in [
        key(1, 1.into()),
        key(-1, 8.into()),
        key(-2, off_the_curve),
        key(-3, false.into()),
        key(-4, Value::Bytes(vec![1; 32])),
        key(3, (-35).into()),
    ] {
        assert!(told.contains("COSE_Key"), "{told}");
    }
    assert!(Period::of(NOW, NOW, NOW).is_err_and(|e| matches!(e, PeriodError::Empty { .. })));
}

#[test]
fn headers_that_could_mean_something_else_are_refused() {
    let mdoc = issued();
    let auth = |at: usize, value: Value| {
        let bad = altered(&mdoc, |mdoc| {
            member(mdoc, "issuerAuth").as_array_mut().unwrap()[at] = value;
        });
        judged(&bad).unwrap_err().to_string()
    };
    let header = |map: Vec<(i64, Value)>| {
        Value::Map(map.into_iter().map(|(k, v)| (Value::from(k), v)).collect())
    };
    let protected = |map| auth(0, Value::Bytes(encode("test", &header(map)).unwrap()));
    let chain = || (33, Value::Bytes(signer().certificate().der().to_vec()));
    assert!(protected(vec![]).contains("algorithm alone"));
    assert!(protected(vec![(1, (-7).into()), chain()]).contains("algorithm alone"));
    for other in [-35, -8, -257, 5] {
        assert!(protected(vec![(1, other.into())]).contains("algorithm came"), "{other}");
    }
    assert!(auth(1, header(vec![])).contains("x5chain"));
    for forbidden in [1, 2] {
        let told = auth(1, header(vec![chain(), (forbidden, 1.into())]));
        assert!(told.contains("unprotected"), "{told}");
    }
    assert!(auth(2, Value::Null).contains("payload"));
    assert!(auth(3, Value::Bytes(vec![0; 64])).contains("signature"));
    assert!(auth(3, Value::Bytes(vec![])).contains("signature"));
    let two = Value::Array(vec![chain().1, Value::Bytes(iaca().der().to_vec())]);
    assert!(auth(1, header(vec![(33, two)])).contains("signed itself"));
    let tagged = altered(&mdoc, |mdoc| {
        let auth = member(mdoc, "issuerAuth");
        *auth = Value::Tag(18, Box::new(auth.clone()));
    });
    assert!(judged(&tagged).unwrap_err().to_string().contains("without a tag"));
    let more = altered(&mdoc, |mdoc| mdoc.as_map_mut().unwrap().push(("x".into(), 1.into())));
    assert!(judged(&more).unwrap_err().to_string().contains("no other member"));

    let nested = crate::issuance::cose::testing::nested(9000);
    assert!(auth(0, Value::Bytes(nested.clone())).contains("algorithm alone"));
    let nested: Value = ciborium::from_reader(nested.as_slice()).unwrap();
    assert!(auth(1, nested).contains("not countersigned"));
}
