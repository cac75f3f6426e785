//! Who signs a credential, and whether a signer is to be believed.

use time::UtcDateTime;

use crate::crypto::{PublicKey, SecretKey};
use crate::pki::{Certificate, Oid, PkiError};

/// A signing key with the certificates that show whose it is, its own first, the root left out.
#[derive(Clone)]
pub struct Signer {
    key: SecretKey,
    chain: Vec<Certificate>,
}

/// The most certificates that a chain of a stranger may have.
pub const MAX_CHAIN: usize = 4;

/// Why a signer is not believed, or is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// No certificate, or too many.
    #[error("certificate chain: 1 to {MAX_CHAIN} certificates expected, {got} came")]
    Count {
        /// How many.
        got: usize,
    },
    /// A certificate that cannot be read, or a signature of one that does not verify.
    #[error("certificate chain: {0}")]
    Certificate(#[from] PkiError),
    /// The key is not that of the certificate.
    #[error("certificate chain: the key is not that of {subject}")]
    OtherKey {
        /// The certificate's subject.
        subject: String,
    },
    /// The chain has the root in it, or a certificate that signed itself.
    #[error("certificate chain: {subject} signed itself; the root is not part of the chain")]
    SelfSigned {
        /// The certificate's subject.
        subject: String,
    },
    /// It ends at none of the anchors.
    #[error("certificate chain: {subject} was issued by none of the {anchors} anchors")]
    NoAnchor {
        /// The last certificate's subject.
        subject: String,
        /// How many anchors there are.
        anchors: usize,
    },
    /// A certificate in it is not valid then.
    #[error("certificate chain: {subject} is not valid at {at}")]
    NotValid {
        /// The certificate's subject.
        subject: String,
        /// The time judged at.
        at: UtcDateTime,
    },
    /// It is not for this use.
    #[error("certificate chain: {subject} is not for this use ({purpose} expected)")]
    Purpose {
        /// The certificate's subject.
        subject: String,
        /// The extended key usage that it needs.
        purpose: String,
    },
}

impl Signer {
    /// A key with its certificates, its own first.
    ///
    /// # Errors
    /// [`SignerError::Count`], [`SignerError::OtherKey`].
    pub fn new(key: SecretKey, chain: Vec<Certificate>) -> Result<Self, SignerError> {
        let got = chain.len();
        let own = chain.first().filter(|_| got <= MAX_CHAIN).ok_or(SignerError::Count { got })?;
        if own.public_key()? != key.public() {
            return Err(SignerError::OtherKey { subject: own.subject() });
        }
        Ok(Self { key, chain })
    }

    /// The private key.
    pub const fn key(&self) -> &SecretKey {
        &self.key
    }

    /// The certificates, its own first.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Its own certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.chain[0]
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.certificate().subject())
    }
}

/// The key of a chain that came with signed data, if one of the anchors stands above it.
///
/// Only the given anchors count: no system store, and no root that the chain brings along. Every
/// certificate has to be valid at that moment, those above the first have to be CAs, and the first
/// has to be for that purpose, where one is demanded.
///
/// # Errors
/// [`SignerError`].
pub fn trusted_key(
    chain: &[Vec<u8>],
    anchors: &[Certificate],
    purpose: Option<Oid>,
    at: UtcDateTime,
) -> Result<(PublicKey, Certificate), SignerError> {
    let got = chain.len();
    if got == 0 || got > MAX_CHAIN {
        return Err(SignerError::Count { got });
    }
    let read = chain.iter().map(|der| Certificate::from_der(der));
    let chain: Vec<Certificate> = read.collect::<Result<_, _>>()?;
    let valid = |certificate: &Certificate| {
        if certificate.validity().contains(at) && certificate.unknown_critical_extension().is_none()
        {
            return Ok(());
        }
        Err(SignerError::NotValid { subject: certificate.subject(), at })
    };
    for (i, certificate) in chain.iter().enumerate() {
        valid(certificate)?;
        if certificate.is_self_issued() {
            return Err(SignerError::SelfSigned { subject: certificate.subject() });
        }
        if i > 0 && !certificate.is_ca() {
            let (subject, purpose) = (certificate.subject(), "CA".to_owned());
            return Err(SignerError::Purpose { subject, purpose });
        }
    }
    for pair in chain.windows(2) {
        if !pair[0].names_as_issuer(&pair[1]) {
            let subject = pair[0].subject();
            return Err(SignerError::NoAnchor { subject, anchors: anchors.len() });
        }
        pair[0].verify_signature(&pair[1])?;
    }
    let (leaf, last) = (&chain[0], &chain[chain.len() - 1]);
    let issued = |anchor: &&Certificate| {
        anchor.is_ca() && last.names_as_issuer(anchor) && last.verify_signature(anchor).is_ok()
    };
    let anchor = anchors
        .iter()
        .find(issued)
        .ok_or_else(|| SignerError::NoAnchor { subject: last.subject(), anchors: anchors.len() })?;
    valid(anchor)?;
    let signs = leaf.key_usage().is_none_or(|usage| usage.digital_signature);
    let fits = purpose.is_none_or(|p| leaf.purposes().is_some_and(|known| known.contains(&p)));
    if !signs || !fits {
        let purpose = purpose.map_or_else(|| "digitalSignature".into(), |p| p.to_string());
        return Err(SignerError::Purpose { subject: leaf.subject(), purpose });
    }
    Ok((leaf.public_key()?, leaf.clone()))
}
