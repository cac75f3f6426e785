//! The data objects of GENERAL AUTHENTICATE, and its class: 10 to 22, 31 to 34 and 37 to 40.

use super::{Numbered, Stage, any, case, up_to};
use crate::conform::{
    Expect,
    terminal::{CHAINED, PUBLIC_KEY, Pace, Stop, Terminal, dynamic, objects},
};

pub(super) fn cases() -> Vec<Numbered> {
    let mut cases = nonce();
    for (stage, name, tag, numbers) in [
        (Stage::Nonce, "mapping", 0x81, [15, 16, 17, 38]),
        (Stage::Mapped, "key agreement", 0x83, [19, 20, 21, 39]),
        (Stage::Agreed, "token", 0x85, [31, 32, 33, 40]),
    ] {
        let [template, bare, other, class] = numbers;
        cases.extend([
            step(template, &format!("{name}: 8C in place of 7C"), stage, move |v| {
                dynamic(0x8C, &[(tag, v)])
            }),
            step(bare, &format!("{name}: 7C missing"), stage, move |v| objects(&[(tag, v)])),
            step(
                other,
                &format!("{name}: DO{:02X} in place of DO{tag:02X}", tag + 1),
                stage,
                move |v| dynamic(0x7C, &[(tag + 1, v)]),
            ),
            case(class, &format!("{name}: an invalid class"), &[], move |t| {
                let (run, value) = value(t, stage)?;
                let chained = if stage == Stage::Agreed { 0 } else { CHAINED };
                let _ = run;
                t.pace_step(0x80 | chained, dynamic(0x7C, &[(tag, &value)]), Expect::ERROR)
                    .map(drop)
            }),
        ]);
    }
    cases.extend([
        step(18, "mapping: an invalid tag", Stage::Nonce, |v| dynamic(0x7C, &[(0x8F, v)])),
        step(22, "key agreement: a further data object", Stage::Mapped, |v| {
            dynamic(0x7C, &[(0x83, v), (0x81, &[0x01])])
        }),
        step(34, "token: a further data object", Stage::Agreed, |v| {
            dynamic(0x7C, &[(0x85, v), (0x81, &[0x01])])
        }),
    ]);
    cases
}

fn nonce() -> Vec<Numbered> {
    let with = |number, title: &str, data: &'static [u8]| {
        case(number, &format!("nonce: {title}"), &[], move |t| {
            up_to(t, Stage::Selected, any)?;
            t.pace_step(CHAINED, data, Expect::ERROR).map(drop)
        })
    };
    vec![
        with(10, "an invalid tag", &[0x7D, 0x00]),
        with(11, "8C in place of 7C", &[0x8C, 0x00]),
        with(12, "no dynamic authentication data", &[]),
        with(13, "a further data object", &[0x7C, 0x03, 0x81, 0x01, 0x01]),
        case(37, "nonce: an invalid class", &[], |t| {
            up_to(t, Stage::Selected, any)?;
            t.pace_step(0x80 | CHAINED, [0x7C, 0x00], Expect::ERROR).map(drop)
        }),
    ]
}

// A run up to a stage, and the value that the next step carries.
fn value(t: &mut Terminal<'_>, stage: Stage) -> Result<(Pace, Vec<u8>), Stop> {
    let mut run = up_to(t, stage, any)?;
    let value = match stage {
        Stage::Selected => Vec::new(),
        Stage::Nonce => t.mapping_data(&mut run, None)?,
        Stage::Mapped => t.agreement_data(&mut run, None)?,
        Stage::Agreed => run.token(PUBLIC_KEY),
    };
    Ok((run, value))
}

// The next step with its right value in other data objects.
fn step(
    number: u8,
    title: &str,
    stage: Stage,
    build: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> Numbered {
    case(number, title, &[], move |t| {
        let (_, value) = value(t, stage)?;
        let cla = if stage == Stage::Agreed { 0 } else { CHAINED };
        t.pace_step(cla, build(&value), Expect::ERROR).map(drop)
    })
}
