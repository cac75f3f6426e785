//! What the grammar reads: the text with its places, and what is kept beside it.

use winnow::{
    error::ParserError,
    stream::{LocatingSlice, Location, Stateful, Stream},
};

use super::{MAX_NESTING, MAX_PARTS, SourceId, Span};
use crate::script::diagnostic::{Code, Diagnostic};

/// A text with the place that has been read up to.
pub(super) type Input<'t> = Stateful<LocatingSlice<&'t str>, State<'t>>;

/// What a rule of the grammar gives.
pub(super) type Res<T> = Result<T, Fail>;

/// What is kept beside the text.
#[derive(Debug)]
pub(super) struct State<'t> {
    pub(super) source: SourceId,
    pub(super) text: &'t str,
    /// Whether the file is one of PCOM or scriptor.
    pub(super) lenient: bool,
    /// How deep an expression is nested here.
    pub(super) depth: usize,
    /// How many operators the expression has so far: each may be a level of its own.
    pub(super) operators: usize,
    /// How many parts have been made.
    pub(super) parts: usize,
    /// Whether a text at the end of the line is the statement's message and no part of a value.
    pub(super) message: bool,
}

/// Why a rule does not fit.
#[derive(Debug)]
pub(super) enum Fail {
    /// Something else stands there; another rule may fit.
    Other,
    /// The author meant this rule, and it is wrong.
    Wrong(Box<Diagnostic>),
}

impl From<Diagnostic> for Fail {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Wrong(Box::new(diagnostic))
    }
}

impl<I: Stream> ParserError<I> for Fail {
    type Inner = Self;

    fn from_input(_: &I) -> Self {
        Self::Other
    }

    fn is_backtrack(&self) -> bool {
        matches!(self, Self::Other)
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// The text at its beginning.
pub(super) fn input(source: SourceId, text: &str, lenient: bool) -> Input<'_> {
    let state = State { source, text, lenient, depth: 0, operators: 0, parts: 0, message: false };
    Stateful { input: LocatingSlice::new(text), state }
}

/// What has not been read.
pub(super) fn rest<'t>(i: &Input<'t>) -> &'t str {
    let text: &&'t str = i.input.as_ref();
    text
}

/// The next byte; 0, which is in no script, at the end.
pub(super) fn byte(i: &Input<'_>) -> u8 {
    rest(i).as_bytes().first().copied().unwrap_or(0)
}

/// The byte behind the next one.
pub(super) fn second(i: &Input<'_>) -> u8 {
    rest(i).as_bytes().get(1).copied().unwrap_or(0)
}

/// Passes over so many bytes, which end where a character does.
pub(super) fn skip<'t>(i: &mut Input<'t>, bytes: usize) -> &'t str {
    i.next_slice(bytes)
}

/// Passes over these characters where they stand here.
pub(super) fn eat(i: &mut Input<'_>, what: &str) -> bool {
    let is_here = rest(i).starts_with(what);
    if is_here {
        skip(i, what.len());
    }
    is_here
}

/// How many bytes have been read.
pub(super) fn at(i: &Input<'_>) -> usize {
    i.current_token_start()
}

/// From one place to another.
pub(super) fn span(i: &Input<'_>, start: usize, end: usize) -> Span {
    // A text that is longer is refused before it is read.
    let place = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: place(start), end: place(end), source: i.state.source }
}

/// From a place up to here, blanks before here left out.
pub(super) fn since(i: &Input<'_>, start: usize) -> Span {
    let read = i.state.text.get(start..at(i)).unwrap_or_default();
    span(i, start, start + read.trim_end().len())
}

/// Passes over blanks, lines that go on, and a comment.
pub(super) fn blanks(i: &mut Input<'_>) {
    loop {
        let rest = rest(i);
        let bytes = rest.as_bytes();
        let word_begins = || {
            let before = at(i).checked_sub(1).and_then(|at| i.state.text.as_bytes().get(at));
            before.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
        };
        let length = match bytes {
            [b' ' | b'\t' | b'\r', ..] => {
                bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
            }
            [b'\\', ..] => {
                let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r');
                let blanks = bytes.iter().skip(1).take_while(blank).count();
                if bytes.get(1 + blanks) != Some(&b'\n') {
                    return;
                }
                blanks + 2
            }
            [b'#', ..] if !rest.starts_with("#(") && !rest.starts_with("#ber(") => line(rest),
            [b';', ..] if i.state.lenient || word_begins() => line(rest),
            [b'/', b'/', ..] if word_begins() => line(rest),
            _ => return,
        };
        skip(i, length);
    }
}

