//! The steps of a tap.

use std::collections::VecDeque;

use rand_core::CryptoRng;
use time::UtcDateTime;

use super::{
    Event, Options, TapError, Tapped,
    access::{Offer, Opened},
    chip::{Attempt, Proof},
    plan::{Groups, Plan},
    reader::Reader,
};
use crate::{
    apdu::StatusWord,
    lds::{Df, File},
    pki::cvc::Chat,
    protocol::pace::ChipAuthenticationData,
    session::{Session, SessionError},
    sm::SmError,
    transport::Reset,
    trust::{
        ActiveAuthentication, Card, ChipAuthenticationMapping, Evidence, KeyOnlyAuthentication,
    },
};

/// Reads a card from its first command to its last data group.
///
/// # Errors
/// Where the card cannot be accessed, breaks a protocol or leaves. A chip that does not prove
/// itself and data that does not match are no errors but evidence.
pub fn tap(
    session: &mut Session,
    options: &Options,
    rng: &mut dyn CryptoRng,
    now: UtcDateTime,
    progress: &mut dyn FnMut(Event),
) -> Result<Tapped, TapError> {
    let card = Card { source: options.source.clone(), atr: session.transport().atr().to_vec() };
    let mut tap = Tap {
        card: Reader::new(session, options, rng, progress),
        offer: Offer::None(String::new()),
        opened: None,
        plan: Plan::of(Df::Lds),
        proof: Proof::NotOffered,
        attempts: VecDeque::new(),
        mapping: None,
        ephemeral: None,
        terminal: None,
        agreed: false,
        authorised: false,
        active: None,
        key_only: None,
        in_step: false,
    };
    tap.run()?;
    tap.finish(card, now)
}

pub(super) struct Tap<'a> {
    pub(super) card: Reader<'a>,
    pub(super) offer: Offer,
    pub(super) opened: Option<Opened>,
    pub(super) plan: Plan,
    pub(super) proof: Proof,
    /// What of Chip Authentication is left to try.
    pub(super) attempts: VecDeque<Attempt>,
    /// The first run of the chip authentication mapping.
    pub(super) mapping: Option<ChipAuthenticationData>,
    /// Our key of the last Chip Authentication, compressed: Terminal Authentication signs it.
    pub(super) ephemeral: Option<Vec<u8>>,
    pub(super) terminal: Option<Result<Chat, String>>,
    /// Whether Chip Authentication of version 1 has run in the channel that is open.
    pub(super) agreed: bool,
    /// Whether Terminal Authentication holds in it.
    pub(super) authorised: bool,
    pub(super) active: Option<Result<ActiveAuthentication, String>>,
    pub(super) key_only: Option<Result<KeyOnlyAuthentication, String>>,
    in_step: bool,
}

