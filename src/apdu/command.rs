//! Command APDUs, cases 1 to 4, short and extended (ISO/IEC 7816-3 clause 12.1).

use zeroize::Zeroize;

/// The most data bytes that a command carries: an extended Lc has two bytes.
pub const MAX_DATA: usize = 0xFFFF;
/// The most data bytes that a response can be asked for.
pub const MAX_NE: u32 = 0x1_0000;

const MAX_SHORT_DATA: usize = 0xFF;
const MAX_SHORT_NE: u32 = 0x100;

/// Why bytes are no command APDU, or a command cannot be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApduError {
    /// Fewer than the four header bytes.
    #[error("a command APDU has at least 4 bytes, {got} came")]
    TooShort {
        /// Bytes that came.
        got: usize,
    },
    /// Lc and the number of bytes behind it disagree.
    #[error("Lc says {expected} data bytes, {got} bytes follow it")]
    WrongLength {
        /// What Lc says.
        expected: usize,
        /// Bytes behind Lc.
        got: usize,
    },
    /// More data than the form carries.
    #[error("{got} data bytes do not fit the command: at most {limit}")]
    DataTooLong {
        /// The form's limit.
        limit: usize,
        /// Bytes to be sent.
        got: usize,
    },
    /// More response bytes asked for than the form can ask.
    #[error("Le of {got} does not fit the command: 1 to {limit}")]
    BadLe {
        /// The form's limit.
        limit: u32,
        /// Bytes asked for.
        got: u32,
    },
    /// Fewer than the two bytes of a status word.
    #[error("a response APDU has at least 2 bytes, {got} came")]
    ResponseTooShort {
        /// Bytes that came.
        got: usize,
    },
}

/// CLA, INS, P1 and P2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Class byte.
    pub cla: u8,
    /// Instruction byte.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
}

impl Header {
    /// A header of these four bytes.
    pub const fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self { cla, ins, p1, p2 }
    }

    /// The four bytes.
    pub const fn to_bytes(self) -> [u8; 4] {
        [self.cla, self.ins, self.p1, self.p2]
    }

    /// Whether the class byte announces secure messaging with an authenticated header
    /// (ISO/IEC 7816-4 clause 5.4.1).
    pub const fn is_secure_messaging(self) -> bool {
        match self.cla & 0xE0 {
            0x00 => self.cla & 0x0C == 0x0C,
            0x40 | 0x60 => self.cla & 0x20 != 0,
            _ => false,
        }
    }

    /// Whether more of the same command follows (command chaining).
    pub const fn is_chained(self) -> bool {
        self.cla != 0xFF && self.cla & 0x80 == 0 && self.cla & 0x10 != 0
    }
}

/// Which length fields a command is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Form {
    /// Extended only where short does not do.
    #[default]
    Auto,
    /// One-byte Lc and Le; an error where they do not fit.
    Short,
    /// Extended length fields in any case.
    Extended,
}

/// A command to send. Its data is wiped when it is dropped, for it may hold a PIN.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// CLA, INS, P1, P2.
    pub header: Header,
    /// The command data field; empty means no Lc.
    pub data: Vec<u8>,
    /// Ne, the most response bytes wanted (1 to 65,536); `None` means no Le.
    pub ne: Option<u32>,
    /// Short or extended.
    pub form: Form,
}

impl Command {
    /// A case 1 command.
    pub const fn new(header: Header) -> Self {
        Self { header, data: Vec::new(), ne: None, form: Form::Auto }
    }

