//! The world around a script: cards, a person at a terminal, the environment.

use std::{io::IsTerminal, time::Duration};

use zeroize::Zeroizing;

use super::{show::Show, stop::Stop};
use crate::{
    cli::{
        Context,
        card::{self, Opened, State, Use},
        failure::Failure,
        observe, secrets,
    },
    emulator,
    profile::Personalised,
    script::{
        Sources,
        run::{Class, Connected, Event, Host, HostError, Wanted},
        syntax::{Protocol, Share},
    },
    session::Session,
    tap::{self, TerminalCertificates},
    transport::{
        CardAddress, Shared, TransportError,
        fault::{FaultHandle, Faulty},
        pcsc::{self, ConnectOptions},
    },
};

/// What the command line says to a script's surroundings.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Told<'a> {
    pub(in crate::cli) terminal: Option<&'a TerminalCertificates>,
    pub(in crate::cli) seed: Option<&'a str>,
    /// Whether a person may be asked.
    pub(in crate::cli) asks: bool,
    /// Whether the run is to end.
    pub(in crate::cli) stop: &'a Stop,
}

/// The surroundings of one file.
pub(in crate::cli) struct FileHost<'a> {
    context: &'a Context,
    told: Told<'a>,
    show: &'a Show<'a>,
    sources: &'a Sources,
    emulated: Option<Emulated>,
    /// Whether the emulated card's own passwords stand for those of the environment.
    own_passwords: bool,
}

/// A card that is emulated here: it stays the same one over connections.
struct Emulated {
    chip: Shared<Faulty<emulator::Card>>,
    faults: FaultHandle,
    profile: Personalised,
}

impl<'a> FileHost<'a> {
    pub(in crate::cli) const fn new(
        context: &'a Context,
        told: Told<'a>,
        show: &'a Show<'a>,
        sources: &'a Sources,
    ) -> Self {
        Self { context, told, show, sources, emulated: None, own_passwords: false }
    }

    // The emulated card of this file, made at the first need.
    fn emulated(&mut self, profile: Option<&str>) -> anyhow::Result<&Emulated> {
        if self.emulated.is_none() {
            let args = &self.context.card;
            let state = State::of(args.state(), false)?;
            let (card, profile) = card::emulated(profile, self.told.seed, &state, args.faults())?;
            let faults = card.handle();
            self.emulated = Some(Emulated { chip: Shared::new(card), faults, profile });
        }
        self.emulated.as_ref().ok_or_else(|| Failure::usage("no emulated card").into())
    }

    fn open(&mut self, wanted: &Wanted) -> anyhow::Result<Connected> {
        let args = &self.context.card;
        let opened = match (&wanted.reader, args.address()) {
            (Some((part, name)), _) => {
                if self.own_passwords {
                    return Err(Failure::usage(
                        "passwords of the emulated card stand for those of the environment, and a \
                         real one is not to be tried with them",
                    )
                    .step("connect")
                    .help("set ICCARD_CAN and so on, or give --card pcsc")
                    .into());
                }
                let options = self.options(wanted, Some(name.clone()));
                let opened = card::open_reader(args, &options)?;
                if !part && opened.transport.name() != name && name.parse::<usize>().is_err() {
                    let available = vec![opened.transport.name().to_owned()];
                    let wanted = Some(name.clone());
                    return Err(TransportError::NoReader { wanted, available }.into());
                }
                opened
            }
            (None, CardAddress::Pcsc { reader }) => {
                card::open_reader(args, &self.options(wanted, reader.clone()))?
            }
            (None, CardAddress::Emulated { profile }) => {
                let emulated = self.emulated(profile.as_deref())?;
                let chip = emulated.chip.clone();
                let source = format!("emulated:{}", emulated.profile.name());
                card::open_chip(args, chip, &source)?
            }
            (None, _) => card::open_seeded(args, Use::Script, self.told.seed)?,
        };
        Ok(self.connected(opened, wanted))
    }

    fn options(&self, wanted: &Wanted, reader: Option<String>) -> ConnectOptions {
        let options = card::connect_options(&self.context.card, Use::Script);
        ConnectOptions {
            reader,
            share: match wanted.share {
                Some(Share::Exclusive) => pcsc::Share::Exclusive,
                Some(Share::Shared | Share::Direct) => pcsc::Share::Shared,
                None => options.share,
            },
            protocol: match wanted.protocol {
                Some(Protocol::T0) => pcsc::Protocol::T0,
                Some(Protocol::T1) => pcsc::Protocol::T1,
                Some(Protocol::Any) | None => pcsc::Protocol::Any,
            },
            wait: wanted.wait.or(options.wait),
            ..options
        }
    }

