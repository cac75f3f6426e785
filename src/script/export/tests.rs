use super::{Target, export, export_recording, of_recording};
use crate::{
    script::{
        Diagnostic,
        import::{Format, import},
        syntax::{Script, SourceId, parse},
    },
    transport::Recording,
};

fn script(text: &str, lenient: bool) -> Script {
    let parsed = parse(SourceId(0), text, lenient);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    parsed.script
}

fn exported(text: &str, target: Target) -> Result<String, Box<Diagnostic>> {
    export(&script(text, false), text, target)
}

const WALK: &str = "# read something
let aid = A0000002471001
let n = u16(4)

reset cold
00A4 040C #(%aid) (9000)
# then exit
test \"the first bytes\"
  00B0 9E00 04 [60XX 5F01] (9000)
  repeat 2
    00B0 %n 04  [*]  (9000|6282)
  end
end
00CA 0066 le=256 ext (6A8X)
echo \"done\"
disconnect unpower
";

#[test]
fn a_script_without_variables_for_other_programs() {
    assert_eq!(
        exported(WALK, Target::Scriptor).unwrap(),
        "# read something\n# a cold one in the script\nreset\n00 A4 04 0C 07 A0 00 00 02 47 10 01\n\
         # then ex_it\n# the first bytes\n# expected: [60XX5F01]\n00 B0 9E 00 04\n\
         # expected: 9000|6282 [*]\n00 B0 00 04 04\n# expected: 9000|6282 [*]\n00 B0 00 04 04\n\
         # expected: 6A8X\n00 CA 00 66 00 01 00\n# echo \"done\"\n# power off\n"
    );
    assert_eq!(
        exported(WALK, Target::OpenscTool).unwrap(),
        "# read something\nopensc-tool --card-driver default --reset=cold\n\
         # then exit\n# the first bytes\n# echo \"done\"\n\
         opensc-tool --card-driver default -s 00:A4:04:0C:07:A0:00:00:02:47:10:01 \\\n  \
         -s 00:B0:9E:00:04 \\\n  -s 00:B0:00:04:04 \\\n  -s 00:B0:00:04:04 \\\n  -s 00:CA:00:66:00:01:00\n"
    );
    // PCOM has neither `*` nor alternatives.
    let error = exported(WALK, Target::Pcom).unwrap_err();
    assert_eq!(error.message, "pcom cannot say any number of bytes in the answer");
    assert_eq!(error.code.to_string(), "E102");
    let text = "# pin\nA020 0001 08 3132333435363738 (63CX)\nA0C0 0000 02 [3X04]\nreset warm\n";
    assert_eq!(
        exported(text, Target::Pcom).unwrap(),
        "; pin\nA0200001083132333435363738 (63CX)\nA0C0000002 [3X04] (9000)\n.POWER_ON\n"
    );
    let text = "00A4 0000 (6A82)\n00B0 9C00 02 [3104]\n";
    assert_eq!(exported(text, Target::Dump).unwrap(), "00A40000\n6A82\n00B09C0002\n31049000\n");
    let error = exported("00B0 9C00 02\n", Target::Dump).unwrap_err();
    assert_eq!(error.message, "apdu4j cannot say an answer of which not all is known");
}

#[test]
fn what_cannot_be_said_is_told_with_its_place() {
    for (text, place, message) in [
        ("00A4\nif sw == 9000\n00B0\nend\n", 5, "scriptor has no word for a condition"),
        ("while true\n00B0\nend\n", 0, "scriptor has no word for a loop"),
        (
            "secret can = prompt \"CAN\"\n0020 0001 #(%can)\n",
            38,
            "`can` is known only when the script runs",
        ),
        ("00B0 u16(%x) 00\n", 5, "this number is known only when the script runs"),
        ("00A4 0000 02 3F le=1\n", 0, "Lc says 2 data bytes, 1 bytes follow it"),
        ("let n = u8(256)\n00B0 00 %n\n", 24, "`n` is known only when the script runs"),
        ("for n in 0..2\n00B0 00 %n\nend\n", 22, "`n` is known only when the script runs"),
        ("repeat 100\nrepeat 100\nrepeat 100\nend\nend\nend\n", 22, "more than 100,000 statements"),
    ] {
        let error = exported(text, Target::Scriptor).unwrap_err();
        assert_eq!(error.message, message, "{text}");
        assert_eq!(error.span.start, place, "{text}");
        assert!(error.help.is_some(), "{text}");
    }
}

#[test]
fn counted_loops_are_written_out() {
    let text = "let n = 0x10\nfor i in 2..=0 step -1\n  00B0 00 u8(%i * 4 + %n) 04\nend\n\
                repeat %n - 15\n00B2 01 04 00\nend\n";
    assert_eq!(
        exported(text, Target::Pcom).unwrap(),
        "00B0001804 (9000)\n00B0001404 (9000)\n00B0001004 (9000)\n00B2010400 (9000)\n"
    );
}

// A dump is all that happened: there and back it is the same bytes.
#[test]
fn a_dump_comes_back_as_it_was() {
    let dump = "00A4040C023F00\n9000\n00B09C0000\n# 3ms\n3104009000\n00B0000001\n6986\n";
    let text = import(Format::Dump, "f", dump.as_bytes()).unwrap().text;
    let back = exported(&text, Target::Dump).unwrap();
    let bytes = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    assert_eq!(bytes(&back), bytes(dump));
}

