//! The steps of a tap.

use std::collections::VecDeque;

use rand_core::CryptoRng;
use time::UtcDateTime;

use super::{
    Event, Options, TapError, Tapped,
    access::{Offer, Opened},
    chip::{self, Attempt, Proof},
    plan::{Groups, Plan},
    reader::Reader,
    terminal::{self, Announced, Version2},
};
use crate::{
    apdu::StatusWord,
    crypto::AgreementSecretKey,
    lds::{Df, Dg14, Dg15, File, SecurityInfos, edl},
    pki::cvc::{Chat, Reference, parse_ef_cvca},
    protocol::{
        active_auth::{self, AaKey},
        pace::ChipAuthenticationData,
        terminal_auth,
    },
    session::{Session, SessionError, lower_read},
    sm::SmError,
    transport::{Limits, Reset},
    trust::{ActiveAuthentication, Card, ChipAuthenticationMapping, Evidence},
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
        authorised: false,
        active: None,
        in_step: false,
    };
    tap.run()?;
    tap.finish(card, now)
}

struct Tap<'a> {
    card: Reader<'a>,
    offer: Offer,
    opened: Option<Opened>,
    plan: Plan,
    proof: Proof,
    /// What of Chip Authentication is left to try.
    attempts: VecDeque<Attempt>,
    /// The first run of the chip authentication mapping.
    mapping: Option<ChipAuthenticationData>,
    /// Our key of the last Chip Authentication, compressed: Terminal Authentication signs it.
    ephemeral: Option<Vec<u8>>,
    terminal: Option<Result<Chat, String>>,
    /// Whether Terminal Authentication holds in the channel that is open.
    authorised: bool,
    active: Option<Result<ActiveAuthentication, String>>,
    in_step: bool,
}

