//! Which Chip Authentication, as the protocol's object identifier says or the key lets guess.

use const_oid::ObjectIdentifier;

use super::ChipAuthError;
use crate::crypto::{Cipher, Domain};

/// `id-CA`, 0.4.0.127.0.7.2.2.3.
const ID_CA: [u32; 9] = [0, 4, 0, 127, 0, 7, 2, 2, 3];
const CIPHERS: [Cipher; 4] = [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256];

/// A Chip Authentication that both sides can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    oid: ObjectIdentifier,
    cipher: Cipher,
    over_curves: bool,
}

/// The version of the protocol, which ChipAuthenticationInfo tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Version {
    /// Version 1 (ICAO Doc 9303-11 clause 6.2, BSI TR-03110-1): proven by the first answer under
    /// the new keys.
    #[default]
    V1,
    /// Version 2 (BSI TR-03110-2 clause 3.4), after Terminal Authentication version 2: the chip
    /// sends a nonce and a token.
    V2,
}

/// Which commands carry the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commands {
    /// MSE:Set KAT alone, for 3DES (ICAO Doc 9303-11 clause 6.2.4.1).
    SetKat,
    /// MSE:Set AT and GENERAL AUTHENTICATE (clause 6.2.4.2).
    SetAt,
}

impl Suite {
    /// From the protocol of a ChipAuthenticationInfo.
    ///
    /// # Errors
    /// [`ChipAuthError::Unsupported`] where this library does not speak it.
    pub fn new(oid: ObjectIdentifier) -> Result<Self, ChipAuthError> {
        let arcs: Vec<u32> = oid.arcs().collect();
        let unsupported = ChipAuthError::Unsupported { oid };
        let Some((prefix, &[kind, cipher])) = arcs.split_last_chunk::<2>() else {
            return Err(unsupported);
        };
        let cipher = (cipher as usize).checked_sub(1).and_then(|i| CIPHERS.get(i));
        match (prefix == ID_CA, kind, cipher) {
            (true, kind @ (1 | 2), Some(&cipher)) => {
                Ok(Self { oid, cipher, over_curves: kind == 2 })
            }
            _ => Err(unsupported),
        }
    }

    /// What to try, one attempt after the other, where a card gives a key but no
    /// ChipAuthenticationInfo: 3DES by MSE:Set KAT first, then AES. A refused attempt leaves the
    /// channel as it is.
    pub fn inferred(domain: Domain) -> [Self; 4] {
        const DH: [ObjectIdentifier; 4] = oids("0.4.0.127.0.7.2.2.3.1");
        const ECDH: [ObjectIdentifier; 4] = oids("0.4.0.127.0.7.2.2.3.2");
        let over_curves = matches!(domain, Domain::Curve(_));
        let oids = if over_curves { ECDH } else { DH };
        let suite = |i: usize| Self { oid: oids[i], cipher: CIPHERS[i], over_curves };
        [suite(0), suite(1), suite(2), suite(3)]
    }

    /// The protocol's object identifier.
    pub const fn oid(&self) -> &ObjectIdentifier {
        &self.oid
    }

    /// The cipher of the new channel.
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The commands that carry it: a card must know these, and may know the others for 3DES.
    pub const fn commands(&self) -> Commands {
        match self.cipher {
            Cipher::TripleDes => Commands::SetKat,
            _ => Commands::SetAt,
        }
    }

    /// Whether it runs over this domain: ECDH over curves, DH over groups.
    pub const fn runs_over(&self, domain: Domain) -> bool {
        matches!(domain, Domain::Curve(_)) == self.over_curves
    }
}

const fn oids(prefix: &str) -> [ObjectIdentifier; 4] {
    let prefix = ObjectIdentifier::new_unwrap(prefix);
    [push(prefix, 1), push(prefix, 2), push(prefix, 3), push(prefix, 4)]
}

const fn push(prefix: ObjectIdentifier, arc: u32) -> ObjectIdentifier {
    match prefix.push_arc(arc) {
        Ok(oid) => oid,
        Err(_) => prefix,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Curve, Group};

    #[test]
    fn object_identifiers_name_the_suite() {
        let suite = |text: &str| Suite::new(ObjectIdentifier::new(text).unwrap());
        let old = suite("0.4.0.127.0.7.2.2.3.2.1").unwrap();
        assert_eq!((old.cipher(), old.commands()), (Cipher::TripleDes, Commands::SetKat));
        let new = suite("0.4.0.127.0.7.2.2.3.1.4").unwrap();
        assert_eq!((new.cipher(), new.commands()), (Cipher::Aes256, Commands::SetAt));
        assert!(new.runs_over(Group::Modp1024.into()) && !new.runs_over(Curve::P256.into()));
        for no in ["0.4.0.127.0.7.2.2.3.2.5", "0.4.0.127.0.7.2.2.3.2.0", "0.4.0.127.0.7.2.2.3.3.2"]
        {
            assert!(matches!(suite(no), Err(ChipAuthError::Unsupported { .. })), "{no}");
        }
        assert!(suite("0.4.0.127.0.7.2.2.4.2.2").is_err() && suite("2.5").is_err());
        for domain in [Domain::Curve(Curve::P521), Domain::Group(Group::Modp1024)] {
            for inferred in Suite::inferred(domain) {
                assert_eq!(Suite::new(*inferred.oid()), Ok(inferred));
                assert!(inferred.runs_over(domain));
            }
            assert_eq!(Suite::inferred(domain)[0].commands(), Commands::SetKat);
        }
    }
}
