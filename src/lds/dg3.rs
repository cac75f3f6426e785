//! EF.DG3: fingers (ICAO Doc 9303-10 clause 4.7.3), behind Extended Access Control.
//!
//! Images are compressed in ways of their own and kept as they are; only what stands around them
//! is read.

use super::cbeff::{self, BiometricHeader, BiometricTemplate, DATA_CONSTRUCTED, Group, Record};
use super::cursor::Cursor;
use super::error::In;
use super::iso39794::{Iso39794, Part};
use super::{File, LdsError};
use crate::tlv::{Tag, Tlv};

/// The most views of one record that are read.
const MAX_VIEWS: usize = 16;

const FORMAT_IDENTIFIER: &[u8; 4] = b"FIR\0";
const VERSION: &[u8; 4] = b"010\0";
const RECORD_HEADER: usize = 32;
const VIEW_HEADER: usize = 14;

/// Biometric type fingerprint (ISO/IEC 7816-11) and format type ISO/IEC 19794-4.
const FINGER: u8 = 0x08;
const ISO_19794_4: u16 = 0x0007;

/// The file. Where a document has no fingerprints it may hold none, and random bytes instead, so
/// that its hash in EF.SOD tells nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dg3 {
    /// The fingers, one biometric information template each.
    pub fingers: Vec<BiometricTemplate<FingerRecord>>,
    /// The random bytes of a file without fingers.
    pub random: Option<Vec<u8>>,
}

/// What a biometric data block of EF.DG3 holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FingerRecord {
    /// A record of ISO/IEC 19794-4:2005.
    Iso19794(FingerImages),
    /// A data block of ISO/IEC 39794-4.
    Iso39794(Iso39794),
}

/// A finger image record (ISO/IEC 19794-4:2005 clause 8). Codes are those of the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FingerImages {
    /// Capture device, 0 for unreported (clause 8.2.4).
    pub capture_device: u16,
    /// Image acquisition level (clause 8.2.5).
    pub acquisition_level: u16,
    /// Scale units: 1 pixels an inch, 2 pixels a centimetre (clause 8.2.7).
    pub scale_units: u8,
    /// Scan resolution, horizontal and vertical (clauses 8.2.8 and 8.2.9).
    pub scan_resolution: (u16, u16),
    /// Image resolution, horizontal and vertical (clauses 8.2.10 and 8.2.11).
    pub image_resolution: (u16, u16),
    /// Bits a pixel (clause 8.2.12).
    pub depth: u8,
    /// Image compression algorithm: 0 and 1 raw, 2 WSQ, 3 JPEG, 4 JPEG 2000, 5 PNG (clause 8.2.13).
    pub compression: u8,
    /// Reserved.
    pub reserved: u16,
    /// The views, at least one.
    pub views: Vec<FingerView>,
}

/// An image of a finger (ISO/IEC 19794-4:2005 clause 8.3).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FingerView {
    /// Finger position (clause 8.3.2).
    pub position: u8,
    /// Views of this finger (clause 8.3.3).
    pub view_count: u8,
    /// Number of this view (clause 8.3.4).
    pub view_number: u8,
    /// Image quality, 0 to 100, 254 for undefined (clause 8.3.5).
    pub quality: u8,
    /// Impression type (clause 8.3.6).
    pub impression: u8,
    /// Pixels across (clause 8.3.7).
    pub width: u16,
    /// Pixels down (clause 8.3.8).
    pub height: u16,
    /// Reserved.
    pub reserved: u8,
    /// The image, compressed as its record says.
    pub image: Vec<u8>,
}

impl Dg3 {
    /// A file without fingers, with these random bytes.
    pub const fn empty(random: Vec<u8>) -> Self {
        Self { fingers: Vec::new(), random: Some(random) }
    }

