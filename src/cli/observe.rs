//! `-v`: the dialogue as it happens, on stderr. Under secure messaging the plain form is shown.
//! Data that may be personal or secret appears as its length.
#![allow(clippy::print_stderr)]

use super::Context;
use crate::{
    apdu::{CommandView, Response, ins},
    explain,
    session::Session,
    transport::{Exchange, Observer, Step},
};

/// The session with all that shall see its exchanges: `-v` and a recording.
pub(super) fn watched(context: &Context, session: Session) -> Session {
    watched_by(context, session, None)
}

/// The same, and one more that is to see them.
pub(super) fn watched_by(
    context: &Context,
    session: Session,
    more: Option<Box<dyn Observer>>,
) -> Session {
    let mut observers: Vec<Box<dyn Observer>> = more.into_iter().collect();
    if context.verbose {
        observers.push(Box::new(Printer));
    }
    observers.extend(context.card.record().observer());
    if observers.is_empty() { session } else { session.observed(Box::new(observers)) }
}

/// Prints every exchange.
#[derive(Debug)]
struct Printer;

impl Observer for Printer {
    fn exchange(&mut self, wire: Exchange<'_>, plain: Option<Exchange<'_>>, step: Step) {
        eprint!("{}", render(wire, plain, step));
    }
}

/// The lines of one exchange.
pub(super) fn render(wire: Exchange<'_>, plain: Option<Exchange<'_>>, step: Step) -> String {
    let protected = if plain.is_some() { " (secure messaging)" } else { "" };
    let shown = plain.unwrap_or(wire);
    let mut text = String::new();
    match CommandView::parse(shown.command) {
        Ok(view) => {
            let name = explain::command_line(shown.command);
            text.push_str(&format!("# {}: {name}{protected}\n", step.0));
            text.push_str(&format!("> {}", hex::encode_upper(view.header.to_bytes())));
            if !view.data.is_empty() {
                if is_open(view.header.ins) {
                    text.push_str(&format!(" {}", hex::encode_upper(view.data)));
                } else {
                    text.push_str(&format!(" ({} bytes, not shown)", view.data.len()));
                }
            }
            if let Some(ne) = view.ne {
                text.push_str(&format!(" Ne={ne}"));
            }
            text.push('\n');
        }
        Err(error) => {
            text.push_str(&format!("# {}: {error}\n> ({} bytes)\n", step.0, shown.command.len()));
        }
    }
    let micros = wire.time.as_micros();
    match Response::parse(shown.response) {
        Ok(response) if response.data.is_empty() => {
            text.push_str(&format!("< {}   {micros} µs\n", response.sw));
        }
        Ok(response) => text.push_str(&format!(
            "< {} {}   {micros} µs\n",
            data(shown.command, &response.data),
            response.sw
        )),
        Err(error) => text.push_str(&format!("< {error}   {micros} µs\n")),
    }
    text
}

// Files of the application are personal; the protocols' own data is not.
fn data(command: &[u8], data: &[u8]) -> String {
    let personal = !matches!(
        command.get(1),
        Some(&(ins::GENERAL_AUTHENTICATE | ins::MANAGE_SECURITY_ENVIRONMENT | ins::SELECT))
    );
    if personal || data.len() > 128 {
        format!("({} bytes, not shown)", data.len())
    } else {
        hex::encode_upper(data)
    }
}

// Commands whose data is neither secret nor personal. What EXTERNAL AUTHENTICATE of BAC carries
// would let an MRZ be guessed offline.
const fn is_open(ins: u8) -> bool {
    matches!(
        ins,
        ins::SELECT
            | ins::READ_BINARY
            | ins::READ_BINARY_ODD
            | ins::MANAGE_SECURITY_ENVIRONMENT
            | ins::GENERAL_AUTHENTICATE
            | ins::INTERNAL_AUTHENTICATE
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn pins_and_files_do_not_appear() {
        let exchange =
            |command, response| Exchange { command, response, time: Duration::from_micros(7) };
        let step = Step("a step");
        let verify = render(exchange(b"\x00\x20\x00\x03\x06123456", b"\x63\xC2"), None, step);
        assert_eq!(
            verify,
            "# a step: VERIFY, password 03 (PIN), 6 bytes\n> 00200003 (6 bytes, not shown)\n< 63C2 (warning, 2 tries left)   7 µs\n"
        );
        let bac = render(exchange(b"\x00\x82\x00\x00\x02\x12\x34", b"\x63\x00"), None, step);
        assert!(bac.contains("00820000 (2 bytes, not shown)"), "{bac}");
        let read = render(
            exchange(b"\x0C\xB0\x81\x00", b"\x00"),
            Some(exchange(b"\x00\xB0\x81\x00\x04", b"HONG\x90\x00")),
            step,
        );
        assert_eq!(
            read,
            "# a step: READ BINARY, short EF identifier 01 (EF.DG1; EF.ATR/INFO in the master file) \
             (secure messaging)\n> 00B08100 Ne=4\n< (4 bytes, not shown) 9000 (success)   7 µs\n"
        );
    }
}
