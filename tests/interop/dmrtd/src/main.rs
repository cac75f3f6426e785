//! A judge of the emulated card: the foreign reader `dmrtd` opens it by PACE with the CAN or by
//! BAC, reads its files, checks EF.SOD against the given CSCA and challenges the chip.
//!
//! It listens as a vpcd does and judges the card that plugs in.

mod wire;

use std::collections::hash_map::RandomState;
use std::error::Error;
use std::hash::{BuildHasher, Hasher};
use std::process::ExitCode;

use chrono::NaiveDate;
use dmrtd::auth::passive::{self, DataGroup, TrustAnchor};
use dmrtd::lds::ef::ElementaryFile;
use dmrtd::passport::Passport;
use dmrtd::proto::can_key::CanKey;
use dmrtd::proto::dba_key::DBAKey;

use crate::wire::Wire;

const USAGE: &str = "usage: dmrtd-judge PORT KEY [--csca FILE] [--document NUMBER] [--sod FILE]
  listens on 127.0.0.1:PORT (0: any) as a reader and judges the card that plugs in
  KEY         a CAN, for PACE; or bac:NUMBER,BIRTH,EXPIRY with days as YYYY-MM-DD, for BAC
  --csca      check EF.SOD against this certificate (DER)
  --document  the number that EF.DG1 must have
  --sod       write EF.SOD there";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A data group's number and content.
type Group = (u8, Vec<u8>);

struct Arguments {
    port: u16,
    key: Key,
    csca: Option<String>,
    document: Option<String>,
    sod: Option<String>,
}

