//! Text that wraps DER (RFC 7468), and BER that is no text.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::PkiError;

/// One block of a PEM text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemBlock {
    /// What the BEGIN line says: `CERTIFICATE`, `X509 CRL`, `CMS`.
    pub label: String,
    /// What it wraps.
    pub der: Vec<u8>,
}

/// The blocks of a text; what stands between them is passed over.
///
/// # Errors
/// [`PkiError::Pem`] for a block that does not end or is no base64.
pub fn blocks(text: &[u8]) -> Result<Vec<PemBlock>, PkiError> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    const DASHES: &str = "-----";
    let bad = |detail: String| PkiError::Pem { detail };
    let mut rest = std::str::from_utf8(text)
        .map_err(|_| bad("neither DER nor text that begins with a certificate".into()))?;
    let mut all = Vec::new();
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (label, after) = after
            .split_once(DASHES)
            .filter(|(label, _)| label.len() < 32 && !label.contains('\n'))
            .ok_or_else(|| bad("a BEGIN line without end".into()))?;
        let end = format!("{END}{label}{DASHES}");
        let (body, after) = after
            .split_once(&end)
            .ok_or_else(|| bad(format!("the block {label:?} has no END line")))?;
        let base64: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(base64).map_err(|e| bad(e.to_string()))?;
        all.push(PemBlock { label: label.to_owned(), der });
        rest = after;
    }
    Ok(all)
}

/// A block of text with lines of 64 characters.
pub(super) fn wrap(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_come_out_as_they_went_in() {
        let text = format!("words\n{}words{}", wrap("CMS", &[7; 100]), wrap("X509 CRL", b""));
        let all = blocks(text.as_bytes()).unwrap();
        let labels: Vec<_> = all.iter().map(|b| (b.label.as_str(), b.der.len())).collect();
        assert_eq!(labels, [("CMS", 100), ("X509 CRL", 0)]);
        assert_eq!(blocks(b"no block").unwrap(), []);
        for bad in
            ["-----BEGIN CMS", "-----BEGIN CMS-----\nAAAA\n", "-----BEGIN A-----x-----END A-----"]
        {
            assert!(blocks(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(-----(BEGIN|END) (CMS|A)(-----)?|[A-Za-z=\n]){0,40}") {
            let _ = blocks(text.as_bytes());
        }
    }
}
