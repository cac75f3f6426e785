//! LDS_E, EF.DG14, LDS_I, EF.CardAccess, and LDS_J, EF.DG15.

use super::{case, first, holds, outer, parsed, with};
use crate::{
    conform::{
        Capability, Case,
        terminal::{Stop, Terminal},
    },
    lds::{Dg14, Dg15, File, SecurityInfo, SecurityInfos},
    pki::{SubjectKey, agreement},
    protocol::{
        chip_auth::Suite,
        pace::{self, Mapping, Parameters},
    },
};

pub(super) fn dg14() -> Vec<Case> {
    let file = File::Dg14;
    let infos = |t: &mut Terminal<'_>, bytes: &[u8]| {
        parsed(t, "SecurityInfos", Dg14::parse(bytes)).map(|dg14| dg14.infos)
    };
    let mut all: Vec<Case> = outer("E", file).into();
    all.extend([
        case("E_infos", "the SecurityInfos", file, move |t, bytes| infos(t, bytes).map(drop)),
        case("E_public_key", "the keys of Chip Authentication", file, move |t, bytes| {
            for key in infos(t, bytes)?.chip_authentication_keys() {
                parsed(t, "ChipAuthenticationPublicKeyInfo", agreement::parse(&key.spki))?;
            }
            Ok(())
        }),
        case("E_ca_info", "ChipAuthenticationInfo and the key it names", file, move |t, bytes| {
            let infos = infos(t, bytes)?;
            for info in infos.chip_authentication().filter(|info| info.version == 1) {
                parsed(t, "the protocol", Suite::new(info.protocol))?;
                let key = infos.chip_authentication_keys().any(|key| key.key_id == info.key_id);
                holds(t, "there is a key with its keyId", key)?;
            }
            Ok(())
        }),
        with(
            "E_5",
            "all that EF.CardAccess says",
            file,
            &[Capability::File(File::CardAccess)],
            move |t, bytes| {
                let infos = infos(t, bytes)?;
                repeats_card_access(t, &infos)
            },
        ),
        with(
            "E_6",
            "ActiveAuthenticationInfo of ECDSA",
            file,
            &[Capability::AaEcdsa],
            move |t, bytes| {
                let infos = infos(t, bytes)?;
                let version = infos.active_authentication().map(|info| info.version);
                let got = version.map_or_else(|| "none".into(), |v| format!("version {v}"));
                t.check("ActiveAuthenticationInfo", "version 1", got, version == Some(1))
            },
        ),
        with(
            "E_7",
            "PACE-CAM comes with Chip Authentication",
            file,
            &[Capability::PaceCam],
            move |t, bytes| {
                let infos = infos(t, bytes)?;
                holds(
                    t,
                    "there is a key of Chip Authentication",
                    infos.chip_authentication_keys().next().is_some(),
                )
            },
        ),
        with("E_8", "TerminalAuthenticationInfo", file, &[Capability::Ta], move |t, bytes| {
            let infos = infos(t, bytes)?;
            let version = terminal_authentication(&infos).map(|(version, _)| version);
            let got = version.map_or_else(|| "none".into(), |v| format!("version {v}"));
            t.check("TerminalAuthenticationInfo", "version 1", got, version == Some(1))
        }),
        with(
            "E_9",
            "EF.CVCA as TerminalAuthenticationInfo names it",
            file,
            &[Capability::Ta],
            move |t, bytes| {
                let infos = infos(t, bytes)?;
                let named = terminal_authentication(&infos).and_then(|(_, file)| file);
                // Where it is not named it has the default identifiers.
                let (fid, sfi) = named.unwrap_or((File::Cvca.fid(), Some(File::Cvca.sfi())));
                let right =
                    (fid, sfi.unwrap_or(File::Cvca.sfi())) == (File::Cvca.fid(), File::Cvca.sfi());
                holds(t, "011C with the short identifier 1C", right)
            },
        ),
    ]);
    all
}

// The version, and EF.CVCA's identifiers where they are told.
type TerminalAuthentication = (u32, Option<(u16, Option<u8>)>);

