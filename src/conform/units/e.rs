//! ISO7816_E: protected READ BINARY.

use super::{FILES, reading};
use crate::{
    conform::{
        Capability, Case, Expect,
        terminal::{How, plain_read, read, read_file, read_odd, select_ef},
    },
    lds::File,
};

pub(super) fn cases() -> Vec<Case> {
    let of_com = reading(File::Com, Capability::Access);
    let mut cases = vec![
        Case::new("ISO7816_E_1", "protected READ BINARY of the selected file", &of_com, |t| {
            t.open(How::Either)?;
            t.send(&select_ef(File::Com.fid()), Expect::SUCCESS)?;
            t.send(&plain_read(), Expect::SUCCESS).map(drop)
        }),
        Case::new(
            "ISO7816_E_3",
            "protected READ BINARY behind the end of the file",
            &of_com,
            |t| {
                t.open(How::Either)?;
                t.send(&select_ef(File::Com.fid()), Expect::SUCCESS)?;
                t.send(&read(0x7FFF, 1), Expect::ERROR).map(drop)
            },
        ),
        Case::new("ISO7816_E_4", "protected READ BINARY of more than is left", &of_com, |t| {
            t.open(How::Either)?;
            t.send(&select_ef(File::Com.fid()), Expect::SUCCESS)?;
            let response = t.send(&read(0, 0xE0), Expect::SUCCESS_OR_END)?;
            let len = response.data.len();
            let right = (1..0xE0).contains(&len);
            t.check("response data", "the file, shorter than Le", format!("{len} bytes"), right)
        }),
    ];
    // The list goes up to EF.DG15.
    for (number, file) in (5..).zip(FILES).take(17) {
        let title = format!("protected READ BINARY of {file} by SFI");
        let needs = reading(file, Capability::Access);
        cases.push(Case::new(format!("ISO7816_E_{number}"), title, &needs, move |t| {
            t.open_for(How::Either, file)?;
            t.send(&read_file(file, 6), Expect::SUCCESS).map(drop)
        }));
    }
    let needs = [
        Capability::Lds1,
        Capability::Access,
        Capability::Ta,
        Capability::OddIns,
        Capability::File(File::Cvca),
    ];
    cases.push(Case::new(
        "ISO7816_E_22",
        "protected READ BINARY with odd INS by file identifier",
        &needs,
        |t| {
            t.open(How::Either)?;
            let response = t.send(&read_odd(File::Cvca.fid(), 8), Expect::SUCCESS)?;
            super::master::check_object(t, &response.data)
        },
    ));
    cases
}
