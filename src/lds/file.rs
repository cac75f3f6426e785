//! The elementary files and where they stand (ICAO Doc 9303-10 clauses 3.11 and 4, ISO/IEC 7816-4
//! clauses 12.2.1 and 12.2.2).

use super::{KEY_ONLY_AID, edl};
use crate::tlv::Tag;

/// The application identifier of the LDS1 eMRTD application (ICAO Doc 9303-10 clause 4.4).
pub const LDS_AID: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Df {
    /// The master file, `3F00`.
    MasterFile,
    /// The LDS1 eMRTD application, [`LDS_AID`].
    Lds,
    /// The driving licence application, [`edl::AID`].
    Edl,
    /// The application of the key-only resident card, [`KEY_ONLY_AID`].
    KeyOnly,
}

impl Df {
    /// Its application identifier; the master file has none.
    pub const fn aid(self) -> Option<&'static [u8]> {
        match self {
            Self::MasterFile => None,
            Self::Lds => Some(&LDS_AID),
            Self::Edl => Some(&edl::AID),
            Self::KeyOnly => Some(&KEY_ONLY_AID),
        }
    }
}

/// An elementary file that this library knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum File {
    /// The protocols the chip offers before any authentication.
    CardAccess,
    /// Signed protocol data of PACE with Chip Authentication Mapping.
    CardSecurity,
    /// What the card can do, buffer sizes among it.
    AtrInfo,
    /// The list of applications.
    Dir,
    /// LDS version and list of data groups.
    Com,
    /// The Document Security Object.
    Sod,
    /// Machine readable zone.
    Dg1,
    /// Face.
    Dg2,
    /// Fingers.
    Dg3,
    /// Irises.
    Dg4,
    /// Displayed portrait.
    Dg5,
    /// Reserved.
    Dg6,
    /// Displayed signature or usual mark.
    Dg7,
    /// Data features.
    Dg8,
    /// Structure features.
    Dg9,
    /// Substance features.
    Dg10,
    /// Additional personal details.
    Dg11,
    /// Additional document details.
    Dg12,
    /// Optional details at the issuer's discretion.
    Dg13,
    /// Security options: Chip Authentication and others.
    Dg14,
    /// Active Authentication public key.
    Dg15,
    /// Persons to notify.
    Dg16,
    /// The certification authorities whose terminals the chip trusts (Terminal Authentication
    /// version 1, ICAO Doc 9303-11 clause 9.2).
    Cvca,
    /// Who was verified in this session: a file of the open resident-card profile, not of ICAO.
    HolderVerification,
    /// A file of a driving licence, where data groups have other numbers for other things.
    Edl(edl::File),
    /// What the application of a key-only card is (docs/applet.md).
    CardLabel,
    /// The certificate of a key-only card.
    CardCertificate,
}

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) df: Df,
    pub(super) fid: u16,
    pub(super) sfi: u8,
    pub(super) tag: Option<u32>,
    pub(super) data_group: Option<u8>,
}

impl File {
    /// Every file, in the order of the tables.
    pub const ALL: [Self; 42] = [
        Self::CardAccess,
        Self::CardSecurity,
        Self::AtrInfo,
        Self::Dir,
        Self::Com,
        Self::Sod,
        Self::Dg1,
        Self::Dg2,
        Self::Dg3,
        Self::Dg4,
        Self::Dg5,
        Self::Dg6,
        Self::Dg7,
        Self::Dg8,
        Self::Dg9,
        Self::Dg10,
        Self::Dg11,
        Self::Dg12,
        Self::Dg13,
        Self::Dg14,
        Self::Dg15,
        Self::Dg16,
        Self::Cvca,
        Self::HolderVerification,
        Self::Edl(edl::File::Com),
        Self::Edl(edl::File::Sod),
        Self::Edl(edl::File::Dg1),
        Self::Edl(edl::File::Dg2),
        Self::Edl(edl::File::Dg3),
        Self::Edl(edl::File::Dg4),
        Self::Edl(edl::File::Dg5),
        Self::Edl(edl::File::Dg6),
        Self::Edl(edl::File::Dg7),
        Self::Edl(edl::File::Dg8),
        Self::Edl(edl::File::Dg9),
        Self::Edl(edl::File::Dg10),
        Self::Edl(edl::File::Dg11),
        Self::Edl(edl::File::Dg12),
        Self::Edl(edl::File::Dg13),
        Self::Edl(edl::File::Dg14),
        Self::CardLabel,
        Self::CardCertificate,
    ];

