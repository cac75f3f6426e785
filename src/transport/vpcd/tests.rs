//! Both of our sides against each other, and each against a peer that misbehaves.
//!
//! That our two sides understand each other proves nothing about the wire, for they may share a
//! mistake: `tests/transport_pcscd.rs` puts the card's side into a real vpcd.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::transport::{Deadline, Power, Reset, Responder, Transport, TransportError};

/// Answers a command with itself and 9000; `80 01` with nothing, `80 02` with too much, `80 03`
/// when the test lets it.
struct Chip {
    atr: Vec<u8>,
    powered: mpsc::Sender<Power>,
    working: mpsc::Sender<()>,
    gate: mpsc::Receiver<()>,
}

/// The test's ends of a chip's channels.
struct Ends {
    powered: mpsc::Receiver<Power>,
    working: mpsc::Receiver<()>,
    gate: mpsc::Sender<()>,
}

fn chip() -> (Chip, Ends) {
    let (powered, powered_end) = mpsc::channel();
    let (working, working_end) = mpsc::channel();
    let (gate_end, gate) = mpsc::channel();
    let chip = Chip { atr: vec![0x3B, 0x80, 0x80, 0x01, 0x01], powered, working, gate };
    (chip, Ends { powered: powered_end, working: working_end, gate: gate_end })
}

impl Responder for Chip {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn power(&mut self, event: Power) {
        let _ = self.powered.send(event);
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        match command {
            [0x80, 0x01, ..] => return,
            [0x80, 0x02, ..] => response.resize(70_000, 0),
            [0x80, 0x03, ..] => {
                let _ = self.working.send(());
                let _ = self.gate.recv();
            }
            _ => {}
        }
        response.extend_from_slice(command);
        response.extend_from_slice(&[0x90, 0x00]);
    }
}

