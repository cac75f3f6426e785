//! Expressions: values with operators between them.

use super::{
    Compare, Expr, ExprKind, MAX_NESTING, Operator,
    input::{
        Input, Res, at, blanks, byte, deeper, eat, expected, found, rest, second, since, skip,
        span, too_deep,
    },
    pattern, value,
    words::{next, word},
};
use crate::script::diagnostic::{Code, Diagnostic};

// How tightly operators bind.
const OR: u8 = 1;
const AND: u8 = 2;
const COMPARE: u8 = 3;
const SUM: u8 = 4;
const PRODUCT: u8 = 5;

// What stands between two values.
#[derive(Clone, Copy)]
enum Infix {
    Two(Operator),
    Matches,
}

/// An expression.
pub(super) fn expr(i: &mut Input<'_>) -> Res<Expr> {
    if i.state.depth == 0 {
        i.state.operators = 0;
    }
    binary(i, OR)
}

// Values joined by operators that bind at least so tightly.
fn binary(i: &mut Input<'_>, least: u8) -> Res<Expr> {
    blanks(i);
    let start = at(i);
    let mut left = prefix(i)?;
    let mut compared = false;
    loop {
        blanks(i);
        let Some((infix, binds, length)) = infix(i)? else { return Ok(left) };
        if binds < least {
            return Ok(left);
        }
        if compared && binds == COMPARE {
            return Err(twice(i, length).into());
        }
        compared |= binds == COMPARE;
        i.state.operators += 1;
        if i.state.operators > MAX_NESTING {
            return Err(too_deep(i).into());
        }
        skip(i, length);
        let kind = match infix {
            Infix::Matches => matches(i, left)?,
            Infix::Two(operator) => {
                let right = binary(i, binds + 1)?;
                ExprKind::Binary(operator, Box::new(left), Box::new(right))
            }
        };
        left = Expr { span: since(i, start), kind };
    }
}

fn twice(i: &Input<'_>, length: usize) -> Diagnostic {
    let place = next(i, length);
    Diagnostic::new(Code::TWICE, place, "two comparisons in a row")
        .label("the second one")
        .help("join comparisons with `and`: `%a < %b and %b < %c`")
}

fn prefix(i: &mut Input<'_>) -> Res<Expr> {
    let start = at(i);
    if word(i) == "not" {
        skip(i, 3);
        let of = deeper(i, |i| binary(i, COMPARE))?;
        return Ok(Expr { span: since(i, start), kind: ExprKind::Not(Box::new(of)) });
    }
    if byte(i) == b'-' && second(i) != b'>' {
        skip(i, 1);
        blanks(i);
        let of = deeper(i, prefix)?;
        let kind = match &of.kind {
            ExprKind::Digits(digits) => digits.parse::<i64>().ok().map(|n| ExprKind::Int(-n)),
            ExprKind::Int(number) => number.checked_neg().map(ExprKind::Int),
            _ => None,
        };
        let kind = kind.unwrap_or_else(|| ExprKind::Neg(Box::new(of)));
        return Ok(Expr { span: since(i, start), kind });
    }
    if byte(i) == b'!' && second(i) != b'=' {
        return Err(expected(i, "a value").help("write `not`").into());
    }
    value::value(i)
}

// The operator that stands here, how tightly it binds, and its length.
fn infix(i: &mut Input<'_>) -> Res<Option<(Infix, u8, usize)>> {
    if let Some((compare, length)) = peek_compare(i) {
        return Ok(Some((Infix::Two(Operator::Compare(compare)), COMPARE, length)));
    }
    let two = |operator, binds, length| Ok(Some((Infix::Two(operator), binds, length)));
    match (byte(i), second(i)) {
        (b'+', _) => two(Operator::Add, SUM, 1),
        (b'-', b'>') => Ok(None),
        (b'-', _) => two(Operator::Sub, SUM, 1),
        (b'*', _) => two(Operator::Mul, PRODUCT, 1),
        (b'/', _) => two(Operator::Div, PRODUCT, 1),
        (b'=', b'~') => Ok(None),
        (b'=', _) => Err(instead(i, 1, "=", "==")),
        (b'&', b'&') => Err(instead(i, 2, "&&", "and")),
        (b'|', b'|') => Err(instead(i, 2, "||", "or")),
        _ => match word(i) {
            "and" => two(Operator::And, AND, 3),
            "or" => two(Operator::Or, OR, 2),
            "mod" => two(Operator::Mod, PRODUCT, 3),
            "matches" => Ok(Some((Infix::Matches, COMPARE, 7))),
            _ => Ok(None),
        },
    }
}

