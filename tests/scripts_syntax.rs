//! What scripts say: every row of the language's table, and properties of any text.

use std::time::Duration;

use iccard::script::{
    Code, Files, Program,
    check::{Known, check},
    format::{format, meaning},
    syntax::{
        Compare, ExprKind, Part, PartKind, PatternItem, Script, Send, SourceId, StmtKind, parse,
    },
};
use iccard::transport::Reset;

fn read(text: &str, lenient: bool) -> Script {
    let parsed = parse(SourceId(0), text, lenient);
    let told: Vec<_> = parsed.diagnostics.iter().map(|d| (&d.message, d.span.range())).collect();
    assert!(told.is_empty(), "{text}\n{told:#?}");
    parsed.script
}

fn sends(text: &str, lenient: bool) -> Vec<Send> {
    let body = read(text, lenient).body.into_iter();
    body.filter_map(|stmt| match stmt.kind {
        StmtKind::Send(send) => Some(*send),
        _ => None,
    })
    .collect()
}

fn bytes(parts: &[Part]) -> Vec<u8> {
    let mut all = Vec::new();
    for part in parts {
        match &part.kind {
            PartKind::Hex(bytes) => all.extend(bytes),
            PartKind::Text(text) => all.extend(text.as_bytes()),
            PartKind::Counted { parts, .. } => {
                let counted = bytes(parts);
                all.push(counted.len() as u8);
                all.extend(counted);
            }
            PartKind::Expr(_) => panic!("not constant: {part:?}"),
        }
    }
    all
}

#[test]
fn commands_are_read_however_their_bytes_are_written() {
    let same = [
        "00A4040C07A0000002471001",
        "00 A4 04 0C 07 A0 00 00 02 47 10 01",
        "00:A4:04:0C:07:A0:00:00:02:47:10:01",
        "00a4 040c 07 a0000002471001   # select",
        "00A4 040C 07 \\\n  A000 0002 \\\r\n  471001",
        "\t00A4\t040C #(A0000002471001)",
        "00A4 040C #ber(A0000002471001) ; the end",
        "00A4 040C 07 A0000002471001 // the end",
        "\u{feff}00A4 040C 07 A0000002471001\r\n",
    ];
    let expected = hex::decode("00A4040C07A0000002471001").unwrap();
    for text in same {
        assert_eq!(bytes(&sends(text, false)[0].parts), expected, "{text}");
    }
    assert_eq!(bytes(&sends("00A4 0400 #(\"1PAY\")", false)[0].parts), *b"\x00\xA4\x04\0\x041PAY");
    // A list of bytes of scriptor.
    assert_eq!(bytes(&sends("0 A4 4 C", true)[0].parts), [0, 0xA4, 4, 0xC]);
    let send = &sends("00B0 0000 le=256 ext", false)[0];
    assert!(matches!(send.le.as_deref().unwrap().kind, ExprKind::Int(256)));
    assert!(send.form.is_some());
}

#[test]
fn expectations_are_patterns() {
    let sw = |text: &str| sends(text, false)[0].expect.sw.clone().unwrap();
    let cases: [(&str, &[u16], &[u16]); 6] = [
        ("00A4 0000 (9000)", &[0x9000], &[0x9001, 0x6982]),
        ("00A4 0000 ( 9000 | 62 82|63CX)", &[0x9000, 0x6282, 0x63C0, 0x63CF], &[0x63D0, 0x6283]),
        ("00A4 0000 (61xx|6C??)", &[0x6100, 0x61FF, 0x6C01], &[0x6200, 0x9000]),
        ("00A4 0000 (*)", &[0x9000, 0x6982, 0], &[]),
        ("00A4 0000 (!6982)", &[0x9000], &[0x6982]),
        ("00A4 0000 (!6982|69X5)", &[0x9000], &[0x6982, 0x6985, 0x69F5]),
    ];
    for (text, fit, others) in cases {
        let pattern = sw(text);
        assert!(fit.iter().all(|sw| pattern.matches(*sw)), "{text}");
        assert!(!others.iter().any(|sw| pattern.matches(*sw)), "{text}");
    }
    let send = &sends("00B0 8100 04 [6F XX 8? 4x \"a\" %x *](9000)time<400ms", false)[0];
    let items = &send.expect.data.as_ref().unwrap().items;
    let byte = |at: usize| match items[at] {
        PatternItem::Byte(value, mask) => (value & mask, mask),
        _ => panic!("{items:?}"),
    };
    assert_eq!([byte(0), byte(1)], [(0x6F, 0xFF), (0, 0)]);
    assert_eq!([byte(2), byte(3)], [(0x80, 0xF0), (0x40, 0xF0)]);
    assert!(matches!(items.last(), Some(PatternItem::Any)));
    assert_eq!(items.len(), 7);
    assert_eq!(send.expect.time, Some((Compare::Lt, Duration::from_millis(400))));
}

