//! Codes and tokens: a code is good for the first wallet, a refresh token once, and either again
//! for the same wallet until the access token that it gave is used, since an answer may be lost.

use serde_json::json;
use subtle::ConstantTimeEq;
use time::UtcDateTime;

use super::database::{Row, values};
use super::grants::{is_over, subject_of};
use super::seal::Place;
use super::work::Work;
use super::{
    AccessTokens, Claim, Denied, EventKind, Grant, GrantId, OfferState, PersonId, Registry,
    RegistryError, TokenHash,
};
use crate::issuance::Thumbprint;

/// Wrong transaction codes that kill an offer.
const MAX_FAILURES: u32 = 5;

/// Refresh tokens that are remembered behind the last one. What is older is not known any more: it
/// is refused, and revokes nothing.
const GENERATIONS: i64 = 8;

const CODE: &str = "pre-authorized_code";
const ACCESS: &str = "access_token";
const REFRESH: &str = "refresh_token";

/// A transaction that was committed, and the answer.
type Answered<T> = Result<Result<T, Denied>, RegistryError>;

impl Registry {
    /// Redeems a code for the first wallet that claims it. A wrong transaction code counts, and ties
    /// the offer to the wallet that tried; the fifth kills it. The same wallet may come again until
    /// it has used its access token, and gets tokens anew; the earlier ones are void then.
    ///
    /// # Errors
    /// [`Denied::Unknown`], [`Denied::OtherWallet`], [`Denied::TxCode`], [`Denied::WrongTxCode`],
    /// [`Denied::Used`].
    pub fn claim(&self, claim: &Claim, now: UtcDateTime) -> Result<Grant, RegistryError> {
        let granted = self.write("redeeming a code", |work| redeem(work, claim, now))?;
        granted.map_err(Into::into)
    }

    /// The grant of an access token that is good; it counts as used by this.
    ///
    /// # Errors
    /// [`Denied::Unknown`], [`Denied::OtherWallet`].
    pub fn grant(
        &self,
        access: &TokenHash,
        jkt: &Thumbprint,
        now: UtcDateTime,
    ) -> Result<Grant, RegistryError> {
        // Only the first use writes.
        let step = "looking an access token up";
        let (grant, used) = self.read(step, |work| granted(work, access, jkt, now))?;
        if used {
            return Ok(grant);
        }
        self.write(step, |work| {
            let (grant, _) = granted(work, access, jkt, now)?;
            work.change("UPDATE grants SET used = generation WHERE id = $1", values![&grant.id])?;
            Ok(grant)
        })
    }

    /// Rotates a refresh token; the access token before is void. One that was rotated before
    /// revokes the grant, but for the last one while its successors were not used, and for what is
    /// so old that it is forgotten: eight rotations.
    ///
    /// # Errors
    /// [`Denied::Unknown`], also where the grant's phone has ended; [`Denied::OtherWallet`],
    /// [`Denied::PhoneNotActive`]; [`Denied::RefreshReused`], after which the grant is revoked.
    pub fn refresh(
        &self,
        refresh: &TokenHash,
        jkt: &Thumbprint,
        instance: &Thumbprint,
        tokens: &AccessTokens,
        now: UtcDateTime,
    ) -> Result<Grant, RegistryError> {
        let granted = self.write("refreshing a grant", |work| {
            rotate(work, refresh, (jkt, instance), tokens, now)
        })?;
        granted.map_err(Into::into)
    }
}

