use super::*;
use crate::{
    apdu::{Command, Response, StatusWord},
    crypto::SeededRng,
    protocol::{Initiator, Next},
};

// Nobody's driving licence.
const LINE: &str = "D1UTO10000000042QQ7ZW3ERT9PLM5";

fn rng() -> SeededRng {
    SeededRng::new(b"bac", "terminal")
}

fn chips_rng() -> SeededRng {
    SeededRng::new(b"bac", "chip")
}

fn started(key: &AccessKey, rnd_ic: &[u8]) -> (Terminal, Result<Next<Established>, BacError>) {
    let mut terminal = Terminal::new(key.clone());
    terminal.start(&mut rng()).unwrap();
    let response = Response { data: rnd_ic.to_vec(), sw: StatusWord::SUCCESS };
    let next = terminal.receive(&response, &mut rng());
    (terminal, next)
}

/// A terminal that has sent its message, the chip it talks to, and the chip's answer.
fn exchanged(terminals: &AccessKey, chips: &AccessKey) -> (Terminal, Command, Chip) {
    let mut chip = Chip::new(chips.clone());
    let rnd_ic = chip.get_challenge(&mut chips_rng());
    let (terminal, next) = started(terminals, &rnd_ic);
    let Ok(Next::Send(command)) = next else { panic!("{next:?}") };
    (terminal, command, chip)
}

#[test]
fn the_input_of_bap_leaves_out_the_first_and_the_last_character() {
    // SHA-1 of "1UTO10000000042QQ7ZW3ERT9PLM", cut to 16 bytes
    let key = AccessKey::bap(LINE);
    assert_eq!(hex::encode(key.seed()), "956efdf3780dcaf6200631e6f9ae8817");
    assert_eq!(key.seed(), AccessKey::bap_input(&LINE[1..29]).seed());
    assert_eq!(key.protocol(), Protocol::Bap);
    for short in ["", "D", "D1", "é"] {
        assert_eq!(AccessKey::bap(short).seed().len(), 16);
    }
}

#[test]
fn both_halves_of_bap_agree() {
    let key = AccessKey::bap(LINE);
    let (mut terminal, command, mut chip) = exchanged(&key, &key);
    let (data, theirs) = chip.external_authenticate(&command.data, &mut chips_rng()).unwrap();
    let response = Response { data, sw: StatusWord::SUCCESS };
    let Next::Done(ours) = terminal.receive(&response, &mut rng()).unwrap() else {
        panic!("not over")
    };
    assert_eq!(
        (ours.keys.enc, ours.keys.mac, ours.ssc),
        (theirs.keys.enc, theirs.keys.mac, theirs.ssc)
    );
}

#[test]
fn the_chip_refuses_a_wrong_key_a_stale_challenge_and_other_lengths() {
    let key = AccessKey::mrz("L898902C<369080619406236");
    let (_, command, mut chip) = exchanged(&AccessKey::mrz("another document"), &key);
    let protocol = Protocol::Bac;
    let error = chip.external_authenticate(&command.data, &mut chips_rng()).unwrap_err();
    assert_eq!(error, BacError::BadMac { protocol, side: "terminal" });
    assert_eq!(error.status(), StatusWord::WARNING_CHANGED);

    let (_, command, mut chip) = exchanged(&key, &key);
    chip.get_challenge(&mut SeededRng::new(b"bac", "another"));
    let error = chip.external_authenticate(&command.data, &mut chips_rng()).unwrap_err();
    assert_eq!(error, BacError::WrongChallenge { protocol, side: "terminal", what: "RND.IC" });
    assert_eq!(error.status(), StatusWord::WARNING_CHANGED);
    // The challenge is spent, right or wrong.
    let error = chip.external_authenticate(&command.data, &mut chips_rng()).unwrap_err();
    assert!(matches!(error, BacError::Unexpected { .. }));
    assert_eq!(error.status(), StatusWord::CONDITIONS);

    for got in [0, 39, 41, 4000] {
        chip.get_challenge(&mut chips_rng());
        let error = chip.external_authenticate(&vec![0; got], &mut chips_rng()).unwrap_err();
        let step = "EXTERNAL AUTHENTICATE";
        assert_eq!(error, BacError::BadLength { protocol, step, expected: 40, got });
        assert_eq!(error.status(), StatusWord::WRONG_LENGTH);
    }
}

#[test]
fn the_terminal_refuses_a_card_that_does_not_know_the_key() {
    let key = AccessKey::mrz("L898902C<369080619406236");
    let protocol = Protocol::Bac;
    for got in [0, 7, 9, 300] {
        let (_, next) = started(&key, &vec![0; got]);
        let step = "GET CHALLENGE";
        assert_eq!(next.unwrap_err(), BacError::BadLength { protocol, step, expected: 8, got });
    }
    let (mut terminal, command, mut chip) = exchanged(&key, &key);
    let (good, _) = chip.external_authenticate(&command.data, &mut chips_rng()).unwrap();
    let mut receive = |data: Vec<u8>, sw| {
        // The same seed gives the same random numbers again.
        let (again, _, _) = exchanged(&key, &key);
        terminal = again;
        terminal.receive(&Response { data, sw: StatusWord(sw) }, &mut rng())
    };
    assert!(matches!(receive(good.clone(), 0x9000), Ok(Next::Done(_))));
    for byte in 0..good.len() {
        let mut bad = good.clone();
        bad[byte] ^= 0x10;
        let error = receive(bad, 0x9000).unwrap_err();
        assert_eq!(error, BacError::BadMac { protocol, side: "card" });
    }
    // Our own message sent back has a right MAC and the numbers the other way round.
    let reflected = receive(command.data.clone(), 0x9000).unwrap_err();
    assert!(matches!(reflected, BacError::WrongChallenge { .. }));
    assert!(matches!(receive(good[1..].to_vec(), 0x9000), Err(BacError::BadLength { .. })));
    for sw in [0x6300, 0x63C2, 0x6982, 0x6988] {
        let error = receive(Vec::new(), sw).unwrap_err();
        assert_eq!(error, BacError::WrongKey { protocol, sw: StatusWord(sw) });
        assert!(error.is_access());
    }
    // Some documents have BAC switched off.
    let error = receive(Vec::new(), 0x6985).unwrap_err();
    assert!(matches!(error, BacError::Refused { .. }) && !error.is_access());
}

#[test]
fn a_response_without_a_command_is_refused() {
    let mut terminal = Terminal::new(AccessKey::mrz("x"));
    let response = Response::status(StatusWord::SUCCESS);
    assert!(matches!(terminal.receive(&response, &mut rng()), Err(BacError::Unexpected { .. })));
}
