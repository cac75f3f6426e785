//! The chip's own proofs in the application: Chip Authentication of version 1, Active
//! Authentication.

use super::{
    TapError,
    chip::{self, Proof},
    run::{Tap, is_wrong_length},
    terminal,
};
use crate::{
    lds::{Df, Dg14, Dg15, SecurityInfos, edl},
    protocol::active_auth::{self, AaKey},
    session::SessionError,
    transport::Limits,
    trust::ActiveAuthentication,
};

/// What fits a short protected answer in any case (ICAO Doc 9303-11 clause 9.8).
const SHORT_PROTECTED: usize = 223;

impl Tap<'_> {
    pub(super) fn security_infos(&mut self, dg14: &[u8]) -> Option<SecurityInfos> {
        let infos = match self.plan.df {
            Df::Edl => edl::Dg14::parse(dg14).map(|file| file.infos),
            _ => Dg14::parse(dg14).map(|file| file.infos),
        };
        match infos {
            Ok(infos) => Some(infos),
            Err(error) => {
                if matches!(self.proof, Proof::NotOffered) {
                    self.proof = Proof::Failed { why: error.to_string(), run: None };
                }
                None
            }
        }
    }

    // Where the chip is proven already, by version 2 or by the mapping, a further run would show
    // nothing new; Terminal Authentication of version 1 wants its key all the same.
    pub(super) fn chip_authentication(&mut self, infos: &SecurityInfos) -> Result<(), TapError> {
        if self.card.options.relay {
            if matches!(self.proof, Proof::NotOffered) {
                self.proof = Proof::NotRun("it is left to the judge, through the relay".into());
            }
            return Ok(());
        }
        let wanted = self.card.options.terminal.is_some() && terminal::offers_version_1(infos);
        let proven = self.mapping.is_some() && !wanted;
        if proven || !matches!(self.proof, Proof::NotOffered) {
            return Ok(());
        }
        match chip::attempts(infos) {
            Ok(attempts) => {
                self.attempts = attempts;
                self.step("Chip Authentication", Self::agree)
            }
            Err(proof) => {
                self.proof = proof;
                Ok(())
            }
        }
    }

    // Tries what is left until the chip agrees. The old channel still holds after a refusal (ICAO
    // Doc 9303-11 clause 6.2); a card that closed it is opened anew.
    pub(super) fn agree(&mut self) -> Result<(), TapError> {
        let mut why = None;
        while let Some(attempt) = self.attempts.pop_front() {
            let mut terminal = attempt.terminal();
            match self.card.session.drive(&mut terminal, self.card.rng) {
                Ok(Ok(agreed)) => {
                    self.card.protect("Chip Authentication", &agreed.keys)?;
                    self.ephemeral = Some(agreed.ephemeral.compressed());
                    self.agreed = true;
                    self.proof = Proof::Agreed(attempt.run(&agreed));
                    // It is tried again where a new channel becomes necessary.
                    self.attempts.push_front(attempt);
                    return Ok(());
                }
                Ok(Err(error)) => why = why.or_else(|| Some(error.to_string())),
                Err(error @ SessionError::SecureMessaging { .. }) => {
                    why = why.or_else(|| Some(error.to_string()));
                    self.start_over()?;
                    if matches!(self.proof, Proof::Failed { .. }) {
                        // A mapping that failed in the further channel is not made good.
                        return Ok(());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        let why = why.unwrap_or_else(|| "nothing is left to try".into());
        self.proof = Proof::Failed { why, run: None };
        Ok(())
    }

    pub(super) fn active_authentication(&mut self) -> Result<(), TapError> {
        let mut challenge = [0; active_auth::CHALLENGE_LEN];
        match &self.card.options.bind {
            Some(bind) => challenge.iter_mut().zip(bind).for_each(|(to, from)| *to = *from),
            None => self.card.rng.fill_bytes(&mut challenge),
        }
        let limits = self.card.session.limits();
        let longest = self.signature_len().unwrap_or(0);
        if longest > self.card.session.max_response_data() {
            // It fits no response of the length that the card is known to give: asked for all the
            // same, where the reader can.
            let response_data = longest + 64;
            let wanted = Limits { response_data, ..limits };
            self.card.session.allow(wanted.min(self.card.options.max_apdu));
        }
        // Protected it is longer still: where the card has extended length fields it is asked for in
        // one answer, for some cards give no second. Where a limit was met, the rest waits for GET
        // RESPONSE.
        let wanted =
            if longest > SHORT_PROTECTED && limits.is_extended() { longest + 64 } else { 256 };
        let met = self.card.session.met_limit().unwrap_or(usize::MAX);
        let ne = wanted.min(self.card.session.max_response_data()).min(met) as u32;
        let mut terminal = active_auth::Terminal::new(challenge, ne);
        let outcome = self.card.session.drive(&mut terminal, self.card.rng);
        self.card.session.allow(limits);
        self.active = Some(match outcome {
            Ok(Ok(signature)) => Ok(ActiveAuthentication { challenge, signature }),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) if is_wrong_length(&error) => {
                self.start_over()?;
                Err(error.to_string())
            }
            Err(error) => return Err(error.into()),
        });
        Ok(())
    }

    fn signature_len(&self) -> Option<usize> {
        let file = self.card.files.get(&self.plan.active_authentication)?;
        let spki = match self.plan.df {
            Df::Edl => edl::Dg13::parse(file).ok()?.spki,
            _ => Dg15::parse(file).ok()?.spki,
        };
        AaKey::from_spki(&spki).ok().map(|key| key.signature_len())
    }
}