fn redeem(work: &mut Work<'_>, claim: &Claim, now: UtcDateTime) -> Answered<Grant> {
    let row = work.row(
        "SELECT state, expires, jkt, instance, tx_code, failures, grant_id, subject, person, offer \
         FROM codes WHERE hash = $1",
        values![&claim.code],
    )?;
    let row = row.ok_or(Denied::Unknown { what: CODE })?;
    if let (Some(jkt), Some(instance)) = (row.maybe_array(2)?, row.maybe_array(3)?)
        && (Thumbprint::new(jkt), Thumbprint::new(instance)) != (claim.jkt, claim.instance)
    {
        return Err(Denied::OtherWallet { what: CODE }.into());
    }
    let redeemed = match OfferState::numbered(row.int(0)?) {
        Some(OfferState::Open) if row.time(1)? >= now => None,
        Some(OfferState::Redeemed) => {
            let grant = row.maybe_array(6)?.map(GrantId);
            Some(work.grant_of(&grant.ok_or_else(|| Row::fault(6))?, CODE)?)
        }
        _ => return Err(Denied::Unknown { what: CODE }.into()),
    };
    let expected = row.maybe_array::<32>(4)?;
    let got = claim.tx_code.map(|got| work.tx_code(&claim.code, &got));
    match (expected, got) {
        (None, None) => {}
        (Some(expected), Some(got)) if bool::from(expected.ct_eq(&got)) => {}
        (Some(_), Some(_)) => return count_failure(work, claim, row.count(5)?),
        (expected, _) => return Err(Denied::TxCode { expected: expected.is_some() }.into()),
    }
    if let Some(kept) = redeemed {
        if kept.generation > 1
            || kept.used >= kept.generation
            || !unexpired(work, &kept.grant.id, now)?
        {
            return Err(Denied::Used { what: CODE }.into());
        }
        work.change("DELETE FROM tokens WHERE grant_id = $1", values![&kept.grant.id])?;
        put_tokens(work, &kept.grant, kept.generation, &claim.tokens)?;
        return Ok(Ok(kept.grant));
    }
    let id = GrantId(work.fresh());
    let place = Place { table: "codes", column: "subject", row: &claim.code.0 };
    let subject = work.open(place, row.bytes(7)?)?;
    let subject = work.seal(subject_of(&id), &subject)?;
    work.change(
        "INSERT INTO grants (id, offer, person, epoch, facts, way, card, jkt, instance, keys, \
         h_dev, subject, term_until, made, generation, used, minted, confirmed, revoked) \
         SELECT $1, offer, person, epoch, facts, way, card, $3, $4, keys, h_dev, $5, term_until, \
         $6, 1, 0, 0, 0, 0 FROM codes WHERE hash = $2",
        values![&id, &claim.code, &claim.jkt, &claim.instance, subject, now],
    )?;
    // What the credentials say is kept with the grant from now on.
    work.change(
        "UPDATE codes SET state = $2, jkt = $3, instance = $4, grant_id = $5, subject = NULL, \
         secret = NULL WHERE hash = $1",
        values![&claim.code, OfferState::Redeemed.number(), &claim.jkt, &claim.instance, &id],
    )?;
    let kept = work.grant_of(&id, CODE)?;
    put_tokens(work, &kept.grant, kept.generation, &claim.tokens)?;
    let detail = json!({
        "grant": id.to_string(),
        "wallet": claim.jkt.to_string(),
        "offer": row.maybe_bytes(9)?.map(hex::encode),
    });
    let person = PersonId(row.array(8)?);
    work.event(now, EventKind::CodeRedeemed, Some(&person), None, &detail)?;
    Ok(Ok(kept.grant))
}

fn count_failure(work: &mut Work<'_>, claim: &Claim, before: u64) -> Answered<Grant> {
    let failures = u32::try_from(before).unwrap_or(MAX_FAILURES).saturating_add(1);
    let left = MAX_FAILURES.saturating_sub(failures);
    work.change(
        "UPDATE codes SET failures = $2, jkt = $3, instance = $4 WHERE hash = $1",
        values![&claim.code, failures, &claim.jkt, &claim.instance],
    )?;
    if left == 0 {
        work.change(
            "UPDATE codes SET state = $2, subject = NULL, secret = NULL WHERE hash = $1",
            values![&claim.code, OfferState::Dead.number()],
        )?;
    }
    Ok(Err(Denied::WrongTxCode { left }))
}

/// Whether the grant's access token, which nobody used, is still good.
fn unexpired(
    work: &mut Work<'_>,
    grant: &GrantId,
    now: UtcDateTime,
) -> Result<bool, RegistryError> {
    let sql = "SELECT 1 FROM tokens WHERE grant_id = $1 AND refresh = 0 AND expires >= $2";
    Ok(work.row(sql, values![grant, now])?.is_some())
}

