//! PCOM.

use super::{
    Target,
    error::{no_word, not_expected},
    step::{Item, Step, StepKind, byte, digits, is_any, status},
};
use crate::{script::Diagnostic, transport::Reset};

pub(super) fn write(steps: &[Step]) -> Result<String, Box<Diagnostic>> {
    let mut text = String::new();
    for step in steps {
        let line = match &step.kind {
            StepKind::Comment(comment) => format!("; {}", comment.trim_end_matches(['\\', ' '])),
            StepKind::Reset(Reset::Cold) => ".POWER_ON /COLD".into(),
            StepKind::Reset(_) => ".POWER_ON".into(),
            StepKind::PowerOff => ".POWER_OFF".into(),
            StepKind::Exit => return Err(no_word(Target::Pcom, step.span, "an early end")),
            StepKind::Send(sent) => {
                let mut line = hex::encode_upper(&sent.bytes);
                if let Some(items) = &sent.data {
                    if items.contains(&Item::Any) {
                        let what = "any number of bytes in the answer";
                        return Err(not_expected(Target::Pcom, step.span, what));
                    }
                    let data = pattern(items).replace(' ', "");
                    line.push_str(&format!(" [{data}]"));
                }
                match &sent.sw {
                    None => {}
                    Some(sw) if is_any(sw) => {}
                    Some(sw) => match sw.any_of.as_slice() {
                        [one] if !sw.negated => line.push_str(&format!(" ({})", digits(*one))),
                        _ => {
                            let what = format!("the status ({})", status(sw));
                            return Err(not_expected(Target::Pcom, step.span, &what));
                        }
                    },
                }
                line
            }
        };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// Expected data between its brackets.
pub(super) fn pattern(items: &[Item]) -> String {
    let mut text = String::new();
    for item in items {
        match item {
            Item::Byte(value, mask) => text.push_str(&byte(*value, *mask)),
            Item::Any => text.push_str(" * "),
        }
    }
    text.trim().to_owned()
}
