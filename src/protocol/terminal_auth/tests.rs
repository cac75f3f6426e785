use proptest::prelude::*;

use super::*;
use crate::{
    apdu::{Command, Response, StatusWord, ins},
    crypto::{Curve, Hash, RsaPrivateKey, SecretKey, SeededRng},
    pki::cvc::{
        Chat, CvCertificate, CvcDate, CvcError, CvcProfile, CvcSigner, Issuer, PrivateKey,
        Reference, Role, TaAlgorithm, TerminalType,
    },
    protocol::{Initiator, Next},
};

const ID_PICC: &[u8] = b"T220001293";
const EPHEMERAL_KEY: &[u8] = &[0xE1; 32];

fn rng() -> SeededRng {
    SeededRng::new(b"terminal", "random")
}

fn signer(label: &str) -> CvcSigner {
    let key = SecretKey::generate(Curve::P256, &mut SeededRng::new(b"terminal", label));
    CvcSigner::new(TaAlgorithm::Ecdsa(Hash::Sha256), PrivateKey::Ec(key)).unwrap()
}

fn date(text: &str) -> CvcDate {
    text.parse().unwrap()
}

fn name(text: &str) -> Reference {
    text.parse().unwrap()
}

fn profile(holder: &str, role: Role, days: [&str; 2]) -> CvcProfile {
    CvcProfile {
        holder: name(holder),
        chat: Chat::new(TerminalType::InspectionSystem, role).with_rights(3),
        effective: date(days[0]),
        expires: date(days[1]),
        extensions: Vec::new(),
    }
}

const LONG: [&str; 2] = ["2024-01-01", "2029-12-31"];

struct Country {
    cvca: CvCertificate,
    link: CvCertificate,
}

impl Country {
    fn new() -> Self {
        let rng = &mut rng();
        let cvca = profile("KRCVCA00001", Role::Cvca, LONG).self_signed(&signer("1"), rng).unwrap();
        let link = Self::next(&cvca, "1", "KRCVCA00002", "2", ["2025-01-01", "2030-12-31"]);
        Self { cvca, link }
    }

    fn next(
        of: &CvCertificate,
        key: &str,
        holder: &str,
        next: &str,
        days: [&str; 2],
    ) -> CvCertificate {
        let profile = profile(holder, Role::Cvca, days);
        profile.issue(&signer(next).public(), of, &signer(key), &mut rng()).unwrap()
    }

    fn store(&self) -> TrustStore {
        let point = Issuer::trust_point(&self.cvca).unwrap();
        TrustStore::new([point], date("2024-06-01")).unwrap()
    }

    fn dv(&self, role: Role, days: [&str; 2]) -> CvCertificate {
        let profile = profile("KRDV00001", role, days);
        profile.issue(&signer("dv").public(), &self.cvca, &signer("1"), &mut rng()).unwrap()
    }

    fn terminal(dv: &CvCertificate, days: [&str; 2]) -> CvCertificate {
        let mut profile = profile("KRIS00001", Role::Terminal, days);
        profile.chat = profile.chat.with_rights(1);
        profile.issue(&signer("is").public(), dv, &signer("dv"), &mut rng()).unwrap()
    }

    fn credentials(&self) -> Credentials {
        let dv = self.dv(Role::DvDomestic, LONG);
        let terminal = Self::terminal(&dv, LONG);
        Credentials { chain: vec![dv, terminal], key: signer("is") }
    }
}

// The chip behind commands, as an emulated card has it.
fn respond(
    chip: &mut Chip,
    command: &Command,
    ephemeral: Option<&[u8]>,
) -> Result<Vec<u8>, TerminalAuthError> {
    let header = command.header;
    match (header.ins, header.p1, header.p2) {
        (ins::MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xB6) => chip.set_dst(&command.data)?,
        (ins::PERFORM_SECURITY_OPERATION, 0x00, 0xBE) => {
            chip.verify_certificate(&command.data)?;
        }
        (ins::MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xA4) => chip.set_at(&command.data)?,
        (ins::GET_CHALLENGE, 0, 0) => {
            assert_eq!(command.ne, Some(8));
            return Ok(chip.get_challenge(&mut rng())?.to_vec());
        }
        (ins::EXTERNAL_AUTHENTICATE, 0, 0) => {
            let done = chip.external_authenticate(&command.data, ID_PICC, ephemeral)?;
            assert_eq!(done.authorization.right_bits(), 1);
        }
        other => panic!("{other:X?}"),
    }
    Ok(Vec::new())
}

