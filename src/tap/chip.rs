//! Chip Authentication: what to try, and how far it is.

use std::collections::VecDeque;

use crate::{
    crypto::{AgreementPublicKey, AgreementSecretKey, Cipher},
    lds::{ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, File, SecurityInfos},
    pki::{SignedData, agreement},
    protocol::{
        chip_auth::{Agreed, ChipAuthError, Suite, Terminal, Version},
        pace::{ChipAuthenticationData, cam},
    },
    trust::{ChipAuthentication, ChipRun, KeyFile},
};

/// How far Chip Authentication is.
pub(super) enum Proof {
    NotOffered,
    NotRun(String),
    Failed {
        why: String,
        run: Option<ChipAuthentication>,
    },
    /// New keys, and nothing came under them yet.
    Agreed(ChipAuthentication),
    Proven(ChipAuthentication),
}

impl Proof {
    /// An answer came under the keys in force: those of Chip Authentication, where it has run.
    pub(super) fn answered(&mut self) {
        match std::mem::replace(self, Self::NotOffered) {
            Self::Agreed(mut run) => {
                run.protected_reply = true;
                *self = Self::Proven(run);
            }
            other => *self = other,
        }
    }

    /// No answer came under the new keys. A chip without the private key cannot even read our
    /// command.
    pub(super) fn denied(&mut self, error: &impl std::fmt::Display) {
        if let Self::Agreed(run) = std::mem::replace(self, Self::NotOffered) {
            let file = match run.key_file {
                KeyFile::Dg14 => "EF.DG14",
                KeyFile::CardSecurity => "EF.CardSecurity",
            };
            let why = format!("the chip does not hold the private key of {file} ({error})");
            *self = Self::Failed { why, run: Some(run) };
        }
    }

    /// The channel is gone. What came under its keys was proven of its other end: keys that
    /// nothing came under are void, and so is a key of EF.CardSecurity, which does not say of which
    /// EF.SOD it is. One of EF.DG14 is bound to all that EF.SOD signs.
    pub(super) fn leave(&mut self) -> Option<ChipAuthentication> {
        match std::mem::replace(self, Self::NotOffered) {
            Self::Agreed(run) => Some(run),
            Self::Proven(run) if run.key_file == KeyFile::CardSecurity => Some(run),
            other => {
                *self = other;
                None
            }
        }
    }

    /// What `leave` gave up, where nothing has taken its place in the further channel. Keys of
    /// EF.DG14 may be agreed there by whoever reads on.
    pub(super) fn not_again(&mut self, before: Option<ChipAuthentication>) {
        if let Some(run) = before.filter(|run| run.key_file == KeyFile::CardSecurity)
            && matches!(self, Self::NotOffered)
        {
            let why = "the chip did not prove itself in a further channel".into();
            *self = Self::Failed { why, run: Some(run) };
        }
    }

    pub(super) const fn is_agreed(&self) -> bool {
        matches!(self, Self::Agreed(_))
    }

    /// What the judge is told, and what the evidence keeps.
    pub(super) fn finish(self) -> (ChipRun, Option<ChipAuthentication>) {
        match self {
            Self::NotOffered => (ChipRun::NotOffered, None),
            Self::NotRun(why) => (ChipRun::NotRun(why), None),
            Self::Failed { why, run } => (ChipRun::Failed(why), run),
            Self::Agreed(run) => {
                (ChipRun::Failed("nothing came under the new keys".into()), Some(run))
            }
            Self::Proven(run) => (ChipRun::Proven, Some(run)),
        }
    }
}

/// One way to run it.
pub(super) struct Attempt {
    suite: Suite,
    key: AgreementPublicKey,
    key_id: Option<u64>,
    key_file: KeyFile,
    /// Whether the keyId is written with a zero in front.
    padded: bool,
}

impl Attempt {
    /// Version 1 of it.
    pub(super) fn terminal(&self) -> Terminal {
        let terminal = Terminal::new(self.suite, self.key.clone(), self.key_id);
        if self.padded { terminal.with_padded_key_id() } else { terminal }
    }

    /// Version 2 of it, with the key that Terminal Authentication announced.
    pub(super) fn version_2(
        &self,
        announced: AgreementSecretKey,
    ) -> Result<Terminal, ChipAuthError> {
        self.terminal().with_version(Version::V2).with_ephemeral(announced)
    }

    pub(super) fn run(&self, agreed: &Agreed) -> ChipAuthentication {
        ChipAuthentication {
            protocol: self.suite.oid().to_string(),
            key_file: self.key_file,
            key_id: self.key_id,
            terminal_public_key: agreed.ephemeral.as_bytes().to_vec(),
            protected_reply: false,
        }
    }
}

