//! Values: which variables they use, and what can never be computed.

use std::sync::Arc;

use super::{
    Checker,
    flow::{learn, number},
};
use crate::script::{
    Code, Diagnostic,
    syntax::{
        Compare, Expr, ExprKind, For, Function, Name, Operator, Part, PartKind, SliceForm, Span,
        did_you_mean,
    },
};

impl Checker<'_> {
    /// A condition: what its left side tells is known on its right.
    pub(super) fn condition(&mut self, condition: &Expr) {
        self.expr(condition);
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Var(name) => self.uses(name, expr.span),
            ExprKind::Bytes(parts) => self.parts(parts),
            ExprKind::Prompt(of) => {
                self.expr(of);
                self.asks(expr.span);
            }
            ExprKind::Tlv(of, _) | ExprKind::Neg(of) | ExprKind::Not(of) => self.expr(of),
            ExprKind::Slice { of, from, to, form } => {
                self.expr(of);
                for part in [from, to].into_iter().flatten() {
                    self.expr(part);
                }
                self.slice(expr.span, from.as_deref(), to.as_deref(), *form);
            }
            // Whether it has a value is the question.
            ExprKind::Call(Function::Defined, ..) => {}
            ExprKind::Call(function, _, args) => {
                args.iter().for_each(|arg| self.expr(arg));
                self.fits(*function, args);
            }
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right),
            ExprKind::SwMatches(pattern) => self.status(pattern),
            ExprKind::Matches(of, pattern) => {
                self.expr(of);
                self.data(pattern, None);
            }
            _ => {}
        }
    }

    pub(super) fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match &part.kind {
                PartKind::Counted { parts, .. } => self.parts(parts),
                PartKind::Expr(expr) => self.expr(expr),
                PartKind::Hex(_) | PartKind::Text(_) => {}
            }
        }
    }

    fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr) {
        match operator {
            // The right side is for the case that the left one has no value.
            Operator::Or if matches!(left.kind, ExprKind::Var(_)) => {}
            _ => self.expr(left),
        }
        let before = self.order.len();
        let mut known = Vec::new();
        match operator {
            Operator::And => learn(left, true, &mut known),
            Operator::Or => learn(left, false, &mut known),
            _ => {}
        }
        known.iter().for_each(|name| self.set(name));
        self.expr(right);
        self.back_to(before);
        match operator {
            Operator::Div | Operator::Mod if number(right) == Some(0) => self.tell(
                Diagnostic::new(Code::DIVISION_BY_ZERO, right.span, "a division by zero")
                    .label("zero")
                    .related(left.span, "what is divided"),
            ),
            Operator::Compare(Compare::Eq | Compare::Ne) => self.status_value(left, right),
            _ => {}
        }
    }

    // That a variable is used here.
    fn uses(&mut self, name: &Name, span: Span) {
        if self.set.contains(&name.text) {
            return;
        }
        let is_known = self.names.variables.contains_key(&name.text);
        if !is_known && self.names.asked.contains(&name.text) || is_known && self.place.called {
            return;
        }
        if !is_known {
            let wrong = self.unknown(name, span);
            self.tell(wrong);
        } else if self.maybe.contains(&name.text) {
            let message = format!("`%{}` is not set on every way to this place", name.text);
            self.tell(
                Diagnostic::new(Code::MAYBE_UNSET, span, message)
                    .warning()
                    .label("may have no value here")
                    .help(format!("set it before, or ask for it: `if defined(%{})`", name.text)),
            );
        } else {
            let message = format!("`%{}` is used before it is set", name.text);
            self.tell(
                Diagnostic::new(Code::MAYBE_UNSET, span, message)
                    .label("has no value here")
                    .help("move the line that sets it before this one"),
            );
        }
        // Once is enough.
        self.set(&name.text);
    }

    fn unknown(&self, name: &Name, span: Span) -> Diagnostic {
        let text: &str = &name.text;
        let is_bare = self.program.sources.text(span.source).get(span.range()) == Some(text);
        let known = self.names.variables.keys().map(AsRef::as_ref);
        let difference = text.split_once('-').filter(|(first, _)| {
            self.names.variables.contains_key(*first) || self.set.contains(*first)
        });
        let help = if let Some((first, rest)) = difference {
            format!("a name may have `-` in it: write `%{first} - {rest}` for the difference")
        } else if let Some(near) = did_you_mean(text, known) {
            near
        } else if is_bare {
            format!("text stands in quotes: \"{text}\"")
        } else {
            format!("set it: `let {text} = ..`, or `--set {text}=..` on the command line")
        };
        Diagnostic::new(Code::UNKNOWN_VARIABLE, span, format!("nothing sets `%{text}`"))
            .label("unknown variable")
            .help(help)
    }

    fn fits(&mut self, function: Function, args: &[Expr]) {
        let (name, bytes) = match function {
            Function::U8 => ("u8", 1),
            Function::U16 => ("u16", 2),
            Function::U24 => ("u24", 3),
            Function::U32 => ("u32", 4),
            _ => return,
        };
        let most = (1_i64 << (8 * bytes)) - 1;
        let Some(arg) = args.first() else { return };
        let Some(value) = number(arg).filter(|value| !(0..=most).contains(value)) else { return };
        self.tell(
            Diagnostic::new(
                Code::DOES_NOT_FIT,
                arg.span,
                format!("{value} does not fit into `{name}`"),
            )
            .label("does not fit")
            .expected(format!("0 to {most}"))
            .got(value.to_string()),
        );
    }

    fn slice(&mut self, span: Span, from: Option<&Expr>, to: Option<&Expr>, form: SliceForm) {
        let (Some(from), Some(to)) = (from.and_then(number), to.and_then(number)) else { return };
        // Positions from the end and from the start meet nobody knows where.
        if (from < 0) != (to < 0) {
            return;
        }
        let is_empty = match form {
            SliceForm::Index => false,
            SliceForm::Exclusive => from >= to,
            SliceForm::Inclusive => from > to,
        };
        if is_empty {
            self.tell(
                Diagnostic::new(Code::EMPTY_SLICE, span, "a slice that is always empty")
                    .label(format!("from {from} to {to} lies nothing"))
                    .help("the first byte is 0; the end of `a..b` does not belong to it, of `a..=b` it does"),
            );
        }
    }

    /// The range of a loop.
    pub(super) fn range(&mut self, for_: &For) {
        let step = for_.step.as_ref().map_or(Some(1), number);
        let place = for_.from.span.to(for_.to.span);
        if step == Some(0) {
            self.tell(
                Diagnostic::new(Code::EMPTY_SLICE, place, "a loop with a step of zero never ends")
                    .label("this range")
                    .help("leave `step` out for 1"),
            );
            return;
        }
        let (Some(from), Some(to), Some(step)) = (number(&for_.from), number(&for_.to), step)
        else {
            return;
        };
        let is_empty = match (step > 0, for_.inclusive) {
            (true, true) => from > to,
            (true, false) => from >= to,
            (false, true) => from < to,
            (false, false) => from <= to,
        };
        if is_empty {
            self.tell(
                Diagnostic::new(Code::EMPTY_SLICE, place, "a range with no number in it")
                    .label("the loop has no round")
                    .help("`for i in 0..3` is 0, 1, 2; backwards it is `for i in 3..0 step -1`"),
            );
        }
    }

    /// The bytes of a variable that is set once, to bytes that stand there.
    pub(super) fn constant(&self, name: &Name) -> Option<&[u8]> {
        self.names.variables.get(&Arc::clone(&name.text))?.as_deref()
    }
}
