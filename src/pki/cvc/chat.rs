//! The Certificate Holder Authorization Template: what a terminal is, and what it may do
//! (TR-03110-3 clause C.1.5, TR-03110-4).

use super::{CvcError, tag};
use crate::pki::Oid;
use crate::tlv::{Tlv, Writer};

const WHAT: &str = "CHAT";

/// A kind of terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TerminalType {
    /// Reads the ePassport application's fingerprints and irises.
    InspectionSystem,
    /// Reads, writes and verifies data of the eID application.
    AuthenticationTerminal,
    /// Makes the card sign.
    SignatureTerminal,
}

/// What a certificate holder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The country verifying CA.
    Cvca,
    /// A document verifier of the CVCA's own country, or an official one.
    DvDomestic,
    /// A document verifier of another country, or one that is not official.
    DvForeign,
    /// A terminal.
    Terminal,
}

/// One right of a terminal.
#[derive(Debug, PartialEq, Eq)]
pub struct Right {
    /// The bit, 0 the last of the template.
    pub bit: u8,
    /// A name for command lines.
    pub name: &'static str,
    /// What it allows, for people.
    pub text: &'static str,
}

/// Who may do what: the kind of terminal, the role of the holder, and its rights.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Chat {
    terminal: TerminalType,
    bits: u64,
}

macro_rules! rights {
    ($($bit:literal $name:literal $text:literal;)*) => {
        &[$(Right { bit: $bit, name: $name, text: $text }),*]
    };
}

const INSPECTION: &[Right] = rights! {
    0 "read-dg3" "read EF.DG3 (fingerprints)";
    1 "read-dg4" "read EF.DG4 (irises)";
    5 "read-eid" "read the eID application (deprecated)";
};

const AUTHENTICATION: &[Right] = rights! {
    0 "verify-age" "verify the age";
    1 "verify-community" "verify the community";
    2 "restricted-identification" "use Restricted Identification";
    3 "privileged" "act as a privileged terminal";
    4 "can-allowed" "open the card with the CAN";
    5 "manage-pin" "manage the PIN";
    6 "install-certificate" "install a certificate";
    7 "install-qualified-certificate" "install a qualified certificate";
    8 "read-dg1" "read DG1 (document type)";
    9 "read-dg2" "read DG2 (issuer)";
    10 "read-dg3" "read DG3 (date of expiry)";
    11 "read-dg4" "read DG4 (given names)";
    12 "read-dg5" "read DG5 (family names)";
    13 "read-dg6" "read DG6 (religious or artistic name)";
    14 "read-dg7" "read DG7 (academic title)";
    15 "read-dg8" "read DG8 (date of birth)";
    16 "read-dg9" "read DG9 (place of birth)";
    17 "read-dg10" "read DG10 (nationality)";
    18 "read-dg11" "read DG11 (sex)";
    19 "read-dg12" "read DG12 (optional data)";
    20 "read-dg13" "read DG13 (birth name)";
    21 "read-dg14" "read DG14 (written signature)";
    22 "read-dg15" "read DG15 (date of issuance)";
    23 "read-dg16" "read DG16";
    24 "read-dg17" "read DG17 (place of residence)";
    25 "read-dg18" "read DG18 (community)";
    26 "read-dg19" "read DG19 (residence permit 1)";
    27 "read-dg20" "read DG20 (residence permit 2)";
    28 "read-dg21" "read DG21 (phone number)";
    29 "read-dg22" "read DG22 (email address)";
    30 "pseudonymous-signature" "use the Pseudonymous Signature";
    32 "write-dg22" "write DG22 (email address)";
    33 "write-dg21" "write DG21 (phone number)";
    34 "write-dg20" "write DG20 (residence permit 2)";
    35 "write-dg19" "write DG19 (residence permit 1)";
    36 "write-dg18" "write DG18 (community)";
    37 "write-dg17" "write DG17 (place of residence)";
};

const SIGNATURE: &[Right] = rights! {
    0 "sign" "make electronic signatures";
    1 "sign-qualified" "make qualified electronic signatures";
};

impl TerminalType {
    /// Every kind there is.
    pub const ALL: [Self; 3] =
        [Self::InspectionSystem, Self::AuthenticationTerminal, Self::SignatureTerminal];

    /// Its identifier: id-IS, id-AT or id-ST, 0.4.0.127.0.7.3.1.2.
    pub const fn oid(self) -> Oid {
        match self {
            Self::InspectionSystem => Oid::new_unwrap("0.4.0.127.0.7.3.1.2.1"),
            Self::AuthenticationTerminal => Oid::new_unwrap("0.4.0.127.0.7.3.1.2.2"),
            Self::SignatureTerminal => Oid::new_unwrap("0.4.0.127.0.7.3.1.2.3"),
        }
    }

