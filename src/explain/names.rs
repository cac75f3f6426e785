//! What applications, files and passwords are called.

use crate::lds::{Df, File, KEY_ONLY_AID, LDS_AID, Password, edl};

/// Applications by their identifiers, as their standards give them.
const APPLICATIONS: &[(&[u8], &str)] = &[
    (&LDS_AID, "eMRTD application"),
    (&[0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, 0x01], "LDS2 travel records"),
    (&[0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, 0x02], "LDS2 visa records"),
    (&[0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, 0x03], "LDS2 additional biometrics"),
    (&edl::AID, "driving licence application"),
    (&[0xA0, 0x00, 0x00, 0x02, 0x48, 0x04, 0x00], "mobile document, ISO/IEC 18013-5"),
    (&[0xE8, 0x07, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x02], "eID application, BSI TR-03110"),
    (b"\xA0\x00\x00\x01\x67ESIGN", "eSign application"),
    (&KEY_ONLY_AID, "key-only resident card"),
    (b"\xA0\x00\x00\x00\x63PKCS-15", "PKCS #15"),
    (&[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00], "GlobalPlatform issuer security domain"),
    (&[0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00], "PIV"),
    (&[0xD2, 0x76, 0x00, 0x01, 0x24, 0x01], "OpenPGP card"),
    (&[0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01], "NDEF, type 4 tag"),
    (&[0xA0, 0x00, 0x00, 0x06, 0x47, 0x2F, 0x00, 0x01], "FIDO"),
    (b"1PAY.SYS.DDF01", "EMV payment system environment"),
    (b"2PAY.SYS.DDF01", "EMV proximity payment system environment"),
];

/// Registered providers, of whose applications no name is known.
const PROVIDERS: &[(&[u8; 5], &str)] = &[
    (&[0xA0, 0x00, 0x00, 0x02, 0x47], "ICAO"),
    (&[0xA0, 0x00, 0x00, 0x02, 0x48], "ISO/IEC JTC 1/SC 17, driving licences"),
    (&[0xA0, 0x00, 0x00, 0x01, 0x51], "GlobalPlatform"),
    (&[0xA0, 0x00, 0x00, 0x03, 0x06], "PC/SC Workgroup"),
    (&[0xA0, 0x00, 0x00, 0x03, 0x08], "NIST"),
    (&[0xA0, 0x00, 0x00, 0x00, 0x03], "Visa"),
    (&[0xA0, 0x00, 0x00, 0x00, 0x04], "Mastercard"),
];

/// What an application identifier names: the application, or at least its provider.
pub(super) fn application(aid: &[u8]) -> Option<String> {
    if let Some((_, name)) = APPLICATIONS.iter().find(|(known, _)| aid.starts_with(known)) {
        return Some((*name).to_owned());
    }
    let provider = PROVIDERS.iter().find(|(rid, _)| aid.starts_with(&rid[..]));
    provider.map(|(_, name)| format!("an application of {name}")).or_else(|| {
        // ISO/IEC 7816-4 clause 12.2.3.1: F is the category of those that nobody registers.
        aid.first().is_some_and(|b| b >> 4 == 0xF).then(|| "a proprietary application".to_owned())
    })
}

/// An application identifier with what it names: `A0000002471001 (eMRTD application)`.
pub(super) fn aid(aid: &[u8]) -> String {
    let hex = super::node::cut(aid, 16);
    application(aid).map_or_else(|| hex.clone(), |name| format!("{hex} ({name})"))
}

/// The files that a file identifier stands for, without saying where it is used.
pub(super) fn by_fid(fid: u16) -> Option<String> {
    if fid == 0x3F00 {
        return Some("master file".into());
    }
    several(|file| file.fid() == fid)
}

/// The files that a short EF identifier stands for.
pub(super) fn by_sfi(sfi: u8) -> Option<String> {
    several(|file| file.sfi() == sfi)
}

// Those of the eMRTD application stand first, for they are read most; those of other applications
// only where it has none.
fn several(is_it: impl Fn(File) -> bool) -> Option<String> {
    let of = |df: Df| File::ALL.into_iter().find(|file| file.df() == df && is_it(*file));
    let master = of(Df::MasterFile);
    match (of(Df::Lds), master) {
        (Some(file), None) => Some(file.name().to_owned()),
        (Some(file), Some(other)) => Some(format!("{file}; {other} in the master file")),
        (None, Some(file)) => Some(format!("{file} in the master file")),
        (None, None) => of(Df::Edl).or_else(|| of(Df::KeyOnly)).map(|file| file.name().to_owned()),
    }
}

/// A password's reference number in BSI TR-03110 and ICAO Doc 9303: `CAN`.
pub(super) fn password(reference: u8) -> Option<&'static str> {
    Some(match Password::from_reference(reference)? {
        Password::Mrz => "MRZ",
        Password::Can => "CAN",
        Password::Pin => "PIN",
        Password::Puk => "PUK",
        Password::None => return None,
    })
}

/// `1 byte`, `2 bytes`.
pub(crate) fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_with_where_they_stand() {
        assert_eq!(by_sfi(0x1E).unwrap(), "EF.COM; EF.DIR in the master file");
        assert_eq!(by_sfi(0x02).unwrap(), "EF.DG2");
        assert_eq!(by_fid(0x011C).unwrap(), "EF.CVCA; EF.CardAccess in the master file");
        assert_eq!(by_fid(0x2F01).unwrap(), "EF.ATR/INFO in the master file");
        assert_eq!(by_fid(0x0005).unwrap(), "eDL EF.DG5");
        assert_eq!(by_fid(0x7777), None);
        assert_eq!(aid(&LDS_AID), "A0000002471001 (eMRTD application)");
        assert_eq!(aid(b"\xA0\x00\x00\x00\x03\x10\x10"), "A0000000031010 (an application of Visa)");
        assert_eq!(password(2), Some("CAN"));
    }
}
