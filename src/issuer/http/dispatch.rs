//! The issuer as a service: which call is which route.

use super::route::{JSON, JWT, STATUS_CWT, STATUS_JWT, TEXT};
use super::{Reply, Request, Route, Service};
use crate::issuer::{Code, CredentialReply, Issuer, Limits, Metrics, Refusal};

/// How long metadata may be kept.
const METADATA_AGE: u32 = 300;

impl Service for Issuer {
    fn answer(&self, request: Request) -> Result<Reply, Refusal> {
        let Request { route, call, id, query, form, content_type, body } = &request;
        let id = id.as_deref().unwrap_or_default();
        let content_type = content_type.unwrap_or(JSON);
        let json = |value: &serde_json::Value| Reply::json(200, value);
        Ok(match route {
            Route::IssuerMetadata if *form == Some(JWT) => {
                Reply::of(200, JWT, self.signed_metadata()?).kept(METADATA_AGE)
            }
            Route::IssuerMetadata => json(&self.metadata()).kept(METADATA_AGE),
            Route::ServerMetadata => json(&self.authorization_server()).kept(METADATA_AGE),
            Route::Offer => json(&self.offer(id)?),
            Route::Challenge => json(&self.challenge()),
            Route::Nonce => json(&self.nonce()),
            Route::Token => json(&self.token(call, body)?),
            Route::Credential => of_credential(self.credential(call, content_type, body)?),
            Route::Deferred => of_credential(self.deferred(call, content_type, body)?),
            Route::Notification => {
                self.notification(call, body)?;
                Reply::nothing()
            }
            Route::Status => {
                // Token Status List clause 8.4.
                if query.iter().any(|(name, _)| name == "time") {
                    return Err(Refusal::new(
                        Code::NotImplemented,
                        "time: past lists are not kept",
                    ));
                }
                let list = self.status_list(number(id)?, *form)?;
                let known = [STATUS_JWT, STATUS_CWT].into_iter().find(|t| *t == list.content_type);
                let age = u32::try_from(list.max_age).unwrap_or(u32::MAX);
                Reply::of(200, known.unwrap_or(STATUS_JWT), list.body.to_vec()).kept(age)
            }
            Route::StatusLists => json(&self.status_aggregation()?),
            Route::TapSession => of(&self.tap_open(call, body)?)?,
            Route::TapEvidence => of(&self.tap_evidence(call, body)?)?,
            Route::TapFrame => of(&self.tap_frame(call, body)?)?,
            Route::OfficeOffers => json(&self.office_offer(call, body)?),
            Route::OfficeReports => json(&self.office_report(call, body)?),
            Route::OfficeConfirmations => json(&self.office_confirm(call, body)?),
            Route::OfficeHistory => json(&self.office_history(call, query)?),
            Route::LedgerCheckpoint => Reply::of(200, TEXT, self.ledger_checkpoint()?),
            Route::LedgerProof => json(&self.ledger_proof(query)?),
            Route::LedgerConsistency => json(&self.ledger_consistency(query)?),
            // The door answers these.
            Route::OpenApi | Route::Healthy | Route::Ready => {
                return Err(Refusal::new(Code::NotFound, "nothing is here"));
            }
        })
    }

    fn ready(&self) -> Result<(), Refusal> {
        let text = "the register does not answer";
        let failed = |_| Refusal::new(Code::TemporarilyUnavailable, text);
        self.registry.status_lists().map(drop).map_err(failed)
    }

    fn tend(&self) {
        if let Err(error) = self.registry.sweep(self.clock.now()) {
            tracing::warn!(%error, "the register was not swept");
        }
        if let Err(error) = self.tell() {
            tracing::warn!(%error, "the outbox was not told");
        }
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    #[cfg(feature = "test-clock")]
    fn test_clock(&self) -> Option<String> {
        let now = || crate::trust::encoding::rfc3339::text(self.clock.now());
        self.clock.can_be_moved().then(now)
    }
}

fn of<T: serde::Serialize>(value: &T) -> Result<Reply, Refusal> {
    let body = serde_json::to_vec(value);
    let failed = |_| Refusal::new(Code::ServerError, "the answer could not be written");
    Ok(Reply::of(200, JSON, body.map_err(failed)?))
}

fn of_credential(reply: CredentialReply) -> Reply {
    let content_type = if reply.content_type == JWT { JWT } else { JSON };
    Reply::of(reply.status, content_type, reply.body)
}

fn number(id: &str) -> Result<u32, Refusal> {
    let plain = id.bytes().all(|b| b.is_ascii_digit()) && !id.starts_with('0') || id == "0";
    let number = id.parse().ok().filter(|_| plain);
    number.ok_or_else(|| Refusal::new(Code::NotFound, "there is no such list"))
}
