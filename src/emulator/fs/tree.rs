//! The tree of a card's files.

use super::{Body, Content, LifeCycle, MAX_LEN, MAX_RECORDS, MF, Node};
use crate::profile::{FileRules, FileSpec, Structure};

/// The most DFs within each other, the MF not counted.
pub(super) const MAX_DEPTH: usize = 8;

/// A file's place in a tree. It holds until the file is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(usize);

impl NodeId {
    /// The master file.
    pub const MF: Self = Self(0);
}

/// Why a file has no place in a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// No DF of that path.
    #[error("the file {path}: its parent is no DF that was declared before it")]
    NoParent {
        /// The file's path.
        path: String,
    },
    /// Another file has its identifier, its short identifier or its name.
    #[error("the file {path}: its {what} is that of another file")]
    Twice {
        /// The file's path.
        path: String,
        /// Which of them.
        what: &'static str,
    },
    /// A size, a count or an identifier that no file has.
    #[error("the file {path}: {what} of {got}, {expected} expected")]
    Impossible {
        /// The file's path.
        path: String,
        /// What it is.
        what: &'static str,
        /// What can be.
        expected: &'static str,
        /// What is said.
        got: usize,
    },
}

/// Where a file stands, besides what it is.
#[derive(Clone, Debug)]
struct Slot {
    node: Node,
    parent: NodeId,
    children: Vec<NodeId>,
    created: bool,
}

/// The files of a card, from the MF down.
#[derive(Clone, Debug)]
pub struct Tree {
    slots: Vec<Option<Slot>>,
}

impl Default for Tree {
    /// The MF alone, which everybody may select and nobody change.
    fn default() -> Self {
        let node = Node {
            fid: Some(MF),
            life: LifeCycle::Activated,
            rules: FileRules::default(),
            body: Body::Df { name: None, applet: None },
        };
        Self {
            slots: vec![Some(Slot {
                node,
                parent: NodeId::MF,
                children: Vec::new(),
                created: false,
            })],
        }
    }
}

impl Tree {
    fn slot(&self, id: NodeId) -> Option<&Slot> {
        self.slots.get(id.0).and_then(Option::as_ref)
    }

    fn slot_mut(&mut self, id: NodeId) -> Option<&mut Slot> {
        self.slots.get_mut(id.0).and_then(Option::as_mut)
    }

