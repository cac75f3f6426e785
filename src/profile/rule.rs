//! Access rules as expressions: who may do what with a file or a key.
//!
//! ```text
//! rule   = term { "or" term }
//! term   = factor { "and" factor }
//! factor = "(" rule ")" | "always" | "never" | "sm" | "bac" | "pin"
//!        | "pace" [ "(" password { "," password } ")" ]        password = mrz | can | pin | puk
//!        | "verified" "(" number ")"                           a password of VERIFY
//!        | "key" "(" number ")"                                a key of EXTERNAL AUTHENTICATE
//!        | "terminal" "(" number ")"                           a right of Terminal Authentication
//! ```
//!
//! `pin` holds where the holder's PIN was shown, by PACE or by VERIFY. Numbers are decimal, or
//! hexadecimal behind `0x`.

use std::fmt;

use crate::protocol::pace::PasswordKind;

/// Rules within rules, at most.
const MAX_DEPTH: usize = 16;
/// Characters of a rule, at most.
const MAX_LEN: usize = 400;
/// How much longer and deeper a rule may print than it was written. A number gets digits, a sign
/// spaces, and a list of factors parentheses that `and` before `or` needs not.
const PRINTED: usize = 4;

/// An access rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Without condition.
    Always,
    /// Not from outside.
    Never,
    /// Inside secure messaging, whatever opened it.
    SecureMessaging,
    /// Inside a session that PACE opened with one of these passwords.
    Pace(Vec<PasswordKind>),
    /// Inside a session that BAC or BAP opened.
    BasicAccess,
    /// After the holder's PIN was shown, by PACE or by VERIFY.
    Pin,
    /// After VERIFY of this password.
    Verified(u8),
    /// After EXTERNAL or MUTUAL AUTHENTICATE with this key.
    Key(u8),
    /// For an authenticated inspection system with this right, the bit of its template.
    Terminal(u8),
    /// All of these.
    All(Vec<Self>),
    /// Any of these.
    Any(Vec<Self>),
}

/// What a rule asks about a session.
pub trait Status {
    /// Whether commands are under secure messaging.
    fn secure_messaging(&self) -> bool;
    /// The password of PACE that opened the session.
    fn pace(&self) -> Option<PasswordKind>;
    /// Whether BAC or BAP opened the session.
    fn basic_access(&self) -> bool;
    /// Whether this password was verified.
    fn verified(&self, reference: u8) -> bool;
    /// Whether the holder's PIN was shown.
    fn pin(&self) -> bool;
    /// Whether the terminal has authenticated with this key.
    fn key(&self, number: u8) -> bool;
    /// Whether the terminal has this right.
    fn terminal(&self, right: u8) -> bool;
}

/// What is wrong with the text of a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{expected} expected, {got} came")]
pub struct RuleError {
    /// Byte offset in the text.
    pub at: usize,
    /// What could have stood there.
    pub expected: String,
    /// What stands there.
    pub got: String,
}

const ALL_PASSWORDS: [(&str, PasswordKind); 4] = [
    ("mrz", PasswordKind::Mrz),
    ("can", PasswordKind::Can),
    ("pin", PasswordKind::Pin),
    ("puk", PasswordKind::Puk),
];

const FACTORS: &str = "`always`, `never`, `sm`, `bac`, `pin`, `pace`, `pace(can)`, \
                       `verified(NUMBER)`, `key(NUMBER)`, `terminal(NUMBER)` or `(`";

impl Rule {
    /// The words that a rule may begin with.
    pub(super) const WORDS: &[&str] =
        &["always", "never", "sm", "bac", "pin", "pace", "verified", "key", "terminal"];

