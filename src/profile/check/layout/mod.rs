//! What a profile says of files, passwords, keys and data objects, one by one.

mod content;
mod files;
mod rules;
mod secrets;

use super::super::{KeyUse, Layout, document::Table, findings::Findings};

pub(super) use rules::Has;

/// Files, passwords, keys and data objects. `has` is what rules can mean on this card; without it
/// rules are read and not compared.
pub(super) fn layout(root: &Table<'_>, has: Option<&Has>, all: &mut Findings) -> Layout {
    let passwords = secrets::passwords(root, all);
    let keys = secrets::keys(root, has, all);
    let data_objects = secrets::data_objects(root, has, all);
    let (files, inside) = files::files(root, has, all);
    Layout { files, inside, passwords, keys, data_objects }
}

/// The numbers of the declared passwords, whether one is the holder's PIN, and the numbers of the
/// keys that a terminal can prove itself with.
pub(super) fn declared(root: &Table<'_>) -> (Vec<u8>, bool, Vec<u8>) {
    let byte = |n: Option<u32>| n.and_then(|n| u8::try_from(n).ok());
    let passwords = root.one_or_more_tables("password").unwrap_or_default();
    let is_pin = |t: &Table<'_>| matches!(t.flag("pin"), Ok(Some(flag)) if flag.value);
    let has_pin = passwords.iter().any(is_pin);
    let references =
        passwords.iter().filter_map(|t| byte(t.number("reference").ok().flatten())).collect();
    let keys = root.one_or_more_tables("key").unwrap_or_default();
    let proves = |t: &&Table<'_>| {
        let uses = t.table("uses").ok().flatten();
        uses.is_some_and(|uses| {
            [KeyUse::External, KeyUse::Mutual].iter().any(|of| uses.has(secrets::use_name(*of)))
        })
    };
    let keys = keys.iter().filter(proves);
    let keys = keys.filter_map(|t| byte(t.number("number").ok().flatten())).collect();
    (references, has_pin, keys)
}
