//! What can be asked.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::ControlError;

/// A request, one line of JSON. A slot may be left out where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Request {
    /// Puts the card back into the reader.
    Insert {
        /// The slot.
        slot: Option<u16>,
    },
    /// Takes the card out, for this time or until it is put back.
    Remove {
        /// The slot.
        slot: Option<u16>,
        /// For how long.
        time: Option<Span>,
    },
    /// Takes the card's power for a moment, which the reader does not notice.
    Reset {
        /// The slot.
        slot: Option<u16>,
    },
    /// Takes the card out after it has done its next command and before it answers.
    Tear {
        /// The slot.
        slot: Option<u16>,
        /// For how long.
        time: Option<Span>,
    },
    /// Takes the card out and puts another one in.
    Swap {
        /// The slot.
        slot: Option<u16>,
        /// The other card's profile: a name or a file.
        profile: String,
    },
    /// The card's counters.
    Counters {
        /// The slot.
        slot: Option<u16>,
    },
    /// Has the card misbehave from now on; an empty text has it behave again.
    Fault {
        /// The slot.
        slot: Option<u16>,
        /// The faults in their text form.
        faults: String,
    },
    /// The cards and where they are.
    List,
    /// Ends a card, or all of them.
    Stop {
        /// The slot.
        slot: Option<u16>,
    },
}

impl Request {
    /// Its name, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Insert { .. } => "insert",
            Self::Remove { .. } => "remove",
            Self::Reset { .. } => "reset",
            Self::Tear { .. } => "tear",
            Self::Swap { .. } => "swap",
            Self::Counters { .. } => "counters",
            Self::Fault { .. } => "fault",
            Self::List => "list",
            Self::Stop { .. } => "stop",
        }
    }

    /// The request in a line.
    ///
    /// # Errors
    /// [`ControlError::Line`].
    pub fn parse(line: &str) -> Result<Self, ControlError> {
        serde_json::from_str(line).map_err(|error| ControlError::Line {
            step: "read the request",
            expected: "a request in one line of JSON, as {\"do\":\"list\"}".into(),
            got: error.to_string(),
        })
    }
}

/// A time as `2s`, `500ms` or `1m`, at most a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub Duration);

const MOST: u64 = 24 * 60 * 60 * 1000;

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let (number, unit) = text.split_at(digits.len());
        let unit = match unit {
            "ms" => Some(1),
            "s" => Some(1000),
            "m" => Some(60_000),
            _ => None,
        };
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let millis = number.parse::<u64>().ok().filter(|_| is_number).zip(unit);
        let millis = millis.and_then(|(number, unit)| number.checked_mul(unit));
        match millis.filter(|millis| *millis <= MOST) {
            Some(millis) => Ok(Self(Duration::from_millis(millis))),
            None => {
                let got: String = text.chars().take(40).collect();
                Err(format!("a time such as 2s, 500ms or 1m expected, got {got:?}"))
            }
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            millis if millis % 1000 == 0 => write!(f, "{}s", millis / 1000),
            millis => write!(f, "{millis}ms"),
        }
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_survives_its_line_and_others_are_refused() {
        let time = Some(Span(Duration::from_millis(1500)));
        for request in [
            Request::Insert { slot: None },
            Request::Remove { slot: Some(1), time },
            Request::Reset { slot: Some(0) },
            Request::Tear { slot: None, time: None },
            Request::Swap { slot: None, profile: "a \"b\"\n.toml".into() },
            Request::Counters { slot: None },
            Request::Fault { slot: Some(3), faults: String::new() },
            Request::List,
            Request::Stop { slot: None },
        ] {
            let line = serde_json::to_string(&request).unwrap();
            assert!(!line.contains('\n') && line.contains(request.name()), "{line}");
            assert_eq!(Request::parse(&line).unwrap(), request);
        }
        for line in [
            "",
            "list",
            "{}",
            r#"{"do":"list","do":"stop"}"#,
            r#"{"do":"burn"}"#,
            r#"{"do":"remove","time":"soon"}"#,
            r#"{"do":"remove","time":"9999999999m"}"#,
            r#"{"do":"insert","slot":-1}"#,
            r#"{"do":"insert","slto":1}"#,
            r#"{"do":"swap"}"#,
        ] {
            let error = Request::parse(line).unwrap_err();
            assert!(matches!(error, ControlError::Line { .. }), "{line}: {error}");
        }
    }

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        for (text, millis) in [("2s", 2000), ("500ms", 500), ("1m", 60_000), ("0s", 0)] {
            assert_eq!(text.parse::<Span>().unwrap().0.as_millis(), millis);
        }
        for text in ["2", "s", "", "-1s", "+1s", "1.5s", "1h", "99999m", "ms2"] {
            assert!(text.parse::<Span>().unwrap_err().contains("2s"), "{text}");
        }
    }
}
