//! What a script says, each part with its place.

use std::{sync::Arc, time::Duration};

use super::{SourceId, Span};
use crate::transport::{Reset, fault::FaultPlan};

/// A script, or a file that one includes.
#[derive(Clone, Debug)]
pub struct Script {
    /// The text that it was made of.
    pub source: SourceId,
    /// Its statements, in order.
    pub body: Vec<Stmt>,
    /// Whether any status is expected where none is written: a file of PCOM or scriptor.
    pub lenient: bool,
}

/// A statement and its place.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// From its first character to its last; of a block, its first line.
    pub span: Span,
    /// What it says.
    pub kind: StmtKind,
}

/// A name and its place. Names are letters, digits, `_` and `-`, a letter first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name, without `%` or `${}`.
    pub text: Arc<str>,
    /// Its place.
    pub span: Span,
}

/// What a statement says.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// `00A4 040C #(%aid) (9000)`: a command, and what is expected of its answer.
    Send(Box<Send>),
    /// `let name = ..`; `.DEFINE %NAME ..`.
    Let {
        /// The variable.
        name: Name,
        /// Its value.
        value: Expr,
    },
    /// `secret name = ..`: a variable that no report, trace or message shows.
    Secret {
        /// The variable.
        name: Name,
        /// What gives it, the first that does: `env:CAN or prompt "CAN"`.
        value: Expr,
    },
    /// `.ALLUNDEFINE`: forgets every variable.
    Undefine,
    /// `default-sw (..)`: what is expected from here on where no status is written.
    DefaultSw(SwPattern),
    /// `expect ..`: of the last answer.
    Expect(Box<Expectation>),
    /// `assert cond "message"`.
    Assert {
        /// What has to hold.
        condition: Expr,
        /// What to say where it does not.
        message: Option<Box<Expr>>,
    },
    /// `if .. else if .. else .. end`.
    If {
        /// The conditions in order, each with its statements.
        arms: Vec<(Expr, Vec<Stmt>)>,
        /// The statements where none of them holds.
        otherwise: Option<Vec<Stmt>>,
    },
    /// `for i in from..to step n .. end`.
    For(Box<For>),
    /// `while cond .. end`.
    While {
        /// What has to hold.
        condition: Expr,
        /// The statements.
        body: Vec<Stmt>,
    },
    /// `repeat n .. end`.
    Repeat {
        /// How often.
        count: Expr,
        /// The statements.
        body: Vec<Stmt>,
    },
    /// `break`: leaves the loop around it.
    Break,
    /// `continue`: goes on with the next round of the loop around it.
    Continue,
    /// `try .. catch sw 69XX .. end`. A `catch` without a status catches every failed expectation
    /// and every error of the card, but never one of the script.
    Try {
        /// What is tried.
        body: Vec<Stmt>,
        /// The handlers, the first that fits.
        catches: Vec<Catch>,
    },
    /// `include "x.apdu"`, relative to the file; `.CALL x.pcom`.
    Include {
        /// The file's name, as it is written.
        path: Arc<str>,
        /// The place of the name.
        path_span: Span,
    },
    /// `block name(a, b) .. end`: statements to call.
    Block {
        /// Its name.
        name: Name,
        /// Its parameters, variables of the call alone.
        params: Vec<Name>,
        /// The statements.
        body: Arc<Vec<Stmt>>,
    },
    /// `call name(%x, 3)`.
    Call {
        /// The block.
        name: Name,
        /// A value for each parameter.
        args: Vec<Expr>,
    },
    /// `connect reader=~"RC-S300" exclusive protocol=t1 wait=30s`.
    Connect(Box<Connect>),
    /// `reset cold|warm`; `.POWER_ON` is a cold one.
    Reset(Reset),
    /// `transaction .. end`: nobody else talks to the card meanwhile.
    Transaction(Vec<Stmt>),
    /// `disconnect leave|reset|unpower`; `.POWER_OFF` unpowers.
    Disconnect(Disposition),
    /// `control 0x42000C00 0102`: to the reader.
    Control {
        /// The control code.
        code: Expr,
        /// What is sent.
        data: Vec<Part>,
    },
    /// `access pace can %can`, `access bac %mrz`, `access bap %line`.
    Access {
        /// How.
        way: Access,
        /// The password.
        password: Expr,
    },
    /// `auth chip|terminal|active`.
    Auth(Auth),
    /// `sm off` leaves the secure channel, `sm on` takes it up again where it was left.
    Sm(bool),
    /// `read ef 011E -> name`, `read ef EF.COM`.
    ReadEf {
        /// The file.
        file: FileRef,
        /// The variable that holds its content afterwards; `resp` does in any case.
        into: Option<Name>,
    },
    /// `select aid %aid`, `select mf`, `select ef 011E`, `select df 3F01`.
    Select(Selected),
    /// `raw .. end`: the bytes as they are, past secure messaging, GET RESPONSE and corrected Le.
    Raw(Vec<Stmt>),
    /// `timeout 5s`: for each command from here on.
    Timeout(Duration),
    /// `sleep 100ms`.
    Sleep(Duration),
    /// `prompt "text" -> name`: asks for a line.
    Prompt {
        /// The question.
        text: Expr,
        /// The variable.
        into: Option<Name>,
    },
    /// `pause "text"`: until Enter is pressed.
    Pause(Option<Expr>),
    /// `wait card 30s`.
    WaitCard(Option<Duration>),
    /// `echo "text" %x`.
    Echo(Vec<Expr>),
    /// `test "ISO7816_B_01 title" tags=lds,sm profile=PACE .. end`.
    Test(Box<Test>),
    /// `skip if cond "reason"`: ends the test, or the file outside of one, as skipped.
    SkipIf {
        /// When.
        condition: Expr,
        /// Why.
        reason: Option<Box<Expr>>,
    },
    /// `fault tear after 3 apdus`; only emulated cards obey. `None` is `fault clear`.
    Fault(Option<FaultPlan>),
    /// `exit`: ends the run, as scriptor does.
    Exit,
}

