//! Commands and status words in words, for messages.

use crate::{explain, script::syntax::SwPattern};

/// A command by its name and what it is about, with nothing that could be personal or secret.
pub(super) fn command(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "no command of the card".to_owned();
    }
    explain::command_line(bytes)
}

/// Status words as a script writes them: `9000|63CX`, `!6982`.
pub(super) fn statuses(pattern: &SwPattern) -> String {
    let one = |&(value, mask): &(u16, u16)| {
        if mask == 0 {
            return "*".to_owned();
        }
        let nibble = |shift: u32| match (mask >> shift) & 0xF {
            0 => 'X',
            _ => {
                let digit = u32::from((value >> shift) & 0xF);
                char::from_digit(digit, 16).unwrap_or('?').to_ascii_uppercase()
            }
        };
        [nibble(12), nibble(8), nibble(4), nibble(0)].iter().collect()
    };
    let all: Vec<String> = pattern.any_of.iter().map(one).collect();
    format!("{}{}", if pattern.negated { "!" } else { "" }, all.join("|"))
}
