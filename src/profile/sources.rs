//! The texts that a profile is made of: its own and those that it includes, which merge into one
//! document whose every value still knows the file that it stands in.

use std::{
    io::Read,
    path::{Component, Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::{
    BUILT_IN,
    error::{Place, ProfileError},
};

/// Bytes of one text, at most.
const MAX_TEXT: usize = 1 << 20;
/// Texts of one profile, at most.
const MAX_FILES: usize = 16;
/// Includes within each other, at most.
const MAX_DEPTH: usize = 8;

/// What an include and the file of a content are looked up in.
#[derive(Clone, Copy)]
pub(super) enum Folder<'a> {
    /// The profiles that are part of the library; they have no files of contents.
    BuiltIn,
    /// This folder and those in it.
    Disk(&'a Path),
}

impl Folder<'_> {
    /// The bytes of a file. What `name` means has been checked by [`within`].
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn read(self, name: &Path, most: usize) -> Result<Vec<u8>, String> {
        let root = match self {
            Self::BuiltIn => {
                let built_in = BUILT_IN.iter().find(|(built_in, _)| {
                    name.file_stem().is_some_and(|stem| stem == *built_in)
                        && name == Path::new(&format!("{built_in}.toml"))
                });
                return match built_in {
                    Some((_, text)) => Ok(text.as_bytes().to_vec()),
                    None => Err("no profile that is part of the library has this name".into()),
                };
            }
            Self::Disk(root) if root.as_os_str().is_empty() => Path::new("."),
            Self::Disk(root) => root,
        };
        let words = |e: std::io::Error| e.to_string();
        let (root, file) = (root.canonicalize(), root.join(name).canonicalize());
        let (root, file) = (root.map_err(words)?, file.map_err(words)?);
        // A link may lead out of the folder.
        if !file.starts_with(&root) {
            return Err("it is not inside the profile's folder".into());
        }
        if !file.is_file() {
            return Err("it is no file".into());
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&file).map_err(words)?;
        file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(words)?;
        if bytes.len() > most {
            return Err(format!("it has more than {most} bytes"));
        }
        Ok(bytes)
    }

    fn shown(self, name: &Path) -> PathBuf {
        match self {
            Self::BuiltIn => Path::new("card-profiles").join(name),
            Self::Disk(root) => root.join(name),
        }
    }
}

/// The text of a profile's file.
///
/// # Errors
/// [`ProfileError::Read`].
pub(super) fn text(path: &Path) -> Result<String, ProfileError> {
    let wrong = |message: String| ProfileError::Read { file: path.to_path_buf(), message };
    regular(path).map_err(|e| wrong(e.to_string()))?;
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| wrong(e.to_string()))?;
    let read = file.take(MAX_TEXT as u64 + 1).read_to_end(&mut text);
    read.map_err(|e| wrong(e.to_string()))?;
    String::from_utf8(text).map_err(|e| wrong(e.to_string()))
}

/// Whether there is a file that can be read to its end: to open a pipe waits for who writes it.
///
/// # Errors
/// The system's, or that it is no file.
pub(crate) fn regular(path: &Path) -> std::io::Result<()> {
    if std::fs::metadata(path)?.is_file() {
        return Ok(());
    }
    Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no file"))
}

/// A file that a text names, from the folder of the profile: relative to the folder of the text,
/// and not above it.
pub(super) fn within(text: &Path, name: &str) -> Option<PathBuf> {
    let name = Path::new(name);
    let plain = name.components().all(|part| matches!(part, Component::Normal(_)));
    let folder = text.parent().unwrap_or_else(|| Path::new(""));
    (plain && name.file_name().is_some()).then(|| folder.join(name))
}

struct Text {
    // From the profile's folder.
    name: PathBuf,
    // As errors call it.
    shown: PathBuf,
    start: usize,
    text: String,
    includes: Vec<usize>,
}

