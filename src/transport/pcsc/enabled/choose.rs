//! Which reader is meant.

use super::super::{ReaderInfo, ReaderKind};
use crate::transport::TransportError;

/// The outcome of a choice.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice<'a> {
    /// This reader.
    One(&'a ReaderInfo),
    /// Any of these, whichever has a card first.
    FirstOf(Vec<&'a ReaderInfo>),
}

/// Chooses by number, full name or part of a name; with nothing given, the only reader or the
/// only one with a card. Nothing is picked by guess.
pub(super) fn choose<'a>(
    readers: &'a [ReaderInfo],
    wanted: Option<&str>,
    ignore: &[String],
) -> Result<Choice<'a>, TransportError> {
    let ignore: Vec<_> = ignore.iter().map(|part| part.to_lowercase()).collect();
    let usable: Vec<_> =
        readers.iter().filter(|reader| !is_ignored(&reader.name, &ignore)).collect();
    let names = |of: &[&ReaderInfo]| of.iter().map(|reader| reader.name.clone()).collect();
    let ambiguous = |of: &[&ReaderInfo]| {
        let wanted = wanted.map(str::to_owned);
        TransportError::AmbiguousReader { wanted, available: names(of) }
    };

    let Some(wanted) = wanted else {
        let fitting = without_sam(usable);
        let with_card: Vec<_> = fitting.iter().copied().filter(|r| r.state.has_card()).collect();
        return match (with_card.as_slice(), fitting.as_slice()) {
            ([one], _) | ([], [one]) => Ok(Choice::One(one)),
            ([], []) => Err(TransportError::NoReader { wanted: None, available: Vec::new() }),
            ([], _) => Ok(Choice::FirstOf(fitting)),
            (several, _) => Err(ambiguous(several)),
        };
    };

    let lower = wanted.to_lowercase();
    let is_exact =
        |r: &&ReaderInfo| r.index.to_string() == wanted || r.name.to_lowercase() == lower;
    if let Some(exact) = readers.iter().find(is_exact) {
        return Ok(Choice::One(exact));
    }
    let mut fitting = usable.clone();
    fitting.retain(|reader| reader.name.to_lowercase().contains(&lower));
    if !lower.contains("sam") {
        fitting = without_sam(fitting);
    }
    match fitting.as_slice() {
        [one] => Ok(Choice::One(one)),
        [] => {
            let wanted = Some(wanted.to_owned());
            Err(TransportError::NoReader { wanted, available: names(&usable) })
        }
        several => Err(ambiguous(several)),
    }
}

/// Whether a reader's name has one of these parts, given in lower case.
pub(super) fn is_ignored(name: &str, ignore: &[String]) -> bool {
    let name = name.to_lowercase();
    ignore.iter().any(|part| !part.is_empty() && name.contains(part))
}

/// Without the slots for security modules, which always hold a card, unless only they are left.
fn without_sam(readers: Vec<&ReaderInfo>) -> Vec<&ReaderInfo> {
    let (sam, rest): (Vec<_>, Vec<_>) =
        readers.into_iter().partition(|reader| reader.kind == ReaderKind::Sam);
    if rest.is_empty() { sam } else { rest }
}

#[cfg(test)]
mod tests {
    use super::super::super::ReaderState;
    use super::*;

    fn readers(of: &[(&str, ReaderState)]) -> Vec<ReaderInfo> {
        let info = |(index, (name, state)): (usize, &(&str, ReaderState))| ReaderInfo {
            index,
            name: (*name).into(),
            state: *state,
            atr: Vec::new(),
            kind: ReaderKind::of(name),
        };
        of.iter().enumerate().map(info).collect()
    }

    fn chosen(readers: &[ReaderInfo], wanted: Option<&str>, ignore: &[&str]) -> String {
        let ignore: Vec<_> = ignore.iter().map(|part| (*part).to_owned()).collect();
        match choose(readers, wanted, &ignore) {
            Ok(Choice::One(reader)) => reader.index.to_string(),
            Ok(Choice::FirstOf(of)) => format!("first of {}", of.len()),
            Err(TransportError::NoReader { .. }) => "none".into(),
            Err(TransportError::AmbiguousReader { available, .. }) => {
                format!("ambiguous {}", available.len())
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_reader_is_chosen_by_number_name_or_part_and_never_by_guess() {
        use ReaderState::{Card, Empty};
        let all = readers(&[
            ("ACS ACR1252 CL Reader 00 00", Empty),
            ("ACS ACR1252 SAM Reader 00 01", Card),
            ("OMNIKEY 5022 CL 01 00", Card),
            ("Windows Hello for Business 1", Card),
        ]);
        for (wanted, ignore, expected) in [
            (Some("2"), &[][..], "2"),
            (Some("acr1252"), &[], "0"),
            (Some("acr1252 sam"), &[], "1"),
            (Some("5022"), &[], "2"),
            (Some("CL"), &[], "ambiguous 2"),
            (Some("cl"), &["omnikey"], "0"),
            (Some("omnikey"), &["OMNIKEY"], "none"),
            (Some("omnikey 5022 cl 01 00"), &["omnikey"], "2"),
            (Some("4"), &[], "none"),
            (Some("gemalto"), &[], "none"),
            (None, &[], "ambiguous 2"),
            (None, &["hello"], "2"),
            (None, &["hello", "omnikey"], "0"),
            (None, &["hello", "omnikey", "cl reader"], "1"),
            (None, &["reader", "omnikey", "windows"], "none"),
        ] {
            assert_eq!(chosen(&all, wanted, ignore), expected, "{wanted:?} without {ignore:?}");
        }
        let empty = readers(&[("A 00", Empty), ("B 01", Empty)]);
        assert_eq!(chosen(&empty, None, &[]), "first of 2");
        assert_eq!(chosen(&[], None, &[]), "none");
    }
}
