//! From a personalised profile to a card.

use super::{
    access::{any_pace, holder},
    applet::Applet,
    basic_access::BasicAccess,
    card::{Card, Parts},
    chip_auth::{ChipAuthentication, ChipKey},
    defect::Defects,
    env::{Env, SeededEnv},
    fs::{Content, Node, NodeId, Tree, TreeError},
    key_only::{KeyOnlyApplication, opened},
    lds_application::LdsApplication,
    password::Passwords,
    quirks,
    terminal_auth::TerminalAuthentication,
};
use crate::{
    crypto::{Hash, SecretKey, SeededRng},
    lds::{Df, File, HolderVerification, LDS_AID, edl},
    pki::cvc::{CvcError, Issuer, PrivateKey},
    profile::{self, KeyMaterial, Layout, Personalised, Profile, ProfileError, Rule},
    protocol::{
        active_auth::{self, ActiveAuthError},
        bac::{self, AccessKey},
        chip_auth::{self, Version},
        key_only::{self, KeyOnlyError},
        pace::Password,
        terminal_auth::{self, TrustStore},
    },
};

/// The rights of inspection systems (BSI TR-03110-3 clause C.4.1).
const READ_FINGERS: u8 = 0;
const READ_IRISES: u8 = 1;

/// Why a personalised profile is no card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// The profile cannot be personalised.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A file is larger than offsets reach.
    #[error("{file} has {got} bytes, a file has at most {limit}")]
    FileTooLarge {
        /// The file.
        file: File,
        /// The most bytes.
        limit: usize,
        /// Its bytes.
        got: usize,
    },
    /// A declared file has no place among the others.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The key of Active Authentication cannot sign.
    #[error(transparent)]
    ActiveAuthentication(#[from] ActiveAuthError),
    /// The key of a key-only card is of a curve that such cards do not have.
    #[error(transparent)]
    KeyOnly(#[from] KeyOnlyError),
    /// The certificate of the CVCA is none to trust.
    #[error(transparent)]
    Cvca(#[from] CvcError),
}

/// The card of the resident profile in a world of its own: every call gives the same card, which
/// answers the same commands alike.
///
/// # Errors
/// None with the profile that is part of the library; a test checks that.
pub fn resident() -> Result<Card, CardError> {
    Card::from_profile(&profile::resident()?, Box::new(SeededEnv::new(b"resident")))
}

impl Card {
    /// The card of a personalised profile. Its files and keys are taken as they are, whether they
    /// fit together or not.
    ///
    /// # Errors
    /// [`CardError::FileTooLarge`]; [`CardError::ActiveAuthentication`], [`CardError::KeyOnly`] and
    /// [`CardError::Cvca`] for keys that cannot be used.
    pub fn from_profile(card: &Personalised, env: Box<dyn Env>) -> Result<Self, CardError> {
        let card = &*quirks::as_built(card);
        let profile = &card.profile;
        let is_licence = card.licence.is_some();
        let aid: &'static [u8] = if is_licence { &edl::AID } else { &LDS_AID };
        let tree = tree(card, aid)?;
        let holder = || holder(profile.pin.required);
        let active_auth =
            profile.active_authentication.zip(card.keys.active_authentication.clone());
        let active_auth = active_auth.map(|(aa, key)| match key {
            PrivateKey::Ec(key) => Ok(quirks::signing_chip(profile, key, aa.hash)),
            PrivateKey::Rsa(key) => active_auth::Chip::rsa(*key, aa.hash),
        });
        let application = profile.travel.is_some().then(|| -> Result<LdsApplication, CardError> {
            Ok(LdsApplication {
                aid,
                chip_auth: chip_auth(card, Version::V1, holder()),
                active_auth: active_auth.transpose()?.map(|chip| (chip, holder())),
                basic_access: basic_access(card),
                defects: Defects::NONE,
            })
        });
        let mut applets: Vec<Box<dyn Applet>> = Vec::new();
        if let Some(application) = application.transpose()? {
            applets.push(Box::new(application));
        }
        if let Some(application) = key_only_application(card)? {
            applets.push(Box::new(application));
        }
        let secrets = &profile.secrets;
        let parts = Parts {
            atr: profile.atr.as_bytes().to_vec(),
            historical: profile.atr.historical().to_vec(),
            tree,
            layout: layout(&profile.layout, &profile.seed),
            iso: !profile.layout.is_empty(),
            applets,
            pace: profile.pace.clone(),
            mapping: card.keys.mapping.clone(),
            chip_auth: chip_auth(card, Version::V2, any_pace()),
            terminal_auth: terminal_auth(card, holder())?,
            passwords: Passwords {
                mrz: card
                    .mrz
                    .as_ref()
                    .filter(|_| !is_licence)
                    .map(|mrz| Password::mrz(mrz.as_str())),
                can: (!secrets.can.is_empty()).then(|| Password::can(&secrets.can)),
                pin: secrets.pin.as_ref().map(|pin| Password::pin(pin)),
                puk: secrets.puk.as_ref().map(|puk| Password::puk(puk)),
                pin_tries: profile.pin.tries,
                pin_activated: profile.pin.activated,
                puk_uses: profile.pin.puk_uses,
            },
            extended: profile
                .limits
                .extended
                .map(|(command, response)| (usize::from(command), usize::from(response))),
        };
        Ok(Self::new(parts, env).with_quirks(profile.quirks.clone()))
    }
}

fn key_only_application(card: &Personalised) -> Result<Option<KeyOnlyApplication>, CardError> {
    let (Some(spec), Some(keys)) = (&card.profile.key_only, &card.keys.key_only) else {
        return Ok(None);
    };
    // That of the file as it is, whether it is a certificate or not.
    let certificate = card.files.get(&File::CardCertificate).map_or(&[][..], Vec::as_slice);
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(&Hash::Sha256.digest(&[certificate]));
    Ok(Some(KeyOnlyApplication {
        aid: spec.aid.clone(),
        chip: key_only::Chip::new(keys.card.clone(), fingerprint)?,
        rule: opened(card.profile.pin.required),
    }))
}

// The files of the document, those of a key-only application, then those that the profile declares.
// Applications have the numbers of their applets.
fn tree(card: &Personalised, aid: &[u8]) -> Result<Tree, CardError> {
    let profile = &card.profile;
    let mut tree = Tree::default();
    let application = match profile.travel {
        Some(_) => tree.application(aid, 0)?,
        None => NodeId::MF,
    };
    let key_only = match &profile.key_only {
        Some(spec) => tree.application(&spec.aid, usize::from(profile.travel.is_some()))?,
        None => NodeId::MF,
    };
    let holder = || holder(profile.pin.required);
    let mut add = |file: File, rule, content| {
        let df = match file.df() {
            Df::MasterFile => NodeId::MF,
            Df::Lds | Df::Edl => application,
            Df::KeyOnly => key_only,
        };
        tree.add(df, Node::transparent(file.fid(), Some(file.sfi()), rule, content))
    };
    for (file, bytes) in &card.files {
        let limit = usize::from(u16::MAX);
        if bytes.len() > limit {
            return Err(CardError::FileTooLarge { file: *file, limit, got: bytes.len() });
        }
        let terminal = |right| Rule::All(vec![holder(), Rule::Terminal(right)]);
        let rule = match file {
            // It stands among the declared ones, with their rules.
            file if is_declared(profile, *file) => continue,
            // The chip makes it.
            File::HolderVerification => continue,
            File::CardSecurity => any_pace(),
            File::Dg3 | File::Edl(edl::File::Dg7) => terminal(READ_FINGERS),
            File::Dg4 | File::Edl(edl::File::Dg8) => terminal(READ_IRISES),
            file if file.df() == Df::MasterFile => Rule::Always,
            file if file.df() == Df::KeyOnly => opened(profile.pin.required),
            _ => holder(),
        };
        add(*file, rule, Content::Bytes(bytes.clone()))?;
    }
    let made = profile.secrets.pin.is_some() && !is_declared(profile, File::HolderVerification);
    if profile.travel.is_some() && made {
        let made = Content::Made { len: HolderVerification::LEN };
        add(File::HolderVerification, Rule::SecureMessaging, made)?;
    }
    for spec in &profile.layout.files {
        tree.declare(spec)?;
    }
    // Those of the application that the card makes itself.
    for (_, spec) in profile.layout.inside.iter().filter(|_| profile.travel.is_some()) {
        tree.declare_in(application, spec)?;
    }
    Ok(tree)
}

// Passwords, keys and data objects, with the keys that follow from the seed.
fn layout(declared: &Layout, seed: &str) -> Layout {
    let (files, inside) = (Vec::new(), Vec::new());
    let mut layout = Layout { files, inside, ..declared.clone() };
    for spec in &mut layout.keys {
        if let KeyMaterial::Ec { curve, value, .. } = &mut spec.key {
            let label = format!("key {}", spec.number);
            let made = || SecretKey::generate(*curve, &mut SeededRng::new(seed.as_bytes(), &label));
            value.get_or_insert_with(|| made().to_bytes().clone());
        }
    }
    layout
}

// Whether the profile declares this file itself.
fn is_declared(profile: &Profile, file: File) -> bool {
    let path = [file.fid()];
    let layout = &profile.layout;
    match file.df() {
        Df::MasterFile => layout.files.iter().any(|spec| spec.path == path),
        Df::Lds | Df::Edl => layout.inside.iter().any(|(_, spec)| spec.path == path),
        Df::KeyOnly => false,
    }
}

fn chip_auth(card: &Personalised, version: Version, rule: Rule) -> Option<ChipAuthentication> {
    let keys = card.profile.chip_authentication.iter().zip(&card.keys.chip_authentication);
    let keys: Vec<_> = keys
        .filter(|(ca, _)| ca.version == version)
        .map(|(ca, key)| ChipKey {
            key_id: ca.key_id,
            chip: chip_auth::Chip::new(ca.suite, key.clone()),
        })
        .collect();
    (!keys.is_empty()).then(|| ChipAuthentication::new(version, keys, rule))
}

fn basic_access(card: &Personalised) -> Option<BasicAccess> {
    let mrz = card.mrz.as_ref()?.as_str();
    // Behind the document number and its check digit stand two dates with theirs.
    let id = mrz.get(..mrz.len().saturating_sub(14)).unwrap_or_default().as_bytes().to_vec();
    let key = match &card.licence {
        Some(line) => AccessKey::bap_input(line.bap_input()),
        None if card.profile.bac => AccessKey::mrz(mrz),
        None => return None,
    };
    Some(BasicAccess { chip: bac::Chip::new(key), id })
}

fn terminal_auth(
    card: &Personalised,
    holder: Rule,
) -> Result<Option<TerminalAuthentication>, CardError> {
    let (Some(ta), Some(cvca)) = (&card.profile.terminal_authentication, &card.cvca) else {
        return Ok(None);
    };
    // The chip's first date is that of its personalisation.
    let store = TrustStore::new([Issuer::trust_point(cvca)?], cvca.effective())?;
    let access = match ta.version {
        terminal_auth::Version::V1 => holder,
        terminal_auth::Version::V2 => any_pace(),
    };
    Ok(Some(TerminalAuthentication { version: ta.version, store, access }))
}
