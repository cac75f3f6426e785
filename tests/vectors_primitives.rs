//! KDF, padding, MACs and check digits (`kdf_padding_mac.json`).

use iccard::crypto::{Cipher, KeyPurpose, MacKey, derive_key, pad, unpad};
use iccard::protocol::pace::Password;
use serde_json::Value;

use crate::support::vectors::{bytes, load};

fn examples() -> Value {
    load(include_str!("vectors/kdf_padding_mac.json"))
}

fn cipher(name: &str) -> Cipher {
    match name.replace('-', "").as_str() {
        "3DES" => Cipher::TripleDes,
        "AES128" => Cipher::Aes128,
        "AES192" => Cipher::Aes192,
        "AES256" => Cipher::Aes256,
        other => panic!("unknown cipher {other}"),
    }
}

#[test]
fn key_derivation_in_all_four_ciphers() {
    let examples = examples();
    let rows = examples["kdf"].as_array().unwrap();
    assert!(rows.len() >= 17);
    for row in rows {
        let purpose = match row["counter"].as_u64().unwrap() {
            1 => KeyPurpose::Enc,
            2 => KeyPurpose::Mac,
            _ => KeyPurpose::Password,
        };
        let key = derive_key(&bytes(&row["K"]), purpose, cipher(row["alg"].as_str().unwrap()));
        assert_eq!(*key, bytes(&row["key"]), "{row}");
    }
}

#[test]
fn password_keys_in_all_four_ciphers() {
    let examples = examples();
    for row in examples["k_pi_all_ciphers"]["rows"].as_array().unwrap() {
        let password = if row["password"].as_str().unwrap().starts_with("CAN") {
            Password::can("123456")
        } else {
            Password::mrz("T22000129364081251010318")
        };
        let key = password.key(cipher(row["cipher"].as_str().unwrap()));
        assert_eq!(*key, bytes(&row["K_pi"]), "{row}");
    }
}

#[test]
fn padding_method_2() {
    let examples = examples();
    for row in examples["padding"].as_array().unwrap() {
        let data = bytes(&row["data"]);
        for (field, block) in [("b8", 8), ("b16", 16)] {
            let padded = pad(&data, block);
            assert_eq!(padded, bytes(&row[field]), "{row}");
            assert_eq!(unpad(&padded), Some(&data[..]));
        }
    }
    assert_eq!(unpad(&[0; 16]), None);
    assert_eq!(unpad(&[0x81; 16]), None);
}

#[test]
fn retail_mac() {
    let examples = examples();
    for row in examples["retail_mac"].as_array().unwrap() {
        let mut message = bytes(&row["message"]);
        if row["pad_method2"].as_bool().unwrap() {
            message = pad(&message, 8);
        }
        let key = MacKey::new(Cipher::TripleDes, &bytes(&row["key"])).unwrap();
        assert_eq!(key.tag(&[&message]).to_vec(), bytes(&row["mac"]), "{row}");
    }
}
