//! A recording as a script: what was done, in the words of scripts, and no secret.
//!
//! Steps of protocols become `access` and `auth`, reads of files `read ef`. What stands between them
//! becomes a command with the answer that came. Of answers under secure messaging only the status is
//! expected: what they hold is a person's.

use super::step::{Sent, Step, StepKind};
use crate::{
    apdu::{CommandView, ins},
    lds::{Df, File},
    script::{
        import::writer::{Writer, hex_words, remark},
        syntax::{Span, SwPattern},
    },
    tlv::{Reader, Tag},
    transport::{Entry, Masked, Part, RecordedExchange, Recording, Reset, ResetKind},
};

/// A recording as a script. Passwords stand in it as `secret` variables, never as they are, whether
/// the recording is redacted or not.
pub fn of_recording(recording: &Recording) -> String {
    let header = recording.header();
    let mut told = Told {
        out: Writer::titled(format!("a recorded dialogue of {}", header.time)),
        secrets: secrets(recording),
        needs: Vec::new(),
        licence: false,
    };
    let out = &mut told.out;
    out.logical();
    out.comment(&format!("card: {}", header.card));
    out.comment(&format!("ATR: {}", header.atr));
    out.blank();
    let mut rest: &[(usize, Entry)] = recording.entries();
    while let Some(((_, entry), after)) = rest.split_first() {
        match entry {
            Entry::Reset(reset) => {
                let kind = if reset.kind == ResetKind::Cold { "cold" } else { "warm" };
                told.out.say(format!("reset {kind}"));
                rest = after;
            }
            Entry::Exchange(_) => {
                let group = group(rest);
                told.group(&group);
                rest = rest.get(group.len().max(1)..).unwrap_or_default();
            }
        }
    }
    if recording.counts().is_none() {
        told.out.comment("the recording was cut off here");
    }
    let Told { mut out, needs, .. } = told;
    for need in needs {
        out.first(need.statement());
    }
    out.finish().text
}

/// The wire of a recording, all of whose bytes are there.
pub(super) fn steps(recording: &Recording) -> Vec<Step> {
    let header = recording.header();
    let step = |kind| Step { span: Span::default(), kind };
    let mut steps = vec![
        // What a file says of itself must not end the comment.
        step(StepKind::Comment(remark(&format!(
            "recorded {} by iccard/{}",
            header.time, header.program
        )))),
        step(StepKind::Comment(format!("ATR: {}", header.atr))),
    ];
    for (_, entry) in recording.entries() {
        steps.push(step(match entry {
            Entry::Reset(reset) if reset.kind == ResetKind::Cold => StepKind::Reset(Reset::Cold),
            Entry::Reset(_) => StepKind::Reset(Reset::Warm),
            Entry::Exchange(exchange) => {
                let answer = exchange.response.as_ref().and_then(Masked::bytes);
                match (exchange.command.bytes(), answer) {
                    (Some(command), Some(answer)) => {
                        StepKind::Send(sent(exchange, command, answer))
                    }
                    _ => StepKind::Comment(format!("{}: no answer", exchange.command)),
                }
            }
        }));
    }
    steps
}

fn sent(exchange: &RecordedExchange, command: &[u8], answer: &[u8]) -> Sent {
    let (data, sw) = answer.split_at(answer.len().saturating_sub(2));
    let sw = sw.first_chunk().map_or(0, |sw| u16::from_be_bytes(*sw));
    let span = Span::default();
    Sent {
        bytes: command.to_vec(),
        asks: true,
        data: Some(data.iter().map(|byte| super::step::Item::Byte(*byte, 0xFF)).collect()),
        sw: Some(SwPattern { span, negated: false, any_of: vec![(sw, 0xFFFF)] }),
        ms: Some(exchange.us / 1000),
    }
}

/// A secret that the script asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Can,
    Pin,
    Puk,
    Mrz,
    Bap,
    NewPin,
}

