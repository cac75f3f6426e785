//! `select` and `read ef`.

use zeroize::Zeroizing;

use super::{
    Code, Event, Failure, Shade, Value,
    machine::{Bytes, Machine},
};
use crate::{
    apdu::{Command, Header, StatusWord, ins},
    lds::{AtrInfo, Df, File},
    script::syntax::{FileRef, Name, Part, Selected, Span},
    session::SessionError,
    tlv::outer_len,
    transport::Step,
};

/// What fits a short protected answer in any case (ICAO Doc 9303-11 clause 9.8).
pub(super) const SHORT_PROTECTED: usize = 223;
/// Most bytes of a file that says nowhere how long it is.
const MAX_FILE: usize = 0x8000;
/// Most commands for it.
const MAX_READS: usize = 1024;

impl Machine<'_> {
    pub(super) fn select(&mut self, selected: &Selected, span: Span) -> Result<(), Failure> {
        match selected {
            Selected::MasterFile => self.select_df(Df::MasterFile, span),
            Selected::Aid(part) => {
                let aid = self.part(part)?;
                self.select_by(0x04, &aid, span)
            }
            Selected::Df(part) => {
                let fid = self.fid(part)?;
                self.select_by(0x01, &fid.to_be_bytes(), span)
            }
            Selected::Ef(FileRef::Id(part)) => {
                let fid = self.fid(part)?;
                self.select_by(0x02, &fid.to_be_bytes(), span)
            }
            Selected::Ef(FileRef::Named(file, _)) => {
                let file = self.here(*file, span)?;
                self.select_by(0x02, &file.fid().to_be_bytes(), span)
            }
        }
    }

    /// Selects a DF, unless it is selected.
    pub(super) fn stand_in(&mut self, df: Df, span: Span) -> Result<(), Failure> {
        self.session(span)?;
        if self.link.standing.df.unwrap_or(Df::MasterFile) == df {
            return Ok(());
        }
        self.select_df(df, span)
    }

    fn select_df(&mut self, df: Df, span: Span) -> Result<(), Failure> {
        let Some(aid) = df.aid() else {
            let select = Command::new(Header::new(0x00, ins::SELECT, 0x00, 0x0C));
            if self.command(&select, span)?.is_success() {
                return Ok(());
            }
            // Vendors differ in whether the MF is to be named.
            return self.select_by(0x00, &[0x3F, 0x00], span);
        };
        self.select_by(0x04, aid, span)
    }

    fn select_by(&mut self, p1: u8, data: &[u8], span: Span) -> Result<(), Failure> {
        let select = Command::new(Header::new(0x00, ins::SELECT, p1, 0x0C)).with_data(data);
        // 6283 says that the file is deactivated; some cards say so of files that they then give.
        match self.command(&select, span)? {
            StatusWord::SUCCESS => Ok(()),
            StatusWord::DEACTIVATED if p1 == 0x02 => Ok(()),
            _ => Err(self.refused()),
        }
    }

    // The last command of the runner's own was refused: 9000 is expected whatever the default.
    fn refused(&self) -> Failure {
        let success = crate::script::syntax::SwPattern {
            span: self.last.span,
            negated: false,
            any_of: vec![(0x9000, 0xFFFF)],
        };
        self.unexpected_status(Some(&success))
    }

    /// `read ef`: the whole file is the last answer, its status 9000.
    pub(super) fn read_ef(
        &mut self,
        file: &FileRef,
        into: Option<&Name>,
        span: Span,
    ) -> Result<(), Failure> {
        let (data, shade) = match file {
            FileRef::Named(file, _) => {
                let file = self.here(*file, span)?;
                (self.read_known(file, span)?, shade_of(file))
            }
            FileRef::Id(part) => {
                let fid = self.fid(part)?;
                self.session(span)?;
                let df = self.link.standing.df.unwrap_or(Df::MasterFile);
                match File::from_fid(df, fid) {
                    Some(file) => (self.read_known(file, span)?, shade_of(file)),
                    None => (self.read_selected(fid, span)?, Shade::Personal),
                }
            }
        };
        if let Some(name) = into {
            self.set(name, Value::bytes(&data[..]).shaded(shade));
        }
        self.last.data = data;
        (self.last.sw, self.last.shade) = (StatusWord::SUCCESS, Some(shade));
        (self.last.span, self.last.any) = (span, true);
        Ok(())
    }

    /// A file by its name, in its DF.
    pub(super) fn read_known(
        &mut self,
        file: File,
        span: Span,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.session(span)?;
        let (host, link) = (&mut self.host, &mut self.link);
        let Some(session) = &mut link.session else { return Ok(Zeroizing::default()) };
        let before = session.stats().time;
        let read = session.read_file(file, Step(file.name()), &mut |reading| {
            host.event(Event::Reading(reading));
        });
        let time = session.stats().time.saturating_sub(before);
        let command = [0x00, ins::READ_BINARY, 0x80 | file.sfi(), 0x00, 0x00];
        self.last.command.clear();
        self.last.command.extend_from_slice(&command);
        (self.last.time, self.last.naked) = (time, false);
        match read {
            Ok(data) => Ok(Zeroizing::new(data)),
            Err(SessionError::ReadRefused { sw, .. }) => {
                self.last.data.clear();
                (self.last.sw, self.last.span, self.last.any) = (sw, span, true);
                Err(self.refused().label(format!("READ BINARY, {file}")))
            }
            Err(error) => Err(self.lost(&error, span)),
        }
    }

    // By its identifier alone: selected, and read until it ends.
    fn read_selected(&mut self, fid: u16, span: Span) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.select_by(0x02, &fid.to_be_bytes(), span)?;
        let mut data = Zeroizing::new(Vec::new());
        let mut total = MAX_FILE;
        for _ in 0..MAX_READS {
            if data.len() >= total {
                break;
            }
            let [hi, lo] = (data.len() as u16).to_be_bytes();
            let asked = (total - data.len()).min(SHORT_PROTECTED);
            let read = Command::new(Header::new(0x00, ins::READ_BINARY, hi, lo));
            match self.command(&read.with_ne(asked as u32), span)? {
                StatusWord::SUCCESS => {}
                StatusWord::END_OF_FILE => total = data.len() + self.last.data.len(),
                // The file ended exactly where the last read did.
                StatusWord::OFFSET_OUTSIDE if !data.is_empty() => break,
                _ => return Err(self.refused()),
            }
            if self.last.data.is_empty() {
                break;
            }
            let first = data.is_empty();
            data.extend_from_slice(&self.last.data);
            // A data object says how long it is; anything else ends with a short answer.
            match outer_len(&data) {
                Ok(Some(len)) if first && len >= data.len() => total = total.min(len),
                _ if self.last.data.len() < asked => break,
                _ => {}
            }
        }
        data.truncate(total);
        Ok(data)
    }

    /// What the card says of its buffers, once after a reset: files are read in larger pieces where
    /// it allows (ICAO Doc 9303-10 clause 3.6.4.2).
    pub(super) fn ask_lengths(&mut self, span: Span) -> Result<(), Failure> {
        self.session(span)?;
        if std::mem::replace(&mut self.link.standing.asked_lengths, true) {
            return Ok(());
        }
        let Some(session) = &mut self.link.session else { return Ok(()) };
        let file = File::AtrInfo;
        let data = match session.read_file(file, Step(file.name()), &mut |_| {}) {
            Ok(data) => data,
            Err(SessionError::ReadRefused { .. }) => Vec::new(),
            Err(error) => return Err(self.lost(&error, span)),
        };
        let most = AtrInfo::parse(&data).ok().and_then(|info| info.extended_length());
        session.limit_reads(match most {
            // The size is that of the whole APDU (ISO/IEC 7816-4 clause 12.7.1).
            Some((_, response)) => (response as usize).saturating_sub(2).max(SHORT_PROTECTED),
            None => SHORT_PROTECTED,
        });
        Ok(())
    }

    // The file of this name where the dialogue stands: a driving licence has other files of the same
    // names. Its application is selected where another one is.
    fn here(&mut self, file: File, span: Span) -> Result<File, Failure> {
        self.session(span)?;
        let now = self.link.standing.df.unwrap_or(Df::MasterFile);
        let licence = (now == Df::Edl && file.df() == Df::Lds)
            .then(|| File::from_name(&format!("eDL {}", file.name())))
            .flatten();
        let file = licence.unwrap_or(file);
        self.stand_in(file.df(), span)?;
        Ok(file)
    }

    fn part(&mut self, part: &Part) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let mut bytes = Bytes::default();
        self.append_part(part, &mut bytes)?;
        Ok(bytes.data)
    }

    fn fid(&mut self, part: &Part) -> Result<u16, Failure> {
        let bytes = self.part(part)?;
        let [hi, lo] = **bytes else {
            let got = format!("{} bytes", bytes.len());
            return Err(Failure::script(
                Code::KIND,
                part.span,
                format!("a file identifier has two bytes, not {}", bytes.len()),
            )
            .expected("two bytes")
            .got(got));
        };
        Ok(u16::from_be_bytes([hi, lo]))
    }
}

/// Files that are the same on many cards, or that every reader sees before it knows whose card it
/// is.
const fn shade_of(file: File) -> Shade {
    match file {
        File::CardAccess
        | File::CardSecurity
        | File::AtrInfo
        | File::Dir
        | File::Com
        | File::Cvca
        | File::Dg14
        | File::CardLabel => Shade::Open,
        _ => Shade::Personal,
    }
}
