//! BAC (ICAO Doc 9303-11 Appendix D), the terminal's and the chip's half: keys, mutual
//! authentication and the protected exchanges that follow.

use iccard::{
    apdu::{CommandView, Response},
    crypto::{Cipher, KeyPurpose, derive_key},
    protocol::{
        Initiator, Next,
        bac::{AccessKey, Chip, Established, Terminal},
    },
};
use serde_json::Value;

use crate::support::vectors::{Script, bytes, load};

fn example() -> Value {
    load(include_str!("vectors/icao_bac_appD.json"))
}

fn key(example: &Value) -> AccessKey {
    AccessKey::mrz(example["inputs"]["mrz_information"].as_str().unwrap())
}

fn assert_session(example: &Value, established: &Established) {
    let session = &example["session"];
    assert_eq!(*established.keys.enc, bytes(&session["ks_enc"]));
    assert_eq!(*established.keys.mac, bytes(&session["ks_mac"]));
    assert_eq!(established.ssc.to_vec(), bytes(&session["ssc"]));
}

#[test]
fn keys_from_the_mrz_information() {
    let example = example();
    let figures = &example["derivation"];
    let seed = key(&example).seed().to_vec();
    assert_eq!(seed, bytes(&figures["k_seed"]));
    let derived = |purpose| derive_key(&seed, purpose, Cipher::TripleDes).to_vec();
    assert_eq!(derived(KeyPurpose::Enc), bytes(&figures["k_enc"]));
    assert_eq!(derived(KeyPurpose::Mac), bytes(&figures["k_mac"]));
}

#[test]
fn terminal_half_byte_for_byte() {
    let example = example();
    let inputs = &example["inputs"];
    let mut rng = Script::new([bytes(&inputs["rnd_ifd"]), bytes(&inputs["k_ifd"])]);
    let mut terminal = Terminal::new(key(&example));
    let mut next = terminal.start(&mut rng).unwrap();
    for apdu in example["mutual_auth"]["apdus"].as_array().unwrap() {
        let Next::Send(command) = next else { panic!("over before {}", apdu["name"]) };
        let sent = hex::encode_upper(command.to_bytes().unwrap());
        assert_eq!(sent, apdu["c"].as_str().unwrap(), "{}", apdu["name"]);
        let response = Response::parse(&bytes(&apdu["r"])).unwrap();
        next = terminal.receive(&response, &mut rng).unwrap();
    }
    let Next::Done(established) = next else { panic!("not over") };
    assert_session(&example, &established);
    rng.assert_spent();

    let mut channel = established.channel().unwrap();
    for exchange in example["secure_messaging"].as_array().unwrap() {
        let plain = bytes(&exchange["c_plain"]);
        let plain = CommandView::parse(&plain).unwrap().to_command();
        let mut sent = Vec::new();
        channel.protect_command(&plain, &mut sent).unwrap();
        let sent = hex::encode_upper(sent);
        assert_eq!(sent, exchange["c_protected"].as_str().unwrap(), "{}", exchange["name"]);
        let response = channel.unprotect_response(&bytes(&exchange["r_protected"])).unwrap();
        assert_eq!(response.data, bytes(&exchange["r_plain_data"]));
        assert!(response.sw.is_success());
    }
}

#[test]
fn chip_half_byte_for_byte() {
    let example = example();
    let inputs = &example["inputs"];
    let mut rng = Script::new([bytes(&inputs["rnd_ic"]), bytes(&inputs["k_ic"])]);
    let mut chip = Chip::new(key(&example));
    let apdus = &example["mutual_auth"]["apdus"];
    let answer = |data: &[u8]| hex::encode_upper(data) + "9000";
    let challenge = chip.get_challenge(&mut rng);
    assert_eq!(answer(&challenge), apdus[0]["r"].as_str().unwrap());
    let command = bytes(&apdus[1]["c"]);
    let command = CommandView::parse(&command).unwrap();
    let (data, established) = chip.external_authenticate(command.data, &mut rng).unwrap();
    assert_eq!(answer(&data), apdus[1]["r"].as_str().unwrap());
    assert_session(&example, &established);
    rng.assert_spent();

    let mut channel = established.channel().unwrap();
    for exchange in example["secure_messaging"].as_array().unwrap() {
        let protected = bytes(&exchange["c_protected"]);
        let got = channel.unprotect_command(&CommandView::parse(&protected).unwrap()).unwrap();
        let plain = hex::encode_upper(got.to_bytes().unwrap());
        assert_eq!(plain, exchange["c_plain"].as_str().unwrap(), "{}", exchange["name"]);
        let data = bytes(&exchange["r_plain_data"]);
        let mut sent = Vec::new();
        channel.protect_response(&Response { data, ..Response::default() }, false, &mut sent);
        let sent = hex::encode_upper(sent);
        assert_eq!(sent, exchange["r_protected"].as_str().unwrap(), "{}", exchange["name"]);
    }
}
