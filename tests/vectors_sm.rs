//! AES-128 secure messaging (`sm_aes128_derived.json`), the terminal's and the chip's end, and the
//! figures that BSI TR-03110's EAC worked example has of it.

use iccard::{
    apdu::{Command, CommandView, Form, Header, Response, StatusWord},
    crypto::Cipher,
    sm::{SecureChannel, SessionKeys},
};
use serde_json::Value;

use crate::support::vectors::{bytes, load};

#[test]
fn both_ends_byte_for_byte() {
    let example = load(include_str!("vectors/sm_aes128_derived.json"));
    let keys = SessionKeys {
        cipher: Cipher::Aes128,
        enc: bytes(&example["ks_enc"]).into(),
        mac: bytes(&example["ks_mac"]).into(),
    };
    for list in ["exchanges_crosschecked", "exchanges_own"] {
        let mut terminal = SecureChannel::new(&keys).unwrap();
        let mut chip = SecureChannel::new(&keys).unwrap();
        let exchanges = example[list].as_array().unwrap();
        assert!(!exchanges.is_empty());
        for exchange in exchanges {
            play(exchange, &mut terminal, &mut chip);
        }
    }
}

#[test]
fn the_first_exchange_of_the_eac_worked_examples() {
    for example in
        [include_str!("vectors/tr03110_eac_ecdh.json"), include_str!("vectors/tr03110_eac_dh.json")]
    {
        let example = load(example);
        let (values, sm) = (&example["values"], &example["sm"]);
        let keys = SessionKeys {
            cipher: Cipher::Aes128,
            enc: bytes(&values["k_enc"]).into(),
            mac: bytes(&values["k_mac"]).into(),
        };
        let mut terminal = SecureChannel::new(&keys).unwrap();
        let mut chip = terminal.clone();
        // MSE:Set DST with the certification authority's reference.
        let plain =
            Command::new(Header::new(0x00, 0x22, 0x81, 0xB6)).with_data(bytes(&sm["ssc1_plain"]));
        let mut sent = Vec::new();
        terminal.protect_command(&plain, &mut sent).unwrap();
        let view = CommandView::parse(&sent).unwrap();
        let cryptogram = bytes(&sm["ssc1_cipher"]);
        let object = [&[0x87, cryptogram.len() as u8 + 1, 0x01], &cryptogram[..]].concat();
        assert_eq!(hex::encode(&view.data[..object.len()]), hex::encode(object));
        assert_eq!(chip.unprotect_command(&view).unwrap().data, plain.data);

        let mut answer = Vec::new();
        chip.protect_response(&Response::status(StatusWord::SUCCESS), false, &mut answer);
        let mac = bytes(&sm["ssc2_mac"]);
        let expected = [&bytes(&sm["ssc2_mac_input"])[..], &[0x8E, 0x08], &mac[..], &[0x90, 0x00]];
        assert_eq!(hex::encode(&answer), hex::encode(expected.concat()));
        terminal.unprotect_response(&answer).unwrap();
    }
}

fn play(exchange: &Value, terminal: &mut SecureChannel, chip: &mut SecureChannel) {
    let name = exchange["name"].as_str().unwrap();
    let plain = plain_command(exchange);
    let wire = bytes(&exchange["c_protected"]);

    let mut out = Vec::new();
    terminal.protect_command(&plain, &mut out).unwrap();
    assert_eq!(hex::encode_upper(&out), hex::encode_upper(&wire), "{name}: terminal");
    let got = chip.unprotect_command(&CommandView::parse(&wire).unwrap()).unwrap();
    assert_eq!((got.header, &got.data, got.ne), (plain.header, &plain.data, plain.ne), "{name}");

    let sw = u16::from_str_radix(exchange["sw"].as_str().unwrap(), 16).unwrap();
    let response = Response { data: bytes(&exchange["r_plain_data"]), sw: StatusWord(sw) };
    let wire = bytes(&exchange["r_protected"]);
    let mut out = Vec::new();
    chip.protect_response(&response, plain.header.ins & 1 == 1, &mut out);
    assert_eq!(hex::encode_upper(&out), hex::encode_upper(&wire), "{name}: chip");
    assert_eq!(terminal.unprotect_response(&wire).unwrap(), response, "{name}");
}

fn plain_command(exchange: &Value) -> Command {
    let header = bytes(&exchange["c_plain_header"]);
    let header = Header::new(header[0], header[1], header[2], header[3]);
    let mut command = Command::new(header).with_data(bytes(&exchange["c_plain_data"]));
    match exchange["le"].as_str().map(|le| (le.len(), u32::from_str_radix(le, 16).unwrap())) {
        None => {}
        Some((2, le)) => command.ne = Some(if le == 0 { 256 } else { le }),
        Some((_, le)) => {
            command.ne = Some(if le == 0 { 65_536 } else { le });
            command.form = Form::Extended;
        }
    }
    command
}
