//! Scripts against a card that answers by a list, and against an emulated one.

mod bad;
#[cfg(feature = "emulator")]
mod emulated;
mod language;
mod secret;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{Class, Connected, Event, Failure, Host, HostError, Options, Runner, Value, Wanted};
use crate::{
    crypto::SeededRng,
    script::{
        Loader, Program,
        report::{Outcome, Report},
    },
    session::Session,
    transport::{Limits, Loopback, Power, Responder, fault::FaultHandle},
};

/// What a run did outside.
#[derive(Default)]
pub(super) struct Log {
    /// Commands, in capital digits.
    pub(super) sent: Vec<String>,
    pub(super) echoed: Vec<String>,
    pub(super) powers: Vec<Power>,
    pub(super) connects: u32,
    pub(super) slept: Duration,
}

/// A card that answers from a list, in order, whatever it is asked.
pub(super) struct Listed {
    answers: std::vec::IntoIter<Vec<u8>>,
    log: Arc<Mutex<Log>>,
    leaves_after: Option<usize>,
}

impl Responder for Listed {
    fn atr(&self) -> &[u8] {
        &[0x3B, 0x80, 0x80, 0x01, 0x01]
    }

    fn power(&mut self, event: Power) {
        self.log.lock().unwrap().powers.push(event);
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        self.log.lock().unwrap().sent.push(hex::encode_upper(command));
        response.extend(self.answers.next().unwrap_or_else(|| vec![0x6F, 0xFF]));
    }

    fn is_present(&self) -> bool {
        self.leaves_after.is_none_or(|most| self.log.lock().unwrap().sent.len() < most)
    }
}

/// The surroundings of a test.
pub(super) struct World {
    pub(super) log: Arc<Mutex<Log>>,
    pub(super) card: Box<dyn FnMut() -> Box<dyn Responder>>,
    pub(super) faults: Option<FaultHandle>,
    pub(super) env: HashMap<&'static str, &'static str>,
    pub(super) answers: Vec<&'static str>,
}

impl Host for World {
    fn connect(&mut self, _wanted: &Wanted) -> Result<Connected, HostError> {
        self.log.lock().unwrap().connects += 1;
        let mut session = Session::new(Box::new(Loopback::named((self.card)(), "a card".into())));
        session.allow(Limits::EXTENDED);
        let faults = self.faults.clone();
        Ok(Connected { session, source: "a card".into(), faults, terminal: None })
    }

    fn environment(&mut self, name: &str) -> Result<Option<Zeroizing<String>>, HostError> {
        Ok(self.env.get(name).map(|value| Zeroizing::new((*value).to_owned())))
    }

    fn prompt(&mut self, text: &str, _secret: bool) -> Result<Zeroizing<String>, HostError> {
        let answer = self.answers.pop();
        let nobody =
            HostError::Nobody { asked: text.to_owned(), why: "there is no terminal to ask on" };
        answer.map(|answer| Zeroizing::new(answer.to_owned())).ok_or(nobody)
    }

    fn pause(&mut self, text: &str) -> Result<(), HostError> {
        self.prompt(text, false).map(drop)
    }

    fn sleep(&mut self, time: Duration) {
        self.log.lock().unwrap().slept += time;
    }

    fn echo(&mut self, text: &str) {
        self.log.lock().unwrap().echoed.push(text.to_owned());
    }

    fn event(&mut self, _event: Event<'_>) {}
}

/// Files in memory.
pub(super) struct Memory(pub(super) HashMap<&'static str, &'static str>);

impl Loader for Memory {
    fn load(&mut self, _from: &str, path: &str) -> Result<(String, String), String> {
        let text = self.0.get(path).ok_or("no such file")?;
        Ok((path.to_owned(), (*text).to_owned()))
    }
}

pub(super) fn program(text: &str, files: &[(&'static str, &'static str)]) -> Program {
    named("test.apdu", text, files)
}

pub(super) fn named(name: &str, text: &str, files: &[(&'static str, &'static str)]) -> Program {
    let mut loader = Memory(files.iter().copied().collect());
    Program::load(name, text, &mut loader, false).unwrap_or_else(|(sources, wrong)| {
        panic!("{}", wrong.iter().map(|w| w.draw(&sources, false)).collect::<String>())
    })
}

/// A world whose card answers these in order.
pub(super) fn answering(answers: &[&str]) -> World {
    let log = Arc::new(Mutex::new(Log::default()));
    let answers: Vec<Vec<u8>> =
        answers.iter().map(|answer| hex::decode(answer.replace(' ', "")).unwrap()).collect();
    let mut answers = Some(answers);
    let kept = Arc::clone(&log);
    World {
        card: Box::new(move || {
            let answers = answers.take().unwrap_or_default().into_iter();
            Box::new(Listed { answers, log: Arc::clone(&kept), leaves_after: None })
        }),
        log,
        faults: None,
        env: HashMap::new(),
        answers: Vec::new(),
    }
}

pub(super) fn run_in(program: &Program, world: World, options: Options) -> Report {
    let rng = Box::new(SeededRng::new(b"script", "test"));
    Runner::new(program, Box::new(world), rng, options).run()
}

/// Runs a text against a card that answers these in order: what was sent, and how it went.
pub(super) fn run(text: &str, answers: &[&str]) -> (Vec<String>, Report) {
    let world = answering(answers);
    let log = Arc::clone(&world.log);
    let report = run_in(&program(text, &[]), world, Options::default());
    let sent = std::mem::take(&mut log.lock().unwrap().sent);
    (sent, report)
}

/// The failure of a file, drawn; a test's where the file has none of its own.
pub(super) fn told(report: &Report) -> String {
    failure(report).map_or_else(String::new, |f| f.diagnostic.draw(&report.sources, false))
}

pub(super) fn failure(report: &Report) -> Option<&Failure> {
    let of_test = report.tests.iter().find_map(|test| match &test.outcome {
        Outcome::Failed(failure) => Some(failure),
        _ => None,
    });
    report.failure.as_ref().or(of_test)
}

/// The text runs to its end, and the card is sent just these.
#[track_caller]
pub(super) fn passes(text: &str, exchanges: &[(&str, &str)]) {
    let answers: Vec<&str> = exchanges.iter().map(|(_, answer)| *answer).collect();
    let (sent, report) = run(text, &answers);
    assert_eq!(told(&report), "", "{text}");
    let expected: Vec<String> =
        exchanges.iter().map(|(command, _)| command.replace(' ', "")).collect();
    assert_eq!(sent, expected, "{text}");
}

/// The text fails with this class and these words.
#[track_caller]
pub(super) fn fails(text: &str, answers: &[&str], class: Class, words: &str) {
    let (_, report) = run(text, answers);
    let failure = failure(&report).unwrap_or_else(|| panic!("nothing failed in\n{text}"));
    let drawn = told(&report);
    assert!(drawn.contains(words), "{words:?} is not in\n{drawn}");
    assert_eq!(failure.class, class, "{drawn}");
}
