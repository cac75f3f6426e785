//! A synthetic country's certificates: what the seeds are made of, and what the targets hold
//! forgeries against. The same in every process.

use std::sync::OnceLock;

use iccard::crypto::{Curve, SecretKey, SeededRng};
use iccard::pki::{
    Certificate, Crl, CrlProfile, DistinguishedName, MasterList, Profile, RevocationReason,
    Revoked, SignedData, Signer, oid,
};
use time::UtcDateTime;
use time::macros::utc_datetime;

/// The country.
pub struct Country {
    /// Its CA.
    pub csca: Certificate,
    /// Its CA's next certificate.
    pub link: Certificate,
    /// Its document signer.
    pub signer: Certificate,
    /// Its list signer.
    pub list_signer: Certificate,
    /// A revocation list.
    pub crl: Crl,
    /// A master list with a broken entry.
    pub master_list: Vec<u8>,
    /// Signed data of [`CONTENT`].
    pub signed: Vec<u8>,
    /// The same with the time of signing and the CA's certificate.
    pub signed_with_time: Vec<u8>,
}

/// What the document signer signed, and nothing else.
pub const CONTENT: &[u8] = b"what the document signer signed";
/// When it did.
pub const SIGNED_AT: UtcDateTime = utc_datetime!(2025-03-01 12:00);

fn key(label: &str) -> SecretKey {
    SecretKey::generate(Curve::P256, &mut SeededRng::new(b"fuzz", label))
}

fn profile(name: &str, serial: u8) -> Profile {
    Profile {
        subject: DistinguishedName::new("KR", "TEST", name),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2040-01-01 0:00),
    }
}

/// The country, made at the first call.
///
/// # Panics
/// Never: its values are good.
pub fn country() -> &'static Country {
    static COUNTRY: OnceLock<Country> = OnceLock::new();
    COUNTRY.get_or_init(|| {
        let (ca_key, signer_key, list_key) = (key("ca"), key("signer"), key("list"));
        let csca = profile("TEST CSCA", 1).csca(&ca_key).expect("a CA");
        let link = profile("TEST CSCA 2", 2)
            .link(&key("next").public(), &csca, &ca_key)
            .expect("a link certificate");
        let signer = profile("TEST Document Signer", 3)
            .document_signer(&signer_key.public(), &csca, &ca_key)
            .expect("a document signer");
        let list_signer = profile("TEST Master List Signer", 4)
            .master_list_signer(&list_key.public(), &csca, &ca_key)
            .expect("a list signer");
        let revoked = |serial, reason| Revoked {
            serial: vec![serial],
            at: utc_datetime!(2025-02-01 0:00),
            reason: Some(RevocationReason(reason)),
            invalid_since: None,
        };
        let crl = CrlProfile {
            number: 7,
            this_update: utc_datetime!(2025-03-01 0:00),
            next_update: utc_datetime!(2025-06-01 0:00),
            revoked: vec![revoked(9, 1), revoked(10, 4)],
        };
        let crl = crl.issue(&csca, &ca_key).expect("a revocation list");
        let by = Signer { certificate: &list_signer, key: &list_key };
        let broken = &[0x30, 0x03, 0x02, 0x01, 0x00][..];
        let master_list =
            MasterList::sign(&[csca.der(), link.der(), broken], &by, &[&csca]).expect("a list");
        let by = Signer { certificate: &signer, key: &signer_key };
        let kind = oid::LDS_SECURITY_OBJECT;
        let signed = SignedData::sign(kind, CONTENT, &by).expect("signed data");
        let signed_with_time =
            SignedData::sign_with(kind, CONTENT, &by, &[&csca], Some(SIGNED_AT)).expect("the same");
        Country { csca, link, signer, list_signer, crl, master_list, signed, signed_with_time }
    })
}
