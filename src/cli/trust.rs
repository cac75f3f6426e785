//! `iccard trust`: the store of those who are believed, and the anchors of every command that
//! judges.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use time::{UtcDateTime, format_description::well_known::Rfc3339};

use super::{
    Context,
    failure::{self, Failure},
    holder::shown,
    output::Output,
};
use crate::{
    pki::{Certificate, Crl},
    trust::{AnchorError, Anchors, ImportReport, Store, StoreError},
};

#[derive(Debug, Subcommand)]
pub(super) enum TrustCommand {
    /// Take CSCA certificates, master lists, revocation lists and directories into the store
    Import(ImportArgs),
    /// Show who is in the store
    List(ListArgs),
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Files, or folders with *.cer, *.crt, *.der, *.pem, *.ml, *.crl and *.ldif
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// Take a master list only where a CSCA that is believed stands above its signer
    #[arg(long)]
    anchored: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only those of this country, two letters
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
}

pub(super) fn run(context: &Context, command: TrustCommand) -> Result<ExitCode> {
    match command {
        TrustCommand::Import(args) => import(&context.out, &args),
        TrustCommand::List(args) => list(&context.out, &args),
    }
}

/// The anchors that a command judges by: those of the folders given, else the store's.
pub(super) fn anchors(out: &Output, dirs: &[PathBuf]) -> Result<Anchors> {
    if dirs.is_empty() {
        let anchors = store()?.anchors().map_err(|e| of_store(&e, "read the trust store"))?;
        if anchors.is_empty() {
            out.note(
                "nobody is believed: give --trust DIR, or fill the store: iccard trust import",
            );
        }
        return Ok(anchors);
    }
    let names: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
    let mut all = Anchors::new(names.join(", "));
    for dir in dirs {
        Anchors::from_dir(dir).and_then(|anchors| all.extend(anchors)).map_err(|e| of_dir(&e))?;
    }
    for fault in all.faults() {
        out.note(format!("passed over: {}", shown(&fault.to_string())));
    }
    Ok(all)
}

fn of_dir(error: &AnchorError) -> Failure {
    Failure::new(failure::FILE, shown(&error.to_string()))
        .step("read the trust anchors")
        .help("--trust takes folders with *.cer, *.crt, *.der, *.pem, *.ml, *.crl and *.ldif")
}

fn of_store(error: &StoreError, step: &str) -> Failure {
    let failure = Failure::new(failure::FILE, shown(&error.to_string())).step(step);
    match error {
        StoreError::Io { path, .. } => failure.got(path.display().to_string()),
        StoreError::Anchors(_) => failure,
    }
}

// The platform's folder for a user's data; ICCARD_DATA names another, for tests and services.
fn store() -> Result<Store> {
    let data = match std::env::var_os("ICCARD_DATA").filter(|data| !data.is_empty()) {
        Some(data) => PathBuf::from(data),
        None => directories::ProjectDirs::from("", "", "iccard")
            .map(|dirs| dirs.data_dir().to_owned())
            .ok_or_else(|| {
                Failure::new(failure::FILE, "this user has no home folder")
                    .step("find the trust store")
                    .help("name a folder in ICCARD_DATA, or give --trust DIR")
            })?,
    };
    Ok(Store::new(data.join("trust")))
}

fn import(out: &Output, args: &ImportArgs) -> Result<ExitCode> {
    let store = store()?;
    let report = store
        .import(&args.paths, args.anchored)
        .map_err(|e| of_store(&e, "import into the trust store"))?;
    for list in &report.lists {
        let vouched = &list.vouched;
        out.row("list", shown(&list.name));
        let above = if vouched.believed {
            "which is believed"
        } else {
            "which came with it: whoever gave you the file vouches for it, nobody else"
        };
        let at = vouched.signed_at.map_or_else(String::new, |at| format!(" at {}", text(at)));
        out.row("", format!("signed{at} by {}", vouched.signer.subject));
        out.row("", format!("under {}, {above}", vouched.anchor.subject));
        if !vouched.for_lists {
            out.row("", "weak: the signer's certificate is not one for master lists");
        }
    }
    for fault in &report.faults {
        out.row("left out", shown(&fault.to_string()));
    }
    out.row("taken", told(&report));
    out.row("store", store.dir().display().to_string());
    let mut object = serde_json::to_value(&report)?;
    object["store"] = json!(store.dir());
    out.object(object);
    let kept = report.added + report.known + report.crls_added + report.crls_known;
    Ok(if kept == 0 { ExitCode::from(failure::NEGATIVE) } else { ExitCode::SUCCESS })
}

