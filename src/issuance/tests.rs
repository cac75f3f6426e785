//! What a verifier has to notice, and that the documentation tells the truth.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::Duration;

use super::*;
use crate::crypto::{Curve, PublicKey, SecretKey, SeededRng};
use crate::lds::File;
use crate::trust::testing::{Fixture, TAPPED};
use crate::trust::{Anchors, Check, Evidence, Level, Reason};

struct World {
    card: Fixture,
    keys: DeviceKeys,
    session: Session,
    store: UsedSessions,
    _dir: TempDir,
}

fn device(label: &str) -> DeviceKeys {
    DeviceKeys::generate(2, &mut SeededRng::new(b"request", label))
}

fn session_for(keys: &DeviceKeys, label: &str) -> Session {
    let rng = &mut SeededRng::new(b"request", label);
    Session::new(keys.commitment(), TAPPED, Duration::minutes(5), rng)
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keys = device("device");
        let session = session_for(&keys, "session");
        let store = UsedSessions::beside(&dir.path().join("session.json"));
        Self { card: Fixture::new(), keys, session, store, _dir: dir }
    }

    fn evidence(&self) -> Evidence {
        self.card.evidence(self.session.binding(&self.keys.jkt()).challenge())
    }

    fn request(&self) -> String {
        CredentialRequest::sign(&self.keys, &self.session, self.evidence(), TAPPED).unwrap()
    }

    fn verify(&self, token: &str) -> RequestVerdict {
        verify(token, &self.session, &self.store, &self.card.anchors(), TAPPED).unwrap()
    }

    /// The same request with header and claims altered, signed by that key.
    fn forged(&self, key: &SecretKey, edit: impl FnOnce(&mut Header, &mut Value)) -> String {
        let token = self.request();
        let mut claims = part(&token, 1);
        let mut header = jsonwebtoken::decode_header(&token).unwrap();
        edit(&mut header, &mut claims);
        jws::sign(&header, &claims, key).unwrap()
    }
}

fn part(token: &str, index: usize) -> Value {
    let text = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn jwk(key: &PublicKey) -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(key.x()),
            "y": URL_SAFE_NO_PAD.encode(key.y()) })
}

fn refused(verdict: &RequestVerdict) -> &Refusal {
    assert_eq!(verdict.verdict, Decision::Refuse);
    let checks = [&verdict.signature, &verdict.binding, &verdict.data, &verdict.chip];
    let failed = checks.into_iter().find(|c| !c.passed());
    failed.and_then(Check::reason).expect("a refusal has a reason")
}

