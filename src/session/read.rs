//! Reading files in as few commands as card and reader allow (ISO/IEC 7816-4 clause 11.3.3,
//! ICAO Doc 9303-10 clause 3.6.3).
//!
//! The first READ BINARY names the file by its short identifier and asks for as much as one
//! response carries; the file's own outer header, which came with it, says how much is left. So a
//! file costs no SELECT and no read of its header.

use super::{Session, SessionError};
use crate::{
    apdu::{Command, Header, Response, StatusWord, ins},
    tlv::{Reader, Tag, Writer, outer_len},
    transport::Step,
};

/// What to read.
#[derive(Clone, Copy, Debug)]
pub struct ReadPlan {
    /// The file, for messages.
    pub file: &'static str,
    /// Its short file identifier.
    pub sfi: u8,
    /// What the reads are for.
    pub step: Step,
    /// Most bytes the file may have.
    pub limit: usize,
}

/// How far a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The file.
    pub file: &'static str,
    /// Bytes that came.
    pub done: usize,
    /// Bytes of the whole file.
    pub total: usize,
}

/// Sizes to try, one after the other, where a card refuses a length: what fits a short response
/// under secure messaging, then what cards are known to need.
const LADDER: [usize; 4] = [223, 192, 160, 128];
/// The largest offset of READ BINARY with even INS.
const MAX_SHORT_OFFSET: usize = 0x7FFF;

impl Session {
    /// Reads the whole file, telling `progress` after each command.
    ///
    /// # Errors
    /// [`SessionError::ReadRefused`] with the card's status word; the file's own faults; the
    /// dialogue's.
    pub fn read_file(
        &mut self,
        plan: &ReadPlan,
        progress: &mut dyn FnMut(Reading),
    ) -> Result<Vec<u8>, SessionError> {
        let file = plan.file;
        let mut chunk = self.max_response_data();
        let mut first;
        loop {
            first = self.exchange(&by_sfi(plan.sfi, chunk), plan.step)?;
            let lower = LADDER.into_iter().find(|&size| size < chunk);
            match (first.sw, lower) {
                (StatusWord::WRONG_LENGTH, Some(lower)) => chunk = lower,
                _ => break,
            }
        }
        let mut data = taken(&first, file, 0)?;
        let total = match outer_len(&data) {
            Ok(Some(total)) => total,
            Ok(None) => {
                let (expected, got) = (data.len() + 1, data.len());
                return Err(SessionError::FileTooShort { file, expected, got });
            }
            Err(source) => return Err(SessionError::BadFile { file, source }),
        };
        if total > plan.limit {
            return Err(SessionError::FileTooLarge { file, limit: plan.limit, got: total });
        }
        // A first answer shorter than asked, from a longer file: the card's own limit.
        if data.len() < total && data.len() < chunk {
            chunk = data.len();
        }
        data.truncate(total);
        progress(Reading { file, done: data.len(), total });
        while data.len() < total {
            let offset = data.len();
            let more = self.read_at(plan, offset, chunk.min(total - offset))?;
            if more.is_empty() {
                return Err(SessionError::FileTooShort { file, expected: total, got: offset });
            }
            data.extend_from_slice(&more);
            data.truncate(total);
            progress(Reading { file, done: data.len(), total });
        }
        Ok(data)
    }

    // From the current EF, which the read by short identifier has set.
    fn read_at(
        &mut self,
        plan: &ReadPlan,
        offset: usize,
        len: usize,
    ) -> Result<Vec<u8>, SessionError> {
        let file = plan.file;
        if offset <= MAX_SHORT_OFFSET {
            let [hi, lo] = (offset as u16).to_be_bytes();
            let read = Command::new(Header::new(0x00, ins::READ_BINARY, hi, lo));
            let response = self.exchange(&read.with_ne(len as u32), plan.step)?;
            return taken(&response, file, offset);
        }
        let be = (offset as u32).to_be_bytes();
        let start = be.iter().position(|&b| b != 0).unwrap_or(3).min(2);
        let mut w = Writer::new();
        w.primitive(Tag::new(0x54), &be[start..]);
        let read = Command::new(Header::new(0x00, ins::READ_BINARY_ODD, 0, 0));
        // The answer wraps the bytes in DO53.
        let ne = (len + 4).min(self.max_response_data()) as u32;
        let response = self.exchange(&read.with_data(w.finish()).with_ne(ne), plan.step)?;
        let wrapped = taken(&response, file, offset)?;
        let discretionary = Reader::new(&wrapped)
            .expect(Tag::new(0x53))
            .map_err(|source| SessionError::BadFile { file, source })?;
        Ok(discretionary.value.to_vec())
    }
}

fn by_sfi(sfi: u8, len: usize) -> Command {
    let header = Header::new(0x00, ins::READ_BINARY, 0x80 | (sfi & 0x1F), 0);
    Command::new(header).with_ne(len as u32)
}

// 6282 says that the file ended before Ne: what came is whole.
fn taken(response: &Response, file: &'static str, offset: usize) -> Result<Vec<u8>, SessionError> {
    match response.sw {
        StatusWord::SUCCESS | StatusWord::END_OF_FILE => Ok(response.data.clone()),
        sw => Err(SessionError::ReadRefused { file, offset, sw }),
    }
}
