//! Measures the sends of a script: 100,000 in a loop, to the emulated card in this process. Fails
//! where it takes more than three times as long as it should.
//!
//!     cargo run --release --example measure_sends
#![allow(clippy::print_stdout)]

use std::{process::ExitCode, time::Duration};

use iccard::{
    crypto::SeededRng,
    emulator,
    script::{
        Files, Program,
        run::{Connected, Event, Host, HostError, Options, Runner, Wanted},
    },
    session::Session,
    transport::Loopback,
};
use zeroize::Zeroizing;

const SENDS: u32 = 100_000;
const EXPECTED: Duration = Duration::from_secs(2);

/// A card and nothing else.
struct Bare;

impl Host for Bare {
    fn connect(&mut self, _wanted: &Wanted) -> Result<Connected, HostError> {
        let card = emulator::resident().map_err(|error| nobody(error.to_string()))?;
        let session = Session::new(Box::new(Loopback::new(card)));
        Ok(Connected { session, source: "emulated".into(), faults: None, terminal: None })
    }

    fn environment(&mut self, _name: &str) -> Result<Option<Zeroizing<String>>, HostError> {
        Ok(None)
    }

    fn prompt(&mut self, text: &str, _secret: bool) -> Result<Zeroizing<String>, HostError> {
        Err(nobody(text.into()))
    }

    fn pause(&mut self, text: &str) -> Result<(), HostError> {
        Err(nobody(text.into()))
    }

    fn echo(&mut self, _text: &str) {}

    fn event(&mut self, _event: Event<'_>) {}
}

fn nobody(asked: String) -> HostError {
    HostError::Nobody { asked, why: "this only measures" }
}

fn main() -> ExitCode {
    let text = format!(
        "let sfi = 9C\nfor i in 0..{SENDS}\n  00B0 %sfi 00 04 [31 *] (9000) time<1s\nend\n"
    );
    let Ok(program) = Program::load("measure.apdu", &text, &mut Files, false) else {
        println!("the script is wrong");
        return ExitCode::FAILURE;
    };
    let rng = Box::new(SeededRng::new(b"measure", "script"));
    let report = Runner::new(&program, Box::new(Bare), rng, Options::default()).run();
    if let Some(failure) = &report.failure {
        println!("{}", failure.diagnostic.draw(&report.sources, false));
        return ExitCode::FAILURE;
    }
    let each = report.time / SENDS;
    println!("{SENDS} sends of a script in process: {:.2?}, {each:.2?} each", report.time);
    if report.time > 3 * EXPECTED {
        println!("more than three times {EXPECTED:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
