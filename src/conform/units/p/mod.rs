//! ISO7816_P: PACE, step by step.

mod keys;
mod objects;
mod order;
mod set_at;

use crate::{
    conform::{
        Basis, Capability, Case, Expect,
        terminal::{Pace, Stop, Terminal, set_at_pace},
    },
    protocol::pace::Parameters,
};

pub(super) fn cases() -> Vec<Case> {
    let mut all = set_at::cases();
    all.extend(objects::cases());
    all.extend(keys::cases());
    all.extend(order::cases());
    // The numbers go to and fro between the steps.
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, case)| case).collect()
}

type Numbered = (u8, Case);

fn case(
    number: u8,
    title: &str,
    needs: &[Capability],
    check: impl Fn(&mut Terminal<'_>) -> Result<(), Stop> + Send + Sync + 'static,
) -> Numbered {
    let needs = [&[Capability::Pace], needs].concat();
    let id = format!("ISO7816_P_{number}");
    (number, Case::new(id, format!("PACE: {title}"), &needs, check).basis(Basis::Purpose))
}

/// How far a run has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// MSE:Set AT.
    Selected,
    /// The nonce has come.
    Nonce,
    /// A generator is agreed.
    Mapped,
    /// Keys are agreed.
    Agreed,
}

/// A run that is right up to this stage.
fn up_to(
    t: &mut Terminal<'_>,
    stage: Stage,
    wanted: fn(&Parameters) -> bool,
) -> Result<Pace, Stop> {
    let (mut run, password) = t.pace(wanted)?;
    t.send_plain(&set_at_pace(0x00, run.set_at(password)), Expect::SUCCESS)?;
    if stage >= Stage::Nonce {
        t.pace_nonce(&mut run)?;
    }
    if stage >= Stage::Mapped {
        t.pace_map(&mut run, None)?;
    }
    if stage >= Stage::Agreed {
        t.pace_agree(&mut run, None)?;
    }
    Ok(run)
}

const fn any(_: &Parameters) -> bool {
    true
}
