//! What a card declares: which cases apply, and what the terminal needs for them.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    crypto::{AgreementPublicKey, Domain},
    lds::{Df, File},
    pki::{Certificate, Oid},
    protocol::{
        active_auth::AaKey,
        bac::AccessKey,
        chip_auth::{Commands, Suite},
        pace::{Mapping, Parameters, Password, PasswordKind},
        terminal_auth::Credentials,
    },
};

/// What a case may need of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// The LDS1 eMRTD application.
    Lds1,
    /// BAC, and the MRZ to open it.
    Bac,
    /// PACE, and a password to open it.
    Pace,
    /// BAC and no PACE.
    BacOnly,
    /// Both.
    BacAndPace,
    /// PACE and no BAC.
    PaceOnly,
    /// BAC, or PACE with a password that opens the data.
    Access,
    /// PACE with the MRZ.
    PaceMrz,
    /// PACE with the CAN.
    PaceCan,
    /// PACE with the generic or the chip authentication mapping, where the terminal maps a key.
    PaceMappingKey,
    /// The same over an elliptic curve.
    PaceMappingPoint,
    /// The same over a MODP group.
    PaceMappingValue,
    /// PACE over an elliptic curve.
    PaceEcdh,
    /// PACE over a MODP group.
    PaceDh,
    /// PACE with the generic or the integrated mapping.
    PaceGmOrIm,
    /// PACE with the integrated mapping.
    PaceIm,
    /// PACE with the chip authentication mapping.
    PaceCam,
    /// One set of domain parameters for the PACE protocol that is used.
    OneParameterSet,
    /// Chip Authentication by MSE:Set KAT.
    CaKat,
    /// The same over an elliptic curve.
    CaKatEcdh,
    /// The same over a MODP group.
    CaKatDh,
    /// Chip Authentication by MSE:Set AT and GENERAL AUTHENTICATE.
    CaAt,
    /// The same over an elliptic curve.
    CaAtEcdh,
    /// The same over a MODP group.
    CaAtDh,
    /// A key of MSE:Set KAT with a keyId.
    CaKatKeyId,
    /// A key of MSE:Set AT with a keyId.
    CaAtKeyId,
    /// Terminal Authentication version 1, and certificates that the chip believes.
    Ta,
    /// Active Authentication.
    Aa,
    /// Active Authentication with RSA.
    AaRsa,
    /// Active Authentication with ECDSA.
    AaEcdsa,
    /// READ BINARY with odd INS.
    OddIns,
    /// A file.
    File(File),
    /// The certificate of the CSCA.
    Csca,
}

impl Capability {
    /// All but the files.
    pub(super) const PLAIN: [Self; 32] = [
        Self::Lds1,
        Self::Bac,
        Self::Pace,
        Self::BacOnly,
        Self::BacAndPace,
        Self::PaceOnly,
        Self::Access,
        Self::PaceMrz,
        Self::PaceCan,
        Self::PaceMappingKey,
        Self::PaceMappingPoint,
        Self::PaceMappingValue,
        Self::PaceEcdh,
        Self::PaceDh,
        Self::PaceGmOrIm,
        Self::PaceIm,
        Self::PaceCam,
        Self::OneParameterSet,
        Self::CaKat,
        Self::CaKatEcdh,
        Self::CaKatDh,
        Self::CaAt,
        Self::CaAtEcdh,
        Self::CaAtDh,
        Self::CaKatKeyId,
        Self::CaAtKeyId,
        Self::Ta,
        Self::Aa,
        Self::AaRsa,
        Self::AaEcdsa,
        Self::OddIns,
        Self::Csca,
    ];
}