fn run(
    mut terminal: Terminal,
    chip: &mut Chip,
    ephemeral: Option<&[u8]>,
) -> (Vec<Command>, Result<Chat, TerminalAuthError>) {
    let mut sent = Vec::new();
    let mut next = terminal.start(&mut rng());
    loop {
        let command = match next {
            Ok(Next::Send(command)) => command,
            Ok(Next::Done(chat)) => return (sent, Ok(chat)),
            Err(error) => return (sent, Err(error)),
        };
        assert!(terminal.step().0.starts_with("Terminal Authentication "));
        let response = match respond(chip, &command, ephemeral) {
            Ok(data) => Response { data, sw: StatusWord::SUCCESS },
            Err(error) => Response { data: Vec::new(), sw: error.status() },
        };
        sent.push(command);
        next = terminal.receive(&response, &mut rng());
    }
}

#[test]
fn both_versions_meet() {
    let country = Country::new();
    let mut chip = Chip::new(Version::V1, country.store());
    let terminal = Terminal::v1(country.credentials(), ID_PICC, EPHEMERAL_KEY);
    let (sent, done) = run(terminal, &mut chip, Some(EPHEMERAL_KEY));
    assert_eq!(done.unwrap().right_bits(), 1);
    assert_eq!(sent.len(), 7);
    assert_eq!(hex::encode(&sent[4].data), format!("8309{}", hex::encode("KRIS00001")));
    assert_eq!(chip.set_dst(&sent[0].data), Err(TerminalAuthError::AlreadyDone));
    assert_eq!(TerminalAuthError::AlreadyDone.status(), StatusWord::SECURITY_STATUS);

    let auxiliary = AuxiliaryData::new([AuxiliaryItem {
        oid: AuxiliaryData::DATE_OF_BIRTH,
        data: b"20070101".to_vec(),
    }]);
    let credentials = country.credentials();
    let terminal = || {
        let auxiliary = Some(auxiliary.clone());
        Terminal::v2(credentials.clone(), ID_PICC, EPHEMERAL_KEY, auxiliary)
    };
    let mut chip = Chip::new(Version::V2, country.store());
    let (sent, done) = run(terminal(), &mut chip, None);
    done.unwrap();
    assert_eq!(
        hex::encode(&sent[4].data),
        format!(
            "800a04007f000702020202038309{}{}9120{}",
            hex::encode("KRIS00001"),
            hex::encode(auxiliary.as_bytes()),
            hex::encode(EPHEMERAL_KEY)
        )
    );
    // The chip hands over what the terminal fixed.
    let mut chip = Chip::new(Version::V2, country.store());
    let mut answers = sent.iter().map(|command| match command.header.ins {
        ins::EXTERNAL_AUTHENTICATE => {
            let done = chip.external_authenticate(&command.data, ID_PICC, None).unwrap();
            assert_eq!(done.ephemeral.as_deref(), Some(EPHEMERAL_KEY));
            let items = done.auxiliary.unwrap().items().to_vec();
            assert_eq!(
                (items[0].oid, &items[0].data[..]),
                (AuxiliaryData::DATE_OF_BIRTH, &b"20070101"[..])
            );
            true
        }
        _ => respond(&mut chip, command, None).is_ok(),
    });
    assert!(answers.all(|ok| ok));
}

