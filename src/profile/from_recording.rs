//! A profile made of a recording: the files as they were read, and what is known of the chip.

use std::fmt::Write;

use super::{
    check::names::{CIPHERS, CURVES, GROUPS},
    recorded_files::{Contents, Files, Place, files},
};
use crate::{
    apdu::ins,
    atr::{Atr, HistoricalBytes},
    crypto::Domain,
    lds::{AtrInfo, Df, Dg1, File, LDS_AID, MrzInformation, SecurityInfos, edl},
    protocol::pace::{Mapping, Parameters},
    transport::{Masked, RecordError, Recording, Secrets},
};

/// Why a recording gives no profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FromRecordingError {
    /// Its bytes are left out.
    #[error(transparent)]
    Recording(#[from] RecordError),
    /// No file was read.
    #[error("{file}: a file of the card that was read expected, none was")]
    NoFile {
        /// The recording.
        file: String,
    },
    /// The card is one that profiles make from its line alone.
    #[error("{file}: a card with other files than a driving licence's expected")]
    Licence {
        /// The recording.
        file: String,
    },
}

/// The text of a profile with the files that a recording read, its passwords where it has them,
/// its PACE protocols or BAC, its limits and its answer to reset.
///
/// The files are those of a person who may be real: the text says so, and that profiles are for
/// synthetic persons. What the chip keeps to itself is in no recording, so that the copy cannot
/// prove to be the original.
///
/// # Errors
/// [`FromRecordingError`].
pub fn from_recording(recording: &Recording, name: &str) -> Result<String, FromRecordingError> {
    recording.need_all("make a profile of it")?;
    let files = files(recording);
    let file = || recording.file().to_owned();
    if files.is_empty() {
        return Err(FromRecordingError::NoFile { file: file() });
    }
    let is = |aid: &'static [u8]| move |(place, _): &(Place, u16)| *place == application(aid);
    if files.keys().any(is(&edl::AID)) {
        return Err(FromRecordingError::Licence { file: file() });
    }
    let travels = files.keys().any(is(&LDS_AID));
    let mut text = Text { out: String::new() };
    let header = recording.header();
    text.line(HEAD);
    text.pair("schema", "1");
    text.pair("name", &quoted(name));
    text.pair("title", &quoted("A card from a recording, without its keys"));
    text.pair("seed", &quoted(&format!("from recording {name}")));

    let no_secrets = Secrets::default();
    let secrets = header.secrets.as_ref().unwrap_or(&no_secrets);
    let pace = text.chip(&files, secrets, header.atr.bytes().unwrap_or_default(), travels);
    let bac = travels && (!pace || used_bac(recording));
    if travels {
        text.document(&files, secrets);
    }
    let protected = match (pace, bac) {
        (true, true) => "pace or bac",
        (true, false) => "pace",
        (false, true) => "bac",
        (false, false) => "sm",
    };
    text.files(&files, protected, travels);
    // Keys of the document itself stand before its tables.
    let bac = if bac { "bac = true\n" } else { "" };
    Ok(text.out.replacen("[limits]", &format!("{bac}\n[limits]"), 1))
}

const HEAD: &str = "\
# Made from a recording by `iccard profile from-recording`.
#
# PROFILES ARE FOR SYNTHETIC PERSONS. The files below are those of the card that was recorded: if it
# was a person's, so are the data. Keep this file as you keep the document, pass it to nobody, and
# delete it when it has served.
#
# A copy proves nothing: the private keys of the chip are in no recording. There is no Chip
# Authentication, Active or Terminal Authentication here, so a tap says that the chip did not prove
# itself, although the files are signed. [person] and [pki] are made up; only the dates and the
# number that open the card are those of the card.
";

struct Text {
    out: String,
}

