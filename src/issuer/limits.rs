//! How often somebody may ask: by address at the door, by wallet, person, card and clerk inside.
//!
//! What is counted is kept in memory alone and has a bound: beyond it strangers share one place, so
//! that a flood of new addresses costs neither memory nor the quiet ones their turn.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::{Code, Refusal};
use crate::crypto::Hash;
use crate::issuance::Thumbprint;
use crate::registry::{CardId, PersonId};

/// How many requests are let through, all at once or spread; nothing where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// From one address (one /64 of IPv6) a minute.
    pub address: Option<NonZeroU32>,
    /// Taps by one instance of a wallet an hour, whatever they show.
    pub wallet: Option<NonZeroU32>,
    /// Taps of one person an hour whose card has proven itself.
    pub person: Option<NonZeroU32>,
    /// Taps of one card an hour that has proven itself.
    pub card: Option<NonZeroU32>,
    /// Offers of an office for one person an hour.
    pub offer: Option<NonZeroU32>,
    /// By one clerk a minute.
    pub clerk: Option<NonZeroU32>,
}

/// Counts requests. The default counts nothing.
#[derive(Debug, Default)]
pub struct Limits {
    address: Meter,
    wallet: Meter,
    person: Meter,
    card: Meter,
    offer: Meter,
    clerk: Meter,
}

/// The most that is counted apart, for each kind.
const MOST: usize = 1 << 16;
/// Of so many requests one looks for what need not be counted any more.
const SWEEP: u32 = 1024;

impl Limits {
    /// Counts by these rates.
    pub fn new(rates: &Rates) -> Self {
        Self {
            address: Meter::new("this address", rates.address.map(Quota::per_minute)),
            wallet: Meter::new("this wallet", rates.wallet.map(Quota::per_hour)),
            person: Meter::new("this person", rates.person.map(Quota::per_hour)),
            card: Meter::new("this card", rates.card.map(Quota::per_hour)),
            offer: Meter::new("offers for this person", rates.offer.map(Quota::per_hour)),
            clerk: Meter::new("this clerk", rates.clerk.map(Quota::per_minute)),
        }
    }

    /// A request from that address.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`].
    pub fn address(&self, address: IpAddr) -> Result<(), Refusal> {
        self.address.count(network_of(address))
    }

    /// A tap by that instance of a wallet.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`].
    pub fn wallet(&self, instance: &Thumbprint) -> Result<(), Refusal> {
        self.wallet.count(*instance.as_bytes())
    }

    /// A tap of that person, whose card has proven itself.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`].
    pub fn person(&self, person: &PersonId) -> Result<(), Refusal> {
        self.person.count(*person.as_bytes())
    }

    /// A tap of that card, which has proven itself.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`].
    pub fn card(&self, card: &CardId) -> Result<(), Refusal> {
        self.card.count(*card.as_bytes())
    }

    /// An office's offer for that person.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`].
    pub fn offer(&self, person: &PersonId) -> Result<(), Refusal> {
        self.offer.count(*person.as_bytes())
    }

    /// A request by that clerk.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`].
    pub fn clerk(&self, clerk: &str) -> Result<(), Refusal> {
        let mut key = [0; 32];
        key.copy_from_slice(&Hash::Sha256.digest(&[clerk.as_bytes()]));
        self.clerk.count(key)
    }
}

/// An address of IPv4, or a /64 of IPv6.
pub(super) type Network = [u8; 32];

/// What an address counts as.
pub(super) fn network_of(address: IpAddr) -> Network {
    let mut key = [0; 32];
    match address.to_canonical() {
        IpAddr::V4(v4) => key[..4].copy_from_slice(&v4.octets()),
        // Whoever has one address of a /64 has all of them.
        IpAddr::V6(v6) => {
            key[0] = 6;
            key[8..16].copy_from_slice(&v6.octets()[..8]);
        }
    }
    key
}

#[derive(Debug, Default)]
struct Meter(Option<Counted>);

struct Counted {
    what: &'static str,
    limiter: DefaultKeyedRateLimiter<Option<[u8; 32]>>,
    clock: DefaultClock,
    seen: AtomicU32,
    most: usize,
}

impl Meter {
    fn new(what: &'static str, quota: Option<Quota>) -> Self {
        Self(quota.map(|quota| Counted {
            what,
            limiter: DefaultKeyedRateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            seen: AtomicU32::new(0),
            most: MOST,
        }))
    }

    fn count(&self, key: [u8; 32]) -> Result<(), Refusal> {
        let Some(counted) = &self.0 else { return Ok(()) };
        if counted.seen.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            counted.limiter.retain_recent();
        }
        let key = (counted.limiter.len() < counted.most).then_some(key);
        counted.limiter.check_key(&key).map_err(|until| {
            let wait = until.wait_time_from(counted.clock.now());
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            let text = format!("too many requests of {}; ask again in {seconds} s", counted.what);
            Refusal { retry_after: Some(seconds), ..Refusal::new(Code::TooManyRequests, text) }
        })
    }
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Counted({}, {})", self.what, self.limiter.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let rate = NonZeroU32::new(3);
        Limits::new(&Rates {
            address: rate,
            wallet: rate,
            person: rate,
            card: rate,
            offer: rate,
            clerk: rate,
        })
    }

    #[test]
    fn each_is_let_through_so_often_and_apart_from_others() {
        let limits = limits();
        // An hour's rate does not come back while a test runs.
        for _ in 0..3 {
            limits.person(&PersonId([1; 32])).unwrap();
            limits.card(&CardId([1; 32])).unwrap();
        }
        let refusal = limits.person(&PersonId([1; 32])).unwrap_err();
        assert_eq!((refusal.code, refusal.code.status()), (Code::TooManyRequests, 429));
        // A third of an hour, at most.
        assert!((1..=1201).contains(&refusal.retry_after.unwrap()), "{refusal:?}");
        assert!(limits.card(&CardId([1; 32])).is_err());
        // Neither taps nor an office's offers take the other's turn.
        limits.offer(&PersonId([1; 32])).unwrap();
        limits.person(&PersonId([2; 32])).unwrap();
        limits.card(&CardId([2; 32])).unwrap();
        let unlimited = Limits::default();
        assert!((0..1000).all(|_| unlimited.person(&PersonId([1; 32])).is_ok()));
    }

    #[test]
    fn addresses_of_one_network_of_ipv6_are_one() {
        let limits = limits();
        let ask = |text: &str| limits.address(text.parse().unwrap()).is_ok();
        assert!(ask("2001:db8::1") && ask("2001:db8::2") && ask("2001:db8::3"));
        assert!(!ask("2001:db8::4"));
        assert!(ask("2001:db8:0:1::1"));
        // The same address of IPv4, however it is written.
        assert!(ask("192.0.2.1") && ask("::ffff:192.0.2.1") && ask("192.0.2.1"));
        assert!(!ask("::ffff:192.0.2.1"));
        assert!(ask("192.0.2.2"));
    }

    #[test]
    fn a_flood_of_strangers_shares_one_place() {
        let mut limits = limits();
        limits.person.0.as_mut().unwrap().most = 8;
        let passed = (0..100u8).filter(|i| limits.person(&PersonId([*i; 32])).is_ok()).count();
        // Eight have a place of their own, and the ninth is shared.
        assert_eq!(passed, 8 + 3);
        assert!(limits.person.0.as_ref().unwrap().limiter.len() <= 9);
    }
}
