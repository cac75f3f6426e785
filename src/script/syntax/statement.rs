//! One line: which statement it is.

use super::{
    Expr, ExprKind, Name, Part, PartKind, Span, StmtKind, SwPattern,
    bytes::{parts, short},
    expr, fault,
    input::{Input, Res, at, blanks, byte, count, expected, is_end, need, rest, since, skip},
    near::did_you_mean,
    opening::{self, Opening},
    pattern, pcom, send, session, value,
    words::{duration, eat_word, is_hex, name, need_text, next, run, text, word},
};
use crate::script::diagnostic::{Code, Diagnostic};

/// What a line is.
pub(super) enum Line {
    /// A statement that is complete.
    Whole(StmtKind),
    /// The first line of a block.
    Open(Opening),
    /// `else`
    Else,
    /// `else if ..`
    ElseIf(Expr),
    /// `catch ..`
    Catch(Option<SwPattern>),
    /// `end`
    End,
}

/// Words that a line can begin with, in the order of the manual.
pub(in crate::script) const KEYWORDS: [&str; 41] = [
    "let",
    "secret",
    "default-sw",
    "expect",
    "assert",
    "if",
    "else",
    "for",
    "while",
    "repeat",
    "break",
    "continue",
    "try",
    "catch",
    "end",
    "include",
    "block",
    "call",
    "connect",
    "reset",
    "transaction",
    "disconnect",
    "control",
    "access",
    "auth",
    "sm",
    "read",
    "select",
    "raw",
    "timeout",
    "sleep",
    "prompt",
    "pause",
    "wait",
    "echo",
    "test",
    "skip",
    "fault",
    "exit",
    "short",
    "ext",
];

/// One line. What follows it on the line is the caller's to judge.
pub(super) fn line(i: &mut Input<'_>) -> Res<Line> {
    count(i)?;
    i.state.depth = 0;
    i.state.operators = 0;
    i.state.message = false;
    let first = byte(i);
    if first.is_ascii_digit() {
        return sent(i);
    }
    if first == b'.' {
        return pcom::directive(i).map(Line::Whole);
    }
    let word = word(i);
    if word.is_empty() {
        return other(i);
    }
    if let Some(whole) = scriptor(i, word) {
        return Ok(Line::Whole(whole));
    }
    if word == "bac" {
        return keyword(i, word);
    }
    if is_hex(run(i)) && run(i).len() == word.len() || value::starts_atom(i) && word != "prompt" {
        return sent(i);
    }
    keyword(i, word)
}

fn sent(i: &mut Input<'_>) -> Res<Line> {
    Ok(Line::Whole(StmtKind::Send(Box::new(send::send(i)?))))
}

// A line that begins with no word.
fn other(i: &mut Input<'_>) -> Res<Line> {
    let place = next(i, 2);
    if byte(i) == b'#' {
        return Err(Diagnostic::new(Code::UNEXPECTED, place, "a line begins with a length")
            .label("`#(` puts a length before bytes")
            .expected("the header of a command before it")
            .help("where this is a comment, put a blank after the `#`")
            .into());
    }
    if value::starts_atom(i) || matches!(byte(i), b'(' | b'[') {
        return sent(i);
    }
    let help = match byte(i) {
        b';' | b'/' => "a comment begins with `#`, or with `;` or `//` after a blank",
        b'>' | b'<' | b'=' => "`iccard script import` reads files of other programs",
        _ => "a line begins with a keyword or with bytes to send",
    };
    Err(expected(i, "a statement").help(help).into())
}

// `reset` and `exit` as the only word of a line, in any case.
fn scriptor(i: &mut Input<'_>, word: &str) -> Option<StmtKind> {
    let kind = if word.eq_ignore_ascii_case("reset") {
        StmtKind::Reset(crate::transport::Reset::Warm)
    } else if word.eq_ignore_ascii_case("exit") {
        StmtKind::Exit
    } else {
        return None;
    };
    let behind = rest(i).get(word.len()..).unwrap_or_default();
    let behind = behind.trim_start_matches([' ', '\t', '\r']);
    let is_alone = matches!(behind.as_bytes().first(), None | Some(b'\n' | b'#' | b';'));
    if !is_alone && !behind.starts_with("//") {
        return None;
    }
    skip(i, word.len());
    Some(kind)
}

