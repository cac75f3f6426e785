//! Status words (ISO/IEC 7816-4:2020 clause 5.6, tables 6 and 7).

/// SW1-SW2. Any value is one; those of the standard have names and meanings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusWord(pub u16);

macro_rules! status_words {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $meaning:literal;)*) => {
        impl StatusWord {
            $(#[doc = concat!("`", stringify!($value), "`: ", $meaning, ".")]
              pub const $name: Self = Self($value);)*

            const fn named(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($meaning),)*
                    _ => None,
                }
            }
        }
    };
}

status_words! {
    SUCCESS = 0x9000, "success";
    TRIGGERED_UNKNOWN = 0x6200, "warning, memory unchanged, no information given";
    DATA_CORRUPTED = 0x6281, "part of the returned data may be corrupted";
    END_OF_FILE = 0x6282, "end of file or record reached before Ne bytes, or unsuccessful search";
    DEACTIVATED = 0x6283, "selected file deactivated";
    FCI_FORMAT = 0x6284, "file control information not formatted as the standard says";
    TERMINATED = 0x6285, "selected file in termination state";
    NO_SENSOR_INPUT = 0x6286, "no input data available from a sensor on the card";
    RECORD_DEACTIVATED = 0x6287, "at least one of the referenced records is deactivated";
    WARNING_CHANGED = 0x6300, "warning, memory changed, no information given; authentication failed";
    FILE_FILLED = 0x6381, "file filled up by the last write";
    EXECUTION_ERROR = 0x6400, "execution error, memory unchanged";
    RESPONSE_REQUIRED = 0x6401, "immediate response required by the card";
    CHANNEL_SHARING_DENIED = 0x6481, "logical channel shared access denied";
    CHANNEL_OPENING_DENIED = 0x6482, "logical channel opening denied";
    MEMORY_ERROR = 0x6500, "execution error, memory changed";
    MEMORY_FAILURE = 0x6581, "memory failure";
    SECURITY_ISSUE = 0x6600, "security-related issue";
    WRONG_LENGTH = 0x6700, "wrong length";
    CLA_UNSUPPORTED = 0x6800, "functions in CLA not supported";
    CHANNEL_UNSUPPORTED = 0x6881, "logical channel not supported";
    SM_UNSUPPORTED = 0x6882, "secure messaging not supported";
    LAST_COMMAND_EXPECTED = 0x6883, "last command of the chain expected";
    CHAINING_UNSUPPORTED = 0x6884, "command chaining not supported";
    COMMAND_NOT_ALLOWED = 0x6900, "command not allowed";
    INCOMPATIBLE_FILE = 0x6981, "command incompatible with file structure";
    SECURITY_STATUS = 0x6982, "security status not satisfied";
    AUTH_BLOCKED = 0x6983, "authentication method blocked";
    DATA_UNUSABLE = 0x6984, "reference data not usable";
    CONDITIONS = 0x6985, "conditions of use not satisfied";
    NO_CURRENT_EF = 0x6986, "command not allowed, no current EF";
    SM_OBJECTS_MISSING = 0x6987, "expected secure messaging data objects missing";
    SM_OBJECTS_INCORRECT = 0x6988, "incorrect secure messaging data objects";
    WRONG_PARAMETERS = 0x6A00, "wrong parameters P1-P2";
    WRONG_DATA = 0x6A80, "incorrect parameters in the command data field";
    FUNCTION_UNSUPPORTED = 0x6A81, "function not supported";
    NOT_FOUND = 0x6A82, "file or application not found";
    RECORD_NOT_FOUND = 0x6A83, "record not found";
    NOT_ENOUGH_MEMORY = 0x6A84, "not enough memory space in the file";
    LC_TLV_MISMATCH = 0x6A85, "Nc inconsistent with TLV structure";
    WRONG_P1P2 = 0x6A86, "incorrect parameters P1-P2";
    LC_P1P2_MISMATCH = 0x6A87, "Nc inconsistent with parameters P1-P2";
    REFERENCE_NOT_FOUND = 0x6A88, "referenced data or reference data not found";
    FILE_EXISTS = 0x6A89, "file already exists";
    NAME_EXISTS = 0x6A8A, "DF name already exists";
    OFFSET_OUTSIDE = 0x6B00, "wrong parameters P1-P2, offset outside the file";
    INS_UNSUPPORTED = 0x6D00, "instruction code not supported or invalid";
    CLA_INVALID = 0x6E00, "class not supported";
    NO_DIAGNOSIS = 0x6F00, "no precise diagnosis";
}

