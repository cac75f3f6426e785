//! The three ways that units B and O go through all files: SELECT before authentication, READ
//! BINARY before it, and a plain READ BINARY in the session afterwards.

use super::{FILES, reading};
use crate::conform::{
    Capability, Case, Expect,
    terminal::{How, plain_read, read_file, select_application, select_ef},
};

/// A protocol that protects the application.
pub(super) struct Gate {
    pub(super) unit: &'static str,
    pub(super) protocol: &'static str,
    pub(super) needs: Capability,
    pub(super) how: How,
    /// What a SELECT before authentication is answered with.
    pub(super) selected: Expect,
}

pub(super) fn cases(gate: &Gate) -> Vec<Case> {
    let Gate { unit, protocol, needs, how, selected } = *gate;
    let mut cases = Vec::new();
    for (number, file) in (1..).zip(FILES) {
        let title = format!("{protocol}: plain SELECT of {file} before authentication");
        let need = [Capability::Lds1, needs, Capability::File(file)];
        cases.push(Case::new(format!("{unit}_{number}"), title, &need, move |t| {
            t.send_plain(&select_application(), Expect::SUCCESS)?;
            t.send_plain(&select_ef(file.fid()), selected).map(drop)
        }));
    }
    for (number, file) in (19..).zip(FILES) {
        let title = format!("{protocol}: plain READ BINARY of {file} before authentication");
        let need = [Capability::Lds1, needs, Capability::File(file)];
        cases.push(Case::new(format!("{unit}_{number}"), title, &need, move |t| {
            t.send_plain(&select_application(), Expect::SUCCESS)?;
            let response = t.send_plain(&read_file(file, 256), Expect::DENIED)?;
            let got = format!("{} bytes", response.data.len());
            t.check("response data", "none", got, response.data.is_empty())
        }));
    }
    for (number, file) in (37..).zip(FILES) {
        let title = format!("{protocol}: plain READ BINARY after a protected one of {file}");
        let mut need = reading(file, needs);
        if !need.contains(&how.needs()) {
            need.push(how.needs());
        }
        cases.push(Case::new(format!("{unit}_{number}"), title, &need, move |t| {
            t.open_for(how, file)?;
            t.send(&read_file(file, 6), Expect::SUCCESS)?;
            let counter = t.counter();
            t.send_plain(&plain_read(), Expect::ERROR)?;
            t.expect_closed(counter)
        }));
    }
    cases
}
