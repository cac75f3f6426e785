//! The one place that prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use serde_json::{Value, json};

use super::failure::Failure;

/// The version of every JSON object that is printed.
pub(super) const SCHEMA: u32 = 1;

/// Where answers go, and in which form.
#[derive(Debug)]
pub(super) struct Output {
    json: bool,
    colour: bool,
}

impl Output {
    /// Text or JSON; colour only on a terminal, and never under `NO_COLOR`.
    pub(super) fn new(json: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        Self { json, colour: !json && !no_color && std::io::stdout().is_terminal() }
    }

    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether there is colour.
    pub(super) const fn is_coloured(&self) -> bool {
        self.colour
    }

    /// A line of the answer, in text form only.
    pub(super) fn line(&self, text: impl AsRef<str>) {
        if !self.json {
            put(&mut std::io::stdout(), &format!("{}\n", text.as_ref()));
        }
    }

    /// A line with a label, as in `card      emulated:resident`.
    pub(super) fn row(&self, label: &str, text: impl AsRef<str>) {
        self.line(format!("{label:<10}{}", text.as_ref()));
    }

    /// Text on stdout as it is, whatever the form: generated scripts and pages.
    pub(super) fn raw(&self, bytes: &[u8]) {
        let _ = std::io::stdout().write_all(bytes);
    }

    /// A remark for people, on stderr, so that stdout stays the answer.
    pub(super) fn note(&self, text: impl AsRef<str>) {
        put(&mut std::io::stderr(), &format!("{}\n", text.as_ref()));
    }

    /// The answer, in JSON form only. `schema` is added.
    pub(super) fn object(&self, mut value: Value) {
        if !self.json {
            return;
        }
        if let Value::Object(map) = &mut value {
            map.insert("schema".into(), json!(SCHEMA));
        }
        put(&mut std::io::stdout(), &format!("{value:#}\n"));
    }

    /// One of many answers, as one line of JSON. `schema` is added.
    pub(super) fn json_line(&self, mut value: Value) {
        if !self.json {
            return;
        }
        if let Value::Object(map) = &mut value {
            map.insert("schema".into(), json!(SCHEMA));
        }
        put(&mut std::io::stdout(), &format!("{value}\n"));
    }

    /// Good news in green, bad news in red, where there is colour.
    pub(super) fn verdict(&self, good: bool, text: &str) -> String {
        match (self.colour, good) {
            (false, _) => text.to_owned(),
            (true, true) => format!("\x1b[1;32m{text}\x1b[0m"),
            (true, false) => format!("\x1b[1;31m{text}\x1b[0m"),
        }
    }

    /// Prints a failure and gives its exit code.
    pub(super) fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            self.object(json!({ "error": {
                "code": failure.code,
                "message": failure.message,
                "step": failure.step,
                "expected": failure.expected,
                "got": failure.got,
                "help": failure.help,
            }}));
        } else {
            let mut text = format!("error: {}\n", failure.message);
            if let Some(help) = &failure.help {
                text.push_str(&format!("  help: {help}\n"));
            }
            put(&mut std::io::stderr(), &text);
        }
        ExitCode::from(failure.code)
    }
}

// A closed pipe ends the output, not the program.
fn put(to: &mut dyn Write, text: &str) {
    let _ = to.write_all(text.as_bytes());
    let _ = to.flush();
}
