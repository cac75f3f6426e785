//! `iccard office`: the clerk's side, over the issuer's API.

mod qr;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    Context,
    api::{Api, ApiArgs, query},
    failure::Failure,
    files,
    holder::shown,
    output::Output,
    secrets,
};

#[derive(Debug, Subcommand)]
pub(super) enum OfficeCommand {
    /// Make a one-time QR code for a person without an IC card
    Offer(OfferArgs),
    /// Report a lost card (the mobile card ends too) or a lost phone (it is locked at once)
    ReportLost(ReportArgs),
    /// Report that a lost card was found: it can be tapped again; the mobile card stays ended
    CardFound(CardFoundArgs),
    /// Report what changed: another registered address, or that the person died or left
    ReportChange(ChangeArgs),
    /// Unlock a phone that was found again
    Resume(PersonArgs),
    /// Show what happened to a person's cards and phones
    History(PersonArgs),
    /// Let the phone that claimed an offer have its card, where the issuer wants that
    Confirm(ConfirmArgs),
}

/// The issuer and the clerk.
#[derive(Debug, Args)]
struct ClerkArgs {
    #[command(flatten)]
    api: ApiArgs,
    /// A file with the clerk's token; else ICCARD_CLERK_TOKEN
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The clerk's token; others on this machine can see it
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file", allow_hyphen_values = true)]
    token: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct PersonArgs {
    #[command(flatten)]
    clerk: ClerkArgs,
    /// The person, as the population registry knows them
    #[arg(long, value_name = "ID")]
    person: String,
}

#[derive(Debug, Args)]
pub(super) struct OfferArgs {
    #[command(flatten)]
    to: PersonArgs,
    /// Where the office is, as addresses there begin
    #[arg(long, value_name = "AREA")]
    office: Option<String>,
    /// Write the QR code as a picture, too
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the transaction code to this file and nowhere else
    #[arg(long, value_name = "FILE")]
    tx_code_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// What was lost
    #[arg(value_enum)]
    what: Lost,
    #[command(flatten)]
    of: PersonArgs,
    /// The number of the lost card; else the current one of the population registry
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct CardFoundArgs {
    #[command(flatten)]
    of: PersonArgs,
    /// The number of the card; else the current one of the population registry
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// What changed
    #[arg(value_enum)]
    what: Changed,
    #[command(flatten)]
    of: PersonArgs,
}

#[derive(Debug, Args)]
pub(super) struct ConfirmArgs {
    #[command(flatten)]
    clerk: ClerkArgs,
    /// The offer, as `office offer` printed it
    #[arg(long, value_name = "ID")]
    offer: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Lost {
    Card,
    Phone,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Changed {
    Address,
    Left,
}

pub(super) fn run(context: &Context, command: &OfficeCommand) -> Result<ExitCode> {
    let out = &context.out;
    match command {
        OfficeCommand::Offer(args) => offer(out, args),
        OfficeCommand::ReportLost(args) => {
            let what = match args.what {
                Lost::Card => "card",
                Lost::Phone => "phone",
            };
            report(out, &args.of, what, args.number.as_deref())
        }
        OfficeCommand::CardFound(args) => {
            report(out, &args.of, "card-found", args.number.as_deref())
        }
        OfficeCommand::ReportChange(args) => {
            let what = match args.what {
                Changed::Address => "address",
                Changed::Left => "left",
            };
            report(out, &args.of, what, None)
        }
        OfficeCommand::Resume(args) => report(out, args, "found", None),
        OfficeCommand::History(args) => history(out, args),
        OfficeCommand::Confirm(args) => confirm(out, args),
    }
}

impl ClerkArgs {
    fn open(&self) -> Result<Api> {
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => Some(Zeroizing::new(token.clone())),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path);
                let text = text.map_err(|e| Failure::file(path, "read the token", &e))?;
                Some(Zeroizing::new(text.trim().to_owned()))
            }
            (None, None) => secrets::from_env("ICCARD_CLERK_TOKEN"),
        };
        let missing = || {
            Failure::usage("the office needs a clerk's token")
                .step("authenticate")
                .expected("--token-file or ICCARD_CLERK_TOKEN")
                .got("neither")
                .help("`iccard issuer init` printed one; the issuer's configuration has its hash")
        };
        self.api.open(Some(token.ok_or_else(missing)?))
    }
}

fn offer(out: &Output, args: &OfferArgs) -> Result<ExitCode> {
    const STEP: &str = "make an offer";
    let api = args.to.clerk.open()?;
    let mut body = json!({ "person": args.to.person });
    if let Some(office) = &args.office {
        body["office"] = json!(office);
    }
    let mut made = api.post(STEP, "/office/offers", &body)?;
    let uri = text(&made, "offer_uri");
    let code = qr::Code::new(&uri).ok_or_else(|| {
        Failure::new(super::failure::FILE, format!("{STEP}: the offer does not fit a QR code"))
            .step(STEP)
            .expected("an offer by reference")
            .got(format!("{} bytes", uri.len()))
            .help("is --issuer the URL of an issuer of this version?")
    })?;
    if let Some(path) = &args.svg {
        files::write_private(path, "write the QR code", code.svg().as_bytes())?;
    }
    let tx_code = Zeroizing::new(text(&made, "tx_code"));
    if let Some(path) = &args.tx_code_file {
        let line = Zeroizing::new(format!("{}\n", tx_code.as_str()));
        files::write_private(path, "write the transaction code", line.as_bytes())?;
        if let Value::Object(members) = &mut made {
            members.remove("tx_code");
        }
    }
    out.line(code.terminal());
    out.row("offer", text(&made, "offer"));
    out.row("link", &uri);
    out.row("until", text(&made, "expires_at"));
    out.row("fee", format!("{} won", made["fee"]));
    match &args.tx_code_file {
        Some(path) => out.row("tx_code", format!("in {}", path.display())),
        // For the holder's ears or a slip of paper: whoever has both has the card.
        None => out.row("tx_code", format!("{}   tell it apart from the QR code", *tx_code)),
    }
    out.object(made);
    Ok(ExitCode::SUCCESS)
}

fn report(out: &Output, args: &PersonArgs, what: &str, number: Option<&str>) -> Result<ExitCode> {
    let step = match what {
        "found" => "unlock the phone",
        "card-found" => "report the card found",
        "address" | "left" => "report the change",
        _ => "report the loss",
    };
    let mut body = json!({ "person": args.person, "what": what });
    if let Some(number) = number {
        body["card"] = json!(number);
    }
    let answer = args.clerk.open()?.post(step, "/office/reports", &body)?;
    phone(out, &answer);
    out.row("changed", format!("{} credentials", answer["credentials_changed"]));
    unchecked(out, &answer);
    out.object(answer);
    Ok(ExitCode::SUCCESS)
}

fn history(out: &Output, args: &PersonArgs) -> Result<ExitCode> {
    let path = format!("/office/history?person={}", query(&args.person));
    let answer = args.clerk.open()?.get("show the history", &path)?;
    phone(out, &answer);
    for event in answer["events"].as_array().into_iter().flatten() {
        let (at, kind, detail) = (text(event, "at"), text(event, "kind"), text(event, "detail"));
        out.line(format!("{:>6}  {at}  {kind:<20}  {detail}", event["number"].to_string()));
    }
    unchecked(out, &answer);
    out.object(answer);
    Ok(ExitCode::SUCCESS)
}

fn unchecked(out: &Output, answer: &Value) {
    if answer["checked"] == false {
        let text = "nobody has looked whether there is such a person: the population registry does \
                    not answer";
        out.row("unchecked", text);
    }
}

fn confirm(out: &Output, args: &ConfirmArgs) -> Result<ExitCode> {
    let body = json!({ "offer": args.offer });
    let answer = args.clerk.open()?.post("confirm the phone", "/office/confirmations", &body)?;
    out.row("offer", "confirmed");
    out.object(answer);
    Ok(ExitCode::SUCCESS)
}

fn phone(out: &Output, answer: &Value) {
    let phone = &answer["phone"];
    if phone.is_null() {
        return out.row("phone", "none");
    }
    let (state, since, until) =
        (text(phone, "state"), text(phone, "since"), text(phone, "term_until"));
    out.row("phone", format!("{state}  since {since}, term until {until}"));
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).map(shown).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::ClerkArgs;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        clerk: ClerkArgs,
    }

    // A token is base64url: one in 64 begins so.
    #[test]
    fn a_token_may_begin_with_a_hyphen() {
        let words = ["office", "--issuer", "https://localhost", "--token", "-hZp0"];
        let line = Line::try_parse_from(words).unwrap();
        assert_eq!(line.clerk.token.as_deref(), Some("-hZp0"));
    }
}
