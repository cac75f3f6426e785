//! Writes the credentials of a synthetic person into a new folder, for foreign programs to judge:
//!
//! ```text
//! cargo run --example make_credentials --features credentials -- target/credentials
//! ```
//!
//! Every key follows from a fixed seed and protects nothing. The times are those of now, because
//! not every judge can be told another time.
//!
//! | file | content |
//! |---|---|
//! | `iaca.pem`, `signer.pem` | the root and the document signer |
//! | `device.jwks` | the holder's private key |
//! | `mdoc.cbor` | IssuerSigned (ISO/IEC 18013-5) |
//! | `response.cbor` | DeviceResponse: three elements, signed for the request |
//! | `request.json` | what the presentations answer |

use std::path::PathBuf;

use anyhow::{Context, bail};
use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::issuance::{DeviceKeys, Order, Period, Signer, StatusRef, Subject, mdoc};
use iccard::pki::{Certificate, Contact, DistinguishedName, Profile};
use serde_json::json;
use time::macros::date;
use time::{Duration, UtcDateTime};

const SEED: &[u8] = b"make_credentials";
const DOC_TYPE: &str = "kr.example.resident.1";

// The request of a verifier that is none.
const CLIENT_ID: &str = "x509_san_dns:verifier.example";
const NONCE: &str = "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA";
const RESPONSE_URI: &str = "https://verifier.example/response";
const SHOWN: [&str; 3] = ["issuing_country", "age_over_19", "family_name_national_character"];

/// Where it goes, and who signs.
struct Issuer {
    folder: PathBuf,
    now: UtcDateTime,
    iaca: Certificate,
    signer: Signer,
    device: DeviceKeys,
    subject: Subject,
    status: StatusRef,
}

fn main() -> anyhow::Result<()> {
    let Some(folder) = std::env::args_os().nth(1) else { bail!("usage: make_credentials FOLDER") };
    let issuer = Issuer::new(folder.into())?;
    issuer.write("iaca.pem", issuer.iaca.to_pem().as_bytes())?;
    issuer.write("signer.pem", issuer.signer.certificate().to_pem().as_bytes())?;
    issuer.device.save(&issuer.folder.join("device.jwks"))?;
    let request = json!({"client_id": CLIENT_ID, "nonce": NONCE, "response_uri": RESPONSE_URI, "shown": SHOWN});
    issuer.write("request.json", request.to_string().as_bytes())?;
    issuer.mdoc()
}

impl Issuer {
    fn new(folder: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        if std::fs::read_dir(&folder)?.next().is_some() {
            bail!("{}: an empty folder expected", folder.display());
        }
        let now = UtcDateTime::now();
        let contact = Contact { uri: "https://issuer.example".into(), crl: None };
        let iaca_key = key("iaca");
        let iaca = profile("TEST IACA", 1, now, 3650).iaca(&iaca_key, &contact)?;
        let signing = key("signer");
        let certificate = profile("TEST Document Signer", 2, now, 457);
        let certificate = certificate.mdoc_signer(&signing.public(), &iaca, &iaca_key, &contact)?;
        Ok(Self {
            folder,
            now,
            iaca,
            signer: Signer::new(signing, vec![certificate])?,
            device: DeviceKeys::generate(1, &mut SeededRng::new(SEED, "device")),
            subject: person(now),
            status: StatusRef { idx: 412, uri: "https://issuer.example/status/1".into() },
        })
    }

    fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        std::fs::write(self.folder.join(name), bytes).with_context(|| name.to_owned())
    }

    fn order<'a>(&'a self, holder: &'a iccard::crypto::PublicKey) -> anyhow::Result<Order<'a>> {
        let until = self.now + Duration::days(90);
        let period = Period::new(self.now, until, self.signer.certificate())?;
        Ok(Order { subject: &self.subject, holder, period, status: &self.status })
    }

    fn mdoc(&self) -> anyhow::Result<()> {
        let holder = self.device.signing_key();
        let rng = &mut SeededRng::new(SEED, "mdoc");
        let issued = mdoc::issue(&self.order(&holder.public())?, DOC_TYPE, &self.signer, rng)?;
        self.write("mdoc.cbor", &issued)?;
        let transcript = mdoc::Transcript::openid4vp(CLIENT_ID, NONCE, None, RESPONSE_URI)?;
        let response = mdoc::present(&issued, &SHOWN, &transcript, holder)?;
        let anchors = std::slice::from_ref(&self.iaca);
        mdoc::verify_presentation(&response, &transcript, anchors, self.now)?;
        self.write("response.cbor", &response)
    }
}

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(SEED, label))
}

fn profile(name: &str, serial: u8, now: UtcDateTime, days: i64) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", name),
        serial: vec![serial],
        not_before: now - Duration::HOUR,
        not_after: now + Duration::days(days),
    }
}

// Nobody: region code 98 was never assigned.
fn person(now: UtcDateTime) -> Subject {
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
        portrait: Some(vec![0xFF, 0xD8, 0xFF, 0xD9]),
        document_number: Some("TS0000001".into()),
        issuing_authority: "TEST iccard".into(),
        issuing_country: "KR".into(),
        issue_date: now.date(),
        expiry_date: now.date() + Duration::days(3 * 365),
    }
}