fn instead(i: &Input<'_>, length: usize, got: &str, right: &str) -> super::input::Fail {
    Diagnostic::new(Code::UNEXPECTED, next(i, length), format!("`{got}` is no operator"))
        .label(format!("write `{right}`"))
        .expected(format!("`{right}`"))
        .got(format!("`{got}`"))
        .into()
}

/// The comparison that stands here, and its length.
pub(super) fn peek_compare(i: &Input<'_>) -> Option<(Compare, usize)> {
    Some(match (byte(i), second(i)) {
        (b'=', b'=') => (Compare::Eq, 2),
        (b'!', b'=') => (Compare::Ne, 2),
        (b'<', b'=') => (Compare::Le, 2),
        (b'<', _) => (Compare::Lt, 1),
        (b'>', b'=') => (Compare::Ge, 2),
        (b'>', _) => (Compare::Gt, 1),
        _ => return None,
    })
}

/// A comparison, where one is next.
pub(super) fn compare(i: &mut Input<'_>) -> Option<Compare> {
    blanks(i);
    let (compare, length) = peek_compare(i)?;
    skip(i, length);
    Some(compare)
}

// What stands behind `matches`.
fn matches(i: &mut Input<'_>, left: Expr) -> Res<ExprKind> {
    blanks(i);
    if let Some(pattern) = pattern::data(i)? {
        return Ok(ExprKind::Matches(Box::new(left), pattern));
    }
    let (place, got) = found(i);
    match pattern::status(i)? {
        Some(pattern) if matches!(left.kind, ExprKind::Sw) => Ok(ExprKind::SwMatches(pattern)),
        Some(pattern) => Err(Diagnostic::new(
            Code::STATUS_PATTERN,
            pattern.span,
            "a status pattern beside something that is no status word",
        )
        .label("only `sw` matches this")
        .related(left.span, "this is no status word")
        .help("write `sw matches (63CX)`, or `resp matches [6F *]`")
        .into()),
        None => Err(Diagnostic::new(
            Code::UNEXPECTED,
            place,
            format!("{got} stands here, expected a pattern"),
        )
        .label("a pattern expected here")
        .expected("`(63CX)` for a status word, `[6F *]` for data")
        .got(got)
        .into()),
    }
}

/// Values one after the other, each of them alone: what `echo` has.
pub(super) fn list(i: &mut Input<'_>) -> Res<Vec<Expr>> {
    let mut list = Vec::new();
    while !super::input::is_end(i) {
        i.state.operators = 0;
        if let Some((bytes, place)) = super::bytes::hex(i)? {
            let part = super::Part { span: place, kind: super::PartKind::Hex(bytes) };
            list.push(Expr { span: place, kind: ExprKind::Bytes(vec![part]) });
        } else if value::starts_atom(i) {
            list.push(value::atom(i)?.into_expr());
        } else if byte(i) == b'(' {
            let start = at(i);
            let open = next(i, 1);
            skip(i, 1);
            let inner = deeper(i, expr)?;
            super::input::close(i, ")", open, "each `(` needs a `)`")?;
            list.push(Expr { span: span(i, start, at(i)), ..inner });
        } else {
            let help = "texts stand in quotes, variables are `%name`, anything else in `(..)`";
            return Err(expected(i, "a value").help(help).into());
        }
    }
    Ok(list)
}

/// `->` and a name, where an arrow is next.
pub(super) fn into(i: &mut Input<'_>) -> Res<Option<super::Name>> {
    blanks(i);
    if !rest(i).starts_with("->") {
        return Ok(None);
    }
    eat(i, "->");
    super::words::name(i, "the name of a variable").map(Some)
}
