//! GPShell's scripts: a verb and `-key value`.

use super::{
    Format, ImportError, Imported,
    lines::{Line, bytes, single, words},
    parts::{Part, command, start, value},
    writer::{Writer, quoted},
};

const FORMAT: Format = Format::GpShell;

pub(super) fn import(text: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new(FORMAT);
    let mut environment = Vec::new();
    for line in single(text) {
        let text = line.text.trim();
        let comment = text.strip_prefix('#').or_else(|| text.strip_prefix("//"));
        if let Some(comment) = comment {
            out.comment(comment.strip_prefix(' ').unwrap_or(comment));
            continue;
        }
        let words = words(&line.text);
        let Some((_, verb)) = words.first() else {
            out.blank();
            continue;
        };
        let option = |name: &str| {
            let at = words.iter().position(|(_, word)| word.eq_ignore_ascii_case(name))?;
            words.get(at + 1).map(|(at, word)| (*at, word.as_str()))
        };
        match verb.as_str() {
            "send_apdu" | "send_apdu_nostop" => {
                if option("-sc").is_some_and(|(_, channel)| channel != "0") {
                    let at = option("-sc").map_or(0, |(at, _)| at);
                    return Err(line.wrong(
                        FORMAT,
                        at,
                        "-sc 0: GlobalPlatform's channel is none of a script's",
                    ));
                }
                let (at, text) = option("-APDU")
                    .ok_or_else(|| line.wrong(FORMAT, line.text.len(), "-APDU and the command"))?;
                let parts = parts(&mut out, &mut environment, &line, at, text)?;
                let sw = (verb == "send_apdu").then_some("9000");
                out.send(&start(&parts), &command(&parts), None, sw, "");
            }
            "select" => {
                let (at, text) = option("-AID")
                    .ok_or_else(|| line.wrong(FORMAT, line.text.len(), "-AID and the name"))?;
                let parts = parts(&mut out, &mut environment, &line, at, text)?;
                let text = format!("00A4 0400 #({}) 00", value(&parts));
                out.send(&[0x00, 0xA4], &text, None, Some("9000"), "");
            }
            "card_connect" => match option("-reader") {
                Some((_, reader)) => out.say(format!("connect reader=~{}", quoted(reader))),
                None => out.say("connect"),
            },
            "card_disconnect" => out.say("disconnect reset"),
            "establish_context" | "release_context" | "enable_trace" | "enable_timer"
            | "mode_201" | "mode_211" | "gemXpressoPro" => out.comment(text),
            _ => out.skip(line.number(), text),
        }
    }
    Ok(out.finish())
}

// Hexadecimal digits with `${NAME}` of the environment among them.
fn parts(
    out: &mut Writer,
    environment: &mut Vec<String>,
    line: &Line<'_>,
    at: usize,
    text: &str,
) -> Result<Vec<Part>, ImportError> {
    let mut parts = Vec::new();
    let mut rest = text;
    let place = |rest: &str| at + text.len() - rest.len();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix("${") {
            let Some((name, after)) = inner.split_once('}') else {
                return Err(line.wrong(FORMAT, place(rest), "} behind the name"));
            };
            let known = out.name(name);
            if !environment.contains(&known) {
                out.say(format!("let {known} = hex(env:{known})"));
                environment.push(known.clone());
            }
            parts.push(Part::Name(known));
            rest = after;
            continue;
        }
        let (digits, after) = rest.split_at(rest.find("${").unwrap_or(rest.len()));
        let read = bytes(digits).map_err(|wrong| {
            line.wrong(FORMAT, place(rest) + wrong, "pairs of hexadecimal digits or ${NAME}")
        })?;
        parts.push(Part::Hex(read));
        rest = after;
    }
    if parts.is_empty() {
        return Err(line.wrong(FORMAT, at, "pairs of hexadecimal digits or ${NAME}"));
    }
    Ok(parts)
}
