//! Fingerprints and a signature that nobody has: drawn from a seed, in integers so that every
//! machine draws them alike.

use jpeg_encoder::{ColorType, Encoder};
use rand_core::Rng;

use super::error::ProfileError;
use crate::{
    crypto::SeededRng,
    lds::{Dg3, FingerImages, FingerView, edl},
};

/// Pixels across and down of a finger, 500 an inch.
const FINGER: (u16, u16) = (160, 200);
/// Pixels across and down of a signature.
const SIGNATURE: (u16, u16) = (240, 80);
const QUALITY: u8 = 60;
const PAPER: i32 = 240;

/// EF.DG3 with fingers at these positions of ISO/IEC 19794-4, one record each.
///
/// # Errors
/// [`ProfileError::Personalise`] where a picture cannot be encoded.
pub(super) fn dg3(seed: &str, positions: &[u8]) -> Result<Vec<u8>, ProfileError> {
    let mut dg3 = Dg3::default();
    for &position in positions {
        let mut rng = SeededRng::new(seed.as_bytes(), &format!("finger {position}"));
        let view = FingerView {
            position,
            view_count: 1,
            view_number: 1,
            quality: 80,
            width: FINGER.0,
            height: FINGER.1,
            image: jpeg("EF.DG3", &finger(&mut rng), FINGER)?,
            ..FingerView::default()
        };
        let record = FingerImages {
            // Live scan of 500 pixels an inch, JPEG of 8 bits a pixel.
            acquisition_level: 31,
            scale_units: 1,
            scan_resolution: (500, 500),
            image_resolution: (500, 500),
            depth: 8,
            compression: 3,
            views: vec![view],
            ..FingerImages::default()
        };
        dg3 = dg3.with(subtype(position), record);
    }
    Ok(dg3.encode())
}

/// EF.DG5 of a driving licence: the holder's signature.
///
/// # Errors
/// [`ProfileError::Personalise`] where the picture cannot be encoded.
pub(super) fn edl_dg5(seed: &str) -> Result<Vec<u8>, ProfileError> {
    const STEP: &str = "eDL EF.DG5";
    let pixels = signature(&mut SeededRng::new(seed.as_bytes(), "signature"));
    let dg5 = edl::Dg5::new(&jpeg(STEP, &pixels, SIGNATURE)?);
    dg5.map(|dg5| dg5.encode()).map_err(|e| ProfileError::personalise(STEP, e))
}

// Biometric subtype of ISO/IEC 19785-3: the side in the last two bits, the finger before them.
const fn subtype(position: u8) -> u8 {
    let left = position > 5;
    let finger = if left { position - 5 } else { position };
    finger << 2 | if left { 2 } else { 1 }
}

fn jpeg(
    step: &'static str,
    pixels: &[u8],
    (width, height): (u16, u16),
) -> Result<Vec<u8>, ProfileError> {
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, QUALITY)
        .encode(pixels, width, height, ColorType::Luma)
        .map_err(|e| ProfileError::personalise(step, e))?;
    Ok(jpeg)
}

// Ridges around a centre, wavy, within an oval.
fn finger(rng: &mut SeededRng) -> Vec<u8> {
    let mut pick = |low: i32, high: i32| low + (rng.next_u32() % (high - low + 1) as u32) as i32;
    let (cx, cy) = (pick(70, 90), pick(85, 115));
    let (ridge, wave, squash) = (pick(7, 9), pick(13, 29), pick(7, 12));
    let (width, height) = (i32::from(FINGER.0), i32::from(FINGER.1));
    let mut pixels = Vec::with_capacity(usize::from(FINGER.0) * usize::from(FINGER.1));
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (x - cx, (y - cy) * squash / 10);
            let distance = ((dx * dx + dy * dy).unsigned_abs().isqrt()) as i32;
            let shifted = distance + triangle(x + 2 * y, wave) / 4;
            let dark = triangle(shifted, ridge) * 200 / ridge;
            let (ox, oy) = (2 * x - width, 2 * y - height);
            let inside = ox * ox * height / width + oy * oy * width / height < width * height;
            let tone = if inside { PAPER - dark } else { PAPER };
            pixels.push(tone.clamp(0, 255) as u8);
        }
    }
    pixels
}

// A line that goes up and down, drawn three pixels thick.
fn signature(rng: &mut SeededRng) -> Vec<u8> {
    let mut pick = |low: i32, high: i32| low + (rng.next_u32() % (high - low + 1) as u32) as i32;
    let (width, height) = (usize::from(SIGNATURE.0), i32::from(SIGNATURE.1));
    let (fast, slow, tall) = (pick(9, 17), pick(31, 53), pick(18, 26));
    let mut pixels = vec![PAPER as u8; width * usize::from(SIGNATURE.1)];
    let mut before = None;
    for x in 10..width as i32 - 10 {
        let y = height / 2 - tall + triangle(x, fast) * tall / fast + triangle(x, slow) * 20 / slow;
        let from = before.replace(y).map_or(y, |before: i32| before.min(y));
        for row in from - 1..=y.max(from) + 1 {
            let at = usize::try_from(row).ok().map(|row| row * width + x as usize);
            if let Some(pixel) = at.and_then(|at| pixels.get_mut(at)) {
                *pixel = 30;
            }
        }
    }
    pixels
}

// Up to `half` and down again, over and over.
const fn triangle(x: i32, half: i32) -> i32 {
    let at = x.rem_euclid(2 * half);
    if at < half { at } else { 2 * half - at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lds::{FingerRecord, ImageFormat};

    #[test]
    fn fingers_stand_where_they_are_asked_for() {
        let file = dg3("one", &[2, 7, 10]).unwrap();
        let dg3 = Dg3::parse(&file).unwrap();
        let subtypes: Vec<_> = dg3.fingers.iter().map(|f| f.header.subtype()).collect();
        assert_eq!(subtypes, [Some(0x09), Some(0x0A), Some(0x16)]);
        for (finger, position) in dg3.fingers.iter().zip([2, 7, 10]) {
            let FingerRecord::Iso19794(record) = &finger.record else { panic!("{finger:?}") };
            let [view] = record.views.as_slice() else { panic!("{record:?}") };
            assert_eq!((view.position, record.compression), (position, 3));
            assert_eq!(ImageFormat::detect(&view.image), Some(ImageFormat::Jpeg));
        }
        assert_eq!(file, super::dg3("one", &[2, 7, 10]).unwrap());
        assert_ne!(file, super::dg3("two", &[2, 7, 10]).unwrap());
    }

    #[test]
    fn a_seed_has_its_signature() {
        let file = edl_dg5("one").unwrap();
        assert_eq!(edl::Dg5::parse(&file).unwrap().image_type, ImageFormat::Jpeg);
        assert_ne!(file, edl_dg5("two").unwrap());
    }
}
