//! Where a terminal stands in the tree: the current DF, the current EF, the current record.

use super::{LifeCycle, Node, NodeId, Target, Tree};
use crate::{
    apdu::StatusWord,
    profile::{Rule, Status},
};

/// A selected EF.
#[derive(Clone)]
pub struct CurrentEf {
    /// Which.
    pub id: NodeId,
    /// The current record, from 1; 0 before the first.
    pub record: usize,
    /// What the chip made for it. It stays until the next selection, so that a file read in pieces
    /// is one file.
    pub made: Option<Vec<u8>>,
}

impl std::fmt::Debug for CurrentEf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CurrentEf").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The selection of a logical channel.
#[derive(Clone, Debug)]
pub struct Place {
    /// The current DF.
    pub df: NodeId,
    /// The current EF.
    pub ef: Option<CurrentEf>,
}

impl Default for Place {
    /// The MF, and no EF.
    fn default() -> Self {
        Self { df: NodeId::MF, ef: None }
    }
}

impl Place {
    /// Makes an EF the current one.
    pub fn open(&mut self, id: NodeId) {
        self.ef = Some(CurrentEf { id, record: 0, made: None });
    }

    /// Forgets what the chip made: it belonged to a session that has ended.
    pub fn forget_made(&mut self) {
        if let Some(ef) = &mut self.ef {
            ef.made = None;
        }
    }
}

impl Tree {
    /// A file, where a terminal that has shown this may do what that rule of it is for.
    ///
    /// # Errors
    /// `6A82` where there is none, `6982` where the rule says no.
    pub fn permitted(
        &self,
        id: NodeId,
        rule: impl FnOnce(&Node) -> &Rule,
        status: &dyn Status,
    ) -> Result<&Node, StatusWord> {
        let node = self.node(id).ok_or(StatusWord::NOT_FOUND)?;
        if rule(node).permits(status) { Ok(node) } else { Err(StatusWord::SECURITY_STATUS) }
    }

    /// The file that a command means, for a terminal that stands in a DF and has shown this. On its
    /// way it enters no DF whose rule it does not fulfil, those in which it stands left out.
    ///
    /// # Errors
    /// `6982` where such a DF is on the way, whether or not there is a file behind it; `6A82` where
    /// there is none.
    pub fn reach(
        &self,
        target: Target<'_>,
        place: &Place,
        status: &dyn Status,
    ) -> Result<NodeId, StatusWord> {
        let closed = |df: NodeId| {
            let stands = self.upwards(place.df).any(|(id, _)| id == df);
            let open = |node: &Node| !node.is_df() || node.rules.read.permits(status);
            !stands && !self.node(df).is_some_and(open)
        };
        let (mut at, path) = match target {
            Target::FromMf(path) => (NodeId::MF, path),
            Target::FromDf(path) => (place.df, path),
            _ => (NodeId::MF, &[][..]),
        };
        for part in path.as_chunks().0 {
            if closed(at) {
                return Err(StatusWord::SECURITY_STATUS);
            }
            let Some(id) = self.by_fid(at, u16::from_be_bytes(*part)) else { break };
            at = id;
        }
        let found = self.find(target, place)?;
        // An application is found by its name wherever it is.
        if self.upwards(found).skip(1).any(|(df, _)| closed(df)) {
            return Err(StatusWord::SECURITY_STATUS);
        }
        Ok(found)
    }

    /// Whether what a file holds is in use.
    ///
    /// # Errors
    /// `6985` where it or a DF around it is deactivated or terminated.
    pub fn in_use(&self, id: NodeId) -> Result<(), StatusWord> {
        let off = |life| matches!(life, LifeCycle::Deactivated | LifeCycle::Terminated);
        if self.upwards(id).any(|(_, node)| off(node.life)) {
            return Err(StatusWord::CONDITIONS);
        }
        Ok(())
    }
}
