//! What a tap is told: passwords, certificates, limits.

use super::{KnownLengths, TerminalCertificates};
use crate::{
    lds::edl,
    protocol::{
        bac::AccessKey,
        pace::{ParameterReference, Password},
    },
    transport::Limits,
};

/// The passwords at hand. A PIN is used where there is one; with a CAN beside it a suspended PIN
/// is resumed, with a PUK a blocked one is unblocked. Else it is the CAN, the MRZ, the PUK.
#[derive(Clone, Debug, Default)]
pub struct Passwords {
    /// Card access number.
    pub can: Option<Password>,
    /// PIN.
    pub pin: Option<Password>,
    /// PUK: opens what the card opens to it, which may be nothing but the PIN's try counter.
    pub puk: Option<Password>,
    /// Machine-readable zone, for PACE.
    pub mrz: Option<Password>,
    /// The keys of BAC, from the machine-readable zone.
    pub bac: Option<AccessKey>,
    /// The keys of BAP, from a driving licence's machine-readable line.
    pub bap: Option<AccessKey>,
}

impl Passwords {
    /// What follows from a machine-readable zone's MRZ_information: for PACE and for BAC.
    pub fn from_mrz(mrz_information: &str) -> Self {
        Self {
            mrz: Some(Password::mrz(mrz_information)),
            bac: Some(AccessKey::mrz(mrz_information)),
            ..Self::default()
        }
    }

    /// What follows from a driving licence's machine-readable line: for PACE and for BAP
    /// (ISO/IEC 18013-3 annex B).
    pub fn from_licence(line: &edl::Mrz) -> Self {
        Self {
            mrz: Some(Password::mrz(line.bap_input())),
            bap: Some(AccessKey::bap_input(line.bap_input())),
            ..Self::default()
        }
    }
}

/// What a tap is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The passwords at hand.
    pub passwords: Passwords,
    /// Whether the last try of a PIN may be spent.
    pub last_try: bool,
    /// Whether to use BAC or BAP on a card that offers PACE.
    pub allow_bac: bool,
    /// What this terminal shows to a chip that keeps data for authorised ones.
    pub terminal: Option<TerminalCertificates>,
    /// Whether MSE:Set AT names the domain parameters.
    pub parameter_reference: ParameterReference,
    /// Lowers what card and reader allow: [`Limits::SHORT`] for short APDUs only.
    pub max_apdu: Limits,
    /// What earlier taps learnt of readers and kinds of cards, so that it need not be found out
    /// again.
    pub lengths: KnownLengths,
    /// A request's binding: RND.IFD of Active Authentication is its first bytes, the challenge of a
    /// key-only card all of it. Without it, they are random.
    pub bind: Option<[u8; 32]>,
    /// Whether Chip Authentication is left to somebody far away, who runs it through a
    /// [`Relay`](super::Relay) when the tap has read the card.
    pub relay: bool,
    /// What the evidence calls the card: `emulated:resident`, `pcsc:` and the reader's name.
    pub source: String,
}

#[cfg(feature = "emulator")]
impl Options {
    /// What opens an emulated card, as its profile has it: the PIN where the data need it or where a
    /// key alone is to say that it was given, the CAN where there is PACE, else what is printed; and certificates that the chip believes.
    pub fn of_profile(card: &crate::profile::Personalised) -> Self {
        let secrets = &card.profile.secrets;
        let can = || Passwords { can: Some(Password::can(&secrets.can)), ..Passwords::default() };
        let pin = secrets.pin.as_ref().filter(|_| card.profile.asks_for_the_pin());
        let pin =
            pin.map(|pin| Passwords { pin: Some(Password::pin(pin)), ..Passwords::default() });
        let passwords = match &card.licence {
            Some(line) => Passwords::from_licence(line),
            None if card.profile.pace.is_empty() => {
                card.mrz.as_ref().map(|mrz| Passwords::from_mrz(mrz.as_str())).unwrap_or_default()
            }
            None if secrets.can.is_empty() => Passwords {
                pin: secrets.pin.as_ref().map(|pin| Password::pin(pin)),
                ..Passwords::default()
            },
            None => pin.unwrap_or_else(can),
        };
        let terminal = card
            .terminal
            .as_ref()
            .and_then(|own| TerminalCertificates::new(own.chain.clone(), own.key.private()).ok());
        let source = format!("emulated:{}", card.profile.name);
        Self { passwords, terminal, source, ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            passwords: Passwords::default(),
            last_try: false,
            allow_bac: false,
            terminal: None,
            parameter_reference: ParameterReference::Always,
            max_apdu: Limits::EXTENDED,
            lengths: KnownLengths::default(),
            bind: None,
            relay: false,
            source: "unknown".into(),
        }
    }
}
