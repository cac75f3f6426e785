//! CREATE, DELETE, ACTIVATE, DEACTIVATE and TERMINATE (ISO/IEC 7816-9 clause 7).

use crate::{
    apdu::{CommandView, StatusWord, ins},
    emulator::{
        applet::Reply,
        card::Card,
        fs::{
            Body, DELETED, LifeCycle, Node, NodeId, Select, TreeError, decode, encode, entry_name,
            parse_fcp,
        },
        store::Change,
    },
    profile::FileRules,
};

/// The most files that CREATE FILE makes.
const MAX_CREATED: usize = 64;
/// The most bytes that they hold together.
const MAX_TOTAL: usize = 0x4_0000;

impl Card {
    /// CREATE FILE in the current DF. An EF is the current one then, a DF too. What it may be used
    /// for its parameters say, else who may create there may change it, and all may read it.
    ///
    /// # Errors
    /// `6982` where the rule of the DF says no, `6985` where it is out of use; `6A80` for
    /// parameters that are none, `6A89` and `6A8A` for an identifier and a name that is there,
    /// `6A84` where there is no room.
    pub(super) fn create_file(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        if (command.header.p1, command.header.p2) != (0, 0) {
            return Err(StatusWord::WRONG_P1P2);
        }
        if command.data.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let status = self.seen(command.header);
        let df = self.channels.here().place.df;
        let tree = &self.parts.tree;
        let parent = tree.permitted(df, |node| &node.rules.create, &status)?;
        tree.in_use(df)?;
        let owner = || parent.rules.create.clone();
        let rules = FileRules {
            update: owner(),
            delete: owner(),
            activate: owner(),
            terminate: owner(),
            create: owner(),
            ..FileRules::default()
        };
        let node = parse_fcp(command.data, rules)?;
        let kept = encode(&node);
        // No identifier, or rules that are longer printed than a rule may be.
        if node.fid.is_none() || decode(&kept).as_ref() != Some(&node) {
            return Err(StatusWord::WRONG_DATA);
        }
        let room = capacity(&node);
        let created = tree.within(NodeId::MF).into_iter().filter(|id| tree.is_created(*id));
        let created: Vec<_> = created.filter_map(|id| tree.node(id)).map(capacity).collect();
        if created.len() >= MAX_CREATED || created.iter().sum::<usize>() + room > MAX_TOTAL {
            return Err(StatusWord::NOT_ENOUGH_MEMORY);
        }
        let is_df = node.is_df();
        let tree = &mut self.parts.tree;
        let id = tree.add(df, node).map_err(|error| match error {
            TreeError::Twice { what: "name", .. } => StatusWord::NAME_EXISTS,
            TreeError::Twice { .. } => StatusWord::FILE_EXISTS,
            _ => StatusWord::WRONG_DATA,
        })?;
        tree.mark_created(id);
        let file = Change::set(entry_name(tree, id), kept);
        let list = self.created_list();
        if let Err(sw) = self.keep(&[file, list]) {
            self.parts.tree.remove(id);
            return Err(sw);
        }
        if is_df {
            self.go_to(id);
        } else {
            self.channels.here().place.open(id);
        }
        Ok(Reply::data(Vec::new()))
    }

    // The file that a command of this family is for: the current EF, or DF, or as SELECT names it.
    fn meant(&mut self, command: &CommandView<'_>) -> Result<NodeId, StatusWord> {
        let status = self.seen(command.header);
        let place = &self.channels.here().place;
        if command.data.is_empty() {
            return match (command.header.p1, command.header.p2) {
                (0, 0) => Ok(place.ef.as_ref().map_or(place.df, |ef| ef.id)),
                _ => Err(StatusWord::WRONG_P1P2),
            };
        }
        self.parts.tree.reach(Select::parse(command)?.target, place, &status)
    }

    /// DELETE FILE, of a DF with all that is in it.
    ///
    /// # Errors
    /// `6A82` where there is none, `6982` where its rule says no; `6985` for the MF and for
    /// applications whose commands an applet answers.
    pub(super) fn delete_file(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let id = self.meant(command)?;
        let status = self.seen(command.header);
        let tree = &self.parts.tree;
        tree.permitted(id, |node| &node.rules.delete, &status)?;
        let all = tree.within(id);
        let has_applet = |id: &NodeId| tree.node(*id).and_then(Node::applet).is_some();
        if id == NodeId::MF || all.iter().any(has_applet) {
            return Err(StatusWord::CONDITIONS);
        }
        let mut changes: Vec<_> = all
            .iter()
            .map(|id| {
                let name = entry_name(tree, *id);
                let value = self.declared.contains(&name).then(|| DELETED.to_vec());
                Change { name, value }
            })
            .collect();
        let mut left = tree.clone();
        left.remove(id);
        if all.iter().any(|id| tree.is_created(*id)) {
            changes.push(Change::set(crate::emulator::fs::CREATED, left.created_paths()));
        }
        let parent = tree.parent(id);
        self.keep(&changes)?;
        let Self { parts, channels, .. } = self;
        parts.tree = left;
        for channel in channels.all() {
            if all.contains(&channel.place.df) {
                channel.enter(parent, &parts.tree);
            } else if channel.place.ef.as_ref().is_some_and(|ef| all.contains(&ef.id)) {
                channel.place.ef = None;
            }
        }
        Ok(Reply::data(Vec::new()))
    }

    /// ACTIVATE FILE, DEACTIVATE FILE, TERMINATE DF, TERMINATE EF and TERMINATE CARD USAGE.
    ///
    /// # Errors
    /// `6A82` where there is no such file, `6982` where its rule says no; `6981` for a file of the
    /// other kind, `6985` for one that is terminated, and for the MF other than by TERMINATE CARD
    /// USAGE.
    pub(super) fn change_life(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let instruction = command.header.ins;
        let id = if instruction == ins::TERMINATE_CARD_USAGE {
            if (command.header.p1, command.header.p2) != (0, 0) {
                return Err(StatusWord::WRONG_P1P2);
            }
            NodeId::MF
        } else {
            self.meant(command)?
        };
        let status = self.seen(command.header);
        let switches = matches!(instruction, ins::ACTIVATE_FILE | ins::DEACTIVATE_FILE);
        let rule = |node: &Node| {
            if switches { node.rules.activate.clone() } else { node.rules.terminate.clone() }
        };
        let tree = &self.parts.tree;
        let mut node = tree.node(id).ok_or(StatusWord::NOT_FOUND)?.clone();
        if !rule(&node).permits(&status) {
            return Err(StatusWord::SECURITY_STATUS);
        }
        node.life = match instruction {
            _ if node.life == LifeCycle::Terminated => return Err(StatusWord::CONDITIONS),
            ins::ACTIVATE_FILE => LifeCycle::Activated,
            ins::DEACTIVATE_FILE => LifeCycle::Deactivated,
            ins::TERMINATE_CARD_USAGE => LifeCycle::Terminated,
            ins::TERMINATE_DF if !node.is_df() => return Err(StatusWord::INCOMPATIBLE_FILE),
            ins::TERMINATE_EF if node.is_df() => return Err(StatusWord::INCOMPATIBLE_FILE),
            _ if id == NodeId::MF => return Err(StatusWord::CONDITIONS),
            _ => LifeCycle::Terminated,
        };
        self.replace(id, node)?;
        Ok(Reply::data(Vec::new()))
    }
}

// The most bytes that a file comes to hold.
fn capacity(node: &Node) -> usize {
    match &node.body {
        Body::Records { size, most, .. } => usize::from(*size) * usize::from(*most),
        _ => node.len(),
    }
}