// The bytes up to the end of the line.
fn line(rest: &str) -> usize {
    rest.bytes().position(|byte| byte == b'\n').unwrap_or(rest.len())
}

/// Whether the statement ends here.
pub(super) fn is_end(i: &mut Input<'_>) -> bool {
    blanks(i);
    matches!(byte(i), b'\n' | 0)
}

/// What stands here, in words, and its place.
pub(super) fn found(i: &mut Input<'_>) -> (Span, String) {
    const SHOWN: usize = 24;
    let start = at(i);
    if is_end(i) {
        // The place is behind what has been read, where something is missing.
        let read = i.state.text.get(..start).unwrap_or_default();
        let end = read.trim_end_matches([' ', '\t', '\r', '\\', '\n']).len();
        return (span(i, end, end), "the end of the line".to_owned());
    }
    let rest = rest(i);
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let word = |from: usize| {
        let rest = rest.get(from..).unwrap_or_default();
        from + rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    };
    let length = match rest.chars().next() {
        Some('"') => {
            let inside = rest.get(1..).unwrap_or_default();
            inside.find(['"', '\n']).map_or(rest.len(), |end| {
                1 + end + usize::from(inside.get(end..).is_some_and(|rest| rest.starts_with('"')))
            })
        }
        Some('%') => word(1),
        Some(c) if is_word(c) => word(0),
        Some(c) => c.len_utf8(),
        None => 0,
    };
    let text = rest.get(..length).unwrap_or_default();
    let shown: String = text.chars().take(SHOWN).collect();
    let dots = if shown.len() < text.len() { "…" } else { "" };
    (span(i, at(i), at(i) + length), format!("`{shown}{dots}`"))
}

/// That something else has to stand here.
pub(super) fn expected(i: &mut Input<'_>, what: &str) -> Diagnostic {
    let (span, got) = found(i);
    if span.start == span.end {
        return Diagnostic::new(Code::MISSING, span, format!("the line ends, expected {what}"))
            .label("something is missing here")
            .expected(what)
            .got(got);
    }
    Diagnostic::new(Code::UNEXPECTED, span, format!("{got} stands here, expected {what}"))
        .label("not expected here")
        .expected(what)
        .got(got)
}

/// Passes over these characters, or says that they have to stand here.
pub(super) fn need(i: &mut Input<'_>, what: &str) -> Res<()> {
    blanks(i);
    if eat(i, what) { Ok(()) } else { Err(expected(i, &format!("`{what}`")).into()) }
}

/// Passes over a closing bracket; the opening one is what an error is about.
pub(super) fn close(i: &mut Input<'_>, what: &str, open: Span, example: &str) -> Res<()> {
    blanks(i);
    if eat(i, what) {
        return Ok(());
    }
    let (place, got) = found(i);
    let diagnostic = Diagnostic::new(
        Code::BRACKET_OPEN,
        open,
        format!("this bracket is not closed: {got} comes before `{what}`"),
    )
    .label("opened here")
    .related(place, format!("`{what}` expected here"))
    .expected(format!("`{what}`"))
    .got(got)
    .help(example);
    Err(diagnostic.into())
}

/// What lies one level deeper, unless that is too deep.
pub(super) fn deeper<'t, T>(
    i: &mut Input<'t>,
    rule: impl FnOnce(&mut Input<'t>) -> Res<T>,
) -> Res<T> {
    if i.state.depth >= MAX_NESTING {
        return Err(too_deep(i).into());
    }
    i.state.depth += 1;
    let done = rule(i);
    // An error ends the statement, and the next one begins at the top.
    i.state.depth -= 1;
    done
}

/// That a value has too many levels.
pub(super) fn too_deep(i: &mut Input<'_>) -> Diagnostic {
    let (place, _) = found(i);
    Diagnostic::new(
        Code::EXPRESSION_DEPTH,
        place,
        format!("an expression of more than {MAX_NESTING} levels or operators"),
    )
    .label("this is one too many")
    .help("give a part of it a name with `let` and use that")
}

/// Counts a part of the script, unless it has too many.
pub(super) fn count(i: &mut Input<'_>) -> Res<()> {
    i.state.parts += 1;
    if i.state.parts <= MAX_PARTS {
        return Ok(());
    }
    let (place, _) = found(i);
    Err(Diagnostic::new(
        Code::TOO_MANY_PARTS,
        place,
        format!("a script of more than {MAX_PARTS} statements, values and patterns"),
    )
    .label("this is one too many")
    .help("split it into files and run them one after the other; `iccard run` takes many")
    .into())
}
