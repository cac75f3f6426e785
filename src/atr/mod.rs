//! Answers to reset and to select (ISO/IEC 7816-3 clause 8, ISO/IEC 14443-4 clause 5.2), and what
//! they tell about a card before the first command.
//!
//! A contactless card has no ATR: PC/SC part 3 clause 3.1.3.2.3 has the reader make one of the
//! card's historical bytes, and [`Atr::contactless`] takes it apart again. Some cards send other
//! bytes on every activation, so an ATR is a hint at the kind of card, never an identity.
//!
//! ```
//! use iccard::atr::Atr;
//!
//! let atr = Atr::parse(&hex::decode("3B8480018082900097")?)?;
//! assert_eq!(atr.to_string(), "ISO 14443-4 type A");
//! assert_eq!(atr.protocols(), [0, 1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ats;
mod contactless;
mod historical;

pub use ats::Ats;
pub use contactless::{Contactless, StorageCard};
pub use historical::{
    CardCapabilities, CardServiceData, Category, CompactTlv, FileAccess, HistoricalBytes,
    StatusIndicator,
};

/// The longest ATR: TS and 32 characters (ISO/IEC 7816-3 clause 8.1).
pub const MAX_LEN: usize = 33;

/// The most historical bytes that T0 can announce.
pub const MAX_HISTORICAL: usize = 15;

/// Why bytes are no answer to reset, no answer to select, or no historical bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AtrError {
    /// More bytes than the answer can have.
    #[error("{what}: at most {limit} bytes expected, {got} came")]
    TooLong {
        /// Which answer or part of it.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// What came.
        got: usize,
    },
    /// The answer ends before what its own bytes announce.
    #[error("{what}: {expected} bytes expected, {got} there")]
    Truncated {
        /// Which answer or part of it.
        what: &'static str,
        /// Bytes announced.
        expected: usize,
        /// Bytes that are there.
        got: usize,
    },
    /// Neither of the two conventions (ISO/IEC 7816-3 clause 8.1).
    #[error("ATR: TS is 3B or 3F, {got:02X} came")]
    Convention {
        /// The first byte.
        got: u8,
    },
    /// The exclusive-or over T0 to TCK is not zero (ISO/IEC 7816-3 clause 8.2.5).
    #[error("ATR: TCK {expected:02X} expected, {got:02X} came")]
    Checksum {
        /// What TCK should be.
        expected: u8,
        /// What it is.
        got: u8,
    },
    /// Bytes follow where none may.
    #[error("{what}: {got} bytes follow its end")]
    Trailing {
        /// Which answer.
        what: &'static str,
        /// How many.
        got: usize,
    },
}

/// How bits travel on a contact card's line. What a reader hands out is decoded already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// `3B`.
    Direct,
    /// `3F`.
    Inverse,
}

/// The interface bytes of one level: TA(i), TB(i), TC(i) and TD(i) where they are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InterfaceBytes {
    /// TA(i).
    pub ta: Option<u8>,
    /// TB(i).
    pub tb: Option<u8>,
    /// TC(i).
    pub tc: Option<u8>,
    /// TD(i): which bytes the next level has, and the protocol T they are for.
    pub td: Option<u8>,
}

/// An answer to reset (ISO/IEC 7816-3 clause 8.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atr {
    bytes: Vec<u8>,
    convention: Convention,
    levels: Vec<InterfaceBytes>,
    historical: Vec<u8>,
    tck: Option<u8>,
}

impl Atr {
    /// Takes an ATR apart and checks its TCK.
    ///
    /// # Errors
    /// [`AtrError`], where the bytes contradict themselves.
    pub fn parse(bytes: &[u8]) -> Result<Self, AtrError> {
        const WHAT: &str = "ATR";
        if bytes.len() > MAX_LEN {
            return Err(AtrError::TooLong { what: WHAT, limit: MAX_LEN, got: bytes.len() });
        }
        let mut rest = Bytes { what: WHAT, bytes, pos: 0 };
        let convention = match rest.take()? {
            0x3B => Convention::Direct,
            0x3F => Convention::Inverse,
            got => return Err(AtrError::Convention { got }),
        };
        let t0 = rest.take()?;
        let mut levels = Vec::new();
        let mut present = t0 >> 4;
        // Every round takes at least the TD that asked for it, so the length bounds the chain.
        while present != 0 {
            let level = InterfaceBytes {
                ta: rest.take_if(present & 1 != 0)?,
                tb: rest.take_if(present & 2 != 0)?,
                tc: rest.take_if(present & 4 != 0)?,
                td: rest.take_if(present & 8 != 0)?,
            };
            present = level.td.unwrap_or(0) >> 4;
            levels.push(level);
        }
        let historical = rest.take_many(usize::from(t0 & 0x0F))?.to_vec();
        // Clause 8.2.5: TCK is absent where T=0 is the only T indicated, and there otherwise.
        let only_t0 = levels.iter().filter_map(|level| level.td).all(|td| td & 0x0F == 0);
        let tck = rest.take_if(!only_t0)?;
        if let Some(got) = tck {
            let expected = checksum(bytes.get(1..rest.pos - 1).unwrap_or_default());
            if got != expected {
                return Err(AtrError::Checksum { expected, got });
            }
        }
        rest.end()?;
        Ok(Self { bytes: bytes.to_vec(), convention, levels, historical, tck })
    }

