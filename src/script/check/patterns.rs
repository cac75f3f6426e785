//! Patterns that nothing matches, or that match nothing more than others do.

use super::Checker;
use crate::script::{
    Code, Diagnostic,
    syntax::{DataPattern, Expr, ExprKind, PartKind, PatternItem, Span, SwPattern},
};

/// Bytes of data of the longest answer.
const MAX_DATA: usize = 0x1_0000;

/// Alternatives that are compared with one another; nobody writes more.
const MAX_ALTERNATIVES: usize = 64;

impl Checker<'_> {
    pub(super) fn status(&mut self, pattern: &SwPattern) {
        if let [(0x9000, 0xFFFF)] = *pattern.any_of {
            return;
        }
        for &(value, mask) in pattern.any_of.iter().take(MAX_ALTERNATIVES) {
            if !is_possible(value, mask) {
                self.tell(impossible(pattern.span, &shown(value, mask)));
            }
        }
        let all = pattern.any_of.get(..MAX_ALTERNATIVES).unwrap_or(&pattern.any_of);
        for (index, &(value, mask)) in all.iter().enumerate() {
            let covers = |(other, (wide, bits)): (usize, &(u16, u16))| {
                let is_wider = bits & mask == *bits && value & bits == wide & bits;
                // Of two that are the same, the second is told.
                is_wider && other != index && (*bits != mask || other < index)
            };
            if let Some(by) = all.iter().enumerate().find(|one| covers(*one)) {
                let (what, by) = (shown(value, mask), shown(by.1.0, by.1.1));
                let message = format!("`{what}` decides nothing: `{by}` fits whenever it does");
                self.tell(
                    Diagnostic::new(Code::COVERED_STATUS, pattern.span, message)
                        .warning()
                        .label(format!("`{what}` beside `{by}`"))
                        .help(format!("take out `{what}`, or narrow `{by}`")),
                );
            }
        }
    }

    /// `sw == 6282`: that the other side can be a status word.
    pub(super) fn status_value(&mut self, left: &Expr, right: &Expr) {
        let value = match (&left.kind, &right.kind) {
            (ExprKind::Sw, _) => right,
            (_, ExprKind::Sw) => left,
            _ => return,
        };
        let bytes = match &value.kind {
            ExprKind::Digits(digits) => hex::decode(digits.as_bytes()).unwrap_or_default(),
            ExprKind::Bytes(parts) => match parts.as_slice() {
                [part] => match &part.kind {
                    PartKind::Hex(bytes) => bytes.clone(),
                    _ => return,
                },
                _ => return,
            },
            _ => return,
        };
        match *bytes {
            [high, low] => {
                let status = u16::from_be_bytes([high, low]);
                if !is_possible(status, 0xFFFF) {
                    self.tell(impossible(value.span, &shown(status, 0xFFFF)));
                }
            }
            _ => self.tell(
                Diagnostic::new(
                    Code::IMPOSSIBLE_STATUS,
                    value.span,
                    "a status word beside something that is not two bytes",
                )
                .label("not two bytes")
                .expected("two bytes such as `9000`")
                .got(if bytes.is_empty() {
                    "no whole bytes".into()
                } else {
                    bytes.len().to_string()
                })
                .help("for any digit write `sw matches (63CX)`"),
            ),
        }
    }

    /// A data pattern; `most` is how long the answer can be, and where the command says so.
    pub(super) fn data(&mut self, pattern: &DataPattern, most: Option<(usize, Span)>) {
        let mut least = 0_usize;
        for item in &pattern.items {
            match item {
                PatternItem::Byte(..) => least += 1,
                PatternItem::Any => {}
                PatternItem::Parts(part) => {
                    self.parts(std::slice::from_ref(part));
                    least += match &part.kind {
                        PartKind::Hex(bytes) => bytes.len(),
                        PartKind::Text(text) => text.len(),
                        _ => 0,
                    };
                }
            }
        }
        let limit = most.map_or(MAX_DATA, |(most, _)| most);
        if least <= limit {
            return;
        }
        let message = format!("the pattern has {least} bytes, the answer at most {limit}");
        let mut wrong = Diagnostic::new(Code::PATTERN_TOO_LONG, pattern.span, message)
            .label("longer than the answer")
            .expected(format!("at most {limit} bytes"))
            .got(format!("{least} bytes"));
        if let Some((_, place)) = most {
            wrong = wrong.related(place, format!("Le: {limit} bytes are asked for"));
        }
        self.tell(
            wrong.help("ask for more bytes, or shorten the pattern; `*` is any number of bytes"),
        );
    }
}

// ISO/IEC 7816-4, 5.6: SW1 is 6X or 9X, and not 60.
const fn is_possible(value: u16, mask: u16) -> bool {
    let (high, bits) = ((value >> 12) as u8, (mask >> 12) as u8);
    let six = high & bits == 6 & bits;
    let nine = high & bits == 9 & bits;
    let only_60 = mask & 0xFF00 == 0xFF00 && value & 0xFF00 == 0x6000;
    (six || nine) && !only_60
}

fn impossible(span: Span, shown: &str) -> Diagnostic {
    Diagnostic::new(
        Code::IMPOSSIBLE_STATUS,
        span,
        format!("no card answers `{shown}`: a status word begins with 6 or 9, and not with 60"),
    )
    .label("never answered")
    .expected("61 to 6F or 90 to 9F first (ISO/IEC 7816-4, 5.6)")
    .got(format!("`{shown}`"))
}

// `63CX`, `*`
fn shown(value: u16, mask: u16) -> String {
    if mask == 0 {
        return "*".to_owned();
    }
    let nibble = |at: u32| {
        let shift = 12 - 4 * at;
        if mask >> shift & 0xF == 0 {
            "X".to_owned()
        } else {
            format!("{:X}", value >> shift & 0xF)
        }
    };
    (0..4).map(nibble).collect()
}
