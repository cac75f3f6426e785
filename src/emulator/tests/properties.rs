//! What a chip must never do, whatever comes: panic, or answer nothing.

use proptest::prelude::*;

use super::{CAN, CAN_REF, built_in, card, reader::Reader, terminal::Terminal};
use crate::{
    pki::cvc::{Chat, Role, TerminalType},
    protocol::{bac::AccessKey, pace::Password},
    transport::{Power, Responder},
};

// Headers that the card knows, so that more than the class check is reached.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let known = prop_oneof![
        Just(vec![0x00, 0xA4, 0x04, 0x00]),
        Just(vec![0x00, 0xA4, 0x02, 0x0C]),
        Just(vec![0x00, 0xA4, 0x08, 0x04]),
        Just(vec![0x00, 0xB0]),
        Just(vec![0x00, 0xB0, 0x91]),
        Just(vec![0x00, 0xB1]),
        Just(vec![0x00, 0xB1, 0x01, 0x02]),
        Just(vec![0x00, 0x22, 0xC1, 0xA4]),
        Just(vec![0x00, 0x22, 0x41, 0xA4]),
        Just(vec![0x00, 0x86, 0x00, 0x00]),
        Just(vec![0x10, 0x86, 0x00, 0x00]),
        Just(vec![0x10, 0x22, 0x41, 0xA4]),
        Just(vec![0x00, 0x88, 0x00, 0x00]),
        Just(vec![0x00, 0x2C, 0x03, 0x03]),
        Just(vec![0x00, 0x22, 0x41, 0xA6]),
        Just(vec![0x00, 0x22, 0x81, 0xB6]),
        Just(vec![0x00, 0x22, 0x81, 0xA4]),
        Just(vec![0x00, 0x2A, 0x00, 0xBE]),
        Just(vec![0x10, 0x2A, 0x00, 0xBE]),
        Just(vec![0x00, 0x84, 0x00, 0x00]),
        Just(vec![0x00, 0x82, 0x00, 0x00]),
        Just(vec![0x00, 0xB0, 0x83]),
        Just(vec![0x00, 0xC0, 0x00, 0x00]),
        Just(vec![0xFF, 0xCA]),
        Just(vec![0x0C, 0xB0]),
        Just(vec![0x1C, 0x86, 0x00, 0x00]),
        Just(vec![]),
    ];
    (known, any::<[u8; 4]>()).prop_map(|(mut head, rest)| {
        let from = head.len();
        head.extend(&rest[from..]);
        head
    })
}

// Data that looks like data objects as often as not.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let object = (
        prop::sample::select(vec![0x80_u8, 0x81, 0x83, 0x84, 0x85, 0x87, 0x97, 0x8E, 0x54, 0x7C]),
        prop::collection::vec(any::<u8>(), 0..20),
    );
    let objects = prop::collection::vec(object, 0..4).prop_map(|objects| {
        let one = |(tag, value): (u8, Vec<u8>)| [vec![tag, value.len() as u8], value].concat();
        objects.into_iter().flat_map(one).collect::<Vec<u8>>()
    });
    prop_oneof![objects, prop::collection::vec(any::<u8>(), 0..80)]
}

fn command() -> impl Strategy<Value = Vec<u8>> {
    let whole = (header(), data(), prop::option::of(any::<u8>()), any::<bool>()).prop_map(
        |(mut command, data, le, extended)| {
            let len = (data.len() as u16).to_be_bytes();
            match (data.is_empty(), extended) {
                (true, false) => {}
                (true, true) => command.push(0),
                (false, false) => command.push(len[1]),
                (false, true) => command.extend([0, len[0], len[1]]),
            }
            command.extend(data);
            if let Some(le) = le {
                command.extend(if extended { vec![0, le] } else { vec![le] });
            }
            command
        },
    );
    prop_oneof![4 => whole, 1 => prop::collection::vec(any::<u8>(), 0..300)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_commands_are_answered(
        commands in prop::collection::vec(command(), 1..30),
        power in prop::collection::vec(prop::option::weighted(0.1, 0_u8..3), 30),
    ) {
        let mut card = card(|_| {});
        let mut response = Vec::new();
        for (command, power) in commands.iter().zip(power) {
            match power {
                Some(0) => card.power(Power::Off),
                Some(1) => card.power(Power::On),
                Some(_) => card.power(Power::Reset),
                None => {}
            }
            card.respond(command, &mut response);
            prop_assert!((2..=0xFFFF).contains(&response.len()));
            // Nothing personal without a session: DG1 holds the document number.
            prop_assert!(!response.windows(9).any(|w| w == b"TS0000001"));
        }
    }

    #[test]
    fn any_commands_in_a_session_are_answered(
        commands in prop::collection::vec((command(), any::<bool>()), 1..12),
    ) {
        let mut terminal = Terminal::resident();
        prop_assert_eq!(terminal.pace(CAN_REF, CAN), (0x9000, 0x9000));
        terminal.send("00A4040C 07 A0000002471001");
        for (command, protected) in commands {
            // What can be taken apart is protected, so that it gets behind secure messaging.
            let whole = crate::apdu::CommandView::parse(&command).is_ok();
            if !(protected && whole && terminal.line.is_some() && command[0] != 0xFF) {
                terminal.raw(&command);
                continue;
            }
            let wrapped = terminal.wrap(&command);
            let (body, sw) = terminal.raw(&wrapped);
            if body.is_empty() {
                // The session has ended, or the class byte was none.
                terminal.line = None;
            } else {
                terminal.unwrap(&command, (body, sw));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    // Whatever a terminal without certificates sends, it reads no finger.
    #[test]
    fn any_commands_leave_the_fingers_closed(
        commands in prop::collection::vec(command(), 1..20),
        version_2 in any::<bool>(),
    ) {
        let made = built_in(if version_2 { "eid-pin" } else { "passport-eac" });
        let mut reader = Reader::new(made);
        if version_2 {
            let chat = Chat::new(TerminalType::InspectionSystem, Role::Terminal).with_rights(3);
            let pin = made.profile.secrets.pin.as_ref().unwrap();
            reader.pace(Password::pin(pin), Some(chat)).unwrap();
        } else {
            reader.send("00A4040C 07 A0000002471001");
            reader.basic_access(AccessKey::mrz(made.mrz.as_ref().unwrap().as_str())).unwrap();
            reader.chip_auth(0, None).unwrap();
        }
        for command in commands {
            let answer = reader.anything(&command);
            prop_assert!(!answer.windows(4).any(|w| w == b"FIR\0"));
        }
    }
}
