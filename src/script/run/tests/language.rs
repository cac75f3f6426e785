//! Every row of the language, as it runs.

use super::*;

#[test]
fn sends() {
    passes(
        r#"
        00A4040C 07 A0:00:00:02:47:10:01
        00A4 040C #(A0 00 00 02 47 1001)   # a comment
        0020 0001 #("1234" FFFF)           ; another one
        00DA 0000 #(#ber("x" 0102) 5F)     // and a third
        00B0 9C00 le=0
        00B0 9C00 \
          le=4
        00B0 9C00 le=0 ext
        00CB 3FFF 5C00 short
        00CB 3FFF 5C00 short le=0
        00CB 3FFF 5C00 ext le=256
        "#,
        &[
            ("00A4040C07A0000002471001", "9000"),
            ("00A4040C07A0000002471001", "9000"),
            ("002000010631323334FFFF", "9000"),
            ("00DA0000 05 03780102 5F", "9000"),
            ("00B09C0000", "9000"),
            ("00B09C0004", "9000"),
            ("00B09C00000000", "9000"),
            ("00CB3FFF025C00", "9000"),
            ("00CB3FFF025C0000", "9000"),
            ("00CB3FFF0000025C000100", "9000"),
        ],
    );
}

#[test]
fn status_words() {
    passes(
        "00B0 0000 04 (6282)\n00B0 0000 04 (9000|63CX)\n00B0 0000 04 (*)\n00B0 0000 04 (!6982)\n\
         default-sw (6XXX)\n00B0 0000 04\n",
        &[
            ("00B0000004", "6282"),
            ("00B0000004", "63C2"),
            ("00B0000004", "6A82"),
            ("00B0000004", "6983"),
            ("00B0000004", "6A82"),
        ],
    );
    fails("00B0 0000 04", &["6982"], Class::Expectation, "status 6982, expected 9000");
    fails("00B0 0000 04", &["6982"], Class::Expectation, "`access pace can ..`");
    fails("00B0 0000 04 (9000|63CX)", &["6A82"], Class::Expectation, "expected 9000|63CX");
    fails("00B0 0000 04 (!6982)", &["6982"], Class::Expectation, "expected !6982");
    fails("00B0 0000 04 (6282)", &["9000"], Class::Expectation, "READ BINARY");
}

#[test]
fn data_of_answers() {
    passes(
        "let aid = A0000002471001\n\
         00A4 0400 00 [6F XX 84 %aid] (6283)\n\
         00A4 0400 00 [6F 0X 84 07 *] time<30s\n\
         expect len 11\nexpect len > 4\nexpect tlv 6F/84 == A0000002471001\nexpect tlv 6F/84\n\
         expect regex \"^6F.*01$\"\nexpect [6F * 01]\nexpect (9000)\nexpect time < 30s\n\
         00B0 0000 05\nexpect text \"ell\"\n",
        &[
            ("00A4040000", "6F0984 A0000002471001 6283"),
            ("00A4040000", "6F098407A0000002471001 9000"),
            ("00B0000005", "68656C6C6F 9000"),
        ],
    );
    let fails = |line: &str, words: &str| {
        fails(line, &["6F098407A00000024710019000"], Class::Expectation, words);
    };
    fails("00A4 0400 00 [6F 09 85 *]", "byte 3 of the answer is 84, expected 85");
    fails("00A4 0400 00 [6F 09]", "11 bytes came, the pattern has 2");
    fails("00A4 0400 00 [6F * 02]", "byte 11 of the answer is 01, expected 02");
    fails("00A4 0400 00 [* 0A0B *]", "nowhere in the answer");
    fails("00A4 0400 00\nexpect len 12", "11 bytes came, expected 12 bytes");
    fails("00A4 0400 00\nexpect tlv 6F/50", "no data object 6F/50");
    fails("00A4 0400 00\nexpect tlv 6F/84 == A000", "6F/84 is A0000002471001, expected == A000");
    fails("00A4 0400 00\nexpect regex \"^70\"", "does not match");
    fails("00A4 0400 00\nexpect text \"x\"", "not in the answer");
    fails("00A4 0400 00 time>1min", "expected > 60s");
}

