//! ISO7816_I: Chip Authentication by MSE:Set KAT (1 to 15), by MSE:Set AT and GENERAL AUTHENTICATE
//! (16 to 29), and Terminal Authentication after it.

use crate::{
    conform::{
        Capability, Case, Expect,
        terminal::{CaPlan, Extreme, How, Stop, Terminal, Wrong, read_file, select_application},
    },
    lds::File,
    protocol::{chip_auth::Commands, pace::Mapping},
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of(Commands::SetKat, 1, "MSE:Set KAT", Expect::ERROR);
    let needs = [Capability::Lds1, Capability::Access, Capability::PaceCam, Capability::CaKat];
    cases.push(Case::new("ISO7816_I_15", "CA by MSE:Set KAT after PACE-CAM", &needs, |t| {
        let password = t.card.access.and_then(|kind| t.card.password(kind));
        let Some(password) = password else {
            return t.fail("PACE", "a password", "none is declared");
        };
        let cam = |p: &crate::protocol::pace::Parameters| {
            p.suite().mapping == Mapping::ChipAuthentication
        };
        let mut run = t.pace_begin(&password, cam)?;
        t.pace_complete(&mut run)?;
        t.send(&select_application(), Expect::SUCCESS)?;
        t.chip_authentication(Commands::SetKat)?;
        answers(t)
    }));
    cases.extend(of(Commands::SetAt, 16, "MSE:Set AT", Expect::NOT_AUTHENTICATED));
    let needs = [Capability::Lds1, Capability::Access, Capability::Ta];
    cases.push(Case::new("ISO7816_I_30", "TA in the session of CA", &needs, |t| {
        t.open(How::Either)?;
        t.authenticate_terminal()?;
        answers(t)
    }));
    cases
}

// The chip is proven by one answer under the keys.
fn answers(t: &mut Terminal<'_>) -> Result<(), Stop> {
    t.send(&read_file(File::Sod, 6), Expect::SUCCESS).map(drop)
}

fn of(commands: Commands, first: u8, name: &'static str, refused: Expect) -> Vec<Case> {
    use Capability as C;
    let (any, ecdh, dh, key_id) = match commands {
        Commands::SetKat => (C::CaKat, C::CaKatEcdh, C::CaKatDh, C::CaKatKeyId),
        Commands::SetAt => (C::CaAt, C::CaAtEcdh, C::CaAtDh, C::CaAtKeyId),
    };
    let case = |offset: u8, title: &str, need: C, check: Check| {
        let id = format!("ISO7816_I_{}", first + offset);
        let needs = [C::Lds1, C::Access, need, C::File(File::Sod)];
        Case::new(id, format!("CA by {name}: {title}"), &needs, move |t| check(t))
    };
    let good = move |extreme: Option<Extreme>| -> Check {
        Box::new(move |t| {
            t.open(How::Either)?;
            t.agree(commands, CaPlan { extreme, ..CaPlan::default() }, Expect::SUCCESS)?;
            answers(t)
        })
    };
    // Fails with one of these, and leaves the session as it was.
    let bad = move |plan: CaPlan, expect: Expect, stays: bool| -> Check {
        Box::new(move |t| {
            t.open(How::Either)?;
            t.agree(commands, plan, expect)?;
            if stays { answers(t) } else { Ok(()) }
        })
    };
    let wrong = |wrong| CaPlan { wrong: Some(wrong), ..CaPlan::default() };
    let plain = CaPlan { plain: true, ..CaPlan::default() };
    let other_tag = CaPlan { other_tag: true, ..CaPlan::default() };
    let other_key = CaPlan { other_reference: true, ..CaPlan::default() };
    vec![
        case(0, "the protocol", any, good(None)),
        case(
            1,
            "the old keys afterwards",
            any,
            Box::new(move |t| {
                t.open(How::Either)?;
                t.agree(commands, CaPlan::default(), Expect::SUCCESS)?;
                t.use_old_keys();
                t.send(&read_file(File::Sod, 6), Expect::ERROR).map(drop)
            }),
        ),
        case(
            2,
            "a key of another size; the session stays",
            any,
            bad(wrong(Wrong::OtherSize), refused, true),
        ),
        case(
            3,
            "without BAC and PACE",
            any,
            Box::new(move |t| {
                t.send_plain(&select_application(), Expect::SUCCESS)?;
                t.agree(commands, plain, Expect::ERROR)
            }),
        ),
        case(4, "without secure messaging", any, bad(plain, Expect::ERROR, false)),
        case(5, "the key under another tag", any, bad(other_tag, Expect::ERROR, false)),
        case(6, "the key (0,0)", ecdh, bad(wrong(Wrong::Zero), refused, false)),
        case(7, "a small x-coordinate", ecdh, good(Some(Extreme::SmallX))),
        case(8, "a large x-coordinate", ecdh, good(Some(Extreme::LargeX))),
        case(9, "a small y-coordinate", ecdh, good(Some(Extreme::SmallY))),
        case(10, "a large y-coordinate", ecdh, good(Some(Extreme::LargeY))),
        case(11, "an unknown key reference", key_id, bad(other_key, refused, false)),
        case(12, "a value above the prime", dh, bad(wrong(Wrong::AbovePrime), refused, false)),
        case(13, "a point off the curve", ecdh, bad(wrong(Wrong::OffCurve), refused, false)),
    ]
}

type Check = Box<dyn Fn(&mut Terminal<'_>) -> Result<(), Stop> + Send + Sync>;
