//! Our card in a real vpcd, our driver on a real PC/SC daemon.
#![cfg(has_pcsc)]

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use iccard::transport::pcsc::{self, ConnectOptions, End, ReaderEvent, ReaderState, Share};
use iccard::transport::vpcd::{CardLink, Ended, Endpoint, LinkEvent, StopHandle};
use iccard::transport::{Deadline, Power, Reset, Transport, TransportError};

use crate::support::echo::{ATR, Echo, Ends};
use crate::support::pcscd::{self, Mode, Pcscd, READER, VPCD, inside};

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

fn shortly() -> Deadline {
    Deadline::after(Duration::from_millis(300))
}

fn ask(card: &mut impl Transport, command: &[u8]) -> Vec<u8> {
    let mut response = Vec::new();
    card.transceive(command, &mut response, soon()).unwrap();
    response
}

/// How often `CA` was asked since the card was powered or reset, this time included.
fn asked(card: &mut impl Transport) -> u8 {
    ask(card, &[0, 0xCA, 0, 0])[0]
}

fn waiting(options: ConnectOptions) -> ConnectOptions {
    let wait = Some(Duration::from_secs(30));
    ConnectOptions { reader: Some("virtual pcd 00 00".into()), wait, ..options }
}

/// Puts a chip into the first slot while `use_it` runs.
fn plugged(link: CardLink, use_it: impl FnOnce(Ends, &StopHandle)) {
    let (mut chip, ends) = Echo::new();
    let stop = link.stop_handle();
    thread::scope(|scope| {
        let card = scope.spawn(move || link.run(&mut chip, &mut |_| {}));
        // A failed assertion must not leave the thread behind, which the scope waits for.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| use_it(ends, &stop)));
        stop.stop();
        let ended = card.join().unwrap();
        if let Err(payload) = result {
            std::panic::resume_unwind(payload);
        }
        assert_eq!(ended.unwrap(), Ended::Stopped);
    });
}

fn connecting() -> CardLink {
    CardLink::connecting(VPCD.parse::<Endpoint>().unwrap())
}

fn sizes(card: &mut impl Transport) {
    assert_eq!(card.atr(), ATR);
    for length in [0_u16, 1, 256, 65_533] {
        let [p1, p2] = length.to_be_bytes();
        let response = ask(card, &[0, 0xB0, p1, p2]);
        assert_eq!(response.len(), usize::from(length) + 2);
        let body = response.strip_suffix(&[0x90, 0x00]).unwrap();
        assert!(body.iter().enumerate().all(|(i, byte)| usize::from(*byte) == i % 251));
    }
    // The longest command that leaves room for 9000 behind itself in the answer.
    for length in [4, 5, 261, 65_533] {
        let command = vec![0xA5; length];
        assert_eq!(ask(card, &command).strip_suffix(&[0x90, 0x00]), Some(command.as_slice()));
    }
}

#[test]
fn commands_and_answers_of_every_size_pass() {
    inside("transport_pcscd::commands_and_answers_of_every_size_pass", Mode::Listening, || {
        plugged(connecting(), |_, _| {
            let mut card = pcsc::connect(&waiting(ConnectOptions::default())).unwrap();
            assert_eq!(card.name(), READER);
            sizes(&mut card);
            let too_short = card.transceive(&[0x04], &mut Vec::new(), soon());
            assert!(matches!(too_short, Err(TransportError::CommandTooShort { got: 1 })));
            card.close().unwrap();
        });
    });
}

#[test]
fn a_vpcd_that_connects_gets_its_card_too() {
    inside("transport_pcscd::a_vpcd_that_connects_gets_its_card_too", Mode::Reversed, || {
        let link = CardLink::listening(&VPCD.parse().unwrap()).unwrap();
        plugged(link, |_, _| {
            sizes(&mut pcsc::connect(&waiting(ConnectOptions::default())).unwrap());
        });
    });
}

