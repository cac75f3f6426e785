//! Where lines come from: a person at a terminal, with history and completion, or a pipe.

use std::{
    cell::RefCell,
    io::{BufRead, IsTerminal},
    path::PathBuf,
    rc::Rc,
};

use anyhow::Result;
use rustyline::{Config, Editor, error::ReadlineError, history::FileHistory};

use super::complete::{Known, Words};
use crate::cli::failure::{self, Failure};

/// Most bytes of a line that comes through a pipe.
const MAX_LINE: usize = 1 << 20;
const HISTORY: usize = 2_000;

pub(super) enum Input {
    Person { editor: Box<Editor<Words, FileHistory>>, history: Option<PathBuf> },
    Pipe(std::io::StdinLock<'static>),
}

/// What came.
pub(super) enum Line {
    Text(String),
    /// Ctrl-C: what was begun is forgotten.
    Interrupted,
    End,
}

impl Input {
    pub(super) fn new(known: Rc<RefCell<Known>>, keep_history: bool) -> Result<Self> {
        if !std::io::stdin().is_terminal() {
            return Ok(Self::Pipe(std::io::stdin().lock()));
        }
        let failed = |error: ReadlineError| {
            Failure::new(failure::FILE, format!("the terminal cannot be used: {error}"))
                .step("open the shell")
                .help("without a terminal the lines come from stdin: `iccard shell <lines`")
        };
        let config = Config::builder()
            .history_ignore_space(true)
            .max_history_size(HISTORY)
            .map_err(failed)?
            .completion_type(rustyline::CompletionType::List)
            .build();
        let mut editor = Editor::with_config(config).map_err(failed)?;
        editor.set_helper(Some(Words::new(known)));
        let history = keep_history.then(history).flatten();
        if let Some(path) = &history {
            // The first time there is none.
            let _ = editor.load_history(path);
        }
        Ok(Self::Person { editor: Box::new(editor), history })
    }

    pub(super) fn line(&mut self, prompt: &str) -> Result<Line> {
        match self {
            Self::Person { editor, .. } => match editor.readline(prompt) {
                Ok(text) => Ok(Line::Text(text)),
                Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
                Err(ReadlineError::Eof) => Ok(Line::End),
                Err(error) => Err(Failure::new(failure::FILE, error.to_string())
                    .step("read a line from the terminal")
                    .into()),
            },
            Self::Pipe(stdin) => {
                use std::io::Read;
                let mut bytes = Vec::new();
                let most = MAX_LINE as u64 + 1;
                stdin.by_ref().take(most).read_until(b'\n', &mut bytes)?;
                if bytes.is_empty() {
                    return Ok(Line::End);
                }
                if bytes.len() > MAX_LINE {
                    return Err(Failure::usage(format!("a line is longer than {MAX_LINE} bytes"))
                        .step("read a line")
                        .help("`iccard run` runs large scripts")
                        .into());
                }
                let text = String::from_utf8(bytes)
                    .map_err(|_| Failure::usage("a line is not UTF-8 text").step("read a line"))?;
                Ok(Line::Text(text))
            }
        }
    }

    /// Keeps a text for the arrow keys.
    pub(super) fn remember(&mut self, text: &str) {
        if let Self::Person { editor, .. } = self {
            let _ = editor.add_history_entry(text.trim_end());
        }
    }

    pub(super) fn history(&self) -> Vec<String> {
        match self {
            Self::Person { editor, .. } => editor.history().iter().map(ToOwned::to_owned).collect(),
            Self::Pipe(_) => Vec::new(),
        }
    }

    pub(super) const fn is_person(&self) -> bool {
        matches!(self, Self::Person { .. })
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        if let Self::Person { editor, history: Some(path) } = self {
            if let Some(folder) = path.parent() {
                let _ = std::fs::create_dir_all(folder);
            }
            // A history that cannot be kept is no reason to fail.
            let _ = editor.save_history(path);
        }
    }
}

fn history() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "iccard")?;
    let folder = folders.state_dir().unwrap_or_else(|| folders.data_local_dir());
    Some(folder.join("shell-history"))
}
