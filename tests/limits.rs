//! Cards and readers that carry less than they say: what a tap costs then, beside a floor that is
//! computed here from the sizes alone; what is kept of it; and the modelled time.

use std::{path::Path, time::Duration};

use assert_cmd::Command;
use iccard::{
    emulator::Card,
    lds::File,
    profile::{self, Personalised},
    session::Session,
    tap::{KnownLengths, Options, Tapped},
    transport::{
        Deadline, LimitedReader, Limits, Link, Loopback, Reset, Transport, TransportError,
        link::{Costs, Parameters, Rate},
    },
};
use serde_json::Value;

use crate::support::card::{
    Meddler, anchors, built_in, card, judged, of_profile, options, resident, tap_over, tap_with,
    with_file,
};

const FAILURES: [&str; 3] = ["error", "truncate", "6700"];

/// The resident card with some of its profile's text replaced.
fn resident_with(changes: &[(&str, &str)]) -> Personalised {
    let (_, text) = profile::BUILT_IN.iter().find(|(name, _)| *name == "resident").unwrap();
    let text = changes.iter().fold((*text).to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    profile::check(&text, "changed.toml".as_ref()).unwrap().personalise().unwrap()
}

const DES: (&str, &str) = ("cipher = \"AES-128\"", "cipher = \"3DES\"");
const NO_EXTENDED: [(&str, &str); 4] = [
    ("extended_length = true", "extended_length = false"),
    ("max_command = 65535\n", ""),
    ("max_response = 65535\n", ""),
    ("41 E0", "41 80"),
];

/// Both suites of the card: block size of the cipher, and its card.
fn suites(changes: &[(&str, &str)]) -> [(usize, Personalised); 2] {
    let with_des: Vec<_> = changes.iter().copied().chain([DES]).collect();
    [(16, resident_with(changes)), (8, resident_with(&with_des))]
}

/// Bytes of a response APDU under secure messaging with so many bytes of data (ICAO Doc 9303-11
/// clause 9.8.4): DO87 with a padding indicator and padded blocks, DO99, DO8E, the status word.
fn protected(plain: usize, block: usize) -> usize {
    let value = 1 + (plain / block + 1) * block;
    let header = match value {
        0..=0x7F => 2,
        0x80..=0xFF => 3,
        _ => 4,
    };
    header + value + 4 + 10 + 2
}

/// Most data of a response of so many bytes.
fn most_plain(response: usize, block: usize) -> usize {
    (1..response).rev().find(|plain| protected(*plain, block) <= response).unwrap()
}

/// The least commands that a tap takes where a file comes in pieces of `piece` bytes: nothing is
/// selected but the application, no header is read for itself, nothing is asked twice.
fn floor(card: &Personalised, block: usize, piece: usize) -> u32 {
    // EF.CardAccess and EF.ATR/INFO, PACE in five commands, SELECT, Active Authentication; Chip
    // Authentication in two commands, or with 3DES in one.
    let fixed = 2 + 5 + 1 + 1 + if block == 8 { 1 } else { 2 };
    let files = [File::Dg14, File::Sod, File::Dg1, File::Dg11, File::Dg12, File::Dg15, File::Dg2];
    let reads: usize = files.iter().map(|file| card.files[file].len().div_ceil(piece)).sum();
    // EF.HolderVerification is shorter than any piece.
    u32::try_from(fixed + reads + 1).unwrap()
}

fn limited(card_: &Personalised, limit: &str) -> Box<dyn Transport> {
    let way = Loopback::new(card(card_));
    match limit {
        "" => Box::new(way),
        limit => Box::new(LimitedReader::new(way, limit.parse().unwrap())),
    }
}

fn verified(tapped: &Tapped, card: &Personalised, what: &str) {
    let verdict = judged(tapped, &anchors(card));
    assert!(verdict.verified, "{what}: {verdict:?}");
    for (file, bytes) in &card.files {
        assert!(tapped.evidence.file(*file).is_none_or(|read| read == bytes), "{what}: {file}");
    }
}

/// Taps twice: on first sight two probes are allowed, and none with what the first tap learnt.
fn twice(card: &Personalised, limit: &str, floor: u32) {
    let first = tap_over(limited(card, limit), &options()).unwrap();
    verified(&first, card, limit);
    let (apdus, probes) = (first.stats.apdus, first.stats.probes);
    assert!(probes <= 2 && apdus <= floor + 2, "{limit}: {apdus} of {floor}, {probes} probes");

    let mut lengths = KnownLengths::default();
    if let Some(learnt) = &first.lengths {
        assert!(lengths.learn(learnt), "{limit}");
    }
    let known = Options { lengths, ..options() };
    let second = tap_over(limited(card, limit), &known).unwrap();
    verified(&second, card, limit);
    let (apdus, probes) = (second.stats.apdus, second.stats.probes);
    assert!(probes == 0 && apdus <= floor, "{limit}, known: {apdus} of {floor}, {probes} probes");
    assert_eq!(second.lengths, first.lengths, "{limit}");
}

#[test]
fn a_readers_limit_costs_two_probes_once() {
    for (block, card) in suites(&[]) {
        let short = most_plain(258, block);
        assert_eq!(short, if block == 8 { 231 } else { 223 });
        twice(&card, "", floor(&card, block, most_plain(65_535, block)));
        for (size, piece) in [
            ("2048", most_plain(2_048, block)),
            ("1034", most_plain(1_000, block)),
            ("522", short),
            ("271", short),
            ("261", short),
            ("short", short),
        ] {
            for failure in FAILURES {
                twice(&card, &format!("{size}:{failure}"), floor(&card, block, piece));
            }
        }
    }
}

#[test]
fn a_card_without_extended_length_behind_a_poor_reader() {
    for (block, card) in suites(&NO_EXTENDED) {
        twice(&card, "", floor(&card, block, most_plain(258, block)));
        for piece in [192, 160, 128] {
            for failure in FAILURES {
                let limit = format!("{}:{failure}", protected(piece, block));
                twice(&card, &limit, floor(&card, block, piece));
            }
        }
    }
}

#[test]
fn what_the_card_says_of_itself_costs_no_probe() {
    for size in [2_048, 1_000] {
        let told = format!("max_response = {size}");
        for (block, card) in suites(&[("max_response = 65535", &told)]) {
            let tapped = tap_over(limited(&card, ""), &options()).unwrap();
            verified(&tapped, &card, &told);
            let least = floor(&card, block, most_plain(size, block));
            assert_eq!((tapped.stats.apdus, tapped.stats.probes), (least, 0), "{told}");
            assert_eq!(tapped.lengths, None);
        }
    }
}

#[test]
fn a_card_that_names_its_most_is_asked_for_no_more() {
    // A file that is read in plain, in pieces of 20 bytes by the card's own word.
    let genuine = resident();
    let transport = Meddler::new(card(&genuine), move |_, command, response| {
        if command[0] == 0 && command[1] == 0xB0 && command[4..] != [20] {
            *response = vec![0x6C, 20];
        }
        Ok(())
    });
    let tapped = tap_over(transport, &options()).unwrap();
    // EF.CardAccess is longer than 20 bytes and comes in pieces; fewer than 128 bytes at once say
    // nothing of other files.
    verified(&tapped, &genuine, "6C");
    assert_eq!(tapped.evidence.file(File::Dg2).unwrap().len(), 15_000);
}

#[test]
fn every_profile_is_read_through_every_reader() {
    for name in ["passport-pace-cam", "passport-eac", "eid-pin", "passport-rsa-legacy"] {
        let genuine = built_in(name);
        for limit in ["522:error", "271:truncate", "short:6700", "short:error", "1034:6700"] {
            let taken = tap_over(limited(&genuine, limit), &of_profile(&genuine)).unwrap();
            let what = format!("{name} {limit}");
            verified(&taken, &genuine, &what);
            let unread = judged(&taken, &anchors(&genuine)).passive.groups.unread;
            assert_eq!(unread, [], "{what}");
        }
    }
}

/// A reader that loses the card's power with a response that is too long for it, from the second
/// such response on; what lies on it afterwards may be another card.
struct Forgetful {
    cards: Vec<Loopback<Card>>,
    large: usize,
}

impl Forgetful {
    fn inner(&mut self) -> &mut Loopback<Card> {
        self.cards.last_mut().unwrap()
    }
}

impl Transport for Forgetful {
    fn atr(&self) -> &[u8] {
        self.cards[0].atr()
    }

    fn limits(&self) -> Limits {
        Limits::EXTENDED
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        self.inner().transceive(command, response, deadline)?;
        if response.len() > 2_000 {
            self.large += 1;
            if self.large > 4 {
                if self.cards.len() > 1 {
                    self.cards.pop();
                }
                self.inner().reset(Reset::Cold)?;
                response.clear();
                let detail = "transaction failed".into();
                return Err(TransportError::Driver { step: "send", code: 0x8010_0016, detail });
            }
        }
        Ok(())
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        self.inner().reset(kind)
    }

    fn name(&self) -> &str {
        "forgetful"
    }
}

#[test]
fn a_lost_channel_is_opened_anew_and_the_file_goes_on() {
    let genuine = resident_with(&[("max_response = 65535", "max_response = 2048")]);
    let cards = vec![Loopback::new(card(&genuine))];
    let reader = Box::new(Forgetful { cards, large: 0 });
    let tapped = tap_over(reader, &options()).unwrap();
    verified(&tapped, &genuine, "forgetful");
    // Four pieces came before; the rest takes one failure, one command that the card no longer
    // takes, PACE, SELECT, and to select the file.
    let piece = most_plain(1_000, 16);
    let left = (15_000 - 4 * most_plain(2_048, 16)).div_ceil(piece);
    let before = floor(&genuine, 16, most_plain(2_048, 16)) - 4;
    let most = before + 2 + 5 + 1 + 1 + left as u32;
    assert!(tapped.stats.apdus <= most, "{} of {most}", tapped.stats.apdus);

    // Another card goes on where the first was lost: EF.SOD says that the parts do not belong
    // together.
    let mut bytes = genuine.files[&File::Dg2].clone();
    *bytes.last_mut().unwrap() ^= 1;
    let other = with_file(&genuine, File::Dg2, bytes);
    let cards = vec![Loopback::new(card(&other)), Loopback::new(card(&genuine))];
    let reader = Box::new(Forgetful { cards, large: 0 });
    let tapped = tap_over(reader, &options()).unwrap();
    let verdict = judged(&tapped, &anchors(&genuine));
    assert!(!verdict.verified, "{verdict:?}");
    assert_eq!(verdict.passive.groups.mismatched, [File::Dg2]);
}

#[test]
fn a_reader_that_carries_nothing_ends_the_tap() {
    let genuine = resident();
    let mut count = 0;
    let transport = Meddler::new(card(&genuine), move |_, command, _| {
        count += 1;
        assert!(count < 400, "no end");
        if command[1] == 0xB0 && command[0] == 0x0C {
            let detail = "transaction failed".into();
            return Err(TransportError::Driver { step: "send", code: 0x8010_0016, detail });
        }
        Ok(())
    });
    let error = tap_over(transport, &options()).unwrap_err().to_string();
    assert!(error.contains("transaction failed"), "{error}");
}

#[test]
fn modelled_time_is_that_of_the_bytes_and_of_the_chip() {
    let genuine = resident();
    let modelled = |rate, costs| {
        let way = Loopback::new(card(&genuine));
        let link = Link::new(way, Parameters::new(rate)).with_costs(costs);
        tap_with(Box::new(link), &options(), |session: Session| session).unwrap()
    };
    let zero = Duration::ZERO;
    let free = Costs {
        command: zero,
        point_256: zero,
        exponent_2048: zero,
        rsa_private_2048: zero,
        rsa_public_2048: zero,
        des_1024: zero,
        aes_1024: zero,
        read_1024: zero,
        write: zero,
    };
    let mut slower = Duration::MAX;
    for rate in Rate::ALL {
        let link = modelled(rate, free).stats;
        let time = link.modelled.unwrap();
        assert!(time < slower, "{rate}");
        slower = time;
        // All bytes with a sixth more for parity, blocks and gaps, and a tenth either way; the
        // gaps and the activation do not get shorter with the rate.
        let bits = 8.0 * (link.bytes_to_card + link.bytes_from_card) as f64;
        let fixed = Parameters::new(rate).activation().as_secs_f64()
            + 2.0 * 1_172.0 / 13.56e6 * f64::from(link.apdus + 68);
        let wire = 13.56e6 / 128.0 * f64::from(rate.kbit() / 106);
        let about = bits / wire * 1.15 + fixed;
        assert!((time.as_secs_f64() / about - 1.0).abs() < 0.1, "{rate}: {time:?}, {about}");
    }
    let tapped = modelled(Rate::R424, Costs::TYPICAL);
    let all = tapped.stats.modelled.unwrap();
    let steps: Duration = tapped.steps.iter().map(|step| step.modelled.unwrap()).sum();
    assert_eq!(steps + Parameters::new(Rate::R424).activation(), all);
    let step = |name| tapped.steps.iter().find(|s| s.name == name).unwrap().modelled.unwrap();
    // Five points in PACE, one in each proof.
    assert!(step("access") > 5 * Costs::TYPICAL.point_256);
    assert!(step("access") < 7 * Costs::TYPICAL.point_256);
    for proof in ["Chip Authentication", "Active Authentication"] {
        assert!((1..2).contains(&(step(proof).as_millis() / Costs::TYPICAL.point_256.as_millis())));
    }
    assert_eq!(modelled(Rate::R424, Costs::TYPICAL).stats.modelled, Some(all), "the same again");
    assert_eq!(tap_over(limited(&genuine, ""), &options()).unwrap().stats.modelled, None);
}

fn iccard(dir: &Path, args: &[&str], code: i32) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iccard"));
    command.current_dir(dir).env_remove("ICCARD_CARD").env_remove("ICCARD_CAN");
    command.env("ICCARD_DATA", dir).env("ICCARD_CACHE", dir.join("cache"));
    let output = command.args(args).arg("--json").assert().code(code).get_output().clone();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_command_line_keeps_what_it_learns() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let file = dir.join("cache/lengths.json");
    let limited = ["tap", "--reader-limit", "522:error"];
    let lengths = |said: &Value| {
        let lengths = &said["lengths"];
        (lengths["read"].as_u64().unwrap(), lengths["probes"].as_u64().unwrap())
    };
    iccard(dir, &["tap", "--no-cache", "--reader-limit", "522:error"], 0);
    iccard(dir, &["tap"], 0);
    assert!(!file.exists(), "nothing was learnt, or it was not to be kept");
    let (read, probes) = lengths(&iccard(dir, &limited, 0));
    assert!(read >= 223 && probes == 2);
    let kept = std::fs::read(&file).unwrap();
    let text = String::from_utf8(kept.clone()).unwrap();
    assert!(text.contains("522:error") && !text.contains("HONG"), "{text}");
    assert_eq!(lengths(&iccard(dir, &limited, 0)), (read, 0));
    assert_eq!(std::fs::read(&file).unwrap(), kept);
    // Another reader is another matter, and so is a damaged file.
    assert_eq!(iccard(dir, &["tap"], 0)["lengths"], Value::Null);
    std::fs::write(&file, &kept[..kept.len() / 2]).unwrap();
    assert_eq!(lengths(&iccard(dir, &limited, 0)), (read, 2));
    assert_eq!(std::fs::read(&file).unwrap(), kept);
}