impl StatusWord {
    /// SW1.
    pub const fn sw1(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// SW2.
    pub const fn sw2(self) -> u8 {
        self.0 as u8
    }

    /// `9000`.
    pub const fn is_success(self) -> bool {
        self.0 == 0x9000
    }

    /// `9000` or `61xx`: normal processing.
    pub const fn is_normal(self) -> bool {
        self.is_success() || self.sw1() == 0x61
    }

    /// `62xx` or `63xx`: done, with a warning.
    pub const fn is_warning(self) -> bool {
        matches!(self.sw1(), 0x62 | 0x63)
    }

    /// How many response bytes wait for GET RESPONSE (`61xx`; `6100` is 256 or more).
    pub const fn bytes_waiting(self) -> Option<u32> {
        match (self.sw1(), self.sw2()) {
            (0x61, 0) => Some(256),
            (0x61, n) => Some(n as u32),
            _ => None,
        }
    }

    /// The Le to repeat the command with (`6Cxx`).
    pub const fn correct_le(self) -> Option<u32> {
        match (self.sw1(), self.sw2()) {
            (0x6C, 0) => Some(256),
            (0x6C, n) => Some(n as u32),
            _ => None,
        }
    }

    /// Tries left of a password (`63Cx`).
    pub const fn tries_left(self) -> Option<u8> {
        if self.0 & 0xFFF0 == 0x63C0 { Some(self.sw2() & 0x0F) } else { None }
    }

    /// `63Cx` for a password with `left` tries (at most 15).
    pub const fn tries(left: u8) -> Self {
        Self(0x63C0 | (if left > 15 { 15 } else { left }) as u16)
    }

    /// What the standard says it means.
    pub fn meaning(self) -> String {
        if let Some(n) = self.bytes_waiting() {
            return format!("{n} more response bytes available");
        }
        if let Some(n) = self.correct_le() {
            return format!("wrong Le, {n} would be right");
        }
        match (self.tries_left(), self.named()) {
            (Some(0), _) => "warning, no try left: blocked".into(),
            (Some(1), _) => "warning, 1 try left".into(),
            (Some(n), _) => format!("warning, {n} tries left"),
            (None, Some(name)) => name.into(),
            (None, None) => match (self.sw1(), self.sw2()) {
                (0x62, 0x02..=0x80) => "triggering by the card, memory unchanged".into(),
                (0x64, 0x02..=0x80) => "triggering by the card, execution aborted".into(),
                (0x62 | 0x63, _) => "warning, proprietary or reserved".into(),
                (0x64..=0x66, _) => "execution error, proprietary or reserved".into(),
                (0x67..=0x6F, _) => "checking error, proprietary or reserved".into(),
                (0x90..=0x9F, _) => "proprietary status".into(),
                _ => "no status word of ISO/IEC 7816-4".into(),
            },
        }
    }
}

impl Default for StatusWord {
    fn default() -> Self {
        Self::SUCCESS
    }
}

impl std::fmt::Display for StatusWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04X} ({})", self.0, self.meaning())
    }
}

impl std::fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_the_second_byte_carries() {
        assert_eq!(StatusWord(0x6100).bytes_waiting(), Some(256));
        assert_eq!(StatusWord(0x6CE7).correct_le(), Some(231));
        assert_eq!(StatusWord(0x63C2).tries_left(), Some(2));
        assert_eq!(StatusWord(0x6300).tries_left(), None);
        assert_eq!(StatusWord::tries(1), StatusWord(0x63C1));
        assert_eq!(StatusWord(0x63C0).to_string(), "63C0 (warning, no try left: blocked)");
        assert_eq!(StatusWord(0x6982).to_string(), "6982 (security status not satisfied)");
    }

    #[test]
    fn every_status_word_has_a_meaning() {
        for sw in 0..=u16::MAX {
            assert!(!StatusWord(sw).meaning().is_empty());
        }
    }
}
