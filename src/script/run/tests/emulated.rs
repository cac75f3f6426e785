//! Scripts against the emulated card: secure messaging, its protocols, its faults.

use super::*;
use crate::{
    emulator::{self, MemoryStore, SeededEnv},
    profile, tap,
    transport::{
        Shared,
        fault::{FaultPlan, Faulty},
    },
};

/// A world with an emulated card of a built-in profile, and with its passwords.
fn emulated(name: &str) -> (World, profile::Personalised) {
    let text = profile::BUILT_IN.iter().find(|(built_in, _)| *built_in == name).unwrap().1;
    let profile = profile::check(text, format!("{name}.toml").as_ref()).unwrap();
    let profile = profile.personalise().unwrap();
    let env = SeededEnv::new(b"card").with_store(Box::new(MemoryStore::default()));
    let card = emulator::Card::from_profile(&profile, Box::new(env)).unwrap();
    let chip = Faulty::new(card, FaultPlan::default());
    let faults = chip.handle();
    let shared = Shared::new(chip);
    let world = answering(&[]);
    let card = Box::new(move || -> Box<dyn Responder> { Box::new(shared.clone()) });
    (World { card, faults: Some(faults), ..world }, profile)
}

/// The same host with the certificates that the card believes.
struct Equipped(World, Option<tap::TerminalCertificates>);

impl Host for Equipped {
    fn connect(&mut self, wanted: &Wanted) -> Result<Connected, HostError> {
        let connected = self.0.connect(wanted)?;
        Ok(Connected { terminal: self.1.clone(), ..connected })
    }

    fn environment(&mut self, name: &str) -> Result<Option<Zeroizing<String>>, HostError> {
        self.0.environment(name)
    }

    fn prompt(&mut self, text: &str, secret: bool) -> Result<Zeroizing<String>, HostError> {
        self.0.prompt(text, secret)
    }

    fn pause(&mut self, text: &str) -> Result<(), HostError> {
        self.0.pause(text)
    }

    fn echo(&mut self, text: &str) {
        self.0.echo(text);
    }

    fn event(&mut self, event: Event<'_>) {
        self.0.event(event);
    }
}

#[track_caller]
fn on(name: &str, text: &str) -> Report {
    let (world, profile) = emulated(name);
    let options = tap::Options::of_profile(&profile);
    let variable = |name: &str, text: &str| (name.to_owned(), Value::text(text));
    let mut variables = vec![variable("can", &profile.profile.secrets.can)];
    variables.extend(profile.mrz.as_ref().map(|mrz| variable("mrz", mrz.as_str())));
    variables.extend(profile.profile.secrets.pin.as_ref().map(|pin| variable("pin", pin)));
    variables.extend(profile.licence.as_ref().map(|line| variable("line", line.as_str())));
    let program = program(text, &[]);
    let rng = Box::new(SeededRng::new(b"script", "test"));
    let host = Box::new(Equipped(world, options.terminal));
    Runner::new(&program, host, rng, Options { variables, ..Options::default() }).run()
}

#[test]
fn pace_and_files() {
    let report = on(
        "resident",
        r#"
        test "before"
          00A4 040C #(A0000002471001)
          00B0 9E00 04 (6982)
        end
        access pace can %can
        00B0 9E00 04 [60 *]
        read ef 011E -> com
        assert tlv(%com, 60/5F01) == "0107" "LDS version"
        read ef EF.COM
        assert resp == %com
        read ef EF.CardAccess -> ca
        read ef EF.DG1 -> dg1
        assert len(%dg1) > 60
        select ef 0101
        00B0 0000 02 [61 *]
        select mf
        select aid A00000024710
        raw
          00B0 9E00 04 (6982|6985|6987|6988)
        end
        "#,
    );
    assert_eq!(told(&report), "");
    assert_eq!(report.code(), 0);
}

