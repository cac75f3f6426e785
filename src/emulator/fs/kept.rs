//! Files in memory that outlives power: an entry for each that was changed, made or deleted.
//!
//! `file/5015/4401` is `01`, the length of the file control parameters in two bytes, they, and what
//! the file holds: its bytes, or each record behind its length. `00` alone says that the file was
//! deleted. `files/created` lists the paths of those that CREATE FILE made, a line each.

use super::{
    Body, Content, Node, NodeId, Tree,
    fcp::{encode_fcp, parse_kept},
};

/// The entry that lists created files.
pub const CREATED: &str = "files/created";
/// The entry of a file that the profile declares and that was deleted.
pub const DELETED: &[u8] = &[0];

const VERSION: u8 = 1;

/// The name of a file's entry.
pub fn entry_name(tree: &Tree, id: NodeId) -> String {
    format!("file/{}", tree.path(id))
}

/// A file as it is kept.
pub fn encode(node: &Node) -> Vec<u8> {
    let fcp = encode_fcp(node);
    let mut out = Vec::with_capacity(fcp.len() + node.len() + 3);
    out.push(VERSION);
    // Six rules of at most 1600 bytes each.
    out.extend_from_slice(&u16::try_from(fcp.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(&fcp);
    match &node.body {
        Body::Transparent { content: Content::Bytes(bytes), .. } => out.extend_from_slice(bytes),
        Body::Records { records, .. } => {
            for record in records {
                out.push(u8::try_from(record.len()).unwrap_or(u8::MAX));
                out.extend_from_slice(record);
            }
        }
        _ => {}
    }
    out
}

/// The file that was kept; `None` where the bytes are none, or say that it was deleted.
pub fn decode(bytes: &[u8]) -> Option<Node> {
    let (&[version, hi, lo], rest) = bytes.split_first_chunk::<3>()?;
    if version != VERSION {
        return None;
    }
    let (fcp, mut held) = rest.split_at_checked(usize::from(u16::from_be_bytes([hi, lo])))?;
    let mut node = parse_kept(fcp).ok()?;
    match &mut node.body {
        Body::Df { .. } => {}
        Body::Transparent { content, .. } => *content = Content::Bytes(held.to_vec()),
        Body::Records { records, .. } => {
            while let Some((len, rest)) = held.split_first() {
                let (record, rest) = rest.split_at_checked(usize::from(*len))?;
                records.push(record.to_vec());
                held = rest;
            }
        }
    }
    Some(node)
}

impl Tree {
    /// The names of all files' entries, as declared.
    pub fn entry_names(&self) -> Vec<String> {
        self.within(NodeId::MF).into_iter().map(|id| entry_name(self, id)).collect()
    }

    /// The paths of the files that CREATE FILE made, a line each, a DF before what it holds.
    pub fn created_paths(&self) -> String {
        let created = self.within(NodeId::MF).into_iter().filter(|id| self.is_created(*id));
        created.map(|id| self.path(id)).collect::<Vec<_>>().join("\n")
    }

    /// Takes over what was kept. An entry that is none of a file's leaves the file as declared.
    pub fn restore<'s>(&mut self, entry: impl Fn(&str) -> Option<&'s [u8]>) {
        let created = entry(CREATED).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let created: Vec<_> = created.unwrap_or_default().lines().collect();
        for id in self.within(NodeId::MF) {
            if self.node(id).is_none() {
                continue;
            }
            let Some(kept) = entry(&entry_name(self, id)) else { continue };
            let replaced = created.contains(&self.path(id).as_str());
            if kept == DELETED || replaced {
                self.remove(id);
            } else if let (Some(kept), Some(node)) = (decode(kept), self.node_mut(id)) {
                take_over(node, kept);
            }
        }
        for path in created {
            let df = match path.rsplit_once('/') {
                Some((parent, _)) => self.at_path(parent),
                None => Some(NodeId::MF),
            };
            let node = entry(&format!("file/{path}")).and_then(decode);
            let (Some(df), Some(node)) = (df, node) else { continue };
            if let Ok(id) = self.add(df, node) {
                self.mark_created(id);
            }
        }
    }
}

// What can change of a declared file: its life cycle and what it holds. Rules and sizes are the
// profile's.
fn take_over(node: &mut Node, kept: Node) {
    node.life = kept.life;
    match (&mut node.body, kept.body) {
        (
            Body::Transparent { content: Content::Bytes(bytes), .. },
            Body::Transparent { content: Content::Bytes(kept), .. },
        ) if bytes.len() == kept.len() => *bytes = kept,
        (
            Body::Records { structure, size, most, records, .. },
            Body::Records { structure: of, size: len, records: kept, .. },
        ) if *structure == of && *size == len && kept.len() <= usize::from(*most) => {
            *records = kept;
        }
        _ => {}
    }
}
