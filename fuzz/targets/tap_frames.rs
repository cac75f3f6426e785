//! What a phone sends in a tap session: messages, and what it says that a chip said. A chip is
//! proven by whoever has its key alone; the talk ends within its budget whatever comes, and gives a
//! whole EF.HolderVerification or none. The phone's half carries nothing that it should not.
#![no_main]

use std::sync::OnceLock;

use iccard::apdu::{CommandView, Response, StatusWord};
use iccard::crypto::{AgreementPublicKey, AgreementSecretKey, Curve, SecretKey, SeededRng};
use iccard::issuance::tap_session::{
    Answer, ChipKey, Evidence, MAX_FRAMES, Next, Open, Opened, RemoteChip, Reply,
};
use iccard::lds::{
    ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, Dg14, HolderVerification,
    SecurityInfo, SecurityInfos, oids,
};
use iccard::pki::spki;
use iccard::session::Session;
use iccard::sm::{SecureChannel, SessionKeys};
use iccard::tap::Relay;
use iccard::transport::Loopback;
use iccard::trust::{ChipRun, Relayed};
use iccard_fuzz::cards::{card, personalised};
use iccard_fuzz::{is_told, parsed, pick};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 5) else { return };
    match choice {
        0 => messages(data),
        // Whatever is said without the chip's key.
        1 => {
            let relayed = talk(data, false, |_, said, _| said.to_vec());
            assert!(relayed.chip_authentication != ChipRun::Proven);
            assert!(relayed.holder_verification.is_none());
        }
        // With the key: anything as the plain answer.
        2 | 3 => {
            let mut chip = None;
            let relayed = talk(data, choice == 3, |command, said, protect| {
                if protect {
                    agree(command, &mut chip)
                } else {
                    protected(command, said, &mut chip)
                }
            });
            if let Some(file) = relayed.holder_verification {
                assert_eq!(relayed.chip_authentication, ChipRun::Proven);
                assert_eq!(file.len(), HolderVerification::LEN);
                parsed(HolderVerification::parse(&file));
            }
        }
        _ => relay(data),
    }
});

fn messages(data: &[u8]) {
    parsed(Open::from_json(data));
    parsed(Opened::from_json(data));
    parsed(Evidence::from_json(data));
    parsed(Reply::from_json(data));
    if let Some(answer) = parsed(Answer::from_json(data)) {
        let json = serde_json::to_vec(&answer).expect("an answer that was read");
        assert!(Answer::from_json(&json).expect("an answer that was written") == answer);
    }
}

/// A chip's key, and the file it stands in.
fn key() -> &'static (SecretKey, Vec<u8>) {
    static KEY: OnceLock<(SecretKey, Vec<u8>)> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"fuzz", "chip"));
        let infos = SecurityInfos::new([
            SecurityInfo::ChipAuthentication(ChipAuthenticationInfo {
                protocol: oids::CA_ECDH_AES_CBC_CMAC_128,
                version: 1,
                key_id: None,
            }),
            SecurityInfo::ChipAuthenticationPublicKey(ChipAuthenticationPublicKeyInfo {
                protocol: oids::PK_ECDH,
                spki: spki::encode(&key.public()),
                key_id: None,
            }),
        ]);
        (key, Dg14 { infos }.encode())
    })
}

/// The talk, the input cut into answers: a length, then so many bytes.
fn talk(
    mut data: &[u8],
    told: bool,
    mut chip: impl FnMut(&[u8], &[u8], bool) -> Vec<u8>,
) -> Relayed {
    let (_, dg14) = key();
    let infos = Dg14::parse(dg14).expect("a file").infos;
    let key = ChipKey::strongest(&infos).expect("a key");
    let rng = &mut SeededRng::new(b"fuzz", "issuer");
    let (mut talk, mut next) = RemoteChip::new(&key, dg14, told, rng);
    for _ in 0..=MAX_FRAMES {
        match next {
            Next::Done(relayed) => {
                if let ChipRun::Failed(why) = &relayed.chip_authentication {
                    is_told(why);
                }
                return relayed;
            }
            Next::Send { command, protect } => {
                let (len, rest) = data.split_first().unwrap_or((&0, &[]));
                let (said, rest) = rest.split_at(usize::from(*len).min(rest.len()));
                data = rest;
                next = talk.receive(&chip(&command, said, protect), rng);
            }
        }
    }
    panic!("the talk did not end");
}

fn agree(command: &[u8], chip: &mut Option<SecureChannel>) -> Vec<u8> {
    let command = CommandView::parse(command).expect("a command");
    // 7C { 80 key } of GENERAL AUTHENTICATE.
    if let Some(point) = command.data.get(4..).filter(|_| command.header.ins == 0x86) {
        let domain = Curve::P256.into();
        let theirs = AgreementPublicKey::from_bytes(domain, point).expect("a key");
        let own = AgreementSecretKey::from(key().0.clone());
        let secret = own.agree(&theirs).expect("a secret");
        let keys = SessionKeys::derive(iccard::crypto::Cipher::Aes128, secret.as_bytes());
        *chip = Some(SecureChannel::new(&keys).expect("keys"));
    }
    vec![0x90, 0x00]
}

fn protected(command: &[u8], said: &[u8], chip: &mut Option<SecureChannel>) -> Vec<u8> {
    let Some(channel) = chip else { return said.to_vec() };
    let command = CommandView::parse(command).expect("a command");
    channel.unprotect_command(&command).expect("a command of the issuer's");
    let plain = Response::parse(said).unwrap_or_else(|_| Response::status(StatusWord::NOT_FOUND));
    let mut response = Vec::new();
    channel.protect_response(&plain, false, &mut response);
    response
}

fn relay(data: &[u8]) {
    let Some((&flags, command)) = data.split_first() else { return };
    let of = personalised_resident();
    let mut session = Session::new(Box::new(Loopback::new(card(of))));
    let mut steps = |_| {};
    let mut relay = Relay::new(&mut session, &mut steps);
    // There is no channel, so the reader has none to lend.
    match relay.forward(command, flags & 1 == 1) {
        Ok(_) => {
            let sent = CommandView::parse(command).expect("a command");
            assert!(flags & 1 == 0 && sent.header.is_secure_messaging());
        }
        Err(error) => is_told(&error),
    }
}

fn personalised_resident() -> &'static iccard::profile::Personalised {
    static CARD: OnceLock<iccard::profile::Personalised> = OnceLock::new();
    CARD.get_or_init(|| personalised("resident"))
}
