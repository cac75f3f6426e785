use super::*;
use crate::crypto::Hash;
use crate::issuance::SignedError;
use crate::issuance::signed::sign_with_key;
use crate::trust::encoding::base64url;

const MAX_AGE: Duration = Duration::minutes(5);

fn shown(paths: &[&str]) -> String {
    present(&issued(), paths, AUDIENCE, &key("holder"), NOW).unwrap()
}

fn judged(text: &str) -> Result<Verified, SdJwtError> {
    verify_presentation(text, &[iaca()], AUDIENCE, NOW, MAX_AGE)
}

#[test]
fn a_holder_shows_what_it_wants_and_nothing_else() {
    let claims = |paths: &[&str]| Value::Object(judged(&shown(paths)).unwrap().claims);
    assert_eq!(claims(&[]), json!({}));
    assert_eq!(claims(&["name"]), json!({ "name": "홍길동" }));
    assert_eq!(claims(&["age_equal_or_over/18"]), json!({ "age_equal_or_over": { "18": true } }));
    assert_eq!(
        claims(&["address", "age_equal_or_over/19", "age_equal_or_over/65", "nationalities/0"]),
        json!({
            "address": { "formatted": "세종특별자치시 시험로 1 (TEST)" },
            "age_equal_or_over": { "19": false, "65": false },
            "nationalities": ["KR"],
        })
    );
    let all: Vec<&str> = CLAIMS.iter().map(|path| path[0]).collect();
    let whole = verify(&issued(), &[iaca()], NOW).unwrap();
    assert_eq!(judged(&shown(&all)).unwrap(), whole);
    for path in ["", "surname", "age_equal_or_over/21", "name/x", "vct", "cnf", "exp", "/name"] {
        let error = present(&issued(), &[path], AUDIENCE, &key("holder"), NOW).unwrap_err();
        assert_eq!(error, SdJwtError::NoClaim { path: path.into() });
    }
    let error = present(&issued(), &["name"], AUDIENCE, &key("thief"), NOW).unwrap_err();
    assert_eq!(error, SdJwtError::OtherHolder);
    let error = present(&shown(&["name"]), &["name"], AUDIENCE, &key("holder"), NOW).unwrap_err();
    assert_eq!(error, SdJwtError::KeyBinding);
}

#[test]
fn a_presentation_is_good_for_one_verifier_one_question_and_a_moment() {
    let text = shown(&["name"]);
    let judge = |audience, at| verify_presentation(&text, &[iaca()], audience, at, MAX_AGE);
    assert!(judge(AUDIENCE, NOW + MAX_AGE).is_ok());
    assert!(judge(AUDIENCE, NOW - Duration::MINUTE).is_ok());
    let late = NOW + MAX_AGE + Duration::SECOND;
    assert_eq!(judge(AUDIENCE, late), Err(SdJwtError::NotFresh { iat: NOW, at: late }));
    let aud = judge(Audience { aud: "x509_san_dns:other.example", ..AUDIENCE }, NOW).unwrap_err();
    assert!(matches!(aud, SdJwtError::Audience { .. }), "{aud}");
    let nonce = judge(Audience { nonce: "another", ..AUDIENCE }, NOW).unwrap_err();
    assert_eq!(nonce, SdJwtError::Nonce);
    // One does not pass for the other.
    assert_eq!(verify(&text, &[iaca()], NOW).unwrap_err(), SdJwtError::KeyBinding);
    let unbound = &text[..=text.rfind('~').unwrap()];
    assert_eq!(judged(unbound).unwrap_err(), SdJwtError::NoKeyBinding);
    assert!(verify(unbound, &[iaca()], NOW).is_ok());
}

#[test]
fn the_binding_covers_what_is_shown_and_is_the_holders() {
    let text = shown(&["name", "sex"]);
    let tilde = text.rfind('~').unwrap();
    let (bound, binding) = (&text[..=tilde], &text[tilde + 1..]);
    // A disclosure taken away or put in on the way.
    let parts: Vec<&str> = bound.split_inclusive('~').collect();
    let less = format!("{}{}{binding}", parts[0], parts[1]);
    assert_eq!(judged(&less).unwrap_err(), SdJwtError::SdHash);
    let more = shown(&["name", "sex", "address"]);
    let more = format!("{}{binding}", &more[..=more.rfind('~').unwrap()]);
    assert_eq!(judged(&more).unwrap_err(), SdJwtError::SdHash);

    let good = json!({
        "iat": NOW.unix_timestamp(),
        "aud": AUDIENCE.aud,
        "nonce": AUDIENCE.nonce,
        "sd_hash": base64url::encode(Hash::Sha256.digest(&[bound.as_bytes()])),
    });
    let with = |typ: &str, claims: &Value, label: &str| {
        let binding = sign_with_key(typ, claims, &key(label)).unwrap();
        judged(&format!("{bound}{binding}"))
    };
    assert!(with(TYP_KEY_BINDING, &good, "holder").is_ok());
    let holder = |error: SdJwtError| match error {
        SdJwtError::Jws { part: "key binding", source } => source,
        other => panic!("{other}"),
    };
    for label in ["thief", "signer"] {
        let error = holder(with(TYP_KEY_BINDING, &good, label).unwrap_err());
        assert!(matches!(error, SignedError::Signature { .. }), "{error}");
    }
    for typ in ["JWT", TYP, "openid4vci-proof+jwt", "dpop+jwt"] {
        let error = holder(with(typ, &good, "holder").unwrap_err());
        assert!(matches!(error, SignedError::Type { .. }), "{error}");
    }
    for name in ["iat", "aud", "nonce", "sd_hash"] {
        for bad in [Value::Null, json!([good[name]]), json!(-7), json!("x")] {
            let mut claims = good.clone();
            claims[name] = bad.clone();
            assert!(with(TYP_KEY_BINDING, &claims, "holder").is_err(), "{name}: {bad}");
        }
    }
    let anchors = [iaca()];
    for at in tilde + 1..text.len() {
        let mut bad = text.clone().into_bytes();
        bad[at] ^= 1 << (at % 7);
        let bad = String::from_utf8(bad).unwrap();
        let judged = verify_presentation(&bad, &anchors, AUDIENCE, NOW, MAX_AGE);
        assert!(judged.is_err(), "character {at}");
    }
    let error = judged(&format!("{bound}x")).unwrap_err();
    assert_eq!(holder(error), SignedError::Form);
}
