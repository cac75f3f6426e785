//! The first lines of blocks.

use std::sync::Arc;

use super::{
    Expr, For, Name, Test, expr,
    function::arguments,
    input::{
        Fail, Input, Res, blanks, byte, close, count, eat, expected, found, is_end, need, rest,
        skip,
    },
    words::{choice, eat_word, name, need_text, next, text},
};
use crate::script::diagnostic::{Code, Diagnostic};

/// The first line of a block.
pub(super) enum Opening {
    If(Expr),
    For(Box<For>),
    While(Expr),
    Repeat(Expr),
    Try,
    Block(Name, Vec<Name>),
    Transaction,
    Raw,
    Test(Box<Test>),
    /// One that is wrong, so that its `end` is not.
    Wrong,
}

/// Words that begin a block.
pub(in crate::script) const OPENERS: [&str; 9] =
    ["if", "for", "while", "repeat", "try", "block", "transaction", "raw", "test"];

/// `for name in from..to step n`
pub(super) fn for_(i: &mut Input<'_>) -> Res<Opening> {
    const HELP: &str = "write `for i in 0..10`, `for i in 1..=%n step 2`";
    let name = name(i, "the name of a variable")?;
    if !eat_word(i, "in") {
        return Err(expected(i, "`in`").help(HELP).into());
    }
    let from = expr::expr(i)?;
    blanks(i);
    if !eat(i, "..") {
        return Err(expected(i, "`..`").help(HELP).into());
    }
    let inclusive = eat(i, "=");
    let to = expr::expr(i)?;
    let step = if eat_word(i, "step") { Some(expr::expr(i)?) } else { None };
    Ok(Opening::For(Box::new(For { name, from, to, inclusive, step, body: Vec::new() })))
}

/// `block name(a, b)`
pub(super) fn block(i: &mut Input<'_>) -> Res<Opening> {
    let block = name(i, "the name of a block")?;
    blanks(i);
    let mut params: Vec<Name> = Vec::new();
    if byte(i) == b'(' {
        let open = next(i, 1);
        skip(i, 1);
        blanks(i);
        while !is_end(i) && byte(i) != b')' {
            let param = name(i, "the name of a parameter")?;
            if let Some(before) = params.iter().find(|before| before.text == param.text) {
                return Err(Diagnostic::new(
                    Code::TWICE,
                    param.span,
                    format!("two parameters are called `{}`", param.text),
                )
                .label("the second one")
                .related(before.span, "the first one")
                .into());
            }
            count(i)?;
            params.push(param);
            blanks(i);
            if !eat(i, ",") {
                break;
            }
            blanks(i);
        }
        close(i, ")", open, "write `block name(a, b)`")?;
    }
    Ok(Opening::Block(block, params))
}

/// The values of a `call`, in parentheses or none.
pub(super) fn call_arguments(i: &mut Input<'_>) -> Res<Vec<Expr>> {
    blanks(i);
    if byte(i) != b'(' {
        return Ok(Vec::new());
    }
    let open = next(i, 1);
    skip(i, 1);
    arguments(i, open)
}

/// `test "title" tags=a,b id=c profile=d`
pub(super) fn test(i: &mut Input<'_>) -> Res<Opening> {
    #[derive(Clone, Copy)]
    enum Option_ {
        Tags,
        Id,
        Profile,
    }
    let (title, _) = need_text(i, "the test's title", false)?;
    let mut test = Test { title, tags: Vec::new(), id: None, profile: None, body: Vec::new() };
    while !is_end(i) {
        let choices = [("tags", Option_::Tags), ("id", Option_::Id), ("profile", Option_::Profile)];
        let (place, got) = found(i);
        let option = choice(i, "option of a test", &choices)?;
        need(i, "=")?;
        let is_set = match option {
            Option_::Tags => !test.tags.is_empty(),
            Option_::Id => test.id.is_some(),
            Option_::Profile => test.profile.is_some(),
        };
        if is_set {
            return Err(Diagnostic::new(Code::TWICE, place, format!("{got} stands here twice"))
                .label("the second one")
                .help("several tags stand in one list: `tags=lds,sm`")
                .into());
        }
        match option {
            Option_::Id => test.id = Some(label(i)?),
            Option_::Profile => test.profile = Some(label(i)?),
            Option_::Tags => loop {
                count(i)?;
                test.tags.push(label(i)?);
                if !eat(i, ",") {
                    break;
                }
            },
        }
    }
    Ok(Opening::Test(Box::new(test)))
}

// Letters, digits, `_`, `-` and `.`, or a quoted text.
fn label(i: &mut Input<'_>) -> Result<Arc<str>, Fail> {
    blanks(i);
    if let Some((text, _)) = text(i, false)? {
        return Ok(text);
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = rest(i).bytes().take_while(is_part).count();
    if length == 0 {
        return Err(expected(i, "a word").help("write `tags=lds,sm`").into());
    }
    Ok(skip(i, length).into())
}
