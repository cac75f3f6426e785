use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::{
    apdu::StatusWord,
    transport::{Deadline, Loopback, Power, Responder, Transport, TransportError},
};

/// Answers every command with its own bytes, MAC or not, and `9000`.
#[derive(Default)]
struct Echo {
    heard: usize,
    damage: Vec<Damage>,
}

const ATR: [u8; 7] = [0x3B, 0x82, 0x80, 0x01, 0xAA, 0xBB, 0x12];
const READ: [u8; 5] = [0x00, 0xB0, 0x00, 0x00, 0x08];
const PROTECTED: [u8; 13] =
    [0x0C, 0xB0, 0x00, 0x00, 0x08, 0x8E, 0x08, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06];

impl Responder for Echo {
    fn atr(&self) -> &[u8] {
        &ATR
    }

    fn power(&mut self, _event: Power) {}

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        self.heard += 1;
        response.clear();
        response.extend_from_slice(command);
        response.extend_from_slice(&[0x90, 0x00]);
    }

    fn damage(&mut self, damage: Damage) -> bool {
        self.damage.push(damage);
        !matches!(damage, Damage::Status(_))
    }
}

fn faulty(plan: &str) -> Faulty<Echo> {
    Faulty::new(Echo::default(), plan.parse().unwrap())
}

fn ask(chip: &mut Faulty<Echo>, command: &[u8]) -> Vec<u8> {
    let mut response = Vec::new();
    chip.respond(command, &mut response);
    response
}

fn echoed(command: &[u8]) -> Vec<u8> {
    [command, &[0x90, 0x00]].concat()
}

#[test]
fn errors_name_column_expectation_and_what_was_meant() {
    for (text, column, parts) in [
        ("", 1, ["a fault (tear, delay", "the end"]),
        ("taer after 3 apdus", 1, ["\"taer\" came", "did you mean `tear`?"]),
        ("tear after 3 apuds", 14, ["apdus or bytes", "did you mean `apdus`?"]),
        ("tear until insrted", 12, ["`inserted` expected", "did you mean `inserted`?"]),
        ("tear after three apdus", 12, ["a number", "\"three\""]),
        ("tear  onn ins B0", 7, ["`on ins`", "did you mean `on`?"]),
        ("sw 6F0 on ins B0", 4, ["a status word such as 6F00", "\"6F0\""]),
        ("sw 6F00 on ins B", 16, ["an instruction such as B0", "\"B\""]),
        ("sw 6F00 nth 0", 13, ["1 to 4294967295", "\"0\""]),
        ("sw 6F00 nth 1 after 2 apdus", 15, ["each condition once", "\"after\""]),
        ("delay 800", 7, ["800ms or 2s", "\"800\""]),
        ("delay 601s", 7, ["at most 600s", "\"601s\""]),
        ("flip 65 bits", 6, ["1 to 64", "\"65\""]),
        ("flip 2 bytes", 8, ["`bits` expected", "\"bytes\""]),
        ("wrong mac in plan", 14, ["plain or protected", "did you mean `plain`?"]),
        ("naked 6700 in plain", 12, ["does not go with", "inside secure messaging only"]),
        ("random atr nth 2", 12, ["does not go with", "every activation"]),
        ("sw 6700 until inserted", 9, ["or nothing", "\"until\""]),
    ] {
        let error = text.parse::<Fault>().unwrap_err();
        assert_eq!(error.column(), column, "{text}: {error}");
        let message = error.to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{text}: {message}");
    }
    // Columns of a plan are those of its text.
    let error = "seed 7; tear; 홍 3".parse::<FaultPlan>().unwrap_err();
    assert_eq!(error.column(), 15, "{error}");
    assert_eq!("seed 7 8".parse::<FaultPlan>().unwrap_err().column(), 8);
    let many = "tear;".repeat(FaultPlan::MAX + 1);
    assert_eq!(many.parse::<FaultPlan>(), Err(FaultError::TooMany { limit: FaultPlan::MAX }));
    assert!(" ;\n; ".parse::<FaultPlan>().unwrap().is_empty());
}

#[test]
fn the_nth_command_that_fits_is_met_and_no_other() {
    let mut chip = faulty("sw 6F00 on ins B0 in plain nth 2");
    assert_eq!(ask(&mut chip, &READ), echoed(&READ));
    // Others do not count: another instruction, a protected command, one for the reader.
    for other in [&[0x00, 0xA4, 0x00, 0x0C][..], &PROTECTED, &[0xFF, 0xB0, 0, 0, 0], &[0x00]] {
        assert_eq!(ask(&mut chip, other), echoed(other));
    }
    assert_eq!(ask(&mut chip, &READ), [0x6F, 0x00]);
    assert_eq!(ask(&mut chip, &READ), echoed(&READ));
    let [firing] = &chip.handle().faults()[..] else { panic!() };
    assert_eq!(
        (firing.fault.to_string().as_str(), firing.fired),
        ("sw 6F00 on ins B0 in plain nth 2", 1)
    );
    // The chip could not be told, so it did not hear that command.
    assert_eq!(chip.chip().heard, 6);
    assert_eq!(chip.chip().damage, [Damage::Status(StatusWord::NO_DIAGNOSIS)]);
}