    const fn row(self) -> Row {
        const fn mf(name: &'static str, fid: u16, sfi: u8, tag: Option<u32>) -> Row {
            Row { name, df: Df::MasterFile, fid, sfi, tag, data_group: None }
        }
        const fn lds(name: &'static str, fid: u16, tag: u32) -> Row {
            Row { name, df: Df::Lds, fid, sfi: fid as u8, tag: Some(tag), data_group: None }
        }
        const fn key(name: &'static str, fid: u16, tag: u32) -> Row {
            Row { df: Df::KeyOnly, ..lds(name, fid, tag) }
        }
        const fn dg(name: &'static str, number: u8, tag: u32) -> Row {
            Row { data_group: Some(number), ..lds(name, 0x0100 | number as u16, tag) }
        }
        match self {
            Self::CardAccess => mf("EF.CardAccess", 0x011C, 0x1C, Some(0x31)),
            Self::CardSecurity => mf("EF.CardSecurity", 0x011D, 0x1D, Some(0x30)),
            Self::AtrInfo => mf("EF.ATR/INFO", 0x2F01, 0x01, None),
            Self::Dir => mf("EF.DIR", 0x2F00, 0x1E, Some(0x61)),
            Self::Com => lds("EF.COM", 0x011E, 0x60),
            Self::Sod => lds("EF.SOD", 0x011D, 0x77),
            Self::Dg1 => dg("EF.DG1", 1, 0x61),
            Self::Dg2 => dg("EF.DG2", 2, 0x75),
            Self::Dg3 => dg("EF.DG3", 3, 0x63),
            Self::Dg4 => dg("EF.DG4", 4, 0x76),
            Self::Dg5 => dg("EF.DG5", 5, 0x65),
            Self::Dg6 => dg("EF.DG6", 6, 0x66),
            Self::Dg7 => dg("EF.DG7", 7, 0x67),
            Self::Dg8 => dg("EF.DG8", 8, 0x68),
            Self::Dg9 => dg("EF.DG9", 9, 0x69),
            Self::Dg10 => dg("EF.DG10", 10, 0x6A),
            Self::Dg11 => dg("EF.DG11", 11, 0x6B),
            Self::Dg12 => dg("EF.DG12", 12, 0x6C),
            Self::Dg13 => dg("EF.DG13", 13, 0x6D),
            Self::Dg14 => dg("EF.DG14", 14, 0x6E),
            Self::Dg15 => dg("EF.DG15", 15, 0x6F),
            Self::Dg16 => dg("EF.DG16", 16, 0x70),
            Self::Cvca => Row { tag: None, ..lds("EF.CVCA", 0x011C, 0) },
            Self::HolderVerification => lds("EF.HolderVerification", 0x0111, 0x73),
            Self::Edl(file) => file.row(),
            Self::CardLabel => key("EF.CardLabel", 0x0101, 0x73),
            Self::CardCertificate => key("EF.CardCertificate", 0x0102, 0x30),
        }
    }

    /// The name as the standard spells it; `eDL` stands before that of a driving licence's file.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Where it stands.
    pub const fn df(self) -> Df {
        self.row().df
    }

    /// The file identifier.
    pub const fn fid(self) -> u16 {
        self.row().fid
    }

    /// The short EF identifier, 1 to 30.
    pub const fn sfi(self) -> u8 {
        self.row().sfi
    }

    /// The tag of the one data object the file consists of; `None` for EF.ATR/INFO and EF.CVCA,
    /// which are lists, and for a driving licence's reserved DG10. EF.DIR repeats its tag for every
    /// application.
    pub const fn tag(self) -> Option<Tag> {
        match self.row().tag {
            Some(tag) => Some(Tag::new(tag)),
            None => None,
        }
    }

