//! ISO7816_C: Basic Access Control, and secure messaging after it.

use crate::{
    apdu::Command,
    conform::{
        Capability, Case, Expect,
        terminal::{
            Flaw, How, MutualFlaw, Stop, Terminal, plain_read, read_file, read_file_odd, read_odd,
            select_application, select_ef,
        },
    },
    lds::File,
};

const NEEDS: [Capability; 2] = [Capability::Lds1, Capability::Bac];
const WITH_FILE: [Capability; 3] = [Capability::Lds1, Capability::Bac, Capability::File(File::Com)];

fn case(
    number: u8,
    title: &'static str,
    needs: &[Capability],
    check: impl Fn(&mut Terminal<'_>) -> Result<(), Stop> + Send + Sync + 'static,
) -> Case {
    Case::new(format!("ISO7816_C_{number}"), title, needs, check)
}

pub(super) fn cases() -> Vec<Case> {
    let select = || select_ef(File::Com.fid());
    let read = || read_file(File::Com, 6);
    let with_odd = [WITH_FILE.as_slice(), &[Capability::OddIns]].concat();
    vec![
        case(1, "GET CHALLENGE twice", &NEEDS, |t| {
            t.send_plain(&select_application(), Expect::SUCCESS)?;
            let (first, second) = (t.challenge()?, t.challenge()?);
            let got = if first == second { "the same" } else { "another" };
            t.check("the second challenge", "another", got, first != second)
        }),
        case(2, "MUTUAL AUTHENTICATE with the right keys", &NEEDS, |t| t.open(How::Bac)),
        case(3, "MUTUAL AUTHENTICATE with wrong keys", &NEEDS, |t| {
            t.send_plain(&select_application(), Expect::SUCCESS)?;
            let challenge = t.challenge()?;
            let flaw = Some(MutualFlaw::OtherKeys);
            t.mutual_authenticate(challenge, flaw, Expect::NOT_AUTHENTICATED)
        }),
        case(
            4,
            "MUTUAL AUTHENTICATE without a challenge, and with one before the last",
            &NEEDS,
            |t| {
                t.send_plain(&select_application(), Expect::SUCCESS)?;
                let mut none = [0; 8];
                none.copy_from_slice(&t.random(8));
                t.mutual_authenticate(none, None, Expect::ERROR)?;
                let (first, _) = (t.challenge()?, t.challenge()?);
                t.mutual_authenticate(first, None, Expect::NOT_AUTHENTICATED)
            },
        ),
        case(6, "MUTUAL AUTHENTICATE with a wrong MAC, then a right one", &NEEDS, |t| {
            t.send_plain(&select_application(), Expect::SUCCESS)?;
            let challenge = t.challenge()?;
            let flaw = Some(MutualFlaw::BadMac);
            t.mutual_authenticate(challenge, flaw, Expect::NOT_AUTHENTICATED)?;
            let challenge = t.challenge()?;
            t.mutual_authenticate(challenge, None, Expect::SUCCESS)
        }),
        case(8, "protected READ BINARY by SFI", &WITH_FILE, move |t| {
            t.open(How::Bac)?;
            t.send(&read(), Expect::SUCCESS).map(drop)
        }),
        case(9, "protected READ BINARY with odd INS by SFI", &with_odd, |t| {
            t.open(How::Bac)?;
            let response = t.send(&read_file_odd(File::Com, 8), Expect::SUCCESS)?;
            super::master::check_object(t, &response.data)
        }),
        case(10, "protected SELECT and READ BINARY", &WITH_FILE, move |t| {
            t.open(How::Bac)?;
            t.send(&select(), Expect::SUCCESS)?;
            t.send(&plain_read(), Expect::SUCCESS).map(drop)
        }),
        case(11, "protected SELECT and READ BINARY with odd INS", &with_odd, move |t| {
            t.open(How::Bac)?;
            t.send(&select(), Expect::SUCCESS)?;
            let response = t.send(&read_odd(0, 8), Expect::SUCCESS)?;
            super::master::check_object(t, &response.data)
        }),
        broken(
            12,
            "SELECT without DO8E, then a protected read",
            select,
            Flaw::NoMac,
            Expect::ERROR,
        ),
        broken(
            13,
            "SELECT with a wrong MAC, then a protected read",
            select,
            Flaw::BadMac,
            Expect::SM_INCORRECT,
        ),
        broken(
            14,
            "SELECT with a wrong SSC, then a protected read",
            select,
            Flaw::OldCounter,
            Expect::SM_INCORRECT,
        ),
        case(16, "plain SELECT in the session, then a protected read", &WITH_FILE, move |t| {
            t.open(How::Bac)?;
            let counter = t.counter();
            t.send_plain(&select(), Expect::DENIED_OR_SUCCESS)?;
            t.expect_closed(counter)
        }),
        broken(
            17,
            "READ BINARY without DO8E, then a protected read",
            read,
            Flaw::NoMac,
            Expect::ERROR,
        ),
        broken(
            18,
            "READ BINARY with a wrong MAC, then a protected read",
            read,
            Flaw::BadMac,
            Expect::SM_INCORRECT,
        ),
    ]
}

// A current EF makes sure that a session which goes on would be seen to.
fn broken(
    number: u8,
    title: &'static str,
    command: impl Fn() -> Command + Send + Sync + 'static,
    flaw: Flaw,
    expect: Expect,
) -> Case {
    case(number, title, &WITH_FILE, move |t| {
        t.open(How::Bac)?;
        t.send(&select_ef(File::Com.fid()), Expect::SUCCESS)?;
        t.break_session(&command(), flaw, expect)
    })
}
