use proptest::prelude::*;

use super::*;
use crate::{
    apdu::{Response, StatusWord},
    crypto::{
        AgreementError, AgreementPublicKey, Cipher, Curve, CurveError, DhError, Domain, Group,
        SecretKey, SeededRng,
    },
    protocol::{Initiator, Next},
};

const CAN: &str = "123456";

fn rng(label: &str) -> SeededRng {
    SeededRng::new(b"pace", label)
}

/// `id-PACE-DH-GM` 1, `-ECDH-GM` 2, `-DH-IM` 3, `-ECDH-IM` 4, `-ECDH-CAM` 6; cipher 1 to 4.
fn parameters(kind: u8, cipher: u8, id: u32) -> Parameters {
    let oid = format!("0.4.0.127.0.7.2.2.4.{kind}.{cipher}").parse().unwrap();
    Parameters::new(oid, Some(id)).unwrap()
}

fn static_key(domain: Domain) -> Option<SecretKey> {
    match domain {
        Domain::Curve(curve) => Some(SecretKey::generate(curve, &mut rng("static"))),
        Domain::Group(_) => None,
    }
}

fn chip(params: &Parameters) -> Chip {
    let chip = Chip::new(params.clone(), &Password::can(CAN));
    match static_key(params.domain()) {
        Some(key) => chip.with_static_key(key).unwrap(),
        None => chip,
    }
}

fn terminal(params: &Parameters) -> Terminal {
    Terminal::new(params.clone(), Password::can(CAN), TerminalOptions::default())
}

/// Plays a run. `meddle` changes what the chip answers: the step's number and the data.
fn play(
    params: &Parameters,
    mut chip: Chip,
    meddle: &dyn Fn(u8, Vec<u8>) -> Vec<u8>,
) -> Result<(Established, crate::sm::SessionKeys), PaceError> {
    let (mut ours, mut theirs) = (rng("terminal"), rng("chip"));
    let mut terminal = terminal(params);
    terminal.start(&mut ours)?;
    let mut next = terminal.receive(&Response::default(), &mut ours)?;
    let mut keys = None;
    let mut step = 0;
    loop {
        let command = match next {
            Next::Send(command) => command,
            Next::Done(established) => return Ok((established, keys.unwrap())),
        };
        step += 1;
        let last = !command.header.is_chained();
        let data = match chip.general_authenticate(&command.data, last, &mut theirs)? {
            ChipReply::Reply(data) => data,
            ChipReply::Done { data, keys: agreed, .. } => {
                keys = Some(agreed);
                data
            }
        };
        let response = Response { data: meddle(step, data), sw: StatusWord::SUCCESS };
        next = terminal.receive(&response, &mut ours)?;
    }
}

fn as_sent(_: u8, data: Vec<u8>) -> Vec<u8> {
    data
}

/// Every mapping over every domain that has it, the ciphers taken in turn.
fn all() -> Vec<Parameters> {
    let curves = Curve::ALL.map(Curve::parameter_id);
    let groups = Group::ALL.map(Group::parameter_id);
    let mut all = Vec::new();
    for (kind, ids) in [(1, &groups[..]), (2, &curves), (3, &groups), (4, &curves), (6, &curves)] {
        for (i, &id) in ids.iter().enumerate() {
            let cipher = if kind == 6 { 2 + i % 3 } else { 1 + i % 4 };
            if (kind, id) != (4, Curve::P224.parameter_id()) {
                all.push(parameters(kind, cipher as u8, id));
            }
        }
    }
    all
}

#[test]
fn both_halves_agree_in_every_mapping_over_every_domain() {
    let all = all();
    assert_eq!(all.len(), 2 * 3 + 3 * 11 - 1);
    for params in all {
        let (established, theirs) = play(&params, chip(&params), &as_sent).unwrap();
        let ours = established.keys;
        assert_eq!((ours.enc, ours.mac), (theirs.enc, theirs.mac), "{params}");
        let proof = established.chip_authentication;
        let has = params.suite().mapping == Mapping::ChipAuthentication;
        assert_eq!(proof.is_some(), has, "{params}");
        if let Some(proof) = proof {
            let right = static_key(params.domain()).unwrap().public();
            cam::verify(&proof, &right).unwrap();
            let wrong = proof.mapping_key().clone();
            assert_eq!(cam::verify(&proof, &wrong), Err(PaceError::NotGenuine));
        }
    }
}