#[test]
fn rsa_keys_sign_too() {
    for algorithm in [TaAlgorithm::RsaPkcs1(Hash::Sha256), TaAlgorithm::RsaPss(Hash::Sha256)] {
        let key = |label| {
            let key = RsaPrivateKey::generate(1024, &mut SeededRng::new(b"terminal", label));
            CvcSigner::new(algorithm, PrivateKey::Rsa(Box::new(key.unwrap()))).unwrap()
        };
        let rng = &mut rng();
        let cvca = profile("KRCVCA00001", Role::Cvca, LONG).self_signed(&key("1"), rng).unwrap();
        let dv = profile("KRDV00001", Role::DvForeign, LONG)
            .issue(&key("dv").public(), &cvca, &key("1"), rng)
            .unwrap();
        let mut own = profile("KRIS00001", Role::Terminal, LONG);
        own.chat = own.chat.with_rights(1);
        let own = own.issue(&key("is").public(), &dv, &key("dv"), rng).unwrap();
        let store = TrustStore::new([Issuer::trust_point(&cvca).unwrap()], date(LONG[0])).unwrap();
        assert_eq!(TrustStore::parse(&store.encode()), Ok(store.clone()));
        let credentials = Credentials { chain: vec![dv, own], key: key("is") };
        let terminal = Terminal::v2(credentials, ID_PICC, EPHEMERAL_KEY, None);
        run(terminal, &mut Chip::new(Version::V2, store), None).1.unwrap();
    }
}

#[test]
fn another_chip_key_or_terminal_fails() {
    let country = Country::new();
    let chip = || Chip::new(Version::V1, country.store());
    let refused = |terminal, ephemeral: Option<&[u8]>| run(terminal, &mut chip(), ephemeral).1;
    let at_the_end = |sw| {
        let (command, reference) = ("EXTERNAL AUTHENTICATE", name("KRIS00001"));
        Err(TerminalAuthError::Refused { command, reference, sw })
    };
    let terminal = |id: &[u8], key: &[u8]| Terminal::v1(country.credentials(), id, key);
    let wrong = at_the_end(StatusWord::WARNING_CHANGED);
    assert_eq!(refused(terminal(b"T220001294", EPHEMERAL_KEY), Some(EPHEMERAL_KEY)), wrong);
    assert_eq!(refused(terminal(ID_PICC, &[0; 32]), Some(EPHEMERAL_KEY)), wrong);
    // Chip Authentication was not done.
    let early = at_the_end(StatusWord::SECURITY_STATUS);
    assert_eq!(refused(terminal(ID_PICC, EPHEMERAL_KEY), None), early);

    let mut credentials = country.credentials();
    credentials.key = signer("other");
    let other = refused(Terminal::v1(credentials, ID_PICC, EPHEMERAL_KEY), Some(EPHEMERAL_KEY));
    assert_eq!(other, Err(TerminalAuthError::OtherKey { holder: name("KRIS00001") }));
    let empty = Credentials { chain: Vec::new(), key: signer("is") };
    let empty = refused(Terminal::v1(empty, ID_PICC, EPHEMERAL_KEY), Some(EPHEMERAL_KEY));
    assert_eq!(empty, Err(TerminalAuthError::NoChain));
    // A chain that begins under another CVCA.
    let credentials =
        Credentials { chain: country.credentials().chain[1..].to_vec(), key: signer("is") };
    let (command, reference) = ("MSE:Set DST", name("KRDV00001"));
    let sw = StatusWord::REFERENCE_NOT_FOUND;
    assert_eq!(
        refused(Terminal::v1(credentials, ID_PICC, EPHEMERAL_KEY), Some(EPHEMERAL_KEY)),
        Err(TerminalAuthError::Refused { command, reference, sw })
    );
    // A document verifier is no terminal, though it has a key and a certificate.
    let credentials =
        Credentials { chain: country.credentials().chain[..1].to_vec(), key: signer("dv") };
    let (command, reference) = ("MSE:Set AT", name("KRDV00001"));
    assert_eq!(
        refused(Terminal::v1(credentials, ID_PICC, EPHEMERAL_KEY), Some(EPHEMERAL_KEY)),
        Err(TerminalAuthError::Refused { command, reference, sw })
    );
}