#[test]
fn what_an_answer_becomes_on_the_way() {
    let garbled = |plan: &str, command: &[u8]| {
        let mut chip = faulty(plan);
        (ask(&mut chip, command), chip.handle().fired())
    };
    let bits = |a: &[u8], b: &[u8]| -> u32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
    };
    let (answer, fired) = garbled("flip 3 bits", &READ);
    assert_eq!((bits(&answer, &echoed(&READ)), fired), (3, 1));
    assert!(answer.ends_with(&[0x90, 0x00]), "the status word stays");
    let (answer, _) = garbled("wrong mac", &PROTECTED);
    assert_eq!(answer[..5], PROTECTED[..5]);
    assert!(bits(&answer[5..13], &PROTECTED[5..]) > 0);
    assert_eq!(garbled("wrong mac", &READ), (echoed(&READ), 0), "there is none");
    assert_eq!(garbled("naked 6700", &READ), (echoed(&READ), 0), "no session");
    assert_eq!(garbled("naked 6700", &PROTECTED), (vec![0x67, 0x00], 1));
    assert_eq!(garbled("truncate to 3 bytes", &READ), (READ[..3].to_vec(), 1));
    assert_eq!(garbled("truncate to 6 bytes", &READ), ([&READ[..], &[0x90]].concat(), 1));
    assert_eq!(garbled("truncate to 7 bytes", &READ), (echoed(&READ), 0));
    assert_eq!(garbled("truncate to 0 bytes", &READ), (Vec::new(), 1));
    assert_eq!(garbled("truncate data to 1 byte", &READ), (vec![0x00, 0x90, 0x00], 1));
    assert_eq!(garbled("truncate data to 5 bytes", &READ), (echoed(&READ), 0));
    let (answer, _) = garbled("garbage 40 bytes", &READ);
    assert_eq!(answer.len(), 40);
    for seed in 1..50 {
        let plan = format!("garbage; seed {seed}");
        let (answer, _) = garbled(&plan, &READ);
        assert!(answer.len() >= 2);
        assert_eq!(garbled(&plan, &READ).0, answer, "the same seed, the same bytes");
    }
    // A chip that counts has carried the command out.
    for (plan, heard) in [("naked 6700", 0), ("naked 6700 counting", 1)] {
        let mut chip = faulty(plan);
        ask(&mut chip, &PROTECTED);
        assert_eq!(chip.chip().heard, heard, "{plan}");
    }
    // The chip's own part.
    let mut chip = faulty("spoil 2 bits; slip counter");
    assert_eq!(ask(&mut chip, &READ), echoed(&READ));
    assert_eq!(ask(&mut chip, &PROTECTED), echoed(&PROTECTED));
    assert_eq!(chip.chip().damage.len(), 3, "{:?}", chip.chip().damage);
    assert!(chip.chip().damage.ends_with(&[Damage::SlipCounter]));
}

#[test]
fn a_tear_falls_where_it_was_told_to() {
    // In bytes: the command 5, the answer 7.
    for (plan, heard, answers) in [
        ("tear after 2 apdus", 2, 2),
        ("tear after 0 apdus", 0, 0),
        ("tear nth 2", 2, 1),
        ("tear after 4 bytes", 0, 0),
        ("tear after 5 bytes", 1, 0),
        ("tear after 11 bytes", 1, 0),
        ("tear after 12 bytes", 1, 1),
        ("tear after 17 bytes on ins B0", 2, 1),
    ] {
        let mut card = Loopback::new(faulty(plan));
        let mut answered = 0;
        let mut response = Vec::new();
        let error = loop {
            let by = Deadline::after(Duration::from_secs(9));
            match card.transceive(&READ, &mut response, by) {
                Ok(()) => answered += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, TransportError::CardRemoved { .. }), "{error}");
        let mut chip = card.into_chip();
        assert_eq!((chip.chip().heard, answered), (heard, answers), "{plan}");
        // It comes back with its power, and is not torn again.
        let mut card = Loopback::new(chip);
        for _ in 0..3 {
            let by = Deadline::after(Duration::from_secs(9));
            card.transceive(&READ, &mut response, by).unwrap();
        }
        assert_eq!(card.chip().handle().fired(), 1);
    }
}

