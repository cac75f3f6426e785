//! Keys at the border and beyond it: 23 to 30, 41 to 53; and tokens: 35, 36, 62, 63 and 76.

use super::{Numbered, Stage, any, case, up_to};
use crate::{
    conform::{
        Basis, Capability, Expect,
        terminal::{CHAINED, Extreme, PUBLIC_KEY, Pace, Wrong, dynamic},
    },
    crypto::Domain,
    protocol::pace::{Mapping, Parameters},
};

/// Over an elliptic curve.
const fn curve(params: &Parameters) -> bool {
    matches!(params.domain(), Domain::Curve(_))
}

/// Over a MODP group.
const fn group(params: &Parameters) -> bool {
    matches!(params.domain(), Domain::Group(_))
}

/// With a mapping to which the terminal sends a key.
fn maps_key(params: &Parameters) -> bool {
    params.suite().mapping != Mapping::Integrated
}

fn maps_point(params: &Parameters) -> bool {
    curve(params) && maps_key(params)
}

fn maps_value(params: &Parameters) -> bool {
    group(params) && maps_key(params)
}

fn integrated(params: &Parameters) -> bool {
    params.suite().mapping == Mapping::Integrated
}

const EXTREMES: [(Extreme, &str); 4] = [
    (Extreme::SmallX, "a small x-coordinate"),
    (Extreme::LargeX, "a large x-coordinate"),
    (Extreme::SmallY, "a small y-coordinate"),
    (Extreme::LargeY, "a large y-coordinate"),
];

type Wanted = fn(&Parameters) -> bool;

pub(super) fn cases() -> Vec<Numbered> {
    use Capability as C;
    let mut cases = Vec::new();
    for (number, (extreme, what)) in (25..).zip(EXTREMES) {
        cases.push(case(number, &format!("key agreement: {what}"), &[C::PaceEcdh], move |t| {
            let mut run = up_to(t, Stage::Mapped, curve)?;
            t.pace_agree(&mut run, Some(extreme))?;
            t.pace_finish(&mut run)
        }));
    }
    for (number, (extreme, what)) in (43..).zip(EXTREMES) {
        cases.push(case(number, &format!("mapping: {what}"), &[C::PaceMappingPoint], move |t| {
            let mut run = up_to(t, Stage::Nonce, maps_point)?;
            t.pace_map(&mut run, Some(extreme))?;
            t.pace_agree(&mut run, None)?;
            t.pace_finish(&mut run)
        }));
    }
    let agreements: [(u8, &str, C, Wanted, Wrong); 6] = [
        (23, "a key of another size", C::Pace, any, Wrong::OtherSize),
        (24, "the key (0,0)", C::PaceEcdh, curve, Wrong::Zero),
        (29, "a value above the prime", C::PaceDh, group, Wrong::AbovePrime),
        (30, "a point off the curve", C::PaceEcdh, curve, Wrong::OffCurve),
        (52, "a point with a wrong first byte", C::PaceEcdh, curve, Wrong::Encoding),
        (53, "the value 0", C::PaceDh, group, Wrong::Zero),
    ];
    for (number, what, need, wanted, wrong) in agreements {
        let title = format!("key agreement: {what}");
        cases.push(case(number, &title, &[need], move |t| {
            let run = up_to(t, Stage::Mapped, wanted)?;
            let value = t.wrong_value(&run, wrong);
            let data = dynamic(0x7C, &[(0x83, &value)]);
            t.pace_step(CHAINED, data, Expect::NOT_AUTHENTICATED).map(drop)
        }));
    }
    let mappings: [(u8, &str, C, Wanted, Wrong); 6] = [
        (41, "a key of another size", C::PaceMappingKey, maps_key, Wrong::OtherSize),
        (42, "the key (0,0)", C::PaceMappingPoint, maps_point, Wrong::Zero),
        (47, "a value above the prime", C::PaceMappingValue, maps_value, Wrong::AbovePrime),
        (48, "a value of zeros", C::PaceMappingValue, maps_value, Wrong::Zero),
        (49, "a point off the curve", C::PaceMappingPoint, maps_point, Wrong::OffCurve),
        (50, "a point with a wrong first byte", C::PaceMappingPoint, maps_point, Wrong::Encoding),
    ];
    for (number, what, need, wanted, wrong) in mappings {
        let title = format!("mapping: {what}");
        cases.push(case(number, &title, &[need], move |t| {
            let run = up_to(t, Stage::Nonce, wanted)?;
            let value = t.wrong_value(&run, wrong);
            let data = dynamic(0x7C, &[(0x81, &value)]);
            t.pace_step(CHAINED, data, Expect::NOT_AUTHENTICATED).map(drop)
        }));
    }
    cases.push(case(51, "mapping: a nonce of another length", &[C::PaceIm], |t| {
        let run = up_to(t, Stage::Nonce, integrated)?;
        let nonce = t.random(run.params.suite().cipher.key_len() - 1);
        let data = dynamic(0x7C, &[(0x81, &nonce)]);
        t.pace_step(CHAINED, data, Expect::NOT_AUTHENTICATED).map(drop)
    }));
    cases.extend(tokens());
    cases
}

fn tokens() -> Vec<Numbered> {
    let with = |number, title: &str, expect: Expect, build: fn(&Pace) -> Vec<u8>| {
        case(number, &format!("token: {title}"), &[], move |t| {
            let run = up_to(t, Stage::Agreed, any)?;
            let data = dynamic(0x7C, &[(0x85, &build(&run))]);
            t.pace_step(0x00, data, expect).map(drop)
        })
    };
    let refused = Expect::NOT_AUTHENTICATED;
    let (number, empty) = with(36, "an empty one (title not read)", refused, |_| Vec::new());
    let empty = (number, empty.basis(Basis::TitleNotRead));
    let (number, other) = with(63, "over another public key (title not read)", refused, |run| {
        run.token_over(run.own(), PUBLIC_KEY)
    });
    let other = (number, other.basis(Basis::TitleNotRead));
    vec![
        with(35, "a wrong one", Expect::WRONG_TOKEN, |run| {
            let mut token = run.token(PUBLIC_KEY);
            token.iter_mut().for_each(|byte| *byte ^= 0xFF);
            token
        }),
        empty,
        with(62, "over a key without the template 7F49", refused, |run| run.token(None)),
        other,
        with(76, "one byte too long", refused, |run| [run.token(PUBLIC_KEY), vec![0x00]].concat()),
    ]
}
