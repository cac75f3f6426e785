//! Where capabilities come from: the profile of an emulated card, or what a card says itself.

use std::collections::BTreeSet;

use super::{
    Capabilities, ConformError, Expect, Secrets,
    capability::ChipKey,
    terminal::{How, Stop, Terminal, read_file, select_application, select_ef},
};
use crate::{
    crypto::SeededRng,
    lds::{Com, Dg14, Dg15, File, LdsSecurityObject, SecurityInfo, SecurityInfos, sod},
    pki::{SignedData, agreement},
    protocol::{
        active_auth::AaKey,
        chip_auth::Suite,
        pace::{Parameters, PasswordKind},
    },
    transport::{Deadline, Reset, Transport},
};

impl Capabilities {
    fn empty(declared_by: String, secrets: Secrets) -> Self {
        Self {
            declared_by,
            files: BTreeSet::new(),
            bac: false,
            pace: Vec::new(),
            chip_keys: Vec::new(),
            active_auth: None,
            asks_terminals: false,
            odd_ins: false,
            lds1: false,
            secrets,
            access: None,
        }
    }

    // The password that opens the data: the PIN where it is given, else the CAN, else the MRZ.
    fn choose_access(&mut self) {
        let kinds = [PasswordKind::Pin, PasswordKind::Can, PasswordKind::Mrz];
        self.access = kinds.into_iter().find(|kind| self.password(*kind).is_some());
    }

    // What DG14 and DG15 say of Chip, Active and Terminal Authentication.
    fn add_security_options(&mut self, dg14: Option<&[u8]>, dg15: Option<&[u8]>) {
        let infos = dg14.and_then(|bytes| Dg14::parse(bytes).ok()).map(|dg14| dg14.infos);
        let infos = infos.unwrap_or_default();
        for info in infos.chip_authentication().filter(|info| info.version == 1) {
            let key = infos.chip_authentication_keys().find(|key| key.key_id == info.key_id);
            let key = key.and_then(|key| agreement::parse(&key.spki).ok());
            if let (Ok(suite), Some(key)) = (Suite::new(info.protocol), key)
                && suite.runs_over(key.domain())
            {
                self.chip_keys.push(ChipKey { suite, key, key_id: info.key_id });
            }
        }
        self.asks_terminals = infos.iter().any(
            |info| matches!(info, SecurityInfo::TerminalAuthentication(ta) if ta.version == 1),
        );
        let named = infos.active_authentication().map(|info| info.signature_algorithm);
        let key = dg15.and_then(|bytes| Dg15::parse(bytes).ok());
        let key = key.and_then(|dg15| AaKey::from_spki(&dg15.spki).ok());
        self.active_auth = key.map(|key| (key, named));
    }

    /// What a card says of itself: EF.CardAccess, EF.ATR/INFO and EF.DIR without authentication, and
    /// with what opens it EF.COM, EF.SOD, EF.DG14 and EF.DG15. Odd INS is not something that a card
    /// declares; BAC is there if it opens the card.
    ///
    /// # Errors
    /// [`ConformError::Transport`] where the link fails; [`ConformError::Declared`] where the card
    /// offers PACE or BAC, the secrets do not open it, and why.
    pub fn of_card(
        transport: &mut dyn Transport,
        secrets: Secrets,
        timeout: std::time::Duration,
    ) -> Result<Self, ConformError> {
        const STEP: &str = "what the card declares";
        let link = |source| ConformError::Transport { step: STEP.into(), source };
        let mut card = Self::empty("the card's own files".into(), secrets);
        card.choose_access();
        // BAC is tried with the MRZ; a card that has none refuses GET CHALLENGE.
        for tried in [Self::look_at_master_file, Self::look_for_bac, Self::look_at_application] {
            transport.reset(Reset::Cold).map_err(link)?;
            let known = card.clone();
            let rng = SeededRng::new(b"conform", STEP);
            let deadline = Deadline::after(timeout);
            let mut terminal = Terminal::new(transport, &known, rng, deadline);
            match tried(&mut card, &mut terminal) {
                Ok(()) => {}
                Err(Stop::Transport(source)) => return Err(link(source)),
                Err(Stop::Failed(failure)) => {
                    return Err(ConformError::Declared {
                        step: failure.step,
                        expected: failure.expected,
                        got: failure.got,
                    });
                }
            }
        }
        Ok(card)
    }

