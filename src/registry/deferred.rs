//! Requests that wait for a clerk: their keys are fixed when they come, not when they are fetched.

use time::{Duration, UtcDateTime};

use super::database::{Row, values};
use super::reserve::sorted;
use super::taps::{joined, later, split};
use super::{Denied, GrantId, Once, Registry, RegistryError, Reserve, TokenHash};
use crate::crypto::{Curve, PublicKey};

/// For how long a request waits.
const WAITS: Duration = Duration::days(1);

/// An uncompressed point on P-256 (SEC 1 clause 2.3.3).
const POINT: usize = 65;

const TRANSACTION: &str = "transaction_id";

impl Registry {
    /// A request that waits for somebody: its nonces are used up and its keys fixed here; `keys` are
    /// those of `request`, whole. The same request again waits as the same, by this or another
    /// transaction, without using anything up.
    ///
    /// # Errors
    /// [`Denied::Spent`] where the grant waits for other keys, [`Denied::OtherKeys`],
    /// [`Denied::Used`] for a nonce, [`Denied::Unknown`].
    pub fn defer(
        &self,
        transaction: &TokenHash,
        request: &Reserve,
        keys: &[PublicKey],
        now: UtcDateTime,
    ) -> Result<(), RegistryError> {
        // Any other would not be among the holder's keys: they are on P-256.
        let points = keys.iter().filter(|key| key.curve() == Curve::P256).map(PublicKey::sec1);
        let points = points.collect::<Vec<_>>().concat();
        if keys.len() != request.keys.len() || points.len() != POINT * keys.len() {
            return Err(Denied::OtherKeys.into());
        }
        self.write("deferring a request", |work| {
            let kept = work.grant_of(&request.grant, "grant")?;
            work.live_for(&kept.grant, now)?;
            let other = |keys: &Vec<_>| !request.keys.iter().all(|key| keys.contains(key));
            if request.keys.is_empty() || kept.grant.keys.as_ref().is_some_and(other) {
                return Err(Denied::OtherKeys.into());
            }
            let waiting = work.row(
                "SELECT keys FROM deferred WHERE grant_id = $1 AND configuration = $2 \
                 AND expires >= $3",
                values![&request.grant, request.configuration.as_str(), now],
            )?;
            match waiting {
                Some(row) if row.bytes(0)? != sorted(&request.keys) => {
                    return Err(Denied::Spent.into());
                }
                Some(_) => {}
                None => {
                    let nonces: std::collections::BTreeMap<_, _> =
                        request.nonces.iter().copied().collect();
                    for (nonce, expires) in nonces {
                        if !work.use_up(Once::Nonce, &nonce, expires)? {
                            return Err(Denied::Used { what: "c_nonce" }.into());
                        }
                    }
                }
            }
            work.change(
                "INSERT INTO deferred (hash, grant_id, configuration, keys, request, points, expires) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (hash) DO UPDATE \
                 SET expires = excluded.expires",
                values![
                    transaction,
                    &request.grant,
                    request.configuration.as_str(),
                    sorted(&request.keys),
                    joined(&request.keys),
                    points.clone(),
                    later(now, WAITS),
                ],
            )?;
            Ok(())
        })
    }

    /// The waiting request, for [`Self::reserve`], its keys, and whether it was confirmed. Its nonces
    /// are used up already and not in it.
    ///
    /// # Errors
    /// [`Denied::Unknown`], also for another grant's.
    pub fn deferred(
        &self,
        transaction: &TokenHash,
        grant: &GrantId,
        now: UtcDateTime,
    ) -> Result<(Reserve, Vec<PublicKey>, bool), RegistryError> {
        self.read("reading a deferred request", |work| {
            let row = work.row(
                "SELECT d.configuration, d.request, g.confirmed, d.points FROM deferred d \
                 JOIN grants g ON g.id = d.grant_id \
                 WHERE d.hash = $1 AND d.grant_id = $2 AND d.expires >= $3",
                values![transaction, grant, now],
            )?;
            let row = row.ok_or(Denied::Unknown { what: TRANSACTION })?;
            let request = Reserve {
                grant: *grant,
                configuration: row.text(0)?.to_owned(),
                keys: split(row.bytes(1)?).ok_or_else(|| Row::fault(1))?,
                nonces: Vec::new(),
            };
            let points = row.bytes(3)?.chunks(POINT);
            let keys = points.map(|point| PublicKey::from_sec1(Curve::P256, point));
            let keys = keys.collect::<Result<_, _>>().map_err(|_| Row::fault(3))?;
            Ok((request, keys, row.flag(2)?))
        })
    }
}
