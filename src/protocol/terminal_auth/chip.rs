//! The chip's half.

use rand_core::CryptoRng;

use super::{
    AuxiliaryData, CHALLENGE_LEN, EPHEMERAL, MECHANISM, REFERENCE, TerminalAuthError, TrustStore,
    Version, signed_data,
};
use crate::{
    pki::cvc::{Chat, CvCertificate, Issuer, Reference, Role},
    tlv::{Limits, Mode, Reader, Tag},
};

/// Auxiliary data among the data objects of MSE:Set AT.
const AUXILIARY: Tag = Tag::new(0x67);

/// A certificate that the chip took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Whose key it was.
    pub holder: Reference,
    /// What the holder is.
    pub role: Role,
    /// Whether the trust points or the current date changed: [`Chip::trust_store`] is to be stored
    /// before the command is answered.
    pub store_changed: bool,
}

/// A terminal that the chip believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// Its name.
    pub holder: Reference,
    /// Its effective authorization: the rights that its document verifier and its CVCA have too.
    pub authorization: Chat,
    /// Version 2: the compressed ephemeral key that Chip Authentication has to use.
    pub ephemeral: Option<Vec<u8>>,
    /// Version 2: what the terminal signed along.
    pub auxiliary: Option<AuxiliaryData>,
}

/// The chip's half of Terminal Authentication, for one session: what terminals showed is forgotten
/// with it, the trust store is the caller's to keep.
#[derive(Debug)]
pub struct Chip {
    version: Version,
    store: TrustStore,
    /// The key of the certificate imported last, a document verifier's or a terminal's.
    imported: Option<Issuer>,
    /// The key that verifies the next certificate.
    selected: Option<Issuer>,
    terminal: Option<SetAt>,
    challenge: Option<[u8; CHALLENGE_LEN]>,
    done: bool,
}

#[derive(Debug)]
struct SetAt {
    key: Issuer,
    ephemeral: Option<Vec<u8>>,
    auxiliary: Option<AuxiliaryData>,
}

impl Chip {
    /// For a session that begins.
    pub const fn new(version: Version, store: TrustStore) -> Self {
        Self {
            version,
            store,
            imported: None,
            selected: None,
            terminal: None,
            challenge: None,
            done: false,
        }
    }

    /// The trust points and the date as they are now.
    pub const fn trust_store(&self) -> &TrustStore {
        &self.store
    }

    /// Answers the data of MSE:Set DST: which key verifies the next certificate (ICAO Doc 9303-11
    /// clause 7.1.5.1).
    ///
    /// # Errors
    /// [`TerminalAuthError::AlreadyDone`], [`TerminalAuthError::Malformed`],
    /// [`TerminalAuthError::UnknownKey`].
    pub fn set_dst(&mut self, data: &[u8]) -> Result<(), TerminalAuthError> {
        self.open()?;
        self.selected = None;
        let reference = Objects::read(data)?.reference()?;
        let imported = self.imported.iter();
        let known = imported.chain(self.store.points()).find(|key| key.holder == reference);
        let unknown = TerminalAuthError::UnknownKey { reference };
        self.selected = Some(known.ok_or(unknown)?.clone());
        Ok(())
    }

    /// Answers the data of PSO:VERIFY CERTIFICATE: imports the key of a certificate that the
    /// selected key verifies (ICAO Doc 9303-11 clauses 7.1.5.2 and 7.1.4.3.5). The trust store
    /// changes whole or not at all.
    ///
    /// # Errors
    /// [`TerminalAuthError::AlreadyDone`], [`TerminalAuthError::OutOfOrder`] without a selected
    /// key, [`TerminalAuthError::KnownKey`], [`TerminalAuthError::Certificate`].
    pub fn verify_certificate(&mut self, data: &[u8]) -> Result<Imported, TerminalAuthError> {
        self.open()?;
        let issuer = self.selected.take();
        let issuer = issuer.ok_or(TerminalAuthError::OutOfOrder { needs: "MSE:Set DST" })?;
        let certificate = CvCertificate::parse_content(data)?;
        let reference = certificate.holder();
        if self.store.point(reference).is_some() {
            return Err(TerminalAuthError::KnownKey { reference });
        }
        let admitted = issuer.admit(&certificate)?;
        let role = admitted.authorization.role();
        // Only link certificates, and the trust points they come from, may have expired.
        if role != Role::Cvca {
            for key in [&issuer, &admitted] {
                not_expired(key, &self.store)?;
            }
        }
        let mut store = self.store.clone();
        store.note(&issuer, &admitted);
        let store_changed = store != self.store;
        self.store = store;
        if role != Role::Cvca {
            self.imported = Some(admitted);
        }
        Ok(Imported { holder: reference, role, store_changed })
    }

    /// Answers the data of MSE:Set AT: which key is the terminal's, and in version 2 what Chip
    /// Authentication will use (ICAO Doc 9303-11 clause 7.1.5.3, TR-03110-3 clause B.11). Data
    /// objects that are not known are passed over.
    ///
    /// # Errors
    /// [`TerminalAuthError::AlreadyDone`], [`TerminalAuthError::Malformed`],
    /// [`TerminalAuthError::UnknownKey`] for a key that is not the terminal's imported last,
    /// [`TerminalAuthError::OtherAlgorithm`].
    pub fn set_at(&mut self, data: &[u8]) -> Result<(), TerminalAuthError> {
        self.open()?;
        (self.terminal, self.challenge) = (None, None);
        let objects = Objects::read(data)?;
        let reference = objects.reference()?;
        let key = self
            .imported
            .as_ref()
            .filter(|key| key.holder == reference && key.authorization.role() == Role::Terminal);
        let key = key.ok_or(TerminalAuthError::UnknownKey { reference })?.clone();
        let mut set = SetAt { key, ephemeral: None, auxiliary: None };
        if self.version == Version::V2 {
            let oid = set.key.public_key.algorithm.oid();
            let named =
                objects.mechanism.filter(|named| oid.is_some_and(|o| o.as_bytes() == *named));
            named.ok_or(TerminalAuthError::OtherAlgorithm { holder: reference })?;
            set.ephemeral = Some(objects.need(objects.ephemeral, EPHEMERAL)?.to_vec());
            set.auxiliary = objects.auxiliary.map(AuxiliaryData::parse).transpose()?;
        }
        self.terminal = Some(set);
        Ok(())
    }

