//! Making a card of a profile: keys, files, signatures.

mod files;
mod infos;
mod key_only;
mod keys;
mod licence;
mod terminals;

use std::collections::BTreeMap;

use super::{FileKind, Pki, Profile, ProfileError};
use crate::{
    lds::{
        Df, File, MrzInformation, SecurityInfos, edl, oids,
        sod::{self, DataGroupHash, LdsSecurityObject},
    },
    pki::{Certificate, SignedData, cvc::CvCertificate, oid_of_hash},
    protocol::terminal_auth::Credentials,
};

pub use keys::{KeyOnlyKeys, Keys};

/// A card that is ready to be put into a chip. The fields are open so that a test can make a card
/// that is wrong: a flipped bit in a file, another key, a SOD without a data group.
#[derive(Clone, Debug)]
pub struct Personalised {
    /// What it was made of.
    pub profile: Profile,
    /// The files, EF.HolderVerification excepted, which the chip makes.
    pub files: BTreeMap<File, Vec<u8>>,
    /// The private keys.
    pub keys: Keys,
    /// The CSCA's certificate, of a travel document.
    pub csca: Option<Certificate>,
    /// The document signer's certificate, of a travel document.
    pub signer: Option<Certificate>,
    /// The certificate of the CA of key-only cards, where this is one.
    pub card_ca: Option<Certificate>,
    /// What PACE and BAC with the MRZ take their keys from, of a travel document. A licence opens
    /// by none of it.
    pub mrz: Option<MrzInformation>,
    /// The line that opens a driving licence by Basic Access Protection.
    pub licence: Option<edl::Mrz>,
    /// The CVCA that the chip trusts, where it asks for Terminal Authentication.
    pub cvca: Option<CvCertificate>,
    /// A terminal that the chip believes: its chain from that CVCA and its key.
    pub terminal: Option<Credentials>,
}

impl Profile {
    /// Makes the card. The same profile gives the same bytes.
    ///
    /// # Errors
    /// [`ProfileError::Personalise`] where a value does not fit its place on the card.
    pub fn personalise(mut self) -> Result<Personalised, ProfileError> {
        self.fill_keys();
        let keys = self.keys()?;
        let mut files = self.master_files();
        let (mut csca, mut signer, mut mrz) = (None, None, None);
        let (mut licence, mut cvca, mut terminal) = (None, None, None);
        if let Some(travel) = &self.travel {
            (csca, signer) = self.issuers(&travel.pki, &keys)?;
            files.extend(match &travel.licence {
                Some(licence) => self.licence_files(travel, licence, &keys)?,
                None => self.lds_files(travel, &keys)?,
            });
            let terminals = self.terminal_authentication.as_ref();
            let terminals = terminals.map(|ta| self.terminals(ta, &travel.document));
            (cvca, terminal) = terminals.transpose()?.unzip();
            licence = travel.licence.as_ref().map(|licence| licence.line.clone());
            mrz = Some(travel.mrz_information()?);
        }
        let mut card_ca = None;
        if let Some((ca, own)) = self.key_only_files(&keys)? {
            card_ca = Some(ca);
            files.extend(own);
        }
        let mut card = Personalised {
            profile: self,
            files,
            keys,
            csca,
            signer,
            card_ca,
            mrz,
            licence,
            cvca,
            terminal,
        };
        card.replace_files();
        card.sign_card_security()?;
        let groups: Vec<_> = card.files.keys().copied().collect();
        card.sign(&groups)?;
        // What is signed may be declared too.
        card.replace_files();
        Ok(card)
    }

    // The certificates of the CSCA and of the document signer under it.
    fn issuers(
        &self,
        pki: &Pki,
        keys: &Keys,
    ) -> Result<(Option<Certificate>, Option<Certificate>), ProfileError> {
        let (Some(csca_key), Some(signer_key)) = (&keys.csca, &keys.signer) else {
            return Ok((None, None));
        };
        let certificate =
            |name, days| self.certificate(&pki.country, &pki.organization, name, days);
        let csca = certificate(&pki.csca, pki.csca_validity)
            .csca(self.signing(pki, csca_key))
            .map_err(|e| ProfileError::personalise("CSCA certificate", e))?;
        let signer = certificate(&pki.signer, pki.signer_validity)
            .document_signer_of(
                &self.signing(pki, signer_key).public(),
                &csca,
                self.signing(pki, csca_key),
            )
            .map_err(|e| ProfileError::personalise("document signer's certificate", e))?;
        Ok((Some(csca), Some(signer)))
    }
}

