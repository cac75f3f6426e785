//! Directives of PCOM: lines that begin with a full stop.

use super::{
    Disposition, Expr, ExprKind, StmtKind,
    bytes::{parts, short},
    input::{Input, Res, at, blanks, expected, is_end, need, rest, since, skip},
    near::did_you_mean,
    words::{choice, name, next, text},
};
use crate::{
    script::diagnostic::{Code, Diagnostic},
    transport::Reset,
};

const DIRECTIVES: [&str; 5] = [".DEFINE", ".CALL", ".POWER_ON", ".POWER_OFF", ".ALLUNDEFINE"];

/// A directive.
pub(super) fn directive(i: &mut Input<'_>) -> Res<StmtKind> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = 1 + rest(i).bytes().skip(1).take_while(is_part).count();
    let place = next(i, length);
    let word = skip(i, length);
    match word.to_ascii_uppercase().as_str() {
        ".DEFINE" => {
            let name = name(i, "the name of a variable")?;
            blanks(i);
            let start = at(i);
            let parts = parts(i, &[])?;
            if parts.is_empty() {
                return Err(expected(i, "bytes").help("write `.DEFINE %PIN 31323334`").into());
            }
            let value = Expr { span: since(i, start), kind: ExprKind::Bytes(parts) };
            Ok(StmtKind::Let { name, value })
        }
        ".CALL" => {
            blanks(i);
            if let Some((path, path_span)) = text(i, false)? {
                return Ok(StmtKind::Include { path, path_span });
            }
            if is_end(i) {
                return Err(expected(i, "the name of a file").into());
            }
            let is_part = |c: &char| !c.is_whitespace() && *c != ';';
            let length = rest(i).chars().take_while(is_part).map(char::len_utf8).sum();
            let path_span = next(i, length);
            Ok(StmtKind::Include { path: skip(i, length).into(), path_span })
        }
        ".POWER_ON" => {
            blanks(i);
            if is_end(i) {
                return Ok(StmtKind::Reset(Reset::Cold));
            }
            need(i, "/")?;
            let kinds = [
                ("COLD", Reset::Cold),
                ("WARM", Reset::Warm),
                ("cold", Reset::Cold),
                ("warm", Reset::Warm),
            ];
            Ok(StmtKind::Reset(choice(i, "reset", &kinds)?))
        }
        ".POWER_OFF" => Ok(StmtKind::Disconnect(Disposition::Unpower)),
        ".ALLUNDEFINE" => Ok(StmtKind::Undefine),
        _ => {
            let shown = short(word);
            let mut wrong =
                Diagnostic::new(Code::DIRECTIVE, place, format!("there is no directive `{shown}`"))
                    .label("unknown")
                    .expected(DIRECTIVES.join(", "))
                    .got(format!("`{shown}`"));
            wrong.help = did_you_mean(word, DIRECTIVES);
            Err(wrong.into())
        }
    }
}
