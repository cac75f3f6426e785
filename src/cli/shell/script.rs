//! What was done, as a script: `save`.

use crate::{
    apdu::StatusWord,
    script::syntax::{ExprKind, Part, PartKind, Stmt, StmtKind},
};

/// The lines that can be run again.
#[derive(Debug, Default)]
pub(super) struct Done {
    lines: Vec<String>,
}

impl Done {
    /// Adds a text that ran, with the status that its last command got. A command that got another
    /// one than 9000 is kept with what it got.
    pub(super) fn add(&mut self, text: &str, statements: &[Stmt], sw: Option<StatusWord>) {
        let text = text.trim_end();
        let single = matches!(
            statements,
            [Stmt { kind: StmtKind::Send(send), .. }] if send.expect.sw.is_none()
        );
        let line = match sw {
            Some(sw) if single && !text.contains('#') => format!("{text}  ({:04X})", sw.0),
            _ => text.to_owned(),
        };
        self.lines.push(line);
    }

    /// Adds one of the shell's own commands as the statement that does the same.
    pub(super) fn add_line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The script.
    pub(super) fn text(&self, card: &str) -> String {
        let mut text = format!("# A dialogue with {card}, saved by `iccard shell`.\n");
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// Whether a line has a password in it that was written out: it stands in no history, and not in
/// what is saved.
pub(super) fn tells_secret(statements: &[Stmt]) -> bool {
    statements.iter().any(|stmt| match &stmt.kind {
        StmtKind::Secret { value, .. } => !is_asked(&value.kind),
        StmtKind::Access { password, .. } => !is_asked(&password.kind),
        StmtKind::Send(send) => carries_secret(&send.parts),
        _ => false,
    })
}

// VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER and EXTERNAL AUTHENTICATE with data that is
// written out.
fn carries_secret(parts: &[Part]) -> bool {
    let Some((Part { kind: PartKind::Hex(header), .. }, rest)) = parts.split_first() else {
        return false;
    };
    let secret = matches!(header.get(1), Some(0x20 | 0x21 | 0x24 | 0x25 | 0x2C | 0x2D | 0x82));
    secret && (header.len() > 5 || written_out(rest))
}

// A password is asked for or held by a variable; whatever else there is was typed.
fn written_out(parts: &[Part]) -> bool {
    parts.iter().any(|part| match &part.kind {
        PartKind::Hex(_) | PartKind::Text(_) => true,
        PartKind::Counted { parts, .. } => written_out(parts),
        PartKind::Expr(_) => false,
    })
}

// From the environment, by a prompt, or held already.
fn is_asked(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Env(_) | ExprKind::Prompt(_) | ExprKind::Var(_) => true,
        ExprKind::Bytes(parts) => !written_out(parts),
        ExprKind::Binary(_, a, b) => is_asked(&a.kind) && is_asked(&b.kind),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::syntax::{SourceId, parse};

    #[test]
    fn a_password_that_was_typed_is_noticed() {
        let tells = |text: &str| {
            let parsed = parse(SourceId(0), text, false);
            assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
            tells_secret(&parsed.script.body)
        };
        for line in [
            "access pace can 123456",
            "access pace can \"123456\"",
            "secret pin = 313233343536",
            "secret pin = env:PIN or 313233343536",
            "0020 0001 06 313233343536",
            "0020 0001 #(\"123456\")",
            "00240001 #(%old 313233343536)",
        ] {
            assert!(tells(line), "{line}");
        }
        for line in [
            "access pace can %can",
            "secret can = env:CAN or prompt \"CAN\"",
            "0020 0001 #(%pin)",
            "0020 0001",
            "00A4 040C #(A0000002471001)",
        ] {
            assert!(!tells(line), "{line}");
        }
    }
}
