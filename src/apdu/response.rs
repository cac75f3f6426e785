//! Response APDUs (ISO/IEC 7816-3 clause 12.1.3).

use zeroize::Zeroize;

use super::{ApduError, StatusWord};

/// Response data and status word. The data is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The response data field.
    pub data: Vec<u8>,
    /// SW1-SW2.
    pub sw: StatusWord,
}

impl Response {
    /// A response without data.
    pub const fn status(sw: StatusWord) -> Self {
        Self { data: Vec::new(), sw }
    }

    /// Splits a response APDU into data and status word.
    ///
    /// # Errors
    /// [`ApduError::ResponseTooShort`] below two bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApduError> {
        let Some((data, &sw)) = bytes.split_last_chunk::<2>() else {
            return Err(ApduError::ResponseTooShort { got: bytes.len() });
        };
        Ok(Self { data: data.to_vec(), sw: StatusWord(u16::from_be_bytes(sw)) })
    }

    /// Appends data and status word to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.data);
        out.extend_from_slice(&self.sw.0.to_be_bytes());
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}

impl std::fmt::Debug for Response {
    // The data may be personal: only its length is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("data_len", &self.data.len())
            .field("sw", &self.sw)
            .finish()
    }
}
