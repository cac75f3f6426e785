//! Who may read what.

use crate::{
    pki::cvc::{Chat, TerminalType},
    protocol::pace::PasswordKind,
};

/// What has been shown in a session: all that access rules look at.
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

/// When a file may be selected and read, or a key used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Always, without authentication.
    Always,
    /// Inside secure messaging after PACE with the MRZ, the CAN or the PIN, or after BAC or BAP.
    Holder,
    /// Inside secure messaging after PACE with the PIN.
    Pin,
    /// Inside secure messaging, whichever password opened it, the PUK too.
    AnySession,
    /// The same after PACE only.
    AnyPace,
    /// For inspection systems with this right, the bit of their template (BSI TR-03110-3 clause
    /// C.4.1), inside a session that [`Access::Holder`] or, where `pin` says so, [`Access::Pin`]
    /// permits.
    Terminal {
        /// The right: 0 reads EF.DG3, 1 reads EF.DG4.
        right: u8,
        /// Whether the PIN has to have opened the session.
        pin: bool,
    },
    /// Never from outside.
    Never,
}

impl Access {
    /// Whether a session that has shown this, or none, may.
    pub fn permits(self, session: Option<Shown>) -> bool {
        let Some(shown) = session else { return self == Self::Always };
        match self {
            Self::Always | Self::AnySession => true,
            Self::AnyPace => shown.pace,
            Self::Holder => shown.password != PasswordKind::Puk,
            Self::Pin => shown.password == PasswordKind::Pin,
            Self::Terminal { right, pin } => {
                let may = |chat: Chat| {
                    chat.terminal() == TerminalType::InspectionSystem && chat.has(right)
                };
                let opened = if pin { Self::Pin } else { Self::Holder };
                opened.permits(session) && shown.terminal.is_some_and(may)
            }
            Self::Never => false,
        }
    }
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
        let permitted = |access: Access| sessions.map(|s| access.permits(s));
        assert_eq!(permitted(Access::Always), [true; 6]);
        assert_eq!(permitted(Access::Holder), [false, true, true, true, false, true]);
        assert_eq!(permitted(Access::Pin), [false, false, false, true, false, false]);
        assert_eq!(permitted(Access::AnySession), [false, true, true, true, true, true]);
        assert_eq!(permitted(Access::AnyPace), [false, true, true, true, true, false]);
        assert_eq!(permitted(Access::Never), [false; 6]);
        assert_eq!(permitted(Access::Terminal { right: 0, pin: false }), [false; 6]);
    }

    #[test]
    fn a_terminal_reads_what_its_rights_and_the_password_say() {
        let chat = |terminal, rights| Chat::new(terminal, Role::Terminal).with_rights(rights);
        let inspection = chat(TerminalType::InspectionSystem, 1);
        let permits = |password: PasswordKind, chat, right, pin| {
            let shown = Shown { terminal: Some(chat), ..password.into() };
            Access::Terminal { right, pin }.permits(Some(shown))
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
}
