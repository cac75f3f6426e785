//! The schema of profiles as the table of card-profiles/README.md.

use std::fmt::Write;

use super::{Kind, Need, ROOT, Shape};

/// All keys of a profile as a Markdown table, as card-profiles/README.md has it.
pub fn key_table() -> String {
    let mut text = String::from("| key | type | | meaning |\n|---|---|---|---|\n");
    rows(&mut text, "", ROOT);
    text
}

fn rows(text: &mut String, above: &str, shape: &Shape) {
    let (tables, values): (Vec<_>, Vec<_>) =
        shape.keys.iter().partition(|key| key.kind.shape().is_some());
    for key in values.into_iter().chain(tables) {
        let name = format!("{above}{}", key.name);
        let shown = match key.kind {
            Kind::Table(_) => format!("[{name}]"),
            Kind::Tables(_) => format!("[[{name}]]"),
            Kind::OneOrMore(_) => format!("[{name}]` or `[[{name}]]"),
            _ => name.clone(),
        };
        let need = match key.need {
            Need::Needed => "needed".into(),
            Need::Else(value) => format!("`{value}`"),
            Need::Optional => String::new(),
        };
        // Writing to a text cannot fail.
        let _ = writeln!(text, "| `{shown}` | {} | {need} | {} |", kind(key.kind), key.doc);
        if let Some(shape) = key.kind.shape() {
            rows(text, &format!("{name}."), shape);
        }
    }
}

fn kind(kind: Kind) -> String {
    let quoted = |names: Vec<&str>| {
        let names: Vec<_> = names.iter().map(|name| format!("`\"{name}\"`")).collect();
        names.join(", ")
    };
    match kind {
        Kind::Text(_) => "text".into(),
        Kind::Choice(names) | Kind::ChoiceOr(names, _) => quoted(names()),
        Kind::Texts => "texts".into(),
        Kind::Choices(names) => format!("of {}", quoted(names())),
        Kind::Hex => "hex".into(),
        Kind::Hexes => "hexes".into(),
        Kind::Rule => "rule".into(),
        Kind::Flag => "true or false".into(),
        Kind::Number(least, most) if least == most => format!("{least}"),
        Kind::Number(least, most) => format!("{least} to {most}"),
        Kind::Numbers(least, most) => format!("numbers {least} to {most}"),
        Kind::Date => "date".into(),
        Kind::Table(_) => "table".into(),
        Kind::OneOrMore(_) => "table or tables".into(),
        Kind::Tables(_) => "tables".into(),
    }
}
