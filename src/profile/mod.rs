//! Cards declared in TOML, and their personalisation: keys, files and signatures.
//!
//! A profile is a small text (card-profiles/README.md). Everything random about a card follows
//! from the profile's seed, so one text is one card, byte for byte. Persons are synthetic, names
//! in the PKI contain `TEST`, and a resident registration number that somebody could have is
//! refused.
//!
//! ```
//! use iccard::{lds::File, profile};
//!
//! let card = profile::resident()?;
//! assert_eq!(card.files[&File::Dg2].len(), 15_000);
//! let text = profile::new_profile("my test card", "any seed");
//! let other = profile::check(&text, "mine.toml".as_ref())?.personalise()?;
//! assert_ne!(card.files[&File::Sod], other.files[&File::Sod]);
//! # Ok::<(), profile::ProfileError>(())
//! ```

mod check;
mod document;
mod error;
mod face;
mod findings;
mod from_recording;
mod layout;
mod marks;
mod new;
mod personalise;
mod quirks;
mod recorded_files;
mod resident_number;
mod rule;
mod schema;
mod shape;
mod sources;
#[cfg(test)]
mod tests;

pub use check::{check, check_all, read, read_all};
pub use error::{Place, ProfileError};
pub use from_recording::{FromRecordingError, from_recording};
pub use layout::{
    DataObjectSpec, FileKind, FileRules, FileSpec, KeyMaterial, KeySpec, KeyUse, Layout,
    PasswordSpec, Structure,
};
pub use new::new_profile;
pub use personalise::{KeyOnlyKeys, Keys, Personalised, anchors};
pub use quirks::{Extended, LengthAnswer, Naked, Quirks};
pub use rule::{Rule, RuleError, Status};
pub use schema::{
    ActiveAuthentication, ChipAuthentication, Document, KeyKind, KeyOnly, Licence, Limits, Person,
    PinRules, Pki, Profile, RsaScheme, Secrets, TerminalAuthentication, Travel,
};
pub use shape::{json_schema, key_table};
pub(crate) use sources::regular;

/// The text of the resident profile, which is part of the library.
pub const RESIDENT: &str = include_str!("../../card-profiles/resident.toml");

/// The profiles that are part of the library, by name.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("resident", RESIDENT),
    ("resident-key-only", include_str!("../../card-profiles/resident-key-only.toml")),
    ("passport-bac", include_str!("../../card-profiles/passport-bac.toml")),
    ("passport-pace-gm", include_str!("../../card-profiles/passport-pace-gm.toml")),
    ("passport-pace-im", include_str!("../../card-profiles/passport-pace-im.toml")),
    ("passport-pace-cam", include_str!("../../card-profiles/passport-pace-cam.toml")),
    ("passport-eac", include_str!("../../card-profiles/passport-eac.toml")),
    ("passport-rsa-legacy", include_str!("../../card-profiles/passport-rsa-legacy.toml")),
    ("eid-pin", include_str!("../../card-profiles/eid-pin.toml")),
    ("iso-files", include_str!("../../card-profiles/iso-files.toml")),
    ("driving-licence-bap", include_str!("../../card-profiles/driving-licence-bap.toml")),
];

/// The card of the resident profile.
///
/// # Errors
/// None with the profile that is part of the library; a test checks that.
pub fn resident() -> Result<Personalised, ProfileError> {
    check(RESIDENT, "card-profiles/resident.toml".as_ref())?.personalise()
}
