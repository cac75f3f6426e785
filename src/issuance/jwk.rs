//! P-256 keys as JSON Web Keys (RFC 7517, RFC 7518 clause 6.2) and their thumbprints (RFC 7638).

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::value::Thumbprint;
use crate::crypto::{Curve, Hash, PublicKey, SecretKey};
use crate::trust::encoding::base64url;

/// Why a JSON Web Key is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkError {
    /// A key of another kind.
    #[error("key: kty EC and crv P-256 expected, {kty} and {crv} came")]
    NotP256 {
        /// Its key type.
        kty: String,
        /// Its curve.
        crv: String,
    },
    /// A private key where a public one belongs.
    #[error("key: a private key (member \"d\") stands where a public one belongs")]
    Private,
    /// A file of public keys where private ones are needed.
    #[error("key: the private member \"d\" is missing")]
    NotPrivate,
    /// A coordinate or number that is not 32 bytes in base64url.
    #[error("key: member {member:?} is not 32 bytes in base64url")]
    Member {
        /// Which member.
        member: &'static str,
    },
    /// Coordinates of no point on the curve, or a number that is no private key.
    #[error("key: {0}")]
    Key(#[from] crate::crypto::CurveError),
    /// A key that says it is for something else.
    #[error("key: {member} {expected:?} expected, {got:?} came")]
    Use {
        /// Which member says so: `alg` or `use`.
        member: &'static str,
        /// What it is needed for.
        expected: &'static str,
        /// What it says.
        got: String,
    },
    /// No JSON object, or one with a member of another type.
    #[error("key: {detail}")]
    Form {
        /// What is wrong.
        detail: String,
    },
    /// A private key that does not belong to the public one beside it.
    #[error("key: the private and the public half do not belong together")]
    Halves,
}

/// A JSON Web Key as it is read and written, not yet checked. Only what an EC key needs is known;
/// any other member is refused.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<Zeroizing<String>>,
}

impl RawJwk {
    pub(super) fn public(key: &PublicKey) -> Self {
        Self {
            crv: "P-256".to_owned(),
            kty: "EC".to_owned(),
            x: base64url::encode(key.x()),
            y: base64url::encode(key.y()),
            d: None,
        }
    }

    pub(super) fn private(key: &SecretKey) -> Self {
        let d = Zeroizing::new(base64url::encode(key.to_bytes().as_slice()));
        Self { d: Some(d), ..Self::public(&key.public()) }
    }

    /// The public key that this is; a private one is refused.
    pub(super) fn to_public(&self) -> Result<PublicKey, JwkError> {
        if self.d.is_some() {
            return Err(JwkError::Private);
        }
        self.point()
    }

    pub(super) fn to_private(&self) -> Result<SecretKey, JwkError> {
        let public = self.point()?;
        let d = self.d.as_ref().ok_or(JwkError::NotPrivate)?;
        let d = Zeroizing::new(member("d", d)?);
        let key = SecretKey::from_bytes(Curve::P256, d.as_slice())?;
        if key.public() == public { Ok(key) } else { Err(JwkError::Halves) }
    }

    fn point(&self) -> Result<PublicKey, JwkError> {
        if self.kty != "EC" || self.crv != "P-256" {
            return Err(JwkError::NotP256 { kty: shown(&self.kty), crv: shown(&self.crv) });
        }
        let (x, y) = (member("x", &self.x)?, member("y", &self.y)?);
        Ok(PublicKey::from_sec1(Curve::P256, &[&[4][..], &x, &y].concat())?)
    }
}

/// What a stranger's key is taken for.
#[cfg(feature = "credentials")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It signs with ES256.
    Signature,
    /// Content is encrypted to it with ECDH-ES.
    Encryption,
}

