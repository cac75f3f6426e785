//! How large APDUs may be.

use std::str::FromStr;

/// The largest APDUs a way to a card carries. Each layer lowers them on the way up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most command data bytes (Nc): 255 is short length only.
    pub command_data: usize,
    /// Most response data bytes (Ne): 256 is short length only.
    pub response_data: usize,
}

impl Limits {
    /// Short length fields only.
    pub const SHORT: Self = Self { command_data: 255, response_data: 256 };
    /// All that extended length fields can say.
    pub const EXTENDED: Self = Self { command_data: 65_535, response_data: 65_536 };

    /// Whether extended length fields may be used.
    pub const fn is_extended(self) -> bool {
        self.response_data > 256
    }

    /// The lower of both, field by field.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self {
            command_data: self.command_data.min(other.command_data),
            response_data: self.response_data.min(other.response_data),
        }
    }

    /// What fits APDUs of at most `bytes` bytes, lengths and status word included, as readers
    /// state their limit: a CCID reader's `dwMaxCCIDMessageLength` less its 10 bytes of header.
    pub fn within(bytes: usize) -> Self {
        // Header, Lc and Le: 4 + 3 + 2 bytes extended, 4 + 1 + 1 short.
        let extended = bytes > 4 + 1 + 255 + 1;
        let (command_data, response_data) = if extended {
            (bytes.saturating_sub(9).max(255), bytes.saturating_sub(2))
        } else {
            (bytes.saturating_sub(6), bytes.saturating_sub(2))
        };
        let most = if extended { Self::EXTENDED } else { Self::SHORT };
        Self { command_data, response_data }.min(most)
    }
}

/// Why a text is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is no limit: `short`, `extended` or a number of bytes from {min} expected", min = Self::LEAST)]
pub struct LimitsError {
    /// The text.
    pub got: String,
}

impl LimitsError {
    /// Below this not even an elliptic curve's point gets to the card in one piece.
    const LEAST: usize = 128;
}

impl FromStr for Limits {
    type Err = LimitsError;

    /// `short`, `extended` or the most bytes of an APDU.
    fn from_str(text: &str) -> Result<Self, LimitsError> {
        match text {
            "short" => Ok(Self::SHORT),
            "extended" => Ok(Self::EXTENDED),
            number => match number.parse() {
                Ok(bytes) if bytes >= LimitsError::LEAST => Ok(Self::within(bytes)),
                _ => Err(LimitsError { got: text.into() }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_becomes_what_fits_it() {
        assert_eq!(Limits::within(261), Limits::SHORT);
        assert_eq!(Limits::within(262), Limits { command_data: 255, response_data: 260 });
        assert_eq!(Limits::within(200), Limits { command_data: 194, response_data: 198 });
        assert_eq!(Limits::within(1_034), Limits { command_data: 1_025, response_data: 1_032 });
        assert_eq!(Limits::within(65_544), Limits { command_data: 65_535, response_data: 65_536 });
        assert_eq!(Limits::within(usize::MAX), Limits::EXTENDED);
        assert_eq!(Limits::within(0), Limits { command_data: 0, response_data: 0 });
    }

    #[test]
    fn limits_are_read() {
        assert_eq!("short".parse(), Ok(Limits::SHORT));
        assert_eq!("extended".parse(), Ok(Limits::EXTENDED));
        assert_eq!("522".parse(), Ok(Limits::within(522)));
        for wrong in ["", "12", "long", "-1"] {
            assert_eq!(wrong.parse::<Limits>(), Err(LimitsError { got: wrong.into() }));
        }
    }
}
