//! What a request's head shows of who sent it, and what that uses up. Nothing is asked here.

use time::{Duration, UtcDateTime};

use super::super::{Call, Client, Code, Refusal};
use super::refused;
use crate::issuance::proof::{dpop, nonce, wallet_attestation, wallet_pop};
use crate::pki::Certificate;
use crate::registry::{Once, Registry};

/// By what a request is judged.
#[derive(Clone, Copy)]
pub(super) struct Judging<'a> {
    /// The issuer's URL, for which a wallet's proof has to be.
    pub(super) url: &'a str,
    /// Under which a wallet's attestation has to end.
    pub(super) anchors: &'a [Certificate],
    /// Under which our challenges are made.
    pub(super) nonce_key: &'a [u8; 32],
    /// How far a client's clock may be off.
    pub(super) skew: Duration,
    /// Now.
    pub(super) now: UtcDateTime,
}

/// Who sent a request, once what has to be used up was not used before.
pub(super) struct Shown {
    pub(super) client: Client,
    pub(super) uses: Vec<Use>,
}

impl Shown {
    /// The client, once what has to be used up is. Where one of several was used before, those in
    /// front of it are gone as well: a client makes fresh ones anyway.
    ///
    /// # Errors
    /// [`Code::InvalidDpopProof`], [`Code::InvalidClientAttestation`] or
    /// [`Code::UseAttestationChallenge`] by what was used before;
    /// [`Code::TemporarilyUnavailable`] where the register does not answer.
    pub(super) fn used_up(self, registry: &Registry, now: UtcDateTime) -> Result<Client, Refusal> {
        for Use { kind, id, expires } in &self.uses {
            let first = registry
                .consume(*kind, id, *expires, now)
                .map_err(|e| refused(&e, |_| Code::ServerError))?;
            if !first {
                return Err(used_before(*kind));
            }
        }
        Ok(self.client)
    }
}

fn used_before(kind: Once) -> Refusal {
    let (code, what) = match kind {
        Once::Dpop => (Code::InvalidDpopProof, "DPoP proof, jti"),
        Once::AttestationPop => (Code::InvalidClientAttestation, "wallet attestation PoP, jti"),
        Once::AttestationChallenge => (Code::UseAttestationChallenge, "challenge"),
        Once::Nonce => (Code::InvalidNonce, "c_nonce"),
    };
    Refusal::new(code, format_args!("{what}: used before; each is good for one request"))
}

/// Something that is good once.
pub(super) struct Use {
    pub(super) kind: Once,
    pub(super) id: [u8; 32],
    pub(super) expires: UtcDateTime,
}

/// Checks the DPoP proof, and the wallet attestation with its proof of possession where they came.
/// Neither of these two is taken alone. A challenge in the latter has to be one of ours; none has
/// to be there, because a proof is good once and for minutes only.
///
/// # Errors
/// [`Code::InvalidToken`] for a token that is not shown as RFC 9449 clause 7.1 wants it,
/// [`Code::InvalidDpopProof`], [`Code::InvalidClient`] for half of an attestation,
/// [`Code::InvalidClientAttestation`], [`Code::UseAttestationChallenge`].
pub(super) fn shown(
    call: &Call,
    access_token: Option<&str>,
    by: Judging<'_>,
) -> Result<Shown, Refusal> {
    if let Some(token) = access_token {
        token_is_dpop(call, token)?;
    }
    let Judging { now, skew, .. } = by;
    let bad_proof = |detail: &dyn std::fmt::Display| Refusal::new(Code::InvalidDpopProof, detail);
    let proof = dpop::check(&call.dpop, &call.method, &call.url, access_token, now, skew)
        .map_err(|e| bad_proof(&e))?;
    if proof.nonce.is_some() {
        return Err(bad_proof(&"nonce: this issuer gives none for DPoP proofs; leave it out"));
    }
    let mut client = Client { jkt: proof.jkt, instance: None, client_id: None };
    let mut uses = vec![Use { kind: Once::Dpop, id: proof.id, expires: proof.expires }];
    match (&call.attestation, &call.attestation_pop) {
        (None, None) => {}
        (Some(attestation), Some(pop)) => wallet(attestation, pop, by, &mut client, &mut uses)?,
        _ => {
            let half = "OAuth-Client-Attestation and OAuth-Client-Attestation-PoP go together";
            return Err(Refusal::new(Code::InvalidClient, half));
        }
    }
    Ok(Shown { client, uses })
}

fn token_is_dpop(call: &Call, token: &str) -> Result<(), Refusal> {
    let header = call.authorization.as_deref().unwrap_or_default();
    let (scheme, shown) = header.split_once(' ').unwrap_or((header, ""));
    if scheme.eq_ignore_ascii_case("DPoP") && shown.trim_ascii() == token {
        return Ok(());
    }
    let detail = "Authorization: DPoP and the access token expected; as a Bearer it is not taken";
    Err(Refusal::new(Code::InvalidToken, detail))
}

