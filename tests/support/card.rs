//! Cards to tap, right ones and wrong ones, and ways to them that misbehave.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex},
};

use iccard::{
    crypto::SeededRng,
    emulator::{Card, SeededEnv},
    lds::File,
    profile::{self, Personalised},
    protocol::pace::Password,
    session::Session,
    tap::{Options, Passwords, TapError, Tapped, tap},
    transport::{
        Deadline, Exchange, Limits, Loopback, Observer, Reset, Responder, Step, Transport,
        TransportError,
    },
    trust::{Anchors, Verdict, judge},
};
use time::{UtcDateTime, macros::utc_datetime};

/// When every tap of the tests happens.
pub const NOW: UtcDateTime = utc_datetime!(2025-03-28 01:02:03);

/// The resident card's files and keys, made once.
pub fn resident() -> Personalised {
    static RESIDENT: LazyLock<Personalised> = LazyLock::new(|| profile::resident().unwrap());
    RESIDENT.clone()
}

/// A card that is part of the library.
pub fn built_in(name: &str) -> Personalised {
    let (_, text) = profile::BUILT_IN.iter().find(|(built_in, _)| *built_in == name).unwrap();
    profile::check(text, name.as_ref()).unwrap().personalise().unwrap()
}

/// What opens a card of the library.
pub fn of_profile(card: &Personalised) -> Options {
    Options::of_profile(card)
}

pub fn card(personalised: &Personalised) -> Card {
    Card::from_profile(personalised, Box::new(SeededEnv::new(b"a test"))).unwrap()
}

pub fn anchors(personalised: &Personalised) -> Anchors {
    let mut anchors = Anchors::new("test");
    for (name, der) in profile::anchors(personalised) {
        anchors.add(&name, &der).unwrap();
    }
    anchors
}

pub fn can(text: &str) -> Passwords {
    Passwords { can: Some(Password::can(text)), ..Passwords::default() }
}

pub fn pin(text: &str) -> Passwords {
    Passwords { pin: Some(Password::pin(text)), ..Passwords::default() }
}

/// Options with the resident card's CAN.
pub fn options() -> Options {
    let can = can(&resident().profile.secrets.can);
    Options { passwords: can, source: "emulated:resident".into(), ..Options::default() }
}

/// Taps whatever the transport leads to.
pub fn tap_over(transport: Box<dyn Transport>, options: &Options) -> Result<Tapped, TapError> {
    tap_with(transport, options, |session| session)
}

pub fn tap_with(
    transport: Box<dyn Transport>,
    options: &Options,
    prepare: impl FnOnce(Session) -> Session,
) -> Result<Tapped, TapError> {
    let mut session = prepare(Session::new(transport));
    tap(&mut session, options, &mut SeededRng::new(b"a test", "terminal"), NOW, &mut |_| {})
}

/// Taps a card in this process.
pub fn tap_card(personalised: &Personalised, options: &Options) -> Result<Tapped, TapError> {
    tap_over(Box::new(Loopback::new(card(personalised))), options)
}

pub fn judged(tapped: &Tapped, anchors: &Anchors) -> Verdict {
    judge(&tapped.evidence, anchors, &tapped.judging())
}

/// A way to a card that lets a test change or refuse each exchange.
pub struct Meddler<F> {
    inner: Loopback<Card>,
    meddle: F,
    count: usize,
}

impl<F> Meddler<F>
where
    F: FnMut(usize, &[u8], &mut Vec<u8>) -> Result<(), TransportError> + Send,
{
    /// `meddle` sees the number of the exchange, the command, and the response to change.
    pub fn new(card: Card, meddle: F) -> Box<Self> {
        Box::new(Self { inner: Loopback::new(card), meddle, count: 0 })
    }
}

impl<F> Transport for Meddler<F>
where
    F: FnMut(usize, &[u8], &mut Vec<u8>) -> Result<(), TransportError> + Send,
{
    fn atr(&self) -> &[u8] {
        self.inner.atr()
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        self.inner.transceive(command, response, deadline)?;
        self.count += 1;
        (self.meddle)(self.count - 1, command, response)
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        self.inner.reset(kind)
    }

    fn name(&self) -> &str {
        "meddler"
    }
}

/// Keeps the wire bytes of a dialogue.
#[derive(Clone, Default)]
pub struct Wire(pub Arc<Mutex<Vec<Pair>>>);

/// A command and its response.
pub type Pair = (Vec<u8>, Vec<u8>);

impl Observer for Wire {
    fn exchange(&mut self, wire: Exchange<'_>, _plain: Option<Exchange<'_>>, _step: Step) {
        self.0.lock().unwrap().push((wire.command.to_vec(), wire.response.to_vec()));
    }
}

/// A chip that answers everything with the same bytes.
pub struct Parrot(pub Vec<u8>);

impl Responder for Parrot {
    fn atr(&self) -> &[u8] {
        &[0x3B, 0x80, 0x80, 0x01, 0x01]
    }

    fn power(&mut self, _event: iccard::transport::Power) {}

    fn respond(&mut self, _command: &[u8], response: &mut Vec<u8>) {
        response.clear();
        response.extend_from_slice(&self.0);
    }
}

/// The files of a tap with one of them changed.
pub fn with_file(personalised: &Personalised, file: File, bytes: Vec<u8>) -> Personalised {
    let mut changed = personalised.clone();
    let files: &mut BTreeMap<_, _> = &mut changed.files;
    files.insert(file, bytes);
    changed
}

/// A card that stays on the reader over several taps, reset before each as a real tap does.
pub struct Desk(Option<Box<dyn Transport>>);

impl Desk {
    pub fn new(personalised: &Personalised) -> Self {
        Self(Some(Box::new(Loopback::new(card(personalised)))))
    }

    pub fn tap(&mut self, options: &Options) -> Result<Tapped, TapError> {
        let mut session = Session::new(self.0.take().unwrap());
        session.reset(Reset::Cold).unwrap();
        let mut rng = SeededRng::new(b"a test", "terminal");
        let tapped = tap(&mut session, options, &mut rng, NOW, &mut |_| {});
        self.0 = Some(session.into_transport());
        tapped
    }
}
