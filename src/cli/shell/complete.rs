//! What Tab offers: commands, keywords, variables, files of the card, applications, paths.

use std::{cell::RefCell, rc::Rc};

use rustyline::{
    Helper, Highlighter, Hinter, Validator,
    completion::{Completer, FilenameCompleter, Pair},
};

use super::files::{DIRECTORIES, Place};
use crate::{lds::Df, script::syntax};

/// The shell's own commands.
pub(super) const COMMANDS: [&str; 10] =
    ["help", "ls", "cd", "cat", "tree", "vars", "decode", "save", "history", "exit"];

/// What the shell knows of card and script, as far as it can be completed.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) place: Place,
    pub(super) variables: Vec<String>,
}

#[derive(Helper, Hinter, Highlighter, Validator)]
pub(super) struct Words {
    pub(super) known: Rc<RefCell<Known>>,
    paths: FilenameCompleter,
}

impl Words {
    pub(super) fn new(known: Rc<RefCell<Known>>) -> Self {
        Self { known, paths: FilenameCompleter::new() }
    }

    fn offers(&self, before: &[&str], word: &str) -> Vec<String> {
        let known = self.known.borrow();
        if let Some(name) = word.strip_prefix("${") {
            let all = known.variables.iter().filter(|known| known.starts_with(name));
            return all.map(|name| format!("${{{name}}}")).collect();
        }
        if word.starts_with('%') {
            return known.variables.iter().map(|name| format!("%{name}")).collect();
        }
        let owned = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        match *before {
            [] => {
                let mut all = owned(&COMMANDS);
                all.extend(syntax::keywords().map(str::to_owned));
                all
            }
            ["cd"] => DIRECTORIES.iter().map(|(name, _)| (*name).to_owned()).collect(),
            ["cat"] | ["read" | "select", "ef"] => {
                known.place.files().map(|file| file.name().replace("eDL ", "")).collect()
            }
            ["select", "aid"] => {
                let all = [Df::Lds, Df::Edl, Df::KeyOnly].into_iter().filter_map(Df::aid);
                all.map(hex::encode_upper).collect()
            }
            ["select"] => owned(&["aid", "df", "ef", "mf"]),
            ["read"] => owned(&["ef"]),
            ["access"] => owned(&["pace", "bac", "bap"]),
            ["access", "pace"] => owned(&["can", "pin", "puk", "mrz"]),
            ["auth"] => owned(&["chip", "terminal", "active"]),
            ["sm"] => owned(&["on", "off"]),
            ["reset"] => owned(&["cold", "warm"]),
            ["disconnect"] => owned(&["leave", "reset", "unpower"]),
            ["wait"] => owned(&["card"]),
            [.., "="] | ["assert" | "echo" | "if" | "while", ..] => {
                syntax::value_words().map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        context: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let line = line.get(..pos).unwrap_or(line);
        let start = line.rfind([' ', '\t']).map_or(0, |at| at + 1);
        let word = line.get(start..).unwrap_or_default();
        let before: Vec<_> = line.get(..start).unwrap_or_default().split_whitespace().collect();
        if matches!(before.first(), Some(&("save" | "include" | ".CALL"))) {
            return self.paths.complete(line, pos, context);
        }
        let mut found = self.offers(&before, word);
        let wanted = word.to_ascii_lowercase();
        found.retain(|offer| offer.to_ascii_lowercase().starts_with(&wanted));
        found.sort_unstable();
        found.dedup();
        // Behind the one that is meant the next word begins.
        let pair = |offer: String| Pair { replacement: format!("{offer} "), display: offer };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(line: &str) -> Vec<String> {
        let variables = vec!["aid".to_owned(), "can".to_owned()];
        let known = Known { place: Place::Known(Df::Lds), variables };
        let words = Words::new(Rc::new(RefCell::new(known)));
        let history = rustyline::history::DefaultHistory::new();
        let context = rustyline::Context::new(&history);
        let (start, found) = words.complete(line, line.len(), &context).unwrap();
        found.into_iter().map(|pair| format!("{}{}", &line[..start], pair.display)).collect()
    }

    #[test]
    fn tab_knows_what_can_stand_there() {
        assert_eq!(offers("tre"), ["tree"]);
        assert_eq!(offers("acc"), ["access"]);
        assert_eq!(offers("access pace c"), ["access pace can"]);
        assert_eq!(offers("access pace can %c"), ["access pace can %can"]);
        assert_eq!(offers("cat ef.dg15"), ["cat EF.DG15"]);
        assert_eq!(offers("cat EF.H"), ["cat EF.HolderVerification"]);
        assert_eq!(offers("cd /l"), ["cd /LDS1"]);
        assert_eq!(offers("select aid A000000247"), ["select aid A0000002471001"]);
        assert_eq!(offers("00A4 "), Vec::<String>::new());
    }
}
