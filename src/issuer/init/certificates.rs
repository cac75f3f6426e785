//! The certificates of a new issuer.

use rand_core::CryptoRng;
use time::{Duration, UtcDateTime};
use zeroize::Zeroizing;

use super::{InitError, Options, pem_of};
use crate::crypto::{Curve, SecretKey};
use crate::pki::{Certificate, Contact, DistinguishedName, Profile};

/// ISO/IEC 18013-5 clause B.1.2 allows an IACA twenty years.
const ROOT: Duration = Duration::days(15 * 365);
/// Clause B.1.4 allows a document signer 457 days.
const DOCUMENT: Duration = Duration::days(455);
/// Those who sign what is fetched anew.
const SIGNER: Duration = Duration::days(10 * 365);
/// CA/Browser Forum rules do not bind a private CA; some clients take 825 days at most.
const SERVER: Duration = Duration::days(820);

/// A key with its certificate.
pub(super) struct Holder {
    pub(super) key: SecretKey,
    pub(super) certificate: Certificate,
}

impl Holder {
    /// Both in one text.
    pub(super) fn pem(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}", pem_of(&self.key).as_str(), self.certificate.to_pem()))
    }
}

/// Issues.
pub(super) struct Authority<'a> {
    pub(super) rng: &'a mut dyn CryptoRng,
    options: &'a Options,
    now: UtcDateTime,
}

impl<'a> Authority<'a> {
    pub(super) fn new(options: &'a Options, rng: &'a mut dyn CryptoRng, now: UtcDateTime) -> Self {
        // A clock that is a little behind does not refuse what was made just now.
        Self { rng, options, now: now.truncate_to_second() - Duration::hours(1) }
    }

    fn new_key(&mut self, name: &str, life: Duration) -> (SecretKey, Profile) {
        let mut serial = vec![0; 16];
        self.rng.fill_bytes(&mut serial);
        // Positive, and as long as it looks (RFC 5280 clause 4.1.2.2).
        serial[0] = serial[0] & 0x3F | 0x40;
        let subject = DistinguishedName::new(
            self.options.country.as_str(),
            self.options.name.as_str(),
            format!("TEST {name}"),
        );
        let (not_before, not_after) = (self.now, self.now + life);
        let profile = Profile { subject, serial, not_before, not_after };
        (SecretKey::generate(Curve::P256, self.rng), profile)
    }

    fn contact(&self) -> Contact {
        Contact { uri: self.options.url.clone(), crl: None }
    }

    pub(super) fn iaca(&mut self) -> Result<Holder, InitError> {
        let (key, profile) = self.new_key("IACA", ROOT);
        let certificate = profile.iaca(&key, &self.contact())?;
        Ok(Holder { key, certificate })
    }

    pub(super) fn document(&mut self, iaca: &Holder) -> Result<Holder, InitError> {
        let left = iaca.certificate.validity().not_after - self.now;
        let (key, profile) = self.new_key("Document Signer", DOCUMENT.min(left));
        let contact = self.contact();
        let certificate =
            profile.mdoc_signer(&key.public(), &iaca.certificate, &iaca.key, &contact)?;
        Ok(Holder { key, certificate })
    }

    pub(super) fn status(&mut self, iaca: &Holder) -> Result<Holder, InitError> {
        let (key, profile) = self.new_key("Status Signer", SIGNER);
        let certificate = profile.status_signer(&key.public(), &iaca.certificate, &iaca.key)?;
        Ok(Holder { key, certificate })
    }

    pub(super) fn metadata(&mut self, iaca: &Holder) -> Result<Holder, InitError> {
        let (key, profile) = self.new_key("Metadata Signer", SIGNER);
        let certificate = profile.metadata_signer(&key.public(), &iaca.certificate, &iaca.key)?;
        Ok(Holder { key, certificate })
    }

    /// A CA of wallets, and a provider under it.
    pub(super) fn wallet_provider(&mut self) -> Result<(Holder, Holder), InitError> {
        let (key, profile) = self.new_key("Wallet Provider CA", ROOT);
        let ca = Holder { certificate: profile.wallet_provider_ca(&key)?, key };
        let (key, profile) = self.new_key("Wallet Provider", SIGNER);
        let certificate = profile.wallet_provider(&key.public(), &ca.certificate, &ca.key)?;
        Ok((ca, Holder { key, certificate }))
    }

    /// A CA of TLS servers, and a server of these names under it.
    pub(super) fn tls(&mut self, names: &[&str]) -> Result<(Holder, Holder), InitError> {
        let (key, profile) = self.new_key("TLS CA", ROOT);
        let ca = Holder { certificate: profile.tls_ca(&key)?, key };
        let (key, profile) = self.new_key("TLS Server", SERVER);
        let certificate = profile.tls_server(&key.public(), names, &ca.certificate, &ca.key)?;
        Ok((ca, Holder { key, certificate }))
    }
}
