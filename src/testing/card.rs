//! A card for a test.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use time::{UtcDateTime, macros::utc_datetime};

use super::{
    TestingError,
    store::{Keeping, Kept},
};
use crate::{
    apdu::Response,
    crypto::SeededRng,
    emulator::{self, Counter, SeededEnv},
    profile::{self, Personalised},
    session::Session,
    tap::{self, Options},
    transport::{
        Loopback, Power, Responder, Shared,
        fault::{FaultHandle, Faulty},
    },
    trust::{Anchors, Level, Verdict, judge},
};

/// An emulated card in this process, with what opens it and what it is judged by.
///
/// Its methods take `&self`: the card is one, however many look at it.
#[derive(Debug)]
pub struct Card {
    profile: Personalised,
    chip: Shared<Faulty<emulator::Card>>,
    faults: FaultHandle,
    kept: Kept,
    seed: String,
    now: UtcDateTime,
    /// Taps and restarts so far: each has randomness of its own.
    turns: AtomicU64,
}

/// A tap that came to its end, and what is to be thought of the card.
#[derive(Debug)]
pub struct Tapped {
    /// What the card gave.
    pub tap: tap::Tapped,
    /// Judged with the profile's own CSCA as the only anchor.
    pub verdict: Verdict,
}

impl Tapped {
    /// Whether the data is genuine and the chip proved to be the one they belong to.
    pub const fn is_verified(&self) -> bool {
        self.verdict.verified
    }

    /// How much is shown.
    pub const fn level(&self) -> Level {
        self.verdict.level
    }
}

impl Card {
    /// When every tap happens unless [`Card::at`] says otherwise.
    pub const NOW: UtcDateTime = utc_datetime!(2025-03-28 01:02:03);

    /// The card of a profile: a name of [`profile::BUILT_IN`] or a TOML file, which may include
    /// others of its folder.
    ///
    /// # Errors
    /// [`TestingError::NoProfile`], [`TestingError::Profile`] or [`TestingError::Card`].
    pub fn new(profile: &str) -> Result<Self, TestingError> {
        let built_in = profile::BUILT_IN.iter().find(|(name, _)| *name == profile);
        if let Some((name, text)) = built_in {
            return Self::of(text, &Path::new("card-profiles").join(format!("{name}.toml")));
        }
        let path = Path::new(profile);
        let there = profile::regular(path).and_then(|()| std::fs::File::open(path));
        there.map_err(|source| TestingError::NoProfile {
            path: path.into(),
            names: profile::BUILT_IN.iter().map(|(name, _)| *name).collect(),
            source,
        })?;
        Self::with_profile(profile::read(path)?.personalise()?)
    }

    /// The card of a profile's text.
    ///
    /// ```
    /// use iccard::{profile, testing::Card};
    ///
    /// let card = Card::with_profile_text(&profile::new_profile("another", "any seed"))?;
    /// assert!(card.tap()?.is_verified());
    /// # Ok::<(), iccard::testing::TestingError>(())
    /// ```
    ///
    /// # Errors
    /// [`TestingError::Profile`] or [`TestingError::Card`].
    pub fn with_profile_text(text: &str) -> Result<Self, TestingError> {
        Self::of(text, Path::new("profile.toml"))
    }

    /// The card of a profile that is personalised already, and may be wrong on purpose.
    ///
    /// # Errors
    /// [`TestingError::Card`].
    pub fn with_profile(profile: Personalised) -> Result<Self, TestingError> {
        let (seed, kept) = (String::from("test"), Kept::default());
        let chip =
            Faulty::new(chip(&profile, &seed, kept.store())?, profile.profile.faults.clone());
        let faults = chip.handle();
        let chip = Shared::new(chip);
        Ok(Self { profile, chip, faults, kept, seed, now: Self::NOW, turns: AtomicU64::new(0) })
    }

    fn of(text: &str, path: &Path) -> Result<Self, TestingError> {
        Self::with_profile(profile::check(text, path)?.personalise()?)
    }

    /// The same card with other randomness.
    ///
    /// # Errors
    /// [`TestingError::Card`].
    pub fn with_seed(mut self, seed: &str) -> Result<Self, TestingError> {
        seed.clone_into(&mut self.seed);
        let chip = chip(&self.profile, seed, self.kept.store())?;
        self.chip.with(|faulty| *faulty.chip() = chip);
        Ok(self)
    }

    /// The same card, which misbehaves: `sw 6F00 on ins B0 nth 2; tear after 3 apdus` (docs/faults.md).
    /// What is given later is added.
    ///
    /// # Errors
    /// [`TestingError::Faults`].
    pub fn with_faults(self, faults: &str) -> Result<Self, TestingError> {
        self.faults.add(faults.parse()?);
        Ok(self)
    }