impl Tap<'_> {
    fn run(&mut self) -> Result<(), TapError> {
        self.offer = self.step("EF.CardAccess", |tap| tap.card.card_access())?;
        self.step("EF.ATR/INFO", |tap| tap.card.atr_info())?;
        self.enter()?;
        if self.plan.df == Df::KeyOnly {
            return self.key_only();
        }
        let options = self.plan.security_options;
        let dg14 = self.step(options.name(), |tap| tap.read(options))?;
        let dg14 = dg14.and_then(|bytes| self.security_infos(&bytes));
        if let Some(infos) = &dg14 {
            self.chip_authentication(infos)?;
        }
        if self.plan.df == Df::Lds {
            self.step("EF.HolderVerification", |tap| tap.read(File::HolderVerification))?;
        }
        let sod = self.plan.sod;
        let sod = self.step(sod.name(), |tap| tap.read(sod))?;
        let Groups { small, large, extended } = self.plan.groups(sod.as_deref());
        self.step("data groups", |tap| small.into_iter().try_for_each(|f| tap.read(f).map(drop)))?;
        if self.card.files.contains_key(&self.plan.active_authentication) {
            self.step("Active Authentication", Self::active_authentication)?;
        }
        for file in large {
            self.step(file.name(), |tap| tap.read(file))?;
        }
        if let (Some(infos), Some(_)) = (&dg14, &self.card.options.terminal) {
            self.step("Terminal Authentication", |tap| tap.authorise(infos))?;
            for file in extended.into_iter().filter(|_| self.authorised).collect::<Vec<_>>() {
                self.step(file.name(), |tap| tap.read_behind_extended_access(file, infos))?;
            }
        }
        Ok(())
    }

    fn finish(self, card: Card, now: UtcDateTime) -> Result<Tapped, TapError> {
        let lengths = self.card.learnt();
        let opened = self.opened.ok_or(TapError::NoPassword)?;
        let mut evidence = Evidence::new(card, now, opened.access);
        evidence.files = self.card.files;
        let chip_authentication;
        (chip_authentication, evidence.chip_authentication) = self.proof.finish();
        evidence.chip_authentication_mapping =
            self.mapping.zip(opened.pace.as_ref()).map(|(proof, pace)| ChipAuthenticationMapping {
                protocol: pace.oid().to_string(),
                parameter_id: pace.parameter_id(),
                mapping_key: proof.mapping_key().sec1().to_vec(),
                data: proof.data().to_vec(),
            });
        let mut active_authentication_refused = None;
        match self.active {
            Some(Ok(signed)) => evidence.active_authentication = Some(signed),
            Some(Err(why)) => active_authentication_refused = Some(why),
            None => {}
        }
        match self.key_only {
            Some(Ok(signed)) => evidence.key_only = Some(signed),
            Some(Err(why)) => active_authentication_refused = Some(why),
            None => {}
        }
        Ok(Tapped {
            evidence,
            pace: opened.pace,
            chip_authentication,
            active_authentication_refused,
            terminal_authentication: self.terminal,
            refused: self.card.refused,
            steps: self.card.steps,
            stats: self.card.session.stats(),
            lengths,
        })
    }

    // A step within a step is a part of that.
    pub(super) fn step<T>(
        &mut self,
        name: &'static str,
        run: impl FnOnce(&mut Self) -> Result<T, TapError>,
    ) -> Result<T, TapError> {
        if self.in_step {
            return run(self);
        }
        let begun = self.card.begin(name);
        self.in_step = true;
        let done = run(self);
        self.in_step = false;
        self.card.end(begun);
        done
    }

    // A new channel, up to the application. Version 2 of Chip Authentication, which belongs to the
    // way there, has to prove the chip again; version 1 is up to whoever reads on.
    pub(super) fn start_over(&mut self) -> Result<(), TapError> {
        self.card.session.reset(Reset::Warm)?;
        let before = self.proof.leave();
        self.enter()?;
        self.proof.not_again(before);
        Ok(())
    }

    // A file that may be missing or closed.
    //
    // The first answer under the keys of Chip Authentication is the chip's proof; where it does not
    // come, the rest is read over a new channel, so that the verdict says all that is wrong. Where
    // more was asked for than card or reader give, and the card has lost the channel by that, less
    // is asked for over a new one, and what came of a signed file is not read again. Any other
    // unprotected answer is the end.
    pub(super) fn read(&mut self, file: File) -> Result<Option<Vec<u8>>, TapError> {
        loop {
            let error = match self.card.keep(file) {
                Ok(data) => {
                    self.proof.answered();
                    return Ok(data);
                }
                Err(TapError::Session(error)) => error,
                Err(error) => return Err(error),
            };
            let unproven = self.proof.is_agreed();
            let mut denied = false;
            if !self.card.session.take_reopen() {
                if !unproven || !matches!(error, SessionError::SecureMessaging { .. }) {
                    return Err(error.into());
                }
                self.proof.denied(&error);
                self.attempts.pop_front();
                denied = true;
            }
            self.start_over()?;
            // A mapping that failed in the further channel is not made good by another protocol.
            let open = denied || matches!(self.proof, Proof::NotOffered);
            if unproven && open && !self.attempts.is_empty() && !self.proof.is_agreed() {
                self.agree()?;
            }
        }
    }
}

pub(super) const fn is_wrong_length(error: &SessionError) -> bool {
    matches!(
        error,
        SessionError::SecureMessaging {
            source: SmError::Unprotected { sw: StatusWord::WRONG_LENGTH },
            ..
        }
    )
}
