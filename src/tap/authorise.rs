//! Terminal Authentication, and what only authorised terminals may read.

use super::{TapError, chip::Proof, run::Tap, terminal};
use crate::{
    lds::{File, SecurityInfos},
    pki::cvc::{Chat, parse_ef_cvca},
    protocol::terminal_auth,
    session::SessionError,
    sm::SmError,
};

impl Tap<'_> {
    // A refusal is kept; where it closed the channel the card is opened anew.
    pub(super) fn show_certificates(
        &mut self,
        mut run: terminal_auth::Terminal,
    ) -> Result<Option<Chat>, TapError> {
        let why = match self.card.session.drive(&mut run, self.card.rng) {
            Ok(Ok(chat)) => {
                self.proof.answered();
                return Ok(Some(chat));
            }
            Ok(Err(error)) => error.to_string(),
            Err(error @ SessionError::SecureMessaging { .. }) => {
                self.terminal = Some(Err(error.to_string()));
                self.start_over()?;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        self.terminal = Some(Err(why));
        Ok(None)
    }

    // Terminal Authentication of version 1 (ICAO Doc 9303-11 clause 7.1), unless version 2 holds.
    pub(super) fn authorise(&mut self, infos: &SecurityInfos) -> Result<(), TapError> {
        let Some(own) = &self.card.options.terminal else { return Ok(()) };
        if self.authorised || matches!(self.terminal, Some(Err(_))) {
            return Ok(());
        }
        if !terminal::offers_version_1(infos) {
            self.terminal = Some(Err("the card offers no Terminal Authentication".into()));
            return Ok(());
        }
        // It may take a new channel.
        let authorities = match self.read(File::Cvca)? {
            Some(file) => parse_ef_cvca(&file).map_err(|e| e.to_string()),
            None => Err("the card gives no EF.CVCA".into()),
        };
        self.card.files.remove(&File::Cvca);
        if !self.agreed && matches!(self.proof, Proof::Proven(_)) {
            self.agree()?;
            // Any protected answer shows that both have the same keys.
            self.card.keep(self.plan.sod)?;
            self.proof.answered();
        }
        let mut refuse = |why: &str| self.terminal = Some(Err(why.into()));
        let (Proof::Proven(_), Some(ephemeral)) = (&self.proof, self.ephemeral.clone()) else {
            refuse("it takes Chip Authentication first, which did not pass");
            return Ok(());
        };
        let Some(id_picc) = self.opened.as_ref().and_then(|opened| opened.id_picc.clone()) else {
            refuse("nothing names the chip");
            return Ok(());
        };
        let credentials =
            authorities.and_then(|named| own.credentials(&named).map_err(|e| e.to_string()));
        match credentials {
            Ok(credentials) => {
                let run = terminal_auth::Terminal::v1(credentials, id_picc, ephemeral);
                if let Some(chat) = self.show_certificates(run)? {
                    (self.terminal, self.authorised) = (Some(Ok(chat)), true);
                }
            }
            Err(why) => self.terminal = Some(Err(why)),
        }
        Ok(())
    }

    // Some cards close the channel where they refuse, and some want smaller reads, which take a new
    // channel and both protocols again. What was read before stays.
    pub(super) fn read_behind_extended_access(
        &mut self,
        file: File,
        infos: &SecurityInfos,
    ) -> Result<(), TapError> {
        loop {
            let error = match self.card.keep(file) {
                Ok(_) => return Ok(()),
                Err(TapError::Session(error)) => error,
                Err(error) => return Err(error),
            };
            let lower = self.card.session.take_reopen();
            match error {
                SessionError::SecureMessaging { source: SmError::Unprotected { sw }, .. } => {
                    self.card.refused.insert(file, sw);
                }
                _ if lower => {}
                error => return Err(error.into()),
            }
            self.start_over()?;
            self.authorise(infos)?;
            if !lower || !self.authorised {
                return Ok(());
            }
        }
    }
}