#[test]
fn a_clone_without_the_static_key_is_not_genuine() {
    let params = parameters(6, 2, 13);
    let clone = Chip::new(params.clone(), &Password::can(CAN))
        .with_static_key(SecretKey::generate(Curve::BrainpoolP256r1, &mut rng("clone")))
        .unwrap();
    let (established, _) = play(&params, clone, &as_sent).unwrap();
    let right = static_key(params.domain()).unwrap().public();
    let proof = established.chip_authentication.unwrap();
    assert_eq!(cam::verify(&proof, &right), Err(PaceError::NotGenuine));
    let other = SecretKey::generate(Curve::P256, &mut rng("other"));
    assert!(matches!(cam::verify(&proof, &other.public()), Err(PaceError::BadKey { .. })));
    // And a chip cannot run the mapping without a key on the curve.
    let error = Chip::new(params.clone(), &Password::can(CAN)).with_static_key(other).unwrap_err();
    assert!(matches!(error, PaceError::NoStaticKey { .. }));
    let error =
        play(&params, Chip::new(params.clone(), &Password::can(CAN)), &as_sent).unwrap_err();
    assert!(matches!(error, PaceError::NoStaticKey { .. }));
    assert_eq!(error.status(), StatusWord::NO_DIAGNOSIS);
}

#[test]
fn chip_authentication_data_come_with_their_mapping_and_with_no_other() {
    let cam = parameters(6, 2, 13);
    let drop = |step, data: Vec<u8>| match step {
        // 7C, length, DO86 of 10 bytes
        4 => [&[0x7C, 10], &data[2..12]].concat(),
        _ => data,
    };
    let error = play(&cam, chip(&cam), &drop).unwrap_err();
    let PaceError::Unexpected { step: 4, expected, .. } = error else { panic!("{error}") };
    assert!(expected.contains("DO8A"));
    for kind in [2, 4] {
        let params = parameters(kind, 2, 13);
        let add = |step, data: Vec<u8>| match step {
            4 => [&[0x7C, 12], &data[2..], &[0x8A, 0x00]].concat(),
            _ => data,
        };
        let error = play(&params, chip(&params), &add).unwrap_err();
        assert!(matches!(error, PaceError::Unexpected { step: 4, .. }), "{error}");
    }
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let meddle = |step, mut data: Vec<u8>| {
            if step == 4 {
                let mut encrypted = data.split_off(14);
                change(&mut encrypted);
                data[13] = encrypted.len() as u8;
                data[1] = (12 + encrypted.len()) as u8;
                data.extend(encrypted);
            }
            data
        };
        play(&cam, chip(&cam), &meddle).unwrap_err()
    };
    for error in [
        with(&|data| data.clear()),
        with(&|data| data.truncate(47)),
        with(&|data| data.extend_from_within(..16)),
        with(&|data| data[47] ^= 1),
        with(&|data| data.truncate(32)),
    ] {
        assert!(matches!(error, PaceError::BadChipData { .. }), "{error}");
    }
}

#[test]
fn the_last_response_may_carry_authority_references() {
    let params = parameters(6, 2, 13);
    let references = vec![b"UTCVCA00002".to_vec(), b"UTCVCA00001".to_vec()];
    let chip = chip(&params).with_authority_references(references.clone());
    let (established, _) = play(&params, chip, &as_sent).unwrap();
    assert_eq!(established.authority_references, references);
    assert!(established.chip_authentication.is_some());
    // The announcement in MSE:Set AT.
    let mut terminal = terminal(&params).with_holder_authorization([0x06, 0x00]);
    let Ok(Next::Send(command)) = terminal.start(&mut rng("t")) else { panic!("no command") };
    assert!(command.data.ends_with(&[0x84, 0x01, 13, 0x7F, 0x4C, 0x02, 0x06, 0x00]));
}

