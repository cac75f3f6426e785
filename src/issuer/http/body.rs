//! Reading a body that may be too long, too slow, or not come at all.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::share::{Share, Shares};

/// A body of more than so many bytes needs a place.
const SMALL: usize = 128 << 10;
/// So many there are, and of one address.
const PLACES: usize = 64;
const OF_ADDRESS: Option<NonZeroU32> = NonZeroU32::new(16);

/// Places for long bodies, which nobody has authenticated yet: they bound the memory.
#[derive(Debug)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    shares: Arc<Shares>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _place: OwnedSemaphorePermit,
    _share: Option<Share>,
}

impl Places {
    /// As many as there are; those of one address are limited too, or not.
    pub(super) fn new(by_address: bool) -> Self {
        Self::of(PLACES, OF_ADDRESS.filter(|_| by_address))
    }

    fn of(all: usize, of_address: Option<NonZeroU32>) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), shares: Shares::new(of_address) }
    }

    async fn take(&self, address: Option<IpAddr>) -> Result<Place, BodyError> {
        let share = address.map(|a| self.shares.take(a).ok_or(BodyError::TooMany)).transpose()?;
        let place = Arc::clone(&self.all).acquire_owned().await;
        Ok(Place { _place: place.map_err(|_| BodyError::Broken)?, _share: share })
    }
}

/// Why there is no body.
#[derive(Debug)]
pub(super) enum BodyError {
    TooLarge,
    TooMany,
    Broken,
}

/// All of it, if it has at most that many bytes, and the place that a long one has.
pub(super) async fn read(
    body: &mut Body,
    most: usize,
    places: &Places,
    address: Option<IpAddr>,
) -> Result<(Vec<u8>, Option<Place>), BodyError> {
    let (mut all, mut place) = (Vec::new(), None);
    while let Some(bytes) = next(body).await? {
        if bytes.len() > most - all.len() {
            return Err(BodyError::TooLarge);
        }
        if place.is_none() && all.len() + bytes.len() > SMALL {
            place = Some(places.take(address).await?);
        }
        all.extend_from_slice(&bytes);
    }
    Ok((all, place))
}

/// Lets a client finish what it is sending, within limits, so that it reads the answer: a socket
/// that is closed with unread bytes takes the answer back.
pub(super) async fn drain(body: &mut Body) {
    const MOST: usize = 4 << 20;
    let all = async {
        let mut left = MOST;
        while let Ok(Some(bytes)) = next(body).await {
            left = left.saturating_sub(bytes.len());
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(2), all).await;
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, BodyError> {
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyError::Broken),
            // Trailers say nothing here.
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[test]
    fn long_bodies_wait_for_a_place_and_one_address_has_not_all() {
        let places = Places::of(2, NonZeroU32::new(1));
        let from = |n: u8, len: usize| {
            let (places, address) = (&places, Some(IpAddr::from([192, 0, 2, n])));
            async move { read(&mut Body::from(vec![0; len]), 1 << 20, places, address).await }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (all, first) = from(1, SMALL + 1).await.unwrap();
            assert!(all.len() == SMALL + 1 && first.is_some());
            assert!(matches!(from(1, SMALL + 1).await, Err(BodyError::TooMany)));
            let _second = from(2, SMALL + 1).await.unwrap();
            assert!(timeout(Duration::ZERO, from(3, SMALL + 1)).await.is_err());
            // Short ones need none.
            assert!(from(1, SMALL).await.unwrap().1.is_none());
            drop(first);
            assert!(from(3, SMALL + 1).await.unwrap().1.is_some());
        });
    }
}
