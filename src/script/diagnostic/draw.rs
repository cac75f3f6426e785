//! Diagnostics as a compiler draws them, and as JSON.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use super::{
    Diagnostic, Sources,
    sources::{floor, line_start},
};
use crate::script::syntax::Span;

/// So many bytes of a line are shown before and behind a place.
const AROUND: usize = 160;

impl Diagnostic {
    /// The drawing: message, file with line and column, the line itself with the place marked, what
    /// was expected, what came, and what to do. Ends with a line end.
    pub fn draw(&self, sources: &Sources, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let level = if self.warning { Level::WARNING } else { Level::ERROR };
        let id = self.code.to_string();
        let message = one_line(&self.message);
        let mut group =
            level.primary_title(message).id(id).element(origin(sources, self.span)).elements(
                View::of(sources, self.span)
                    .snippet(AnnotationKind::Primary, self.label.as_deref().map(one_line)),
            );
        for (span, words) in &self.related {
            if span.source != self.span.source {
                group = group.element(origin(sources, *span));
            }
            let view = View::of(sources, *span);
            group = group.elements(view.snippet(AnnotationKind::Context, Some(one_line(words))));
        }
        let notes = [
            ("expected", Level::NOTE, &self.expected),
            ("got", Level::NOTE, &self.got),
            ("help", Level::HELP, &self.help),
        ];
        for (name, level, text) in notes {
            if let Some(text) = text {
                group = group.element(level.with_name(name).message(one_line(text)));
            }
        }
        let mut drawn = renderer.render(&[group]);
        drawn.push('\n');
        drawn
    }

    /// The same facts as an object.
    pub fn json(&self, sources: &Sources) -> Value {
        let mut value = place(sources, self.span);
        if let Value::Object(map) = &mut value {
            let related = self.related.iter().map(|(span, words)| {
                let mut value = place(sources, *span);
                if let Value::Object(map) = &mut value {
                    map.insert("label".into(), json!(words));
                }
                value
            });
            map.insert("code".into(), json!(self.code.to_string()));
            map.insert("level".into(), json!(if self.warning { "warning" } else { "error" }));
            map.insert("message".into(), json!(self.message));
            map.insert("label".into(), json!(self.label));
            map.insert("related".into(), related.collect());
            map.insert("expected".into(), json!(self.expected));
            map.insert("got".into(), json!(self.got));
            map.insert("help".into(), json!(self.help));
        }
        value
    }
}

fn place(sources: &Sources, span: Span) -> Value {
    let (line, column) = sources.position(span);
    let (end_line, end_column) = sources.position(Span { start: span.end, ..span });
    json!({
        "file": sources.name(span.source),
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    })
}

fn origin<'a>(sources: &'a Sources, span: Span) -> Origin<'a> {
    let (line, column) = sources.position(span);
    Origin::path(sources.name(span.source)).line(line).char_column(column)
}

// What is shown of the line in which a place begins: all of it, or where it is too long the part
// around the place.
struct View {
    text: String,
    line: usize,
    mark: Range<usize>,
}

impl View {
    fn of(sources: &Sources, span: Span) -> Self {
        let text = sources.text(span.source);
        let start = floor(text, span.start as usize);
        let from = line_start(text, start);
        let rest = text.get(start..).unwrap_or_default();
        let to = start + rest.find('\n').unwrap_or(rest.len());
        let end = floor(text, span.end as usize).clamp(start, to.max(start));
        let first = if start - from > AROUND { floor(text, start - AROUND) } else { from };
        let last = if to - start > AROUND { floor(text, start + AROUND) } else { to };
        let cut = |range: Range<usize>| text.get(range).unwrap_or_default().trim_end_matches('\r');
        let dots = |cut: bool| if cut { "…" } else { "" };
        let (before, marked) = (cut(first..start), cut(start..end.min(last)));
        let after = cut(end.min(last)..last);
        let before = format!("{}{before}", dots(first > from));
        let mark = before.len()..before.len() + marked.len();
        let line = sources.position(span).0;
        Self { text: format!("{before}{marked}{after}{}", dots(last < to)), line, mark }
    }

    fn snippet(
        self,
        kind: AnnotationKind,
        label: Option<String>,
    ) -> Vec<Snippet<'static, Annotation<'static>>> {
        let mark = kind.span(self.mark).label(label);
        vec![Snippet::source(self.text).line_start(self.line).annotation(mark)]
    }
}

// Words come from files and cards: no control characters, which could end a line or colour it.
fn one_line(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
