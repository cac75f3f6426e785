//! ISO7816_D: protected SELECT of each file.

use super::{FILES, reading};
use crate::conform::{
    Capability, Case, Expect,
    terminal::{How, read, select_ef},
};

pub(super) fn cases() -> Vec<Case> {
    let numbers = std::iter::once(1).chain(6..);
    let mut cases: Vec<_> = numbers
        .zip(FILES)
        .map(|(number, file)| {
            let title = format!("protected SELECT of {file}, then its first byte");
            let needs = reading(file, Capability::Access);
            Case::new(format!("ISO7816_D_{number}"), title, &needs, move |t| {
                t.open_for(How::Either, file)?;
                t.send(&select_ef(file.fid()), Expect::SUCCESS)?;
                let response = t.send(&read(0, 1), Expect::SUCCESS)?;
                let tag = file.tag().map(|tag| tag.value().to_be_bytes());
                let first = tag.and_then(|bytes| bytes.into_iter().find(|byte| *byte != 0));
                let got = hex::encode_upper(response.data.get(..4).unwrap_or(&response.data));
                let right = response.data.as_slice() == first.as_slice();
                let expected =
                    first.map_or(String::new(), |first| format!("{first:02X}, one byte"));
                t.check("the first byte", expected, got, right)
            })
        })
        .collect();
    let needs = [Capability::Lds1, Capability::Access];
    cases.push(Case::new(
        "ISO7816_D_23",
        "protected SELECT of a file that is not there",
        &needs,
        |t| {
            t.open(How::Either)?;
            t.send(&select_ef(0x0202), Expect::ERROR).map(drop)
        },
    ));
    cases
}