    /// A file.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.slot(id).map(|slot| &slot.node)
    }

    /// A file, to change.
    pub fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.slot_mut(id).map(|slot| &mut slot.node)
    }

    /// Whether CREATE FILE made it.
    pub fn is_created(&self, id: NodeId) -> bool {
        self.slot(id).is_some_and(|slot| slot.created)
    }

    /// Notes that CREATE FILE made it.
    pub fn mark_created(&mut self, id: NodeId) {
        if let Some(slot) = self.slot_mut(id) {
            slot.created = true;
        }
    }

    /// The DF that a file is in; of the MF the MF.
    pub fn parent(&self, id: NodeId) -> NodeId {
        self.slot(id).map_or(NodeId::MF, |slot| slot.parent)
    }

    /// The files in a DF, in the order in which they were made.
    pub fn children(&self, df: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        let children = self.slot(df).map_or(&[][..], |slot| &slot.children);
        children.iter().filter_map(|id| Some((*id, self.node(*id)?)))
    }

    /// The file in a DF with this identifier.
    pub fn by_fid(&self, df: NodeId, fid: u16) -> Option<NodeId> {
        self.children(df).find(|(_, node)| node.fid == Some(fid)).map(|(id, _)| id)
    }

    /// The EF in a DF with this short identifier.
    pub fn by_sfi(&self, df: NodeId, sfi: u8) -> Option<NodeId> {
        self.children(df).find(|(_, node)| node.sfi() == Some(sfi)).map(|(id, _)| id)
    }

    /// The files from the MF down to this one, itself first.
    pub fn upwards(&self, from: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        let mut next = Some(from);
        std::iter::from_fn(move || {
            let id = next?;
            next = (id != NodeId::MF).then(|| self.parent(id));
            Some((id, self.node(id)?))
        })
    }

    /// This file and all that are in it, a DF in front of what it holds.
    pub fn within(&self, top: NodeId) -> Vec<NodeId> {
        let mut found = vec![top];
        let mut at = 0;
        while let Some(id) = found.get(at) {
            found.extend(self.children(*id).map(|(id, _)| id));
            at += 1;
        }
        found
    }

    /// The DFs with names that begin so, in the order of the tree.
    pub fn named(&self, start: &[u8]) -> Vec<NodeId> {
        let found = self.within(NodeId::MF).into_iter();
        let begins = |id: &NodeId| {
            let name = self.node(*id).and_then(Node::name);
            name.is_some_and(|name| name.starts_with(start))
        };
        found.filter(begins).collect()
    }

    /// The applet that answers commands in this DF: its own, or that of a DF around it.
    pub fn applet(&self, df: NodeId) -> Option<usize> {
        self.upwards(df).find_map(|(_, node)| node.applet())
    }

    /// File identifiers, of an application without one a dot and its name, from below the MF down.
    pub fn path(&self, id: NodeId) -> String {
        let mut parts: Vec<_> = self.upwards(id).map(|(_, node)| component(node)).collect();
        if parts.len() > 1 {
            parts.pop();
        }
        parts.reverse();
        parts.join("/")
    }

    /// The file of that [`Tree::path`].
    pub fn at_path(&self, path: &str) -> Option<NodeId> {
        if self.node(NodeId::MF).map(component).as_deref() == Some(path) {
            return Some(NodeId::MF);
        }
        path.split('/').try_fold(NodeId::MF, |df, part| {
            self.children(df).find(|(_, node)| component(node) == part).map(|(id, _)| id)
        })
    }

    /// Puts a file into a DF, behind those that are there.
    ///
    /// # Errors
    /// [`TreeError`] where it has no place there; the tree is as before.
    pub fn add(&mut self, df: NodeId, node: Node) -> Result<NodeId, TreeError> {
        let path = match df {
            NodeId::MF => component(&node),
            df => format!("{}/{}", self.path(df), component(&node)),
        };
        if !self.node(df).is_some_and(Node::is_df) {
            return Err(TreeError::NoParent { path });
        }
        self.check(df, &node, &path)?;
        let slot = Slot { node, parent: df, children: Vec::new(), created: false };
        let id = match self.slots.iter().position(Option::is_none) {
            Some(free) => NodeId(free),
            None => {
                self.slots.push(None);
                NodeId(self.slots.len() - 1)
            }
        };
        if let Some(free) = self.slots.get_mut(id.0) {
            *free = Some(slot);
        }
        if let Some(parent) = self.slot_mut(df) {
            parent.children.push(id);
        }
        Ok(id)
    }

    fn check(&self, df: NodeId, node: &Node, path: &str) -> Result<(), TreeError> {
        let path = || path.to_owned();
        let twice = |what| Err(TreeError::Twice { path: path(), what });
        let impossible =
            |what, expected, got| Err(TreeError::Impossible { path: path(), what, expected, got });
        if let Some(fid) = node.fid {
            // Reserved, or what path selection and the odd instructions mean otherwise
            // (ISO/IEC 7816-4 clause 7.4.1).
            if matches!(fid, 0 | MF | 0x3FFF | 0xFFFF) {
                return impossible("an identifier", "not 0000, 3F00, 3FFF or FFFF", fid.into());
            }
            if self.by_fid(df, fid).is_some() {
                return twice("identifier");
            }
        }
        if let Some(sfi) = node.sfi() {
            if !(1..=30).contains(&sfi) {
                return impossible("a short identifier", "1 to 30", sfi.into());
            }
            if self.by_sfi(df, sfi).is_some() {
                return twice("short identifier");
            }
        }
        match &node.body {
            Body::Df { name, .. } => {
                let depth = self.upwards(df).count();
                if depth > MAX_DEPTH {
                    return impossible("a depth", "at most 8 DFs within each other", depth);
                }
                let Some(name) = name else { return Ok(()) };
                if !(1..=16).contains(&name.len()) {
                    return impossible("a name", "1 to 16 bytes", name.len());
                }
                let named = self.named(name);
                if named.iter().any(|id| self.node(*id).and_then(Node::name) == Some(name)) {
                    return twice("name");
                }
            }
            Body::Transparent { content, .. } => {
                if content.len() > MAX_LEN {
                    return impossible("a size", "at most 65535 bytes", content.len());
                }
            }
            Body::Records { structure, size, most, records, .. } => {
                if *size == 0 {
                    return impossible("a record size", "1 to 255 bytes", 0);
                }
                if !(1..=MAX_RECORDS).contains(&usize::from(*most)) {
                    return impossible("a number of records", "1 to 254", (*most).into());
                }
                if records.len() > usize::from(*most) {
                    return impossible("a number of records", "at most `most`", records.len());
                }
                let fits = |len: usize| match structure {
                    Structure::LinearVariable => (1..=usize::from(*size)).contains(&len),
                    Structure::LinearFixed | Structure::Cyclic => len == usize::from(*size),
                };
                if let Some(bad) = records.iter().find(|record| !fits(record.len())) {
                    return impossible("a record", "bytes as many as the size says", bad.len());
                }
            }
        }
        Ok(())
    }

    /// Takes a file out, with all that are in it. The MF stays.
    pub fn remove(&mut self, id: NodeId) {
        if id == NodeId::MF {
            return;
        }
        let parent = self.parent(id);
        if let Some(parent) = self.slot_mut(parent) {
            parent.children.retain(|child| *child != id);
        }
        for id in self.within(id) {
            if let Some(slot) = self.slots.get_mut(id.0) {
                *slot = None;
            }
        }
    }

    /// Puts a declared file into the tree. The path of no identifiers, or `3F00`, gives the MF
    /// its rules and its name.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn declare(&mut self, spec: &FileSpec) -> Result<(), TreeError> {
        let rules = spec.rules.clone();
        let path = spec.path.strip_prefix(&[MF]).unwrap_or(&spec.path);
        let Some((fid, above)) = path.split_last() else {
            if let (Some(mf), Body::Df { name, .. }) =
                (self.node_mut(NodeId::MF), Body::from(&spec.kind))
            {
                mf.rules = rules;
                mf.body = Body::Df { name, applet: None };
            }
            return Ok(());
        };
        self.declare_below(NodeId::MF, above, *fid, spec)
    }

    /// The same with a path that begins below this DF.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn declare_in(&mut self, df: NodeId, spec: &FileSpec) -> Result<(), TreeError> {
        match spec.path.split_last() {
            Some((fid, above)) => self.declare_below(df, above, *fid, spec),
            None => Ok(()),
        }
    }

    fn declare_below(
        &mut self,
        mut df: NodeId,
        above: &[u16],
        fid: u16,
        spec: &FileSpec,
    ) -> Result<(), TreeError> {
        for part in above {
            let Some(id) = self.by_fid(df, *part) else {
                let parts: Vec<_> = spec.path.iter().map(|fid| format!("{fid:04X}")).collect();
                return Err(TreeError::NoParent { path: parts.join("/") });
            };
            df = id;
        }
        let (fid, body, rules) = (Some(fid), Body::from(&spec.kind), spec.rules.clone());
        self.add(df, Node { fid, life: LifeCycle::Activated, rules, body })?;
        Ok(())
    }

    /// The application of this name, for that applet: a DF that is there, or a new one below the MF.
    ///
    /// # Errors
    /// [`TreeError`] for a name that none can have.
    pub fn application(&mut self, name: &[u8], applet: usize) -> Result<NodeId, TreeError> {
        let has_name = |id: &NodeId| self.node(*id).and_then(Node::name) == Some(name);
        let Some(id) = self.named(name).into_iter().find(has_name) else {
            return self.add(NodeId::MF, Node::application(name, applet));
        };
        if let Some(Body::Df { applet: of, .. }) = self.node_mut(id).map(|node| &mut node.body) {
            *of = Some(applet);
        }
        Ok(id)
    }

    /// Gives a transparent EF other bytes.
    pub fn write(&mut self, id: NodeId, bytes: Vec<u8>) {
        if let Some(Body::Transparent { content, .. }) =
            self.node_mut(id).map(|node| &mut node.body)
        {
            *content = Content::Bytes(bytes);
        }
    }
}

fn component(node: &Node) -> String {
    match (node.fid, node.name()) {
        (Some(fid), _) => format!("{fid:04X}"),
        (None, name) => format!(".{}", hex::encode_upper(name.unwrap_or_default())),
    }
}
