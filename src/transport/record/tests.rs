use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::*;
use crate::transport::{Deadline, Limits, Replay, Reset, Step, Transport, TransportError};

/// A file in memory.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Answers with what it was sent and 9000; leaves at the third command.
struct Echo(u32);

impl Transport for Echo {
    fn atr(&self) -> &[u8] {
        &[0x3B, 0x00]
    }

    fn limits(&self) -> Limits {
        Limits::SHORT
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        _deadline: Deadline,
    ) -> Result<(), TransportError> {
        self.0 += 1;
        if self.0 == 3 {
            return Err(TransportError::CardRemoved { reader: "echo".into() });
        }
        response.clear();
        response.extend_from_slice(command);
        response.extend_from_slice(&[0x90, 0x00]);
        Ok(())
    }

    fn reset(&mut self, _kind: Reset) -> Result<(), TransportError> {
        Ok(())
    }

    fn name(&self) -> &str {
        "echo"
    }
}

fn header(redacted: bool) -> Header {
    Header {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").into(),
        redacted,
        time: "2026-01-02T03:04:05Z".into(),
        card: "echo".into(),
        atr: Masked::known(&[0x3B, 0x00]),
        limits: Limits::SHORT.into(),
        arguments: vec!["tap".into()],
        secrets: None,
    }
}

const VERIFY: &[u8] = b"\x00\x20\x00\x01\x06123456";
const READ: &[u8] = &[0x00, 0xB0, 0x81, 0x00, 0x00];

fn talk(transport: &mut dyn Transport) -> [Result<Vec<u8>, String>; 4] {
    let mut send = |command: &[u8]| {
        let mut response = Vec::new();
        let sent = transport.transceive(command, &mut response, Deadline::after(Duration::MAX));
        sent.map(|()| response).map_err(|error| error.to_string())
    };
    let (first, second) = (send(VERIFY), send(READ));
    let reset = transport.reset(Reset::Warm).map(|()| Vec::new()).map_err(|e| e.to_string());
    let mut response = Vec::new();
    let left = transport.transceive(READ, &mut response, Deadline::after(Duration::MAX));
    assert!(matches!(left, Err(TransportError::CardRemoved { .. })), "{left:?}");
    [first, second, reset, Ok(response)]
}

fn record(redacted: bool) -> (String, [Result<Vec<u8>, String>; 4]) {
    let sink = Sink::default();
    let recorder = Recorder::new(Box::new(sink.clone()), header(redacted));
    let mut secrets = Secrets::default();
    secrets.can = Some("123456".into());
    recorder.set_secrets(&secrets);
    let said = talk(&mut recorder.layer(Echo(0)));
    assert!(recorder.finish().1.iter().all(Result::is_ok));
    (sink.text(), said)
}

#[test]
fn what_was_recorded_is_answered_again_faults_and_resets_too() {
    let (text, said) = record(false);
    let recording = Recording::parse("a", text.as_bytes()).unwrap();
    let counts = recording.counts().unwrap();
    assert_eq!((counts.exchanges, counts.resets, counts.errors), (3, 1, 1));
    assert_eq!((counts.bytes_to_card, counts.bytes_from_card), (21, 20));
    let mut replay = Replay::new(recording).unwrap();
    assert_eq!((replay.atr(), replay.limits()), (&[0x3B, 0x00][..], Limits::SHORT));
    assert_eq!(talk(&mut replay), said);
    assert_eq!(replay.left(), 0);
}