// The recommendation's table, a row a line: each is read as what it means.
#[test]
fn every_row_of_the_table_is_read() {
    let one = |text: &str| {
        let mut body = read(text, false).body;
        assert_eq!(body.len(), 1, "{text}");
        format!("{:?}", body.remove(0).kind)
    };
    let rows = [
        ("00A4 040C #(%aid)", "Counted { ber: false"),
        ("7F #ber(%x)", "Counted { ber: true"),
        ("let aid = A0000002471001", "Let {"),
        ("let key = ${name}", "Var(Name { text: \"name\""),
        ("secret can = env:ICC_CAN or prompt \"CAN (6 digits)\"", "Binary(Or, "),
        ("default-sw (*)", "DefaultSw("),
        ("expect len 16", "Len(Eq, "),
        ("expect len >= 16", "Len(Ge, "),
        ("expect tlv 84 == A000", "Tlv { path: [132]"),
        ("expect tlv 6F/7F49", "Tlv { path: [111, 32585]"),
        ("expect regex \"^6F\\d+$\"", "Regex(\"^6F\\\\d+$\""),
        ("expect text \"KR\"", "Text("),
        ("expect time < 300ms", "Time(Lt, 300ms)"),
        ("expect (9000|61XX)", "Sw("),
        ("expect [6F *]", "Data("),
        ("let a = resp[2..6]", "form: Exclusive"),
        ("let a = resp[2..=6]", "form: Inclusive"),
        ("let a = resp[-8..]", "Int(-8)"),
        ("let a = resp[0]", "form: Index"),
        ("let a = tlv(resp, 6F/84)", "Tlv(Expr {"),
        ("let a = uint(resp[2..4])", "Call(Uint"),
        ("let a = R(3;2)", "ResponseBytes(3, 2)"),
        ("A0C0 0000 W(3;1)", "ResponseBytes(3, 1)"),
        ("let a = len(resp) * 2 + 1 mod 3", "Binary(Add, "),
        ("assert tlv(%com, 60/5F01) == \"0107\" \"LDS version\"", "Text(\"LDS version\")"),
        ("assert sw matches (63CX) and not defined(%x)", "SwMatches("),
        ("assert resp matches [61 XX *]", "Matches("),
        ("if sw == 6282\necho \"short\"\nelse if true\nelse\nend", "If { arms: ["),
        ("for i in 0..%n step 160\nbreak\nend", "inclusive: false"),
        ("for i in 1..=3\ncontinue\nend", "inclusive: true"),
        ("while sw != 9000\n00B0 0000 00\nend", "While {"),
        ("repeat 3\n00B0 0000 00\nend", "Repeat {"),
        ("try\n00B0 0000 00\ncatch sw 69XX\necho \"a\"\ncatch\nend", "catches: [Catch"),
        ("include \"x.apdu\"", "Include { path: \"x.apdu\""),
        ("block name(a, b)\nend", "Block {"),
        ("call name(%x, 3)", "Call {"),
        ("connect reader=~\"RC-S300\" shared protocol=t1 wait=30s", "reader: Some((true"),
        ("connect reader=\"ACS\" exclusive", "share: Some(Exclusive)"),
        ("connect direct", "share: Some(Direct)"),
        ("reset", "Reset(Warm)"),
        ("reset cold", "Reset(Cold)"),
        ("transaction\nend", "Transaction("),
        ("disconnect unpower", "Disconnect(Unpower)"),
        ("control 0x42000C00 0102", "Int(1107299328)"),
        ("access pace can %can", "way: PaceCan"),
        ("access pace pin %pin", "way: PacePin"),
        ("access pace puk %puk", "way: PacePuk"),
        ("access pace mrz %mrz", "way: PaceMrz"),
        ("access bac %mrz", "way: Bac"),
        ("access bap %line", "way: Bap"),
        ("auth chip", "Auth(Chip)"),
        ("auth terminal", "Auth(Terminal)"),
        ("auth active", "Auth(Active)"),
        ("sm off", "Sm(false)"),
        ("read ef 011E -> com", "into: Some(Name { text: \"com\""),
        ("read ef EF.COM -> %com", "Named(Com"),
        ("read ef DG2", "Named(Dg2"),
        ("select aid A000 0002 471001", "Select(Aid("),
        ("select mf", "Select(MasterFile)"),
        ("select df 3F01", "Select(Df("),
        ("select ef 011E", "Select(Ef("),
        ("raw\n00B0 0000 00\nend", "Raw("),
        ("timeout 5s", "Timeout(5s)"),
        ("sleep 100ms", "Sleep(100ms)"),
        ("prompt \"put the card\" -> answer", "Prompt {"),
        ("pause \"put card\"", "Pause(Some("),
        ("wait card 30s", "WaitCard(Some(30s))"),
        ("echo \"n\" %x 0102", "Echo(["),
        (
            "test \"ISO7816_B_01 title\" tags=lds,sm id=B_01 profile=PACE\nend",
            "tags: [\"lds\", \"sm\"]",
        ),
        ("skip if not defined(%can) \"no CAN\"", "SkipIf {"),
        ("fault tear after 3", "Fault(Some("),
        ("fault sw 6F00 on ins B0 nth 2; tear after 17 bytes", "Fault(Some("),
        ("fault delay 800ms", "Fault(Some("),
        ("fault clear", "Fault(None)"),
        ("exit", "Exit"),
    ];
    for (text, part) in rows {
        let kind = one(text);
        assert!(kind.contains(part), "{text}\n{kind}");
        // And the same in its form.
        let formatted = format(text, false).unwrap();
        assert_eq!(meaning(&read(text, false)), meaning(&read(&formatted, false)), "{formatted}");
    }
}