    /// Adds a record with a header of this biometric subtype.
    #[must_use]
    pub fn with(mut self, subtype: u8, record: FingerImages) -> Self {
        let header = BiometricHeader::new(FINGER, subtype, ISO_19794_4);
        let record = FingerRecord::Iso19794(record);
        self.fingers.push(BiometricTemplate::primitive(header, record));
        self
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LdsError`], naming the part that is wrong.
    pub fn parse(data: &[u8]) -> Result<Self, LdsError> {
        let Group { templates, discretionary } = Group::parse(In(File::Dg3), data)?;
        Ok(Self { fingers: templates, random: discretionary })
    }

    /// The file; at most nine templates of sixteen views each are written.
    pub fn encode(&self) -> Vec<u8> {
        cbeff::encode(Tag::new(0x63), &self.fingers, self.random.as_deref())
    }
}

impl Record for FingerRecord {
    fn read(at: In, block: &Tlv<'_>) -> Result<Self, LdsError> {
        if block.tag == DATA_CONSTRUCTED && !block.value.starts_with(FORMAT_IDENTIFIER) {
            return Iso39794::parse(at, Part::Finger, block).map(Self::Iso39794);
        }
        FingerImages::read(at, block.value).map(Self::Iso19794)
    }

    fn write(&self) -> Vec<u8> {
        match self {
            Self::Iso19794(record) => record.write(),
            Self::Iso39794(block) => block.as_bytes().to_vec(),
        }
    }
}

impl FingerImages {
    fn read(at: In, data: &[u8]) -> Result<Self, LdsError> {
        let mut record = Cursor::new(at, "finger image record", data);
        let identifier = [*FORMAT_IDENTIFIER, *VERSION];
        record.expect(
            "identifier of the finger image record",
            "4649520030313000 (FIR 010)",
            identifier,
        )?;
        let [_, _, l0, l1, l2, l3] = record.take()?;
        let len = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        if !(RECORD_HEADER..=data.len()).contains(&len) {
            let field = "length of the finger image record";
            return Err(at.value(field, "at most what is there", len.to_string()));
        }
        let (capture_device, acquisition_level) = (record.u16()?, record.u16()?);
        let [count, scale_units] = record.take()?;
        let scan_resolution = (record.u16()?, record.u16()?);
        let image_resolution = (record.u16()?, record.u16()?);
        let [depth, compression] = record.take()?;
        let reserved = record.u16()?;
        let count = record.count("finger views", count.into(), MAX_VIEWS)?;
        Ok(Self {
            capture_device,
            acquisition_level,
            scale_units,
            scan_resolution,
            image_resolution,
            depth,
            compression,
            reserved,
            views: (0..count).map(|_| FingerView::read(&mut record)).collect::<Result<_, _>>()?,
        })
    }

    fn write(&self) -> Vec<u8> {
        let views = self.views.get(..MAX_VIEWS).unwrap_or(&self.views);
        let images: usize = views.iter().map(|view| VIEW_HEADER + view.image.len()).sum();
        let mut out = [*FORMAT_IDENTIFIER, *VERSION].concat();
        out.extend([0, 0]);
        out.extend(((RECORD_HEADER + images) as u32).to_be_bytes());
        out.extend(self.capture_device.to_be_bytes());
        out.extend(self.acquisition_level.to_be_bytes());
        out.extend([views.len() as u8, self.scale_units]);
        for (horizontal, vertical) in [self.scan_resolution, self.image_resolution] {
            out.extend(horizontal.to_be_bytes());
            out.extend(vertical.to_be_bytes());
        }
        out.extend([self.depth, self.compression]);
        out.extend(self.reserved.to_be_bytes());
        for view in views {
            view.write(&mut out);
        }
        out
    }
}

impl FingerView {
    fn read(record: &mut Cursor<'_>) -> Result<Self, LdsError> {
        let len = (record.u32()? as usize).saturating_sub(4);
        let mut view = record.block("finger view", len)?;
        let [position, view_count, view_number, quality, impression] = view.take()?;
        let (width, height) = (view.u16()?, view.u16()?);
        let reserved = view.u8()?;
        let image = view.rest().to_vec();
        Ok(Self {
            position,
            view_count,
            view_number,
            quality,
            impression,
            width,
            height,
            reserved,
            image,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(((VIEW_HEADER + self.image.len()) as u32).to_be_bytes());
        out.extend([self.position, self.view_count, self.view_number]);
        out.extend([self.quality, self.impression]);
        out.extend(self.width.to_be_bytes());
        out.extend(self.height.to_be_bytes());
        out.push(self.reserved);
        out.extend_from_slice(&self.image);
    }
}

impl std::fmt::Debug for FingerView {
    // A fingerprint is personal; its size is not.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FingerView")
            .field("position", &self.position)
            .field("bytes", &self.image.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{mutate, nested, unhex};
    use super::*;

    fn finger(position: u8) -> FingerImages {
        let image = unhex("FFA0FFA4");
        let view =
            FingerView { position, view_count: 1, view_number: 1, image, ..Default::default() };
        FingerImages {
            acquisition_level: 31,
            scale_units: 1,
            scan_resolution: (500, 500),
            image_resolution: (500, 500),
            depth: 8,
            compression: 2,
            views: vec![FingerView { quality: 100, width: 620, height: 620, ..view }],
            ..Default::default()
        }
    }

    #[test]
    fn fingers_in_their_frame() {
        let dg3 = Dg3::default().with(0x09, finger(2)).with(0x0A, finger(7));
        let bytes = dg3.encode();
        let first = "7F6045 A10E 8101088201098702010188020007 5F2E32\
            4649520030313000 000000000032 0000 001F 01 01 01F4 01F4 01F4 01F4 08 02 0000\
            00000012 02 01 01 64 00 026C 026C 00 FFA0FFA4";
        let head = ["638197 7F618193 020102", first].concat().replace(' ', "");
        assert!(hex::encode_upper(&bytes).starts_with(&head), "{}", hex::encode_upper(&bytes));
        assert_eq!(Dg3::parse(&bytes), Ok(dg3.clone()));
        assert!(format!("{dg3:?}").contains("bytes: 4"));
        mutate(&bytes, |bytes| {
            let _ = Dg3::parse(bytes).map(|dg| assert_eq!(Dg3::parse(&dg.encode()), Ok(dg)));
        });
    }

    #[test]
    fn a_document_without_fingers_has_random_bytes() {
        let dg3 = Dg3::empty(vec![0xA5; 8]);
        let bytes = dg3.encode();
        assert_eq!(hex::encode_upper(&bytes), "63107F61030201005308A5A5A5A5A5A5A5A5");
        assert_eq!(Dg3::parse(&bytes), Ok(dg3.clone()));
        // Others put them into the group.
        assert_eq!(Dg3::parse(&unhex("63107F610D0201005308A5A5A5A5A5A5A5A5")), Ok(dg3));
        assert_eq!(Dg3::parse(&unhex("63067F6103020100")), Ok(Dg3::default()));
    }

    #[test]
    fn a_data_block_of_iso_39794_is_read() {
        let entry = unhex("A003800102A103800100A2038001018304FFA0FFA4");
        let block = nested(
            &[0x7F2E, 0xA1, 0x64],
            &[unhex("A007800103810207E3"), nested(&[0xA1, 0x30], &[entry])],
        );
        let header = unhex("A10E8101088201098702010188020028");
        let template = nested(&[0x7F60], &[header, block]);
        let bytes = nested(&[0x63, 0x7F61], &[unhex("020101"), template]);
        let dg3 = Dg3::parse(&bytes).unwrap();
        let FingerRecord::Iso39794(block) = &dg3.fingers[0].record else { panic!("{dg3:?}") };
        let [finger] = block.representations() else { panic!("{block:?}") };
        assert_eq!((finger.position, finger.data_format), (Some(2), Some(1)));
        assert_eq!((block.year(), finger.image.as_slice()), (2019, &unhex("FFA0FFA4")[..]));
        assert_eq!(dg3.encode(), bytes);
        mutate(&bytes, |bytes| {
            let _ = Dg3::parse(bytes).map(|dg| assert_eq!(Dg3::parse(&dg.encode()), Ok(dg)));
        });
    }

    #[test]
    fn errors_name_the_part() {
        let good = hex::encode_upper(Dg3::default().with(0x09, finger(2)).encode());
        let error = |from: &str, to: &str| {
            Dg3::parse(&unhex(&good.replacen(from, to, 1))).unwrap_err().to_string()
        };
        assert_eq!(
            error("46495200", "46414300"),
            "EF.DG3, identifier of the finger image record: 4649520030313000 (FIR 010) expected, \
             4641430030313000 came"
        );
        assert_eq!(
            error("000000000032", "000000000033"),
            "EF.DG3, length of the finger image record: at most what is there expected, 51 came"
        );
        assert_eq!(
            error("001F01", "001F00"),
            "EF.DG3, finger views: at least one expected, none came"
        );
        assert_eq!(error("001F01", "001F11"), "EF.DG3, finger views: at most 16 are read, 17 came");
        assert_eq!(
            error("0000001202", "0000000802"),
            "EF.DG3, finger view: a whole header expected, an end 1 bytes too early came"
        );
        assert_eq!(
            error("0000001202", "FFFFFFFF02"),
            "EF.DG3, finger view: a length that is there expected, 4294967291 came"
        );
    }
}
