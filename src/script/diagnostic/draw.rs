//! Diagnostics as a compiler draws them, and as JSON.

use annotate_snippets::{Annotation, AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use super::{
    Diagnostic, Sources,
    sources::{floor, line_start},
};
use crate::script::syntax::Span;

/// So many bytes of a line are shown before and behind a place.
const AROUND: usize = 160;

/// So many bytes may lie between two places that are shown as one piece; lines without a mark are
/// left out of it.
const BETWEEN: usize = 1 << 14;

/// So many characters of any words are shown.
const MAX_WORDS: usize = 400;

/// What stands for what is not shown.
const DOTS: &str = "…";

impl Diagnostic {
    /// The drawing: message, file with line and column, the line itself with the place marked, what
    /// was expected, what came, and what to do. Ends with a line end.
    pub fn draw(&self, sources: &Sources, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let level = if self.warning { Level::WARNING } else { Level::ERROR };
        let id = self.code.to_string();
        let message = one_line(&self.message);
        let group = level.primary_title(message).id(id);
        let mut view = View::of(sources, self.span);
        view.mark(AnnotationKind::Primary, self.span, self.label.as_deref().map(one_line));
        let mut views = vec![view];
        for (span, words) in &self.related {
            let words = Some(one_line(words));
            let near = views.iter_mut().position(|view| view.reach(sources, *span));
            match near.and_then(|at| views.get_mut(at)) {
                Some(view) => view.mark(AnnotationKind::Context, *span, words),
                None => {
                    let mut view = View::of(sources, *span);
                    view.mark(AnnotationKind::Context, *span, words);
                    views.push(view);
                }
            }
        }
        let mut elements: Vec<Element<'_>> = Vec::new();
        for view in views {
            if view.from > view.start {
                // What is shown of the line does not begin where its columns do.
                elements.push(origin(sources, view.first).into());
                elements.push(view.snippet(None).into());
            } else {
                let name = sources.name(view.first.source);
                elements.push(view.snippet(Some(one_line(name))).into());
            }
        }
        let notes = [
            ("expected", Level::NOTE, &self.expected),
            ("got", Level::NOTE, &self.got),
            ("help", Level::HELP, &self.help),
        ];
        for (name, level, text) in notes {
            if let Some(text) = text {
                elements.push(level.with_name(name).message(one_line(text)).into());
            }
        }
        let mut drawn = renderer.render(&[group.elements(elements)]);
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

fn origin(sources: &Sources, span: Span) -> Origin<'static> {
    let (line, column) = sources.position(span);
    Origin::path(one_line(sources.name(span.source))).line(line).char_column(column)
}

// What is shown of the line in which a place begins: all of it, or where it is too long the part
// around the place. Other places in whole lines near by belong to the same piece.
struct View {
    text: String,
    line: usize,
    first: Span,
    /// Where the line begins in its file.
    start: usize,
    /// What is shown of it, and what stands before that.
    from: usize,
    to: usize,
    dots: usize,
    whole: bool,
    marks: Vec<(AnnotationKind, Span, Option<String>)>,
}

impl View {
    fn of(sources: &Sources, span: Span) -> Self {
        let text = sources.text(span.source);
        let at = floor(text, span.start as usize);
        let start = line_start(text, at);
        let rest = text.get(at..).unwrap_or_default();
        let end = at + rest.find('\n').unwrap_or(rest.len());
        let from = if at - start > AROUND { floor(text, at - AROUND) } else { start };
        let to = if end - at > AROUND { floor(text, at + AROUND) } else { end };
        let shown = shown(text, from, to);
        let dots = if from > start { DOTS } else { "" };
        let more = if to < end { DOTS } else { "" };
        Self {
            line: sources.position(span).0,
            first: span,
            start,
            from,
            to: from + shown.len(),
            text: format!("{dots}{shown}{more}"),
            dots: dots.len(),
            whole: from == start && to == end,
            marks: Vec::new(),
        }
    }

    // Whether a place begins in what is shown, after more is shown where that is little.
    fn reach(&mut self, sources: &Sources, span: Span) -> bool {
        let at = span.start as usize;
        if span.source != self.first.source {
            return false;
        }
        if (self.from..=self.to).contains(&at) {
            return true;
        }
        let other = Self::of(sources, span);
        let (from, to) = (self.from.min(other.from), self.to.max(other.to));
        if !self.whole || !other.whole || to - from > BETWEEN {
            return false;
        }
        self.line = self.line.min(other.line);
        self.text = shown(sources.text(span.source), from, to);
        (self.start, self.from, self.to) = (from, from, to);
        true
    }

    fn mark(&mut self, kind: AnnotationKind, span: Span, label: Option<String>) {
        self.marks.push((kind, span, label));
    }

    fn annotation(
        &self,
        kind: AnnotationKind,
        span: Span,
        label: Option<String>,
    ) -> Annotation<'static> {
        let range = span.range();
        let place = |at: usize| at.clamp(self.from, self.to) - self.from + self.dots;
        let (start, end) = (place(range.start), place(range.end));
        let (start, end) = (floor(&self.text, start), floor(&self.text, end.max(start)));
        kind.span(start..end).label(label)
    }

    fn snippet(mut self, path: Option<String>) -> Snippet<'static, Annotation<'static>> {
        let marks = std::mem::take(&mut self.marks);
        let marks: Vec<_> =
            marks.into_iter().map(|(kind, at, label)| self.annotation(kind, at, label)).collect();
        Snippet::source(self.text).line_start(self.line).path(path).annotations(marks)
    }
}

fn shown(text: &str, from: usize, to: usize) -> String {
    let shown = text.get(from..to).unwrap_or_default().trim_end_matches('\r');
    shown.chars().map(shown_as).collect()
}

// Words come from files and cards: nothing that ends a line, colours it or turns it around.
fn one_line(words: &str) -> String {
    let mut chars = words.chars();
    let shown = chars.by_ref().take(MAX_WORDS);
    let mut shown: String =
        shown.map(|c| if c.is_control() || turns(c) { '\u{FFFD}' } else { c }).collect();
    if chars.next().is_some() {
        shown.push_str(DOTS);
    }
    shown
}

// The same in a line of a file, where every place has to stay where it is. The drawing itself leaves
// only these out.
fn shown_as(c: char) -> char {
    if matches!(c, '\u{80}'..='\u{9F}') { '·' } else { c }
}

// Unicode's marks of direction, by which a line can look like another one.
const fn turns(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
