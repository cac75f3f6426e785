//! How long bytes take between a reader and a contactless card (ISO/IEC 14443-3 and -4).

use std::{fmt, str::FromStr, time::Duration};

/// Carrier frequency in hertz (ISO/IEC 14443-2 clause 6.1).
const FC: u64 = 13_560_000;
/// Elementary time unit at the lowest rate, in periods of the carrier (ISO/IEC 14443-2 clause 8.1).
const ETU: u64 = 128;
/// Frame delay time from reader to card and back, type A: the least for any command but those of
/// the anticollision is of this size (ISO/IEC 14443-3 clause 6.2.1).
const FDT_A: u64 = 1_172;
/// TR0 and TR1 of type B: 64 and 80 periods of the subcarrier, a sixteenth of the carrier
/// (ISO/IEC 14443-3 clause 7.1.6).
const TR0_TR1_B: u64 = (64 + 80) * 16;
/// TR2 of type B, the least: 10 etu and 32 periods of the subcarrier (ISO/IEC 14443-3 clause 7.1.7).
const TR2_B: u64 = 10 * ETU + 32 * 16;
/// Unit of FWT and SFGT (ISO/IEC 14443-4 clauses 5.2.5 and 7.2).
const WAITING_UNIT: u64 = 256 * 16;
/// FSD and FSC by FSDI and FSCI (ISO/IEC 14443-4 table 1).
const FRAME_SIZES: [u64; 13] = [16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1_024, 2_048, 4_096];
/// Bytes of a block around its information field: PCB and CRC, neither CID nor NAD (ISO/IEC 14443-4
/// clause 7.1).
const BLOCK: u64 = 1 + 2;
/// An S(WTX) block has one byte, WTXM (ISO/IEC 14443-4 clause 7.3).
const WTX_BLOCK: u64 = BLOCK + 1;

/// Bit rate in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rate {
    /// 106 kbit/s.
    R106,
    /// 212 kbit/s.
    R212,
    /// 424 kbit/s.
    R424,
    /// 848 kbit/s.
    R848,
}

impl Rate {
    /// All rates, the lowest first.
    pub const ALL: [Self; 4] = [Self::R106, Self::R212, Self::R424, Self::R848];

    /// In kbit/s, as they are called.
    pub const fn kbit(self) -> u32 {
        match self {
            Self::R106 => 106,
            Self::R212 => 212,
            Self::R424 => 424,
            Self::R848 => 848,
        }
    }

    // Carrier periods of a bit.
    const fn etu(self) -> u64 {
        match self {
            Self::R106 => ETU,
            Self::R212 => ETU / 2,
            Self::R424 => ETU / 4,
            Self::R848 => ETU / 8,
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kbit/s", self.kbit())
    }
}

/// Why a text is no [`Rate`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{got:?} is no bit rate: 106k, 212k, 424k or 848k expected")]
pub struct RateError {
    /// The text.
    pub got: String,
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let number = text.strip_suffix('k').and_then(|n| n.parse().ok());
        let rate = Self::ALL.into_iter().find(|rate| Some(rate.kbit()) == number);
        rate.ok_or_else(|| RateError { got: text.into() })
    }
}

/// The two kinds of modulation and framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Type A: a parity bit behind each byte.
    A,
    /// Type B: start and stop bit around each byte, and an extra guard time behind it.
    B {
        /// EGT from the reader, 0 to 6 etu (ISO/IEC 14443-3 clause 7.1.2).
        egt: u8,
    },
}

/// What reader and card have agreed, or are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Bit rate.
    pub rate: Rate,
    /// Modulation and framing.
    pub kind: Kind,
    /// FSCI: the largest frame that the card takes, 0 to 12.
    pub fsci: u8,
    /// FSDI: the largest frame that the reader takes, 0 to 12.
    pub fsdi: u8,
    /// FWI: how long the card may take before it asks for more time, 0 to 14.
    pub fwi: u8,
    /// SFGI: how long the card wants to rest after it is activated, 0 to 14.
    pub sfgi: u8,
}

impl Parameters {
    /// A passport of type A on an ordinary reader: frames of 256 bytes both ways, FWT 77 ms, SFGT
    /// 4.8 ms.
    pub const fn new(rate: Rate) -> Self {
        Self { rate, kind: Kind::A, fsci: 8, fsdi: 8, fwi: 8, sfgi: 4 }
    }

    /// Frame waiting time: the card answers within it or asks for an extension.
    pub fn fwt(&self) -> Duration {
        time(self.fwt_ticks())
    }

