//! The receiving side of command chaining (ISO/IEC 7816-4 clause 5.3.3).

use zeroize::Zeroizing;

use super::{Command, CommandView, Form, Header, StatusWord};

/// Collects the data of a chained command until its last part has come.
#[derive(Default)]
pub struct ChainBuffer {
    header: Option<Header>,
    data: Zeroizing<Vec<u8>>,
}

impl ChainBuffer {
    /// Most bytes that a chain may collect.
    pub const LIMIT: usize = 0xFFFF;

    /// Takes one command: `Ok(None)` while parts are missing (answer `9000`), the whole command
    /// when the last has come.
    ///
    /// # Errors
    /// `6883` where another command comes in the middle of a chain (which ends it), `6700` where
    /// the chain grows beyond [`ChainBuffer::LIMIT`].
    pub fn accept(&mut self, part: &CommandView<'_>) -> Result<Option<Command>, StatusWord> {
        let chained = part.header.is_chained();
        let mut header = part.header;
        if header.cla != 0xFF && header.cla & 0x80 == 0 {
            header.cla &= !0x10;
        }
        match self.header {
            None if !chained => return Ok(Some(part.to_command())),
            Some(open) if open != header => {
                self.clear();
                return Err(StatusWord::LAST_COMMAND_EXPECTED);
            }
            _ => {}
        }
        if self.data.len() + part.data.len() > Self::LIMIT {
            self.clear();
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.data.extend_from_slice(part.data);
        if chained {
            self.header = Some(header);
            return Ok(None);
        }
        let form = if part.extended { Form::Extended } else { Form::Auto };
        let whole = Command { header, data: std::mem::take(&mut *self.data), ne: part.ne, form };
        self.clear();
        Ok(Some(whole))
    }

    /// Whether parts have come and the last has not.
    pub const fn is_open(&self) -> bool {
        self.header.is_some()
    }

    /// Forgets an open chain.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl std::fmt::Debug for ChainBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChainBuffer").field("open", &self.is_open()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_comes_back_whole() {
        let command = Command::new(Header::new(0x0C, 0x2A, 0, 0xBE)).with_data(vec![7; 700]);
        let mut buffer = ChainBuffer::default();
        let mut whole = None;
        for part in command.chain(255) {
            let bytes = part.to_bytes().unwrap();
            whole = buffer.accept(&CommandView::parse(&bytes).unwrap()).unwrap();
        }
        assert_eq!(whole.unwrap().data, command.data);
        assert!(!buffer.is_open());
    }

    #[test]
    fn another_command_inside_a_chain_ends_it() {
        let mut buffer = ChainBuffer::default();
        let first = CommandView::parse(&[0x10, 0x86, 0, 0, 1, 0xAA]).unwrap();
        assert_eq!(buffer.accept(&first), Ok(None));
        let other = CommandView::parse(&[0x00, 0xB0, 0, 0, 0]).unwrap();
        assert_eq!(buffer.accept(&other), Err(StatusWord::LAST_COMMAND_EXPECTED));
        assert!(!buffer.is_open());
    }
}
