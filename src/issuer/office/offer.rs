//! The QR way: an offer for a person whom the clerk has in front of them.

use rand_core::Rng;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::parse;
use crate::crypto::SystemRng;
use crate::issuer::service::{refused, secret};
use crate::issuer::{Call, Code, Issuer, Refusal, subject};
use crate::policy::{Question, Way};
use crate::registry::{NewOffer, OfferId};
use crate::trust::encoding::rfc3339;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    person: String,
    /// Where the office is, as addresses there begin.
    office: Option<String>,
}

impl Issuer {
    /// Makes a one-time offer: what the QR code shows, and the transaction code that the holder
    /// gets apart from it. The first wallet that claims it keeps it.
    ///
    /// # Errors
    /// [`Code::InvalidToken`], [`Code::InvalidRequest`], [`Code::NotFound`] for a person whom the
    /// population registry does not know, [`Code::PolicyDenied`] with the reasons.
    pub fn office_offer(&self, call: &Call, body: &[u8]) -> Result<Value, Refusal> {
        let clerk = self.clerk(call)?;
        let order: Order = parse(body)?;
        let now = self.clock.now();
        let person = self.person(&order.person)?;
        let person_id = self.registry.person_id(&person.id);
        self.limits.offer(&person_id)?;
        if person.left {
            return Err(Refusal::new(Code::PolicyDenied, "person: no longer in the population"));
        }
        let question = Question {
            birth: person.birth_date,
            address: &person.address,
            at: now,
            way: Way::Qr,
            has_card: person.card.is_some(),
            first_card: person.first_card,
            level: None,
            pin: None,
            face: None,
        };
        // An office that is not said is none, as long as it matters which one it is.
        let office = order.office.as_deref();
        let answer = self.policy.decide_at(&question, Some(office.unwrap_or_default()));
        if !answer.allowed {
            let mut reasons = answer.reasons;
            if office.is_none() && reasons.iter().any(|reason| reason.starts_with("office:")) {
                reasons.push("the request does not say where the office is".into());
            }
            return Err(Refusal::new(Code::PolicyDenied, reasons.join("; ")));
        }
        let term_until = answer.term_until;
        let about = subject::subject_of(&person, &self.settings, &self.policy, now, term_until);
        let (code, tx_code) = (secret::new(), tx_code());
        let mut id = [0; 16];
        SystemRng::default().fill_bytes(&mut id);
        let offer = NewOffer {
            id: OfferId(id),
            person: person_id,
            code: secret::hash(&code),
            secret: code,
            tx_code: secret::hash(&tx_code),
            subject: subject::encode(&about),
            term_until,
            expires: now + self.settings.offer_life,
            clerk: clerk.name.clone(),
        };
        let made = self.registry.make_offer(&offer, now);
        made.map_err(|error| refused(&error, |_| Code::PolicyDenied))?;
        let at = format!("{}/offers/{}", self.settings.url, offer.id);
        Ok(json!({
            "offer": offer.id.to_string(),
            // By reference (OpenID4VCI clause 4.1.3), so that the QR code stays small.
            "offer_uri": format!(
                "openid-credential-offer://?credential_offer_uri={}",
                percent_encoded(&at)
            ),
            "tx_code": tx_code.as_str(),
            "expires_at": rfc3339::text(offer.expires),
            "fee": answer.fee,
            "fees": answer.fees,
        }))
    }
}

/// Six digits, each as likely as any other.
fn tx_code() -> Zeroizing<String> {
    const CODES: u32 = 1_000_000;
    let mut rng = SystemRng::default();
    loop {
        let number = rng.next_u32();
        // What is above the last whole million would come more often.
        if number < u32::MAX / CODES * CODES {
            return Zeroizing::new(format!("{:06}", number % CODES));
        }
    }
}

/// RFC 3986 clause 2.1.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
