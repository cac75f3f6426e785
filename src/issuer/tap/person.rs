//! Whose card it is: what the card says, against what the population registry knows.

use time::Date;

use super::super::Issuer;
use super::super::ports::{Lookup, Person};
use super::fault::TapFault;
use crate::lds::{Df, Dg1, Dg11, File};
use crate::pki::Certificate;
use crate::registry::CardId;
use crate::trust::{Evidence, country};

impl Issuer {
    /// What the register knows a card by before its chip was ever heard: its number.
    pub(in crate::issuer) fn card_of(&self, number: &str) -> CardId {
        self.registry.card_id(&[b"number ", number.as_bytes()].concat())
    }

    /// The person whose current card this is. The evidence has to be verified.
    pub(super) fn holder_of(&self, evidence: &Evidence) -> Result<Person, TapFault> {
        let person = if evidence.application() == Df::KeyOnly {
            self.holder_of_key(evidence)?
        } else {
            self.holder_of_document(evidence)?
        };
        if person.left { Err(TapFault::Left) } else { Ok(person) }
    }

    // Such a card has no data: the registry alone knows whose it is.
    fn holder_of_key(&self, evidence: &Evidence) -> Result<Person, TapFault> {
        let file = evidence.file(File::CardCertificate).unwrap_or_default();
        let card = Certificate::from_der(file).map_err(|_| unread("EF.CardCertificate"))?;
        let subject = card.subject();
        let number = number_of(&subject).ok_or_else(|| unread("EF.CardCertificate"))?;
        let person = self.population.find(Lookup::KeyOnlyCard(number))?;
        let person = person.ok_or(TapFault::NobodyKnown)?;
        if person.card.as_deref() == Some(number) { Ok(person) } else { Err(TapFault::NotCurrent) }
    }

    fn holder_of_document(&self, evidence: &Evidence) -> Result<Person, TapFault> {
        let dg1 = evidence.file(File::Dg1).unwrap_or_default();
        let dg1 = Dg1::parse(dg1).map_err(|_| unread("EF.DG1"))?;
        let mrz = dg1.mrz();
        let expected = &self.settings.country;
        // Numbers are one state's: another's document may have the same.
        if country::of_certificates(&mrz.issuing_state) != Some(expected.as_str()) {
            return Err(TapFault::Foreign { expected: expected.clone() });
        }
        let dg11 = evidence.file(File::Dg11).map(Dg11::parse).transpose();
        let dg11 = dg11.map_err(|_| unread("EF.DG11"))?.unwrap_or_default();
        let lookup = match &dg11.personal_number {
            Some(number) => Lookup::PersonalNumber(number),
            None => Lookup::Document(&mrz.document_number),
        };
        let person = self.population.find(lookup)?.ok_or(TapFault::NobodyKnown)?;
        if person.card.as_deref() != Some(mrz.document_number.as_str()) {
            return Err(TapFault::NotCurrent);
        }
        let full = dg11.date_of_birth.is_none_or(|date| date.date() == Some(person.birth_date));
        if !full || !is_of(mrz.date_of_birth.as_str(), person.birth_date) {
            return Err(TapFault::Disagree { what: "the date of birth" });
        }
        Ok(person)
    }
}

fn unread(file: &str) -> TapFault {
    TapFault::Evidence { what: "holder's data", why: format!("{file} is malformed") }
}

// The card's own number is the last word of the common name (docs/applet.md).
fn number_of(subject: &str) -> Option<&str> {
    let name = subject.strip_prefix("CN=")?.split(',').next()?;
    let number = name.rsplit(' ').next()?;
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some(number)
}

// YYMMDD; what is not known on the card is not compared (ICAO Doc 9303-3 clause 4.8).
fn is_of(card: &str, date: Date) -> bool {
    let (year, month, day) = (date.year().rem_euclid(100), date.month() as u8, date.day());
    let known = format!("{year:02}{month:02}{day:02}");
    card.chars().zip(known.chars()).all(|(card, known)| card == '<' || card == known)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_key_only_card_is_called_by_its_number() {
        assert_eq!(number_of("CN=TEST Card TS0000002,O=TEST iccard,C=KR"), Some("TS0000002"));
        assert_eq!(number_of("CN=TS1"), Some("TS1"));
        for none in ["O=TEST iccard,CN=TEST Card 1", "CN=", "CN=TEST Card 1\\2C,C=KR", ""] {
            assert_eq!(number_of(none), None, "{none}");
        }
    }

    #[test]
    fn a_date_of_the_zone_is_compared_as_far_as_it_is_known() {
        let born = date!(2007 - 02 - 28);
        for yes in ["070228", "07<<<<", "07<<28", "<<<<<<"] {
            assert!(is_of(yes, born), "{yes}");
        }
        for no in ["070227", "070328", "080228", "06<<<<"] {
            assert!(!is_of(no, born), "{no}");
        }
    }
}