/// All texts of a profile, in one count of bytes.
pub(super) struct Sources<'f> {
    folder: Folder<'f>,
    texts: Vec<Text>,
}

impl<'f> Sources<'f> {
    /// The text of a profile and all that it includes. `path` is what errors call it.
    ///
    /// # Errors
    /// [`ProfileError`] with the place of the include that cannot be, or of what is no TOML.
    pub(super) fn load(folder: Folder<'f>, text: &str, path: &Path) -> Result<Self, ProfileError> {
        let mut sources = Self { folder, texts: Vec::new() };
        let name = PathBuf::from(path.file_name().unwrap_or_default());
        sources.add(name, path.to_path_buf(), text.to_owned(), &mut Vec::new())?;
        Ok(sources)
    }

    // `above` are the texts that include this one, the profile's own first.
    fn add(
        &mut self,
        name: PathBuf,
        shown: PathBuf,
        text: String,
        above: &mut Vec<PathBuf>,
    ) -> Result<usize, ProfileError> {
        let start = self.texts.last().map_or(0, |last| last.start + last.text.len() + 1);
        let index = self.texts.len();
        if text.len() > MAX_TEXT {
            let at = Place::of(&shown, "", 0);
            let message = format!("{} bytes came, a profile has at most {MAX_TEXT}", text.len());
            return Err(ProfileError::Syntax { at, message });
        }
        let names = included(&text, &shown)?;
        self.texts.push(Text { name: name.clone(), shown, start, text, includes: Vec::new() });
        above.push(name);
        for (at, include) in names {
            let bad = |expected: &str, got: String| ProfileError::Value {
                at: self.place(start + at),
                key: "include".into(),
                expected: expected.into(),
                got,
            };
            let Some(path) = above.last().and_then(|text| within(text, &include)) else {
                return Err(bad("a file in this folder or below", format!("{include:?} came")));
            };
            if above.contains(&path) {
                return Err(bad("a file that does not include this one", "it does".into()));
            }
            if above.len() >= MAX_DEPTH || self.texts.len() >= MAX_FILES {
                let expected = format!("at most {MAX_FILES} files, {MAX_DEPTH} within each other,");
                return Err(bad(&expected, "more came".into()));
            }
            let read = self.folder.read(&path, MAX_TEXT);
            let read = read.and_then(|b| String::from_utf8(b).map_err(|e| e.to_string()));
            let text = match read {
                Ok(text) => text,
                Err(error) => {
                    return Err(bad("a file to include", format!("{include:?}: {error}")));
                }
            };
            let shown = self.folder.shown(&path);
            let included = self.add(path, shown, text, above)?;
            if let Some(text) = self.texts.get_mut(index) {
                text.includes.push(included);
            }
        }
        above.pop();
        Ok(index)
    }

    /// One document of all: tables merge, what includes wins over what it includes, and a later
    /// include over an earlier one. Of the lists of files, passwords, keys and data objects an
    /// entry takes the place of the one with the same name.
    ///
    /// # Errors
    /// [`ProfileError::Syntax`].
    pub(super) fn document(&self) -> Result<DeTable<'_>, ProfileError> {
        self.merged(0)
    }

    fn merged(&self, index: usize) -> Result<DeTable<'_>, ProfileError> {
        let Some(text) = self.texts.get(index) else { return Ok(DeTable::new()) };
        let own = shift_table(parse(&text.text, &text.shown)?.into_inner(), text.start);
        let mut all = DeTable::new();
        for include in &text.includes {
            merge(&mut all, self.merged(*include)?, true);
        }
        all.remove("include");
        merge(&mut all, own, true);
        Ok(all)
    }

    /// The place of a byte in all texts.
    pub(super) fn place(&self, offset: usize) -> Place {
        match self.text_at(offset) {
            Some(text) => Place::of(&text.shown, &text.text, offset - text.start),
            None => Place::of(Path::new(""), "", 0),
        }
    }

    /// The text from this byte on, to the end of its file.
    pub(super) fn rest(&self, offset: usize) -> &str {
        let text = self.text_at(offset);
        text.and_then(|text| text.text.get(offset - text.start..)).unwrap_or_default()
    }

    /// The bytes of a file that the text at this place names.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn read(&self, offset: usize, name: &str, most: usize) -> Result<Vec<u8>, String> {
        if matches!(self.folder, Folder::BuiltIn) {
            return Err("only a profile that is a file has files beside it".into());
        }
        let text = self.text_at(offset).map_or_else(|| Path::new(""), |text| &text.name);
        let path = within(text, name).ok_or("it is not in the profile's folder or below")?;
        self.folder.read(&path, most)
    }

    fn text_at(&self, offset: usize) -> Option<&Text> {
        self.texts.iter().rev().find(|text| text.start <= offset)
    }
}

