//! Our card in a real vpcd, our driver on a real PC/SC daemon.
#![cfg(has_pcsc)]

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use iccard::transport::pcsc::{self, ConnectOptions, ReaderEvent, ReaderState, Share};
use iccard::transport::vpcd::{CardLink, Ended, Endpoint, LinkEvent, StopHandle};
use iccard::transport::{Deadline, Power, Reset, Transport, TransportError};

use crate::support::echo::{ATR, Echo, Ends};
use crate::support::pcscd::{self, Mode, Pcscd, READER, Running, VPCD};

const LONG: Duration = Duration::from_secs(30);

fn soon() -> Deadline {
    Deadline::after(LONG)
}

fn shortly() -> Deadline {
    Deadline::after(Duration::from_millis(300))
}

/// The card's answer.
fn ask(card: &mut impl Transport, command: &[u8]) -> Vec<u8> {
    let mut response = Vec::new();
    card.transceive(command, &mut response, soon()).unwrap();
    response
}

/// How often this was asked since the card was powered or reset, this time included.
fn asked(card: &mut impl Transport) -> u8 {
    ask(card, &[0, 0xCA, 0, 0])[0]
}

fn on_first_slot(options: ConnectOptions) -> ConnectOptions {
    let reader = Some("virtual pcd 00 00".into());
    ConnectOptions { reader, wait: Some(LONG), ..options }
}

/// A tap, as the default is.
fn tap() -> ConnectOptions {
    on_first_slot(ConnectOptions::default())
}

/// The card as it is, and left so.
fn found() -> ConnectOptions {
    on_first_slot(ConnectOptions::as_found())
}

fn endpoint() -> Endpoint {
    VPCD.parse().unwrap()
}

fn full_name(test: &str) -> String {
    format!("transport_pcscd::{test}")
}

/// A test beside a daemon of its own.
fn inside(test: &str, body: impl FnOnce()) {
    pcscd::inside(&full_name(test), body);
}

/// The same with a card in the first slot.
fn with_card(test: &str, body: impl FnOnce(Ends, &StopHandle)) {
    inside(test, || plugged(CardLink::connecting(endpoint()), body));
}

/// Keeps a card plugged in while `body` runs.
fn plugged(link: CardLink, body: impl FnOnce(Ends, &StopHandle)) {
    let (mut chip, ends) = Echo::new();
    let stop = link.stop_handle();
    thread::scope(|scope| {
        let card = scope.spawn(move || link.run(&mut chip, &mut |_| {}));
        // After a failed assertion the scope would wait for the card for ever.
        let result = catch_unwind(AssertUnwindSafe(|| body(ends, &stop)));
        stop.stop();
        let ended = card.join().unwrap();
        result.unwrap_or_else(|payload| resume_unwind(payload));
        assert_eq!(ended.unwrap(), Ended::Stopped);
    });
}

