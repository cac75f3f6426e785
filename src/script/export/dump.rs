//! A dump as apdu4j writes and replays it.

use super::{
    Target,
    error::not_expected,
    step::{Step, StepKind},
};
use crate::script::Diagnostic;

pub(super) fn write(steps: &[Step]) -> Result<String, Box<Diagnostic>> {
    let mut text = String::new();
    for step in steps {
        match &step.kind {
            StepKind::Comment(comment) => {
                text.push_str(format!("# {comment}").trim_end());
                text.push('\n');
            }
            StepKind::Reset(_) => text.push_str("# Reset\n"),
            StepKind::PowerOff => text.push_str("# Power off\n"),
            StepKind::Exit => break,
            StepKind::Send(sent) => {
                let answer = sent.answer().ok_or_else(|| {
                    let what = "an answer of which not all is known";
                    let help = "a dump has the card's answers: write all data and one status word";
                    Box::new(not_expected(Target::Dump, step.span, what).help(help))
                })?;
                text.push_str(&format!("{}\n", hex::encode_upper(&sent.bytes)));
                if let Some(ms) = sent.ms {
                    text.push_str(&format!("# {ms}ms\n"));
                }
                text.push_str(&format!("{}\n", hex::encode_upper(answer)));
            }
        }
    }
    Ok(text)
}
