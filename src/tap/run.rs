//! The steps of a tap.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rand_core::CryptoRng;
use time::UtcDateTime;

use super::{Passwords, TapError, access::Offer};
use crate::{
    apdu::{Command, Header, StatusWord, ins},
    lds::{
        AtrInfo, Dg14, File, LDS_AID, SecurityInfos,
        sod::{self, LdsSecurityObject},
    },
    pki::{SignedData, spki},
    protocol::{
        active_auth, chip_auth,
        pace::{ParameterReference, Parameters},
    },
    session::{Reading, Session, SessionError, Stats, lower_read},
    sm::{SecureChannel, SmError},
    transport::{Limits, Reset, Step},
    trust::{Access, ActiveAuthentication, Card, ChipAuthentication, Evidence},
};

/// What a tap is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The passwords at hand.
    pub passwords: Passwords,
    /// Whether the last try of a PIN may be spent.
    pub last_try: bool,
    /// Whether to use BAC on a card that offers PACE.
    pub allow_bac: bool,
    /// Whether MSE:Set AT names the domain parameters.
    pub parameter_reference: ParameterReference,
    /// Lowers what card and reader allow: [`Limits::SHORT`] for short APDUs only.
    pub max_apdu: Limits,
    /// RND.IFD of Active Authentication: the first bytes of a request's binding. Without it, random.
    pub challenge: Option<[u8; active_auth::CHALLENGE_LEN]>,
    /// What the evidence calls the card: `emulated:resident`, `pcsc:` and the reader's name.
    pub source: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            passwords: Passwords::default(),
            last_try: false,
            allow_bac: false,
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
    /// Which PACE opened the card; `None` after BAC.
    pub pace: Option<Parameters>,
    /// Chip Authentication as this tap saw it, which holds its ephemeral key: why it is no proof,
    /// where it is none; `None` where the card offers it not.
    pub chip_authentication: Option<Result<(), String>>,
    /// Why the card gave no signature for Active Authentication, where it refused.
    pub active_authentication_refused: Option<String>,
    /// Files that are there and that the card did not open, with its status word.
    pub refused: BTreeMap<File, StatusWord>,
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
    let card = Card { source: options.source.clone(), atr: session.transport().atr().to_vec() };
    let mut tap = Tap {
        session,
        options,
        rng,
        progress,
        offer: Offer::None(String::new()),
        pace: None,
        access: None,
        asked: 0,
        files: BTreeMap::new(),
        refused: BTreeMap::new(),
        chip: Chip::NotOffered,
        active: None,
        steps: Vec::new(),
    };
    tap.run()?;
    let (pace, Some(access)) = (tap.pace, tap.access) else { return Err(TapError::NoPassword) };
    let mut evidence = Evidence::new(card, now, access);
    evidence.files = tap.files;
    let (mut chip_authentication, mut active_authentication_refused) = (None, None);
    match tap.chip {
        Chip::NotOffered => {}
        Chip::Failed { why, run } => {
            chip_authentication = Some(Err(why));
            evidence.chip_authentication = run;
        }
        Chip::Agreed(run) => {
            chip_authentication = Some(Err("nothing came under the new keys".into()));
            evidence.chip_authentication = Some(run);
        }
        Chip::Proven(run) => {
            chip_authentication = Some(Ok(()));
            evidence.chip_authentication = Some(run);
        }
    }
    match tap.active {
        Some(Ok(signed)) => evidence.active_authentication = Some(signed),
        Some(Err(why)) => active_authentication_refused = Some(why),
        None => {}
    }
    Ok(Tapped {
        evidence,
        pace,
        chip_authentication,
        active_authentication_refused,
        refused: tap.refused,
        steps: tap.steps,
        stats: tap.session.stats(),
    })
}

/// Data groups that take Extended Access Control.
const EAC_GROUPS: [File; 2] = [File::Dg3, File::Dg4];

pub(super) struct Tap<'a> {
    pub(super) session: &'a mut Session,
    pub(super) options: &'a Options,
    pub(super) rng: &'a mut dyn CryptoRng,
    progress: &'a mut dyn FnMut(Event),
    pub(super) offer: Offer,
    pub(super) pace: Option<Parameters>,
    pub(super) access: Option<Access>,
    // How many bytes the read that is going on asks for at once.
    asked: usize,
    files: BTreeMap<File, Vec<u8>>,
    refused: BTreeMap<File, StatusWord>,
    chip: Chip,
    active: Option<Result<ActiveAuthentication, String>>,
    steps: Vec<StepTime>,
}

