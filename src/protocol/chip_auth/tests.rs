use proptest::prelude::*;

use super::*;
use crate::{
    apdu::{Command, Response, StatusWord},
    crypto::{AgreementError, AgreementSecretKey, Cipher, Curve, Domain, Group, SeededRng},
    protocol::{Initiator, Next},
    tlv::{Tag, Writer},
};

fn rng(label: &str) -> SeededRng {
    SeededRng::new(b"chip auth", label)
}

fn key(domain: Domain, label: &str) -> AgreementSecretKey {
    AgreementSecretKey::generate(domain, &mut rng(label))
}

fn domains() -> Vec<Domain> {
    (0..32).filter_map(Domain::from_parameter_id).collect()
}

/// The chip's suite of this cipher, and its key.
fn chip(domain: Domain, cipher: Cipher) -> Chip {
    let suite = Suite::inferred(domain).into_iter().find(|s| s.cipher() == cipher).unwrap();
    Chip::new(suite, key(domain, "static"))
}

fn terminal(chip: &Chip, domain: Domain) -> Terminal {
    Terminal::new(*chip.suite(), key(domain, "static").public(), Some(0x0102))
}

fn ok(data: Vec<u8>) -> Response {
    Response { data, sw: StatusWord::SUCCESS }
}

fn sent(next: Next<Agreed>) -> Command {
    match next {
        Next::Send(command) => command,
        Next::Done(_) => panic!("over"),
    }
}

/// Dynamic authentication data with these data objects.
fn wrap(objects: &[(u32, &[u8])]) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(Tag::new(0x7C), |w| {
        for &(tag, value) in objects {
            w.primitive(Tag::new(tag), value);
        }
    });
    w.finish()
}

/// Plays a run in which the chip gets the terminal's last command, and the terminal what `answer`
/// makes of it.
fn play(
    mut terminal: Terminal,
    answer: impl FnOnce(&[u8]) -> Result<Vec<u8>, ChipAuthError>,
) -> Result<Agreed, ChipAuthError> {
    let mut rng = rng("terminal");
    let mut command = sent(terminal.start(&mut rng)?);
    if terminal.commands() == Commands::SetAt {
        assert_eq!((command.header.p1, command.header.p2), (0x41, 0xA4));
        command = sent(terminal.receive(&ok(Vec::new()), &mut rng)?);
    } else {
        assert_eq!((command.header.p1, command.header.p2), (0x41, 0xA6));
    }
    match terminal.receive(&ok(answer(&command.data)?), &mut rng)? {
        Next::Done(agreed) => Ok(agreed),
        Next::Send(_) => panic!("not over"),
    }
}

#[test]
fn both_halves_agree_over_every_domain_by_every_way() {
    for domain in domains() {
        let mut keys = None;
        let same = |ours: Agreed, theirs: Option<SessionKeys>| {
            let theirs = theirs.unwrap();
            assert_eq!((ours.keys.enc, ours.keys.mac), (theirs.enc, theirs.mac), "{domain}");
        };
        let chip = chip(domain, Cipher::TripleDes);
        let kat = play(terminal(&chip, domain), |data| {
            let template = KeyAgreementTemplate::parse(data)?;
            assert_eq!(template.key_id, Some(0x0102));
            keys = Some(chip.set_kat(&template)?);
            Ok(Vec::new())
        });
        same(kat.unwrap(), keys.take());
        let at = terminal(&chip, domain).with_commands(Commands::SetAt);
        let at = play(at, |data| {
            let (data, agreed) = chip.general_authenticate(data)?;
            keys = Some(agreed);
            Ok(data)
        });
        same(at.unwrap(), keys.take());
    }
    for (domain, cipher) in [
        (Domain::Curve(Curve::P384), Cipher::Aes192),
        (Domain::Curve(Curve::BrainpoolP512r1), Cipher::Aes256),
        (Domain::Group(Group::Modp2048Order256), Cipher::Aes128),
        (Domain::Group(Group::Modp1024), Cipher::TripleDes),
    ] {
        let chip = chip(domain, cipher);
        // Terminal Authentication announces the key before.
        let ephemeral = key(domain, "announced");
        let announced = ephemeral.public().compressed();
        let run = || {
            let terminal = terminal(&chip, domain).with_version(Version::V2);
            terminal.with_ephemeral(ephemeral.clone()).unwrap()
        };
        let mut theirs = None;
        let ours = play(run(), |data| {
            let answer = chip.general_authenticate_v2(data, &announced, &mut rng("chip"))?;
            theirs = Some(answer.1);
            Ok(answer.0)
        });
        let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
        assert_eq!((ours.keys.enc, ours.keys.mac), (theirs.enc, theirs.mac), "{domain}");
        let error = play(run(), |data| {
            let other = key(domain, "another").public().compressed();
            chip.general_authenticate_v2(data, &other, &mut rng("chip")).map(|answer| answer.0)
        });
        assert_eq!(error.unwrap_err(), ChipAuthError::NotAnnounced);
    }
}

