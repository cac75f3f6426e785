//! Commands to the emulated card of any built-in profile, plain, and inside secure messaging after BAC or PACE; power and
//! reset between them. It always answers, never in the clear what a session protects, and after a
//! reset nothing of the session is left.
#![no_main]

use std::sync::OnceLock;

use iccard::apdu::{CommandView, Response};
use iccard::crypto::SeededRng;
use iccard::emulator::Card;
use iccard::lds::File;
use iccard::profile::{BUILT_IN, Personalised};
use iccard::protocol::bac::AccessKey;
use iccard::protocol::pace::{Password, TerminalOptions};
use iccard::protocol::{Initiator, Next, bac, pace};
use iccard::sm::SecureChannel;
use iccard::transport::{Power, Responder};
use iccard_fuzz::cards::{card, personalised};
use iccard_fuzz::pick;
use libfuzzer_sys::fuzz_target;

static CARDS: [OnceLock<Personalised>; BUILT_IN.len()] =
    [const { OnceLock::new() }; BUILT_IN.len()];

const SELECT: &[u8] = b"\x00\xA4\x04\x0C\x07\xA0\x00\x00\x02\x47\x10\x01";
const READ_DG1: &[u8] = b"\x00\xB0\x81\x00\x00";

fuzz_target!(|data: &[u8]| {
    let Some((profile, data)) = pick(data, BUILT_IN.len() as u8) else { return };
    let profile = usize::from(profile);
    // PACE takes a thousand times as long as a command, so it is one choice of many.
    let Some((choice, data)) = pick(data, 32) else { return };
    let of = CARDS[profile].get_or_init(|| personalised(BUILT_IN[profile].0));
    let mut chip = card(of);
    let mut dialogue = Dialogue { chip: &mut chip, channel: None, number: number(of) };
    match choice {
        0 if !of.profile.pace.is_empty() => dialogue.pace(of),
        16.. if of.profile.bac => dialogue.bac(of),
        _ => {}
    }
    dialogue.run(data);

    let mut dialogue = Dialogue { chip: &mut chip, channel: None, number: number(of) };
    dialogue.chip.power(Power::Reset);
    // A card that declares files may have lost them by now, and a licence has another application.
    if of.profile.layout.is_empty() && of.files.contains_key(&File::Dg1) {
        assert_eq!(dialogue.send(SELECT), [0x90, 0x00], "the application is gone");
        assert_eq!(dialogue.send(READ_DG1), [0x69, 0x82], "a session outlived the reset");
    }
});

// Empty where the card is nobody's.
fn number(of: &Personalised) -> &[u8] {
    of.profile.travel.as_ref().map_or(&[], |travel| travel.document.number.as_bytes())
}

struct Dialogue<'a> {
    chip: &'a mut Card,
    channel: Option<SecureChannel>,
    /// What no answer may hold as it goes over the wire.
    number: &'a [u8],
}

impl Dialogue<'_> {
    // A byte says what to do, the next how long the command is.
    fn run(&mut self, mut data: &[u8]) {
        while let [what, len, rest @ ..] = data {
            let len = match what / 4 {
                0 => usize::from(*len) * 256,
                _ => usize::from(*len),
            };
            let (command, rest) = rest.split_at(len.min(rest.len()));
            data = rest;
            match what % 4 {
                0 => drop(self.send(command)),
                1 if command.is_empty() => {
                    self.channel = None;
                    self.chip.power([Power::On, Power::Off, Power::Reset][usize::from(what % 3)]);
                    assert!(!self.chip.atr().is_empty());
                }
                _ => self.protected(command),
            }
        }
    }

    fn send(&mut self, command: &[u8]) -> Vec<u8> {
        let mut response = Vec::new();
        self.chip.respond(command, &mut response);
        assert!((2..=0x1_0002).contains(&response.len()), "{} bytes", response.len());
        let len = self.number.len();
        let leaks = len > 0 && response.windows(len).any(|w| w == self.number);
        assert!(!leaks, "the document number in the clear");
        response
    }

    fn protected(&mut self, command: &[u8]) {
        let (Some(channel), Ok(view)) = (&mut self.channel, CommandView::parse(command)) else {
            self.send(command);
            return;
        };
        let mut wire = Vec::new();
        if view.header.cla & 0x80 != 0
            || channel.protect_command(&view.to_command(), &mut wire).is_err()
        {
            self.send(command);
            return;
        }
        let response = self.send(&wire);
        let read = self.channel.as_mut().map(|channel| channel.unprotect_response(&response));
        // The session is over, or has new keys.
        if !matches!(read, Some(Ok(_))) {
            self.channel = None;
        }
    }

    fn drive<I: Initiator>(&mut self, mut terminal: I) -> I::Output
    where
        I::Error: std::fmt::Debug,
    {
        let rng = &mut SeededRng::new(b"fuzz", "terminal");
        let mut next = terminal.start(rng).expect("a start");
        loop {
            match next {
                Next::Done(output) => return output,
                Next::Send(command) => {
                    let response = self.send(&command.to_bytes().expect("a command"));
                    let response = Response::parse(&response).expect("a response");
                    next = terminal.receive(&response, rng).expect("the right password");
                }
            }
        }
    }

    fn bac(&mut self, of: &Personalised) {
        self.send(SELECT);
        let mrz = of.mrz.as_ref().expect("a card with BAC").as_str();
        let session = self.drive(bac::Terminal::new(AccessKey::mrz(mrz)));
        self.channel = session.channel().ok();
    }

    fn pace(&mut self, of: &Personalised) {
        let offered = of.profile.pace.first().expect("a card with PACE");
        let password = Password::can(&of.profile.secrets.can);
        let options = TerminalOptions::default();
        let session = self.drive(pace::Terminal::new(offered.clone(), password, options));
        self.channel = SecureChannel::new(&session.keys).ok();
        self.protected(SELECT);
    }
}
