//! The card's files as a shell shows them: `ls`, `cd`, `cat`, `tree`.

use crate::{
    apdu::{Command, Header, Response, StatusWord, ins},
    lds::{Df, File},
    session::{Session, SessionError},
    transport::Step,
};

/// What observers call the shell's own exchanges.
pub(super) const STEP: Step = Step("shell");
/// Most applications that EF.DIR is believed to name.
const MAX_APPLICATIONS: usize = 32;

/// Where the shell stands on the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a DF whose files are known.
    Known(Df),
    /// In any other one, by what it was selected with.
    Other(String),
}

impl Place {
    /// As the prompt shows it.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Known(df) => path(*df).into(),
            Self::Other(name) => format!("/{name}"),
        }
    }

    /// The files that may stand there.
    pub(super) fn files(&self) -> impl Iterator<Item = File> {
        let here = match self {
            Self::Known(df) => Some(*df),
            Self::Other(_) => None,
        };
        File::ALL.into_iter().filter(move |file| Some(file.df()) == here)
    }

    /// The file of a name or a file identifier in it.
    pub(super) fn file(&self, name: &str) -> Option<File> {
        let by_name = self.files().find(|file| {
            let full = file.name();
            let short = full.rsplit(' ').next().unwrap_or(full);
            [full, short, short.trim_start_matches("EF.")]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        });
        let fid = || u16::from_str_radix(name, 16).ok().filter(|_| name.len() == 4);
        by_name.or_else(|| fid().and_then(|fid| self.files().find(|file| file.fid() == fid)))
    }
}

/// The directories that have names.
pub(super) const DIRECTORIES: [(&str, Df); 4] =
    [("/", Df::MasterFile), ("/LDS1", Df::Lds), ("/eDL", Df::Edl), ("/key-only", Df::KeyOnly)];

/// What a directory is called.
pub(super) fn path(df: Df) -> &'static str {
    DIRECTORIES.iter().find(|(_, known)| *known == df).map_or("/", |(name, _)| name)
}

/// The DF that a path means: one of [`DIRECTORIES`], with or without the slash.
pub(super) fn directory(name: &str) -> Option<Df> {
    if name.is_empty() || name == ".." || name.eq_ignore_ascii_case("3F00") {
        return Some(Df::MasterFile);
    }
    let is = |known: &str| {
        known.eq_ignore_ascii_case(name) || known.trim_start_matches('/').eq_ignore_ascii_case(name)
    };
    DIRECTORIES.iter().find(|(known, _)| is(known)).map(|(_, df)| *df)
}

/// What was found of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It can be read.
    Open,
    /// It is there and wants another password or proof.
    Closed(StatusWord),
    /// The card gives another answer.
    Odd(StatusWord),
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Closed(sw) => write!(f, "closed ({:04X})", sw.0),
            Self::Odd(sw) => write!(f, "{sw}"),
        }
    }
}

/// The files of a place that the card knows, each looked at with a read of its first byte.
pub(super) fn list(
    session: &mut Session,
    place: &Place,
) -> Result<Vec<(File, Found)>, SessionError> {
    let mut all = Vec::new();
    for file in place.files() {
        let p1 = 0x80 | file.sfi();
        let read = Command::new(Header::new(0x00, ins::READ_BINARY, p1, 0)).with_ne(1);
        let Response { ref data, sw } = session.exchange(&read, STEP)?;
        let found = match sw {
            StatusWord::NOT_FOUND => continue,
            _ if sw.is_success() || !data.is_empty() => Found::Open,
            StatusWord::SECURITY_STATUS | StatusWord::CONDITIONS => Found::Closed(sw),
            _ => Found::Odd(sw),
        };
        all.push((file, found));
    }
    Ok(all)
}

/// A whole file.
pub(super) fn read(session: &mut Session, file: File) -> Result<Vec<u8>, SessionError> {
    session.read_file(file, Step(file.name()), &mut |_| {})
}

/// The names of the applications in EF.DIR (ISO/IEC 7816-4 clause 12.2.1).
pub(super) fn applications(dir: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for template in crate::tlv::Reader::new(dir).flatten().take(MAX_APPLICATIONS) {
        let inside = crate::tlv::Reader::new(template.value).flatten();
        let aid = crate::tlv::Tag::new(0x4F);
        all.extend(inside.filter(|object| object.tag == aid).map(|object| object.value.to_vec()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_files() {
        let lds = Place::Known(Df::Lds);
        for name in ["EF.DG1", "dg1", "0101", "ef.dg1"] {
            assert_eq!(lds.file(name), Some(File::Dg1), "{name}");
        }
        let licence = Place::Known(Df::Edl);
        assert_eq!(licence.file("dg1").map(File::name), Some("eDL EF.DG1"));
        assert_eq!(lds.file("EF.DIR"), None);
        assert_eq!(Place::Other("3F01".into()).file("dg1"), None);
        assert_eq!(directory("lds1"), Some(Df::Lds));
        assert_eq!(directory(".."), Some(Df::MasterFile));
        assert_eq!(directory("nowhere"), None);
        let dir = hex::decode("61094F07A0000002471001610B4F0548656C6C6F50024142").unwrap();
        assert_eq!(applications(&dir).len(), 2);
        assert!(applications(&[0x61, 0x84]).is_empty());
    }
}