fn keyword(i: &mut Input<'_>, word: &str) -> Res<Line> {
    let place = next(i, word.len());
    skip(i, word.len());
    let whole = match word {
        "let" => {
            let (name, value) = assignment(i)?;
            whole_bytes(&name, &value)?;
            StmtKind::Let { name, value }
        }
        "secret" => {
            let (name, value) = assignment(i)?;
            StmtKind::Secret { name, value }
        }
        "default-sw" => {
            blanks(i);
            match pattern::status(i)? {
                Some(pattern) => StmtKind::DefaultSw(pattern),
                None => {
                    let wrong = expected(i, "a status pattern");
                    return Err(wrong.help("write `default-sw (9000|61XX)`").into());
                }
            }
        }
        "expect" => StmtKind::Expect(Box::new(send::expectation(i)?)),
        "assert" => {
            let (condition, message) = with_message(i)?;
            StmtKind::Assert { condition, message }
        }
        "if" => return Ok(Line::Open(Opening::If(expr::expr(i)?))),
        "else" => {
            return Ok(if eat_word(i, "if") { Line::ElseIf(expr::expr(i)?) } else { Line::Else });
        }
        "for" => return opening::for_(i).map(Line::Open),
        "while" => return Ok(Line::Open(Opening::While(expr::expr(i)?))),
        "repeat" => return Ok(Line::Open(Opening::Repeat(expr::expr(i)?))),
        "break" => StmtKind::Break,
        "continue" => StmtKind::Continue,
        "try" => return Ok(Line::Open(Opening::Try)),
        "catch" => return Ok(Line::Catch(send::caught(i)?)),
        "end" => return Ok(Line::End),
        "include" => {
            let (path, path_span) = need_text(i, "the name of a file", false)?;
            StmtKind::Include { path, path_span }
        }
        "block" => return opening::block(i).map(Line::Open),
        "call" => {
            let name = name(i, "the name of a block")?;
            StmtKind::Call { name, args: opening::call_arguments(i)? }
        }
        "transaction" => return Ok(Line::Open(Opening::Transaction)),
        "raw" => return Ok(Line::Open(Opening::Raw)),
        "timeout" => StmtKind::Timeout(duration(i)?),
        "sleep" => StmtKind::Sleep(duration(i)?),
        "prompt" => {
            let text = expr::expr(i)?;
            StmtKind::Prompt { text, into: expr::into(i)? }
        }
        "pause" => StmtKind::Pause(if is_end(i) { None } else { Some(expr::expr(i)?) }),
        "echo" => StmtKind::Echo(expr::list(i)?),
        "test" => return opening::test(i).map(Line::Open),
        "skip" => {
            if !eat_word(i, "if") {
                return Err(expected(i, "`if`").help("write `skip if not defined(%can)`").into());
            }
            let (condition, reason) = with_message(i)?;
            StmtKind::SkipIf { condition, reason }
        }
        "fault" => StmtKind::Fault(fault::fault(i)?),
        "exit" => StmtKind::Exit,
        _ => match session::statement(i, word)? {
            Some(kind) => kind,
            None => return Err(unknown(word, place).into()),
        },
    };
    Ok(Line::Whole(whole))
}

fn unknown(word: &str, place: Span) -> Diagnostic {
    let shown = short(word);
    let mut diagnostic = Diagnostic::new(
        Code::UNKNOWN_WORD,
        place,
        format!("a line begins with `{shown}`, which is neither a keyword nor bytes"),
    )
    .label("unknown word")
    .expected("a keyword or hexadecimal digits")
    .got(format!("`{shown}`"));
    let help = match word {
        "pace" => Some("write `access pace can %can`".to_owned()),
        "bac" => Some("write `access bac %mrz`".to_owned()),
        "bap" => Some("write `access bap %line`".to_owned()),
        "elif" | "elseif" | "elsif" => Some("write `else if`".to_owned()),
        "short" | "ext" | "le" | "time" => {
            Some("it belongs to the end of a command: `00B0 0000 le=256`".to_owned())
        }
        _ if KEYWORDS.contains(&word.to_ascii_lowercase().as_str()) => {
            Some(format!("keywords are lower-case: `{}`", word.to_ascii_lowercase()))
        }
        _ => did_you_mean(word, KEYWORDS),
    };
    diagnostic.help = help.or_else(|| {
        Some("text stands in quotes, a comment after `#`, a variable is `%name`".into())
    });
    diagnostic
}

// `name = value`
fn assignment(i: &mut Input<'_>) -> Res<(Name, Expr)> {
    let name = name(i, "the name of a variable")?;
    need(i, "=")?;
    Ok((name, expr::expr(i)?))
}

// Digits are bytes in an assignment, so they have to be whole ones.
fn whole_bytes(name: &Name, value: &Expr) -> Res<()> {
    match &value.kind {
        ExprKind::Digits(digits) if digits.len() % 2 != 0 => {
            let (name, digits) = (&name.text, short(digits));
            Err(Diagnostic::new(
                Code::BYTES_OR_NUMBER,
                value.span,
                format!("`{digits}` is bytes here, and an odd number of digits is no bytes"),
            )
            .label("half a byte")
            .expected("two digits a byte, or a number that says that it is one")
            .got(format!("`{digits}`"))
            .help(format!(
                "for the number write `let {name} = int({digits})`, for bytes `let {name} = 0{digits}`"
            ))
            .into())
        }
        _ => Ok(()),
    }
}

// A condition, and a text behind it.
fn with_message(i: &mut Input<'_>) -> Res<(Expr, Option<Box<Expr>>)> {
    i.state.message = true;
    let condition = expr::expr(i)?;
    i.state.message = false;
    blanks(i);
    let message =
        text(i, false)?.map(|(text, span)| Box::new(Expr { span, kind: ExprKind::Text(text) }));
    Ok((condition, message))
}

/// Parts side by side as one.
pub(super) fn one_part(i: &mut Input<'_>, what: &str) -> Res<Part> {
    blanks(i);
    let start = at(i);
    // An arrow ends them.
    let parts = parts(i, b"-")?;
    let span = since(i, start);
    match <[Part; 1]>::try_from(parts) {
        Ok([part]) => Ok(part),
        Err(parts) if parts.is_empty() => Err(expected(i, what).into()),
        Err(parts) => {
            let kind = PartKind::Expr(Box::new(Expr { span, kind: ExprKind::Bytes(parts) }));
            Ok(Part { span, kind })
        }
    }
}
