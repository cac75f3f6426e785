//! The same faults behind a vpcd: what a reader meets there is what it meets in one process.

use std::{
    thread,
    time::{Duration, Instant},
};

use iccard::transport::{
    Deadline, Loopback, Transport, TransportError,
    fault::FaultHandle,
    vpcd::{CardLink, Endpoint, StopHandle, VpcdListener, VpcdReader},
};

use super::{faulty, told};
use crate::support::card::{of_profile, resident, tap_over};

const PATIENCE: Duration = Duration::from_secs(60);
const CARD_ACCESS: [u8; 5] = [0x00, 0xB0, 0x9C, 0x00, 0x00];

/// A chip with faults that comes back when it was torn.
struct Plugged {
    listener: VpcdListener,
    handle: FaultHandle,
    stop: StopHandle,
    link: Option<thread::JoinHandle<()>>,
}

impl Plugged {
    fn new(plan: &str) -> Self {
        let listener = VpcdListener::bind(&Endpoint::new("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().port();
        let mut chip = faulty(&resident(), plan);
        let handle = chip.handle();
        let link = CardLink::connecting(Endpoint::new("127.0.0.1", port));
        let link = link.patience(PATIENCE).reconnecting(true);
        let stop = link.stop_handle();
        let run = move || {
            let _ = link.run(&mut chip, &mut |_| {});
        };
        Self { listener, handle, stop, link: Some(thread::spawn(run)) }
    }

    fn reader(&self) -> VpcdReader {
        self.listener.accept(Deadline::after(PATIENCE)).unwrap()
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(link) = self.link.take() {
            let _ = link.join();
        }
    }
}

fn ask(card: &mut dyn Transport) -> Result<Vec<u8>, TransportError> {
    let mut response = Vec::new();
    card.transceive(&CARD_ACCESS, &mut response, Deadline::after(PATIENCE))?;
    Ok(response)
}

#[test]
fn a_fault_is_the_same_over_both_ways() {
    let resident = resident();
    for plan in [
        "sw 6F00 on ins B0 nth 2",
        "sw 6700 on ins B0 in protected nth 1",
        "flip 2 bits in protected nth 3",
        "spoil 2 bits on ins B0 in protected nth 4",
        "wrong mac nth 5",
        "slip counter nth 5",
        "naked 6700 on ins B0 nth 2",
        "naked 6700 counting on ins B0 nth 2",
        "truncate to 40 bytes on ins B0 in protected nth 3",
        "truncate data to 40 bytes on ins B0 in protected nth 3",
        "garbage in protected nth 6",
        "random atr",
        "wtx 3 of 1ms on ins 86",
        "delay 1ms on ins 86",
        "tear after 9 apdus",
        "tear after 1500 bytes",
        "tear on ins 86 nth 3",
    ] {
        let plan = format!("{plan}; seed 7");
        let chip = faulty(&resident, &plan);
        let here = chip.handle();
        let outcome =
            tap_over(Box::new(Loopback::named(chip, "here".into())), &of_profile(&resident));
        let expected = told(&resident, &outcome).replace("the card left here", "the card left");
        let plugged = Plugged::new(&plan);
        let reader = plugged.reader();
        let name = reader.name().to_owned();
        let outcome = tap_over(Box::new(reader), &of_profile(&resident));
        let got =
            told(&resident, &outcome).replace(&format!("the card left {name}"), "the card left");
        assert_eq!(got, expected, "{plan}");
        let fired = |handle: &FaultHandle| {
            handle.faults().iter().map(|firing| firing.fired).collect::<Vec<_>>()
        };
        assert!(here.fired() > 0, "{plan}: {got}");
        // A vpcd's own power cycles are activations too.
        if !plan.contains("atr") {
            assert_eq!(fired(&plugged.handle), fired(&here), "{plan}: {got}");
        }
    }
}

#[test]
fn a_torn_card_closes_before_the_length_and_stays_away_for_a_second() {
    let plugged = Plugged::new("tear after 1 apdus");
    let mut reader = plugged.reader();
    assert!(ask(&mut reader).unwrap().ends_with(&[0x90, 0x00]));
    let gone = ask(&mut reader).unwrap_err();
    assert!(matches!(gone, TransportError::CardRemoved { .. }), "{gone}");
    let left = Instant::now();
    let mut reader = plugged.reader();
    assert!(left.elapsed() >= Duration::from_millis(900), "a daemon would not have noticed");
    assert!(ask(&mut reader).unwrap().ends_with(&[0x90, 0x00]));
    assert_eq!(plugged.handle.fired(), 1);
}

#[test]
fn a_card_that_was_taken_away_comes_back_when_it_is_put_there() {
    let plugged = Plugged::new("tear until inserted after 0 apdus");
    let mut reader = plugged.reader();
    assert!(matches!(ask(&mut reader), Err(TransportError::CardRemoved { .. })));
    assert!(plugged.handle.is_away());
    // It does not knock meanwhile.
    let none = plugged.listener.accept(Deadline::after(Duration::from_millis(1500)));
    assert!(none.is_err());
    plugged.handle.insert();
    assert!(ask(&mut plugged.reader()).unwrap().ends_with(&[0x90, 0x00]));
}

#[test]
fn an_answer_too_short_for_a_frame_does_not_stop_a_daemon() {
    for len in [0, 1] {
        let plugged = Plugged::new(&format!("truncate to {len} bytes nth 1"));
        let mut reader = plugged.reader();
        assert_eq!(ask(&mut reader).unwrap(), [0x6F, 0x00]);
        assert!(ask(&mut reader).unwrap().ends_with(&[0x90, 0x00]));
    }
}
