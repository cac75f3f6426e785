//! ISO7816_Q, _T and _U: a free file of the master file in the four ways of reading.

use crate::{
    conform::{
        Capability, Case, Expect,
        terminal::{Stop, Terminal, read, read_file, read_file_odd, read_odd, select_ef},
    },
    lds::File,
};

pub(super) fn cases(unit: &str, file: File) -> Vec<Case> {
    let there = [Capability::File(file)];
    let odd = [Capability::File(file), Capability::OddIns];
    vec![
        Case::new(
            format!("{unit}_1"),
            format!("{file}: SELECT and READ BINARY"),
            &there,
            move |t| {
                t.send_plain(&select_ef(file.fid()), Expect::SUCCESS)?;
                t.send_plain(&read(0, 1), Expect::SUCCESS).map(drop)
            },
        ),
        Case::new(format!("{unit}_2"), format!("{file}: READ BINARY by SFI"), &there, move |t| {
            t.send_plain(&read_file(file, 1), Expect::SUCCESS).map(drop)
        }),
        Case::new(
            format!("{unit}_3"),
            format!("{file}: SELECT and READ BINARY with odd INS"),
            &odd,
            move |t| {
                t.send_plain(&select_ef(file.fid()), Expect::SUCCESS)?;
                let response = t.send_plain(&read_odd(0, 3), Expect::SUCCESS)?;
                check_object(t, &response.data)
            },
        ),
        Case::new(
            format!("{unit}_4"),
            format!("{file}: READ BINARY with odd INS by SFI"),
            &odd,
            move |t| {
                let response = t.send_plain(&read_file_odd(file, 3), Expect::SUCCESS)?;
                check_object(t, &response.data)
            },
        ),
    ]
}

/// That READ BINARY with odd INS answers with a data object (ISO/IEC 7816-4 clause 11.3.3).
pub(super) fn check_object(t: &mut Terminal<'_>, data: &[u8]) -> Result<(), Stop> {
    let first = data.first().map_or("none".into(), |byte| format!("{byte:02X}"));
    t.check("the data object of the response", "DO53", first.clone(), first == "53")
}
