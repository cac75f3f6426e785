//! What is wrong, and where.

mod code;
mod draw;
mod export;
mod run;
mod sources;

pub use code::Code;
pub use sources::Sources;

use super::syntax::Span;

/// What is wrong at one place of a script, in words for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// The sentence that stands first: `status 6982, expected 9000`.
    pub message: String,
    /// The place.
    pub span: Span,
    /// What stands under the place: `CHANGE REFERENCE DATA, PIN 1`.
    pub label: Option<String>,
    /// Other places that matter, each with its words.
    pub related: Vec<(Span, String)>,
    /// What was expected, where something was.
    pub expected: Option<String>,
    /// What came.
    pub got: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// Whether it is a warning, which fails nothing.
    pub warning: bool,
}

impl Diagnostic {
    /// An error of this kind at this place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span,
            label: None,
            related: Vec::new(),
            expected: None,
            got: None,
            help: None,
            warning: false,
        }
    }

    /// As a warning.
    #[must_use]
    pub const fn warning(mut self) -> Self {
        self.warning = true;
        self
    }

    /// With these words under the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// With another place.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }

    /// With what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// With what came.
    #[must_use]
    pub fn got(mut self, got: impl Into<String>) -> Self {
        self.got = Some(got.into());
        self
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
