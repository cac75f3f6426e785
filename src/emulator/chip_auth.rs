//! Chip Authentication's commands on the card: MSE:Set KAT, MSE:Set AT and GENERAL AUTHENTICATE
//! (ICAO Doc 9303-11 clause 6.2.4, BSI TR-03110-3 clause B.2).

use super::{
    applet::{Context, Rekeyed, Reply},
    mse::{SET_AT_CHIP_AUTHENTICATION, SET_KAT, Template},
};
use crate::{
    apdu::{CommandView, StatusWord, ins},
    profile::Rule,
    protocol::{
        Flaws,
        chip_auth::{Chip, Commands, KeyAgreementTemplate, Version},
    },
};

/// A static key of the chip with the keyId that its file gives it.
#[derive(Debug)]
pub struct ChipKey {
    /// The keyId.
    pub key_id: Option<u32>,
    /// The key and its protocol.
    pub chip: Chip,
}

/// The static keys of an application or of the master file, all for one version of the protocol,
/// and which of them the terminal has chosen.
#[derive(Debug)]
pub struct ChipAuthentication {
    version: Version,
    keys: Vec<ChipKey>,
    rule: Rule,
    chosen: Option<usize>,
}

impl ChipAuthentication {
    /// With these keys. `rule` says which sessions may use them; version 2 asks for Terminal
    /// Authentication besides.
    pub const fn new(version: Version, keys: Vec<ChipKey>, rule: Rule) -> Self {
        Self { version, keys, rule, chosen: None }
    }

    /// Forgets that the terminal has chosen a key.
    pub(super) const fn forget(&mut self) {
        self.chosen = None;
    }

    /// Makes its keys those of a chip with deliberate mistakes.
    pub(super) fn set_flaws(&mut self, flaws: Flaws) {
        self.keys.iter_mut().for_each(|key| key.chip.set_flaws(flaws));
    }

    /// Answers MANAGE SECURITY ENVIRONMENT and GENERAL AUTHENTICATE.
    ///
    /// # Errors
    /// `6A81` for another MSE, `6982` where it is not possible now, `6A80` for another protocol or
    /// data that is not as it must be, `6A88` for another key or where several fit; `6985` for
    /// GENERAL AUTHENTICATE without MSE:Set AT, `6300` for a public key that is none. The old keys
    /// stay then (clause 6.2).
    pub(super) fn handle(
        &mut self,
        command: &CommandView<'_>,
        context: &mut Context<'_>,
    ) -> Result<Reply, StatusWord> {
        let header = command.header;
        let chosen = self.chosen.take();
        if header.ins == ins::GENERAL_AUTHENTICATE {
            return self.general_authenticate(chosen, command, context);
        }
        match (header.p1, header.p2) {
            SET_AT_CHIP_AUTHENTICATION if self.knows(Commands::SetAt) => {
                self.set_at(command.data, context)
            }
            SET_KAT if self.knows(Commands::SetKat) => self.set_kat(command.data, context),
            _ => Err(StatusWord::FUNCTION_UNSUPPORTED),
        }
    }

    // Version 2 has no MSE:Set KAT.
    fn commands(&self, key: &ChipKey) -> Commands {
        match self.version {
            Version::V1 => key.chip.suite().commands(),
            Version::V2 => Commands::SetAt,
        }
    }

    fn knows(&self, commands: Commands) -> bool {
        self.keys.iter().any(|key| self.commands(key) == commands)
    }

    // One of those that fit; without a reference there may be but one.
    fn find(
        &self,
        fits: impl Fn(&ChipKey) -> bool,
        reference: Option<u64>,
    ) -> Result<(usize, &ChipKey), StatusWord> {
        let mut fitting = self.keys.iter().enumerate().filter(|(_, key)| fits(key)).peekable();
        fitting.peek().ok_or(StatusWord::WRONG_DATA)?;
        let unknown = StatusWord::REFERENCE_NOT_FOUND;
        match reference {
            Some(id) => {
                fitting.find(|(_, key)| key.key_id.map(u64::from) == Some(id)).ok_or(unknown)
            }
            None => match (fitting.next(), fitting.next()) {
                (Some(only), None) => Ok(only),
                _ => Err(unknown),
            },
        }
    }

    fn set_at(&mut self, data: &[u8], context: &Context<'_>) -> Result<Reply, StatusWord> {
        self.permitted(context)?;
        let template = Template::parse(data)?;
        let protocol = template.protocol.ok_or(StatusWord::WRONG_DATA)?;
        let fits = |key: &ChipKey| {
            self.commands(key) == Commands::SetAt && key.chip.suite().oid().as_bytes() == protocol
        };
        let (index, _) = self.find(fits, template.reference.map(u64::from))?;
        self.chosen = Some(index);
        Ok(Reply::data(Vec::new()))
    }

    fn set_kat(&self, data: &[u8], context: &mut Context<'_>) -> Result<Reply, StatusWord> {
        self.permitted(context)?;
        let template = KeyAgreementTemplate::parse(data).map_err(|e| e.status())?;
        let fits = |key: &ChipKey| self.commands(key) == Commands::SetKat;
        let (_, ChipKey { chip, .. }) = self.find(fits, template.key_id)?;
        let keys = chip.set_kat(&template).map_err(|e| e.status())?;
        let ephemeral = chip.template_key(&template).map_err(|e| e.status())?.compressed();
        context.rekeyed = Some(Rekeyed { keys, version: self.version, ephemeral });
        Ok(Reply::data(Vec::new()))
    }

    // The answer still goes out under the old keys.
    fn general_authenticate(
        &self,
        chosen: Option<usize>,
        command: &CommandView<'_>,
        context: &mut Context<'_>,
    ) -> Result<Reply, StatusWord> {
        self.permitted(context)?;
        let key = chosen.and_then(|index| self.keys.get(index)).ok_or(StatusWord::CONDITIONS)?;
        if (command.header.p1, command.header.p2) != (0, 0) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let (chip, data) = (&key.chip, command.data);
        let agreed = match (self.version, context.announced) {
            (Version::V1, _) => chip.general_authenticate(data),
            (Version::V2, Some(announced)) => {
                chip.general_authenticate_v2(data, announced, context.env.rng())
            }
            (Version::V2, None) => return Err(StatusWord::SECURITY_STATUS),
        };
        let (answer, keys) = agreed.map_err(|e| e.status())?;
        let ephemeral = chip.terminal_key(data).map_err(|e| e.status())?.compressed();
        context.rekeyed = Some(Rekeyed { keys, version: self.version, ephemeral });
        Ok(Reply::data(answer))
    }

    fn permitted(&self, context: &Context<'_>) -> Result<(), StatusWord> {
        let ready = self.version == Version::V1 || context.announced.is_some();
        if ready && self.rule.permits(&context.status) {
            Ok(())
        } else {
            Err(StatusWord::SECURITY_STATUS)
        }
    }
}