#[test]
fn resets_reach_the_chip_and_taps_are_alike() {
    inside("transport_pcscd::resets_reach_the_chip_and_taps_are_alike", Mode::Listening, || {
        plugged(connecting(), |ends, _| {
            let tap = waiting(ConnectOptions::default());
            let found = waiting(ConnectOptions::as_found());

            let mut card = pcsc::connect(&tap).unwrap();
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
            let mut card = pcsc::connect(&found).unwrap();
            assert_eq!(asked(&mut card), 1);
            card.close().unwrap();
            let mut card = pcsc::connect(&found).unwrap();
            assert_eq!(asked(&mut card), 2);
            card.close().unwrap();
            assert_eq!(ends.powered.try_iter().next(), None);

            // A tap starts anew, and leaves nothing.
            for _ in 0..2 {
                let mut card = pcsc::connect(&tap).unwrap();
                assert_eq!(asked(&mut card), 1);
                card.close().unwrap();
            }
            let mut card = pcsc::connect(&found).unwrap();
            assert_eq!(asked(&mut card), 1);
        });
    });
}

#[test]
fn a_card_that_leaves_is_said_to_have_left() {
    inside("transport_pcscd::a_card_that_leaves_is_said_to_have_left", Mode::Listening, || {
        plugged(connecting(), |ends, stop| {
            let mut card = pcsc::connect(&waiting(ConnectOptions::default())).unwrap();
            assert_eq!(asked(&mut card), 1);
            // In the middle of a command.
            let left = thread::scope(|scope| {
                let Ends { working, gate, .. } = ends;
                scope.spawn(move || {
                    working.recv().unwrap();
                    stop.stop();
                    gate.send(()).unwrap();
                });
                card.transceive(&[0, 0x70, 0, 0], &mut Vec::new(), soon())
            });
            assert!(matches!(left, Err(TransportError::CardRemoved { .. })), "{left:?}");
            let none = card.transceive(&[0, 0xCA, 0, 0], &mut Vec::new(), soon());
            assert!(matches!(none, Err(TransportError::NoCard { .. })), "{none:?}");
            let none = pcsc::connect(&ConnectOptions::default());
            assert!(matches!(none, Err(TransportError::NoCard { .. })), "{none:?}");
        });
        // Another card, and the same transport's readers go on.
        plugged(connecting(), |_, _| {
            let mut card = pcsc::connect(&waiting(ConnectOptions::default())).unwrap();
            assert_eq!(asked(&mut card), 1);
        });
    });
}

