//! The card on the other side, and what it has given so far.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rand_core::CryptoRng;

use super::{Event, LearntLengths, Options, StepTime, TapError, lengths};
use crate::{
    apdu::StatusWord,
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
    /// What came of files before their channel was lost.
    begun: BTreeMap<File, Vec<u8>>,
    /// What kind of card it is, for what is learnt of its lengths.
    kind: String,
}

/// A step that has begun.
pub(super) struct Begun {
    name: &'static str,
    started: Instant,
    apdus: u32,
    modelled: Option<Duration>,
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
            begun: BTreeMap::new(),
            kind: String::new(),
        }
    }

    /// Tells of a step that begins; [`Self::end`] counts it.
    pub(super) fn begin(&mut self, name: &'static str) -> Begun {
        (self.progress)(Event::Step(name));
        let stats = self.session.stats();
        Begun { name, started: Instant::now(), apdus: stats.apdus, modelled: stats.modelled }
    }

    pub(super) fn end(&mut self, Begun { name, started, apdus, modelled }: Begun) {
        let stats = self.session.stats();
        let modelled = stats.modelled.zip(modelled).map(|(now, then)| now.saturating_sub(then));
        let apdus = stats.apdus - apdus;
        self.steps.push(StepTime { name, time: started.elapsed(), apdus, modelled });
    }

    /// What this tap has learnt of lengths.
    pub(super) fn learnt(&self) -> Option<LearntLengths> {
        let lengths = self.session.lengths()?;
        let reader = self.session.transport().name().to_owned();
        Some(LearntLengths { reader, kind: self.kind.clone(), lengths })
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
        let mut data = self.begun.remove(&file).unwrap_or_default();
        let progress = &mut *self.progress;
        let step = Step(file.name());
        let done =
            self.session.read_on(file, step, &mut data, &mut |r| progress(Event::Reading(r)));
        match done {
            Ok(()) => Ok(data),
            Err(error) => {
                // What a chip makes anew in each channel is of one channel only; of all the others
                // a signature says whether the parts belong together.
                if file != File::HolderVerification {
                    self.begun.insert(file, data);
                }
                Err(error)
            }
        }
    }

    /// Selects an application; the card's answer where that is none of success.
    pub(super) fn select(&mut self, df: Df) -> Result<Result<(), StatusWord>, SessionError> {
        let step = match df {
            Df::MasterFile => Step("SELECT MF"),
            Df::Lds => Step("SELECT eMRTD application"),
            Df::Edl => Step("SELECT driving licence application"),
            Df::KeyOnly => Step("SELECT application of a key-only card"),
        };
        let sw = self.session.select_df(df, step)?;
        Ok(if sw.is_success() { Ok(()) } else { Err(sw) })
    }

    /// Reads EF.ATR/INFO: extended length only where the card says how much (ICAO Doc 9303-10
    /// clause 3.6.4.2).
    pub(super) fn atr_info(&mut self) -> Result<(), TapError> {
        let data = match self.read(File::AtrInfo) {
            Ok(data) => data,
            Err(SessionError::ReadRefused { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let card_access = self.files.get(&File::CardAccess).map_or(&[][..], Vec::as_slice);
        self.kind = lengths::kind(self.session.transport().atr(), &data, card_access);
        let known = self.options.lengths.get(self.session.transport().name(), &self.kind);
        if let Some(known) = known {
            self.session.expect_lengths(known);
        }
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
        if !data.is_empty() {
            self.files.insert(File::AtrInfo, data);
        }
        Ok(())
    }
}