impl Need {
    const fn name(self) -> &'static str {
        match self {
            Self::Can => "can",
            Self::Pin => "pin",
            Self::Puk => "puk",
            Self::Mrz => "mrz",
            Self::Bap => "bap",
            Self::NewPin => "new-pin",
        }
    }

    const fn statement(self) -> &'static str {
        match self {
            Self::Can => "secret can = env:ICCARD_CAN or prompt \"CAN\"",
            Self::Pin => "secret pin = env:ICCARD_PIN or prompt \"PIN\"",
            Self::Puk => "secret puk = env:ICCARD_PUK or prompt \"PUK\"",
            Self::Mrz => "secret mrz = env:ICCARD_MRZ or prompt \"MRZ\"",
            Self::Bap => "secret bap = env:ICCARD_BAP or prompt \"line of the licence\"",
            Self::NewPin => "secret new-pin = prompt \"new PIN\"",
        }
    }
}

struct Told {
    out: Writer,
    // What may stand nowhere, as it would be written.
    secrets: Vec<Vec<u8>>,
    needs: Vec<Need>,
    // Whether the application of a driving licence is selected.
    licence: bool,
}

/// What exchanges side by side are of one thing.
fn kind(exchange: &RecordedExchange) -> &str {
    let step = exchange.step.as_deref().unwrap_or_default();
    ["PACE", "Chip Authentication", "Terminal Authentication", "Active Authentication"]
        .into_iter()
        .find(|name| step.starts_with(name))
        .unwrap_or(match step {
            "GET CHALLENGE" | "EXTERNAL AUTHENTICATE" => "BAC",
            step => step,
        })
}

// The exchanges in front that are of one thing; of other commands one alone, with the GET RESPONSE
// that follows it.
fn group(entries: &[(usize, Entry)]) -> Vec<&RecordedExchange> {
    let mut group: Vec<&RecordedExchange> = Vec::new();
    for (_, entry) in entries {
        let Entry::Exchange(exchange) = entry else { break };
        if let Some(first) = group.first() {
            let of_one = is_known(kind(first)) && kind(exchange) == kind(first);
            if !of_one && instruction(exchange) != Some(ins::GET_RESPONSE) {
                break;
            }
        }
        group.push(exchange);
    }
    group
}

fn is_known(kind: &str) -> bool {
    matches!(
        kind,
        "PACE"
            | "BAC"
            | "Chip Authentication"
            | "Terminal Authentication"
            | "Active Authentication"
    ) || file(kind).is_some()
}

fn file(name: &str) -> Option<File> {
    File::ALL.into_iter().find(|file| file.name() == name)
}

fn status(exchange: &RecordedExchange) -> Option<u16> {
    exchange.meant().and_then(|(_, response)| response.status()).map(u16::from_be_bytes)
}

fn start(masked: &Masked) -> &[u8] {
    match masked.parts().first() {
        Some(Part::Known(bytes)) => bytes,
        _ => &[],
    }
}

fn command(exchange: &RecordedExchange) -> &Masked {
    exchange.plain.as_ref().map_or(&exchange.command, |plain| &plain.command)
}

fn instruction(exchange: &RecordedExchange) -> Option<u8> {
    start(command(exchange)).get(1).copied()
}

