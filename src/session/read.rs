//! Reading files in as few commands as card and reader allow (ISO/IEC 7816-4 clause 11.3.3,
//! ICAO Doc 9303-10 clause 3.6.3).
//!
//! The first READ BINARY names the file by its short identifier and asks for as much as one
//! response carries; the file's own outer header, which came with it, says how much is left. So a
//! file costs no SELECT and no read of its header.

use super::{Session, SessionError};
use crate::{
    apdu::{Command, Header, Response, StatusWord, ins},
    lds::File,
    tlv::{Reader, Tag, Writer, outer_len},
    transport::Step,
};

/// How far a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The file.
    pub file: File,
    /// Bytes that came.
    pub done: usize,
    /// Bytes of the whole file.
    pub total: usize,
}

/// The largest offset of READ BINARY with even INS.
const MAX_SHORT_OFFSET: usize = 0x7FFF;
/// Header of DO53 around up to 65,535 bytes.
const WRAPPING: usize = 4;
/// Most bytes a file may have. Data groups with pictures are the largest.
const MAX_FILE: usize = 0x8_0000;

/// Most APDUs that one file may take, the largest file in pieces of 64 bytes: a card that gives a
/// byte at a time is not waited for.
const MAX_APDUS: u32 = 0x2000;

impl Session {
    /// Reads a whole file of the current DF, telling `progress` after each command.
    ///
    /// # Errors
    /// [`SessionError::ReadRefused`] with the card's status word; the file's own faults; the
    /// dialogue's.
    pub fn read_file(
        &mut self,
        file: File,
        step: Step,
        progress: &mut dyn FnMut(Reading),
    ) -> Result<Vec<u8>, SessionError> {
        let mut data = Vec::new();
        self.read_on(file, step, &mut data, progress)?;
        Ok(data)
    }

    /// Reads a file from where an earlier channel left off: `data` has what came until then, and
    /// keeps what came until an error. Whether it is all of one file, what signs the file has to say.
    ///
    /// # Errors
    /// As [`Session::read_file`].
    pub fn read_on(
        &mut self,
        file: File,
        step: Step,
        data: &mut Vec<u8>,
        progress: &mut dyn FnMut(Reading),
    ) -> Result<(), SessionError> {
        let before = self.stats().apdus;
        // The card's own limit within this file.
        let mut most = usize::MAX;
        // To select the file costs a command: less than one more read would not be worth it.
        let goes_on = data.len() > self.read_size() && self.select_ef(file, step)?;
        let mut first_asked = 0;
        if !goes_on {
            let (first, asked) = self.first_read(file, step)?;
            *data = taken(&first, file, 0)?;
            first_asked = asked;
        }
        let Some(total) = whole(file, data)? else {
            // A list of data objects says nowhere how long it is; the card ends it.
            progress(Reading { file, done: data.len(), total: data.len() });
            return Ok(());
        };
        // A first answer shorter than asked, from a longer file: the card's own limit.
        if data.len() < total && data.len() < first_asked {
            most = data.len();
            if self.corrected {
                self.card_gives(most);
            }
        }
        data.truncate(total);
        progress(Reading { file, done: data.len(), total });
        while data.len() < total {
            let offset = data.len();
            if self.stats().apdus - before >= MAX_APDUS {
                let (expected, got, limit) = (total, offset, MAX_APDUS);
                return Err(SessionError::FileTooSlow { file, expected, got, limit });
            }
            let asked = self.read_size().min(most).min(total - offset);
            let more = match self.read_at(file, step, offset, asked) {
                Ok(None) => continue,
                Ok(Some(more)) if !more.is_empty() => more,
                Ok(Some(_))
                | Err(SessionError::ReadRefused { sw: StatusWord::OFFSET_OUTSIDE, .. }) => {
                    return Err(SessionError::FileTooShort { file, expected: total, got: offset });
                }
                Err(error) => return Err(error),
            };
            data.extend_from_slice(&more);
            data.truncate(total);
            progress(Reading { file, done: data.len(), total });
        }
        Ok(())
    }

