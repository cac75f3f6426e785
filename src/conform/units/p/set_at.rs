//! MSE:Set AT: 4 to 9, 64 to 75 and 77.

use const_oid::ObjectIdentifier;

use super::{Numbered, any, case};
use crate::conform::{
    Capability, Expect,
    terminal::{CHAINED, Stop, Terminal, objects, set_at_pace},
};

/// What MSE:Set AT is made of.
struct Parts {
    protocol: Vec<u8>,
    password: u8,
    reference: Vec<u8>,
}

type Build = fn(&Parts) -> Vec<u8>;

pub(super) fn cases() -> Vec<Numbered> {
    let mut cases = vec![
        case(4, "MSE:Set AT with an invalid class", &[], |t| {
            let (run, password) = t.pace(any)?;
            t.send_plain(&set_at_pace(0x80, run.set_at(password)), Expect::ERROR).map(drop)
        }),
        later(6, "MSE:Set AT with an object identifier of no protocol", |p| {
            let mut protocol = p.protocol.clone();
            if let Some(last) = protocol.last_mut() {
                *last = 0x7F;
            }
            objects(&[(0x80, &protocol), (0x83, &[p.password]), (0x84, &p.reference)])
        }),
        later(8, "MSE:Set AT with an unknown password reference", |p| {
            objects(&[(0x80, &p.protocol), (0x83, &[0x5A]), (0x84, &p.reference)])
        }),
        later(9, "MSE:Set AT with unknown domain parameters", |p| {
            objects(&[(0x80, &p.protocol), (0x83, &[p.password]), (0x84, &[0x1E])])
        }),
        case(68, "MSE:Set AT with a PACE protocol that the chip does not offer", &[], |t| {
            let offered: Vec<_> = t.card.pace.iter().map(|params| *params.oid()).collect();
            let others = (1..=4).flat_map(|kind| (1..=4).map(move |cipher| (kind, cipher)));
            let mut others = others.filter_map(|(kind, cipher)| {
                ObjectIdentifier::new(&format!("0.4.0.127.0.7.2.2.4.{kind}.{cipher}")).ok()
            });
            let Some(other) = others.find(|oid| !offered.contains(oid)) else {
                return t.fail("EF.CardAccess", "a protocol that is not offered", "all are");
            };
            let (_, password) = t.pace(any)?;
            let data = objects(&[(0x80, other.as_bytes()), (0x83, &[password])]);
            refused_later(t, data)
        }),
        positive(73, "MSE:Set AT with DO84 where there is one parameter set", |p| {
            objects(&[(0x80, &p.protocol), (0x83, &[p.password]), (0x84, &p.reference)])
        }),
        positive(74, "MSE:Set AT without DO84 where there is one parameter set", |p| {
            objects(&[(0x80, &p.protocol), (0x83, &[p.password])])
        }),
    ];
    let at_once: [(u8, &str, Build); 12] = [
        (5, "DO81 in place of DO80", |p| {
            objects(&[(0x81, &p.protocol), (0x83, &[p.password]), (0x84, &p.reference)])
        }),
        (7, "an object identifier with its tag in DO80", |p| {
            let tagged = objects(&[(0x06, &p.protocol)]);
            objects(&[(0x80, &tagged), (0x83, &[p.password]), (0x84, &p.reference)])
        }),
        (64, "DO80 missing", |p| objects(&[(0x83, &[p.password]), (0x84, &p.reference)])),
        (65, "DO80 empty", |p| {
            objects(&[(0x80, &[]), (0x83, &[p.password]), (0x84, &p.reference)])
        }),
        (66, "DO80 too long", |p| {
            let long = [p.protocol.as_slice(), &[0x01]].concat();
            objects(&[(0x80, &long), (0x83, &[p.password]), (0x84, &p.reference)])
        }),
        (67, "DO80 too short", |p| {
            let short = p.protocol.split_last().map(|(_, rest)| rest).unwrap_or_default();
            objects(&[(0x80, short), (0x83, &[p.password]), (0x84, &p.reference)])
        }),
        (69, "DO83 missing", |p| objects(&[(0x80, &p.protocol), (0x84, &p.reference)])),
        (70, "DO83 empty", |p| objects(&[(0x80, &p.protocol), (0x83, &[]), (0x84, &p.reference)])),
        (71, "DO83 with a length that is not its own", |p| {
            [objects(&[(0x80, &p.protocol)]), vec![0x83, 0x02, p.password]].concat()
        }),
        (72, "DO83 too long", |p| {
            objects(&[(0x80, &p.protocol), (0x83, &[0x01, 0xFF]), (0x84, &p.reference)])
        }),
        (75, "DO84 empty", |p| objects(&[(0x80, &p.protocol), (0x83, &[p.password]), (0x84, &[])])),
        (77, "the object identifier with tag 06 in place of DO80", |p| {
            objects(&[(0x06, &p.protocol), (0x83, &[p.password]), (0x84, &p.reference)])
        }),
    ];
    cases.extend(at_once.into_iter().map(|(number, title, build)| {
        case(number, &format!("MSE:Set AT, {title}"), &[], move |t| {
            let data = build(&parts(t)?);
            t.send_plain(&set_at_pace(0x00, data), Expect::ERROR).map(drop)
        })
    }));
    cases
}

fn parts(t: &mut Terminal<'_>) -> Result<Parts, Stop> {
    let (run, password) = t.pace(any)?;
    let id = run.params.parameter_id();
    Ok(Parts {
        protocol: run.params.oid().as_bytes().to_vec(),
        password,
        // All numbers of the standard are below 32; others have more bytes.
        reference: match u8::try_from(id) {
            Ok(id) => vec![id],
            Err(_) => id.to_be_bytes().to_vec(),
        },
    })
}

// Refused by MSE:Set AT or by the first GENERAL AUTHENTICATE.
fn later(number: u8, title: &str, build: Build) -> Numbered {
    case(number, title, &[], move |t| {
        let data = build(&parts(t)?);
        refused_later(t, data)
    })
}

fn refused_later(t: &mut Terminal<'_>, data: Vec<u8>) -> Result<(), Stop> {
    let response = t.send_plain(&set_at_pace(0x00, data), Expect::ANY)?;
    if Expect::ERROR.accepts(response.sw) {
        return Ok(());
    }
    t.pace_step(CHAINED, [0x7C, 0x00], Expect::NOT_AUTHENTICATED).map(drop)
}

fn positive(number: u8, title: &str, build: Build) -> Numbered {
    case(number, title, &[Capability::OneParameterSet], move |t| {
        let data = build(&parts(t)?);
        let (mut run, _) = t.pace(any)?;
        t.send_plain(&set_at_pace(0x00, data), Expect::SUCCESS)?;
        t.pace_complete(&mut run)
    })
}