#[test]
fn version_2_needs_nonce_and_token_of_the_right_chip() {
    let domain = Domain::Curve(Curve::P256);
    let right = chip(domain, Cipher::Aes128);
    let with = |answer: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let terminal = terminal(&right, domain).with_version(Version::V2);
        let announced = key(domain, "announced");
        let terminal = terminal.with_ephemeral(announced.clone()).unwrap();
        play(terminal, |data| {
            let announced = announced.public().compressed();
            let (data, _) = right.general_authenticate_v2(data, &announced, &mut rng("chip"))?;
            Ok(answer(data))
        })
    };
    assert!(with(&|data| data).is_ok());
    // 7C 14, 81 08 nonce, 82 08 token
    for byte in (4..12).chain(14..22) {
        let error = with(&|mut data| {
            data[byte] ^= 1;
            data
        });
        assert_eq!(error.unwrap_err(), ChipAuthError::BadToken);
    }
    let clone = Chip::new(*right.suite(), key(domain, "clone"));
    let error = with(&|data| {
        // What a clone without the private key makes of the same command.
        let command = key(domain, "announced").public();
        let announced = command.compressed();
        let data_in = wrap(&[(0x80, command.as_bytes())]);
        let _ = data;
        clone.general_authenticate_v2(&data_in, &announced, &mut rng("chip")).unwrap().0
    });
    assert_eq!(error.unwrap_err(), ChipAuthError::BadToken);
    for bad in [
        Vec::new(),
        vec![0x7C, 0x00],
        wrap(&[(0x82, &[0; 8]), (0x81, &[0; 8])]),
        wrap(&[(0x81, &[0; 8])]),
        wrap(&[(0x81, &[0; 8]), (0x82, &[0; 8]), (0x83, &[])]),
    ] {
        let error = with(&|_| bad.clone()).unwrap_err();
        assert!(matches!(error, ChipAuthError::Malformed(_)), "{error}");
    }
    for (nonce, token) in [(7, 8), (8, 9), (8, 0), (0, 8)] {
        let error = with(&|_| wrap(&[(0x81, &vec![1; nonce]), (0x82, &vec![1; token])]));
        assert!(matches!(error.unwrap_err(), ChipAuthError::BadObject { .. }));
    }
}

#[test]
fn what_does_not_go_together_does_not_start() {
    let (curve, group) = (Domain::Curve(Curve::P256), Domain::Group(Group::Modp1024));
    let on_curve = chip(curve, Cipher::Aes128);
    let start = |mut terminal: Terminal| terminal.start(&mut rng("terminal")).unwrap_err();
    let mismatch = |error| matches!(error, ChipAuthError::Mismatch { .. });
    let static_of_group = key(group, "static").public();
    assert!(mismatch(start(Terminal::new(*on_curve.suite(), static_of_group, None))));
    assert!(mismatch(start(terminal(&on_curve, curve).with_commands(Commands::SetKat))));
    let old = chip(curve, Cipher::TripleDes);
    let both = terminal(&old, curve).with_version(Version::V2).with_commands(Commands::SetKat);
    assert!(mismatch(start(both)));
    let error = terminal(&old, curve).with_ephemeral(key(group, "e")).unwrap_err();
    assert_eq!(error, ChipAuthError::WrongDomain { expected: curve, got: group });
    let error = terminal(&old, curve).receive(&ok(Vec::new()), &mut rng("t")).unwrap_err();
    assert_eq!(error, ChipAuthError::NotRunning);
}