#[test]
fn variables_and_slices() {
    passes(
        r#"
        let aid = A0000002471001
        00A4 040C #(%aid)
        00A4 040C #(${aid})
        00B0 0000 08
        let all = resp
        assert resp[2..4] == 0304 and resp[-2..] == 0708 and resp[..=1] == 0102
        assert resp[0] == 1 and resp[-1] == 8
        assert sw == 9000 and %all == resp
        assert uint(resp[2..4]) == 772 and uint(0304) == 0x0304
        let n = uint(resp[0..1]) + 4
        00B0 u16(%n) u8(10)
        00D6 0000 #(%all[0..2] R(3;2) W(9;2))
        .DEFINE %X A0A1
        00D6 0000 #(%X)
        assert defined(%X)
        .ALLUNDEFINE
        assert not defined(%X)
        "#,
        &[
            ("00A4040C07A0000002471001", "9000"),
            ("00A4040C07A0000002471001", "9000"),
            ("00B0000008", "0102030405060708 9000"),
            ("00B000050A", "0102030405060708 9000"),
            ("00D600000601020304 9000", "9000"),
            ("00D6000002A0A1", "9000"),
        ],
    );
}

#[test]
fn functions() {
    passes(
        r#"
        assert int(10) == 10 and int("0012") == 12
        assert u8(255) == FF and u16(0x102) == 0102 and u24(1) == 000001 and u32(1) == 00000001
        assert len("abc") == 3 and text(616263) == "abc" and hex(6F01) == "6F01"
        assert hex("6f 01") == 6F01
        assert ber(84, A000) == 8402A000 and ber(5F1F, "") == 5F1F00
        assert pad(3132, 4, FF) == 3132FFFF
        assert sha1("abc") == A9993E364706816ABA3E25717850C26C9CD0D89D
        assert sha256("")[0..4] == E3B0C442
        assert xor(F0F0, FFFF) == 0F0F
        assert len(random(8)) == 8 and random(8) != random(8)
        assert 7 / 2 == 3 and 7 mod 2 == 1 and 2 + 3 * 4 == 14 and (2 + 3) * 4 == 20 and -1 < 0 and not (1 > 2)
        assert tlv(6F048402A000, 6F/84) == A000
        "#,
        &[],
    );
    for (line, words) in [
        ("let x = u8(256)", "256 is not within 0 to 255"),
        ("let x = 1 / int(0)", "division by zero"),
        ("let a = int(0)\nlet x = 1 / %a", "division by zero"),
        ("let x = pad(010203, 2, 00)", "more than 2"),
        ("let x = xor(01, 0102)", "same length"),
        ("let x = text(FF)", "no text in UTF-8"),
        ("let x = int(\"1a\")", "decimal digits"),
        ("let n = int(5)\n00B0 0000 %n", "say how wide it is"),
        ("assert 0A < 0102", "uint(..)"),
        ("let x = %y", "%y has no value here"),
        ("let y = 0102\nlet x = %y[2]", "not within its value"),
        ("assert int(1) == \"1\"", "a number beside a text"),
    ] {
        fails(line, &[], Class::Script, words);
    }
}