    /// The ATR that a reader makes for a contactless card with these historical bytes (PC/SC part
    /// 3 clause 3.1.3.2.3): TD1 `80` and TD2 `01`, so that it offers T=0 and T=1.
    ///
    /// # Errors
    /// [`AtrError::TooLong`] beyond [`MAX_HISTORICAL`].
    pub fn from_historical(historical: &[u8]) -> Result<Self, AtrError> {
        if historical.len() > MAX_HISTORICAL {
            return Err(AtrError::TooLong {
                what: "historical bytes",
                limit: MAX_HISTORICAL,
                got: historical.len(),
            });
        }
        let mut bytes = vec![0x3B, 0x80 | historical.len() as u8, 0x80, 0x01];
        bytes.extend_from_slice(historical);
        bytes.push(checksum(bytes.get(1..).unwrap_or_default()));
        Self::parse(&bytes)
    }

    /// The ATR as it came, TS first.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What TS says.
    pub const fn convention(&self) -> Convention {
        self.convention
    }

    /// The interface bytes, level by level.
    pub fn interface(&self) -> &[InterfaceBytes] {
        &self.levels
    }

    /// The historical bytes as they came; [`HistoricalBytes::parse`] takes them apart.
    pub fn historical(&self) -> &[u8] {
        &self.historical
    }

    /// TCK, where there is one.
    pub const fn tck(&self) -> Option<u8> {
        self.tck
    }

    /// The transmission protocols T offered, each once, in the ATR's order; T=0 where no TD names
    /// one. T=15 is no protocol and not listed.
    pub fn protocols(&self) -> Vec<u8> {
        let mut offered = Vec::new();
        for td in self.levels.iter().filter_map(|level| level.td) {
            let t = td & 0x0F;
            if t != 15 && !offered.contains(&t) {
                offered.push(t);
            }
        }
        if offered.is_empty() {
            offered.push(0);
        }
        offered
    }

    /// What kind of contactless card it stands for, if it has the shape of PC/SC part 3.
    pub fn contactless(&self) -> Option<Contactless> {
        Contactless::from_atr(self)
    }

    /// A guess at what card this is, for the eyes of a person.
    pub fn looks_like(&self) -> Option<&'static str> {
        if let Some(Contactless::Storage(card)) = self.contactless() {
            return card.name();
        }
        let historical = HistoricalBytes::parse(&self.historical).ok()?;
        if historical.card_capabilities().is_some_and(|c| c.extended_length()) {
            return Some("a microprocessor card with extended length, as eMRTDs and eID cards are");
        }
        if historical.card_service_data().is_some_and(|s| s.atr_info() || s.dir()) {
            return Some("an ISO/IEC 7816-4 card with EF.DIR or EF.ATR/INFO");
        }
        None
    }
}

impl std::fmt::Display for Atr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(contactless) = self.contactless() {
            return contactless.fmt(f);
        }
        write!(f, "ISO 7816-3")?;
        for t in self.protocols() {
            write!(f, ", T={t}")?;
        }
        Ok(())
    }
}

fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, b| sum ^ b)
}

