//! PACE's commands on the card: MSE:Set AT and the chain of four GENERAL AUTHENTICATE
//! (ICAO Doc 9303-11 clause 4.4.4, BSI TR-03110-3 clause B.1 for the PIN).

use super::{
    applet::Reply,
    env::Env,
    mse::Template,
    password::Passwords,
    security::{PaceRun, Security},
};
use crate::{
    apdu::{CommandView, StatusWord},
    protocol::pace::{Chip, ChipReply, PaceError, Parameters, PasswordKind},
    sm::SessionKeys,
};

/// A channel that a protocol yielded: it holds from the next command on.
#[derive(Debug)]
pub(super) struct Opened {
    /// Its keys.
    pub(super) keys: SessionKeys,
    /// Where its send sequence counter starts: at zero, but after BAC.
    pub(super) ssc: [u8; 8],
    /// The password that opened it.
    pub(super) password: PasswordKind,
}

/// Answers MSE:Set AT for PACE: chooses parameters and password, and begins a run.
///
/// # Errors
/// `6A80` for a protocol that is not offered or data that is not as it must be, `6A88` for a
/// password or domain parameters that the card does not have.
pub(super) fn set_at(
    command: &CommandView<'_>,
    offered: &[Parameters],
    passwords: &Passwords,
    security: &mut Security,
    env: &mut dyn Env,
) -> Result<Reply, StatusWord> {
    security.pace = None;
    let template = Template::parse(command.data)?;
    let protocol = template.protocol.ok_or(StatusWord::WRONG_DATA)?;
    let Some(&[reference]) = template.password else { return Err(StatusWord::WRONG_DATA) };
    let unknown = StatusWord::REFERENCE_NOT_FOUND;
    let kind = PasswordKind::from_reference(reference).ok_or(unknown)?;

    let mut fitting = offered.iter().filter(|p| p.oid().as_bytes() == protocol);
    let params = match template.reference {
        Some(id) => {
            let mut fitting = fitting.peekable();
            fitting.peek().ok_or(StatusWord::WRONG_DATA)?;
            fitting.find(|p| p.parameter_id() == id).ok_or(unknown)?
        }
        // Where one parameter set is offered it need not be named.
        None => match (fitting.next(), fitting.next()) {
            (Some(only), None) => only,
            (None, _) => return Err(StatusWord::WRONG_DATA),
            (Some(_), Some(_)) => return Err(unknown),
        },
    };
    let password = passwords.get(kind).ok_or(unknown)?;
    security.pace = Some(PaceRun { chip: Chip::new(params.clone(), password), password: kind });
    Ok(Reply::status(passwords.on_selection(kind, env.store())))
}

/// Answers one GENERAL AUTHENTICATE of a run. `last` says that no more commands were announced:
/// the token comes, and with it the moment to count a PIN's try.
///
/// # Errors
/// `6300` or `63Cx` for a wrong password, `6985`, `6983` or `6984` for a PIN that may not be used,
/// `6A80` for data that is not as it must be; `6985` without a run. The run is over then.
pub(super) fn general_authenticate(
    data: &[u8],
    last: bool,
    passwords: &Passwords,
    security: &mut Security,
    env: &mut dyn Env,
) -> Result<(Reply, Option<Opened>), StatusWord> {
    let PaceRun { mut chip, password } = security.pace.take().ok_or(StatusWord::CONDITIONS)?;
    if !last {
        return match chip.general_authenticate(data, false, env.rng()) {
            Ok(ChipReply::Reply(data)) => {
                security.pace = Some(PaceRun { chip, password });
                Ok((Reply::data(data), None))
            }
            Ok(ChipReply::Done { .. }) => Err(StatusWord::NO_DIAGNOSIS),
            Err(e) => Err(e.status()),
        };
    }
    let resumed = security.password() == Some(PasswordKind::Can);
    let tried = passwords.begin(password, resumed, env.store())?;
    match chip.general_authenticate(data, true, env.rng()) {
        Ok(ChipReply::Done { data, keys, .. }) => {
            passwords.right(&tried, env.store())?;
            Ok((Reply::data(data), Some(Opened { keys, ssc: [0; 8], password })))
        }
        Ok(ChipReply::Reply(_)) => Err(StatusWord::NO_DIAGNOSIS),
        Err(PaceError::BadToken { .. }) => Err(passwords.wrong(&tried)),
        Err(e) => {
            passwords.not_tried(&tried, env.store())?;
            Err(e.status())
        }
    }
}
