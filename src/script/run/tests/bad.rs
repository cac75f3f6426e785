//! Scripts and cards that go wrong: each stops at its place, and what ran is reported.

use super::*;

#[test]
fn loops_that_do_not_end() {
    for text in ["while true\nend", "repeat 9999999999\nend", "while true\nlet x = 01\nend"] {
        let text = format!("test \"before\"\nend\n{text}\ntest \"behind\"\nend\n");
        let options = Options { max_steps: 10_000, ..Options::default() };
        let report = run_in(&program(&text, &[]), answering(&[]), options);
        let drawn = told(&report);
        assert!(drawn.contains("more than 10000 steps"), "{drawn}");
        assert!(drawn.contains("test.apdu:3:") || drawn.contains("test.apdu:4:"), "{drawn}");
        assert_eq!((report.code(), report.counts().passed, report.counts().not_run), (2, 1, 1));
    }
    // Inside a test it ends the file, and stands with the test alone.
    let text = "test \"a\"\nwhile true\nend\nend\ntest \"b\"\nend\n";
    let options = Options { max_steps: 100, ..Options::default() };
    let report = run_in(&program(text, &[]), answering(&[]), options);
    assert!(report.failure.is_none());
    assert_eq!(report.counts().to_string(), "0 passed, 1 failed, 1 not run");
}

#[test]
fn values_that_grow_without_end() {
    let text = "let x = 00112233\nwhile true\nlet x = %x %x\nend";
    fails(text, &[], Class::Script, "a value of more than 16777216 bytes");
}

#[test]
fn a_pattern_longer_than_the_answer() {
    let (_, report) = run("00B0 0000 02 [01 02 03 04]", &["0102 9000"]);
    let drawn = told(&report);
    assert!(drawn.contains("the pattern is longer than the answer: 2 bytes came"), "{drawn}");
    assert!(drawn.contains("test.apdu:1:14"), "{drawn}");
    assert_eq!(report.code(), 1);
    fails("00B0 0000 02\nlet x = resp[0..4]", &["0102 9000"], Class::Expectation, "2 bytes are");
}

#[test]
fn a_card_that_leaves_between_two_lines() {
    let text =
        "test \"a\"\n00B0 0000\nend\ntest \"b\"\n00B1 0000\n00B2 0000\nend\ntest \"c\"\nend\n";
    let gone = || {
        let world = answering(&[]);
        let log = Arc::clone(&world.log);
        let answers = vec![vec![0x90, 0x00]; 5].into_iter();
        let mut card = Some(Listed { answers, log, leaves_after: Some(2) });
        World { card: Box::new(move || Box::new(card.take().unwrap())), ..world }
    };
    let report = run_in(&program(text, &[]), gone(), Options::default());
    assert_eq!(report.counts().to_string(), "1 passed, 1 failed, 1 not run");
    assert_eq!(report.code(), 4);
    let drawn = told(&report);
    assert!(drawn.contains("the card left a card") && drawn.contains("test.apdu:5:1"), "{drawn}");
    // Whoever expects it catches it, and nothing pretends to be connected then.
    let text = "try\n00B0 0000\n00B1 0000\ncatch\necho \"gone\"\nend\n00B2 0000\n";
    let report = run_in(&program(text, &[]), gone(), Options::default());
    assert!(told(&report).contains("no card is connected any more"), "{}", told(&report));
    assert_eq!(report.code(), 3);
}

#[test]
fn deep_statements_and_expressions_do_not_exhaust_the_stack() {
    // As deep as the grammar goes, within as many calls as are followed.
    let nested = 40;
    let mut text = String::from("block b(n)\n");
    text.push_str(&"if true\n".repeat(nested));
    text.push_str("call b(01)\n");
    text.push_str(&"end\n".repeat(nested));
    text.push_str("end\ncall b(01)\n");
    fails(&text, &[], Class::Script, "levels of statements");
    let sum = format!("{}1{}", "(".repeat(50), " + 1)".repeat(50));
    passes(&format!("assert {sum} == 51"), &[]);
}

#[test]
fn bytes_that_are_no_command_go_out_as_they_are() {
    let sent = [("00", "9000"), ("00B0", "9000"), ("00A4040C0501", "9000")];
    passes("00\n00B0\n00A4 040C 05 01\n", &sent);
    fails("00B0 le=4", &[], Class::Script, "at least 4 bytes");
    fails("00B0 0000 le=300 short", &[], Class::Script, "Le of 300");
    // An answer of one byte is none.
    fails("00B0 0000", &["90"], Class::Protocol, "at least 2 bytes");
}
