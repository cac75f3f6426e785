//! BER made into DER (ITU-T X.690 clauses 10 and 11): what is signed is the DER form of the signed
//! attributes, whatever form the card has them in (RFC 5652 clause 5.4).

use super::PkiError;
use super::algorithm::{OCTET_STRING, SET};
use crate::tlv::{Tag, Tlv, TlvError, Writer};

const CONSTRUCTED_OCTET_STRING: Tag = Tag::new(0x24);

/// The data object with definite lengths of the shortest form, its octet strings in one piece and
/// its sets in order. The depth is bounded by the reader that it came from.
pub(super) fn to_der(tlv: Tlv<'_>) -> Result<Vec<u8>, TlvError> {
    let mut w = Writer::new();
    if tlv.tag == CONSTRUCTED_OCTET_STRING {
        let mut all = Vec::new();
        join(tlv, &mut all)?;
        w.primitive(OCTET_STRING, &all);
    } else if tlv.tag.is_constructed() {
        let children = tlv.children()?.map(|child| to_der(child?));
        let mut children = children.collect::<Result<Vec<_>, _>>()?;
        if tlv.tag == SET {
            children.sort();
        }
        w.primitive(tlv.tag, &children.concat());
    } else {
        w.primitive(tlv.tag, tlv.value);
    }
    Ok(w.finish())
}

/// The bytes of an OCTET STRING, in one piece or in the segments that BER allows (X.690 clause
/// 8.7.3), which may be cut up themselves. They are never more than the data object itself has.
pub(super) fn octets(what: &'static str, tlv: Tlv<'_>) -> Result<Vec<u8>, PkiError> {
    if tlv.tag != CONSTRUCTED_OCTET_STRING {
        return Ok(tlv.expect(OCTET_STRING).map_err(PkiError::tlv(what))?.value.to_vec());
    }
    let mut all = Vec::with_capacity(tlv.value.len());
    join(tlv, &mut all).map_err(PkiError::tlv(what))?;
    Ok(all)
}

fn join(tlv: Tlv<'_>, all: &mut Vec<u8>) -> Result<(), TlvError> {
    for segment in tlv.children()? {
        let segment = segment?;
        if segment.tag == CONSTRUCTED_OCTET_STRING {
            join(segment, all)?;
        } else {
            all.extend_from_slice(segment.expect(OCTET_STRING)?.value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tlv::Reader;

    fn der(ber: &str) -> Result<String, TlvError> {
        let ber = hex::decode(ber.replace(' ', "")).unwrap();
        to_der(Reader::new(&ber).next().unwrap()?).map(hex::encode)
    }

    #[test]
    fn every_form_becomes_the_shortest() {
        for (ber, expected) in [
            ("3080 3180 020102 020101 0000 0000", "30083106020101020102"),
            ("308103 020101", "3003020101"),
            ("2480 0401aa 2480 0401bb 0400 0000 0401cc 0000", "0403aabbcc"),
            ("3100", "3100"),
            // Ascending order of encodings: the shorter of two alike comes first.
            ("3109 3000 0402ffff 0401ff", "31090401ff0402ffff3000"),
        ] {
            assert_eq!(der(ber).unwrap(), expected);
            assert_eq!(der(expected).unwrap(), expected);
        }
        assert!(matches!(der("2480 0201aa 0000"), Err(TlvError::UnexpectedTag { .. })));
        let deep = format!("{}{}", "2480".repeat(23), "0000".repeat(23));
        assert_eq!(der(&deep).unwrap(), "0400");
        let too_deep = format!("{}{}", "2480".repeat(30), "0000".repeat(30));
        assert!(der(&too_deep).is_err());
    }

    proptest! {
        #[test]
        fn nothing_trips_it_and_what_it_makes_stays(
            bytes in proptest::collection::vec(
                prop_oneof![Just(0x24), Just(0x30), Just(0x31), Just(0x80), Just(0), 0..=255_u8],
                0..200,
            )
        ) {
            if let Some(Ok(tlv)) = Reader::new(&bytes).next() {
                if let Ok(made) = to_der(tlv) {
                    let again = Reader::new(&made).next().unwrap().unwrap();
                    prop_assert_eq!(to_der(again).unwrap(), made);
                }
                let _ = octets("test", tlv);
            }
        }
    }
}
