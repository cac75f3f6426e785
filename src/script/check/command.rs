//! Commands whose bytes are all known: whether their length fields are right.

use super::{Checker, names::append};
use crate::script::{
    Code, Diagnostic,
    syntax::{Part, PartKind, Send, Span},
};

impl Checker<'_> {
    pub(super) fn send(&mut self, send: &Send) {
        self.parts(&send.parts);
        if let Some(le) = &send.le {
            self.expr(le);
        }
        if let Some(pattern) = &send.expect.sw {
            self.status(pattern);
        }
        if let Some((_, time)) = send.expect.time
            && time.is_zero()
        {
            let place = send.parts.first().map_or_else(Span::default, |part| part.span);
            self.tell(
                Diagnostic::new(Code::NO_TIME, place, "an answer in no time at all is expected")
                    .label("`time` of zero"),
            );
        }
        // In `raw` bytes are sent as they are, and made anew they have lengths of their own.
        let as_they_are = self.place.raw > 0 || send.form.is_some();
        let mut whole = Vec::new();
        let bytes = match send.parts.as_slice() {
            [Part { kind: PartKind::Hex(bytes), .. }] => Some(bytes),
            parts => append(parts, &|name| self.constant(name), &mut whole).then_some(&whole),
        };
        let mut most = None;
        if let Some(bytes) = bytes.filter(|_| !as_they_are) {
            match shape(bytes, send.le.is_some()) {
                Ok(le) => most = le.map(|le| (le, self.place_of(send, bytes.len() - 1))),
                Err(wrong) => {
                    let wrong = self.wrong_length(send, bytes, wrong);
                    self.tell(wrong);
                }
            }
        }
        if let Some(pattern) = &send.expect.data {
            self.data(pattern, most);
        }
    }

    // Other programs send what they are told, and a card of T=0 takes what ISO/IEC 7816-3 says.
    fn wrong_length(&self, send: &Send, bytes: &[u8], wrong: Wrong) -> Diagnostic {
        let all = send.parts.iter().map(|part| part.span).reduce(Span::to).unwrap_or_default();
        let raw = "what is wrong on purpose stands between `raw` and `end`";
        let mut diagnostic = match wrong {
            Wrong::TooShort => Diagnostic::new(
                Code::NO_COMMAND,
                all,
                format!("a command of {} bytes: its header alone has four", bytes.len()),
            )
            .label("no command")
            .expected("CLA INS P1 P2, then Lc and data, then Le (ISO/IEC 7816-4, 5.2)")
            .got(format!("{} bytes", bytes.len()))
            .help(raw),
            Wrong::NoLength => Diagnostic::new(
                Code::NO_COMMAND,
                all,
                "an extended length field begins with 00 and has two bytes more",
            )
            .label("no command")
            .expected("Lc or Le of three bytes behind the header (ISO/IEC 7816-4, 5.2)")
            .got(format!("{} bytes behind the header", bytes.len().saturating_sub(4)))
            .help(raw),
            Wrong::Lc { extended, says, follow } => {
                let right = match (extended, follow) {
                    (false, 1..=0xFF) => format!("Lc of {follow} bytes is `{follow:02X}`"),
                    (true, 1..=0xFFFF) => format!("Lc of {follow} bytes is `00{follow:04X}`"),
                    (_, 0) => "a command without data has no Lc".to_owned(),
                    (false, _) => format!("{follow} bytes need an extended Lc: `00{follow:04X}`"),
                    _ => "no command has so many bytes".to_owned(),
                };
                let (first, last) = if extended { (5, 6) } else { (4, 4) };
                let place = self.place_of(send, first).to(self.place_of(send, last));
                let noun = if follow == 1 { "byte follows" } else { "bytes follow" };
                let message = format!("Lc says {says}, and {follow} {noun}");
                Diagnostic::new(Code::WRONG_LC, place, message)
                    .label(format!("Lc: {says}"))
                    .expected(format!("{says} bytes behind it, or one more with Le"))
                    .got(format!("{follow} bytes"))
                    .help(format!("{right}; `#(..)` counts by itself; {raw}"))
            }
        };
        diagnostic.warning = self.place.lenient;
        diagnostic
    }

    // Where a byte of a command stands: itself where its digits are written, or else its part.
    fn place_of(&self, send: &Send, index: usize) -> Span {
        let mut before = 0;
        for part in &send.parts {
            let length = match &part.kind {
                PartKind::Hex(bytes) => bytes.len(),
                _ => return part.span,
            };
            if index < before + length {
                return self.digits(part.span, index - before);
            }
            before += length;
        }
        send.parts.last().map_or_else(Span::default, |part| part.span)
    }

    // The two digits of a byte in words of them.
    fn digits(&self, span: Span, index: usize) -> Span {
        let text = self.program.sources.text(span.source).get(span.range()).unwrap_or_default();
        let mut digits = text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_hexdigit());
        match digits.nth(2 * index) {
            Some((at, _)) => {
                let start = span.start + u32::try_from(at).unwrap_or(0);
                Span { start, end: start + 2, ..span }
            }
            None => span,
        }
    }
}

#[derive(Clone, Copy)]
enum Wrong {
    TooShort,
    NoLength,
    Lc { extended: bool, says: usize, follow: usize },
}

// ISO/IEC 7816-4, 5.2, tables 1 and 2. What a short Le other than zero asks for, where there is one;
// `le` is added later.
fn shape(bytes: &[u8], le: bool) -> Result<Option<usize>, Wrong> {
    let [_, _, _, _, body @ ..] = bytes else { return Err(Wrong::TooShort) };
    match *body {
        [] => Ok(None),
        [0] => Ok(None),
        [asked] => Ok(Some(usize::from(asked)).filter(|_| !le)),
        [0, _] => Err(Wrong::NoLength),
        [0, _, _] => Ok(None),
        [0, high, low, ref rest @ ..] => {
            let says = usize::from(u16::from_be_bytes([high, low]));
            let fits = says > 0 && (rest.len() == says || rest.len() == says + 2);
            if fits {
                return Ok(None);
            }
            Err(Wrong::Lc { extended: true, says, follow: rest.len() })
        }
        [says, ref rest @ ..] => {
            let says = usize::from(says);
            if rest.len() == says {
                return Ok(None);
            }
            match rest.last() {
                Some(&asked) if rest.len() == says + 1 => {
                    Ok(Some(usize::from(asked)).filter(|asked| *asked > 0 && !le))
                }
                _ => Err(Wrong::Lc { extended: false, says, follow: rest.len() }),
            }
        }
    }
}
