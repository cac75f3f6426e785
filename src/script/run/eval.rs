//! Expressions.

use zeroize::Zeroizing;

use super::{
    Code, Failure, Kind, Shade, Value,
    bytes::not_bytes,
    compare::compare,
    machine::{Bytes, Machine},
};
use crate::{
    explain::count,
    script::syntax::{Compare, Expr, ExprKind, Operator, SliceForm, Span},
    tlv::{self, Tag},
};

impl Machine<'_> {
    /// The value of an expression. A word of digits is bytes.
    pub(super) fn eval(&mut self, expr: &Expr) -> Result<Value, Failure> {
        match &expr.kind {
            ExprKind::Digits(digits) => digits_as_bytes(digits, expr.span),
            ExprKind::Int(number) => Ok(Kind::Int(*number).into()),
            ExprKind::Bytes(parts) => {
                let mut out = Bytes::default();
                self.append(parts, &mut out)?;
                Ok(Value { kind: Kind::Bytes(out.data), shade: out.shade })
            }
            ExprKind::Text(text) => Ok(Value::text(&**text)),
            ExprKind::Bool(truth) => Ok(Kind::Bool(*truth).into()),
            ExprKind::Var(name) => self.variable(name).cloned(),
            ExprKind::Resp => {
                self.answered(expr.span)?;
                Ok(Value::bytes(&self.last.data[..]).shaded(self.last.shade()))
            }
            ExprKind::Sw => {
                self.answered(expr.span)?;
                Ok(Value::bytes(self.last.sw.0.to_be_bytes()))
            }
            ExprKind::Atr => self.atr(expr.span),
            ExprKind::Env(_) | ExprKind::Prompt(_) => match self.given(expr)? {
                Some(value) => Ok(value),
                None => Err(unset_environment(expr)),
            },
            ExprKind::Slice { of, from, to, form } => {
                self.slice(of, from.as_deref(), to.as_deref(), *form, expr.span)
            }
            ExprKind::Call(function, span, args) => self.call_function(*function, *span, args),
            ExprKind::Tlv(of, path) => self.find_object(of, path, expr.span),
            ExprKind::ResponseBytes(from, len) => self.response_bytes(*from, *len, expr.span),
            ExprKind::Neg(of) => {
                let (number, shade) = self.number(of)?;
                let number = number.checked_neg().ok_or_else(|| overflow(expr.span))?;
                Ok(Value::from(Kind::Int(number)).shaded(shade))
            }
            ExprKind::Not(of) => {
                let (truth, shade) = self.truth(of)?;
                Ok(Value::from(Kind::Bool(!truth)).shaded(shade))
            }
            ExprKind::Binary(operator, a, b) => self.binary(*operator, a, b, expr.span),
            ExprKind::SwMatches(pattern) => {
                self.answered(expr.span)?;
                Ok(Kind::Bool(pattern.matches(self.last.sw.0)).into())
            }
            ExprKind::Matches(of, pattern) => {
                let value = self.eval(of)?;
                let Some(bytes) = value.as_bytes() else {
                    return Err(not_bytes(&value.kind, of.span));
                };
                let pattern = self.pattern(pattern)?;
                let shade = value.shade.max(pattern.shade);
                Ok(Value::from(Kind::Bool(pattern.mismatch(bytes).is_none())).shaded(shade))
            }
        }
    }

    /// A number, and who may see it: a word of digits is decimal here.
    pub(super) fn number(&mut self, expr: &Expr) -> Result<(i64, Shade), Failure> {
        if let ExprKind::Digits(digits) = &expr.kind {
            let number = digits.parse::<i64>().map_err(|_| overflow(expr.span))?;
            return Ok((number, Shade::Open));
        }
        let value = self.eval(expr)?;
        match value.kind {
            Kind::Int(number) => Ok((number, value.shade)),
            _ => Err(kind(expr.span, "a number", &value).help(match value.kind {
                Kind::Bytes(_) => "uint(..) makes a number of bytes, int(..) of digits",
                Kind::Text(_) => "int(..) makes a number of digits",
                _ => "compare numbers, not truths",
            })),
        }
    }

    /// A number within bounds.
    pub(super) fn number_in(
        &mut self,
        expr: &Expr,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Result<(i64, Shade), Failure> {
        let (number, shade) = self.number(expr)?;
        if bounds.contains(&number) {
            return Ok((number, shade));
        }
        let expected = format!("{} to {}", bounds.start(), bounds.end());
        let got = Value::from(Kind::Int(number)).shaded(shade).shown();
        Err(Failure::script(Code::OUTSIDE, expr.span, format!("{got} is not within {expected}"))
            .expected(expected)
            .got(got))
    }

    /// A truth.
    pub(super) fn truth(&mut self, expr: &Expr) -> Result<(bool, Shade), Failure> {
        let value = self.eval(expr)?;
        match value.kind {
            Kind::Bool(truth) => Ok((truth, value.shade)),
            _ => Err(kind(expr.span, "true or false", &value)
                .help("compare it: `.. == ..`, `sw matches (..)`")),
        }
    }

    /// A text for people: of what is no text, its usual form. Secrets stay hidden.
    pub(super) fn told(&mut self, expr: &Expr) -> Result<String, Failure> {
        Ok(self.eval(expr)?.told())
    }

    /// The same for messages and reports.
    pub(super) fn shown(&mut self, expr: &Expr) -> Result<String, Failure> {
        Ok(self.eval(expr)?.shown())
    }

    pub(super) fn answered(&self, span: Span) -> Result<(), Failure> {
        if self.last.any {
            return Ok(());
        }
        Err(Failure::script(Code::UNSET, span, "there is no answer yet")
            .help("send a command before"))
    }

    // What may be missing; `None` lets `or` look further.
    fn given(&mut self, expr: &Expr) -> Result<Option<Value>, Failure> {
        match &expr.kind {
            ExprKind::Env(name) => {
                let found = self.host.environment(&name.text).map_err(|e| e.at(expr.span))?;
                Ok(found.map(|text| Kind::Text(text).into()))
            }
            ExprKind::Prompt(text) => {
                let text = self.shown(text)?;
                self.ask(&text, self.asks_secret, expr.span).map(Some)
            }
            ExprKind::Binary(Operator::Or, ..) => self.eval(expr).map(Some),
            ExprKind::Var(name) => Ok(self.lookup(&name.text).cloned()),
            _ => self.eval(expr).map(Some),
        }
    }

    /// Asks a person, never while others wait for the card.
    pub(super) fn ask(&mut self, text: &str, secret: bool, span: Span) -> Result<Value, Failure> {
        if self.transactions > 0 {
            return Err(Failure::script(
                Code::NOBODY,
                span,
                "nobody is asked inside a transaction, for other programs wait meanwhile",
            )
            .help("ask before the transaction begins"));
        }
        let line = self.host.prompt(text, secret).map_err(|error| error.at(span))?;
        Ok(Kind::Text(line).into())
    }

    fn binary(
        &mut self,
        operator: Operator,
        a: &Expr,
        b: &Expr,
        span: Span,
    ) -> Result<Value, Failure> {
        match operator {
            Operator::Or => self.or(a, b),
            Operator::And => {
                let (left, shade) = self.truth(a)?;
                if !left {
                    return Ok(Value::from(Kind::Bool(false)).shaded(shade));
                }
                let (right, other) = self.truth(b)?;
                Ok(Value::from(Kind::Bool(right)).shaded(shade.max(other)))
            }
            Operator::Compare(how) => {
                let (left, right) = self.both(how, a, b)?;
                let truth = compare(how, &left, &right, span)?;
                Ok(Value::from(Kind::Bool(truth)).shaded(left.shade.max(right.shade)))
            }
            Operator::Add | Operator::Sub | Operator::Mul | Operator::Div | Operator::Mod => {
                let ((left, shade), (right, other)) = (self.number(a)?, self.number(b)?);
                let number = match operator {
                    Operator::Add => left.checked_add(right),
                    Operator::Sub => left.checked_sub(right),
                    Operator::Mul => left.checked_mul(right),
                    Operator::Div => left.checked_div(right),
                    _ => left.checked_rem_euclid(right),
                };
                let number = number.ok_or_else(|| match right {
                    0 => Failure::script(Code::OUTSIDE, b.span, "a division by zero"),
                    _ => overflow(span),
                })?;
                Ok(Value::from(Kind::Int(number)).shaded(shade.max(other)))
            }
        }
    }

    fn or(&mut self, a: &Expr, b: &Expr) -> Result<Value, Failure> {
        match self.given(a)? {
            Some(Value { kind: Kind::Bool(false), shade }) => {
                let Some(right) = self.given(b)? else { return self.eval(b) };
                Ok(right.shaded(shade))
            }
            Some(value) => Ok(value),
            None => self.eval(b),
        }
    }

    /// Two values that are compared: a word of digits is what the other one is.
    pub(super) fn both(
        &mut self,
        how: Compare,
        a: &Expr,
        b: &Expr,
    ) -> Result<(Value, Value), Failure> {
        match (&a.kind, &b.kind) {
            (ExprKind::Digits(_), ExprKind::Digits(_))
                if !matches!(how, Compare::Eq | Compare::Ne) =>
            {
                // Only numbers are less or more.
                let (left, right) = (self.number(a)?.0, self.number(b)?.0);
                Ok((Kind::Int(left).into(), Kind::Int(right).into()))
            }
            (ExprKind::Digits(_), ExprKind::Digits(_)) => Ok((self.eval(a)?, self.eval(b)?)),
            (ExprKind::Digits(digits), _) => {
                let right = self.eval(b)?;
                Ok((like(digits, a.span, &right)?, right))
            }
            (_, ExprKind::Digits(digits)) => {
                let left = self.eval(a)?;
                let right = like(digits, b.span, &left)?;
                Ok((left, right))
            }
            _ => Ok((self.eval(a)?, self.eval(b)?)),
        }
    }

    fn slice(
        &mut self,
        of: &Expr,
        from: Option<&Expr>,
        to: Option<&Expr>,
        form: SliceForm,
        span: Span,
    ) -> Result<Value, Failure> {
        let value = self.eval(of)?;
        let from = from.map(|from| self.number(from)).transpose()?.map(|(n, _)| n);
        let to = to.map(|to| self.number(to)).transpose()?.map(|(n, _)| n);
        let Some(bytes) = value.as_bytes() else { return Err(not_bytes(&value.kind, of.span)) };
        let len = bytes.len() as i64;
        let at = |n: i64| if n < 0 { len.checked_add(n) } else { Some(n) };
        let start = at(from.unwrap_or(0));
        let end = match (form, to) {
            (SliceForm::Index, _) => start.and_then(|start| start.checked_add(1)),
            (_, None) => Some(len),
            (SliceForm::Exclusive, Some(to)) => at(to),
            (SliceForm::Inclusive, Some(to)) => at(to).and_then(|to| to.checked_add(1)),
        };
        let range = |n: Option<i64>| n.and_then(|n| usize::try_from(n).ok());
        let part = match (range(start), range(end)) {
            (Some(start), Some(end)) => bytes.get(start..end),
            _ => None,
        };
        let Some(part) = part else {
            let failure = |message| match of.kind {
                // The card has answered less than the script counts on.
                ExprKind::Resp => Failure::expectation(Code::OUTSIDE, span, message),
                _ => Failure::script(Code::OUTSIDE, span, message),
            };
            let there = value.described();
            return Err(
                failure(format!("the slice is not within its value: {there} are there")).got(there)
            );
        };
        let kind = match (form, part) {
            (SliceForm::Index, [byte, ..]) => Kind::Int(i64::from(*byte)),
            _ => Kind::Bytes(Zeroizing::new(part.to_vec())),
        };
        Ok(Value::from(kind).shaded(value.shade))
    }

    fn find_object(&mut self, of: &Expr, path: &[u32], span: Span) -> Result<Value, Failure> {
        let value = self.eval(of)?;
        let Some(bytes) = value.as_bytes() else { return Err(not_bytes(&value.kind, of.span)) };
        match found(bytes, path) {
            Ok(found) => Ok(Value::bytes(found).shaded(value.shade)),
            Err(why) => Err(Failure::expectation(Code::OBJECT, span, why)),
        }
    }

    fn response_bytes(&mut self, from: u16, len: u16, span: Span) -> Result<Value, Failure> {
        self.answered(span)?;
        let sw = self.last.sw.0.to_be_bytes();
        let whole = Zeroizing::new([&self.last.data[..], &sw].concat());
        let start = usize::from(from).checked_sub(1);
        let part = start.and_then(|start| whole.get(start..start + usize::from(len)));
        let part = part.ok_or_else(|| {
            Failure::expectation(
                Code::OUTSIDE,
                span,
                format!("bytes {from} to {} are not there", u32::from(from) + u32::from(len) - 1),
            )
            .got(format!("{} bytes with the status word", whole.len()))
        })?;
        Ok(Value::bytes(part).shaded(self.last.shade()))
    }
}

