//! Commands and responses on the wire, chaining, secure messaging at both ends.
#![no_main]

use std::hint::black_box;

use iccard::apdu::{ChainBuffer, Command, CommandView, Header, Response, StatusWord};
use iccard::crypto::Cipher;
use iccard::sm::{SecureChannel, SessionKeys};
use iccard_fuzz::{parsed, pick};
use libfuzzer_sys::fuzz_target;

const CIPHERS: [Cipher; 4] = [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256];

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 6) else { return };
    match choice {
        0 => {
            if let Some(view) = parsed(CommandView::parse(data)) {
                let command = view.to_command();
                let bytes = command.to_bytes().expect("a command that was read");
                assert_eq!(bytes, data, "a command that changes on its way");
                black_box((view.header.is_chained(), view.header.is_secure_messaging()));
            }
        }
        1 => {
            if let Some(response) = parsed(Response::parse(data)) {
                let mut bytes = Vec::new();
                response.encode(&mut bytes);
                assert_eq!(bytes, data, "a response that changes on its way");
                status(response.sw);
            }
        }
        2 => chain(data),
        3 => parts(data),
        4 => unprotect(data),
        _ => meddle(data),
    }
});

fn status(sw: StatusWord) {
    assert!(!sw.meaning().is_empty() && !sw.to_string().is_empty());
    black_box((sw.bytes_waiting(), sw.correct_le(), sw.is_warning()));
    assert!(sw.tries_left().is_none_or(|left| left <= 15));
    assert!(!sw.is_success() || sw.is_normal());
}

// A command cut into a chain is put together to the same.
fn chain(data: &[u8]) {
    let [header @ .., size] = data.first_chunk::<5>().copied().unwrap_or_default();
    let [cla, ins, p1, p2] = header;
    let header = Header::new(cla & 0x0C, ins, p1, p2);
    let body = data.get(5..).unwrap_or_default();
    let command = Command::new(header).with_data(body).with_ne(256);
    let mut buffer = ChainBuffer::default();
    let mut whole = None;
    let size = usize::from(size).max(1);
    for part in command.chain(size) {
        assert!(whole.is_none(), "whole before the last part");
        assert!(part.data.len() <= size);
        let bytes = part.to_bytes().expect("a part that fits");
        let view = CommandView::parse(&bytes).expect("a part that was written");
        whole = buffer.accept(&view).expect("a part in its place");
    }
    let whole = whole.expect("the last part has come");
    assert!(whole.header == header && whole.data == command.data && whole.ne == command.ne);
    assert!(!buffer.is_open());
}

// Parts as somebody else sends them: a byte says how long each is.
fn parts(mut data: &[u8]) {
    let mut buffer = ChainBuffer::default();
    let mut sent = 0;
    while let Some((len, rest)) = data.split_first() {
        let (part, rest) = rest.split_at(usize::from(*len).min(rest.len()));
        data = rest;
        let Some(view) = parsed(CommandView::parse(part)) else { continue };
        sent += view.data.len();
        match buffer.accept(&view) {
            Ok(Some(whole)) => {
                assert!(whole.data.len() <= ChainBuffer::LIMIT && whole.data.len() <= sent);
                assert!(!buffer.is_open());
            }
            Ok(None) => assert!(buffer.is_open() && view.header.is_chained()),
            Err(sw) => {
                status(sw);
                assert!(!buffer.is_open());
            }
        }
    }
}

fn channel(choice: u8, secret: &[u8]) -> SecureChannel {
    let cipher = CIPHERS[usize::from(choice) % CIPHERS.len()];
    let keys = SessionKeys::derive(cipher, secret);
    SecureChannel::new(&keys).expect("keys of the right length")
}

// Whoever has no key is not believed. The key is another than below, whose messages are seen here
// too.
fn unprotect(data: &[u8]) {
    let channel = |choice| channel(choice, b"a secret of nobody");
    let Some((choice, data)) = pick(data, 4) else { return };
    assert!(parsed(channel(choice).unprotect_response(data)).is_none(), "a response from nobody");
    if let Some(view) = parsed(CommandView::parse(data)) {
        assert!(
            parsed(channel(choice).unprotect_command(&view)).is_none(),
            "a command from nobody"
        );
    }
}

// What one end protects the other reads; with any byte changed it does not.
fn meddle(data: &[u8]) {
    let Some(([choice, at, change, ins, ne], body)) = data.split_first_chunk() else { return };
    let channel = || channel(*choice, b"a secret of both ends");
    let (mut terminal, mut chip) = (channel(), channel());
    let header = Header::new(0x00, *ins, 0x12, 0x34);
    let plain = Command::new(header).with_data(body).with_ne(u32::from(*ne) + 1);
    let mut wire = Vec::new();
    if parsed(terminal.protect_command(&plain, &mut wire)).is_none() {
        return;
    }
    let mut bad = wire.clone();
    // The last bytes are Le, which secure messaging does not cover; so is the length before data.
    let covered = 4..wire.len() - 2;
    let place = covered.start + usize::from(*at) * (covered.len() - 1) / 255;
    bad[place] ^= change;
    let start = chip.snapshot();
    if bad != wire
        && let Some(view) = parsed(CommandView::parse(&bad))
    {
        assert!(parsed(chip.unprotect_command(&view)).is_none(), "a changed command passed");
    }
    chip.restore(start);
    let view = CommandView::parse(&wire).expect("a command that was protected");
    let read = chip.unprotect_command(&view).expect("a protected command");
    assert!(read.header == plain.header && read.data == plain.data && read.ne == plain.ne);

    let response = Response { data: body.to_vec(), sw: StatusWord(0x9000) };
    let mut wire = Vec::new();
    chip.protect_response(&response, ins & 1 == 1, &mut wire);
    let mut bad = wire.clone();
    let place = usize::from(*at) * (wire.len() - 1) / 255;
    bad[place] ^= change;
    let start = terminal.snapshot();
    if bad != wire {
        assert!(parsed(terminal.unprotect_response(&bad)).is_none(), "a changed response passed");
    }
    terminal.restore(start);
    assert!(parsed(terminal.unprotect_response(&wire)) == Some(response));
}
