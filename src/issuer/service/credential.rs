//! The credential endpoint (OpenID4VCI clause 8).

use serde_json::{Value, json};
use time::UtcDateTime;

use super::super::{Call, Client, Code, Issuer, MDOC, Refusal, SD_JWT, subject};
use super::{Wanted, refused, secret};
use crate::crypto::{Hash, PublicKey, SystemRng};
use crate::issuance::oid4vci::{CredentialRequest, Proofs, ResponseEncryption};
use crate::issuance::proof::nonce::{self, Kind};
use crate::issuance::proof::{jwe, key_attestation, key_proof};
use crate::issuance::thumbprint;
use crate::policy::Way;
use crate::registry::{Denied, Grant, Reservation, Reserve};
use crate::trust::encoding::base64url;

/// The most bytes of an encrypted request.
const MAX_REQUEST: usize = 256 << 10;

/// An answer of the credential or the deferred endpoint.
#[derive(Clone, Debug)]
pub struct CredentialReply {
    /// 200, or 202 where the wallet has to ask again.
    pub status: u16,
    /// `application/json` or `application/jwt`.
    pub content_type: &'static str,
    /// The answer, encrypted where the wallet asked for it.
    pub body: String,
}

/// The holder keys that a request proves, and what its proofs use up.
pub(super) struct Proven {
    keys: Vec<PublicKey>,
    nonces: Vec<([u8; 32], UtcDateTime)>,
}

impl Issuer {
    /// Answers a credential request. The same request again gets the same credentials.
    ///
    /// # Errors
    /// By the standard's codes; the register is as it was.
    pub fn credential(
        &self,
        call: &Call,
        content_type: &str,
        body: &[u8],
    ) -> Result<CredentialReply, Refusal> {
        let now = self.clock.now();
        let (client, grant) = self.grant_of(call, now)?;
        let (json, encrypted) = self.decrypted(content_type, body)?;
        let request =
            CredentialRequest::parse(&json).map_err(|e| Refusal::new(Code::of_message(&e), e))?;
        let encryption = request.credential_response_encryption.as_ref();
        if encryption.is_some() && !encrypted {
            return Err(Refusal::new(
                Code::InvalidEncryptionParameters,
                "a request that asks for an encrypted answer has to be encrypted itself",
            ));
        }
        let configuration = request.credential_configuration_id.as_str();
        if ![MDOC, SD_JWT].contains(&configuration) {
            let known = format!("{MDOC} or {SD_JWT} expected");
            return Err(Refusal::new(Code::UnknownCredentialConfiguration, known));
        }
        let proven = self.proven(&client, &grant, &request.proofs, now)?;
        let reserve = Reserve {
            grant: grant.id,
            configuration: configuration.to_owned(),
            keys: proven.keys.iter().map(thumbprint).collect(),
            nonces: proven.nonces,
        };
        if self.settings.confirm_offers && grant.way == Way::Qr {
            return self.wait(&grant, &reserve, &proven.keys, encryption, now);
        }
        let answer = self.issue(&grant, &reserve, &proven.keys, now)?;
        self.reply(200, &answer, encryption)
    }

    /// Who calls with an access token, and what it gives.
    pub(super) fn grant_of(
        &self,
        call: &Call,
        now: UtcDateTime,
    ) -> Result<(Client, Grant), Refusal> {
        let missing = || Refusal::new(Code::InvalidToken, "Authorization: DPoP and the token");
        let header = call.authorization.as_deref().ok_or_else(missing)?;
        let (scheme, token) = header.split_once(' ').ok_or_else(missing)?;
        if !scheme.eq_ignore_ascii_case("DPoP") {
            return Err(missing());
        }
        let token = token.trim_ascii();
        let client = self.authenticate(call, Some(token), now)?;
        let grant = self
            .registry
            .grant(&secret::hash(token), &client.jkt, now)
            .map_err(|e| refused(&e, |_| Code::InvalidToken))?;
        Ok((client, grant))
    }

    /// Tries, reserves, publishes what ended, signs, keeps: in this order, so that a crash at any
    /// point leaves a request that can be repeated and nothing released that is not kept. A phone
    /// ends with the reservation of the next: by the trial it is known that the next one's
    /// credential can be made.
    pub(super) fn issue(
        &self,
        grant: &Grant,
        reserve: &Reserve,
        keys: &[PublicKey],
        now: UtcDateTime,
    ) -> Result<Value, Refusal> {
        let code = |denied: &Denied| match denied {
            Denied::Used { .. } => Code::InvalidNonce,
            Denied::OtherKeys => Code::InvalidProof,
            _ => Code::CredentialRequestDenied,
        };
        let mut subject = subject::decode(&grant.subject).map_err(|error| {
            tracing::error!(%error, "a grant's subject");
            Refusal::new(Code::ServerError, "the grant cannot be read; the operator has to look")
        })?;
        // Ages are counted on the day of this issue, not on that of the tap.
        subject.issue_date = self.policy.day(now);
        let configuration = reserve.configuration.as_str();
        let wanted = Wanted { configuration, subject: &subject, until: grant.term_until, now };
        if let (None, Some(key)) = (grant.device, keys.first()) {
            self.sign(wanted, key, (0, 0)).map_err(|e| e.refusal())?;
        }
        let reservation = self.registry.reserve(reserve, now).map_err(|e| refused(&e, code))?;
        self.publish(&reservation.changes)?;
        let mut signed = Vec::with_capacity(keys.len());
        for (key, reserved) in keys.iter().zip(&reservation.credentials) {
            let text = match &reserved.issued {
                Some(text) => text.clone(),
                None => self
                    .sign(wanted, key, (reserved.list, reserved.idx))
                    .map_err(|e| e.refusal())?,
            };
            signed.push((reserved.id, text));
        }
        let notification = self.notification_id(&reservation);
        let hash = secret::hash(&notification);
        let kept = self.registry.keep(&signed, &hash, now).map_err(|e| refused(&e, code))?;
        let new = reservation.credentials.iter().filter(|c| c.issued.is_none()).count();
        self.metrics.issued(&reserve.configuration, new as u64);
        let credentials: Vec<_> = kept
            .iter()
            .map(|text| json!({ "credential": String::from_utf8_lossy(text) }))
            .collect();
        Ok(json!({
            "credentials": credentials,
            "notification_id": notification,
            "receipt": self.ledger_receipt(reservation.event)?,
        }))
    }