fn opening(verdict: &RequestVerdict) -> &RequestError {
    match refused(verdict) {
        Refusal::Request(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn a_good_request_is_accepted_once() {
    let world = World::new();
    let token = world.request();
    assert_eq!(token, world.request(), "the same input gives the same bytes");
    let verdict = world.verify(&format!("{token}\n"));
    assert_eq!(verdict.verdict, Decision::Accept, "{verdict:#?}");
    assert_eq!(verdict.level, Level::L2);
    let request = verdict.request.as_ref().unwrap();
    assert_eq!(request.device_keys, world.keys.public());
    assert_eq!(request.evidence, world.evidence());

    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!((&json["verdict"], &json["level"]), (&json!("ACCEPT"), &json!("L2")));
    assert_eq!(json["binding"], json!({ "result": "passed" }));
    assert_eq!(json["evidence"]["chip"]["chip_authentication"]["result"], "not_done");
    assert_eq!(part(&token, 0)["typ"], TYP);

    // Again: the same bytes, and a fresh signature over the same session.
    assert_eq!(refused(&world.verify(&token)), &Refusal::UsedAgain { at: TAPPED });
    let again = world.forged(world.keys.signing_key(), |_, c| c["iat"] = json!(1));
    assert_eq!(refused(&world.verify(&again)), &Refusal::UsedAgain { at: TAPPED });
}

#[test]
fn of_two_verifiers_at_once_one_accepts() {
    let world = World::new();
    let token = world.request();
    let accepted = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4).map(|_| scope.spawn(|| world.verify(&token).verdict)).collect();
        tries.into_iter().map(|t| t.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(accepted.iter().filter(|d| **d == Decision::Accept).count(), 1);
}

#[test]
fn another_session_or_device_is_refused_and_leaves_the_session_alone() {
    let mut world = World::new();
    let token = world.request();
    let own = world.session.clone();
    world.session = session_for(&world.keys, "another session");
    assert!(matches!(refused(&world.verify(&token)), Refusal::OtherSession { .. }));
    world.session = own.clone();
    world.session.nonce = Nonce::new([1; 32]);
    assert_eq!(refused(&world.verify(&token)), &Refusal::OtherNonce);

    // Keys made after the challenge: another commitment, whoever signs.
    world.session = own;
    let late = device("made after the challenge");
    assert!(matches!(
        CredentialRequest::sign(&late, &world.session, world.evidence(), TAPPED),
        Err(RequestError::KeysNotCommitted { .. })
    ));
    let public = late.signing_key().public();
    let with_late_keys = world.forged(late.signing_key(), |header, claims| {
        header.jwk = serde_json::from_value(jwk(&public)).unwrap();
        claims["device_keys"] = late.public().iter().map(jwk).collect();
    });
    assert!(matches!(refused(&world.verify(&with_late_keys)), Refusal::KeysNotCommitted { .. }));
    // The committed keys, but signed by another one.
    let with_other_key = world.forged(late.signing_key(), |header, _| {
        header.jwk = serde_json::from_value(jwk(&public)).unwrap();
    });
    assert!(matches!(refused(&world.verify(&with_other_key)), Refusal::OtherDeviceKey { .. }));
    // One of the keys left out.
    let fewer = world.forged(world.keys.signing_key(), |_, claims| {
        claims["device_keys"].as_array_mut().unwrap().pop();
    });
    assert!(matches!(refused(&world.verify(&fewer)), Refusal::KeysNotCommitted { .. }));
    let other_bind = world.forged(world.keys.signing_key(), |_, claims| {
        claims["bind"] = json!(URL_SAFE_NO_PAD.encode([0; 32]));
    });
    assert_eq!(refused(&world.verify(&other_bind)), &Refusal::BindingDiffers);

    assert_eq!(world.verify(&token).verdict, Decision::Accept);
}

#[test]
fn a_session_ends_and_a_clock_set_back_is_noticed() {
    let world = World::new();
    let token = world.request();
    let at = |now| {
        let anchors = world.card.anchors();
        verify(&token, &world.session, &world.store, &anchors, now).unwrap()
    };
    let end = world.session.expires_at;
    assert!(matches!(refused(&at(end + Duration::SECOND)), Refusal::Expired { .. }));
    assert!(matches!(refused(&at(TAPPED - Duration::SECOND)), Refusal::NotYet { .. }));
    let late = CredentialRequest::sign(
        &world.keys,
        &world.session,
        world.evidence(),
        end + Duration::SECOND,
    );
    assert!(matches!(late, Err(RequestError::Expired { .. })));
    assert_eq!(at(end).verdict, Decision::Accept);
}

#[test]
fn whatever_is_altered_breaks_the_signature() {
    let world = World::new();
    let token = world.request();
    let step = token.len() / 97;
    for at in (0..token.len()).step_by(step) {
        let mut bad = token.clone().into_bytes();
        bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
        let verdict = world.verify(std::str::from_utf8(&bad).unwrap());
        assert!(verdict.signature.failed(), "byte {at}");
    }
    let parts: Vec<&str> = token.split('.').collect();
    let mut claims = part(&token, 1);
    claims["evidence"]["tapped_at"] = json!("2025-03-28T09:00:01Z");
    let altered = [parts[0], &encode(&claims), parts[2]].join(".");
    assert_eq!(opening(&world.verify(&altered)), &RequestError::BadSignature);
    // None of them used the session up.
    assert_eq!(world.verify(&token).verdict, Decision::Accept);
}

#[test]
fn headers_that_ask_for_less_are_refused_by_name() {
    let world = World::new();
    let token = world.request();
    let parts: Vec<&str> = token.split('.').collect();
    let header = part(&token, 0);
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        let token = [encode(&header).as_str(), parts[1], parts[2]].join(".");
        opening(&world.verify(&token)).clone()
    };
    for alg in ["none", "None", "HS256", "ES384", "RS256", ""] {
        assert_eq!(with("alg", json!(alg)), RequestError::Algorithm { got: alg.into() });
    }
    let unsigned = {
        let mut header = header.clone();
        header["alg"] = json!("none");
        format!("{}.{}.", encode(&header), parts[1])
    };
    assert_eq!(opening(&world.verify(&unsigned)), &RequestError::Algorithm { got: "none".into() });
    assert_eq!(with("typ", json!("JWT")), RequestError::Type { got: "JWT".into() });
    assert!(matches!(with("crit", json!(["exp"])), RequestError::Header { .. }));
    assert!(matches!(with("jku", json!("https://example")), RequestError::Header { .. }));
    let mut private = header["jwk"].clone();
    private["d"] = json!(URL_SAFE_NO_PAD.encode(world.keys.signing_key().to_bytes().as_slice()));
    let place = "header";
    assert_eq!(with("jwk", private), RequestError::Key { place, source: JwkError::Private });
    let symmetric = json!({ "kty": "oct", "k": "AAAA" });
    assert!(matches!(with("jwk", symmetric), RequestError::Header { .. }));
    assert!(matches!(with("jwk", Value::Null), RequestError::Header { .. }));

    for text in ["", "..", "a.b", "a.b.c.d", "!.!.!", &"a".repeat(9000)] {
        assert!(world.verify(text).signature.failed(), "{text}");
    }
    let long = "A".repeat(MAX_REQUEST + 1);
    assert!(matches!(opening(&world.verify(&long)), RequestError::TooLarge { .. }));
    let nested = URL_SAFE_NO_PAD.encode("[".repeat(3000));
    assert!(world.verify(&format!("{nested}.{nested}.AA")).signature.failed());
}

#[test]
fn payloads_of_another_form_are_refused_though_signed() {
    let world = World::new();
    let error = |edit: &dyn Fn(&mut Value)| {
        let token = world.forged(world.keys.signing_key(), |_, claims| edit(claims));
        opening(&world.verify(&token)).clone()
    };
    assert!(matches!(error(&|c| c["schema"] = json!(2)), RequestError::Payload { .. }));
    assert!(matches!(error(&|c| c["admin"] = json!(true)), RequestError::Payload { .. }));
    assert!(matches!(error(&|c| c["nonce"] = json!("AAAA")), RequestError::Payload { .. }));
    assert!(matches!(error(&|c| c["evidence"] = json!({})), RequestError::Payload { .. }));
    assert_eq!(error(&|c| c["device_keys"] = json!([])), RequestError::KeyCount { got: 0 });
    let twice = |c: &mut Value| c["device_keys"][1] = c["device_keys"][0].clone();
    assert_eq!(error(&twice), RequestError::KeyCount { got: 2 });
    let private = |c: &mut Value| c["device_keys"][0]["d"] = json!("AAAA");
    let place = "device keys";
    assert_eq!(error(&private), RequestError::Key { place, source: JwkError::Private });
}

#[test]
fn evidence_that_shows_too_little_is_refused_and_uses_the_session_up() {
    let bound = |edit: &dyn Fn(&World, &mut Evidence)| {
        let world = World::new();
        let mut evidence = world.evidence();
        edit(&world, &mut evidence);
        let token = CredentialRequest::sign(&world.keys, &world.session, evidence, TAPPED).unwrap();
        let verdict = world.verify(&token);
        assert!(verdict.signature.passed() && verdict.binding.passed());
        assert!(matches!(refused(&world.verify(&token)), Refusal::UsedAgain { .. }));
        verdict
    };
    let verdict = bound(&|_, e| e.files.get_mut(&File::Dg1).unwrap()[4] ^= 1);
    let files = vec![File::Dg1];
    assert_eq!(refused(&verdict), &Refusal::Evidence(Reason::HashMismatch { files }));
    // Chip Authentication alone convinces nobody but the reader.
    let verdict = bound(&|_, e| e.active_authentication = None);
    assert_eq!((verdict.data.passed(), verdict.level), (true, Level::L1));
    assert_eq!(refused(&verdict), &Refusal::Evidence(Reason::NotRecorded));
    // A copy of the data with a key of its own.
    let verdict = bound(&|world, e| {
        let challenge = e.active_authentication.as_ref().unwrap().challenge;
        let copy = Fixture::of("copy");
        assert_ne!(copy.active_key.public(), world.card.active_key.public());
        e.active_authentication = Some(copy.active(challenge));
    });
    assert!(matches!(refused(&verdict), Refusal::Evidence(Reason::ActiveAuthentication(_))));
    // Genuine, but of nobody in particular.
    let verdict = bound(&|_, e| drop(e.files.remove(&File::Dg1)));
    let reason = Reason::NotRead { file: File::Dg1 };
    assert_eq!(refused(&verdict), &Refusal::Evidence(reason));

    // A tap for another session: the device does not even sign, and a forger gains nothing.
    let world = World::new();
    let other = world.card.evidence([9; 8]);
    assert!(matches!(
        CredentialRequest::sign(&world.keys, &world.session, other.clone(), TAPPED),
        Err(RequestError::NotBound { .. })
    ));
    let forged = world.forged(world.keys.signing_key(), |_, claims| {
        claims["evidence"] = serde_json::to_value(&other).unwrap();
    });
    let verdict = world.verify(&forged);
    assert!(matches!(refused(&verdict), Refusal::Evidence(Reason::ChallengeNotBound { .. })));
    // No anchors, no acceptance.
    let world = World::new();
    let verdict =
        verify(&world.request(), &world.session, &world.store, &Anchors::new("nobody"), TAPPED)
            .unwrap();
    assert_eq!(refused(&verdict), &Refusal::Evidence(Reason::NoAnchors));
}

#[test]
fn a_store_that_fails_accepts_nothing() {
    let world = World::new();
    let store = UsedSessions::new("/nonexistent/folder/used.json");
    let result = verify(&world.request(), &world.session, &store, &world.card.anchors(), TAPPED);
    assert!(matches!(result, Err(SessionError::Io { .. })));
}

#[test]
fn only_es256_signs_and_verifies() {
    let key = device("x").signing_key().clone();
    let header = Header::new(Algorithm::ES384);
    assert!(jws::sign(&header, &json!({}), &key).is_err());
    let token = jws::sign(&Header::new(Algorithm::ES256), &json!({ "exp": 1 }), &key).unwrap();
    assert!(jws::is_signed_by(&token, &key.public()));
    assert!(!jws::is_signed_by(&token, &device("y").signing_key().public()));
}

// RFC 7515 appendix A.3: an ES256 signature that somebody else made.
#[test]
fn the_example_of_rfc_7515_verifies() {
    let decode = |text| URL_SAFE_NO_PAD.decode(text).unwrap();
    let x = decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    let y = decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let key = PublicKey::from_sec1(Curve::P256, &[&[4][..], &x, &y].concat()).unwrap();
    let token = "eyJhbGciOiJFUzI1NiJ9\
        .eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
        .DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    assert!(jws::is_signed_by(token, &key));
    assert!(!jws::is_signed_by(&token.replace("DtEh", "DtEi"), &key));
}

const DOCUMENT: &str = include_str!("../../docs/tap-evidence.md");

// The value of a line of the worked example.
fn documented(name: &str) -> &'static str {
    let start = format!("| {name} | `");
    let line = DOCUMENT.lines().find_map(|l| l.strip_prefix(&start));
    line.and_then(|l| l.strip_suffix("` |")).unwrap_or_else(|| panic!("{name} is not documented"))
}

#[test]
fn the_documented_example_is_what_the_code_computes() {
    let bytes = |name| hex::decode(documented(name)).unwrap();
    let key = |n: u32| {
        let coordinate = |c| URL_SAFE_NO_PAD.decode(documented(&format!("key {n} {c}"))).unwrap();
        let sec1 = [&[4][..], &coordinate("x"), &coordinate("y")].concat();
        PublicKey::from_sec1(Curve::P256, &sec1).unwrap()
    };
    let (one, two) = (key(1), key(2));
    let jkt = thumbprint(&one);
    assert_eq!(jkt.as_bytes()[..], bytes("thumbprint 1 = jkt"));
    assert_eq!(thumbprint(&two).as_bytes()[..], bytes("thumbprint 2"));
    let h_dev = commitment([&one, &two]);
    assert_eq!(h_dev.as_bytes()[..], bytes("H_dev"));
    let id = SessionId::new(bytes("sid").try_into().unwrap());
    let nonce = Nonce::new(bytes("N").try_into().unwrap());
    let binding = Binding::new(&id, &nonce, &h_dev, &jkt);
    assert_eq!(binding.as_bytes()[..], bytes("bind"));
    assert_eq!(binding.challenge()[..], bytes("RND.IFD"));
    let hashed = crate::crypto::Hash::Sha256.digest(&[&bytes("hashed")]);
    assert_eq!(hashed, bytes("bind"));
}

#[test]
fn every_field_is_documented() {
    fn names(value: &Value, path: &str, out: &mut Vec<String>) {
        let Some(object) = value.as_object() else { return };
        for (name, value) in object {
            let full = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            // Files and keys have tables of their own.
            if value.is_object() && !matches!(name.as_str(), "files" | "jwk" | "evidence") {
                names(value, &full, out);
            } else {
                out.push(full);
            }
        }
    }
    let world = World::new();
    let token = world.request();
    let mut evidence = part(&token, 1)["evidence"].clone();
    evidence["chip_authentication"]["key_id"] = json!(1);
    assert!(serde_json::from_value::<Evidence>(evidence.clone()).is_ok());
    let session = serde_json::to_value(&world.session).unwrap();
    let mut all = Vec::new();
    for value in [&part(&token, 0), &part(&token, 1), &evidence, &session] {
        names(value, "", &mut all);
    }
    assert!(all.len() > 20);
    for name in all {
        assert!(DOCUMENT.contains(&format!("| `{name}` |")), "{name} is not documented");
    }
}

/// A key-only card's evidence over that challenge.
fn key_only_evidence(challenge: [u8; 32], pin: bool) -> (Evidence, Anchors) {
    use crate::pki::oid;
    use crate::protocol::key_only::Chip;
    use crate::trust::testing::{key, profile};
    use crate::trust::{Access, Card, KeyOnlyAuthentication};
    let (ca_key, card_key) = (key("card ca"), key("key card"));
    let ca = profile("TEST Card CA KR", 1).card_ca(&ca_key).unwrap();
    let card = profile("TEST Card 1", 7);
    let card = card.signer_for(oid::KEY_ONLY_CARD, &card_key.public(), &ca, &ca_key).unwrap();
    let chip = Chip::new(card_key, card.fingerprint()).unwrap();
    let access = if pin { Access::PacePin } else { Access::PaceCan };
    let mut evidence = Evidence::new(Card { source: "test".into(), atr: vec![] }, TAPPED, access);
    evidence.files.insert(File::CardCertificate, card.der().to_vec());
    let answer = chip.sign(&challenge, pin, 5);
    evidence.key_only = Some(KeyOnlyAuthentication { challenge, answer });
    let mut anchors = Anchors::new("test");
    anchors.add("card ca", ca.der()).unwrap();
    (evidence, anchors)
}

#[test]
fn a_key_only_card_asks_for_a_credential_with_its_pin() {
    let world = World::new();
    let bind = *world.session.binding(&world.keys.jkt()).as_bytes();
    let sign = |evidence| CredentialRequest::sign(&world.keys, &world.session, evidence, TAPPED);
    let judged = |token: &str, anchors: &Anchors, store: &str| {
        let store = UsedSessions::new(world._dir.path().join(store));
        verify(token, &world.session, &store, anchors, TAPPED).unwrap()
    };
    let (evidence, anchors) = key_only_evidence(bind, true);
    let token = sign(evidence).unwrap();
    let verdict = judged(&token, &anchors, "good");
    assert_eq!(verdict.verdict, Decision::Accept, "{verdict:#?}");
    assert_eq!(verdict.level, Level::L2);
    // What an issuer keeps of the card, to know it again and to see its counter go up.
    let card = verdict.evidence.unwrap().key_only.unwrap();
    assert_eq!(card.counter, Some(5));
    assert!(card.card.is_some_and(|named| named.sha256.len() == 64));
    assert_eq!(refused(&judged(&token, &anchors, "good")), &Refusal::UsedAgain { at: TAPPED });

    // Without the PIN it says nothing of who holds it.
    let (without, _) = key_only_evidence(bind, false);
    let verdict = judged(&sign(without).unwrap(), &anchors, "without");
    assert_eq!(refused(&verdict), &Refusal::Evidence(Reason::WithoutPin));
    // The first eight bytes alone do not do: a document's card signs those.
    let mut near = bind;
    near[8] ^= 1;
    let (near, _) = key_only_evidence(near, true);
    assert!(matches!(sign(near), Err(RequestError::NotBound { .. })));
    // A CSCA in the place of a card CA.
    let verdict = judged(&token, &world.card.anchors(), "other anchors");
    assert!(verdict.data.failed() && verdict.verdict == Decision::Refuse);
}
