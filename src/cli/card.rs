//! Opening the card that an address names.

use std::{path::Path, time::Duration};

use anyhow::Result;
use clap::Args;

use super::failure::Failure;
use crate::{
    crypto::SystemRng,
    emulator::{self, SeededEnv, SystemEnv},
    profile::{self, Personalised},
    transport::{
        CardAddress, Deadline, LimitedReader, Limits, Link, Loopback, ReaderLimit, Transport,
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
}

/// What the card is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A tap: the card starts fresh and is reset at the end.
    Tap,
    /// Single commands: the card is left as it is.
    Leave,
}

/// A card that is ready.
pub(super) struct Opened {
    pub(super) transport: Box<dyn Transport>,
    /// Its address, with the reader's name.
    pub(super) source: String,
    /// The profile, where the card is emulated in this process.
    pub(super) profile: Option<Personalised>,
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
}

/// Opens the card of the address.
pub(super) fn open(args: &CardArgs, purpose: Use) -> Result<Opened> {
    let opened = open_bare(args, purpose)?;
    Ok(Opened { transport: args.layered(opened.transport), ..opened })
}

fn open_bare(args: &CardArgs, purpose: Use) -> Result<Opened> {
    match &args.card {
        CardAddress::Emulated { profile } => {
            let (card, profile) = emulated(profile.as_deref(), None)?;
            let source = format!("emulated:{}", profile.name());
            let transport = Box::new(Loopback::named(card, source.clone()));
            Ok(Opened { transport, source, profile: Some(profile) })
        }
        CardAddress::Vpcd(endpoint) => {
            let listener = VpcdListener::bind(endpoint)?;
            let wait = Duration::from_secs(args.wait.unwrap_or(30));
            let reader = listener.accept(Deadline::after(wait))?;
            let source = args.card.to_string();
            Ok(Opened { transport: Box::new(reader), source, profile: None })
        }
        CardAddress::Pcsc { reader } => {
            let options =
                ConnectOptions { reader: reader.clone(), ..connect_options(args, purpose) };
            let transport = pcsc::connect(&options)?;
            let source = format!("pcsc:{}", transport.name());
            Ok(Opened { transport: Box::new(transport), source, profile: None })
        }
        CardAddress::Replay { .. } => Err(Failure::usage(format!(
            "{}: replaying a recording is not in this version",
            args.card
        ))
        .step("open the card")
        .help("use emulated, pcsc or vpcd")
        .into()),
    }
}

fn connect_options(args: &CardArgs, purpose: Use) -> ConnectOptions {
    let options = match purpose {
        Use::Tap => ConnectOptions::default(),
        Use::Leave => ConnectOptions::as_found(),
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

/// The emulated card of a profile: a name that the library or the folder `card-profiles` has, or
/// a TOML file; the open resident card where none is named.
pub(super) fn emulated(
    profile: Option<&str>,
    seed: Option<&str>,
) -> Result<(emulator::Card, Personalised)> {
    let personalised = personalised(profile.unwrap_or("resident"))?;
    let env: Box<dyn emulator::Env> = match seed {
        Some(seed) => Box::new(SeededEnv::new(seed.as_bytes())),
        None => Box::new(SystemEnv::new(&mut SystemRng::default())),
    };
    let card = emulator::Card::from_profile(&personalised, env)?;
    Ok((card, personalised))
}

/// A profile with all its files signed.
pub(super) fn personalised(name: &str) -> Result<Personalised> {
    if let Some((_, text)) = profile::BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        let file = format!("card-profiles/{name}.toml");
        return Ok(profile::check(text, file.as_ref())?.personalise()?);
    }
    let path = Path::new(name);
    let in_folder = Path::new("card-profiles").join(format!("{name}.toml"));
    let file = if path.exists() || path.extension().is_some() { path } else { &in_folder };
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::file(file, "read the profile", &error))?;
    Ok(profile::check(&text, file)?.personalise()?)
}
