//! COSE_Sign1 as it may come from anybody.

use ciborium::Value;
use coset::iana::{self, EnumI64};
use coset::{AsCborValue, CoseSign1};

/// Reads a COSE_Sign1 without its tag (RFC 9052 clause 4.2), if it has no counter signature.
///
/// Each counter signature of coset's may hold another in the byte string of its protected header,
/// and coset reads them recursively: what limits that is the stack, not any limit on the depth of
/// CBOR, and 200 KB are enough to end the process.
pub(super) fn sign1(value: Value) -> Option<CoseSign1> {
    let [Value::Bytes(protected), unprotected, _, _] = value.as_array()?.as_slice() else {
        return None;
    };
    let mut headers = vec![unprotected.clone()];
    if !protected.is_empty() {
        headers.push(ciborium::from_reader(protected.as_slice()).ok()?);
    }
    for header in headers {
        if header.as_map()?.iter().any(|(label, _)| is_counter_signature(label)) {
            return None;
        }
    }
    CoseSign1::from_cbor_value(value).ok()
}

fn is_counter_signature(label: &Value) -> bool {
    label.as_integer() == Some(iana::HeaderParameter::CounterSignature.to_i64().into())
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A protected header with so many counter signatures in each other.
    pub(crate) fn nested(depth: usize) -> Vec<u8> {
        let mut header = vec![0xA0];
        for _ in 0..depth {
            let parts = [Value::Bytes(header), Value::Map(Vec::new()), Value::Bytes(Vec::new())];
            let map = Value::Map(vec![(7.into(), Value::Array(parts.into()))]);
            header = Vec::new();
            ciborium::into_writer(&map, &mut header).unwrap();
        }
        header
    }

    #[test]
    fn counter_signatures_in_each_other_do_not_end_the_process() {
        let token = |protected: Vec<u8>, unprotected: Value| {
            let bytes = || Value::Bytes(Vec::new());
            Value::Array(vec![Value::Bytes(protected), unprotected, bytes(), bytes()])
        };
        let none = || Value::Map(Vec::new());
        assert!(sign1(token(Vec::new(), none())).is_some());
        assert!(sign1(token(nested(0), none())).is_some());
        assert!(sign1(token(nested(1), none())).is_none());
        assert!(sign1(token(nested(20_000), none())).is_none());
        let outside: Value = ciborium::from_reader(nested(20_000).as_slice()).unwrap();
        assert!(sign1(token(Vec::new(), outside)).is_none());
    }
}
