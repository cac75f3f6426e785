//! The card's operating system: which part of it a plain, whole or chained command is for.

use super::{
    applet::{Context, Reply},
    card::Card,
    fs::{ReadBinary, Select, Target},
    lds_application::select_ef,
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
        let done = match self.run(command, room) {
            Ok(done) => done,
            Err(sw) => (Reply::status(sw), None),
        };
        self.work = work::of(command, &done.0);
        done
    }

    fn run(
        &mut self,
        command: &CommandView<'_>,
        room: usize,
    ) -> Result<(Reply, Option<Opened>), StatusWord> {
        let header = command.header;
        if header.ins == ins::GENERAL_AUTHENTICATE && self.security.pace.is_some() {
            // The chaining bit links the steps of PACE; each has its own answer.
            if (header.p1, header.p2) != (0, 0) {
                self.security.pace = None;
                return Err(StatusWord::WRONG_P1P2);
            }
            let last = !header.is_chained();
            let Self { parts, security, env, .. } = self;
            let passwords = &parts.passwords;
            return pace::general_authenticate(command.data, last, passwords, security, &mut **env);
        }
        // Any other command in between ends PACE, and makes a challenge void.
        self.security.pace = None;
        if header.ins != ins::EXTERNAL_AUTHENTICATE {
            self.forget_challenge();
        }

        if header.is_chained() {
            let open = self.security.chain.is_open();
            let step_of_a_protocol = !open
                && header.ins == ins::GENERAL_AUTHENTICATE
                && matches!(tlv::outer_len(command.data), Ok(Some(n)) if n == command.data.len());
            if step_of_a_protocol {
                return Err(StatusWord::CONDITIONS);
            }
            if !chainable(header) {
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
        match header.ins {
            ins::SELECT => self.select(command, room),
            ins::MANAGE_SECURITY_ENVIRONMENT if p1p2 == SET_AT_PACE => {
                let Self { parts, security, env, .. } = self;
                pace::set_at(command, parts, security, &mut **env).map(|reply| (reply, None))
            }
            _ if self.parts.terminal_auth.is_some()
                && is_command(header, self.security.session.is_some()) =>
            {
                self.terminal_authentication(command).map(|reply| (reply, None))
            }
            ins::GET_CHALLENGE | ins::EXTERNAL_AUTHENTICATE if self.has_basic_access() => {
                self.basic_access(command)
            }
            ins::RESET_RETRY_COUNTER => self.reset_retry_counter(command).map(|r| (r, None)),
            _ => self.forward(command, room),
        }
    }

    fn select(
        &mut self,
        command: &CommandView<'_>,
        room: usize,
    ) -> Result<(Reply, Option<Opened>), StatusWord> {
        let select = Select::parse(command)?;
        let reply = match select.target {
            Target::Ef(_) => return self.forward(command, room),
            Target::Mf => {
                self.go_to(None);
                Reply::data(select.information.about_mf())
            }
            Target::MfEf(fid) => {
                // The selection changes only where this succeeds.
                let session = self.security.shown();
                let about = select.information.about_ef(self.parts.mf.select(fid, session)?);
                if let Some(applet) = self.applet() {
                    applet.deselect();
                }
                self.forget_master_key();
                self.selected = None;
                Reply::data(about)
            }
            Target::Name(name) => {
                let mut applets = self.parts.applets.iter();
                let found = applets.position(|a| !name.is_empty() && a.aid().starts_with(name));
                self.go_to(Some(found.ok_or(StatusWord::NOT_FOUND)?));
                let about = self.applet().map(|a| select.information.about_application(a.aid()));
                Reply::data(about.unwrap_or_default())
            }
        };
        Ok((reply, None))
    }

    // Selects an applet or the MF: what was selected before forgets its EF.
    fn go_to(&mut self, to: Option<usize>) {
        if let Some(applet) = self.applet() {
            applet.deselect();
        }
        self.parts.mf.deselect();
        self.forget_master_key();
        self.selected = to;
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
        let Self { parts, security, env, selected, .. } = self;
        let session = security.shown();
        let mut context = Context {
            session,
            announced: announced(security),
            room,
            env: &mut **env,
            passwords: &parts.passwords,
            rekeyed: None,
        };
        let applet = selected.and_then(|i| parts.applets.get_mut(i));
        let mf = &mut parts.mf;
        let reply = match (applet, command.header.ins) {
            (Some(applet), _) => applet.handle(command, &mut context)?,
            (None, ins::SELECT) => select_ef(mf, command, &context)?,
            (None, ins::READ_BINARY | ins::READ_BINARY_ODD) => {
                let never = StatusWord::NO_DIAGNOSIS;
                mf.read(ReadBinary::parse(command)?, room, session, &mut |_| Err(never))?
            }
            (None, ins::MANAGE_SECURITY_ENVIRONMENT | ins::GENERAL_AUTHENTICATE) => {
                // Without a key there is nothing to authenticate with.
                let chip_auth = parts.chip_auth.as_mut().ok_or(StatusWord::CONDITIONS)?;
                chip_auth.handle(command, &mut context)?
            }
            (None, _) => return Err(StatusWord::INS_UNSUPPORTED),
        };
        Ok((reply, context.rekeyed.filter(|_| session.is_some()).map(Opened::Rekeyed)))
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
const fn chainable(header: Header) -> bool {
    matches!(
        header.ins,
        ins::MANAGE_SECURITY_ENVIRONMENT
            | ins::PERFORM_SECURITY_OPERATION
            | ins::EXTERNAL_AUTHENTICATE
            | ins::GENERAL_AUTHENTICATE
            | ins::INTERNAL_AUTHENTICATE
    )
}