    /// With this command data field.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = data.into();
        self
    }

    /// Asking for at most `ne` response bytes.
    #[must_use]
    pub const fn with_ne(mut self, ne: u32) -> Self {
        self.ne = Some(ne);
        self
    }

    /// With these length fields.
    #[must_use]
    pub const fn with_form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// Whether the command is written with extended length fields.
    pub fn is_extended(&self) -> bool {
        match self.form {
            Form::Short => false,
            Form::Extended => !self.data.is_empty() || self.ne.is_some(),
            Form::Auto => {
                self.data.len() > MAX_SHORT_DATA || self.ne.is_some_and(|ne| ne > MAX_SHORT_NE)
            }
        }
    }

    /// Appends the command's bytes to `out`.
    ///
    /// # Errors
    /// [`ApduError::DataTooLong`] or [`ApduError::BadLe`] where the form has no room.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), ApduError> {
        let extended = self.is_extended();
        let (data_limit, ne_limit) =
            if extended { (MAX_DATA, MAX_NE) } else { (MAX_SHORT_DATA, MAX_SHORT_NE) };
        if self.data.len() > data_limit {
            return Err(ApduError::DataTooLong { limit: data_limit, got: self.data.len() });
        }
        if let Some(ne) = self.ne
            && !(1..=ne_limit).contains(&ne)
        {
            return Err(ApduError::BadLe { limit: ne_limit, got: ne });
        }
        out.reserve(self.data.len() + 9);
        out.extend_from_slice(&self.header.to_bytes());
        // The casts below keep the low bytes on purpose: 256 and 65,536 are written as zeros.
        if extended {
            out.push(0);
            if !self.data.is_empty() {
                out.extend_from_slice(&(self.data.len() as u16).to_be_bytes());
                out.extend_from_slice(&self.data);
            }
            if let Some(ne) = self.ne {
                out.extend_from_slice(&(ne as u16).to_be_bytes());
            }
        } else {
            if !self.data.is_empty() {
                out.push(self.data.len() as u8);
                out.extend_from_slice(&self.data);
            }
            if let Some(ne) = self.ne {
                out.push(ne as u8);
            }
        }
        Ok(())
    }

    /// The command's bytes.
    ///
    /// # Errors
    /// As [`Command::encode`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ApduError> {
        let mut out = Vec::new();
        self.encode(&mut out)?;
        Ok(out)
    }

    /// The commands of a chain (ISO/IEC 7816-4 clause 5.3.3) with at most `max_data` data bytes
    /// each; the last carries Le. One command where the data fits.
    pub fn chain(&self, max_data: usize) -> impl Iterator<Item = Self> + '_ {
        let parts = self.data.len().div_ceil(max_data.max(1)).max(1);
        (0..parts).map(move |i| {
            let last = i + 1 == parts;
            let start = i * max_data;
            let end = (start + max_data).min(self.data.len());
            let mut header = self.header;
            if !last {
                header.cla |= 0x10;
            }
            Self {
                header,
                data: self.data.get(start..end).unwrap_or_default().to_vec(),
                ne: self.ne.filter(|_| last),
                form: self.form,
            }
        })
    }
}

impl Drop for Command {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}

impl std::fmt::Debug for Command {
    // The data may be a PIN: only its length is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Command")
            .field("header", &hex::encode_upper(self.header.to_bytes()))
            .field("data_len", &self.data.len())
            .field("ne", &self.ne)
            .field("form", &self.form)
            .finish()
    }
}

/// A command that somebody sent, borrowed from its bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CommandView<'a> {
    /// CLA, INS, P1, P2.
    pub header: Header,
    /// The command data field.
    pub data: &'a [u8],
    /// Ne, decoded: an Le of zeros is 256 or 65,536.
    pub ne: Option<u32>,
    /// Whether the length fields are extended.
    pub extended: bool,
}

impl<'a> CommandView<'a> {
    /// Reads a command APDU of any case.
    ///
    /// # Errors
    /// [`ApduError::TooShort`] or [`ApduError::WrongLength`]; a card answers these with `6700`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ApduError> {
        let Some((&[cla, ins, p1, p2], body)) = bytes.split_first_chunk::<4>() else {
            return Err(ApduError::TooShort { got: bytes.len() });
        };
        let header = Header::new(cla, ins, p1, p2);
        let short_ne = |le: u8| if le == 0 { MAX_SHORT_NE } else { u32::from(le) };
        let long_ne = |hi: u8, lo: u8| match u32::from(u16::from_be_bytes([hi, lo])) {
            0 => MAX_NE,
            ne => ne,
        };
        let view = |data, ne, extended| Ok(Self { header, data, ne, extended });
        match *body {
            [] => view(&[], None, false),
            [le] => view(&[], Some(short_ne(le)), false),
            [0, hi, lo] => view(&[], Some(long_ne(hi, lo)), true),
            [0, hi, lo, ref rest @ ..] => {
                let lc = usize::from(u16::from_be_bytes([hi, lo]));
                let wrong = ApduError::WrongLength { expected: lc, got: rest.len() };
                if lc == 0 {
                    return Err(wrong);
                }
                match rest.split_at_checked(lc) {
                    Some((data, [])) => view(data, None, true),
                    Some((data, &[hi, lo])) => view(data, Some(long_ne(hi, lo)), true),
                    _ => Err(wrong),
                }
            }
            [lc, ref rest @ ..] => {
                let lc = usize::from(lc);
                let wrong = ApduError::WrongLength { expected: lc, got: rest.len() };
                if lc == 0 {
                    return Err(wrong);
                }
                match rest.split_at_checked(lc) {
                    Some((data, [])) => view(data, None, false),
                    Some((data, &[le])) => view(data, Some(short_ne(le)), false),
                    _ => Err(wrong),
                }
            }
        }
    }

    /// A command that owns its data.
    pub fn to_command(&self) -> Command {
        Command {
            header: self.header,
            data: self.data.to_vec(),
            ne: self.ne,
            form: if self.extended { Form::Extended } else { Form::Short },
        }
    }
}

