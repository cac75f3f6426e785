//! EF.SOD: the Document Security Object (ICAO Doc 9303-10 clause 4.6.2).
//!
//! The file is a CMS SignedData in a frame ([`wrap`], [`unwrap`]); what is signed is an
//! [`LdsSecurityObject`], the hashes of the data groups.

use const_oid::ObjectIdentifier;

use super::error::{In, asn1, write_oid, write_unsigned};
use super::{Df, File, LdsError};
use crate::tlv::{Reader, Tag, Tlv, Writer};

/// The CMS SignedData within the file, as it came. Some cards leave out the frame, and some fill
/// the file up: nothing of that is signed, and none of it matters.
///
/// # Errors
/// [`LdsError`], where the frame is wrong.
pub fn unwrap(data: &[u8]) -> Result<&[u8], LdsError> {
    let data = unpadded(data);
    if data.first() == Some(&SEQUENCE_OCTET) {
        return Ok(data);
    }
    Ok(unpadded(In(File::Sod).outer(data)?.value))
}

const SEQUENCE_OCTET: u8 = 0x30;

// Without what fills a file up behind its data object: bytes of 00 or of FF.
fn unpadded(data: &[u8]) -> &[u8] {
    let mut reader = Reader::new(data);
    let Some(Ok(whole)) = reader.next() else { return data };
    let rest = reader.rest();
    let filled = [0x00, 0xFF].iter().any(|fill| rest.iter().all(|b| b == fill));
    if filled { whole.raw } else { data }
}

/// The file of a CMS SignedData.
pub fn wrap(signed_data: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.primitive(Tag::new(0x77), signed_data);
    w.finish()
}

/// LDSSecurityObject (ICAO Doc 9303-10 clause 4.6.2): what the document signer signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdsSecurityObject {
    /// How the data groups were hashed.
    pub hash_algorithm: ObjectIdentifier,
    /// The algorithm is written with NULL parameters instead of none; both occur.
    pub null_parameters: bool,
    /// One hash a data group, in the file's order; no number is there twice.
    pub hashes: Vec<DataGroupHash>,
    /// LDS and Unicode version, where they are signed too (version 1 of the object).
    pub versions: Option<LdsVersionInfo>,
}

/// The hash of one data group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataGroupHash {
    /// The data group, 1 to 16.
    pub number: u8,
    /// The hash over the whole file, tag and length included.
    pub hash: Vec<u8>,
}

/// LDSVersionInfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdsVersionInfo {
    /// Four digits: `0108`.
    pub lds_version: String,
    /// Six digits: `040000`.
    pub unicode_version: String,
}

/// The longest hash that is read: 64 bytes, SHA-512.
const MAX_HASH: usize = 64;

impl LdsSecurityObject {
    /// The hash of a data group, 1 to 16.
    pub fn hash(&self, number: u8) -> Option<&[u8]> {
        self.hashes.iter().find(|h| h.number == number).map(|h| h.hash.as_slice())
    }

    /// The files that are listed, in the eMRTD application.
    pub fn files(&self) -> impl Iterator<Item = File> {
        self.files_in(Df::Lds)
    }

    /// The files that are listed, where the object is that of this DF.
    pub fn files_in(&self, df: Df) -> impl Iterator<Item = File> {
        self.hashes.iter().filter_map(move |h| File::from_data_group_in(df, h.number))
    }

