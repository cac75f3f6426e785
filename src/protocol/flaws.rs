//! Deliberate mistakes of a chip's half, for judging a judge.

use crate::crypto::{
    AgreementError, AgreementPublicKey, AgreementSecretKey, DhSecretKey, Domain, SecretKey,
};

/// What a chip's half does wrong. A chip that is right has [`Flaws::NONE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    /// PACE takes any token of the terminal.
    pub any_token: bool,
    /// PACE sends DO8A whatever the mapping.
    pub chip_data: bool,
    /// PACE does not look at command chaining.
    pub any_chaining: bool,
    /// Key agreements take a point off the curve.
    pub off_curve: bool,
    /// Key agreements take the point (0,0).
    pub zero_point: bool,
    /// Key agreements take a Diffie-Hellman value above the prime.
    pub any_dh_value: bool,
    /// BAC takes a challenge that a later one made void.
    pub stale_challenge: bool,
}

impl Flaws {
    /// No mistake.
    pub const NONE: Self = Self {
        any_token: false,
        chip_data: false,
        any_chaining: false,
        off_curve: false,
        zero_point: false,
        any_dh_value: false,
        stale_challenge: false,
    };

    // A key that is none and overlooked stands for the generator: the chip goes on with it.
    pub(super) fn public_key(
        self,
        domain: Domain,
        bytes: &[u8],
    ) -> Result<AgreementPublicKey, AgreementError> {
        let error = match AgreementPublicKey::from_bytes(domain, bytes) {
            Ok(key) => return Ok(key),
            Err(error) => error,
        };
        let overlooked = match domain {
            Domain::Curve(curve) => {
                let point = bytes.strip_prefix(&[0x04]).unwrap_or_default();
                let is_zero = point.iter().all(|byte| *byte == 0);
                point.len() == 2 * curve.field_len()
                    && if is_zero { self.zero_point } else { self.off_curve }
            }
            Domain::Group(group) => {
                self.any_dh_value
                    && bytes.len() == group.prime_len()
                    && bytes >= group.parameters().prime.as_slice()
            }
        };
        generator(domain).filter(|_| overlooked).ok_or(error)
    }
}

fn generator(domain: Domain) -> Option<AgreementPublicKey> {
    let one = match domain {
        Domain::Curve(curve) => {
            let mut one = vec![0; curve.field_len()];
            *one.last_mut()? = 1;
            AgreementSecretKey::Ec(SecretKey::from_bytes(curve, &one).ok()?)
        }
        Domain::Group(group) => AgreementSecretKey::Dh(DhSecretKey::from_bytes(group, &[1]).ok()?),
    };
    Some(one.public())
}
