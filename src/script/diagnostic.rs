//! What is wrong, and where.

use super::syntax::{SourceId, Span};

/// The kind of a [`Diagnostic`], by which people look it up: stable over versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub u16);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "E{:02}", self.0)
    }
}

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

/// The texts of a run, by which places are shown.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: Vec<(String, std::sync::Arc<str>)>,
}

impl Sources {
    /// Adds a text under the name of its file. `None` where there are too many.
    pub fn add(&mut self, name: impl Into<String>, text: std::sync::Arc<str>) -> Option<SourceId> {
        let id = SourceId(u16::try_from(self.texts.len()).ok()?);
        self.texts.push((name.into(), text));
        Some(id)
    }

    /// The name of a text.
    pub fn name(&self, id: SourceId) -> &str {
        self.texts.get(usize::from(id.0)).map_or("", |(name, _)| name)
    }

    /// The text itself.
    pub fn text(&self, id: SourceId) -> &str {
        self.texts.get(usize::from(id.0)).map_or("", |(_, text)| text)
    }

    /// Line and column of a place, both from 1; columns count characters.
    pub fn position(&self, span: Span) -> (usize, usize) {
        let before = self.text(span.source).get(..span.start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        (line, column)
    }
}
