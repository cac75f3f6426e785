//! EF.CVCA: the trust points of a chip, for a terminal to choose a chain that it will take
//! (TR-03110-3 annex A.1).

use super::{CvcError, Reference, tag};
use crate::tlv::{Reader, Writer};

/// Bytes of the file; what is left behind the references is filled with zeros.
const LEN: usize = 36;

/// Reads the one or two authority references of the file, the newest first.
///
/// # Errors
/// [`CvcError::Structure`], [`CvcError::Value`], [`CvcError::TooMuch`] for a third.
pub fn parse_ef_cvca(data: &[u8]) -> Result<Vec<Reference>, CvcError> {
    const WHAT: &str = "EF.CVCA";
    let end = data.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    let mut references = Vec::new();
    for object in Reader::new(&data[..end]) {
        let object = object.and_then(|o| o.expect(tag::AUTHORITY)).map_err(CvcError::tlv(WHAT))?;
        if references.len() == 2 {
            return Err(CvcError::TooMuch { what: "references of EF.CVCA", limit: 2, got: 3 });
        }
        references.push(Reference::from_bytes(object.value)?);
    }
    if references.is_empty() {
        return Err(CvcError::value(WHAT, "no reference"));
    }
    Ok(references)
}

/// The file with these references, the newest first; a third is left out.
pub fn encode_ef_cvca(references: &[Reference]) -> Vec<u8> {
    let mut w = Writer::new();
    for reference in references.iter().take(2) {
        w.primitive(tag::AUTHORITY, reference.as_bytes());
    }
    let mut file = w.finish();
    file.resize(LEN, 0);
    file
}