impl StmtKind {
    /// Calls `each` with the statements that lie in this one, part by part.
    pub fn bodies<'a>(&'a self, each: &mut dyn FnMut(&'a [Stmt])) {
        match self {
            Self::If { arms, otherwise } => {
                for (_, body) in arms {
                    each(body);
                }
                if let Some(body) = otherwise {
                    each(body);
                }
            }
            Self::For(for_) => each(&for_.body),
            Self::While { body, .. } | Self::Repeat { body, .. } => each(body),
            Self::Try { body, catches } => {
                each(body);
                for catch in catches {
                    each(&catch.body);
                }
            }
            Self::Block { body, .. } => each(body),
            Self::Transaction(body) | Self::Raw(body) => each(body),
            Self::Test(test) => each(&test.body),
            _ => {}
        }
    }
}

/// `for i in from..to step n .. end`; `to` is left out unless it is `..=`.
#[derive(Clone, Debug)]
pub struct For {
    /// The variable.
    pub name: Name,
    /// First value.
    pub from: Expr,
    /// Where it ends.
    pub to: Expr,
    /// Whether the end belongs to it.
    pub inclusive: bool,
    /// What is added each time; 1 where it is not said.
    pub step: Option<Expr>,
    /// The statements.
    pub body: Vec<Stmt>,
}

/// A command to send.
#[derive(Clone, Debug)]
pub struct Send {
    /// Its bytes.
    pub parts: Vec<Part>,
    /// `le=`: Le is added; zero is the most that the form can ask for.
    pub le: Option<Box<Expr>>,
    /// `short` or `ext`: the length fields, made anew from header, data and Le.
    pub form: Option<LengthForm>,
    /// What is expected.
    pub expect: Answer,
}

