//! What does Active Authentication cost each side, by key?
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use iccard::{
    crypto::{Curve, Hash, RsaPrivateKey, SecretKey, SeededRng},
    protocol::active_auth::{AaKey, Chip, check},
};

const CHALLENGE: [u8; 8] = *b"RND.IFD!";

fn benches(c: &mut Criterion) {
    let mut rng = SeededRng::new(b"bench", "active authentication");
    let mut cards = Vec::new();
    for curve in Curve::ALL {
        let key = SecretKey::generate(curve, &mut rng);
        let public = AaKey::Ec(key.public());
        cards.push((curve.to_string(), public, Chip::new(key, Hash::Sha256)));
    }
    for bits in [1024, 2048, 3072] {
        let key = RsaPrivateKey::generate(bits, &mut rng).unwrap();
        let public = AaKey::Rsa(key.public().clone());
        cards.push((format!("RSA-{bits}"), public, Chip::rsa(key, Hash::Sha256).unwrap()));
    }
    for (name, public, chip) in cards {
        let signature = chip.internal_authenticate(&CHALLENGE, &mut rng).unwrap();
        let mut group = c.benchmark_group(format!("active authentication/{name}"));
        group.bench_function("chip signs", |b| {
            b.iter(|| chip.internal_authenticate(black_box(&CHALLENGE), &mut rng).unwrap());
        });
        group.bench_function("terminal verifies", |b| {
            b.iter(|| check(&public, None, &CHALLENGE, black_box(&signature)).unwrap());
        });
        group.finish();
    }
}

criterion_group!(group, benches);
criterion_main!(group);
