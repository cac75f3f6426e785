//! The shell's own commands.

use serde_json::json;

use super::{
    Shell,
    files::{self, Found, Place},
    sw_text,
};
use crate::{
    cli::failure::{self, Failure},
    explain,
    lds::{Df, File},
    script::{run::Machine, syntax::Access},
    session::SessionError,
};

const HELP: &str = "\
ls              the files here that the card knows, and whether they can be read
cd DIR          / (the master file), /LDS1, /eDL, /key-only, an AID or a file identifier
cat FILE        a file, explained
tree            all directories and their files
vars            the variables
decode HEX      what bytes mean
save FILE       what was done, as a script that `iccard run` runs
history         the lines so far
exit            the end; Ctrl-D too
Everything else is the script language (apdu-scripts/README.md):
  00A4 040C #(A0000002471001)          a command
  secret can = env:ICCARD_CAN or prompt \"CAN\"
  access pace can %can                 opens the card
  read ef EF.COM                       a file
  let n = uint(resp[1])                a value of the last answer
Tab completes; Ctrl-C ends what runs; a line that begins with a blank stands in no history.";

/// What a secure channel is called in the prompt.
pub(super) const fn way(access: Access) -> &'static str {
    match access {
        Access::PaceCan => "PACE-CAN",
        Access::PacePin => "PACE-PIN",
        Access::PacePuk => "PACE-PUK",
        Access::PaceMrz => "PACE-MRZ",
        Access::Bac => "BAC",
        Access::Bap => "BAP",
    }
}

type Done<'h> = (Machine<'h>, Result<(), Failure>);