    /// Every right that has a meaning for this kind; the other bits are reserved, and are ignored.
    pub const fn known_rights(self) -> &'static [Right] {
        match self {
            Self::InspectionSystem => INSPECTION,
            Self::AuthenticationTerminal => AUTHENTICATION,
            Self::SignatureTerminal => SIGNATURE,
        }
    }

    /// Bytes of role and rights.
    const fn len(self) -> usize {
        match self {
            Self::InspectionSystem | Self::SignatureTerminal => 1,
            Self::AuthenticationTerminal => 5,
        }
    }

    const fn role_shift(self) -> usize {
        8 * self.len() - 2
    }
}

impl std::fmt::Display for TerminalType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::InspectionSystem => "inspection system",
            Self::AuthenticationTerminal => "authentication terminal",
            Self::SignatureTerminal => "signature terminal",
        })
    }
}

impl Role {
    const fn bits(self) -> u64 {
        match self {
            Self::Cvca => 0b11,
            Self::DvDomestic => 0b10,
            Self::DvForeign => 0b01,
            Self::Terminal => 0b00,
        }
    }

    /// Whether a holder of this role may issue certificates for that one.
    pub const fn may_issue(self, to: Self) -> bool {
        match self {
            Self::Cvca => !matches!(to, Self::Terminal),
            Self::DvDomestic | Self::DvForeign => matches!(to, Self::Terminal),
            Self::Terminal => false,
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cvca => "CVCA",
            Self::DvDomestic => "domestic DV",
            Self::DvForeign => "foreign DV",
            Self::Terminal => "terminal",
        })
    }
}

impl Chat {
    /// A holder without rights.
    pub const fn new(terminal: TerminalType, role: Role) -> Self {
        Self { terminal, bits: role.bits() << terminal.role_shift() }
    }

    /// The same with these rights, as bits; those that the kind has no room for are left out.
    #[must_use]
    pub const fn with_rights(self, rights: u64) -> Self {
        let role = self.bits & !self.mask();
        Self { terminal: self.terminal, bits: role | rights & self.mask() }
    }

    // The bits below the role.
    const fn mask(self) -> u64 {
        (1 << self.terminal.role_shift()) - 1
    }

    /// The kind of terminal.
    pub const fn terminal(self) -> TerminalType {
        self.terminal
    }

    /// What the holder is.
    pub const fn role(self) -> Role {
        match self.bits >> self.terminal.role_shift() {
            0b11 => Role::Cvca,
            0b10 => Role::DvDomestic,
            0b01 => Role::DvForeign,
            _ => Role::Terminal,
        }
    }

    /// The rights as bits, reserved ones too.
    pub const fn right_bits(self) -> u64 {
        self.bits & self.mask()
    }

    /// The rights that have a meaning.
    pub fn rights(self) -> impl Iterator<Item = &'static Right> {
        let known = self.terminal.known_rights().iter();
        known.filter(move |right| self.has(right.bit))
    }

    /// Whether it has this right.
    pub const fn has(self, bit: u8) -> bool {
        (bit as usize) < self.terminal.role_shift() && self.bits >> bit & 1 == 1
    }

    /// Its role, with those rights alone that the other has too (ICAO Doc 9303-11 clause
    /// 7.1.4.3.6). Between two kinds of terminal no right is left.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        let same = self.terminal == other.terminal;
        self.with_rights(if same { self.right_bits() & other.right_bits() } else { 0 })
    }

    /// Reads the data object 7F4C.
    ///
    /// # Errors
    /// [`CvcError::Structure`], [`CvcError::UnsupportedTerminal`], [`CvcError::Value`] for another
    /// number of bits than the kind has.
    pub fn read(tlv: &Tlv<'_>) -> Result<Self, CvcError> {
        let mut objects =
            tlv.expect(tag::CHAT).and_then(|t| t.children()).map_err(CvcError::tlv(WHAT))?;
        let oid = objects.expect(tag::OBJECT_IDENTIFIER).map_err(CvcError::tlv(WHAT))?.value;
        let oid = Oid::from_bytes(oid).map_err(|e| CvcError::value(WHAT, e))?;
        let terminal = TerminalType::ALL.into_iter().find(|t| t.oid() == oid);
        let terminal = terminal.ok_or(CvcError::UnsupportedTerminal { oid })?;
        let bits = objects.expect(tag::DISCRETIONARY).map_err(CvcError::tlv(WHAT))?.value;
        objects.end().map_err(CvcError::tlv(WHAT))?;
        if bits.len() != terminal.len() {
            let (expected, got) = (terminal.len(), bits.len());
            let detail = format_args!("{expected} bytes for {terminal}s expected, {got} came");
            return Err(CvcError::value(WHAT, detail));
        }
        Ok(Self { terminal, bits: bits.iter().fold(0, |n, b| n << 8 | u64::from(*b)) })
    }

    /// Writes the data object 7F4C.
    pub fn write(self, w: &mut Writer) {
        let bits = self.bits.to_be_bytes();
        w.constructed(tag::CHAT, |w| {
            w.primitive(tag::OBJECT_IDENTIFIER, self.terminal.oid().as_bytes());
            w.primitive(tag::DISCRETIONARY, &bits[bits.len() - self.terminal.len()..]);
        });
    }
}

impl std::fmt::Debug for Chat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chat({} of {}s, {:X})", self.role(), self.terminal, self.right_bits())
    }
}
