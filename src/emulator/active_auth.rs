//! INTERNAL AUTHENTICATE on the card (ICAO Doc 9303-11 clause 6.1).

use super::{
    applet::{Context, Reply},
    defect::Defects,
};
use crate::{
    apdu::{CommandView, StatusWord},
    profile::Rule,
    protocol::active_auth::Chip,
};

/// Answers INTERNAL AUTHENTICATE with a signature over the terminal's challenge.
///
/// # Errors
/// `6982` outside a session that `rule` permits, `6A86` for other parameters, `6700` for a challenge of another length
/// than 8 bytes.
pub(super) fn internal_authenticate(
    chip: &Chip,
    rule: &Rule,
    command: &CommandView<'_>,
    context: &mut Context<'_>,
    defects: Defects,
) -> Result<Reply, StatusWord> {
    if !rule.permits(&context.status) {
        return Err(StatusWord::SECURITY_STATUS);
    }
    if (command.header.p1, command.header.p2) != (0, 0) {
        return Err(StatusWord::WRONG_P1P2);
    }
    let challenge = defects.challenge(command.data);
    let signature = chip.internal_authenticate(&challenge, context.env.rng());
    signature.map(Reply::data).map_err(|e| e.status())
}
