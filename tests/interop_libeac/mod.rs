//! libeac (OpenPACE) as the outside judge of Terminal Authentication and Chip Authentication: its
//! terminal authenticates itself to our chip halves, our terminal halves to its chip. The program is `tests/interop/libeac`; the wire between both is that of a vpcd.

mod card;
mod chip;
mod country;

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use iccard::{
    apdu::{Command as Apdu, Header, ins},
    crypto::{AgreementPublicKey, AgreementSecretKey, Cipher, Curve, Domain, Group, SeededRng},
    lds::{Dg14, File, LDS_AID, SecurityInfos, oids},
    pki::{SignedData, agreement, cvc::CvCertificate},
    protocol::{
        chip_auth::{self, Suite, Version},
        pace::{self, TerminalOptions},
        terminal_auth::{self, AuxiliaryData, AuxiliaryItem, Credentials},
    },
    session::Session,
    sm::SecureChannel,
    tlv::{Tag, Writer, parse_one},
    transport::{
        Deadline, Limits, Reset, Step,
        vpcd::{CardLink, Endpoint, VpcdListener},
    },
};

use self::{card::Card, chip::Chip, country::Country};

const PIN: &str = "271828";
const P256: Domain = Domain::Curve(Curve::P256);
const BRAINPOOL: Domain = Domain::Curve(Curve::BrainpoolP256r1);
const MODP1024: Domain = Domain::Group(Group::Modp1024);
const MODP2048: Domain = Domain::Group(Group::Modp2048Order256);
const PATIENCE: Duration = Duration::from_secs(60);

/// The judge, built once, or why it cannot be.
static JUDGE: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libeac");
    let has = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|out| out.status.success())
    };
    for (program, version) in [("make", "--version"), ("cc", "--version")] {
        if !has(program, &[version]) {
            return Err(format!("there is no {program}"));
        }
    }
    if !has("pkg-config", &["--exists", "libeac", "libcrypto"]) {
        return Err("there is no libeac (Debian: libeac-dev, libssl-dev)".into());
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/libeac");
    let mut make = Command::new("make");
    let made = make.arg("-s").arg("-C").arg(source).arg(format!("OUT={}", out.display())).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(out.join("judge"))
});

fn judge(test: &str) -> Option<&'static Path> {
    JUDGE.as_ref().map_err(|why| crate::support::skipped(test, why)).ok().map(PathBuf::as_path)
}

/// Ends its program however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn output_of(program: &mut Running) -> String {
    let mut output = String::new();
    program.0.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    output
}

fn date_of_birth(day: &str) -> AuxiliaryData {
    let data = day.as_bytes().to_vec();
    AuxiliaryData::new([AuxiliaryItem { oid: AuxiliaryData::DATE_OF_BIRTH, data }])
}

