//! Where the commands of a script stand, and how their digits are grouped.

use std::collections::HashMap;

use crate::script::syntax::{Part, PartKind, Script, Send, Stmt, StmtKind};

/// Commands by the place of their first character.
#[derive(Debug, Default)]
pub(super) struct Commands<'a>(HashMap<usize, &'a Send>);

impl<'a> Commands<'a> {
    pub(super) fn of(script: &'a Script) -> Self {
        let mut commands = Self::default();
        commands.body(&script.body);
        commands
    }

    fn body(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            if let StmtKind::Send(send) = &stmt.kind {
                self.0.insert(stmt.span.range().start, send);
            }
            stmt.kind.bodies(&mut |body| self.body(body));
        }
    }

    pub(super) fn at(&self, place: usize) -> Option<&'a Send> {
        self.0.get(&place).copied()
    }
}

/// Where what is expected of an answer begins.
pub(super) fn tail(send: &Send) -> Option<usize> {
    let data = send.expect.data.as_ref().map(|pattern| pattern.span.range().start);
    let sw = send.expect.sw.as_ref().map(|pattern| pattern.span.range().start);
    data.into_iter().chain(sw).min()
}

/// The digits that a command begins with, in groups: header, Lc, data, Le; and where they end.
/// `None` where they do not stand on one line.
pub(super) fn grouped(send: &Send, text: &str) -> Option<(String, usize)> {
    let Part { span, kind: PartKind::Hex(bytes) } = send.parts.first()? else { return None };
    let written = text.get(span.range())?;
    if written.contains(['\\', '\n', '#', ';']) {
        return None;
    }
    let mut groups = Vec::new();
    let mut rest = bytes.as_slice();
    let mut take = |rest: &mut &[u8], length: usize| {
        let (group, behind) = rest.split_at(length.min(rest.len()));
        *rest = behind;
        if !group.is_empty() {
            groups.push(hex::encode_upper(group));
        }
    };
    take(&mut rest, 2);
    take(&mut rest, 2);
    match *rest {
        // Le alone, short or extended.
        [_] | [0, _, _] => {
            let all = rest.len();
            take(&mut rest, all);
        }
        [0, high, low, ..] => {
            take(&mut rest, 3);
            take(&mut rest, usize::from(u16::from_be_bytes([high, low])));
        }
        [count, ..] => {
            take(&mut rest, 1);
            take(&mut rest, usize::from(count));
        }
        [] => {}
    }
    let all = rest.len();
    take(&mut rest, all);
    Some((groups.join(" "), span.range().end))
}
