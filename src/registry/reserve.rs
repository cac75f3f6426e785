//! The one transaction that makes a phone the person's: registers it, ends the one before, takes
//! places in the status list, uses up the nonces, writes the event.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use time::UtcDateTime;

use super::database::values;
use super::grants::{Kept, is_over};
use super::taps::{joined, split};
use super::work::Work;
use super::{
    CredentialId, Denied, Device, DeviceId, DeviceState, EndReason, EventKind, Once, Registry,
    RegistryError, Reservation, Reserve, Reserved,
};
use crate::crypto::Hash;
use crate::issuance::{Commitment, Thumbprint};

/// The most credentials that are ever made for one grant: some hundred renewals of both formats.
const MINT_BUDGET: u64 = 2000;

impl Registry {
    /// Registers the phone (the person's other one ends, its statuses become invalid, all in this
    /// transaction), takes places in the status list and uses up the nonces. The same grant,
    /// configuration and keys again give the same reservation, without using anything up; after a
    /// refresh they give new credentials on the same phone, once the earlier ones were kept.
    ///
    /// # Errors
    /// [`Denied::Superseded`], [`Denied::CardNotCurrent`], [`Denied::PhoneNotActive`],
    /// [`Denied::OtherKeys`], [`Denied::Spent`], [`Denied::Used`] for a nonce, [`Denied::Unknown`].
    pub fn reserve(
        &self,
        request: &Reserve,
        now: UtcDateTime,
    ) -> Result<Reservation, RegistryError> {
        self.write("reserving credentials", |work| {
            let kept = work.grant(&request.grant)?.ok_or(Denied::Unknown { what: "grant" })?;
            let (id, device) = match earlier(work, &kept, request, now)? {
                Some(found) => found,
                None => make(work, &kept, request, now)?,
            };
            work.reservation(&id, device, request)
        })
    }
}

/// A reservation's identifier.
type ReservationId = [u8; 16];

/// The reservation that a retry asks for. What a phone that has ended was issued is released no more.
fn earlier(
    work: &mut Work<'_>,
    kept: &Kept,
    request: &Reserve,
    now: UtcDateTime,
) -> Result<Option<(ReservationId, Device)>, RegistryError> {
    let grant = &kept.grant;
    if let Some(card) = &grant.card {
        super::taps::current(work, card, &grant.person)?;
    }
    work.live_for(grant, now)?;
    if kept.revoked {
        return Err(Denied::Unknown { what: "grant" }.into());
    }
    let row = work.row(
        "SELECT id, generation, kept, device FROM reservations WHERE grant_id = $1 \
         AND configuration = $2 AND keys = $3 ORDER BY generation DESC LIMIT 1",
        values![&grant.id, request.configuration.as_str(), sorted(&request.keys)],
    )?;
    let Some(row) = row else { return Ok(None) };
    let (id, generation) = (row.array(0)?, row.int(1)?);
    if generation != kept.generation {
        if row.flag(2)? {
            return Ok(None);
        }
        // It was never released: the renewal gets it, and nothing is made twice.
        work.change(
            "UPDATE reservations SET generation = $2 WHERE id = $1",
            values![&id, kept.generation],
        )?;
    }
    let device = work.device(&DeviceId(row.array(3)?))?;
    Ok(Some((id, device)))
}

