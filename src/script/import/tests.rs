use std::fmt::Write as _;

use proptest::prelude::*;

use super::{Format, ImportError, import};
use crate::script::syntax::{SourceId, parse};

fn golden(format: Format, file: &str, text: &str, expected: &str) -> Vec<(usize, String)> {
    assert_eq!(Format::recognise(file, text.as_bytes()), Some(format), "{file}");
    let imported = import(format, file, text.as_bytes()).unwrap();
    let parsed = parse(SourceId::default(), &imported.text, false);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let body = imported.text.split_once('\n').unwrap();
    assert_eq!(body.0, format!("# imported from {format}"));
    assert_eq!(body.1, expected, "{file}");
    imported.notes.into_iter().map(|note| (note.line, note.message)).collect()
}

fn fails(format: Format, text: &str) -> String {
    import(format, "f", text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn scriptor() {
    let text = "# select, then exit\n00 A4 04 0C 07 \\\nA0 00 00 02 47 10 01\n\n\
                # a comment \\\n  00b09c0000\nRESET\n0084000008\nexit\nnot reached";
    // What stands behind exit is read as well: a mistake there is one.
    assert_eq!(
        fails(Format::Scriptor, text),
        "line 10, column 1: pairs of hexadecimal digits, reset or exit expected, `not` came"
    );
    let notes = golden(
        Format::Scriptor,
        "select.txt",
        text.strip_suffix("not reached").unwrap(),
        "default-sw (*)\n\n# select, then exit\n00A4 040C 07 A0000002471001\n\n# a comment\n\
         00B0 9C00 00\nreset warm\n0084 0000 08\nexit\n",
    );
    assert_eq!(notes, [(1, "scriptor ends at the word exit in this comment".to_owned())]);
    // The place is that of the line in the file, though it was joined.
    assert_eq!(
        fails(Format::Scriptor, "00 A4 \\\n  04 0G"),
        "line 2, column 7: pairs of hexadecimal digits, reset or exit expected, `G` came"
    );
}

#[test]
fn get_response_is_the_scripts_own() {
    golden(
        Format::Scriptor,
        "x",
        "00A40400023F00\n00C0000010\n",
        "default-sw (*)\n\n# the card's own 61xx and 6Cxx are looked at below\nraw\n  \
         00A4 0400 02 3F00\n  00C0 0000 10\nend\n",
    );
}

#[test]
fn opensc_tool() {
    let notes = golden(
        Format::OpenscTool,
        "walk.sh",
        "# two of them\nsudo opensc-tool -r 1 --reset -a -s 00:A4:0:0C:02:3F:00 \\\n  \
         --send-apdu='00 B0 9E 00 00' -f && opensc-tool --reset=warm -w\n",
        "default-sw (*)\n\n# two of them\n# reader 1: choose one with --card\necho atr\n\
         00A4 000C 02 3F00\n00B0 9E00 00\n# not imported: -f\nreset cold\nwait card\nreset warm\n",
    );
    assert_eq!(notes, [(2, "`-f` has no meaning here".to_owned())]);
    golden(
        Format::OpenscTool,
        "list",
        "00:A4:04:0C:07:A0:00:00:02:47:10:01\n00:B0:9E:00:00\n",
        "default-sw (*)\n\n00A4 040C 07 A0000002471001\n00B0 9E00 00\n",
    );
    assert_eq!(
        fails(Format::OpenscTool, "opensc-tool -s"),
        "line 1, column 15: a command behind -s expected, the end of the line came"
    );
}

#[test]
fn opensc_explorer() {
    let notes = golden(
        Format::OpenscExplorer,
        "walk",
        "cd aid:A0000002471001\ncat 011E\ncat sfi:1E\napdu 00A4040C 05 \"HELLO\" 00\ncd ..\n\
         cd 5015\nverify CHV1 31:32:33:34\nverify CHV2 \"12\"\nverify CHV3\nsm close\nls\necho hi there\nquit\n",
        "default-sw (*)\n\nselect aid A0000002471001\nread ef 011E\n00B0 9E00 00\n\
         00A4 040C 05 \"HELLO\" 00\n00A4 0300 (9000)\nselect df 5015\n0020 0001 #(31323334) (9000)\n\
         0020 0002 #(\"12\") (9000)\nsecret pin = prompt \"password 3\"\n0020 0003 #(%pin) (9000)\n\
         sm off\n# not imported: ls\necho \"hi there\"\nexit\n",
    );
    assert_eq!(notes, [(11, "`ls` has no meaning here".to_owned())]);
    assert_eq!(
        fails(Format::OpenscExplorer, "cat 1E"),
        "line 1, column 5: a file identifier of four digits or sfi:NN expected, `1E` came"
    );
}

#[test]
fn pcom() {
    let notes = golden(
        Format::Pcom,
        "pin.pcom",
        "; verify, then read\n.DEFINE %PIN 31323334 FFFFFFFF ; of the test card\n.DEFINE %B %PIN 00\n\
         .POWER_ON /COLD\nA020 0001 08 %PIN (9000) ; once\nA0C0 0000 22 \\\n  [0000XXXX3F00XX] (90 00)\n\
         .DEFINE %FREE R(3;2)\nA0D6 0000 W(3 ; 2) [%FREE]\n00A4 0000 (61XX)\n.CALL sub\\x.pcom\n\
         .POWER_OFF\n.ALLUNDEFINE\n.INSERT x\n",
        "default-sw (*)\n\n# the card's own 61xx and 6Cxx are looked at below\nraw\n  # verify, then read\n  \
         # of the test card\n  let PIN = 31323334FFFFFFFF\n  let B = %PIN 00\n  reset cold\n  \
         A020 0001 08 %PIN (9000)  # once\n  A0C0 0000 22  [0000 XX XX 3F00 XX] (9000)\n  \
         let FREE = R(3;2)\n  A0D6 0000 R(3;2)  [%FREE]\n  00A4 0000 (61XX)\n  include \"sub/x.pcom\"\n  \
         disconnect unpower\n  .ALLUNDEFINE\n  # not imported: .INSERT x\nend\n",
    );
    assert_eq!(notes, [(14, "`.INSERT` has no meaning here".to_owned())]);
    for (text, expected) in [
        ("A0A (9000)", "line 1, column 3: pairs of hexadecimal digits expected, `A` came"),
        (
            "A0A4 (900)",
            "line 1, column 7: four digits, X for any: (9000), (61XX) expected, `900)` came",
        ),
        ("A0A4 [00", "line 1, column 9: a closing bracket expected, the end of the line came"),
        (
            ".DEFINE PIN 00",
            "line 1, column 9: a name with % in front, then its value expected, `PIN` came",
        ),
        (
            "A0A4 R(0;2)",
            "line 1, column 7: (position;length), the first byte being 1 expected, `(0;2)` came",
        ),
    ] {
        assert_eq!(fails(Format::Pcom, text), expected);
    }
}

#[test]
fn jcshell() {
    let notes = golden(
        Format::JcShell,
        "walk.jcsh",
        "# select by name, keep the FCI, then a refused read\n/term \"winscard:4|Reader\"\n/card -a D276\n\
         /set-var app A0000002471001\n/set-var -g n 5\n/set-var greeting hello\n\
         /send 00A40400#(${app})00 6F*9000\n/set-var fci ${response}\n/send 00B0000004 *6982\n\
         /send \"80 E2 #(01 |ab c| #{02})\" 9000\n/select ${app}\n/atr\n/upload x.cap\n/set-var k $(/random 8)\n",
        "default-sw (*)\n\n# select by name, keep the FCI, then a refused read\n\
         # reader winscard:4|Reader: choose one with --card\nreset cold\n00A4 0400 #(D276) 00\n\
         let app = A0000002471001\nlet n = int(5)\nlet greeting = \"hello\"\n\
         00A4 0400 #(%app) 00  [6F *] (9000)\nlet fci = resp\n00B0 0000 04 (6982)\n\
         80E2 #(01 \"ab c\" #(02))  [] (9000)\n00A4 0400 #(%app) 00\nreset cold\necho atr\n\
         # not imported: /upload x.cap\n# not imported: /set-var k $(/random 8)\n",
    );
    assert_eq!(notes.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [8, 13, 14]);
    for (text, expected) in [
        (
            "/send 00A4#(00",
            "line 1, column 15: what closes #( or #{ expected, the end of the line came",
        ),
        ("/send 00A4|ab", "line 1, column 11: | behind the text expected, `|ab` came"),
        (
            "/send 00A 9000",
            "line 1, column 7: hexadecimal digits, |text|, #(..) or ${NAME} expected, `00A` came",
        ),
        (
            "/send 00A4 6F*9",
            "line 1, column 12: the expected answer: pairs of digits and * expected, `6F*9` came",
        ),
        ("/send", "line 1, column 6: the bytes of a command expected, the end of the line came"),
    ] {
        assert_eq!(fails(Format::JcShell, text), expected);
    }
    let deep = format!("/send {}{}", "#(".repeat(100), ")".repeat(100));
    assert!(fails(Format::JcShell, &deep).contains("no more than 32 groups"));
}

#[test]
fn apdutool() {
    golden(
        Format::Apdutool,
        "walletdemo.scr",
        "powerup;\n// select\n0x00 0xA4 0x04 0x00 0x05 0x01 2 0x03 0x04\n  0x05 0x7F;\n\
         echo \"a; b\"; 0x80 0x50 0 0 0 0x02;\nextended on;\n0 0xB0 0 0 0 0 1 0;\ndelay 20; delay +00000000000000000000000000005;\n\
         delay 3600001; powerdown;\n",
        "default-sw (*)\n\nreset cold\n# select\n00A4 0400 05 0102030405 7F\necho \"a; b\"\n8050 0000 02\n\
         00B0 0000 000100\nsleep 20ms\nsleep 5ms\n# not imported: delay 3600001\n\
         disconnect unpower\n",
    );
    for (text, expected) in [
        (
            "0x00 0xA4 0x00 0x00 0x02 0x3F 0x00;",
            "line 1, column 35: as many bytes as Lc says, then Le expected, 7 bytes came",
        ),
        (
            "0x00 0x1A4;",
            "line 1, column 6: a byte, 0x00 to 0xFF or 0 to 255, or ; expected, `0x1A4;` came",
        ),
        (
            "0x00 0xA4",
            "line 1, column 10: ; at the end of a command expected, the end of the line came",
        ),
    ] {
        assert_eq!(fails(Format::Apdutool, text), expected);
    }
}

#[test]
fn cardpeek() {
    golden(
        Format::Cardpeek,
        "card.txt",
        "# cardpeek trace file\nR:3B8001\nC:00A4040C07A0000002471001:9000:\nC:00B09C0000:9000:310400\n\
         C:0084000008:9000:0102030405060708\nC:0C B0 9E 00 00:6988:\n",
        "\n# cardpeek trace file\nreset cold  # ATR 3B8001\n00A4 040C 07 A0000002471001 (9000)\n\
         00B0 9C00 00  [310400] (9000)\n0084 0000 08 (9000)  # another answer each time\n0CB0 9E00 00 (6988)\n",
    );
    assert_eq!(
        fails(Format::Cardpeek, "C:00B0:90:"),
        "line 1, column 8: a status word of four digits expected, `90:` came"
    );
}

#[test]
fn apdu4j_dump() {
    golden(
        Format::Dump,
        "card.dump",
        "# ATR: 3B8001\n# PROTOCOL: T=1\n#\n# Sent\n00A4040C023F00\n# Received in 24ms\n9000\n00B09C0000\n# 3ms\n3104009000\n00C0000000\n",
        "default-sw (*)\n\n# the card's own 61xx and 6Cxx are looked at below\nraw\n  # ATR: 3B8001\n  \
         # PROTOCOL: T=1\n  00A4 040C 02 3F00 (9000)  # 24 ms\n  00B0 9C00 00  [310400] (9000)  # 3 ms\n  \
         00C0 0000 00  # no answer in the dump\nend\n",
    );
    assert_eq!(
        fails(Format::Dump, "00A4\n90"),
        "line 2, column 1: a response: data and a status word expected, `90` came"
    );
}

#[test]
fn ledger_and_gpshell() {
    golden(
        Format::Ledger,
        "log.txt",
        "a log\n12:00:01 => e001000000\n12:00:02 <= 01029000\n=> e0020000\n",
        "default-sw (*)\n\n# a log\nE001 0000 00  [0102] (9000)\nE002 0000  # no answer in the log\n",
    );
    let text = "establish_context\ncard_connect -reader \"ACS\" -protocol 1\nselect -AID A000\n\
                send_apdu -sc 0 -APDU 80CA${TAG}00\nsend_apdu_nostop -sc 0 -APDU 80CA006600\nlist_readers\n\
                card_disconnect\n";
    let notes = golden(
        Format::GpShell,
        "x.txt",
        text,
        "default-sw (*)\n\n# establish_context\nconnect reader=~\"ACS\"\n00A4 0400 #(A000) 00 (9000)\n\
         let TAG = hex(env:TAG)\n80CA %TAG 00 (9000)\n80CA 0066 00\n# not imported: list_readers\n\
         disconnect reset\n",
    );
    assert_eq!(notes.len(), 1);
    assert!(fails(Format::GpShell, "send_apdu -sc 1 -APDU 80CA006600").contains("-sc 0"));
}

#[test]
fn what_is_no_text_or_too_large_is_refused() {
    assert!(matches!(
        import(Format::Scriptor, "f", b"00A4\n00\xFF"),
        Err(ImportError::NotText { line: 2, column: 3 })
    ));
    assert_eq!(Format::recognise("f", b"\x7FELF\x02"), None);
    assert_eq!(Format::recognise("f", b"hello\n"), None);
    let large = vec![b'\n'; super::MAX_IMPORT + 1];
    assert!(matches!(import(Format::Pcom, "f", &large), Err(ImportError::TooLarge { .. })));
}

#[test]
fn names_stay_apart() {
    let mut text = String::new();
    for name in ["1", "a_b", "v_1", "a_b_2"] {
        writeln!(text, ".DEFINE %{name} 00").unwrap();
    }
    let script = import(Format::Pcom, "f", text.as_bytes()).unwrap().text;
    let lets: Vec<_> = script.lines().filter(|line| line.starts_with("let")).collect();
    assert_eq!(lets, ["let v_1 = 00", "let a_b = 00", "let v_1_2 = 00", "let a_b_2 = 00"]);
}

proptest! {
    // Any text: an answer, in the end, and what is made of it is a script.
    #[test]
    fn nothing_panics(
        text in "([0-9A-Fa-fXx :;#()\\[\\]\\\\\"|%$/.{}<>=*\\n\u{e9}-]|/send |\\.DEFINE |R\\(|C:|0x|apdu |=> ){0,60}",
    ) {
        for format in Format::ALL {
            if let Ok(imported) = import(format, "f", text.as_bytes()) {
                let parsed = parse(SourceId::default(), &imported.text, false);
                prop_assert!(parsed.diagnostics.is_empty(), "{format}: {:?}", parsed.diagnostics);
            }
        }
        Format::recognise("f", text.as_bytes());
    }
}