impl Told {
    fn group(&mut self, group: &[&RecordedExchange]) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return };
        let kind = kind(first);
        let worked = status(last) == Some(0x9000);
        match kind {
            "PACE" => {
                let need = password(first);
                self.protocol(&format!("access pace {}", way(need)), Some(need), worked, last);
            }
            "BAC" if self.licence => self.protocol("access bap", Some(Need::Bap), worked, last),
            "BAC" => self.protocol("access bac", Some(Need::Mrz), worked, last),
            "Chip Authentication" => self.protocol("auth chip", None, worked, last),
            "Terminal Authentication" => self.protocol("auth terminal", None, worked, last),
            "Active Authentication" => self.protocol("auth active", None, worked, last),
            _ => match (file(kind), application(kind)) {
                (Some(file), _) => self.file(file, group),
                (_, Some(df)) if worked => {
                    self.licence = df == Df::Edl;
                    match df.aid() {
                        Some(aid) => self.out.say(format!("select aid {}", hex::encode_upper(aid))),
                        None => self.out.say("select mf"),
                    }
                }
                _ if kind.starts_with("relayed") => {
                    self.out.comment(&format!("{}: {kind}, in a channel of another", first.n));
                }
                _ => self.single(first, group.get(1..).unwrap_or_default()),
            },
        }
    }

    fn need(&mut self, need: Need) {
        if !self.needs.contains(&need) {
            self.needs.push(need);
        }
    }

    fn protocol(
        &mut self,
        statement: &str,
        need: Option<Need>,
        worked: bool,
        last: &RecordedExchange,
    ) {
        let mut statement = statement.to_owned();
        if let Some(need) = need {
            self.need(need);
            statement.push_str(&format!(" %{}", need.name()));
        }
        if worked {
            self.out.say(statement);
        } else {
            let sw = status(last).map_or_else(|| "no answer".into(), |sw| format!("{sw:04X}"));
            self.out.comment(&format!("refused when it was recorded ({sw}): {statement}"));
        }
    }

    fn file(&mut self, file: File, group: &[&RecordedExchange]) {
        let read = group.iter().any(|exchange| {
            instruction(exchange) == Some(ins::READ_BINARY)
                && matches!(status(exchange), Some(0x9000 | 0x6282))
        });
        if !read {
            for exchange in group {
                self.single(exchange, &[]);
            }
        } else if file.df() == Df::Edl {
            self.out.say(format!("read ef {:04X}  # {file}", file.fid()));
        } else {
            self.out.say(format!("read ef {file}"));
        }
    }

    // A command, and what the card kept back for GET RESPONSE.
    fn single(&mut self, exchange: &RecordedExchange, more: &[&RecordedExchange]) {
        let step = exchange.step.as_deref().unwrap_or_default();
        let step = if step == "APDU" { "" } else { step };
        let Some(sw) = more.last().map_or_else(|| status(exchange), |last| status(last)) else {
            let header = start(command(exchange)).get(..4).map(hex::encode_upper);
            let header = header.unwrap_or_default();
            self.out.comment(&format!("{}: no answer to {header} ..", exchange.n));
            return;
        };
        // A session asks again by itself.
        if sw >> 8 == 0x6C {
            return;
        }
        let sent = command(exchange);
        let view = sent.bytes().and_then(|bytes| CommandView::parse(bytes).ok());
        if let Some(statement) = self.with_password(sent) {
            self.out.send(start(sent), &statement, None, Some(&format!("{sw:04X}")), step);
            return;
        }
        if exchange.plain.is_none() && view.is_some_and(|view| view.header.is_secure_messaging()) {
            self.out.comment(&format!(
                "{}: protected, and its plain form was not recorded",
                exchange.n
            ));
            return;
        }
        if instruction(exchange) == Some(ins::INTERNAL_AUTHENTICATE)
            && let [cla, ins, p1, p2, ..] = *start(sent)
        {
            let len = sent.len().saturating_sub(if sent.len() > 0x105 { 9 } else { 6 });
            let text = format!("{cla:02X}{ins:02X} {p1:02X}{p2:02X} #(random({len})) 00");
            self.out.send(start(sent), &text, None, Some(&format!("{sw:04X}")), step);
            return;
        }
        let Some(bytes) = sent.bytes().filter(|bytes| !self.is_secret(bytes)) else {
            let header = start(sent).get(..4).map(hex::encode_upper).unwrap_or_default();
            self.out.comment(&format!("{}: {header} .., its data left out", exchange.n));
            return;
        };
        let answer = self.answer(exchange, more).filter(|answer| !self.is_secret(answer));
        match answer {
            Some(answer) => self.out.answered(bytes, &answer, step),
            None => {
                let text = hex_words(bytes, true);
                self.out.send(bytes, &text, None, Some(&format!("{sw:04X}")), step);
            }
        }
    }

    // The whole answer, in plain dialogues alone.
    fn answer(&self, exchange: &RecordedExchange, more: &[&RecordedExchange]) -> Option<Vec<u8>> {
        let mut answer = Vec::new();
        for exchange in std::iter::once(&exchange).chain(more) {
            if exchange.plain.is_some() {
                return None;
            }
            answer.truncate(answer.len().saturating_sub(2));
            answer.extend(exchange.response.as_ref()?.bytes()?);
        }
        Some(answer)
    }

    // VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER with variables for their data.
    fn with_password(&mut self, sent: &Masked) -> Option<String> {
        let &[cla, ins, p1, p2, ..] = start(sent) else { return None };
        let needs: &[Need] = match (ins, p1) {
            (ins::VERIFY, 0x00) if sent.len() > 5 => &[Need::Pin],
            (ins::CHANGE_REFERENCE_DATA, 0x00) => &[Need::Pin, Need::NewPin],
            (ins::CHANGE_REFERENCE_DATA, 0x01) => &[Need::NewPin],
            (ins::RESET_RETRY_COUNTER, 0x00) => &[Need::Puk, Need::NewPin],
            (ins::RESET_RETRY_COUNTER, 0x01) => &[Need::Puk],
            (ins::RESET_RETRY_COUNTER, 0x02) => &[Need::NewPin],
            _ => return None,
        };
        let mut words = Vec::new();
        for need in needs {
            self.need(*need);
            words.push(format!("%{}", need.name()));
        }
        Some(format!("{cla:02X}{ins:02X} {p1:02X}{p2:02X} #({})", words.join(" ")))
    }

    fn is_secret(&self, bytes: &[u8]) -> bool {
        self.secrets.iter().any(|secret| bytes.windows(secret.len()).any(|window| window == secret))
    }
}

