//! What a recording or a trace says of the card and of the command that it came of.

use anyhow::Result;
use time::format_description::well_known::Rfc3339;

use super::card::Opened;
use crate::transport::{FORMAT, Header, Masked, Secrets, Transport};

/// What stands for what is left out.
const OUT: &str = "…";

/// The header of what is said to this card.
pub(super) fn header(opened: &Opened, keeps_secrets: bool) -> Result<Header> {
    let given = std::env::args_os().skip(1);
    let given = given.map(|argument| argument.to_string_lossy().into_owned());
    Ok(Header {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").into(),
        redacted: !keeps_secrets,
        time: opened.time.format(&Rfc3339)?,
        card: card(&opened.source, keeps_secrets),
        atr: Masked::known(opened.transport.atr()),
        limits: opened.transport.limits().into(),
        arguments: arguments(given),
        secrets: keeps_secrets.then(Secrets::default),
    })
}

// The card for a recording: its address, but the path of a recording that was replayed, which may
// have a name in it.
fn card(source: &str, keeps_secrets: bool) -> String {
    if source.starts_with("replay:") && !keeps_secrets {
        return format!("replay:{OUT}");
    }
    source.to_owned()
}

// The command line for a recording: names of commands and options. Values go, for they are
// passwords, commands with passwords and paths with names, but those that only tell how the card
// was talked to.
fn arguments(given: impl Iterator<Item = String>) -> Vec<String> {
    const TELLING: [&str; 6] =
        ["--max-apdu", "--timeout", "--wait", "--reader-limit", "--link", "--unit"];
    let mut shown: Vec<String> = Vec::new();
    let mut named = String::new();
    let mut options = true;
    for (at, argument) in given.enumerate() {
        options &= argument != "--";
        if options && argument.starts_with('-') {
            named = argument.split('=').next().unwrap_or_default().to_owned();
            match argument.split_once('=') {
                Some(_) if TELLING.contains(&named.as_str()) => shown.push(argument),
                Some(_) => shown.push(format!("{named}={OUT}")),
                None => shown.push(argument),
            }
            continue;
        }
        let is_command = at == 0 && argument.bytes().all(|b| b.is_ascii_lowercase());
        let tells = is_command || (options && TELLING.contains(&named.as_str()));
        shown.push(if tells { argument } else { OUT.into() });
        named.clear();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_keeps_no_value_that_could_be_secret() {
        let shown = |text: &str| arguments(text.split(' ').map(str::to_owned)).join(" ");
        assert_eq!(
            shown("tap --can 123456 --pin=654321 --max-apdu 261 --json --face hong.jpg"),
            "tap --can … --pin=… --max-apdu 261 --json --face …"
        );
        assert_eq!(
            shown("--card pcsc:x apdu --raw 0020000106313233343536 -- 00"),
            "--card … … --raw … … …"
        );
    }

    #[test]
    fn the_card_keeps_no_path_that_could_have_a_name() {
        assert_eq!(card("replay:/home/hong/x.rec", false), "replay:…");
        assert_eq!(card("replay:/home/hong/x.rec", true), "replay:/home/hong/x.rec");
        assert_eq!(card("pcsc:A Reader 00 00", false), "pcsc:A Reader 00 00");
    }
}
