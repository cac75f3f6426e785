//! Making an mdoc (ISO/IEC 18013-5 clauses 8.3.2.1.2.2 and 9.1.2).

use std::collections::BTreeMap;

use ciborium::Value;
use rand_core::CryptoRng;

use super::super::{AGES, Order, Signer, SignerError, Subject};
use super::error::MdocError;
use super::item::Item;
use super::mso::Mso;
use super::{MAX_MDOC, cbor, cose, moment};
use crate::crypto::Hash;
use crate::pki::oid;

const WHAT: &str = "IssuerSigned";
// SHA-256 is that of every reader (clause 9.1.2.5).
const HASH: Hash = Hash::Sha256;

/// Makes the IssuerSigned of an order, in one namespace that has the name of the document type.
///
/// Each element has 32 random bytes of its own, and the identifiers of the digests are in random
/// order, so that neither says anything of what is not shown. An age counts on the day of issue.
///
/// # Errors
/// [`MdocError::Signer`] for a signer of another purpose, [`MdocError::Country`] for one of another
/// country, [`MdocError::SignedOutside`] and [`MdocError::NotValid`] for times that its certificate
/// does not cover, [`MdocError::Algorithm`] for a key that COSE does not have,
/// [`MdocError::TooMuch`] for more than [`MAX_MDOC`] bytes.
pub fn issue(
    order: &Order<'_>,
    doc_type: &str,
    signer: &Signer,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, MdocError> {
    check(order, signer)?;
    let doc_type = cbor::name("docType", doc_type.into())?;
    let elements = elements(order.subject)?;
    let ids = shuffled(elements.len(), rng);
    let mut items = Vec::with_capacity(elements.len());
    let mut digests = BTreeMap::new();
    for (id, (element, value)) in ids.into_iter().zip(elements) {
        let mut random = [0; 32];
        rng.fill_bytes(&mut random);
        let item = Item::new(id, &random, &element, value)?;
        digests.insert(id, item.digest(HASH)?);
        items.push(item.into_value());
    }
    let mso = Mso {
        doc_type: doc_type.clone(),
        hash: HASH,
        digests: BTreeMap::from([(doc_type.clone(), digests)]),
        holder: order.holder.clone(),
        period: order.period,
        status: Some(order.status.clone()),
    };
    let chain: Vec<Vec<u8>> = signer.chain().iter().map(|c| c.der().to_vec()).collect();
    let auth = cose::sign("issuerAuth", &mso.encode()?, false, &chain, signer.key())?;
    let namespaces = Value::Map(vec![(doc_type.into(), Value::Array(items))]);
    let issued = cbor::encode(
        WHAT,
        &Value::Map(vec![("nameSpaces".into(), namespaces), ("issuerAuth".into(), auth)]),
    )?;
    if issued.len() > MAX_MDOC {
        return Err(MdocError::TooMuch { what: WHAT, limit: MAX_MDOC, got: issued.len() });
    }
    Ok(issued)
}

// What would be refused by whoever verifies it is not made.
fn check(order: &Order<'_>, signer: &Signer) -> Result<(), MdocError> {
    let certificate = signer.certificate();
    let subject = || certificate.subject();
    if certificate.purposes().is_none_or(|known| !known.contains(&oid::MDL_DS)) {
        let purpose = oid::MDL_DS.to_string();
        return Err(SignerError::Purpose { subject: subject(), purpose }.into());
    }
    if let Some(root) = signer.chain().iter().find(|c| c.is_self_issued()) {
        return Err(SignerError::SelfSigned { subject: root.subject() }.into());
    }
    if certificate.country().as_deref() != Some(order.subject.issuing_country.as_str()) {
        let certificate = certificate.country().unwrap_or_default();
        return Err(MdocError::Country { certificate });
    }
    let (period, covered) = (order.period, certificate.validity());
    if !covered.contains(period.signed()) {
        return Err(MdocError::SignedOutside { signed: period.signed(), by: subject() });
    }
    if !covered.contains(period.valid_until()) {
        let (from, until) = (covered.not_before, covered.not_after);
        return Err(MdocError::NotValid { at: period.valid_until(), from, until });
    }
    Ok(())
}

// Names after ISO/IEC 18013-5 clause 7.2.1 table 5, and personal_administrative_number.
fn elements(of: &Subject) -> Result<Vec<(String, Value)>, MdocError> {
    let text = |text: &String| Some(Value::from(text.as_str()));
    let all = [
        ("family_name", text(&of.family_name)),
        ("given_name", text(&of.given_name)),
        ("family_name_national_character", of.family_name_national.as_ref().and_then(text)),
        ("given_name_national_character", of.given_name_national.as_ref().and_then(text)),
        ("birth_date", Some(moment::full_date(of.birth_date)?)),
        ("sex", of.sex.map(Value::from)),
        ("nationality", text(&of.nationality)),
        ("personal_administrative_number", of.personal_number.as_ref().and_then(|n| text(n))),
        ("resident_address", of.address.as_ref().and_then(text)),
        ("portrait", of.portrait.clone().map(Value::Bytes)),
        ("document_number", of.document_number.as_ref().and_then(text)),
        ("issuing_authority", text(&of.issuing_authority)),
        ("issuing_country", text(&of.issuing_country)),
        ("issue_date", Some(moment::full_date(of.issue_date)?)),
        ("expiry_date", Some(moment::full_date(of.expiry_date)?)),
    ];
    let all = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let ages = AGES.iter().map(|&years| {
        (format!("age_over_{years:02}"), Value::from(of.is_of_age(years, of.issue_date)))
    });
    Ok(all.chain(ages).collect())
}

// The numbers below `count` in random order: Fisher and Yates, each step without bias.
fn shuffled(count: usize, rng: &mut dyn CryptoRng) -> Vec<u64> {
    let mut ids: Vec<u64> = (0..).take(count).collect();
    for last in (1..count).rev() {
        let below = u32::try_from(last + 1).unwrap_or(u32::MAX);
        let fair = u32::MAX - u32::MAX % below;
        let drawn = loop {
            let drawn = rng.next_u32();
            if drawn < fair {
                break drawn % below;
            }
        };
        ids.swap(last, drawn as usize);
    }
    ids
}
