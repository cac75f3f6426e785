//! Machine readable zones, field by field, with every check digit (ICAO Doc 9303-3 to 9303-7,
//! ISO/IEC 18013-3 for the one line of a driving licence).

use super::{Node, names::count};
use crate::lds::{Mrz, check_digit};

/// Line, first and last column, counted from 1.
type Place = (usize, usize, usize);

/// A field, and where its check digit stands.
struct Field {
    label: &'static str,
    place: Place,
    check: Option<Place>,
}

struct Layout {
    name: &'static str,
    lines: usize,
    width: usize,
    fields: &'static [Field],
    composite: Option<(Place, &'static [Place])>,
    /// A long document number goes on in the optional data.
    long_numbers: bool,
}

const fn field(label: &'static str, place: Place) -> Field {
    Field { label, place, check: None }
}

const fn checked(label: &'static str, place: Place, check: Place) -> Field {
    Field { label, place, check: Some(check) }
}

const NUMBER: &str = "document number";
const NAME: &str = "name";
const OPTIONAL: &str = "optional data";
const BIRTH: &str = "date of birth";
const EXPIRY: &str = "date of expiry";

static TD1: Layout = Layout {
    name: "TD1, ID-1 card",
    lines: 3,
    width: 30,
    fields: &[
        field("document code", (1, 1, 2)),
        field("issuing State", (1, 3, 5)),
        checked(NUMBER, (1, 6, 14), (1, 15, 15)),
        field(OPTIONAL, (1, 16, 30)),
        checked(BIRTH, (2, 1, 6), (2, 7, 7)),
        field("sex", (2, 8, 8)),
        checked(EXPIRY, (2, 9, 14), (2, 15, 15)),
        field("nationality", (2, 16, 18)),
        field("optional data 2", (2, 19, 29)),
        field(NAME, (3, 1, 30)),
    ],
    composite: Some(((2, 30, 30), &[(1, 6, 30), (2, 1, 7), (2, 9, 15), (2, 19, 29)])),
    long_numbers: true,
};

// Two lines (ICAO Doc 9303-4 to -7): the second is alike up to the date behind the sex.
macro_rules! two_lines {
    ($name:literal, $width:literal, $date:expr, $rest:expr, $composite:expr, $long:literal) => {
        Layout {
            name: $name,
            lines: 2,
            width: $width,
            fields: &[
                field("document code", (1, 1, 2)),
                field("issuing State", (1, 3, 5)),
                field(NAME, (1, 6, $width)),
                checked(NUMBER, (2, 1, 9), (2, 10, 10)),
                field("nationality", (2, 11, 13)),
                checked(BIRTH, (2, 14, 19), (2, 20, 20)),
                field("sex", (2, 21, 21)),
                checked($date, (2, 22, 27), (2, 28, 28)),
                $rest,
            ],
            composite: $composite,
            long_numbers: $long,
        }
    };
}

static TD2: Layout = two_lines!(
    "TD2, ID-2 document",
    36,
    EXPIRY,
    field(OPTIONAL, (2, 29, 35)),
    Some(((2, 36, 36), &[(2, 1, 10), (2, 14, 20), (2, 22, 35)])),
    true
);

static TD3: Layout = two_lines!(
    "TD3, passport",
    44,
    EXPIRY,
    checked("personal number", (2, 29, 42), (2, 43, 43)),
    Some(((2, 44, 44), &[(2, 1, 10), (2, 14, 20), (2, 22, 43)])),
    false
);

// Visas have no composite check digit (ICAO Doc 9303-7 clause 4.2.2).
static MRV_A: Layout =
    two_lines!("MRV-A, visa", 44, "valid until", field(OPTIONAL, (2, 29, 44)), None, false);

static MRV_B: Layout =
    two_lines!("MRV-B, visa", 36, "valid until", field(OPTIONAL, (2, 29, 36)), None, false);

static LICENCE: Layout = Layout {
    name: "driving licence, one line",
    lines: 1,
    width: 30,
    fields: &[
        field("document code", (1, 1, 1)),
        field("configuration of Basic Access Protection", (1, 2, 2)),
        field("issuer's data", (1, 3, 29)),
    ],
    composite: Some(((1, 30, 30), &[(1, 1, 29)])),
    long_numbers: false,
};

struct Zone {
    layout: &'static Layout,
    cells: String,
}

impl Zone {
    // Bounded: what is longer than any zone is not copied.
    fn read(text: &str) -> Result<Self, String> {
        let cells: String = text.chars().filter(|c| !c.is_whitespace()).take(100).collect();
        if let Some(bad) = cells.chars().find(|c| !matches!(c, 'A'..='Z' | '0'..='9' | '<')) {
            return Err(format!("A-Z, 0-9 or < expected, {bad:?} came"));
        }
        let visa = cells.starts_with('V');
        let layout = match (cells.len(), visa) {
            (90, _) => &TD1,
            (72, false) => &TD2,
            (72, true) => &MRV_B,
            (88, false) => &TD3,
            (88, true) => &MRV_A,
            (30, _) if cells.starts_with('D') => &LICENCE,
            (n, _) => {
                return Err(format!(
                    "90 (TD1), 72 (TD2, MRV-B), 88 (TD3, MRV-A) or 30 (licence) characters \
                     expected, {n} came"
                ));
            }
        };
        Ok(Self { layout, cells })
    }