/// The value of the data object at the end of a path, or why there is none.
pub(super) fn found<'a>(bytes: &'a [u8], path: &[u32]) -> Result<&'a [u8], String> {
    let tags: Vec<Tag> = path.iter().map(|tag| Tag::new(*tag)).collect();
    match tlv::find(bytes, &tags) {
        Ok(Some(object)) => Ok(object.value),
        Ok(None) => {
            // How far the path leads: lengths and tags that the script names, no data.
            let leads = |n: &usize| {
                let (way, tag) = (tags.get(..*n)?, tags.get(*n)?);
                let inside =
                    if way.is_empty() { bytes } else { tlv::find(bytes, way).ok()??.value };
                Some((way.len(), *tag, inside.len()))
            };
            let why = match (0..tags.len()).rev().find_map(|n| leads(&n)) {
                Some((0, tag, len)) => format!(": no {tag} in {}", count(len, "byte")),
                Some((n, tag, len)) => {
                    let way = path_text(path.get(..n).unwrap_or_default());
                    format!(": {way} is, and no {tag} in its {}", count(len, "byte"))
                }
                None => String::new(),
            };
            Err(format!("no data object {} is there{why}", path_text(path)))
        }
        Err(error) => Err(format!("no data object {} can be read: {error}", path_text(path))),
    }
}

