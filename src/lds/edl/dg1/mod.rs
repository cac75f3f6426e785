//! EF.DG1 of a driving licence: demographic data and categories of vehicles (ISO/IEC 18013-2 annex
//! C, Commission Regulation (EU) No 383/2012 annex I).

mod demographic;

use super::category::{self, CATEGORIES};
use super::{Category, Text};
use crate::lds::error::In;
use crate::lds::{File, LdsError};
use crate::tlv::{Tag, Writer};
pub use demographic::Demographic;

/// Demographic data of ISO/IEC 18013-2: fields behind each other.
const DEMOGRAPHIC: Tag = Tag::new(0x5F1F);
/// Type approval number of the EU.
const TYPE_APPROVAL: Tag = Tag::new(0x5F01);
/// Demographic data of the EU: data objects, although the tag is primitive.
const EU_DEMOGRAPHIC: Tag = Tag::new(0x5F02);

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dg1 {
    /// How the file is written.
    pub encoding: Encoding,
    /// Type approval number of the EU: `e4-DL00 00001`.
    pub type_approval: Option<Text>,
    /// Whom the licence is for, and by whom.
    pub demographic: Demographic,
    /// What the holder may drive, in the card's order.
    pub categories: Vec<Category>,
}

/// How demographic data are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Fields behind each other (ISO/IEC 18013-2 annex C).
    Iso,
    /// A data object each (Regulation (EU) No 383/2012).
    Eu,
}

impl Dg1 {
    /// A licence as the EU writes it.
    pub fn eu(demographic: Demographic, categories: impl IntoIterator<Item = Category>) -> Self {
        let categories = categories.into_iter().collect();
        Self { encoding: Encoding::Eu, type_approval: None, demographic, categories }
    }

    /// A licence as ISO/IEC 18013-2 writes it; optional demographic data are left out.
    pub fn iso(demographic: Demographic, categories: impl IntoIterator<Item = Category>) -> Self {
        Self { encoding: Encoding::Iso, ..Self::eu(demographic, categories) }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        const FIELD: &str = "demographic data";
        let at = In(File::Edl(super::File::Dg1));
        let (mut type_approval, mut demographic, mut categories) = (None, None, None);
        for part in at.tlv(FIELD, at.outer(data)?.children())? {
            let part = at.tlv(FIELD, part)?;
            match part.tag {
                TYPE_APPROVAL => {
                    let text = Text::read(at, "type approval number", part.value)?;
                    at.once("type approval number", &mut type_approval, text)?;
                }
                DEMOGRAPHIC => {
                    let read = (Encoding::Iso, Demographic::read_iso(at, part.value)?);
                    at.once(FIELD, &mut demographic, read)?;
                }
                EU_DEMOGRAPHIC => {
                    let read = (Encoding::Eu, Demographic::read_eu(at, &part)?);
                    at.once(FIELD, &mut demographic, read)?;
                }
                CATEGORIES => {
                    at.once("categories", &mut categories, category::read(at, &part)?)?;
                }
                other => {
                    let expected = "tags 5F01, 5F02, 5F1F and 7F63";
                    return Err(at.value(FIELD, expected, format!("tag {other}")));
                }
            }
        }
        let Some((encoding, demographic)) = demographic else {
            return Err(at.value(FIELD, "tag 5F02 or 5F1F", "neither"));
        };
        let categories = categories.unwrap_or_default();
        Ok(Self { encoding, type_approval, demographic, categories })
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(Tag::new(0x61), |w| {
            if let Some(number) = &self.type_approval {
                w.primitive(TYPE_APPROVAL, &number.to_bytes());
            }
            match self.encoding {
                Encoding::Iso => w.primitive(DEMOGRAPHIC, &self.demographic.iso()),
                Encoding::Eu => w.primitive(EU_DEMOGRAPHIC, &self.demographic.eu()),
            };
            category::write(w, &self.categories);
        });
        w.finish()
    }
}

#[cfg(test)]
mod tests;