/// A bounded walk over an answer's bytes.
struct Bytes<'a> {
    what: &'static str,
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Bytes<'a> {
    fn take(&mut self) -> Result<u8, AtrError> {
        self.take_many(1).map(|bytes| bytes.first().copied().unwrap_or(0))
    }

    fn take_if(&mut self, there: bool) -> Result<Option<u8>, AtrError> {
        if there { self.take().map(Some) } else { Ok(None) }
    }

    fn take_many(&mut self, n: usize) -> Result<&'a [u8], AtrError> {
        let end = self.pos + n;
        let taken = self.bytes.get(self.pos..end).ok_or(AtrError::Truncated {
            what: self.what,
            expected: end,
            got: self.bytes.len(),
        })?;
        self.pos = end;
        Ok(taken)
    }

    fn end(&self) -> Result<(), AtrError> {
        match self.bytes.len() - self.pos {
            0 => Ok(()),
            got => Err(AtrError::Trailing { what: self.what, got }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn atr(hex: &str) -> Result<Atr, AtrError> {
        Atr::parse(&hex::decode(hex.replace(' ', "")).unwrap())
    }

    /// TD1 = 80 names T=0 and announces TD2 alone; TD2 = 01 names T=1 and announces nothing. So
    /// the card offers both, and a reader that insists on T=1 connects.
    #[test]
    fn the_emulated_cards_atr_offers_t1() {
        let built =
            Atr::from_historical(&hex::decode("8031F873F741E0829000").unwrap()).expect("10 bytes");
        assert_eq!(hex::encode_upper(built.as_bytes()), "3B8A80018031F873F741E082900075");
        assert_eq!(built.convention(), Convention::Direct);
        let td = |td| InterfaceBytes { td: Some(td), ..InterfaceBytes::default() };
        assert_eq!(built.interface(), [td(0x80), td(0x01)]);
        assert_eq!(built.protocols(), [0, 1]);
        assert_eq!(built.tck(), Some(0x75));
        assert_eq!(built.to_string(), "ISO 14443-4 type A");

        let historical = HistoricalBytes::parse(built.historical()).unwrap();
        assert_eq!(historical.category, Category::CompactTlv);
        let service = historical.card_service_data().unwrap();
        assert!(service.select_by_full_name() && service.dir() && service.atr_info());
        assert_eq!(service.file_access(), Some(FileAccess::ReadBinary));
        assert!(service.has_mf());
        let capabilities = historical.card_capabilities().unwrap();
        assert!(capabilities.command_chaining());
        assert!(capabilities.extended_length());
        assert!(capabilities.extended_length_info());
        assert!(capabilities.short_ef_identifier());
        assert_eq!(capabilities.logical_channels(), 1);
        assert_eq!(historical.status.unwrap().status_word, Some(0x9000));
        assert!(built.looks_like().unwrap().contains("eMRTD"));
    }

    #[test]
    fn reads_contact_cards_too() {
        // Global interface bytes TA1 to TC1, no TD: T=0 alone, so no TCK.
        let plain = atr("3B 75 13 00 00 43 09 EA 90 00").unwrap();
        assert_eq!(plain.interface()[0].ta, Some(0x13));
        assert_eq!((plain.protocols(), plain.tck()), (vec![0], None));
        assert_eq!(plain.to_string(), "ISO 7816-3, T=0");
        // T=1 with TA3, TB3 and a TCK; T=15 is listed in the bytes, not among the protocols.
        let t1 = atr("3B F8 13 00 00 81 31 FE 45 4A 43 4F 50 76 32 34 31 B7").unwrap();
        assert_eq!(t1.protocols(), [1]);
        assert_eq!(t1.historical(), b"JCOPv241");
        assert_eq!(t1.to_string(), "ISO 7816-3, T=1");
        let t15 = atr("3F 80 1F 00 9F").unwrap();
        assert_eq!((t15.protocols(), t15.tck()), (vec![0], Some(0x9F)));
        assert_eq!(atr("3F 80 1F 00 9F 00"), Err(AtrError::Trailing { what: "ATR", got: 1 }));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(
            atr("3B8A80018031F873F741E082900074"),
            Err(AtrError::Checksum { expected: 0x75, got: 0x74 })
        );
        assert_eq!(atr("3C00"), Err(AtrError::Convention { got: 0x3C }));
        assert_eq!(atr(""), Err(AtrError::Truncated { what: "ATR", expected: 1, got: 0 }));
        assert_eq!(atr("3B8A8001"), Err(AtrError::Truncated { what: "ATR", expected: 14, got: 4 }));
        // An endless chain of TD bytes ends at the length an ATR can have.
        let chain = [&[0x3B, 0x80][..], &[0x80; 60]].concat();
        assert_eq!(Atr::parse(&chain), Err(AtrError::TooLong { what: "ATR", limit: 33, got: 62 }));
        assert!(matches!(Atr::parse(&chain[..33]), Err(AtrError::Truncated { .. })));
        assert!(matches!(Atr::from_historical(&[0; 16]), Err(AtrError::TooLong { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(7816),
            ..ProptestConfig::with_cases(512)
        })]

        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(atr) = Atr::parse(&bytes) {
                prop_assert_eq!(atr.as_bytes(), &bytes[..]);
                let _ = (atr.to_string(), atr.looks_like(), atr.protocols());
            }
            let _ = HistoricalBytes::parse(&bytes);
            if let Ok(ats) = Ats::parse(&bytes) {
                prop_assert_eq!(Ats::parse(&ats.to_bytes().unwrap()).unwrap(), ats);
            }
        }

        #[test]
        fn historical_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..=15)) {
            let atr = Atr::from_historical(&bytes).unwrap();
            prop_assert_eq!(atr.historical(), &bytes[..]);
            prop_assert!(atr.contactless().is_some());
            let _ = (atr.to_string(), atr.looks_like());
        }
    }
}
