//! `iccard cvc show`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::super::output::Output;
use crate::{
    crypto::Hash,
    pki::cvc::{Chat, CvCertificate, CvcKey, Issuer},
};

#[derive(Debug, Args)]
pub(in super::super) struct ShowArgs {
    /// Certificates, or folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(out: &Output, args: &ShowArgs) -> Result<ExitCode> {
    let all = super::certificates(&args.files)?;
    for (i, (file, certificate)) in all.iter().enumerate() {
        if i > 0 {
            out.line("");
        }
        row(out, "file", &file.display().to_string());
        describe(out, certificate);
    }
    let list: Vec<_> = all
        .iter()
        .map(|(file, certificate)| {
            let mut value = to_json(certificate);
            value["file"] = json!(file);
            value
        })
        .collect();
    out.object(json!({ "certificates": list }));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn row(out: &Output, label: &str, text: &str) {
    out.line(format!("{label:<12}{text}"));
}

/// The rights of a holder, one a line.
pub(super) fn rights(out: &Output, chat: Chat) {
    let mut label = "rights";
    for right in chat.rights() {
        row(out, label, &format!("{:<26}{}", right.name, right.text));
        label = "";
    }
    if !label.is_empty() {
        row(out, label, "none");
    }
}

fn describe(out: &Output, certificate: &CvCertificate) {
    let chat = certificate.chat();
    row(out, "holder", &certificate.holder().to_string());
    let issuer = certificate.authority();
    match self_signed(certificate) {
        None => row(out, "issuer", &issuer.to_string()),
        Some(true) => row(out, "issuer", &format!("{issuer}, signed by itself")),
        Some(false) => {
            let wrong = out.verdict(false, "the signature does not verify");
            row(out, "issuer", &format!("{issuer}, itself; {wrong}"));
        }
    }
    row(out, "role", &format!("{} for {}s", chat.role(), chat.terminal()));
    rights(out, chat);
    row(out, "key", &certificate.public_key().to_string());
    row(out, "valid", &format!("{} to {}", certificate.effective(), certificate.expires()));
    for extension in certificate.extensions() {
        let what = extension.description().unwrap_or("not known");
        let data = hex::encode_upper(&extension.data);
        row(out, "extension", &format!("{} ({what}) {data}", extension.oid));
    }
}

// Only a certificate that names itself can be checked with nothing but its own key.
fn self_signed(certificate: &CvCertificate) -> Option<bool> {
    certificate.is_self_issued().then(|| Issuer::trust_point(certificate).is_ok())
}

/// What stands in a certificate.
pub(super) fn to_json(certificate: &CvCertificate) -> Value {
    let (chat, key) = (certificate.chat(), certificate.public_key());
    let (curve, bits) = match &key.key {
        CvcKey::Rsa(key) => (None, Some(key.bits())),
        CvcKey::Ec(key) => (Some(key.curve().to_string()), Some(key.curve().bits())),
        _ => (None, None),
    };
    let extensions: Vec<_> = certificate
        .extensions()
        .iter()
        .map(|e| json!({ "oid": e.oid.to_string(), "description": e.description(), "data": hex::encode(&e.data) }))
        .collect();
    json!({
        "holder": certificate.holder().to_string(),
        "authority": certificate.authority().to_string(),
        "role": chat.role().to_string(),
        "terminal_type": chat.terminal().to_string(),
        "rights": names(chat),
        "algorithm": key.algorithm.to_string(),
        "curve": curve,
        "bits": bits,
        "effective": certificate.effective().to_string(),
        "expires": certificate.expires().to_string(),
        "extensions": extensions,
        "self_signed": self_signed(certificate),
        "sha256": hex::encode(Hash::Sha256.digest(&[&certificate.to_bytes()])),
    })
}

/// The names of the rights.
pub(super) fn names(chat: Chat) -> Vec<&'static str> {
    chat.rights().map(|right| right.name).collect()
}
