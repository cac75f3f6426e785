//! Any text is read to an end, and the form of a script means what it meant.

use std::fmt::Write;

use iccard::script::{
    Files, Program,
    check::{Known, check},
    format::{format, meaning},
    syntax::{SourceId, parse},
};
use proptest::prelude::*;

// Lines that scripts are made of, right and wrong.
fn lines() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("00A4"),
        Just("040C"),
        Just("07"),
        Just("a0000002471001"),
        Just("(9000"),
        Just(")"),
        Just("(9000|63cx)"),
        Just("[6F XX"),
        Just("*]"),
        Just("]"),
        Just("[61 xx *]"),
        Just("%x"),
        Just("${y}"),
        Just("\"te xt\""),
        Just("\""),
        Just("#("),
        Just("#ber("),
        Just("#"),
        Just("; c"),
        Just("// c"),
        Just("\\\n"),
        Just("\n"),
        Just("let"),
        Just("x"),
        Just("="),
        Just("=="),
        Just("<"),
        Just("->"),
        Just("-"),
        Just("+"),
        Just("if"),
        Just("else"),
        Just("end"),
        Just("for"),
        Just("in"),
        Just(".."),
        Just("..="),
        Just("0"),
        Just("3"),
        Just("resp"),
        Just("resp[2..4]"),
        Just("sw"),
        Just("u16("),
        Just("tlv(resp, 6F/84)"),
        Just("test"),
        Just("tags=a,b"),
        Just("try"),
        Just("catch"),
        Just("69XX"),
        Just("le=5"),
        Just("time<"),
        Just("400ms"),
        Just("expect"),
        Just("assert"),
        Just("fault tear"),
        Just(".DEFINE"),
        Just("R(3;2)"),
        Just("block"),
        Just("call"),
        Just(","),
        Just("reset"),
        Just("access pace can"),
        Just("read ef"),
        Just("EF.COM"),
        Just("한글"),
        Just("\t"),
        Just("\r\n"),
        Just("repeat"),
        Just("and"),
        Just("not"),
        Just("matches"),
        Just(":"),
    ];
    let joined = proptest::collection::vec((word, any::<bool>()), 0..60);
    joined.prop_map(|words| {
        words.iter().fold(String::new(), |mut text, (word, blank)| {
            let _ = write!(text, "{word}{}", if *blank { " " } else { "" });
            text
        })
    })
}

// Scripts that are right.
fn scripts() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("  00a4040c07 a0000002471001 ( 9000 |63cx )#select"),
        Just("00B0 9E00 00   [61 xx *](9000)   ; read"),
        Just("00d6 0000 02 \\\n  01 \\\n 02"),
        Just("00B0 u16(%i) a0 le=256 time < 400ms // c"),
        Just("let   a=uint( resp[ 2..4 ] )+1"),
        Just("let b = \"a  # b\" 01 %a"),
        Just("secret can=env:CAN or prompt  \"CAN\""),
        Just("if sw==6282\necho  \"x\"\nelse if not defined(%q)\nexit\nelse\nend"),
        Just("for i in 0 .. 3 step 2\ncontinue\nend"),
        Just("test  \"one two\" tags=a,b id=c\nassert true  \"because\"\nend"),
        Just("try\nraw\n00\nend\ncatch sw 69xx|6A82\nend"),
        Just("fault sw 6F00 on ins B0 nth 2;  tear after 3"),
        Just("connect reader=~\"ACS\"   wait=30s"),
        Just("read ef 011E->com"),
        Just("read   ef EF.ATR/INFO"),
        Just("expect tlv 6F/84==a000"),
        Just("expect time<300ms"),
        Just("block b( a,c )\nend"),
        Just("call b( 1,%a )"),
        Just(""),
        Just("# alone"),
        Just("   # moved"),
        Just("reset"),
        Just("default-sw (9000)"),
        Just(".DEFINE %X 0a 0b"),
        Just("00A4 040C %x [6F*](9000)"),
        Just("echo %a-1 resp"),
        Just("00A4 040C #( \"a\" #ber( 01 ) )"),
        Just("control 0x42000C00   01 02"),
    ];
    proptest::collection::vec(line, 0..20).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn any_text_is_read_to_an_end(text in "\\PC{0,200}|[ -~\n\t]{0,300}", lenient: bool) {
        let _ = parse(SourceId(0), &text, lenient);
    }

    #[test]
    fn any_line_is_read_checked_and_drawn(text in lines(), lenient: bool) {
        let (sources, found) = match Program::load("a.apdu", &text, &mut Files, lenient) {
            Ok(program) => {
                let found = check(&program, &Known::default());
                (program.sources, found)
            }
            Err(wrong) => wrong,
        };
        for one in found {
            prop_assert!(one.span.range().end <= text.len());
            prop_assert!(one.draw(&sources, false).contains("a.apdu:"));
            prop_assert!(!one.message.is_empty() && one.label.is_some(), "{one:?}");
        }
    }

    #[test]
    fn a_form_means_the_same_and_is_its_own(text in prop_oneof![scripts(), lines()], lenient: bool) {
        let parsed = parse(SourceId(0), &text, lenient);
        let Ok(formatted) = format(&text, lenient) else {
            prop_assert!(!parsed.diagnostics.is_empty());
            return Ok(());
        };
        let again = parse(SourceId(0), &formatted, lenient);
        prop_assert!(again.diagnostics.is_empty(), "{text}\n->\n{formatted}\n{:?}", again.diagnostics);
        prop_assert_eq!(meaning(&parsed.script), meaning(&again.script), "{}\n->\n{}", text, formatted);
        prop_assert_eq!(&format(&formatted, lenient).unwrap(), &formatted);
        let comments = |text: &str| text.matches('#').count();
        prop_assert_eq!(comments(&text), comments(&formatted));
    }
}

#[test]
fn the_form_is_this() {
    let text = "\u{feff}\n\n# head\nif sw==9000\n00a4040c07a0000002471001(9000)#select\n\
                00B0 9E00 00 [61 xx *](9000)\n\n\n  else if not true\n\t00d60000020102\nend   \n\n";
    let expected = "\
# head
if sw == 9000
  00A4 040C 07 A0000002471001  (9000)  # select
  00B0 9E00 00                 [61 XX *] (9000)

else if not true
  00D6 0000 02 0102
end
";
    let formatted = format(text, false).unwrap();
    assert_eq!(formatted.replace("#select", "# select"), expected);
}

#[test]
fn a_line_that_goes_on_goes_on_with_something() {
    for (text, expected) in [
        (
            "00A4 040C \\\n07 A0000002471001 (9000)\n",
            "00A4 040C \\\n    07 A0000002471001  (9000)\n",
        ),
        ("reset \\\n\\\n  # again\n", "reset  # again\n"),
        ("reset \\\n\nreset\n", "reset\nreset\n"),
        ("\\\nreset\n", "reset\n"),
        ("if sw == 9000\n\\\nreset\n\\\nend\n", "if sw == 9000\n  reset\nend\n"),
        // In a lenient file a comment, now as before.
        ("\\\n\r\n#(", "#(\n"),
        ("\\\n#(\"a\")", "#(\"a\")\n"),
    ] {
        assert_eq!(format(text, true).unwrap(), expected, "{text:?}");
        assert_eq!(format(expected, true).unwrap(), expected, "{text:?}");
    }
}
