//! Passwords, keys and the operations with them.

use super::*;

#[test]
fn passwords_open_block_and_are_changed() {
    let mut chip = Chip::new();
    chip.says(&[
        ("00200083 01 00", "", 0x6A88),
        ("00200081", "", 0x63C3),
        APP,
        ("00200081 04 31323334", "", 0x63C2),
        ("00200081", "", 0x63C2),
        PIN,
        ("00200081", "", 0x9000),
        ("00B08200 00", "00010203", 0x9000),
        ("00D68200 01 AA", "", 0x9000),
        ("00200081 01 00", "", 0x63C2),
        ("00B08200 00", "", 0x6982),
        ("00210081 0A 8008 31323334FFFFFFFF", "", 0x9000),
        ("00210081 03 800100 00", "", 0x63C2),
        ("00210081 01 80", "", 0x6A80),
        ("00200181", "", 0x6A86),
        // CHANGE REFERENCE DATA.
        ("00240081 0C 31323334FFFFFFFF 35363738", "", 0x9000),
        PIN_WRONG,
        ("00200081 08 35363738FFFFFFFF", "", 0x9000),
        ("0020FF81", "", 0x9000),
        ("00240181 04 31323334", "", 0x6982),
        ("00240081 0B 35363738FFFFFFFF 393939", "", 0x6A80),
        ("00240081 04 35363738", "", 0x6700),
        ("00200081 08 35363738FFFFFFFF", "", 0x9000),
        ("00240181 06 393939393939", "", 0x9000),
        // Until it is blocked.
        PIN_WRONG,
        ("00200081 08 35363738FFFFFFFF", "", 0x63C1),
        ("00200081 08 35363738FFFFFFFF", "", 0x63C0),
        ("00200081 08 393939393939FFFF", "", 0x6983),
        ("00200081", "", 0x6983),
        // RESET RETRY COUNTER.
        ("002C0381", "", 0x6982),
        ("002C0181 08 0000000000000000", "", 0x63C2),
        ("002C0181 08 3837363534333231", "", 0x9000),
        ("00200082", "", 0x63C3),
        ("00200081 08 393939393939FFFF", "", 0x9000),
        ("002C0081 0C 3837363534333231 31323334", "", 0x9000),
        PIN,
        PUK,
        ("002C0281 04 35363738", "", 0x9000),
        ("002C0381", "", 0x9000),
        ("002C0082 08 3837363534333231", "", 0x6985),
        ("00200081 08 35363738FFFFFFFF", "", 0x9000),
        // What was shown for a DF does not hold in another.
        ("00A4000C 02 5016", "", 0x9000),
        ("00200081", "", 0x63C3),
    ]);
}

fn cbc(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    BlockKey::new(Cipher::Aes128, &AES_KEY).unwrap().encrypt_cbc(&[0; 16], &mut out);
    out
}