impl std::fmt::Debug for CommandView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandView")
            .field("header", &hex::encode_upper(self.header.to_bytes()))
            .field("data_len", &self.data.len())
            .field("ne", &self.ne)
            .field("extended", &self.extended)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_seven_cases() {
        for (hex, data, ne, extended) in [
            ("00A4040C", 0, None, false),
            ("00B0000000", 0, Some(256), false),
            ("00A4040C02011C", 2, None, false),
            ("FFCA00000101 00", 1, Some(256), false),
            ("00B09E00 000000", 0, Some(65_536), true),
            ("00860000 000001 AA", 1, None, true),
            ("00860000 000001 AA 0100", 1, Some(256), true),
        ] {
            let bytes = hex::decode(hex.replace(' ', "")).unwrap();
            let view = CommandView::parse(&bytes).unwrap();
            assert_eq!((view.data.len(), view.ne, view.extended), (data, ne, extended), "{hex}");
            assert_eq!(view.to_command().to_bytes().unwrap(), bytes, "{hex}");
        }
    }

    #[test]
    fn lengths_that_disagree_are_errors() {
        for hex in
            ["00B00004078A", "00B000", "00860000000005AA", "0086000000000000", "00A4040C0501"]
        {
            assert!(CommandView::parse(&hex::decode(hex).unwrap()).is_err(), "{hex}");
        }
        let long = Command::new(Header::new(0, 0x86, 0, 0)).with_data(vec![0; 256]);
        assert!(long.clone().with_form(Form::Short).to_bytes().is_err());
        assert_eq!(long.to_bytes().unwrap().len(), 4 + 3 + 256);
    }

    proptest! {
        #[test]
        fn any_command_survives_the_wire(
            head in any::<[u8; 4]>(),
            data in proptest::collection::vec(any::<u8>(), 0..600),
            ne in proptest::option::of(1_u32..=65_536),
            extended in any::<bool>(),
        ) {
            let form = if extended { Form::Extended } else { Form::Auto };
            let mut command = Command::new(Header::new(head[0], head[1], head[2], head[3]))
                .with_data(data)
                .with_form(form);
            command.ne = ne;
            let bytes = command.to_bytes().unwrap();
            let view = CommandView::parse(&bytes).unwrap();
            prop_assert_eq!(view.header, command.header);
            prop_assert_eq!(view.data, &command.data[..]);
            prop_assert_eq!(view.ne, command.ne);
        }

        #[test]
        fn chains_carry_all_data_and_le_once(len in 0_usize..2000, max in 1_usize..300) {
            let data: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let command = Command::new(Header::new(0, 0x86, 0, 0)).with_data(data.clone()).with_ne(256);
            let chain: Vec<_> = command.chain(max).collect();
            let joined: Vec<u8> = chain.iter().flat_map(|c| c.data.clone()).collect();
            prop_assert_eq!(joined, data);
            let (last, before) = chain.split_last().unwrap();
            prop_assert!(!last.header.is_chained() && last.ne == Some(256));
            prop_assert!(before.iter().all(|c| c.header.is_chained() && c.ne.is_none()));
        }

        #[test]
        fn any_bytes_are_a_command_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(view) = CommandView::parse(&bytes) {
                let again = view.to_command().to_bytes().unwrap();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