fn granted(
    work: &mut Work<'_>,
    access: &TokenHash,
    jkt: &Thumbprint,
    now: UtcDateTime,
) -> Result<(Grant, bool), RegistryError> {
    let row = work.row(
        "SELECT grant_id FROM tokens WHERE hash = $1 AND refresh = 0 AND expires >= $2",
        values![access, now],
    )?;
    let row = row.ok_or(Denied::Unknown { what: ACCESS })?;
    let kept = work.grant_of(&GrantId(row.array(0)?), ACCESS)?;
    if kept.grant.jkt != *jkt {
        return Err(Denied::OtherWallet { what: ACCESS }.into());
    }
    Ok((kept.grant, kept.used >= kept.generation))
}

fn rotate(
    work: &mut Work<'_>,
    refresh: &TokenHash,
    (jkt, instance): (&Thumbprint, &Thumbprint),
    tokens: &AccessTokens,
    now: UtcDateTime,
) -> Answered<Grant> {
    let sql = "SELECT grant_id, generation FROM tokens WHERE hash = $1 AND refresh = 1";
    let row = work.row(sql, values![refresh])?.ok_or(Denied::Unknown { what: REFRESH })?;
    let kept = work.grant_of(&GrantId(row.array(0)?), REFRESH)?;
    let (id, shown) = (kept.grant.id, row.int(1)?);
    if kept.grant.jkt != *jkt || kept.grant.instance != *instance {
        return Err(Denied::OtherWallet { what: REFRESH }.into());
    }
    if is_over(kept.grant.term_until, now) {
        return Err(Denied::Unknown { what: REFRESH }.into());
    }
    if shown == kept.generation {
        let next = kept.generation + 1;
        work.live_for(&kept.grant, now)?;
        work.change("UPDATE grants SET generation = $2 WHERE id = $1", values![&id, next])?;
        let void = "DELETE FROM tokens WHERE grant_id = $1 AND refresh = 0";
        work.change(void, values![&id])?;
        let old = "DELETE FROM tokens WHERE grant_id = $1 AND generation < $2";
        work.change(old, values![&id, next - GENERATIONS])?;
        // What has been issued is asked for no more by the transaction that waited for it: that
        // would be a renewal without a proof.
        work.change(
            "DELETE FROM deferred WHERE grant_id = $1 AND EXISTS (SELECT 1 FROM reservations r \
             WHERE r.grant_id = deferred.grant_id AND r.configuration = deferred.configuration \
             AND r.keys = deferred.keys AND r.kept = 1)",
            values![&id],
        )?;
        put_tokens(work, &kept.grant, next, tokens)?;
        return Ok(Ok(kept.grant));
    }
    if shown + 1 == kept.generation && kept.used < kept.generation {
        work.live_for(&kept.grant, now)?;
        work.change(
            "DELETE FROM tokens WHERE grant_id = $1 AND generation = $2",
            values![&id, kept.generation],
        )?;
        put_tokens(work, &kept.grant, kept.generation, tokens)?;
        return Ok(Ok(kept.grant));
    }
    work.revoke_grant(&id)?;
    let detail = json!({ "grant": id.to_string() });
    let (person, device) = (kept.grant.person, kept.grant.device);
    work.event(now, EventKind::RefreshReused, Some(&person), device.as_ref(), &detail)?;
    Ok(Err(Denied::RefreshReused))
}

fn put_tokens(
    work: &mut Work<'_>,
    grant: &Grant,
    generation: i64,
    tokens: &AccessTokens,
) -> Result<(), RegistryError> {
    let until = tokens.access_expires.min(end_of(grant.term_until));
    work.change(
        "INSERT INTO tokens (hash, grant_id, refresh, generation, expires) \
         VALUES ($1, $3, 0, $4, $5), ($2, $3, 1, $4, $6)",
        values![
            &tokens.access,
            &tokens.refresh,
            &grant.id,
            generation,
            until,
            end_of(grant.term_until)
        ],
    )?;
    Ok(())
}

/// The last moment of a term, of which `term_until` is the last second.
fn end_of(term_until: UtcDateTime) -> UtcDateTime {
    super::taps::later(term_until, time::Duration::microseconds(999_999))
}
