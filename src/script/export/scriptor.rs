//! scriptor of pcsc-tools.

use super::{
    flat::expected,
    step::{Step, StepKind},
};
use crate::transport::Reset;

pub(super) fn write(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match &step.kind {
            StepKind::Comment(comment) => remark(&mut text, comment),
            StepKind::Send(sent) => {
                if let Some(expected) = expected(sent) {
                    remark(&mut text, &expected);
                }
                let bytes: Vec<String> =
                    sent.bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                text.push_str(&bytes.join(" "));
                text.push('\n');
            }
            StepKind::Reset(kind) => {
                // scriptor has one kind, and it is the warm one.
                if *kind == Reset::Cold {
                    remark(&mut text, "a cold one in the script");
                }
                text.push_str("reset\n");
            }
            StepKind::PowerOff => remark(&mut text, "power off"),
            StepKind::Exit => text.push_str("exit\n"),
        }
    }
    text
}

// scriptor ends at the word wherever it stands, in a comment too.
fn remark(text: &mut String, comment: &str) {
    let mut comment = comment.to_owned();
    while let Some(at) = comment.to_ascii_lowercase().find("exit") {
        comment.insert(at + 2, '_');
    }
    text.push_str(format!("# {comment}").trim_end_matches(['\\', ' ']));
    text.push('\n');
}
