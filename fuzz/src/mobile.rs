//! An issuer of mobile credentials with one credential and one status list.

use std::sync::OnceLock;

use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::issuance::mdoc::{self, Transcript};
use iccard::issuance::sd_jwt::{self, Audience};
use iccard::issuance::status_list::{self, Signed, StatusList, Token};
use iccard::issuance::{Order, Period, Signer, Status, StatusRef, Subject};
use iccard::pki::{Certificate, Contact, DistinguishedName, Profile};
use time::macros::{date, utc_datetime};
use time::{Duration, UtcDateTime};

/// When everything is judged.
pub const NOW: UtcDateTime = utc_datetime!(2025-03-28 00:00);
/// Where the status list is published.
pub const URI: &str = "https://issuer.example/status/1";
/// Which kind of mdoc it issues.
pub const DOC_TYPE: &str = "kr.example.resident.1";
/// Who asks, and with what.
pub const AUDIENCE: Audience<'static> =
    Audience { aud: "x509_san_dns:verifier.example", nonce: "n-0S6_WzA2Mj" };

/// What the issuer made.
#[derive(Debug)]
pub struct Mobile {
    /// Its root.
    pub anchors: [Certificate; 1],
    /// An SD-JWT VC.
    pub sd_jwt: String,
    /// The same, shown with its holder's key.
    pub shown: String,
    /// An mdoc.
    pub mdoc: Vec<u8>,
    /// The same, shown with its holder's key.
    pub mdoc_shown: Vec<u8>,
    /// What it was shown for.
    pub transcript: Transcript,
    /// The holder's key.
    pub holder: SecretKey,
    /// The list that it published.
    pub list: StatusList,
    /// The same, signed.
    pub signed: Signed,
}

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"fuzz", label))
}

fn profile(cn: &str, serial: u8) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", cn),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2026-01-01 0:00),
    }
}

/// The one issuer.
///
/// # Panics
/// Where it cannot be made.
pub fn mobile() -> &'static Mobile {
    static ONCE: OnceLock<Mobile> = OnceLock::new();
    ONCE.get_or_init(make)
}

fn make() -> Mobile {
    let contact = Contact { uri: "https://issuer.example".into(), crl: None };
    let iaca = profile("TEST IACA", 1).iaca(&key("iaca"), &contact).expect("a root");
    let document = profile("TEST DS", 2)
        .mdoc_signer(&key("document").public(), &iaca, &key("iaca"), &contact)
        .expect("a certificate");
    let status = profile("TEST status", 3)
        .status_signer(&key("status").public(), &iaca, &key("iaca"))
        .expect("a certificate");
    let document = Signer::new(key("document"), vec![document]).expect("a signer");
    let status = Signer::new(key("status"), vec![status]).expect("a signer");
    let subject = Subject {
        family_name: "HONG".into(),
        given_name: "GILDONG".into(),
        family_name_national: None,
        given_name_national: None,
        birth_date: date!(2007 - 02 - 28),
        sex: Some(1),
        nationality: "KR".into(),
        personal_number: None,
        address: Some("TEST".into()),
        portrait: None,
        document_number: None,
        issuing_authority: "TEST".into(),
        issuing_country: "KR".into(),
        issue_date: NOW.date(),
        expiry_date: date!(2028 - 03 - 28),
    };
    let period = Period::new(NOW, NOW + Duration::days(90), document.certificate());
    let order = Order {
        subject: &subject,
        holder: &key("holder").public(),
        period: period.expect("a period"),
        status: &StatusRef { idx: 5, uri: URI.into() },
    };
    let mut rng = SeededRng::new(b"fuzz", "salts");
    let sd_jwt = sd_jwt::issue(&order, "urn:example", &document, &mut rng).expect("a credential");
    let show = ["family_name", "age_equal_or_over/19"];
    let shown = sd_jwt::present(&sd_jwt, &show, AUDIENCE, &key("holder"), NOW).expect("shown");
    let mdoc = mdoc::issue(&order, DOC_TYPE, &document, &mut rng).expect("an mdoc");
    let transcript = Transcript::openid4vp(AUDIENCE.aud, AUDIENCE.nonce, None, URI);
    let transcript = transcript.expect("a transcript");
    let holder = key("holder");
    let show = ["family_name", "age_over_19"];
    let mdoc_shown = mdoc::present(&mdoc, &show, &transcript, &holder).expect("shown");
    let mut list = StatusList::new(64);
    list.set(5, Status::Invalid).expect("an entry");
    let (uri, exp) = (URI.to_owned(), NOW + Duration::DAY);
    let token = Token { uri, iat: NOW, exp, ttl: Duration::minutes(10) };
    let signed = status_list::sign(&list, &token, &status).expect("a list");
    let anchors = [iaca];
    Mobile { anchors, sd_jwt, shown, mdoc, mdoc_shown, transcript, holder, list, signed }
}