fn local() -> Endpoint {
    Endpoint::new("127.0.0.1", 0)
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// A card of ours in a reader of ours.
fn pair(use_it: impl FnOnce(&mut VpcdReader, &Ends)) {
    let listener = VpcdListener::bind(&local()).unwrap();
    let link = CardLink::connecting(listener.local_addr().into());
    let (mut chip, ends) = chip();
    thread::scope(|scope| {
        let card = scope.spawn(move || link.run(&mut chip, &mut |_| {}));
        let mut reader = listener.accept(soon()).unwrap();
        use_it(&mut reader, &ends);
        drop(reader);
        assert_eq!(card.join().unwrap().unwrap(), Ended::PeerClosed);
    });
}

#[test]
fn commands_of_every_size_and_resets_pass() {
    pair(|reader, ends| {
        assert_eq!(reader.atr(), [0x3B, 0x80, 0x80, 0x01, 0x01]);
        let mut response = Vec::new();
        for size in [4, 5, 261, 65_533] {
            let command = vec![0xA5; size];
            reader.transceive(&command, &mut response, soon()).unwrap();
            assert_eq!(response.strip_suffix(&[0x90, 0x00]), Some(command.as_slice()));
        }
        // An answer of nothing and one of over 65,535 bytes: no precise diagnosis.
        for ins in [1, 2] {
            reader.transceive(&[0x80, ins, 0, 0], &mut response, soon()).unwrap();
            assert_eq!(response, [0x6F, 0x00]);
        }
        reader.reset(Reset::Warm).unwrap();
        reader.reset(Reset::Cold).unwrap();
        let events: Vec<_> = ends.powered.try_iter().collect();
        assert_eq!(events, [Power::On, Power::Reset, Power::Off, Power::On]);

        let too_short = reader.transceive(&[0x04], &mut response, soon());
        assert!(matches!(too_short, Err(TransportError::CommandTooShort { got: 1 })));
        let too_long = reader.transceive(&[0; 65_536], &mut response, soon());
        assert!(matches!(too_long, Err(TransportError::CommandTooLong { got: 65_536, .. })));
    });
}

#[test]
fn a_late_answer_is_not_taken_for_the_next() {
    pair(|reader, ends| {
        let mut response = Vec::new();
        let short = Deadline::after(Duration::from_millis(30));
        let late = reader.transceive(&[0x80, 0x03, 0, 0], &mut response, short);
        assert!(matches!(late, Err(TransportError::Timeout { .. })), "{late:?}");
        let passed = Deadline::after(Duration::ZERO);
        let still = reader.transceive(&[0, 1, 2, 3], &mut response, passed);
        assert!(matches!(still, Err(TransportError::Timeout { .. })), "{still:?}");
        ends.gate.send(()).unwrap();
        reader.transceive(&[0, 1, 2, 3], &mut response, soon()).unwrap();
        assert_eq!(response, [0, 1, 2, 3, 0x90, 0x00]);
    });
}

#[test]
fn a_stopped_link_is_a_removed_card() {
    let listener = VpcdListener::bind(&local()).unwrap();
    let link = CardLink::connecting(listener.local_addr().into());
    let stop = link.stop_handle();
    let (mut chip, Ends { powered, working, gate }) = chip();
    thread::scope(|scope| {
        let card = scope.spawn(move || link.run(&mut chip, &mut |_| {}));
        let mut reader = listener.accept(soon()).unwrap();
        // It leaves while it works: before the length of its answer, never inside it.
        scope.spawn(move || {
            working.recv().unwrap();
            stop.stop();
            gate.send(()).unwrap();
        });
        let mut response = Vec::new();
        let gone = reader.transceive(&[0x80, 0x03, 0, 0], &mut response, soon());
        assert!(matches!(gone, Err(TransportError::CardRemoved { .. })), "{gone:?}");
        let again = reader.transceive(&[0; 4], &mut response, soon());
        assert!(matches!(again, Err(TransportError::CardRemoved { .. })), "{again:?}");
        assert_eq!(card.join().unwrap().unwrap(), Ended::Stopped);
    });
    assert_eq!(powered.iter().last(), Some(Power::Off));
}

#[test]
fn a_listening_card_serves_the_reader_that_connects_and_comes_back() {
    let link = CardLink::listening(&local()).unwrap().reconnecting(true);
    let address = link.local_addr().unwrap();
    let stop = link.stop_handle();
    let (mut chip, ends) = chip();
    thread::scope(|scope| {
        let card = scope.spawn(move || link.run(&mut chip, &mut |_| {}));
        for _ in 0..2 {
            let mut vpcd = TcpStream::connect(address).unwrap();
            vpcd.write_all(&[0, 1, control::ON, 0, 1, 0x77, 0, 1, control::ATR]).unwrap();
            let mut atr = [0; 7];
            vpcd.read_exact(&mut atr).unwrap();
            assert_eq!(atr, [0, 5, 0x3B, 0x80, 0x80, 0x01, 0x01]);
        }
        stop.stop();
        assert_eq!(card.join().unwrap().unwrap(), Ended::Stopped);
    });
    let events: Vec<_> = ends.powered.iter().collect();
    assert_eq!(events, [Power::On, Power::Off, Power::On, Power::Off]);
}

/// What our reader says of a card that sends `answers`, one after each command, and then closes.
fn tapped(answers: &[&[u8]]) -> TransportError {
    let listener = VpcdListener::bind(&local()).unwrap();
    let mut card = TcpStream::connect(listener.local_addr()).unwrap();
    for answer in answers {
        card.write_all(answer).unwrap();
    }
    card.shutdown(Shutdown::Write).unwrap();
    let mut reader = match listener.accept(soon()) {
        Ok(reader) => reader,
        Err(error) => return error,
    };
    reader.transceive(&[0, 0xB0, 0, 0], &mut Vec::new(), soon()).unwrap_err()
}

#[test]
fn a_reader_refuses_what_no_card_says() {
    const ATR: &[u8] = &[0, 5, 0x3B, 0x80, 0x80, 0x01, 0x01];
    for answers in [
        // No ATR, an empty one, one too long, half a length, half an ATR.
        &[&[0, 1, 0x3B][..]][..],
        &[&[0, 0]],
        &[&[0, 34], &[0x3B; 34]],
        &[&[0]],
        &[&[0xFF, 0xFF, 0x3B]],
        // An answer nobody asked for.
        &[ATR, &[0, 2, 0x90, 0x00]],
    ] {
        let error = tapped(answers);
        assert!(matches!(error, TransportError::Link { .. }), "{answers:02X?}: {error:?}");
    }
    for answers in [&[][..], &[ATR]] {
        let error = tapped(answers);
        assert!(matches!(error, TransportError::CardRemoved { .. }), "{answers:02X?}: {error:?}");
    }
}

/// What our reader says of a card that answers one command with `answer` and then closes.
fn answered(answer: &[u8]) -> Result<Vec<u8>, TransportError> {
    let listener = VpcdListener::bind(&local()).unwrap();
    let mut card = TcpStream::connect(listener.local_addr()).unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut asked = [0; 6];
            card.read_exact(&mut asked).unwrap();
            card.write_all(&[0, 2, 0x3B, 0x00]).unwrap();
            card.read_exact(&mut asked).unwrap();
            card.write_all(answer).unwrap();
        });
        let mut reader = listener.accept(soon()).unwrap();
        let mut response = Vec::new();
        reader.transceive(&[0, 0xB0, 0, 0], &mut response, soon()).map(|()| response)
    })
}