    /// Reads the eContent of the SignedData.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong; a number that is there twice is refused, since
    /// one reader might compare the first hash and another the second.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        const VERSION: &str = "LDSSecurityObject.version";
        const ALGORITHM: &str = "LDSSecurityObject.hashAlgorithm";
        const HASHES: &str = "LDSSecurityObject.dataGroupHashValues";
        const VERSIONS: &str = "LDSSecurityObject.ldsVersionInfo";
        let at = In(File::Sod);
        let mut outer = Reader::new(data);
        let object = at.tlv("LDSSecurityObject", outer.expect(asn1::SEQUENCE))?;
        at.tlv("LDSSecurityObject", outer.end())?;
        let mut fields = at.tlv("LDSSecurityObject", object.children())?;
        let version = at.tlv(VERSION, fields.expect(asn1::INTEGER))?;
        let version = at.small(VERSION, version.value)?;
        if version > 1 {
            return Err(at.value(VERSION, "0 or 1", version.to_string()));
        }
        let algorithm = at.tlv(ALGORITHM, fields.expect(asn1::SEQUENCE))?;
        let (hash_algorithm, null_parameters) = algorithm_identifier(at, ALGORITHM, &algorithm)?;
        let list = at.tlv(HASHES, fields.expect(asn1::SEQUENCE))?;
        let mut hashes: Vec<DataGroupHash> = Vec::new();
        for entry in at.tlv(HASHES, list.children())? {
            let entry = data_group_hash(at, &at.tlv(HASHES, entry)?)?;
            if hashes.iter().any(|h| h.number == entry.number) {
                let what = format!("data group {}", entry.number);
                return Err(LdsError::Duplicate { file: File::Sod, field: HASHES, what });
            }
            hashes.push(entry);
        }
        if hashes.is_empty() {
            return Err(at.value(HASHES, "at least one data group", "none"));
        }
        // Version 1 should have them and version 0 not, and they should be digits; since they are
        // told to people only, a document is not refused for that.
        let versions = if fields.rest().is_empty() {
            None
        } else {
            let info = at.tlv(VERSIONS, fields.expect(asn1::SEQUENCE))?;
            version_info(at, VERSIONS, &info).ok()
        };
        at.tlv("LDSSecurityObject", fields.end())?;
        Ok(Self { hash_algorithm, null_parameters, hashes, versions })
    }

    /// The eContent of the SignedData, in DER; its version follows from [`Self::versions`].
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(asn1::SEQUENCE, |w| {
            write_unsigned(w, self.versions.is_some().into());
            w.constructed(asn1::SEQUENCE, |w| {
                write_oid(w, &self.hash_algorithm);
                if self.null_parameters {
                    w.primitive(asn1::NULL, &[]);
                }
            });
            w.constructed(asn1::SEQUENCE, |w| {
                for entry in &self.hashes {
                    w.constructed(asn1::SEQUENCE, |w| {
                        write_unsigned(w, entry.number.into());
                        w.primitive(asn1::OCTET_STRING, &entry.hash);
                    });
                }
            });
            if let Some(info) = &self.versions {
                w.constructed(asn1::SEQUENCE, |w| {
                    w.primitive(asn1::PRINTABLE_STRING, info.lds_version.as_bytes());
                    w.primitive(asn1::PRINTABLE_STRING, info.unicode_version.as_bytes());
                });
            }
        });
        w.finish()
    }
}

fn algorithm_identifier(
    at: In,
    field: &'static str,
    algorithm: &Tlv<'_>,
) -> Result<(ObjectIdentifier, bool), LdsError> {
    let mut parts = at.tlv(field, algorithm.children())?;
    let oid = at.tlv(field, parts.expect(asn1::OBJECT_IDENTIFIER))?;
    let null_parameters = !parts.rest().is_empty();
    if null_parameters {
        let null = at.tlv(field, parts.expect(asn1::NULL))?;
        if !null.value.is_empty() {
            let got = format!("{} bytes", null.value.len());
            return Err(at.value(field, "no parameters or NULL", got));
        }
        at.tlv(field, parts.end())?;
    }
    Ok((at.oid(field, oid.value)?, null_parameters))
}

fn data_group_hash(at: In, entry: &Tlv<'_>) -> Result<DataGroupHash, LdsError> {
    const NUMBER: &str = "DataGroupHash.dataGroupNumber";
    const HASH: &str = "DataGroupHash.dataGroupHashValue";
    let mut parts =
        at.tlv("DataGroupHash", entry.expect(asn1::SEQUENCE).and_then(|e| e.children()))?;
    let number = at.tlv(NUMBER, parts.expect(asn1::INTEGER))?;
    let number = at.unsigned(NUMBER, number.value)?;
    let hash = at.tlv(HASH, parts.expect(asn1::OCTET_STRING))?.value;
    at.tlv("DataGroupHash", parts.end())?;
    if hash.is_empty() || hash.len() > MAX_HASH {
        let got = format!("{} bytes", hash.len());
        return Err(at.value(HASH, "1 to 64 bytes", got));
    }
    match u8::try_from(number) {
        Ok(number @ 1..=16) => Ok(DataGroupHash { number, hash: hash.to_vec() }),
        _ => Err(at.value(NUMBER, "1 to 16", number.to_string())),
    }
}

