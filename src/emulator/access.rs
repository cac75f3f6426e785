//! Who may read what.

use crate::protocol::pace::PasswordKind;

/// When a file may be selected and read, or a key used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Always, without authentication.
    Always,
    /// Inside secure messaging after PACE with the MRZ, the CAN or the PIN.
    Holder,
    /// Inside secure messaging after PACE with any password, the PUK too.
    AnySession,
    /// Never from outside.
    Never,
}

impl Access {
    /// Whether a session opened with this password, or none, may.
    pub const fn permits(self, session: Option<PasswordKind>) -> bool {
        match self {
            Self::Always => true,
            Self::Holder => {
                matches!(session, Some(PasswordKind::Mrz | PasswordKind::Can | PasswordKind::Pin))
            }
            Self::AnySession => session.is_some(),
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_puk_opens_no_data() {
        let sessions = [
            None,
            Some(PasswordKind::Mrz),
            Some(PasswordKind::Can),
            Some(PasswordKind::Pin),
            Some(PasswordKind::Puk),
        ];
        let permitted = |access: Access| sessions.map(|s| access.permits(s));
        assert_eq!(permitted(Access::Always), [true; 5]);
        assert_eq!(permitted(Access::Holder), [false, true, true, true, false]);
        assert_eq!(permitted(Access::AnySession), [false, true, true, true, true]);
        assert_eq!(permitted(Access::Never), [false; 5]);
    }
}