    fn get(&self, (line, first, last): Place) -> &str {
        let start = (line - 1) * self.layout.width;
        self.cells.get(start + first - 1..start + last).unwrap_or_default()
    }

    // The document number and its check digit where both stand in the optional data, for they are
    // too long for their own place (ICAO Doc 9303-5 clause 4.2.2.2).
    fn long_number(&self, field: &Field) -> Option<(String, char)> {
        let check = field.check.filter(|check| self.get(*check) == "<")?;
        let optional = self.layout.fields.iter().find(|field| field.label == OPTIONAL)?;
        let rest = self.get(optional.place).split('<').next().unwrap_or_default();
        let digit = rest.chars().last()?;
        let rest = rest.get(..rest.len() - 1)?;
        let is_it = self.layout.long_numbers && field.label == NUMBER && check.0 > 0;
        is_it.then(|| (format!("{}{rest}", self.get(field.place)), digit))
    }
}

/// Whether text has the shape of a machine readable zone.
pub(super) fn looks_like(text: &str) -> bool {
    text.contains('<') && Zone::read(text).is_ok()
}

/// A machine readable zone: every field, and every check digit with the one that it should be.
pub fn mrz(text: &str) -> Node {
    const LABEL: &str = "machine readable zone";
    let zone = match Zone::read(text) {
        Ok(zone) => zone,
        Err(error) => return Node::refused(LABEL, &error),
    };
    let layout = zone.layout;
    let mut nodes = Vec::new();
    for line in 0..layout.lines {
        let place = (line + 1, 1, layout.width);
        nodes.push(Node::new(format!("line {}", line + 1), zone.get(place)));
    }
    let mut wrong = Vec::new();
    let mut digits = |over: &str, what: &'static str, got: char, (line, column, _): Place| {
        let expected = check_digit(over);
        // Of empty optional data the check digit may be < as well (ICAO Doc 9303-4, 4.2.2.2).
        let filler = got == '<' && over.chars().all(|c| c == '<');
        if got == expected || filler {
            return format!("check digit {got} right");
        }
        wrong.push(what);
        format!(
            "check digit WRONG at line {line}, column {column}: {expected} expected, {got} came"
        )
    };
    for field in layout.fields {
        let text = zone.get(field.place);
        let long = zone.long_number(field);
        let shown = words(field.label, long.as_ref().map_or(text, |(number, _)| number));
        let node = Node::new(field.label, shown);
        nodes.push(match (field.check, long) {
            (_, Some((number, digit))) => {
                let check = digits(&number, field.label, digit, field.place);
                node.child(Node::new("goes on in the optional data", check))
            }
            (Some(place), None) => {
                let got = zone.get(place).chars().next().unwrap_or('<');
                node.child(Node::new("", digits(text, field.label, got, place)))
            }
            (None, None) => node,
        });
    }
    if let Some((place, over)) = layout.composite {
        let over: String = over.iter().map(|place| zone.get(*place)).collect();
        let got = zone.get(place).chars().next().unwrap_or('<');
        nodes.push(Node::new("whole zone", digits(&over, "the whole zone", got, place)));
    }
    let verdict = match wrong.as_slice() {
        [] => "all check digits are right".to_owned(),
        wrong => format!("{} WRONG: {}", count(wrong.len(), "check digit"), wrong.join(", ")),
    };
    let node = Node::new(LABEL, format!("{}; {verdict}", layout.name)).children(nodes);
    // Wrong dates and characters in their places are found by the parser.
    match Mrz::parse(text) {
        Err(error) if wrong.is_empty() && layout.composite.is_some() && layout.lines > 1 => {
            node.child(Node::new("but", error.to_string()))
        }
        _ => node,
    }
}

