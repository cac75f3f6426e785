//! The forms that traces are written in.

mod comments;
mod dump;
mod jsonl;
mod pcapng;

pub(super) use comments::{ANSWER, END, LEFT_OUT, PLAIN, STEP};
pub use dump::dump_of;
pub(super) use dump::{Dump, NO_ANSWER, RECEIVED, SENT};
pub(super) use jsonl::Jsonl;
pub(super) use pcapng::{PROGRAM, Pcapng};