    /// From the first bit of a command to the moment when the next may follow its response. `compute`
    /// is the time that the chip is busy with it, `waits` extensions it asks for on purpose.
    pub fn exchange(
        &self,
        command: usize,
        response: usize,
        compute: Duration,
        waits: u32,
    ) -> Duration {
        let up = self.chained(command as u64, size(self.fsci), true);
        let down = self.chained(response as u64, size(self.fsdi), false);
        let asked = u64::from(waits).saturating_mul(self.fwt_ticks());
        let busy = ticks(compute).saturating_add(asked);
        // One extension each time FWT runs out: a request of the card and the reader's answer.
        let extensions = busy.checked_div(self.fwt_ticks()).unwrap_or(0);
        let extension = self.frame(WTX_BLOCK, false)
            + self.frame(WTX_BLOCK, true)
            + self.gap_to_card()
            + self.gap_to_reader();
        let waiting = extensions.saturating_mul(extension);
        let moving = up + self.gap_to_reader() + down + self.gap_to_card();
        let all = busy.saturating_add(waiting).saturating_add(moving);
        time(all)
    }

    /// From the field's first command until the card takes its first APDU: one card of a single-size
    /// UID before the reader (ISO/IEC 14443-3 clauses 6.4 and 7.7), RATS and, above 106 kbit/s, PPS
    /// (ISO/IEC 14443-4 clause 5), and SFGT.
    pub fn activation(&self) -> Duration {
        let slow = Self { rate: Rate::R106, ..*self };
        // Command and answer with their CRCs.
        let pairs: &[(u64, u64)] = match self.kind {
            // REQA and ATQA, SDD and UID with BCC, SELECT and SAK, RATS and an ATS of 15 bytes.
            Kind::A => &[(1, 2), (2, 5), (9, 3), (4, 17)],
            // REQB and ATQB; ATTRIB and its answer set the rate, too.
            Kind::B { .. } => &[(5, 14), (11, 3)],
        };
        let pps = (self.kind == Kind::A && self.rate != Rate::R106).then_some((5, 3));
        let frames = pairs.iter().copied().chain(pps).map(|(command, answer)| {
            slow.frame(command, true)
                + slow.gap_to_reader()
                + slow.frame(answer, false)
                + slow.gap_to_card()
        });
        // SFGI 0 asks for nothing.
        let rest = if self.sfgi == 0 { 0 } else { WAITING_UNIT << self.sfgi.min(14) };
        time(frames.sum::<u64>() + rest)
    }

    fn fwt_ticks(&self) -> u64 {
        WAITING_UNIT << self.fwi.min(14)
    }

    // The gap before the card answers.
    const fn gap_to_reader(&self) -> u64 {
        match self.kind {
            Kind::A => FDT_A,
            Kind::B { .. } => TR0_TR1_B,
        }
    }

    // The gap before the reader goes on.
    const fn gap_to_card(&self) -> u64 {
        match self.kind {
            Kind::A => FDT_A,
            Kind::B { .. } => TR2_B,
        }
    }

    // A frame of so many bytes.
    fn frame(&self, bytes: u64, from_reader: bool) -> u64 {
        let bits = match self.kind {
            // A start bit, nine bits a byte, an end bit (ISO/IEC 14443-3 clause 6.2.3.2).
            Kind::A => 1 + 9 * bytes + 1,
            // SOF of 12 etu, ten bits a byte, EOF of 10 (ISO/IEC 14443-3 clause 7.1).
            Kind::B { egt } => {
                let guard = if from_reader { u64::from(egt.min(6)) } else { 0 };
                12 + (10 + guard) * bytes + 10
            }
        };
        bits * self.rate.etu()
    }

    // An APDU in I-blocks of at most `size` bytes, each but the last acknowledged by an R-block
    // (ISO/IEC 14443-4 clause 7.5.2).
    fn chained(&self, bytes: u64, size: u64, from_reader: bool) -> u64 {
        let most = size - BLOCK;
        let blocks = bytes.div_ceil(most).max(1);
        let full = (blocks - 1) * self.frame(most + BLOCK, from_reader);
        let last = self.frame(bytes - (blocks - 1) * most + BLOCK, from_reader);
        let acknowledged =
            self.frame(BLOCK, !from_reader) + self.gap_to_card() + self.gap_to_reader();
        full + last + (blocks - 1) * acknowledged
    }
}

fn size(index: u8) -> u64 {
    // What is reserved counts as the largest (ISO/IEC 14443-4 clause 5.2.3).
    FRAME_SIZES.get(usize::from(index)).copied().unwrap_or(4_096)
}

