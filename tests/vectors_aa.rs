//! Active Authentication with RSA: ICAO Doc 9303-11 Appendix F, signatures under a published test
//! key, and one of a real card.

use std::convert::Infallible;

use iccard::{
    apdu::Response,
    crypto::{Hash, RsaPrivateKey, RsaPublicKey, SeededRng, rsa::iso9796},
    lds::Dg15,
    protocol::{
        Initiator, Next,
        active_auth::{AaAlgorithm, AaKey, Chip, Terminal, check},
    },
};
use rand_core::{Rng, TryCryptoRng, TryRng};
use serde_json::Value;

use crate::support::{
    data,
    vectors::{bytes, load},
};

fn hash(name: &Value) -> Hash {
    match name.as_str().unwrap().to_ascii_uppercase().replace('-', "").as_str() {
        "SHA1" => Hash::Sha1,
        "SHA224" => Hash::Sha224,
        "SHA256" => Hash::Sha256,
        "SHA384" => Hash::Sha384,
        "SHA512" => Hash::Sha512,
        other => panic!("{other}"),
    }
}

#[test]
fn appendix_f_is_encoded_and_decoded() {
    let ex = load(include_str!("vectors/icao_aa_rsa_appF.json"));
    let (m1, m2, f) = (bytes(&ex["M1"]), bytes(&ex["M2_rnd_ifd"]), bytes(&ex["F"]));
    let message = iso9796::Message::decode(&f).unwrap();
    assert_eq!((message.hash, &message.m1), (Hash::Sha1, &m1));
    assert_eq!(message.digest, bytes(&ex["H"]));
    assert!(message.is_of(&m2) && !message.is_of(b"another!"));
    assert_eq!(iso9796::Message::new(Hash::Sha1, &m1, &m2).encode(), f);
    assert_eq!(8 * m1.len(), ex["L_M1_bits"].as_u64().unwrap() as usize);
    assert_eq!(iso9796::capacity(Hash::Sha1, 128), Ok(m1.len()));
    for case in ex["decode_cases"].as_array().unwrap() {
        let message = iso9796::Message::decode(&bytes(&case["F"])).unwrap();
        assert_eq!((message.hash, message.m1.clone()), (hash(&case["hash"]), bytes(&case["M1"])));
        assert!(message.is_of(&bytes(&case["rnd_ifd"])));
        assert_eq!(message.encode(), bytes(&case["F"]));
    }
    let challenge = m2.try_into().unwrap();
    let next = Terminal::new(challenge, 256).start(&mut SeededRng::new(b"", "")).unwrap();
    let Next::Send(command) = next else { panic!("over before it began") };
    assert_eq!(command.to_bytes().unwrap(), bytes(&ex["apdu"]["c"]));
}

#[test]
fn signatures_under_the_reference_key_verify() {
    let ex = load(include_str!("vectors/aa_rsa_refset_derived.json"));
    let key = RsaPublicKey::from_components(&bytes(&ex["n"]), &bytes(&ex["e"])).unwrap();
    let challenge: [u8; 8] = bytes(&ex["rnd_ifd"]).try_into().unwrap();
    for case in ex["cases"].as_array().unwrap() {
        let (hash, signature) = (hash(&case["hash"]), bytes(&case["S"]));
        assert_eq!(key.recover(&signature).unwrap(), bytes(&case["F"]));
        let public = AaKey::from_spki(&key.to_spki_der()).unwrap();
        let response = Response::parse(&[&signature[..], &[0x90, 0x00]].concat()).unwrap();
        let mut terminal = Terminal::new(challenge, 256);
        let mut rng = SeededRng::new(b"", "");
        terminal.start(&mut rng).unwrap();
        let Next::Done(answer) = terminal.receive(&response, &mut rng).unwrap() else {
            panic!("not over");
        };
        let made = check(&public, None, &challenge, &answer).unwrap();
        assert_eq!(made, AaAlgorithm::Rsa { hash });
    }
}

/// Plays the chip's nonce, and then any randomness.
struct Nonce(Option<Vec<u8>>, SeededRng);

impl TryRng for Nonce {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.1.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.1.try_next_u64()
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        match self.0.take() {
            Some(nonce) => dst.copy_from_slice(&nonce),
            None => self.1.fill_bytes(dst),
        }
        Ok(())
    }
}

impl TryCryptoRng for Nonce {}

/// The standards print no private key. With that of the BSI's Terminal Authentication example the
/// chip's half signs the messages of the reference set byte for byte: the number under its
/// signature is theirs.
#[test]
fn the_chip_signs_the_messages_of_the_reference_set() {
    let key = load(include_str!("vectors/tr03110_eac_dh.json"));
    let key = bytes(&key["values"]["ta_pcd_key"]);
    let key = RsaPrivateKey::from_pkcs8_der(&key).unwrap();
    let ex = load(include_str!("vectors/aa_rsa_refset_derived.json"));
    for case in ex["cases"].as_array().unwrap() {
        let chip = Chip::rsa(key.clone(), hash(&case["hash"])).unwrap();
        let mut rng = Nonce(Some(bytes(&case["M1"])), SeededRng::new(b"blinding", ""));
        let signature = chip.internal_authenticate(&bytes(&ex["rnd_ifd"]), &mut rng).unwrap();
        assert_eq!(key.public().recover(&signature).unwrap(), bytes(&case["F"]));
    }
}

#[test]
fn a_real_passport_proves_itself() {
    let Some(folder) = data::vectors("a_real_passport_proves_itself", 3) else { return };
    let ex = data::read(&folder, "real_card_aa_rsa.json");
    let ex = load(std::str::from_utf8(&ex).unwrap());
    let dg15 = Dg15::parse(&bytes(&ex["dg15"])).unwrap();
    let key = AaKey::from_spki(&dg15.spki).unwrap();
    let (challenge, signature) = (bytes(&ex["rnd_ifd"]), bytes(&ex["signature"]));
    let challenge: [u8; 8] = challenge.try_into().unwrap();
    let made = check(&key, None, &challenge, &signature).unwrap();
    assert_eq!(made, AaAlgorithm::Rsa { hash: Hash::Sha256 });
    let AaKey::Rsa(key) = key else { panic!("no RSA key") };
    assert_eq!(key.recover(&signature).unwrap(), bytes(&ex["F_recovered"]));
    let mut bad = signature;
    bad[100] ^= 1;
    assert!(check(&AaKey::Rsa(key), None, &challenge, &bad).is_err());
}
