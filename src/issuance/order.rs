//! What is to be issued, whatever the format.

use super::{Period, StatusRef, Subject};
use crate::crypto::PublicKey;

/// One credential to be made.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Whom it is about.
    pub subject: &'a Subject,
    /// The key that it is bound to.
    pub holder: &'a PublicKey,
    /// When it is good.
    pub period: Period,
    /// Where its status stands.
    pub status: &'a StatusRef,
}

/// The ages of which a credential says whether they are reached.
pub const AGES: [u8; 7] = [14, 15, 17, 18, 19, 20, 65];