#[test]
fn a_channel_that_is_left_and_taken_up_again() {
    let report = on(
        "resident",
        "access pace can %can\nselect aid A0000002471001\n00B0 9E00 04\nsm off\nsm on\n\
         00B0 9E00 04\nreset warm\n00A4 040C #(A0000002471001)\n00B0 9E00 04 (6982)\nsm on\n",
    );
    assert!(told(&report).contains("no secure channel to take up"), "{}", told(&report));
    assert_eq!(report.code(), 2);
    // What is no command cannot be protected.
    let report = on("resident", "access pace can %can\n00B0\n");
    assert!(told(&report).contains("cannot be protected"), "{}", told(&report));
}

#[test]
fn wrong_passwords_are_refused_in_taps_words() {
    let report = on("resident", "test \"a\"\naccess pace can \"000000\"\nend\ntest \"b\"\nend\n");
    assert_eq!(report.code(), 5);
    let drawn = told(&report);
    assert!(drawn.contains("the CAN is wrong") && drawn.contains("6300"), "{drawn}");
    assert_eq!(report.counts().to_string(), "1 passed, 1 failed");
    // Nothing that cannot be right is tried; and no message has what was.
    for password in ["\"12x456\"", "313233343536", "int(123456)"] {
        let report = on("resident", &format!("let x = {password}\naccess pace can %x\n"));
        assert_eq!(report.code(), 2, "{password}: {}", told(&report));
    }
    let report = on("resident", "try\naccess pace can 000000\ncatch sw 6300\nend\n");
    assert_eq!(told(&report), "");
}

#[test]
fn the_chip_proves_itself_and_so_does_the_terminal() {
    for (profile, text) in [
        ("resident", "access pace can %can\nauth chip\nread ef EF.DG1\nauth active\n"),
        ("passport-bac", "access bac %mrz\nread ef EF.DG1\n"),
        ("passport-pace-im", "access pace mrz %mrz\nread ef EF.DG1\n"),
        (
            "passport-eac",
            "access pace can %can\nselect aid A0000002471001\n00B0 8300 04 (69XX)\nauth chip\n\
             auth terminal\nread ef EF.DG3\n",
        ),
        ("eid-pin", "access pace pin %pin\nauth terminal\nauth chip\nread ef EF.DG1\n"),
        ("driving-licence-bap", "access bap %line\nread ef EF.COM\nread ef eDL EF.DG1\n"),
    ] {
        let report = on(profile, text);
        assert_eq!(told(&report), "", "{profile}");
    }
    // In the wrong order it says what comes before.
    for (text, words) in [
        ("access pace can %can\nauth terminal\n", "`auth chip` comes before"),
        ("auth terminal\n", "nothing names the chip yet"),
    ] {
        let report = on("passport-eac", text);
        assert!(told(&report).contains(words), "{}", told(&report));
        assert_eq!(report.code(), 2);
    }
}

#[test]
fn faults_show() {
    let report = on(
        "resident",
        "fault sw 6F00 on ins B0 nth 1\n00B0 9C00 00 (6F00)\n00B0 9C00 00\nfault tear after 0 apdus\n\
         00B0 9C00 00\n",
    );
    let drawn = told(&report);
    assert!(drawn.contains("the card left") && drawn.contains("test.apdu:5:1"), "{drawn}");
    assert_eq!(report.code(), 4);
    let report = on(
        "resident",
        "fault tear after 0 apdus\ntry\n00B0 9C00 00\ncatch\nend\nfault clear\nwait card\n\
         00B0 9C00 00\n",
    );
    assert_eq!(report.code(), 0, "{}", told(&report));
}

#[test]
fn an_answer_outside_of_the_channel_closes_it() {
    let report = on(
        "resident",
        "access pace can %can\nfault wrong mac nth 1\n00A4 040C #(A0000002471001)\n",
    );
    assert_eq!(report.code(), 6, "{}", told(&report));
}
