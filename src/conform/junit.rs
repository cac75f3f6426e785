//! A report in the form that build servers read (JUnit XML).

use super::{Outcome, Report};

/// Most characters of a dialogue in one case.
const MAX_DIALOGUE: usize = 16_384;

/// The report as one `testsuites` element: a unit is a suite, a case is a test case. `name` is that
/// of the card.
pub fn junit(report: &Report, name: &str) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (failed, skipped) = (report.failed(), report.not_applicable());
    out.push_str(&format!(
        "<testsuites name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" \
         skipped=\"{skipped}\" time=\"{}\">\n",
        escaped(name),
        report.cases.len(),
        seconds(report.cases.iter().map(|case| case.micros).sum()),
    ));
    for (unit, [passed, failed, skipped]) in report.units() {
        let cases: Vec<_> = report.cases.iter().filter(|case| case.unit == unit).collect();
        out.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" \
             skipped=\"{skipped}\" time=\"{}\">\n",
            escaped(unit),
            passed + failed + skipped,
            seconds(cases.iter().map(|case| case.micros).sum()),
        ));
        for case in cases {
            out.push_str(&format!(
                "    <testcase classname=\"{}\" name=\"{} {}\" time=\"{}\"",
                escaped(unit),
                escaped(&case.id),
                escaped(&case.title),
                seconds(case.micros),
            ));
            match &case.outcome {
                Outcome::Passed => out.push_str("/>\n"),
                Outcome::NotApplicable(missing) => {
                    let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
                    let message = format!("the card does not declare: {}", missing.join(", "));
                    out.push_str(&format!(
                        ">\n      <skipped message=\"{}\"/>\n    </testcase>\n",
                        escaped(&message)
                    ));
                }
                Outcome::Failed(failure) => {
                    let mut dialogue = String::new();
                    for e in &case.exchanges {
                        let mark = if e.passed { "ok" } else { "FAILED" };
                        let line = format!(
                            "{} ({}): {} expected, {}: {mark}\n",
                            e.command, e.protection, e.expected, e.got
                        );
                        if dialogue.len() + line.len() > MAX_DIALOGUE {
                            dialogue.push_str("...\n");
                            break;
                        }
                        dialogue.push_str(&line);
                    }
                    out.push_str(&format!(
                        ">\n      <failure type=\"conformance\" message=\"{}\">{}</failure>\n    \
                         </testcase>\n",
                        escaped(&failure.to_string()),
                        escaped(&dialogue),
                    ));
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

// For text and for attributes in double quotes. Characters that XML 1.0 does not know are told as
// U+FFFD; line breaks stay in text and become references in attributes alike.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1F}' | '\u{7F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_its_element() {
        assert_eq!(
            escaped("a<b>&\"'\n\u{1}\u{FFFF}"),
            "a&lt;b&gt;&amp;&quot;&apos;&#10;\u{FFFD}\u{FFFD}"
        );
        assert_eq!(seconds(1_000_042), "1.000042");
    }
}
