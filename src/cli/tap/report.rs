//! What a tap found, for people and for programs.

use serde_json::{Value, json};
use time::UtcDateTime;

use super::super::{
    holder::{Holder, shown},
    output::Output,
    recording::Replayed,
    trust, verdict,
};
use crate::{
    apdu::StatusWord,
    lds::{File, edl},
    pki::cvc::Chat,
    profile::Personalised,
    tap::Tapped,
    transport::link::Rate,
    trust::Verdict,
};

/// A tap and its verdict.
pub(super) struct Report<'a> {
    pub(super) tapped: &'a Tapped,
    pub(super) verdict: &'a Verdict,
    pub(super) source: String,
    pub(super) profile: Option<Personalised>,
    pub(super) replayed: Option<Replayed>,
    pub(super) test_anchor: bool,
    pub(super) now: UtcDateTime,
    pub(super) link: Option<Rate>,
}

impl Report<'_> {
    pub(super) fn print(&self, out: &Output) {
        let (tapped, verdict) = (self.tapped, self.verdict);
        match &self.profile {
            Some(profile) => {
                out.row("card", format!("{} — {}", self.source, profile.profile.title));
                let anchor = if self.test_anchor { ", test anchor" } else { "" };
                out.row("", format!("EMULATED CARD{anchor}"));
            }
            None => out.row("card", &self.source),
        }
        if let Some(replayed) = &self.replayed {
            let (card, at) = (shown(&replayed.card), trust::text(replayed.time));
            let anchor = if self.test_anchor { ", test anchor" } else { "" };
            out.row("", format!("RECORDING of {card} at {at}{anchor}: no card is there"));
        }
        out.row("access", self.access());
        if let Some(terminal) = self.terminal() {
            out.row("terminal", terminal);
        }
        if let Some((sod, sw)) = self.sod_refused() {
            let access = tapped.evidence.access.name();
            out.row("", format!("the card answered {sw} to reading {sod} after {access}"));
            if sw == StatusWord::SECURITY_STATUS {
                out.row("", "it may open its data to another password: --pin, --can or --mrz");
            }
        }
        let unread = |file| self.unread(file);
        verdict::print(out, verdict, &tapped.evidence, self.now, &unread);
        let stats = tapped.stats;
        out.row(
            "",
            format!(
                "{} APDUs   {} B to card   {} B from card   {}",
                stats.apdus,
                grouped(stats.bytes_to_card),
                grouped(stats.bytes_from_card),
                milliseconds(self.total()),
            ) + &self.modelled(),
        );
        if let Some(lengths) = tapped.lengths.as_ref().map(|learnt| learnt.lengths) {
            let form = if lengths.extended { "" } else { "short APDUs, " };
            let read = lengths.read;
            let probes = match tapped.stats.probes {
                0 => "known from before".to_owned(),
                1 => "found by 1 probe".to_owned(),
                n => format!("found by {n} probes"),
            };
            out.row("", format!("{form}{read} B of a file at once, {probes}"));
        }
    }

    fn access(&self) -> String {
        let password = self.tapped.evidence.access.name();
        let password = password.trim_start_matches("pace-").to_uppercase();
        match &self.tapped.pace {
            Some(pace) => format!("{pace}, password {password}"),
            None => format!("{password}, 3DES: its keys follow from printed data alone"),
        }
    }

    fn terminal(&self) -> Option<String> {
        Some(match self.tapped.terminal_authentication.as_ref()? {
            Ok(chat) => {
                let rights: Vec<_> = chat.rights().map(|right| right.name).collect();
                format!("authorised   {}", rights.join(", "))
            }
            Err(why) => format!("REFUSED   {why}"),
        })
    }

    /// How the card was opened and whom the judge believed, for the page.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let mut facts = vec![
            ("ATR".to_owned(), hex::encode_upper(&self.tapped.evidence.card.atr)),
            ("tapped".to_owned(), trust::text(self.tapped.evidence.tapped_at)),
            ("access".to_owned(), self.access()),
        ];
        facts.extend(self.terminal().map(|terminal| ("terminal".to_owned(), terminal)));
        facts.push(("trust".to_owned(), shown(&self.verdict.trust.source)));
        facts
    }

    /// What must not be overlooked: no real card, or no real trust.
    pub(super) fn banner(&self) -> Option<String> {
        let anchor = if self.test_anchor { ", judged by a test anchor" } else { "" };
        match (&self.replayed, &self.profile) {
            (Some(replayed), _) => {
                let (card, at) = (shown(&replayed.card), trust::text(replayed.time));
                Some(format!("Recording of {card} at {at}{anchor}: no card was there"))
            }
            (None, Some(profile)) => {
                Some(format!("Emulated card: {}{anchor}", shown(&profile.profile.title)))
            }
            (None, None) => None,
        }
    }

    fn modelled(&self) -> String {
        match (self.link, self.tapped.stats.modelled) {
            (Some(rate), Some(time)) => {
                format!(" (modelled at {rate}: {:.2} s)", time.as_secs_f64())
            }
            _ => String::new(),
        }
    }

    fn sod_refused(&self) -> Option<(File, StatusWord)> {
        let sods = [File::Sod, File::Edl(edl::File::Sod)];
        sods.into_iter().find_map(|sod| Some((sod, *self.tapped.refused.get(&sod)?)))
    }

    fn unread(&self, file: File) -> String {
        match self.tapped.refused.get(&file) {
            Some(sw) => format!("{file} ({:04X})", sw.0),
            None => file.to_string(),
        }
    }

    pub(super) fn total(&self) -> std::time::Duration {
        self.tapped.steps.iter().map(|step| step.time).sum()
    }

    pub(super) fn value(&self) -> Value {
        let tapped = self.tapped;
        let steps: Vec<_> = tapped
            .steps
            .iter()
            .map(|step| {
                let modelled = step.modelled.map(micros);
                json!({
                    "name": step.name,
                    "micros": micros(step.time),
                    "modelled_micros": modelled,
                    "apdus": step.apdus,
                })
            })
            .collect();
        let refused: serde_json::Map<_, _> = tapped
            .refused
            .iter()
            .map(|(file, sw)| (file.to_string(), json!(format!("{:04X}", sw.0))))
            .collect();
        json!({
            "card": {
                "source": self.source,
                "emulated": self.profile.is_some(),
                "replayed": self.replayed.as_ref().map(|replayed| {
                    json!({ "card": replayed.card, "time": trust::text(replayed.time) })
                }),
                "atr": hex::encode_upper(&tapped.evidence.card.atr),
            },
            "trust": { "source": self.verdict.trust.source, "test_anchor": self.test_anchor },
            "access": tapped.evidence.access.name(),
            "pace": tapped.pace.as_ref().map(ToString::to_string),
            "terminal_authentication": tapped.terminal_authentication.as_ref().map(terminal_value),
            "verdict": self.verdict,
            "holder": Holder::of(&tapped.evidence, self.now).value(),
            "apdus": tapped.stats.apdus,
            "bytes_to_card": tapped.stats.bytes_to_card,
            "bytes_from_card": tapped.stats.bytes_from_card,
            "micros": micros(self.total()),
            "modelled": self.link.map(|rate| json!({
                "kbit_per_s": rate.kbit(),
                "micros": tapped.stats.modelled.map(micros),
            })),
            "lengths": tapped.lengths.as_ref().map(|learnt| json!({
                "read": learnt.lengths.read,
                "extended": learnt.lengths.extended,
                "probes": tapped.stats.probes,
            })),
            "steps": steps,
            "refused": refused,
        })
    }
}

fn terminal_value(outcome: &Result<Chat, String>) -> Value {
    match outcome {
        Ok(chat) => {
            let rights: Vec<_> = chat.rights().map(|right| right.name).collect();
            json!({ "result": "passed", "rights": rights })
        }
        Err(why) => json!({ "result": "failed", "reason": why }),
    }
}

pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn milliseconds(time: std::time::Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 100.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}
