//! What stands on the page, in words. The template lays it out and escapes all of it.

use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::super::{
    super::{
        face::FaceFile,
        holder::{Holder, shown},
        trust,
    },
    report::{Report, grouped},
};
use super::waterfall::{Band, Seen, bands, milliseconds};
use crate::{
    crypto::Hash,
    lds::{CardLabel, Dg2, FaceImage, File, ImageFormat, LdsSecurityObject, edl, sod},
    pki::{self, Certificate, SignedData},
    trust::{Check, Level, Named, Verdict},
};

/// The page.
#[derive(Template)]
#[template(path = "report.html")]
pub(super) struct Page {
    verified: bool,
    level: String,
    level_words: &'static str,
    summary: String,
    banner: Option<String>,
    facts: Vec<(String, String)>,
    holder: Vec<(&'static str, String)>,
    holder_name: String,
    genuine: bool,
    face: Option<Face>,
    checks: Vec<Line>,
    weak: Vec<String>,
    chain: Vec<Link>,
    groups: Vec<Group>,
    hash: String,
    steps: Vec<StepBar>,
    modelled: bool,
    bands: Vec<Band>,
    exchanges: usize,
    cost: Vec<(&'static str, String)>,
    made: String,
    version: &'static str,
}

/// A check: `good`, `bad`, `open` or `plain` says how it is shown.
struct Line {
    name: &'static str,
    state: &'static str,
    word: &'static str,
    reason: String,
}

struct Face {
    /// The picture where browsers show its format.
    data: Option<String>,
    words: String,
}

/// A certificate of the chain, the signer first.
struct Link {
    role: &'static str,
    subject: String,
    serial: String,
    sha256: String,
    valid: String,
}

struct Group {
    name: &'static str,
    size: String,
    hash: String,
    state: &'static str,
    word: String,
}

/// A step of the tap in the bar over the waterfall, in thousandths of the whole.
struct StepBar {
    name: &'static str,
    colour: usize,
    x: String,
    width: String,
    time: String,
    modelled: String,
    apdus: u32,
}

impl Page {
    /// The page of a tap and of what was seen of its dialogue.
    pub(super) fn new(report: &Report<'_>, seen: &[Seen]) -> Self {
        let (tapped, verdict) = (report.tapped, report.verdict);
        let evidence = &tapped.evidence;
        let holder = Holder::of(evidence, report.now);
        let label = evidence.file(File::CardLabel).and_then(|file| CardLabel::parse(file).ok());
        let rows = holder.rows();
        let name = rows.first().map(|(_, name)| name.clone()).unwrap_or_default();
        let signed = signed_data(report);
        let object = signed.as_ref().and_then(|sd| LdsSecurityObject::parse(sd.content()).ok());
        let hash =
            object.as_ref().and_then(|object| pki::hash_of("EF.SOD", object.hash_algorithm).ok());
        let hash = hash.unwrap_or(Hash::Sha256);
        let mut facts = vec![("card".to_owned(), shown(&report.source))];
        if let Some(label) = label {
            facts.push(("label".to_owned(), shown(&label.label)));
        }
        facts.extend(report.facts());
        Self {
            verified: verdict.verified,
            level: verdict.level.to_string(),
            level_words: level(verdict.level),
            summary: summary(verdict),
            banner: report.banner(),
            facts,
            genuine: verdict.passive.check.passed(),
            holder_name: if name.is_empty() { "the holder".into() } else { name },
            holder: rows,
            face: face(report),
            checks: checks(verdict),
            weak: verdict.weak.iter().map(ToString::to_string).collect(),
            chain: chain(verdict, signed.as_ref()),
            groups: groups(report, hash),
            hash: hash.to_string(),
            modelled: tapped.stats.modelled.is_some(),
            steps: steps(report),
            bands: bands(seen),
            exchanges: seen.len(),
            cost: cost(report),
            made: trust::text(report.now),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::L0 => "nothing is proven",
        Level::L1 => "the data is genuine; the chip may be a copy",
        Level::L2 => "the data is genuine, and the card itself signed what was demanded",
        Level::L3 => "the data is genuine, and the chip proved itself to this reader",
    }
}

// The sentence under the verdict: what it rests on, or what stands against it.
fn summary(verdict: &Verdict) -> String {
    let reason = |check: &Check| check.reason().map(ToString::to_string);
    if let Some(card) = &verdict.key_only {
        return reason(&card.check).unwrap_or_else(|| "the card signed with its issued key".into());
    }
    let said = [&verdict.passive.check, &verdict.chip.check, &verdict.card_access];
    let against: Vec<_> =
        said.into_iter().filter(|check| check.failed()).filter_map(reason).collect();
    if !against.is_empty() {
        return against.join("; ");
    }
    if verdict.verified {
        return level(verdict.level).to_owned();
    }
    let open = [&verdict.passive.check, &verdict.chip.check];
    open.into_iter().find_map(reason).unwrap_or_else(|| level(verdict.level).to_owned())
}

fn checks(verdict: &Verdict) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |name, check: &Check| {
        let (state, word) = match check {
            Check::Passed => ("good", "passed"),
            Check::Failed(_) => ("bad", "FAILED"),
            Check::NotDone(_) => ("open", "not done"),
        };
        let reason = check.reason().map(ToString::to_string).unwrap_or_default();
        lines.push(Line { name, state, word, reason });
    };
    if let Some(card) = &verdict.key_only {
        say("certificate of the card", &card.certificate);
        say("chain to an anchor", &card.chain);
        say("validity", &card.validity);
        say("revocation", &card.revocation);
        say("signature of the card", &card.signature);
    } else {
        let passive = &verdict.passive;
        say("signature of EF.SOD", &passive.signature);
        say("chain to an anchor", &passive.chain);
        say("validity", &passive.validity);
        say("revocation", &passive.revocation);
        say("hashes of the data groups", &passive.groups.check);
        let chip = &verdict.chip;
        say("Chip Authentication", &chip.chip_authentication);
        say("PACE with Chip Authentication Mapping", &chip.chip_authentication_mapping);
        say("Active Authentication", &chip.active_authentication);
        say("EF.CardAccess not altered", &verdict.card_access);
    }
    if let Some(check) = &verdict.card_security {
        say("EF.CardSecurity", check);
    }
    if let Some(holder) = &verdict.holder_verification {
        say("PIN given by the holder", &holder.check);
    }
    lines
}

fn signed_data(report: &Report<'_>) -> Option<SignedData> {
    let evidence = &report.tapped.evidence;
    let sods = [File::Sod, File::Edl(edl::File::Sod)];
    let bytes = sods.into_iter().find_map(|file| evidence.file(file))?;
    SignedData::parse(sod::unwrap(bytes).ok()?).ok()
}

fn chain(verdict: &Verdict, signed: Option<&SignedData>) -> Vec<Link> {
    let certificates = signed.map(SignedData::certificates).unwrap_or_default();
    let link = |role, named: &Named| {
        let is_it = |c: &&Certificate| hex::encode(c.fingerprint()) == named.sha256;
        let valid = certificates.iter().find(is_it).map(|certificate| {
            let validity = certificate.validity();
            format!("{} to {}", validity.not_before.date(), validity.not_after.date())
        });
        Link {
            role,
            subject: shown(&named.subject),
            serial: named.serial.clone(),
            sha256: named.sha256.clone(),
            valid: valid.unwrap_or_else(|| "as the trust store has it".into()),
        }
    };
    let mut all = Vec::new();
    let (first, links, anchor, role) = match &verdict.key_only {
        Some(card) => (&card.card, &card.links, &card.anchor, "card"),
        None => {
            let passive = &verdict.passive;
            (&passive.signer, &passive.links, &passive.anchor, "document signer")
        }
    };
    all.extend(first.iter().map(|named| link(role, named)));
    all.extend(links.iter().map(|named| link("link certificate", named)));
    all.extend(anchor.iter().map(|named| link("trust anchor (CSCA)", named)));
    all
}

fn groups(report: &Report<'_>, hash: Hash) -> Vec<Group> {
    let groups = &report.verdict.passive.groups;
    let word = |file: File| {
        if groups.matched.contains(&file) {
            ("good", "as EF.SOD lists it".to_owned())
        } else if groups.mismatched.contains(&file) {
            ("bad", "NOT as EF.SOD lists it".to_owned())
        } else if groups.unlisted.contains(&file) {
            ("bad", "NOT listed in EF.SOD".to_owned())
        } else {
            ("plain", "not a data group".to_owned())
        }
    };
    let read = report.tapped.evidence.files.iter().map(|(file, bytes)| {
        let (state, word) = word(*file);
        let hash = hex::encode(hash.digest(&[bytes]));
        let size = grouped(bytes.len() as u64);
        Group { name: file.name(), size, hash, state, word }
    });
    let unread = groups.unread.iter().map(|file| {
        let word = match report.tapped.refused.get(file) {
            Some(sw) => format!("not read: the card answered {sw}"),
            None => "not read".to_owned(),
        };
        Group { name: file.name(), size: String::new(), hash: String::new(), state: "open", word }
    });
    read.chain(unread).collect()
}

fn steps(report: &Report<'_>) -> Vec<StepBar> {
    let steps = &report.tapped.steps;
    let total = report.total().as_secs_f64().max(1e-9);
    let mut before = 0.0;
    let bar = |(i, step): (usize, &crate::tap::StepTime)| {
        let width = step.time.as_secs_f64() / total * 1000.0;
        let x = before;
        before += width;
        StepBar {
            name: step.name,
            colour: i % 6 + 1,
            x: format!("{x:.2}"),
            width: format!("{width:.2}"),
            time: milliseconds(step.time),
            modelled: step.modelled.map(milliseconds).unwrap_or_default(),
            apdus: step.apdus,
        }
    };
    steps.iter().enumerate().map(bar).collect()
}

fn cost(report: &Report<'_>) -> Vec<(&'static str, String)> {
    let stats = report.tapped.stats;
    let mut cost = vec![
        ("APDUs", stats.apdus.to_string()),
        ("to the card", format!("{} B", grouped(stats.bytes_to_card))),
        ("from the card", format!("{} B", grouped(stats.bytes_from_card))),
        ("time", milliseconds(report.total())),
        ("of it waiting for the card", milliseconds(stats.time)),
    ];
    if let (Some(rate), Some(time)) = (report.link, stats.modelled) {
        cost.push(("modelled on the air", format!("{:.2} s at {rate}", time.as_secs_f64())));
    }
    cost
}

// The face: a picture where browsers show it, else words that say why not.
fn face(report: &Report<'_>) -> Option<Face> {
    let evidence = &report.tapped.evidence;
    let file = FaceFile::source(evidence);
    let bytes = evidence.file(file)?;
    if file == File::Dg2 {
        let dg2 = Dg2::parse(bytes).ok()?;
        dg2.image().map(|image| picture(&image))
    } else {
        let dg6 = edl::Dg6::parse(bytes).ok()?;
        dg6.image().map(|image| picture(&image))
    }
}

fn picture(image: &FaceImage<'_>) -> Face {
    let size = match (image.width, image.height) {
        (Some(width), Some(height)) => format!(", {width} x {height}"),
        _ => String::new(),
    };
    let bytes = grouped(image.bytes.len() as u64);
    let kind = match image.format {
        Some(ImageFormat::Jpeg) => Some("image/jpeg"),
        Some(ImageFormat::Png) => Some("image/png"),
        _ => None,
    };
    let format = image.format.map_or_else(|| "an unknown format".to_owned(), |f| f.to_string());
    match kind {
        Some(kind) => Face {
            data: Some(format!("data:{kind};base64,{}", STANDARD.encode(image.bytes))),
            words: format!("{format}{size}, {bytes} B"),
        },
        None => Face {
            data: None,
            words: format!(
                "The face is {format}{size}, {bytes} B. Browsers do not show that; --face writes it \
                 as a file of its own."
            ),
        },
    }
}
