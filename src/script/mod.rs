//! The language of APDU scripts: what a dialogue sends, what it expects, and what to do between.
//!
//! Text goes one way: [`syntax`] makes a [`syntax::Script`] of it, with the place of everything in
//! the text; [`check`] says without a card what cannot work; [`run`] walks over it against a card
//! and fills a [`report`]. Whatever is wrong, in the text or with the card's answer, is a
//! [`Diagnostic`] that points at its place. apdu-scripts/README.md is the language's manual.

pub mod check;
mod counting;
mod diagnostic;
pub mod export;
pub mod format;
pub mod import;
mod program;
pub mod report;
pub mod run;
pub mod syntax;

pub use diagnostic::{Code, Diagnostic, Sources};
pub use program::{Files, Loader, Program, is_lenient};
