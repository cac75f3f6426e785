//! The card on the other side, and what it has given so far.

use std::{collections::BTreeMap, time::Instant};

use rand_core::CryptoRng;

use super::{Event, Options, StepTime, TapError};
use crate::{
    apdu::{Command, Header, StatusWord, ins},
    lds::{AtrInfo, Df, File},
    session::{Session, SessionError},
    sm::{SecureChannel, SessionKeys},
    transport::{Limits, Step},
};

/// A dialogue that keeps the files it read.
pub(super) struct Reader<'a> {
    pub(super) session: &'a mut Session,
    pub(super) options: &'a Options,
    pub(super) rng: &'a mut dyn CryptoRng,
    progress: &'a mut dyn FnMut(Event),
    pub(super) files: BTreeMap<File, Vec<u8>>,
    pub(super) refused: BTreeMap<File, StatusWord>,
    pub(super) steps: Vec<StepTime>,
    /// How many bytes the read that is going on asks for at once.
    pub(super) asked: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        session: &'a mut Session,
        options: &'a Options,
        rng: &'a mut dyn CryptoRng,
        progress: &'a mut dyn FnMut(Event),
    ) -> Self {
        Self {
            session,
            options,
            rng,
            progress,
            files: BTreeMap::new(),
            refused: BTreeMap::new(),
            steps: Vec::new(),
            asked: 0,
        }
    }

    /// Tells of a step that begins; [`Self::end`] counts it.
    pub(super) fn begin(&mut self, name: &'static str) -> (&'static str, Instant, u32) {
        (self.progress)(Event::Step(name));
        (name, Instant::now(), self.session.stats().apdus)
    }

    pub(super) fn end(&mut self, (name, started, before): (&'static str, Instant, u32)) {
        let apdus = self.session.stats().apdus - before;
        self.steps.push(StepTime { name, time: started.elapsed(), apdus });
    }

    /// Opens a channel of these keys, its counter at zero.
    pub(super) fn protect(
        &mut self,
        step: &'static str,
        keys: &SessionKeys,
    ) -> Result<(), SessionError> {
        let channel = SecureChannel::new(keys)
            .map_err(|source| SessionError::SecureMessaging { step, source })?;
        self.session.set_channel(Some(channel));
        Ok(())
    }

    /// Reads a file and keeps it; `None` with the status word kept where the card does not give it.
    pub(super) fn keep(&mut self, file: File) -> Result<Option<Vec<u8>>, TapError> {
        match self.read(file) {
            Ok(data) => {
                self.refused.remove(&file);
                self.files.insert(file, data.clone());
                Ok(Some(data))
            }
            Err(SessionError::ReadRefused { sw, .. }) => {
                self.refused.insert(file, sw);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn read(&mut self, file: File) -> Result<Vec<u8>, SessionError> {
        self.asked = self.session.read_size();
        let progress = &mut *self.progress;
        self.session.read_file(file, Step(file.name()), &mut |r| progress(Event::Reading(r)))
    }

    /// Selects an application; the card's answer where that is none of success.
    pub(super) fn select(&mut self, df: Df) -> Result<Result<(), StatusWord>, SessionError> {
        let step = match df {
            Df::MasterFile => Step("SELECT MF"),
            Df::Lds => Step("SELECT eMRTD application"),
            Df::Edl => Step("SELECT driving licence application"),
            Df::KeyOnly => Step("SELECT application of a key-only card"),
        };
        let p1 = if df.aid().is_some() { 0x04 } else { 0x00 };
        let mut select = Command::new(Header::new(0x00, ins::SELECT, p1, 0x0C));
        if let Some(aid) = df.aid() {
            select = select.with_data(aid);
        }
        let mut sw = self.session.exchange(&select, step)?.sw;
        if df == Df::MasterFile && !sw.is_success() {
            // Vendors differ in whether the MF is to be named.
            sw = self.session.exchange(&select.with_data([0x3F, 0x00]), step)?.sw;
        }
        Ok(if sw.is_success() { Ok(()) } else { Err(sw) })
    }

    /// Reads EF.ATR/INFO: extended length only where the card says how much (ICAO Doc 9303-10
    /// clause 3.6.4.2).
    pub(super) fn atr_info(&mut self) -> Result<(), TapError> {
        let data = match self.read(File::AtrInfo) {
            Ok(data) => data,
            Err(SessionError::ReadRefused { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if let Ok(info) = AtrInfo::parse(&data)
            && let Some((command, response)) = info.extended_length()
        {
            // The sizes are of whole APDUs (ISO/IEC 7816-4 clause 12.7.1).
            let card = Limits {
                command_data: (command as usize).saturating_sub(4 + 3 + 2).max(255),
                response_data: (response as usize).saturating_sub(2).max(256),
            };
            self.session.allow(card.min(self.options.max_apdu));
        }
        self.files.insert(File::AtrInfo, data);
        Ok(())
    }
}
