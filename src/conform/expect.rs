//! What a status word may be, in the classes of the test standard.

use crate::apdu::StatusWord;

/// The status words that a case accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    words: &'static [u16],
    error: bool,
    tries: bool,
    any: bool,
}

impl Expect {
    /// `9000`.
    pub const SUCCESS: Self = Self::words(&[0x9000]);
    /// An execution or checking error of ISO/IEC 7816-4, `64xx` to `6Fxx`.
    pub const ERROR: Self = Self { error: true, ..Self::words(&[]) };
    /// `6982`.
    pub const DENIED: Self = Self::words(&[0x6982]);
    /// `6982`, or `9000` where a card tells what it has and not what is in it.
    pub const DENIED_OR_SUCCESS: Self = Self::words(&[0x6982, 0x9000]);
    /// `6988`, or `6982`: secure messaging that is not right.
    pub const SM_INCORRECT: Self = Self::words(&[0x6988, 0x6982]);
    /// A failed authentication: `6300`, `63Cx` or an error.
    pub const NOT_AUTHENTICATED: Self = Self { error: true, tries: true, ..Self::words(&[0x6300]) };
    /// A wrong token: `6300`, or `63Cx` for a password that blocks.
    pub const WRONG_TOKEN: Self = Self { tries: true, ..Self::words(&[0x6300]) };
    /// `9000`, or `6282` where the file ended first.
    pub const SUCCESS_OR_END: Self = Self::words(&[0x9000, 0x6282]);
    /// Anything: what counts comes after.
    pub const ANY: Self = Self { any: true, ..Self::words(&[]) };

    const fn words(words: &'static [u16]) -> Self {
        Self { words, error: false, tries: false, any: false }
    }

    /// Whether a status word is one of those.
    pub fn accepts(self, sw: StatusWord) -> bool {
        self.any
            || self.words.contains(&sw.0)
            || self.error && (0x64..=0x6F).contains(&sw.sw1())
            || self.tries && sw.tries_left().is_some()
    }
}

impl std::fmt::Display for Expect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut names: Vec<_> = self.words.iter().map(|word| format!("{word:04X}")).collect();
        if self.tries {
            names.push("63Cx".into());
        }
        if self.error {
            names.push("an error 64xx-6Fxx".into());
        }
        if self.any {
            names.push("any status".into());
        }
        f.write_str(&names.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_the_standard_says() {
        let accepted = |expect: Expect| {
            [0x9000, 0x6100, 0x6282, 0x6300, 0x63C2, 0x6400, 0x6982, 0x6988, 0x6A80, 0x6F00, 0x7000]
                .into_iter()
                .filter(|sw| expect.accepts(StatusWord(*sw)))
                .collect::<Vec<_>>()
        };
        assert_eq!(accepted(Expect::SUCCESS), [0x9000]);
        assert_eq!(accepted(Expect::ERROR), [0x6400, 0x6982, 0x6988, 0x6A80, 0x6F00]);
        assert_eq!(accepted(Expect::SM_INCORRECT), [0x6982, 0x6988]);
        assert_eq!(accepted(Expect::WRONG_TOKEN), [0x6300, 0x63C2]);
        assert_eq!(accepted(Expect::NOT_AUTHENTICATED).len(), 7);
        assert_eq!(accepted(Expect::ANY).len(), 11);
        assert_eq!(Expect::NOT_AUTHENTICATED.to_string(), "6300 or 63Cx or an error 64xx-6Fxx");
    }
}