fn time(ticks: u64) -> Duration {
    let nanos = u128::from(ticks) * 1_000_000_000 / u128::from(FC);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn ticks(time: Duration) -> u64 {
    let ticks = time.as_nanos() * u128::from(FC) / 1_000_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Duration = Duration::ZERO;

    fn periods(time: Duration) -> u64 {
        // To the nearest, for a time is cut to whole nanoseconds.
        (time.as_nanos() as u64 * FC + 500_000_000) / 1_000_000_000
    }

    #[test]
    fn a_short_exchange_by_hand() {
        // SELECT of 12 bytes and a status word: frames of 15 and 5 bytes, 2 + 9 bits a byte, and
        // both frame delays.
        let at = |rate| periods(Parameters::new(rate).exchange(12, 2, NOTHING, 0));
        assert_eq!(at(Rate::R106), (2 + 9 * 15 + 2 + 9 * 5) * 128 + 2 * 1_172);
        assert_eq!(at(Rate::R848), (2 + 9 * 15 + 2 + 9 * 5) * 16 + 2 * 1_172);
        let b = Parameters { kind: Kind::B { egt: 2 }, ..Parameters::new(Rate::R106) };
        let bits = 22 + 12 * 15 + 22 + 10 * 5;
        assert_eq!(periods(b.exchange(12, 2, NOTHING, 0)), bits * 128 + 144 * 16 + 1_280 + 512);
    }

    #[test]
    fn long_apdus_are_chained_and_each_block_acknowledged() {
        // 253 bytes fit a frame of 256; one more makes a block of one byte, an R-block and two gaps.
        let link = Parameters::new(Rate::R424);
        let at = |response| periods(link.exchange(7, response, NOTHING, 0));
        assert_eq!(at(254) - at(253), (2 + 9 * 4 + 2 + 9 * 3) * 32 + 2 * 1_172);
        let small = Parameters { fsci: 0, ..link };
        let at = |command| periods(small.exchange(command, 2, NOTHING, 0));
        // Frames of 16 bytes carry 13.
        assert_eq!(at(14) - at(13), (2 + 9 * 4 + 2 + 9 * 3) * 32 + 2 * 1_172);
    }

    #[test]
    fn a_chip_that_takes_long_asks_for_more_time() {
        let link = Parameters::new(Rate::R106);
        // FWI 8: 4,096 periods times 256.
        assert_eq!(periods(link.fwt()), 4_096 * 256);
        let at = |compute, waits| link.exchange(5, 2, compute, waits);
        let just = link.fwt() - Duration::from_micros(1);
        let nothing = at(NOTHING, 0);
        assert!(at(just, 0) - nothing <= just);
        let extension = (2 + 9 * 4) * 2 * 128 + 2 * 1_172;
        let longer = at(2 * link.fwt() + Duration::from_millis(1), 0) - nothing;
        let wanted = 2 * 4_096 * 256 + 13_560 + 2 * extension;
        assert!(periods(longer).abs_diff(wanted) <= 2, "{} {wanted}", periods(longer));
        assert!(periods(at(NOTHING, 3) - nothing).abs_diff(3 * (4_096 * 256 + extension)) <= 1);
    }

    #[test]
    fn activation_counts_pps_and_the_guard_time() {
        let slow = Parameters { sfgi: 0, ..Parameters::new(Rate::R106) };
        let frames: u64 = [1, 2, 2, 5, 9, 3, 4, 17].map(|bytes| (2 + 9 * bytes) * 128).iter().sum();
        assert_eq!(periods(slow.activation()), frames + 8 * 1_172);
        let fast = Parameters { rate: Rate::R848, ..slow };
        let pps = (2 + 9 * 5 + 2 + 9 * 3) * 128 + 2 * 1_172;
        assert_eq!(periods(fast.activation()) - periods(slow.activation()), pps);
        let guard = Parameters { sfgi: 4, ..slow };
        assert_eq!(periods(guard.activation()) - periods(slow.activation()), 4_096 * 16);
    }

    #[test]
    fn rates_are_read() {
        for (text, rate) in [("106k", Rate::R106), ("848k", Rate::R848)] {
            assert_eq!(text.parse(), Ok(rate));
        }
        for wrong in ["", "106", "100k", "k", "424 kbit/s"] {
            assert!(wrong.parse::<Rate>().unwrap_err().to_string().contains("212k"), "{wrong}");
        }
    }

    #[test]
    fn no_parameters_overflow() {
        let odd = Parameters {
            kind: Kind::B { egt: 255 },
            fsci: 255,
            fsdi: 255,
            fwi: 255,
            sfgi: 255,
            ..Parameters::new(Rate::R106)
        };
        assert!(odd.exchange(65_544, 65_538, Duration::MAX, u32::MAX) > Duration::from_secs(1));
        assert!(odd.activation() > Duration::from_secs(1));
    }
}
