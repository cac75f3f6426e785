//! Forms (application/x-www-form-urlencoded), as RFC 6749 appendix B has them, and the same in the
//! query of a URI.

use std::fmt::Write;

/// The most parameters of a form.
const MAX_PARAMETERS: usize = 64;

/// A form: parameters, each once. Its values may be secret.
pub struct Form(Vec<(String, zeroize::Zeroizing<String>)>);

impl Form {
    /// Reads a form. A parameter without a value counts as left out (RFC 6749 clause 3.2).
    ///
    /// # Errors
    /// What is wrong, in a few words: more than 64 parameters, one that stands there twice, or
    /// text that is not encoded as it should be.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let mut all: Vec<(String, zeroize::Zeroizing<String>)> = Vec::new();
        for pair in text.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|b| *b == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            let name = decoded(name)?;
            let value = zeroize::Zeroizing::new(decoded(value)?);
            if all.len() >= MAX_PARAMETERS {
                return Err(format!("at most {MAX_PARAMETERS} parameters are taken"));
            }
            if all.iter().any(|(known, _)| *known == name) {
                let name: String = name.chars().take(40).collect();
                return Err(format!("parameter {name:?} stands there twice"));
            }
            all.push((name, value));
        }
        Ok(Self(all))
    }

    /// A parameter's value; nothing where there is none or it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Writes a form.
    pub fn build(parameters: &[(&str, &str)]) -> zeroize::Zeroizing<String> {
        let mut out = zeroize::Zeroizing::new(String::new());
        for (name, value) in parameters {
            if !out.is_empty() {
                out.push('&');
            }
            encode(name, &mut out);
            out.push('=');
            encode(value, &mut out);
        }
        out
    }
}

impl std::fmt::Debug for Form {
    // Codes and tokens stand in forms.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

fn decoded(text: &[u8]) -> Result<String, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let mut digit = || rest.next().and_then(|b| char::from(*b).to_digit(16));
                let byte = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                let byte = byte.and_then(|byte| u8::try_from(byte).ok());
                out.push(byte.ok_or("two hexadecimal digits expected behind each %")?);
            }
            byte => out.push(*byte),
        }
    }
    String::from_utf8(out).map_err(|_| "UTF-8 expected".to_owned())
}

/// Percent-encodes what is not unreserved (RFC 3986 clause 2.3); a space too, which every reader of
/// forms and of URIs understands.
pub(super) fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            // Writing to a text does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
