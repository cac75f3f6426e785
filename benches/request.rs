//! How long does it take to make a request and to verify one?
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use iccard::{
    crypto::SeededRng,
    emulator::{Card, SeededEnv},
    issuance::{
        CredentialRequest, Decision, DeviceKeys, Session, SessionError, SessionStore, verify,
    },
    profile,
    protocol::pace::Password,
    tap::{Options, Passwords, tap},
    transport::Loopback,
    trust::Anchors,
};
use time::{Duration, UtcDateTime, macros::utc_datetime};

/// Takes every session as new, so that only the verification is measured.
struct Forgetful;

impl SessionStore for Forgetful {
    fn used_at(&self, _: &Session) -> Result<Option<UtcDateTime>, SessionError> {
        Ok(None)
    }

    fn consume(&self, _: &Session, _: UtcDateTime) -> Result<Option<UtcDateTime>, SessionError> {
        Ok(None)
    }
}

fn benches(c: &mut Criterion) {
    let now = utc_datetime!(2025-03-28 0:00);
    let mut rng = SeededRng::new(b"bench", "request");
    let keys = DeviceKeys::generate(1, &mut rng);
    let session = Session::new(keys.commitment(), now, Duration::minutes(5), &mut rng);

    let resident = profile::resident().unwrap();
    let card = Card::from_profile(&resident, Box::new(SeededEnv::new(b"bench"))).unwrap();
    let can = Some(Password::can(&resident.profile.secrets.can));
    let options = Options {
        passwords: Passwords { can, ..Passwords::default() },
        bind: Some(*session.binding(&keys.jkt()).as_bytes()),
        ..Options::default()
    };
    let mut dialogue = iccard::session::Session::new(Box::new(Loopback::new(card)));
    let evidence = tap(&mut dialogue, &options, &mut rng, now, &mut |_| {}).unwrap().evidence;
    let mut anchors = Anchors::new("bench");
    for (name, der) in profile::anchors(&resident) {
        anchors.add(&name, &der).unwrap();
    }
    let token = CredentialRequest::sign(&keys, &session, evidence.clone(), now).unwrap();

    let mut group = c.benchmark_group("request");
    group.bench_function("make", |b| {
        b.iter(|| CredentialRequest::sign(&keys, &session, evidence.clone(), now).unwrap());
    });
    group.bench_function("verify", |b| {
        b.iter(|| {
            let verdict = verify(&token, &session, &Forgetful, &anchors, now).unwrap();
            assert_eq!(verdict.verdict, Decision::Accept);
        });
    });
    group.finish();
}

criterion_group!(group, benches);
criterion_main!(group);
