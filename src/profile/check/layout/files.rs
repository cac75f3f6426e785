//! Files that a profile declares.

use super::{
    super::{
        super::{
            FileKind, FileSpec, ProfileError, Structure,
            document::{Found, Table},
            findings::Findings,
        },
        names::{FILE_KINDS, FileForm},
    },
    Has,
    content::content,
    rules::file_rules,
};
use crate::lds::{LDS_AID, edl};

/// Declared files, at most.
const MAX_FILES: usize = 256;
/// Bytes of all of them, at most.
const MAX_BYTES: usize = 1 << 20;
/// DFs within each other and the file, at most.
const MAX_DEPTH: usize = 8;
/// Bytes of a transparent file, at most.
const MAX_CONTENT: usize = 65_535;
/// Identifiers that name no file of their own: the master file, the current DF and what is
/// reserved (ISO/IEC 7816-4 clause 7.4.1).
const RESERVED: [u16; 4] = [0x3F00, 0x3FFF, 0xFFFF, 0x0000];

/// A file with what it is compared by.
struct Declared {
    // The application whose name stands in front of the path.
    application: Option<Vec<u8>>,
    spec: FileSpec,
}

type Files = (Vec<FileSpec>, Vec<(Vec<u8>, FileSpec)>);

/// The files below the master file, every parent before its children, and those in applications
/// that the card makes itself.
pub(super) fn files(root: &Table<'_>, has: Option<&Has>, all: &mut Findings) -> Files {
    let tables = match root.has("file") {
        true => root.tables("file").unwrap_or_default(),
        false => Vec::new(),
    };
    if tables.len() > MAX_FILES {
        let got = format!("at most {MAX_FILES} files");
        all.add(root.misplaced("file", &got));
        return Files::default();
    }
    let names: Vec<_> = tables.iter().filter_map(named_df).collect();
    let mut files: Vec<Declared> = Vec::new();
    for table in &tables {
        let Some(file) = all.keep(file(root, table, has, &names)) else { continue };
        if let Some(error) = clash(table, &file, &files) {
            all.add(error);
        } else {
            files.push(file);
        }
    }
    let total: usize = files.iter().map(|file| size(&file.spec.kind)).sum();
    if total > MAX_BYTES {
        all.add(root.misplaced("file", &format!("at most {MAX_BYTES} bytes in all files")));
    }
    // Only where every file was read is a parent that is not there missing.
    if files.len() == tables.len() {
        for (table, file) in tables.iter().zip(&files) {
            if let Some(error) = orphan(table, file, &files) {
                all.add(error);
            }
        }
    }
    files.sort_by_key(|file| file.spec.path.len());
    let (mut below, mut inside) = Files::default();
    for Declared { application, spec } in files {
        match application {
            None => below.push(spec),
            Some(name) => inside.push((name, spec)),
        }
    }
    (below, inside)
}

fn size(kind: &FileKind) -> usize {
    match kind {
        FileKind::Df { .. } => 0,
        FileKind::Transparent { content, .. } => content.len(),
        FileKind::Records { record_size, most, .. } => {
            usize::from(*record_size) * usize::from(*most)
        }
    }
}

fn file(
    root: &Table<'_>,
    table: &Table<'_>,
    has: Option<&Has>,
    names: &[(Vec<u8>, Vec<u16>)],
) -> Result<Declared, ProfileError> {
    let found = table.need_text("path")?;
    let (application, path) = path(root, &found, names)?;
    let form = table.need_text("kind")?.one_of(FILE_KINDS)?;
    if path.is_empty() && form != FileForm::Df {
        return Err(found.refused("3F00 with the kind \"df\" alone, as it is the master file,"));
    }
    let (what, others): (_, &[&str]) = match form {
        FileForm::Df => {
            ("df", &["sfi", "hex", "text", "from", "size", "record_size", "records", "max_records"])
        }
        FileForm::Transparent => {
            ("transparent file", &["aid", "record_size", "records", "max_records", "create"])
        }
        FileForm::Records(_) => {
            ("file of records", &["aid", "hex", "text", "from", "size", "create"])
        }
    };
    if let Some(key) = others.iter().find(|key| table.has(key)) {
        return Err(table.misplaced(key, &format!("no such key of a {what}")));
    }
    let sfi = table.number("sfi")?.and_then(|n| u8::try_from(n).ok());
    let kind = match form {
        FileForm::Df => {
            FileKind::Df { name: table.text("aid")?.map(|a| a.hex(1..=16)).transpose()? }
        }
        FileForm::Transparent => FileKind::Transparent { sfi, content: transparent(table)? },
        FileForm::Records(structure) => records(table, sfi, structure)?,
    };
    Ok(Declared { application, spec: FileSpec { path, kind, rules: file_rules(table, has)? } })
}

fn transparent(table: &Table<'_>) -> Result<Vec<u8>, ProfileError> {
    let mut bytes = content(table, MAX_CONTENT)?.unwrap_or_default();
    match table.number("size")? {
        Some(size) if (size as usize) < bytes.len() => {
            let expected = format!("at least {}, the bytes of its content,", bytes.len());
            return Err(table.misplaced("size", &expected));
        }
        Some(size) => bytes.resize(size as usize, 0),
        None if bytes.is_empty() => table.need("size")?,
        None => {}
    }
    Ok(bytes)
}