    /// Reads a rule.
    ///
    /// # Errors
    /// [`RuleError`] with the place in the text.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        Self::parse_with_places(text).map(|(rule, _)| rule)
    }

    /// Reads what a rule prints as, which may be longer and deeper than it was written.
    ///
    /// # Errors
    /// [`RuleError`] with the place in the text.
    pub(crate) fn parse_printed(text: &str) -> Result<Self, RuleError> {
        Self::parse_within(text, PRINTED).map(|(rule, _)| rule)
    }

    /// Reads a rule, and tells of every condition in it the byte where it stands.
    pub(super) fn parse_with_places(text: &str) -> Result<(Self, Vec<(usize, Self)>), RuleError> {
        Self::parse_within(text, 1)
    }

    fn parse_within(text: &str, times: usize) -> Result<(Self, Vec<(usize, Self)>), RuleError> {
        let most = MAX_LEN * times;
        if text.len() > most {
            let got = format!("{} characters", text.len());
            let expected = format!("a rule of at most {most} characters");
            return Err(RuleError { at: 0, expected, got });
        }
        let mut parser = Parser { text, at: 0, deepest: MAX_DEPTH * times, places: Vec::new() };
        let rule = parser.any(0)?;
        match parser.peek() {
            None => Ok((rule, parser.places)),
            Some(_) => Err(parser.error("`and`, `or` or the end")),
        }
    }

    /// Whether a session of this status may.
    pub fn permits(&self, status: &dyn Status) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::SecureMessaging => status.secure_messaging(),
            Self::Pace(kinds) => status.pace().is_some_and(|kind| kinds.contains(&kind)),
            Self::BasicAccess => status.basic_access(),
            Self::Pin => status.pin(),
            Self::Verified(reference) => status.verified(*reference),
            Self::Key(number) => status.key(*number),
            Self::Terminal(right) => status.terminal(*right),
            Self::All(rules) => rules.iter().all(|rule| rule.permits(status)),
            Self::Any(rules) => rules.iter().any(|rule| rule.permits(status)),
        }
    }

    /// Every rule within this one and itself, for checks against what a card has.
    pub fn walk(&self, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        if let Self::All(rules) | Self::Any(rules) = self {
            rules.iter().for_each(|rule| rule.walk(visit));
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, rules: &[Self], word: &str| {
            for (i, rule) in rules.iter().enumerate() {
                if i > 0 {
                    write!(f, " {word} ")?;
                }
                match rule {
                    Self::Any(_) | Self::All(_) => write!(f, "({rule})")?,
                    _ => write!(f, "{rule}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Always => f.write_str("always"),
            Self::Never => f.write_str("never"),
            Self::SecureMessaging => f.write_str("sm"),
            Self::Pace(kinds) if kinds.len() == ALL_PASSWORDS.len() => f.write_str("pace"),
            Self::Pace(kinds) => {
                let names = ALL_PASSWORDS.iter().filter(|(_, kind)| kinds.contains(kind));
                let names: Vec<_> = names.map(|(name, _)| *name).collect();
                write!(f, "pace({})", names.join(", "))
            }
            Self::BasicAccess => f.write_str("bac"),
            Self::Pin => f.write_str("pin"),
            Self::Verified(reference) => write!(f, "verified({reference:#04X})"),
            Self::Key(number) => write!(f, "key({number})"),
            Self::Terminal(right) => write!(f, "terminal({right})"),
            Self::All(rules) => joined(f, rules, "and"),
            Self::Any(rules) => joined(f, rules, "or"),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    deepest: usize,
    // Every condition that was read, a password of PACE each for itself.
    places: Vec<(usize, Rule)>,
}

impl<'a> Parser<'a> {
    // The next word or sign; the place moves to its start.
    fn peek(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let rest = rest.trim_start();
        self.at = self.text.len() - rest.len();
        let first = rest.chars().next()?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let len = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        Some(&rest[..len])
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn need(&mut self, token: &str) -> Result<(), RuleError> {
        if self.take(token) { Ok(()) } else { Err(self.error(&format!("`{token}`"))) }
    }

    fn error(&mut self, expected: &str) -> RuleError {
        let got = match self.peek() {
            Some(token) => format!("{:?}", token.chars().take(40).collect::<String>()),
            None => "the end".into(),
        };
        RuleError { at: self.at, expected: expected.into(), got }
    }

    fn any(&mut self, depth: usize) -> Result<Rule, RuleError> {
        let mut rules = vec![self.all(depth)?];
        while self.take("or") {
            rules.push(self.all(depth)?);
        }
        Ok(if rules.len() == 1 { rules.remove(0) } else { Rule::Any(rules) })
    }

    fn all(&mut self, depth: usize) -> Result<Rule, RuleError> {
        let mut rules = vec![self.factor(depth)?];
        while self.take("and") {
            rules.push(self.factor(depth)?);
        }
        Ok(if rules.len() == 1 { rules.remove(0) } else { Rule::All(rules) })
    }

    fn factor(&mut self, depth: usize) -> Result<Rule, RuleError> {
        if depth >= self.deepest {
            return Err(self.error("fewer parentheses within each other"));
        }
        let Some(token) = self.peek() else { return Err(self.error(FACTORS)) };
        let at = self.at;
        self.at += token.len();
        let rule = match token {
            "(" => {
                let rule = self.any(depth + 1)?;
                self.need(")")?;
                return Ok(rule);
            }
            "always" => Rule::Always,
            "never" => Rule::Never,
            "sm" => Rule::SecureMessaging,
            "bac" => Rule::BasicAccess,
            "pin" => Rule::Pin,
            "pace" if self.take("(") => {
                let mut kinds = vec![self.password()?];
                while self.take(",") {
                    kinds.push(self.password()?);
                }
                self.need(")")?;
                kinds.sort_unstable();
                kinds.dedup();
                return Ok(Rule::Pace(kinds));
            }
            "pace" => Rule::Pace(ALL_PASSWORDS.map(|(_, kind)| kind).to_vec()),
            "verified" => Rule::Verified(self.number(0xFF)?),
            "key" => Rule::Key(self.number(0xFF)?),
            "terminal" => Rule::Terminal(self.number(39)?),
            _ => {
                self.at = at;
                return Err(self.error(FACTORS));
            }
        };
        self.places.push((at, rule.clone()));
        Ok(rule)
    }

    fn password(&mut self) -> Result<PasswordKind, RuleError> {
        let token = self.peek();
        let found = ALL_PASSWORDS.iter().find(|(name, _)| Some(*name) == token);
        let Some((name, kind)) = found else {
            return Err(self.error("`mrz`, `can`, `pin` or `puk`"));
        };
        self.places.push((self.at, Rule::Pace(vec![*kind])));
        self.at += name.len();
        Ok(*kind)
    }

    fn number(&mut self, most: u8) -> Result<u8, RuleError> {
        self.need("(")?;
        let token = self.peek().unwrap_or_default();
        let number = match token.strip_prefix("0x") {
            Some(digits) => u8::from_str_radix(digits, 16),
            None => token.parse(),
        };
        let number = number.ok().filter(|n| *n <= most);
        let number = number.ok_or_else(|| self.error(&format!("a number from 0 to {most}")))?;
        self.at += token.len();
        self.need(")")?;
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_printed() {
        for (text, printed) in [
            ("always", "always"),
            ("pace(can) and pin", "pace(can) and pin"),
            ("bac or pace(pin,can , mrz)", "bac or pace(mrz, can, pin)"),
            ("pace", "pace"),
            ("pin and key(1) or never", "(pin and key(1)) or never"),
            ("(sm or bac) and verified(0x81)", "(sm or bac) and verified(0x81)"),
            ("terminal(0)", "terminal(0)"),
        ] {
            let rule = Rule::parse(text).unwrap();
            assert_eq!(rule.to_string(), printed);
            assert_eq!(Rule::parse(printed), Ok(rule));
        }
    }

    #[test]
    fn what_a_rule_prints_as_is_read_however_long_and_deep() {
        let deep = |depth: usize| {
            let open = "(pin and sm or ".repeat(depth);
            format!("{open}pin and sm or bac{}", ")".repeat(depth))
        };
        for text in [
            format!("always{}", " or verified(1)".repeat(26)),
            deep(MAX_DEPTH - 1),
            format!("{}sm{}", "(sm and(sm or ".repeat(7), "))".repeat(7)),
            format!("sm and sm{}", " or sm and sm".repeat(27)),
            format!("(sm)and(sm){}", "or(sm)and(sm)".repeat(29)),
        ] {
            let rule = Rule::parse(&text).unwrap();
            assert_eq!(Rule::parse_printed(&rule.to_string()), Ok(rule), "{text}");
        }
        assert!(Rule::parse_printed(&deep(PRINTED * MAX_DEPTH)).is_err());
        assert!(Rule::parse_printed(&"pin and ".repeat(400)).is_err());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, at, part) in [
            ("", 0, "the end came"),
            ("pace(pinn)", 5, "\"pinn\" came"),
            ("always or", 9, "the end came"),
            ("pin pin", 4, "`and`, `or` or the end"),
            ("key(256)", 4, "0 to 255"),
            ("key 1", 4, "`(` expected"),
            ("Pin", 0, "\"Pin\" came"),
            ("pin & sm", 4, "\"&\" came"),
        ] {
            let error = Rule::parse(text).unwrap_err();
            assert_eq!(error.at, at, "{text}");
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
        let deep = format!("{}pin{}", "(".repeat(40), ")".repeat(40));
        assert!(Rule::parse(&deep).unwrap_err().expected.contains("parentheses"));
        assert!(Rule::parse(&"pin and ".repeat(100)).is_err());
    }
}
