//! `iccard tap --report FILE.html`: one page that says what was found, how, and what it cost.
//!
//! The page is whole in itself: no script, nothing from elsewhere, and a policy in it that forbids
//! both. It shows the holder, for that is what it is for, so its file is its owner's alone. Of a tap
//! that failed it says why, and shows the dialogue until then.

mod failed;
mod page;
mod waterfall;

use std::path::{Path, PathBuf};

use anyhow::Result;
use askama::Template;
use time::UtcDateTime;

pub(super) use self::waterfall::Gathered;
use self::{failed::FailedPage, page::Page};
use super::{
    super::{failure, failure::Failure, files, output::Output},
    report::Report,
};

const STEP: &str = "write the report";

/// Where the page goes, and what it needs of the dialogue.
#[derive(Debug)]
pub(super) struct ReportFile {
    path: PathBuf,
    force: bool,
    gathered: Gathered,
}

impl ReportFile {
    /// A file that is not there yet, or may be written over. Asked before the card is.
    pub(super) fn new(path: &Path, force: bool) -> Result<Self> {
        let ends = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        if !matches!(ends.as_deref(), Some("html" | "htm")) {
            return Err(Failure::usage(format!("--report {}: a page of HTML", path.display()))
                .step(STEP)
                .expected("a name that ends in .html")
                .help(format!("give --report {}", path.with_extension("html").display()))
                .into());
        }
        files::need_folder(path, STEP)?;
        if !force && path.exists() {
            return Err(Failure::new(failure::FILE, format!("{}: is there", path.display()))
                .step(STEP)
                .expected("a new file")
                .got("one that is there")
                .help("--force writes over it")
                .into());
        }
        Ok(Self { path: path.to_owned(), force, gathered: Gathered::default() })
    }

    /// What the session is to tell of its exchanges.
    pub(super) fn observer(&self) -> Gathered {
        self.gathered.clone()
    }

    /// Writes the page, whole or not at all.
    pub(super) fn write(&self, report: &Report<'_>, out: &Output) -> Result<()> {
        let size = self.put(&Page::new(report, &self.gathered.take()))?;
        out.row("report", format!("{}   it shows the holder: {size} B", self.path.display()));
        Ok(())
    }

    /// Writes the page of a tap that failed. What is wrong with the page itself is only told, for the
    /// failure is what counts.
    pub(super) fn write_failed(&self, why: &Failure, source: &str, now: UtcDateTime, out: &Output) {
        let page = FailedPage::new(why, source, &self.gathered.take(), now);
        match self.put(&page) {
            Ok(_) => out.note(format!("report: {}", self.path.display())),
            Err(error) => out.note(format!("error: {error:#}")),
        }
    }

    fn put(&self, page: &impl Template) -> Result<usize> {
        let html = page.render().map_err(|error| {
            Failure::new(failure::FILE, format!("the page cannot be made: {error}")).step(STEP)
        })?;
        if self.force {
            files::write_private(&self.path, STEP, html.as_bytes())?;
        } else {
            files::write_new_private(&self.path, STEP, html.as_bytes())?;
        }
        Ok(html.len())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