#[test]
fn control_flow() {
    passes(
        r#"
        00B0 0000 01 (*)
        if sw == 6282
          00AA 0000
        else if sw matches (63CX)
          00AB 0000
        else
          00AC 0000
        end
        for off in 4..12 step 4
          00B0 u16(%off) 04
        end
        for i in 3..=1 step -1
          00B1 u16(%i) 04
        end
        let n = int(0)
        while %n < 10
          let n = %n + 1
          if %n == 2
            continue
          end
          if %n == 4
            break
          end
          00B2 u16(%n) 04
        end
        repeat 2
          00B3 0000
        end
        try
          00B4 0000
          00FF 0000
        catch sw 6982
          00FE 0000
        catch sw 69XX
          00B5 0000
        end
        try
          00B6 0000 [01]
        catch
          00B7 0000
        end
        "#,
        &[
            ("00B0000001", "63C1"),
            ("00AB0000", "9000"),
            ("00B0000404", "9000"),
            ("00B0000804", "9000"),
            ("00B1000304", "9000"),
            ("00B1000204", "9000"),
            ("00B1000104", "9000"),
            ("00B2000104", "9000"),
            ("00B2000304", "9000"),
            ("00B30000", "9000"),
            ("00B30000", "9000"),
            ("00B40000", "6985"),
            ("00B50000", "9000"),
            ("00B60000", "02 9000"),
            ("00B70000", "9000"),
        ],
    );
    // Neither a status that no handler is for nor a script's own mistake is caught.
    fails("try\n00B4 0000\ncatch sw 69XX\nend", &["6A82"], Class::Expectation, "status 6A82");
    fails("try\nlet x = %y\ncatch\nend", &[], Class::Script, "%y has no value");
}

#[test]
fn files_and_blocks() {
    let files = [
        ("lib.apdu", "let aid = A000\nblock select(name, p2)\n00A4 04 u8(%p2) #(%name)\nend\n"),
        ("old.pcom", "A0A4 0000 02 3F00\nA0B0 0000 01 (6700)\n"),
        ("part.apdu", "default-sw (6A82)\n00C0 0000\n"),
    ];
    let text = "include \"lib.apdu\"\ncall select(%aid, int(12))\ncall early\n.CALL old.pcom\n\
                include \"part.apdu\"\n00C1 0000\nblock early\n00C2 0000\nend\n";
    let world = answering(&["9000", "9000", "6D00", "6700", "6A82", "9000"]);
    let log = Arc::clone(&world.log);
    let report = run_in(&program(text, &files), world, Options::default());
    assert_eq!(told(&report), "");
    // What an included file expects is its own matter, and a PCOM file takes any status.
    let expected =
        ["00A4040C02A000", "00C20000", "A0A40000023F00", "A0B0000001", "00C00000", "00C10000"];
    assert_eq!(log.lock().unwrap().sent, expected);
    fails("call nothing", &[], Class::Script, "no block nothing");
    fails("block b(x)\nend\ncall b", &[], Class::Script, "takes 1 value, not 0");
    fails("block b\ncall b\nend\ncall b", &[], Class::Script, "does a block call itself?");
}

#[test]
fn the_card_and_its_reader() {
    let text = "connect shared protocol=t1 wait=3s\nreset warm\n00B0 0000\ntransaction\n00B1 0000\n\
                end\nassert atr == 3B80800101\ndisconnect unpower\nreset cold\n00B2 0000\n\
                disconnect leave\nconnect reader=~\"RC-S300\"\ntimeout 5s\nsleep 100ms\n\
                wait card 3s\n";
    let world = answering(&["9000", "9000", "9000"]);
    let log = Arc::clone(&world.log);
    let report = run_in(&program(text, &[]), world, Options::default());
    // The second card of the list answers nothing.
    assert!(told(&report).contains("status 6FFF, expected 9000"), "{}", told(&report));
    let log = log.lock().unwrap();
    assert_eq!(log.powers, [Power::On, Power::Reset, Power::Off, Power::On]);
    assert_eq!((log.connects, log.sent.len()), (2, 3));
    drop(log);
    fails("control 0x42000C00 0102", &[], Class::Script, "takes no control codes");
    fails("fault tear after 3 apdus", &[], Class::Script, "does no wrong when told to");
    fails("00B0 0000\ndisconnect leave\n00B0 0000", &["9000"], Class::Absent, "no card is");
    fails("sm on", &[], Class::Script, "no secure channel");
    fails("sleep 61min", &[], Class::Script, "longer than an hour");
}