fn make(
    work: &mut Work<'_>,
    kept: &Kept,
    request: &Reserve,
    now: UtcDateTime,
) -> Result<(ReservationId, Device), RegistryError> {
    let grant = &kept.grant;
    if is_over(grant.term_until, now) {
        return Err(Denied::PhoneNotActive { state: DeviceState::Expired.name() }.into());
    }
    fitting_keys(work, kept, request)?;
    let (device, replaced) = take_the_place(work, kept, request, now)?;
    let nonces: BTreeMap<_, _> = request.nonces.iter().copied().collect();
    for (nonce, expires) in nonces {
        if !work.use_up(Once::Nonce, &nonce, expires)? {
            return Err(Denied::Used { what: "c_nonce" }.into());
        }
    }
    let minted = kept.minted + request.keys.len() as u64;
    if minted > MINT_BUDGET {
        return Err(Denied::Spent.into());
    }
    work.change(
        "UPDATE grants SET device = $2, minted = $3 WHERE id = $1",
        values![&grant.id, &device.id, minted],
    )?;
    let id: ReservationId = work.fresh();
    let detail = json!({
        "grant": grant.id.to_string(),
        "configuration": request.configuration,
        "credentials": request.keys.len(),
    });
    let (person, phone) = (Some(&grant.person), Some(&device.id));
    let event = work.event(now, EventKind::CredentialsIssued, person, phone, &detail)?;
    work.change(
        "INSERT INTO reservations (id, grant_id, configuration, keys, generation, device, \
         replaced, event, kept) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
        values![
            &id,
            &grant.id,
            request.configuration.as_str(),
            sorted(&request.keys),
            kept.generation,
            &device.id,
            replaced.as_ref(),
            event,
        ],
    )?;
    for (position, key) in request.keys.iter().enumerate() {
        let credential = CredentialId(work.fresh());
        work.take_place(|work, list, idx| {
            let taken = work.change(
                "INSERT INTO credentials (id, reservation, position, device, jkt, configuration, \
                 list, idx, status) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) \
                 ON CONFLICT (list, idx) DO NOTHING",
                values![
                    &credential,
                    &id,
                    position as u64,
                    &device.id,
                    key,
                    request.configuration.as_str(),
                    list,
                    idx,
                ],
            )?;
            Ok(taken == 1)
        })?;
    }
    Ok((id, device))
}

/// Whether the grant may have credentials for these keys: those that the wallet committed to, or
/// where it did not, those of the first request for the configuration; each once until a refresh.
fn fitting_keys(work: &mut Work<'_>, kept: &Kept, request: &Reserve) -> Result<(), RegistryError> {
    let keys: BTreeSet<&Thumbprint> = request.keys.iter().collect();
    if keys.is_empty() || keys.len() != request.keys.len() {
        return Err(Denied::OtherKeys.into());
    }
    if let Some(committed) = &kept.grant.keys
        && !request.keys.iter().all(|key| committed.contains(key))
    {
        return Err(Denied::OtherKeys.into());
    }
    let earlier = work.rows(
        "SELECT keys, generation FROM reservations WHERE grant_id = $1 AND configuration = $2 \
         ORDER BY generation",
        values![&kept.grant.id, request.configuration.as_str()],
    )?;
    let mut first = None;
    for row in &earlier {
        let theirs = split(row.bytes(0)?).ok_or_else(|| super::database::Row::fault(0))?;
        if row.int(1)? == kept.generation && theirs.iter().any(|key| keys.contains(key)) {
            return Err(Denied::Spent.into());
        }
        first.get_or_insert(theirs);
    }
    match first {
        Some(first) if kept.grant.keys.is_none() => {
            let known = request.keys.iter().all(|key| first.contains(key));
            if known { Ok(()) } else { Err(Denied::Spent.into()) }
        }
        _ => Ok(()),
    }
}

