//! The protocol as a whole, the order of its steps, and the session after it: 1 to 3, 14, 54 to 61
//! and 78 to 80.

use super::{Numbered, Stage, any, case, up_to};
use crate::{
    conform::{
        Capability, Expect,
        terminal::{
            CHAINED, Flaw, PUBLIC_KEY, Stop, Terminal, dynamic, read_file, select_application,
        },
    },
    lds::File,
    protocol::pace::{Mapping, Parameters, PasswordKind},
    tlv::{Reader, Tag, parse_one},
};

fn no_chip_data(params: &Parameters) -> bool {
    params.suite().mapping != Mapping::ChipAuthentication
}

pub(super) fn cases() -> Vec<Numbered> {
    use Capability as C;
    let mut cases = vec![
        case(1, "the protocol with the MRZ", &[C::PaceMrz], |t| with(t, PasswordKind::Mrz)),
        case(2, "the protocol with the CAN", &[C::PaceCan], |t| with(t, PasswordKind::Can)),
        case(3, "a plain command in the session", &[], |t| {
            let mut run = up_to(t, Stage::Agreed, any)?;
            t.pace_finish(&mut run)?;
            let counter = t.counter();
            // EF.CardSecurity is not there, or not free.
            t.send_plain(&read_file(File::CardSecurity, 1), Expect::ERROR)?;
            t.expect_closed(counter)
        }),
        case(14, "nonce: asked for twice", &[], |t| {
            up_to(t, Stage::Nonce, any)?;
            t.pace_step(CHAINED, [0x7C, 0x00], Expect::NOT_AUTHENTICATED).map(drop)
        }),
        case(54, "nonce: without the chaining bit", &[], |t| {
            up_to(t, Stage::Selected, any)?;
            t.pace_step(0x00, [0x7C, 0x00], Expect::NOT_AUTHENTICATED).map(drop)
        }),
        case(55, "mapping: without the chaining bit", &[], |t| {
            let mut run = up_to(t, Stage::Nonce, any)?;
            let value = t.mapping_data(&mut run, None)?;
            let data = dynamic(0x7C, &[(0x81, &value)]);
            t.pace_step(0x00, data, Expect::NOT_AUTHENTICATED).map(drop)
        }),
        case(56, "key agreement: without the chaining bit", &[], |t| {
            let mut run = up_to(t, Stage::Mapped, any)?;
            let value = t.agreement_data(&mut run, None)?;
            let data = dynamic(0x7C, &[(0x83, &value)]);
            t.pace_step(0x00, data, Expect::NOT_AUTHENTICATED).map(drop)
        }),
        case(57, "token: with the chaining bit", &[], |t| {
            let run = up_to(t, Stage::Agreed, any)?;
            let data = dynamic(0x7C, &[(0x85, &run.token(PUBLIC_KEY))]);
            t.pace_step(CHAINED, data, Expect::NOT_AUTHENTICATED).map(drop)
        }),
        case(78, "no DO8A with GM and IM", &[C::PaceGmOrIm], |t| {
            let mut run = up_to(t, Stage::Agreed, no_chip_data)?;
            let data = t.pace_tokens(&mut run)?;
            let found = parse_one(&data, Tag::new(0x7C))
                .ok()
                .and_then(|outer| Reader::new(outer.value).find_tag(Tag::new(0x8A)).ok().flatten());
            let got = if found.is_some() { "it is there" } else { "none" };
            t.check("DO8A beside the chip's token", "none", got, found.is_none())
        }),
        case(79, "a protected SELECT with a wrong SSC, then a protected read", &[C::Lds1], |t| {
            let mut run = up_to(t, Stage::Agreed, any)?;
            t.pace_finish(&mut run)?;
            t.break_session(&select_application(), Flaw::OldCounter, Expect::SM_INCORRECT)
        }),
        case(80, "a protected SELECT without its DO87, then a protected read", &[C::Lds1], |t| {
            let mut run = up_to(t, Stage::Agreed, any)?;
            t.pace_finish(&mut run)?;
            t.break_session(&select_application(), Flaw::NoData, Expect::ERROR)
        }),
    ];
    for (number, title, stage) in [
        (58, "READ BINARY in place of the token", Stage::Agreed),
        (59, "READ BINARY between nonce and mapping", Stage::Nonce),
        (60, "READ BINARY between mapping and key agreement", Stage::Mapped),
        (61, "READ BINARY between key agreement and token", Stage::Agreed),
    ] {
        cases.push(case(number, title, &[], move |t| interrupted(t, stage)));
    }
    cases
}

fn with(t: &mut Terminal<'_>, kind: PasswordKind) -> Result<(), Stop> {
    let Some(password) = t.card.password(kind) else {
        return t.fail("PACE", kind.to_string(), "it is not declared");
    };
    let mut run = t.pace_begin(&password, any)?;
    t.pace_complete(&mut run)?;
    // One protected answer shows that both have the keys.
    t.send(&read_file(File::CardAccess, 1), Expect::SUCCESS).map(drop)
}

// What the read answers does not matter; PACE is over.
fn interrupted(t: &mut Terminal<'_>, stage: Stage) -> Result<(), Stop> {
    let mut run = up_to(t, stage, any)?;
    let (cla, tag, value) = match stage {
        Stage::Selected | Stage::Nonce => (CHAINED, 0x81, t.mapping_data(&mut run, None)?),
        Stage::Mapped => (CHAINED, 0x83, t.agreement_data(&mut run, None)?),
        Stage::Agreed => (0x00, 0x85, run.token(PUBLIC_KEY)),
    };
    t.send_plain(&read_file(File::CardAccess, 1), Expect::ANY)?;
    t.pace_step(cla, dynamic(0x7C, &[(tag, &value)]), Expect::NOT_AUTHENTICATED).map(drop)
}
