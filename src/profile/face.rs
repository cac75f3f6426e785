//! A face that nobody has: drawn from a seed, the same picture for the same seed, in integers so
//! that every machine draws it alike.

use jpeg_encoder::{ColorType, Encoder};
use rand_core::Rng;

use super::error::ProfileError;
use crate::{
    crypto::SeededRng,
    lds::{Dg2, LdsError, edl},
};

/// Width of the picture in pixels.
const WIDTH: u16 = 240;
/// Height of the picture in pixels.
const HEIGHT: u16 = 320;

/// JPEG qualities to try, best first.
const QUALITIES: [u8; 8] = [89, 86, 82, 76, 68, 55, 35, 15];

type Colour = [i32; 3];

/// EF.DG2 with the face of this seed, exactly `size` bytes: the best quality that fits, filled up.
///
/// # Errors
/// [`ProfileError::Personalise`] where no quality fits.
pub(super) fn dg2(seed: &str, size: usize) -> Result<Vec<u8>, ProfileError> {
    fitted("EF.DG2", seed, size, |jpeg| Dg2::build(jpeg, Some(size)).map(|dg2| dg2.encode()))
}

/// The same as EF.DG6 of a driving licence.
///
/// # Errors
/// [`ProfileError::Personalise`] where no quality fits.
pub(super) fn edl_dg6(seed: &str, size: usize) -> Result<Vec<u8>, ProfileError> {
    fitted("eDL EF.DG6", seed, size, |jpeg| {
        edl::Dg6::build(jpeg, Some(size)).map(|dg6| dg6.encode())
    })
}

fn fitted(
    step: &'static str,
    seed: &str,
    size: usize,
    file: impl Fn(&[u8]) -> Result<Vec<u8>, LdsError>,
) -> Result<Vec<u8>, ProfileError> {
    let pixels = draw(&mut SeededRng::new(seed.as_bytes(), "face"));
    let mut last = None;
    for quality in QUALITIES {
        let mut jpeg = Vec::with_capacity(size);
        Encoder::new(&mut jpeg, quality)
            .encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb)
            .map_err(|e| ProfileError::personalise(step, e))?;
        if jpeg.len() > size {
            continue;
        }
        match file(&jpeg) {
            Ok(file) => return Ok(file),
            Err(e) => last = Some(e),
        }
    }
    Err(match last {
        Some(e) => ProfileError::personalise(step, e),
        None => ProfileError::personalise(step, format_args!("no face fits {size} bytes")),
    })
}

/// An ellipse, filled with one colour.
struct Patch {
    centre: (i32, i32),
    radius: (i32, i32),
    colour: Colour,
}

impl Patch {
    // The pixels that it covers in a row: from, to.
    fn span(&self, y: i32) -> Option<(usize, usize)> {
        let (rx, ry) = (i64::from(self.radius.0), i64::from(self.radius.1));
        let dy = i64::from(y - self.centre.1);
        let square = rx * rx * (ry * ry - dy * dy) / (ry * ry);
        let half = i32::try_from(u64::try_from(square).ok()?.isqrt()).ok()?;
        let edge = |x: i32| usize::try_from(x).unwrap_or(0).min(usize::from(WIDTH));
        Some((edge(self.centre.0 - half), edge(self.centre.0 + half + 1)))
    }
}

fn draw(rng: &mut SeededRng) -> Vec<u8> {
    let mut pick = |low: i32, high: i32| low + (rng.next_u32() % (high - low + 1) as u32) as i32;
    let tone = pick(-20, 10);
    let skin = [236, 196, 168].map(|c| c + tone);
    let shade = pick(20, 70);
    let hair = [shade, shade * 3 / 4, shade * 3 / 5];
    let shirt = [pick(40, 200), pick(50, 190), pick(70, 210)];
    let wall = [pick(196, 214), pick(206, 222), pick(216, 234)];
    let (wide, tall) = (pick(54, 62), pick(74, 82));
    let (eyes, gap) = (pick(140, 148), pick(21, 26));
    let (mouth, fringe) = (pick(192, 200), pick(82, 92));
    let dark = skin.map(|c| c * 4 / 5);

    let patch = |cx, cy, rx, ry, colour| Patch { centre: (cx, cy), radius: (rx, ry), colour };
    let mut patches = vec![
        patch(120, 350, 104, 100, shirt),
        patch(120, 130, wide + 12, tall + 12, hair),
        patch(120, 230, 26, 44, dark),
        patch(120 - wide, 156, 9, 18, dark),
        patch(120 + wide, 156, 9, 18, dark),
        patch(120, 152, wide, tall, skin),
        patch(120, fringe, wide - 4, 30, hair),
    ];
    for side in [-1, 1] {
        let x = 120 + side * gap;
        patches.push(patch(x, eyes - 14, 13, 3, hair));
        patches.push(patch(x, eyes, 11, 6, [248, 248, 248]));
        patches.push(patch(x, eyes, 5, 5, [44, 30, 22]));
        patches.push(patch(x + 1, eyes - 2, 1, 1, [255, 255, 255]));
        patches.push(patch(120 + side * 34, 182, 12, 8, [skin[0], dark[1], dark[2]]));
    }
    patches.push(patch(120, 170, 7, 10, dark));
    patches.push(patch(120, 166, 6, 10, skin));
    patches.push(patch(120, mouth, 19, 6, [186, 88, 86]));
    patches.push(patch(120, mouth - 3, 19, 4, skin));

    let mut pixels = Vec::with_capacity(usize::from(WIDTH) * usize::from(HEIGHT) * 3);
    for y in 0..i32::from(HEIGHT) {
        // The wall gets darker downwards.
        let mut row = [wall.map(|c| c - y / 8); WIDTH as usize];
        for patch in &patches {
            if let Some((from, to)) = patch.span(y) {
                row[from..to].fill(patch.colour);
            }
        }
        // Light falls from the left, and there is a grain like that of a camera, the same for all
        // three colours.
        let mut grains = 0;
        for (x, colour) in row.iter().enumerate() {
            if x % 10 == 0 {
                grains = rng.next_u32();
            }
            let shift = 12 - x as i32 / 10 + (grains & 7) as i32 - 3;
            grains >>= 3;
            pixels.extend(colour.map(|c| (c + shift).clamp(0, 255) as u8));
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lds::ImageFormat;

    #[test]
    fn the_file_has_the_size_asked_for_and_holds_a_jpeg() {
        for size in [4_000, 14_999, 15_000, 60_000] {
            let file = dg2("one", size).unwrap();
            assert_eq!(file.len(), size);
            let dg2 = Dg2::parse(&file).unwrap();
            let image = dg2.image().unwrap();
            assert_eq!((image.width, image.height), (Some(WIDTH), Some(HEIGHT)));
            assert_eq!(image.format, Some(ImageFormat::Jpeg));
        }
        assert!(dg2("one", 500).is_err());
    }

    #[test]
    fn a_seed_has_its_face() {
        assert_eq!(dg2("one", 15_000), dg2("one", 15_000));
        assert_ne!(dg2("one", 15_000), dg2("two", 15_000));
    }
}
