//! Reading a body that may be too long, too slow, or not come at all.

use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};

/// Why there is no body.
#[derive(Debug)]
pub(super) enum BodyError {
    TooLarge,
    Broken,
}

/// All of it, if it has at most that many bytes.
pub(super) async fn read(body: &mut Body, most: usize) -> Result<Vec<u8>, BodyError> {
    let mut all = Vec::new();
    while let Some(bytes) = next(body).await? {
        if bytes.len() > most - all.len() {
            return Err(BodyError::TooLarge);
        }
        all.extend_from_slice(&bytes);
    }
    Ok(all)
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
