//! A whole text: lines, and the blocks that they make.

use winnow::stream::Stream;

use super::{
    Expr, Script, SourceId, Stmt,
    blocks::{Blocks, Closed},
    expr,
    input::{Fail, Input, at, blanks, byte, found, input, is_end, rest, skip, span},
    opening::{OPENERS, Opening},
    statement::{self, Line},
    words::word,
};
use crate::script::diagnostic::{Code, Diagnostic};

/// The largest text that is read, in bytes.
pub const MAX_TEXT: usize = 64 << 20;

/// How many errors of one text are told.
const MAX_ERRORS: usize = 100;

/// What a text says.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The statements that could be read, all of them where there is no error.
    pub script: Script,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether only the end of a block is missing: a shell asks for more lines then.
    pub incomplete: bool,
}

/// Reads a text. Every error of it is told: after one, reading goes on with the next line.
///
/// `lenient` is for files of scriptor and PCOM: any status is expected where none is written, `;`
/// begins a comment anywhere, and a list of bytes may leave leading zeros out.
pub fn parse(source: SourceId, text: &str, lenient: bool) -> Parsed {
    let mut script = Script { source, body: Vec::new(), lenient };
    if text.len() > MAX_TEXT {
        let diagnostics = vec![too_large(source, text.len())];
        return Parsed { script, diagnostics, incomplete: false };
    }
    let mut diagnostics = controls(source, text);
    if !diagnostics.is_empty() {
        return Parsed { script, diagnostics, incomplete: false };
    }
    let i = &mut input(source, text, lenient);
    let mut blocks = Blocks::default();
    // A byte order mark at the beginning means nothing.
    if rest(i).starts_with('\u{FEFF}') {
        skip(i, '\u{FEFF}'.len_utf8());
    }
    while next_line(i) {
        let start = at(i);
        let first = word(i);
        let done = line(i, &mut blocks, start);
        let Err(wrong) = done else { continue };
        if OPENERS.contains(&first) && !wrong.opened {
            // Its `end` is right all the same.
            let place = span(i, start, start + first.len());
            let _ = blocks.open(Opening::Wrong, place);
        }
        let too_many_parts = wrong.diagnostic.code == Code::TOO_MANY_PARTS;
        diagnostics.push(*wrong.diagnostic);
        if too_many_parts {
            break;
        }
        if diagnostics.len() >= MAX_ERRORS {
            let (place, _) = found(i);
            let message =
                format!("more than {MAX_ERRORS} errors; the rest of the text is not read");
            diagnostics.push(Diagnostic::new(Code::TOO_MANY_ERRORS, place, message));
            break;
        }
        recover(i);
    }
    let only_open = diagnostics.is_empty();
    let (body, open) = blocks.finish();
    let incomplete = only_open && !open.is_empty();
    diagnostics.extend(open);
    script.body = body;
    Parsed { script, diagnostics, incomplete }
}

/// Reads one expression and nothing behind it.
///
/// # Errors
///
/// What is wrong with it.
pub fn parse_expr(source: SourceId, text: &str, lenient: bool) -> Result<Expr, Diagnostic> {
    if text.len() > MAX_TEXT {
        return Err(too_large(source, text.len()));
    }
    if let Some(wrong) = controls(source, text).pop() {
        return Err(wrong);
    }
    let i = &mut input(source, text, lenient);
    let done = expr::expr(i).map_err(|fail| *told(i, fail).diagnostic)?;
    if is_end(i) && rest(i).is_empty() {
        return Ok(done);
    }
    Err(left_over(i))
}

/// That a text is too large to be read.
pub(in crate::script) fn too_large(source: SourceId, length: usize) -> Diagnostic {
    let place = super::Span { start: 0, end: 0, source };
    Diagnostic::new(Code::TOO_LARGE, place, format!("a script of {length} bytes"))
        .expected(format!("at most {MAX_TEXT} bytes"))
        .got(format!("{length} bytes"))
        .help("split it into files and run them one after the other; `iccard run` takes many")
}

