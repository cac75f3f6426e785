//! Reading faults from text.
//!
//! ```text
//! plan      = item { (";" or end of line) item }
//! item      = "seed" number | fault
//! fault     = action { condition }
//! condition = "on ins" XX | "in plain" | "in protected" | "nth" N | "after" N ("apdus" | "bytes")
//! ```

use std::{str::FromStr, time::Duration};

use super::{Action, Amount, Count, Fault, FaultError, FaultPlan, When};
use crate::apdu::StatusWord;

const ACTIONS: [&str; 12] = [
    "tear",
    "delay",
    "wtx",
    "sw",
    "flip",
    "spoil",
    "wrong mac",
    "slip counter",
    "naked",
    "truncate",
    "random atr",
    "garbage",
];
const CONDITIONS: [&str; 5] = ["on", "in", "nth", "after", "until"];
/// No answer is put off longer: a reader has long gone.
const MAX_PAUSE: u64 = 600_000;
/// Bytes of the largest answer.
const MAX_BYTES: u64 = 0x1_0001;

impl FromStr for FaultPlan {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut plan = Self::default();
        let mut before = 0;
        for item in text.split([';', '\n']) {
            let mut words = Words::of(item, before);
            before += item.chars().count() + 1;
            match words.peek() {
                None => continue,
                Some("seed") => {
                    words.next();
                    plan.seed = words.number("a seed", 0..=u64::MAX)?;
                    words.end(&[])?;
                }
                Some(_) => plan.faults.push(fault(&mut words)?),
            }
            if plan.faults.len() > Self::MAX {
                return Err(FaultError::TooMany { limit: Self::MAX });
            }
        }
        Ok(plan)
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        fault(&mut Words::of(text, 0))
    }
}

fn fault(words: &mut Words<'_>) -> Result<Fault, FaultError> {
    let action = action(words)?;
    let mut fault = Fault { action, when: When::default() };
    let mut seen: Vec<&str> = Vec::new();
    while let Some(word) = words.peek() {
        let column = words.column();
        let kind = if matches!(word, "nth" | "after") { "nth or after" } else { word };
        if seen.contains(&kind) {
            return Err(words.unexpected("each condition once", &[]));
        }
        condition(words, &mut fault)?;
        seen.push(kind);
        contradiction(&fault, word, column)?;
    }
    Ok(fault)
}

fn action(words: &mut Words<'_>) -> Result<Action, FaultError> {
    let word = words.peek().unwrap_or_default();
    if !ACTIONS.iter().any(|action| action.split(' ').next() == Some(word)) {
        return Err(words.unexpected(&format!("a fault ({})", ACTIONS.join(", ")), &ACTIONS));
    }
    words.next();
    Ok(match word {
        "tear" => Action::Tear { until_inserted: false },
        "delay" => Action::Delay(words.pause()?),
        "wtx" => {
            // At most 255 in a real exchange; more would only be more of the same.
            let times = words.number("a number of extensions", 1..=255)? as u16;
            let pause = if words.take("of") { Some(words.pause()?) } else { None };
            Action::WaitingTime { times, pause }
        }
        "sw" => Action::Status(words.status()?),
        "flip" => Action::Flip(words.bits()?),
        "spoil" => Action::Spoil(words.bits()?),
        "wrong" => {
            words.need("mac")?;
            Action::WrongMac
        }
        "slip" => {
            words.need("counter")?;
            Action::SlipCounter
        }
        "naked" => Action::Naked { sw: words.status()?, counting: words.take("counting") },
        "truncate" => {
            let keep_status = words.take("data");
            words.need("to")?;
            let len = words.number("a number of bytes", 0..=MAX_BYTES)? as u32;
            words.unit("byte")?;
            Action::Truncate { len, keep_status }
        }
        "random" => {
            words.need("atr")?;
            Action::RandomAtr
        }
        _ => {
            let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
            if !words.peek().is_some_and(is_number) {
                return Ok(Action::Garbage(None));
            }
            let len = words.number("a number of bytes", 2..=MAX_BYTES)? as u32;
            words.unit("byte")?;
            Action::Garbage(Some(len))
        }
    })
}

fn condition(words: &mut Words<'_>, fault: &mut Fault) -> Result<(), FaultError> {
    let when = &mut fault.when;
    match words.peek().unwrap_or_default() {
        "on" => {
            words.next();
            words.need("ins")?;
            when.ins = Some(words.hex("an instruction such as B0", 2)? as u8);
        }
        "in" => {
            words.next();
            when.protected = Some(match words.peek() {
                Some("protected") => true,
                Some("plain") => false,
                _ => return Err(words.unexpected("plain or protected", &["plain", "protected"])),
            });
            words.next();
        }
        "nth" => {
            words.next();
            when.count = Count::Nth(words.number("a number from 1", 1..=u32::MAX.into())? as u32);
        }
        "after" => {
            words.next();
            let n = words.number("a number", 0..=u32::MAX.into())? as u32;
            when.count = match words.peek() {
                Some("apdus" | "apdu") => Count::AfterApdus(n),
                Some("bytes" | "byte") => Count::AfterBytes(n),
                _ => return Err(words.unexpected("apdus or bytes", &["apdus", "bytes"])),
            };
            words.next();
        }
        "until" if matches!(fault.action, Action::Tear { .. }) => {
            words.next();
            words.need("inserted")?;
            fault.action = Action::Tear { until_inserted: true };
        }
        _ => words.end(&CONDITIONS)?,
    }
    Ok(())
}