/// How the last response's DO86 and DO8A are put together.
type Order = fn(&[u8], &[u8]) -> Vec<u8>;

#[test]
fn data_objects_of_the_last_response_come_once_in_any_order() {
    let params = parameters(6, 2, 13);
    let meddle = |order: Order| {
        move |step, data: Vec<u8>| {
            if step != 4 {
                return data;
            }
            let objects = order(&data[2..12], &data[12..]);
            [&[0x7C, objects.len() as u8], &objects[..]].concat()
        }
    };
    let swapped = meddle(|token, chip| [chip, token].concat());
    play(&params, chip(&params), &swapped).unwrap();
    let refuse = |order: Order| play(&params, chip(&params), &meddle(order)).unwrap_err();
    for error in [
        refuse(|token, chip| [token, token, chip].concat()),
        refuse(|_, chip| chip.to_vec()),
        refuse(|token, chip| [token, chip, &[0x85, 0x00]].concat()),
    ] {
        assert!(matches!(error, PaceError::Unexpected { step: 4, .. }), "{error}");
    }
}

/// What a hostile partner may send as a public key, and what it is.
fn bad_keys(domain: Domain) -> Vec<(&'static str, Vec<u8>)> {
    match domain {
        Domain::Curve(curve) => {
            let len = curve.field_len();
            let good = SecretKey::generate(curve, &mut rng("good")).public().sec1().to_vec();
            let mut off = good.clone();
            off[2 * len] ^= 1;
            let zero = [&[4][..], &vec![0; 2 * len]].concat();
            let other = if curve == Curve::P384 { Curve::P256 } else { Curve::P384 };
            let other = SecretKey::generate(other, &mut rng("other")).public().sec1().to_vec();
            vec![
                ("off the curve", off),
                ("infinity", vec![0]),
                ("(0,0)", zero),
                ("nothing", Vec::new()),
                ("cut short", good[..2 * len].to_vec()),
                ("too long", [&good[..], &[0]].concat()),
                ("compressed", [&[2], &good[1..=len]].concat()),
                ("of another curve", other),
            ]
        }
        Domain::Group(group) => {
            let prime = group.parameters().prime;
            let mut minus_one = prime.clone();
            *minus_one.last_mut().unwrap() -= 1;
            vec![
                ("nothing", Vec::new()),
                ("0", vec![0]),
                ("1", vec![1]),
                ("p-1", minus_one),
                ("p", prime.clone()),
                ("too long", vec![0x55; prime.len() + 1]),
                ("of small order", {
                    // 2 is no element of these subgroups.
                    vec![2]
                }),
            ]
        }
    }
}

#[test]
fn bad_public_keys_end_the_run_on_either_side() {
    for params in [
        parameters(1, 2, 0),
        parameters(1, 3, 2),
        parameters(2, 2, 12),
        parameters(2, 1, 17),
        parameters(4, 2, 13),
        parameters(6, 4, 16),
    ] {
        let integrated = params.suite().mapping == Mapping::Integrated;
        for (what, bad) in bad_keys(params.domain()) {
            for step in [2, 3].into_iter().skip(usize::from(integrated)) {
                // The card to the terminal.
                let tag = 0x80 + 2 * u32::from(step - 1);
                let meddle = |now, data| if now == step { token::wrap(tag, &bad) } else { data };
                let error = play(&params, chip(&params), &meddle).unwrap_err();
                let PaceError::BadKey { step: at, source } = error else {
                    panic!("{params} {what}: {error}")
                };
                assert_eq!(at, step, "{params} {what}");
                assert!(matches!(
                    source,
                    AgreementError::Curve(CurveError::BadPoint { .. })
                        | AgreementError::Dh(
                            DhError::BadPublic { .. } | DhError::SmallOrder { .. }
                        )
                ));
                // The terminal to the card.
                let mut chip = chip(&params);
                let mut rng = rng("chip");
                chip.general_authenticate(&[0x7C, 0x00], false, &mut rng).unwrap();
                if step == 3 {
                    let data = if integrated {
                        vec![7; params.suite().cipher.key_len()]
                    } else {
                        let key = crate::crypto::AgreementSecretKey::generate(
                            params.domain(),
                            &mut SeededRng::new(b"pace", "mapping"),
                        );
                        key.public().as_bytes().to_vec()
                    };
                    chip.general_authenticate(&token::wrap(0x81, &data), false, &mut rng).unwrap();
                }
                let data = token::wrap(0x81 + 2 * (u32::from(step) - 2), &bad);
                let error = chip.general_authenticate(&data, false, &mut rng).unwrap_err();
                assert!(matches!(error, PaceError::BadKey { .. }), "{params} {what}: {error}");
                assert_eq!(error.status(), StatusWord::WARNING_CHANGED);
            }
        }
    }
}

