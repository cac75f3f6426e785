//! What is expected of an answer, and how it is said where it is otherwise.

use std::sync::Arc;

use regex::RegexBuilder;

use super::{
    Code, Failure, Kind, Shade, Value,
    bytes::not_bytes,
    compare::{compare, sign, stands},
    describe,
    eval::{found, path_text},
    machine::{Default, Machine},
    pattern::{Mismatch, byte_text},
};
use crate::{
    apdu::StatusWord,
    script::syntax::{Answer, Compare, DataPattern, Expectation, Expr, ExprKind, Span, SwPattern},
};

/// The most memory that a regular expression may take.
const MAX_REGEX: usize = 1 << 20;

impl Machine<'_> {
    /// What stands behind a command.
    pub(super) fn expect_answer(&mut self, answer: &Answer) -> Result<(), Failure> {
        self.last.inline = true;
        match &answer.sw {
            Some(pattern) => self.expect_sw(pattern)?,
            None if self.default_matches(self.last.sw.0) => {}
            None => return Err(self.unexpected_status(None)),
        }
        if let Some(pattern) = &answer.data {
            self.expect_data(pattern)?;
        }
        match answer.time {
            Some((how, time)) => self.expect_time(how, time, self.last.span),
            None => Ok(()),
        }
    }

    /// An `expect` statement.
    pub(super) fn expect(&mut self, expectation: &Expectation, span: Span) -> Result<(), Failure> {
        self.answered(span)?;
        self.last.inline = false;
        match expectation {
            Expectation::Sw(pattern) => self.expect_sw(pattern),
            Expectation::Data(pattern) => self.expect_data(pattern),
            Expectation::Len(how, len) => self.expect_len(*how, len),
            Expectation::Tlv { path, path_span, value } => {
                self.expect_object(path, *path_span, value.as_ref())
            }
            Expectation::Regex(pattern, place) => self.expect_regex(pattern, *place),
            Expectation::Text(text) => self.expect_text(text),
            Expectation::Time(how, time) => self.expect_time(*how, *time, span),
        }
    }

    fn expect_sw(&self, pattern: &SwPattern) -> Result<(), Failure> {
        if pattern.matches(self.last.sw.0) {
            return Ok(());
        }
        Err(self.unexpected_status(Some(pattern)))
    }

    /// The failure of a status word that is not the expected one.
    pub(super) fn unexpected_status(&self, pattern: Option<&SwPattern>) -> Failure {
        let sw = self.last.sw;
        let expected = match (pattern, &self.default) {
            (Some(pattern), _) => describe::statuses(pattern),
            (None, Default::Pattern(pattern)) => describe::statuses(pattern),
            (None, _) => "9000".into(),
        };
        let span = pattern.map_or(self.last.span, |pattern| pattern.span);
        let message = format!("status {:04X}, expected {expected}", sw.0);
        let failure = Failure::expectation(Code::STATUS, span, message)
            .expected(expected)
            .got(format!("{:04X}  {}", sw.0, sw.meaning()))
            .sw(sw);
        let failure = self.with_command(failure, span);
        match self.advice(sw) {
            Some(help) => failure.help(help),
            None => failure,
        }
    }

    // The command that was answered, named at its place.
    fn with_command(&self, failure: Failure, span: Span) -> Failure {
        let name = describe::command(&self.last.command);
        if self.last.inline || span == self.last.span {
            return failure.label(name);
        }
        failure.related(self.last.span, name)
    }

    // What to do, where the status word and the state of the dialogue say so much.
    fn advice(&self, sw: StatusWord) -> Option<String> {
        let plain = !self.link.is_protected();
        match sw {
            _ if self.last.naked => Some(
                "the card answered outside of the secure channel, which is closed by that: open \
                 another one with `access ..`"
                    .into(),
            ),
            StatusWord::SECURITY_STATUS if plain => Some(
                "something has to be shown to the card first: `access pace can ..` opens a secure \
                 channel, a VERIFY shows a PIN"
                    .into(),
            ),
            StatusWord::SECURITY_STATUS => {
                Some("another password or `auth terminal` may have the right to it".into())
            }
            StatusWord::NOT_FOUND => Some(
                "the file or application is not there, or not in the DF that is selected".into(),
            ),
            StatusWord::WRONG_LENGTH => Some(
                "does Lc say how many bytes follow, and does the command have the Le it needs? \
                 `short` and `ext` write the length fields anew"
                    .into(),
            ),
            StatusWord::CONDITIONS | StatusWord::NO_CURRENT_EF => {
                Some("something has to come before: a SELECT, another step of the protocol".into())
            }
            StatusWord::SM_OBJECTS_MISSING | StatusWord::SM_OBJECTS_INCORRECT if plain => {
                Some("the card holds a secure channel that this side has left".into())
            }
            StatusWord::AUTH_BLOCKED => Some("a PUK unblocks it, or an office does".into()),
            sw => {
                let le = sw.correct_le().map(|le| format!("ask for {le} bytes: le={le}"));
                le.or_else(|| {
                    let left = sw.bytes_waiting()?;
                    Some(format!("{left} bytes wait for GET RESPONSE: 00C0 0000 {left:02X}"))
                })
            }
        }
    }

    fn expect_data(&mut self, pattern: &DataPattern) -> Result<(), Failure> {
        let made = self.pattern(pattern)?;
        let Some(mismatch) = made.mismatch(&self.last.data) else { return Ok(()) };
        let hidden = made.shade == Shade::Secret;
        let failure = |message: String| Failure::expectation(Code::DATA, pattern.span, message);
        let failure = match mismatch {
            Mismatch::Byte { at, .. } if hidden => {
                failure(format!("byte {} of the answer differs", at + 1))
            }
            Mismatch::Byte { at, expected, got } => {
                let expected = byte_text(expected);
                failure(format!("byte {} of the answer is {got:02X}, expected {expected}", at + 1))
                    .expected(expected)
                    .got(format!("{got:02X}"))
            }
            Mismatch::Short { expected, got } => failure(format!(
                "the pattern is longer than the answer: {got} bytes came, at least {expected} \
                 expected"
            ))
            .expected(format!("at least {expected} bytes"))
            .got(format!("{got} bytes")),
            Mismatch::Long { expected, got } => {
                failure(format!("{got} bytes came, the pattern has {expected}"))
                    .expected(format!("{expected} bytes"))
                    .got(format!("{got} bytes"))
                    .help("`*` at the end stands for any further bytes")
            }
            Mismatch::Nowhere { from } => failure(format!(
                "what stands between two * is nowhere in the answer behind byte {from}"
            )),
        };
        Err(self.with_command(failure, pattern.span))
    }

    fn expect_len(&mut self, how: Compare, len: &Expr) -> Result<(), Failure> {
        let (wanted, _) = self.number(len)?;
        let got = self.last.data.len() as i64;
        if stands(how, got.cmp(&wanted)) {
            return Ok(());
        }
        let sign = if how == Compare::Eq { "" } else { sign(how) };
        let expected = format!("{sign} {wanted} bytes").trim_start().to_owned();
        let failure = Failure::expectation(
            Code::LENGTH,
            len.span,
            format!("{got} bytes came, expected {expected}"),
        );
        let failure = failure.expected(expected).got(format!("{got} bytes"));
        Err(self.with_command(failure, len.span))
    }

    fn expect_object(
        &mut self,
        path: &[u32],
        span: Span,
        value: Option<&(Compare, Expr)>,
    ) -> Result<(), Failure> {
        let object = found(&self.last.data, path).map(Value::bytes);
        let object = match object {
            Ok(object) => object.shaded(self.last.shade()),
            Err(why) => {
                let failure =
                    Failure::expectation(Code::OBJECT, span, why).expected(path_text(path));
                return Err(self.with_command(failure, span));
            }
        };
        let Some((how, expr)) = value else { return Ok(()) };
        let expected = match &expr.kind {
            ExprKind::Digits(digits) => super::eval::digits_as_bytes(digits, expr.span)?,
            _ => self.eval(expr)?,
        };
        // A number is compared with the number that the bytes are.
        let object = match (&expected.kind, object.as_bytes()) {
            (Kind::Int(_), Some(bytes)) => {
                let number = super::functions::uint(bytes, span)?;
                Value::from(Kind::Int(number)).shaded(object.shade)
            }
            _ => object,
        };
        if compare(*how, &object, &expected, expr.span)? {
            return Ok(());
        }
        // Whoever sees what was expected, and that it came otherwise, knows nothing more.
        let (shown, got) = (expected.shown(), object.shaded(expected.shade).shown());
        let failure = Failure::expectation(
            Code::OBJECT,
            expr.span,
            format!("{} is {got}, expected {} {shown}", path_text(path), sign(*how)),
        );
        let failure = failure.expected(format!("{} {shown}", sign(*how))).got(got);
        Err(self.with_command(failure, expr.span))
    }

    fn expect_regex(&mut self, pattern: &Arc<str>, span: Span) -> Result<(), Failure> {
        if !self.regexes.contains_key(pattern) {
            let made = RegexBuilder::new(pattern).size_limit(MAX_REGEX).build();
            let made = made.map_err(|error| {
                Failure::script(Code::KIND, span, format!("no regular expression: {error}"))
            })?;
            self.regexes.insert(Arc::clone(pattern), made);
        }
        let text = zeroize::Zeroizing::new(hex::encode_upper(&self.last.data));
        if self.regexes.get(pattern).is_some_and(|regex| regex.is_match(&text)) {
            return Ok(());
        }
        let failure = Failure::expectation(
            Code::CONTENT,
            span,
            "the answer, in capital hexadecimal digits, does not match",
        );
        let got = format!("{} bytes", self.last.data.len());
        let failure = failure.expected(&**pattern).got(got);
        Err(self.with_command(failure, span))
    }

    fn expect_text(&mut self, text: &Expr) -> Result<(), Failure> {
        let value = self.eval(text)?;
        let Some(wanted) = value.as_bytes() else { return Err(not_bytes(&value.kind, text.span)) };
        let data = &self.last.data;
        if wanted.is_empty() || data.windows(wanted.len()).any(|window| window == wanted) {
            return Ok(());
        }
        let failure =
            Failure::expectation(Code::CONTENT, text.span, "the text is not in the answer");
        let got = format!("{} bytes without it", data.len());
        let failure = failure.expected(value.shown()).got(got);
        Err(self.with_command(failure, text.span))
    }

    fn expect_time(
        &self,
        how: Compare,
        wanted: std::time::Duration,
        span: Span,
    ) -> Result<(), Failure> {
        let took = self.last.time;
        if stands(how, took.cmp(&wanted)) {
            return Ok(());
        }
        let expected = format!("{} {wanted:?}", sign(how));
        let got = format!("{took:.1?}");
        let failure = Failure::expectation(
            Code::TIME,
            span,
            format!("the answer took {got}, expected {expected}"),
        );
        let failure = failure.expected(expected).got(got);
        Err(self.with_command(failure, span))
    }
}
