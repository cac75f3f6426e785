//! SELECT (ISO/IEC 7816-4 clause 11.2.2) and what it tells about a file.

use super::Ef;
use crate::{
    apdu::{CommandView, StatusWord},
    tlv::{Tag, Writer},
};

/// File identifier of the master file.
const MF: u16 = 0x3F00;

/// What a SELECT command names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// The master file.
    Mf,
    /// An application by its name, whole or shortened on the right.
    Name(&'a [u8]),
    /// An EF of the current directory.
    Ef(u16),
    /// An EF of the master file.
    MfEf(u16),
}

/// What the response tells about the file (P2, bits 4 and 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Information {
    /// File control information, template `6F`.
    Fci,
    /// File control parameters, template `62`.
    Fcp,
    /// File management data, template `64`.
    Fmd,
    /// Nothing.
    None,
}

/// A SELECT command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Select<'a> {
    /// What it names.
    pub target: Target<'a>,
    /// What the response shall tell. Nothing where the command has no Le.
    pub information: Information,
}

impl<'a> Select<'a> {
    /// Reads the command's parameters, in every form that terminals send.
    ///
    /// # Errors
    /// `6A86` for parameters that name no way to select, `6A87` for data of another length than
    /// they demand, `6A82` for a further occurrence of a name: each name is there once.
    pub fn parse(command: &CommandView<'a>) -> Result<Self, StatusWord> {
        let [_, _, p1, p2] = command.header.to_bytes();
        if p2 & 0xF0 != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let fid = |data: &[u8]| match *data {
            [hi, lo] => Ok(u16::from_be_bytes([hi, lo])),
            _ => Err(StatusWord::LC_P1P2_MISMATCH),
        };
        let in_current = |data: &[u8]| match data {
            [] => Ok(Target::Mf),
            _ if fid(data)? == MF => Ok(Target::Mf),
            _ => Ok(Target::Ef(fid(data)?)),
        };
        let target = match p1 {
            0x00 => in_current(command.data)?,
            0x01 | 0x02 => Target::Ef(fid(command.data)?),
            0x03 if command.data.is_empty() => Target::Mf,
            0x03 => return Err(StatusWord::LC_P1P2_MISMATCH),
            0x04 if command.data.len() > 16 => return Err(StatusWord::LC_P1P2_MISMATCH),
            0x04 => Target::Name(command.data),
            // A path from the MF, whose own identifier may be left out of it.
            0x08 => match *command.data {
                [] | [0x3F, 0x00] => Target::Mf,
                [0x3F, 0x00, hi, lo] | [hi, lo] => Target::MfEf(u16::from_be_bytes([hi, lo])),
                [_, _, ..] if command.data.len().is_multiple_of(2) => {
                    return Err(StatusWord::NOT_FOUND);
                }
                _ => return Err(StatusWord::LC_P1P2_MISMATCH),
            },
            0x09 => match command.data.len() {
                2 => Target::Ef(fid(command.data)?),
                n if n > 0 && n % 2 == 0 => return Err(StatusWord::NOT_FOUND),
                _ => return Err(StatusWord::LC_P1P2_MISMATCH),
            },
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        if p2 & 0x03 != 0 && p1 == 0x04 {
            return Err(StatusWord::NOT_FOUND);
        }
        let information = match (command.ne, p2 & 0x0C) {
            (None, _) | (_, 0x0C) => Information::None,
            (_, 0x00) => Information::Fci,
            (_, 0x04) => Information::Fcp,
            _ => Information::Fmd,
        };
        Ok(Self { target, information })
    }
}

impl Information {
    /// What it tells about an EF: size, kind, identifiers.
    pub fn about_ef(self, ef: &Ef) -> Vec<u8> {
        let size = u16::try_from(ef.content.len()).unwrap_or(u16::MAX);
        self.template(|w| {
            w.primitive(Tag::new(0x80), &size.to_be_bytes());
            w.primitive(Tag::new(0x82), &[0x01]);
            w.primitive(Tag::new(0x83), &ef.fid.to_be_bytes());
            if let Some(sfi) = ef.sfi {
                w.primitive(Tag::new(0x88), &[sfi << 3]);
            }
        })
    }

    /// What it tells about the master file.
    pub fn about_mf(self) -> Vec<u8> {
        self.template(|w| {
            w.primitive(Tag::new(0x82), &[0x38]);
            w.primitive(Tag::new(0x83), &MF.to_be_bytes());
        })
    }

    /// What it tells about an application: its name.
    pub fn about_application(self, aid: &[u8]) -> Vec<u8> {
        self.template(|w| {
            w.primitive(Tag::new(0x84), aid);
        })
    }

    fn template(self, fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut out = Writer::new();
        match self {
            Self::Fci => {
                out.constructed(Tag::new(0x6F), fill);
            }
            Self::Fcp => {
                out.constructed(Tag::new(0x62), fill);
            }
            Self::Fmd => {
                out.constructed(Tag::new(0x64), |_| {});
            }
            Self::None => {}
        }
        out.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(hex: &str) -> Result<(String, Information), StatusWord> {
        let bytes = hex::decode(hex.replace(' ', "")).unwrap();
        let command = CommandView::parse(&bytes).unwrap();
        Select::parse(&command).map(|s| (format!("{:?}", s.target), s.information))
    }

    #[test]
    fn every_form_that_readers_send() {
        for (hex, target, information) in [
            ("00A4000C", "Mf", Information::None),
            ("00A40000 00", "Mf", Information::Fci),
            ("00A4000C 02 3F00", "Mf", Information::None),
            ("00A40300", "Mf", Information::None),
            ("00A4020C 02 011C", "Ef(284)", Information::None),
            ("00A40004 02 011C 00", "Ef(284)", Information::Fcp),
            ("00A40900 02 011C", "Ef(284)", Information::None),
            ("00A40800 02 011C FF", "MfEf(284)", Information::Fci),
            ("00A40800 04 3F002F00 00", "MfEf(12032)", Information::Fci),
            ("00A40400 02 A000 00", "Name([160, 0])", Information::Fci),
            ("00A40408 02 A000 00", "Name([160, 0])", Information::Fmd),
        ] {
            assert_eq!(parse(hex), Ok((target.into(), information)), "{hex}");
        }
    }

    #[test]
    fn forms_that_are_none() {
        for (hex, sw) in [
            ("00A40A00 02 011C", 0x6A86),
            ("00A4021C 02 011C", 0x6A86),
            ("00A4020C", 0x6A87),
            ("00A4020C 03 011C00", 0x6A87),
            ("00A4000C 01 01", 0x6A87),
            ("00A4080C 03 3F0001", 0x6A87),
            ("00A4080C 06 3F0001010102", 0x6A82),
            ("00A4040E 02 A000", 0x6A82),
        ] {
            assert_eq!(parse(hex), Err(StatusWord(sw)), "{hex}");
        }
    }

    #[test]
    fn information_about_files() {
        let ef = Ef {
            fid: 0x011C,
            sfi: Some(0x1C),
            access: crate::emulator::access::Access::Always,
            content: super::super::Content::Made { len: 0x1234 },
        };
        let tells = |i: Information| hex::encode_upper(i.about_ef(&ef));
        assert_eq!(tells(Information::Fci), "6F0E800212348201018302011C8801E0");
        assert_eq!(tells(Information::Fcp), "620E800212348201018302011C8801E0");
        assert_eq!(tells(Information::Fmd), "6400");
        assert_eq!(tells(Information::None), "");
        let name = Information::Fci.about_application(&[0xA0, 0x00]);
        assert_eq!(hex::encode_upper(name), "6F048402A000");
    }
}