impl std::fmt::Display for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lds1 => "LDS1 application",
            Self::Bac => "BAC",
            Self::Pace => "PACE",
            Self::BacOnly => "BAC without PACE",
            Self::BacAndPace => "BAC and PACE",
            Self::PaceOnly => "PACE without BAC",
            Self::Access => "BAC or PACE",
            Self::PaceMrz => "PACE with the MRZ",
            Self::PaceCan => "PACE with the CAN",
            Self::PaceMappingKey => "PACE-GM or -CAM",
            Self::PaceMappingPoint => "PACE-GM or -CAM over ECDH",
            Self::PaceMappingValue => "PACE-GM over DH",
            Self::PaceEcdh => "PACE over ECDH",
            Self::PaceDh => "PACE over DH",
            Self::PaceGmOrIm => "PACE-GM or -IM",
            Self::PaceIm => "PACE-IM",
            Self::PaceCam => "PACE-CAM",
            Self::OneParameterSet => "one PACE parameter set",
            Self::CaKat => "CA by MSE:Set KAT",
            Self::CaKatEcdh => "CA by MSE:Set KAT over ECDH",
            Self::CaKatDh => "CA by MSE:Set KAT over DH",
            Self::CaAt => "CA by MSE:Set AT",
            Self::CaAtEcdh => "CA by MSE:Set AT over ECDH",
            Self::CaAtDh => "CA by MSE:Set AT over DH",
            Self::CaKatKeyId => "keyId for MSE:Set KAT",
            Self::CaAtKeyId => "keyId for MSE:Set AT",
            Self::Ta => "TA version 1 with certificates",
            Self::Aa => "AA",
            Self::AaRsa => "AA with RSA",
            Self::AaEcdsa => "AA with ECDSA",
            Self::OddIns => "READ BINARY with odd INS",
            Self::File(file) => file.name(),
            Self::Csca => "CSCA certificate",
        })
    }
}

/// A key of Chip Authentication version 1.
#[derive(Clone, Debug)]
pub(super) struct ChipKey {
    pub(super) suite: Suite,
    pub(super) key: AgreementPublicKey,
    pub(super) key_id: Option<u64>,
}

/// What opens a card, and what a terminal can show: what no card tells by itself.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// The MRZ_information, for BAC and PACE.
    pub mrz_information: Option<zeroize::Zeroizing<String>>,
    /// The card access number.
    pub can: Option<Password>,
    /// The PIN, where the data need it. Cases that fail on purpose never use it.
    pub pin: Option<Password>,
    /// A terminal that the chip believes.
    pub terminal: Option<Arc<Credentials>>,
    /// The certificate of the issuer's CSCA.
    pub csca: Option<Arc<Certificate>>,
}

/// What a card declares, with what the terminal needs to use it.
#[derive(Clone, Debug)]
pub struct Capabilities {
    pub(super) declared_by: String,
    pub(super) files: BTreeSet<File>,
    pub(super) bac: bool,
    pub(super) pace: Vec<Parameters>,
    pub(super) chip_keys: Vec<ChipKey>,
    pub(super) active_auth: Option<(AaKey, Option<Oid>)>,
    pub(super) asks_terminals: bool,
    pub(super) odd_ins: bool,
    pub(super) lds1: bool,
    pub(super) secrets: Secrets,
    // The password that opens the data by PACE.
    pub(super) access: Option<PasswordKind>,
}

impl Capabilities {
    /// Where this comes from, in words for people.
    pub fn declared_by(&self) -> &str {
        &self.declared_by
    }

