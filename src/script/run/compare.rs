//! How two values stand to each other.

use super::{Code, Failure, Kind, Value};
use crate::script::syntax::{Compare, Span};

/// Whether two values stand so to each other.
pub(super) fn compare(
    how: Compare,
    left: &Value,
    right: &Value,
    span: Span,
) -> Result<bool, Failure> {
    let ordering = match (&left.kind, &right.kind) {
        (Kind::Int(left), Kind::Int(right)) => left.cmp(right),
        (Kind::Bool(left), Kind::Bool(right)) => left.cmp(right),
        _ => match (left.as_bytes(), right.as_bytes()) {
            (Some(a), Some(b)) if matches!(how, Compare::Eq | Compare::Ne) => a.cmp(b),
            (Some(_), Some(_)) => {
                return Err(Failure::script(Code::KIND, span, "bytes are equal or they are not")
                    .help("uint(..) makes a number of them"));
            }
            _ => {
                let (a, b) = (left.described(), right.described());
                return Err(Failure::script(Code::KIND, span, format!("{a} beside {b}"))
                    .expected("two values of one kind")
                    .help("uint(..) makes a number of bytes, u8(..) and u16(..) bytes of one"));
            }
        },
    };
    Ok(stands(how, ordering))
}

/// Whether an ordering is that of the comparison.
pub(super) fn stands(how: Compare, ordering: std::cmp::Ordering) -> bool {
    match how {
        Compare::Eq => ordering.is_eq(),
        Compare::Ne => ordering.is_ne(),
        Compare::Lt => ordering.is_lt(),
        Compare::Le => ordering.is_le(),
        Compare::Gt => ordering.is_gt(),
        Compare::Ge => ordering.is_ge(),
    }
}

/// As it is written.
pub(super) const fn sign(how: Compare) -> &'static str {
    match how {
        Compare::Eq => "==",
        Compare::Ne => "!=",
        Compare::Lt => "<",
        Compare::Le => "<=",
        Compare::Gt => ">",
        Compare::Ge => ">=",
    }
}
