//! What the tests of all parsers share.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::tlv::{Tag, Writer};

/// SOI, APP0, DQT, SOF0 of 3 lines of 5 samples, SOS, EOI: a picture by its markers.
pub(crate) const TINY_JPEG: &str =
    "FFD8FFE000044A46FFDB000400AAFFC0000B080003000501011100FFDA0008010100003F0000FFD9";

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// Data objects within each other, the innermost holding these parts.
pub(crate) fn nested(tags: &[u32], parts: &[Vec<u8>]) -> Vec<u8> {
    tags.iter().rev().fold(parts.concat(), |content, tag| {
        let mut w = Writer::new();
        w.primitive(Tag::new(*tag), &content);
        w.finish()
    })
}

/// A seed of its own, so that every run tries the same.
pub(crate) fn fixed(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(9303), ..Config::default() }
}

/// Gives `parse` what a hostile or broken card could send instead of `sample`: every truncation,
/// every flipped bit, spliced bytes, and bytes that have nothing to do with it.
pub(crate) fn mutate(sample: &[u8], parse: impl Fn(&[u8])) {
    parse(sample);
    for len in 0..sample.len() {
        parse(&sample[..len]);
    }
    let mut flipped = sample.to_vec();
    for bit in 0..sample.len() * 8 {
        flipped[bit / 8] ^= 1 << (bit % 8);
        parse(&flipped);
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
    let mut runner = TestRunner::new(fixed(512));
    let splices = (any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..6));
    runner
        .run(&prop::collection::vec(splices, 1..4), |splices| {
            let mut bytes = sample.to_vec();
            for (at, new) in splices {
                let at = at.index(bytes.len());
                let end = (at + new.len()).min(bytes.len());
                bytes.splice(at..end, new);
            }
            parse(&bytes);
            Ok(())
        })
        .unwrap();
    runner
        .run(&prop::collection::vec(any::<u8>(), 0..200), |bytes| {
            parse(&bytes);
            // Behind the right tag and length, random bytes get further.
            if let (Some(tag), Ok(len)) = (sample.first(), u8::try_from(bytes.len())) {
                parse(&[&[*tag, 0x81, len], bytes.as_slice()].concat());
            }
            Ok(())
        })
        .unwrap();
}
