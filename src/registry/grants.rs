//! Grants: what a redeemed code gives, as rows.

use time::UtcDateTime;

use super::database::{Row, values};
use super::names;
use super::seal::Place;
use super::taps::split;
use super::work::{Epoch, Work};
use super::{CardId, Denied, DeviceId, Grant, GrantId, PersonId, RegistryError};
use crate::issuance::{Commitment, Thumbprint};

/// A grant with what only the register needs of it.
pub(super) struct Kept {
    /// The grant.
    pub(super) grant: Grant,
    /// Where the person stood when it was earned.
    pub(super) epoch: Epoch,
    /// Goes up when the tokens are replaced by a refresh.
    pub(super) generation: i64,
    /// The last generation whose access token was used.
    pub(super) used: i64,
    /// How many credentials were made for it.
    pub(super) minted: u64,
    /// Its tokens are void.
    pub(super) revoked: bool,
}

impl Work<'_> {
    /// The grant; nothing where there is none, or nothing is left of it.
    pub(super) fn grant(&mut self, id: &GrantId) -> Result<Option<Kept>, RegistryError> {
        let row = self.row(
            "SELECT person, way, card, jkt, instance, keys, h_dev, subject, term_until, device, \
             confirmed, epoch, facts, generation, used, minted, revoked FROM grants WHERE id = $1",
            values![id],
        )?;
        let Some(row) = row else { return Ok(None) };
        let subject = match row.maybe_bytes(7)? {
            Some(sealed) => self.open(subject_of(id), sealed)?.to_vec(),
            None => Vec::new(),
        };
        let keys = row.maybe_bytes(5)?.map(|b| split(b).ok_or_else(|| Row::fault(5)));
        Ok(Some(Kept {
            grant: Grant {
                id: *id,
                person: PersonId(row.array(0)?),
                way: names::way_of(row.text(1)?).ok_or_else(|| Row::fault(1))?,
                card: row.maybe_array(2)?.map(CardId),
                jkt: Thumbprint::new(row.array(3)?),
                instance: Thumbprint::new(row.array(4)?),
                keys: keys.transpose()?,
                h_dev: row.maybe_array(6)?.map(Commitment::new),
                subject,
                term_until: row.time(8)?,
                device: row.maybe_array(9)?.map(DeviceId),
                confirmed: row.flag(10)?,
            },
            epoch: Epoch { number: row.int(11)?, facts: row.int(12)? },
            generation: row.int(13)?,
            used: row.int(14)?,
            minted: row.count(15)?,
            revoked: row.flag(16)?,
        }))
    }

    /// The grant of a token; `what` names the token.
    pub(super) fn grant_of(
        &mut self,
        id: &GrantId,
        what: &'static str,
    ) -> Result<Kept, RegistryError> {
        let kept = self.grant(id)?;
        kept.filter(|kept| !kept.revoked).ok_or_else(|| Denied::Unknown { what }.into())
    }

    /// Voids the tokens of a grant and forgets what its credentials say.
    pub(super) fn revoke_grant(&mut self, id: &GrantId) -> Result<(), RegistryError> {
        self.change("UPDATE grants SET revoked = 1, subject = NULL WHERE id = $1", values![id])?;
        self.change("DELETE FROM tokens WHERE grant_id = $1", values![id])?;
        Ok(())
    }

    /// The same for all grants of a phone.
    pub(super) fn revoke_grants_of(&mut self, device: &DeviceId) -> Result<(), RegistryError> {
        let rows = self.rows("SELECT id FROM grants WHERE device = $1", values![device])?;
        for row in rows {
            self.revoke_grant(&GrantId(row.array(0)?))?;
        }
        Ok(())
    }
}

/// Where a grant's subject stands.
pub(super) const fn subject_of(id: &GrantId) -> Place<'_> {
    Place { table: "grants", column: "subject", row: &id.0 }
}

/// Whether the last second of a term has passed.
pub(super) fn is_over(term_until: UtcDateTime, now: UtcDateTime) -> bool {
    now.truncate_to_second() > term_until
}
