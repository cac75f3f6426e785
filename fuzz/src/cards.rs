//! The emulated cards and what a tap of one brings home. The same in every process.

use std::sync::OnceLock;

use iccard::crypto::SeededRng;
use iccard::emulator::{Card, SeededEnv};
use iccard::issuance::{CredentialRequest, DeviceKeys, Session};
use iccard::profile::{self, Personalised};
use iccard::protocol::pace::Password;
use iccard::tap::{Options, Passwords, tap};
use iccard::transport::Loopback;
use iccard::trust::{Anchors, Evidence};
use time::macros::utc_datetime;
use time::{Duration, UtcDateTime};

/// When the tap happens.
pub const NOW: UtcDateTime = utc_datetime!(2025-03-28 01:02:03);

/// A card of that built-in profile.
///
/// # Panics
/// Where there is none of that name.
pub fn personalised(name: &str) -> Personalised {
    let (_, text) = profile::BUILT_IN.iter().find(|(n, _)| *n == name).expect("a built-in profile");
    profile::check(text, name.as_ref()).and_then(profile::Profile::personalise).expect("a card")
}

/// The card in a chip.
///
/// # Panics
/// Where a file of it is too large.
pub fn card(of: &Personalised) -> Card {
    Card::from_profile(of, Box::new(SeededEnv::new(b"fuzz"))).expect("a card")
}

/// A resident card tapped for a session, and the request made of it.
pub struct Tapped {
    /// Whom its judge believes.
    pub anchors: Anchors,
    /// What the tap brought home.
    pub evidence: Evidence,
    /// The verifier's session.
    pub session: Session,
    /// The device's keys.
    pub keys: DeviceKeys,
    /// The request.
    pub token: String,
}

/// The tap, made at the first call.
///
/// # Panics
/// Never: the card is good.
pub fn tapped() -> &'static Tapped {
    static TAPPED: OnceLock<Tapped> = OnceLock::new();
    TAPPED.get_or_init(|| {
        let of = personalised("resident");
        let mut anchors = Anchors::new("fuzz");
        for (name, der) in profile::anchors(&of) {
            anchors.add(&name, &der).expect("an anchor");
        }
        let rng = &mut SeededRng::new(b"fuzz", "tap");
        let keys = DeviceKeys::generate(2, rng);
        let session = Session::new(keys.commitment(), NOW, Duration::minutes(5), rng);
        let passwords =
            Passwords { can: Some(Password::can(&of.profile.secrets.can)), ..Passwords::default() };
        let options = Options {
            passwords,
            source: "fuzz".into(),
            bind: Some(*session.binding(&keys.jkt()).as_bytes()),
            ..Options::default()
        };
        let mut dialogue = iccard::session::Session::new(Box::new(Loopback::new(card(&of))));
        let evidence = tap(&mut dialogue, &options, rng, NOW, &mut |_| {}).expect("a tap").evidence;
        let token =
            CredentialRequest::sign(&keys, &session, evidence.clone(), NOW).expect("a request");
        Tapped { anchors, evidence, session, keys, token }
    })
}