    /// Whether the card has what a case needs.
    pub fn has(&self, capability: Capability) -> bool {
        use Capability as C;
        let bac = self.bac && self.bac_key().is_some();
        let pace = !self.pace.is_empty() && self.safe_password().is_some();
        let over_curve = |p: &Parameters| matches!(p.domain(), Domain::Curve(_));
        let maps_key = |p: &&Parameters| p.suite().mapping != Mapping::Integrated;
        let mapping = |m: Mapping| self.pace.iter().any(|p| p.suite().mapping == m);
        match capability {
            C::Lds1 => self.lds1,
            C::Bac => bac,
            C::Pace => pace,
            C::BacOnly => bac && self.pace.is_empty(),
            C::BacAndPace => bac && pace,
            C::PaceOnly => pace && !self.bac,
            C::Access => bac || pace && self.access.is_some(),
            C::PaceMrz => pace && self.password(PasswordKind::Mrz).is_some(),
            C::PaceCan => pace && self.password(PasswordKind::Can).is_some(),
            C::PaceMappingKey => pace && self.pace.iter().any(|p| maps_key(&p)),
            C::PaceMappingPoint => pace && self.pace.iter().filter(maps_key).any(over_curve),
            C::PaceMappingValue => {
                pace && self.pace.iter().filter(maps_key).any(|p| !over_curve(p))
            }
            C::PaceEcdh => pace && self.pace.iter().any(over_curve),
            C::PaceDh => pace && self.pace.iter().any(|p| !over_curve(p)),
            C::PaceGmOrIm => pace && (mapping(Mapping::Generic) || mapping(Mapping::Integrated)),
            C::PaceIm => pace && mapping(Mapping::Integrated),
            C::PaceCam => pace && mapping(Mapping::ChipAuthentication),
            C::OneParameterSet => self
                .pace
                .iter()
                .any(|p| self.pace.iter().filter(|other| other.oid() == p.oid()).count() == 1),
            C::CaKat => self.chip_key(Commands::SetKat).is_some(),
            C::CaKatEcdh => self.has_chip_key(Commands::SetKat, true),
            C::CaKatDh => self.has_chip_key(Commands::SetKat, false),
            C::CaAt => self.chip_key(Commands::SetAt).is_some(),
            C::CaAtEcdh => self.has_chip_key(Commands::SetAt, true),
            C::CaAtDh => self.has_chip_key(Commands::SetAt, false),
            C::CaKatKeyId => self.chip_key(Commands::SetKat).is_some_and(|k| k.key_id.is_some()),
            C::CaAtKeyId => self.chip_key(Commands::SetAt).is_some_and(|k| k.key_id.is_some()),
            C::Ta => {
                self.asks_terminals && self.secrets.terminal.is_some() && !self.chip_keys.is_empty()
            }
            C::Aa => self.active_auth.is_some(),
            C::AaRsa => matches!(self.active_auth, Some((AaKey::Rsa(_), _))),
            C::AaEcdsa => matches!(self.active_auth, Some((AaKey::Ec(_), _))),
            C::OddIns => self.odd_ins,
            C::File(file) => self.files.contains(&file),
            C::Csca => self.secrets.csca.is_some(),
        }
    }

    /// All that it has.
    pub fn all(&self) -> Vec<Capability> {
        let files = self.files.iter().copied().map(Capability::File);
        Capability::PLAIN.into_iter().filter(|c| self.has(*c)).chain(files).collect()
    }

    pub(super) fn chip_key(&self, commands: Commands) -> Option<&ChipKey> {
        self.chip_keys.iter().find(|key| key.suite.commands() == commands)
    }

    fn has_chip_key(&self, commands: Commands, over_curves: bool) -> bool {
        let is = |key: &ChipKey| matches!(key.key, AgreementPublicKey::Ec(_)) == over_curves;
        self.chip_key(commands).is_some_and(is)
    }

    pub(super) fn bac_key(&self) -> Option<AccessKey> {
        self.secrets.mrz_information.as_ref().map(|mrz| AccessKey::mrz(mrz))
    }

    pub(super) fn password(&self, kind: PasswordKind) -> Option<Password> {
        match kind {
            PasswordKind::Mrz => {
                self.secrets.mrz_information.as_ref().map(|mrz| Password::mrz(mrz))
            }
            PasswordKind::Can => self.secrets.can.clone(),
            PasswordKind::Pin => self.secrets.pin.clone(),
            PasswordKind::Puk => None,
        }
    }

    /// A password without a try counter.
    pub(super) fn safe_password(&self) -> Option<Password> {
        self.password(PasswordKind::Can).or_else(|| self.password(PasswordKind::Mrz))
    }

    /// The data groups that the card has.
    pub(super) fn data_files(&self) -> impl Iterator<Item = File> {
        self.files.iter().copied().filter(|file| file.df() == Df::Lds)
    }
}
