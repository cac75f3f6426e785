//! Access rules in profiles, and whether they can ever hold on the card.

use super::super::super::{
    FileRules, ProfileError, Rule,
    document::{Found, Table},
    findings::nearest,
    shape::RULE_WORDS,
};
use crate::protocol::pace::PasswordKind;

/// What the rules of a card can mean.
#[derive(Default)]
pub(in crate::profile::check) struct Has {
    /// The passwords of PACE; none: a card without it.
    pub(in crate::profile::check) pace: Vec<PasswordKind>,
    /// BAC, or BAP.
    pub(in crate::profile::check) basic_access: bool,
    /// The holder's PIN, of PACE or of VERIFY.
    pub(in crate::profile::check) pin: bool,
    /// The passwords of VERIFY.
    pub(in crate::profile::check) passwords: Vec<u8>,
    /// The keys of EXTERNAL and MUTUAL AUTHENTICATE.
    pub(in crate::profile::check) keys: Vec<u8>,
    /// Terminal Authentication.
    pub(in crate::profile::check) terminal: bool,
}

impl Has {
    // What is missing for this condition.
    fn lacks(&self, rule: &Rule) -> Option<String> {
        let numbers = |what: &str, numbers: &[u8]| {
            let shown: Vec<_> = numbers.iter().map(|n| format!("{n:#04X}")).collect();
            match shown.is_empty() {
                true => format!("the card has no {what}"),
                false => format!("the card has the {what} {}", shown.join(", ")),
            }
        };
        let fails = match rule {
            Rule::Pace(_) if self.pace.is_empty() => "the card has no PACE".into(),
            Rule::Pace(kinds) if !kinds.iter().any(|kind| self.pace.contains(kind)) => {
                let here = Rule::Pace(self.pace.clone());
                format!("the card has no such password of PACE, but `{here}`")
            }
            Rule::BasicAccess if !self.basic_access => "the card has no BAC".into(),
            Rule::SecureMessaging if !self.basic_access && self.pace.is_empty() => {
                "the card has neither PACE nor BAC".into()
            }
            Rule::Pin if !self.pin => {
                "the card has no PIN; `pin = true` makes one of a `password`".into()
            }
            Rule::Verified(reference) if !self.passwords.contains(reference) => {
                numbers("passwords", &self.passwords)
            }
            Rule::Key(number) if !self.keys.contains(number) => {
                numbers("keys of EXTERNAL or MUTUAL AUTHENTICATE", &self.keys)
            }
            Rule::Terminal(_) if !self.terminal => "the card has no Terminal Authentication".into(),
            _ => return None,
        };
        Some(fails)
    }
}

/// The rule under this key.
pub(super) fn rule(
    table: &Table<'_>,
    key: &str,
    has: Option<&Has>,
) -> Result<Option<Rule>, ProfileError> {
    table.text(key)?.map(|found| parse(&found, has)).transpose()
}

fn parse(found: &Found<'_, &str>, has: Option<&Has>) -> Result<Rule, ProfileError> {
    let (rule, places) = Rule::parse_with_places(found.value).map_err(|error| {
        let rest = found.value.get(error.at..).unwrap_or_default();
        let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).take(40).collect();
        let hint = nearest(&word, RULE_WORDS).filter(|near| *near != word && !word.is_empty());
        let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        found.bad_at(error.at, error.expected, format!("{} came{hint}", error.got))
    })?;
    for (at, condition) in &places {
        if let Some(lacks) = has.and_then(|has| has.lacks(condition)) {
            let got = format!("`{condition}` never holds: {lacks}");
            return Err(found.bad_at(*at, "conditions that the card can fulfil", got));
        }
    }
    Ok(rule)
}

/// The rules of a file; left out they are the defaults.
pub(super) fn file_rules(table: &Table<'_>, has: Option<&Has>) -> Result<FileRules, ProfileError> {
    let default = FileRules::default();
    Ok(FileRules {
        read: rule(table, "read", has)?.unwrap_or(default.read),
        update: rule(table, "update", has)?.unwrap_or(default.update),
        delete: rule(table, "delete", has)?.unwrap_or(default.delete),
        activate: rule(table, "activate", has)?.unwrap_or(default.activate),
        terminate: rule(table, "terminate", has)?.unwrap_or(default.terminate),
        create: rule(table, "create", has)?.unwrap_or(default.create),
    })
}
