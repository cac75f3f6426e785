//! What can be called in an expression.

use zeroize::Zeroizing;

use super::{
    Code, Failure, Kind, Shade, Value,
    bytes::{not_bytes, object, too_large},
    eval::kind,
    machine::Machine,
    value::MAX_VALUE,
};
use crate::{
    crypto::Hash,
    script::syntax::{Expr, ExprKind, Function, Span},
};

/// Most bytes that `random` makes at once.
const MAX_RANDOM: i64 = 65_536;

impl Machine<'_> {
    pub(super) fn call_function(
        &mut self,
        function: Function,
        span: Span,
        args: &[Expr],
    ) -> Result<Value, Failure> {
        match (function, args) {
            (Function::Defined, [of]) => {
                let there = match &of.kind {
                    ExprKind::Var(name) => self.lookup(&name.text).is_some(),
                    ExprKind::Env(name) => {
                        let found = self.host.environment(&name.text);
                        found.map_err(|error| error.at(of.span))?.is_some()
                    }
                    _ => true,
                };
                Ok(Kind::Bool(there).into())
            }
            (Function::Int, [of]) => self.int(of),
            (Function::Uint, [of]) => {
                let (bytes, shade) = self.bytes_of(of)?;
                Ok(Value::from(Kind::Int(uint(&bytes, of.span)?)).shaded(shade))
            }
            (Function::U8, [of]) => self.wide(of, 1),
            (Function::U16, [of]) => self.wide(of, 2),
            (Function::U24, [of]) => self.wide(of, 3),
            (Function::U32, [of]) => self.wide(of, 4),
            (Function::Len, [of]) => {
                let (bytes, shade) = self.bytes_of(of)?;
                Ok(Value::from(Kind::Int(bytes.len() as i64)).shaded(shade))
            }
            (Function::Ber, [tag, of]) => {
                let (tag_bytes, _) = self.bytes_of(tag)?;
                let (bytes, shade) = self.bytes_of(of)?;
                let tag = match **tag_bytes {
                    [] | [_, _, _, _, ..] => {
                        return Err(Failure::script(
                            Code::OUTSIDE,
                            tag.span,
                            "a tag has one to three bytes",
                        ));
                    }
                    _ => tag_bytes.iter().fold(0, |tag, byte| tag << 8 | u32::from(*byte)),
                };
                if bytes.len() >= MAX_VALUE {
                    return Err(too_large(span));
                }
                Ok(Value::bytes(object(tag, &bytes)).shaded(shade))
            }
            (Function::Text, [of]) => {
                let (bytes, shade) = self.bytes_of(of)?;
                let text = std::str::from_utf8(&bytes).map_err(|_| {
                    Failure::script(Code::KIND, of.span, "the bytes are no text in UTF-8")
                })?;
                Ok(Value::text(text).shaded(shade))
            }
            (Function::Hex, [of]) => self.hex(of),
            // Zeros, where nothing else is said.
            (Function::Pad, [of, len, with @ ..]) if with.len() < 2 => {
                let (bytes, shade) = self.bytes_of(of)?;
                let len = self.number_in(len, 0..=MAX_VALUE as i64)?.0 as usize;
                let fill = match with {
                    [with] => self.one_byte(with)?,
                    _ => 0,
                };
                if bytes.len() > len {
                    let there = bytes.len();
                    return Err(Failure::script(
                        Code::OUTSIDE,
                        of.span,
                        match shade {
                            Shade::Secret => format!("the value is longer than {len} bytes"),
                            _ => format!("the value has {there} bytes already, more than {len}"),
                        },
                    ));
                }
                let mut padded = Zeroizing::new(vec![fill; len]);
                padded.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
                Ok(Value::from(Kind::Bytes(padded)).shaded(shade))
            }
            (Function::Random, [len]) => {
                let len = self.number_in(len, 0..=MAX_RANDOM)?.0 as usize;
                let mut bytes = vec![0; len];
                self.rng.fill_bytes(&mut bytes);
                Ok(Value::bytes(bytes))
            }
            (Function::Sha1, [of]) => self.hash(Hash::Sha1, of),
            (Function::Sha256, [of]) => self.hash(Hash::Sha256, of),
            (Function::Xor, [a, b]) => {
                let ((left, shade), (right, other)) = (self.bytes_of(a)?, self.bytes_of(b)?);
                if left.len() != right.len() {
                    return Err(Failure::script(
                        Code::OUTSIDE,
                        span,
                        "xor(..) is of two values of the same length",
                    ));
                }
                let bytes: Vec<u8> = left.iter().zip(right.iter()).map(|(a, b)| a ^ b).collect();
                Ok(Value::bytes(bytes).shaded(shade.max(other)))
            }
            _ => Err(Failure::script(Code::KIND, span, "another number of values is expected")),
        }
    }

    /// The bytes of a value, and who may see them.
    pub(super) fn bytes_of(&mut self, expr: &Expr) -> Result<(Zeroizing<Vec<u8>>, Shade), Failure> {
        let value = self.eval(expr)?;
        match value.kind {
            Kind::Bytes(bytes) => Ok((bytes, value.shade)),
            Kind::Text(text) => Ok((Zeroizing::new(text.as_bytes().to_vec()), value.shade)),
            other => Err(not_bytes(&other, expr.span)),
        }
    }

    fn one_byte(&mut self, expr: &Expr) -> Result<u8, Failure> {
        let (bytes, _) = self.bytes_of(expr)?;
        match **bytes {
            [byte] => Ok(byte),
            _ => Err(Failure::script(Code::OUTSIDE, expr.span, "one byte is expected here")),
        }
    }

    fn hash(&mut self, hash: Hash, of: &Expr) -> Result<Value, Failure> {
        let (bytes, shade) = self.bytes_of(of)?;
        Ok(Value::bytes(hash.digest(&[&bytes])).shaded(shade))
    }

    // Decimal digits: a word, a text, or bytes that show decimal digits.
    fn int(&mut self, of: &Expr) -> Result<Value, Failure> {
        if let ExprKind::Digits(digits) = &of.kind {
            let number = digits
                .parse()
                .map_err(|_| Failure::script(Code::OUTSIDE, of.span, "the number is too large"))?;
            return Ok(Kind::Int(number).into());
        }
        let value = self.eval(of)?;
        let digits = match &value.kind {
            Kind::Int(_) => return Ok(value),
            Kind::Text(text) => Zeroizing::new(text.trim().to_owned()),
            Kind::Bytes(bytes) => Zeroizing::new(hex::encode(&**bytes)),
            Kind::Bool(_) => return Err(kind(of.span, "digits", &value)),
        };
        let number = digits.parse().map_err(|_| kind(of.span, "decimal digits", &value))?;
        Ok(Value::from(Kind::Int(number)).shaded(value.shade))
    }

    fn wide(&mut self, of: &Expr, bytes: u32) -> Result<Value, Failure> {
        let (number, shade) = self.number_in(of, 0..=(1_i64 << (8 * bytes)) - 1)?;
        let wide = number.to_be_bytes();
        let skipped = wide.len().saturating_sub(bytes as usize);
        Ok(Value::bytes(wide.get(skipped..).unwrap_or_default()).shaded(shade))
    }

    fn hex(&mut self, of: &Expr) -> Result<Value, Failure> {
        let value = self.eval(of)?;
        let made = match &value.kind {
            Kind::Bytes(bytes) => Value::text(hex::encode_upper(&**bytes)),
            Kind::Text(text) => {
                let digits: Zeroizing<String> = Zeroizing::new(
                    text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect(),
                );
                let bytes = hex::decode(&*digits);
                Value::bytes(
                    bytes.map_err(|_| kind(of.span, "pairs of hexadecimal digits", &value))?,
                )
            }
            Kind::Int(_) | Kind::Bool(_) => return Err(not_bytes(&value.kind, of.span)),
        };
        Ok(made.shaded(value.shade))
    }
}

pub(super) fn uint(bytes: &[u8], span: Span) -> Result<i64, Failure> {
    let significant = bytes.iter().skip_while(|byte| **byte == 0);
    let too_large = || Failure::script(Code::OUTSIDE, span, "the number has more than 63 bits");
    if significant.clone().count() > 8 {
        return Err(too_large());
    }
    let number = significant.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    i64::try_from(number).map_err(|_| too_large())
}
