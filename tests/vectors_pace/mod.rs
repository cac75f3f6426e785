//! PACE, the terminal's and the chip's half: the worked examples of ICAO Doc 9303-11 Appendices G,
//! H and I and of BSI TR-03110, every APDU and every intermediate value, and dialogues of real
//! documents.

mod real_cards;
mod run;

use iccard::{
    crypto::{BlockKey, Cipher, Curve, DhPublicKey, DhSecretKey, Group, PublicKey, SecretKey},
    protocol::pace::{Parameters, Password, PasswordKind, cam},
    sm::SessionKeys,
};
use serde_json::Value;

use self::run::Run;
use crate::support::vectors::{bytes, load};

const ID_PACE_DH_GM_AES_128: &str = "0.4.0.127.0.7.2.2.4.1.2";
const ID_PACE_ECDH_GM_AES_128: &str = "0.4.0.127.0.7.2.2.4.2.2";
const ID_PACE_DH_IM_AES_128: &str = "0.4.0.127.0.7.2.2.4.3.2";
const ID_PACE_ECDH_IM_AES_128: &str = "0.4.0.127.0.7.2.2.4.4.2";
const ID_PACE_ECDH_CAM_AES_128: &str = "0.4.0.127.0.7.2.2.4.6.2";

fn parameters(oid: &str, id: u32) -> Parameters {
    Parameters::new(oid.parse().unwrap(), Some(id)).unwrap()
}

/// The run of an example that prints its APDUs. The MRZ is named in all of them; where K_π is that
/// of a CAN, the example says so.
fn printed(example: &Value, oid: &str, id: u32) -> Run {
    let k_pi = example.get("k_pi").unwrap_or_else(|| &example["password"]["k_pi"]);
    Run {
        parameters: parameters(oid, id),
        password: Password::from_key(PasswordKind::Mrz, &bytes(k_pi)),
        named: false,
        exchanges: Run::printed(&example["apdus"]),
        ks_enc: bytes(&example["agreement"]["ks_enc"]),
        ks_mac: bytes(&example["agreement"]["ks_mac"]),
    }
}

fn random(values: [&Value; 2]) -> [Vec<u8>; 2] {
    values.map(bytes)
}

// A private key of any length as a run draws it: shorter than the order of a group.
fn reduced(group: Group, key: &Value) -> Vec<u8> {
    DhSecretKey::from_bytes(group, &bytes(key)).unwrap().to_bytes().to_vec()
}

fn g1() -> Value {
    load(include_str!("../vectors/icao_pace_gm_ecdh_appG1.json"))
}