/// The phone of this grant in the person's one place, and the one that had to leave it.
fn take_the_place(
    work: &mut Work<'_>,
    kept: &Kept,
    request: &Reserve,
    now: UtcDateTime,
) -> Result<(Device, Option<DeviceId>), RegistryError> {
    let grant = &kept.grant;
    let person = work.person(&grant.person)?;
    let stale = person.facts != kept.epoch.facts;
    let live = work.device_within_term(&grant.person, now)?;
    let h_dev = grant.h_dev.unwrap_or_else(|| commitment_of(&request.keys));
    match &live {
        // The grant is this phone's already, for which `earlier` has looked.
        Some(device) if grant.device == Some(device.id) => {
            return if stale { Err(needs_renewal()) } else { Ok((device.clone(), None)) };
        }
        _ if grant.device.is_some() => return Err(Denied::Superseded.into()),
        // The same phone came another way. What it earned before a loss does not unlock it, and
        // nothing else but the holder's word at an office does.
        Some(device) if device.jkt == grant.jkt && device.h_dev == h_dev => {
            return if device.state == DeviceState::Suspended {
                Err(Denied::PhoneNotActive { state: device.state.name() }.into())
            } else if stale {
                Err(needs_renewal())
            } else {
                Ok((work.register_again(device, grant)?, None))
            };
        }
        _ => {}
    }
    if person.number != kept.epoch.number {
        return Err(Denied::Superseded.into());
    }
    if stale {
        return Err(needs_renewal());
    }
    let replaced = live.as_ref().map(|device| device.id);
    if let Some(device) = live {
        work.end_device(&device, EndReason::Superseded, now)?;
    }
    work.next_epoch(&grant.person)?;
    work.withdraw_offers(&grant.person)?;
    Ok((work.register(grant, h_dev, now)?, replaced))
}

/// What this grant would say of the person is not true any more.
fn needs_renewal() -> RegistryError {
    Denied::PhoneNotActive { state: DeviceState::NeedsRenewal.name() }.into()
}

impl Work<'_> {
    fn reservation(
        &mut self,
        id: &ReservationId,
        device: Device,
        request: &Reserve,
    ) -> Result<Reservation, RegistryError> {
        let row =
            self.one("SELECT event, replaced FROM reservations WHERE id = $1", values![id])?;
        let event = row.count(0)?;
        let changes = match row.maybe_array(1)?.map(DeviceId) {
            Some(replaced) => self.statuses(&replaced)?,
            None => self.not_known_to_be_published(&device)?,
        };
        let rows = self.rows(
            "SELECT id, jkt, list, idx, issued FROM credentials WHERE reservation = $1 \
             ORDER BY position",
            values![id],
        )?;
        let mut made = BTreeMap::new();
        for row in rows {
            let id = CredentialId(row.array(0)?);
            let sealed = row.maybe_bytes(4)?;
            let issued = sealed.map(|sealed| self.open(super::issue::issued_of(&id), sealed));
            let key = Thumbprint::new(row.array(1)?);
            let reserved = Reserved {
                id,
                key,
                list: super::statuses::list(&row, 2)?,
                idx: row.count(3)?,
                issued: issued.transpose()?.map(|plain| plain.to_vec()),
            };
            made.insert(key, reserved);
        }
        let in_order = request.keys.iter().map(|key| made.remove(key));
        let credentials = in_order.collect::<Option<Vec<_>>>();
        let credentials = credentials.ok_or_else(|| self.fault("a credential is missing"))?;
        Ok(Reservation { grant: request.grant, device, credentials, changes, event })
    }

    /// What changed when the phone took its place, as long as nothing was released to it: until
    /// then a crash may have kept it from being published, whichever request comes next.
    fn not_known_to_be_published(
        &mut self,
        device: &Device,
    ) -> Result<Vec<super::StatusChange>, RegistryError> {
        let rows = self.rows(
            "SELECT replaced, kept FROM reservations WHERE device = $1",
            values![&device.id],
        )?;
        let mut replaced = None;
        for row in &rows {
            if row.flag(1)? {
                return Ok(Vec::new());
            }
            replaced = replaced.or(row.maybe_array(0)?.map(DeviceId));
        }
        replaced.map_or_else(|| Ok(Vec::new()), |id| self.statuses(&id))
    }
}

/// The keys in the order of their bytes, one behind the other.
pub(super) fn sorted(keys: &[Thumbprint]) -> Vec<u8> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    joined(&keys)
}

/// H_dev of these keys.
fn commitment_of(keys: &[Thumbprint]) -> Commitment {
    let mut out = [0; 32];
    out.copy_from_slice(&Hash::Sha256.digest(&[&sorted(keys)]));
    Commitment::new(out)
}