/// The members that only private and symmetric keys have (RFC 7518 clause 6).
#[cfg(feature = "credentials")]
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// The public key of a stranger's JSON Web Key, which may have members that are not known here
/// (RFC 7517 clause 4) but none of a private key. What it says of its use has to fit.
#[cfg(feature = "credentials")]
pub(super) fn foreign(jwk: &serde_json::Value, purpose: Use) -> Result<PublicKey, JwkError> {
    let form = |detail: &str| JwkError::Form { detail: detail.to_owned() };
    let jwk = jwk.as_object().ok_or_else(|| form("no JSON object"))?;
    if PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
        return Err(JwkError::Private);
    }
    let text = |name: &'static str| match jwk.get(name) {
        None => Ok(String::new()),
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(form(&format!("member {name:?} is no text"))),
    };
    let (alg, usage) = match purpose {
        Use::Signature => ("ES256", "sig"),
        Use::Encryption => ("ECDH-ES", "enc"),
    };
    for (member, expected) in [("alg", alg), ("use", usage)] {
        let got = text(member)?;
        if jwk.contains_key(member) && got != expected {
            return Err(JwkError::Use { member, expected, got: shown(&got) });
        }
    }
    let (crv, kty, x, y) = (text("crv")?, text("kty")?, text("x")?, text("y")?);
    RawJwk { crv, kty, x, y, d: None }.to_public()
}

/// A public key as a JSON Web Key.
#[cfg(feature = "credentials")]
pub fn jwk_of(key: &PublicKey) -> serde_json::Value {
    let (x, y) = (base64url::encode(key.x()), base64url::encode(key.y()));
    serde_json::json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
}

// As much of a stranger's text as a message needs, and nothing that a terminal would obey.
fn shown(text: &str) -> String {
    let shown = text.chars().take(20);
    shown.map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn member(member: &'static str, text: &str) -> Result<[u8; 32], JwkError> {
    let bytes = base64url::decode(text).map_err(|_| JwkError::Member { member })?;
    let bytes = Zeroizing::new(bytes);
    <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| JwkError::Member { member })
}

/// The thumbprint of a P-256 key (RFC 7638 clause 3): SHA-256 of its required members in
/// lexicographic order, without a space.
pub fn thumbprint(key: &PublicKey) -> Thumbprint {
    let (x, y) = (base64url::encode(key.x()), base64url::encode(key.y()));
    let json = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    let mut out = [0; 32];
    out.copy_from_slice(&Hash::Sha256.digest(&[json.as_bytes()]));
    Thumbprint::new(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededRng;

    fn key() -> SecretKey {
        SecretKey::generate(Curve::P256, &mut SeededRng::new(b"jwk", "key"))
    }

    #[test]
    fn keys_survive_and_others_are_refused() {
        let key = key();
        let private = serde_json::to_value(RawJwk::private(&key)).unwrap();
        let read = |v: &serde_json::Value| serde_json::from_value::<RawJwk>(v.clone());
        assert_eq!(read(&private).unwrap().to_private().unwrap().public(), key.public());
        assert_eq!(read(&private).unwrap().to_public(), Err(JwkError::Private));
        let public = serde_json::to_value(RawJwk::public(&key.public())).unwrap();
        assert_eq!(read(&public).unwrap().to_public().unwrap(), key.public());
        assert_eq!(read(&public).unwrap().to_private().unwrap_err(), JwkError::NotPrivate);

        let with = |name: &str, value: &str| {
            let mut jwk = private.clone();
            jwk[name] = value.into();
            read(&jwk).unwrap().to_private().unwrap_err()
        };
        assert!(matches!(with("crv", "P-384"), JwkError::NotP256 { .. }));
        assert!(matches!(with("kty", "oct"), JwkError::NotP256 { .. }));
        let told = with("crv", &"\u{1b}[2J".repeat(99)).to_string();
        assert!(told.len() < 100 && !told.contains(char::is_control), "{told:?}");
        assert_eq!(with("x", "AAAA"), JwkError::Member { member: "x" });
        assert!(matches!(with("y", &"A".repeat(43)), JwkError::Key(_)));
        assert!(matches!(with("d", &"A".repeat(43)), JwkError::Key(_)));
        let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE";
        assert_eq!(with("d", other), JwkError::Halves);
        let mut extra = private;
        extra["kid"] = "1".into();
        assert!(read(&extra).is_err());
    }
}
