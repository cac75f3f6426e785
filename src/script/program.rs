//! A script with all files that it includes.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    Code, Diagnostic, Sources,
    syntax::{self, MAX_TEXT, Script, SourceId, Span, Stmt, StmtKind},
};

/// How deep files may include files.
const MAX_DEPTH: usize = 16;

/// Where included files come from.
pub trait Loader {
    /// The file that `from` includes as `path`: its name, by which the same file is known again,
    /// and its text.
    ///
    /// # Errors
    ///
    /// Why there is none, in words.
    fn load(&mut self, from: &str, path: &str) -> Result<(String, String), String>;
}

/// Files of this machine; a path is relative to the file that names it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files;

impl Files {
    /// The text of a file.
    ///
    /// # Errors
    ///
    /// Why there is none: it cannot be read, is too large, or is not UTF-8.
    pub fn read(path: &std::path::Path) -> Result<String, String> {
        use std::io::Read;
        let told = |error: std::io::Error| error.to_string();
        let file = std::fs::File::open(path).map_err(told)?;
        // A file may grow while it is read, and some have no length at all.
        let mut bytes = Vec::new();
        file.take(MAX_TEXT as u64 + 1).read_to_end(&mut bytes).map_err(told)?;
        if bytes.len() > MAX_TEXT {
            return Err(format!("it is larger than {MAX_TEXT} bytes"));
        }
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
            format!("it is not UTF-8 text (line {line}, byte {at})")
        })
    }
}

impl Loader for Files {
    fn load(&mut self, from: &str, path: &str) -> Result<(String, String), String> {
        let folder =
            std::path::Path::new(from).parent().unwrap_or_else(|| std::path::Path::new(""));
        let path = folder.join(path);
        let text = Self::read(&path)?;
        // One file has one name, whichever way leads to it.
        let name = path.components().fold(std::path::PathBuf::new(), |mut name, part| {
            match part {
                std::path::Component::ParentDir
                    if matches!(
                        name.components().next_back(),
                        Some(std::path::Component::Normal(_))
                    ) =>
                {
                    name.pop();
                }
                std::path::Component::CurDir => {}
                part => name.push(part),
            }
            name
        });
        Ok((name.display().to_string(), text))
    }
}

/// A script with all files that it includes.
#[derive(Clone, Debug)]
pub struct Program {
    /// The texts.
    pub sources: Sources,
    /// The script itself.
    pub main: Arc<Script>,
    included: HashMap<(SourceId, Arc<str>), Arc<Script>>,
}

impl Program {
    /// Reads a script and what it includes. A file whose name ends with `.pcom` or `.var` is read
    /// leniently in any case.
    ///
    /// # Errors
    ///
    /// The texts, and everything that is wrong in them.
    pub fn load(
        path: &str,
        text: &str,
        loader: &mut dyn Loader,
        lenient: bool,
    ) -> Result<Self, (Sources, Vec<Diagnostic>)> {
        let mut loading = Loading {
            loader,
            lenient,
            sources: Sources::default(),
            by_name: HashMap::new(),
            included: HashMap::new(),
            diagnostics: Vec::new(),
            left: 2 * MAX_TEXT,
        };
        let main = loading.add(path, text);
        match main {
            Some(main) if loading.diagnostics.is_empty() => {
                let Loading { sources, included, .. } = loading;
                Ok(Self { sources, main, included })
            }
            _ => Err((loading.sources, loading.diagnostics)),
        }
    }

    /// The script and every file that it includes, each once.
    pub fn scripts(&self) -> impl Iterator<Item = &Script> {
        let mut seen = HashSet::from([self.main.source]);
        let files = self.included.values().filter(move |script| seen.insert(script.source));
        let mut all: Vec<&Script> = files.map(AsRef::as_ref).collect();
        all.sort_unstable_by_key(|script| script.source);
        std::iter::once(&*self.main).chain(all)
    }

    /// The file that this text includes as `path`.
    pub fn included(&self, source: SourceId, path: &str) -> Option<&Arc<Script>> {
        // The paths of a text are few, and its key owns its path.
        self.included.get(&(source, Arc::from(path)))
    }
}

struct Loading<'a> {
    loader: &'a mut dyn Loader,
    lenient: bool,
    sources: Sources,
    by_name: HashMap<String, Arc<Script>>,
    included: HashMap<(SourceId, Arc<str>), Arc<Script>>,
    diagnostics: Vec<Diagnostic>,
    /// How many bytes all files together may still have.
    left: usize,
}