#[test]
fn what_waits_is_collected_and_le_corrected_but_in_raw() {
    passes(
        "00A4 0400 00\nassert resp == 01020304\n00B0 0000 00\nassert resp == 0506\n\
         raw\n00A4 0400 00 (6102)\n00B0 0000 00 (6C02)\nend\n00B0 0000 00 (6A82)\n",
        &[
            ("00A4040000", "0102 6102"),
            ("00C0000002", "0304 9000"),
            ("00B0000000", "6C02"),
            ("00B0000002", "0506 9000"),
            ("00A4040000", "6102"),
            ("00B0000000", "6C02"),
            ("00B0000000", "6A82"),
        ],
    );
    // A card that announces more and more is not followed for ever.
    let more = vec!["6101"; 4000];
    fails("00A4 0400 00", &more, Class::Protocol, "announces more");
}

#[test]
fn a_person() {
    let text = "prompt \"number\" -> n\npause \"put it on\"\necho \"it is\" %n 0102 int(5)\n\
                secret pin = env:NO_SUCH or prompt \"PIN\"\n00D6 0000 #(%n %pin)\n";
    let world = World { answers: vec!["12", "", "7"], ..answering(&["9000"]) };
    let log = Arc::clone(&world.log);
    let report = run_in(&program(text, &[]), world, Options::default());
    assert_eq!(told(&report), "");
    let log = log.lock().unwrap();
    assert_eq!(log.echoed, ["it is 7 0102 5"]);
    assert_eq!(log.sent, ["00D6000003373132"]);
    drop(log);
    fails("prompt \"x\"", &[], Class::Script, "x is asked for, and there is no terminal");
    fails("pause", &[], Class::Script, "no terminal");
    fails("let x = env:NO_SUCH", &[], Class::Script, "NO_SUCH is not set");
    fails(
        "transaction\nlet x = prompt \"PIN\"\nend",
        &[],
        Class::Script,
        "nobody is asked inside a transaction",
    );
}

#[test]
fn tests_and_what_is_counted() {
    let text = r#"
        test "LDS_A_01 passes" tags=lds,fast profile=PACE
          00B0 0000
        end
        test "fails" id=X_2
          00B1 0000
          00FF 0000
        end
        test "is skipped"
          skip if sw == 6A82 "the card has none"
          00FF 0000
        end
        test "passes too" tags=slow
          00B2 0000
        end
        assert false "here it ends"
        test "is not come to"
          00FF 0000
        end
        exit
        "#;
    let (sent, report) = run(text, &["9000", "6A82", "9000"]);
    assert_eq!(sent, ["00B00000", "00B10000", "00B20000"]);
    assert_eq!(report.counts().to_string(), "2 passed, 2 failed, 1 skipped, 1 not run");
    assert_eq!(report.code(), 1);
    let ids: Vec<_> = report.tests.iter().map(|test| test.id.as_deref()).collect();
    assert_eq!(ids, [Some("LDS_A_01"), Some("X_2"), None, None, None]);
    assert!(
        matches!(&report.tests[2].outcome, Outcome::Skipped(why) if why == "the card has none")
    );
    let options = Options { tags: vec!["lds".into()], ..Options::default() };
    let report =
        run_in(&program("test \"a\" tags=lds\nend\ntest \"b\"\nend", &[]), answering(&[]), options);
    assert_eq!(report.counts().to_string(), "1 passed, 0 failed, 1 skipped");
    let (_, report) = run("skip if true \"no\"\n00FF 0000", &[]);
    assert_eq!(report.counts().to_string(), "0 passed, 0 failed, 1 skipped");
    let (sent, report) = run("00B0 0000\nexit\n00FF 0000", &["9000"]);
    assert_eq!((sent.len(), report.counts().to_string().as_str()), (1, "1 passed, 0 failed"));
}

#[test]
fn an_old_file_shows_answers_as_they_come() {
    let text = "00A4 0400 00\nreset\n00B0 0000 00\nexit\n00FF 0000\n";
    let program = named("old.pcom", text, &[]);
    let world = answering(&["6102", "6C02"]);
    let log = Arc::clone(&world.log);
    let report = run_in(&program, world, Options::default());
    assert_eq!(told(&report), "");
    assert_eq!(log.lock().unwrap().sent, ["00A4040000", "00B0000000"]);
    assert_eq!(report.code(), 0);
}
