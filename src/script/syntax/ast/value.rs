//! Values, parts of byte strings, and patterns, each with its place.

use std::sync::Arc;

use crate::script::syntax::Span;

/// A name and its place. Names are letters, digits, `_` and `-`, a letter first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name, without `%` or `${}`.
    pub text: Arc<str>,
    /// Its place.
    pub span: Span,
}

/// A part of a byte string.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its place.
    pub span: Span,
    /// What it is.
    pub kind: PartKind,
}

/// What a part of a byte string is.
#[derive(Clone, Debug)]
pub enum PartKind {
    /// `00A4 040C`.
    Hex(Vec<u8>),
    /// `"text"`, in UTF-8.
    Text(Arc<str>),
    /// `#(..)`: the parts with their length in one byte before them (in three, `00` first, where
    /// they are longer than 255); `#ber(..)`: in the form of BER.
    Counted {
        /// Whether the length is that of BER.
        ber: bool,
        /// What is counted.
        parts: Vec<Part>,
    },
    /// `%name`, `${name}`, `u16(%off)`, `resp[2..6]`, `W(3;2)`: whatever gives bytes.
    Expr(Box<Expr>),
}

/// `(9000|6282|63CX)`, `(*)`, `(!6982)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwPattern {
    /// Its place, parentheses included.
    pub span: Span,
    /// Whether none of them may match.
    pub negated: bool,
    /// The alternatives: value and mask; `*` has the mask 0.
    pub any_of: Vec<(u16, u16)>,
}

impl SwPattern {
    /// Whether a status word is one of these.
    pub fn matches(&self, sw: u16) -> bool {
        self.any_of.iter().any(|&(value, mask)| sw & mask == value & mask) != self.negated
    }
}

/// `[6F XX 84 07 *]`: bytes with wildcards.
#[derive(Clone, Debug)]
pub struct DataPattern {
    /// Its place, brackets included.
    pub span: Span,
    /// What stands in it. More than one `*` is allowed.
    pub items: Vec<PatternItem>,
}

/// A part of a [`DataPattern`].
#[derive(Clone, Debug)]
pub enum PatternItem {
    /// A byte, and the bits of it that count.
    Byte(u8, u8),
    /// Whatever gives bytes.
    Parts(Part),
    /// `*`: any number of bytes.
    Any,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// An expression and its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// From its first character to its last.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A word of digits, bytes or a number as its place wants it: a number in ranges, counts,
    /// indexes and arithmetic, and beside a number; bytes everywhere else. `0x10` and `-1` are
    /// numbers anywhere.
    Digits(Arc<str>),
    /// A number.
    Int(i64),
    /// Bytes: parts side by side.
    Bytes(Vec<Part>),
    /// Text.
    Text(Arc<str>),
    /// `true`, `false`.
    Bool(bool),
    /// `%name`, `${name}`.
    Var(Name),
    /// `resp`: the data of the last answer, without its status word.
    Resp,
    /// `sw`: its status word.
    Sw,
    /// `atr`: the card's answer to reset.
    Atr,
    /// `env:NAME`.
    Env(Name),
    /// `prompt "text"`.
    Prompt(Box<Expr>),
    /// `value[2]`: a byte as a number. `value[2..6]`, `value[-8..]`, `value[2..=5]`: bytes.
    Slice {
        /// Of what.
        of: Box<Expr>,
        /// Where it begins; at the first byte where it is not said, from the end where negative.
        from: Option<Box<Expr>>,
        /// Where it ends; at the last byte where it is not said. `None` inside `Some` never is.
        to: Option<Box<Expr>>,
        /// Which form it has.
        form: SliceForm,
    },
    /// `name(a, b)`: see [`Function`].
    Call(Function, Span, Vec<Expr>),
    /// `tlv(value, 6F/84)`: the value of a data object; tags from the outermost inwards.
    Tlv(Box<Expr>, Vec<u32>),
    /// `R(3;2)`, `W(3;2)`: bytes of the last answer with its status word, the first is 1.
    ResponseBytes(u16, u16),
    /// `-x`.
    Neg(Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `a + b` and so on.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `sw matches (63CX)`.
    SwMatches(SwPattern),
    /// `resp matches [6F *]`.
    Matches(Box<Expr>, DataPattern),
}

/// Forms of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceForm {
    /// `[i]`
    Index,
    /// `[a..b]`
    Exclusive,
    /// `[a..=b]`
    Inclusive,
}

/// Operators of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `mod`
    Mod,
    /// A comparison.
    Compare(Compare),
    /// `and`
    And,
    /// `or`: of truths; of values, the first that there is (`env:CAN or prompt "CAN"`).
    Or,
}

/// What can be called in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `uint(bytes)`: the number that they are, the first byte the highest.
    Uint,
    /// `int(digits)`: the number that decimal digits or a text of them mean.
    Int,
    /// `u8(n)`: one byte.
    U8,
    /// `u16(n)`: two bytes, the higher first.
    U16,
    /// `u24(n)`: three.
    U24,
    /// `u32(n)`: four.
    U32,
    /// `len(bytes)`.
    Len,
    /// `ber(84, bytes)`: a data object.
    Ber,
    /// `text(bytes)`: as UTF-8.
    Text,
    /// `hex(bytes)`: as capital digits; `hex("6F..")`: the bytes of a text of digits.
    Hex,
    /// `pad(bytes, 8, FF)`: filled up to a length.
    Pad,
    /// `random(n)`: from the run's seed.
    Random,
    /// `sha1(bytes)`.
    Sha1,
    /// `sha256(bytes)`.
    Sha256,
    /// `xor(a, b)`: of the same length.
    Xor,
    /// `defined(%x)`: whether it has a value.
    Defined,
}