// A file whose includes are being read.
struct Open {
    script: Arc<Script>,
    name: String,
    includes: std::vec::IntoIter<(Arc<str>, Span)>,
}

impl Loading<'_> {
    // The script of a text, with everything that it includes.
    fn add(&mut self, name: &str, text: &str) -> Option<Arc<Script>> {
        let main = self.parse(name, text)?;
        // Files that include one another lie here in the order of their includes.
        let mut open = vec![Open::new(name, Arc::clone(&main))];
        while let Some(file) = open.last_mut() {
            let Some((path, place)) = file.includes.next() else {
                open.pop();
                continue;
            };
            let (from, key) = (file.name.clone(), (file.script.source, Arc::clone(&path)));
            if self.included.contains_key(&key) {
                continue;
            }
            match self.include(&from, &path, place, &open) {
                Ok((script, name)) => {
                    let is_new = !self.by_name.contains_key(&name);
                    self.included.insert(key, Arc::clone(&script));
                    if is_new {
                        self.by_name.insert(name.clone(), Arc::clone(&script));
                        open.push(Open::new(&name, script));
                    }
                }
                Err(Some(wrong)) => self.diagnostics.push(wrong),
                Err(None) => {}
            }
        }
        Some(main)
    }

    fn include(
        &mut self,
        from: &str,
        path: &str,
        place: Span,
        open: &[Open],
    ) -> Result<(Arc<Script>, String), Option<Diagnostic>> {
        let (name, text) = self.loader.load(from, path).map_err(|why| {
            Diagnostic::new(Code::UNREADABLE, place, format!("`{path}` cannot be read: {why}"))
                .label("included here")
                .expected("a script")
                .got(why)
                .help("the name is relative to the file that it stands in")
        })?;
        if let Some(first) = open.iter().position(|file| file.name == name) {
            let names = open.iter().skip(first).map(|file| file.name.as_str());
            let way = names.chain([name.as_str()]).collect::<Vec<_>>().join(" -> ");
            return Err(Some(
                Diagnostic::new(Code::INCLUDE_CYCLE, place, format!("`{name}` includes itself"))
                    .label("this closes the circle")
                    .got(way)
                    .help("move what both need into a third file"),
            ));
        }
        if open.len() > MAX_DEPTH {
            return Err(Some(
                Diagnostic::new(
                    Code::INCLUDE_DEPTH,
                    place,
                    format!("files include files more than {MAX_DEPTH} deep"),
                )
                .label("this is one too many")
                .help("include the files side by side"),
            ));
        }
        if let Some(known) = self.by_name.get(&name) {
            return Ok((Arc::clone(known), name));
        }
        if text.len() > self.left || self.sources.len() > usize::from(u16::MAX) - 1 {
            return Err(Some(
                Diagnostic::new(Code::TOO_MANY_FILES, place, "more files than a run can have")
                    .label("this is one too many")
                    .expected(format!(
                        "at most {} files of {} bytes in all",
                        u16::MAX,
                        2 * MAX_TEXT
                    )),
            ));
        }
        match self.parse(&name, &text) {
            Some(script) => Ok((script, name)),
            None => Err(None),
        }
    }

    fn parse(&mut self, name: &str, text: &str) -> Option<Arc<Script>> {
        let is_large = text.len() > MAX_TEXT;
        let kept = if is_large { "" } else { text };
        let id = self.sources.add(name, Arc::from(kept))?;
        if is_large {
            self.diagnostics.push(syntax::too_large(id, text.len()));
            return None;
        }
        self.left = self.left.saturating_sub(text.len());
        let lenient = self.lenient || is_lenient(name);
        let parsed = syntax::parse(id, text, lenient);
        self.diagnostics.extend(parsed.diagnostics);
        Some(Arc::new(parsed.script))
    }
}

impl Open {
    fn new(name: &str, script: Arc<Script>) -> Self {
        let mut includes = Vec::new();
        collect(&script.body, &mut includes);
        Self { script, name: name.to_owned(), includes: includes.into_iter() }
    }
}

/// Whether a file of this name is one of PCOM, which is read leniently.
pub fn is_lenient(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    matches!(ending.as_deref(), Some("pcom" | "var"))
}

// Blocks lie at most so deep as the grammar lets them.
fn collect(body: &[Stmt], includes: &mut Vec<(Arc<str>, Span)>) {
    for stmt in body {
        if let StmtKind::Include { path, path_span } = &stmt.kind {
            includes.push((Arc::clone(path), *path_span));
        }
        stmt.kind.bodies(&mut |body| collect(body, includes));
    }
}
