//! Which card a kept state belongs to.

use super::store::CardId;
use crate::profile::Personalised;

impl CardId {
    /// The card of a profile, told from others by its name, its seed, from which its keys follow,
    /// and what its machine-readable zone says of document and holder.
    pub fn of_profile(card: &Personalised) -> Self {
        let profile = &card.profile;
        let mrz = card.mrz.as_ref().map_or("", |mrz| mrz.as_str()).as_bytes();
        Self::new(&profile.name, &[profile.seed.as_bytes(), mrz])
    }
}
