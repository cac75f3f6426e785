//! The files of an eMRTD and of the open resident-card profile (ICAO Doc 9303-10), and those of a
//! driving licence ([`edl`]) and of the key-only resident card.
//!
//! Every file has a type with `parse` and `encode`. Parsing never trusts a length and names file
//! and field in its errors; encoding is DER. What a signature or a hash covers is the bytes as the
//! card gave them, so keep those: encoding again is for making cards, not for checking them.

mod atr_info;
mod card_label;
mod cbeff;
mod com;
mod cursor;
mod data_object;
mod date;
mod details;
mod dg1;
mod dg11;
mod dg12;
mod dg13;
mod dg14;
mod dg15;
mod dg16;
mod dg2;
mod dg3;
mod dg4;
mod dir;
mod displayed;
pub mod edl;
mod error;
mod face;
mod file;
mod holder;
mod image;
mod iso39794;
mod jpeg;
mod mrz;
pub mod oids;
mod security_infos;
pub mod sod;
#[cfg(test)]
mod testing;

pub use atr_info::AtrInfo;
pub use card_label::{CardLabel, KEY_ONLY_AID};
pub use cbeff::{BiometricHeader, BiometricTemplate};
pub use com::Com;
pub use data_object::DataObject;
pub use date::{FullDate, MrzDate};
pub use dg1::Dg1;
pub use dg2::Dg2;
pub use dg3::{Dg3, FingerImages, FingerRecord, FingerView};
pub use dg4::{Dg4, Eye, IrisImage, IrisImages, IrisRecord};
pub use dg11::Dg11;
pub use dg12::Dg12;
pub use dg13::Dg13;
pub use dg14::Dg14;
pub use dg15::Dg15;
pub use dg16::{Dg16, PersonToNotify};
pub use dir::{Application, Dir};
pub use displayed::{Dg5, Dg7, DisplayedImage};
pub use error::LdsError;
pub use face::{FaceImage, FaceRecord, FacialRecord, FeaturePoint};
pub use file::{Df, File, LDS_AID};
pub use holder::{HolderVerification, Password};
pub use image::ImageFormat;
pub use iso39794::{Iso39794, Representation};
pub use mrz::{Format, Mrz, MrzError, MrzInformation, Sex, check_digit};
pub use security_infos::{
    ActiveAuthenticationInfo, CardInfo, ChipAuthenticationDomainParameterInfo,
    ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, EfDirInfo, MAX_SECURITY_INFOS,
    PaceDomainParameterInfo, PaceInfo, PrivilegedTerminalInfo,
    RestrictedIdentificationDomainParameterInfo, RestrictedIdentificationInfo, SecurityInfo,
    SecurityInfos, TerminalAuthenticationInfo, UnknownInfo,
};
pub use sod::{DataGroupHash, LdsSecurityObject, LdsVersionInfo};