    /// The data group number, 1 to 16, by which the EF.SOD of its DF lists it.
    pub const fn data_group(self) -> Option<u8> {
        self.row().data_group
    }

    /// The file of a data group number, 1 to 16, in the eMRTD application.
    pub fn from_data_group(number: u8) -> Option<Self> {
        Self::from_data_group_in(Df::Lds, number)
    }

    /// The file of a data group number in this DF.
    pub fn from_data_group_in(df: Df, number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.df() == df && f.data_group() == Some(number))
    }

    /// The file of a name, in any case, with or without `EF.`.
    pub fn from_name(name: &str) -> Option<Self> {
        let short = |full: &str| full.replacen("EF.", "", 1);
        Self::ALL.into_iter().find(|f| {
            let full = f.name();
            full.eq_ignore_ascii_case(name) || short(full).eq_ignore_ascii_case(name)
        })
    }

    /// The file in this DF whose outermost data object has that tag.
    pub fn from_tag(df: Df, tag: Tag) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.df() == df && f.tag() == Some(tag))
    }

    /// The file in this DF with that file identifier.
    pub fn from_fid(df: Df, fid: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.df() == df && f.fid() == fid)
    }

    /// The file in this DF with that short EF identifier.
    pub fn from_sfi(df: Df, sfi: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.df() == df && f.sfi() == sfi)
    }
}

impl std::fmt::Display for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_files_of_one_df_share_an_identifier() {
        let names: BTreeSet<_> = File::ALL.into_iter().map(File::name).collect();
        assert_eq!(names.len(), File::ALL.len());
        for df in [Df::MasterFile, Df::Lds, Df::Edl, Df::KeyOnly] {
            let files: Vec<_> = File::ALL.into_iter().filter(|f| f.df() == df).collect();
            let count =
                |key: fn(&File) -> u32| files.iter().map(key).collect::<BTreeSet<_>>().len();
            assert_eq!(count(|f| f.fid().into()), files.len());
            assert_eq!(count(|f| f.sfi().into()), files.len());
            assert_eq!(count(|f| f.tag().map_or(0, Tag::value)), files.len());
            for file in files {
                assert!((1..=30).contains(&file.sfi()), "{file}");
                assert_eq!(File::from_fid(df, file.fid()), Some(file));
                assert_eq!(File::from_sfi(df, file.sfi()), Some(file));
                assert_eq!(File::from_name(file.name()), Some(file));
                if let Some(number) = file.data_group() {
                    assert_eq!(File::from_data_group_in(df, number), Some(file));
                }
                if let Some(tag) = file.tag() {
                    assert_eq!(File::from_tag(df, tag), Some(file));
                }
            }
        }
    }

    #[test]
    fn the_table_is_that_of_9303_10() {
        let tags = [
            0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E,
            0x6F, 0x70,
        ];
        for (number, tag) in (1..=16).zip(tags) {
            let file = File::from_data_group(number).unwrap();
            assert_eq!(file.name(), format!("EF.DG{number}"));
            assert_eq!(file.tag(), Some(Tag::new(tag)));
            assert_eq!((file.fid(), file.sfi()), (0x0100 + u16::from(number), number));
        }
        assert_eq!(File::from_data_group(17), None);
        assert_eq!(File::from_name("dg2"), Some(File::Dg2));
        assert_eq!(File::from_name("eDL EF.DG1"), Some(File::Edl(edl::File::Dg1)));
        assert_eq!(File::from_name("edl dg1"), Some(File::Edl(edl::File::Dg1)));
        assert_eq!(File::from_name("EF."), None);
        assert_eq!(File::from_fid(Df::MasterFile, 0x011D), Some(File::CardSecurity));
        assert_eq!(File::from_fid(Df::Lds, 0x011D), Some(File::Sod));
        assert_eq!(File::from_sfi(Df::Lds, 0x1C), Some(File::Cvca));
        assert_eq!(File::from_sfi(Df::MasterFile, 0x1C), Some(File::CardAccess));
    }
}
