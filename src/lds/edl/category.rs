//! Categories of vehicles, restrictions and conditions (ISO/IEC 18013-2 annex C, Commission
//! Regulation (EU) No 383/2012 annex I).

use super::LicenceDate;
use crate::lds::error::{In, asn1};
use crate::lds::{File, LdsError};
use crate::tlv::{Tag, Tlv, Writer};

pub(super) const CATEGORIES: Tag = Tag::new(0x7F63);
const CATEGORY: Tag = Tag::new(0x87);

/// The most categories of one file that are read.
const LIMIT: usize = 64;

/// A category of vehicles, or a restriction: fields with semicolons between.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Category {
    /// The category's code: `B`, `C1E`, `AM`; empty for a restriction on all of them.
    pub code: String,
    /// First day the category is valid.
    pub issued: Option<LicenceDate>,
    /// Last day the category is valid.
    pub expires: Option<LicenceDate>,
    /// Code of a restriction or condition: `01.06`, `95`.
    pub restriction: String,
    /// Sign between restriction and value: `=`, `<=`.
    pub sign: String,
    /// Value of the restriction, in ASCII or BCD, as it came.
    pub value: Vec<u8>,
}

impl Category {
    /// A category without restriction.
    ///
    /// # Errors
    /// [`LdsError::Value`], where the code is not one to three letters and digits.
    pub fn new(
        code: &str,
        issued: Option<LicenceDate>,
        expires: Option<LicenceDate>,
    ) -> Result<Self, LdsError> {
        let at = In(File::Edl(super::File::Dg1));
        let code = read_code(at, code.as_bytes())?;
        if code.is_empty() {
            return Err(at.value(CODE, "one to three letters and digits", "none"));
        }
        Ok(Self { code, issued, expires, ..Self::default() })
    }

    fn read(at: In, value: &[u8]) -> Result<Self, LdsError> {
        const FIELDS: &str = "fields of a category";
        let Some(end) = value.iter().position(|b| *b == b';') else {
            return Ok(Self { code: read_code(at, value)?, ..Self::default() });
        };
        let (code, rest) = value.split_at(end);
        let code = read_code(at, code)?;
        let mut fields = Fields { at, rest };
        let issued = fields.date("date of issue of a category")?;
        let expires = fields.date("date of expiry of a category")?;
        let restriction = fields.text("restriction of a category")?;
        let sign = fields.text("sign of a category")?;
        let value = fields.last()?.to_vec();
        if code.is_empty() && restriction.is_empty() {
            return Err(at.value(FIELDS, "a category or a restriction", "neither"));
        }
        Ok(Self { code, issued, expires, restriction, sign, value })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.code.as_bytes().to_vec();
        // A code alone stands without semicolons.
        let is_bare = self.issued.is_none() && self.expires.is_none();
        if is_bare && self.restriction.is_empty() && self.sign.is_empty() && self.value.is_empty() {
            return out;
        }
        for date in [self.issued, self.expires] {
            out.push(b';');
            out.extend(date.map(LicenceDate::to_bytes).into_iter().flatten());
        }
        for text in [self.restriction.as_bytes(), self.sign.as_bytes(), &self.value] {
            out.push(b';');
            out.extend_from_slice(text);
        }
        out
    }
}

impl std::fmt::Debug for Category {
    // What somebody may drive, and with which glasses, is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Category").field("code", &self.code).finish_non_exhaustive()
    }
}

/// The categories of a template: their number, then one data object each.
pub(super) fn read(at: In, template: &Tlv<'_>) -> Result<Vec<Category>, LdsError> {
    const COUNT: &str = "number of categories";
    const FIELD: &str = "categories";
    let mut parts = at.tlv(FIELD, template.children())?;
    let count = at.tlv(COUNT, parts.expect(asn1::INTEGER))?;
    let count = at.small(COUNT, count.value)? as usize;
    let mut categories = Vec::new();
    for part in parts {
        let part = at.tlv(FIELD, part.and_then(|part| part.expect(CATEGORY)))?;
        if categories.len() == LIMIT {
            return Err(LdsError::TooMany {
                file: at.0,
                field: FIELD,
                limit: LIMIT,
                got: LIMIT + 1,
            });
        }
        categories.push(Category::read(at, part.value)?);
    }
    if categories.len() != count {
        let got = format!("{count} for {}", categories.len());
        return Err(at.value(COUNT, "how many there are", got));
    }
    Ok(categories)
}

/// Appends the template; at most 64 categories are written.
pub(super) fn write(w: &mut Writer, categories: &[Category]) {
    let categories = categories.get(..LIMIT).unwrap_or(categories);
    w.constructed(CATEGORIES, |w| {
        w.primitive(asn1::INTEGER, &[categories.len() as u8]);
        for category in categories {
            w.primitive(CATEGORY, &category.to_bytes());
        }
    });
}

const CODE: &str = "code of a category";

fn read_code(at: In, code: &[u8]) -> Result<String, LdsError> {
    if code.len() > 3 || !code.iter().all(u8::is_ascii_alphanumeric) {
        let got = format!("{} other bytes", code.len());
        return Err(at.value(CODE, "up to three letters and digits", got));
    }
    at.utf8(CODE, code)
}

/// The fields behind the code, each with its semicolon. A date is binary and may hold any byte, so
/// it is taken by its length.
struct Fields<'a> {
    at: In,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn semicolon(&mut self, field: &'static str) -> Result<(), LdsError> {
        let [b';', rest @ ..] = self.rest else {
            return Err(self.at.value(field, "a semicolon before it", "something else"));
        };
        self.rest = rest;
        Ok(())
    }

    fn date(&mut self, field: &'static str) -> Result<Option<LicenceDate>, LdsError> {
        self.semicolon(field)?;
        if self.rest.first().is_none_or(|byte| *byte == b';') {
            return Ok(None);
        }
        let (date, rest) = self.rest.split_at_checked(4).unwrap_or((self.rest, &[]));
        self.rest = rest;
        LicenceDate::read(self.at, field, date).map(Some)
    }

    fn text(&mut self, field: &'static str) -> Result<String, LdsError> {
        self.semicolon(field)?;
        let end = self.rest.iter().position(|b| *b == b';').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        if !text.iter().all(u8::is_ascii_graphic) {
            return Err(self.at.value(field, "printable ASCII", "something else"));
        }
        self.at.utf8(field, text)
    }

    fn last(mut self) -> Result<&'a [u8], LdsError> {
        self.semicolon("value of a category")?;
        Ok(self.rest)
    }
}