#[test]
fn the_integrated_mapping_takes_nonces_of_one_length_and_answers_nothing() {
    for (cipher, len) in [(1, 16), (2, 16), (3, 24), (4, 32)] {
        let params = parameters(4, cipher, 13);
        for got in [0, len - 1, len + 1, 99] {
            let mut chip = chip(&params);
            let mut rng = rng("chip");
            chip.general_authenticate(&[0x7C, 0x00], false, &mut rng).unwrap();
            let data = token::wrap(0x81, &vec![1; got]);
            let error = chip.general_authenticate(&data, false, &mut rng).unwrap_err();
            assert!(matches!(error, PaceError::Unexpected { step: 2, .. }), "{error}");
            assert_eq!(error.status(), StatusWord::WRONG_DATA);
        }
        for silent in [&[][..], &[0x7C, 0x00]] {
            let meddle = |step, data| if step == 2 { silent.to_vec() } else { data };
            play(&params, chip(&params), &meddle).unwrap();
        }
        let chatty = |step, data| if step == 2 { token::wrap(0x82, &[0]) } else { data };
        let error = play(&params, chip(&params), &chatty).unwrap_err();
        assert!(matches!(error, PaceError::Unexpected { step: 2, .. }), "{error}");
    }
}

#[test]
fn a_mirrored_key_and_a_wrong_password_are_seen() {
    for params in [parameters(1, 2, 0), parameters(2, 2, 12), parameters(4, 2, 12)] {
        let mut ours = rng("terminal");
        let mut terminal = terminal(&params);
        let mut chip = chip(&params);
        let mut theirs = rng("chip");
        terminal.start(&mut ours).unwrap();
        let mut next = terminal.receive(&Response::default(), &mut ours).unwrap();
        for step in 1.. {
            let Next::Send(command) = next else { panic!("over") };
            let answer = if step == 3 {
                // The value of DO83 comes back as DO84.
                let value = token::single(3, &command.data, 0x83).unwrap();
                token::wrap(0x84, value)
            } else {
                let reply = chip.general_authenticate(&command.data, false, &mut theirs).unwrap();
                let ChipReply::Reply(data) = reply else { panic!("over") };
                data
            };
            let response = Response { data: answer, sw: StatusWord::SUCCESS };
            match terminal.receive(&response, &mut ours) {
                Ok(again) => next = again,
                Err(error) => {
                    assert_eq!((step, error), (3, PaceError::SameKey { step: 3 }));
                    break;
                }
            }
        }
        let wrong = Chip::new(params.clone(), &Password::can("654321"));
        let error = play(&params, wrong, &as_sent).unwrap_err();
        assert_eq!(error, PaceError::BadToken { side: "terminal" }, "{params}");
    }
}

#[test]
fn a_key_of_another_cipher_is_refused_before_anything_is_sent_in_clear() {
    let params = parameters(2, 4, 12);
    let password = Password::from_key(PasswordKind::Can, &[1; 16]);
    let mut chip = Chip::new(params.clone(), &password);
    let error = chip.general_authenticate(&[0x7C, 0x00], false, &mut rng("chip")).unwrap_err();
    let expected = PaceError::BadKeyLength { cipher: Cipher::Aes256, expected: 32, got: 16 };
    assert_eq!(error, expected);
}

