//! Where the wallet is, and what opens it.

use std::{path::PathBuf, sync::Arc};

use anyhow::Result;
use serde_json::{Value, json};
use time::UtcDateTime;

use super::{WalletArgs, failure};
use crate::{
    cli::{failure::Failure, output::Output, secrets},
    crypto::SystemRng,
    issuance::Status,
    trust::encoding::rfc3339,
    wallet::{Clock, Cost, Held, Wallet},
};

const PASSPHRASE: &str = "ICCARD_WALLET_PASSPHRASE";

/// The wallet's file.
pub(super) fn path(args: &WalletArgs) -> Result<PathBuf> {
    let set = || std::env::var_os("ICCARD_WALLET").filter(|path| !path.is_empty());
    if let Some(path) = args.wallet.clone().or_else(|| set().map(PathBuf::from)) {
        return Ok(path);
    }
    let folders = directories::ProjectDirs::from("", "", "iccard");
    let folder = folders.ok_or_else(|| Failure::usage("no data folder: give --wallet FILE"))?;
    Ok(folder.data_dir().join("wallet"))
}

/// The wallet that is there.
pub(super) fn open(args: &WalletArgs) -> Result<Wallet> {
    let path = path(args)?;
    if !path.exists() {
        let failure =
            Failure::new(crate::cli::failure::FILE, format!("{}: no wallet", path.display()));
        return Err(failure
            .step("open the wallet")
            .expected("a wallet")
            .got("no file")
            .help("`iccard wallet enroll` or `claim` begins one")
            .into());
    }
    Ok(Wallet::open(&path, &passphrase()?).map_err(failure::of)?)
}

/// The wallet that is there, or a new one.
pub(super) fn open_or_begin(out: &Output, args: &WalletArgs) -> Result<Wallet> {
    let path = path(args)?;
    if path.exists() {
        return open(args);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::file(folder, "make the wallet's folder", &error))?;
    }
    let rng = &mut SystemRng::default();
    let wallet = Wallet::create(&path, &passphrase()?, Cost::RECOMMENDED, rng);
    let wallet = wallet.map_err(failure::of)?;
    out.note(format!("a new wallet: {}", path.display()));
    Ok(wallet)
}

fn passphrase() -> Result<zeroize::Zeroizing<String>> {
    match secrets::from_env(PASSPHRASE) {
        Some(passphrase) => Ok(passphrase),
        None => secrets::ask_for("the wallet", "passphrase", "a terminal", PASSPHRASE),
    }
}

/// The clock of this wallet.
#[cfg(not(feature = "test-clock"))]
pub(super) fn clock(_: &WalletArgs) -> Clock {
    Arc::new(UtcDateTime::now)
}

/// The clock of this wallet: the machine's, or that of a test.
#[cfg(feature = "test-clock")]
pub(super) fn clock(args: &WalletArgs) -> Clock {
    use crate::issuer::Clock as _;
    match &args.clock_file {
        Some(file) => {
            let clock = crate::issuer::FileClock::new(file.clone());
            Arc::new(move || clock.now())
        }
        None => Arc::new(UtcDateTime::now),
    }
}

/// Says what is held.
pub(super) fn tell(out: &Output, held: &[Held]) {
    for held in held {
        let status = held.seen.as_ref().map_or_else(String::new, |seen| {
            format!("   {} at {}", word(Status::of(seen.value)), rfc3339::text(seen.at))
        });
        let until = rfc3339::text(held.valid_until);
        out.row(
            "held",
            format!("{:<16}{:<11}until {until}{status}", held.configuration, held.format),
        );
    }
}

/// The same for programs.
pub(super) fn value(held: &[Held]) -> Value {
    let one = |held: &Held| {
        json!({
            "configuration": held.configuration,
            "format": held.format,
            "valid_until": rfc3339::text(held.valid_until),
            "status_list": held.status.as_ref().map(|s| json!({ "uri": s.uri, "idx": s.idx })),
            "status": held.seen.as_ref().map(|seen| word(Status::of(seen.value))),
            "status_at": held.seen.as_ref().map(|seen| rfc3339::text(seen.at)),
        })
    };
    held.iter().map(one).collect()
}

pub(super) const fn word(status: Status) -> &'static str {
    match status {
        Status::Valid => "valid",
        Status::Invalid => "revoked",
        Status::Suspended => "suspended",
        Status::Other(_) => "of another kind",
    }
}
