//! The files of an eMRTD and of the open resident-card profile (ICAO Doc 9303-10).
//!
//! Every file has a type with `parse` and `encode`. Parsing never trusts a length and names file
//! and field in its errors; encoding is DER. What a signature or a hash covers is the bytes as the
//! card gave them, so keep those: encoding again is for making cards, not for checking them.

mod date;
mod error;
mod file;
mod mrz;
pub mod oids;
mod security_infos;
#[cfg(test)]
mod testing;

pub use date::{FullDate, MrzDate};
pub use error::LdsError;
pub use file::{Df, File, LDS_AID};
pub use mrz::{Format, Mrz, MrzError, MrzInformation, Sex, check_digit};
pub use security_infos::{
    ActiveAuthenticationInfo, CardInfo, ChipAuthenticationDomainParameterInfo,
    ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, MAX_SECURITY_INFOS,
    PaceDomainParameterInfo, PaceInfo, PrivilegedTerminalInfo, SecurityInfo, SecurityInfos,
    TerminalAuthenticationInfo, UnknownInfo,
};
