//! The card's operating system: which part of it a plain, whole or chained command is for.

use super::{
    applet::{Context, Reply},
    card::{Card, Parts},
    defect::Defect,
    fs::{LifeCycle, NodeId, ReadBinary, Select, Target},
    mse::SET_AT_PACE,
    pace,
    security::Opened,
    terminal_auth::{announced, is_command},
    work,
};
use crate::{
    apdu::{CommandView, Header, StatusWord, ins},
    protocol::pace::PasswordKind,
    tlv,
};

impl Card {
    /// Answers a command without its secure messaging. The second value is a channel that holds
    /// from the next command on.
    pub(super) fn execute(
        &mut self,
        command: &CommandView<'_>,
        room: usize,
    ) -> (Reply, Option<Opened>) {
        if let Some(sw) = self.refused_by_quirk(command) {
            return (Reply::status(sw), None);
        }
        let (mut reply, opened) = match self.run(command, room) {
            Ok(done) => done,
            Err(sw) => (Reply::status(sw), None),
        };
        self.change_reply(command, room, &mut reply);
        self.work = work::of(command, &reply);
        (reply, opened)
    }

    fn run(
        &mut self,
        command: &CommandView<'_>,
        room: usize,
    ) -> Result<(Reply, Option<Opened>), StatusWord> {
        let header = command.header;
        let basic = self.channels.is_basic();
        if header.ins == ins::GENERAL_AUTHENTICATE && self.security.pace.is_some() && basic {
            // The chaining bit links the steps of PACE; each has its own answer.
            if (header.p1, header.p2) != (0, 0) {
                self.security.pace = None;
                return Err(StatusWord::WRONG_P1P2);
            }
            let last = self.defects.is_last(header, self.security.pace.as_ref());
            let data = self.defects.dynamic_data(command.data);
            let Self { parts, security, env, .. } = self;
            let passwords = &parts.passwords;
            return pace::general_authenticate(&data, last, passwords, security, &mut **env);
        }
        // Any other command in between ends PACE, and makes a challenge void.
        if !self.defects.has(Defect::CommandBetween) {
            self.security.pace = None;
        }
        // One that answers it answers that of its channel; BAC's is the basic one's.
        let answers = header.ins == ins::EXTERNAL_AUTHENTICATE;
        if !answers || !basic {
            self.forget_challenge();
        }
        self.channels.forget_challenges(answers);

        if header.is_chained() {
            let open = self.security.chain.is_open();
            let step_of_a_protocol = !open
                && header.ins == ins::GENERAL_AUTHENTICATE
                && matches!(tlv::outer_len(command.data), Ok(Some(n)) if n == command.data.len());
            if step_of_a_protocol {
                return Err(StatusWord::CONDITIONS);
            }
            if !chainable(header, self.parts.iso) {
                self.security.chain.clear();
                return Err(StatusWord::CHAINING_UNSUPPORTED);
            }
        }
        match self.security.chain.accept(command)? {
            None => Ok((Reply::data(Vec::new()), None)),
            Some(whole) => {
                let whole = CommandView {
                    header: whole.header,
                    data: &whole.data,
                    ne: whole.ne,
                    extended: command.extended,
                };
                self.dispatch(&whole, room)
            }
        }
    }

    fn dispatch(
        &mut self,
        command: &CommandView<'_>,
        room: usize,
    ) -> Result<(Reply, Option<Opened>), StatusWord> {
        let header = command.header;
        let p1p2 = (header.p1, header.p2);
        let mf = self.parts.tree.node(NodeId::MF);
        let terminated = mf.is_some_and(|mf| mf.life == LifeCycle::Terminated);
        match header.ins {
            // TERMINATE CARD USAGE leaves SELECT, which says so.
            _ if terminated && header.ins != ins::SELECT => Err(StatusWord::CONDITIONS),
            ins::SELECT => self.select(command).map(|reply| (reply, None)),
            // The document's protocols run on the basic channel.
            _ if !self.channels.is_basic() => self.forward(command, room),
            ins::MANAGE_SECURITY_ENVIRONMENT if p1p2 == SET_AT_PACE => {
                let Self { parts, security, env, defects, .. } = self;
                pace::set_at(command, parts, security, &mut **env, *defects)
                    .map(|reply| (reply, None))
            }
            _ if self.is_for_layout(command) => self.forward(command, room),
            _ if self.parts.terminal_auth.is_some()
                && is_command(header, self.security.session.is_some()) =>
            {
                self.terminal_authentication(command).map(|reply| (reply, None))
            }
            ins::GET_CHALLENGE | ins::EXTERNAL_AUTHENTICATE if self.opens_by_basic_access() => {
                self.basic_access(command)
            }
            ins::RESET_RETRY_COUNTER => self.reset_retry_counter(command).map(|r| (r, None)),
            _ => self.forward(command, room),
        }
    }

    // Whether these two commands are BAC's or BAP's. On a card with keys of its own they are only
    // where such an application is selected and no session open.
    fn opens_by_basic_access(&mut self) -> bool {
        let in_session = self.security.session.is_some();
        self.has_basic_access()
            && (!self.parts.iso
                || !in_session && self.applet().is_some_and(|a| a.basic_access().is_some()))
    }