#[test]
fn a_file_of_scriptor_is_read_as_it_is() {
    let text = "# then exit, or reset\n00 A4 04 0C 07 \\\nA0 00 00 02 47 10 01\nRESET\n\
                #(c) nobody\n00B0000000\nexit\n";
    let script = read(text, true);
    assert!(script.lenient);
    let kinds: Vec<_> = script.body.iter().map(|stmt| &stmt.kind).collect();
    let [StmtKind::Send(select), StmtKind::Reset(Reset::Warm), StmtKind::Send(_), StmtKind::Exit] =
        kinds.as_slice()
    else {
        panic!("{kinds:?}")
    };
    assert_eq!(bytes(&select.parts).len(), 12);
}

#[test]
fn a_file_of_pcom_is_read_as_it_is() {
    let text = "; personalise\n.DEFINE %PIN 31323334FFFFFFFF\n.POWER_ON /COLD\n\
                A020 0001 08 %PIN(9000);verify\nA0C0 0000 22 [0000XXXX3F00XX] (9000)\n\
                .DEFINE %FREE R(3;2)\nA0D6 0000 02 W(3;2) (90XX)\n.CALL other.pcom\n\
                .ALLUNDEFINE\n.POWER_OFF\n";
    let script = read(text, true);
    let kinds: Vec<_> = script.body.iter().map(|stmt| format!("{:?}", stmt.kind)).collect();
    let begin =
        ["Let", "Reset(Cold)", "Send", "Send", "Let", "Send", "Include", "Undefine", "Disc"];
    assert_eq!(kinds.len(), begin.len());
    for (kind, begin) in kinds.iter().zip(begin) {
        assert!(kind.starts_with(begin), "{kind} {begin}");
    }
    assert!(iccard::script::is_lenient("cards/PERSO.PCOM") && iccard::script::is_lenient("a.var"));
}

