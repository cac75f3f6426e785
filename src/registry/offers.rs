//! Offers of an office: one open at a time for a person, a code behind a transaction code.

use serde_json::json;
use time::UtcDateTime;
use zeroize::Zeroizing;

use super::database::{Row, values};
use super::seal::Place;
use super::{
    Denied, EventKind, NewOffer, OfferId, OfferState, PersonId, Registry, RegistryError, TokenHash,
};

const OFFER: &str = "offer";

impl Registry {
    /// Makes an offer. Another one that is open for the person is dead by this.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn make_offer(&self, offer: &NewOffer, now: UtcDateTime) -> Result<(), RegistryError> {
        self.write("making an offer", |work| {
            let epoch = work.person(&offer.person)?;
            work.withdraw_offers(&offer.person)?;
            let tx_code = work.tx_code(&offer.code, &offer.tx_code);
            let row = &offer.code.0;
            let subject =
                work.seal(Place { table: "codes", column: "subject", row }, &offer.subject)?;
            let secret = work
                .seal(Place { table: "codes", column: "secret", row }, offer.secret.as_bytes())?;
            work.change(
                "INSERT INTO codes (hash, offer, person, epoch, facts, way, subject, secret, \
                 tx_code, failures, term_until, expires, state) \
                 VALUES ($1, $2, $3, $4, $5, 'qr', $6, $7, $8, 0, $9, $10, $11)",
                values![
                    &offer.code,
                    &offer.id,
                    &offer.person,
                    epoch.number,
                    epoch.facts,
                    subject,
                    secret,
                    &tx_code,
                    offer.term_until,
                    offer.expires,
                    OfferState::Open.number(),
                ],
            )?;
            let detail = json!({ "offer": offer.id.to_string(), "clerk": offer.clerk });
            work.event(now, EventKind::OfferMade, Some(&offer.person), None, &detail)?;
            Ok(())
        })
    }

    /// The code of an offer as its URI shows it, any number of times while it is open.
    ///
    /// # Errors
    /// [`Denied::Used`] where it was redeemed, [`Denied::Unknown`] where it is dead or over.
    pub fn offer_code(
        &self,
        id: &OfferId,
        now: UtcDateTime,
    ) -> Result<Zeroizing<String>, RegistryError> {
        self.read("reading an offer", |work| {
            let sql = "SELECT hash, secret, state, expires FROM codes WHERE offer = $1";
            let row = work.row(sql, values![id])?.ok_or(Denied::Unknown { what: OFFER })?;
            match OfferState::numbered(row.int(2)?) {
                Some(OfferState::Redeemed) => return Err(Denied::Used { what: OFFER }.into()),
                Some(OfferState::Open) if row.time(3)? >= now => {}
                _ => return Err(Denied::Unknown { what: OFFER }.into()),
            }
            let place = Place { table: "codes", column: "secret", row: row.bytes(0)? };
            let secret = work.open(place, row.bytes(1)?)?;
            let secret = str::from_utf8(&secret).map_err(|_| Row::fault(1))?;
            Ok(Zeroizing::new(secret.to_owned()))
        })
    }

    /// What became of an offer; one whose time is over is dead.
    ///
    /// # Errors
    /// [`Denied::Unknown`], also a day after its time is over.
    pub fn offer_state(&self, id: &OfferId, now: UtcDateTime) -> Result<OfferState, RegistryError> {
        self.read("reading an offer", |work| {
            let sql = "SELECT state, expires FROM codes WHERE offer = $1";
            let row = work.row(sql, values![id])?.ok_or(Denied::Unknown { what: OFFER })?;
            let state = OfferState::numbered(row.int(0)?).ok_or_else(|| Row::fault(0))?;
            let over = state == OfferState::Open && row.time(1)? < now;
            Ok(if over { OfferState::Dead } else { state })
        })
    }

    /// A clerk says that the wallet which redeemed the offer is the right one: what waits for it
    /// may be issued.
    ///
    /// # Errors
    /// [`Denied::Unknown`] where nobody has redeemed it.
    pub fn confirm_offer(
        &self,
        id: &OfferId,
        clerk: &str,
        now: UtcDateTime,
    ) -> Result<(), RegistryError> {
        self.write("confirming an offer", |work| {
            let sql = "SELECT person, confirmed FROM grants WHERE offer = $1";
            let row = work.row(sql, values![id])?.ok_or(Denied::Unknown { what: OFFER })?;
            if row.flag(1)? {
                return Ok(());
            }
            work.change("UPDATE grants SET confirmed = 1 WHERE offer = $1", values![id])?;
            let detail = json!({ "offer": id.to_string(), "clerk": clerk });
            let person = PersonId(row.array(0)?);
            work.event(now, EventKind::OfferConfirmed, Some(&person), None, &detail)?;
            Ok(())
        })
    }
}

impl super::work::Work<'_> {
    /// What is kept of a transaction code, whose few digits a bare hash would give away.
    pub(super) fn tx_code(&self, code: &TokenHash, tx_code: &TokenHash) -> [u8; 32] {
        self.name("tx_code", &[code.0, tx_code.0].concat())
    }

    /// The person's open offers are dead.
    pub(super) fn withdraw_offers(&mut self, person: &PersonId) -> Result<(), RegistryError> {
        self.change(
            "UPDATE codes SET state = $2, subject = NULL, secret = NULL \
             WHERE person = $1 AND state = $3 AND offer IS NOT NULL",
            values![person, OfferState::Dead.number(), OfferState::Open.number()],
        )?;
        Ok(())
    }
}