#[test]
fn a_challenge_is_good_once_and_steps_have_an_order() {
    let country = Country::new();
    let mut chip = Chip::new(Version::V1, country.store());
    let Credentials { chain, key } = country.credentials();
    let before = |needs| Err(TerminalAuthError::OutOfOrder { needs });
    let dst = |c: &CvCertificate| [&[0x83, 11], c.authority().as_bytes()].concat();
    assert_eq!(chip.verify_certificate(chain[0].content()).map(|_| ()), before("MSE:Set DST"));
    assert_eq!(chip.get_challenge(&mut rng()).map(|_| ()), before("MSE:Set AT"));
    let sign = |chip: &mut Chip, signature: &[u8]| {
        chip.external_authenticate(signature, ID_PICC, Some(EPHEMERAL_KEY)).map(|_| ())
    };
    assert_eq!(sign(&mut chip, &[]), before("GET CHALLENGE"));
    chip.set_dst(&dst(&chain[0])).unwrap();
    chip.verify_certificate(chain[0].content()).unwrap();
    // Each certificate needs a selection of its own.
    assert_eq!(chip.verify_certificate(chain[1].content()).map(|_| ()), before("MSE:Set DST"));
    chip.set_dst(&[&[0x83, 9], &b"KRDV00001"[..]].concat()).unwrap();
    chip.verify_certificate(chain[1].content()).unwrap();
    // The document verifier's key is gone: only the one imported last may be used.
    assert!(chip.set_dst(&[&[0x83, 9], &b"KRDV00001"[..]].concat()).is_err());
    chip.set_at(&[&[0x83, 9], &b"KRIS00001"[..]].concat()).unwrap();
    let challenge = chip.get_challenge(&mut rng()).unwrap();
    let message = signed_data(ID_PICC, &challenge, EPHEMERAL_KEY, None);
    let good = key.sign(&message, &mut rng()).unwrap();
    assert!(matches!(sign(&mut chip, &[0; 64]), Err(TerminalAuthError::BadSignature { .. })));
    assert_eq!(sign(&mut chip, &good), before("GET CHALLENGE"));
    let again = chip.get_challenge(&mut rng()).unwrap();
    assert_eq!(again, challenge, "the test's randomness repeats");
    sign(&mut chip, &good).unwrap();
    assert_eq!(sign(&mut chip, &good), Err(TerminalAuthError::AlreadyDone));
}

#[test]
fn link_certificates_and_dates_change_the_store() {
    let country = Country::new();
    let mut chip = Chip::new(Version::V1, country.store());
    let dst = |holder: &str| [&[0x83, holder.len() as u8], holder.as_bytes()].concat();
    let show = |chip: &mut Chip, certificate: &CvCertificate| {
        chip.set_dst(&dst(&certificate.authority().to_string()))?;
        chip.verify_certificate(certificate.content())
    };
    let taken = show(&mut chip, &country.link).unwrap();
    assert_eq!((taken.role, taken.store_changed), (Role::Cvca, true));
    let references = chip.trust_store().references();
    assert_eq!(references, [name("KRCVCA00002"), name("KRCVCA00001")]);
    assert_eq!(chip.trust_store().date(), date("2025-01-01"));
    let known = show(&mut chip, &country.link).unwrap_err();
    assert_eq!(known, TerminalAuthError::KnownKey { reference: name("KRCVCA00002") });

    // A third generation drops the first. It may even be expired.
    let third = Country::next(&country.link, "2", "KRCVCA00003", "3", ["2024-12-01", "2024-12-31"]);
    assert!(show(&mut chip, &third).unwrap().store_changed);
    let references = chip.trust_store().references();
    assert_eq!(references, [name("KRCVCA00002"), name("KRCVCA00003")]);
    assert_eq!(chip.trust_store().date(), date("2025-01-01"));
    // But an expired trust point lets no document verifier in.
    let dv = profile("KRDV00003", Role::DvDomestic, LONG)
        .issue(&signer("dv").public(), &third, &signer("3"), &mut rng())
        .unwrap();
    assert!(matches!(
        show(&mut chip, &dv),
        Err(TerminalAuthError::Certificate(CvcError::Expired { holder, .. }))
            if holder == name("KRCVCA00003")
    ));
    let stored = chip.trust_store().encode();
    assert_eq!(TrustStore::parse(&stored).as_ref(), Ok(chip.trust_store()));
    for cut in 0..stored.len() {
        assert_ne!(TrustStore::parse(&stored[..cut]).as_ref(), Ok(chip.trust_store()));
    }
}