fn terminal_authentication(infos: &SecurityInfos) -> Option<TerminalAuthentication> {
    infos.iter().find_map(|info| match info {
        SecurityInfo::TerminalAuthentication(info) => Some((info.version, info.ef_cvca)),
        _ => None,
    })
}

/// That a set has every SecurityInfo of EF.CardAccess.
pub(super) fn repeats_card_access(t: &mut Terminal<'_>, infos: &SecurityInfos) -> Result<(), Stop> {
    let bytes = t.file(File::CardAccess)?;
    let access = parsed(t, "EF.CardAccess", SecurityInfos::parse(&bytes))?;
    let missing = access.missing_from(infos).count();
    t.check(
        "SecurityInfos of EF.CardAccess that are missing",
        "0",
        missing.to_string(),
        missing == 0,
    )
}

pub(super) fn card_access() -> Vec<Case> {
    let file = File::CardAccess;
    let infos = |t: &mut Terminal<'_>, bytes: &[u8]| {
        parsed(t, "SecurityInfos", SecurityInfos::parse(bytes))
    };
    vec![
        case("I_infos", "a SET of SecurityInfos", file, move |t, bytes| {
            let tag = first(bytes).map(|object| object.tag.value());
            holds(t, "the outermost tag is 31", tag == Some(0x31))?;
            infos(t, bytes).map(drop)
        }),
        case("I_pace_info", "PACEInfo: version and protocol", file, move |t, bytes| {
            let infos = infos(t, bytes)?;
            holds(t, "there is one", infos.pace().next().is_some())?;
            for info in infos.pace() {
                t.check("its version", "2", info.version.to_string(), info.version == 2)?;
                let suite = pace::Suite::from_oid(&info.protocol);
                let name = info.protocol.to_string();
                t.check("its protocol", "one of ICAO Doc 9303-11", name, suite.is_some())?;
            }
            Ok(())
        }),
        case("I_domain", "domain parameters of each PACEInfo", file, move |t, bytes| {
            let infos = infos(t, bytes)?;
            for info in infos.pace() {
                let standardised = Parameters::new(info.protocol, info.parameter_id).is_ok();
                let explicit = infos.iter().any(|other| match other {
                    SecurityInfo::PaceDomainParameter(domain) => {
                        domain.parameter_id == info.parameter_id
                    }
                    _ => false,
                });
                holds(t, "they are standardised or written out", standardised || explicit)?;
            }
            Ok(())
        }),
        with(
            "I_4",
            "PACE-CAM comes with PACE-GM or PACE-IM",
            file,
            &[Capability::PaceCam],
            move |t, bytes| {
                let infos = infos(t, bytes)?;
                let mapping = |mapping: Mapping| {
                    infos
                        .pace()
                        .filter_map(|info| pace::Suite::from_oid(&info.protocol))
                        .any(|suite| suite.mapping == mapping)
                };
                let other = mapping(Mapping::Generic) || mapping(Mapping::Integrated);
                holds(t, "there is a PACEInfo of another mapping", other)
            },
        ),
    ]
}

pub(super) fn dg15() -> Vec<Case> {
    let file = File::Dg15;
    let key = |t: &mut Terminal<'_>, bytes: &[u8]| {
        let spki = parsed(t, "the file", Dg15::parse(bytes))?.spki;
        parsed(t, "SubjectPublicKeyInfo", SubjectKey::parse(&spki))
    };
    let mut all: Vec<Case> = outer("J", file).into();
    all.extend([
        case("J_key", "the SubjectPublicKeyInfo", file, move |t, bytes| key(t, bytes).map(drop)),
        case("J_strength", "a key that is long enough", file, move |t, bytes| {
            let key = key(t, bytes)?;
            let bits = key.bits();
            let least = if matches!(key, SubjectKey::Rsa(_)) { 1024 } else { 192 };
            t.check("its length", format!("{least} bits or more"), bits.to_string(), bits >= least)
        }),
        case("J_encoding", "the key in DER", file, move |t, bytes| {
            let spki = parsed(t, "the file", Dg15::parse(bytes))?.spki;
            let sequence = first(&spki).map(|object| (object.tag.value(), object.raw.len()));
            holds(t, "one SEQUENCE and nothing behind it", sequence == Some((0x30, spki.len())))
        }),
    ]);
    all
}