#[test]
fn a_redacted_recording_has_lengths_and_no_secret() {
    let (text, _) = record(true);
    assert!(text.contains(r#""command":"0020000106[6]","response":"[11]9000""#), "{text}");
    // The command comes back as data: a file's content, for all the recorder knows.
    assert!(text.contains(r#""command":"00B0810000","response":"[5]9000""#), "{text}");
    assert!(!text.contains("123456") && !text.contains("313233"), "{text}");
    let recording = Recording::parse("a", text.as_bytes()).unwrap();
    let error = Replay::new(recording).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a is redacted: it has not all bytes, which is needed to replay it"
    );
}

#[test]
fn two_files_and_what_is_chosen_may_be_seen_and_nothing_that_only_looks_alike() {
    let card_access = hex::decode("31143012060A04007F0007020204020202010202010C").unwrap();
    let lengths = hex::decode("4301F84703F741E07F66080202FFFF0202FFFF").unwrap();
    let shown = |command: &[u8], data: &[u8]| {
        redact::response(command, &[data, &[0x90, 0x00]].concat()).bytes().is_some()
    };
    assert!(shown(READ, &card_access) && shown(READ, &lengths) && shown(READ, &[]));
    // A data group under the short identifier of EF.ATR/INFO, a number of the chip in it, the
    // front of a longer file, another command, ciphertext.
    for data in ["6103 5F1F00", "4301F8 4604 01020304", "31143012060A04007F00", "3103020101", "41"]
    {
        assert!(!shown(READ, &hex::decode(data.replace(' ', "")).unwrap()), "{data}");
    }
    assert!(!shown(&[0x00, 0xCA, 0x00, 0x00, 0x00], &card_access));
    assert!(!shown(&[0x0C, 0xB0, 0x81, 0x00, 0x00], &card_access));

    let command = |text: &str| redact::command(&hex::decode(text).unwrap()).to_string();
    for seen in
        ["00A4040C07A0000002471001", "0022C1A404800200 01", "002241A403840101", "00B0810000"]
    {
        let seen = seen.replace(' ', "");
        assert_eq!(command(&seen), seen);
    }
    for (sent, left) in [
        ("002241A60391014F", "002241A603[3]"),
        ("002281A4038301FF", "002281A403[3]"),
        ("0CA4040C04 8E020102", "0CA4040C04[4]"),
        ("80A4040004 01020304", "80A4040004[4]"),
        ("008200000401020304 28", "0082000004[4]28"),
        ("0082000000000401020304 0000", "00820000000004[4]0000"),
        // Lc that lies: the bytes are nothing that is known.
        ("0020000108313233", "[8]"),
        ("3132", "[2]"),
    ] {
        assert_eq!(command(&sent.replace(' ', "")), left, "{sent}");
    }
}

#[test]
fn lines_are_written_as_they_come_and_a_cut_one_is_left_out() {
    let sink = Sink::default();
    let recorder = Recorder::new(Box::new(sink.clone()), header(false));
    let mut observer = recorder.observer();
    let mut layer = recorder.layer(Echo(0));
    let (mut response, deadline) = (Vec::new(), Deadline::after(Duration::MAX));
    layer.transceive(READ, &mut response, deadline).unwrap();
    // Its step is not known yet.
    assert_eq!(sink.text().lines().count(), 0);
    let exchange =
        crate::transport::Exchange { command: READ, response: &response, time: Duration::ZERO };
    observer.exchange(exchange, Some(exchange), Step("a step"));
    let text = sink.text();
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains(r#""step":"a step""#) && text.contains(r#""plain":{"#), "{text}");
    // The next one is not told about: what follows pushes it out.
    layer.transceive(READ, &mut response, deadline).unwrap();
    layer.reset(Reset::Cold).unwrap();
    assert_eq!(sink.text().lines().count(), 4);

    let whole = sink.text();
    for cut in 1..whole.len() {
        let read = Recording::parse("a", &whole.as_bytes()[..cut]);
        match read {
            Ok(recording) => assert!(recording.counts().is_none()),
            // Within the header.
            Err(error) => assert!(whole[..cut].lines().count() == 1, "{cut}: {error}"),
        }
    }
}

#[test]
fn a_full_disk_is_told_at_the_end_and_disturbs_nobody() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let recorder = Recorder::new(Box::new(Full), header(true));
    let rest = Sink::default();
    recorder.record(Box::new(rest.clone()), header(false));
    assert!(talk(&mut recorder.layer(Echo(0)))[0].is_ok());
    let (counts, ends) = recorder.finish();
    assert_eq!(ends[0].as_ref().unwrap_err().kind(), io::ErrorKind::StorageFull);
    // The other file is whole, and as its own header says.
    assert!(ends[1].is_ok());
    let recording = Recording::parse("a", rest.text().as_bytes()).unwrap();
    assert_eq!(recording.counts(), Some(counts));
}

#[test]
fn whatever_is_wrong_is_told_with_line_and_column_and_no_value() {
    let (good, _) = record(false);
    let lines: Vec<&str> = good.lines().collect();
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        lines.join("\n") + "\n"
    };
    let deep = format!("{{\"exchange\":{}", "[".repeat(10_000));
    let seed = good.replace(r#""can":"123456""#, r#""can":"123456","extra":[["#);
    let format = lines[0].replace("\"format\":1", "\"format\":2,\"new\":3");
    let masked = lines[1].replace("313233", "[3]");
    for (text, expected) in [
        (String::new(), "a:1:1: a header"),
        ("\n".into(), "a:1:1: a header"),
        ("{}\n".into(), ": a header"),
        (lines[1].to_owned() + "\n", "a:1:1: a header"),
        (with(0, &format), "a: a recording of format 1 expected, format 2 came"),
        (with(1, "{\"exchange\":{\"n\":\"123456\"}}"), "a:2:25: an exchange"),
        (with(1, "{\"exchange\":{\"n\":1,\"pin\":1}}"), "unknown field `pin`"),
        (with(1, &masked), "all bytes, for the header says that none are left out"),
        (with(2, lines[1]), "a:3:1: exchanges in order expected, number 1 came, 2 is next"),
        (
            with(2, "no JSON"),
            ": an exchange, a reset or the end: a line of JSON expected, this is no JSON",
        ),
        (with(2, &deep), ": an exchange"),
        (
            with(3, lines[0]),
            "a:4:1: an exchange, a reset or the end: a line of JSON expected, a second",
        ),
        (good.clone() + lines[1] + "\n", "a:7:1: nothing behind the end expected"),
        (with(2, lines[5]), "a:3:1: the number of exchanges expected, it says 3, there are 1"),
        (seed, "a:1:"),
        (good.replace("\"redacted\":false", "\"redacted\":true"), "no secrets, for the header"),
        ("x".repeat(MAX_LINE + 1), "a:1: a line has at most"),
    ] {
        let error = Recording::parse("a", text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\nfor {expected}");
        assert!(!error.contains("123456") && error.len() < 300, "{error}");
    }
    let much = vec![b' '; MAX_RECORDING + 1];
    assert!(matches!(Recording::parse("a", &much), Err(RecordError::TooLarge { .. })));
}