    fn select(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let select = Select::parse(command)?;
        let status = self.seen(command.header);
        let Self { parts: Parts { tree, iso, .. }, channels, .. } = self;
        let here = channels.here().place.df;
        let id = tree.reach(select.target, &channels.here().place, &status)?;
        // The selection changes only where this succeeds.
        let node = tree.permitted(id, |node| &node.rules.read, &status)?;
        let (df, ef) = if node.is_df() { (id, None) } else { (tree.parent(id), Some(id)) };
        if !channels.is_basic() && tree.applet(df).is_some() {
            // An applet has one state, and that is the basic channel's.
            return Err(StatusWord::CONDITIONS);
        }
        let sw = match node.life {
            LifeCycle::Deactivated => StatusWord::DEACTIVATED,
            LifeCycle::Terminated => StatusWord::TERMINATED,
            _ => StatusWord::SUCCESS,
        };
        let data = select.information.about(node, *iso);
        if ef.is_none() || df != here || matches!(select.target, Target::FromMf(_)) {
            self.go_to(df);
        }
        if let Some(id) = ef {
            self.channels.here().place.open(id);
        }
        Ok(Reply { data, sw })
    }

    // Selects a DF: what was selected before forgets its EF.
    pub(super) fn go_to(&mut self, df: NodeId) {
        self.channels.here().enter(df, &self.parts.tree);
        if !self.channels.is_basic() {
            return;
        }
        if let Some(applet) = self.applet() {
            applet.deselect();
        }
        self.forget_master_key();
        self.selected = self.parts.tree.applet(df);
        if let Some(applet) = self.applet() {
            applet.deselect();
        }
    }

    fn applet(&mut self) -> Option<&mut Box<dyn super::applet::Applet>> {
        self.selected.and_then(|i| self.parts.applets.get_mut(i))
    }

    fn forward(
        &mut self,
        command: &CommandView<'_>,
        room: usize,
    ) -> Result<(Reply, Option<Opened>), StatusWord> {
        let status = self.seen(command.header);
        let for_layout = self.is_for_layout(command);
        let Self { parts, security, env, selected, channels, .. } = self;
        let Parts { tree, applets, passwords, chip_auth, iso, .. } = parts;
        let basic = channels.is_basic();
        let mut context = Context {
            session: status.session,
            status,
            announced: announced(security),
            room,
            env: &mut **env,
            passwords,
            rekeyed: None,
        };
        let mut applet = selected.filter(|_| basic).and_then(|i| applets.get_mut(i));
        if applet.is_some() && *iso {
            tree.in_use(channels.here().place.df)?;
        }
        let answered = match (&mut applet, command.header.ins) {
            _ if for_layout => Err(StatusWord::INS_UNSUPPORTED),
            (Some(applet), _) => applet.handle(command, &mut context),
            (None, ins::MANAGE_SECURITY_ENVIRONMENT | ins::GENERAL_AUTHENTICATE) => {
                match chip_auth {
                    Some(chip_auth) if basic => chip_auth.handle(command, &mut context),
                    // Without a key there is nothing to authenticate with.
                    _ => Err(StatusWord::CONDITIONS),
                }
            }
            (None, _) => Err(StatusWord::INS_UNSUPPORTED),
        };
        let reply = match (answered, command.header.ins) {
            (Err(StatusWord::INS_UNSUPPORTED), ins::READ_BINARY | ins::READ_BINARY_ODD) => {
                let read = ReadBinary::parse(command)?;
                let place = &mut channels.here().place;
                tree.read_binary(read, room, place, &status, &mut |fid| match &mut applet {
                    Some(applet) => applet.make(fid, &mut context),
                    None => Err(StatusWord::NO_DIAGNOSIS),
                })?
            }
            (Err(StatusWord::INS_UNSUPPORTED), _) => {
                return self.iso_command(command).map(|reply| (reply, None));
            }
            (answered, _) => answered?,
        };
        let rekeyed = context.rekeyed.filter(|_| status.session.is_some());
        Ok((reply, rekeyed.map(Opened::Rekeyed)))
    }

    // RESET RETRY COUNTER without data, P1-P2 0303: unblocks the PIN (BSI TR-03110-3 clause
    // B.11.10), in a session that the PUK opened.
    fn reset_retry_counter(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        if self.security.password() != Some(PasswordKind::Puk) {
            return Err(StatusWord::SECURITY_STATUS);
        }
        if (command.header.p1, command.header.p2) != (0x03, PasswordKind::Pin.reference()) {
            return Err(StatusWord::WRONG_P1P2);
        }
        if !command.data.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.parts.passwords.unblock_pin(self.env.store())?;
        Ok(Reply::data(Vec::new()))
    }
}

// Commands whose data may come in parts.
const fn chainable(header: Header, iso: bool) -> bool {
    matches!(
        header.ins,
        ins::MANAGE_SECURITY_ENVIRONMENT
            | ins::PERFORM_SECURITY_OPERATION
            | ins::EXTERNAL_AUTHENTICATE
            | ins::GENERAL_AUTHENTICATE
            | ins::INTERNAL_AUTHENTICATE
    ) || iso
        && matches!(
            header.ins,
            ins::WRITE_BINARY
                | ins::WRITE_BINARY_ODD
                | ins::UPDATE_BINARY
                | ins::UPDATE_BINARY_ODD
                | ins::WRITE_RECORD
                | ins::UPDATE_RECORD
                | ins::APPEND_RECORD
                | ins::PUT_DATA
                | ins::PUT_DATA_ODD
                | ins::CREATE_FILE
        )
}
