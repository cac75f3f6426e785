//! From a personalised profile to a card.

use super::{
    access::Access,
    applet::Applet,
    card::{Card, Parts},
    chip_auth::ChipAuthentication,
    env::{Env, SeededEnv},
    fs::{Content, Directory, Ef},
    lds_application::LdsApplication,
    password::Passwords,
};
use crate::{
    lds::{Df, File, HolderVerification},
    pki::cvc::PrivateKey,
    profile::{self, Personalised, ProfileError},
    protocol::{
        active_auth,
        bac::{self, AccessKey},
        chip_auth,
        pace::Password,
    },
};

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
    /// [`CardError::FileTooLarge`].
    pub fn from_profile(card: &Personalised, env: Box<dyn Env>) -> Result<Self, CardError> {
        let Personalised { profile, files, keys, .. } = card;
        let (mut mf, mut lds) = (Vec::new(), Vec::new());
        for (file, bytes) in files {
            let limit = usize::from(u16::MAX);
            if bytes.len() > limit {
                return Err(CardError::FileTooLarge { file: *file, limit, got: bytes.len() });
            }
            let content = Content::Bytes(bytes.clone());
            match file.df() {
                Df::MasterFile => mf.push(ef(*file, Access::Always, content)),
                Df::Lds | Df::Edl => lds.push(ef(*file, Access::Holder, content)),
            }
        }
        let made = Content::Made { len: HolderVerification::LEN };
        lds.retain(|ef| ef.fid != File::HolderVerification.fid());
        if profile.secrets.pin.is_some() {
            lds.push(ef(File::HolderVerification, Access::AnySession, made));
        }

        let chip_auth = profile.chip_authentication.iter().zip(&keys.chip_authentication).next();
        let chip_auth = chip_auth.map(|(ca, key)| {
            let chip = chip_auth::Chip::new(ca.suite, key.clone());
            ChipAuthentication::new(ca.suite, ca.key_id, chip)
        });
        let active_auth = profile.active_authentication.zip(keys.active_authentication.clone());
        let active_auth = active_auth.and_then(|(aa, key)| match key {
            PrivateKey::Ec(key) => Some(active_auth::Chip::new(key, aa.hash)),
            PrivateKey::Rsa(key) => active_auth::Chip::rsa(*key, aa.hash).ok(),
        });
        let applet: Box<dyn Applet> =
            Box::new(LdsApplication::new(Directory::new(lds), chip_auth, active_auth));
        let secrets = &profile.secrets;
        let parts = Parts {
            atr: profile.atr.as_bytes().to_vec(),
            historical: profile.atr.historical().to_vec(),
            mf: Directory::new(mf),
            applets: vec![applet],
            pace: profile.pace.clone(),
            bac: profile.bac.then(|| bac::Chip::new(AccessKey::mrz(card.mrz.as_str()))),
            passwords: Passwords {
                mrz: Some(Password::mrz(card.mrz.as_str())),
                can: Some(Password::can(&secrets.can)),
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
        Ok(Self::new(parts, env))
    }
}

fn ef(file: File, access: Access, content: Content) -> Ef {
    Ef { fid: file.fid(), sfi: Some(file.sfi()), access, content }
}
