//! Scripts: reading ends with every place inside the text, what is told of it is plain text, and a
//! script in its form is one, means the same, and keeps its form.
#![no_main]

use std::collections::BTreeSet;

use iccard::script::check::{Known, check};
use iccard::script::format::{format, meaning};
use iccard::script::syntax::{SourceId, Span, Stmt, parse, parse_expr};
use iccard::script::{Diagnostic, Loader, Program, Sources};
use iccard_fuzz::{is_told, pick};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 4) else { return };
    let Ok(text) = std::str::from_utf8(data) else { return };
    let lenient = choice % 2 == 1;
    if choice < 2 {
        formatted(text, lenient);
        loaded(text, lenient);
    } else if let Err(wrong) = parse_expr(SourceId(0), text, lenient) {
        let mut sources = Sources::default();
        sources.add("fuzz", text.into());
        told(&wrong, &sources);
    }
});

fn formatted(text: &str, lenient: bool) {
    let parsed = parse(SourceId(0), text, lenient);
    inside(&parsed.script.body, text);
    let Ok(form) = format(text, lenient) else {
        assert!(!parsed.diagnostics.is_empty());
        return;
    };
    assert!(parsed.diagnostics.is_empty());
    let again = parse(SourceId(0), &form, lenient);
    assert!(
        again.diagnostics.is_empty(),
        "the form is no script:\n{form}\n{:?}",
        again.diagnostics
    );
    assert_eq!(meaning(&parsed.script), meaning(&again.script), "\n{form}");
    assert_eq!(format(&form, lenient).expect("it is a script"), form);
}

fn inside(body: &[Stmt], text: &str) {
    for stmt in body {
        place(stmt.span, text);
        stmt.kind.bodies(&mut |body| inside(body, text));
    }
}

fn place(span: Span, text: &str) {
    assert!(text.get(span.range()).is_some(), "{span:?} is no place of the text");
}

// A file that includes whatever it is asked for, itself too.
struct Again(String, usize);

impl Loader for Again {
    fn load(&mut self, _: &str, path: &str) -> Result<(String, String), String> {
        self.1 += 1;
        if self.1 > 4 {
            return Err("no more".to_owned());
        }
        Ok((path.to_owned(), self.0.clone()))
    }
}

fn loaded(text: &str, lenient: bool) {
    let mut again = Again(text.to_owned(), 0);
    let (sources, found) = match Program::load("fuzz", text, &mut again, lenient) {
        Ok(program) => {
            let known = Known { variables: BTreeSet::from(["x".to_owned()]) };
            let found = check(&program, &known);
            (program.sources, found)
        }
        Err(wrong) => wrong,
    };
    for one in &found {
        told(one, &sources);
    }
}

fn told(one: &Diagnostic, sources: &Sources) {
    place(one.span, sources.text(one.span.source));
    for (span, _) in &one.related {
        place(*span, sources.text(span.source));
    }
    is_told(&one.draw(sources, false));
    assert!(one.json(sources)["line"].as_u64().is_some_and(|line| line > 0));
}
