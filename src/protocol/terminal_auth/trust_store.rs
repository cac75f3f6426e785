//! What a chip remembers from one terminal to the next: whom it trusts, and what day it may be
//! (ICAO Doc 9303-11 clause 7.1.4.3).

use crate::{
    pki::cvc::{Chat, CvcDate, CvcError, CvcPublicKey, Issuer, MAX_CERTIFICATE, Reference, Role},
    tlv::{Limits, Mode, Reader, Tag, Writer},
};

/// The most trust points of an application (clause 7.1.4.3.2).
const MAX_POINTS: usize = 2;

const POINT: Tag = Tag::new(0x7F4E);
const PUBLIC_KEY: Tag = Tag::new(0x7F49);
const HOLDER: Tag = Tag::new(0x5F20);
const CHAT: Tag = Tag::new(0x7F4C);
const EFFECTIVE: Tag = Tag::new(0x5F25);
const EXPIRES: Tag = Tag::new(0x5F24);

/// A chip's trust points and its current date. A certificate changes both in one step, so they are
/// one value, to be stored whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustStore {
    // The newest first.
    points: Vec<Issuer>,
    date: CvcDate,
}

impl TrustStore {
    /// The trust points of a personalised chip, one or two, and its date, which is that of the
    /// personalisation.
    ///
    /// # Errors
    /// [`CvcError::NoTrustPoint`] for one that is no CVCA, [`CvcError::TooMuch`] for a third.
    pub fn new(points: impl IntoIterator<Item = Issuer>, date: CvcDate) -> Result<Self, CvcError> {
        let mut store = Self { points: Vec::new(), date };
        for point in points {
            let holder = point.holder;
            if point.authorization.role() != Role::Cvca {
                return Err(CvcError::NoTrustPoint {
                    holder,
                    why: "its role is not that of a CVCA",
                });
            }
            if store.points.len() == MAX_POINTS {
                let (limit, got) = (MAX_POINTS, MAX_POINTS + 1);
                return Err(CvcError::TooMuch { what: "trust points", limit, got });
            }
            store.add(point);
        }
        Ok(store)
    }

    /// The trust points, the newest first.
    pub fn points(&self) -> &[Issuer] {
        &self.points
    }

    /// Their names, the newest first: the content of EF.CVCA, and what PACE tells a terminal.
    pub fn references(&self) -> Vec<Reference> {
        self.points.iter().map(|point| point.holder).collect()
    }

    /// The current date: the latest day that a certificate showed to have come.
    pub const fn date(&self) -> CvcDate {
        self.date
    }

    /// The trust point of that name.
    pub fn point(&self, reference: Reference) -> Option<&Issuer> {
        self.points.iter().find(|point| point.holder == reference)
    }

    // Notes what the holder of a certificate, admitted by `issuer`, changes.
    pub(super) fn note(&mut self, issuer: &Issuer, admitted: &Issuer) {
        if issuer.tells_time() {
            self.date = self.date.max(admitted.effective);
        }
        if admitted.authorization.role() == Role::Cvca {
            self.add(admitted.clone());
            self.points.truncate(MAX_POINTS);
        }
    }

    fn add(&mut self, point: Issuer) {
        let newer = self.points.iter().take_while(|p| p.effective > point.effective).count();
        self.points.insert(newer, point);
    }

    /// The store as bytes, for the chip's memory.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.primitive(EFFECTIVE, &self.date.to_bytes());
        for point in &self.points {
            w.constructed(POINT, |w| {
                point.public_key.write(w, true);
                w.primitive(HOLDER, point.holder.as_bytes());
                point.authorization.write(w);
                w.primitive(EFFECTIVE, &point.effective.to_bytes());
                w.primitive(EXPIRES, &point.expires.to_bytes());
            });
        }
        w.finish()
    }

    /// Reads the store from the chip's memory.
    ///
    /// # Errors
    /// [`CvcError`], naming the part that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, CvcError> {
        let wrong = |source| CvcError::Structure { what: "trust store", source };
        let limits = Limits { depth: 4, siblings: 16, size: MAX_CERTIFICATE };
        let mut objects = Reader::with(bytes, Mode::Der, limits);
        let date = CvcDate::from_bytes(objects.expect(EFFECTIVE).map_err(wrong)?.value)?;
        let mut points = Vec::new();
        for point in objects {
            let point = point.and_then(|p| p.expect(POINT)).map_err(wrong)?;
            let mut fields = point.children().map_err(wrong)?;
            let mut field = |tag| fields.expect(tag).map_err(wrong);
            let public_key = CvcPublicKey::read(&field(PUBLIC_KEY)?)?;
            points.push(Issuer {
                curve: public_key.curve(),
                public_key,
                holder: Reference::from_bytes(field(HOLDER)?.value)?,
                authorization: Chat::read(&field(CHAT)?)?,
                effective: CvcDate::from_bytes(field(EFFECTIVE)?.value)?,
                expires: CvcDate::from_bytes(field(EXPIRES)?.value)?,
            });
            fields.end().map_err(wrong)?;
        }
        Self::new(points, date)
    }
}
