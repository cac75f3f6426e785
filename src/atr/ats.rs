//! The answer to select of a type A card (ISO/IEC 14443-4:2018 clause 5.2).

use std::time::Duration;

use super::{AtrError, Bytes};

/// An ATS without its CRC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ats {
    /// Frame size for proximity card integer, 0 to 15: how large a frame the card takes.
    pub fsci: u8,
    /// TA(1): the bit rates beyond 106 kbit/s.
    pub ta: Option<u8>,
    /// TB(1): FWI in the upper, SFGI in the lower half.
    pub tb: Option<u8>,
    /// TC(1): CID (b2) and NAD (b1) are supported.
    pub tc: Option<u8>,
    /// The historical bytes.
    pub historical: Vec<u8>,
}

const WHAT: &str = "ATS";
/// TL counts itself, and a frame has at most 254 bytes before the CRC.
const MAX: usize = 254;

impl Ats {
    /// Takes an ATS apart, TL first.
    ///
    /// # Errors
    /// [`AtrError`], where TL or T0 and the bytes disagree.
    pub fn parse(bytes: &[u8]) -> Result<Self, AtrError> {
        let mut rest = Bytes { what: WHAT, bytes, pos: 0 };
        let len = usize::from(rest.take()?);
        if len > MAX {
            return Err(AtrError::TooLong { what: WHAT, limit: MAX, got: len });
        }
        if len > bytes.len() || len == 0 {
            let expected = len.max(1);
            return Err(AtrError::Truncated {
                what: "ATS (TL)",
                expected,
                got: bytes.len().min(len),
            });
        }
        rest.bytes = bytes.get(..len).unwrap_or_default();
        // Without T0 the defaults hold: FSCI 2 (clause 5.2.3).
        let t0 = rest.take_if(len > 1)?;
        let present = |bit: u8| t0.is_some_and(|t0| t0 & bit != 0);
        let ats = Self {
            fsci: t0.map_or(2, |t0| t0 & 0x0F),
            ta: rest.take_if(present(0x10))?,
            tb: rest.take_if(present(0x20))?,
            tc: rest.take_if(present(0x40))?,
            historical: rest.take_many(len - rest.pos)?.to_vec(),
        };
        match bytes.len() - len {
            0 => Ok(ats),
            got => Err(AtrError::Trailing { what: WHAT, got }),
        }
    }

    /// The ATS, TL first; T0 is always there.
    ///
    /// # Errors
    /// [`AtrError::TooLong`] where the historical bytes do not fit.
    pub fn to_bytes(&self) -> Result<Vec<u8>, AtrError> {
        let mut bytes = vec![0, self.fsci & 0x0F];
        let mut t0 = self.fsci & 0x0F;
        for (bit, byte) in [(0x10, self.ta), (0x20, self.tb), (0x40, self.tc)] {
            if let Some(byte) = byte {
                t0 |= bit;
                bytes.push(byte);
            }
        }
        bytes.extend_from_slice(&self.historical);
        let got = bytes.len();
        if got > MAX {
            return Err(AtrError::TooLong { what: WHAT, limit: MAX, got });
        }
        if let [tl, second, ..] = bytes.as_mut_slice() {
            (*tl, *second) = (got as u8, t0);
        }
        Ok(bytes)
    }

    /// The largest frame the card takes, in bytes with its CRC (table 1); a reserved FSCI counts
    /// as 4,096.
    pub fn fsc(&self) -> u16 {
        fsc(self.fsci).unwrap_or(4096)
    }

    /// Frame waiting time integer: 4 by default, and for the reserved 15.
    pub const fn fwi(&self) -> u8 {
        match self.tb {
            Some(tb) if tb >> 4 != 15 => tb >> 4,
            _ => 4,
        }
    }

    /// Start-up frame guard time integer: 0 by default, and for the reserved 15.
    pub const fn sfgi(&self) -> u8 {
        match self.tb {
            Some(tb) if tb & 0x0F != 15 => tb & 0x0F,
            _ => 0,
        }
    }

    /// How long the card may take to begin an answer (clause 7.2).
    pub const fn frame_waiting_time(&self) -> Duration {
        time_of(self.fwi())
    }

    /// How long the reader waits after the ATS (clause 5.2.5); nothing for SFGI 0.
    pub const fn start_up_frame_guard_time(&self) -> Duration {
        match self.sfgi() {
            0 => Duration::ZERO,
            sfgi => time_of(sfgi),
        }
    }

    /// The card identifier is supported; so by default.
    pub fn cid(&self) -> bool {
        self.tc.is_none_or(|tc| tc & 2 != 0)
    }

    /// The node address is supported; not so by default.
    pub fn nad(&self) -> bool {
        self.tc.is_some_and(|tc| tc & 1 != 0)
    }

    /// The highest bit rate from card to reader in kbit/s: 106, 212, 424 or 848 (TA(1), b7 to b5).
    pub fn max_kbit_from_card(&self) -> u16 {
        match self.ta.unwrap_or(0) >> 4 & 7 {
            0 => 106,
            1 => 212,
            2 | 3 => 424,
            _ => 848,
        }
    }
}

impl std::fmt::Display for Ats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ATS: frames of {} bytes, {} kbit/s, answers within {} ms",
            self.fsc(),
            self.max_kbit_from_card(),
            self.frame_waiting_time().as_millis()
        )
    }
}

/// FSCI to FSC, ISO/IEC 14443-4:2018 table 1.
pub(super) fn fsc(fsci: u8) -> Option<u16> {
    const FSC: [u16; 13] = [16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 2048, 4096];
    FSC.get(usize::from(fsci)).copied()
}

// 256 x 16 / fc x 2^n with fc = 13.56 MHz.
const fn time_of(n: u8) -> Duration {
    Duration::from_nanos(302_065 << n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_every_field() {
        let bytes = hex::decode("0E7877B102".to_owned() + "8031F8028290008031").unwrap();
        let ats = Ats::parse(&bytes).unwrap();
        assert_eq!((ats.fsci, ats.fsc()), (8, 256));
        assert_eq!((ats.fwi(), ats.sfgi()), (11, 1));
        assert_eq!(ats.frame_waiting_time().as_millis(), 618);
        assert_eq!(ats.start_up_frame_guard_time().as_micros(), 604);
        assert_eq!((ats.cid(), ats.nad(), ats.max_kbit_from_card()), (true, false, 848));
        assert_eq!(ats.historical.len(), 9);
        assert_eq!(ats.to_bytes().unwrap(), bytes);
        assert_eq!(ats.to_string(), "ATS: frames of 256 bytes, 848 kbit/s, answers within 618 ms");
        let default = Ats::parse(&[1]).unwrap();
        assert_eq!((default.fsc(), default.fwi(), default.sfgi()), (32, 4, 0));
        assert_eq!(default.start_up_frame_guard_time(), Duration::ZERO);
        assert!(default.historical.is_empty());
    }

    #[test]
    fn lengths_must_agree() {
        for bytes in [&[0][..], &[], &[5, 0x78, 0x77], &[2, 0x70], &[2, 0x08, 0x00], &[255, 0]] {
            assert!(Ats::parse(bytes).is_err(), "{bytes:02X?}");
        }
    }
}
