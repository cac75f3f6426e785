//! What a terminal has shown, which is all that access rules look at.

use crate::{
    pki::cvc::{Chat, TerminalType},
    profile::{Rule, Status},
    protocol::pace::PasswordKind,
};

/// What has been shown in a session under secure messaging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The password that opened it; after BAC and BAP what is printed on the document, as with the
    /// MRZ.
    pub password: PasswordKind,
    /// Whether PACE opened it, and not BAC or BAP.
    pub pace: bool,
    /// What a terminal that authenticated itself may do. It holds after Terminal and Chip
    /// Authentication both, whichever comes last.
    pub terminal: Option<Chat>,
}

impl From<PasswordKind> for Shown {
    /// After PACE with this password.
    fn from(password: PasswordKind) -> Self {
        Self { password, pace: true, terminal: None }
    }
}

/// A set of numbers of one byte: passwords that were verified, keys that were shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers([u128; 2]);

impl Numbers {
    /// Whether this number is among them.
    pub const fn has(&self, number: u8) -> bool {
        let [low, high] = self.0;
        let half = if number < 128 { low } else { high };
        half >> (number & 0x7F) & 1 == 1
    }

    /// Takes a number in, or with `false` out.
    pub const fn set(&mut self, number: u8, there: bool) {
        let [low, high] = &mut self.0;
        let half = if number < 128 { low } else { high };
        let bit = 1 << (number & 0x7F);
        *half = if there { *half | bit } else { *half & !bit };
    }
}

/// Everything that a terminal has shown on a logical channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The session; `None` without secure messaging.
    pub session: Option<Shown>,
    /// Passwords of VERIFY.
    pub verified: Numbers,
    /// Whether one of them is the holder's PIN.
    pub pin: bool,
    /// Keys of EXTERNAL and MUTUAL AUTHENTICATE.
    pub keys: Numbers,
}

impl From<Option<Shown>> for Seen {
    /// A session alone, or nothing.
    fn from(session: Option<Shown>) -> Self {
        Self { session, ..Self::default() }
    }
}

impl Status for Seen {
    fn secure_messaging(&self) -> bool {
        self.session.is_some()
    }

    fn pace(&self) -> Option<PasswordKind> {
        self.session.filter(|shown| shown.pace).map(|shown| shown.password)
    }

    fn basic_access(&self) -> bool {
        self.session.is_some_and(|shown| !shown.pace)
    }

    fn verified(&self, reference: u8) -> bool {
        self.verified.has(reference)
    }

    fn pin(&self) -> bool {
        self.pin || self.pace() == Some(PasswordKind::Pin)
    }

    fn key(&self, number: u8) -> bool {
        self.keys.has(number)
    }

    // The bit of the template of inspection systems (BSI TR-03110-3 clause C.4.1): it means another
    // thing to another kind of terminal.
    fn terminal(&self, right: u8) -> bool {
        self.session.and_then(|shown| shown.terminal).is_some_and(|chat| {
            chat.terminal() == TerminalType::InspectionSystem && chat.has(right)
        })
    }
}

/// The sessions that open a document's data: after PACE with the MRZ, the CAN or the PIN, or after
/// BAC or BAP; where the PIN is required, after PACE with it alone.
pub(super) fn holder(pin_required: bool) -> Rule {
    use PasswordKind::{Can, Mrz, Pin};
    if pin_required {
        Rule::Pace(vec![Pin])
    } else {
        Rule::Any(vec![Rule::Pace(vec![Mrz, Can, Pin]), Rule::BasicAccess])
    }
}

/// After PACE with any password.
pub(super) fn any_pace() -> Rule {
    use PasswordKind::{Can, Mrz, Pin, Puk};
    Rule::Pace(vec![Mrz, Can, Pin, Puk])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::cvc::Role;

    #[test]
    fn the_puk_opens_no_data_and_bac_no_card_security() {
        let bac = Shown { pace: false, ..PasswordKind::Mrz.into() };
        let sessions = [
            None,
            Some(PasswordKind::Mrz.into()),
            Some(PasswordKind::Can.into()),
            Some(PasswordKind::Pin.into()),
            Some(PasswordKind::Puk.into()),
            Some(bac),
        ];
        let permitted = |rule: Rule| sessions.map(|s| rule.permits(&Seen::from(s)));
        assert_eq!(permitted(Rule::Always), [true; 6]);
        assert_eq!(permitted(holder(false)), [false, true, true, true, false, true]);
        assert_eq!(permitted(holder(true)), [false, false, false, true, false, false]);
        assert_eq!(permitted(Rule::SecureMessaging), [false, true, true, true, true, true]);
        assert_eq!(permitted(any_pace()), [false, true, true, true, true, false]);
        assert_eq!(permitted(Rule::Never), [false; 6]);
        assert_eq!(permitted(Rule::Terminal(0)), [false; 6]);
        assert_eq!(holder(false), Rule::parse("pace(mrz, can, pin) or bac").unwrap());
        assert_eq!(any_pace(), Rule::parse("pace").unwrap());
    }

    #[test]
    fn a_terminal_reads_what_its_rights_and_the_password_say() {
        let chat = |terminal, rights| Chat::new(terminal, Role::Terminal).with_rights(rights);
        let inspection = chat(TerminalType::InspectionSystem, 1);
        let permits = |password: PasswordKind, chat, right, pin| {
            let shown = Shown { terminal: Some(chat), ..password.into() };
            let rule = Rule::All(vec![holder(pin), Rule::Terminal(right)]);
            rule.permits(&Seen::from(Some(shown)))
        };
        assert!(permits(PasswordKind::Can, inspection, 0, false));
        assert!(!permits(PasswordKind::Can, inspection, 1, false), "another right");
        assert!(!permits(PasswordKind::Can, inspection, 0, true), "the PIN is asked for");
        assert!(permits(PasswordKind::Pin, inspection, 0, true));
        assert!(!permits(PasswordKind::Puk, inspection, 0, false));
        // The same bit means another thing to another kind of terminal.
        let other = chat(TerminalType::AuthenticationTerminal, 1);
        assert!(!permits(PasswordKind::Can, other, 0, false));
    }

    #[test]
    fn numbers_come_and_go() {
        let mut numbers = Numbers::default();
        for n in [0, 1, 0x7F, 0x80, 0x81, 0xFF] {
            assert!(!numbers.has(n));
            numbers.set(n, true);
            assert!(numbers.has(n));
        }
        numbers.set(0x81, false);
        assert_eq!([0x7F, 0x80, 0x81, 0xFF].map(|n| numbers.has(n)), [true, true, false, true]);
    }
}
