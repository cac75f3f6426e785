//! `iccard decode`: what bytes mean.

use std::{io::Read, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{
    Context,
    failure::{self, Failure},
};
use crate::{
    explain::{self, Input, Kind, MAX_INPUT, Node},
    lds::File,
};

const STEP: &str = "decode";

#[derive(Args)]
pub(super) struct DecodeArgs {
    /// Hexadecimal digits (blanks and colons pass), base64, PEM, a machine readable zone or a
    /// dotted object identifier; `-` reads stdin
    #[arg(value_name = "INPUT", required_unless_present = "file", conflicts_with = "file")]
    input: Vec<String>,
    /// Read it as this: apdu, response, tlv, atr, ats, sw, oid, mrz, cvc, x509, security-infos,
    /// cms, file, or a file by its name, such as EF.DG1
    #[arg(long = "as", value_name = "KIND", value_parser = reading)]
    kind: Option<Reading>,
    /// Read it as the answer to this command, in hexadecimal digits
    #[arg(long, value_name = "HEX", conflicts_with = "kind")]
    to: Option<String>,
    /// Take it from this file: binary, or in one of the forms above
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl std::fmt::Debug for DecodeArgs {
    // What is decoded may be a person's data or a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecodeArgs").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// How the input is to be read.
#[derive(Clone, Copy, Debug)]
enum Reading {
    Kind(Kind),
    File(File),
}

fn reading(text: &str) -> Result<Reading, String> {
    if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text)) {
        return Ok(Reading::Kind(kind));
    }
    if let Some(file) = File::from_name(text) {
        return Ok(Reading::File(file));
    }
    let names: Vec<_> = Kind::ALL.into_iter().map(Kind::name).collect();
    Err(format!("one of {}, or the name of a file such as EF.DG1", names.join(", ")))
}

pub(super) fn run(context: &Context, args: &DecodeArgs) -> Result<ExitCode> {
    let given = given(args)?;
    if given.is_empty() {
        return Err(Failure::usage("there is nothing to decode").step(STEP).got("0 bytes").into());
    }
    let input = Input::new(&given);
    let readings = readings(args, &input)?;
    let out = &context.out;
    if let Some(((name, node), others)) = readings.split_first() {
        out.row("read as", name);
        out.line(node.draw().trim_end());
        for (name, node) in others {
            let first = node.draw().lines().next().unwrap_or_default().to_owned();
            out.row("or as", format!("{name:<14}  {first}"));
        }
    }
    let list: Vec<_> =
        readings.iter().map(|(kind, node)| json!({ "kind": kind, "tree": node })).collect();
    out.object(json!({ "readings": list }));
    let refused = readings.first().is_some_and(|(_, node)| node.is_refused());
    Ok(if refused { ExitCode::from(failure::NEGATIVE) } else { ExitCode::SUCCESS })
}

// All readings, the likeliest first; one alone where it was asked for.
fn readings(args: &DecodeArgs, input: &Input) -> Result<Vec<(String, Node)>> {
    if let Some(command) = &args.to {
        let (Input::Bytes(command), Input::Bytes(answer)) = (Input::new(command.as_bytes()), input)
        else {
            return Err(Failure::usage("--to: a command and its answer are bytes")
                .step(STEP)
                .expected("hexadecimal digits")
                .into());
        };
        let name = explain::command_line(&command);
        return Ok(vec![(format!("answer to {name}"), explain::answer(&command, answer))]);
    }
    let read = match args.kind {
        Some(Reading::File(file)) => match input {
            Input::Bytes(bytes) => Some((file.name().to_owned(), explain::file(file, bytes))),
            Input::Text(_) | Input::Oid(_) => None,
        },
        Some(Reading::Kind(kind)) => {
            explain::read_as(kind, input).map(|node| (kind.name().to_owned(), node))
        }
        None => {
            let kinds = explain::kinds(input).into_iter();
            let all: Vec<_> = kinds
                .filter_map(|kind| Some((kind.name().to_owned(), explain::read_as(kind, input)?)))
                .collect();
            if all.is_empty() {
                return Err(Failure::usage("that is nothing that can be decoded")
                    .step(STEP)
                    .expected("hexadecimal digits, base64, PEM, an MRZ or an object identifier")
                    .got("other text")
                    .help("an odd digit too many or a letter beyond F is the usual cause")
                    .into());
            }
            return Ok(all);
        }
    };
    read.map(|reading| vec![reading]).ok_or_else(|| {
        let kinds: Vec<_> = explain::kinds(input).into_iter().map(Kind::name).collect();
        let failure = Failure::usage("the input cannot be read as that").step(STEP);
        if kinds.is_empty() {
            return failure.got("text").into();
        }
        failure.got(kinds.join(", ")).help("leave --as out to see what it looks like").into()
    })
}

fn given(args: &DecodeArgs) -> Result<Vec<u8>> {
    let mut given = Vec::new();
    let limit = MAX_INPUT as u64 + 1;
    if let Some(path) = &args.file {
        let failed = |error: std::io::Error| Failure::file(path, "read the input", &error);
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(limit).read_to_end(&mut given).map_err(failed)?;
    } else if matches!(args.input.as_slice(), [only] if only == "-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut given)?;
    } else {
        given = args.input.join(" ").into_bytes();
    }
    if given.len() > MAX_INPUT {
        return Err(Failure::usage("the input is too long")
            .step(STEP)
            .expected(format!("at most {MAX_INPUT} bytes"))
            .got("more")
            .into());
    }
    Ok(given)
}
