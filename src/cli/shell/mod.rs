//! `iccard shell`: the script language line by line, and the card's files.

mod complete;
mod files;
mod host;
mod input;
mod own;
mod script;

use std::{cell::RefCell, process::ExitCode, rc::Rc};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use self::{
    complete::Known,
    files::Place,
    host::ShellHost,
    input::{Input, Line},
    script::Done,
};
use super::{
    Context,
    failure::Failure,
    run::{FileHost, Show, Stop, Told},
};
use crate::{
    apdu::StatusWord,
    crypto::{SeededRng, SystemRng},
    lds::Df,
    script::{
        Files, Program, Sources,
        run::{Class, Flow, Machine, Options, Runner},
        syntax::{self, SourceId, StmtKind},
    },
};

#[derive(Debug, Args)]
pub(super) struct ShellArgs {
    /// Make all randomness follow from this text, that of an emulated card too: for tests
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// Neither read nor keep the lines of earlier times
    #[arg(long)]
    no_history: bool,
}

pub(super) fn run(context: &Context, args: &ShellArgs) -> Result<ExitCode> {
    let known =
        Rc::new(RefCell::new(Known { place: Place::Known(Df::MasterFile), variables: Vec::new() }));
    let input = Input::new(Rc::clone(&known), !args.no_history)?;
    // Lines that come from a file are a run like another, and Ctrl-C ends all of it.
    let stop = if input.is_person() { Stop::on_ctrl_c()? } else { Stop::default() };
    let (sources, show) = (Sources::default(), Show::new(&context.out, false));
    let told = Told { terminal: None, seed: args.seed.as_deref(), asks: true, stop: &stop };
    let host = ShellHost { inner: FileHost::new(context, told, &show, &sources), show: &show };
    let rng: Box<dyn rand_core::CryptoRng> = match &args.seed {
        Some(seed) => Box::new(SeededRng::new(seed.as_bytes(), "shell")),
        None => Box::new(SystemRng::default()),
    };
    let nothing = Program::load("shell", "", &mut Files, false).map_err(|_| empty())?;
    // Ctrl-C ends a loop, and one that would run for ever ends by itself.
    let options = Options::default();
    let machine = Runner::new(&nothing, Box::new(host), rng, options).into_machine();
    if input.is_person() {
        context.out.line("The script language line by line; `help` says what else. Ctrl-D ends.");
    }
    let shell = Shell {
        context,
        known,
        stop: stop.clone(),
        input,
        done: Done::default(),
        other: None,
        channel: None,
        worst: 0,
    };
    shell.run(machine)
}

fn empty() -> Failure {
    Failure::usage("an empty script is none").step("open the shell")
}

/// What a shell knows between two lines.
struct Shell<'a> {
    context: &'a Context,
    known: Rc<RefCell<Known>>,
    /// Set by Ctrl-C while statements run.
    stop: Stop,
    input: Input,
    done: Done,
    /// A DF that was entered by `cd` and whose files nobody knows.
    other: Option<String>,
    /// What opened the channel.
    channel: Option<&'static str>,
    worst: u8,
}

/// How a line ended.
enum After {
    More,
    Exit,
}