impl Text {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn pair(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.out, "{key} = {value}");
    }

    // Limits, answer to reset, passwords and PACE; whether there is PACE.
    fn chip(&mut self, files: &Files, secrets: &Secrets, atr: &[u8], travels: bool) -> bool {
        let historical = Atr::parse(atr).map(|atr| atr.historical().to_vec()).unwrap_or_default();
        let parsed = HistoricalBytes::parse(&historical).ok();
        let known = parsed.as_ref().and_then(HistoricalBytes::card_capabilities);
        let extended = known.is_some_and(|capabilities| capabilities.extended_length());
        self.line("\n[limits]");
        self.pair("extended_length", &extended.to_string());
        let info = master(files, File::AtrInfo).and_then(|file| AtrInfo::parse(&file.bytes).ok());
        if let Some((command, response)) = info.and_then(|info| info.extended_length())
            && extended
        {
            for (key, size) in [("max_command", command), ("max_response", response)] {
                self.pair(key, &size.clamp(1_000, 65_535).to_string());
            }
        }
        self.line("\n[atr]");
        if parsed.is_none() {
            self.line("# The recorded ATR has none that are well-formed.");
        }
        self.pair(
            "historical",
            &quoted(&hex::encode_upper(parsed.map_or(&[][..], |_| &historical))),
        );

        let pace = self.pace(files, secrets, travels);
        if pace || travels {
            self.line("\n[secrets]");
            if secrets.can.is_none() {
                self.line("# Made up: the CAN was not used in the recording.");
            }
            self.pair("can", &quoted(secrets.can.as_deref().unwrap_or("000000")));
            for (key, secret, len) in [("pin", &secrets.pin, 6), ("puk", &secrets.puk, 10)] {
                match secret {
                    Some(secret) if secret.len() == len => self.pair(key, &quoted(secret)),
                    Some(_) => {
                        self.line(&format!("# {key}: not of {len} digits, as profiles have it"));
                    }
                    None => {}
                }
            }
        }
        pace
    }

    fn pace(&mut self, files: &Files, secrets: &Secrets, travels: bool) -> bool {
        let Some(file) = master(files, File::CardAccess) else { return false };
        if !travels && secrets.can.is_none() {
            return false;
        }
        let Ok(infos) = SecurityInfos::parse(&file.bytes) else { return false };
        let mut any = false;
        for info in infos.pace() {
            let found = Parameters::new(info.protocol, info.parameter_id).ok();
            let Some(table) = found.and_then(|parameters| pace_table(&parameters, travels)) else {
                self.line(&format!("\n# PACE with {} is none that profiles have.", info.protocol));
                continue;
            };
            self.line(&table);
            any = true;
        }
        any
    }

    // Made up but for what the keys of BAC and of PACE with the MRZ follow from.
    fn document(&mut self, files: &Files, secrets: &Secrets) {
        let dg1 = files.get(&(application(&LDS_AID), File::Dg1.fid()));
        let dg1 = dg1.and_then(|file| Dg1::parse(&file.bytes).ok());
        let information = dg1.as_ref().and_then(|dg1| dg1.mrz().information().ok());
        let typed = secrets.mrz.as_deref().map(str::to_owned);
        let information = information.map(|found| found.as_str().to_owned()).or(typed);
        let printed = information.as_deref().and_then(Printed::of);
        let passport = dg1.as_ref().is_none_or(|dg1| dg1.text().len() == 88);
        if printed.is_none() {
            self.line(
                "\n# The number and dates of the MRZ are not known, or none that profiles have.",
            );
        }
        let printed = printed.unwrap_or_default();
        self.line("\n[person]");
        for (key, value) in [
            ("surname", "RECORDED"),
            ("given_names", "TEST"),
            ("national_surname", "RECORDED"),
            ("national_given_names", "TEST"),
        ] {
            self.pair(key, &quoted(value));
        }
        self.pair("birth_date", &printed.birth);
        self.pair("sex", &quoted("X"));
        self.line("\n[document]");
        self.pair("code", &quoted(if passport { "P" } else { "I" }));
        self.pair("number", &quoted(&printed.number));
        self.pair("issuing_state", &quoted("UTO"));
        self.pair("nationality", &quoted("UTO"));
        self.pair("issued", &printed.expires);
        self.pair("expires", &printed.expires);
        self.pair("authority", &quoted("Made up (TEST)"));
        self.line(PKI);
    }

    fn files(&mut self, files: &Files, protected: &str, travels: bool) {
        let mut folders = Vec::new();
        for (place, _) in files.keys() {
            if let Place::Application(name) = place
                && !(travels && *place == application(&LDS_AID))
                && !folders.contains(name)
            {
                folders.push(name.clone());
            }
        }
        for (at, name) in folders.iter().enumerate() {
            self.line("\n[[file]]");
            self.pair("path", &quoted(&format!("{:04X}", 0xDF01 + at)));
            self.pair("kind", &quoted("df"));
            self.pair("aid", &quoted(&hex::encode_upper(name)));
        }
        for ((place, fid), file) in files {
            let (prefix, df) = match place {
                Place::Master => (String::new(), Df::MasterFile),
                Place::Application(name) => match folders.iter().position(|n| n == name) {
                    Some(at) => (format!("{:04X}/", 0xDF01 + at), Df::MasterFile),
                    None => (format!("{}/", hex::encode_upper(name)), Df::Lds),
                },
            };
            let known =
                (prefix.is_empty() || df == Df::Lds).then(|| File::from_fid(df, *fid)).flatten();
            if known == Some(File::HolderVerification) {
                // The chip makes it anew for each session.
                continue;
            }
            self.file(&format!("{prefix}{fid:04X}"), known, file, protected);
        }
    }

    fn file(&mut self, path: &str, known: Option<File>, file: &Contents, protected: &str) {
        let name = known.map_or_else(String::new, |file| format!("{file}, "));
        let gap = if file.gap { "; not all of it was read" } else { "" };
        self.line(&format!("\n# {name}{} bytes{gap}", file.bytes.len()));
        self.line("[[file]]");
        self.pair("path", &quoted(path));
        self.pair("kind", &quoted("transparent"));
        if let Some(sfi) = file.sfi.or_else(|| known.map(File::sfi)) {
            self.pair("sfi", &sfi.to_string());
        }
        self.pair("read", &quoted(if file.open { "always" } else { protected }));
        self.pair("hex", &quoted(&hex::encode_upper(&file.bytes)));
    }
}

