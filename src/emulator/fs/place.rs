//! Where a terminal stands in the tree: the current DF, the current EF, the current record.

use super::{LifeCycle, Node, NodeId, Tree};
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
