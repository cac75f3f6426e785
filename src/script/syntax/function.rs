//! Functions.

use super::{
    Expr, ExprKind, Function, Span,
    bytes::short,
    expr,
    input::{Input, Res, at, blanks, byte, close, deeper, eat, expected, is_end, skip, span},
    near::did_you_mean,
    words::next,
};
use crate::script::diagnostic::{Code, Diagnostic};

/// A function: its name, and how few and how many arguments it has.
type Signature = (&'static str, Function, usize, usize);

const FUNCTIONS: [Signature; 16] = [
    ("uint", Function::Uint, 1, 1),
    ("int", Function::Int, 1, 1),
    ("u8", Function::U8, 1, 1),
    ("u16", Function::U16, 1, 1),
    ("u24", Function::U24, 1, 1),
    ("u32", Function::U32, 1, 1),
    ("len", Function::Len, 1, 1),
    ("ber", Function::Ber, 2, 2),
    ("text", Function::Text, 1, 1),
    ("hex", Function::Hex, 1, 1),
    ("pad", Function::Pad, 2, 3),
    ("random", Function::Random, 1, 1),
    ("sha1", Function::Sha1, 1, 1),
    ("sha256", Function::Sha256, 1, 1),
    ("xor", Function::Xor, 2, 2),
    ("defined", Function::Defined, 1, 1),
];

/// Whether a function has this name.
pub(super) fn is_known(name: &str) -> bool {
    FUNCTIONS.iter().any(|(known, ..)| *known == name)
}

/// Their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, ..)| *name)
}

/// A call of the function whose name has been read.
pub(super) fn call(i: &mut Input<'_>, word: &str, start: usize) -> Res<ExprKind> {
    let place = span(i, start, at(i));
    let Some((_, function, least, most)) = FUNCTIONS.iter().find(|(name, ..)| *name == word) else {
        return Err(expected(i, "a function").into());
    };
    let open = next(i, 1);
    skip(i, 1);
    let args = arguments(i, open)?;
    if (*least..=*most).contains(&args.len()) {
        return Ok(ExprKind::Call(*function, place, args));
    }
    let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let noun = if *most == 1 { "argument" } else { "arguments" };
    Err(Diagnostic::new(
        Code::ARGUMENTS,
        span(i, start, at(i)),
        format!("`{word}` has {wanted} {noun}, got {}", args.len()),
    )
    .label(format!("{wanted} {noun} expected"))
    .expected(format!("{wanted} {noun}"))
    .got(args.len().to_string())
    .into())
}

/// Values with `,` between them, up to the closing bracket, which is passed over too.
pub(super) fn arguments(i: &mut Input<'_>, open: Span) -> Res<Vec<Expr>> {
    let mut args = Vec::new();
    blanks(i);
    while !is_end(i) && byte(i) != b')' {
        args.push(deeper(i, expr::expr)?);
        blanks(i);
        if !eat(i, ",") {
            break;
        }
    }
    close(i, ")", open, "values stand with `,` between them")?;
    Ok(args)
}

/// That there is no such function.
pub(super) fn unknown_function(i: &Input<'_>, word: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(
        Code::UNKNOWN_FUNCTION,
        next(i, word.len()),
        format!("there is no function `{}`", short(word)),
    )
    .label("unknown");
    let known = FUNCTIONS.iter().map(|(name, ..)| *name).chain(["tlv"]);
    let all: Vec<_> = known.clone().collect();
    diagnostic.help =
        did_you_mean(word, known).or_else(|| Some(format!("there are {}", all.join(", "))));
    diagnostic
}
