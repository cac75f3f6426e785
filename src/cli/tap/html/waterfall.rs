//! The exchanges of a tap, gathered while it runs and laid out as bars.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::super::super::holder::shown;
use crate::{
    apdu::Response,
    explain,
    transport::{Exchange, Observer, Step},
};

/// The most exchanges that are kept one by one: more than any card takes.
const MOST: usize = 4000;

/// One exchange: no data, for the page shows what was said and not with which bytes.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    step: &'static str,
    name: String,
    status: String,
    good: bool,
    sent: usize,
    received: usize,
    time: Duration,
    protected: bool,
}

/// Sees the exchanges of a session.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Gathered(Arc<Mutex<Vec<Seen>>>);

impl Gathered {
    pub(super) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Gathered {
    fn exchange(&mut self, wire: Exchange<'_>, plain: Option<Exchange<'_>>, step: Step) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            return;
        }
        let meant = plain.unwrap_or(wire);
        let sw = Response::parse(meant.response).map(|response| response.sw);
        all.push(Seen {
            step: step.0,
            name: explain::command_line(meant.command),
            status: sw.map_or_else(|_| "no status".into(), |sw| format!("{:04X}", sw.0)),
            // 63xx is a warning by its class, and says of passwords and tokens that they are wrong.
            good: sw.is_ok_and(|sw| sw.is_normal() || sw.0 >> 8 == 0x62),
            sent: wire.command.len(),
            received: wire.response.len(),
            time: wire.time,
            protected: plain.is_some(),
        });
    }
}

/// The exchanges of one step, one behind the other.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) name: String,
    /// Which of the colours, 1 to 6.
    pub(super) colour: usize,
    pub(super) summary: String,
    pub(super) bars: Vec<Bar>,
}

/// One exchange as a row: where its bar begins and how long it is, in thousandths of the tap.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) good: bool,
    pub(super) sent: usize,
    pub(super) received: usize,
    pub(super) time: String,
    pub(super) protected: bool,
    pub(super) x: String,
    pub(super) width: String,
}

/// Lays the exchanges out along the time that all of them took.
pub(super) fn bands(seen: &[Seen]) -> Vec<Band> {
    let total: Duration = seen.iter().map(|seen| seen.time).sum();
    let scale = 1000.0 / total.as_secs_f64().max(1e-9);
    let mut bands: Vec<Band> = Vec::new();
    let mut before = Duration::ZERO;
    let mut sums: Vec<(usize, Duration)> = Vec::new();
    for (i, seen) in seen.iter().enumerate() {
        let bar = Bar {
            number: i + 1,
            name: shown(&seen.name),
            status: seen.status.clone(),
            good: seen.good,
            sent: seen.sent,
            received: seen.received,
            time: milliseconds(seen.time),
            protected: seen.protected,
            x: format!("{:.2}", before.as_secs_f64() * scale),
            // A bar that is not seen would be no bar.
            width: format!("{:.2}", (seen.time.as_secs_f64() * scale).max(1.5)),
        };
        before += seen.time;
        match (bands.last_mut(), sums.last_mut()) {
            (Some(band), Some((count, time))) if band.name == seen.step => {
                band.bars.push(bar);
                *count += 1;
                *time += seen.time;
            }
            _ => {
                let colour = bands.len() % 6 + 1;
                let name = seen.step.to_owned();
                bands.push(Band { name, colour, summary: String::new(), bars: vec![bar] });
                sums.push((1, seen.time));
            }
        }
    }
    for (band, (count, time)) in bands.iter_mut().zip(sums) {
        let apdus = if count == 1 { "APDU" } else { "APDUs" };
        band.summary = format!("{count} {apdus}, {}", milliseconds(time));
    }
    bands
}

/// A time as people read it, from microseconds to seconds.
pub(super) fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        _ if ms < 1.0 => format!("{ms:.2} ms"),
        _ if ms < 100.0 => format!("{ms:.1} ms"),
        _ => format!("{ms:.0} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_fall_one_behind_the_other_and_carry_no_data() {
        let gathered = Gathered::default();
        let mut observer = gathered.clone();
        let mut see = |command: &[u8], response: &[u8], ms, step| {
            let time = Duration::from_millis(ms);
            observer.exchange(Exchange { command, response, time }, None, Step(step));
        };
        see(b"\x00\xA4\x02\x0C\x02\x01\x1C", b"\x90\x00", 10, "EF.CardAccess");
        see(b"\x00\xB0\x00\x00\x08", b"HONG1234\x90\x00", 30, "EF.CardAccess");
        see(b"\x00\x20\x00\x03\x06987654", b"\x63\xC2", 60, "PIN");
        let seen = gathered.take();
        let bands = bands(&seen);
        let names: Vec<_> = bands.iter().map(|b| (b.name.as_str(), b.summary.as_str())).collect();
        assert_eq!(names, [("EF.CardAccess", "2 APDUs, 40.0 ms"), ("PIN", "1 APDU, 60.0 ms")]);
        let second = &bands[0].bars[1];
        assert_eq!((second.x.as_str(), second.width.as_str()), ("100.00", "300.00"));
        let text = format!("{seen:?}{bands:?}");
        assert!(!text.contains("HONG") && !text.contains("987654"), "{text}");
    }
}