fn version_info(at: In, field: &'static str, info: &Tlv<'_>) -> Result<LdsVersionInfo, LdsError> {
    let mut parts = at.tlv(field, info.children())?;
    let lds = at.tlv(field, parts.expect(asn1::PRINTABLE_STRING))?.value;
    let unicode = at.tlv(field, parts.expect(asn1::PRINTABLE_STRING))?.value;
    at.tlv(field, parts.end())?;
    Ok(LdsVersionInfo {
        lds_version: at.digits(field, "an LDS version of four digits", lds, 4)?,
        unicode_version: at.digits(field, "a Unicode version of six digits", unicode, 6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::oids;
    use super::super::testing::{mutate, unhex};
    use super::*;

    fn object() -> LdsSecurityObject {
        LdsSecurityObject {
            hash_algorithm: oids::SHA256,
            null_parameters: false,
            hashes: [1, 2, 14]
                .map(|number| DataGroupHash { number, hash: vec![number; 32] })
                .to_vec(),
            versions: None,
        }
    }

    fn error(data: &[u8]) -> String {
        LdsSecurityObject::parse(data).unwrap_err().to_string()
    }

    #[test]
    fn both_versions_come_back() {
        let v0 = object();
        let bytes = v0.encode();
        assert!(
            hex::encode(&bytes)
                .starts_with("30818702010030 0b06096086480165030402 01".replace(' ', "").as_str())
        );
        assert_eq!(LdsSecurityObject::parse(&bytes), Ok(v0.clone()));
        assert_eq!(v0.hash(14), Some(&[14; 32][..]));
        assert_eq!(v0.hash(15), None);
        assert_eq!(v0.files().collect::<Vec<_>>(), [File::Dg1, File::Dg2, File::Dg14]);
        let v1 = LdsSecurityObject {
            null_parameters: true,
            versions: Some(LdsVersionInfo {
                lds_version: "0108".to_owned(),
                unicode_version: "040000".to_owned(),
            }),
            ..v0
        };
        assert_eq!(LdsSecurityObject::parse(&v1.encode()), Ok(v1.clone()));
        // In whatever order, which is kept.
        let turned =
            LdsSecurityObject { hashes: v1.hashes.iter().rev().cloned().collect(), ..v1.clone() };
        assert_eq!(LdsSecurityObject::parse(&turned.encode()), Ok(turned));
        // Versions that are none are nobody's loss.
        let mut odd = v1.encode();
        *odd.last_mut().unwrap() = b'x';
        let read = LdsSecurityObject::parse(&odd).unwrap();
        assert_eq!((read.hashes, read.versions), (v1.hashes.clone(), None));
        mutate(&v1.encode(), |bytes| {
            if let Ok(read) = LdsSecurityObject::parse(bytes) {
                assert_eq!(LdsSecurityObject::parse(&read.encode()), Ok(read));
            }
        });
    }

    #[test]
    fn errors_name_the_field() {
        let mut twice = object();
        twice.hashes.push(DataGroupHash { number: 2, hash: vec![0; 32] });
        assert_eq!(
            error(&twice.encode()),
            "EF.SOD, LDSSecurityObject.dataGroupHashValues: data group 2 is there twice"
        );
        let mut numbered = object();
        numbered.hashes[0].number = 17;
        assert_eq!(
            error(&numbered.encode()),
            "EF.SOD, DataGroupHash.dataGroupNumber: 1 to 16 expected, 17 came"
        );
        let empty = LdsSecurityObject { hashes: Vec::new(), ..object() };
        assert_eq!(
            error(&empty.encode()),
            "EF.SOD, LDSSecurityObject.dataGroupHashValues: at least one data group expected, \
             none came"
        );
        let mut long = object();
        long.hashes[0].hash = vec![0; 65];
        assert!(error(&long.encode()).contains("1 to 64 bytes expected, 65 bytes came"));
        let mut bytes = object().encode();
        bytes[5] = 2;
        assert_eq!(error(&bytes), "EF.SOD, LDSSecurityObject.version: 0 or 1 expected, 2 came");
    }

    #[test]
    fn the_frame_comes_off_and_on() {
        let file = wrap(&unhex("3003020100"));
        assert_eq!(hex::encode_upper(&file), "77053003020100");
        assert_eq!(unwrap(&file), Ok(&unhex("3003020100")[..]));
        assert_eq!(
            unwrap(&file[..6]).unwrap_err().to_string(),
            "EF.SOD, outer data object: TLV at byte 0: 7 bytes expected, 6 there"
        );
        // Without a frame, filled up inside or behind it: one and the same.
        let inside = unhex("77083003020100000000");
        let indefinite = unhex("7780308002010000000000FFFFFF");
        assert_eq!(unwrap(&indefinite), Ok(&unhex("30800201000000")[..]));
        for odd in ["3003020100", "770530030201000000", "3003020100FFFF", "30030201000000"] {
            assert_eq!(unwrap(&unhex(odd)), Ok(&unhex("3003020100")[..]), "{odd}");
        }
        assert_eq!(unwrap(&inside), Ok(&unhex("3003020100")[..]));
        // Anything else behind it is not passed over.
        for more in ["7705300302010001", "7705300302010000FF", "7705300302010077053003020100"] {
            assert!(unwrap(&unhex(more)).unwrap_err().to_string().contains("follow"), "{more}");
        }
        mutate(&file, |bytes| {
            let _ = unwrap(bytes);
        });
    }
}
