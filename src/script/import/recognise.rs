//! Which format a file has.

use super::{Format, lines};

/// Most bytes and lines that are looked at.
const LOOKED_AT: usize = 1 << 16;
const LINES: usize = 400;

pub(super) fn recognise(file: &str, bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(b"{\"recording\":") {
        return Some(Format::Recording);
    }
    let extension = file.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("pcom" | "var") => return Some(Format::Pcom),
        Some("jcsh") => return Some(Format::JcShell),
        Some("clf") => return Some(Format::Cardpeek),
        Some("rec") if bytes.starts_with(b"{") => return Some(Format::Recording),
        _ => {}
    }
    let start = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    // A character may be cut at the end of what is looked at.
    let text = match lines::text(start) {
        Ok(text) => text,
        Err(_) => std::str::from_utf8(start)
            .err()
            .and_then(|error| std::str::from_utf8(start.get(..error.valid_up_to())?).ok())?,
    };
    if text.starts_with("# cardpeek trace") {
        return Some(Format::Cardpeek);
    }
    text.lines().take(LINES).find_map(mark).or_else(|| plain(text))
}

// What a line is that no other format has.
fn mark(line: &str) -> Option<Format> {
    let line = line.trim();
    let word = line.split_whitespace().next()?;
    let upper = word.to_ascii_uppercase();
    if line.starts_with("# ATR:") || line.starts_with("# PROTOCOL:") {
        return Some(Format::Dump);
    }
    if line.starts_with("R:") || line.starts_with("C:") {
        return Some(Format::Cardpeek);
    }
    let hex = |text: &str| {
        text.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b' ' | b':' | b'\\'))
    };
    let arrow = line.split_once("=>").or_else(|| line.split_once("<="));
    if arrow.is_some_and(|(_, after)| after.trim().len() >= 4 && hex(after.trim())) {
        return Some(Format::Ledger);
    }
    if line.starts_with('#') || line.starts_with("//") {
        return None;
    }
    if matches!(word, "/send" | "/term" | "/card" | "/atr" | "/select" | "/set-var") {
        return Some(Format::JcShell);
    }
    let pcom = [".DEFINE", ".CALL", ".POWER_ON", ".POWER_OFF", ".ALLUNDEFINE"];
    if pcom.contains(&upper.as_str()) || line.starts_with(';') {
        return Some(Format::Pcom);
    }
    if line.contains("opensc-tool") || line.starts_with("-s ") || line.starts_with("--send-apdu") {
        return Some(Format::OpenscTool);
    }
    if matches!(word, "send_apdu" | "send_apdu_nostop" | "establish_context" | "card_connect") {
        return Some(Format::GpShell);
    }
    let tool =
        |word: &str| matches!(word.trim_end_matches(';'), "powerup" | "powerdown" | "contactless");
    if tool(word) || line.starts_with("0x") && word.len() == 4 {
        return Some(Format::Apdutool);
    }
    // `cd` is a byte as well, but no byte is followed by four digits.
    let second = line.split_whitespace().nth(1).unwrap_or_default();
    let names = second == ".." || second.len() == 4 || second.contains(':');
    if matches!(word, "apdu" | "cat" | "asn1") || word == "cd" && names {
        return Some(Format::OpenscExplorer);
    }
    if word.contains(':') && hex(line) {
        return Some(Format::OpenscTool);
    }
    let begins_hex = word.len() >= 2 && word.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    if begins_hex && (line.ends_with(')') || line.ends_with(']')) {
        return Some(Format::Pcom);
    }
    None
}

// Nothing but digits, comments, `reset` and `exit`.
fn plain(text: &str) -> Option<Format> {
    let mut any = false;
    for line in text.lines().take(LINES) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let hex = line.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b' ' | b'\t' | b'\\'));
        if !hex && !line.eq_ignore_ascii_case("reset") && !line.eq_ignore_ascii_case("exit") {
            return None;
        }
        any = true;
    }
    any.then_some(Format::Scriptor)
}