const PKI: &str = "
[pki]
country = \"UT\"
organization = \"TEST recorded\"
csca = \"TEST CSCA of a recorded card\"
csca_from = 1990-01-01
csca_until = 2049-12-31
signer = \"TEST signer of a recorded card\"
signer_from = 1990-01-01
signer_until = 2049-12-31";

/// What is printed on the document and opens it, as TOML.
struct Printed {
    number: String,
    birth: String,
    expires: String,
}

impl Default for Printed {
    fn default() -> Self {
        let (birth, expires) = ("1990-01-01".into(), "2035-01-01".into());
        Self { number: "TEST00000".into(), birth, expires }
    }
}

impl Printed {
    // Of MRZ_information: number, birth and expiry, each with its check digit.
    fn of(information: &str) -> Option<Self> {
        let (number, dates) = information.split_at_checked(information.len().checked_sub(14)?)?;
        let number = number.get(..number.len().checked_sub(1)?)?.trim_end_matches('<');
        let (birth, expires) = (dates.get(..6)?, dates.get(7..13)?);
        let again = MrzInformation::new(number, birth, expires).ok()?;
        let fits = number.len() <= 9 && again.as_str() == information;
        let date = |digits: &str, century: &str| {
            let (year, rest) = digits.split_at_checked(2)?;
            let (month, day) = rest.split_at_checked(2)?;
            Some(format!("{century}{year}-{month}-{day}"))
        };
        // Whoever was born in the twenties of this century has no document yet that is likely to
        // be tapped, and for the keys the century does not count.
        let century = if birth < "2" { "20" } else { "19" };
        let (birth, expires) = (date(birth, century)?, date(expires, "20")?);
        fits.then(|| Self { number: number.into(), birth, expires })
    }
}

fn pace_table(parameters: &Parameters, travels: bool) -> Option<String> {
    let suite = parameters.suite();
    let mapping = match suite.mapping {
        Mapping::Generic => "GM",
        Mapping::Integrated => "IM",
        // With another static key than the original's, which is how a copy is told.
        Mapping::ChipAuthentication if travels => "CAM",
        Mapping::ChipAuthentication => return None,
    };
    let (cipher, _) = CIPHERS.iter().find(|(_, cipher)| *cipher == suite.cipher)?;
    let (key, domain) = match parameters.domain() {
        Domain::Curve(curve) => ("curve", CURVES.iter().find(|(_, c)| *c == curve)?.0),
        Domain::Group(group) => ("group", GROUPS.iter().find(|(_, g)| *g == group)?.0),
    };
    Some(format!(
        "\n[[pace]]\nmapping = \"{mapping}\"\n{key} = \"{domain}\"\ncipher = \"{cipher}\""
    ))
}

fn application(aid: &[u8]) -> Place {
    Place::Application(aid.to_vec())
}

fn master(files: &Files, file: File) -> Option<&Contents> {
    files.get(&(Place::Master, file.fid()))
}

// EXTERNAL AUTHENTICATE in plain, and answered: Terminal Authentication has a channel around it.
fn used_bac(recording: &Recording) -> bool {
    recording.exchanges().any(|exchange| {
        let command = exchange.command.bytes().unwrap_or_default();
        let answer = exchange.response.as_ref().and_then(Masked::status);
        command.starts_with(&[0x00, ins::EXTERNAL_AUTHENTICATE]) && answer == Some([0x90, 0x00])
    })
}

// What is written is ours, digits or hexadecimal; a name is the user's.
fn quoted(text: &str) -> String {
    toml::Value::String(text.into()).to_string()
}
