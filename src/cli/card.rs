//! Opening the card that an address names.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use clap::Args;
use time::UtcDateTime;

use super::{
    failure::{self, Failure},
    recording::{RecordArgs, Replayed, of_recording},
};
use crate::{
    crypto::SystemRng,
    emulator::{self, CardId, FileStore, MemoryStore, SeededEnv, Store, StoreError, SystemEnv},
    profile::{self, Personalised, Profile, ProfileError},
    transport::{
        CardAddress, Deadline, LimitedReader, Limits, Link, Loopback, ReaderLimit, Replay, Shared,
        Transport,
        fault::{FaultPlan, Faulty},
        link::{Parameters, Rate},
        pcsc::{self, ConnectOptions},
        vpcd::VpcdListener,
    },
};

/// Which card, and how to talk to it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Card")]
pub(super) struct CardArgs {
    /// emulated[:PROFILE], pcsc[:READER], vpcd:HOST:PORT or replay:FILE
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        env = "ICCARD_CARD",
        default_value = "emulated"
    )]
    card: CardAddress,
    /// The largest APDUs to use: short, extended or a number of bytes
    #[arg(long, global = true, value_name = "SIZE", default_value = "extended")]
    max_apdu: Limits,
    /// How long the card may take for one answer, in seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,
    /// How long to wait for a card, in seconds
    #[arg(long, global = true, value_name = "SECONDS")]
    wait: Option<u64>,
    /// Shut other programs out of the reader, instead of sharing it
    #[arg(long, global = true)]
    exclusive: bool,
    /// Fail as readers with small buffers do, for tests: `short` or a number of bytes, and how:
    /// error, truncate or 6700
    #[arg(long, global = true, value_name = "SIZE[:FAILURE]")]
    reader_limit: Option<ReaderLimit>,
    /// Say how long it would have taken on the air: 106k, 212k, 424k or 848k
    #[arg(long, global = true, value_name = "RATE")]
    link: Option<Rate>,
    /// With --link: take as long as is modelled
    #[arg(long, global = true, requires = "link")]
    real_time: bool,
    /// Neither use nor keep what earlier taps learnt of the lengths that reader and card take
    #[arg(long, global = true)]
    no_cache: bool,
    #[command(flatten)]
    record: RecordArgs,
    /// Keep an emulated card's PINs, counters and files there over restarts (or ICCARD_STATE)
    #[arg(long, global = true, value_name = "PATH")]
    state: Option<PathBuf>,
    /// What an emulated card does wrong, such as "tear after 30 apdus"; may be given several times
    #[arg(long = "fault", global = true, value_name = "SPEC")]
    faults: Vec<FaultPlan>,
}

/// What the card is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A tap: the card starts fresh and is reset at the end.
    Tap,
    /// Single commands: the card is left as it is.
    Leave,
    /// A script, which holds transactions itself: the card starts fresh and is reset at the end.
    Script,
}

/// A card that is ready.
pub(super) struct Opened {
    pub(super) transport: Box<dyn Transport>,
    /// Its address, with the reader's name.
    pub(super) source: String,
    /// The profile, where the card is emulated in this process.
    pub(super) profile: Option<Personalised>,
    /// The recording, where one is replayed.
    pub(super) replayed: Option<Replayed>,
    /// When: a recording that is replayed has its own time.
    pub(super) time: UtcDateTime,
}

impl Opened {
    fn new(transport: Box<dyn Transport>, source: String) -> Self {
        Self { transport, source, profile: None, replayed: None, time: UtcDateTime::now() }
    }
}

impl CardArgs {
    pub(super) const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    pub(super) const fn max_apdu(&self) -> Limits {
        self.max_apdu
    }

    pub(super) const fn address(&self) -> &CardAddress {
        &self.card
    }

    pub(super) const fn link(&self) -> Option<Rate> {
        self.link
    }

    pub(super) const fn no_cache(&self) -> bool {
        self.no_cache
    }

    // The layers that were asked for: the reader's limit over the air, the air over the card.
    fn layered(&self, mut transport: Box<dyn Transport>) -> Box<dyn Transport> {
        if let Some(rate) = self.link {
            let link = Link::new(transport, Parameters::new(rate));
            transport = Box::new(if self.real_time { link.in_real_time() } else { link });
        }
        match self.reader_limit {
            Some(limit) => Box::new(LimitedReader::new(transport, limit)),
            None => transport,
        }
    }

    pub(super) const fn record(&self) -> &RecordArgs {
        &self.record
    }

    /// What an emulated card does wrong, besides what its profile says.
    pub(super) fn faults(&self) -> FaultPlan {
        let mut plan = FaultPlan::default();
        self.faults.iter().cloned().for_each(|more| plan.extend(more));
        plan
    }

    /// How long to wait for a card; `None` is not at all.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.wait.map(Duration::from_secs)
    }

    /// Where an emulated card keeps its state.
    pub(super) fn state(&self) -> Option<PathBuf> {
        let set = || std::env::var_os("ICCARD_STATE").filter(|path| !path.is_empty());
        self.state.clone().or_else(|| set().map(PathBuf::from))
    }
}