impl Shell<'_> {
    fn run(mut self, mut machine: Machine<'_>) -> Result<ExitCode> {
        let mut begun = String::new();
        loop {
            self.look(&machine);
            let prompt =
                if begun.is_empty() { self.prompt(&machine) } else { "    ... > ".to_owned() };
            match self.input.line(&prompt)? {
                Line::Text(line) => {
                    begun.push_str(line.trim_end_matches(['\n', '\r']));
                    begun.push('\n');
                }
                Line::Interrupted => {
                    begun.clear();
                    continue;
                }
                Line::End if begun.trim().is_empty() => break,
                Line::End => {
                    // What is not closed is told as such.
                    self.text(machine, &begun);
                    break;
                }
            }
            if begun.ends_with("\\\n") || syntax::parse(SourceId(0), &begun, false).incomplete {
                continue;
            }
            let text = std::mem::take(&mut begun);
            if text.trim().is_empty() {
                continue;
            }
            let (after, how) = self.text(machine, &text);
            machine = after;
            if let After::Exit = how {
                break;
            }
        }
        Ok(ExitCode::from(self.worst))
    }

    // A line of the shell's own, or statements.
    fn text<'h>(&mut self, mut machine: Machine<'h>, text: &str) -> (Machine<'h>, After) {
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        let rest: Vec<_> = words.collect();
        if complete::COMMANDS.contains(&first) {
            self.input.remember(text);
            if first == "exit" && rest.is_empty() {
                return (machine, After::Exit);
            }
            let (after, result) = self.own(machine, first, &rest);
            machine = after;
            if let Err(failure) = result {
                self.fail(&failure);
            }
            return (machine, After::More);
        }
        let (machine, how, _) = self.statements(machine, text, true);
        (machine, how)
    }

    // Statements as the language has them. `keep`: they are a person's, for history and `save`.
    fn statements<'h>(
        &mut self,
        machine: Machine<'h>,
        text: &str,
        keep: bool,
    ) -> (Machine<'h>, After, bool) {
        let program = match Program::load("shell", text, &mut Files, false) {
            Ok(program) => program,
            Err((sources, wrong)) => {
                if keep {
                    self.input.remember(text);
                }
                for diagnostic in &wrong {
                    self.diagnostic(diagnostic, &sources);
                }
                self.worst = self.worst.max(Class::Script.exit_code());
                return (machine, After::More, false);
            }
        };
        let body = &program.main.body;
        let secret = script::tells_secret(body);
        if keep && !secret {
            self.input.remember(text);
        }
        // What came at the prompt, or after the last statement, is not meant for these.
        self.stop.clear();
        let mut runner = Runner::resume(&program, machine);
        let (mut how, mut ran) = (After::More, true);
        for stmt in body {
            match runner.execute(stmt) {
                Ok(Flow::Exit) => how = After::Exit,
                Ok(_) => {
                    if let StmtKind::Access { way, .. } = &stmt.kind {
                        self.channel = Some(own::way(*way));
                    }
                    if let StmtKind::Send(_) | StmtKind::ReadEf { .. } = &stmt.kind {
                        self.answer(runner.machine(), matches!(stmt.kind, StmtKind::Send(_)));
                    }
                }
                Err(failure) => {
                    if let StmtKind::Send(_) = &stmt.kind {
                        self.answer(runner.machine(), true);
                    }
                    self.diagnostic(&failure.diagnostic, &program.sources);
                    self.worst = self.worst.max(failure.class.exit_code());
                    ran = false;
                    break;
                }
            }
        }
        let machine = runner.into_machine();
        if keep && ran {
            if secret {
                self.done.add_line("# left out: a line with a password in it");
            } else {
                self.done.add(text, body, machine.answer().map(|answer| answer.1));
            }
        }
        (machine, how, ran)
    }

    // What the card answered. It is the person's own card: all of it is shown.
    fn answer(&self, machine: &Machine<'_>, whole: bool) {
        let Some((data, sw, time)) = machine.answer() else { return };
        let out = &self.context.out;
        let text = hex::encode_upper(data);
        let space = if text.is_empty() { "" } else { " " };
        if whole {
            out.line(format!("< {text}{space}{sw}   {} µs", time.as_micros()));
        } else {
            out.line(format!("< {text}   {} bytes", data.len()));
        }
        out.json_line(json!({ "data": text, "sw": format!("{:04X}", sw.0), "us": micros(time) }));
    }

    fn diagnostic(&self, diagnostic: &crate::script::Diagnostic, sources: &Sources) {
        let out = &self.context.out;
        out.line(diagnostic.draw(sources, out.is_coloured()).trim_end());
        let mut value = json!({ "error": diagnostic.json(sources) });
        if let Value::Object(map) = &mut value {
            map.insert("ok".into(), false.into());
        }
        out.json_line(value);
    }

    fn fail(&mut self, failure: &Failure) {
        let out = &self.context.out;
        out.line(format!("error: {failure}"));
        if let Some(help) = &failure.help {
            out.line(format!("  help: {help}"));
        }
        out.json_line(
            json!({ "ok": false, "error": { "code": failure.code, "message": failure.message,
            "help": failure.help } }),
        );
        self.worst = self.worst.max(failure.code);
    }

    // Where the machine stands now, for prompt and completion.
    fn look(&mut self, machine: &Machine<'_>) {
        let place = match (&self.other, machine.df()) {
            (Some(name), _) => Place::Other(name.clone()),
            (None, df) => Place::Known(df),
        };
        let variables = machine.variables().keys().map(|name| (*name).to_owned()).collect();
        *self.known.borrow_mut() = Known { place, variables };
        if !machine.is_protected() {
            self.channel = None;
        }
    }

    // `resident /LDS1 PACE > `: the card, where one stands on it, the secure channel.
    fn prompt(&self, machine: &Machine<'_>) -> String {
        let card = machine.source().unwrap_or("no card");
        let card = card.strip_prefix("emulated:").unwrap_or(card);
        let place = self.known.borrow().place.path();
        match (machine.is_protected(), self.channel) {
            (true, Some(name)) => format!("{card} {place} {name}> "),
            (true, None) => format!("{card} {place} secured> "),
            (false, _) => format!("{card} {place}> "),
        }
    }
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn sw_text(sw: StatusWord) -> String {
    format!("{:04X}", sw.0)
}