#[test]
fn a_reader_refuses_answers_that_are_cut_or_too_short() {
    assert_eq!(answered(&[0, 2, 0x90, 0x00]).unwrap(), [0x90, 0x00]);
    for cut in [&[0_u8][..], &[0, 2], &[0, 2, 0x90], &[0, 1, 0x90], &[0, 0]] {
        let error = answered(cut).unwrap_err();
        assert!(matches!(error, TransportError::Link { .. }), "{cut:02X?}: {error:?}");
    }
    assert!(matches!(answered(&[]).unwrap_err(), TransportError::CardRemoved { .. }));
}

#[test]
fn silence_ends_at_the_deadline() {
    let listener = VpcdListener::bind(&local()).unwrap();
    let in_time = || Deadline::after(Duration::from_millis(30));
    let nobody = listener.accept(in_time());
    assert!(matches!(nobody, Err(TransportError::NoCard { .. })), "{nobody:?}");

    let _mute = TcpStream::connect(listener.local_addr()).unwrap();
    let mute = listener.accept(in_time());
    assert!(matches!(mute, Err(TransportError::Timeout { .. })), "{mute:?}");

    let link = CardLink::connecting(nobody_there()).patience(Duration::from_millis(30));
    let none = link.run(&mut chip().0, &mut |_| {});
    assert!(matches!(none, Err(TransportError::Io { .. })), "{none:?}");
    let link = CardLink::listening(&local()).unwrap().patience(Duration::from_millis(30));
    let none = link.run(&mut chip().0, &mut |_| {});
    assert!(matches!(none, Err(TransportError::Timeout { .. })), "{none:?}");
}

/// An endpoint where nobody listens, until somebody does.
fn nobody_there() -> Endpoint {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().into()
}

#[test]
fn a_card_waits_for_a_vpcd_that_starts_later() {
    let endpoint = nobody_there();
    let link = CardLink::connecting(endpoint.clone());
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        let card = scope.spawn(move || {
            link.run(&mut chip().0, &mut |event| {
                if let LinkEvent::Waiting(error) = event {
                    tell.send(error.to_string()).unwrap();
                }
            })
        });
        assert!(told.recv().unwrap().contains(&endpoint.to_string()));
        drop(VpcdReader::listen(&endpoint, soon()).unwrap());
        assert_eq!(card.join().unwrap().unwrap(), Ended::PeerClosed);
    });
    // It was told once.
    assert!(told.try_recv().is_err());
}

#[test]
fn a_card_survives_what_no_vpcd_says() {
    let run = |bytes: &[u8], atr: &[u8]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let link = CardLink::connecting(listener.local_addr().unwrap().into());
        let (mut chip, _ends) = chip();
        chip.atr = atr.to_vec();
        thread::scope(|scope| {
            let card = scope.spawn(move || link.run(&mut chip, &mut |_| {}));
            let (mut vpcd, _) = listener.accept().unwrap();
            vpcd.write_all(bytes).unwrap();
            vpcd.shutdown(Shutdown::Write).unwrap();
            let mut answers = Vec::new();
            vpcd.read_to_end(&mut answers).unwrap();
            (answers, card.join().unwrap())
        })
    };
    // An empty frame is a command of no bytes; an unknown control has no answer.
    let (answers, ended) = run(&[0, 0, 0, 1, 0x99, 0, 1, 0x05], &[0x3B, 0x00]);
    assert_eq!((answers.as_slice(), ended.unwrap()), (&[0, 2, 0x90, 0x00][..], Ended::PeerClosed));
    for cut in [&[0][..], &[0, 1], &[0xFF, 0xFF, 0, 0xB0]] {
        let (answers, ended) = run(cut, &[0x3B, 0x00]);
        assert!(answers.is_empty());
        assert!(matches!(ended, Err(TransportError::Link { .. })), "{cut:02X?}: {ended:?}");
    }
    // A chip without an ATR is mute: the link ends rather than send an empty frame.
    for atr in [&[][..], &[0x3B], &[0x3B; 34]] {
        let (answers, ended) = run(&[0, 1, control::ATR], atr);
        assert!(answers.is_empty());
        assert!(matches!(ended, Err(TransportError::Link { .. })), "{ended:?}");
    }
}