#[test]
fn gm_ecdh_intermediate_values() {
    let ex = g1();
    let curve = Curve::BrainpoolP256r1;
    let key = |v: &Value| SecretKey::from_bytes(curve, &bytes(v)).unwrap();
    let point = |v: &Value| PublicKey::from_sec1(curve, &bytes(v)).unwrap();

    let k_pi = Password::mrz(ex["password"]["mrz_information"].as_str().unwrap());
    let k_pi = k_pi.key(Cipher::Aes128);
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
fn gm_ecdh_both_halves_byte_for_byte() {
    let ex = g1();
    let mut run = printed(&ex, ID_PACE_ECDH_GM_AES_128, 13);
    run.password = Password::mrz(ex["password"]["mrz_information"].as_str().unwrap());
    let (mapping, agreement) = (&ex["mapping"], &ex["agreement"]);
    run.terminal(random([&mapping["ifd_priv"], &agreement["ifd_priv"]]));
    let keys = random([&mapping["ic_priv"], &agreement["ic_priv"]]);
    run.chip([vec![bytes(&ex["nonce"]["s"])], keys.to_vec()].concat());
}

#[test]
fn gm_dh_both_halves_byte_for_byte() {
    let ex = load(include_str!("../vectors/icao_pace_gm_dh_appG2.json"));
    let (mapping, agreement) = (&ex["mapping"], &ex["agreement"]);
    let group = Group::Modp1024;
    let domain = group.parameters();
    assert_eq!(domain.prime, bytes(&ex["domain"]["p"]));
    assert_eq!(domain.generator, bytes(&ex["domain"]["g"]));
    assert_eq!(domain.order.unwrap(), bytes(&ex["domain"]["q"]));

    let ifd = DhSecretKey::from_bytes(group, &bytes(&mapping["ifd_priv"])).unwrap();
    let ic = DhPublicKey::from_bytes(group, &bytes(&mapping["ic_pub"])).unwrap();
    let h = ifd.agree_element(&ic).unwrap();
    assert_eq!(h.padded(), bytes(&mapping["h"]));
    let generator = group.map_generic(&bytes(&ex["nonce"]["s"]), &h).unwrap();
    assert_eq!(generator.padded(), bytes(&mapping["g_mapped"]));
    let ifd = DhSecretKey::from_bytes(group, &bytes(&agreement["ifd_priv"])).unwrap();
    assert_eq!(ifd.public_on(&generator).unwrap().padded(), bytes(&agreement["ifd_pub"]));
    let ic = DhPublicKey::from_bytes(group, &bytes(&agreement["ic_pub"])).unwrap();
    assert_eq!(ifd.agree(&ic).unwrap().as_bytes(), bytes(&agreement["shared"]));

    let run = printed(&ex, ID_PACE_DH_GM_AES_128, 0);
    run.terminal(random([&mapping["ifd_priv"], &agreement["ifd_priv"]]));
    let keys = random([&mapping["ic_priv"], &agreement["ic_priv"]]);
    run.chip([vec![bytes(&ex["nonce"]["s"])], keys.to_vec()].concat());
}

#[test]
fn im_ecdh_both_halves_byte_for_byte() {
    let ex = load(include_str!("../vectors/icao_pace_im_ecdh_appH1.json"));
    let curve = Curve::BrainpoolP256r1;
    for number in [&ex["prf"]["R"], &ex["prf"]["Rp"]] {
        let mapped = curve.map_integrated(&bytes(number)).unwrap();
        assert_eq!(mapped.sec1(), bytes(&ex["G_mapped"]));
    }
    assert_eq!(
        *Password::can("123456").key(Cipher::Aes128),
        bytes(&ex["k_pi"]),
        "the example's K_π is that of the CAN"
    );
    let run = printed(&ex, ID_PACE_ECDH_IM_AES_128, 13);
    run.terminal(random([&ex["nonce"]["t"], &ex["agreement"]["ifd_priv"]]));
    run.chip(random([&ex["nonce"]["s"], &ex["agreement"]["ic_priv"]]));
}

#[test]
fn im_dh_terminal_half_byte_for_byte() {
    let ex = load(include_str!("../vectors/icao_pace_im_dh_appH2.json"));
    let group = Group::Modp1024;
    for number in [&ex["R"], &ex["Rp"]] {
        let mapped = group.map_integrated(&bytes(number)).unwrap();
        assert_eq!(mapped.padded(), bytes(&ex["g_mapped"]));
    }
    // The example prints no APDUs, and no private key of the chip's.
    let (agreement, token) = (&ex["agreement"], &ex["token"]);
    let sent = [
        [bytes(&ex["nonce"]["t"]), Vec::new()],
        [bytes(&agreement["ifd_pub"]), bytes(&agreement["ic_pub"])],
        [bytes(&token["t_ifd"]), bytes(&token["t_ic"])],
    ];
    let run = Run {
        parameters: parameters(ID_PACE_DH_IM_AES_128, 0),
        password: Password::from_key(PasswordKind::Can, &bytes(&ex["k_pi"])),
        named: false,
        exchanges: Run::composed("04007F00070202040302", 2, &ex["nonce"]["encrypted"], sent),
        ks_enc: bytes(&agreement["ks_enc"]),
        ks_mac: bytes(&agreement["ks_mac"]),
    };
    run.terminal([bytes(&ex["nonce"]["t"]), reduced(group, &agreement["ifd_priv"])]);
}

#[test]
fn cam_terminal_half_byte_for_byte() {
    let ex = load(include_str!("../vectors/icao_pace_cam_appI.json"));
    let curve = Curve::BrainpoolP256r1;
    let run = printed(&ex, ID_PACE_ECDH_CAM_AES_128, 13);
    assert_eq!(
        *Password::mrz(ex["mrz_information"].as_str().unwrap()).key(Cipher::Aes128),
        bytes(&ex["k_pi"])
    );
    let (mapping, agreement) = (&ex["mapping"], &ex["agreement"]);
    let established = run.terminal(random([&mapping["ifd_priv"], &agreement["ifd_priv"]]));
    let chip = established.chip_authentication.unwrap();
    assert_eq!(chip.data(), bytes(&ex["cam"]["ca_ic"]));
    assert_eq!(chip.mapping_key().sec1(), bytes(&mapping["ic_pub"]));
    let right = PublicKey::from_sec1(curve, &bytes(&ex["cam"]["static_pub"])).unwrap();
    cam::verify(&chip, &right).unwrap();
    let wrong = PublicKey::from_sec1(curve, &bytes(&mapping["ifd_pub"])).unwrap();
    cam::verify(&chip, &wrong).unwrap_err();

    // The chip's half as far as its keys are printed: the number in DO8A.
    let key = |v: &Value| SecretKey::from_bytes(curve, &bytes(v)).unwrap();
    let static_key = key(&ex["cam"]["static_priv_derived"]);
    assert_eq!(static_key.public(), right);
    let data = key(&mapping["ic_priv"]).divided_by(&static_key).unwrap();
    assert_eq!(**data.to_bytes(), bytes(&ex["cam"]["ca_ic"]));
}

/// The EAC worked example of BSI TR-03110, which prints values and no APDUs.
fn tr03110(ex: &Value, oid: &str, oid_bytes: &str, id: u32) -> Run {
    let v = &ex["values"];
    let sent = [
        [bytes(&v["map_pcd_pub_key"]), bytes(&v["map_picc_pub_key"])],
        [bytes(&v["pcd_pub_key"]), bytes(&v["picc_pub_key"])],
        [bytes(&v["authentication_token_pcd"]), bytes(&v["authentication_token_picc"])],
    ];
    assert_eq!(*Password::pin("123456").key(Cipher::Aes128), bytes(&ex["password"]["k_pi"]));
    Run {
        parameters: parameters(oid, id),
        password: Password::pin(ex["password"]["value"].as_str().unwrap()),
        named: false,
        exchanges: Run::composed(oid_bytes, 3, &v["nonce_enc"], sent),
        ks_enc: bytes(&v["k_enc"]),
        ks_mac: bytes(&v["k_mac"]),
    }
}

#[test]
fn tr03110_ecdh_both_halves_byte_for_byte() {
    let ex = load(include_str!("../vectors/tr03110_eac_ecdh.json"));
    let v = &ex["values"];
    let run = tr03110(&ex, ID_PACE_ECDH_GM_AES_128, "04007F00070202040202", 13);
    // Some are printed with a zero in front.
    let key = |name: &str| bytes(&v[name])[bytes(&v[name]).len() - 32..].to_vec();
    run.terminal([key("map_pcd_priv_key"), key("pcd_priv_key")]);
    run.chip([bytes(&v["nonce"]), key("map_picc_priv_key"), key("picc_priv_key")]);
}

#[test]
fn tr03110_dh_both_halves_byte_for_byte() {
    let ex = load(include_str!("../vectors/tr03110_eac_dh.json"));
    let v = &ex["values"];
    let run = tr03110(&ex, ID_PACE_DH_GM_AES_128, "04007F00070202040102", 0);
    let key = |name: &str| reduced(Group::Modp1024, &v[name]);
    run.terminal([key("map_pcd_priv_key"), key("pcd_priv_key")]);
    run.chip([bytes(&v["nonce"]), key("map_picc_priv_key"), key("picc_priv_key")]);
}
