//! How many taps does an issuer verify a second and core? What phone and card do is left out.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::hint::black_box;
use std::time::{Duration as Took, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use iccard::{
    crypto::{Curve, SecretKey, SeededRng},
    emulator::{Card, SeededEnv},
    issuance::{
        CredentialRequest, Session, belongs_to, commitment,
        tap_session::{ChipKey, Next, RemoteChip},
        thumbprint,
    },
    lds::{Dg14, File},
    profile,
    protocol::pace::Password,
    session,
    tap::{Options, Passwords, Relay, tap},
    transport::{Loopback, Reset, Shared},
    trust::{Anchors, Judging, Level, Relayed, Verdict, judge},
};
use time::{Duration, UtcDateTime, macros::utc_datetime};

const NOW: UtcDateTime = utc_datetime!(2025-03-28 0:00);

struct Tapped {
    chip: Shared<Card>,
    options: Options,
    anchors: Anchors,
    session: Session,
    dpop: SecretKey,
    token: String,
}

fn tapped(name: &str) -> Tapped {
    let (_, text) = profile::BUILT_IN.iter().find(|(known, _)| *known == name).unwrap();
    let card = profile::check(text, name.as_ref()).unwrap().personalise().unwrap();
    let mut anchors = Anchors::new("bench");
    for (name, der) in profile::anchors(&card) {
        anchors.add(&name, &der).unwrap();
    }
    let mut rng = SeededRng::new(b"bench", "tap session");
    let dpop = SecretKey::generate(Curve::P256, &mut rng);
    let holder = [SecretKey::generate(Curve::P256, &mut rng).public()];
    let session = Session::new(commitment(&holder), NOW, Duration::minutes(5), &mut rng);
    let pin = card.profile.secrets.pin.as_ref().map(|pin| Password::pin(pin));
    let options = Options {
        passwords: Passwords { pin, ..Passwords::default() },
        bind: Some(*session.binding(&thumbprint(&dpop.public())).as_bytes()),
        relay: true,
        ..Options::default()
    };
    let chip = Card::from_profile(&card, Box::new(SeededEnv::new(b"bench"))).unwrap();
    let chip = Shared::new(chip);
    let mut held = session::Session::new(Box::new(Loopback::new(chip.clone())));
    let evidence = tap(&mut held, &options, &mut rng, NOW, &mut |_| {}).unwrap().evidence;
    let token = CredentialRequest::sign_for(&dpop, &holder, &session, evidence, NOW).unwrap();
    Tapped { chip, options, anchors, session, dpop, token }
}

impl Tapped {
    fn opened(&self) -> CredentialRequest {
        let request = CredentialRequest::open(&self.token).unwrap();
        belongs_to(&request, &self.session, &thumbprint(&self.dpop.public())).unwrap();
        request
    }

    fn judged(&self, request: &CredentialRequest, relayed: Relayed) -> Verdict {
        judge(&request.evidence, &self.anchors, &Judging::remote(relayed, request.bind).at(NOW))
    }

    /// One tap of L2: the request, and what the card signed.
    fn signed(&self) {
        let request = self.opened();
        let verdict = self.judged(&request, Relayed::default());
        assert!(verdict.verified && verdict.level == Level::L2);
        black_box(verdict);
    }

    /// One tap of L3, and how long the issuer's part of it took: the request, a judgement before the
    /// chip is asked, Chip Authentication, the protected read, and a judgement after.
    fn asked(&self) -> Took {
        let mut held = session::Session::new(Box::new(Loopback::new(self.chip.clone())));
        held.reset(Reset::Cold).unwrap();
        let mut rng = SeededRng::new(b"bench", "phone");
        tap(&mut held, &self.options, &mut rng, NOW, &mut |_| {}).unwrap();
        let mut steps = |_| {};
        let mut relay = Relay::new(&mut held, &mut steps);
        let mut took = Took::ZERO;
        let mut began = Instant::now();
        let request = self.opened();
        black_box(self.judged(&request, Relayed::default()));
        let dg14 = request.evidence.file(File::Dg14).unwrap();
        let key = ChipKey::strongest(&Dg14::parse(dg14).unwrap().infos).unwrap();
        let (mut talk, mut next) = RemoteChip::new(&key, dg14, true, &mut rng);
        loop {
            match next {
                Next::Done(relayed) => {
                    let verdict = self.judged(&request, relayed);
                    took += began.elapsed();
                    assert!(verdict.verified && verdict.level == Level::L3);
                    return took;
                }
                Next::Send { command, protect } => {
                    took += began.elapsed();
                    let response = relay.forward(&command, protect).unwrap();
                    began = Instant::now();
                    next = talk.receive(&response, &mut rng);
                }
            }
        }
    }
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("tap session");
    let key_only = tapped("resident-key-only");
    group.bench_function("verify L2, key-only", |b| b.iter(|| key_only.signed()));
    let resident = tapped("resident");
    group.bench_function("verify L3, resident", |b| {
        b.iter_custom(|times| (0..times).map(|_| resident.asked()).sum());
    });
    group.finish();
}

criterion_group!(group, benches);
criterion_main!(group);
