//! What came from a secret is shown nowhere.

use super::*;
use crate::script::report;

const CAN: &str = "314159";

/// All that a run leaves behind.
fn everything(report: &Report, echoed: &[String]) -> String {
    let reports = std::slice::from_ref(report);
    let junit = report::junit(reports).unwrap();
    format!(
        "{}\n{}\n{}\n{}\n{junit}\n{report:?}",
        told(report),
        echoed.join("\n"),
        report::tap(reports),
        report::json(reports)
    )
}

#[test]
fn no_report_has_a_secret_or_what_was_computed_of_it() {
    let hex = hex::encode_upper(CAN);
    for line in [
        "echo %can hex(%can) int(%can) %can[0..6] text(%copy) \"x\"",
        "assert %can == \"x\"",
        "assert int(%can) == 5",
        "assert false hex(%can)",
        "00D6 0000 #(%can)",
        "00B0 0000 06 [%can]",
        "00B0 0000 06\nexpect text %can",
        "00B0 0000 08\nexpect tlv 53 == %can",
        "00B0 0000 06\nassert resp == %can",
        "let x = u8(int(%can))",
        "let x = %can[0..90]",
        "let x = pad(%can, 2, 00)",
        "let x = xor(%can, 00)",
        "access pace can ber(84, %can)",
        "skip if true hex(%can)",
        "prompt text(%can)",
        "let x = ber(%can, 00)",
        "test \"t\"\nskip if int(%can) > 0x01 text(%can)\nend",
    ] {
        let text = format!("secret can = env:CAN\nlet copy = %can\n{line}\n");
        let answers = ["53063132333435369000", "6A82", "6A82"];
        let world = World { env: HashMap::from([("CAN", CAN)]), ..answering(&answers) };
        let log = Arc::clone(&world.log);
        let report = run_in(&program(&text, &[]), world, Options::default());
        let all = everything(&report, &log.lock().unwrap().echoed);
        for secret in [CAN, &hex, &hex.to_lowercase()] {
            assert!(!all.contains(secret), "{line}\n{all}");
        }
    }
}

#[test]
fn what_a_card_told_stands_in_no_message() {
    // HONG in the answer to a READ BINARY, which may be a person's name.
    let (_, report) = run(
        "test \"a\"\n00B0 0000 04\nassert resp == \"KIM\" \"another name\"\nend\n\
         test \"b\"\n00B0 0000 04\nexpect text \"KIM\"\nend\n\
         test \"c\"\n00B0 0000 06\nexpect tlv 53 == 00\nend\n",
        &["484F4E47 9000", "484F4E47 9000", "5304484F4E47 9000"],
    );
    assert_eq!(report.counts().failed, 3);
    let all = everything(&report, &[]);
    assert!(!all.contains("484F4E47") && !all.contains("HONG"), "{all}");
    assert!(all.contains("4 bytes, not shown"), "{all}");
    // A status and what SELECT says of an application are nobody's.
    let (_, report) = run("00A4 0400 00\nassert resp == 6F01", &["6F00 9000"]);
    assert!(told(&report).contains("6F00"), "{}", told(&report));
}
