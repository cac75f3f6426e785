//! What an issuer is told, once, at its start.

use time::Duration;

use super::Clerk;

/// What the calls of the service go by. `config` reads it from TOML.
#[derive(Clone, Debug)]
pub struct Settings {
    /// credential_issuer: the URL, without a slash at the end.
    pub url: String,
    /// Name shown to people.
    pub name: String,
    /// ISO 3166-1 alpha-2, as in the document signer's certificate.
    pub country: String,
    /// docType and namespace of the mdoc.
    pub doc_type: String,
    /// vct of the SD-JWT VC.
    pub vct: String,
    /// How long a credential is good before it is refreshed, within the term.
    pub credential_life: Duration,
    /// How long an offer of an office is good.
    pub offer_life: Duration,
    /// How long the code of a tap is good.
    pub code_life: Duration,
    /// How long a tap session is good.
    pub tap_life: Duration,
    /// How long a c_nonce is good.
    pub nonce_life: Duration,
    /// How long an access token is good.
    pub token_life: Duration,
    /// ttl of status list tokens.
    pub status_ttl: Duration,
    /// exp of status list tokens, from their iat.
    pub status_life: Duration,
    /// Places in a status list.
    pub status_list_size: u64,
    /// The most proofs in one credential request.
    pub batch_size: u8,
    /// Whether a clerk has to confirm the phone of an offer before it is signed.
    pub confirm_offers: bool,
    /// Who may make offers and report losses.
    pub clerks: Vec<Clerk>,
    /// How far a client's clock may be off.
    pub clock_skew: Duration,
}

/// credential_configuration_id of the mdoc.
pub const MDOC: &str = "resident_mdoc";
/// credential_configuration_id of the SD-JWT VC.
pub const SD_JWT: &str = "resident_sdjwt";

impl Settings {
    /// The usual values for an issuer at that URL.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            name: "TEST iccard issuer".into(),
            country: "KR".into(),
            doc_type: "kr.example.resident.1".into(),
            vct: "urn:kr.example:resident:1".into(),
            credential_life: Duration::days(365),
            offer_life: Duration::minutes(3),
            code_life: Duration::minutes(2),
            tap_life: Duration::seconds(90),
            nonce_life: Duration::minutes(5),
            token_life: Duration::minutes(5),
            status_ttl: Duration::minutes(10),
            status_life: Duration::days(1),
            status_list_size: 1 << 20,
            batch_size: 10,
            confirm_offers: false,
            clerks: Vec::new(),
            clock_skew: Duration::seconds(60),
        }
    }
}
