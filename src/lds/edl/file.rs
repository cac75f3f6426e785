//! The files of the driving licence application (ISO/IEC 18013-2 annex C, ISO/IEC 18013-3).

use crate::lds::Df;
use crate::lds::file::Row;

/// The application identifier of the driving licence (ISO/IEC 18013-2 annex C).
pub const AID: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x48, 0x02, 0x00];

/// An elementary file of the driving licence application. Wrapped in
/// [`File::Edl`](crate::lds::File::Edl) it is read, kept and judged like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum File {
    /// Version, list of data groups and of their protection.
    Com,
    /// The Document Security Object.
    Sod,
    /// Demographic data and the categories of vehicles.
    Dg1,
    /// Licence holder details.
    Dg2,
    /// Issuing authority details.
    Dg3,
    /// Portrait image.
    Dg4,
    /// Signature or usual mark image.
    Dg5,
    /// Facial biometric template.
    Dg6,
    /// Finger biometric template.
    Dg7,
    /// Iris biometric template.
    Dg8,
    /// Other biometric template.
    Dg9,
    /// Reserved.
    Dg10,
    /// Optional domestic data.
    Dg11,
    /// Non-match alert: what stands in the card's scanning area.
    Dg12,
    /// Active Authentication public key.
    Dg13,
    /// Extended access: Chip Authentication and others.
    Dg14,
}

impl File {
    pub(in crate::lds) const fn row(self) -> Row {
        const fn row(name: &'static str, fid: u16, tag: Option<u32>) -> Row {
            Row { name, df: Df::Edl, fid, sfi: fid as u8, tag, data_group: None }
        }
        const fn dg(name: &'static str, number: u8, tag: u32) -> Row {
            let tag = if tag == 0 { None } else { Some(tag) };
            Row { data_group: Some(number), ..row(name, number as u16, tag) }
        }
        match self {
            Self::Com => row("eDL EF.COM", 0x001E, Some(0x60)),
            Self::Sod => row("eDL EF.SOD", 0x001D, Some(0x77)),
            Self::Dg1 => dg("eDL EF.DG1", 1, 0x61),
            Self::Dg2 => dg("eDL EF.DG2", 2, 0x6B),
            Self::Dg3 => dg("eDL EF.DG3", 3, 0x6C),
            Self::Dg4 => dg("eDL EF.DG4", 4, 0x65),
            Self::Dg5 => dg("eDL EF.DG5", 5, 0x67),
            Self::Dg6 => dg("eDL EF.DG6", 6, 0x75),
            Self::Dg7 => dg("eDL EF.DG7", 7, 0x63),
            Self::Dg8 => dg("eDL EF.DG8", 8, 0x76),
            Self::Dg9 => dg("eDL EF.DG9", 9, 0x70),
            Self::Dg10 => dg("eDL EF.DG10", 10, 0),
            Self::Dg11 => dg("eDL EF.DG11", 11, 0x6D),
            Self::Dg12 => dg("eDL EF.DG12", 12, 0x71),
            Self::Dg13 => dg("eDL EF.DG13", 13, 0x6F),
            Self::Dg14 => dg("eDL EF.DG14", 14, 0x6E),
        }
    }
}
