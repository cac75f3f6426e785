//! Try counters and the states of the PIN (BSI TR-03110-2 clause 2.4.1).

use super::{
    CAN, CAN_REF, MRZ_REF, PIN, PIN_REF, PUK, PUK_REF, WRONG, card,
    terminal::{PACE_OID, Terminal},
};
use crate::{
    emulator::Counter,
    transport::{Power, Responder},
};

fn reset(terminal: &mut Terminal) {
    terminal.card.power(Power::Off);
    terminal.card.power(Power::On);
    terminal.line = None;
}

fn fresh_pace(terminal: &mut Terminal, reference: u8, secret: &[u8]) -> (u16, u16) {
    reset(terminal);
    terminal.pace(reference, secret)
}

#[test]
fn a_wrong_can_mrz_or_puk_counts_nowhere() {
    let mut terminal = Terminal::resident();
    for reference in [CAN_REF, MRZ_REF, PUK_REF] {
        for _ in 0..20 {
            assert_eq!(terminal.pace(reference, WRONG), (0x9000, 0x6300));
        }
    }
    assert_eq!(terminal.pace(CAN_REF, CAN), (0x9000, 0x9000));
}

#[test]
fn the_pin_is_suspended_resumed_and_blocked() {
    let mut terminal = Terminal::resident();
    assert_eq!(fresh_pace(&mut terminal, PIN_REF, WRONG), (0x9000, 0x63C2));
    assert_eq!(fresh_pace(&mut terminal, PIN_REF, WRONG), (0x63C2, 0x63C1));
    // Suspended: the right one is refused like a wrong one, and nothing is counted.
    for secret in [PIN, WRONG, PIN] {
        assert_eq!(fresh_pace(&mut terminal, PIN_REF, secret), (0x63C1, 0x6985));
    }
    // A session opened with the MRZ does not resume it.
    let mrz = super::resident().mrz.as_ref().unwrap().as_str();
    let mrz = crate::crypto::Hash::Sha1.digest(&[mrz.as_bytes()]);
    assert_eq!(fresh_pace(&mut terminal, MRZ_REF, &mrz), (0x9000, 0x9000));
    assert_eq!(terminal.pace(PIN_REF, PIN), (0x63C1, 0x6985));
    // The CAN does, for its session only.
    assert_eq!(fresh_pace(&mut terminal, CAN_REF, CAN), (0x9000, 0x9000));
    assert_eq!(fresh_pace(&mut terminal, PIN_REF, PIN), (0x63C1, 0x6985));
    assert_eq!(fresh_pace(&mut terminal, CAN_REF, CAN), (0x9000, 0x9000));
    assert_eq!(terminal.pace(PIN_REF, PIN), (0x63C1, 0x9000));
    assert_eq!(fresh_pace(&mut terminal, PIN_REF, PIN), (0x9000, 0x9000));

    // Down again, and in the resumed state wrong: blocked.
    assert_eq!(fresh_pace(&mut terminal, PIN_REF, WRONG), (0x9000, 0x63C2));
    assert_eq!(fresh_pace(&mut terminal, PIN_REF, WRONG), (0x63C2, 0x63C1));
    assert_eq!(fresh_pace(&mut terminal, CAN_REF, CAN), (0x9000, 0x9000));
    assert_eq!(terminal.pace(PIN_REF, WRONG), (0x63C1, 0x63C0));
    // The CAN's session has outlived the failure.
    assert_eq!(terminal.pace(PIN_REF, PIN), (0x63C0, 0x6983));
    assert_eq!(fresh_pace(&mut terminal, PIN_REF, PIN), (0x63C0, 0x6983));
    assert_eq!(fresh_pace(&mut terminal, CAN_REF, CAN), (0x9000, 0x9000));
    assert_eq!(terminal.pace(PIN_REF, PIN), (0x63C0, 0x6983));
}

#[test]
fn the_puk_unblocks_the_pin() {
    let mut terminal = Terminal::resident();
    terminal.card.env().store().set_counter(Counter::PinTries, 0).unwrap();
    assert_eq!(fresh_pace(&mut terminal, CAN_REF, CAN), (0x9000, 0x9000));
    assert_eq!(terminal.send("002C0303"), (vec![], 0x6982));
    assert_eq!(fresh_pace(&mut terminal, PUK_REF, PUK), (0x9000, 0x9000));
    assert_eq!(terminal.send("002C0203"), (vec![], 0x6A86));
    assert_eq!(terminal.send("002C0303 06 313233343536"), (vec![], 0x6700));
    assert_eq!(terminal.send("002C0303"), (vec![], 0x9000));
    assert_eq!(fresh_pace(&mut terminal, PIN_REF, PIN), (0x9000, 0x9000));

    terminal.card.env().store().set_counter(Counter::PukUses, 0).unwrap();
    assert_eq!(fresh_pace(&mut terminal, PUK_REF, PUK), (0x9000, 0x9000));
    assert_eq!(terminal.send("002C0303"), (vec![], 0x6983));
}

#[test]
fn what_comes_before_the_token_costs_no_try() {
    let mut terminal = Terminal::resident();
    terminal.card.env().store().set_counter(Counter::PinTries, 2).unwrap();
    let set_at = format!("0022C1A4 12 800A{PACE_OID} 830103 84010C");
    for _ in 0..5 {
        assert_eq!(terminal.plain(&set_at), (vec![], 0x63C2));
        assert_eq!(terminal.plain("10860000 02 7C00 00").1, 0x9000);
    }
    // A last command that comes too early is none.
    assert_eq!(terminal.plain("00860000 0C 7C0A85080102030405060708 00"), (vec![], 0x6A80));
    assert_eq!(terminal.card.env().store().counter(Counter::PinTries), Some(2));
}

#[test]
fn a_deactivated_pin_warns_and_refuses() {
    let mut terminal = Terminal::new(card(|c| c.profile.pin.activated = false));
    assert_eq!(terminal.pace(PIN_REF, PIN), (0x6283, 0x6984));
    assert_eq!(terminal.pace(PIN_REF, WRONG), (0x6283, 0x6984));
}

#[test]
fn passwords_that_the_card_does_not_have_are_6a88() {
    let mut terminal = Terminal::new(card(|c| {
        c.profile.secrets.pin = None;
        c.profile.secrets.puk = None;
    }));
    assert_eq!(terminal.pace(PIN_REF, PIN), (0x6A88, 0x6A88));
    assert_eq!(terminal.pace(PUK_REF, PUK), (0x6A88, 0x6A88));
    assert_eq!(terminal.pace(5, CAN), (0x6A88, 0x6A88));
    assert_eq!(terminal.pace(CAN_REF, CAN), (0x9000, 0x9000));
}
