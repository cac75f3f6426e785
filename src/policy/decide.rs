//! The decision: a pure function of the rules and the question.

use time::Date;

use super::{Answer, Check, Fee, Policy, Question, place, rules::WayRules};

/// What one rule says: the ground on which it goes on, or the reason why not.
type Ruling = Result<String, String>;

impl Policy {
    /// Whether that person may have a mobile card now, by that way.
    pub fn decide(&self, question: &Question<'_>) -> Answer {
        self.decide_at(question, None)
    }

    /// The same at an office: its area as addresses there begin (or, in Latin letters, end).
    /// Without one the answer says where to go.
    pub fn decide_at(&self, question: &Question<'_>, office: Option<&str>) -> Answer {
        let way = self.rules.way(question.way);
        let day = self.day(question.at);
        let mut rulings = vec![self.age(question.birth, day), self.card(question)];
        rulings.push(self.place(question, day));
        if way.visit {
            rulings.push(self.office(question, office, day));
        }
        rulings.extend(evidence(way, question));
        let allowed = rulings.iter().all(Result::is_ok);
        let reasons = if allowed {
            rulings.into_iter().filter_map(Result::ok).collect()
        } else {
            rulings.into_iter().filter_map(Result::err).collect()
        };
        let fees = self.fees(way, question.first_card);
        let fee = fees.iter().fold(0_u32, |sum, fee| sum.saturating_add(fee.won));
        let term_until = self.term_until(question.at);
        Answer { allowed, reasons, fee, fees, visit: way.visit, term_until }
    }

    fn age(&self, birth: Date, day: Date) -> Ruling {
        let least = self.rules.person.min_age;
        let hours = self.rules.zone.offset_hours;
        let text = |word| format!("age: {word} {least} on {day} (UTC{hours:+})");
        // Who was born on 29 February has the birthday of a common year on 1 March.
        let reached = birth.year() + i32::from(least);
        let had = (day.year(), day.month() as u8, day.day())
            >= (reached, birth.month() as u8, birth.day());
        if had { Ok(text("at least")) } else { Err(text("under")) }
    }

    fn card(&self, question: &Question<'_>) -> Ruling {
        match (question.has_card, self.rules.person.card_needed) {
            (true, _) => Ok("card: holds a resident card".into()),
            (false, true) => Err("card: a resident card is needed first".into()),
            (false, false) => Ok("card: none is needed".into()),
        }
    }

    fn place(&self, question: &Question<'_>, day: Date) -> Ruling {
        let anywhere = self.rules.roll_out.anywhere_from;
        if day >= anywhere {
            return Ok(format!("place: anywhere since {anywhere}"));
        }
        let Some(found) = place::find(&self.rules.region, question.address) else {
            let said = "the registered address is in no place that it knows";
            return Err(format!("place: {said}; anywhere from {anywhere}"));
        };
        let name = match found.area {
            Some(area) => format!("{} ({})", area.name, found.region.name),
            None => found.region.name.clone(),
        };
        let from = found.from();
        if day >= from {
            let pilot = found.area.is_some_and(|_| day < found.region.from);
            return Ok(format!("place: {name}, {}since {from}", if pilot { "pilot " } else { "" }));
        }
        Err(format!("place: {name} begins on {from}"))
    }

    fn office(&self, question: &Question<'_>, office: Option<&str>, day: Date) -> Ruling {
        let anywhere = self.rules.roll_out.anywhere_from;
        if day >= anywhere {
            return Ok("office: at any office".into());
        }
        match office {
            None => Ok("office: at the office of the registered address".into()),
            Some(area) if place::lies_in(question.address, area) => {
                Ok("office: that of the registered address".into())
            }
            Some(_) => Err(format!(
                "office: only at that of the registered address; at any from {anywhere}"
            )),
        }
    }

    fn fees(&self, way: &WayRules, first_card: bool) -> Vec<Fee> {
        if way.first_card_free && first_card {
            return Vec::new();
        }
        let fee = |what: &String| Some((what.clone(), *self.rules.fees.get(what)?));
        way.fees.iter().filter_map(fee).map(|(what, won)| Fee { what, won }).collect()
    }
}

/// What a tap showed; nothing is judged where there was none.
fn evidence(way: &WayRules, question: &Question<'_>) -> Vec<Ruling> {
    let (Some(level), Some(least)) = (question.level, way.level) else {
        return Vec::new();
    };
    let text = format!("level: {level} came, {least} is needed");
    let shown = if level >= least { Ok(text) } else { Err(text) };
    let pin = checked("pin", way.pin, question.pin);
    let face = checked("face", way.face, question.face);
    [Some(shown), pin, face].into_iter().flatten().collect()
}

fn checked(what: &str, demanded: Check, found: Option<bool>) -> Option<Ruling> {
    match (demanded, found) {
        (Check::No, _) => None,
        (_, Some(true)) => Some(Ok(format!("{what}: checked"))),
        (_, Some(false)) => Some(Err(format!("{what}: it was checked and did not fit"))),
        (Check::Required, None) => Some(Err(format!("{what}: it has to be checked, and was not"))),
        (Check::WhenAvailable, None) => Some(Ok(format!("{what}: not checked"))),
    }
}