/// How far Chip Authentication is.
enum Chip {
    NotOffered,
    Failed {
        why: String,
        run: Option<ChipAuthentication>,
    },
    /// New keys, and nothing came under them yet.
    Agreed(ChipAuthentication),
    Proven(ChipAuthentication),
}

impl Tap<'_> {
    fn run(&mut self) -> Result<(), TapError> {
        self.offer = self.step("EF.CardAccess", Self::card_access)?;
        self.step("EF.ATR/INFO", Self::atr_info)?;
        self.step("access", Self::access)?;
        let dg14 = self.step("EF.DG14", |tap| tap.read_optional(File::Dg14))?;
        if let Some(dg14) = dg14 {
            self.step("Chip Authentication", |tap| tap.chip_auth(&dg14))?;
        }
        self.step("EF.HolderVerification", |tap| tap.read_proving(File::HolderVerification))?;
        let sod = self.step("EF.SOD", |tap| tap.read_proving(File::Sod))?;
        let groups = groups_of(sod.as_deref());
        self.step("data groups", |tap| {
            for &file in groups.iter().filter(|f| !matches!(f, File::Dg2 | File::Dg14)) {
                tap.read_optional(file)?;
            }
            Ok(())
        })?;
        if self.files.contains_key(&File::Dg15) {
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

    fn card_access(&mut self) -> Result<Offer, TapError> {
        let file = File::CardAccess;
        let data = match self.read(file) {
            // Some cards start inside an application.
            Err(SessionError::ReadRefused { .. }) => {
                let select = Command::new(Header::new(0x00, ins::SELECT, 0x00, 0x0C));
                self.session.exchange(&select, Step("SELECT MF"))?;
                self.read(file)
            }
            other => other,
        };
        match data {
            Ok(data) => {
                let infos = SecurityInfos::parse(&data)?;
                self.files.insert(file, data);
                if infos.pace().next().is_none() {
                    return Ok(Offer::None("EF.CardAccess lists no PACEInfo".into()));
                }
                Ok(Offer::Pace(infos))
            }
            Err(SessionError::ReadRefused { sw, .. }) => {
                Ok(Offer::None(format!("the card answered {sw} to reading EF.CardAccess")))
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
                command_data: (command as usize).saturating_sub(4 + 3 + 2).max(255),
                response_data: (response as usize).saturating_sub(2).max(256),
            };
            self.session.allow(card.min(self.options.max_apdu));
        }
        self.files.insert(File::AtrInfo, data);
        Ok(())
    }

    pub(super) fn select_application(&mut self) -> Result<(), TapError> {
        let select = Command::new(Header::new(0x00, ins::SELECT, 0x04, 0x0C)).with_data(LDS_AID);
        let sw = self.session.exchange(&select, Step("SELECT eMRTD application"))?.sw;
        if sw.is_success() { Ok(()) } else { Err(TapError::NoApplication { sw }) }
    }

    fn chip_auth(&mut self, dg14: &[u8]) -> Result<(), TapError> {
        let mut terminal = match chip_auth_terminal(dg14) {
            Ok(Some(terminal)) => terminal,
            Ok(None) => return Ok(()),
            Err(why) => {
                self.chip = Chip::Failed { why, run: None };
                return Ok(());
            }
        };
        let (protocol, key_id) = (terminal.suite().oid().to_string(), terminal.key_id());
        match self.session.drive(&mut terminal, self.rng)? {
            Ok(agreed) => {
                let channel = SecureChannel::new(&agreed.keys).map_err(|source| {
                    SessionError::SecureMessaging { step: "Chip Authentication", source }
                })?;
                self.session.set_channel(Some(channel));
                self.chip = Chip::Agreed(ChipAuthentication {
                    protocol,
                    key_id,
                    terminal_public_key: agreed.ephemeral.as_bytes().to_vec(),
                    protected_reply: false,
                });
            }
            // The old channel still holds (ICAO Doc 9303-11 clause 6.2).
            Err(error) => self.chip = Chip::Failed { why: error.to_string(), run: None },
        }
        Ok(())
    }

    // The first answer under the keys of Chip Authentication is the chip's proof. A chip without
    // the private key cannot even read our command; the rest is then read over a new channel, so
    // that the verdict says all that is wrong.
    fn read_proving(&mut self, file: File) -> Result<Option<Vec<u8>>, TapError> {
        let read = self.read_once(file);
        let mut run = match std::mem::replace(&mut self.chip, Chip::NotOffered) {
            Chip::Agreed(run) => run,
            other => {
                self.chip = other;
                return self.read_again(file, read);
            }
        };
        match &read {
            Ok(_) => {
                run.protected_reply = true;
                self.chip = Chip::Proven(run);
                read
            }
            Err(TapError::Session(error @ SessionError::SecureMessaging { .. })) => {
                let why = format!("the chip does not hold the private key of EF.DG14 ({error})");
                self.chip = Chip::Failed { why, run: Some(run) };
                self.start_over()?;
                self.read_optional(file)
            }
            Err(_) => read,
        }
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
        self.active = Some(match outcome {
            Ok(signature) => Ok(ActiveAuthentication { challenge, signature }),
            Err(error) => Err(error.to_string()),
        });
        Ok(())
    }

    // A new channel to the application.
    fn start_over(&mut self) -> Result<(), TapError> {
        self.session.reset(Reset::Warm)?;
        self.access()
    }

    // A file that may be missing or closed.
    fn read_optional(&mut self, file: File) -> Result<Option<Vec<u8>>, TapError> {
        let read = self.read_once(file);
        self.read_again(file, read)
    }

    // Some cards answer "wrong length" without secure messaging where more is asked for than they
    // can give, and nobody knows then whether they have counted: over a new channel less is asked
    // for at once. Any other unprotected answer is the end.
    fn read_again(
        &mut self,
        file: File,
        mut read: Result<Option<Vec<u8>>, TapError>,
    ) -> Result<Option<Vec<u8>>, TapError> {
        while let Err(TapError::Session(SessionError::SecureMessaging {
            source: SmError::Unprotected { sw: StatusWord::WRONG_LENGTH },
            ..
        })) = &read
        {
            let Some(lower) = lower_read(self.asked) else { break };
            self.session.limit_reads(lower);
            self.start_over()?;
            read = self.read_once(file);
        }
        read
    }

    fn read_once(&mut self, file: File) -> Result<Option<Vec<u8>>, TapError> {
        match self.read(file) {
            Ok(data) => {
                self.files.insert(file, data.clone());
                Ok(Some(data))
            }
            Err(SessionError::ReadRefused { sw, .. }) => {
                self.refused.insert(file, sw);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn read(&mut self, file: File) -> Result<Vec<u8>, SessionError> {
        self.asked = self.session.read_size();
        let progress = &mut *self.progress;
        self.session.read_file(file, Step(file.name()), &mut |r| progress(Event::Reading(r)))
    }
}

// The first Chip Authentication of DG14 that this library speaks, with its key; why there is none,
// where it offers some.
fn chip_auth_terminal(dg14: &[u8]) -> Result<Option<chip_auth::Terminal>, String> {
    let dg14 = Dg14::parse(dg14).map_err(|error| error.to_string())?;
    let mut why = None;
    for info in dg14.infos.chip_authentication() {
        let key = dg14.infos.chip_authentication_keys().find(|key| key.key_id == info.key_id);
        let Some(key) = key else {
            why = why.or_else(|| Some("EF.DG14 has no key for its ChipAuthenticationInfo".into()));
            continue;
        };
        let suite = chip_auth::Suite::new(info.protocol).map_err(|error| error.to_string());
        let public = spki::parse(&key.spki).map_err(|error| error.to_string());
        match (suite, public) {
            (Ok(suite), Ok(public)) => {
                return Ok(Some(chip_auth::Terminal::new(suite, public, info.key_id)));
            }
            (Err(error), _) | (_, Err(error)) => why = why.or(Some(error)),
        }
    }
    why.map_or(Ok(None), Err)
}

// What EF.SOD lists, as far as it can be read without Extended Access Control; where EF.SOD is
// missing or malformed, the verdict says so and the usual groups are read.
fn groups_of(file: Option<&[u8]>) -> Vec<File> {
    let listed = file.and_then(|bytes| {
        let signed = SignedData::parse(sod::unwrap(bytes).ok()?).ok()?;
        let object = LdsSecurityObject::parse(signed.content()).ok()?;
        Some(object.files().collect::<Vec<_>>())
    });
    let usual = || vec![File::Dg1, File::Dg2, File::Dg11, File::Dg12, File::Dg15];
    let mut files = listed.unwrap_or_else(usual);
    files.sort_unstable();
    files.retain(|file| !EAC_GROUPS.contains(file));
    files
}
