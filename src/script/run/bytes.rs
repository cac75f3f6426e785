//! Byte strings out of their parts.

use super::{
    Code, Failure, Kind,
    machine::{Bytes, Machine},
    value::MAX_VALUE,
};
use crate::{
    script::syntax::{ExprKind, Part, PartKind, Span},
    tlv::Tag,
    tlv::header_len,
};

impl Bytes {
    pub(super) fn clear(&mut self) {
        self.data.clear();
        self.shade = super::Shade::Open;
    }

    pub(super) fn push(&mut self, bytes: &[u8], span: Span) -> Result<(), Failure> {
        if self.data.len().saturating_add(bytes.len()) > MAX_VALUE {
            return Err(too_large(span));
        }
        self.data.extend_from_slice(bytes);
        Ok(())
    }
}

pub(super) fn too_large(span: Span) -> Failure {
    Failure::script(Code::OVERSIZE, span, format!("a value of more than {MAX_VALUE} bytes"))
        .help("does a loop make a variable longer and longer?")
}

impl Machine<'_> {
    /// Appends what these parts give.
    pub(super) fn append(&mut self, parts: &[Part], out: &mut Bytes) -> Result<(), Failure> {
        for part in parts {
            self.append_part(part, out)?;
        }
        Ok(())
    }

    pub(super) fn append_part(&mut self, part: &Part, out: &mut Bytes) -> Result<(), Failure> {
        match &part.kind {
            PartKind::Hex(bytes) => out.push(bytes, part.span),
            PartKind::Text(text) => out.push(text.as_bytes(), part.span),
            PartKind::Counted { ber, parts } => {
                let start = out.data.len();
                self.append(parts, out)?;
                count(*ber, start, part.span, out)
            }
            PartKind::Expr(expr) => {
                // Most parts are variables, which need not be copied first.
                if let ExprKind::Var(name) = &expr.kind {
                    let value = self.variable(name)?;
                    let bytes =
                        value.as_bytes().ok_or_else(|| not_bytes(&value.kind, expr.span))?;
                    out.push(bytes, expr.span)?;
                    out.shade = out.shade.max(value.shade);
                    return Ok(());
                }
                let value = self.eval(expr)?;
                let bytes = value.as_bytes().ok_or_else(|| not_bytes(&value.kind, expr.span))?;
                out.push(bytes, expr.span)?;
                out.shade = out.shade.max(value.shade);
                Ok(())
            }
        }
    }
}

pub(super) fn not_bytes(kind: &Kind, span: Span) -> Failure {
    let (got, help) = match kind {
        Kind::Int(_) => ("a number", "say how wide it is: u8(..), u16(..)"),
        _ => ("true or false", "`if` makes a decision of it"),
    };
    Failure::script(Code::KIND, span, format!("bytes are expected here, {got} came"))
        .expected("bytes")
        .got(got)
        .help(help)
}

// Puts the length before what was appended from `start` on.
fn count(ber: bool, start: usize, span: Span, out: &mut Bytes) -> Result<(), Failure> {
    let len = out.data.len().saturating_sub(start);
    let wide = (len as u64).to_be_bytes();
    let [.., top, hi, lo] = wide;
    let written: &[u8] = match (ber, len) {
        (true, 0..=0x7F) | (false, 0..=0xFF) => &[lo],
        (true, 0x80..=0xFF) => &[0x81, lo],
        (true, 0x100..=0xFFFF) => &[0x82, hi, lo],
        (true, 0x1_0000..=0xFF_FFFF) => &[0x83, top, hi, lo],
        (false, 0x100..=0xFFFF) => &[0, hi, lo],
        _ => {
            let limit = if ber { 0xFF_FFFF } else { 0xFFFF };
            return Err(Failure::script(
                Code::OUTSIDE,
                span,
                format!("{len} bytes are more than their length can say: at most {limit}"),
            ));
        }
    };
    out.data.splice(start..start, written.iter().copied());
    Ok(())
}

/// A data object: tag, length in the form of BER, value.
pub(super) fn object(tag: u32, value: &[u8]) -> Vec<u8> {
    let tag = Tag::new(tag);
    let mut out = Vec::with_capacity(header_len(tag, value.len()) + value.len());
    let bytes = tag.value().to_be_bytes();
    out.extend(bytes.iter().skip(4_usize.saturating_sub(tag.len())));
    let len = (value.len() as u64).to_be_bytes();
    let significant = len.iter().skip_while(|byte| **byte == 0);
    match value.len() {
        0..=0x7F => out.push(value.len() as u8),
        _ => {
            out.push(0x80 | significant.clone().count() as u8);
            out.extend(significant);
        }
    }
    out.extend_from_slice(value);
    out
}