#[test]
fn only_accurate_certificates_tell_the_time() {
    let country = Country::new();
    for (role, expected) in [(Role::DvDomestic, "2026-02-01"), (Role::DvForeign, "2026-01-01")] {
        let mut chip = Chip::new(Version::V1, country.store());
        let dv = country.dv(role, ["2026-01-01", "2026-12-31"]);
        let own = Country::terminal(&dv, ["2026-02-01", "2026-12-31"]);
        let late = Country::terminal(&dv, ["2025-01-01", "2025-12-31"]);
        chip.set_dst(&[&[0x83, 11], &b"KRCVCA00001"[..]].concat()).unwrap();
        assert!(chip.verify_certificate(dv.content()).unwrap().store_changed);
        assert_eq!(chip.trust_store().date(), date("2026-01-01"));
        // By the day that the document verifier's certificate showed, this one has expired.
        chip.set_dst(&[&[0x83, 9], &b"KRDV00001"[..]].concat()).unwrap();
        let error = chip.verify_certificate(late.content()).unwrap_err();
        assert!(matches!(error, TerminalAuthError::Certificate(CvcError::Expired { .. })));
        assert_eq!(error.status(), StatusWord::WARNING_CHANGED);
        chip.set_dst(&[&[0x83, 9], &b"KRDV00001"[..]].concat()).unwrap();
        let taken = chip.verify_certificate(own.content()).unwrap();
        assert_eq!(taken.store_changed, role == Role::DvDomestic);
        assert_eq!(chip.trust_store().date(), date(expected));
    }
}

#[test]
fn stores_take_one_or_two_trust_points() {
    let country = Country::new();
    let point = Issuer::trust_point(&country.cvca).unwrap();
    let second = point.admit(&country.link).unwrap();
    let day = date("2024-01-01");
    let both = TrustStore::new([point.clone(), second.clone()], day).unwrap();
    assert_eq!(both.references(), [second.holder, point.holder]);
    let three = [point.clone(), second.clone(), point.clone()];
    assert!(matches!(TrustStore::new(three, day), Err(CvcError::TooMuch { .. })));
    let dv = point.admit(&country.dv(Role::DvDomestic, LONG)).unwrap();
    assert!(matches!(TrustStore::new([dv], day), Err(CvcError::NoTrustPoint { .. })));
}

#[test]
fn the_terminal_gives_up_at_a_wrong_answer() {
    let country = Country::new();
    let ok = |data: &[u8]| Response { data: data.to_vec(), sw: StatusWord::SUCCESS };
    let start = || {
        let mut terminal = Terminal::v1(country.credentials(), ID_PICC, EPHEMERAL_KEY);
        terminal.start(&mut rng()).unwrap();
        terminal
    };
    for got in [0, 7, 9, 64] {
        let mut terminal = start();
        for _ in 0..5 {
            terminal.receive(&ok(&[]), &mut rng()).unwrap();
        }
        let error = terminal.receive(&ok(&vec![1; got]), &mut rng()).unwrap_err();
        assert_eq!(error, TerminalAuthError::BadChallenge { got });
        let error = terminal.receive(&ok(&[]), &mut rng()).unwrap_err();
        assert_eq!(error, TerminalAuthError::NotRunning);
    }
    let mut terminal = start();
    terminal.receive(&ok(&[]), &mut rng()).unwrap();
    let refused = Response { data: Vec::new(), sw: StatusWord(0x6A80) };
    let error = terminal.receive(&refused, &mut rng()).unwrap_err().to_string();
    assert!(error.contains("PSO:VERIFY CERTIFICATE of KRDV00001"), "{error}");
    assert!(terminal.receive(&refused, &mut rng()).is_err());
}

proptest! {
    #[test]
    fn no_bytes_upset_the_chip(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        version in prop_oneof![Just(Version::V1), Just(Version::V2)],
    ) {
        let mut chip = Chip::new(version, Country::new().store());
        let store = chip.trust_store().clone();
        let _ = chip.set_at(&bytes);
        let _ = chip.verify_certificate(&bytes);
        let _ = chip.set_dst(&bytes);
        let _ = chip.set_dst(&[&[0x83, 11], &b"KRCVCA00001"[..]].concat());
        prop_assert!(chip.verify_certificate(&bytes).is_err());
        prop_assert!(chip.external_authenticate(&bytes, ID_PICC, Some(EPHEMERAL_KEY)).is_err());
        prop_assert_eq!(chip.trust_store(), &store);
        let _ = AuxiliaryData::parse(&bytes);
        let _ = TrustStore::parse(&bytes);
    }
}
