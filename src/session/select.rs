//! Going to a directory of the card.

use super::{Session, SessionError};
use crate::{
    apdu::{Command, Header, StatusWord, ins},
    lds::Df,
    transport::Step,
};

impl Session {
    /// Selects a DF and asks for no answer but the status (ISO/IEC 7816-4 clause 11.2.2): an
    /// application by its name, the master file unnamed, and where the card wants it named as `3F00`,
    /// for vendors differ in that.
    ///
    /// # Errors
    /// As [`Session::exchange`]; a refusal is none.
    pub fn select_df(&mut self, df: Df, step: Step) -> Result<StatusWord, SessionError> {
        let p1 = if df.aid().is_some() { 0x04 } else { 0x00 };
        let mut select = Command::new(Header::new(0x00, ins::SELECT, p1, 0x0C));
        if let Some(aid) = df.aid() {
            select = select.with_data(aid);
        }
        let sw = self.exchange_extended(&select, step)?.sw;
        if df == Df::MasterFile && !sw.is_success() {
            return Ok(self.exchange(&select.with_data([0x3F, 0x00]), step)?.sw);
        }
        Ok(sw)
    }
}
