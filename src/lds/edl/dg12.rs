//! EF.DG12 of a driving licence: the non-match alert (ISO/IEC 18013-3). It repeats what stands in
//! the card's scanning area, so that a reader finds out whether chip and card belong together.

use zeroize::Zeroizing;

use super::Mrz;
use crate::lds::error::In;
use crate::lds::{File, LdsError};
use crate::tlv::{Tag, Writer};

/// SAI_inputmethod.
const INPUT_METHOD: Tag = Tag::new(0x81);
/// SAI_referencestring.
const REFERENCE: Tag = Tag::new(0x82);

/// The most bytes of a reference string.
const MAX_REFERENCE: usize = 255;

/// The file. Its reference string opens the card, and is a secret like the line it repeats.
#[derive(Clone, PartialEq, Eq)]
pub struct Dg12 {
    /// The reference string with the byte before it, as it came.
    reference: Zeroizing<Vec<u8>>,
    /// How the scanning area is read: one character, `A` where it is a machine readable line.
    pub input_method: Option<u8>,
}

impl Dg12 {
    /// The file of a line that is machine readable.
    pub fn new(line: &Mrz) -> Self {
        let reference = [&[0], line.as_str().as_bytes()].concat();
        Self { reference: Zeroizing::new(reference), input_method: Some(b'A') }
    }

    /// The reference string, as it came, with what stands before it.
    pub fn reference(&self) -> &[u8] {
        &self.reference
    }

    /// The machine readable line, where the reference string is one.
    pub fn line(&self) -> Option<Mrz> {
        let start = self.reference.len().checked_sub(Mrz::LEN)?;
        Mrz::parse(std::str::from_utf8(self.reference.get(start..)?).ok()?).ok()
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        const ALERT: &str = "non-match alert";
        let at = In(File::Edl(super::File::Dg12));
        let (mut reference, mut input_method) = (None, None);
        for tlv in at.tlv(ALERT, at.outer(data)?.children())? {
            let tlv = at.tlv(ALERT, tlv)?;
            match (tlv.tag, tlv.value) {
                (REFERENCE, value) if (1..=MAX_REFERENCE).contains(&value.len()) => {
                    at.once("reference string", &mut reference, Zeroizing::new(value.to_vec()))?;
                }
                (REFERENCE, value) => {
                    let got = format!("{} bytes", value.len());
                    return Err(at.value("reference string", "1 to 255 bytes", got));
                }
                (INPUT_METHOD, [method]) => {
                    at.once("input method", &mut input_method, *method)?;
                }
                (INPUT_METHOD, value) => {
                    let got = format!("{} bytes", value.len());
                    return Err(at.value("input method", "one byte", got));
                }
                (other, _) => {
                    return Err(at.value(ALERT, "tags 81 and 82", format!("tag {other}")));
                }
            }
        }
        let Some(reference) = reference else {
            return Err(at.value("reference string", "it to be there", "nothing"));
        };
        Ok(Self { reference, input_method })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(Tag::new(0x71), |w| {
            w.primitive(REFERENCE, &self.reference);
            if let Some(method) = self.input_method {
                w.primitive(INPUT_METHOD, &[method]);
            }
        });
        w.finish()
    }
}

impl std::fmt::Debug for Dg12 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dg12").field("input_method", &self.input_method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lds::testing::{mutate, unhex};

    #[test]
    fn repeats_the_line() {
        let line = Mrz::new('1', "UTO2L898902C36A7XQ49KD2M5R").unwrap();
        let dg12 = Dg12::new(&line);
        let bytes = dg12.encode();
        let expected = format!("7124821F00{}810141", hex::encode_upper(line.as_str()));
        assert_eq!(hex::encode_upper(&bytes), expected);
        let read = Dg12::parse(&bytes).unwrap();
        assert_eq!((read.line(), &read), (Some(line), &dg12));
        mutate(&bytes, |bytes| {
            if let Ok(read) = Dg12::parse(bytes) {
                let _ = read.line();
                assert_eq!(Dg12::parse(&read.encode()), Ok(read));
            }
        });
    }

    #[test]
    fn errors_name_the_field() {
        let error = |hex: &str| Dg12::parse(&unhex(hex)).unwrap_err().to_string();
        assert_eq!(
            error("7103810141"),
            "eDL EF.DG12, reference string: it to be there expected, nothing came"
        );
        assert_eq!(
            error("71028200"),
            "eDL EF.DG12, reference string: 1 to 255 bytes expected, 0 bytes came"
        );
        assert_eq!(
            error("7107820141810241 41".replace(' ', "").as_str()),
            "eDL EF.DG12, input method: one byte expected, 2 bytes came"
        );
        assert_eq!(error("7106820141820141"), "eDL EF.DG12, reference string: it is there twice");
    }
}