#[test]
fn the_command_line_models_time() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let said = iccard(dir, &["tap", "--link", "424k"], 0);
    assert_eq!(said["modelled"]["kbit_per_s"], 424);
    let all = said["modelled"]["micros"].as_u64().unwrap();
    assert!((300_000..3_000_000).contains(&all), "{all}");
    let steps = said["steps"].as_array().unwrap();
    let sum: u64 = steps.iter().map(|s| s["modelled_micros"].as_u64().unwrap()).sum();
    assert!(sum > all / 2 && sum <= all, "{sum} {all}");
    assert_eq!(iccard(dir, &["tap"], 0)["modelled"], Value::Null);
    let begun = std::time::Instant::now();
    let said = iccard(dir, &["tap", "--link", "848k", "--real-time"], 0);
    let modelled = Duration::from_micros(said["modelled"]["micros"].as_u64().unwrap());
    // All but the activation, which was over before there was a dialogue.
    assert!(begun.elapsed() + Parameters::new(Rate::R848).activation() >= modelled);
    for (args, expected) in [
        (&["tap", "--link", "100k"][..], "848k"),
        (&["tap", "--real-time"], "--link"),
        (&["tap", "--reader-limit", "522:late"], "truncate"),
    ] {
        let error = iccard(dir, args, 2)["error"].to_string();
        assert!(error.contains(expected) || error.contains("required"), "{error}");
    }
}
