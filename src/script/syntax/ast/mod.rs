//! What a script says, each part with its place.

mod session;
mod value;

use std::{sync::Arc, time::Duration};

pub use session::*;
pub use value::*;

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
