//! PACE's commands on the card: MSE:Set AT and the chain of four GENERAL AUTHENTICATE
//! (ICAO Doc 9303-11 clause 4.4.4, BSI TR-03110-3 clause B.1 for the PIN).

use super::{
    access::Shown,
    applet::Reply,
    card::Parts,
    defect::{Defect, Defects},
    env::Env,
    mse::Template,
    password::Passwords,
    security::{Opened, PaceRun, Security},
};
use crate::{
    apdu::{CommandView, StatusWord},
    pki::cvc::Chat,
    protocol::pace::{Chip, ChipReply, Mapping, PaceError, Parameters, Password, PasswordKind},
};

/// Answers MSE:Set AT for PACE: chooses parameters and password, and begins a run.
///
/// # Errors
/// `6A80` for a protocol that is not offered or data that is not as it must be, `6A88` for a
/// password or domain parameters that the card does not have.
pub(super) fn set_at(
    command: &CommandView<'_>,
    parts: &Parts,
    security: &mut Security,
    env: &mut dyn Env,
    defects: Defects,
) -> Result<Reply, StatusWord> {
    security.pace = None;
    let template = Template::parse(command.data)?;
    let assumed = parts.pace.first().filter(|_| defects.has(Defect::MissingDo80));
    let assumed = assumed.map(|params| params.oid().as_bytes());
    let protocol = template.protocol.or(assumed).ok_or(StatusWord::WRONG_DATA)?;
    let Some(&[reference]) = template.password else { return Err(StatusWord::WRONG_DATA) };
    let unknown = StatusWord::REFERENCE_NOT_FOUND;
    let kind = PasswordKind::from_reference(reference)
        .or_else(|| defects.has(Defect::UnknownPassword).then_some(PasswordKind::Can));
    let kind = kind.ok_or(unknown)?;

    let mut fitting = parts.pace.iter().filter(|p| p.oid().as_bytes() == protocol);
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
    let password = parts.passwords.get(kind).ok_or(unknown)?;
    let mut chip = chip(params, password, parts)?.with_flaws(defects.flaws());
    let mut chat = None;
    // Who announces Terminal Authentication learns whom the card trusts (ICAO Doc 9303-11 clause
    // 4.4.5). A card without passes the template over.
    if let (Some(template), Some(terminals)) = (&template.chat, &parts.terminal_auth) {
        chat = Some(Chat::read(template).map_err(|_| StatusWord::WRONG_DATA)?);
        let references = terminals.store.references();
        let references = references.iter().map(|r| r.as_bytes().to_vec()).collect();
        chip = chip.with_authority_references(references);
    }
    security.pace = Some(PaceRun { chip, password: kind, chat });
    Ok(Reply::status(parts.passwords.on_selection(kind, env.store())))
}

// The mapping that proves the chip needs the key whose keyId is the number of the parameters
// (clause 4.4.3.5).
fn chip(params: &Parameters, password: &Password, parts: &Parts) -> Result<Chip, StatusWord> {
    let chip = Chip::new(params.clone(), password);
    if params.suite().mapping != Mapping::ChipAuthentication {
        return Ok(chip);
    }
    let key = parts.mapping.get(&params.parameter_id()).ok_or(StatusWord::NO_DIAGNOSIS)?;
    chip.with_static_key(key.clone()).map_err(|_| StatusWord::NO_DIAGNOSIS)
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
    let PaceRun { mut chip, password, chat } =
        security.pace.take().ok_or(StatusWord::CONDITIONS)?;
    if !last {
        return match chip.general_authenticate(data, false, env.rng()) {
            Ok(ChipReply::Reply(data)) => {
                security.pace = Some(PaceRun { chip, password, chat });
                Ok((Reply::data(data), None))
            }
            Ok(ChipReply::Done { .. }) => Err(StatusWord::NO_DIAGNOSIS),
            Err(e) => Err(e.status()),
        };
    }
    let resumed = security.password() == Some(PasswordKind::Can);
    let tried = passwords.begin(password, resumed, env.store())?;
    match chip.general_authenticate(data, true, env.rng()) {
        Ok(ChipReply::Done { data, keys, public_key }) => {
            passwords.right(&tried, env.store())?;
            let (shown, id_picc) = (Shown::from(password), public_key.compressed());
            let opened = Opened::Session { keys, ssc: [0; 8], shown, id_picc, chat };
            Ok((Reply::data(data), Some(opened)))
        }
        Ok(ChipReply::Reply(_)) => Err(StatusWord::NO_DIAGNOSIS),
        Err(PaceError::BadToken { .. }) => Err(passwords.wrong(&tried)),
        Err(e) => {
            passwords.not_tried(&tried, env.store())?;
            Err(e.status())
        }
    }
}