/// `6F/84`.
pub(super) fn path_text(path: &[u32]) -> String {
    let tags: Vec<String> = path.iter().map(|tag| Tag::new(*tag).to_string()).collect();
    tags.join("/")
}

pub(super) fn kind(span: Span, expected: &str, value: &Value) -> Failure {
    let got = value.described();
    Failure::script(Code::KIND, span, format!("{expected} is expected here, not {got}"))
        .expected(expected)
        .got(got)
}

pub(super) fn digits_as_bytes(digits: &str, span: Span) -> Result<Value, Failure> {
    hex::decode(digits).map(Value::bytes).map_err(|_| {
        Failure::script(Code::KIND, span, format!("{digits} is half a byte too short for bytes"))
            .help(format!("int({digits}) is the number, 0{digits} are bytes"))
    })
}

// A word of digits beside another value.
fn like(digits: &str, span: Span, other: &Value) -> Result<Value, Failure> {
    match other.kind {
        Kind::Int(_) => {
            let number = digits.parse::<i64>().map_err(|_| overflow(span))?;
            Ok(Kind::Int(number).into())
        }
        Kind::Text(_) => Ok(Value::text(digits)),
        _ => digits_as_bytes(digits, span),
    }
}

fn overflow(span: Span) -> Failure {
    Failure::script(Code::OUTSIDE, span, "the number is too large")
}

fn unset_environment(expr: &Expr) -> Failure {
    let name = match &expr.kind {
        ExprKind::Env(name) => &*name.text,
        _ => "",
    };
    Failure::script(Code::UNSET, expr.span, format!("{name} is not set in the environment"))
        .expected(format!("{name}=.."))
        .got("nothing")
        .help(format!("set it, or say what else there is: env:{name} or prompt \"..\""))
}