fn libeac_reads(judge: &Path, country: &Country, card: &Card) -> chip::Seen {
    std::fs::write(country.path("csca.pem"), card.csca.to_pem()).unwrap();
    let [cvca, dv, terminal, key] = country.files;
    let mut program = Command::new(judge);
    program.args(["eac-terminal", "0", &format!("pin:{PIN}"), "csca.pem", key, cvca, dv, terminal]);
    program.current_dir(country.dir.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut program = Running(program.spawn().unwrap());
    let mut lines = BufReader::new(program.0.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening") && lines.read_line(&mut line).unwrap() > 0 {}
    let port = line.trim().rsplit_once(':').unwrap_or_else(|| panic!("{line}")).1.parse().unwrap();
    let mut chip = Chip::new(card, country.trust());
    let link = CardLink::connecting(Endpoint::new("127.0.0.1", port));
    link.run(&mut chip, &mut |_| {}).unwrap();
    lines.read_to_string(&mut line).unwrap();
    let algorithm = country.certificate(2).public_key().algorithm;
    let refused = &chip.seen.refused;
    assert!(program.0.wait().unwrap().success(), "{algorithm}: {refused:?}: {line}");
    assert!(line.contains("eac-terminal: all passed"), "{line}");
    chip.seen
}

#[test]
fn libeac_authenticates_itself_to_our_chip_halves() {
    let Some(judge) = judge("libeac_authenticates_itself_to_our_chip_halves") else { return };
    for (pace, ca, cipher, country) in [
        (
            BRAINPOOL,
            BRAINPOOL,
            Cipher::Aes128,
            Country::ours("brainpoolP256r1", "ECDSA-SHA-256", "at"),
        ),
        (P256, BRAINPOOL, Cipher::TripleDes, Country::ours("P-384", "ECDSA-SHA-384", "is")),
        // Not RSASSA-PSS: libeac signs with as long a salt as fits, and it has to be as long as
        // the digest (ICAO Doc 9303-11 clause 7.1.4.1.1).
        (MODP1024, MODP1024, Cipher::Aes192, Country::ours("rsa2048", "RSA-v1-5-SHA-256", "st")),
        (P256, P256, Cipher::Aes256, Country::theirs()),
    ] {
        let seen = libeac_reads(judge, &country, &Card::new(pace, ca, cipher));
        let own = country.certificate(2);
        // Five sessions: two are refused for a certificate, one for its signature, one announces
        // another key than it uses, and one is right to the end.
        let holder = own.holder();
        let refused = ["is no trust point", "does not verify", "does not verify"];
        assert_eq!(seen.refused.len(), refused.len(), "{:?}", seen.refused);
        assert_eq!((seen.announced.len(), seen.agreed, seen.believed.len()), (5, 1, 2));
        assert!(seen.announced.iter().all(|chat| *chat == own.chat()));
        for believed in &seen.believed {
            assert_eq!(believed.holder, holder);
            assert_eq!(believed.authorization, own.chat(), "{holder}");
            assert_eq!(believed.auxiliary, Some(date_of_birth("20000101")));
        }
        assert!(seen.under_new_keys > 2, "{}", seen.under_new_keys);
    }
}

/// What our terminal does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// It is another country's.
    OtherCountry,
    /// Its certificate was altered.
    Certificate,
    /// It signs for another chip.
    OtherChip,
    /// It uses another ephemeral key than it announced.
    OtherEphemeral,
}

/// What the terminal shows and signs, right or wrong.
fn shown(
    country: &Country,
    chip: &AgreementPublicKey,
    fault: Option<Fault>,
) -> anyhow::Result<(Credentials, Vec<u8>)> {
    let (mut credentials, mut id_picc) = (country.credentials(), chip.compressed());
    match fault {
        Some(Fault::OtherChip) => id_picc[0] ^= 1,
        Some(Fault::OtherCountry) => credentials = Country::other().credentials(),
        Some(Fault::Certificate) => {
            let mut bytes = credentials.chain[1].to_bytes();
            *bytes.last_mut().unwrap() ^= 1;
            credentials.chain[1] = CvCertificate::parse(&bytes)?;
        }
        _ => {}
    }
    Ok((credentials, id_picc))
}

/// Runs all of it against libeac's chip, to the file that is read under the new keys.
fn read_libeac(
    session: &mut Session,
    country: &Country,
    card: &Card,
    fault: Option<Fault>,
) -> anyhow::Result<Vec<u8>> {
    let mut rng = SeededRng::new(b"libeac", "terminal");
    session.reset(Reset::Cold)?;
    session.allow(Limits::EXTENDED);
    let chat = country.certificate(2).chat();
    let mut w = Writer::new();
    chat.write(&mut w);
    // The value of DO7F4C.
    let template = parse_one(&w.finish(), Tag::new(0x7F4C))?.value.to_vec();
    let access = session.read_file(File::CardAccess, Step("EF.CardAccess"), &mut |_| {})?;
    assert_eq!(access, card.card_access);

    let options = TerminalOptions::default();
    let mut pace = pace::Terminal::new(card.pace.clone(), card.password.clone(), options)
        .with_holder_authorization(template);
    let pace = session.drive(&mut pace, &mut rng)??;
    session.set_channel(Some(SecureChannel::new(&pace.keys)?));
    assert_eq!(pace.authority_references, [country.certificate(0).holder().as_bytes()]);

    let ephemeral = AgreementSecretKey::generate(card.ca_key.domain(), &mut rng);
    let (credentials, id_picc) = shown(country, &pace.chip_public_key, fault)?;
    let announced = ephemeral.public().compressed();
    let auxiliary = Some(date_of_birth("20010203"));
    let mut terminal = terminal_auth::Terminal::v2(credentials, id_picc, announced, auxiliary);
    assert_eq!(session.drive(&mut terminal, &mut rng)??, chat);

    let read = |session: &mut Session| {
        session.read_file(File::CardSecurity, Step("EF.CardSecurity"), &mut |_| {})
    };
    let security = SignedData::parse(&read(session)?)?;
    security.verify(oids::SECURITY_OBJECT)?.verify_signature(&card.csca)?;
    let infos = SecurityInfos::parse_in(File::CardSecurity, security.content())?;
    let key = infos.chip_authentication_keys().next().unwrap();
    let suite = Suite::new(infos.chip_authentication().next().unwrap().protocol)?;
    let mut chip = chip_auth::Terminal::new(suite, agreement::parse(&key.spki)?, key.key_id)
        .with_version(Version::V2);
    if fault != Some(Fault::OtherEphemeral) {
        chip = chip.with_ephemeral(ephemeral)?;
    }
    let agreed = session.drive(&mut chip, &mut rng)??;
    session.set_channel(Some(SecureChannel::new(&agreed.keys)?));
    Ok(read(session)?)
}

/// The same by version 1: Chip Authentication first, then Terminal Authentication over its key.
fn read_libeac_by_version_1(
    session: &mut Session,
    country: &Country,
    card: &Card,
    fault: Option<Fault>,
) -> anyhow::Result<Vec<u8>> {
    let mut rng = SeededRng::new(b"libeac", "terminal");
    session.reset(Reset::Cold)?;
    session.allow(Limits::EXTENDED);
    let options = TerminalOptions::default();
    let mut pace = pace::Terminal::new(card.pace.clone(), card.password.clone(), options);
    let pace = session.drive(&mut pace, &mut rng)??;
    session.set_channel(Some(SecureChannel::new(&pace.keys)?));
    let select = Apdu::new(Header::new(0x00, ins::SELECT, 0x04, 0x0C)).with_data(LDS_AID);
    assert!(session.exchange(&select, Step("SELECT"))?.sw.is_success());
    let file = session.read_file(File::Dg14, Step("EF.DG14"), &mut |_| {})?;
    let infos = Dg14::parse(&file)?.infos;
    let key = infos.chip_authentication_keys().next().unwrap();
    let suite = Suite::new(infos.chip_authentication().next().unwrap().protocol)?;
    let mut chip = chip_auth::Terminal::new(suite, agreement::parse(&key.spki)?, key.key_id);
    let agreed = session.drive(&mut chip, &mut rng)??;
    session.set_channel(Some(SecureChannel::new(&agreed.keys)?));

    let (credentials, id_picc) = shown(country, &pace.chip_public_key, fault)?;
    let signed = agreed.ephemeral.compressed();
    let mut terminal = terminal_auth::Terminal::v1(credentials, id_picc, signed);
    session.drive(&mut terminal, &mut rng)??;
    Ok(session.read_file(File::Dg14, Step("EF.DG14"), &mut |_| {})?)
}

/// A run against libeac's chip, with a fault or without.
type Run = fn(&mut Session, &Country, &Card, Option<Fault>) -> anyhow::Result<Vec<u8>>;

/// Plugs libeac's chip in, lets it refuse each fault for its reason and then be read, and gives
/// what was read and what it printed.
fn at_libeacs_chip(
    judge: &Path,
    mode: &str,
    country: &Country,
    card: &Card,
    run: Run,
    faults: &[(Fault, &str)],
) -> (Vec<u8>, String) {
    card.write(country.dir.path());
    let listener = VpcdListener::bind(&Endpoint::new("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().port().to_string();
    let mut program = Command::new(judge);
    program.args([mode, "127.0.0.1", &port, &format!("pin:{PIN}")]);
    program.arg(country.dir.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut program = Running(program.spawn().unwrap());
    let reader = listener.accept(Deadline::after(PATIENCE)).unwrap();
    let mut session = Session::new(Box::new(reader));
    let mut wrong = String::new();
    for (fault, refusal) in faults {
        let error = run(&mut session, country, card, Some(*fault)).unwrap_err();
        if !error.to_string().contains(refusal) {
            wrong += &format!("{fault:?}: {error:#}\n");
        }
    }
    let read = run(&mut session, country, card, None);
    drop(session);
    let output = output_of(&mut program);
    assert!(wrong.is_empty() && read.is_ok(), "{wrong}{read:?}\n{output}");
    assert!(program.0.wait().unwrap().success(), "{output}");
    (read.unwrap(), output)
}

const OTHER_COUNTRY: &str =
    "6A88 (referenced data or reference data not found) to MSE:Set DST of XXCVCA00001";

#[test]
fn libeacs_chip_believes_our_terminal_halves() {
    let Some(judge) = judge("libeacs_chip_believes_our_terminal_halves") else { return };
    for (pace, ca, cipher, country) in [
        (
            BRAINPOOL,
            BRAINPOOL,
            Cipher::Aes128,
            Country::ours("brainpoolP256r1", "ECDSA-SHA-256", "at"),
        ),
        (P256, BRAINPOOL, Cipher::TripleDes, Country::ours("P-384", "ECDSA-SHA-384", "is")),
        (MODP2048, MODP2048, Cipher::Aes256, Country::ours("rsa2048", "RSA-PSS-SHA-256", "st")),
        (P256, P256, Cipher::Aes256, Country::theirs()),
    ] {
        let card = Card::new(pace, ca, cipher);
        let faults = [
            (Fault::OtherCountry, OTHER_COUNTRY),
            (Fault::Certificate, "PSO:VERIFY CERTIFICATE"),
            (Fault::OtherChip, "EXTERNAL AUTHENTICATE"),
            (Fault::OtherEphemeral, "GENERAL AUTHENTICATE"),
        ];
        let (read, output) =
            at_libeacs_chip(judge, "eac-chip", &country, &card, read_libeac, &faults);
        assert_eq!(read, card.card_security);
        let counts = "chip: 7 certificates taken, 2 refused; terminal believed 2 times, refused 1; \
                      Chip Authentication 1, refused 1";
        assert!(output.contains(counts), "{output}");
    }
}

#[test]
fn libeacs_chip_believes_our_terminal_halves_of_version_1() {
    const TEST: &str = "libeacs_chip_believes_our_terminal_halves_of_version_1";
    let Some(judge) = judge(TEST) else { return };
    for (curve, cipher, country) in [
        (BRAINPOOL, Cipher::TripleDes, Country::ours("brainpoolP256r1", "ECDSA-SHA-256", "is")),
        (P256, Cipher::Aes128, Country::theirs()),
    ] {
        let card = Card::new(curve, curve, cipher);
        let faults = [
            (Fault::OtherCountry, OTHER_COUNTRY),
            (Fault::Certificate, "PSO:VERIFY CERTIFICATE"),
            (Fault::OtherChip, "EXTERNAL AUTHENTICATE"),
        ];
        let run = read_libeac_by_version_1;
        let (read, output) = at_libeacs_chip(judge, "v1-chip", &country, &card, run, &faults);
        assert_eq!(read, card.dg14);
        let counts = "chip: 5 certificates taken, 2 refused; terminal believed 1 times, refused 1; \
                      Chip Authentication 4, refused 0";
        assert!(output.contains(counts), "{output}");
    }
}