/// Opens the card of the address, and records what is said to it where that is wanted.
pub(super) fn open(args: &CardArgs, purpose: Use) -> Result<Opened> {
    open_seeded(args, purpose, None)
}

/// The same with the randomness of a card that is emulated in this process from a seed.
pub(super) fn open_seeded(args: &CardArgs, purpose: Use, seed: Option<&str>) -> Result<Opened> {
    // A file that cannot be written is told before the card is asked.
    let files = args.record.create()?;
    match connect(args, purpose, seed) {
        Ok(opened) => {
            let transport = args.layered(opened.transport);
            args.record.start(files, Opened { transport, ..opened })
        }
        Err(error) => {
            args.record.discard();
            Err(error)
        }
    }
}

/// Opens a card on a reader, whatever the address is.
pub(super) fn open_reader(args: &CardArgs, options: &ConnectOptions) -> Result<Opened> {
    if matches!(args.card, CardAddress::Pcsc { .. }) {
        fits(args)?;
    }
    let file = args.record.create()?;
    match pcsc::connect(options) {
        Ok(transport) => {
            let source = format!("pcsc:{}", transport.name());
            let transport = args.layered(Box::new(transport));
            args.record.start(file, Opened::new(transport, source))
        }
        Err(error) => {
            args.record.discard();
            Err(error.into())
        }
    }
}

/// Connects to a chip that is emulated here, and that stays when the connection ends.
pub(super) fn open_chip(
    args: &CardArgs,
    chip: Shared<Faulty<emulator::Card>>,
    source: &str,
) -> Result<Opened> {
    let file = args.record.create()?;
    let transport = args.layered(Box::new(Loopback::named(chip, source.to_owned())));
    args.record.start(file, Opened::new(transport, source.to_owned()))
}

// What only an emulated card has is asked of no other.
fn fits(args: &CardArgs) -> Result<()> {
    let is_emulated = matches!(args.card, CardAddress::Emulated { .. });
    if let (Some(file), false) = (&args.state, is_emulated) {
        return Err(Failure::usage(format!(
            "--state {}: {} has its own",
            file.display(),
            args.card
        ))
        .step("open the card")
        .expected("--card emulated")
        .got(args.card.to_string())
        .help("only an emulated card's state is a file; leave --state out")
        .into());
    }
    if !args.faults.is_empty() && !is_emulated {
        return Err(Failure::usage(format!(
            "--fault \"{}\": {} is real",
            args.faults(),
            args.card
        ))
        .step("open the card")
        .expected("--card emulated")
        .got(args.card.to_string())
        .help("only an emulated card does wrong when told to; leave --fault out")
        .into());
    }
    Ok(())
}

fn connect(args: &CardArgs, purpose: Use, seed: Option<&str>) -> Result<Opened> {
    fits(args)?;
    match &args.card {
        CardAddress::Emulated { profile } => {
            let state = State::of(args.state(), false)?;
            let (card, profile) = emulated(profile.as_deref(), seed, &state, args.faults())?;
            let source = format!("emulated:{}", profile.name());
            let transport = Box::new(Loopback::named(card, source.clone()));
            Ok(Opened { profile: Some(profile), ..Opened::new(transport, source) })
        }
        CardAddress::Vpcd(endpoint) => {
            let listener = VpcdListener::bind(endpoint)?;
            let wait = Duration::from_secs(args.wait.unwrap_or(30));
            let reader = listener.accept(Deadline::after(wait))?;
            let source = args.card.to_string();
            Ok(Opened::new(Box::new(reader), source))
        }
        CardAddress::Pcsc { reader } => {
            let options =
                ConnectOptions { reader: reader.clone(), ..connect_options(args, purpose) };
            let transport = pcsc::connect(&options)?;
            let source = format!("pcsc:{}", transport.name());
            Ok(Opened::new(Box::new(transport), source))
        }
        CardAddress::Replay { file } => {
            let (recording, replayed) = Replayed::load(file)?;
            let transport = Replay::new(recording).map_err(of_recording)?;
            let time = replayed.time;
            let opened = Opened::new(Box::new(transport), args.card.to_string());
            Ok(Opened { replayed: Some(replayed), time, ..opened })
        }
    }
}

pub(super) fn connect_options(args: &CardArgs, purpose: Use) -> ConnectOptions {
    let options = match purpose {
        Use::Tap => ConnectOptions::default(),
        Use::Leave => ConnectOptions::as_found(),
        Use::Script => ConnectOptions { transaction: false, ..ConnectOptions::default() },
    };
    ConnectOptions {
        ignore: ignored_readers(),
        share: if args.exclusive { pcsc::Share::Exclusive } else { pcsc::Share::Shared },
        wait: args.wait.map(Duration::from_secs),
        timeout: args.timeout(),
        ..options
    }
}

