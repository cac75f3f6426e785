//! LDS_A to LDS_O: what stands in the files. The standard's numbers are known for a few checks
//! only; the others have a word in the number's place.

mod biometric;
mod details;
mod holder;
mod security;
mod signed;

use crate::{
    conform::{
        Basis, Capability, Case,
        terminal::{Stop, Terminal},
    },
    lds::File,
    tlv::{Reader, Tag, Tlv, outer_len},
};

pub(super) fn cases() -> Vec<Case> {
    let mut all = holder::cases();
    all.extend(biometric::faces());
    all.extend(signed::sod());
    all.extend(security::dg14());
    all.extend(biometric::fingers_and_irises());
    all.extend(security::card_access());
    all.extend(security::dg15());
    all.extend(signed::card_security());
    all.extend(details::cases());
    all
}

/// A check of a file's bytes. `id` is the unit and a number of the standard's, or a word.
fn case(
    id: &str,
    title: &str,
    file: File,
    check: impl Fn(&mut Terminal<'_>, &[u8]) -> Result<(), Stop> + Send + Sync + 'static,
) -> Case {
    with(id, title, file, &[], check)
}

/// The same where the card declares more.
fn with(
    id: &str,
    title: &str,
    file: File,
    more: &[Capability],
    check: impl Fn(&mut Terminal<'_>, &[u8]) -> Result<(), Stop> + Send + Sync + 'static,
) -> Case {
    let mut needs = vec![Capability::File(file)];
    match file {
        File::CardAccess | File::AtrInfo | File::Dir => {}
        File::CardSecurity => needs.push(Capability::Pace),
        _ => needs.extend([Capability::Lds1, Capability::Access]),
    }
    if matches!(file, File::Dg3 | File::Dg4) {
        needs.push(Capability::Ta);
    }
    needs.extend_from_slice(more);
    let numbered = id.rsplit('_').next().is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let basis = if numbered { Basis::Purpose } else { Basis::Unit };
    let check = move |t: &mut Terminal<'_>| {
        let bytes = t.file(file)?;
        check(t, &bytes)
    };
    Case::new(format!("LDS_{id}"), format!("{file}: {title}"), &needs, check).basis(basis)
}

/// The two checks that every unit begins with: the tag, and that the length is that of the file.
fn outer(unit: &str, file: File) -> [Case; 2] {
    let tag = case(&format!("{unit}_tag"), "the outermost tag", file, move |t, bytes| {
        let expected = file.tag().map_or("none".into(), |tag| tag.to_string());
        let got = first(bytes).map_or("none".into(), |object| object.tag.to_string());
        let right = got == expected;
        t.check("the tag", expected, got, right)
    });
    let length = case(&format!("{unit}_length"), "the outermost length", file, |t, bytes| {
        let len = outer_len(bytes).ok().flatten();
        let got = len.map_or("no length".into(), |len| len.to_string());
        t.check("tag, length and value", bytes.len().to_string(), got, len == Some(bytes.len()))
    });
    [tag, length]
}

fn first(bytes: &[u8]) -> Option<Tlv<'_>> {
    Reader::new(bytes).next()?.ok()
}

/// A value that was read, or why not.
fn parsed<T, E: std::fmt::Display>(
    t: &mut Terminal<'_>,
    what: &str,
    result: Result<T, E>,
) -> Result<T, Stop> {
    match result {
        Ok(value) => {
            t.check(what, "as the standard has it", "it is", true)?;
            Ok(value)
        }
        Err(error) => t.fail(what, "as the standard has it", error.to_string()),
    }
}

/// The value at a path of tags.
fn find<'a>(bytes: &'a [u8], path: &[u32]) -> Option<&'a [u8]> {
    let path: Vec<Tag> = path.iter().copied().map(Tag::new).collect();
    crate::tlv::find(bytes, &path).ok().flatten().map(|object| object.value)
}

/// That a value at a path of tags is there.
fn there(t: &mut Terminal<'_>, bytes: &[u8], path: &[u32]) -> Result<(), Stop> {
    let names: Vec<_> = path.iter().map(|tag| format!("{tag:02X}")).collect();
    let found = find(bytes, path).is_some();
    let got = if found { "it is there" } else { "it is not there" };
    t.check(names.join("/"), "a data object", got, found)
}

/// That something holds.
fn holds(t: &mut Terminal<'_>, what: &str, holds: bool) -> Result<(), Stop> {
    t.check(what, "yes", if holds { "yes" } else { "no" }, holds)
}