#[test]
fn a_handle_adds_clears_removes_and_inserts_while_the_chip_runs() {
    let mut chip = faulty("");
    let handle = chip.handle();
    handle.add("sw 6A82; wtx 3 nth 1; tear until inserted nth 3".parse().unwrap());
    assert_eq!(ask(&mut chip, &READ), [0x6A, 0x82]);
    assert_eq!(handle.waiting_time_extensions(), 3);
    assert_eq!(handle.fired(), 2);
    ask(&mut chip, &READ);
    ask(&mut chip, &READ);
    assert!(handle.is_away() && !chip.is_present());
    chip.power(Power::On);
    assert!(!chip.is_present(), "power does not bring it back");
    handle.insert();
    assert!(chip.is_present());
    handle.clear();
    assert_eq!(ask(&mut chip, &READ), echoed(&READ));
    handle.remove();
    chip.power(Power::Off);
    assert!(!chip.is_present());
    // What is added beyond the most pushes the oldest out.
    handle.insert();
    for _ in 0..FaultPlan::MAX + 5 {
        handle.add("wtx 1".parse().unwrap());
    }
    assert_eq!(handle.faults().len(), FaultPlan::MAX);
}

#[test]
fn a_pause_ends_when_it_is_broken_off() {
    let mut chip = faulty("delay 50s; wtx 255 of 600s");
    let handle = chip.handle();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(&mut chip, &READ));
        while handle.fired() < 2 {
            std::thread::yield_now();
        }
        handle.break_off();
        assert_eq!(asked.join().unwrap(), echoed(&READ));
    });
    // Nor is another waited for before its power is switched.
    ask(&mut chip, &READ);
    assert!(begun.elapsed() < Duration::from_secs(50));
}

#[test]
fn the_atr_is_another_one_with_every_activation() {
    let atrs = |plan: &str| -> Vec<Vec<u8>> {
        let mut chip = faulty(plan);
        let mut next = || {
            chip.power(Power::On);
            chip.atr().to_vec()
        };
        (0..4).map(|_| next()).collect()
    };
    let random = atrs("random atr; seed 1");
    for (i, atr) in random.iter().enumerate() {
        assert!(crate::atr::Atr::parse(atr).is_ok() && atr.len() == ATR.len());
        assert!(!random[..i].contains(atr));
    }
    assert_eq!(random, atrs("random atr; seed 1"));
    assert_ne!(random, atrs("random atr; seed 2"));
    assert!(atrs("").iter().all(|atr| *atr == ATR));
}

fn when() -> impl Strategy<Value = When> {
    let count = prop_oneof![
        Just(Count::Always),
        (1..u32::MAX).prop_map(Count::Nth),
        any::<u32>().prop_map(Count::AfterApdus),
        any::<u32>().prop_map(Count::AfterBytes),
    ];
    (any::<Option<u8>>(), any::<Option<bool>>(), count).prop_map(|(ins, protected, count)| When {
        ins,
        protected,
        count,
    })
}

fn action() -> impl Strategy<Value = Action> {
    let pause = || (0..600_000_u64).prop_map(Duration::from_millis);
    let sw = || any::<u16>().prop_map(StatusWord);
    prop_oneof![
        any::<bool>().prop_map(|until_inserted| Action::Tear { until_inserted }),
        pause().prop_map(Action::Delay),
        (1..255_u16, proptest::option::of(pause()))
            .prop_map(|(times, pause)| Action::WaitingTime { times, pause }),
        sw().prop_map(Action::Status),
        (1..=64_u8).prop_map(|bits| Action::Flip(Amount::new(bits))),
        (1..=64_u8).prop_map(|bits| Action::Spoil(Amount::new(bits))),
        Just(Action::WrongMac),
        Just(Action::SlipCounter),
        (sw(), any::<bool>()).prop_map(|(sw, counting)| Action::Naked { sw, counting }),
        (0..0x1_0001_u32, any::<bool>())
            .prop_map(|(len, keep_status)| Action::Truncate { len, keep_status }),
        proptest::option::of(2..0x1_0001_u32).prop_map(Action::Garbage),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        faults in proptest::collection::vec((action(), when()), 0..5),
        seed in any::<u64>(),
    ) {
        let faults = faults.into_iter().map(|(action, mut when)| {
            if matches!(action, Action::WrongMac | Action::SlipCounter | Action::Naked { .. }) {
                when.protected = when.protected.filter(|protected| *protected);
            }
            Fault { action, when }
        });
        let plan = FaultPlan { seed, faults: faults.collect() };
        prop_assert_eq!(plan.to_string().parse(), Ok(plan));
    }

    #[test]
    fn any_text_is_a_plan_or_an_error_within_it(text in "[ a-z0-9;]{0,40}|\\PC{0,30}") {
        match text.parse::<FaultPlan>() {
            Ok(plan) => prop_assert_eq!(plan.to_string().parse(), Ok(plan)),
            Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.column())),
        }
    }
}
