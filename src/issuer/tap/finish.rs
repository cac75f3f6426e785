//! From what a tap has shown to a code.

use time::UtcDateTime;

use super::super::ports::Person;
use super::super::service::secret;
use super::super::{Issuer, subject};
use super::fault::TapFault;
use super::weigh::{Case, Shown};
use crate::issuance::tap_session::{Done, MAX_PICTURE};
use crate::lds::{Dg2, File, ImageFormat};
use crate::policy::{Check, Question, Way};
use crate::registry::TapResult;
use crate::trust::Evidence;

impl Issuer {
    /// Asks who the person is now, and the policy, and makes the code. The register checks again
    /// that the card is current and was not copied, in the transaction that ends the session.
    pub(super) fn finish(
        &self,
        case: &Case,
        shown: &Shown,
        now: UtcDateTime,
    ) -> Result<Done, TapFault> {
        let person = self.holder_of(&case.evidence)?;
        // Counted only now that the chip itself was there: a copy of its data locks nobody out.
        let card = self.registry.card_id(&shown.chip);
        let person_id = self.registry.person_id(&person.id);
        self.limits.card(&card).map_err(TapFault::Limited)?;
        self.limits.person(&person_id).map_err(TapFault::Limited)?;
        let answer = self.policy.decide(&Question {
            birth: person.birth_date,
            address: &person.address,
            at: now,
            way: Way::Ic,
            has_card: person.card.is_some(),
            first_card: person.first_card,
            level: Some(shown.level),
            pin: shown.pin,
            face: self.face_of(&person, case, shown)?,
        });
        if !answer.allowed {
            return Err(TapFault::Policy { reasons: answer.reasons.join("; ") });
        }
        let term_until = answer.term_until;
        let subject = subject::subject_of(&person, &self.settings, &self.policy, now, term_until);
        let code = secret::new();
        let expires = now.checked_add(self.settings.code_life).unwrap_or(now);
        let result = TapResult {
            session: case.session,
            person: person_id,
            card,
            counter: shown.counter,
            level: shown.level,
            subject: subject::encode(&subject),
            term_until,
            code: secret::hash(&code),
            expires,
        };
        self.registry.finish_tap(&result, now)?;
        self.metrics.tap("verified");
        let credential_offer = self.offer_of(&code);
        Ok(Done { code, credential_offer, expires_at: expires.truncate_to_second() })
    }

    // Whether the face is the person's, where there is somebody to compare it. A phone that could
    // send a picture and does not has not shown it, nor has one that leaves the portrait out.
    fn face_of(
        &self,
        person: &Person,
        case: &Case,
        shown: &Shown,
    ) -> Result<Option<bool>, TapFault> {
        let Some(port) = &self.face else { return Ok(None) };
        if self.policy.face(Way::Ic) == Check::No {
            return Ok(None);
        }
        let of_card = shown.portrait.then(|| of_card(&case.evidence)).flatten();
        let Some(portrait) = person.portrait.as_ref().or(of_card.as_ref()) else {
            return if shown.portrait { Err(TapFault::NoPortrait) } else { Ok(None) };
        };
        let picture = case.picture.as_ref().filter(|picture| picture.len() <= MAX_PICTURE);
        let picture = picture.ok_or(TapFault::NoPicture)?;
        Ok(Some(port.same(portrait, picture)?))
    }
}

fn of_card(evidence: &Evidence) -> Option<Vec<u8>> {
    let dg2 = Dg2::parse(evidence.file(File::Dg2)?).ok()?;
    let image = dg2.image()?;
    (image.format == Some(ImageFormat::Jpeg)).then(|| image.bytes.to_vec())
}
