//! Chip Authentication, both halves: version 1 with 3DES (`ca_v1_refset_derived.json`), version 2
//! of the EAC worked example of BSI TR-03110, and dialogues of real documents.

use iccard::{
    apdu::{Command, CommandView, Header, Response},
    crypto::{
        AgreementPublicKey, AgreementSecretKey, Cipher, Curve, DhSecretKey, Domain, Group,
        PublicKey, SecretKey,
    },
    lds::Dg14,
    protocol::{
        Initiator, Next,
        chip_auth::{Agreed, Chip, Commands, KeyAgreementTemplate, Suite, Terminal, Version},
    },
    sm::{SecureChannel, SessionKeys},
};
use serde_json::Value;

use crate::support::{
    data,
    vectors::{Script, bytes, load},
};

fn assert_keys(keys: &SessionKeys, enc: &Value, mac: &Value) {
    assert_eq!(*keys.enc, bytes(enc));
    assert_eq!(*keys.mac, bytes(mac));
}

fn done(next: Next<Agreed>) -> Agreed {
    match next {
        Next::Done(agreed) => agreed,
        Next::Send(_) => panic!("not over"),
    }
}

fn sent(next: &Next<Agreed>) -> String {
    match next {
        Next::Send(command) => hex::encode_upper(command.to_bytes().unwrap()),
        Next::Done(_) => panic!("over"),
    }
}

#[test]
fn version_1_with_3des_both_halves_byte_for_byte() {
    let ex = load(include_str!("vectors/ca_v1_refset_derived.json"));
    let curve = Curve::BrainpoolP224r1;
    let key = SecretKey::from_bytes(curve, &bytes(&ex["chip_static_private"])).unwrap();
    assert_eq!(key.public().sec1(), bytes(&ex["chip_static_public"]));
    // No ChipAuthenticationInfo is needed for the first attempt.
    let [suite, ..] = Suite::inferred(curve.into());
    assert_eq!(suite.commands(), Commands::SetKat);

    let mut rng = Script::new([bytes(&ex["terminal_ephemeral_private"])]);
    let mut terminal = Terminal::new(suite, key.public(), None);
    let next = terminal.start(&mut rng).unwrap();
    assert_eq!(sent(&next), ex["mse_set_kat_plain"].as_str().unwrap());
    let agreed = done(terminal.receive(&Response::default(), &mut rng).unwrap());
    assert_keys(&agreed.keys, &ex["K_enc_3des"], &ex["K_mac_3des"]);
    assert_eq!(agreed.ephemeral.as_bytes(), bytes(&ex["terminal_ephemeral_public"]));

    let command = bytes(&ex["mse_set_kat_plain"]);
    let data = CommandView::parse(&command).unwrap().data;
    let template = KeyAgreementTemplate::parse(data).unwrap();
    let keys = Chip::new(suite, key.clone()).set_kat(&template).unwrap();
    assert_keys(&keys, &ex["K_enc_3des"], &ex["K_mac_3des"]);
    let theirs = PublicKey::from_sec1(curve, template.public_key).unwrap();
    assert_eq!(key.agree(&theirs).unwrap().as_bytes(), bytes(&ex["shared_secret_K"]));
}

/// A key of the worked example, which prints some longer than the order and some with zeros in
/// front.
fn private_key(domain: Domain, value: &Value) -> AgreementSecretKey {
    let bytes = bytes(value);
    match domain {
        Domain::Curve(curve) => {
            let start = bytes.len() - curve.field_len();
            SecretKey::from_bytes(curve, &bytes[start..]).unwrap().into()
        }
        Domain::Group(group) => DhSecretKey::from_bytes(group, &bytes).unwrap().into(),
    }
}

fn version_2(ex: &Value, oid: &str, oid_bytes: &str, domain: Domain) {
    let v = &ex["values"];
    let suite = Suite::new(oid.parse().unwrap()).unwrap();
    let key = private_key(domain, &v["ca_picc_priv_key"]);
    assert_eq!(key.public().as_bytes(), bytes(&v["ca_picc_pub_key"]));
    let ephemeral = private_key(domain, &v["ca_pcd_priv_key"]);
    let public = bytes(&v["ca_pcd_pub_key"]);
    assert_eq!(ephemeral.public().as_bytes(), public);
    let secret = ephemeral.agree(&key.public()).unwrap();
    assert_eq!(secret.as_bytes(), bytes(&v["ca_shared_secret_k"]));
    // 7C { 81 r_PICC, 82 T_PICC }
    let nonce_and_token = [
        &[0x7C, 0x14, 0x81, 0x08][..],
        &bytes(&v["ca_nonce"]),
        &[0x82, 0x08],
        &bytes(&v["ca_picc_token"]),
    ]
    .concat();

    let mut rng = Script::new([]);
    let mut terminal = Terminal::new(suite, key.public(), Some(1))
        .with_version(Version::V2)
        .with_ephemeral(ephemeral.clone())
        .unwrap();
    let next = terminal.start(&mut rng).unwrap();
    assert_eq!(sent(&next), format!("002241A40F800A{oid_bytes}840101"));
    let next = terminal.receive(&Response::default(), &mut rng).unwrap();
    let object = |tag: u8, value: &[u8]| match value.len() as u8 {
        len @ ..0x80 => [&[tag, len], value].concat(),
        len => [&[tag, 0x81, len], value].concat(),
    };
    let data = object(0x7C, &object(0x80, &public));
    let command = format!("00860000{:02X}{}00", data.len(), hex::encode_upper(&data));
    assert_eq!(sent(&next), command);
    let response = Response { data: nonce_and_token.clone(), ..Response::default() };
    let agreed = done(terminal.receive(&response, &mut rng).unwrap());
    assert_keys(&agreed.keys, &v["ca_k_enc"], &v["ca_k_mac"]);

    let mut rng = Script::new([bytes(&v["ca_nonce"])]);
    let chip = Chip::new(suite, key);
    let announced = ephemeral.public().compressed();
    let (answer, keys) = chip.general_authenticate_v2(&data, &announced, &mut rng).unwrap();
    assert_eq!(hex::encode_upper(answer), hex::encode_upper(nonce_and_token));
    assert_keys(&keys, &v["ca_k_enc"], &v["ca_k_mac"]);
    rng.assert_spent();
}