/// The figures of `pace_im_derived.json`: computed with other software from the standard's text.
#[test]
fn the_integrated_mapping_follows_the_standards_formulas() {
    let figures: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/vectors/pace_im_derived.json")).unwrap();
    let bytes = |v: &serde_json::Value| hex::decode(v.as_str().unwrap()).unwrap();
    let rows = figures["pseudo_random"].as_array().unwrap();
    assert_eq!(rows.len(), 16);
    for row in rows {
        let ciphers = [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256];
        let name = row["cipher"].as_str().unwrap();
        let cipher = ciphers.into_iter().find(|c| c.to_string() == name).unwrap();
        let bits = row["bits"].as_u64().unwrap() as usize;
        let number = integrated::pseudo_random(cipher, &bytes(&row["s"]), &bytes(&row["t"]), bits);
        assert_eq!(**number.unwrap(), bytes(&row["R"]), "{row}");
    }
    let rows = figures["points"].as_array().unwrap();
    assert_eq!(rows.len(), 20, "both branches on ten curves");
    for row in rows {
        let id = row["parameter_id"].as_u64().unwrap() as u32;
        let mapped = Domain::from_parameter_id(id).unwrap().map_integrated(&bytes(&row["number"]));
        assert_eq!(mapped.unwrap().as_bytes(), bytes(&row["point"]), "{row}");
    }
}

/// The figures of ICAO Doc 9303-11 Appendix I for the chip: what DO8A is made of.
#[test]
fn chip_authentication_data_of_the_worked_example() {
    let figures: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/vectors/icao_pace_cam_appI.json"))
            .unwrap();
    let bytes = |v: &serde_json::Value| hex::decode(v.as_str().unwrap()).unwrap();
    let key = |v| SecretKey::from_bytes(Curve::BrainpoolP256r1, &bytes(v)).unwrap();
    let keys = crate::sm::SessionKeys {
        cipher: Cipher::Aes128,
        enc: bytes(&figures["agreement"]["ks_enc"]).into(),
        mac: bytes(&figures["agreement"]["ks_mac"]).into(),
    };
    let (mapping, fixed) = (&figures["mapping"]["ic_priv"], &figures["cam"]["static_priv_derived"]);
    let data = cam::encrypt(&keys, &key(mapping), &key(fixed)).unwrap();
    assert_eq!(data, bytes(&figures["cam"]["encrypted_ca_data"]));
    let own = AgreementPublicKey::from_bytes(
        Curve::BrainpoolP256r1.into(),
        &bytes(&figures["agreement"]["ifd_pub"]),
    );
    let token = token::token(&parameters(6, 2, 13), &keys, &own.unwrap()).unwrap();
    assert_eq!(token.to_vec(), bytes(&figures["token"]["t_ic"]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    // Whatever comes: a reply or a reason, in every state of either half.
    #[test]
    fn any_bytes_at_any_step_are_an_error_or_a_step(
        kind in prop::sample::select(vec![(1_u8, 0_u32), (2, 12), (3, 0), (4, 12), (6, 12)]),
        at in 1_u8..=4,
        tag in prop::sample::select(vec![0x80_u8, 0x82, 0x84, 0x86, 0x8A, 0x7C]),
        body in proptest::collection::vec(any::<u8>(), 0..150),
        wrapped in any::<bool>(),
    ) {
        let params = parameters(kind.0, 2, kind.1);
        let bytes = if wrapped { token::wrap(u32::from(tag), &body) } else { body };
        let meddle = |step, data| if step == at { bytes.clone() } else { data };
        // An integrated mapping's second response may be empty.
        if let Ok((established, theirs)) = play(&params, chip(&params), &meddle) {
            prop_assert_eq!(established.keys.mac, theirs.mac);
        }
        let mut chip = chip(&params);
        let mut rng = rng("chip");
        if at > 1 {
            chip.general_authenticate(&[0x7C, 0x00], false, &mut rng).unwrap();
        }
        prop_assert!(chip.general_authenticate(&bytes, false, &mut rng).is_err() || at == 1 || at == 2);
    }
}