fn told(report: &ImportReport) -> String {
    let mut parts = vec![format!("{} certificates", report.added)];
    for (count, what) in [
        (report.crls_added, "revocation lists"),
        (report.known + report.crls_known, "that were there already"),
        (report.faults.len(), "left out"),
        (report.signers, "document signers passed over, which EF.SOD carries itself"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}

fn list(out: &Output, args: &ListArgs) -> Result<ExitCode> {
    let store = store()?;
    let anchors = store.anchors().map_err(|e| of_store(&e, "read the trust store"))?;
    let now = UtcDateTime::now();
    let country = args.country.as_ref().map(|code| code.to_ascii_uppercase());
    let wanted = |of: Option<String>| country.is_none() || of == country;
    let mut certificates: Vec<_> =
        anchors.certificates().iter().filter(|c| wanted(c.country())).collect();
    certificates.sort_by_key(|c| (c.country(), c.subject(), c.validity().not_before));
    let mut crls: Vec<_> =
        anchors.crls().iter().filter(|crl| wanted(crl.issuer().country())).collect();
    crls.sort_by_key(|crl| (crl.issuer().country(), crl.issuer().to_string()));
    for certificate in &certificates {
        let state = match (!is_link(certificate), certificate.validity().contains(now)) {
            (true, true) => "",
            (true, false) => "   not valid now",
            (false, true) => "   link",
            (false, false) => "   link, not valid now",
        };
        let code = certificate.country().unwrap_or_else(|| "--".into());
        let until = certificate.validity().not_after.date();
        let key = key(certificate);
        out.line(format!("{code:<3} {until}  {key:<16} {}{state}", certificate.subject()));
    }
    for crl in &crls {
        let code = crl.issuer().country().unwrap_or_else(|| "--".into());
        let until =
            crl.next_update().map_or_else(|| "no end    ".into(), |at| at.date().to_string());
        let state = if is_current(crl, now) { "" } else { "   OUT OF DATE" };
        let count = format!("{} revoked", crl.revoked().len());
        out.line(format!("{code:<3} {until}  {count:<16} CRL of {}{state}", crl.issuer()));
    }
    let summary = anchors.summary();
    out.row("store", store.dir().display().to_string());
    out.row("", format!("{} certificates, {} revocation lists", summary.count, summary.crls.count));
    if anchors.is_empty() {
        out.note("nobody is believed yet: iccard trust import FILE|DIR");
    }
    out.object(json!({
        "store": store.dir(),
        "trust": summary,
        "certificates": certificates.iter().map(|c| of_certificate(c, now)).collect::<Vec<_>>(),
        "crls": crls.iter().map(|crl| of_crl(crl, now)).collect::<Vec<_>>(),
    }));
    Ok(ExitCode::SUCCESS)
}

fn of_certificate(certificate: &Certificate, now: UtcDateTime) -> serde_json::Value {
    let validity = certificate.validity();
    json!({
        "country": certificate.country(),
        "subject": certificate.subject(),
        "issuer": certificate.issuer(),
        "serial": hex::encode(certificate.serial()),
        "not_before": text(validity.not_before),
        "not_after": text(validity.not_after),
        "valid_now": validity.contains(now),
        "link": is_link(certificate),
        "key": key(certificate),
        "signature": certificate.signature_algorithm().ok().map(|a| a.to_string()),
        "sha256": hex::encode(certificate.fingerprint()),
    })
}

fn of_crl(crl: &Crl, now: UtcDateTime) -> serde_json::Value {
    json!({
        "country": crl.issuer().country(),
        "issuer": crl.issuer().to_string(),
        "number": crl.number().map(hex::encode),
        "this_update": text(crl.this_update()),
        "next_update": crl.next_update().map(text),
        "current": is_current(crl, now),
        "revoked": crl.revoked().len(),
        "sha256": hex::encode(crl.fingerprint()),
    })
}

fn is_current(crl: &Crl, now: UtcDateTime) -> bool {
    crl.next_update().is_some_and(|next| now <= next)
}

// By its names, and by the key identifiers where a CA linked its next key under the same name.
fn is_link(certificate: &Certificate) -> bool {
    !certificate.is_self_issued() || certificate.key_id_agrees(certificate) == Some(false)
}

fn key(certificate: &Certificate) -> String {
    certificate.subject_key().map_or_else(|_| "unknown key".into(), |key| key.to_string())
}

/// A time in whole seconds, RFC 3339.
pub(super) fn text(at: UtcDateTime) -> String {
    let at = at.truncate_to_second();
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}

/// A time as a person writes it: `now`, RFC 3339, or a day, which begins at midnight UTC.
pub(super) fn time_of(text: &str) -> Result<UtcDateTime, String> {
    use time::{
        OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description,
    };
    const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
    if text == "now" {
        return Ok(UtcDateTime::now());
    }
    if let Ok(date) = time::Date::parse(text, DAY) {
        return Ok(date.midnight().as_utc());
    }
    OffsetDateTime::parse(text, &Rfc3339).map(OffsetDateTime::to_utc).map_err(|_| {
        "now, a day (2026-05-28) or a time (2026-05-28T08:00:00Z) is expected".to_owned()
    })
}

/// Reads a file of at most that many bytes.
pub(super) fn read_bounded(path: &Path, what: &str, limit: usize) -> Result<Vec<u8>> {
    use std::io::Read;
    let fail = |error: std::io::Error| Failure::file(path, what, &error);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(fail)?;
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() > limit {
        return Err(Failure::new(failure::NEGATIVE, format!("{}: too large", path.display()))
            .step(what)
            .expected(format!("at most {limit} bytes"))
            .into());
    }
    Ok(bytes)
}