/// What to try with EF.DG14, the strongest cipher first; without a ChipAuthenticationInfo, which
/// some cards lack, whatever the key lets guess. Where there is nothing, why.
pub(super) fn attempts(infos: &SecurityInfos) -> Result<VecDeque<Attempt>, Proof> {
    let mut attempts = VecDeque::new();
    let mut why = None;
    let keys: Vec<_> = infos.chip_authentication_keys().collect();
    let offered: Vec<_> = infos.chip_authentication().collect();
    if offered.is_empty() {
        for key in &keys {
            match agreement::parse(&key.spki) {
                Ok(public) => attempts.extend(
                    Suite::inferred(public.domain())
                        .map(|suite| attempt(suite, public.clone(), key.key_id, KeyFile::Dg14)),
                ),
                Err(error) => why = why.or_else(|| Some(failed(error.to_string()))),
            }
        }
    }
    for info in offered {
        match with_key(info, &keys, Version::V1, KeyFile::Dg14) {
            Ok(found) => attempts.push_back(found),
            Err(proof) => why = why.or(Some(proof)),
        }
    }
    if attempts.is_empty() {
        return Err(why.unwrap_or(Proof::NotOffered));
    }
    attempts.make_contiguous().sort_by_key(|a| a.suite.cipher() == Cipher::TripleDes);
    // Last, for chips that want a keyId of two bytes.
    let short = attempts.iter().filter(|a| a.key_id.is_some_and(|id| id < 0x100));
    let padded: Vec<_> =
        short.map(|a| Attempt { key: a.key.clone(), padded: true, ..*a }).collect();
    attempts.extend(padded);
    Ok(attempts)
}

/// Version 2 with a key of EF.CardSecurity.
pub(super) fn of_card_security(
    info: &ChipAuthenticationInfo,
    infos: &SecurityInfos,
) -> Result<Attempt, Proof> {
    let keys: Vec<_> = infos.chip_authentication_keys().collect();
    with_key(info, &keys, Version::V2, KeyFile::CardSecurity)
}

/// The SecurityInfos that EF.CardSecurity signs, whoever signed them.
pub(super) fn content_of(card_security: &[u8]) -> Result<SecurityInfos, String> {
    let signed = SignedData::parse(card_security).map_err(|e| e.to_string())?;
    let infos = SecurityInfos::parse_in(File::CardSecurity, signed.content());
    infos.map_err(|e| e.to_string())
}

/// Whether a further run of the mapping was with the key of the first.
pub(super) fn same_chip(
    again: &ChipAuthenticationData,
    parameter_id: u32,
    card_security: Option<&[u8]>,
) -> Result<(), String> {
    let infos = content_of(card_security.ok_or("EF.CardSecurity was not read")?)?;
    let key = infos.mapping_key(parameter_id).ok_or("EF.CardSecurity has no key for it")?;
    let key = agreement::parse(&key.spki).map_err(|e| e.to_string())?;
    let key = key.curve_key().ok_or("the key is none of a curve")?;
    cam::verify(again, key).map_err(|e| e.to_string())
}

fn with_key(
    info: &ChipAuthenticationInfo,
    keys: &[&ChipAuthenticationPublicKeyInfo],
    version: Version,
    file: KeyFile,
) -> Result<Attempt, Proof> {
    match (version, info.version) {
        (Version::V1, 2..) => {
            let why = "version 2 of Chip Authentication follows Terminal Authentication, for which \
                       no certificates were given";
            return Err(Proof::NotRun(why.into()));
        }
        (Version::V1, _) | (Version::V2, 2) => {}
        (Version::V2, other) => {
            return Err(Proof::NotRun(format!("version 2 expected, the card has {other}")));
        }
    }
    let suite = Suite::new(info.protocol).map_err(|error| Proof::NotRun(error.to_string()))?;
    // One key needs no number, and some cards number one only.
    let key = match keys {
        [only] if info.key_id.is_none() || only.key_id.is_none() => Some(only),
        several => several.iter().find(|key| key.key_id == info.key_id),
    };
    let key = key.ok_or_else(|| failed("there is no key for the ChipAuthenticationInfo"))?;
    let public = agreement::parse(&key.spki).map_err(|error| failed(error.to_string()))?;
    Ok(attempt(suite, public, key.key_id, file))
}

const fn attempt(
    suite: Suite,
    key: AgreementPublicKey,
    key_id: Option<u64>,
    key_file: KeyFile,
) -> Attempt {
    Attempt { suite, key, key_id, key_file, padded: false }
}

fn failed(why: impl Into<String>) -> Proof {
    Proof::Failed { why: why.into(), run: None }
}
