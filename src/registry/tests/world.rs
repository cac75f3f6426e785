//! Phones, persons and a clock for the tests of the register.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use time::{Duration, UtcDateTime, macros::utc_datetime};
use zeroize::Zeroizing;

use crate::crypto::{Curve, Hash, PublicKey, SecretKey, SeededRng};
use crate::issuance::{Commitment, Session, Thumbprint};
use crate::policy::Way;
use crate::registry::*;
use crate::trust::Level;

pub(super) const NOW: UtcDateTime = utc_datetime!(2026-03-02 09:00:00);
pub(super) const TERM: UtcDateTime = utc_datetime!(2029-03-02 14:59:59);
pub(super) const MDOC: &str = "resident_mdoc";
pub(super) const SD_JWT: &str = "resident_sdjwt";
pub(super) const TX_CODE: &str = "493536";

pub(super) fn keys() -> RegistryKeys {
    RegistryKeys { seal: Zeroizing::new([1; 32]), names: Zeroizing::new([2; 32]) }
}

/// A register, and numbers that no two values share.
pub(super) struct World {
    pub(super) registry: Registry,
    next: AtomicU64,
    rng: Mutex<SeededRng>,
}

/// A phone with two holder keys.
#[derive(Clone)]
pub(super) struct Phone {
    pub(super) jkt: Thumbprint,
    pub(super) instance: Thumbprint,
    pub(super) keys: Vec<Thumbprint>,
}

impl Phone {
    pub(super) fn h_dev(&self) -> Commitment {
        let mut keys: Vec<_> = self.keys.iter().map(|k| *k.as_bytes()).collect();
        keys.sort_unstable();
        Commitment::new(Hash::Sha256.digest(&[&keys.concat()]).try_into().unwrap())
    }
}

/// The codes and tokens that a wallet has in its hand.
#[derive(Clone)]
pub(super) struct Claimed {
    pub(super) claim: Claim,
    pub(super) grant: Grant,
}

impl World {
    pub(super) fn new(registry: Registry) -> Self {
        let rng = Mutex::new(SeededRng::new(b"1", "world"));
        Self { registry, next: AtomicU64::new(1), rng }
    }

    /// A value that came never before.
    pub(super) fn fresh<const N: usize>(&self) -> [u8; N] {
        let number = self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let hash = Hash::Sha256.digest(&[b"fresh", &number]);
        hash[..N].try_into().unwrap()
    }

    pub(super) fn token(&self) -> TokenHash {
        TokenHash(self.fresh())
    }

    pub(super) fn phone(&self) -> Phone {
        let thumbprint = || Thumbprint::new(self.fresh());
        Phone { jkt: thumbprint(), instance: thumbprint(), keys: vec![thumbprint(), thumbprint()] }
    }

    pub(super) fn person(&self, name: &str) -> PersonId {
        self.registry.person_id(name)
    }

    pub(super) fn card(&self, name: &str) -> CardId {
        self.registry.card_id(name.as_bytes())
    }

    /// Opens a session.
    pub(super) fn open(&self, phone: &Phone, now: UtcDateTime) -> NewTapSession {
        let life = Duration::seconds(90);
        let rng = &mut *self.rng.lock().unwrap();
        let tap = NewTapSession {
            session: Session::new(phone.h_dev(), now, life, rng),
            jkt: phone.jkt,
            instance: phone.instance,
            keys: phone.keys.clone(),
            c_nonce: self.fresh(),
        };
        self.registry.open_tap(&tap, now).unwrap();
        tap
    }

    /// What a verified tap of the person's card would leave.
    pub(super) fn result(&self, tap: &NewTapSession, name: &str, now: UtcDateTime) -> TapResult {
        TapResult {
            session: tap.session.id,
            person: self.person(name),
            card: self.card(name),
            counter: None,
            level: Level::L3,
            subject: name.as_bytes().to_vec(),
            term_until: TERM,
            code: self.token(),
            expires: now + Duration::minutes(2),
        }
    }

    /// Taps: the claim of its code.
    pub(super) fn tap(&self, name: &str, phone: &Phone, now: UtcDateTime) -> Claim {
        let opened = self.open(phone, now);
        let result = self.result(&opened, name, now);
        self.registry.finish_tap(&result, now).unwrap();
        self.claim(result.code, None, phone, now)
    }

    /// Makes an offer: the claim of its code by that phone.
    pub(super) fn offer(&self, name: &str, phone: &Phone, now: UtcDateTime) -> (OfferId, Claim) {
        let offer = NewOffer {
            id: OfferId(self.fresh()),
            person: self.person(name),
            code: self.token(),
            secret: Zeroizing::new(format!("secret of {name}")),
            tx_code: hashed(TX_CODE),
            subject: name.as_bytes().to_vec(),
            term_until: TERM,
            expires: now + Duration::minutes(3),
            clerk: "desk-1".into(),
        };
        self.registry.make_offer(&offer, now).unwrap();
        (offer.id, self.claim(offer.code, Some(TX_CODE), phone, now))
    }

