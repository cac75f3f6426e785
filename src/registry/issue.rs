//! Credentials as they were released, sealed: a retry gets the same.

use time::UtcDateTime;
use zeroize::Zeroizing;

use super::database::values;
use super::seal::Place;
use super::{
    Credential, CredentialId, Denied, DeviceId, GrantId, Registry, RegistryError, TokenHash,
};
use crate::issuance::Status;

impl Registry {
    /// Keeps the credentials of a reservation, sealed; where a retry was faster, what it kept is
    /// returned. To be called when the changes of the reservation are published, and before
    /// anything is released.
    ///
    /// # Errors
    /// [`Denied::Superseded`], [`Denied::PhoneNotActive`] where the phone has ended meanwhile: then
    /// nothing may be released. [`Denied::Unknown`] where they are not of one reservation, or the
    /// grant was revoked meanwhile.
    pub fn keep(
        &self,
        credentials: &[(CredentialId, Vec<u8>)],
        notification: &TokenHash,
        now: UtcDateTime,
    ) -> Result<Vec<Vec<u8>>, RegistryError> {
        let unknown = || RegistryError::from(Denied::Unknown { what: "credential" });
        self.write("keeping credentials", |work| {
            let mut of = None;
            let mut out = Vec::with_capacity(credentials.len());
            for (id, fresh) in credentials {
                let sql = "SELECT reservation, issued FROM credentials WHERE id = $1";
                let row = work.row(sql, values![id])?.ok_or_else(unknown)?;
                let reservation: [u8; 16] = row.array(0)?;
                if *of.get_or_insert(reservation) != reservation {
                    return Err(unknown());
                }
                if let Some(sealed) = row.maybe_bytes(1)? {
                    out.push(work.open(issued_of(id), sealed)?.to_vec());
                    continue;
                }
                let sealed = work.seal(issued_of(id), fresh)?;
                work.change(
                    "UPDATE credentials SET issued = $2 WHERE id = $1",
                    values![id, sealed],
                )?;
                out.push(fresh.clone());
            }
            let of = of.ok_or_else(unknown)?;
            let row = work.one("SELECT grant_id FROM reservations WHERE id = $1", values![&of])?;
            let kept = work.grant(&GrantId(row.array(0)?))?.ok_or_else(unknown)?;
            work.live_for(&kept.grant, now)?;
            // A refresh token was stolen meanwhile, and nobody knows who asks.
            if kept.revoked {
                return Err(Denied::Unknown { what: "grant" }.into());
            }
            work.change("UPDATE reservations SET kept = 1 WHERE id = $1", values![&of])?;
            work.change(
                "INSERT INTO notifications (hash, grant_id, reservation) VALUES ($1, $2, $3) \
                 ON CONFLICT (hash) DO NOTHING",
                values![notification, &kept.grant.id, &of],
            )?;
            Ok(out)
        })
    }

    /// The credentials of a phone, with their places and statuses.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub fn credentials_of(&self, device: &DeviceId) -> Result<Vec<Credential>, RegistryError> {
        self.read("looking credentials up", |work| {
            let rows = work.rows(
                "SELECT id, configuration, list, idx, status FROM credentials WHERE device = $1 \
                 ORDER BY list, idx",
                values![device],
            )?;
            rows.iter()
                .map(|row| {
                    let value = row.int(4)?;
                    let fault = |_| super::database::Row::fault(4);
                    Ok(Credential {
                        id: CredentialId(row.array(0)?),
                        device: *device,
                        configuration: row.text(1)?.to_owned(),
                        list: super::statuses::list(row, 2)?,
                        idx: row.count(3)?,
                        status: Status::of(u8::try_from(value).map_err(fault)?),
                    })
                })
                .collect()
        })
    }

    /// The credential that was released, opened.
    ///
    /// # Errors
    /// [`Denied::Unknown`] where it was not, or its phone has ended.
    pub fn released(&self, id: &CredentialId) -> Result<Zeroizing<Vec<u8>>, RegistryError> {
        self.read("reading a credential", |work| {
            let row = work.row("SELECT issued FROM credentials WHERE id = $1", values![id])?;
            let sealed = row.as_ref().map(|row| row.maybe_bytes(0)).transpose()?.flatten();
            work.open(issued_of(id), sealed.ok_or(Denied::Unknown { what: "credential" })?)
        })
    }
}

/// Where a released credential stands.
pub(super) const fn issued_of(id: &CredentialId) -> Place<'_> {
    Place { table: "credentials", column: "issued", row: &id.0 }
}