fn words(label: &str, text: &str) -> String {
    let plain = text.trim_end_matches('<');
    match label {
        NAME => match plain.split_once("<<") {
            Some((primary, secondary)) => format!(
                "{}, {}",
                primary.replace('<', " "),
                secondary.trim_matches('<').replace('<', " ")
            ),
            None => plain.replace('<', " "),
        },
        "sex" => match text {
            "F" => "F, female".into(),
            "M" => "M, male".into(),
            "<" | "X" => format!("{text}, unspecified"),
            other => format!("{other}, not one of F, M and <"),
        },
        BIRTH | EXPIRY | "valid until" => match (text.get(..2), text.get(2..4), text.get(4..)) {
            (Some(year), Some(month), Some(day)) => {
                format!("year {year}, month {month}, day {day}")
            }
            _ => text.to_owned(),
        },
        _ if plain.is_empty() => "none".into(),
        _ => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // ICAO Doc 9303-4 appendix B, 9303-5 appendix B, 9303-6 appendix B, 9303-7 appendix C.
    const PASSPORT: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                            L898902C36UTO7408122F1204159ZE184226B<<<<<10";

    #[test]
    fn the_standards_examples_have_right_digits() {
        for (text, kind) in [
            (PASSPORT, "TD3"),
            (
                "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
                "TD1",
            ),
            ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6", "TD2"),
            (
                "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
                "MRV-A",
            ),
            ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<L8988901C4XXX4009078F9612109<<<<<<<<", "MRV-B"),
            ("D1UTO2L898902C36A7XQ49KD2M5R<9", "driving licence"),
        ] {
            let node = mrz(text);
            assert!(node.value.starts_with(kind), "{}", node.value);
            assert!(node.value.ends_with("all check digits are right"), "{}", node.draw());
        }
    }

    #[test]
    fn every_wrong_digit_is_named() {
        let text = PASSPORT.replace("C36UTO7408122", "C37UTO7408124");
        let node = mrz(&text);
        assert!(
            node.value
                .ends_with("3 check digits WRONG: document number, date of birth, the whole zone"),
            "{}",
            node.value
        );
        let drawn = node.draw();
        assert!(drawn.contains("WRONG at line 2, column 10: 6 expected, 7 came"), "{drawn}");
        assert!(drawn.contains("name             ERIKSSON, ANNA MARIA"), "{drawn}");
        assert!(mrz("P<UTO").value.contains("5 came"));
        assert!(mrz(&"é".repeat(70_000)).value.contains("'é' came"));
    }

    #[test]
    fn a_long_number_goes_on_in_the_optional_data() {
        // ICAO Doc 9303-5 clause 4.2.2.2 note j.
        let text = "I<UTOD23145890<7349<<<<<<<<<<<\
                    3407127M9507122UTO<<<<<<<<<<<2\
                    STEVENSON<<PETER<JOHN<<<<<<<<<";
        let node = mrz(text);
        assert!(node.draw().contains("document number  D23145890734"), "{}", node.draw());
        assert!(node.value.ends_with("all check digits are right"), "{}", node.draw());
    }
}
