//! From the master file to the application, with all that is proven on the way.

use super::{
    TapError,
    access::{Offer, Opened},
    chip::{self, Attempt, Proof},
    plan::Plan,
    run::Tap,
    terminal::{self, Announced, Version2},
};
use crate::{
    apdu::StatusWord,
    crypto::AgreementSecretKey,
    lds::{Df, File},
    pki::cvc::Reference,
    protocol::terminal_auth,
    session::SessionError,
    transport::Reset,
};

impl Tap<'_> {
    /// Opens the card, and selects its application. EF.CardSecurity may be the first file for which
    /// the card wants smaller reads, and the selection the first command that the reader does not
    /// carry, which may take a new channel.
    pub(super) fn enter(&mut self) -> Result<(), TapError> {
        let mut left = None;
        loop {
            let done = self.enter_once();
            if done.is_err() && self.card.session.take_reopen() {
                self.card.session.reset(Reset::Warm)?;
                // The keys of a channel that is gone prove nothing in the next one.
                left = self.proof.leave().or(left);
                if self.card.files.keys().all(|file| file.df() == Df::MasterFile)
                    && !self.card.files.contains_key(&File::CardSecurity)
                {
                    // Nothing was read behind that mapping.
                    self.mapping = None;
                }
                continue;
            }
            if done.is_ok() {
                self.proof.not_again(left);
            }
            return done;
        }
    }

    fn enter_once(&mut self) -> Result<(), TapError> {
        let version_2 = self.version_2();
        let chat = version_2.as_ref().and(self.card.options.terminal.as_ref());
        let chat = chat.map(|own| own.chat());
        let mut opened = self.step("access", |tap| tap.card.open(&tap.offer, chat))?;
        (self.agreed, self.authorised) = (false, false);
        self.note_mapping(&mut opened)?;
        let (application, authorities) =
            (opened.application, terminal::references(&opened.authorities));
        let id_picc = opened.id_picc.clone().unwrap_or_default();
        self.opened = Some(opened);
        // A chip that was found out in this channel has nothing more to prove.
        if let Some(version_2) = version_2.filter(|_| matches!(self.proof, Proof::NotOffered)) {
            self.prove_both(&version_2, &authorities, &id_picc)?;
        }
        match application {
            Some(df) => self.plan = Plan::of(df),
            None => self.step("SELECT", Self::select_application)?,
        }
        Ok(())
    }

    // What of version 2 can be done: offered, certificates at hand, and not failed before.
    fn version_2(&self) -> Option<Version2> {
        let failed = matches!(&self.terminal, Some(Err(_)));
        let here = !self.card.options.relay;
        match &self.offer {
            Offer::Pace(infos) if here && self.card.options.terminal.is_some() && !failed => {
                terminal::version_2(infos)
            }
            _ => None,
        }
    }

    // Every channel that files are read in has to be that of the proven chip: what a further run
    // of the mapping gave is checked with the key that is to be proven authentic for the first.
    fn note_mapping(&mut self, opened: &mut Opened) -> Result<(), TapError> {
        let (Some(proof), Some(pace)) = (opened.mapping.take(), &opened.pace) else {
            return Ok(());
        };
        if self.mapping.is_none() {
            self.mapping = Some(proof);
            self.step("EF.CardSecurity", |tap| tap.card.keep(File::CardSecurity))?;
            return Ok(());
        }
        let file = self.card.files.get(&File::CardSecurity).map(Vec::as_slice);
        if let Err(why) = chip::same_chip(&proof, pace.parameter_id(), file) {
            let why = format!("the chip did not prove itself in a further channel: {why}");
            self.proof = Proof::Failed { why, run: None };
        }
        Ok(())
    }

    // Terminal and Chip Authentication of version 2, in the master file (BSI TR-03110-2 clause
    // 3.1.1). Without them the tap goes on by what is left.
    fn prove_both(
        &mut self,
        version_2: &Version2,
        authorities: &[Reference],
        id_picc: &[u8],
    ) -> Result<(), TapError> {
        let announced = self
            .step("Terminal Authentication", |tap| tap.announce(version_2, authorities, id_picc))?;
        let Some(Announced { key, chat }) = announced else { return Ok(()) };
        (self.terminal, self.authorised) = (Some(Ok(chat)), true);
        let first = self.card.files.get(&File::CardSecurity).cloned();
        self.step("EF.CardSecurity", |tap| tap.card.keep(File::CardSecurity))?;
        if let Some(first) = first
            && self.card.files.get(&File::CardSecurity) != Some(&first)
        {
            // What was read before came from a chip that showed that one: it is what is judged.
            self.card.files.insert(File::CardSecurity, first);
            let why = "EF.CardSecurity is another one in a further channel".into();
            self.proof = Proof::Failed { why, run: None };
            return Ok(());
        }
        let card_security = self.card.files.get(&File::CardSecurity);
        let attempt = match card_security.map(|bytes| chip::content_of(bytes)) {
            None => Err(Proof::NotOffered),
            Some(Ok(infos)) => chip::of_card_security(&version_2.info, &infos),
            Some(Err(why)) => Err(Proof::Failed { why, run: None }),
        };
        match attempt {
            Ok(attempt) => {
                self.step("Chip Authentication", |tap| tap.agree_version_2(&attempt, key))
            }
            Err(proof) => {
                self.proof = proof;
                // What is read from here on is not of a chip that is proven, and a proof in a later
                // channel would not change that: it is not tried again.
                self.authorised = false;
                self.terminal = Some(Err("no Chip Authentication followed it".into()));
                Ok(())
            }
        }
    }

    fn announce(
        &mut self,
        version_2: &Version2,
        authorities: &[Reference],
        id_picc: &[u8],
    ) -> Result<Option<Announced>, TapError> {
        let Some(own) = &self.card.options.terminal else { return Ok(None) };
        let credentials = match own.credentials(authorities) {
            Ok(credentials) => credentials,
            Err(error) => {
                self.terminal = Some(Err(error.to_string()));
                return Ok(None);
            }
        };
        let key = AgreementSecretKey::generate(version_2.domain, self.card.rng);
        let compressed = key.public().compressed();
        let run = terminal_auth::Terminal::v2(credentials, id_picc, compressed, None);
        Ok(self.show_certificates(run)?.map(|chat| Announced { key, chat }))
    }

    fn agree_version_2(
        &mut self,
        attempt: &Attempt,
        key: AgreementSecretKey,
    ) -> Result<(), TapError> {
        let agreed = match attempt.version_2(key) {
            Ok(mut run) => self.card.session.drive(&mut run, self.card.rng),
            Err(error) => Ok(Err(error)),
        };
        let why = match agreed {
            Ok(Ok(agreed)) => {
                self.card.protect("Chip Authentication", &agreed.keys)?;
                self.proof = Proof::Agreed(attempt.run(&agreed));
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(error @ SessionError::SecureMessaging { .. }) => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        // Nobody knows which keys the card holds now.
        self.proof = Proof::Failed { why, run: None };
        self.terminal = Some(Err("Chip Authentication failed behind it".into()));
        self.start_over()
    }

    fn select_application(&mut self) -> Result<(), TapError> {
        let passwords = &self.card.options.passwords;
        let licence_first = passwords.bap.is_some() && passwords.bac.is_none();
        let order = if licence_first { [Df::Edl, Df::Lds] } else { [Df::Lds, Df::Edl] };
        let mut refused = None;
        for df in order.into_iter().chain([Df::KeyOnly]) {
            match self.card.select(df) {
                Ok(Ok(())) => {
                    self.proof.answered();
                    self.plan = Plan::of(df);
                    return Ok(());
                }
                Ok(Err(sw)) => refused = refused.or(Some((df, sw))),
                Err(error @ SessionError::SecureMessaging { .. }) if self.proof.is_agreed() => {
                    self.proof.denied(&error);
                    self.terminal = Some(Err("Chip Authentication failed behind it".into()));
                    return self.start_over();
                }
                Err(error) => return Err(error.into()),
            }
        }
        let (expected, sw) = refused.unwrap_or((Df::Lds, StatusWord::NOT_FOUND));
        Err(TapError::NoApplication { expected, sw })
    }
}
