//! The steps of a tap.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rand_core::CryptoRng;
use time::UtcDateTime;

use super::{Passwords, TapError};
use crate::{
    apdu::{Command, Header, StatusWord, ins},
    lds::{AtrInfo, Dg14, File, LDS_AID, LdsSecurityObject, SecurityInfos, sod},
    pki::{SignedData, spki},
    protocol::{
        active_auth,
        chip_auth::{self, ChipAuthError},
        pace::{ParameterReference, Parameters, PasswordKind},
    },
    session::{Reading, Session, SessionError, Stats},
    sm::SecureChannel,
    transport::{Limits, Reset, Step},
    trust::{ActiveAuthRecord, ChipAuthRecord, Evidence},
};

/// What a tap is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The passwords at hand.
    pub passwords: Passwords,
    /// Whether the last try of a PIN may be spent.
    pub last_try: bool,
    /// Whether MSE:Set AT names the domain parameters.
    pub parameter_reference: ParameterReference,
    /// Lowers what card and reader allow: [`Limits::SHORT`] for short APDUs only.
    pub max_apdu: Limits,
    /// RND.IFD of Active Authentication: the first bytes of a request's binding. Without it, random.
    pub challenge: Option<[u8; active_auth::CHALLENGE_LEN]>,
    /// What the evidence calls the card: `emulated:resident`, a reader's name.
    pub source: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            passwords: Passwords::default(),
            last_try: false,
            parameter_reference: ParameterReference::Always,
            max_apdu: Limits::EXTENDED,
            challenge: None,
            source: "unknown".into(),
        }
    }
}

/// What is going on.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A step begins.
    Step(&'static str),
    /// A file is being read.
    Reading(Reading),
}

/// What one step took.
#[derive(Clone, Copy, Debug)]
pub struct StepTime {
    /// Its name.
    pub name: &'static str,
    /// Time of the step, computations included.
    pub time: Duration,
    /// Command APDUs of the step.
    pub apdus: u32,
}

/// A finished tap.
#[derive(Debug)]
pub struct Tapped {
    /// What the card gave.
    pub evidence: Evidence,
    /// How the channel was established.
    pub access: (Parameters, PasswordKind),
    /// The steps in order.
    pub steps: Vec<StepTime>,
    /// What it cost.
    pub stats: Stats,
}

/// Reads a card from its first command to its last data group.
///
/// # Errors
/// Where the card cannot be accessed, breaks a protocol or leaves. A chip that does not prove
/// itself and data that does not match are no errors but evidence.
pub fn tap(
    session: &mut Session,
    options: &Options,
    rng: &mut dyn CryptoRng,
    now: UtcDateTime,
    progress: &mut dyn FnMut(Event),
) -> Result<Tapped, TapError> {
    let evidence = Evidence::new(&options.source, session.transport().atr(), now);
    let mut tap = Tap {
        session,
        options,
        rng,
        progress,
        evidence,
        access: None,
        steps: Vec::new(),
        chip_auth_open: false,
    };
    tap.run()?;
    let Some(access) = tap.access else { return Err(TapError::NoCommonPassword {}) };
    tap.evidence.access = format!("pace-{}", access.1.to_string().to_lowercase());
    Ok(Tapped {
        evidence: tap.evidence,
        access,
        steps: tap.steps,
        stats: tap.session.stats(),
    })
}

/// Data groups that take Extended Access Control.
const EAC_GROUPS: [u8; 2] = [3, 4];

pub(super) struct Tap<'a> {
    pub(super) session: &'a mut Session,
    pub(super) options: &'a Options,
    pub(super) rng: &'a mut dyn CryptoRng,
    progress: &'a mut dyn FnMut(Event),
    evidence: Evidence,
    pub(super) access: Option<(Parameters, PasswordKind)>,
    steps: Vec<StepTime>,
    // Chip Authentication has new keys, but nothing came under them yet.
    chip_auth_open: bool,
}

