//! Opening a session: the keys are known before the nonce is drawn.

use time::UtcDateTime;

use super::super::{Client, Issuer};
use super::fault::TapFault;
use crate::crypto::SystemRng;
use crate::issuance::proof::{key_attestation, nonce};
use crate::issuance::tap_session::{Open, Opened};
use crate::issuance::{MAX_DEVICE_KEYS, Session, commitment, thumbprint};
use crate::registry::NewTapSession;

impl Issuer {
    pub(super) fn opened(
        &self,
        client: &Client,
        body: &[u8],
        now: UtcDateTime,
    ) -> Result<Opened, TapFault> {
        let instance = client.instance.ok_or(TapFault::NoInstance)?;
        let open = Open::from_json(body)?;
        let most = usize::from(self.settings.batch_size).clamp(1, MAX_DEVICE_KEYS);
        let attested = key_attestation::check(
            &open.key_attestation,
            &self.wallet_anchors,
            most,
            now,
            self.settings.clock_skew,
        )?;
        let c_nonce = attested.nonce.ok_or(TapFault::NoNonce)?;
        let kind = nonce::Kind::Credential;
        let (c_nonce, _) = nonce::check(kind, &self.keys.nonce, &c_nonce, now)?;
        let (h_dev, rng) = (commitment(&attested.keys), &mut SystemRng::default());
        let session = Session::new(h_dev, now, self.settings.tap_life, rng);
        let keys = attested.keys.iter().map(thumbprint).collect();
        let jkt = client.jkt;
        let tap = NewTapSession { session: session.clone(), jkt, instance, keys, c_nonce };
        self.registry.open_tap(&tap, now)?;
        self.metrics.tap("opened");
        Ok(Opened { session })
    }
}
