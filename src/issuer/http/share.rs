//! How much of something one address may have at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::issuer::limits::{Network, network_of};

/// Counts what is had, by address (one /64 of IPv6). It remembers only those who have something.
#[derive(Debug)]
pub(super) struct Shares {
    most: Option<NonZeroU32>,
    had: Mutex<HashMap<Network, u32>>,
}

/// One of what is counted, until it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    of: Arc<Shares>,
    network: Network,
}

impl Shares {
    /// So many for each address; nothing where there is no limit.
    pub(super) fn new(most: Option<NonZeroU32>) -> Arc<Self> {
        Arc::new(Self { most, had: Mutex::default() })
    }

    /// One for that address; nothing where it has all it may have.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Share> {
        let network = network_of(address);
        let mut had = self.open();
        let count = had.get(&network).copied().unwrap_or_default();
        if self.most.is_some_and(|most| count >= most.get()) {
            return None;
        }
        had.insert(network, count.saturating_add(1));
        drop(had);
        Some(Share { of: Arc::clone(self), network })
    }

    // Nothing is left half done where a thread broke off.
    fn open(&self) -> MutexGuard<'_, HashMap<Network, u32>> {
        self.had.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut had = self.of.open();
        match had.get_mut(&self.network) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(had.remove(&self.network)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_had_again_and_nobody_is_remembered() {
        let shares = Shares::new(NonZeroU32::new(2));
        let take = |text: &str| shares.take(text.parse().unwrap());
        let (one, two) = (take("192.0.2.1").unwrap(), take("::ffff:192.0.2.1").unwrap());
        assert!(take("192.0.2.1").is_none());
        let other = take("192.0.2.2").unwrap();
        drop(one);
        let again = take("192.0.2.1").unwrap();
        assert!(take("192.0.2.1").is_none());
        drop((two, other, again));
        assert!(shares.open().is_empty());
    }
}
