//! Which variables and blocks there are, wherever they stand.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::script::{
    Program,
    syntax::{Expr, ExprKind, Function, Name, Part, PartKind, Script, Span, Stmt, StmtKind},
};

/// The longest constant that is kept.
const MAX_CONSTANT: usize = 0x1_0000;

/// All names of a program.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    /// Variables that something sets; with their bytes where one statement sets them to bytes that
    /// stand there.
    pub(super) variables: HashMap<Arc<str>, Option<Vec<u8>>>,
    /// Variables that are asked for by `defined(..)`: something outside may set them.
    pub(super) asked: HashSet<Arc<str>>,
    pub(super) blocks: HashMap<Arc<str>, Block<'a>>,
    /// Blocks whose name another one has: both places.
    pub(super) doubles: Vec<(Arc<str>, Span, Span)>,
}

/// A block to call.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) span: Span,
    pub(super) params: &'a [Name],
    pub(super) body: &'a [Stmt],
}

impl<'a> Names<'a> {
    pub(super) fn of(program: &'a Program) -> Self {
        let mut names = Self::default();
        for script in program.scripts() {
            names.script(script);
        }
        names
    }

    fn script(&mut self, script: &'a Script) {
        self.body(&script.body);
    }

    fn body(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.statement(stmt);
            stmt.kind.bodies(&mut |body| self.body(body));
        }
    }

    fn statement(&mut self, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Let { name, value } => {
                self.asked_in(value);
                let bytes =
                    if self.variables.contains_key(&name.text) { None } else { constant(value) };
                self.variables.insert(Arc::clone(&name.text), bytes);
            }
            StmtKind::Block { name, params, body } => {
                let block = Block { span: name.span, params, body };
                if let Some(before) = self.blocks.insert(Arc::clone(&name.text), block) {
                    self.doubles.push((Arc::clone(&name.text), before.span, name.span));
                }
                for param in params {
                    self.variables.insert(Arc::clone(&param.text), None);
                }
            }
            StmtKind::If { arms, .. } => {
                arms.iter().for_each(|(condition, _)| self.asked_in(condition));
            }
            StmtKind::While { condition, .. }
            | StmtKind::Assert { condition, .. }
            | StmtKind::SkipIf { condition, .. } => self.asked_in(condition),
            _ => {}
        }
        if let Some(name) = set_by(&stmt.kind)
            && !matches!(stmt.kind, StmtKind::Let { .. })
        {
            self.variables.insert(Arc::clone(&name.text), None);
        }
    }

    fn asked_in(&mut self, expr: &Expr) {
        each(expr, &mut |expr| {
            if let ExprKind::Call(Function::Defined, _, args) = &expr.kind
                && let Some(Expr { kind: ExprKind::Var(name), .. }) = args.first()
            {
                self.asked.insert(Arc::clone(&name.text));
            }
        });
    }
}

/// The variable that a statement sets, beside a block's parameters.
pub(super) const fn set_by(kind: &StmtKind) -> Option<&Name> {
    match kind {
        StmtKind::Let { name, .. } | StmtKind::Secret { name, .. } => Some(name),
        StmtKind::For(for_) => Some(&for_.name),
        StmtKind::ReadEf { into, .. } | StmtKind::Prompt { into, .. } => into.as_ref(),
        _ => None,
    }
}

/// Calls `found` with every variable that these statements may set.
pub(super) fn all_set(body: &[Stmt], found: &mut dyn FnMut(&Arc<str>)) {
    for stmt in body {
        if let Some(name) = set_by(&stmt.kind) {
            found(&name.text);
        }
        stmt.kind.bodies(&mut |body| all_set(body, found));
    }
}

/// Calls `found` with an expression and all that lie in it.
pub(super) fn each<'a>(expr: &'a Expr, found: &mut dyn FnMut(&'a Expr)) {
    found(expr);
    match &expr.kind {
        ExprKind::Bytes(parts) => each_part(parts, found),
        ExprKind::Prompt(of) | ExprKind::Tlv(of, _) | ExprKind::Neg(of) | ExprKind::Not(of) => {
            each(of, found);
        }
        ExprKind::Matches(of, _) => each(of, found),
        ExprKind::Slice { of, from, to, .. } => {
            each(of, found);
            [from, to].into_iter().flatten().for_each(|expr| each(expr, found));
        }
        ExprKind::Call(_, _, args) => args.iter().for_each(|expr| each(expr, found)),
        ExprKind::Binary(_, left, right) => {
            each(left, found);
            each(right, found);
        }
        _ => {}
    }
}

fn each_part<'a>(parts: &'a [Part], found: &mut dyn FnMut(&'a Expr)) {
    for part in parts {
        match &part.kind {
            PartKind::Counted { parts, .. } => each_part(parts, found),
            PartKind::Expr(expr) => each(expr, found),
            PartKind::Hex(_) | PartKind::Text(_) => {}
        }
    }
}

/// The bytes of a value that consists of bytes that stand there.
fn constant(value: &Expr) -> Option<Vec<u8>> {
    match &value.kind {
        ExprKind::Digits(digits) => hex::decode(digits.as_bytes()).ok(),
        ExprKind::Text(text) => Some(text.as_bytes().to_vec()),
        ExprKind::Bytes(parts) => {
            let mut bytes = Vec::new();
            append(parts, &|_| None, &mut bytes).then_some(bytes)
        }
        _ => None,
    }
}

/// Appends the bytes of parts, where all are known; `variable` gives those of variables.
pub(super) fn append<'a>(
    parts: &[Part],
    variable: &dyn Fn(&Name) -> Option<&'a [u8]>,
    bytes: &mut Vec<u8>,
) -> bool {
    for part in parts {
        match &part.kind {
            PartKind::Hex(hex) => bytes.extend_from_slice(hex),
            PartKind::Text(text) => bytes.extend_from_slice(text.as_bytes()),
            PartKind::Counted { ber, parts } => {
                let mut counted = Vec::new();
                if !append(parts, variable, &mut counted) {
                    return false;
                }
                length(counted.len(), *ber, bytes);
                bytes.extend_from_slice(&counted);
            }
            PartKind::Expr(expr) => match &expr.kind {
                ExprKind::Var(name) => match variable(name) {
                    Some(value) => bytes.extend_from_slice(value),
                    None => return false,
                },
                ExprKind::Bytes(parts) if append(parts, variable, bytes) => {}
                _ => return false,
            },
        }
        if bytes.len() > MAX_CONSTANT {
            return false;
        }
    }
    true
}

// As `#(..)` and `#ber(..)` write it.
fn length(count: usize, ber: bool, bytes: &mut Vec<u8>) {
    let [.., third, second, first] = count.to_be_bytes();
    match (ber, count) {
        (true, 0..=0x7F) | (false, 0..=0xFF) => bytes.push(first),
        (true, 0..=0xFF) => bytes.extend([0x81, first]),
        (true, 0..=0xFFFF) => bytes.extend([0x82, second, first]),
        (true, _) => bytes.extend([0x83, third, second, first]),
        (false, _) => bytes.extend([0, second, first]),
    }
}