    fn connected(&self, opened: Opened, wanted: &Wanted) -> Connected {
        let args = &self.context.card;
        let session = Session::new(opened.transport).with_timeout(args.timeout());
        let mut session = observe::watched(self.context, session);
        // A script writes its commands as it wants them.
        session.allow(args.max_apdu());
        let own = self.emulated.as_ref().filter(|_| wanted.reader.is_none());
        let terminal = self.told.terminal.cloned();
        Connected {
            session,
            source: opened.source,
            faults: own.map(|own| own.faults.clone()),
            terminal: terminal
                .or_else(|| own.and_then(|own| tap::Options::of_profile(&own.profile).terminal)),
        }
    }

    fn may_ask(&self, asked: &str) -> Result<(), HostError> {
        let why = match (self.told.asks, std::io::stdin().is_terminal()) {
            (false, _) => "--non-interactive allows no question",
            (true, false) => "there is no terminal to ask on",
            (true, true) => return Ok(()),
        };
        Err(HostError::Nobody { asked: asked.to_owned(), why })
    }
}

impl Host for FileHost<'_> {
    fn connect(&mut self, wanted: &Wanted) -> Result<Connected, HostError> {
        if wanted.share == Some(Share::Direct) {
            return Err(HostError::Other {
                class: Class::Script,
                message: "a reader is not connected without a card here".into(),
                help: Some("`control` works on a reader with a card on it, too".into()),
            });
        }
        self.open(wanted).map_err(of_anyhow)
    }

    fn environment(&mut self, name: &str) -> Result<Option<Zeroizing<String>>, HostError> {
        if let Some(value) = secrets::from_env(name) {
            return Ok(Some(value));
        }
        let CardAddress::Emulated { profile } = self.context.card.address() else {
            return Ok(None);
        };
        if !name.starts_with("ICCARD_") {
            return Ok(None);
        }
        let emulated = self.emulated(profile.as_deref()).map_err(of_anyhow)?;
        let own = own_password(&emulated.profile, name);
        self.own_passwords |= own.is_some();
        Ok(own)
    }

    fn prompt(&mut self, text: &str, secret: bool) -> Result<Zeroizing<String>, HostError> {
        self.may_ask(&format!("{text:?}"))?;
        let read = if secret {
            // Not left behind: it is what shows again what is typed.
            rpassword::prompt_password(format!("{text}: ")).map(Some)
        } else {
            self.show.out.note(format!("{text}:"));
            self.told.stop.or_line()
        };
        let answer = read.map_err(|error| HostError::Other {
            class: Class::Script,
            message: format!("{text:?} is asked for, and nothing could be read: {error}"),
            help: None,
        })?;
        let answer = Zeroizing::new(answer.ok_or(HostError::Stopped)?);
        Ok(Zeroizing::new(answer.trim().to_owned()))
    }

    fn pause(&mut self, text: &str) -> Result<(), HostError> {
        let text = if text.is_empty() { "go on" } else { text };
        self.may_ask(&format!("Enter after {text:?}"))?;
        self.show.out.note(format!("{text}: press Enter"));
        let read = self.told.stop.or_line().map_err(|error| HostError::Other {
            class: Class::Script,
            message: format!("Enter could not be waited for: {error}"),
            help: None,
        })?;
        read.map(drop).ok_or(HostError::Stopped)
    }

    fn sleep(&mut self, time: Duration) {
        self.told.stop.sleep(time);
    }

    fn echo(&mut self, text: &str) {
        if self.show.out.is_json() {
            self.show.out.note(text);
        } else {
            self.show.out.line(text);
        }
    }

    fn event(&mut self, event: Event<'_>) {
        if let Event::Tested(test) = event {
            self.show.test(test, self.sources);
        }
    }

    fn is_stopped(&self) -> bool {
        self.told.stop.is_set()
    }
}

// A password of an emulated card by the name of the variable that it is given in elsewhere.
fn own_password(card: &Personalised, name: &str) -> Option<Zeroizing<String>> {
    let secrets = &card.profile.secrets;
    let text = |text: &str| Zeroizing::new(text.to_owned());
    match name {
        "ICCARD_CAN" => Some(secrets.can.clone()).filter(|can| !can.is_empty()),
        "ICCARD_PIN" => secrets.pin.clone(),
        "ICCARD_PUK" => secrets.puk.clone(),
        "ICCARD_MRZ" => card.mrz.as_ref().map(|mrz| text(mrz.as_str())),
        "ICCARD_BAP" => card.licence.as_ref().map(|line| text(line.as_str())),
        _ => None,
    }
}

fn of_anyhow(error: anyhow::Error) -> HostError {
    let error = match error.downcast::<TransportError>() {
        Ok(error) => return HostError::Transport(error),
        Err(error) => error,
    };
    let failure = Failure::from_error(error);
    let class = match failure.code {
        1 => Class::Expectation,
        3 => Class::Absent,
        4 => Class::Transport,
        5 => Class::Access,
        6 => Class::Protocol,
        7 => Class::File,
        _ => Class::Script,
    };
    HostError::Other { class, message: failure.message, help: failure.help }
}