#[test]
fn keys_prove_both_sides() {
    let mut chip = Chip::new();
    let send = |chip: &mut Chip, head: &str, data: &[u8], le: bool| {
        let mut command = bytes(head);
        command.push(data.len() as u8);
        command.extend(data);
        command.extend(le.then_some(0));
        chip.send(&command)
    };
    let nonce = *b"sixteen bytes...";
    assert_eq!(send(&mut chip, "00880001", &nonce, true), (cbc(&nonce), 0x9000));
    assert_eq!(send(&mut chip, "00880001", &nonce[..8], true).1, 0x6700);
    assert_eq!(send(&mut chip, "00880009", &nonce, true).1, 0x6A88);
    assert_eq!(send(&mut chip, "00880000", &nonce, true).1, 0x6985);
    chip.says(&[("002241A4 03 830102", "", 0x9000), ("002241A4 03 830109", "", 0x6A88)]);
    let (signature, sw) = send(&mut chip, "00880000", b"message", true);
    let key = crate::crypto::SecretKey::from_bytes(Curve::P256, &[7; 32]).unwrap().public();
    let digest = Hash::Sha256.digest(&[b"message"]);
    key.verify_prehash(&digest, &Signature::from_plain(signature)).unwrap();
    assert_eq!(sw, 0x9000);

    // EXTERNAL AUTHENTICATE opens what `key(1)` does, once for a challenge.
    chip.says(&[APP, ("00B08500 00", "", 0x6982), ("00840000 41", "", 0x6700)]);
    assert_eq!(send(&mut chip, "00820001", &nonce, false).1, 0x6985);
    let (challenge, _) = chip.send(&bytes("00840000 10"));
    assert_eq!(send(&mut chip, "00820001", &nonce, false).1, 0x6300);
    assert_eq!(send(&mut chip, "00820001", &cbc(&challenge), false).1, 0x6985, "it is used up");
    let (challenge, _) = chip.send(&bytes("00840000 10"));
    assert_eq!(chip.send(&bytes("00B08100 01")).1, 0x9000);
    assert_eq!(send(&mut chip, "00820001", &cbc(&challenge), false).1, 0x6985, "no more");
    let (challenge, _) = chip.send(&bytes("00840000 10"));
    assert_eq!(send(&mut chip, "00820001", &cbc(&challenge), false).1, 0x9000);
    chip.says(&[("00B08500 00", "00010203", 0x9000), ("00D68500 01 AA", "", 0x6982)]);

    // MUTUAL AUTHENTICATE: own challenge, the card's, and the other way round.
    chip.card.power(Power::Reset);
    let (challenge, _) = chip.send(&bytes("00840000 10"));
    let both = cbc(&[&nonce[..], &challenge].concat());
    let answer = cbc(&[&challenge[..], &nonce].concat());
    assert_eq!(send(&mut chip, "00820001", &both, true), (answer, 0x9000));
    chip.says(&[APP, ("00B08500 00", "00010203", 0x9000)]);
}

#[test]
fn security_operations_use_the_key_that_mse_chose() {
    let mut chip = Chip::new();
    let digest = "11".repeat(32);
    let padded = crate::crypto::pad(b"plain", 16);
    let cryptogram = hex::encode(cbc(&padded));
    let mac = hex::encode(MacKey::new(Cipher::Aes128, &AES_KEY).unwrap().tag(&[b"plain"]));
    let sign = format!("002A9E9A 20 {digest} 00");
    chip.says(&[
        (&sign, "", 0x6985),
        ("002241B6 03 840102", "", 0x9000),
        (&sign, "", 0x6982),
        PIN,
        ("002A9E9A 05 0102030405 00", "", 0x6700),
        ("002241B8 03 830101", "", 0x9000),
        ("002A8680 05 706C61696E 00", &format!("01{cryptogram}").to_uppercase(), 0x9000),
        (&format!("002A8086 11 01{cryptogram} 00"), "706C61696E", 0x9000),
        (&format!("002A8086 11 02{cryptogram} 00"), "", 0x6A80),
        (&format!("002A8084 10 {cryptogram} 00"), &hex::encode_upper(&padded), 0x9000),
        ("002A8480 05 706C61696E 00", "", 0x6700),
        ("002241B4 03 830101", "", 0x9000),
        ("002A8E80 05 706C61696E 00", &mac.to_uppercase(), 0x9000),
        (&format!("002A00A2 11 8005706C61696E 8E08{mac}"), "", 0x9000),
        ("002A00A2 11 8005706C61696E 8E080000000000000000", "", 0x6300),
        ("002A00A2 07 8005706C61696E", "", 0x6A80),
        ("002A0001 01 00", "", 0x6A86),
        ("002241B8 03 830102", "", 0x9000),
        ("002A8680 05 706C61696E 00", "", 0x6985),
        ("0022F301", "", 0x9000),
        ("002A8E80 05 706C61696E 00", "", 0x6985),
        ("0022F302", "", 0x6A88),
        ("0022F201", "", 0x6A81),
    ]);
    chip.says(&[("002241B6 03 840102", "", 0x9000)]);
    let (signature, sw) = chip.send(&bytes(&sign));
    let key = crate::crypto::SecretKey::from_bytes(Curve::P256, &[7; 32]).unwrap().public();
    key.verify_prehash(&[0x11; 32], &Signature::from_plain(signature)).unwrap();
    assert_eq!(sw, 0x9000);
}