const fn way(need: Need) -> &'static str {
    match need {
        Need::Pin => "pin",
        Need::Puk => "puk",
        Need::Mrz => "mrz",
        Need::Can | Need::Bap | Need::NewPin => "can",
    }
}

// DO83 of MSE:Set AT (ICAO Doc 9303-11 clause 4.4.4.1).
fn password(first: &RecordedExchange) -> Need {
    let view = first.command.bytes().and_then(|bytes| CommandView::parse(bytes).ok());
    let data = view.map_or(&[][..], |view| view.data);
    let named = Reader::new(data).flatten().find(|object| object.tag == Tag::new(0x83));
    match named.and_then(|object| object.value.first().copied()) {
        Some(1) => Need::Mrz,
        Some(3) => Need::Pin,
        Some(4) => Need::Puk,
        _ => Need::Can,
    }
}

fn application(step: &str) -> Option<Df> {
    match step {
        "SELECT MF" => Some(Df::MasterFile),
        "SELECT eMRTD application" => Some(Df::Lds),
        "SELECT driving licence application" => Some(Df::Edl),
        "SELECT application of a key-only card" => Some(Df::KeyOnly),
        _ => None,
    }
}

// As they stand in commands and files; a short one would be found by chance.
fn secrets(recording: &Recording) -> Vec<Vec<u8>> {
    let Some(secrets) = &recording.header().secrets else { return Vec::new() };
    [&secrets.can, &secrets.pin, &secrets.puk, &secrets.mrz, &secrets.bap]
        .into_iter()
        .flatten()
        .flat_map(|text| text.split_whitespace())
        .filter(|word| word.len() >= 4)
        .map(|word| word.as_bytes().to_vec())
        .collect()
}
