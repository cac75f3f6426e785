//! How many credentials of each format one core signs and verifies.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::issuance::{Order, Period, Signer, StatusRef, Subject, mdoc, sd_jwt};
use iccard::pki::{Certificate, Contact, DistinguishedName, Profile};
use time::macros::{date, utc_datetime};
use time::{Duration, UtcDateTime};

const NOW: UtcDateTime = utc_datetime!(2025-03-28 0:00);
const DOC_TYPE: &str = "kr.example.resident.1";

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"bench", label))
}

fn profile(name: &str) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", name),
        serial: vec![1],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2026-01-01 0:00),
    }
}

fn issuer() -> (Certificate, Signer) {
    let contact = Contact { uri: "https://issuer.example".into(), crl: None };
    let iaca = profile("TEST IACA").iaca(&key("iaca"), &contact).unwrap();
    let signer = profile("TEST DS");
    let signer = signer.mdoc_signer(&key("signer").public(), &iaca, &key("iaca"), &contact);
    (iaca, Signer::new(key("signer"), vec![signer.unwrap()]).unwrap())
}

// With a portrait as large as those of cards.
fn person() -> Subject {
    Subject {
        family_name: "HONG".into(),
        given_name: "GILDONG".into(),
        family_name_national: Some("홍".into()),
        given_name_national: Some("길동".into()),
        birth_date: date!(2007 - 02 - 28),
        sex: Some(1),
        nationality: "KR".into(),
        personal_number: Some("070228-3980016".to_owned().into()),
        address: Some("세종특별자치시 시험로 1 (TEST)".into()),
        portrait: Some(vec![0xFF; 16_000]),
        document_number: Some("TS0000001".into()),
        issuing_authority: "TEST iccard".into(),
        issuing_country: "KR".into(),
        issue_date: date!(2025 - 03 - 28),
        expiry_date: date!(2028 - 03 - 28),
    }
}

fn benches(c: &mut Criterion) {
    let (iaca, signer) = issuer();
    let (subject, device) = (person(), key("device"));
    let holder = device.public();
    let status = StatusRef { idx: 412, uri: "https://issuer.example/status/1".into() };
    let period = Period::new(NOW, NOW + Duration::days(90), signer.certificate()).unwrap();
    let order = Order { subject: &subject, holder: &holder, period, status: &status };
    let anchors = [iaca];

    let mut group = c.benchmark_group("credentials");
    group.throughput(Throughput::Elements(1));
    let mut rng = SeededRng::new(b"bench", "salts");
    group.bench_function("mdoc issued", |b| {
        b.iter(|| mdoc::issue(&order, DOC_TYPE, &signer, &mut rng).unwrap());
    });
    let issued = mdoc::issue(&order, DOC_TYPE, &signer, &mut rng).unwrap();
    group.bench_function("mdoc verified", |b| {
        b.iter(|| mdoc::verify(&issued, &anchors, NOW).unwrap());
    });
    let transcript = mdoc::Transcript::openid4vp("client", "nonce", None, "https://v.example");
    let transcript = transcript.unwrap();
    let present = || mdoc::present(&issued, &["age_over_19"], &transcript, &device).unwrap();
    group.bench_function("mdoc presented", |b| b.iter(present));
    let shown = present();
    group.bench_function("mdoc presentation verified", |b| {
        b.iter(|| mdoc::verify_presentation(&shown, &transcript, &anchors, NOW).unwrap());
    });

    let vct = "urn:kr.example:resident:1";
    group.bench_function("SD-JWT issued", |b| {
        b.iter(|| sd_jwt::issue(&order, vct, &signer, &mut rng).unwrap());
    });
    let issued = sd_jwt::issue(&order, vct, &signer, &mut rng).unwrap();
    group.bench_function("SD-JWT verified", |b| {
        b.iter(|| sd_jwt::verify(&issued, &anchors, NOW).unwrap());
    });
    let audience = sd_jwt::Audience { aud: "client", nonce: "nonce" };
    let show = ["age_equal_or_over/19"];
    let present = || sd_jwt::present(&issued, &show, audience, &device, NOW).unwrap();
    group.bench_function("SD-JWT presented", |b| b.iter(present));
    let shown = present();
    group.bench_function("SD-JWT presentation verified", |b| {
        let age = Duration::MINUTE;
        b.iter(|| sd_jwt::verify_presentation(&shown, &anchors, audience, NOW, age).unwrap());
    });
    group.finish();
}

criterion_group!(group, benches);
criterion_main!(group);
