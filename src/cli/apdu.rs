//! `iccard apdu`: APDUs as they are.

use std::{io::BufRead, process::ExitCode};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{Context, card, failure::Failure, observe};
use crate::{
    apdu::{CommandView, Response},
    session::Session,
    transport::{Deadline, Limits, Step, Transport},
};

#[derive(Debug, Args)]
pub(super) struct ApduArgs {
    /// Commands in hexadecimal, blanks and colons ignored; `-` reads one a line from stdin
    #[arg(required = true, value_name = "HEX")]
    commands: Vec<String>,
    /// Send the bytes untouched: no GET RESPONSE after 61xx, no corrected Le after 6Cxx
    #[arg(long)]
    raw: bool,
}

pub(super) fn run(context: &Context, args: &ApduArgs) -> Result<ExitCode> {
    let commands = commands(&args.commands)?;
    let opened = card::open(&context.card, card::Use::Leave)?;
    let atr = hex::encode_upper(opened.transport.atr());
    context.out.row("card", &opened.source);
    context.out.row("ATR", &atr);
    let mut way = if args.raw {
        Way::Raw(opened.transport)
    } else {
        let session = Session::new(opened.transport).with_timeout(context.card.timeout());
        let mut session = observe::watched(context, session);
        session.allow(Limits::EXTENDED);
        Way::Session(Box::new(session))
    };
    let mut exchanges = Vec::new();
    for command in &commands {
        let response = way.send(command, Deadline::after(context.card.timeout()))?;
        context.out.line(format!("> {}", hex::encode_upper(command)));
        let data = hex::encode_upper(&response.data);
        let space = if data.is_empty() { "" } else { " " };
        context.out.line(format!("< {data}{space}{}", response.sw));
        exchanges.push(json!({
            "command": hex::encode_upper(command),
            "data": data,
            "sw": format!("{:04X}", response.sw.0),
            "meaning": response.sw.meaning(),
        }));
    }
    context.out.object(json!({
        "card": { "source": opened.source, "atr": atr },
        "exchanges": exchanges,
    }));
    Ok(ExitCode::SUCCESS)
}

enum Way {
    Raw(Box<dyn Transport>),
    Session(Box<Session>),
}

impl Way {
    fn send(&mut self, bytes: &[u8], deadline: Deadline) -> Result<Response> {
        match self {
            Self::Raw(transport) => {
                let mut response = Vec::new();
                transport.transceive(bytes, &mut response, deadline)?;
                Ok(Response::parse(&response)?)
            }
            Self::Session(session) => {
                let view = CommandView::parse(bytes).map_err(|error| {
                    Failure::usage(format!("{}: {error}", hex::encode_upper(bytes)))
                        .step("parse the command")
                        .help("--raw sends any bytes")
                })?;
                Ok(session.exchange(&view.to_command(), Step("APDU"))?)
            }
        }
    }
}

fn commands(args: &[String]) -> Result<Vec<Vec<u8>>> {
    let mut commands = Vec::new();
    for arg in args {
        if arg != "-" {
            commands.push(parse(arg)?);
            continue;
        }
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            let text = line.split('#').next().unwrap_or_default().trim();
            if !text.is_empty() {
                commands.push(parse(text)?);
            }
        }
    }
    Ok(commands)
}

fn parse(text: &str) -> Result<Vec<u8>> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    hex::decode(&digits).map_err(|error| {
        Failure::usage(format!("{text:?} is no APDU in hexadecimal: {error}"))
            .step("parse the command")
            .expected("pairs of hexadecimal digits")
            .into()
    })
}