impl Shell<'_> {
    pub(super) fn own<'h>(&mut self, machine: Machine<'h>, name: &str, rest: &[&str]) -> Done<'h> {
        let out = &self.context.out;
        match (name, rest) {
            ("help", _) => {
                out.line(HELP);
                out.json_line(json!({ "help": HELP }));
                (machine, Ok(()))
            }
            ("vars", []) => {
                for (name, value) in machine.variables() {
                    out.line(format!("%{name:<12} {}", value.told()));
                    out.json_line(json!({ "variable": name, "value": value.told() }));
                }
                (machine, Ok(()))
            }
            ("history", []) => {
                self.input.history().iter().for_each(|line| out.line(line));
                (machine, Ok(()))
            }
            ("decode", [_, ..]) => {
                let readings = explain::any(rest.join(" ").as_bytes());
                let Some((kind, node)) = readings.first() else {
                    return (machine, Err(wrong("decode", "hexadecimal digits, base64 or an OID")));
                };
                out.row("read as", kind.name());
                out.line(node.draw().trim_end());
                out.json_line(json!({ "kind": kind.name(), "tree": node }));
                (machine, Ok(()))
            }
            ("save", [path]) => {
                let text = self.done.text(machine.source().unwrap_or("no card"));
                let saved = crate::cli::files::write_new_private(
                    std::path::Path::new(path),
                    "save the script",
                    text.as_bytes(),
                );
                if let Err(error) = saved {
                    return (machine, Err(Failure::from_error(error)));
                }
                let lines = self.done.len();
                out.line(format!("{path} written: {lines} lines; try: iccard run {path}"));
                out.json_line(json!({ "file": path, "lines": lines }));
                (machine, Ok(()))
            }
            ("ls", []) => self.list(machine),
            ("tree", []) => self.tree(machine),
            ("cd", []) => self.enter(machine, "/", true),
            ("cd", [name]) => self.enter(machine, name, true),
            ("cat", [name]) => self.cat(machine, name),
            _ => (machine, Err(wrong(name, "as `help` says"))),
        }
    }

    fn list<'h>(&mut self, mut machine: Machine<'h>) -> Done<'h> {
        let place = self.known.borrow().place.clone();
        let found = with_session(&mut machine, |session| files::list(session, &place));
        let done = found.map(|all| {
            self.show_list(&place, &all, "");
        });
        (machine, done)
    }

    fn show_list(&self, place: &Place, all: &[(File, Found)], indent: &str) {
        let out = &self.context.out;
        for (file, found) in all {
            let name = file.name().replace("eDL ", "");
            out.line(format!("{indent}{name:<22} {:04X}  {found}", file.fid()));
            out.json_line(json!({ "directory": place.path(), "file": file.name(),
                "fid": format!("{:04X}", file.fid()), "state": found.to_string() }));
        }
        if all.is_empty() {
            let why = if matches!(place, Place::Other(_)) {
                "its files have no known names: read them by `read ef FID`"
            } else {
                "no known file"
            };
            out.line(format!("{indent}{why}"));
        }
    }

    // Goes through all directories, and comes back.
    fn tree<'h>(&mut self, mut machine: Machine<'h>) -> Done<'h> {
        let before = self.known.borrow().place.clone();
        for (name, df) in files::DIRECTORIES {
            let place = Place::Known(df);
            let listed = with_session(&mut machine, |session| {
                let sw = session.select_df(df, files::STEP)?;
                Ok(if sw.is_success() { Ok(files::list(session, &place)?) } else { Err(sw) })
            });
            match listed {
                Ok(Ok(all)) => {
                    self.context.out.line(name);
                    self.show_list(&place, &all, "  ");
                }
                Ok(Err(sw)) if df != Df::MasterFile => {
                    self.context.out.line(format!("{name}   not here ({})", sw_text(sw)));
                }
                Ok(Err(sw)) => self.context.out.line(format!("{name}   {sw}")),
                Err(failure) => return (machine, Err(failure)),
            }
        }
        if let Err(failure) = self.show_others(&mut machine) {
            return (machine, Err(failure));
        }
        // The runner knows nothing of the selections above.
        match before {
            Place::Known(df) => self.enter(machine, files::path(df), false),
            Place::Other(name) => self.enter(machine, &name, false),
        }
    }

    // Applications that EF.DIR names and nobody here knows.
    fn show_others(&self, machine: &mut Machine<'_>) -> Result<(), Failure> {
        let dir = with_session(machine, |session| {
            let here = session.select_df(Df::MasterFile, files::STEP)?;
            Ok(if here.is_success() { files::read(session, File::Dir).ok() } else { None })
        })?;
        for aid in files::applications(&dir.unwrap_or_default()) {
            if !files::DIRECTORIES.iter().any(|(_, df)| df.aid() == Some(&aid)) {
                let aid = hex::encode_upper(aid);
                self.context.out.line(format!("/{aid}   in EF.DIR; `cd {aid}` enters it"));
            }
        }
        Ok(())
    }

    // `keep`: it belongs to what is saved.
    fn enter<'h>(&mut self, machine: Machine<'h>, name: &str, keep: bool) -> Done<'h> {
        let known = files::directory(name);
        let (line, other) = match known.map(|df| (df, df.aid())) {
            Some((_, None)) => ("select mf".to_owned(), None),
            Some((_, Some(aid))) => (format!("select aid {}", hex::encode_upper(aid)), None),
            None => {
                let digits = name.trim_start_matches('/');
                let digits = digits.strip_prefix("aid:").unwrap_or(digits);
                let right = digits.len().is_multiple_of(2)
                    && !digits.is_empty()
                    && digits.len() <= 32
                    && digits.bytes().all(|b| b.is_ascii_hexdigit());
                if !right {
                    let expected = "/, /LDS1, /eDL, /key-only, an AID or a file identifier";
                    return (machine, Err(wrong("cd", expected).got(name)));
                }
                let what = if digits.len() == 4 { "df" } else { "aid" };
                (format!("select {what} {digits}"), Some(digits.to_ascii_uppercase()))
            }
        };
        let (machine, _, ran) = self.statements(machine, &line, false);
        if ran {
            self.other = other;
            if keep {
                self.done.add_line(line);
            }
        }
        (machine, Ok(()))
    }

    fn cat<'h>(&mut self, mut machine: Machine<'h>, name: &str) -> Done<'h> {
        let file = self.known.borrow().place.file(name);
        let Some(file) = file else {
            let expected = "the name or identifier of a file that `ls` shows";
            return (machine, Err(wrong("cat", expected).got(name)));
        };
        let read = with_session(&mut machine, |session| files::read(session, file));
        let done = read.map(|data| {
            let node = explain::file(file, &data);
            self.context.out.line(node.draw().trim_end());
            self.context.out.json_line(json!({ "file": file.name(), "bytes": data.len(),
                "tree": node }));
            self.done.add_line(format!("read ef {}", file.name().replace("eDL ", "")));
        });
        (machine, done)
    }
}

fn wrong(command: &str, expected: &str) -> Failure {
    Failure::usage(format!("{command}: {expected} is expected"))
        .step(command)
        .expected(expected)
        .help("`help` lists the commands; a script's statements need nothing before them")
}

// The dialogue, connected at the first need.
fn with_session<T>(
    machine: &mut Machine<'_>,
    act: impl FnOnce(&mut crate::session::Session) -> Result<T, SessionError>,
) -> Result<T, Failure> {
    let session = machine.connected().map_err(|failure| {
        let code = failure.class.exit_code();
        let mut told = Failure::new(code, failure.diagnostic.message.clone()).step("connect");
        told.help.clone_from(&failure.diagnostic.help);
        told
    })?;
    act(session).map_err(|error| match &error {
        SessionError::ReadRefused { .. } => {
            let told = Failure::from_error(error.into());
            Failure { code: failure::ACCESS, ..told }
                .help("`access pace can %can` or another password opens files that are closed")
        }
        _ => Failure::from_error(error.into()),
    })
}
