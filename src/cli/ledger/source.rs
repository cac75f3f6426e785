//! Where the log is looked at: over HTTP, or in files that were fetched before.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{hashes, read};
use crate::{
    cli::api::{Api, ApiArgs},
    ledger::{Hash, MAX_NOTE},
};

#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// The issuer's URL
    #[arg(long, value_name = "URL", env = "ICCARD_ISSUER", required_unless_present = "dir")]
    issuer: Option<String>,
    /// Believe the TLS certificates of this file (PEM) instead of the usual roots
    #[arg(long, value_name = "PEM", env = "ICCARD_CA")]
    ca: Option<PathBuf>,
    /// Instead, a folder with what the issuer answered: checkpoint, consistency-FROM-TO.json
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) enum Source {
    Http(Api),
    Files(PathBuf),
}

impl SourceArgs {
    pub(super) fn open(&self) -> Result<Source> {
        if let Some(dir) = &self.dir {
            return Ok(Source::Files(dir.clone()));
        }
        let issuer = self.issuer.clone().unwrap_or_default();
        Ok(Source::Http(ApiArgs { issuer, ca: self.ca.clone() }.open(None)?))
    }
}

impl Source {
    /// The newest checkpoint.
    pub(super) fn checkpoint(&self) -> Result<String> {
        const STEP: &str = "fetch the checkpoint";
        match self {
            Self::Http(api) => api.text(STEP, "/ledger/checkpoint"),
            Self::Files(dir) => read(&dir.join("checkpoint"), MAX_NOTE, STEP),
        }
    }

    /// The proof that a log of the second size begins with that of the first.
    pub(super) fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>> {
        const STEP: &str = "fetch the proof of consistency";
        let value = match self {
            Self::Http(api) => {
                api.get(STEP, &format!("/ledger/consistency?from={from}&to={to}"))?
            }
            Self::Files(dir) => {
                let path = dir.join(format!("consistency-{from}-{to}.json"));
                let text = read(&path, MAX_NOTE, STEP)?;
                serde_json::from_str(&text).unwrap_or_default()
            }
        };
        hashes(STEP, &value)
    }
}