#[test]
fn a_refusal_names_the_command() {
    let domain = Domain::Curve(Curve::P256);
    let refused = Response::status(StatusWord::REFERENCE_NOT_FOUND);
    let mut rng = rng("terminal");
    for (cipher, names) in [
        (Cipher::TripleDes, &["MSE:Set KAT"][..]),
        (Cipher::Aes128, &["MSE:Set AT", "GENERAL AUTHENTICATE"]),
    ] {
        for (i, name) in names.iter().enumerate() {
            let mut terminal = terminal(&chip(domain, cipher), domain);
            terminal.start(&mut rng).unwrap();
            for _ in 0..i {
                terminal.receive(&ok(Vec::new()), &mut rng).unwrap();
            }
            let error = terminal.receive(&refused, &mut rng).unwrap_err();
            assert_eq!(error, ChipAuthError::Refused { command: name, sw: refused.sw });
        }
    }
}

#[test]
fn the_chip_refuses_bad_public_keys_by_either_command() {
    for domain in [
        Domain::Curve(Curve::P256),
        Domain::Curve(Curve::BrainpoolP224r1),
        Domain::Curve(Curve::P521),
        Domain::Group(Group::Modp1024),
        Domain::Group(Group::Modp2048Order224),
    ] {
        let chip = chip(domain, Cipher::TripleDes);
        let good = key(domain, "good").public().as_bytes().to_vec();
        let mut off = good.clone();
        *off.last_mut().unwrap() ^= 1;
        let mut zero = vec![0; good.len()];
        zero[0] = 4;
        let mut bads = vec![off, vec![0], vec![], good[1..].to_vec(), [&good[..], &good].concat()];
        match domain {
            Domain::Curve(_) => bads.push(zero),
            Domain::Group(group) => {
                let mut minus_one = group.parameters().prime;
                *minus_one.last_mut().unwrap() -= 1;
                bads.extend([vec![1], vec![2], minus_one, group.parameters().prime]);
            }
        }
        for bad in bads {
            let error = chip.general_authenticate(&wrap(&[(0x80, &bad)])).unwrap_err();
            assert!(matches!(error, ChipAuthError::BadKey(_)), "{domain}: {error}");
            assert_eq!(error.status(), StatusWord::WARNING_CHANGED);
            let template = KeyAgreementTemplate { public_key: &bad, key_id: None };
            let error = chip.set_kat(&template).unwrap_err();
            assert!(matches!(error, ChipAuthError::BadTemplateKey(_)));
            assert_eq!(error.status(), StatusWord::WRONG_DATA);
        }
        // A key of another domain is one of the wrong length or off the curve.
        let other = if domain.bits() > 1000 { Curve::P256.into() } else { Group::Modp1024.into() };
        let other = key(other, "other").public();
        let error = chip.general_authenticate(&wrap(&[(0x80, other.as_bytes())])).unwrap_err();
        assert!(matches!(
            error,
            ChipAuthError::BadKey(AgreementError::Curve(_) | AgreementError::Dh(_))
        ));
    }
}

#[test]
fn templates_are_read_strictly_where_it_matters() {
    let parse = |hex: &str| {
        let data = hex::decode(hex).unwrap();
        KeyAgreementTemplate::parse(&data).map(|t| (t.public_key.to_vec(), t.key_id))
    };
    assert_eq!(parse("9102AABB"), Ok((vec![0xAA, 0xBB], None)));
    // The other way round, and with an object that nobody knows.
    assert_eq!(parse("840200C38301009101AA"), Ok((vec![0xAA], Some(0xC3))));
    for bad in
        ["", "8401C3", "9101AA9101AA", "9101AA8400", "9101AA8409000000000000000001", "9102AA"]
    {
        assert!(parse(bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_or_an_agreement(
        body in proptest::collection::vec(any::<u8>(), 0..150),
        tag in prop::sample::select(vec![0x80_u32, 0x81, 0x91, 0x7C]),
    ) {
        let domain = Domain::Curve(Curve::P256);
        let chip = chip(domain, Cipher::TripleDes);
        for data in [body.clone(), wrap(&[(tag, &body)])] {
            prop_assert!(chip.general_authenticate(&data).is_err());
            prop_assert!(chip.general_authenticate_v2(&data, &[], &mut rng("chip")).is_err());
            if let Ok(template) = KeyAgreementTemplate::parse(&data) {
                prop_assert!(chip.set_kat(&template).is_err());
            }
            let terminal = terminal(&chip, domain).with_version(Version::V2);
            prop_assert!(play(terminal, |_| Ok(data)).is_err());
        }
    }
}