impl Tap<'_> {
    fn run(&mut self) -> Result<(), TapError> {
        self.offer = self.step("EF.CardAccess", |tap| tap.card.card_access())?;
        self.step("EF.ATR/INFO", |tap| tap.card.atr_info())?;
        self.enter()?;
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
        Ok(Tapped {
            evidence,
            pace: opened.pace,
            chip_authentication,
            active_authentication_refused,
            terminal_authentication: self.terminal,
            refused: self.card.refused,
            steps: self.card.steps,
            stats: self.card.session.stats(),
        })
    }

    // A step within a step is a part of that.
    fn step<T>(
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

    // From the master file to the application, with all that is proven on the way.
    fn enter(&mut self) -> Result<(), TapError> {
        let version_2 = self.version_2();
        let chat = version_2.as_ref().and(self.card.options.terminal.as_ref());
        let chat = chat.map(|own| own.chat());
        let mut opened = self.step("access", |tap| tap.card.open(&tap.offer, chat))?;
        self.authorised = false;
        self.note_mapping(&mut opened)?;
        let (application, authorities) =
            (opened.application, terminal::references(&opened.authorities));
        let id_picc = opened.id_picc.clone().unwrap_or_default();
        self.opened = Some(opened);
        if let Some(version_2) = version_2 {
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
        match &self.offer {
            Offer::Pace(infos) if self.card.options.terminal.is_some() && !failed => {
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
        self.step("EF.CardSecurity", |tap| tap.card.keep(File::CardSecurity))?;
        let card_security = self.card.files.get(&File::CardSecurity);
        let attempt = match card_security.map(|bytes| chip::content_of(bytes)) {
            None => return Ok(()),
            Some(Ok(infos)) => chip::of_card_security(&version_2.info, &infos),
            Some(Err(why)) => Err(Proof::Failed { why, run: None }),
        };
        match attempt {
            Ok(attempt) => {
                self.step("Chip Authentication", |tap| tap.agree_version_2(&attempt, key))
            }
            Err(proof) => {
                self.proof = proof;
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

    // A refusal is kept; where it closed the channel the card is opened anew.
    fn show_certificates(
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

    fn agree_version_2(
        &mut self,
        attempt: &Attempt,
        key: AgreementSecretKey,
    ) -> Result<(), TapError> {
        let agreed = match attempt.version_2(key) {
            Ok(mut run) => self.card.session.drive(&mut run, self.card.rng)?,
            Err(error) => Err(error),
        };
        match agreed {
            Ok(agreed) => {
                self.card.protect("Chip Authentication", &agreed.keys)?;
                self.proof = Proof::Agreed(attempt.run(&agreed));
            }
            Err(error) => self.proof = Proof::Failed { why: error.to_string(), run: None },
        }
        Ok(())
    }

    fn select_application(&mut self) -> Result<(), TapError> {
        let passwords = &self.card.options.passwords;
        let licence_first = passwords.bap.is_some() && passwords.bac.is_none();
        let order = if licence_first { [Df::Edl, Df::Lds] } else { [Df::Lds, Df::Edl] };
        let mut refused = None;
        for df in order {
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

    fn security_infos(&mut self, dg14: &[u8]) -> Option<SecurityInfos> {
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
    fn chip_authentication(&mut self, infos: &SecurityInfos) -> Result<(), TapError> {
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
    fn agree(&mut self) -> Result<(), TapError> {
        let mut why = None;
        while let Some(attempt) = self.attempts.pop_front() {
            let mut terminal = attempt.terminal();
            match self.card.session.drive(&mut terminal, self.card.rng) {
                Ok(Ok(agreed)) => {
                    self.card.protect("Chip Authentication", &agreed.keys)?;
                    self.ephemeral = Some(agreed.ephemeral.compressed());
                    self.proof = Proof::Agreed(attempt.run(&agreed));
                    // It is tried again where a new channel becomes necessary.
                    self.attempts.push_front(attempt);
                    return Ok(());
                }
                Ok(Err(error)) => why = why.or_else(|| Some(error.to_string())),
                Err(error @ SessionError::SecureMessaging { .. }) => {
                    why = why.or_else(|| Some(error.to_string()));
                    self.start_over()?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let why = why.unwrap_or_else(|| "nothing is left to try".into());
        self.proof = Proof::Failed { why, run: None };
        Ok(())
    }

    // A new channel, up to the application.
    fn start_over(&mut self) -> Result<(), TapError> {
        self.card.session.reset(Reset::Warm)?;
        self.enter()
    }

    // A file that may be missing or closed.
    //
    // The first answer under the keys of Chip Authentication is the chip's proof; where it does not
    // come, the rest is read over a new channel, so that the verdict says all that is wrong. Some
    // cards answer "wrong length" without secure messaging where more is asked for than they can
    // give, and nobody knows then whether they have counted: over a new channel less is asked for
    // at once. Any other unprotected answer is the end.
    fn read(&mut self, file: File) -> Result<Option<Vec<u8>>, TapError> {
        loop {
            let error = match self.card.keep(file) {
                Ok(data) => {
                    self.proof.answered();
                    return Ok(data);
                }
                Err(TapError::Session(error @ SessionError::SecureMessaging { .. })) => error,
                Err(error) => return Err(error),
            };
            let lower = is_wrong_length(&error).then(|| lower_read(self.card.asked)).flatten();
            let unproven = self.proof.is_agreed();
            match lower {
                Some(lower) => self.card.session.limit_reads(lower),
                None if unproven => {
                    self.proof.denied(&error);
                    self.attempts.pop_front();
                }
                None => return Err(error.into()),
            }
            self.start_over()?;
            if unproven && !self.attempts.is_empty() && !self.proof.is_agreed() {
                self.agree()?;
            }
        }
    }

    fn active_authentication(&mut self) -> Result<(), TapError> {
        let mut challenge = [0; active_auth::CHALLENGE_LEN];
        match self.card.options.challenge {
            Some(given) => challenge = given,
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
        let ne = longest.max(256).min(self.card.session.max_response_data()) as u32;
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

    // Terminal Authentication of version 1 (ICAO Doc 9303-11 clause 7.1), unless version 2 holds.
    fn authorise(&mut self, infos: &SecurityInfos) -> Result<(), TapError> {
        let Some(own) = &self.card.options.terminal else { return Ok(()) };
        if self.authorised || matches!(self.terminal, Some(Err(_))) {
            return Ok(());
        }
        if !terminal::offers_version_1(infos) {
            self.terminal = Some(Err("the card offers no Terminal Authentication".into()));
            return Ok(());
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
        let authorities = match self.card.keep(File::Cvca) {
            Ok(Some(file)) => parse_ef_cvca(&file).map_err(|e| e.to_string()),
            Ok(None) => Err("the card gives no EF.CVCA".into()),
            Err(error) => return Err(error),
        };
        self.card.files.remove(&File::Cvca);
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
    fn read_behind_extended_access(
        &mut self,
        file: File,
        infos: &SecurityInfos,
    ) -> Result<(), TapError> {
        loop {
            let error = match self.card.keep(file) {
                Ok(_) => return Ok(()),
                Err(TapError::Session(error @ SessionError::SecureMessaging { .. })) => error,
                Err(error) => return Err(error),
            };
            let lower = is_wrong_length(&error).then(|| lower_read(self.card.asked)).flatten();
            if let SessionError::SecureMessaging { source: SmError::Unprotected { sw }, .. } = error
            {
                self.card.refused.insert(file, sw);
            } else {
                return Err(error.into());
            }
            self.start_over()?;
            if !self.authorised {
                self.agree()?;
                // Any protected answer shows that both have the same keys.
                self.card.keep(self.plan.sod)?;
                self.proof.answered();
                self.authorise(infos)?;
            }
            match lower {
                Some(lower) if self.authorised => self.card.session.limit_reads(lower),
                _ => return Ok(()),
            }
        }
    }
}

fn is_wrong_length(error: &SessionError) -> bool {
    matches!(
        error,
        SessionError::SecureMessaging {
            source: SmError::Unprotected { sw: StatusWord::WRONG_LENGTH },
            ..
        }
    )
}
