//! Just enough of Rust's grammar to find the paths that a file names.

/// A top-level module of this crate, named in a path.
#[derive(Debug, PartialEq)]
pub struct Mention {
    pub module: String,
    pub line: usize,
}

/// The code with comments, literals and a test module at the file's foot blanked out. Lines stay.
pub fn clean(source: &str) -> String {
    without_tests(&without_literals(source))
}

/// Every module that follows `crate::`, or enough `super::` to be at the root: alone, in an inline
/// path, or in the braces of a `use`. `depth` is the file's own.
pub fn mentions(code: &str, depth: usize) -> Vec<Mention> {
    let tokens = tokens(code);
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut roots = 0;
        match word(at) {
            "crate" => roots = depth,
            "super" if word(at.wrapping_sub(1)) != "::" => {
                while word(at + 2 * roots) == "super" && word(at + 2 * roots + 1) == "::" {
                    roots += 1;
                }
                at += 2 * roots.saturating_sub(1);
            }
            _ => {}
        }
        at += 1;
        if roots < depth.max(1) || word(at) != "::" {
            continue;
        }
        at += 1;
        let names = if word(at) == "{" { group(&tokens, at) } else { vec![at] };
        for name in names {
            let text = word(name);
            if text != "self" && text.starts_with(|c: char| c.is_alphabetic() || "*_".contains(c)) {
                found.push(Mention { module: text.to_string(), line: tokens[name].line });
            }
        }
    }
    found
}

/// The first token of each branch of the braces that open at `open`.
fn group(tokens: &[Token<'_>], open: usize) -> Vec<usize> {
    let mut level = 0_usize;
    let mut first = Vec::new();
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "{" => level += 1,
            "}" => level -= 1,
            _ => {}
        }
        if level == 0 {
            break;
        }
        if level == 1 && matches!(token.text, "{" | ",") {
            first.push(at + 1);
        }
    }
    first
}

struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// Identifiers, `::` and single other characters.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(c) = code[at..].chars().next() {
        let rest = &code[at..];
        let len = if is_word(c) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            c.len_utf8()
        };
        if c == '\n' {
            line += 1;
        } else if !c.is_whitespace() {
            tokens.push(Token { text: &rest[..len], line });
        }
        at += len;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Blanks comments, strings (raw ones too) and characters.
fn without_literals(source: &str) -> String {
    let mut clean = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let in_word = clean.ends_with(is_word);
        let blanked = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            'r' if !in_word => raw_string(rest, 1),
            'b' | 'c' if !in_word && rest[1..].starts_with('r') => raw_string(rest, 2),
            '\'' => character(rest),
            _ => 0,
        };
        let taken = if blanked == 0 { c.len_utf8() } else { blanked };
        if blanked == 0 {
            clean.push(c);
        } else {
            clean.extend(rest[..taken].chars().map(|c| if c == '\n' { c } else { ' ' }));
        }
        rest = &rest[taken..];
    }
    clean
}

fn block_comment(rest: &str) -> usize {
    let (mut at, mut level) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            level += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            level -= 1;
            at += 2;
            if level == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Length of a string, from its first to its last quote.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Length of a raw string whose hashes start at `prefix`; 0 when it is none.
fn raw_string(rest: &str, prefix: usize) -> usize {
    let body = rest[prefix..].trim_start_matches('#');
    if !body.starts_with('"') {
        return 0;
    }
    let hashes = rest.len() - prefix - body.len();
    let end = format!("\"{}", "#".repeat(hashes));
    body[1..].find(&end).map_or(rest.len(), |at| prefix + hashes + 1 + at + end.len())
}

/// Length of a character; 0 for a lifetime.
fn character(rest: &str) -> usize {
    let inner = &rest[1..];
    if inner.starts_with('\\') {
        return inner[2..].find('\'').map_or(0, |at| at + 4);
    }
    let width = inner.chars().next().map_or(0, char::len_utf8);
    if width > 0 && inner[width..].starts_with('\'') { width + 2 } else { 0 }
}

/// Blanks `#[cfg(test)] mod … { … }` where nothing but white space follows it.
fn without_tests(code: &str) -> String {
    let Some(start) = code.rfind("#[cfg(test)]") else {
        return code.to_string();
    };
    let (before, tests) = code.split_at(start);
    let is_module = tests
        .lines()
        .skip(1)
        .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with("#["))
        .is_some_and(|line| line.trim_start().starts_with("mod "));
    if !is_module || !closes_at_the_end(tests) {
        return code.to_string();
    }
    before.to_string()
}

/// Whether the first brace is closed by the last character.
fn closes_at_the_end(code: &str) -> bool {
    let mut level = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level <= 1 => return code[at + 1..].trim().is_empty(),
            '}' => level -= 1,
            _ => {}
        }
    }
    false
}