    /// Answers GET CHALLENGE within Terminal Authentication.
    ///
    /// # Errors
    /// [`TerminalAuthError::AlreadyDone`], [`TerminalAuthError::OutOfOrder`] before MSE:Set AT.
    pub fn get_challenge(
        &mut self,
        rng: &mut dyn CryptoRng,
    ) -> Result<[u8; CHALLENGE_LEN], TerminalAuthError> {
        self.open()?;
        if self.terminal.is_none() {
            return Err(TerminalAuthError::OutOfOrder { needs: "MSE:Set AT" });
        }
        let mut challenge = [0; CHALLENGE_LEN];
        rng.fill_bytes(&mut challenge);
        self.challenge = Some(challenge);
        Ok(challenge)
    }

    /// Answers the data of EXTERNAL AUTHENTICATE, the terminal's signature (ICAO Doc 9303-11 clause
    /// 7.1.5.5). `ephemeral` is the compressed key of the terminal in the Chip Authentication that
    /// came before, the newest where there were several; version 2 does not use it. A challenge is
    /// good for one try.
    ///
    /// # Errors
    /// [`TerminalAuthError::AlreadyDone`], [`TerminalAuthError::OutOfOrder`],
    /// [`TerminalAuthError::NoChipAuthentication`], [`TerminalAuthError::BadSignature`].
    pub fn external_authenticate(
        &mut self,
        signature: &[u8],
        id_picc: &[u8],
        ephemeral: Option<&[u8]>,
    ) -> Result<Authenticated, TerminalAuthError> {
        self.open()?;
        let before = |needs| move || TerminalAuthError::OutOfOrder { needs };
        let challenge = self.challenge.take().ok_or_else(before("GET CHALLENGE"))?;
        let terminal = self.terminal.as_ref().ok_or_else(before("MSE:Set AT"))?;
        let fixed = match self.version {
            Version::V1 => ephemeral,
            Version::V2 => terminal.ephemeral.as_deref(),
        };
        let fixed = fixed.ok_or(TerminalAuthError::NoChipAuthentication)?;
        let auxiliary = terminal.auxiliary.as_ref().map(AuxiliaryData::as_bytes);
        let message = signed_data(id_picc, &challenge, fixed, auxiliary);
        let (holder, key) = (terminal.key.holder, &terminal.key.public_key);
        if !key.verifies(&message, signature) {
            return Err(TerminalAuthError::BadSignature { holder });
        }
        let authorization = terminal.key.authorization;
        self.done = true;
        (self.imported, self.selected) = (None, None);
        let set = self.terminal.take();
        let (ephemeral, auxiliary) = set.map(|set| (set.ephemeral, set.auxiliary)).unzip();
        Ok(Authenticated {
            holder,
            authorization,
            ephemeral: ephemeral.flatten(),
            auxiliary: auxiliary.flatten(),
        })
    }

    // One terminal a session (ICAO Doc 9303-11 clause 7.1.3).
    const fn open(&self) -> Result<(), TerminalAuthError> {
        if self.done { Err(TerminalAuthError::AlreadyDone) } else { Ok(()) }
    }
}

// A chip has no clock: what is not past its own date has not expired. It looks at no first day.
fn not_expired(key: &Issuer, store: &TrustStore) -> Result<(), TerminalAuthError> {
    use crate::pki::cvc::CvcError;
    let (holder, expires, at) = (key.holder, key.expires, store.date());
    if at > expires {
        return Err(CvcError::Expired { holder, expires, at }.into());
    }
    Ok(())
}

/// The data objects of a MANAGE SECURITY ENVIRONMENT.
struct Objects<'a> {
    mechanism: Option<&'a [u8]>,
    reference: Option<&'a [u8]>,
    ephemeral: Option<&'a [u8]>,
    auxiliary: Option<&'a [u8]>,
}

impl<'a> Objects<'a> {
    fn read(data: &'a [u8]) -> Result<Self, TerminalAuthError> {
        let limits = Limits { depth: 3, siblings: 8, size: 2048 };
        let (mut mechanism, mut reference, mut ephemeral, mut auxiliary) = (None, None, None, None);
        for object in Reader::with(data, Mode::Lenient, limits) {
            let object = object?;
            match object.tag {
                MECHANISM => mechanism = Some(object.value),
                REFERENCE => reference = Some(object.value),
                EPHEMERAL => ephemeral = Some(object.value),
                AUXILIARY => auxiliary = Some(object.raw),
                _ => {}
            }
        }
        Ok(Self { mechanism, reference, ephemeral, auxiliary })
    }

    fn reference(&self) -> Result<Reference, TerminalAuthError> {
        Ok(Reference::from_bytes(self.need(self.reference, REFERENCE)?)?)
    }

    fn need(&self, value: Option<&'a [u8]>, tag: Tag) -> Result<&'a [u8], TerminalAuthError> {
        use crate::tlv::TlvError;
        Ok(value.ok_or(TlvError::Missing { expected: tag })?)
    }
}
