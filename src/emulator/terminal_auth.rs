//! Terminal Authentication's commands on the card: MSE:Set DST, PSO:VERIFY CERTIFICATE, MSE:Set AT,
//! GET CHALLENGE and EXTERNAL AUTHENTICATE, all inside secure messaging (ICAO Doc 9303-11 clause
//! 7.1.5, BSI TR-03110-3 clauses B.3 and B.11).

use super::{
    access::Seen,
    applet::Reply,
    card::{Card, Parts},
    fs::Tree,
    mse::{SET_AT_TERMINAL, SET_DST},
    security::Security,
    store::Change,
};
use crate::{
    apdu::{CommandView, Header, StatusWord, ins},
    lds::File,
    pki::cvc::encode_ef_cvca,
    profile::Rule,
    protocol::terminal_auth::{Chip, TrustStore, Version},
};

/// The entry that keeps trust points and date.
pub(super) const ENTRY: &str = "trust";

/// Which terminals the card believes. What certificates change of it is kept in the card's store.
#[derive(Clone, Debug)]
pub struct TerminalAuthentication {
    /// Version 1 runs where an application is selected, after Chip Authentication; version 2 in the
    /// master file, after PACE with a CHAT.
    pub version: Version,
    /// The trust points and the current date.
    pub store: TrustStore,
    /// Which sessions it may run in.
    pub access: Rule,
}

impl TerminalAuthentication {
    /// Takes over the trust points and the date that were kept, and EF.CVCA with them. Bytes that
    /// are none leave those of the profile.
    pub(super) fn restore(&mut self, kept: &[u8], tree: &mut Tree) {
        if let Ok(store) = TrustStore::parse(kept) {
            self.store = store;
            write_ef_cvca(&self.store, tree);
        }
    }
}

// EF.CVCA of the applications reads as the trust points are.
fn write_ef_cvca(store: &TrustStore, tree: &mut Tree) {
    let file = encode_ef_cvca(&store.references());
    let applications = tree.named(&[]).into_iter();
    let files: Vec<_> = applications.filter_map(|df| tree.by_fid(df, File::Cvca.fid())).collect();
    files.into_iter().for_each(|id| tree.write(id, file.clone()));
}

/// Whether a command is one of Terminal Authentication, inside a session or not.
pub(super) const fn is_command(header: Header, in_session: bool) -> bool {
    match header.ins {
        ins::MANAGE_SECURITY_ENVIRONMENT => {
            matches!((header.p1, header.p2), SET_DST | SET_AT_TERMINAL)
        }
        ins::PERFORM_SECURITY_OPERATION => true,
        ins::GET_CHALLENGE | ins::EXTERNAL_AUTHENTICATE => in_session,
        _ => false,
    }
}

impl Card {
    /// Answers a command of Terminal Authentication.
    ///
    /// # Errors
    /// `6982` where it is not possible now: outside a session, in the wrong place, before Chip
    /// Authentication (version 1), after PACE without a CHAT (version 2), or once a terminal has
    /// authenticated; `6985` out of order, `6A88` for a key that is not known, `6300` for a
    /// certificate or a signature that does not hold, `6A80` for data that is not as it must be.
    pub(super) fn terminal_authentication(
        &mut self,
        command: &CommandView<'_>,
    ) -> Result<Reply, StatusWord> {
        let Self { parts: Parts { terminal_auth, tree, .. }, security, env, selected, .. } = self;
        let not_now = StatusWord::SECURITY_STATUS;
        let Some(TerminalAuthentication { version, store, access }) = terminal_auth else {
            return Err(StatusWord::INS_UNSUPPORTED);
        };
        let session = security.session.as_mut().ok_or(not_now)?;
        let ready = match version {
            Version::V1 => selected.is_some() && session.ephemeral.is_some(),
            Version::V2 => selected.is_none() && session.chat.is_some(),
        };
        if !ready || !access.permits(&Seen::from(Some(session.shown))) {
            return Err(not_now);
        }
        let chip = session.terminal.get_or_insert_with(|| Chip::new(*version, store.clone()));
        let Header { ins, p1, p2, .. } = command.header;
        let mut answer = Vec::new();
        match (ins, (p1, p2)) {
            (ins::MANAGE_SECURITY_ENVIRONMENT, SET_DST) => {
                chip.set_dst(command.data).map_err(|e| e.status())?;
            }
            (ins::MANAGE_SECURITY_ENVIRONMENT, SET_AT_TERMINAL) => {
                chip.set_at(command.data).map_err(|e| e.status())?;
            }
            (ins::PERFORM_SECURITY_OPERATION, (0x00, 0xBE)) => {
                let imported = chip.verify_certificate(command.data).map_err(|e| e.status())?;
                if imported.store_changed {
                    let changed = chip.trust_store().clone();
                    if env.store().commit(&[Change::set(ENTRY, changed.encode())]).is_err() {
                        // The chain begins anew, from the trust points that are kept.
                        session.terminal = None;
                        return Err(StatusWord::MEMORY_FAILURE);
                    }
                    *store = changed;
                    write_ef_cvca(store, tree);
                }
            }
            (ins::GET_CHALLENGE, (0, 0)) => {
                if !command.data.is_empty() || !matches!(command.ne, Some(8 | 256)) {
                    return Err(StatusWord::WRONG_LENGTH);
                }
                answer = chip.get_challenge(env.rng()).map_err(|e| e.status())?.to_vec();
            }
            (ins::EXTERNAL_AUTHENTICATE, (0, 0)) => {
                let (id, ephemeral) = (&session.id_picc, session.ephemeral.as_deref());
                let authenticated = chip.external_authenticate(command.data, id, ephemeral);
                let mut authenticated = authenticated.map_err(|e| e.status())?;
                if let Some(chat) = session.chat.filter(|_| *version == Version::V2) {
                    authenticated.authorization = authenticated.authorization.intersect(chat);
                }
                match version {
                    Version::V1 => session.shown.terminal = Some(authenticated.authorization),
                    Version::V2 => session.authenticated = Some(authenticated),
                }
            }
            _ => return Err(StatusWord::WRONG_P1P2),
        }
        Ok(Reply::data(answer))
    }
}

/// The key that Chip Authentication version 2 has to use, once a terminal has authenticated.
pub(super) fn announced(security: &Security) -> Option<&[u8]> {
    security.session.as_ref()?.authenticated.as_ref()?.ephemeral.as_deref()
}