#[test]
fn version_2_over_ecdh_both_halves_byte_for_byte() {
    let ex = load(include_str!("vectors/tr03110_eac_ecdh.json"));
    let domain = Domain::Curve(Curve::BrainpoolP256r1);
    version_2(&ex, "0.4.0.127.0.7.2.2.3.2.2", "04007F00070202030202", domain);
}

#[test]
fn version_2_over_dh_both_halves_byte_for_byte() {
    let ex = load(include_str!("vectors/tr03110_eac_dh.json"));
    let domain = Domain::Group(Group::Modp1024);
    version_2(&ex, "0.4.0.127.0.7.2.2.3.1.2", "04007F00070202030102", domain);
}

#[test]
fn terminal_half_of_real_documents_byte_for_byte() {
    let Some(folder) = data::vectors("chip_auth terminal_half_of_real_documents", 4) else {
        return;
    };
    let file = data::read(&folder, "real_card_chip_auth.json");
    let sessions = load(std::str::from_utf8(&file).unwrap());
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 4);
    for session in sessions {
        real_document(session);
    }
}

fn real_document(session: &Value) {
    let name = session["card"].as_str().unwrap();
    let cipher = |side: &Value| match (side["alg"].as_str().unwrap(), bytes(&side["ks_enc"]).len())
    {
        ("TDES", _) => Cipher::TripleDes,
        (_, 16) => Cipher::Aes128,
        (_, 24) => Cipher::Aes192,
        _ => Cipher::Aes256,
    };
    let keys = |side: &Value| SessionKeys {
        cipher: cipher(side),
        enc: bytes(&side["ks_enc"]).into(),
        mac: bytes(&side["ks_mac"]).into(),
    };
    let before = &session["before_sm"];
    let mut channel = SecureChannel::new(&keys(before)).unwrap().with_ssc(&bytes(&before["ssc"]));

    // The documents write their curve out in EF.DG14; it is the one that their key lies on.
    let point = bytes(&session["chip_pub"]);
    let mut curves = [Curve::P256, Curve::BrainpoolP256r1].into_iter();
    let chip = curves.find_map(|c| PublicKey::from_sec1(c, &point).ok()).unwrap();
    let domain = Domain::Curve(chip.curve());
    let dg14 = Dg14::parse(&bytes(&session["dg14"])).unwrap();
    let info = dg14.infos.chip_authentication().next();
    let suite = match info {
        Some(info) => Suite::new(info.protocol).unwrap(),
        // FR: inferred from the key.
        None => Suite::inferred(domain)[0],
    };
    let mut terminal = Terminal::new(suite, chip, info.and_then(|info| info.key_id));
    if info.is_some() {
        // MY names 3DES and was asked by MSE:Set AT.
        terminal = terminal.with_commands(Commands::SetAt);
    }

    let mut rng = Script::new([bytes(&session["terminal_key"]["priv"])]);
    let (select, protocol) = session["exchanges"].as_array().unwrap().split_last().unwrap();
    let mut next = terminal.start(&mut rng).unwrap();
    for exchange in protocol {
        let Next::Send(command) = next else { panic!("{name}: over") };
        let response = protected(&mut channel, &command, exchange);
        next = terminal.receive(&response, &mut rng).unwrap();
    }
    let agreed = done(next);
    let after = &session["after_sm"];
    assert_keys(&agreed.keys, &after["ks_enc"], &after["ks_mac"]);
    assert_eq!(agreed.keys.cipher, cipher(after), "{name}");

    // The proof: the first exchange under the new keys, SELECT of EF.DG14.
    let mut channel = SecureChannel::new(&agreed.keys).unwrap();
    let plain = Command::new(Header::new(0x00, 0xA4, 0x02, 0x0C)).with_data([0x01, 0x0E]);
    assert!(protected(&mut channel, &plain, select).sw.is_success(), "{name}");
}

fn protected(channel: &mut SecureChannel, command: &Command, exchange: &Value) -> Response {
    let mut sent = Vec::new();
    channel.protect_command(command, &mut sent).unwrap();
    assert_eq!(hex::encode_upper(sent), exchange["c"].as_str().unwrap());
    channel.unprotect_response(&bytes(&exchange["r"])).unwrap()
}

#[test]
fn compressed_keys_for_terminal_authentication() {
    let ex = load(include_str!("vectors/tr03110_eac_ecdh.json"));
    let point = bytes(&ex["values"]["ca_pcd_pub_key"]);
    let domain = Domain::Curve(Curve::BrainpoolP256r1);
    let key = AgreementPublicKey::from_bytes(domain, &point).unwrap();
    assert_eq!(key.compressed(), point[1..33]);
}