    pub(super) fn claim(
        &self,
        code: TokenHash,
        tx_code: Option<&str>,
        phone: &Phone,
        now: UtcDateTime,
    ) -> Claim {
        Claim {
            code,
            tx_code: tx_code.map(hashed),
            jkt: phone.jkt,
            instance: phone.instance,
            tokens: self.tokens(now),
        }
    }

    pub(super) fn tokens(&self, now: UtcDateTime) -> AccessTokens {
        let access_expires = now + Duration::minutes(5);
        AccessTokens { access: self.token(), access_expires, refresh: self.token() }
    }

    /// Redeems a code and shows the access token once.
    pub(super) fn redeem(&self, claim: Claim, now: UtcDateTime) -> Claimed {
        self.registry.claim(&claim, now).unwrap();
        let grant = self.registry.grant(&claim.tokens.access, &claim.jkt, now).unwrap();
        Claimed { claim, grant }
    }

    pub(super) fn request(&self, grant: &Grant, keys: &[Thumbprint], now: UtcDateTime) -> Reserve {
        Reserve {
            grant: grant.id,
            configuration: MDOC.into(),
            keys: keys.to_vec(),
            nonces: vec![(self.fresh(), now + Duration::minutes(5))],
        }
    }

    /// Everything from a tap to a credential.
    pub(super) fn enrol(&self, name: &str, phone: &Phone, now: UtcDateTime) -> Enrolled {
        let claimed = self.redeem(self.tap(name, phone, now), now);
        self.issue(claimed, &phone.keys, now)
    }

    /// Everything from an offer to a credential.
    pub(super) fn visit(&self, name: &str, phone: &Phone, now: UtcDateTime) -> Enrolled {
        let claimed = self.redeem(self.offer(name, phone, now).1, now);
        self.issue(claimed, &phone.keys, now)
    }

    pub(super) fn issue(
        &self,
        claimed: Claimed,
        keys: &[Thumbprint],
        now: UtcDateTime,
    ) -> Enrolled {
        let request = self.request(&claimed.grant, keys, now);
        let reservation = self.registry.reserve(&request, now).unwrap();
        let notification = self.keep(&reservation, now);
        Enrolled { claimed, request, reservation, notification }
    }

    pub(super) fn keep(&self, reservation: &Reservation, now: UtcDateTime) -> TokenHash {
        let notification = self.token();
        let made: Vec<_> = reservation.credentials.iter().map(|c| (c.id, signed(c))).collect();
        self.registry.keep(&made, &notification, now).unwrap();
        notification
    }

    /// Lets a request wait, for whatever keys.
    pub(super) fn try_defer(
        &self,
        transaction: &TokenHash,
        request: &Reserve,
        now: UtcDateTime,
    ) -> Result<Vec<PublicKey>, RegistryError> {
        let rng = &mut *self.rng.lock().unwrap();
        let keys = request.keys.iter().map(|_| SecretKey::generate(Curve::P256, rng).public());
        let keys: Vec<_> = keys.collect();
        self.registry.defer(transaction, request, &keys, now)?;
        Ok(keys)
    }

    pub(super) fn defer(&self, transaction: &TokenHash, request: &Reserve, now: UtcDateTime) {
        self.try_defer(transaction, request, now).unwrap();
    }

    pub(super) fn state_of(&self, device: &Device) -> DeviceState {
        let all = self.registry.devices_of(&device.person).unwrap();
        all.iter().find(|d| d.id == device.id).unwrap().state
    }

    /// The kinds of what happened to a person.
    pub(super) fn kinds(&self, name: &str) -> Vec<EventKind> {
        let events = self.registry.history(&self.person(name)).unwrap();
        events.iter().map(|event| event.kind).collect()
    }
}

/// A person on a phone.
pub(super) struct Enrolled {
    pub(super) claimed: Claimed,
    pub(super) request: Reserve,
    pub(super) reservation: Reservation,
    pub(super) notification: TokenHash,
}

pub(super) fn hashed(text: &str) -> TokenHash {
    TokenHash(Hash::Sha256.digest(&[text.as_bytes()]).try_into().unwrap())
}

/// What stands for a signed credential.
pub(super) fn signed(reserved: &Reserved) -> Vec<u8> {
    format!("credential {} for {} at {}", reserved.id, reserved.key, reserved.idx).into_bytes()
}

pub(super) fn denied<T: std::fmt::Debug>(result: Result<T, RegistryError>) -> Denied {
    match result {
        Err(RegistryError::Denied(denied)) => denied,
        other => panic!("a refusal was expected, {other:?} came"),
    }
}

pub(super) const fn is_tap(way: Way) -> bool {
    matches!(way, Way::Ic)
}
