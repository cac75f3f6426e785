//! What the issuer says about itself (OpenID4VCI clause 12.2, RFC 8414).

use serde_json::{Map, Value, json};

use super::super::{Code, Issuer, MDOC, Refusal, SD_JWT};
use crate::issuance::{AGES, jwk_of, sign_with_chain, thumbprint};

/// typ of signed metadata (OpenID4VCI clause 12.2.3).
const TYP: &str = "openidvci-issuer-metadata+jwt";

const ENCODINGS: [&str; 2] = ["A128GCM", "A256GCM"];

impl Issuer {
    /// The credential issuer's metadata, as JSON.
    pub fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.settings.url);
        let mut encryption_key = jwk_of(&self.keys.encryption.public());
        if let Value::Object(key) = &mut encryption_key {
            key.insert("kid".into(), json!(thumbprint(&self.keys.encryption.public())));
            key.insert("use".into(), json!("enc"));
            key.insert("alg".into(), json!("ECDH-ES"));
        }
        json!({
            "credential_issuer": self.settings.url,
            "credential_endpoint": at("/credential"),
            "nonce_endpoint": at("/nonce"),
            "deferred_credential_endpoint": at("/deferred"),
            "notification_endpoint": at("/notification"),
            "credential_request_encryption": {
                "jwks": { "keys": [encryption_key] },
                "enc_values_supported": ENCODINGS,
                "zip_values_supported": ["DEF"],
                "encryption_required": false,
            },
            "credential_response_encryption": {
                "alg_values_supported": ["ECDH-ES"],
                "enc_values_supported": ENCODINGS,
                "zip_values_supported": ["DEF"],
                "encryption_required": false,
            },
            "batch_credential_issuance": { "batch_size": self.settings.batch_size.max(2) },
            "display": [{ "name": self.settings.name, "locale": "en" }],
            "credential_configurations_supported": {
                MDOC: self.configuration(MDOC),
                SD_JWT: self.configuration(SD_JWT),
            },
        })
    }

    /// The same, signed.
    ///
    /// # Errors
    /// [`Code::ServerError`].
    pub fn signed_metadata(&self) -> Result<String, Refusal> {
        let mut claims = self.metadata();
        if let Value::Object(claims) = &mut claims {
            claims.insert("sub".into(), json!(self.settings.url));
            claims.insert("iss".into(), json!(self.settings.url));
            claims.insert("iat".into(), json!(self.clock.now().unix_timestamp()));
        }
        sign_with_chain(TYP, &claims, &self.keys.metadata)
            .map_err(|_| Refusal::new(Code::ServerError, "the metadata could not be signed"))
    }

    /// The authorization server's metadata (RFC 8414; RFC 9449 clause 5.1).
    pub fn authorization_server(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.settings.url);
        json!({
            "issuer": self.settings.url,
            "token_endpoint": at("/token"),
            "challenge_endpoint": at("/challenge"),
            "grant_types_supported": [
                "urn:ietf:params:oauth:grant-type:pre-authorized_code", "refresh_token",
            ],
            "response_types_supported": [],
            "pre-authorized_grant_anonymous_access_supported": false,
            "token_endpoint_auth_methods_supported": ["attest_jwt_client_auth"],
            "client_attestation_signing_alg_values_supported": ["ES256"],
            "client_attestation_pop_signing_alg_values_supported": ["ES256"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "status_list_aggregation_endpoint": at("/status"),
        })
    }

    fn configuration(&self, id: &str) -> Value {
        let proofs = json!({
            "proof_signing_alg_values_supported": ["ES256"],
            "key_attestations_required": {},
        });
        let mut out = json!({
            "scope": id,
            "proof_types_supported": { "jwt": proofs, "attestation": proofs },
            "credential_metadata": {
                "display": [
                    { "name": "Mobile resident card", "locale": "en" },
                    { "name": "모바일 주민등록증", "locale": "ko" },
                ],
                "claims": self.claims(id),
            },
        });
        let own = if id == MDOC {
            json!({
                "format": "mso_mdoc",
                "doctype": self.settings.doc_type,
                "credential_signing_alg_values_supported": [-7, -9],
                "cryptographic_binding_methods_supported": ["cose_key"],
            })
        } else {
            json!({
                "format": "dc+sd-jwt",
                "vct": self.settings.vct,
                "credential_signing_alg_values_supported": ["ES256"],
                "cryptographic_binding_methods_supported": ["jwk"],
            })
        };
        merge(&mut out, own);
        out
    }

    fn claims(&self, id: &str) -> Vec<Value> {
        let claim = |path: Value, name: &str, mandatory: bool| {
            json!({
                "path": path, "mandatory": mandatory,
                "display": [{ "name": name, "locale": "en" }],
            })
        };
        let of = |mdoc: &str, sd_jwt: &[&str]| {
            if id == MDOC { json!([self.settings.doc_type, mdoc]) } else { json!(sd_jwt) }
        };
        let mut claims = vec![
            claim(of("family_name", &["family_name"]), "Surname", true),
            claim(of("given_name", &["given_name"]), "Given names", true),
            claim(of("birth_date", &["birthdate"]), "Date of birth", true),
            claim(of("resident_address", &["address", "formatted"]), "Address", false),
            claim(
                of("personal_administrative_number", &["personal_administrative_number"]),
                "Resident number",
                false,
            ),
            claim(of("portrait", &["picture"]), "Photograph", false),
            claim(of("document_number", &["document_number"]), "Card number", false),
            claim(of("expiry_date", &["date_of_expiry"]), "Last day", true),
        ];
        for age in AGES {
            let path = if id == MDOC {
                json!([self.settings.doc_type, format!("age_over_{age:02}")])
            } else {
                json!(["age_equal_or_over", age.to_string()])
            };
            claims.push(claim(path, &format!("{age} or older"), true));
        }
        claims
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend::<Map<String, Value>>(from);
    }
}