// No line has two readings: a keyword is no bytes, whatever follows it.
#[test]
fn no_keyword_is_bytes() {
    for word in iccard::script::syntax::keywords() {
        let is_bytes = word.len() % 2 == 0 && word.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(!is_bytes, "{word}");
    }
    // And bytes that could be words are bytes.
    for text in ["fade", "dead", "ADD0", "decade"] {
        assert_eq!(bytes(&sends(text, false)[0].parts), hex::decode(text).unwrap());
    }
}

#[test]
fn a_block_that_is_open_is_incomplete_and_nothing_else_is() {
    let incomplete = |text: &str| parse(SourceId(0), text, false).incomplete;
    assert!(incomplete("if sw == 9000\n"));
    assert!(incomplete("test \"x\"\nif true\nend\n"));
    assert!(!incomplete("if sw == 9000\nend\n"));
    assert!(!incomplete("if sw =\n"));
    assert!(!incomplete("if true\nnonsense\n"));
}

// The findings of a text, by their codes.
fn codes(text: &str) -> Vec<Code> {
    let program = match Program::load("a.apdu", text, &mut Files, false) {
        Ok(program) => program,
        Err((_, found)) => return found.iter().map(|d| d.code).collect(),
    };
    check(&program, &Known { variables: ["given".to_owned()].into() })
        .iter()
        .map(|d| d.code)
        .collect()
}

#[test]
fn what_is_right_is_not_found_fault_with() {
    let fine = [
        // Every case of ISO/IEC 7816-4, short and extended.
        "00A4 0000",
        "00B0 0000 00",
        "00A4 040C 02 3F00",
        "00A4 040C 02 3F00 00",
        "00B0 0000 000000",
        "00D6 0000 000002 0102",
        "00D6 0000 000002 0102 0000",
        "00D6 0000 02 0102 le=5",
        "00A4 040C #(%given)",
        "raw\n00A4 040C 09 01\nend",
        "00D6 0000 A000 short",
        // What is set on every way.
        "if true\nlet a = 01\nelse\nlet a = 02\nend\necho %a",
        "if not defined(%can)\nlet can = \"123456\"\nend\necho %can",
        "skip if not defined(%pin)\necho %pin",
        "repeat 2\nlet a = 01\nend\necho %a",
        "for i in 0..3\nif %i > 0\necho %last\nend\nlet last = 01\nend",
        "try\nlet a = 01\ncatch\nexit\nend\necho %a",
        "if defined(%x) and %x == 01\nend",
        "let y = %x or env:X\nlet x = 01",
        "block b(a)\necho %a %set\nend\nlet set = 01\ncall b(1)",
        "call later\nblock later\nlet a = 01\nend\necho %a",
        "test \"a\"\nlet a = 01\nassert %a == 01\nend\necho %a",
        "read ef 011E -> com\necho %com",
        "prompt \"x\" -> y\necho %y",
        "assert %given == 01 \"a\"",
        "00B0 0000 04 [XXXX *] (9000|61XX|6CXX)",
        "00B0 0000 00 (!9000)",
        "for i in 3..0 step -1\nend",
        "if sw matches (9XXX)\nend",
        "while true\nif sw == 9000\nbreak\nend\nend\necho \"x\"",
        "test \"a\"\nassert true\nexit\nend\n",
    ];
    for text in fine {
        let found: Vec<_> = codes(text);
        let late = text.contains("%last") || text.contains("let x = 01");
        assert!(found.is_empty() || late && found == [Code::MAYBE_UNSET], "{text}\n{found:?}");
    }
}

#[test]
fn a_file_that_is_included_many_times_is_followed_once() {
    struct Doubling;
    impl iccard::script::Loader for Doubling {
        fn load(&mut self, from: &str, _: &str) -> Result<(String, String), String> {
            let next: u32 = from.parse().unwrap_or(0) + 1;
            let text = if next < 16 { "include \"n\"\n".repeat(100) } else { "00A4\n".into() };
            Ok((next.to_string(), text))
        }
    }
    let program = Program::load("0", &"include \"n\"\n".repeat(100), &mut Doubling, false).unwrap();
    assert_eq!(check(&program, &Known::default()).len(), 1);
}
