//! ISO7816_A: SELECT the application.

use crate::conform::{Capability, Case, Expect, terminal::select_application};

pub(super) fn cases() -> Vec<Case> {
    [
        (1, "BAC", Capability::BacOnly),
        (2, "BAC and PACE", Capability::BacAndPace),
        (3, "PACE", Capability::PaceOnly),
    ]
    .into_iter()
    .map(|(number, profile, need)| {
        let title = format!("SELECT of the application, card with {profile}");
        Case::new(format!("ISO7816_A_{number}"), title, &[Capability::Lds1, need], |t| {
            let response = t.send_plain(&select_application(), Expect::SUCCESS)?;
            let got = format!("{} bytes", response.data.len());
            t.check("response data of SELECT with P2 = 0C", "none", got, response.data.is_empty())
        })
    })
    .collect()
}