fn parse<'a>(text: &'a str, shown: &Path) -> Result<Spanned<DeTable<'a>>, ProfileError> {
    DeTable::parse(text).map_err(|e| ProfileError::Syntax {
        at: Place::of(shown, text, e.span().map_or(0, |span| span.start)),
        message: e.message().into(),
    })
}

// The names under `include`; of another type than a list of strings, the schema tells of it.
fn included(text: &str, shown: &Path) -> Result<Vec<(usize, String)>, ProfileError> {
    let document = parse(text, shown)?;
    let list = document.get_ref().get("include").and_then(|list| list.get_ref().as_array());
    let names = list.into_iter().flat_map(|list| list.iter());
    let names = names.filter_map(|name| Some((name.span().start, name.get_ref().as_str()?.into())));
    Ok(names.collect())
}

fn shift_table(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    let entries = table.into_iter().map(|(key, value)| {
        let span = key.span();
        let key = Spanned::new(span.start + by..span.end + by, key.into_inner());
        (key, shift(value, by))
    });
    entries.collect()
}

// No deeper than the parser lets values nest.
fn shift(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shift_table(table, by)),
        DeValue::Array(array) => {
            let mut shifted = DeArray::new();
            for item in array {
                shifted.push(shift(item, by));
            }
            DeValue::Array(shifted)
        }
        value => value,
    };
    Spanned::new(span.start + by..span.end + by, value)
}

/// The lists whose entries have names, and the key that names them.
const NAMED: &[(&str, &str)] =
    &[("file", "path"), ("password", "reference"), ("key", "number"), ("data_object", "tag")];

fn merge<'a>(into: &mut DeTable<'a>, over: DeTable<'a>, is_root: bool) {
    for (key, value) in over {
        let named = NAMED.iter().find(|(list, _)| is_root && *list == key.get_ref().as_ref());
        let below = into.remove(key.get_ref().as_ref());
        let span = value.span();
        let merged = match (below.map(Spanned::into_inner), value.into_inner()) {
            (Some(DeValue::Table(mut below)), DeValue::Table(above)) => {
                merge(&mut below, above, false);
                DeValue::Table(below)
            }
            (Some(DeValue::Array(below)), DeValue::Array(above)) if named.is_some() => {
                let name = named.map_or("", |(_, name)| name);
                DeValue::Array(merge_named(below, above, name))
            }
            (_, value) => value,
        };
        into.insert(key, Spanned::new(span, merged));
    }
}

fn merge_named<'a>(below: DeArray<'a>, above: DeArray<'a>, name: &str) -> DeArray<'a> {
    let of = |item: &Spanned<DeValue<'_>>| match item.get_ref().get(name)?.get_ref() {
        DeValue::String(text) => Some(text.to_ascii_uppercase()),
        DeValue::Integer(number) => {
            u64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n.to_string())
        }
        _ => None,
    };
    let names: Vec<_> = above.iter().filter_map(of).collect();
    let mut all = DeArray::new();
    let kept = below.into_iter().filter(|item| of(item).is_none_or(|name| !names.contains(&name)));
    kept.chain(above).for_each(|item| all.push(item));
    all
}