fn records(
    table: &Table<'_>,
    sfi: Option<u8>,
    structure: Structure,
) -> Result<FileKind, ProfileError> {
    let byte = |n: Option<u32>| n.and_then(|n| u8::try_from(n).ok());
    let found = table.texts("records")?;
    if let Some(surplus) = found.get(254) {
        return Err(surplus.refused("at most 254 records"));
    }
    let declared = byte(table.number("record_size")?);
    let longest = declared.map_or(255, usize::from);
    let mut records = Vec::new();
    for record in &found {
        records.push(record.hex(1..=longest)?);
    }
    if records.is_empty() {
        table.need("record_size")?;
        table.need("max_records")?;
    }
    let longest = records.iter().map(Vec::len).max().and_then(|len| u8::try_from(len).ok());
    let record_size = declared.or(longest).unwrap_or(1);
    if structure != Structure::LinearVariable {
        records.iter_mut().for_each(|record| record.resize(usize::from(record_size), 0));
    }
    let count = u8::try_from(records.len()).unwrap_or(u8::MAX);
    let most = byte(table.number("max_records")?).unwrap_or(count);
    if most < count {
        return Err(table.misplaced("max_records", &format!("at least {count}, its records,")));
    }
    Ok(FileKind::Records { sfi, structure, record_size, most, records })
}

// The name of a declared application and its path, without what is wrong with them.
fn named_df(table: &Table<'_>) -> Option<(Vec<u8>, Vec<u16>)> {
    let name = table.text("aid").ok()??.hex(1..=16).ok()?;
    let path = identifiers(table.text("path").ok()??.value.split('/'))?;
    Some((name, path))
}

fn identifiers<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Vec<u16>> {
    let identifier = |part: &str| {
        let digits = part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| u16::from_str_radix(part, 16).ok()).flatten()
    };
    parts.map(identifier).collect()
}

// The application that the card makes itself and that the path is in, and the path.
fn path(
    root: &Table<'_>,
    found: &Found<'_, &str>,
    names: &[(Vec<u8>, Vec<u16>)],
) -> Result<(Option<Vec<u8>>, Vec<u16>), ProfileError> {
    let mut parts = found.value.split('/').peekable();
    let first = parts.peek().copied().unwrap_or_default();
    if first.len() == found.value.len() && first.eq_ignore_ascii_case("3F00") {
        return Ok((None, Vec::new()));
    }
    let mut front = Vec::new();
    let mut application = None;
    if first.len() > 4 {
        let name = hex::decode(first).ok().filter(|name| (5..=16).contains(&name.len()));
        let name = name.ok_or_else(|| found.refused("the name of an application in front"))?;
        let own: &[u8] = if root.has("licence") { &edl::AID } else { &LDS_AID };
        match names.iter().find(|(declared, _)| *declared == name) {
            Some((_, path)) => front.clone_from(path),
            None if root.has("document") && name == own => application = Some(name),
            None => {
                let expected =
                    "an application that is declared by `aid`, or the travel document's,";
                return Err(found.bad_at(0, expected, format!("{first} came")));
            }
        }
        parts.next();
    }
    let own = identifiers(parts).filter(|own| !own.is_empty());
    let own = own.ok_or_else(|| {
        found.refused("file identifiers of four hexadecimal digits, such as \"5015/4401\",")
    })?;
    if let Some(bad) = own.iter().find(|fid| RESERVED.contains(fid)) {
        return Err(found.bad("identifiers that a file can have", format!("{bad:04X} came")));
    }
    let path = [front, own].concat();
    if path.len() > MAX_DEPTH {
        let got = format!("{} came", path.len());
        return Err(found.bad(format!("at most {MAX_DEPTH} identifiers"), got));
    }
    Ok((application, path))
}

fn sfi(kind: &FileKind) -> Option<u8> {
    match kind {
        FileKind::Df { .. } => None,
        FileKind::Transparent { sfi, .. } | FileKind::Records { sfi, .. } => *sfi,
    }
}

fn name(kind: &FileKind) -> Option<&[u8]> {
    match kind {
        FileKind::Df { name } => name.as_deref(),
        _ => None,
    }
}

// What a file has that another had before.
fn clash(table: &Table<'_>, file: &Declared, before: &[Declared]) -> Option<ProfileError> {
    let folder = |file: &Declared| {
        let path = &file.spec.path;
        (file.application.clone(), path.split_last().map(|(_, above)| above.to_vec()))
    };
    for other in before {
        let same_path = other.spec.path == file.spec.path && other.application == file.application;
        if same_path {
            return Some(table.misplaced("path", "a path that no other file has"));
        }
        if name(&file.spec.kind).is_some_and(|own| name(&other.spec.kind) == Some(own)) {
            return Some(table.misplaced("aid", "a name that no other df has"));
        }
        let same_sfi = sfi(&file.spec.kind).is_some_and(|own| sfi(&other.spec.kind) == Some(own));
        if same_sfi && folder(other) == folder(file) {
            return Some(
                table.misplaced("sfi", "a short identifier that no other file of its df has"),
            );
        }
    }
    None
}

// That the file's parent is not there, or is no DF.
fn orphan(table: &Table<'_>, file: &Declared, all: &[Declared]) -> Option<ProfileError> {
    let (_, above) = file.spec.path.split_last()?;
    if above.is_empty() {
        return None;
    }
    let is_parent =
        |other: &&Declared| other.application == file.application && other.spec.path == above;
    let shown: Vec<_> = above.iter().map(|fid| format!("{fid:04X}")).collect();
    match all.iter().find(is_parent).map(|parent| &parent.spec.kind) {
        Some(FileKind::Df { .. }) => None,
        Some(_) => Some(table.misplaced(
            "path",
            &format!("a parent of the kind \"df\", which {} is not,", shown.join("/")),
        )),
        None => Some(
            table.misplaced("path", &format!("a `file` {} of the kind \"df\"", shown.join("/"))),
        ),
    }
}
