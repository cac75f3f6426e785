//! Dialogues of real documents, replayed against the terminal's half. The figures stay outside the
//! repository; in place of the document's MRZ they have K_π.

use iccard::{
    apdu::{Command, CommandView},
    crypto::{Curve, PublicKey},
    protocol::pace::{Established, Parameters, Password, PasswordKind, cam},
    sm::SecureChannel,
    tlv::{Reader, Tag},
};
use serde_json::Value;

use super::run::Run;
use crate::support::{
    data,
    vectors::{bytes, load},
};

/// MSE:Set AT and four GENERAL AUTHENTICATE.
const PACE_COMMANDS: usize = 5;

fn run(session: &Value) -> (Run, Vec<Value>) {
    let exchanges = session["exchanges"].as_array().unwrap();
    let (pace, rest) = exchanges.split_at(PACE_COMMANDS);
    // Which of the PACEInfos the terminal chose stands in its MSE:Set AT.
    let set_at = bytes(&pace[0]["c"]);
    let mut objects = Reader::new(CommandView::parse(&set_at).unwrap().data);
    let mut value = |tag| objects.expect(Tag::new(tag)).unwrap().value;
    let oid = const_oid::ObjectIdentifier::from_bytes(value(0x80)).unwrap();
    let kind = PasswordKind::from_reference(value(0x83)[0]).unwrap();
    let id = u32::from(value(0x84)[0]);
    let run = Run {
        parameters: Parameters::new(oid, Some(id)).unwrap(),
        password: Password::from_key(kind, &bytes(&session["k_pi"])),
        named: true,
        exchanges: Run::printed(&pace.to_vec().into()),
        ks_enc: bytes(&session["ks_enc"]),
        ks_mac: bytes(&session["ks_mac"]),
    };
    (run, rest.to_vec())
}

#[test]
fn terminal_half_of_real_documents_byte_for_byte() {
    let Some(folder) = data::vectors("terminal_half_of_real_documents_byte_for_byte", 2) else {
        return;
    };
    let file = data::read(&folder, "real_card_pace.json");
    let sessions = load(std::str::from_utf8(&file).unwrap());
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    for session in sessions {
        let (run, rest) = run(session);
        let established =
            run.terminal([bytes(&session["map_priv"]), bytes(&session["agree_priv"])]);
        if !rest.is_empty() {
            read_card_security(session, &established, &rest);
        }
    }
}

// What followed PACE-CAM: EF.CardSecurity, with two static keys of which one is the chip's.
fn read_card_security(session: &Value, established: &Established, exchanges: &[Value]) {
    let chip = established.chip_authentication.as_ref().unwrap();
    assert_eq!(chip.data(), bytes(&session["ca_ic"]));
    for key in session["ca_keys_in_card_security"].as_array().unwrap() {
        let point = PublicKey::from_sec1(Curve::BrainpoolP256r1, &bytes(&key["pub"])).unwrap();
        assert_eq!(cam::verify(chip, &point).is_ok(), key["cam_verifies"].as_bool().unwrap());
    }
    let mut channel = SecureChannel::new(&established.keys).unwrap();
    let mut file = Vec::new();
    for (i, exchange) in exchanges.iter().enumerate() {
        let wire = bytes(&exchange["c"]);
        let mut plain = plain(&CommandView::parse(&wire).unwrap());
        if i == 0 {
            plain.data = vec![0x01, 0x1D];
        }
        let mut sent = Vec::new();
        channel.protect_command(&plain, &mut sent).unwrap();
        assert_eq!(hex::encode_upper(sent), exchange["c"].as_str().unwrap());
        file.extend_from_slice(&channel.unprotect_response(&bytes(&exchange["r"])).unwrap().data);
    }
    assert_eq!(file, bytes(&session["card_security_plain"]));
}

// The header and the Le of a protected command, whose data only the chip can tell.
fn plain(wire: &CommandView<'_>) -> Command {
    let mut header = wire.header;
    header.cla = 0;
    let mut command = Command::new(header);
    let le = Reader::new(wire.data).find_tag(Tag::new(0x97)).unwrap();
    command.ne = le.map(|le| if le.value == [0] { 256 } else { u32::from(le.value[0]) });
    command
}
