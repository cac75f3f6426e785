//! Values that can be told without running a script.

use std::{collections::HashMap, sync::Arc};

use super::{
    error::not_constant,
    step::{Item, Sent},
};
use crate::{
    apdu::{CommandView, Form},
    script::{
        Code, Diagnostic,
        syntax::{
            DataPattern, Expr, ExprKind, Function, LengthForm, Operator, Part, PartKind,
            PatternItem, Send, SwPattern,
        },
    },
};

/// Most bytes of one value.
const MOST: usize = 1 << 17;

/// The variables whose values are known.
#[derive(Debug, Default)]
pub(super) struct Values(HashMap<Arc<str>, Known>);

#[derive(Clone, Debug)]
enum Known {
    Bytes(Vec<u8>),
    Number(i64),
}

impl Values {
    /// A variable has this value from here on; one that is not known without running is forgotten.
    pub(super) fn set(&mut self, name: &Arc<str>, value: &Expr) {
        // Digits on their own are bytes.
        let known = match (self.bytes(value), self.number(value)) {
            (Ok(bytes), _) => Known::Bytes(bytes),
            (Err(_), Some(number)) => Known::Number(number),
            (Err(_), None) => return self.forget(name),
        };
        self.0.insert(Arc::clone(name), known);
    }

    /// A variable has this number from here on.
    pub(super) fn set_number(&mut self, name: &Arc<str>, number: i64) {
        self.0.insert(Arc::clone(name), Known::Number(number));
    }