fn wallet(
    attestation: &str,
    pop: &str,
    by: Judging<'_>,
    client: &mut Client,
    uses: &mut Vec<Use>,
) -> Result<(), Refusal> {
    let Judging { url, anchors, nonce_key, now, skew } = by;
    let invalid = |e| Refusal::new(Code::InvalidClientAttestation, e);
    let attested = wallet_attestation::check(attestation, anchors, now, skew).map_err(invalid)?;
    let pop = wallet_pop::check(pop, &attested, url, now, skew).map_err(invalid)?;
    uses.push(Use { kind: Once::AttestationPop, id: pop.id, expires: pop.expires });
    if let Some(challenge) = &pop.challenge {
        let kind = nonce::Kind::Attestation;
        let (id, expires) = nonce::check(kind, nonce_key, challenge, now)
            .map_err(|e| Refusal::new(Code::UseAttestationChallenge, e))?;
        uses.push(Use { kind: Once::AttestationChallenge, id, expires });
    }
    client.instance = Some(attested.instance);
    client.client_id = Some(attested.client_id);
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::crypto::{Curve, SecretKey, SeededRng};
    use crate::issuance::{Signer, thumbprint};
    use crate::pki::{DistinguishedName, Profile};

    const NOW: UtcDateTime = utc_datetime!(2025-03-28 09:00:00);
    const URL: &str = "https://issuer.example";
    const TOKEN: &str = "https://issuer.example/token";
    const KEY: [u8; 32] = [7; 32];

    fn key(label: &str) -> SecretKey {
        SecretKey::generate(Curve::P256, &mut SeededRng::new(b"caller", label))
    }

    fn maker() -> (Certificate, Signer) {
        let (root, signer) = (key("root"), key("signer"));
        let profile = |name: &str| Profile {
            subject: DistinguishedName::new("KR", "TEST wallet maker", name),
            serial: vec![1],
            not_before: utc_datetime!(2025-01-01 00:00:00),
            not_after: utc_datetime!(2026-01-01 00:00:00),
        };
        let anchor = profile("root").csca(&root).unwrap();
        let own = profile("signer").document_signer(&signer.public(), &anchor, &root).unwrap();
        (anchor, Signer::new(signer, vec![own]).unwrap())
    }

    fn call(token: Option<&str>, challenge: Option<&str>) -> Call {
        let rng = &mut SeededRng::new(b"caller", "jti");
        let (dpop_key, instance) = (key("dpop"), key("instance"));
        let until = NOW + Duration::hours(1);
        let attestation =
            wallet_attestation::make("w", &instance.public(), "w", NOW, until, &maker().1);
        let pop = wallet_pop::make(&instance, URL, challenge, NOW, rng).unwrap();
        let proof = dpop::make(&dpop_key, "POST", TOKEN, token, None, NOW, rng).unwrap();
        Call {
            method: "POST".into(),
            url: TOKEN.into(),
            dpop: vec![proof],
            authorization: token.map(|token| format!("DPoP {token}")),
            attestation: Some(attestation.unwrap()),
            attestation_pop: Some(pop),
            address: None,
        }
    }

    fn judged(call: &Call, token: Option<&str>) -> Result<Shown, Refusal> {
        let anchors = [maker().0];
        let skew = Duration::seconds(60);
        let by = Judging { url: URL, anchors: &anchors, nonce_key: &KEY, skew, now: NOW };
        shown(call, token, by)
    }

    #[test]
    fn who_calls_is_shown_and_each_proof_is_used_up() {
        let rng = &mut SeededRng::new(b"caller", "challenge");
        let life = Duration::minutes(5);
        let challenge = nonce::make(nonce::Kind::Attestation, &KEY, NOW, life, rng);
        let shown = judged(&call(None, Some(&challenge)), None).unwrap();
        assert_eq!(shown.client.jkt, thumbprint(&key("dpop").public()));
        assert_eq!(shown.client.instance, Some(thumbprint(&key("instance").public())));
        assert_eq!(shown.client.client_id.as_deref(), Some("w"));
        let kinds: Vec<Once> = shown.uses.iter().map(|u| u.kind).collect();
        assert_eq!(kinds, [Once::Dpop, Once::AttestationPop, Once::AttestationChallenge]);
        assert!(shown.uses.iter().all(|u| u.expires > NOW));

        let with_token = Call { attestation: None, attestation_pop: None, ..call(Some("t"), None) };
        let shown = judged(&with_token, Some("t")).unwrap();
        assert_eq!((shown.client.instance, shown.uses.len()), (None, 1));
    }

    #[test]
    fn a_head_shown_twice_is_refused_the_second_time() {
        let rng = &mut SeededRng::new(b"caller", "register");
        let registry = Registry::memory(&crate::registry::RegistryKeys::generate(rng)).unwrap();
        let life = Duration::minutes(5);
        let challenge = nonce::make(nonce::Kind::Attestation, &KEY, NOW, life, rng);
        let head = call(None, Some(&challenge));
        let again = |head: &Call| judged(head, None).unwrap().used_up(&registry, NOW);
        // Many at once: one gets through.
        let won = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| match again(&head) {
                    Ok(_) => drop(won.fetch_add(1, std::sync::atomic::Ordering::Relaxed)),
                    Err(refusal) => assert_eq!(refusal.code, Code::InvalidDpopProof, "{refusal}"),
                });
            }
        });
        assert_eq!(won.into_inner(), 1);
        // A fresh proof with the old one of the instance; both fresh with the old challenge.
        let mut proof = || dpop::make(&key("dpop"), "POST", TOKEN, None, None, NOW, rng).unwrap();
        let proofs = [proof(), proof(), proof()];
        let mut next = head.clone();
        next.dpop = vec![proofs[0].clone()];
        assert_eq!(again(&next).unwrap_err().code, Code::InvalidClientAttestation);
        let rng = &mut SeededRng::new(b"caller", "others");
        let mut pop = |c| wallet_pop::make(&key("instance"), URL, c, NOW, rng).unwrap();
        next.dpop = vec![proofs[1].clone()];
        next.attestation_pop = Some(pop(Some(challenge.as_str())));
        let refusal = again(&next).unwrap_err();
        assert_eq!(refusal.code, Code::UseAttestationChallenge, "{refusal}");
        assert!(refusal.description.contains("used before"), "{refusal}");
        next.dpop = vec![proofs[2].clone()];
        next.attestation_pop = Some(pop(None));
        again(&next).unwrap();
    }

    #[test]
    fn a_head_that_shows_less_is_refused_under_its_code() {
        let good = call(Some("t"), None);
        let refused = |call: Call, token: Option<&str>, code: Code, words: &str| {
            let Err(refusal) = judged(&call, token) else { panic!("taken: {words}") };
            assert_eq!(refusal.code, code, "{refusal}");
            assert!(refusal.description.contains(words), "{refusal}");
        };
        let bearer = Some("Bearer t".to_owned());
        let with = |change: &dyn Fn(&mut Call)| {
            let mut call = good.clone();
            change(&mut call);
            call
        };
        let t = Some("t");
        refused(with(&|c| c.authorization = bearer.clone()), t, Code::InvalidToken, "Bearer");
        refused(with(&|c| c.authorization = None), t, Code::InvalidToken, "DPoP and the");
        refused(good.clone(), Some("u"), Code::InvalidToken, "DPoP and the");
        let dpop = Code::InvalidDpopProof;
        refused(with(&|c| c.dpop.clear()), t, dpop, "exactly one expected, 0 came");
        refused(with(&|c| c.dpop = vec![c.dpop[0].clone(); 2]), t, dpop, "2 came");
        refused(with(&|c| c.url = "https://issuer.example/nonce".into()), t, dpop, "htu");
        refused(with(&|c| c.dpop = call(None, None).dpop), t, dpop, "ath is missing");
        refused(with(&|c| c.dpop = call(Some("u"), None).dpop), t, dpop, "ath");
        let rng = &mut SeededRng::new(b"caller", "nonce");
        let proof = dpop::make(&key("dpop"), "POST", TOKEN, t, Some("n"), NOW, rng).unwrap();
        refused(with(&|c| c.dpop = vec![proof.clone()]), t, dpop, "leave it out");
        let half = Code::InvalidClient;
        refused(with(&|c| c.attestation = None), t, half, "go together");
        refused(with(&|c| c.attestation_pop = None), t, half, "go together");
        let wallet = Code::InvalidClientAttestation;
        refused(with(&|c| c.attestation = c.attestation_pop.clone()), t, wallet, "typ");
        let stranger = wallet_pop::make(&key("other"), URL, None, NOW, rng).unwrap();
        refused(with(&|c| c.attestation_pop = Some(stranger.clone())), t, wallet, "signature");
        let elsewhere =
            wallet_pop::make(&key("instance"), "https://x.example", None, NOW, rng).unwrap();
        refused(with(&|c| c.attestation_pop = Some(elsewhere.clone())), t, wallet, "aud");
        let again = Code::UseAttestationChallenge;
        refused(call(t, Some("made up")), t, again, "fresh one");
        let other_kind = nonce::make(nonce::Kind::Credential, &KEY, NOW, Duration::minutes(5), rng);
        refused(call(t, Some(&other_kind)), t, again, "fresh one");
    }
}
