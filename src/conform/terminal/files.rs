//! The files of a card, read once for the cases that look into them.

use std::collections::BTreeMap;

use super::{Stop, Terminal, access::How, commands::read};
use crate::{
    conform::{Capability, Expect, Failure},
    lds::File,
    tlv::outer_len,
};

/// The files that were read, or why not.
#[derive(Debug, Default)]
pub(in crate::conform) struct Files {
    pub(in crate::conform) read: BTreeMap<File, Vec<u8>>,
    pub(in crate::conform) failed: Option<Failure>,
}

/// Most bytes of a file that are read.
const MAX_FILE: usize = 0x8000;
/// Bytes that one response holds under any secure messaging.
const PART: u32 = 0xDF;

impl Terminal<'_> {
    /// Reads every file that the card declares: those of the master file first, EF.CardSecurity
    /// after PACE, then the application's.
    pub(in crate::conform) fn collect(&mut self, files: &mut Files) -> Result<(), Stop> {
        for file in [File::CardAccess, File::AtrInfo, File::Dir] {
            if self.card.files.contains(&file) {
                files.read.insert(file, self.read_whole(file)?);
            }
        }
        if !self.card.has(Capability::Access) || !self.card.lds1 {
            return Ok(());
        }
        let fingers = |file: &File| matches!(file, File::Dg3 | File::Dg4);
        let in_lds: Vec<File> = self.card.data_files().collect();
        if self.card.files.contains(&File::CardSecurity) && self.card.has(Capability::Pace) {
            let password = self.card.access.and_then(|kind| self.card.password(kind));
            if let Some(password) = password {
                let mut run = self.pace_begin(&password, |_| true)?;
                self.pace_complete(&mut run)?;
                files.read.insert(File::CardSecurity, self.read_whole(File::CardSecurity)?);
                self.send(&super::select_application(), Expect::SUCCESS)?;
            }
        } else {
            self.open(How::Either)?;
        }
        for file in in_lds.iter().filter(|file| !fingers(file)) {
            if *file != File::HolderVerification {
                files.read.insert(*file, self.read_whole(*file)?);
            }
        }
        if self.card.has(Capability::Ta) && in_lds.iter().any(fingers) {
            self.authenticate_terminal()?;
            for file in in_lds.iter().filter(|file| fingers(file)) {
                files.read.insert(*file, self.read_whole(*file)?);
            }
        }
        Ok(())
    }

    /// A whole file of the current DF.
    pub(in crate::conform) fn read_whole(&mut self, file: File) -> Result<Vec<u8>, Stop> {
        self.send(&super::select_ef(file.fid()), Expect::SUCCESS)?;
        let mut whole = Vec::new();
        loop {
            let offset = u16::try_from(whole.len()).unwrap_or(u16::MAX);
            // Behind the one data object of a file there is nothing to read; lists of them end
            // where the card says so.
            let len = outer_len(&whole).ok().flatten();
            let len = len.filter(|_| file.tag().is_some() && file != File::Dir);
            let left = len.map_or(PART as usize, |len| len.saturating_sub(whole.len()));
            if left == 0 || whole.len() >= MAX_FILE {
                return Ok(whole);
            }
            let ne = PART.min(u32::try_from(left).unwrap_or(PART));
            let part = self.send(&read(offset, ne), Expect::ANY)?;
            let more = part.sw.is_success() && !part.data.is_empty();
            let ended = matches!(part.sw.0, 0x6282 | 0x6B00) && !whole.is_empty() || more;
            if !ended && part.sw.0 != 0x6282 {
                let got = format!("{:04X}", part.sw.0);
                return self.fail(format!("read {file}"), "9000", got);
            }
            whole.extend_from_slice(&part.data);
            if !more {
                return Ok(whole);
            }
        }
    }

    /// The bytes of a file, for the cases that look into it.
    pub(in crate::conform) fn file(&mut self, file: File) -> Result<Vec<u8>, Stop> {
        let files = self.files;
        if let Some(bytes) = files.and_then(|files| files.read.get(&file)) {
            let bytes = bytes.clone();
            let got = format!("{} bytes", bytes.len());
            self.check(format!("read {file}"), "the file", got, true)?;
            return Ok(bytes);
        }
        let failed = files.and_then(|files| files.failed.clone());
        let got = failed.map_or("nothing".into(), |failure| failure.to_string());
        self.fail(format!("read {file}"), "the file", got)
    }
}
