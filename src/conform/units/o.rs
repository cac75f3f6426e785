//! ISO7816_O: what PACE protects, EF.CardSecurity too.

use super::gate;
use crate::{
    conform::{
        Capability, Case, Expect,
        terminal::{How, Stop, Terminal, plain_read, read_file, select_ef},
    },
    lds::File,
    protocol::pace::Mapping,
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = gate::cases(&gate::Gate {
        unit: "ISO7816_O",
        protocol: "PACE",
        needs: Capability::Pace,
        how: How::Pace,
        // ICAO Doc 9303-11 clause 4.4.2.
        selected: Expect::DENIED,
    });
    let needs = [Capability::Pace, Capability::PaceCam, Capability::File(File::CardSecurity)];
    let mut case = |number: u8, title, check: fn(&mut Terminal<'_>) -> Result<(), Stop>| {
        let id = format!("ISO7816_O_{number}");
        cases.push(Case::new(id, title, &needs, check));
    };
    case(55, "plain SELECT of EF.CardSecurity before PACE-CAM", |t| {
        t.send_plain(&select_ef(File::CardSecurity.fid()), Expect::DENIED).map(drop)
    });
    case(56, "plain READ BINARY of EF.CardSecurity before PACE-CAM", |t| {
        t.send_plain(&read_file(File::CardSecurity, 256), Expect::DENIED).map(drop)
    });
    case(57, "plain SELECT of EF.CardSecurity after PACE-CAM", |t| {
        read_card_security(t)?;
        let counter = t.counter();
        t.send_plain(&select_ef(File::CardSecurity.fid()), Expect::ERROR)?;
        t.expect_closed(counter)
    });
    case(58, "plain READ BINARY of EF.CardSecurity after PACE-CAM", |t| {
        read_card_security(t)?;
        let counter = t.counter();
        t.send_plain(&plain_read(), Expect::ERROR)?;
        t.expect_closed(counter)
    });
    cases
}

fn read_card_security(t: &mut Terminal<'_>) -> Result<(), Stop> {
    super::s::after(t, |p| p.suite().mapping == Mapping::ChipAuthentication)?;
    t.send(&read_file(File::CardSecurity, 6), Expect::SUCCESS).map(drop)
}