    pub(super) fn forget(&mut self, name: &Arc<str>) {
        self.0.remove(name);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The bytes of an expression.
    pub(super) fn bytes(&self, expr: &Expr) -> Result<Vec<u8>, Box<Diagnostic>> {
        let unknown = |what: &str| Err(not_constant(expr.span, what));
        match &expr.kind {
            ExprKind::Digits(digits) => {
                hex::decode(&**digits).map_err(|_| not_constant(expr.span, "this number"))
            }
            ExprKind::Bytes(parts) => self.parts(parts),
            ExprKind::Text(text) => Ok(text.as_bytes().to_vec()),
            ExprKind::Var(name) => match self.0.get(&name.text) {
                Some(Known::Bytes(bytes)) => Ok(bytes.clone()),
                _ => unknown(&format!("`{}`", name.text)),
            },
            ExprKind::Call(function, _, args) => {
                let width = match function {
                    Function::U8 => 1,
                    Function::U16 => 2,
                    Function::U24 => 3,
                    Function::U32 => 4,
                    _ => return unknown("this value"),
                };
                let number = args.first().and_then(|arg| self.number(arg));
                let bytes = number.and_then(|n| u32::try_from(n).ok()).map(u32::to_be_bytes);
                match bytes.as_ref().map(|bytes| bytes.split_at(4 - width)) {
                    Some((over, bytes)) if over.iter().all(|byte| *byte == 0) => Ok(bytes.to_vec()),
                    _ => unknown("this number"),
                }
            }
            _ => unknown("this value"),
        }
    }

    /// The bytes of parts side by side.
    pub(super) fn parts(&self, parts: &[Part]) -> Result<Vec<u8>, Box<Diagnostic>> {
        let mut bytes = Vec::new();
        for part in parts {
            match &part.kind {
                PartKind::Hex(hex) => bytes.extend(hex),
                PartKind::Text(text) => bytes.extend(text.as_bytes()),
                PartKind::Counted { ber, parts } => {
                    let counted = self.parts(parts)?;
                    bytes.extend(length(counted.len(), *ber));
                    bytes.extend(counted);
                }
                PartKind::Expr(expr) => bytes.extend(self.bytes(expr)?),
            }
            if bytes.len() > MOST {
                return Err(not_constant(part.span, "a value of this size"));
            }
        }
        Ok(bytes)
    }

    /// A command with what is expected of its answer.
    pub(super) fn sent(
        &self,
        send: &Send,
        default: Option<&SwPattern>,
    ) -> Result<Sent, Box<Diagnostic>> {
        let mut bytes = self.parts(&send.parts)?;
        let view = CommandView::parse(&bytes).ok();
        let mut asks = view.is_some_and(|view| view.ne.is_some());
        if send.le.is_some() || send.form.is_some() {
            let span = send.parts.first().map(|part| part.span).unwrap_or_default();
            let wrong = |why: String| {
                let help = "correct the command, or write all its bytes without le=, short and ext";
                let wrong = Diagnostic::new(Code::NOT_A_COMMAND, span, why)
                    .expected("header, Lc and as many bytes, so that length fields can be made");
                Box::new(wrong.help(help))
            };
            let view = CommandView::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
            let mut command = view.to_command();
            command.form = match send.form {
                Some(LengthForm::Short) => Form::Short,
                Some(LengthForm::Extended) => Form::Extended,
                None if view.extended => Form::Extended,
                None => Form::Auto,
            };
            if let Some(le) = &send.le {
                let ne = self.number(le).and_then(|n| u32::try_from(n).ok());
                let ne = ne.ok_or_else(|| not_constant(le.span, "this number"))?;
                let most = if command.form == Form::Extended { 0x1_0000 } else { 0x100 };
                command.ne = Some(if ne == 0 { most } else { ne });
            }
            asks = command.ne.is_some();
            bytes = command.to_bytes().map_err(|error| wrong(error.to_string()))?;
        }
        let data = send.expect.data.as_ref().map(|pattern| self.pattern(pattern)).transpose()?;
        let sw = send.expect.sw.as_ref().or(default).cloned();
        Ok(Sent { bytes, asks, data, sw, ms: None })
    }

    /// The number that an expression is, where that can be told.
    pub(super) fn number(&self, expr: &Expr) -> Option<i64> {
        match &expr.kind {
            ExprKind::Int(number) => Some(*number),
            ExprKind::Digits(digits) => digits.parse().ok(),
            ExprKind::Var(name) => match self.0.get(&name.text) {
                Some(Known::Number(number)) => Some(*number),
                _ => None,
            },
            ExprKind::Call(Function::Int, _, args) => args.first().and_then(|arg| self.number(arg)),
            ExprKind::Neg(of) => self.number(of)?.checked_neg(),
            ExprKind::Binary(operator, a, b) => {
                let (a, b) = (self.number(a)?, self.number(b)?);
                match operator {
                    Operator::Add => a.checked_add(b),
                    Operator::Sub => a.checked_sub(b),
                    Operator::Mul => a.checked_mul(b),
                    Operator::Div => a.checked_div(b),
                    Operator::Mod => a.checked_rem_euclid(b),
                    Operator::Compare(_) | Operator::And | Operator::Or => None,
                }
            }
            _ => None,
        }
    }

    fn pattern(&self, pattern: &DataPattern) -> Result<Vec<Item>, Box<Diagnostic>> {
        let mut items = Vec::new();
        for item in &pattern.items {
            match item {
                PatternItem::Byte(value, mask) => items.push(Item::Byte(*value, *mask)),
                PatternItem::Any => items.push(Item::Any),
                PatternItem::Parts(part) => {
                    let bytes = self.parts(std::slice::from_ref(part))?;
                    items.extend(bytes.into_iter().map(|byte| Item::Byte(byte, 0xFF)));
                }
            }
        }
        Ok(items)
    }
}

// The low bytes of a length that was compared before.
fn length(len: usize, ber: bool) -> Vec<u8> {
    let [.., b3, b2, b1] = len.to_be_bytes();
    match (ber, len) {
        (true, ..0x80) | (false, ..0x100) => vec![b1],
        (false, _) => vec![0, b2, b1],
        (true, ..0x100) => vec![0x81, b1],
        (true, ..0x1_0000) => vec![0x82, b2, b1],
        (true, _) => vec![0x83, b3, b2, b1],
    }
}
