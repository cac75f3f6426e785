//! ISO7816_S: EF.CardSecurity in the four ways of reading, after PACE (1 to 4) and without (5 to 8).

use crate::{
    conform::{
        Capability, Case, Expect,
        terminal::{
            Stop, Terminal, read, read_file, read_file_odd, read_odd, select_ef, set_at_pace,
        },
    },
    lds::File,
    protocol::pace::Parameters,
};

const FILE: File = File::CardSecurity;

pub(super) fn cases() -> Vec<Case> {
    use Capability as C;
    let case = |number: u8,
                title: &str,
                odd: bool,
                check: fn(&mut Terminal<'_>) -> Result<(), Stop>| {
        let mut needs = vec![C::Pace, C::File(FILE)];
        needs.extend(odd.then_some(C::OddIns));
        Case::new(format!("ISO7816_S_{number}"), format!("EF.CardSecurity {title}"), &needs, check)
    };
    vec![
        case(1, "after PACE: SELECT and READ BINARY", false, |t| {
            after_pace(t)?;
            t.send(&select_ef(FILE.fid()), Expect::SUCCESS)?;
            t.send(&read(0, 1), Expect::SUCCESS).map(drop)
        }),
        case(2, "after PACE: READ BINARY by SFI", false, |t| {
            after_pace(t)?;
            t.send(&read_file(FILE, 1), Expect::SUCCESS).map(drop)
        }),
        case(3, "after PACE: SELECT and READ BINARY with odd INS", true, |t| {
            after_pace(t)?;
            t.send(&select_ef(FILE.fid()), Expect::SUCCESS)?;
            let response = t.send(&read_odd(0, 8), Expect::SUCCESS)?;
            super::master::check_object(t, &response.data)
        }),
        case(4, "after PACE: READ BINARY with odd INS by SFI", true, |t| {
            after_pace(t)?;
            let response = t.send(&read_file_odd(FILE, 8), Expect::SUCCESS)?;
            super::master::check_object(t, &response.data)
        }),
        case(5, "without PACE: SELECT and READ BINARY", false, |t| {
            t.send_plain(&select_ef(FILE.fid()), Expect::ERROR)?;
            t.send_plain(&read(0, 1), Expect::ERROR).map(drop)
        }),
        case(6, "without PACE: READ BINARY by SFI", false, |t| {
            t.send_plain(&read_file(FILE, 1), Expect::ERROR).map(drop)
        }),
        case(7, "without PACE: SELECT and READ BINARY with odd INS", true, |t| {
            t.send_plain(&select_ef(FILE.fid()), Expect::ERROR)?;
            t.send_plain(&read_odd(0, 8), Expect::ERROR).map(drop)
        }),
        case(8, "without PACE: READ BINARY with odd INS by SFI", true, |t| {
            t.send_plain(&read_file_odd(FILE, 8), Expect::ERROR).map(drop)
        }),
    ]
}

/// A session by PACE in the master file.
pub(super) fn after_pace(t: &mut Terminal<'_>) -> Result<(), Stop> {
    after(t, |_| true)
}

/// The same with parameters that fit.
pub(super) fn after(
    t: &mut Terminal<'_>,
    wanted: impl Fn(&Parameters) -> bool,
) -> Result<(), Stop> {
    let (mut run, password) = t.pace(wanted)?;
    let data = run.set_at(password);
    t.send_plain(&set_at_pace(0x00, data), Expect::SUCCESS)?;
    t.pace_complete(&mut run)
}