// A fault that could never show is a mistake of whoever wrote it.
fn contradiction(fault: &Fault, condition: &str, column: usize) -> Result<(), FaultError> {
    let say = |help| {
        let (condition, action) = (condition.to_owned(), fault.action.to_string());
        Err(FaultError::Contradiction { column, condition, action, help })
    };
    match (fault.action, fault.when.protected) {
        (Action::RandomAtr, _) => say("it shows at every activation"),
        (Action::WrongMac | Action::SlipCounter | Action::Naked { .. }, Some(false)) => {
            say("it shows inside secure messaging only")
        }
        _ => Ok(()),
    }
}

/// The words of one item, with their columns.
struct Words<'a> {
    words: Vec<(usize, &'a str)>,
    at: usize,
    end: usize,
}

impl<'a> Words<'a> {
    // `before` characters of the text stand before this item.
    fn of(item: &'a str, before: usize) -> Self {
        let mut words = Vec::new();
        let mut start = None;
        for (at, c) in item.char_indices().chain([(item.len(), ' ')]) {
            match (start, c.is_whitespace()) {
                (None, false) => start = Some(at),
                (Some(from), true) => {
                    let column = before + item[..from].chars().count() + 1;
                    words.push((column, &item[from..at]));
                    start = None;
                }
                _ => {}
            }
        }
        Self { words, at: 0, end: before + item.trim_end().chars().count() + 1 }
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(|(_, word)| *word)
    }

    const fn next(&mut self) {
        self.at += 1;
    }

    fn column(&self) -> usize {
        self.words.get(self.at).map_or(self.end, |(column, _)| *column)
    }

    fn unexpected(&self, expected: &str, known: &[&str]) -> FaultError {
        let got = self.peek().map_or_else(
            || "the end".to_owned(),
            |word| format!("{:?}", word.chars().take(40).collect::<String>()),
        );
        let suggestion = self.peek().and_then(|word| nearest(word, known)).map(Into::into);
        FaultError::Unexpected { column: self.column(), expected: expected.into(), got, suggestion }
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.peek() == Some(word);
        self.at += usize::from(is);
        is
    }

    fn need(&mut self, word: &str) -> Result<(), FaultError> {
        if self.take(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"), &[word])) }
    }

    fn unit(&mut self, word: &str) -> Result<(), FaultError> {
        let many = format!("{word}s");
        if self.take(word) { Ok(()) } else { self.need(&many) }
    }

    fn end(&self, known: &[&str]) -> Result<(), FaultError> {
        match self.peek() {
            None => Ok(()),
            Some(_) if known.is_empty() => Err(self.unexpected("nothing more", &[])),
            Some(_) => {
                let expected = "`on ins`, `in plain`, `in protected`, `nth`, `after` or nothing";
                Err(self.unexpected(expected, known))
            }
        }
    }

    fn parsed<T>(
        &mut self,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, FaultError> {
        let value = self.peek().and_then(parse).ok_or_else(|| self.unexpected(expected, &[]))?;
        self.next();
        Ok(value)
    }

    fn number(
        &mut self,
        what: &str,
        bounds: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, FaultError> {
        let digits = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
        let expected = if *bounds.end() == u64::MAX {
            what.to_owned()
        } else {
            format!("{what} ({} to {})", bounds.start(), bounds.end())
        };
        self.parsed(&expected, |word| {
            word.parse().ok().filter(|n| digits(word) && bounds.contains(n))
        })
    }

    fn bits(&mut self) -> Result<Amount, FaultError> {
        let bits = self.number("a number of bits", 1..=Amount::MAX.into())?;
        self.unit("bit")?;
        Ok(Amount::new(bits as u8))
    }

    fn hex(&mut self, expected: &str, digits: usize) -> Result<u16, FaultError> {
        self.parsed(expected, |word| {
            let fits = word.len() == digits && word.bytes().all(|b| b.is_ascii_hexdigit());
            u16::from_str_radix(word, 16).ok().filter(|_| fits)
        })
    }

    fn status(&mut self) -> Result<StatusWord, FaultError> {
        Ok(StatusWord(self.hex("a status word such as 6F00", 4)?))
    }

    fn pause(&mut self) -> Result<Duration, FaultError> {
        self.parsed("a time such as 800ms or 2s, at most 600s,", |word| {
            let (number, scale) = match word.strip_suffix("ms") {
                Some(number) => (number, 1),
                None => (word.strip_suffix('s')?, 1000),
            };
            let digits = number.bytes().all(|b| b.is_ascii_digit());
            let time = number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(scale)?;
            (time <= MAX_PAUSE).then(|| Duration::from_millis(time))
        })
    }
}

// The known word with the fewest edits between them, where they are few.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(40).collect();
    let edits = |known: &str| {
        let known: Vec<char> = known.chars().collect();
        let mut row: Vec<usize> = (0..=known.len()).collect();
        for (i, a) in word.iter().enumerate() {
            let mut next = vec![i + 1];
            for (j, b) in known.iter().enumerate() {
                let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
                let substituted = at(&row, j) + usize::from(a != b);
                next.push(substituted.min(at(&row, j + 1) + 1).min(at(&next, j) + 1));
            }
            row = next;
        }
        row.last().copied().unwrap_or(usize::MAX)
    };
    // Of two words the first decides.
    let first = |known: &'a str| known.split(' ').next().unwrap_or(known);
    let best = known.iter().copied().min_by_key(|known| edits(first(known)))?;
    (edits(first(best)) * 2 <= first(best).chars().count()).then_some(best)
}
