//! What an issuer is to sign, tried before anybody asks: once a phone asks it is too late.

use time::Duration;

use super::ConfigError;
use crate::crypto::{Curve, SecretKey, SystemRng};
use crate::issuance::status_list::{self, StatusList};
use crate::issuance::{Subject, trusted_key};
use crate::issuer::ports::MAX_PORTRAIT;
use crate::issuer::service::Wanted;
use crate::issuer::{Issuer, MDOC, SD_JWT};

/// With less than this left the document signer is to be renewed.
const SOON: Duration = Duration::days(30);

/// Makes and reads again, for nobody: a credential of each format with the largest picture, a status
/// list of the configured size, and the metadata signer's chain.
pub(super) fn try_out(issuer: &Issuer) -> Result<(), ConfigError> {
    let (now, settings, keys) = (issuer.clock.now(), &issuer.settings, &issuer.keys);
    let anchors = std::slice::from_ref(&keys.iaca);
    let until = issuer.policy.term_until(now);
    let text = || "TEST".to_owned();
    let subject = Subject {
        family_name: text(),
        given_name: text(),
        family_name_national: Some(text()),
        given_name_national: Some(text()),
        birth_date: issuer.policy.day(now),
        sex: None,
        nationality: settings.country.clone(),
        personal_number: None,
        address: Some(text()),
        portrait: Some(vec![0xFF; MAX_PORTRAIT]),
        document_number: Some(text()),
        issuing_authority: settings.name.clone(),
        issuing_country: settings.country.clone(),
        issue_date: issuer.policy.day(now),
        expiry_date: issuer.policy.day(until),
    };
    let holder = SecretKey::generate(Curve::P256, &mut SystemRng::default()).public();
    for (configuration, what) in [
        (MDOC, "an mdoc by [keys] document, of doc_type and country"),
        (SD_JWT, "an SD-JWT VC by [keys] document, of vct"),
    ] {
        let wanted = Wanted { configuration, subject: &subject, until, now };
        issuer.sign(wanted, &holder, (0, 0)).map_err(|e| failed(what, &e))?;
    }
    let what = "a status list by [keys] status, of status_list_size";
    let list = StatusList::new(settings.status_list_size);
    let tokens = issuer.status_tokens(0, &list, now).map_err(|e| failed(what, &e))?;
    let uri = issuer.status_uri(0);
    for token in [tokens.jwt.as_bytes(), tokens.cwt.as_slice()] {
        status_list::open(token, &uri, anchors, now).map_err(|e| failed(what, &e))?;
    }
    let chain: Vec<_> = keys.metadata.chain().iter().map(|c| c.der().to_vec()).collect();
    // Its purpose is ours alone: nobody demands it.
    trusted_key(&chain, anchors, None, now)
        .map_err(|e| failed("metadata by [keys] metadata", &e))?;
    let ends = keys.document.certificate().validity().not_after;
    issuer.metrics.document_signer_ends(ends);
    if ends - now < SOON {
        let days = (ends - now).whole_days();
        tracing::warn!(days, "the document signer ends soon: iccard issuer renew");
    }
    Ok(())
}

fn failed(what: &'static str, error: &dyn std::fmt::Display) -> ConfigError {
    ConfigError::Trial { what, detail: error.to_string() }
}
