//! Data objects: `tlv::Reader` in both modes and under several limits, `Writer`, `find`,
//! `parse_one`, `outer_len`.
#![no_main]

use iccard::tlv::{Limits, Mode, Reader, Tlv, TlvError, Writer, find, outer_len, parse_one};
use iccard_fuzz::{is_told, pick};
use libfuzzer_sys::fuzz_target;

const LIMITS: [Limits; 3] = [
    Limits::CARD,
    Limits { depth: 2, siblings: 8, size: 64 },
    Limits { depth: 0, siblings: 1, size: 0 },
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 6) else { return };
    let mode = if choice % 2 == 0 { Mode::Lenient } else { Mode::Der };
    let limits = LIMITS[usize::from(choice / 2)];
    let mut budget = 10_000;
    walk(data, Reader::with(data, mode, limits), mode, limits, 0, &mut budget);

    let first = Reader::new(data).next();
    match (outer_len(data), &first) {
        (Ok(Some(len)), Some(Ok(tlv))) => {
            assert_eq!(tlv.raw.len(), len, "the header tells another length");
        }
        (Ok(Some(len)), Some(Err(TlvError::Truncated { .. }))) => assert!(len > data.len()),
        (Ok(None), Some(Ok(_))) => panic!("no whole header, and yet an object"),
        _ => {}
    }
    if let Some(Ok(tlv)) = first {
        let found = find(data, &[tlv.tag]).expect("the first object was read").expect("its tag");
        assert_eq!(found.raw, tlv.raw);
        match parse_one(data, tlv.tag) {
            Ok(one) => assert_eq!(one.raw.len(), data.len()),
            Err(TlvError::Trailing { got }) => assert_eq!(got, data.len() - tlv.raw.len()),
            Err(e) => panic!("{e}"),
        }
    }
});

fn walk<'a>(
    data: &'a [u8],
    reader: Reader<'a>,
    mode: Mode,
    limits: Limits,
    depth: u8,
    budget: &mut u32,
) {
    assert!(depth <= limits.depth, "deeper than allowed");
    let (mut pos, mut count) = (0, 0);
    let mut ended = false;
    for item in reader {
        assert!(!ended, "something after an error");
        match item {
            Ok(tlv) => {
                count += 1;
                object(&tlv, &data[pos..], mode, limits);
                pos += tlv.raw.len();
                if tlv.tag.is_constructed() && *budget > 0 {
                    *budget -= 1;
                    match tlv.children() {
                        Ok(inner) => walk(tlv.value, inner, mode, limits, depth + 1, budget),
                        Err(e) => assert_eq!(e, TlvError::TooDeep { limit: depth }),
                    }
                }
            }
            Err(e) => {
                is_told(&e);
                ended = true;
            }
        }
    }
    assert!(count <= limits.siblings, "more siblings than allowed");
    assert!(ended || pos == data.len(), "bytes passed over");
}

fn object(tlv: &Tlv<'_>, from: &[u8], mode: Mode, limits: Limits) {
    assert!(from.starts_with(tlv.raw), "not the next bytes");
    assert!(tlv.value.len() <= limits.size, "a value larger than allowed");
    assert!((1..=3).contains(&tlv.tag.len()));
    let mut w = Writer::new();
    w.primitive(tlv.tag, tlv.value);
    let written = w.finish();
    if mode == Mode::Der {
        assert_eq!(written, tlv.raw, "DER has one form");
        let lenient = Reader::new(tlv.raw).next().expect("bytes").expect("DER is BER");
        assert_eq!((lenient.tag, lenient.value), (tlv.tag, tlv.value));
    }
    // Another tag number, or a value that the limits of a card refuse, is not read here.
    let again = Reader::new(&written).next().expect("bytes").expect("what was written is read");
    assert_eq!((again.tag, again.value), (tlv.tag, tlv.value));
}