impl Tap<'_> {
    fn run(&mut self) -> Result<(), TapError> {
        let infos = self.step("EF.CardAccess", Self::card_access)?;
        self.step("EF.ATR/INFO", Self::atr_info)?;
        self.step("PACE", |tap| tap.access(&infos))?;
        self.step("SELECT eMRTD", Self::select_application)?;
        let dg14 = self.step("EF.DG14", |tap| tap.read_optional(File::Dg14))?;
        if let Some(dg14) = dg14 {
            self.step("Chip Authentication", |tap| tap.chip_auth(&dg14))?;
        }
        self.step("EF.HolderVerification", |tap| {
            tap.read_after_chip_auth(File::HolderVerification, &infos)
        })?;
        let sod = self.step("EF.SOD", |tap| tap.read_after_chip_auth(File::Sod, &infos))?;
        let groups = groups_of(sod.as_deref());
        self.step("data groups", |tap| {
            for &file in groups.iter().filter(|f| !matches!(f, File::Dg2 | File::Dg14)) {
                tap.read_optional(file)?;
            }
            Ok(())
        })?;
        if self.evidence.files.contains_key(&File::Dg15) {
            self.step("Active Authentication", Self::active_auth)?;
        }
        if groups.contains(&File::Dg2) {
            self.step("EF.DG2", |tap| tap.read_optional(File::Dg2))?;
        }
        Ok(())
    }

    fn step<T>(
        &mut self,
        name: &'static str,
        run: impl FnOnce(&mut Self) -> Result<T, TapError>,
    ) -> Result<T, TapError> {
        (self.progress)(Event::Step(name));
        let (started, before) = (Instant::now(), self.session.stats().apdus);
        let done = run(self);
        let apdus = self.session.stats().apdus - before;
        self.steps.push(StepTime { name, time: started.elapsed(), apdus });
        done
    }

    fn card_access(&mut self) -> Result<SecurityInfos, TapError> {
        let file = File::CardAccess;
        let first = self.read(file);
        // Some cards start inside an application.
        let data = match first {
            Err(SessionError::ReadRefused { .. }) => {
                let select = Command::new(Header::new(0x00, ins::SELECT, 0x00, 0x0C));
                self.session.exchange(&select, Step("SELECT MF"))?;
                self.read(file)
            }
            other => other,
        };
        match data {
            Ok(data) => {
                let infos = SecurityInfos::parse(file, &data)?;
                self.evidence.files.insert(file, data);
                Ok(infos)
            }
            Err(SessionError::ReadRefused { sw, .. }) => {
                Err(TapError::NoPace { file, got: format!("the card answered {sw}") })
            }
            Err(error) => Err(error.into()),
        }
    }

    // Extended length only where the card says how much (ICAO Doc 9303-10 clause 3.6.4.2).
    fn atr_info(&mut self) -> Result<(), TapError> {
        let data = match self.read(File::AtrInfo) {
            Ok(data) => data,
            Err(SessionError::ReadRefused { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if let Ok(info) = AtrInfo::parse(&data)
            && let Some((command, response)) = info.extended_length()
        {
            // The sizes are of whole APDUs (ISO/IEC 7816-4 clause 12.7.1).
            let card = Limits {
                command_data: usize::from(command).saturating_sub(4 + 3 + 2).max(255),
                response_data: usize::from(response).saturating_sub(2).max(256),
            };
            self.session.allow(card.min(self.options.max_apdu));
        }
        self.evidence.files.insert(File::AtrInfo, data);
        Ok(())
    }

    fn select_application(&mut self) -> Result<(), TapError> {
        let select = Command::new(Header::new(0x00, ins::SELECT, 0x04, 0x0C)).with_data(LDS_AID);
        let sw = self.session.exchange(&select, Step("SELECT eMRTD application"))?.sw;
        if sw.is_success() { Ok(()) } else { Err(TapError::NoApplication { sw }) }
    }

    fn chip_auth(&mut self, dg14: &[u8]) -> Result<(), TapError> {
        let Ok(infos) = Dg14::parse(dg14) else { return Ok(()) };
        let Some((info, key)) = infos.infos().chip_authentication() else { return Ok(()) };
        let record = |outcome: Result<(), String>, ephemeral: Vec<u8>| ChipAuthRecord {
            protocol: info.protocol.to_string(),
            key_id: info.key_id,
            ephemeral,
            outcome,
        };
        let started = chip_auth::Suite::new(info.protocol)
            .and_then(|suite| {
                let chip = spki::parse(&key.public_key)
                    .map_err(|_| ChipAuthError::Unsupported { oid: info.protocol })?;
                Ok(chip_auth::Terminal::new(suite, chip, info.key_id))
            });
        let mut terminal = match started {
            Ok(terminal) => terminal,
            Err(error) => {
                self.evidence.chip_auth = Some(record(Err(error.to_string()), Vec::new()));
                return Ok(());
            }
        };
        match self.session.drive(&mut terminal, self.rng)? {
            Ok(agreed) => {
                let ephemeral = agreed.ephemeral.sec1().to_vec();
                let channel = SecureChannel::new(&agreed.keys).map_err(|source| {
                    SessionError::SecureMessaging { step: "Chip Authentication", source }
                })?;
                self.session.set_channel(Some(channel));
                self.chip_auth_open = true;
                let open = "nothing came under the new keys".to_owned();
                self.evidence.chip_auth = Some(record(Err(open), ephemeral));
            }
            // The old channel still holds (ICAO Doc 9303-11 clause 6.2).
            Err(error) => {
                self.evidence.chip_auth = Some(record(Err(error.to_string()), Vec::new()));
            }
        }
        Ok(())
    }

    // The first answer under the keys of Chip Authentication is the chip's proof. A chip without
    // the private key cannot even read our command; the rest is then read over a new channel, so
    // that the verdict says all that is wrong.
    fn read_after_chip_auth(
        &mut self,
        file: File,
        infos: &SecurityInfos,
    ) -> Result<Option<Vec<u8>>, TapError> {
        let open = std::mem::take(&mut self.chip_auth_open);
        let read = self.read_optional(file);
        if !open {
            return read;
        }
        let outcome = match &read {
            Err(TapError::Session(error @ SessionError::SecureMessaging { .. })) => Err(format!(
                "the chip does not hold the private key of EF.DG14: {error}"
            )),
            Err(_) => return read,
            Ok(_) => Ok(()),
        };
        let failed = outcome.is_err();
        if let Some(record) = &mut self.evidence.chip_auth {
            record.outcome = outcome;
        }
        if !failed {
            return read;
        }
        self.session.reset(Reset::Warm)?;
        self.access(infos)?;
        self.select_application()?;
        self.read_optional(file)
    }

    fn active_auth(&mut self) -> Result<(), TapError> {
        let mut challenge = [0; active_auth::CHALLENGE_LEN];
        match self.options.challenge {
            Some(given) => challenge = given,
            None => self.rng.fill_bytes(&mut challenge),
        }
        let ne = self.session.max_response_data().min(256) as u32;
        let mut terminal = active_auth::Terminal::new(challenge, ne);
        let outcome = self.session.drive(&mut terminal, self.rng)?;
        self.evidence.active_auth = Some(ActiveAuthRecord {
            challenge: challenge.to_vec(),
            signature: outcome.map_err(|error| error.to_string()),
        });
        Ok(())
    }

    // A file that may be missing or closed; what the card answered then stands in the evidence.
    fn read_optional(&mut self, file: File) -> Result<Option<Vec<u8>>, TapError> {
        match self.read(file) {
            Ok(data) => {
                self.evidence.files.insert(file, data.clone());
                Ok(Some(data))
            }
            Err(SessionError::ReadRefused { sw, .. }) => {
                if sw != StatusWord::NOT_FOUND {
                    self.evidence.refused.insert(file, sw.0);
                }
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn read(&mut self, file: File) -> Result<Vec<u8>, SessionError> {
        let progress = &mut *self.progress;
        self.session.read_file(file, Step(file.name()), &mut |r| progress(Event::Reading(r)))
    }
}

// What EF.SOD lists, as far as it can be read without Extended Access Control; where EF.SOD is
// missing or malformed, the verdict says so and the usual groups are read.
fn groups_of(sod: Option<&[u8]>) -> Vec<File> {
    let listed = sod.and_then(|bytes| {
        let signed = SignedData::parse(sod::unwrap(bytes).ok()?).ok()?;
        let object = LdsSecurityObject::parse(signed.content()).ok()?;
        Some(object.hashes.iter().map(|group| group.number).collect::<Vec<_>>())
    });
    let mut numbers = listed.unwrap_or_else(|| vec![1, 2, 11, 12, 15]);
    numbers.sort_unstable();
    numbers.dedup();
    numbers
        .into_iter()
        .filter(|number| !EAC_GROUPS.contains(number))
        .filter_map(File::from_data_group)
        .collect()
}