/// Length fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthForm {
    /// One byte.
    Short,
    /// Extended.
    Extended,
}

/// What is expected of an answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `[6F XX 84 *]`.
    pub data: Option<DataPattern>,
    /// `(9000|63CX)`; the default status where it is not written.
    pub sw: Option<SwPattern>,
    /// `time<400ms`.
    pub time: Option<(Compare, Duration)>,
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

/// What `expect` says of the last answer.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// `expect (9000)`.
    Sw(SwPattern),
    /// `expect [..]`.
    Data(DataPattern),
    /// `expect len == 16`, `expect len 16`.
    Len(Compare, Expr),
    /// `expect tlv 6F/84 == A000..`; without a comparison, that it is there.
    Tlv {
        /// Tags from the outermost inwards.
        path: Vec<u32>,
        /// The place of the path.
        path_span: Span,
        /// What its value is.
        value: Option<(Compare, Expr)>,
    },
    /// `expect regex "^6F.*"`: of the data in capital hexadecimal digits.
    Regex(Arc<str>, Span),
    /// `expect text "..."`: that the data has this text in it.
    Text(Expr),
    /// `expect time < 300ms`.
    Time(Compare, Duration),
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

/// A handler of `try`.
#[derive(Clone, Debug)]
pub struct Catch {
    /// Its line.
    pub span: Span,
    /// Which status words it is for; all failures where none is said.
    pub sw: Option<SwPattern>,
    /// The statements.
    pub body: Vec<Stmt>,
}

/// `connect ..`.
#[derive(Clone, Debug, Default)]
pub struct Connect {
    /// `reader="exact name"` or `reader=~"part"`: whether a part will do, and the name.
    pub reader: Option<(bool, Expr)>,
    /// `shared`, `exclusive`, `direct`.
    pub share: Option<Share>,
    /// `protocol=t0|t1|any`.
    pub protocol: Option<Protocol>,
    /// `wait=30s`.
    pub wait: Option<Duration>,
}

/// How a reader is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// With other programs.
    Shared,
    /// With nobody.
    Exclusive,
    /// Without a card, for control codes.
    Direct,
}

/// A transmission protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// T=0.
    T0,
    /// T=1.
    T1,
    /// Either.
    Any,
}

/// What becomes of a card that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It is left as it is.
    Leave,
    /// It is reset.
    Reset,
    /// Its power goes off.
    Unpower,
}

/// How a card is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// PACE with the CAN.
    PaceCan,
    /// PACE with the PIN.
    PacePin,
    /// PACE with the PUK.
    PacePuk,
    /// PACE with the MRZ.
    PaceMrz,
    /// Basic Access Control with the MRZ.
    Bac,
    /// Basic Access Protection with the machine-readable line of a driving licence.
    Bap,
}

/// What is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Chip Authentication.
    Chip,
    /// Terminal Authentication.
    Terminal,
    /// Active Authentication.
    Active,
}

/// A file, by its identifier or by the name that a standard gives it.
#[derive(Clone, Debug)]
pub enum FileRef {
    /// `011E`, `%fid`.
    Id(Part),
    /// `EF.COM`.
    Named(crate::lds::File, Span),
}

/// What is selected.
#[derive(Clone, Debug)]
pub enum Selected {
    /// The master file.
    MasterFile,
    /// An application, by its name (its first bytes will do).
    Aid(Part),
    /// A DF by its identifier.
    Df(Part),
    /// An EF under the current DF.
    Ef(FileRef),
}

/// `test .. end`.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its title; the first word is its id where it looks like one (`ISO7816_B_01`).
    pub title: Arc<str>,
    /// `tags=a,b`.
    pub tags: Vec<Arc<str>>,
    /// `id=..`.
    pub id: Option<Arc<str>>,
    /// `profile=..`.
    pub profile: Option<Arc<str>>,
    /// The statements.
    pub body: Vec<Stmt>,
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
