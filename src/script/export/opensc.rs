//! Shell lines for opensc-tool: one call up to the next reset, and one for that, which a call makes
//! after its commands, wherever the option stands.

use super::step::{Step, StepKind};
use crate::transport::Reset;

pub(super) fn write(steps: &[Step]) -> String {
    let mut text = String::new();
    let mut comments = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for step in steps {
        match &step.kind {
            StepKind::Comment(comment) => comments.push(comment.clone()),
            StepKind::Send(sent) => {
                let bytes: Vec<String> =
                    sent.bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                words.push(format!("-s {}", bytes.join(":")));
            }
            StepKind::Reset(kind) => {
                call(&mut text, &mut comments, &mut words);
                let kind = if *kind == Reset::Warm { "warm" } else { "cold" };
                words.push(format!("--reset={kind}"));
                call(&mut text, &mut comments, &mut words);
            }
            StepKind::PowerOff | StepKind::Exit => call(&mut text, &mut comments, &mut words),
        }
    }
    call(&mut text, &mut comments, &mut words);
    text
}

fn call(text: &mut String, comments: &mut Vec<String>, words: &mut Vec<String>) {
    for comment in comments.drain(..) {
        text.push_str(format!("# {comment}").trim_end());
        text.push('\n');
    }
    if !words.is_empty() {
        text.push_str(&format!("opensc-tool --card-driver default {}\n", words.join(" \\\n  ")));
        words.clear();
    }
}
