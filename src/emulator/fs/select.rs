//! SELECT (ISO/IEC 7816-4 clause 11.2.2) and what it tells about a file.

use super::{Body, LifeCycle, Node, NodeId, Place, Tree};
use crate::{
    apdu::{CommandView, StatusWord},
    profile::Structure,
    tlv::{Tag, Writer},
};

/// What a SELECT command names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// The master file.
    Mf,
    /// The DF around the current one.
    Parent,
    /// A DF by its name, whole or shortened on the right.
    Name(&'a [u8], Occurrence),
    /// A file near the current DF.
    Fid(u16, Wanted),
    /// Identifiers from the MF down, its own left out.
    FromMf(&'a [u8]),
    /// Identifiers from the current DF down.
    FromDf(&'a [u8]),
}

/// Which of several DFs whose names begin alike (P2, bits 2 and 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// The first.
    First,
    /// The last.
    Last,
    /// The one behind the current DF.
    Next,
    /// The one before the current DF.
    Previous,
}

/// Which files an identifier may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A file of the current DF, the current DF itself, the one around it, or a DF of that one.
    Any,
    /// A DF of the current DF, or else an EF.
    Df,
    /// An EF of the current DF.
    Ef,
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
    /// they demand.
    pub fn parse(command: &CommandView<'a>) -> Result<Self, StatusWord> {
        let [_, _, p1, p2] = command.header.to_bytes();
        if p2 & 0xF0 != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let mismatch = StatusWord::LC_P1P2_MISMATCH;
        let fid = || match *command.data {
            [hi, lo] => Ok(u16::from_be_bytes([hi, lo])),
            _ => Err(mismatch),
        };
        let occurrence = match p2 & 0x03 {
            0x00 => Occurrence::First,
            0x01 => Occurrence::Last,
            0x02 => Occurrence::Next,
            _ => Occurrence::Previous,
        };
        let target = match (p1, command.data) {
            (0x00, [] | [0x3F, 0x00]) => Target::Mf,
            (0x00, _) => Target::Fid(fid()?, Wanted::Any),
            (0x01, _) => Target::Fid(fid()?, Wanted::Df),
            (0x02, _) => Target::Fid(fid()?, Wanted::Ef),
            (0x03, []) => Target::Parent,
            (0x04, name) if name.len() <= 16 => Target::Name(name, occurrence),
            // A path from the MF, whose own identifier may be left out of it.
            (0x08, [] | [0x3F, 0x00]) => Target::Mf,
            (0x08, [0x3F, 0x00, path @ ..] | path) if path.len().is_multiple_of(2) => {
                Target::FromMf(path)
            }
            (0x09, path) if !path.is_empty() && path.len().is_multiple_of(2) => {
                Target::FromDf(path)
            }
            (0x03 | 0x04 | 0x08 | 0x09, _) => return Err(mismatch),
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        let information = match (command.ne, p2 & 0x0C) {
            (None, _) | (_, 0x0C) => Information::None,
            (_, 0x00) => Information::Fci,
            (_, 0x04) => Information::Fcp,
            _ => Information::Fmd,
        };
        Ok(Self { target, information })
    }
}

impl Tree {
    /// The file that a SELECT names, seen from here.
    ///
    /// # Errors
    /// `6A82` where there is none.
    pub fn find(&self, target: Target<'_>, place: &Place) -> Result<NodeId, StatusWord> {
        let found = match target {
            Target::Mf => Some(NodeId::MF),
            Target::Parent => Some(self.parent(place.df)),
            Target::Name(name, occurrence) => self.occurrence(name, occurrence, place.df),
            Target::Fid(fid, wanted) => self.near(fid, wanted, place.df),
            Target::FromMf(path) => self.below(NodeId::MF, path),
            Target::FromDf(path) => self.below(place.df, path),
        };
        found.ok_or(StatusWord::NOT_FOUND)
    }

    fn occurrence(&self, name: &[u8], which: Occurrence, df: NodeId) -> Option<NodeId> {
        if name.is_empty() {
            return None;
        }
        let found = self.named(name);
        let here = found.iter().position(|id| *id == df);
        let index = match (which, here) {
            (Occurrence::First, _) | (Occurrence::Next, None) => 0,
            (Occurrence::Last, _) | (Occurrence::Previous, None) => found.len().checked_sub(1)?,
            (Occurrence::Next, Some(here)) => here + 1,
            (Occurrence::Previous, Some(here)) => here.checked_sub(1)?,
        };
        found.get(index).copied()
    }

    // ISO/IEC 7816-4 clause 11.2.2.2.
    fn near(&self, fid: u16, wanted: Wanted, df: NodeId) -> Option<NodeId> {
        let is_df = |id: &NodeId| self.node(*id).is_some_and(Node::is_df);
        let child = self.by_fid(df, fid);
        match wanted {
            Wanted::Df => child,
            Wanted::Ef => child.filter(|id| !is_df(id)),
            Wanted::Any => child.or_else(|| {
                let has_fid = |id: &NodeId| self.node(*id).and_then(|node| node.fid) == Some(fid);
                let parent = self.parent(df);
                let around = [df, parent].into_iter().find(has_fid);
                around.or_else(|| self.by_fid(parent, fid).filter(is_df))
            }),
        }
    }

    fn below(&self, from: NodeId, path: &[u8]) -> Option<NodeId> {
        path.chunks_exact(2).try_fold(from, |df, part| {
            let &[hi, lo] = part else { return None };
            self.by_fid(df, u16::from_be_bytes([hi, lo]))
        })
    }
}

impl Information {
    /// What it tells about a file: size, kind, identifiers, name; with `life` its life cycle too.
    pub fn about(self, node: &Node, life: bool) -> Vec<u8> {
        let mut out = Writer::new();
        let tag = match self {
            Self::Fci => 0x6F,
            Self::Fcp => 0x62,
            Self::Fmd => 0x64,
            Self::None => return Vec::new(),
        };
        out.constructed(Tag::new(tag), |w| match self {
            // Of management data there are the name alone.
            Self::Fmd => {
                if let Some(name) = node.name().filter(|_| life) {
                    w.primitive(Tag::new(0x84), name);
                }
            }
            _ => parameters(w, node, life),
        });
        out.finish()
    }
}

// File control parameters (ISO/IEC 7816-4 table 11).
fn parameters(w: &mut Writer, node: &Node, life: bool) {
    if !node.is_df() {
        let size = u16::try_from(node.len()).unwrap_or(u16::MAX);
        w.primitive(Tag::new(0x80), &size.to_be_bytes());
    }
    match &node.body {
        // An application without an identifier tells its name and no more.
        Body::Df { .. } if node.fid.is_none() => {}
        Body::Df { .. } => {
            w.primitive(Tag::new(0x82), &[descriptor(&node.body)]);
        }
        Body::Transparent { .. } => {
            w.primitive(Tag::new(0x82), &[descriptor(&node.body)]);
        }
        Body::Records { size, records, .. } => {
            // 41: WRITE sets bits, a data unit is a byte (table 90). At most 254 records.
            let count = records.len() as u8;
            w.primitive(Tag::new(0x82), &[descriptor(&node.body), 0x41, 0x00, *size, count]);
        }
    }
    if let Some(fid) = node.fid {
        w.primitive(Tag::new(0x83), &fid.to_be_bytes());
    }
    if let Some(name) = node.name() {
        w.primitive(Tag::new(0x84), name);
    }
    if let Some(sfi) = node.sfi() {
        w.primitive(Tag::new(0x88), &[sfi << 3]);
    }
    if life || node.life != LifeCycle::Activated {
        w.primitive(Tag::new(0x8A), &[node.life.byte()]);
    }
}

/// The file descriptor byte (ISO/IEC 7816-4 table 12).
pub(super) const fn descriptor(body: &Body) -> u8 {
    match body {
        Body::Df { .. } => 0x38,
        Body::Transparent { .. } => 0x01,
        Body::Records { structure: Structure::LinearFixed, .. } => 0x02,
        Body::Records { structure: Structure::LinearVariable, .. } => 0x04,
        Body::Records { structure: Structure::Cyclic, .. } => 0x06,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        emulator::fs::Content,
        profile::{FileRules, Rule},
    };

    fn parse(hex: &str) -> Result<(String, Information), StatusWord> {
        let bytes = hex::decode(hex.replace(' ', "")).unwrap();
        let command = CommandView::parse(&bytes).unwrap();
        Select::parse(&command).map(|s| (format!("{:X?}", s.target), s.information))
    }

    #[test]
    fn every_form_that_readers_send() {
        for (hex, target, information) in [
            ("00A4000C", "Mf", Information::None),
            ("00A40000 00", "Mf", Information::Fci),
            ("00A4000C 02 3F00", "Mf", Information::None),
            ("00A40300", "Parent", Information::None),
            ("00A4020C 02 011C", "Fid(11C, Ef)", Information::None),
            ("00A40004 02 011C 00", "Fid(11C, Any)", Information::Fcp),
            ("00A40104 02 5015 00", "Fid(5015, Df)", Information::Fcp),
            ("00A40900 02 011C", "FromDf([1, 1C])", Information::None),
            ("00A40800 02 011C FF", "FromMf([1, 1C])", Information::Fci),
            ("00A40800 04 3F002F00 00", "FromMf([2F, 0])", Information::Fci),
            ("00A40800 06 3F0050154401 00", "FromMf([50, 15, 44, 1])", Information::Fci),
            ("00A40400 02 A000 00", "Name([A0, 0], First)", Information::Fci),
            ("00A40409 02 A000 00", "Name([A0, 0], Last)", Information::Fmd),
            ("00A4040E 02 A000", "Name([A0, 0], Next)", Information::None),
            ("00A40403 02 A000", "Name([A0, 0], Previous)", Information::None),
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
            ("00A4030C 02 3F00", 0x6A87),
            ("00A4040C 11 0102030405060708090A0B0C0D0E0F1011", 0x6A87),
            ("00A4080C 03 3F0001", 0x6A87),
            ("00A4090C", 0x6A87),
        ] {
            assert_eq!(parse(hex), Err(StatusWord(sw)), "{hex}");
        }
    }

    fn df(tree: &mut Tree, parent: NodeId, fid: u16, name: Option<&[u8]>) -> NodeId {
        let body = Body::Df { name: name.map(<[u8]>::to_vec), applet: None };
        let (life, rules) = (LifeCycle::Activated, FileRules::default());
        tree.add(parent, Node { fid: Some(fid), life, rules, body }).unwrap()
    }

    #[test]
    fn files_are_found_from_where_one_stands() {
        let mut tree = Tree::default();
        let one = df(&mut tree, NodeId::MF, 0x5015, Some(b"name 1"));
        let two = df(&mut tree, NodeId::MF, 0x5016, Some(b"name 2"));
        let deep = df(&mut tree, one, 0x5017, Some(b"name 3"));
        let empty = || Content::Bytes(Vec::new());
        let ef = tree.add(deep, Node::transparent(0x4401, Some(1), Rule::Always, empty())).unwrap();
        let top = tree
            .add(NodeId::MF, Node::transparent(0x4402, Some(1), Rule::Always, empty()))
            .unwrap();
        let find = |target, from| tree.find(target, &Place { df: from, ef: None }).ok();
        for (target, from, found) in [
            (Target::FromMf(&[0x50, 0x15, 0x50, 0x17, 0x44, 0x01]), two, Some(ef)),
            (Target::FromMf(&[0x44, 0x02]), deep, Some(top)),
            (Target::FromMf(&[0x44, 0x02, 0x44, 0x02]), deep, None),
            (Target::FromDf(&[0x50, 0x17, 0x44, 0x01]), one, Some(ef)),
            (Target::FromDf(&[0x50, 0x15]), one, None),
            (Target::Parent, deep, Some(one)),
            (Target::Parent, one, Some(NodeId::MF)),
            (Target::Parent, NodeId::MF, Some(NodeId::MF)),
            (Target::Fid(0x5017, Wanted::Any), one, Some(deep)),
            (Target::Fid(0x5015, Wanted::Any), one, Some(one)),
            (Target::Fid(0x5015, Wanted::Any), deep, Some(one)),
            (Target::Fid(0x5016, Wanted::Any), one, Some(two)),
            (Target::Fid(0x4402, Wanted::Any), one, None),
            (Target::Fid(0x5016, Wanted::Df), one, None),
            (Target::Fid(0x5017, Wanted::Ef), one, None),
            (Target::Fid(0x4401, Wanted::Ef), deep, Some(ef)),
            (Target::Name(b"name 3", Occurrence::First), two, Some(deep)),
            (Target::Name(b"name", Occurrence::First), two, Some(one)),
            (Target::Name(b"name", Occurrence::Last), one, Some(deep)),
            (Target::Name(b"name", Occurrence::Next), one, Some(two)),
            (Target::Name(b"name", Occurrence::Next), deep, None),
            (Target::Name(b"name", Occurrence::Previous), two, Some(one)),
            (Target::Name(b"name", Occurrence::Previous), one, None),
            (Target::Name(b"name", Occurrence::Previous), NodeId::MF, Some(deep)),
            (Target::Name(b"", Occurrence::First), one, None),
        ] {
            assert_eq!(find(target, from), found, "{target:X?} from {from:?}");
        }
    }

    #[test]
    fn information_about_files() {
        let made = Content::Made { len: 0x1234 };
        let ef = Node::transparent(0x011C, Some(0x1C), Rule::Always, made);
        let tells = |i: Information, life| hex::encode_upper(i.about(&ef, life));
        assert_eq!(tells(Information::Fci, false), "6F0E800212348201018302011C8801E0");
        assert_eq!(tells(Information::Fcp, false), "620E800212348201018302011C8801E0");
        assert_eq!(tells(Information::Fcp, true), "6211800212348201018302011C8801E08A0105");
        assert_eq!(tells(Information::Fmd, false), "6400");
        assert_eq!(tells(Information::None, true), "");
        let name = Information::Fci.about(&Node::application(&[0xA0, 0x00], 0), false);
        assert_eq!(hex::encode_upper(name), "6F048402A000");
        let records = Node {
            fid: Some(0x4403),
            life: LifeCycle::Deactivated,
            rules: FileRules::default(),
            body: Body::Records {
                sfi: None,
                structure: Structure::Cyclic,
                size: 16,
                most: 9,
                records: vec![vec![0; 16]; 2],
            },
        };
        let told = hex::encode_upper(Information::Fcp.about(&records, false));
        assert_eq!(told, "62128002002082050641001002830244038A0104");
    }
}
