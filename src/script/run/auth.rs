//! `auth`: the chip proves itself, or this terminal does.

use zeroize::Zeroizing;

use super::{Class, Code, Failure, files::SHORT_PROTECTED, machine::Machine};
use crate::{
    apdu::{Command, Header, ins},
    crypto::AgreementSecretKey,
    lds::{Df, Dg14, Dg15, File, SecurityInfos, edl},
    pki::cvc::parse_ef_cvca,
    protocol::{
        active_auth::{self, AaKey},
        chip_auth, terminal_auth,
    },
    script::syntax::{Auth, Span},
    session::SessionError,
    tap::parts::{self, Version2},
    transport::Step,
};

impl Machine<'_> {
    pub(super) fn authenticate(&mut self, what: Auth, span: Span) -> Result<(), Failure> {
        let done = match what {
            Auth::Chip => self.chip(span),
            Auth::Terminal => self.terminal(span),
            Auth::Active => self.active(span),
        };
        self.last.any = false;
        done
    }

    // Behind Terminal Authentication of version 2 with the key that it announced, else version 1.
    fn chip(&mut self, span: Span) -> Result<(), Failure> {
        self.session(span)?;
        match self.link.standing.announced.take() {
            Some(key) => self.chip_2(key, span),
            None => self.chip_1(span),
        }
    }

    fn chip_1(&mut self, span: Span) -> Result<(), Failure> {
        let file = self.application(span)?;
        let infos = self.options(file, span)?;
        let ways = parts::chip_authentications(&infos).map_err(|why| not_offered(span, &why))?;
        self.link.standing.options = Some(infos);
        let mut first = None;
        for mut terminal in ways {
            let Some(session) = &mut self.link.session else { break };
            match session.drive(&mut terminal, &mut *self.rng) {
                Ok(Ok(agreed)) => {
                    self.link.standing.ephemeral = Some(agreed.ephemeral.compressed());
                    self.protect("Chip Authentication", &agreed.keys, span)?;
                    return self.prove(file, span);
                }
                // The old channel still holds after a refusal (ICAO Doc 9303-11 clause 6.2).
                Ok(Err(error)) => first = first.or(Some(error)),
                Err(error) => return Err(self.lost(&error, span)),
            }
        }
        Err(match first {
            Some(error) => refused_chip(span, &error),
            None => not_offered(span, "nothing is left to try"),
        })
    }

    fn chip_2(&mut self, key: AgreementSecretKey, span: Span) -> Result<(), Failure> {
        let offered = self.link.standing.card_access.as_ref().and_then(Version2::offered);
        let Some(version_2) = offered else {
            return Err(not_offered(span, "EF.CardAccess lists no version 2"));
        };
        let card_security = self.read_known(File::CardSecurity, span)?;
        let mut terminal = version_2
            .chip_authentication(&card_security, key)
            .map_err(|why| not_offered(span, &why))?;
        let Some(session) = &mut self.link.session else { return Ok(()) };
        match session.drive(&mut terminal, &mut *self.rng) {
            Ok(Ok(agreed)) => {
                self.protect("Chip Authentication", &agreed.keys, span)?;
                self.prove(File::CardSecurity, span)
            }
            Ok(Err(error)) => Err(refused_chip(span, &error)),
            Err(error) => Err(self.lost(&error, span)),
        }
    }

    // New keys prove nothing until an answer came under them.
    fn prove(&mut self, file: File, span: Span) -> Result<(), Failure> {
        let read = Command::new(Header::new(0x00, ins::READ_BINARY, 0x80 | file.sfi(), 0));
        let Some(session) = &mut self.link.session else { return Ok(()) };
        match session.exchange(&read.with_ne(4), Step("Chip Authentication, the proof")) {
            Ok(_) => Ok(()),
            Err(error @ SessionError::SecureMessaging { .. }) => Err(Failure::expectation(
                Code::NOT_GENUINE,
                span,
                format!("the chip does not hold the private key of {file}: {error}"),
            )
            .expected("an answer under the new keys")),
            Err(error) => Err(self.lost(&error, span)),
        }
    }

    fn terminal(&mut self, span: Span) -> Result<(), Failure> {
        self.session(span)?;
        let standing = &self.link.standing;
        let offered = standing.card_access.as_ref().and_then(Version2::offered);
        let Some(own) = self.link.terminal.clone() else {
            return Err(Failure::script(
                Code::NOT_POSSIBLE,
                span,
                "this terminal has no certificates to show",
            )
            .expected("--cvc-chain and --terminal-key")
            .got("neither")
            .help("an emulated card brings those that it believes"));
        };
        let Some(id_picc) = standing.id_picc.clone() else {
            return Err(Failure::script(Code::NOT_POSSIBLE, span, "nothing names the chip yet")
                .help("`access pace ..` or `access bac ..` comes before"));
        };
        let (named, announced, ephemeral) = match offered.filter(|_| standing.by_pace) {
            Some(version_2) => {
                let named = parts::authorities(&standing.authorities);
                self.stand_in(Df::MasterFile, span)?;
                let key = AgreementSecretKey::generate(version_2.domain(), &mut *self.rng);
                let compressed = key.public().compressed();
                (named, Some(key), compressed)
            }
            None => {
                let Some(ephemeral) = standing.ephemeral.clone() else {
                    return Err(Failure::script(
                        Code::NOT_POSSIBLE,
                        span,
                        "Terminal Authentication of version 1 takes Chip Authentication first",
                    )
                    .help("`auth chip` comes before"));
                };
                let offers = standing.options.as_ref();
                if !offers.is_some_and(parts::offers_terminal_authentication_1) {
                    return Err(refused_terminal(span, "EF.DG14 offers none"));
                }
                let cvca = self.read_known(File::Cvca, span)?;
                let named = parse_ef_cvca(&cvca);
                (named.map_err(|e| refused_terminal(span, &e.to_string()))?, None, ephemeral)
            }
        };
        let credentials =
            own.credentials(&named).map_err(|error| refused_terminal(span, &error.to_string()))?;
        let mut run = match &announced {
            Some(_) => terminal_auth::Terminal::v2(credentials, id_picc, ephemeral, None),
            None => terminal_auth::Terminal::v1(credentials, id_picc, ephemeral),
        };
        let Some(session) = &mut self.link.session else { return Ok(()) };
        match session.drive(&mut run, &mut *self.rng) {
            Ok(Ok(_)) => {
                self.link.standing.announced = announced;
                Ok(())
            }
            Ok(Err(error)) => Err(refused_terminal(span, &error.to_string())),
            Err(error) => Err(self.lost(&error, span)),
        }
    }

    fn active(&mut self, span: Span) -> Result<(), Failure> {
        let options = self.application(span)?;
        let licence = matches!(options, File::Edl(_));
        let file = if licence { File::Edl(edl::File::Dg13) } else { File::Dg15 };
        let bytes = self.read_known(file, span)?;
        let malformed = |error: &dyn std::fmt::Display| {
            Failure::new(Class::Protocol, Code::PROTOCOL, span, format!("{file}: {error}"))
        };
        let spki = if licence {
            edl::Dg13::parse(&bytes).map(|file| file.spki)
        } else {
            Dg15::parse(&bytes).map(|file| file.spki)
        };
        let spki = spki.map_err(|error| malformed(&error))?;
        let key = AaKey::from_spki(&spki).map_err(|error| malformed(&error))?;
        let named = self.link.standing.options.as_ref();
        let named = named.and_then(SecurityInfos::active_authentication);
        let named = named.map(|info| info.signature_algorithm);
        let mut challenge = [0; active_auth::CHALLENGE_LEN];
        self.rng.fill_bytes(&mut challenge);
        let Some(session) = &mut self.link.session else { return Ok(()) };
        let longest = key.signature_len();
        let room = session.max_response_data();
        let wanted = if longest > SHORT_PROTECTED { longest + 64 } else { 256 };
        let mut terminal = active_auth::Terminal::new(challenge, wanted.min(room) as u32);
        let signature = match session.drive(&mut terminal, &mut *self.rng) {
            Ok(Ok(signature)) => Zeroizing::new(signature),
            Ok(Err(error)) => return Err(not_genuine(span, &error)),
            Err(error) => return Err(self.lost(&error, span)),
        };
        let checked = active_auth::check(&key, named, &challenge, &signature);
        checked.map(drop).map_err(|error| not_genuine(span, &error))
    }

    // The file with the chip's keys, in the application: a travel document's where none is selected.
    fn application(&mut self, span: Span) -> Result<File, Failure> {
        self.session(span)?;
        if self.link.standing.df == Some(Df::Edl) {
            return Ok(File::Edl(edl::File::Dg14));
        }
        self.stand_in(Df::Lds, span)?;
        Ok(File::Dg14)
    }

    fn options(&mut self, file: File, span: Span) -> Result<SecurityInfos, Failure> {
        let bytes = self.read_known(file, span)?;
        let infos = match file {
            File::Edl(_) => edl::Dg14::parse(&bytes).map(|file| file.infos),
            _ => Dg14::parse(&bytes).map(|file| file.infos),
        };
        infos
            .map_err(|error| Failure::new(Class::Protocol, Code::PROTOCOL, span, error.to_string()))
    }
}

fn not_offered(span: Span, why: &str) -> Failure {
    Failure::expectation(Code::NOT_GENUINE, span, format!("no Chip Authentication: {why}"))
}

fn refused_chip(span: Span, error: &chip_auth::ChipAuthError) -> Failure {
    let failure = Failure::expectation(Code::NOT_GENUINE, span, error.to_string());
    match error {
        chip_auth::ChipAuthError::Refused { sw, .. } => {
            failure.expected("9000").got(sw.to_string()).sw(*sw)
        }
        _ => failure,
    }
}

fn not_genuine(span: Span, error: &active_auth::ActiveAuthError) -> Failure {
    Failure::expectation(Code::NOT_GENUINE, span, error.to_string())
}

fn refused_terminal(span: Span, why: &str) -> Failure {
    Failure::new(Class::Access, Code::ACCESS, span, format!("no Terminal Authentication: {why}"))
}