// What no text has in it. Everything else is judged where it stands.
fn controls(source: SourceId, text: &str) -> Vec<Diagnostic> {
    let bytes = text.as_bytes();
    let is_control = |at: usize, byte: u8| match byte {
        b'\n' | b'\t' => false,
        b'\r' => !matches!(bytes.get(at + 1), None | Some(b'\n')),
        // The controls behind those of ASCII have two bytes.
        0xC2 => bytes.get(at + 1).is_some_and(|next| (0x80..0xA0).contains(next)),
        byte => byte < 0x20 || byte == 0x7F,
    };
    let found = bytes.iter().enumerate().find(|(at, byte)| is_control(*at, **byte));
    let Some((at, byte)) = found else { return Vec::new() };
    let start = u32::try_from(at).unwrap_or(u32::MAX);
    let c = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
    let end = start.saturating_add(if c.is_ascii() { 1 } else { 2 });
    let got = format!("U+{:04X}", u32::from(c));
    let wrong = Diagnostic::new(
        Code::NOT_TEXT,
        super::Span { start, end, source },
        format!("the control character {got}: this is not the text of a script"),
    )
    .label("here")
    .expected("text: letters, digits, blanks, tabs and line ends")
    .got(got);
    vec![if *byte == b'\r' {
        wrong.help("lines end with a line feed; this file's end with carriage returns alone")
    } else {
        wrong
    }]
}

// Moves on to where the next statement begins. Whether there is one.
fn next_line(i: &mut Input<'_>) -> bool {
    loop {
        blanks(i);
        // In scriptor's files a line that begins with `#` is a comment, whatever follows.
        let is_comment = i.state.lenient && byte(i) == b'#';
        match byte(i) {
            b'\n' => {
                skip(i, 1);
            }
            _ if is_comment => {
                let line = rest(i).find('\n').unwrap_or_else(|| rest(i).len());
                skip(i, line);
            }
            _ => return !rest(i).is_empty(),
        }
    }
}

struct Wrong {
    diagnostic: Box<Diagnostic>,
    /// Whether the line's block counts as opened.
    opened: bool,
}

// One line into the blocks.
fn line(i: &mut Input<'_>, blocks: &mut Blocks, start: usize) -> Result<(), Wrong> {
    let line = statement::line(i).map_err(|fail| told(i, fail))?;
    let place = super::input::since(i, start);
    let opened = matches!(line, Line::Open(_));
    let wrong = |diagnostic| Wrong { diagnostic: Box::new(diagnostic), opened };
    let done = match line {
        Line::Whole(kind) => {
            blocks.push(Stmt { span: place, kind });
            Ok(())
        }
        Line::Open(opening) => blocks.open(opening, place),
        Line::Else => blocks.close(Closed::Else, place),
        Line::ElseIf(condition) => blocks.close(Closed::ElseIf(condition), place),
        Line::Catch(sw) => blocks.close(Closed::Catch(sw), place),
        Line::End => blocks.close(Closed::End, place),
    };
    done.map_err(wrong)?;
    if is_end(i) { Ok(()) } else { Err(wrong(left_over(i))) }
}

fn told(i: &mut Input<'_>, fail: Fail) -> Wrong {
    let diagnostic = match fail {
        Fail::Wrong(diagnostic) => diagnostic,
        Fail::Other => Box::new(super::input::expected(i, "something else")),
    };
    Wrong { diagnostic, opened: false }
}

fn left_over(i: &mut Input<'_>) -> Diagnostic {
    let (place, got) = found(i);
    let help = match byte(i) {
        b'[' => "a slice follows its value without a blank: `resp[2..4]`",
        b'\\' => "a backslash goes on with the next line only as the last character of its own",
        b';' | b'/' => "a comment with `;` or `//` needs a blank before it",
        b'=' => "two values are compared with `==`",
        _ => "one statement stands on a line; text stands in quotes, a comment after `#`",
    };
    let code = if byte(i) == b'\\' { Code::BACKSLASH } else { Code::LEFT_OVER };
    Diagnostic::new(code, place, format!("{got} is left over: the statement is complete before it"))
        .label("not expected here")
        .expected("the end of the line")
        .got(got)
        .help(help)
}

// Passes over the rest of a line that is wrong, and over those that it goes on with.
fn recover(i: &mut Input<'_>) {
    loop {
        let line = rest(i).split('\n').next().unwrap_or_default();
        let goes_on = line.trim_end().ends_with('\\');
        i.next_slice(line.len());
        if !goes_on || rest(i).is_empty() {
            return;
        }
        skip(i, 1);
    }
}