    // The beginning of a file, and how many bytes were asked for.
    fn first_read(&mut self, file: File, step: Step) -> Result<(Response, usize), SessionError> {
        let mut selected = false;
        loop {
            let asked = self.read_size();
            let read = if selected {
                Command::new(Header::new(0x00, ins::READ_BINARY, 0, 0)).with_ne(asked as u32)
            } else {
                by_sfi(file.sfi(), asked)
            };
            self.corrected = false;
            match self.ask(&read, asked, step)? {
                None => {}
                Some(first) if !selected && is_no_short_identifier(first.sw) => {
                    if !self.select_ef(file, step)? {
                        return Ok((first, asked));
                    }
                    selected = true;
                }
                Some(first) => return Ok((first, asked)),
            }
        }
    }

    // SELECT of an EF under the current DF, without an answer (ISO/IEC 7816-4 clause 11.2.2).
    fn select_ef(&mut self, file: File, step: Step) -> Result<bool, SessionError> {
        let select = Command::new(Header::new(0x00, ins::SELECT, 0x02, 0x0C));
        let sw = self.exchange(&select.with_data(file.fid().to_be_bytes()), step)?.sw;
        // 6283 says that the file is deactivated; some cards say so of files that they then give.
        Ok(matches!(sw, StatusWord::SUCCESS | StatusWord::DEACTIVATED))
    }

    // From the current EF, which the read by short identifier has set. `None` says to ask for less.
    fn read_at(
        &mut self,
        file: File,
        step: Step,
        offset: usize,
        len: usize,
    ) -> Result<Option<Vec<u8>>, SessionError> {
        if offset <= MAX_SHORT_OFFSET {
            let [hi, lo] = (offset as u16).to_be_bytes();
            let read = Command::new(Header::new(0x00, ins::READ_BINARY, hi, lo));
            let response = self.ask(&read.with_ne(len as u32), len, step)?;
            return response.map(|response| taken(&response, file, offset)).transpose();
        }
        let be = (offset as u32).to_be_bytes();
        let start = be.iter().position(|&b| b != 0).unwrap_or(3).min(2);
        let mut w = Writer::new();
        w.primitive(Tag::new(0x54), &be[start..]);
        let read = Command::new(Header::new(0x00, ins::READ_BINARY_ODD, 0, 0));
        // The answer wraps the bytes in DO53, which needs room itself.
        let asked = len.saturating_add(WRAPPING).min(self.read_size());
        let read = read.with_data(w.finish()).with_ne(asked as u32);
        let Some(response) = self.ask(&read, asked, step)? else { return Ok(None) };
        let wrapped = taken(&response, file, offset)?;
        let discretionary = Reader::new(&wrapped)
            .expect(Tag::new(0x53))
            .map_err(|source| SessionError::BadFile { file, source })?;
        Ok(Some(discretionary.value.to_vec()))
    }
}

// The file's length by its own outer header.
fn whole(file: File, data: &[u8]) -> Result<Option<usize>, SessionError> {
    if matches!(file, File::AtrInfo | File::Dir | File::Cvca) {
        return Ok(None);
    }
    let total = outer_len(data).map_err(|source| SessionError::BadFile { file, source })?;
    match total {
        None => {
            let (expected, got) = (data.len() + 1, data.len());
            Err(SessionError::FileTooShort { file, expected, got })
        }
        Some(got) if got > MAX_FILE => {
            Err(SessionError::FileTooLarge { file, limit: MAX_FILE, got })
        }
        total => Ok(total),
    }
}

fn by_sfi(sfi: u8, len: usize) -> Command {
    let header = Header::new(0x00, ins::READ_BINARY, 0x80 | (sfi & 0x1F), 0);
    Command::new(header).with_ne(len as u32)
}

// How cards say that they do not take short identifiers here, or not those of their files.
const fn is_no_short_identifier(sw: StatusWord) -> bool {
    matches!(
        sw,
        StatusWord::WRONG_P1P2 | StatusWord::OFFSET_OUTSIDE | StatusWord::INCOMPATIBLE_FILE
    )
}

// 6282 says that the file ended before Ne: what came is whole.
fn taken(response: &Response, file: File, offset: usize) -> Result<Vec<u8>, SessionError> {
    match response.sw {
        StatusWord::SUCCESS | StatusWord::END_OF_FILE => Ok(response.data.clone()),
        sw => Err(SessionError::ReadRefused { file, offset, sw }),
    }
}
