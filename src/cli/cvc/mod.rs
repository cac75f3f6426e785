//! `iccard cvc`: the certificates that terminals show to chips.

mod create;
mod show;
mod verify;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::Subcommand;
use time::UtcDateTime;
use zeroize::Zeroizing;

use super::{Context, failure, failure::Failure};
use crate::pki::cvc::{CvCertificate, CvcDate, MAX_CERTIFICATE, PrivateKey};

#[derive(Debug, Subcommand)]
pub(super) enum CvcCommand {
    /// Issue a certificate: of a CVCA, a document verifier or a terminal
    Create(Box<create::CreateArgs>),
    /// Show what stands in certificates
    Show(show::ShowArgs),
    /// Verify a chain of certificates, and say what the last one's holder may do
    Verify(verify::VerifyArgs),
}

pub(super) fn run(context: &Context, command: CvcCommand) -> Result<ExitCode> {
    match command {
        CvcCommand::Create(args) => create::run(&context.out, &args),
        CvcCommand::Show(args) => show::run(&context.out, &args),
        CvcCommand::Verify(args) => verify::run(&context.out, &args),
    }
}

/// Files in a folder that are taken for certificates.
const SUFFIXES: [&str; 4] = ["cvcert", "cvc", "cv", "cer"];

/// The certificates of these files, and of folders the files that end in `.cvcert`, `.cvc`, `.cv`
/// or `.cer`, in the order of their names.
pub(super) fn certificates(paths: &[PathBuf]) -> Result<Vec<(PathBuf, CvCertificate)>> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            all.push((path.clone(), certificate(path)?));
            continue;
        }
        let fail = |error: std::io::Error| Failure::file(path, "read the folder", &error);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(fail)? {
            let file = entry.map_err(fail)?.path();
            let suffix = file.extension().map(|s| s.to_string_lossy().to_lowercase());
            if suffix.is_some_and(|s| SUFFIXES.contains(&s.as_str())) {
                files.push(file);
            }
        }
        files.sort();
        for file in files {
            let certificate = certificate(&file)?;
            all.push((file, certificate));
        }
    }
    Ok(all)
}

/// The certificate of a file.
pub(super) fn certificate(path: &Path) -> Result<CvCertificate> {
    let bytes = read(path, "read the certificate", MAX_CERTIFICATE)?;
    Ok(CvCertificate::parse(&bytes).map_err(|error| {
        Failure::new(failure::FILE, format!("{}: {error}", path.display()))
            .step("read the certificate")
            .expected("a card verifiable certificate, data object 7F21")
    })?)
}

/// The private key of a file.
pub(super) fn private_key(path: &Path) -> Result<PrivateKey> {
    let bytes = read(path, "read the private key", 16 << 10)?;
    Ok(PrivateKey::from_bytes(&bytes).map_err(|error| {
        Failure::new(failure::FILE, format!("{}: {error}", path.display()))
            .step("read the private key")
            .expected("PKCS#8, ECPrivateKey or RSAPrivateKey in PEM or DER, without a password")
    })?)
}

// One byte beyond the limit is read, so that the parser sees that there is more.
fn read(path: &Path, step: &str, limit: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)
        .and_then(|file| file.take(limit as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::file(path, step, &error))?;
    Ok(bytes)
}

fn today() -> Result<CvcDate> {
    Ok(CvcDate::of(UtcDateTime::now())
        .ok_or_else(|| Failure::usage("the clock is not in this century").step("read the clock"))?)
}
