//! Where the fields of a machine readable zone stand (ICAO Doc 9303-4 to 9303-6, clause 4.2.2).

use super::{MrzError, check_digit};

/// A size of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// ID-1, three lines of 30 characters (Doc 9303-5).
    Td1,
    /// ID-2, two lines of 36 characters (Doc 9303-6).
    Td2,
    /// Passport, two lines of 44 characters (Doc 9303-4).
    Td3,
}

impl Format {
    /// The format of a zone with this many characters.
    pub const fn from_len(len: usize) -> Option<Self> {
        match len {
            90 => Some(Self::Td1),
            72 => Some(Self::Td2),
            88 => Some(Self::Td3),
            _ => None,
        }
    }

    /// Characters of one line.
    pub const fn width(self) -> usize {
        self.layout().width
    }

    /// Characters of the whole zone.
    pub const fn len(self) -> usize {
        self.layout().width * self.layout().lines
    }

    /// Never: every format has lines.
    pub const fn is_empty(self) -> bool {
        false
    }

    pub(super) const fn layout(self) -> &'static Layout {
        match self {
            Self::Td1 => &TD1,
            Self::Td2 => &TD2,
            Self::Td3 => &TD3,
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Td1 => "TD1",
            Self::Td2 => "TD2",
            Self::Td3 => "TD3",
        })
    }
}

/// Line, first column and last column, each counted from 1 as the standard does.
#[derive(Clone, Copy)]
pub(super) struct Span(pub(super) u8, pub(super) u8, pub(super) u8);

impl Span {
    pub(super) const fn len(self) -> usize {
        (self.2 - self.1) as usize + 1
    }
}

pub(super) struct Layout {
    width: usize,
    lines: usize,
    pub(super) code: Span,
    pub(super) issuer: Span,
    pub(super) number: Span,
    pub(super) number_check: Span,
    pub(super) birth: Span,
    pub(super) birth_check: Span,
    pub(super) sex: Span,
    pub(super) expiry: Span,
    pub(super) expiry_check: Span,
    pub(super) nationality: Span,
    pub(super) optional: Span,
    pub(super) optional_check: Option<Span>,
    pub(super) optional_2: Option<Span>,
    pub(super) name: Span,
    pub(super) composite: Span,
    pub(super) composite_over: &'static [Span],
    /// A document number too long for its field goes on in the optional data (9303-5 and 9303-6).
    pub(super) long_numbers: bool,
}

static TD1: Layout = Layout {
    width: 30,
    lines: 3,
    code: Span(1, 1, 2),
    issuer: Span(1, 3, 5),
    number: Span(1, 6, 14),
    number_check: Span(1, 15, 15),
    optional: Span(1, 16, 30),
    birth: Span(2, 1, 6),
    birth_check: Span(2, 7, 7),
    sex: Span(2, 8, 8),
    expiry: Span(2, 9, 14),
    expiry_check: Span(2, 15, 15),
    nationality: Span(2, 16, 18),
    optional_check: None,
    optional_2: Some(Span(2, 19, 29)),
    name: Span(3, 1, 30),
    composite: Span(2, 30, 30),
    composite_over: &[Span(1, 6, 30), Span(2, 1, 7), Span(2, 9, 15), Span(2, 19, 29)],
    long_numbers: true,
};

static TD2: Layout = Layout {
    width: 36,
    lines: 2,
    code: Span(1, 1, 2),
    issuer: Span(1, 3, 5),
    name: Span(1, 6, 36),
    number: Span(2, 1, 9),
    number_check: Span(2, 10, 10),
    nationality: Span(2, 11, 13),
    birth: Span(2, 14, 19),
    birth_check: Span(2, 20, 20),
    sex: Span(2, 21, 21),
    expiry: Span(2, 22, 27),
    expiry_check: Span(2, 28, 28),
    optional: Span(2, 29, 35),
    optional_check: None,
    optional_2: None,
    composite: Span(2, 36, 36),
    composite_over: &[Span(2, 1, 10), Span(2, 14, 20), Span(2, 22, 35)],
    long_numbers: true,
};

static TD3: Layout = Layout {
    width: 44,
    lines: 2,
    code: Span(1, 1, 2),
    issuer: Span(1, 3, 5),
    name: Span(1, 6, 44),
    number: Span(2, 1, 9),
    number_check: Span(2, 10, 10),
    nationality: Span(2, 11, 13),
    birth: Span(2, 14, 19),
    birth_check: Span(2, 20, 20),
    sex: Span(2, 21, 21),
    expiry: Span(2, 22, 27),
    expiry_check: Span(2, 28, 28),
    optional: Span(2, 29, 42),
    optional_check: Some(Span(2, 43, 43)),
    optional_2: None,
    composite: Span(2, 44, 44),
    composite_over: &[Span(2, 1, 10), Span(2, 14, 20), Span(2, 22, 43)],
    long_numbers: false,
};

/// The characters of a zone while it is read or filled.
pub(super) struct Grid {
    width: usize,
    cells: Vec<u8>,
}

impl Grid {
    pub(super) fn blank(format: Format) -> Self {
        Self { width: format.width(), cells: vec![b'<'; format.len()] }
    }

    /// The characters of `text` without its line breaks and blanks.
    pub(super) fn read(text: &str) -> Result<(Format, Self), MrzError> {
        // The longest zone with its line breaks; anything beyond is no zone and is not copied.
        const MAX: usize = 100;
        let chars = || text.chars().filter(|c| !c.is_whitespace());
        let got = chars().take(MAX).count();
        let format = Format::from_len(got).ok_or(MrzError::Length { got })?;
        let mut grid = Self::blank(format);
        for (at, (cell, got)) in grid.cells.iter_mut().zip(chars()).enumerate() {
            if !got.is_ascii_uppercase() && !got.is_ascii_digit() && got != '<' {
                let (line, column) = (at / format.width() + 1, at % format.width() + 1);
                return Err(MrzError::Character { line, column, got });
            }
            *cell = got as u8;
        }
        Ok((format, grid))
    }

    pub(super) fn get(&self, span: Span) -> &str {
        let cells = self.cells.get(self.range(span)).unwrap_or_default();
        std::str::from_utf8(cells).unwrap_or_default()
    }

    /// Fills a field from its left; the caller has checked that the text fits and is ASCII.
    pub(super) fn put(&mut self, span: Span, text: &str) {
        let range = self.range(span);
        for (cell, c) in self.cells.get_mut(range).into_iter().flatten().zip(text.bytes()) {
            *cell = c;
        }
    }

    /// Puts the check digit over one field into another.
    pub(super) fn put_check_digit(&mut self, over: Span, at: Span) {
        let digit = check_digit(self.get(over));
        self.put(at, digit.encode_utf8(&mut [0; 4]));
    }

    /// The characters that the composite check digit is over.
    pub(super) fn composite(&self, layout: &Layout) -> String {
        layout.composite_over.iter().map(|span| self.get(*span)).collect()
    }

    pub(super) fn into_text(self) -> String {
        self.cells.into_iter().map(char::from).collect()
    }

    const fn range(&self, Span(line, first, last): Span) -> std::ops::Range<usize> {
        let start = (line as usize - 1) * self.width;
        start + first as usize - 1..start + last as usize
    }
}