    fn look_at_master_file(&mut self, terminal: &mut Terminal<'_>) -> Result<(), Stop> {
        for file in [File::CardAccess, File::AtrInfo, File::Dir] {
            let selected = terminal.send(&select_ef(file.fid()), Expect::ANY)?;
            if selected.sw.is_success() {
                let bytes = terminal.read_whole(file)?;
                self.files.insert(file);
                if file == File::CardAccess {
                    let infos = SecurityInfos::parse(&bytes).unwrap_or_default();
                    self.pace = infos
                        .pace()
                        .filter_map(|info| Parameters::new(info.protocol, info.parameter_id).ok())
                        .collect();
                }
            }
        }
        self.lds1 = terminal.send(&select_application(), Expect::ANY)?.sw.is_success();
        Ok(())
    }

    fn look_for_bac(&mut self, terminal: &mut Terminal<'_>) -> Result<(), Stop> {
        if self.secrets.mrz_information.is_none() || !self.lds1 {
            return Ok(());
        }
        match terminal.open(How::Bac) {
            Ok(()) => self.bac = true,
            Err(Stop::Failed(_)) => {}
            Err(stop) => return Err(stop),
        }
        Ok(())
    }

    fn look_at_application(&mut self, terminal: &mut Terminal<'_>) -> Result<(), Stop> {
        if !self.lds1 || !self.bac && self.pace.is_empty() {
            return Ok(());
        }
        terminal.open(How::Either)?;
        let mut read = |file: File| -> Result<Option<Vec<u8>>, Stop> {
            let there = terminal.send(&read_file(file, 1), Expect::ANY)?.sw.is_success();
            if there { terminal.read_whole(file).map(Some) } else { Ok(None) }
        };
        let com = read(File::Com)?;
        let sod_file = read(File::Sod)?;
        let (dg14, dg15) = (read(File::Dg14)?, read(File::Dg15)?);
        self.files.extend(com.is_some().then_some(File::Com));
        self.files.extend(sod_file.is_some().then_some(File::Sod));
        if let Some(com) = com.and_then(|bytes| Com::parse(&bytes).ok()) {
            self.files.extend(com.files());
        }
        let signed = sod_file.as_deref().and_then(|bytes| sod::unwrap(bytes).ok());
        let signed = signed.and_then(|cms| SignedData::parse(cms).ok());
        if let Some(object) = signed.and_then(|s| LdsSecurityObject::parse(s.content()).ok()) {
            self.files.extend(object.files());
        }
        self.add_security_options(dg14.as_deref(), dg15.as_deref());
        if self.asks_terminals {
            self.files.extend(read(File::Cvca)?.map(|_| File::Cvca));
        }
        // It stands in the master file, behind PACE.
        if !self.pace.is_empty() && self.access.is_some() {
            let cam = self.pace.iter().any(|params| {
                params.suite().mapping == crate::protocol::pace::Mapping::ChipAuthentication
            });
            self.files.extend(cam.then_some(File::CardSecurity));
        }
        Ok(())
    }
}

#[cfg(feature = "emulator")]
impl Capabilities {
    /// What the profile of a card declares.
    pub fn of_profile(card: &crate::profile::Personalised) -> Self {
        use std::sync::Arc;

        use crate::{
            lds::Df,
            protocol::{chip_auth, pace::Password, terminal_auth},
        };

        let profile = &card.profile;
        let is_licence = card.licence.is_some();
        let pin = profile.secrets.pin.as_ref().filter(|_| profile.pin.required);
        let secrets = Secrets {
            mrz_information: card
                .mrz
                .as_ref()
                .filter(|_| !is_licence)
                .map(|mrz| mrz.as_str().to_owned().into()),
            can: (!profile.secrets.can.is_empty()).then(|| Password::can(&profile.secrets.can)),
            pin: pin.map(|pin| Password::pin(pin)),
            terminal: card.terminal.clone().map(Arc::new),
            csca: card.csca.clone().map(Arc::new),
        };
        let mut declared = Self::empty(format!("the profile {}", profile.name), secrets);
        declared.choose_access();
        declared.files = card.files.keys().copied().collect();
        declared.lds1 = card.files.keys().any(|file| file.df() == Df::Lds);
        declared.bac = profile.bac;
        declared.pace.clone_from(&profile.pace);
        declared.odd_ins = true;
        let file = |file| card.files.get(&file).map(Vec::as_slice);
        declared.add_security_options(file(File::Dg14), file(File::Dg15));
        // A key without ChipAuthenticationInfo is declared by the profile alone.
        let keys = profile.chip_authentication.iter().zip(&card.keys.chip_authentication);
        let keys = keys.filter(|(ca, _)| ca.version == chip_auth::Version::V1);
        declared.chip_keys = keys
            .map(|(ca, key)| ChipKey {
                suite: ca.suite,
                key: key.public(),
                key_id: ca.key_id.map(u64::from),
            })
            .collect();
        let asks = profile.terminal_authentication.as_ref();
        declared.asks_terminals = asks.is_some_and(|ta| ta.version == terminal_auth::Version::V1);
        declared
    }
}
