//! Explanations: any bytes and texts, in every reading and as every file.
#![no_main]

use iccard::explain::{self, Input, Kind, Node};
use iccard::lds::File;
use iccard_fuzz::pick;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 4) else { return };
    match choice {
        0 => {
            for (_, node) in explain::any(data) {
                is_bounded(&node, data);
            }
        }
        1 => {
            let input = Input::Bytes(data.to_vec());
            for node in Kind::ALL.into_iter().filter_map(|kind| explain::read_as(kind, &input)) {
                is_bounded(&node, data);
            }
        }
        2 => {
            let Some((file, data)) = pick(data, File::ALL.len() as u8) else { return };
            is_bounded(&explain::file(File::ALL[usize::from(file)], data), data);
        }
        _ => {
            let Some((len, data)) = pick(data, 255) else { return };
            let (command, answer) = data.split_at(usize::from(len).min(data.len()));
            is_bounded(&explain::answer(command, answer), data);
            is_silent(command);
        }
    }
});

fn is_bounded(node: &Node, data: &[u8]) {
    let text = node.draw();
    assert!(text.len() <= 16_384 + 512 * data.len(), "{} bytes of {}", text.len(), data.len());
    let control = text.chars().find(|c| c.is_control() && *c != '\n');
    assert!(control.is_none(), "a tree with a control character");
}

// The data of commands that carry passwords is in no line and in no tree.
fn is_silent(data: &[u8]) {
    let Some(secret) = data.get(..8) else { return };
    for ins in [0x20, 0x24, 0x2C] {
        let command = [&[0x00, ins, 0x00, 0x03, 0x08][..], secret].concat();
        let (line, tree) = (explain::command_line(&command), explain::command(&command).draw());
        let other = [&[0x00, ins, 0x00, 0x03, 0x08][..], &[0; 8]].concat();
        assert_eq!(line, explain::command_line(&other), "a line that depends on a password");
        assert_eq!(tree, explain::command(&other).draw(), "a tree that depends on a password");
    }
}