#[test]
fn a_late_call_is_given_up_and_the_next_works() {
    inside("transport_pcscd::a_late_call_is_given_up_and_the_next_works", Mode::Listening, || {
        plugged(connecting(), |ends, _| {
            let mut card = pcsc::connect(&waiting(ConnectOptions::default())).unwrap();
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
    });
}

#[test]
fn others_are_kept_away_and_their_resets_noticed() {
    inside(
        "transport_pcscd::others_are_kept_away_and_their_resets_noticed",
        Mode::Listening,
        || {
            plugged(connecting(), |_, _| {
                let patient = Duration::from_millis(1500);
                let tap = ConnectOptions { timeout: patient, ..waiting(ConnectOptions::default()) };
                let found = waiting(ConnectOptions::as_found());
                let alone = ConnectOptions { share: Share::Exclusive, ..found.clone() };

                let mut first = pcsc::connect(&alone).unwrap();
                let refused = pcsc::connect(&found);
                assert!(matches!(refused, Err(TransportError::Shared { .. })), "{refused:?}");
                let state = pcsc::readers().unwrap()[0].state;
                assert_eq!(state, ReaderState::Exclusive);
                assert_eq!(asked(&mut first), 1);
                first.close().unwrap();

                let mut first = pcsc::connect(&found).unwrap();
                let mut second = pcsc::connect(&found).unwrap();
                first.begin(soon()).unwrap();
                assert_eq!(asked(&mut first), 1);
                let kept = second.transceive(&[0, 0xCA, 0, 0], &mut Vec::new(), shortly());
                assert!(
                    matches!(
                        kept,
                        Err(TransportError::Timeout { .. } | TransportError::Shared { .. })
                    ),
                    "{kept:?}"
                );
                assert_eq!(asked(&mut first), 2);
                first.reset(Reset::Warm).unwrap();
                assert_eq!(asked(&mut first), 1);
                first.end().unwrap();
                assert_eq!(asked(&mut second), 2);

                // Another program's tap resets the card under the first's feet.
                let mut other = pcsc::connect(&tap).unwrap();
                assert_eq!(asked(&mut other), 1);
                other.close().unwrap();
                let reset = first.transceive(&[0, 0xCA, 0, 0], &mut Vec::new(), soon());
                assert!(matches!(reset, Err(TransportError::CardReset { .. })), "{reset:?}");
                assert_eq!(asked(&mut first), 1);
            });
        },
    );
}

#[test]
fn the_watcher_sees_cards_come_and_go() {
    inside("transport_pcscd::the_watcher_sees_cards_come_and_go", Mode::Listening, || {
        let mut watcher = pcsc::Watcher::start(vec!["00 01".into()]).unwrap();
        let mut next = || loop {
            match watcher.next(Duration::from_secs(30)).unwrap() {
                Some(ReaderEvent::Changed(_)) => {}
                Some(event) => return event,
                None => panic!("no event"),
            }
        };
        let ReaderEvent::Added(reader) = next() else { panic!("no reader") };
        assert_eq!((reader.name.as_str(), reader.state), (READER, ReaderState::Empty));
        plugged(connecting(), |_, _| {
            let ReaderEvent::CardIn(reader) = next() else { panic!("no card") };
            assert_eq!(reader.atr, ATR);
        });
        assert!(matches!(next(), ReaderEvent::CardOut(_)));
    });
}

#[test]
fn the_watcher_outlives_the_daemon() {
    const NAME: &str = "transport_pcscd::the_watcher_outlives_the_daemon";
    if pcscd::is_inside() {
        let mut watcher = pcsc::Watcher::start(Vec::new()).unwrap();
        while let Some(event) = watcher.next(Duration::from_secs(30)).unwrap() {
            println!("\nevent {event:?}");
            if event == ReaderEvent::ServiceBack {
                return;
            }
        }
        panic!("no event");
    }
    let mut pcscd = match Pcscd::start() {
        Ok(pcscd) => pcscd,
        Err(why) => return pcscd::skip(NAME, &why),
    };
    let mut child =
        pcscd::Running(pcscd::rerun(&pcscd, NAME).stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("event Added")));
    pcscd.restart();
    assert!(lines.any(|line| line.starts_with("event ServiceLost")));
    assert!(lines.any(|line| line.starts_with("event ServiceBack")));
    assert!(lines.any(|line| line.contains("1 passed")));
}

#[test]
fn a_second_card_in_a_slot_is_told_of_the_silence() {
    inside(
        "transport_pcscd::a_second_card_in_a_slot_is_told_of_the_silence",
        Mode::Listening,
        || {
            plugged(connecting(), |_, _| {
                let options =
                    ConnectOptions { end: End::Leave, ..waiting(ConnectOptions::default()) };
                let mut card = pcsc::connect(&options).unwrap();
                let (mut second, _ends) = Echo::new();
                let link = connecting();
                let stop = link.stop_handle();
                let (tell, told) = mpsc::channel();
                thread::scope(|scope| {
                    scope.spawn(move || {
                        let silent = &mut |event: LinkEvent<'_>| {
                            if matches!(event, LinkEvent::Silent) {
                                tell.send(()).unwrap();
                            }
                        };
                        link.run(&mut second, silent)
                    });
                    told.recv_timeout(Duration::from_secs(30)).unwrap();
                    stop.stop();
                });
                assert_eq!(asked(&mut card), 1);
            });
        },
    );
}
