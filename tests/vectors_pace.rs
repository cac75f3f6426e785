//! PACE-GM over ECDH (ICAO Doc 9303-11 Appendix G.1), the terminal's and the chip's half: every
//! APDU and every intermediate value.

use iccard::{
    apdu::{CommandView, Response},
    crypto::{BlockKey, Cipher, Curve, PublicKey, SecretKey},
    protocol::{
        Initiator, Next,
        pace::{
            Chip, ChipReply, ParameterReference, Parameters, Password, Terminal, TerminalOptions,
        },
    },
    sm::SessionKeys,
};
use serde_json::Value;

use crate::support::vectors::{Script, bytes, load};

const ID_PACE_ECDH_GM_AES_128: &str = "0.4.0.127.0.7.2.2.4.2.2";

fn example() -> Value {
    load(include_str!("vectors/icao_pace_gm_ecdh_appG1.json"))
}

fn parameters() -> Parameters {
    Parameters::new(ID_PACE_ECDH_GM_AES_128.parse().unwrap(), Some(13)).unwrap()
}

fn password(example: &Value) -> Password {
    Password::mrz(example["password"]["mrz_information"].as_str().unwrap())
}

#[test]
fn intermediate_values() {
    let ex = example();
    let curve = Curve::BrainpoolP256r1;
    let key = |v: &Value| SecretKey::from_bytes(curve, &bytes(v)).unwrap();
    let point = |v: &Value| PublicKey::from_sec1(curve, &bytes(v)).unwrap();

    let k_pi = password(&ex).key(Cipher::Aes128);
    assert_eq!(*k_pi, bytes(&ex["password"]["k_pi"]));
    let mut s = bytes(&ex["nonce"]["encrypted"]);
    BlockKey::new(Cipher::Aes128, &k_pi).unwrap().decrypt_cbc(&[0; 16], &mut s);
    assert_eq!(s, bytes(&ex["nonce"]["s"]));

    let mapping = &ex["mapping"];
    let (ifd, ic) = (key(&mapping["ifd_priv"]), key(&mapping["ic_priv"]));
    assert_eq!(ifd.public(), point(&mapping["ifd_pub"]));
    assert_eq!(ic.public(), point(&mapping["ic_pub"]));
    let h = ifd.agree_point(&ic.public()).unwrap();
    assert_eq!(h, point(&mapping["H"]));
    assert_eq!(h, ic.agree_point(&ifd.public()).unwrap());
    let generator = curve.map_generic(&s, &h).unwrap();
    assert_eq!(generator, point(&mapping["G_mapped"]));

    let agreement = &ex["agreement"];
    let (ifd, ic) = (key(&agreement["ifd_priv"]), key(&agreement["ic_priv"]));
    assert_eq!(ifd.public_on(&generator).unwrap(), point(&agreement["ifd_pub"]));
    assert_eq!(ic.public_on(&generator).unwrap(), point(&agreement["ic_pub"]));
    let shared = ifd.agree(&point(&agreement["ic_pub"])).unwrap();
    assert_eq!(shared.as_bytes(), bytes(&agreement["shared_x"]));
    let keys = SessionKeys::derive(Cipher::Aes128, shared.as_bytes());
    assert_eq!(*keys.enc, bytes(&agreement["ks_enc"]));
    assert_eq!(*keys.mac, bytes(&agreement["ks_mac"]));
}

#[test]
fn terminal_half_byte_for_byte() {
    let ex = example();
    let mut rng =
        Script::new([bytes(&ex["mapping"]["ifd_priv"]), bytes(&ex["agreement"]["ifd_priv"])]);
    let options = TerminalOptions {
        parameter_reference: ParameterReference::WhenAmbiguous { ambiguous: false },
        ..TerminalOptions::default()
    };
    let mut terminal = Terminal::new(parameters(), password(&ex), options);
    let mut next = terminal.start(&mut rng).unwrap();
    for apdu in ex["apdus"].as_array().unwrap() {
        let Next::Send(command) = next else { panic!("over before {}", apdu["name"]) };
        let sent = hex::encode_upper(command.to_bytes().unwrap());
        assert_eq!(sent, apdu["c"].as_str().unwrap(), "{}", apdu["name"]);
        let response = Response::parse(&bytes(&apdu["r"])).unwrap();
        next = terminal.receive(&response, &mut rng).unwrap();
    }
    let Next::Done(established) = next else { panic!("not over") };
    assert_eq!(*established.keys.enc, bytes(&ex["agreement"]["ks_enc"]));
    assert_eq!(*established.keys.mac, bytes(&ex["agreement"]["ks_mac"]));
    rng.assert_spent();
}

#[test]
fn chip_half_byte_for_byte() {
    let ex = example();
    let mut rng = Script::new([
        bytes(&ex["nonce"]["s"]),
        bytes(&ex["mapping"]["ic_priv"]),
        bytes(&ex["agreement"]["ic_priv"]),
    ]);
    let mut chip = Chip::new(parameters(), &password(&ex));
    let mut keys = None;
    for apdu in &ex["apdus"].as_array().unwrap()[1..] {
        let command = bytes(&apdu["c"]);
        let view = CommandView::parse(&command).unwrap();
        let reply =
            chip.general_authenticate(view.data, !view.header.is_chained(), &mut rng).unwrap();
        let data = match reply {
            ChipReply::Reply(data) => data,
            ChipReply::Done { data, keys: agreed } => {
                keys = Some(agreed);
                data
            }
        };
        let answer = hex::encode_upper(data) + "9000";
        assert_eq!(answer, apdu["r"].as_str().unwrap(), "{}", apdu["name"]);
    }
    let keys = keys.expect("the channel is established");
    assert_eq!(*keys.enc, bytes(&ex["agreement"]["ks_enc"]));
    assert_eq!(*keys.mac, bytes(&ex["agreement"]["ks_mac"]));
    rng.assert_spent();
}
