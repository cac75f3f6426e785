//! Putting disclosures in the place of their digests (RFC 9901 clause 7.1), strictly.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::SdJwtError;
use super::disclosure::{Disclosure, digest};
use crate::issuance::shown;

/// How deep claims may be nested.
pub(super) const MAX_DEPTH: usize = 16;

const SD: &str = "_sd";
const SD_ALG: &str = "_sd_alg";
const ELEMENT: &str = "...";
const SHA256: &str = "sha-256";

/// Claims of a payload in which every disclosure took its place.
pub(super) struct Revealed {
    /// The claims, without digests.
    pub(super) claims: Map<String, Value>,
    /// Where each disclosure belongs, in their order.
    pub(super) places: Vec<Place>,
}

/// Where a disclosure belongs.
#[derive(Clone, Default)]
pub(super) struct Place {
    /// Names from the top, an array's elements by their number.
    pub(super) path: Vec<String>,
    /// The disclosures without which no digest leads to it.
    pub(super) parents: Vec<usize>,
}

/// Puts the disclosures in place. `payload` was signed; the disclosures are what anyone sent.
///
/// Refused: a digest twice, a disclosure to which no digest leads, one of the wrong kind, one that
/// brings a name that is there already or that is reserved, another hash function.
pub(super) fn reveal(
    payload: Map<String, Value>,
    disclosures: &[&str],
) -> Result<Revealed, SdJwtError> {
    let mut payload = payload;
    // RFC 9901 clause 4.1.1: sha-256 where it is not said.
    match payload.remove(SD_ALG) {
        None => {}
        Some(Value::String(alg)) if alg == SHA256 => {}
        Some(Value::String(other)) => return Err(SdJwtError::Hash { got: shown(&other) }),
        Some(_) => return Err(SdJwtError::Claim { name: SD_ALG, expected: "text" }),
    }
    let mut state = Reveal {
        waiting: HashMap::with_capacity(disclosures.len()),
        seen: HashSet::new(),
        places: vec![None; disclosures.len()],
    };
    for (index, text) in disclosures.iter().enumerate() {
        let disclosure = Disclosure::parse(index + 1, text)?;
        if state.waiting.insert(digest(text), (index, disclosure)).is_some() {
            return Err(SdJwtError::DigestTwice);
        }
    }
    let claims = state.object(payload, &Place::default())?;
    let mut places = Vec::with_capacity(disclosures.len());
    for (index, place) in state.places.into_iter().enumerate() {
        places.push(place.ok_or(SdJwtError::Unreferenced { index: index + 1 })?);
    }
    Ok(Revealed { claims, places })
}

struct Reveal {
    waiting: HashMap<String, (usize, Disclosure)>,
    seen: HashSet<String>,
    places: Vec<Option<Place>>,
}

impl Reveal {
    fn value(&mut self, value: Value, at: &Place) -> Result<Value, SdJwtError> {
        if at.path.len() > MAX_DEPTH {
            return Err(SdJwtError::TooDeep);
        }
        match value {
            Value::Object(map) => self.object(map, at).map(Value::Object),
            Value::Array(all) => self.array(all, at).map(Value::Array),
            other => Ok(other),
        }
    }

    fn object(
        &mut self,
        mut map: Map<String, Value>,
        at: &Place,
    ) -> Result<Map<String, Value>, SdJwtError> {
        let digests = match map.remove(SD) {
            None => Vec::new(),
            Some(Value::Array(digests)) => digests,
            Some(_) => return Err(SdJwtError::Reserved { name: SD.into() }),
        };
        let mut out = Map::new();
        for (name, value) in map {
            not_reserved(&name)?;
            let value = self.value(value, &at.below(&name, None))?;
            out.insert(name, value);
        }
        for digest in digests {
            let Some((index, disclosure)) = self.take(digest)? else { continue };
            let kind =
                SdJwtError::Disclosure { index: index + 1, fault: "a claim's name expected" };
            let name = disclosure.name.ok_or(kind)?;
            not_reserved(&name)?;
            if out.contains_key(&name) {
                let name = shown(&name);
                return Err(SdJwtError::NameTaken { index: index + 1, name });
            }
            let value = self.place(index, disclosure.value, at.below(&name, Some(index)))?;
            out.insert(name, value);
        }
        Ok(out)
    }

    fn array(&mut self, all: Vec<Value>, at: &Place) -> Result<Vec<Value>, SdJwtError> {
        let mut out = Vec::new();
        for element in all {
            let number = out.len().to_string();
            let mut map = match element {
                Value::Object(map) if map.contains_key(ELEMENT) => map,
                other => {
                    out.push(self.value(other, &at.below(&number, None))?);
                    continue;
                }
            };
            let digest = map.remove(ELEMENT).filter(|_| map.is_empty());
            let digest = digest.ok_or_else(|| SdJwtError::Reserved { name: ELEMENT.into() })?;
            let Some((index, disclosure)) = self.take(digest)? else { continue };
            if disclosure.name.is_some() {
                let fault = "an array's element has no name";
                return Err(SdJwtError::Disclosure { index: index + 1, fault });
            }
            out.push(self.place(index, disclosure.value, at.below(&number, Some(index)))?);
        }
        Ok(out)
    }

    /// The disclosure of a digest, if it came along. A digest leads to one place only.
    fn take(&mut self, digest: Value) -> Result<Option<(usize, Disclosure)>, SdJwtError> {
        let Value::String(digest) = digest else {
            return Err(SdJwtError::Claim { name: SD, expected: "digests as text" });
        };
        let found = self.waiting.remove(&digest);
        if self.seen.insert(digest) { Ok(found) } else { Err(SdJwtError::DigestTwice) }
    }

    fn place(&mut self, index: usize, value: Value, place: Place) -> Result<Value, SdJwtError> {
        let value = self.value(value, &place)?;
        if let Some(to) = self.places.get_mut(index) {
            *to = Some(place);
        }
        Ok(value)
    }
}

impl Place {
    fn below(&self, name: &str, disclosure: Option<usize>) -> Self {
        let mut below = self.clone();
        below.path.push(name.to_owned());
        below.parents.extend(disclosure);
        below
    }
}

fn not_reserved(name: &str) -> Result<(), SdJwtError> {
    if matches!(name, SD | SD_ALG | ELEMENT) {
        return Err(SdJwtError::Reserved { name: name.to_owned() });
    }
    Ok(())
}