/// Runs a test inside as a process to talk with.
fn rerun(pcscd: &Pcscd, test: &str) -> Running {
    let mut command = pcscd::rerun(pcscd, &full_name(test));
    Running(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
}

fn passes_every_size(card: &mut impl Transport) {
    assert_eq!((card.name(), card.atr()), (READER, &ATR[..]));
    for length in [0_u16, 1, 256, 65_533] {
        let [p1, p2] = length.to_be_bytes();
        let response = ask(card, &[0, 0xB0, p1, p2]);
        assert_eq!(response.len(), usize::from(length) + 2);
        let body = response.strip_suffix(&[0x90, 0x00]).unwrap();
        assert!(body.iter().enumerate().all(|(i, byte)| usize::from(*byte) == i % 251));
    }
    // Come back with 9000 behind them: the longest is what a frame carries.
    for length in [4, 5, 261, 65_533] {
        let command = vec![0xA5; length];
        assert_eq!(ask(card, &command).strip_suffix(&[0x90, 0x00]), Some(command.as_slice()));
    }
}

#[test]
fn commands_and_answers_of_every_size_pass() {
    with_card("commands_and_answers_of_every_size_pass", |_, _| {
        let mut card = pcsc::connect(&tap()).unwrap();
        passes_every_size(&mut card);
        // A single byte would be a control to vpcd.
        let control = card.transceive(&[0x04], &mut Vec::new(), soon());
        assert!(matches!(control, Err(TransportError::CommandTooShort { got: 1 })));
        card.close().unwrap();
    });
}

#[test]
fn a_vpcd_that_connects_gets_its_card_too() {
    const TEST: &str = "a_vpcd_that_connects_gets_its_card_too";
    if pcscd::is_inside() {
        let link = CardLink::listening(&endpoint()).unwrap();
        let other = CardLink::listening(&endpoint().slot(1).unwrap()).unwrap();
        return plugged(other, |_, _| {
            plugged(link, |_, _| {
                println!("\nlistening");
                // The daemon runs when this comes.
                std::io::stdin().read_line(&mut String::new()).unwrap();
                passes_every_size(&mut pcsc::connect(&tap()).unwrap());
            });
        });
    }
    let mut pcscd = match Pcscd::prepare(Mode::Reversed) {
        Ok(pcscd) => pcscd,
        Err(why) => return pcscd::skip(TEST, &why),
    };
    let mut child = rerun(&pcscd, TEST);
    let mut lines = child.lines();
    assert!(lines.any(|line| line == "listening"));
    pcscd.restart();
    child.0.stdin.take().unwrap().write_all(b"go\n").unwrap();
    assert!(lines.any(|line| line.contains("1 passed")), "{}", pcscd.log());
}

#[test]
fn resets_reach_the_chip_and_taps_are_alike() {
    with_card("resets_reach_the_chip_and_taps_are_alike", |ends, _| {
        let mut card = pcsc::connect(&tap()).unwrap();
        assert_eq!((asked(&mut card), asked(&mut card)), (1, 2));
        ends.powered.try_iter().for_each(drop);
        card.reset(Reset::Warm).unwrap();
        assert_eq!(asked(&mut card), 1);
        assert_eq!(ends.powered.try_iter().collect::<Vec<_>>(), [Power::Reset]);
        card.reset(Reset::Cold).unwrap();
        assert_eq!(asked(&mut card), 1);
        assert_eq!(ends.powered.try_iter().collect::<Vec<_>>(), [Power::Off, Power::On]);
        card.close().unwrap();
        assert_eq!(ends.powered.recv(), Ok(Power::Reset));

        // As it is found and left: the second goes on where the first stopped.
        for count in [1, 2] {
            let mut card = pcsc::connect(&found()).unwrap();
            assert_eq!(asked(&mut card), count);
            card.close().unwrap();
        }
        assert_eq!(ends.powered.try_iter().next(), None);

        // A tap starts anew and leaves nothing.
        for _ in 0..2 {
            let mut card = pcsc::connect(&tap()).unwrap();
            assert_eq!(asked(&mut card), 1);
        }
        assert_eq!(asked(&mut pcsc::connect(&found()).unwrap()), 1);
    });
}

#[test]
fn a_card_that_leaves_is_said_to_have_left() {
    inside("a_card_that_leaves_is_said_to_have_left", || {
        plugged(CardLink::connecting(endpoint()), |ends, stop| {
            let mut card = pcsc::connect(&tap()).unwrap();
            assert_eq!(asked(&mut card), 1);
            let Ends { working, gate, .. } = ends;
            let left = thread::scope(|scope| {
                scope.spawn(move || {
                    working.recv().unwrap();
                    stop.stop();
                    gate.send(()).unwrap();
                });
                card.transceive(&[0, 0x70, 0, 0], &mut Vec::new(), soon())
            });
            assert!(matches!(left, Err(TransportError::CardRemoved { .. })), "{left:?}");
            let gone = card.transceive(&[0, 0xCA, 0, 0], &mut Vec::new(), soon());
            assert!(matches!(gone, Err(TransportError::NoCard { .. })), "{gone:?}");
            let none = pcsc::connect(&ConnectOptions::default());
            assert!(matches!(none, Err(TransportError::NoCard { .. })), "{none:?}");
        });
        plugged(CardLink::connecting(endpoint()), |_, stop| {
            let mut card = pcsc::connect(&tap()).unwrap();
            assert_eq!(asked(&mut card), 1);
            // And between two commands.
            stop.stop();
            let left = loop {
                match card.transceive(&[0, 0xCA, 0, 0], &mut Vec::new(), soon()) {
                    Ok(()) => {}
                    Err(error) => break error,
                }
            };
            assert!(matches!(left, TransportError::CardRemoved { .. }), "{left:?}");
        });
    });
}

#[test]
fn a_late_call_is_given_up_and_the_next_works() {
    with_card("a_late_call_is_given_up_and_the_next_works", |ends, _| {
        let mut card = pcsc::connect(&tap()).unwrap();
        assert_eq!(asked(&mut card), 1);
        let late = card.transceive(&[0, 0x70, 0, 0], &mut Vec::new(), shortly());
        assert!(matches!(late, Err(TransportError::Timeout { .. })), "{late:?}");
        // The daemon still waits for the chip: the next call is late as well, not stuck.
        let late = card.transceive(&[0, 0xCA, 0, 0], &mut Vec::new(), shortly());
        assert!(matches!(late, Err(TransportError::Timeout { .. })), "{late:?}");
        ends.gate.send(()).unwrap();
        // On a new connection, and so on a card that was reset.
        assert_eq!((asked(&mut card), asked(&mut card)), (1, 2));
    });
}

#[test]
fn others_are_kept_away_and_their_resets_noticed() {
    with_card("others_are_kept_away_and_their_resets_noticed", |_, _| {
        let mut alone =
            pcsc::connect(&ConnectOptions { share: Share::Exclusive, ..found() }).unwrap();
        let refused = pcsc::connect(&found());
        assert!(matches!(refused, Err(TransportError::Shared { .. })), "{refused:?}");
        assert_eq!(pcsc::readers().unwrap()[0].state, ReaderState::Exclusive);
        assert_eq!(asked(&mut alone), 1);
        alone.close().unwrap();

        let mut first = pcsc::connect(&found()).unwrap();
        let mut second = pcsc::connect(&found()).unwrap();
        first.begin(soon()).unwrap();
        assert_eq!(asked(&mut first), 2);
        let kept = second.transceive(&[0, 0, 0, 0], &mut Vec::new(), shortly());
        assert!(matches!(kept, Err(TransportError::Timeout { .. })), "{kept:?}");
        assert_eq!(asked(&mut first), 3);
        first.reset(Reset::Warm).unwrap();
        assert_eq!(asked(&mut first), 1);
        first.end().unwrap();
        assert_eq!(asked(&mut second), 2);

        // Another program's tap resets the card under the first's feet.
        let mut other = pcsc::connect(&tap()).unwrap();
        assert_eq!(asked(&mut other), 1);
        other.close().unwrap();
        let reset = first.transceive(&[0, 0xCA, 0, 0], &mut Vec::new(), soon());
        assert!(matches!(reset, Err(TransportError::CardReset { .. })), "{reset:?}");
        assert_eq!(asked(&mut first), 1);
    });
}

#[test]
fn the_watcher_sees_cards_come_and_go() {
    inside("the_watcher_sees_cards_come_and_go", || {
        let mut watcher = pcsc::Watcher::start(vec!["00 01".into()]).unwrap();
        let mut next = || loop {
            match watcher.next(LONG).unwrap() {
                Some(ReaderEvent::Changed(_)) => {}
                Some(event) => return event,
                None => panic!("no event"),
            }
        };
        let ReaderEvent::Added(reader) = next() else { panic!("no reader") };
        assert_eq!((reader.name.as_str(), reader.state), (READER, ReaderState::Empty));
        plugged(CardLink::connecting(endpoint()), |_, _| {
            let ReaderEvent::CardIn(reader) = next() else { panic!("no card") };
            assert_eq!(reader.atr, ATR);
        });
        assert!(matches!(next(), ReaderEvent::CardOut(_)));
    });
}

#[test]
fn the_watcher_outlives_the_daemon() {
    const TEST: &str = "the_watcher_outlives_the_daemon";
    if pcscd::is_inside() {
        let mut watcher = pcsc::Watcher::start(Vec::new()).unwrap();
        while let Some(event) = watcher.next(LONG).unwrap() {
            println!("\nevent {event:?}");
            if event == ReaderEvent::ServiceBack {
                return;
            }
        }
        panic!("no event");
    }
    let mut pcscd = match Pcscd::start() {
        Ok(pcscd) => pcscd,
        Err(why) => return pcscd::skip(TEST, &why),
    };
    let mut child = rerun(&pcscd, TEST);
    let mut lines = child.lines();
    assert!(lines.any(|line| line.starts_with("event Added")));
    pcscd.restart();
    assert!(lines.any(|line| line.starts_with("event ServiceLost")));
    assert!(lines.any(|line| line.starts_with("event ServiceBack")));
    assert!(lines.any(|line| line.contains("1 passed")));
}

#[test]
fn a_second_card_in_a_slot_is_told_of_the_silence() {
    with_card("a_second_card_in_a_slot_is_told_of_the_silence", |_, _| {
        let mut card = pcsc::connect(&tap()).unwrap();
        let link = CardLink::connecting(endpoint());
        let stop = link.stop_handle();
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                let watch = &mut |event: LinkEvent<'_>| {
                    if matches!(event, LinkEvent::Silent) {
                        tell.send(()).unwrap();
                    }
                };
                link.run(&mut Echo::new().0, watch)
            });
            let silent = told.recv_timeout(LONG);
            stop.stop();
            silent.unwrap();
        });
        assert_eq!(asked(&mut card), 1);
    });
}
