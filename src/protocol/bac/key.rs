//! The keys that follow from what is printed on the document.

use zeroize::Zeroizing;

use crate::crypto::{BlockKey, Cipher, Hash, KeyPurpose, MacKey, derive_key};

/// Which of the two protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Basic Access Control, travel documents.
    Bac,
    /// Basic Access Protection, driving licences.
    Bap,
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bac => "BAC",
            Self::Bap => "BAP",
        })
    }
}

/// The document basic access keys `K_Enc` and `K_MAC` (ICAO Doc 9303-11 clause 9.7.2). Wiped when
/// dropped, never shown.
#[derive(Clone)]
pub struct AccessKey {
    protocol: Protocol,
    seed: Zeroizing<Vec<u8>>,
    document_number: Option<Zeroizing<Vec<u8>>>,
}

/// Date of birth and date of expiry of an MRZ_information, each with its check digit.
const DATES_LEN: usize = 14;

impl AccessKey {
    /// From the MRZ_information: document number, date of birth and date of expiry, each with its
    /// check digit (ICAO Doc 9303-11 clause 4.3.2).
    pub fn mrz(mrz_information: &str) -> Self {
        let key = Self::new(Protocol::Bac, mrz_information.as_bytes());
        let number = mrz_information.len().checked_sub(DATES_LEN);
        let number = number.and_then(|len| mrz_information.as_bytes().get(..len));
        Self { document_number: number.map(|bytes| Zeroizing::new(bytes.to_vec())), ..key }
    }

    /// From the machine-readable line of a driving licence, thirty characters as `D1NLD1…`: all of
    /// it but the `D` in front and the check digit at the end is the key's input.
    pub fn bap(line: &str) -> Self {
        match line.as_bytes() {
            [_, input @ .., _] => Self::new(Protocol::Bap, input),
            short => Self::new(Protocol::Bap, short),
        }
    }

    /// From the input string of a driving licence's key as it is (ISO/IEC 18013-3 annex B), for
    /// licences whose scanning area identifier is no machine-readable line.
    pub fn bap_input(input: &str) -> Self {
        Self::new(Protocol::Bap, input.as_bytes())
    }

    /// Which protocol it is for.
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// `K_seed`, 16 bytes.
    pub fn seed(&self) -> &[u8] {
        &self.seed
    }

    /// The document number with its check digit: after Basic Access Control it is how Terminal
    /// Authentication names the chip (`ID_PICC`, ICAO Doc 9303-11 clause 7.1.4).
    pub fn document_number(&self) -> Option<&[u8]> {
        self.document_number.as_ref().map(|number| number.as_slice())
    }

    fn new(protocol: Protocol, input: &[u8]) -> Self {
        let mut seed = Zeroizing::new(Hash::Sha1.digest(&[input]));
        seed.truncate(16);
        Self { protocol, seed, document_number: None }
    }

    pub(super) fn expand(&self) -> Option<(BlockKey, MacKey)> {
        let key = |purpose| derive_key(&self.seed, purpose, Cipher::TripleDes);
        let enc = BlockKey::new(Cipher::TripleDes, &key(KeyPurpose::Enc))?;
        Some((enc, MacKey::new(Cipher::TripleDes, &key(KeyPurpose::Mac))?))
    }
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessKey({})", self.protocol)
    }
}
