//! The tokens of a line, as far as their form needs them.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters and digits, with what belongs to them: `%name`, `env:NAME`, `R(3;2)`.
    Word,
    /// A quoted text.
    Text,
    /// Up to the end of the line.
    Comment,
    /// A backslash with the line end behind it.
    GoesOn,
    /// The end of the line.
    End,
    /// Anything else.
    Sign,
}

/// A token and whether a blank stands before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// Where it begins.
    pub(super) start: usize,
    pub(super) blank: bool,
}

/// Signs of more than one character, the longest first.
const SIGNS: [&str; 13] =
    ["#ber(", "..=", "#(", "->", "==", "!=", "<=", ">=", "=~", "..", "&&", "||", "//"];

/// The token that begins at this place or behind the blanks there. `always` says that `;` begins a
/// comment wherever it stands.
pub(super) fn next(text: &str, from: usize, always: bool) -> Token<'_> {
    let rest = text.get(from..).unwrap_or_default();
    let body = rest.trim_start_matches([' ', '\t', '\r']);
    let start = from + rest.len() - body.len();
    let before = text.get(..start).unwrap_or_default();
    let begins = before.is_empty() || before.ends_with([' ', '\t', '\n']);
    let (kind, length) = first(body, always, begins);
    let token = body.get(..length).unwrap_or_default();
    Token { kind, text: token, start, blank: start > from }
}

fn first(body: &str, always: bool, begins: bool) -> (Kind, usize) {
    let line = || body.find('\n').unwrap_or(body.len());
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = |from: usize| {
        let rest = body.get(from..).unwrap_or_default();
        from + rest.find(|c| !is_name(c)).unwrap_or(rest.len())
    };
    match body.as_bytes() {
        [] => (Kind::End, 0),
        [b'\n', ..] => (Kind::End, 1),
        [b'\\', ..] => (Kind::GoesOn, (line() + 1).min(body.len())),
        [b'"', ..] => (Kind::Text, quoted(body)),
        [b';', ..] if always || begins => (Kind::Comment, line()),
        [b'/', b'/', ..] if begins => (Kind::Comment, line()),
        [b'#', ..] if !body.starts_with("#(") && !body.starts_with("#ber(") => {
            (Kind::Comment, line())
        }
        // In these a `;` is no comment.
        [b'R' | b'W', b'(', ..] => (Kind::Word, body.find(')').map_or(1, |end| end + 1)),
        [b'%', ..] => (Kind::Word, variable(body, 1)),
        [b'$', b'{', ..] => (Kind::Word, body.find('}').map_or(1, |end| end + 1)),
        [b'e', b'n', b'v', b':', ..] => (Kind::Word, name(4)),
        [byte, ..] if is_name(char::from(*byte)) => (Kind::Word, name(0)),
        _ => {
            let sign = SIGNS.iter().find(|sign| body.starts_with(**sign)).map(|sign| sign.len());
            let one = body.chars().next().map_or(0, char::len_utf8);
            (Kind::Sign, sign.unwrap_or(one))
        }
    }
}

// A name may have `-` in it, but not at its end.
fn variable(body: &str, from: usize) -> usize {
    let rest = body.get(from..).unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name = rest.get(..rest.find(|c| !is_name(c)).unwrap_or(rest.len())).unwrap_or_default();
    from + name.trim_end_matches('-').len()
}

// Up to the closing quote.
fn quoted(body: &str) -> usize {
    let mut escaped = true;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            '\n' => return at,
            _ => {}
        }
    }
    body.len()
}
