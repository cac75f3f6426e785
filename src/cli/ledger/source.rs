//! Where the log is looked at: over HTTP, or in files that were fetched before.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{hashes, read};
use crate::{
    cli::{
        api::{Api, ApiArgs},
        failure::Failure,
    },
    ledger::{Hash, MAX_NOTE},
};

#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    #[command(flatten)]
    api: Option<ApiArgs>,
    /// A folder with what the issuer answered: checkpoint, consistency-FROM-TO.json
    #[arg(long, value_name = "DIR", conflicts_with_all = ["issuer", "ca"])]
    dir: Option<PathBuf>,
}

pub(super) enum Source {
    Http(Api),
    Files(PathBuf),
}

impl SourceArgs {
    pub(super) fn open(&self) -> Result<Source> {
        match (&self.dir, &self.api) {
            (Some(dir), _) => Ok(Source::Files(dir.clone())),
            (None, Some(api)) => Ok(Source::Http(api.open(None)?)),
            (None, None) => Err(Failure::usage("nowhere to look at the log")
                .step("find the log")
                .expected("--issuer or --dir")
                .got("neither")
                .help("give --issuer URL")
                .into()),
        }
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