/// What opens the card.
enum Key {
    Can(String),
    Bac { number: String, birth: NaiveDate, expiry: NaiveDate },
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        let Some(text) = text.strip_prefix("bac:") else { return Some(Self::Can(text.into())) };
        let mut parts = text.split(',');
        let number = parts.next()?.to_owned();
        let mut day = || parts.next()?.parse().ok();
        Some(Self::Bac { number, birth: day()?, expiry: day()? })
    }

    /// One that does not open it.
    fn wrong(&self) -> Self {
        let other = |text: &str| {
            let first = if text.starts_with('9') { "0" } else { "9" };
            format!("{first}{}", text.get(1..).unwrap_or_default())
        };
        match self {
            Self::Can(can) => Self::Can(other(can)),
            Self::Bac { number, birth, expiry } => {
                Self::Bac { number: other(number), birth: *birth, expiry: *expiry }
            }
        }
    }

    const fn protocol(&self) -> &'static str {
        match self {
            Self::Can(_) => "PACE",
            Self::Bac { .. } => "BAC",
        }
    }
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match judge(&arguments) {
        Ok(()) => {
            println!("dmrtd: all passed");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("FAIL {error}");
            println!("dmrtd: FAILED");
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut arguments = Arguments {
        port: given.next()?.parse().ok()?,
        key: Key::parse(&given.next()?)?,
        csca: None,
        document: None,
        sod: None,
    };
    while let Some(name) = given.next() {
        match name.as_str() {
            "--csca" => arguments.csca = Some(given.next()?),
            "--document" => arguments.document = Some(given.next()?),
            "--sod" => arguments.sod = Some(given.next()?),
            _ => return None,
        }
    }
    Some(arguments)
}

fn judge(arguments: &Arguments) -> Outcome<()> {
    let wire = Wire::accept(arguments.port)?;
    refuse_wrong_key(&wire, &arguments.key)?;

    let mut passport = open(&wire, &arguments.key)?;
    println!("PASS {}", arguments.key.protocol());
    let groups = read_groups(&mut passport, arguments.document.as_deref())?;
    let sod = step("EF.SOD", passport.read_ef_sod())?;
    if let Some(path) = &arguments.sod {
        std::fs::write(path, sod.to_bytes())?;
    }

    let challenge = RandomState::new().build_hasher().finish().to_be_bytes();
    step("Active Authentication", passport.verify_active_authentication(&challenge))?;
    println!("PASS Active Authentication over a fresh challenge");

    if let Some(path) = &arguments.csca {
        check_signature(sod.to_bytes(), &groups, &std::fs::read(path)?)?;
    }
    Ok(())
}

/// Names the step in the foreign reader's error.
fn step<T, E: Error>(name: &str, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{name}: {error}"))
}

fn open(wire: &Wire, key: &Key) -> Outcome<Passport<Wire>> {
    let mut passport = Passport::new(wire.power_up()?);
    match key {
        Key::Can(can) => {
            let access = step("EF.CardAccess", passport.read_ef_card_access())?;
            let info = access.pace_info().ok_or("EF.CardAccess offers no PACE")?;
            println!("  PACE parameter {:?}", info.parameter_id);
            step("PACE", passport.start_session_pace(CanKey::new(can)?, &access))?;
        }
        Key::Bac { number, birth, expiry } => {
            let key = DBAKey::new(number, *birth, *expiry, false)?;
            step("BAC", passport.start_session(key))?;
        }
    }
    Ok(passport)
}

fn refuse_wrong_key(wire: &Wire, key: &Key) -> Outcome<()> {
    match open(wire, &key.wrong()) {
        Ok(_) => Err("a wrong key opens the card".into()),
        Err(error) if error.to_string().starts_with(key.protocol()) => {
            println!("PASS a wrong key is refused: {error}");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Number and content of every data group that EF.COM lists.
fn read_groups(passport: &mut Passport<Wire>, document: Option<&str>) -> Outcome<Vec<Group>> {
    let com = step("EF.COM", passport.read_ef_com())?;
    println!("PASS EF.COM: LDS {}, Unicode {}", com.version(), com.unicode_version());

    let dg1 = step("EF.DG1", passport.read_ef_dg1())?;
    let mrz = dg1.mrz();
    println!("PASS EF.DG1: {} {}", mrz.country, mrz.document_number());
    if document.is_some_and(|expected| expected != mrz.document_number()) {
        return Err(format!("EF.DG1: document number {}", mrz.document_number()).into());
    }

    let mut groups = vec![(1, dg1.to_bytes().to_vec())];
    for tag in com.dg_tags() {
        let (number, content) = match tag.value() {
            0x61 => continue,
            0x75 => (2, step("EF.DG2", passport.read_ef_dg2())?.to_bytes().to_vec()),
            0x6B => (11, step("EF.DG11", passport.read_ef_dg11())?.to_bytes().to_vec()),
            0x6C => (12, step("EF.DG12", passport.read_ef_dg12())?.to_bytes().to_vec()),
            0x6E => (14, step("EF.DG14", passport.read_ef_dg14())?.to_bytes().to_vec()),
            0x6F => (15, step("EF.DG15", passport.read_ef_dg15())?.to_bytes().to_vec()),
            other => return Err(format!("EF.COM lists a group with tag {other:02X}").into()),
        };
        println!("PASS EF.DG{number}: {} bytes", content.len());
        groups.push((number, content));
    }
    Ok(groups)
}

/// Passive authentication: hashes, the document signer's signature, its chain to the CSCA; and
/// that EF.SOD covers just what was read.
fn check_signature(sod: &[u8], groups: &[Group], csca: &[u8]) -> Outcome<()> {
    let anchor = step("the CSCA certificate", TrustAnchor::from_certificate(csca))?;
    let read: Vec<DataGroup<'_>> =
        groups.iter().map(|(number, bytes)| DataGroup { number: *number, bytes }).collect();
    let found = step("passive authentication", passive::verify(sod, &read, &[anchor]))?;
    if !found.is_authentic() {
        return Err("EF.SOD: no chain to the CSCA".into());
    }
    if !found.covers_all_groups() {
        return Err(format!(
            "EF.SOD lists groups {:?}, EF.COM {:?}",
            found.sod_groups, found.verified_groups
        )
        .into());
    }
    println!("PASS EF.SOD chains to the CSCA, groups {:?} match", found.verified_groups);

    let mut forged = groups.to_vec();
    if let Some(last) = forged.first_mut().and_then(|(_, bytes)| bytes.last_mut()) {
        *last ^= 1;
    }
    let read: Vec<DataGroup<'_>> =
        forged.iter().map(|(number, bytes)| DataGroup { number: *number, bytes }).collect();
    match passive::verify(sod, &read, &[]) {
        Ok(_) => Err("EF.SOD holds for a changed EF.DG1 too".into()),
        Err(error) => {
            println!("PASS a changed EF.DG1 is found out: {error}");
            Ok(())
        }
    }
}