impl Personalised {
    /// The profile's name: `resident`.
    pub fn name(&self) -> &str {
        &self.profile.name
    }

    /// The files and how many bytes they have.
    pub fn file_sizes(&self) -> impl Iterator<Item = (File, usize)> {
        self.files.iter().map(|(file, bytes)| (*file, bytes.len()))
    }

    /// Makes EF.SOD again, over these data groups as they are now; those that the card does not
    /// have, and files that are none, are left out. A card that is no travel document has none.
    ///
    /// # Errors
    /// [`ProfileError::Personalise`] where the document signer's key is not its certificate's.
    pub fn sign(&mut self, groups: &[File]) -> Result<(), ProfileError> {
        let Some(travel) = &self.profile.travel else { return Ok(()) };
        let algorithm = travel.pki.hash;
        let hashes = groups.iter().filter_map(|file| {
            let hash = algorithm.digest(&[self.files.get(file)?]);
            Some(DataGroupHash { number: file.data_group()?, hash })
        });
        let object = LdsSecurityObject {
            hash_algorithm: oid_of_hash(algorithm),
            null_parameters: false,
            hashes: hashes.collect(),
            versions: None,
        };
        let kind = self.profile.quirks.sod_content_type.unwrap_or(oids::LDS_SECURITY_OBJECT);
        let signed = self.signed("EF.SOD", kind, &object.encode())?;
        let file = match self.licence {
            Some(_) => File::Edl(edl::File::Sod),
            None => File::Sod,
        };
        self.files.insert(file, sod::wrap(&signed));
        Ok(())
    }

    // EF.CardSecurity (BSI TR-03110-3 annex A.1.2.5), where the card has keys for it.
    fn sign_card_security(&mut self) -> Result<(), ProfileError> {
        let infos = self.profile.card_security_infos(&self.keys);
        if !infos.is_empty() {
            let content = SecurityInfos::new(infos).encode();
            let signed = self.signed("EF.CardSecurity", oids::SECURITY_OBJECT, &content)?;
            self.files.insert(File::CardSecurity, signed);
        }
        Ok(())
    }

    // The bytes of declared files in place of those that the card would have made.
    fn replace_files(&mut self) {
        let layout = &self.profile.layout;
        let of_application = if self.licence.is_some() { Df::Edl } else { Df::Lds };
        let below = layout.files.iter().map(|spec| (Df::MasterFile, spec));
        let inside = layout.inside.iter().map(|(_, spec)| (of_application, spec));
        for (df, spec) in below.chain(inside) {
            if let ([fid], FileKind::Transparent { content, .. }) =
                (spec.path.as_slice(), &spec.kind)
                && let Some(file) = File::from_fid(df, *fid)
            {
                self.files.insert(file, content.clone());
            }
        }
    }

    fn signed(
        &self,
        step: &'static str,
        content_type: crate::pki::Oid,
        content: &[u8],
    ) -> Result<Vec<u8>, ProfileError> {
        let travel = self.profile.travel.as_ref();
        let (Some(travel), Some(signer), Some(key)) = (travel, &self.signer, &self.keys.signer)
        else {
            return Err(ProfileError::personalise(step, "the card has no document signer"));
        };
        let key = self.profile.signing(&travel.pki, key);
        SignedData::sign_by(content_type, content, signer, key)
            .map_err(|e| ProfileError::personalise(step, e))
    }
}

/// The anchors of a card's PKI: the certificates of the CSCA and of the card CA in DER, each with a
/// file name; those that there are.
pub fn anchors(card: &Personalised) -> Vec<(String, Vec<u8>)> {
    let csca = card.csca.as_ref().map(|certificate| ("csca", certificate));
    let card_ca = card.card_ca.as_ref().map(|certificate| ("card-ca", certificate));
    let all = csca.into_iter().chain(card_ca);
    all.map(|(kind, certificate)| {
        let [a, b, c, d, ..] = certificate.fingerprint();
        let country = certificate.country().unwrap_or_default().to_ascii_lowercase();
        let name = format!("{kind}-{country}-{}.cer", hex::encode([a, b, c, d]));
        (name, certificate.der().to_vec())
    })
    .collect()
}
