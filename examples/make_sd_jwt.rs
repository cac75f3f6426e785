//! Writes what foreign verifiers judge: an SD-JWT VC, a presentation of it and the status list it
//! stands in, in both forms, of a synthetic person and with keys from a seed.
//!
//! `cargo run --features credentials --example make_sd_jwt -- DIR`
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::issuance::sd_jwt::{Audience, issue, present};
use iccard::issuance::status_list::{StatusList, Token, sign};
use iccard::issuance::{Order, Period, Signer, Status, StatusRef, Subject};
use iccard::pki::{Contact, DistinguishedName, Profile};
use time::macros::{date, utc_datetime};
use time::{Duration, UtcDateTime};

// Foreign verifiers look at the clock, so these begin now.
const URI: &str = "https://issuer.example/status/1";
const VCT: &str = "urn:kr.example:resident:1";
const AUDIENCE: Audience<'static> =
    Audience { aud: "x509_san_dns:verifier.example", nonce: "n-0S6_WzA2Mj" };
const SHOWN: [&str; 3] = ["name", "age_equal_or_over/19", "address"];
const IDX: u64 = 4711;

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"make_sd_jwt", label))
}

fn profile(cn: &str, serial: u8, years: i64) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: UtcDateTime::now() + Duration::days(365 * years),
    }
}

fn main() {
    let dir = PathBuf::from(std::env::args_os().nth(1).unwrap());
    std::fs::create_dir_all(&dir).unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(dir.join(name), bytes).unwrap();
    let now = UtcDateTime::now().truncate_to_second();

    let contact = Contact { uri: "https://issuer.example".into(), crl: None };
    let iaca = profile("TEST IACA", 1, 10).iaca(&key("iaca"), &contact).unwrap();
    let ds = Profile { not_before: now - Duration::days(1), ..profile("TEST DS", 2, 1) };
    let ds = ds.mdoc_signer(&key("document").public(), &iaca, &key("iaca"), &contact).unwrap();
    let status = profile("TEST status", 3, 1);
    let status = status.status_signer(&key("status").public(), &iaca, &key("iaca")).unwrap();
    write("iaca.pem", iaca.to_pem().as_bytes());
    write("iaca.der", iaca.der());

    let subject = Subject {
        family_name: "HONG".into(),
        given_name: "GILDONG".into(),
        family_name_national: Some("홍".into()),
        given_name_national: Some("길동".into()),
        birth_date: date!(2007 - 02 - 28),
        sex: Some(1),
        nationality: "KR".into(),
        personal_number: Some("070228-3980016".to_owned().into()),
        address: Some("세종특별자치시 시험로 1 (TEST)".into()),
        portrait: Some(vec![0xFF, 0xD8, 0xFF, 0xD9]),
        document_number: Some("TS0000001".into()),
        issuing_authority: "TEST iccard".into(),
        issuing_country: "KR".into(),
        issue_date: now.date(),
        expiry_date: now.date() + Duration::days(1095),
    };
    let holder = key("holder");
    let signer = Signer::new(key("document"), vec![ds]).unwrap();
    let period = Period::new(now, now + Duration::days(90), signer.certificate()).unwrap();
    let place = StatusRef { idx: IDX, uri: URI.into() };
    let order = Order { subject: &subject, holder: &holder.public(), period, status: &place };
    let mut rng = SeededRng::new(b"make_sd_jwt", "salts");
    let credential = issue(&order, VCT, &signer, &mut rng).unwrap();
    write("credential.txt", credential.as_bytes());
    let shown = present(&credential, &SHOWN, AUDIENCE, &holder, now).unwrap();
    write("presentation.txt", shown.as_bytes());

    let signer = Signer::new(key("status"), vec![status]).unwrap();
    let token = Token {
        uri: URI.into(),
        iat: now,
        exp: now + Duration::days(1),
        ttl: Duration::minutes(10),
    };
    let mut list = StatusList::new(1 << 20);
    list.set(IDX + 1, Status::Invalid).unwrap();
    list.set((1 << 20) - 1, Status::Suspended).unwrap();
    let signed = sign(&list, &token, &signer).unwrap();
    write("status.jwt", signed.jwt.as_bytes());
    write("status.cwt", &signed.cwt);
    // The same a moment later: the credential is revoked.
    list.set(IDX, Status::Invalid).unwrap();
    let revoked = sign(&list, &token, &signer).unwrap();
    write("revoked.jwt", revoked.jwt.as_bytes());
    write("revoked.cwt", &revoked.cwt);

    let facts = serde_json::json!({
        "vct": VCT, "uri": URI, "idx": IDX, "entries": 1 << 20,
        "aud": AUDIENCE.aud, "nonce": AUDIENCE.nonce,
        "iat": now.unix_timestamp(), "exp": token.exp.unix_timestamp(), "ttl": 600,
        "shown": {
            "name": "홍길동",
            "age_equal_or_over": { "19": subject.is_of_age(19, now.date()) },
            "address": { "formatted": subject.address },
        },
        "claims": 15,
    });
    write("facts.json", facts.to_string().as_bytes());
}
