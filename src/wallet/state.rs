//! What a wallet holds.

use std::path::PathBuf;

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::UtcDateTime;
use zeroize::Zeroizing;

use crate::crypto::{Curve, SecretKey};
use crate::issuance::StatusRef;
use crate::trust::encoding::{Schema, base64url, rfc3339};

/// How many holder keys a new wallet makes: one for each format, so that two verifiers who see
/// different formats cannot tell by the key that it is the same phone.
const HOLDER_KEYS: usize = 2;

/// A private key on P-256, as it stands in the wallet's file.
#[derive(Clone)]
pub struct Key(SecretKey);

impl Key {
    /// A fresh one.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(SecretKey::generate(Curve::P256, rng))
    }

    /// The key.
    pub const fn secret(&self) -> &SecretKey {
        &self.0
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        Zeroizing::new(base64url::encode(self.0.to_bytes().as_slice())).serialize(s)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Zeroizing::<String>::deserialize(d)?;
        let bytes = base64url::decode(&text).map(Zeroizing::new).ok();
        let key = bytes.and_then(|b| SecretKey::from_bytes(Curve::P256, &b).ok());
        key.map(Self).ok_or_else(|| de::Error::custom("a private key on P-256 expected"))
    }
}

/// All of a wallet.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    schema: Schema,
    /// Proves that requests come from this wallet (RFC 9449).
    pub dpop: Key,
    /// Stands in the wallet's attestation: this installation.
    pub instance: Key,
    /// Credentials are bound to these, the first also signs tap requests.
    pub holders: Vec<Key>,
    /// The issuer whose credentials these are.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Whom the holder believes, as it was given with the first request.
    #[serde(default)]
    pub trusted: Trusted,
    /// The credentials.
    #[serde(default)]
    pub credentials: Vec<Held>,
    /// The right to fetch more.
    #[serde(default)]
    pub grant: Option<Grant>,
    /// What was begun and is not done: after a crash it goes on here, with the same keys.
    #[serde(default)]
    pub pending: Option<Pending>,
    /// What the issuer is still to be told.
    #[serde(default)]
    pub notices: Vec<Notice>,
    /// Inclusion proofs of the issuer's log, as they came.
    #[serde(default)]
    pub receipts: Vec<serde_json::Value>,
}

/// Whom the holder believes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trusted {
    /// The CAs of the issuer's server, PEM; without them, Mozilla's.
    #[serde(default)]
    pub ca: Option<String>,
    /// The roots of its credentials, PEM.
    #[serde(default)]
    pub iaca: Option<String>,
    /// The folder of the wallet provider, for tests.
    #[serde(default)]
    pub provider: Option<PathBuf>,
}

/// A credential.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// credential_configuration_id.
    pub configuration: String,
    /// Its format: `mso_mdoc` or `dc+sd-jwt`.
    pub format: String,
    /// The credential, as it came.
    pub credential: Zeroizing<String>,
    /// Which of the holder keys it is bound to.
    pub key: usize,
    /// The last second at which it is good.
    #[serde(with = "rfc3339")]
    pub valid_until: UtcDateTime,
    /// Where its status stands.
    #[serde(default)]
    pub status: Option<StatusRef>,
    /// Its status when it was last fetched.
    #[serde(default)]
    pub seen: Option<Seen>,
    /// What the issuer wants to be told about it.
    #[serde(default)]
    pub notification_id: Option<String>,
}

/// A status that was fetched.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Its value (Token Status List clause 7.1).
    pub value: u8,
    /// When it was fetched.
    #[serde(with = "rfc3339")]
    pub at: UtcDateTime,
}

/// Tokens.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Fetches credentials.
    pub access: Zeroizing<String>,
    /// Until when.
    #[serde(with = "rfc3339")]
    pub access_until: UtcDateTime,
    /// Fetches new tokens.
    #[serde(default)]
    pub refresh: Option<Zeroizing<String>>,
}

/// Something begun.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// By which it goes on.
    pub by: By,
    /// The configurations that are still to be fetched.
    pub configurations: Vec<String>,
    /// A request that the issuer has put off: its configuration and transaction_id.
    #[serde(default)]
    pub deferred: Option<(String, String)>,
}

/// By what something begun goes on.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum By {
    /// A pre-authorized code, not yet redeemed for certain.
    Code {
        /// The code.
        code: Zeroizing<String>,
        /// The transaction code of the second channel.
        tx_code: Option<Zeroizing<String>>,
    },
    /// The refresh token, not yet rotated for certain.
    Refresh,
    /// The access token.
    Access,
}

/// What is still to be told (OpenID4VCI clause 11).
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// notification_id.
    pub id: String,
    /// event.
    pub event: String,
}

impl State {
    /// A new wallet, empty but for its keys.
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        Self {
            schema: Schema,
            dpop: Key::generate(rng),
            instance: Key::generate(rng),
            holders: (0..HOLDER_KEYS).map(|_| Key::generate(rng)).collect(),
            issuer: None,
            trusted: Trusted::default(),
            credentials: Vec::new(),
            grant: None,
            pending: None,
            notices: Vec::new(),
            receipts: Vec::new(),
        }
    }

    /// The credential of that configuration, or of that format.
    pub fn credential(&self, name: &str) -> Option<&Held> {
        self.credentials.iter().find(|held| held.configuration == name || held.format == name)
    }

    /// Forgets everything but whose installation this is: the next card is bound to other keys.
    pub fn forget(&mut self, rng: &mut dyn CryptoRng) {
        self.holders = self.holders.iter().map(|_| Key::generate(rng)).collect();
        self.credentials.clear();
        self.receipts.clear();
        self.grant = None;
        self.pending = None;
    }

    /// Puts a credential in the place of the one of its configuration.
    pub fn hold(&mut self, held: Held) {
        self.credentials.retain(|other| other.configuration != held.configuration);
        self.credentials.push(held);
    }
}

impl std::fmt::Debug for State {
    // Keys, tokens, personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("credentials", &self.credentials.len())
            .finish_non_exhaustive()
    }
}

macro_rules! no_debug {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            // Secret or personal.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

no_debug!(Held, Grant, Pending, By, Notice, Seen);
