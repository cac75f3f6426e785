//! Pictures: EF.DG2 with both formats of faces, EF.DG3 and EF.DG4, the displayed images of EF.DG5
//! and EF.DG7, the driving licence's EF.DG5 and EF.DG6, and JPEG files that become a face.
#![no_main]

use iccard::lds::{
    Dg2, Dg3, Dg4, Dg5, Dg7, DisplayedImage, FaceImage, FingerRecord, ImageFormat, IrisRecord, edl,
};
use iccard_fuzz::{parsed, pick, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 10) else { return };
    match choice {
        0 => {
            if let Some(dg2) = round_trip(data, Dg2::parse, Dg2::encode) {
                assert!(dg2.image().is_some(), "a face without an image");
                dg2.images().for_each(|image| seen(&image, data));
            }
        }
        1 => {
            if let Some(dg3) = round_trip(data, Dg3::parse, Dg3::encode) {
                let sizes = dg3.fingers.iter().map(|finger| match &finger.record {
                    FingerRecord::Iso19794(record) => {
                        record.views.iter().map(|view| view.image.len()).sum()
                    }
                    FingerRecord::Iso39794(block) => block.as_bytes().len(),
                    _ => 0,
                });
                assert!(sizes.sum::<usize>() <= data.len(), "more images than bytes");
            }
        }
        2 => {
            if let Some(dg4) = round_trip(data, Dg4::parse, Dg4::encode) {
                let sizes = dg4.irises.iter().map(|iris| match &iris.record {
                    IrisRecord::Iso19794(record) => record
                        .eyes
                        .iter()
                        .flat_map(|eye| &eye.images)
                        .map(|image| image.image.len())
                        .sum(),
                    IrisRecord::Iso39794(block) => block.as_bytes().len(),
                    _ => 0,
                });
                assert!(sizes.sum::<usize>() <= data.len(), "more images than bytes");
            }
        }
        3 => {
            if let Some(dg5) = round_trip(data, Dg5::parse, Dg5::encode) {
                assert!(dg5.portraits.iter().all(is_known));
            }
        }
        4 => {
            if let Some(dg7) = round_trip(data, Dg7::parse, Dg7::encode) {
                assert!(dg7.marks.iter().all(is_known));
            }
        }
        5 => drop(round_trip(data, edl::Dg5::parse, edl::Dg5::encode)),
        6 => {
            if let Some(dg6) = round_trip(data, edl::Dg6::parse, edl::Dg6::encode) {
                dg6.images().for_each(|image| seen(&image, data));
            }
        }
        7 => built(data),
        8 => {
            let size = data
                .first_chunk()
                .map(|[a, b, c, d]| (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])));
            if let Some(dg2) = parsed(Dg2::build_iso39794(data, size)) {
                let again = Dg2::parse(&dg2.encode()).expect("a face that was built");
                assert!(again == dg2);
                assert!(again.image().is_some_and(|image| image.bytes == data));
            }
        }
        _ => {
            if let Some(format) = ImageFormat::detect(data) {
                assert!(!format.extensions().is_empty());
            }
        }
    }
});

fn seen(image: &FaceImage<'_>, data: &[u8]) {
    assert!(!image.bytes.is_empty() && image.bytes.len() <= data.len());
    assert!(format!("{image:?}").len() < 200, "a picture in a message");
}

fn is_known(image: &DisplayedImage) -> bool {
    image.format() == ImageFormat::detect(&image.0)
}

// A JPEG file, and how long the file on the card is to be.
fn built(data: &[u8]) {
    let Some(([high, low], jpeg)) = data.split_first_chunk() else { return };
    let wanted = usize::from(u16::from_be_bytes([*high, *low]));
    if let Some(dg2) = parsed(Dg2::build(jpeg, None)) {
        let again = Dg2::parse(&dg2.encode()).expect("a face that was built");
        assert!(again == dg2);
    }
    if let Some(dg2) = parsed(Dg2::build(jpeg, Some(wanted))) {
        let encoded = dg2.encode();
        assert_eq!(encoded.len(), wanted, "another length than was asked for");
        let again = Dg2::parse(&encoded).expect("a face that was built");
        assert!(again == dg2);
    }
    parsed(edl::Dg5::new(jpeg));
}