    /// The same card, tapped at another time.
    #[must_use]
    pub const fn at(mut self, now: UtcDateTime) -> Self {
        self.now = now;
        self
    }

    /// The profile, with the passwords that open the card.
    pub const fn profile(&self) -> &Personalised {
        &self.profile
    }

    /// The faults, to add, clear and count them.
    pub const fn faults(&self) -> &FaultHandle {
        &self.faults
    }

    /// What opens this card: the passwords and certificates of its profile.
    pub fn options(&self) -> Options {
        Options::of_profile(&self.profile)
    }

    /// Puts the card on a reader, reads and judges it.
    ///
    /// # Errors
    /// [`TestingError::Tap`] where the tap comes to no end. A card that is not verified is none.
    pub fn tap(&self) -> Result<Tapped, TestingError> {
        self.tap_with(&self.options())
    }

    /// The same with other passwords, limits or certificates.
    ///
    /// ```
    /// use iccard::{emulator::Counter, protocol::pace::Password, testing::Card};
    ///
    /// let card = Card::new("eid-pin")?;
    /// let mut options = card.options();
    /// options.passwords.pin = Some(Password::pin("000000"));
    /// card.tap_with(&options).unwrap_err();
    /// assert_eq!(card.counter(Counter::PinTries), Some(2));
    /// assert!(card.tap()?.is_verified());
    /// assert_eq!(card.counter(Counter::PinTries), Some(3));
    /// # Ok::<(), iccard::testing::TestingError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Card::tap`].
    pub fn tap_with(&self, options: &Options) -> Result<Tapped, TestingError> {
        let mut anchors = Anchors::new(&options.source);
        for (name, der) in profile::anchors(&self.profile) {
            anchors.add(&name, &der)?;
        }
        let label = format!("terminal {}", self.turn());
        let mut rng = SeededRng::new(self.seed.as_bytes(), &label);
        let mut session = self.session();
        let tap = tap::tap(&mut session, options, &mut rng, self.now, &mut |_| {})?;
        let verdict = judge(&tap.evidence, &anchors, &tap.judging());
        Ok(Tapped { tap, verdict })
    }

    /// Puts the card on a reader: a dialogue of the test's own, from power on.
    pub fn session(&self) -> Session {
        let name = format!("emulated:{}", self.profile.name());
        Session::new(Box::new(Loopback::named(self.chip.clone(), name)))
    }

    /// Sends one command, in hexadecimal, in the state that the card is in.
    ///
    /// # Errors
    /// [`TestingError::NotHex`]; [`TestingError::CardAway`] where the card has left the field.
    pub fn apdu(&self, command: &str) -> Result<Response, TestingError> {
        let digits: String = command.chars().filter(|c| !c.is_whitespace()).collect();
        let command =
            hex::decode(digits).map_err(|_| TestingError::NotHex { got: command.into() })?;
        let mut response = Vec::new();
        let answered = self.chip.with(|chip| {
            if chip.is_present() {
                chip.respond(&command, &mut response);
            }
            chip.is_present()
        });
        let response = Response::parse(&response).ok().filter(|_| answered);
        response.ok_or(TestingError::CardAway)
    }

    /// What the card counts now; `None` where it does not count that.
    pub fn counter(&self, counter: Counter) -> Option<u64> {
        let counters = self.chip.with(|chip| chip.chip().counters());
        counters.into_iter().find(|(found, _)| *found == counter).map(|(_, value)| value)
    }

    /// A warm reset: sessions, rights and the selected file are gone.
    pub fn reset(&self) {
        self.chip.with(|chip| chip.power(Power::Reset));
    }

    /// Makes the card anew from its profile and what it keeps without power, as another process
    /// would. Faults stay.
    ///
    /// # Errors
    /// None that [`Card::new`] had not.
    pub fn restart(&self) -> Result<(), TestingError> {
        let seed = format!("{}/{}", self.seed, self.turn());
        let chip = chip(&self.profile, &seed, self.kept.store())?;
        self.chip.with(|faulty| {
            *faulty.chip() = chip;
            faulty.power(Power::On);
        });
        Ok(())
    }

    fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }
}

fn chip(
    profile: &Personalised,
    seed: &str,
    store: Keeping,
) -> Result<emulator::Card, TestingError> {
    let env = SeededEnv::new(seed.as_bytes()).with_store(Box::new(store));
    Ok(emulator::Card::from_profile(profile, Box::new(env))?)
}
