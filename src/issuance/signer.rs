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
    /// More CAs stand below one than it allows (RFC 5280 clause 4.2.1.9).
    #[error("certificate chain: at most {most} CAs expected below {subject}, {got} came")]
    PathLength {
        /// The subject of the CA above.
        subject: String,
        /// How many it allows.
        most: u8,
        /// How many there are.
        got: usize,
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
/// certificate has to be valid at that moment, those above the first have to be CAs with no more CAs
/// below them than they allow, and the first has to be for that purpose, where one is demanded.
/// Several anchors may have one name and key, as a root that was renewed has: one that is good does.
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
    let has_room = |ca: &Certificate, got: usize| {
        let most = ca.basic_constraints().and_then(|constraints| constraints.path_len);
        match most {
            Some(most) if got > usize::from(most) => {
                Err(SignerError::PathLength { subject: ca.subject(), most, got })
            }
            _ => Ok(()),
        }
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
        has_room(certificate, i.saturating_sub(1))?;
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
    let mut refused = SignerError::NoAnchor { subject: last.subject(), anchors: anchors.len() };
    let stands = anchors.iter().filter(issued).any(|anchor| {
        let judged = valid(anchor).and_then(|()| has_room(anchor, got - 1));
        judged.map_err(|error| refused = error).is_ok()
    });
    if !stands {
        return Err(refused);
    }
    let signs = leaf.key_usage().is_none_or(|usage| usage.digital_signature);
    let fits = purpose.is_none_or(|p| leaf.purposes().is_some_and(|known| known.contains(&p)));
    if !signs || !fits {
        let purpose = purpose.map_or_else(|| "digitalSignature".into(), |p| p.to_string());
        return Err(SignerError::Purpose { subject: leaf.subject(), purpose });
    }
    Ok((leaf.public_key()?, leaf.clone()))
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::crypto::{Curve, SeededRng};
    use crate::pki::{DistinguishedName, Profile};

    fn key(label: &str) -> SecretKey {
        SecretKey::generate(Curve::P256, &mut SeededRng::new(b"signer", label))
    }

    fn profile(name: &str, from: UtcDateTime, until: UtcDateTime) -> Profile {
        let subject = DistinguishedName::new("KR", "TEST", name);
        Profile { subject, serial: vec![1], not_before: from, not_after: until }
    }

    #[test]
    fn a_root_that_was_renewed_stands_whichever_comes_first() {
        let (first, second) = (utc_datetime!(2025-01-01 0:00), utc_datetime!(2026-01-01 0:00));
        let third = utc_datetime!(2027-01-01 0:00);
        let root = |from, until| profile("TEST CA", from, until).csca(&key("root")).unwrap();
        let (old, new) = (root(first, second), root(second, third));
        let leaf = profile("TEST DS", first, third);
        let leaf = leaf.document_signer(&key("leaf").public(), &old, &key("root")).unwrap();
        let chain = [leaf.der().to_vec()];
        let at = utc_datetime!(2026-06-01 0:00);
        trusted_key(&chain, &[old.clone(), new.clone()], None, at).unwrap();
        trusted_key(&chain, &[new, old.clone()], None, at).unwrap();
        let ended = trusted_key(&chain, &[old], None, at).unwrap_err();
        assert!(matches!(ended, SignerError::NotValid { .. }), "{ended}");
    }

    // Made with OpenSSL: a root three times, of no path length, 1 and 0; a CA under it twice, of no
    // path length and 0; a CA under that one; a signer under the former CA and one under the latter.
    #[test]
    fn a_ca_has_no_more_below_it_than_it_allows() {
        let all = Certificate::all_from_pem(include_bytes!("path-length.pem")).unwrap();
        let [free, one, none, ca, narrow, below, leaf, deep] = all.as_slice() else {
            panic!("{}", all.len());
        };
        let at = utc_datetime!(2030-01-01 0:00);
        let judged = |chain: &[&Certificate], anchor: &Certificate| {
            let chain: Vec<_> = chain.iter().map(|c| c.der().to_vec()).collect();
            trusted_key(&chain, std::slice::from_ref(anchor), None, at).map(drop)
        };
        for (anchor, room) in [(free, true), (one, true), (none, false)] {
            let judged = judged(&[leaf, ca], anchor);
            assert_eq!(judged.is_ok(), room, "{judged:?}");
        }
        let refused = judged(&[leaf, ca], none).unwrap_err();
        assert!(matches!(refused, SignerError::PathLength { most: 0, got: 1, .. }), "{refused}");
        // Another CA below: the root has room for two, the upper CA for none.
        judged(&[deep, below, ca], free).unwrap();
        let refused = judged(&[deep, below, ca], one).unwrap_err();
        assert!(matches!(refused, SignerError::PathLength { most: 1, got: 2, .. }), "{refused}");
        let refused = judged(&[deep, below, narrow], free).unwrap_err();
        assert!(matches!(refused, SignerError::PathLength { most: 0, got: 1, .. }), "{refused}");
    }
}
