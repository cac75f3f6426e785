//! What the steps of a tap decide, for who runs them one by one: scripts and shells. Nothing here
//! talks to a card.

use super::{TapError, access, chip, terminal};
use crate::{
    crypto::{AgreementSecretKey, Domain},
    lds::{ChipAuthenticationInfo, SecurityInfos},
    pki::cvc::{Chat, Reference},
    protocol::{chip_auth, pace::Parameters},
};

/// The PACE that a tap runs with this EF.CardAccess.
///
/// # Errors
/// [`TapError::NoCommonPace`]; [`TapError::NoPassword`] where the card offers none.
pub fn pace(infos: &SecurityInfos) -> Result<Parameters, TapError> {
    access::choose(infos)
}

/// What PACE announces Terminal Authentication with: the value of DO7F4C.
pub fn announcement(chat: Chat) -> Vec<u8> {
    access::template(chat)
}

/// The ways to run Chip Authentication of version 1 with this EF.DG14, in the order in which a tap
/// tries them.
///
/// # Errors
/// Why there is none.
pub fn chip_authentications(infos: &SecurityInfos) -> Result<Vec<chip_auth::Terminal>, String> {
    match chip::attempts(infos) {
        Ok(attempts) => Ok(attempts.iter().map(chip::Attempt::terminal).collect()),
        Err(proof) => Err(why(proof)),
    }
}

/// Terminal and Chip Authentication of version 2, as EF.CardAccess offers them.
#[derive(Clone, Debug)]
pub struct Version2 {
    info: ChipAuthenticationInfo,
    domain: Domain,
}

impl Version2 {
    /// `None` where the card does not offer it.
    pub fn offered(infos: &SecurityInfos) -> Option<Self> {
        let terminal::Version2 { info, domain } = terminal::version_2(infos)?;
        Some(Self { info, domain })
    }

    /// The curve or group of the key that Terminal Authentication announces.
    pub const fn domain(&self) -> Domain {
        self.domain
    }

    /// The Chip Authentication with the announced key, against the key of this EF.CardSecurity,
    /// whoever signed it.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn chip_authentication(
        &self,
        card_security: &[u8],
        announced: AgreementSecretKey,
    ) -> Result<chip_auth::Terminal, String> {
        let infos = chip::content_of(card_security)?;
        let attempt = chip::of_card_security(&self.info, &infos).map_err(why)?;
        attempt.version_2(announced).map_err(|error| error.to_string())
    }
}

/// Whether EF.DG14 offers Terminal Authentication of version 1.
pub fn offers_terminal_authentication_1(infos: &SecurityInfos) -> bool {
    terminal::offers_version_1(infos)
}

/// The certification authorities that a card named in PACE; what is no reference names nobody.
pub fn authorities(named: &[Vec<u8>]) -> Vec<Reference> {
    terminal::references(named)
}

fn why(proof: chip::Proof) -> String {
    match proof {
        chip::Proof::NotRun(why) | chip::Proof::Failed { why, .. } => why,
        _ => "the card offers no Chip Authentication".into(),
    }
}