fn recording(redacted: bool, lines: &[&str]) -> Recording {
    let secrets =
        if redacted { "" } else { ",\"secrets\":{\"can\":\"500540\",\"pin\":\"271224\"}" };
    let mut text = format!(
        "{{\"recording\":{{\"format\":1,\"program\":\"0.1.0\",\"redacted\":{redacted},\
         \"time\":\"2026-01-02T03:04:05Z\",\"card\":\"emulated:resident\",\"atr\":\"3B8001\",\
         \"limits\":{{\"command_data\":255,\"response_data\":256}},\"arguments\":[\"tap\"]{secrets}}}}}\n"
    );
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    Recording::parse("t.rec", text.as_bytes()).unwrap()
}

#[test]
fn a_recorded_tap_is_its_steps() {
    let recording = recording(
        true,
        &[
            r#"{"exchange":{"n":1,"step":"EF.CardAccess","us":9,"command":"00B09C0000","response":"31009000"}}"#,
            r#"{"exchange":{"n":2,"step":"PACE MSE:Set AT","us":9,"command":"0022C1A40F800A04007F00070202040202830103","response":"9000"}}"#,
            r#"{"exchange":{"n":3,"step":"PACE 1 of 4, nonce","us":9,"command":"10860000027C0000","response":"[20]9000"}}"#,
            r#"{"exchange":{"n":4,"step":"SELECT eMRTD application","us":9,"command":"0CA4040C[20]00","response":"[14]9000","plain":{"command":"00A4040C07A000000247100100","response":"9000"}}}"#,
            r#"{"exchange":{"n":5,"step":"EF.DG1","us":9,"command":"0CB08100[13]00","response":"[120]9000","plain":{"command":"00B0810000","response":"[95]6282"}}}"#,
            r#"{"exchange":{"n":6,"step":"EF.DG3","us":9,"command":"0CB08300[13]00","response":"[14]6982","plain":{"command":"00B0830000","response":"6982"}}}"#,
            r#"{"exchange":{"n":7,"step":"Active Authentication","us":9,"command":"0C880000[29]00","response":"[80]9000","plain":{"command":"0088000008[8]00","response":"[64]9000"}}}"#,
            r#"{"reset":{"kind":"warm","us":5,"atr":"3B8001"}}"#,
            r#"{"exchange":{"n":8,"step":"APDU","us":9,"command":"0020008106[6]","response":"63C2"}}"#,
        ],
    );
    assert_eq!(
        of_recording(&recording),
        "# a recorded dialogue of 2026-01-02T03:04:05Z\nsecret pin = env:ICCARD_PIN or prompt \"PIN\"\n\n\
         # card: emulated:resident\n# ATR: 3B8001\n\nread ef EF.CardAccess\naccess pace pin %pin\n\
         select aid A0000002471001\nread ef EF.DG1\n00B0 8300 00 (6982)  # EF.DG3\nauth active\n\
         reset warm\n0020 0081 #(%pin) (63C2)\n# the recording was cut off here\n"
    );
    assert!(export_recording(&recording, Target::Scriptor).is_err());
}

#[test]
fn a_full_recording_gives_its_answers_and_no_secret() {
    let recording = recording(
        false,
        &[
            r#"{"exchange":{"n":1,"step":"APDU","us":2500,"command":"00B09C0002","response":"31049000"}}"#,
            r#"{"exchange":{"n":2,"step":"APDU","us":9,"command":"00B0000000","response":"6C02"}}"#,
            r#"{"exchange":{"n":3,"step":"APDU","us":9,"command":"00CA006600","response":"AA6101"}}"#,
            r#"{"exchange":{"n":4,"step":"APDU","us":9,"command":"00C0000001","response":"BB9000"}}"#,
            r#"{"exchange":{"n":5,"step":"APDU","us":9,"command":"0020008106323731323234","response":"9000"}}"#,
            r#"{"exchange":{"n":6,"step":"APDU","us":9,"command":"00DA010006353030353430","response":"9000"}}"#,
            r#"{"exchange":{"n":7,"step":"APDU","us":9,"command":"00CA010000","response":"3530303534309000"}}"#,
            r#"{"exchange":{"n":8,"step":"APDU","us":9,"command":"0084000008","response":"01020304050607089000"}}"#,
        ],
    );
    let script = of_recording(&recording);
    assert!(
        script.ends_with(
            "00B0 9C00 02  [3104] (9000)\n00CA 0066 00  [AABB] (9000)\n0020 0081 #(%pin) (9000)\n\
             # 6: 00DA0100 .., its data left out\n00CA 0100 00 (9000)\n\
             0084 0000 08 (9000)  # another answer each time\n# the recording was cut off here\n"
        ),
        "{script}"
    );
    for secret in ["500540", "271224", "353030353430", "323731323234"] {
        assert!(!script.contains(secret), "{script}");
    }
}

// What a recording says of itself stands in comments; nothing of it becomes a command.
#[test]
fn a_header_does_not_end_its_comment() {
    let text = "{\"recording\":{\"format\":1,\"program\":\"0.1\\n00A40000\\\\\",\"redacted\":false,\
         \"time\":\"now\\r\\n00B0000001\\u007F\",\"card\":\"c\\n00C0\",\"atr\":\"3B00\",\
         \"limits\":{\"command_data\":255,\"response_data\":256},\"arguments\":[],\"secrets\":{}}}\n\
         {\"exchange\":{\"n\":1,\"us\":9,\"command\":\"00B09C0000\",\"response\":\"9000\"}}\n";
    let recording = Recording::parse("t.rec", text.as_bytes()).unwrap();
    assert_eq!(script(&of_recording(&recording), false).body.len(), 1);
    for target in Target::ALL {
        let text = export_recording(&recording, target).unwrap();
        let commands = text.lines().filter(|line| !line.starts_with(['#', ';']));
        let commands: Vec<_> = commands.filter(|line| line.contains("00")).collect();
        assert!(commands.len() <= 2 && !commands.concat().contains("00A40000"), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
}