/// Parts of reader names that are never chosen, from `ICCARD_READER_IGNORE`, separated by `;`.
pub(super) fn ignored_readers() -> Vec<String> {
    let list = std::env::var("ICCARD_READER_IGNORE").unwrap_or_default();
    list.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Where emulated cards keep their state.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// As long as they live.
    Memory,
    /// One card's.
    File(PathBuf),
    /// Each card's own file in this folder, by the profile's name.
    Folder(PathBuf),
}

impl State {
    /// What a path is: several cards have a folder, which is made where it is not there.
    pub(super) fn of(path: Option<PathBuf>, many: bool) -> Result<Self> {
        match path {
            None => Ok(Self::Memory),
            Some(folder) if folder.is_dir() => Ok(Self::Folder(folder)),
            Some(folder) if many => {
                std::fs::create_dir(&folder)
                    .map_err(|error| Failure::file(&folder, "make the folder of states", &error))?;
                Ok(Self::Folder(folder))
            }
            Some(file) => Ok(Self::File(file)),
        }
    }

    /// The file of the card of this name.
    fn file(&self, name: &str) -> Option<PathBuf> {
        let letter = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' };
        match self {
            Self::Memory => None,
            Self::File(file) => Some(file.clone()),
            Self::Folder(folder) => {
                let name: String = name.chars().map(letter).take(64).collect();
                Some(folder.join(format!("{name}.state")))
            }
        }
    }
}

/// The emulated card of a profile: a name that the library or the folder `card-profiles` has, or
/// a TOML file; the open resident card where none is named. Its state is kept there; it does wrong
/// what its profile and `faults` say.
pub(super) fn emulated(
    profile: Option<&str>,
    seed: Option<&str>,
    state: &State,
    faults: FaultPlan,
) -> Result<(Faulty<emulator::Card>, Personalised)> {
    let personalised = personalised(profile.unwrap_or("resident"))?;
    let store: Box<dyn Store> = match state.file(personalised.name()) {
        Some(path) => Box::new(kept(&path, &personalised)?),
        None => Box::new(MemoryStore::default()),
    };
    let env: Box<dyn emulator::Env> = match seed {
        Some(seed) => Box::new(SeededEnv::new(seed.as_bytes()).with_store(store)),
        None => Box::new(SystemEnv::new(&mut SystemRng::default()).with_store(store)),
    };
    let card = emulator::Card::from_profile(&personalised, env)?;
    let mut plan = personalised.profile.faults.clone();
    plan.extend(faults);
    Ok((Faulty::new(card, plan), personalised))
}

fn kept(path: &Path, card: &Personalised) -> Result<FileStore> {
    let id = CardId::of_profile(card);
    FileStore::open(path, &id).map_err(|error| {
        let failure = Failure::new(failure::FILE, error.to_string()).step("open the card's state");
        match &error {
            StoreError::OtherCard { expected, got, .. } => failure
                .expected(format!("the state of {expected}"))
                .got(format!("the state of {got}"))
                .help("give each card a state of its own"),
            StoreError::InUse { by, .. } => failure
                .expected("a state that nobody uses")
                .got(format!("in use by {by}"))
                .help("end the other emulator, or give this card a state of its own"),
            StoreError::Newer { expected, got, .. } => failure
                .expected(format!("version {expected} at most"))
                .got(format!("version {got}"))
                .help("use the newer iccard, or begin anew with another file"),
            StoreError::Malformed { expected, got, .. } => failure
                .expected(*expected)
                .got(got.clone())
                .help("take a copy from before it was edited, or begin anew with another file"),
            StoreError::Io { source, .. } => failure.got(source.to_string()),
            _ => failure,
        }
        .into()
    })
}

/// A profile with all its files signed.
pub(super) fn personalised(name: &str) -> Result<Personalised> {
    match checked(name)? {
        Ok(profile) => Ok(profile.personalise()?),
        Err(errors) => match errors.into_iter().next() {
            Some(error) => Err(error.into()),
            None => Err(Failure::usage("the profile cannot be read").into()),
        },
    }
}

/// A profile, or all that is wrong with it: a name that the library or the folder `card-profiles`
/// has, or a TOML file.
pub(super) fn checked(name: &str) -> Result<Result<Profile, Vec<ProfileError>>> {
    if let Some((_, text)) = profile::BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        let file = format!("card-profiles/{name}.toml");
        return Ok(profile::check_all(text, file.as_ref()));
    }
    let path = Path::new(name);
    let in_folder = Path::new("card-profiles").join(format!("{name}.toml"));
    let file = if path.exists() || path.extension().is_some() { path } else { &in_folder };
    let there = profile::regular(file).and_then(|()| std::fs::File::open(file));
    there.map_err(|error| {
        Failure::file(file, "read the profile", &error)
            .expected("a card's profile")
            .help("`iccard profile list` has those that are built in; else name a TOML file")
    })?;
    Ok(profile::read_all(file))
}
