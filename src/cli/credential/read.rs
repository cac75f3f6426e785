//! What a file holds, and whether it is to be believed.

use anyhow::Result;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use serde_json::{Map, Value};
use time::{Duration, UtcDateTime};

use super::super::failure::{self, Failure};
use crate::{
    crypto::PublicKey,
    issuance::{
        Period, StatusRef, Thumbprint,
        mdoc::{self, Transcript},
        sd_jwt::{self, Audience},
    },
    pki::Certificate,
};

/// A credential in one of its forms.
pub(super) enum Found {
    SdJwt { text: String, presented: bool },
    IssuerSigned(Vec<u8>),
    DeviceResponse(Vec<u8>),
}

/// Who asked for a presentation, and with what.
pub(super) struct Request<'a> {
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) response_uri: Option<&'a str>,
    pub(super) encrypted_to: Option<Thumbprint>,
    pub(super) max_age: Duration,
}

/// A credential that is believed.
pub(super) struct Believed {
    pub(super) format: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: String,
    pub(super) presented: bool,
    pub(super) signer: Certificate,
    pub(super) holder: PublicKey,
    pub(super) period: Period,
    pub(super) status: Option<StatusRef>,
    pub(super) claims: Map<String, Value>,
}

/// Says what the bytes are: an SD-JWT as text, an mdoc in CBOR or that in base64url.
pub(super) fn recognise(bytes: Vec<u8>) -> Result<Found> {
    let text = std::str::from_utf8(&bytes).ok().map(str::trim_ascii);
    if let Some(text) = text.filter(|text| text.contains('~')) {
        let presented = sd_jwt::has_key_binding(text);
        return Ok(Found::SdJwt { text: text.to_owned(), presented });
    }
    let decoded = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let bytes = decoded.unwrap_or(bytes);
    let value = ciborium::from_reader::<Cbor, _>(bytes.as_slice()).ok();
    let map = value.and_then(|value| value.into_map().ok()).unwrap_or_default();
    let has = |name: &str| map.iter().any(|(key, _)| key.as_text() == Some(name));
    if has("issuerAuth") {
        return Ok(Found::IssuerSigned(bytes));
    }
    if has("documents") {
        return Ok(Found::DeviceResponse(bytes));
    }
    Err(Failure::new(failure::NEGATIVE, "this is no credential")
        .step("read the credential")
        .expected("an SD-JWT, an IssuerSigned or a DeviceResponse, binary or in base64url")
        .got("something else")
        .into())
}

impl Found {
    /// Whether a holder showed it, rather than an issuer handed it out.
    pub(super) const fn is_presented(&self) -> bool {
        matches!(self, Self::SdJwt { presented: true, .. } | Self::DeviceResponse(_))
    }

    /// Judges it.
    pub(super) fn judge(
        &self,
        request: Option<&Request<'_>>,
        iaca: &[Certificate],
        at: UtcDateTime,
    ) -> Result<Believed> {
        match (self.is_presented(), request) {
            (true, None) => Err(Failure::usage("this is a presentation: who asked for it?")
                .step("verify the credential")
                .expected("--nonce and --client-id")
                .help("a presentation is good for one verifier and one nonce: give both")
                .into()),
            (false, Some(_)) => {
                Err(Failure::new(failure::NEGATIVE, "nobody showed that it is theirs")
                    .step("verify the credential")
                    .expected("a presentation with the holder's signature")
                    .got("a credential as it was issued")
                    .help("whoever copied it could send it; leave --nonce out to look at it alone")
                    .into())
            }
            _ => self.believed(request, iaca, at),
        }
    }

    fn believed(
        &self,
        request: Option<&Request<'_>>,
        iaca: &[Certificate],
        at: UtcDateTime,
    ) -> Result<Believed> {
        let presented = self.is_presented();
        match self {
            Self::SdJwt { text, .. } => {
                let read = match request {
                    None => sd_jwt::verify(text, iaca, at),
                    Some(Request { client_id, nonce, max_age, .. }) => {
                        let audience = Audience { aud: client_id, nonce };
                        sd_jwt::verify_presentation(text, iaca, audience, at, *max_age)
                    }
                };
                let sd_jwt::Verified { vct, signer, holder, period, status, claims } =
                    read.map_err(|e| refused("SD-JWT VC", &e))?;
                let (format, name) = ("dc+sd-jwt", "SD-JWT VC");
                Ok(Believed {
                    format,
                    name,
                    kind: vct,
                    presented,
                    signer,
                    holder,
                    period,
                    status,
                    claims,
                })
            }
            Self::IssuerSigned(bytes) => Ok(of_mdoc(
                mdoc::verify(bytes, iaca, at).map_err(|e| refused("mdoc", &e))?,
                presented,
            )),
            Self::DeviceResponse(bytes) => {
                let transcript = transcript(request)?;
                let read = mdoc::verify_presentation(bytes, &transcript, iaca, at);
                Ok(of_mdoc(read.map_err(|e| refused("mdoc", &e))?, presented))
            }
        }
    }
}

fn transcript(request: Option<&Request<'_>>) -> Result<Transcript> {
    let uri = request.and_then(|request| Some((request, request.response_uri?)));
    let (request, uri) = uri.ok_or_else(|| {
        Failure::usage("an mdoc is signed over the address that the response goes to")
            .step("verify the credential")
            .expected("--response-uri")
            .help("give the response_uri of the request (OpenID4VP 1.0, B.2.6.1)")
    })?;
    let key = request.encrypted_to.as_ref();
    Ok(Transcript::openid4vp(request.client_id, request.nonce, key, uri)?)
}

fn of_mdoc(read: mdoc::Verified, presented: bool) -> Believed {
    let own = read.doc_type.clone();
    let mut claims = Map::new();
    for (namespace, elements) in read.elements {
        for (name, value) in elements {
            // Those of the document's own namespace need no second name.
            let name = if namespace == own { name } else { format!("{namespace}/{name}") };
            claims.insert(name, value);
        }
    }
    Believed {
        format: "mso_mdoc",
        name: "mdoc",
        kind: read.doc_type,
        presented,
        signer: read.issuer,
        holder: read.holder,
        period: read.period,
        status: read.status,
        claims,
    }
}

fn refused(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure::new(failure::NEGATIVE, error.to_string())
        .step(format!("verify the {what}"))
        .expected("a credential that an issuer below --iaca signed and that is good now")
        .got("one that is not to be believed")
        .help("nothing in it counts; was it changed, is it over, or is another --iaca meant?")
}
