//! What is expected, and comments, in one column where lines stand together.

use super::line::Line;

/// Lines whose widths differ by more are not aligned.
const MOST: usize = 40;

/// The text of lines.
pub(super) fn align(mut lines: Vec<Line>) -> String {
    columns(
        &mut lines,
        |line| &line.tail,
        |line, width| {
            let tail = std::mem::take(&mut line.tail);
            pad(&mut line.head, width, 2);
            line.head.push_str(&tail);
        },
    );
    columns(
        &mut lines,
        |line| if line.head.is_empty() { "" } else { &line.comment },
        |line, width| {
            let comment = std::mem::take(&mut line.comment);
            pad(&mut line.head, width, 2);
            line.head.push_str(&comment);
        },
    );
    let mut text = String::new();
    for line in lines {
        text.push_str(line.head.trim_end());
        text.push_str(&line.comment);
        text.push('\n');
    }
    text
}

// Puts what `part` gives behind the widest head of the lines around it that have one.
fn columns(lines: &mut [Line], part: fn(&Line) -> &str, put: impl Fn(&mut Line, usize)) {
    for group in lines.chunk_by_mut(|a, b| !part(a).is_empty() && !part(b).is_empty()) {
        if group.iter().any(|line| part(line).is_empty()) {
            continue;
        }
        let widths: Vec<usize> = group.iter().map(|line| width(&line.head)).collect();
        let (least, most) = widths
            .iter()
            .fold((usize::MAX, 0), |(least, most), width| (least.min(*width), most.max(*width)));
        let aligned = most - least.min(most) <= MOST;
        for (line, width) in group.iter_mut().zip(widths) {
            put(line, if aligned { most } else { width });
        }
    }
}

// Of its last line, where it goes on.
fn width(head: &str) -> usize {
    head.rsplit('\n').next().unwrap_or_default().chars().count()
}

fn pad(head: &mut String, to: usize, more: usize) {
    let blanks = to.saturating_sub(width(head)) + more;
    head.extend(std::iter::repeat_n(' ', blanks));
}
