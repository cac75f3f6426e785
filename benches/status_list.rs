//! How long does it take to build a status list of 2^20 entries, to compress it, and to sign it?
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::issuance::status_list::{
    StatusList, Token, open_cwt, open_jwt, sign, sign_cwt, sign_jwt,
};
use iccard::issuance::{Signer, Status};
use iccard::pki::{Certificate, Contact, DistinguishedName, Profile};
use rand_core::Rng;
use time::{Duration, UtcDateTime, macros::utc_datetime};

const ENTRIES: u64 = 1 << 20;
const NOW: UtcDateTime = utc_datetime!(2025-03-28 0:00);
const URI: &str = "https://issuer.example/status/1";

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"bench", label))
}

fn signer() -> (Signer, Certificate) {
    let profile = |cn: &str, serial| Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2026-01-01 0:00),
    };
    let contact = Contact { uri: "https://issuer.example".into(), crl: None };
    let iaca = profile("TEST IACA", 1).iaca(&key("iaca"), &contact).unwrap();
    let status = profile("TEST status", 2);
    let status = status.status_signer(&key("status").public(), &iaca, &key("iaca")).unwrap();
    (Signer::new(key("status"), vec![status]).unwrap(), iaca)
}

/// So many entries in a thousand that are not valid, at random places, as an issuer has them.
fn entries(per_mille: u64) -> Vec<(u64, Status)> {
    let mut rng = SeededRng::new(b"bench", "entries");
    let count = ENTRIES * per_mille / 1000;
    (0..count)
        .map(|i| {
            let status = if i % 8 == 0 { Status::Suspended } else { Status::Invalid };
            (rng.next_u64() % ENTRIES, status)
        })
        .collect()
}

fn built(entries: &[(u64, Status)]) -> StatusList {
    let mut list = StatusList::new(ENTRIES);
    for (idx, status) in entries {
        list.set(*idx, *status).unwrap();
    }
    list
}

fn benches(c: &mut Criterion) {
    let (signer, iaca) = signer();
    let anchors = [iaca];
    let (iat, exp) = (NOW, NOW + Duration::DAY);
    let token = Token { uri: URI.into(), iat, exp, ttl: Duration::minutes(10) };
    let mut group = c.benchmark_group("status_list");
    group.sample_size(20).throughput(Throughput::Elements(ENTRIES));
    for per_mille in [0, 10, 100] {
        let entries = entries(per_mille);
        let list = built(&entries);
        let id = |what: &str| BenchmarkId::new(what, format!("{per_mille} in 1000"));
        group.bench_function(id("build"), |b| b.iter(|| built(&entries)));
        group.bench_function(id("compress"), |b| b.iter(|| list.compress().unwrap()));
        group.bench_function(id("sign both"), |b| {
            b.iter(|| sign(&list, &token, &signer).unwrap());
        });
        if per_mille != 10 {
            continue;
        }
        group.bench_function(id("sign the JWT"), |b| {
            b.iter(|| sign_jwt(&list, &token, &signer).unwrap());
        });
        group.bench_function(id("sign the CWT"), |b| {
            b.iter(|| sign_cwt(&list, &token, &signer).unwrap());
        });
        let signed = sign(&list, &token, &signer).unwrap();
        group.bench_function(id("open the JWT"), |b| {
            b.iter(|| open_jwt(&signed.jwt, URI, &anchors, NOW).unwrap());
        });
        group.bench_function(id("open the CWT"), |b| {
            b.iter(|| open_cwt(&signed.cwt, URI, &anchors, NOW).unwrap());
        });
    }
    group.finish();
}

criterion_group!(group, benches);
criterion_main!(group);
