//! LDIF (RFC 2849), as the ICAO public key directory is handed out: entries of `name: value`, and
//! of `name:: value` in base64, folded over many lines. It is read as a stream, for a whole
//! directory has a hundred megabytes.

use std::io::BufRead;

use base64::{Engine, engine::general_purpose::STANDARD};

/// The largest value that is read, in base64: a master list of 16 MiB.
const MAX_VALUE: usize = 24 << 20;
/// The longest line that names an entry.
const MAX_NAME: usize = 4096;

/// One attribute of interest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// The entry it stands in.
    pub(super) entry: String,
    /// Its name in small letters, without options such as `;binary`.
    pub(super) name: String,
    /// Its value, or why it is none.
    pub(super) value: Result<Vec<u8>, LdifError>,
}

/// Why a value of an LDIF file is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LdifError {
    /// Not base64.
    #[error("LDIF line {line}: {detail}")]
    Base64 {
        /// The line on which the value begins.
        line: u64,
        /// What is wrong.
        detail: String,
    },
    /// More than is read.
    #[error("LDIF line {line}: a value of more than {limit} bytes")]
    TooLarge {
        /// The line on which the value begins.
        line: u64,
        /// The limit.
        limit: usize,
    },
    /// An address instead of a value.
    #[error("LDIF line {line}: the value stands elsewhere, which is not looked up")]
    Elsewhere {
        /// The line.
        line: u64,
    },
}

/// Hands every attribute over for which `wanted` says so by its name. Other attributes are passed
/// over without being kept.
pub(super) fn read(
    input: &mut dyn BufRead,
    wanted: &dyn Fn(&str) -> bool,
    take: &mut dyn FnMut(Attribute),
) -> std::io::Result<()> {
    let mut entry = String::new();
    let mut lines = Lines { input, number: 0, pending: None };
    while let Some(line) = lines.next()? {
        let (name, rest) = match line.text.iter().position(|b| *b == b':') {
            Some(colon) => (&line.text[..colon], &line.text[colon + 1..]),
            None => continue,
        };
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let name = name.split(';').next().unwrap_or_default().trim().to_owned();
        if name == "dn" {
            entry = entry_name(rest);
        } else if wanted(&name) {
            let value = if line.cut { Err(line.too_large()) } else { value(rest, line.number) };
            take(Attribute { entry: entry.clone(), name, value });
        }
    }
    Ok(())
}

fn value(rest: &[u8], line: u64) -> Result<Vec<u8>, LdifError> {
    match rest {
        [b':', base64 @ ..] => STANDARD
            .decode(base64.trim_ascii())
            .map_err(|e| LdifError::Base64 { line, detail: e.to_string() }),
        [b'<', ..] => Err(LdifError::Elsewhere { line }),
        plain => Ok(plain.trim_ascii().to_vec()),
    }
}

fn entry_name(rest: &[u8]) -> String {
    let rest = &rest[..rest.len().min(MAX_NAME)];
    let name = value(rest, 0).unwrap_or_else(|_| rest.to_vec());
    // It goes into reports.
    String::from_utf8_lossy(&name).chars().filter(|c| !c.is_control()).collect()
}

/// A line with those that go on with it.
struct Line {
    text: Vec<u8>,
    number: u64,
    cut: bool,
}

impl Line {
    const fn too_large(&self) -> LdifError {
        LdifError::TooLarge { line: self.number, limit: MAX_VALUE }
    }
}

struct Lines<'a> {
    input: &'a mut dyn BufRead,
    number: u64,
    pending: Option<Line>,
}

impl Lines<'_> {
    fn next(&mut self) -> std::io::Result<Option<Line>> {
        let mut line = match self.pending.take() {
            Some(line) => line,
            None => match self.physical()? {
                Some(line) => line,
                None => return Ok(None),
            },
        };
        while let Some(next) = self.physical()? {
            let [b' ' | b'\t', more @ ..] = &next.text[..] else {
                self.pending = Some(next);
                break;
            };
            line.cut |= next.cut || line.text.len() + more.len() > MAX_VALUE;
            if !line.cut {
                line.text.extend_from_slice(more);
            }
        }
        Ok(Some(line))
    }

    // One line as it stands in the file, its end cut off; of one that is too long, the beginning.
    fn physical(&mut self) -> std::io::Result<Option<Line>> {
        let mut line = Line { text: Vec::new(), number: self.number + 1, cut: false };
        let mut any = false;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            any = true;
            let end = chunk.iter().position(|b| *b == b'\n');
            let taken = end.map_or(chunk.len(), |end| end + 1);
            let text = &chunk[..end.unwrap_or(chunk.len())];
            line.cut |= line.text.len() + text.len() > MAX_VALUE;
            if !line.cut {
                line.text.extend_from_slice(text);
            }
            self.input.consume(taken);
            if end.is_some() {
                break;
            }
        }
        self.number += 1;
        if line.text.last() == Some(&b'\r') {
            line.text.pop();
        }
        Ok(any.then_some(line))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &[u8]) -> Vec<Attribute> {
        let mut found = Vec::new();
        let wanted = |name: &str| matches!(name, "usercertificate" | "description");
        read(&mut &text[..], &wanted, &mut |a| found.push(a)).unwrap();
        found
    }

    #[test]
    fn values_are_joined_decoded_and_named_by_their_entry() {
        let text = "version: 1\r\n# a comment\r\n\r\ndn: c=KR,\r\n dc=data\r\n\
                    userCertificate;binary:: AQID\r\n BAUG\r\nsn: 1\r\ndescription:  words \r\n\
                    \r\ndn:: 7Iuc\nUSERCERTIFICATE;x;binary:: !!\nuserCertificate:< file:///x\n\
                    userCertificate:: Bw==";
        let found = all(text.as_bytes());
        let entries: Vec<_> = found.iter().map(|a| a.entry.as_str()).collect();
        assert_eq!(entries, ["c=KR,dc=data", "c=KR,dc=data", "시", "시", "시"]);
        let values: Vec<_> = found.iter().map(|a| a.value.clone()).collect();
        assert_eq!(values[0].as_deref(), Ok(&[1, 2, 3, 4, 5, 6][..]));
        assert_eq!(values[1].as_deref(), Ok(&b"words"[..]));
        assert!(matches!(values[2], Err(LdifError::Base64 { line: 12, .. })), "{:?}", values[2]);
        assert_eq!(values[3], Err(LdifError::Elsewhere { line: 13 }));
        assert_eq!(values[4].as_deref(), Ok(&[7][..]));
    }

    #[test]
    fn what_is_too_large_is_told_and_what_follows_is_read() {
        let long = "A".repeat(MAX_VALUE / 4);
        let text = format!(
            "dn: a\nuserCertificate:: {long}\n {long}\n {long}\n {long}\n {long}\n\
             description: b\nother:: {long}{long}{long}{long}{long}\ndescription: c"
        );
        let found = all(text.as_bytes());
        assert_eq!(found[0].value, Err(LdifError::TooLarge { line: 2, limit: MAX_VALUE }));
        let rest: Vec<_> = found[1..].iter().map(|a| a.value.clone().unwrap()).collect();
        assert_eq!(rest, [b"b", b"c"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(text in "([a-d;]{0,4}:[:<]? ?[A-Za-z=\\x00-\\x20]{0,9}\r?\n ?){0,30}") {
            let mut count = 0;
            read(&mut text.as_bytes(), &|_| true, &mut |_| count += 1).unwrap();
            prop_assert!(count <= text.lines().count());
        }
    }
}