    /// The answer, encrypted where that is asked for.
    pub(super) fn reply(
        &self,
        status: u16,
        answer: &Value,
        encryption: Option<&ResponseEncryption>,
    ) -> Result<CredentialReply, Refusal> {
        let body = answer.to_string();
        let Some(encryption) = encryption else {
            return Ok(CredentialReply { status, content_type: "application/json", body });
        };
        let rng = &mut SystemRng::default();
        let body = jwe::encrypt(body.as_bytes(), &encryption.recipient, None, rng)
            .map_err(|e| Refusal::new(Code::InvalidEncryptionParameters, e))?;
        Ok(CredentialReply { status, content_type: "application/jwt", body })
    }

    // The request's JSON, and whether it was encrypted.
    pub(super) fn decrypted(
        &self,
        content_type: &str,
        body: &[u8],
    ) -> Result<(Vec<u8>, bool), Refusal> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => Ok((body.to_vec(), false)),
            "application/jwt" => {
                let text = std::str::from_utf8(body).unwrap_or_default();
                let kid = thumbprint(&self.keys.encryption.public()).to_string();
                let json = jwe::decrypt(text, &self.keys.encryption, Some(&kid), MAX_REQUEST)
                    .map_err(|e| Refusal::new(Code::InvalidEncryptionParameters, e))?;
                Ok((json.to_vec(), true))
            }
            _ => Err(Refusal::new(
                Code::UnsupportedMediaType,
                "application/json or application/jwt expected",
            )),
        }
    }

    // Every key has to be attested: in this request, or before by the tap session.
    pub(super) fn proven(
        &self,
        client: &Client,
        grant: &Grant,
        proofs: &Proofs,
        now: UtcDateTime,
    ) -> Result<Proven, Refusal> {
        let invalid = |error: &dyn std::fmt::Display| Refusal::new(Code::InvalidProof, error);
        let skew = self.settings.clock_skew;
        let most = usize::from(self.settings.batch_size);
        let count =
            |got: usize| invalid(&format_args!("1 to {most} different keys expected, {got} came"));
        let mut out = Proven { keys: Vec::new(), nonces: Vec::new() };
        match proofs {
            Proofs::Jwt(jwts) => {
                // Each is work: how many there are is told first.
                if jwts.is_empty() || jwts.len() > most {
                    return Err(count(jwts.len()));
                }
                for jwt in jwts {
                    let aud = &self.settings.url;
                    let client_id = client.client_id.as_deref();
                    let attesters = (self.wallet_anchors.as_slice(), most);
                    let proof = key_proof::check(jwt, aud, client_id, attesters, now, skew)
                        .map_err(|e| invalid(&e))?;
                    self.fresh(Some(&proof.nonce), now, &mut out)?;
                    let attested = match (&proof.attestation, &grant.keys) {
                        (Some(attestation), _) => {
                            self.fresh(attestation.nonce.as_deref(), now, &mut out)?;
                            attestation.keys.contains(&proof.key)
                        }
                        (None, Some(keys)) => keys.contains(&thumbprint(&proof.key)),
                        (None, None) => false,
                    };
                    if !attested {
                        return Err(invalid(&"the key is in no key attestation of this wallet"));
                    }
                    out.keys.push(proof.key);
                }
            }
            Proofs::Attestation(jwt) => {
                let anchors = &self.wallet_anchors;
                let attestation = key_attestation::check(jwt, anchors, most, now, skew)
                    .map_err(|e| invalid(&e))?;
                self.fresh(attestation.nonce.as_deref(), now, &mut out)?;
                out.keys = attestation.keys;
            }
        }
        let distinct: std::collections::BTreeSet<_> = out.keys.iter().map(thumbprint).collect();
        if out.keys.is_empty() || out.keys.len() > most || distinct.len() != out.keys.len() {
            return Err(count(out.keys.len()));
        }
        Ok(out)
    }

    // A c_nonce of ours that is not over; whether it was used, the register finds out.
    fn fresh(
        &self,
        given: Option<&str>,
        now: UtcDateTime,
        out: &mut Proven,
    ) -> Result<(), Refusal> {
        let given = given.ok_or_else(|| {
            Refusal::new(
                Code::InvalidProof,
                "the proof has no nonce; get one from the nonce endpoint",
            )
        })?;
        let nonce = nonce::check(Kind::Credential, &self.keys.nonce, given, now)
            .map_err(|e| Refusal::new(Code::InvalidNonce, e))?;
        if !out.nonces.contains(&nonce) {
            out.nonces.push(nonce);
        }
        Ok(())
    }

    // The same for the same credentials, so that a retry is told the same; nobody can guess it.
    fn notification_id(&self, reservation: &Reservation) -> String {
        let mut parts: Vec<&[u8]> = vec![b"iccard notification v1", self.keys.nonce.as_slice()];
        parts.extend(reservation.credentials.iter().map(|c| c.id.as_bytes().as_slice()));
        base64url::encode(Hash::Sha256.digest(&parts))
    }
}
