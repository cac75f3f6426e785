//! `access`: opening a card.

use zeroize::Zeroizing;

use super::{Class, Code, Failure, Kind, eval::kind, machine::Machine};
use crate::{
    lds::{Df, File, Mrz, SecurityInfos, edl},
    protocol::{
        bac::{self, AccessKey},
        pace::{Parameters, Password, Terminal, TerminalOptions},
    },
    script::syntax::{Access, Expr, ExprKind, Span},
    session::SessionError,
    sm::{SecureChannel, SessionKeys},
    tap::{TapError, parts},
    transport::Step,
};

/// An MRZ_information has two dates and three check digits beside the document number.
const LEAST_INFORMATION: usize = 24;

impl Machine<'_> {
    pub(super) fn access(
        &mut self,
        way: Access,
        password: &Expr,
        span: Span,
    ) -> Result<(), Failure> {
        let opened = match way {
            Access::Bac | Access::Bap => {
                let text = self.password(password)?;
                let (df, key) = match way {
                    Access::Bac => (Df::Lds, AccessKey::mrz(&information(&text, password.span)?)),
                    _ => {
                        let line = edl::Mrz::parse(&text).map_err(|error| {
                            Failure::script(Code::KIND, password.span, error.to_string())
                                .expected("the 30 characters that stand in one line, D first")
                        })?;
                        (Df::Edl, AccessKey::bap_input(line.bap_input()))
                    }
                };
                self.basic(df, key, span)
            }
            _ => {
                let secret = self.pace_password(way, password)?;
                self.pace(secret, span)
            }
        };
        // The channel is what counts from here on; an answer of the protocol is no answer to look at.
        self.last.any = false;
        opened
    }

    // ICAO Doc 9303-11 clause 4.3, ISO/IEC 18013-3 annex B.
    fn basic(&mut self, df: Df, key: AccessKey, span: Span) -> Result<(), Failure> {
        self.stand_in(df, span)?;
        let id_picc = key.document_number().map(<[u8]>::to_vec);
        let Some(session) = &mut self.link.session else { return Ok(()) };
        let done = session.drive(&mut bac::Terminal::new(key), &mut *self.rng);
        let established = match done {
            Ok(Ok(established)) => established,
            Ok(Err(error)) => return Err(Failure::of_bac(&error, span)),
            Err(error) => return Err(self.lost(&error, span)),
        };
        match established.channel() {
            Ok(channel) => session.set_channel(Some(channel)),
            Err(source) => {
                let error = SessionError::SecureMessaging { step: "BAC", source };
                return Err(self.lost(&error, span));
            }
        }
        let standing = &mut self.link.standing;
        (standing.id_picc, standing.by_pace) = (id_picc, false);
        Ok(())
    }

    // In the master file; an application that was selected before is selected again behind it. Inside
    // a channel it runs in that one, as a suspended PIN needs it (BSI TR-03110-2 clause 2.4.1).
    fn pace(&mut self, password: Password, span: Span) -> Result<(), Failure> {
        self.session(span)?;
        let application = self.link.standing.df;
        let protected = self.link.is_protected();
        let (params, chat) = self.offered(span)?;
        let options = TerminalOptions { last_try: self.options.last_try, ..Default::default() };
        let mut terminal = Terminal::new(params, password, options);
        if let Some(template) = chat.filter(|_| !protected) {
            terminal = terminal.with_holder_authorization(template);
        }
        let Some(session) = &mut self.link.session else { return Ok(()) };
        let established = match session.drive(&mut terminal, &mut *self.rng) {
            Ok(Ok(established)) => established,
            Ok(Err(error)) => return Err(Failure::of_pace(&error, span)),
            Err(error) => return Err(self.lost(&error, span)),
        };
        self.protect("PACE", &established.keys, span)?;
        let standing = &mut self.link.standing;
        standing.id_picc = Some(established.chip_public_key.compressed());
        standing.authorities = established.authority_references;
        (standing.by_pace, standing.announced) = (true, None);
        match application.filter(|df| *df != Df::MasterFile) {
            Some(df) => {
                standing.df = None;
                self.stand_in(df, span)
            }
            None => Ok(()),
        }
    }

    // Which PACE the card offers, and what announces Terminal Authentication.
    fn offered(&mut self, span: Span) -> Result<(Parameters, Option<Vec<u8>>), Failure> {
        if self.link.standing.card_access.is_none() {
            if !self.link.is_protected() {
                self.stand_in(Df::MasterFile, span)?;
            }
            let infos = self.card_access(span)?;
            self.link.standing.card_access = Some(infos);
            self.ask_lengths(span)?;
        }
        let none = || {
            Failure::new(
                Class::Protocol,
                Code::PROTOCOL,
                span,
                "the card offers no PACE: EF.CardAccess lists none",
            )
            .help("`access bac %mrz` opens an older document")
        };
        let Some(infos) = &self.link.standing.card_access else { return Err(none()) };
        let params = parts::pace(infos).map_err(|error| match error {
            TapError::NoPassword => none(),
            error => Failure::of_tap(&error, span),
        })?;
        let version_2 = parts::Version2::offered(infos).is_some();
        let own = self.link.terminal.as_ref().filter(|_| version_2);
        Ok((params, own.map(|own| parts::announcement(own.chat()))))
    }

    fn card_access(&mut self, span: Span) -> Result<SecurityInfos, Failure> {
        let file = File::CardAccess;
        let Some(session) = &mut self.link.session else {
            return Err(Failure::new(Class::Absent, Code::ABSENT, span, "no card"));
        };
        let mut read = session.read_file(file, Step(file.name()), &mut |_| {});
        if matches!(read, Err(SessionError::ReadRefused { .. })) && !session.is_protected() {
            // Some cards start inside an application.
            read = match session.select_df(Df::MasterFile, Step("SELECT MF")) {
                Ok(_) => session.read_file(file, Step(file.name()), &mut |_| {}),
                Err(error) => Err(error),
            };
        }
        match read {
            Ok(data) => SecurityInfos::parse(&data).map_err(|error| {
                Failure::new(Class::Protocol, Code::PROTOCOL, span, error.to_string())
            }),
            Err(SessionError::ReadRefused { sw, .. }) => Err(Failure::new(
                Class::Protocol,
                Code::PROTOCOL,
                span,
                format!("the card offers no PACE: it answered {sw} to reading EF.CardAccess"),
            )
            .sw(sw)
            .help("`access bac %mrz` opens an older document")),
            Err(error) => Err(self.lost(&error, span)),
        }
    }

    /// Opens a channel of these keys, its counter at zero.
    pub(super) fn protect(
        &mut self,
        step: &'static str,
        keys: &SessionKeys,
        span: Span,
    ) -> Result<(), Failure> {
        match SecureChannel::new(keys) {
            Ok(channel) => {
                self.link.aside = None;
                if let Some(session) = &mut self.link.session {
                    session.set_channel(Some(channel));
                }
                Ok(())
            }
            Err(source) => Err(self.lost(&SessionError::SecureMessaging { step, source }, span)),
        }
    }

    fn pace_password(&mut self, way: Access, expr: &Expr) -> Result<Password, Failure> {
        let text = self.password(expr)?;
        if way == Access::PaceMrz {
            // A driving licence's line opens it by PACE, too.
            if let Ok(line) = edl::Mrz::parse(&text) {
                return Ok(Password::mrz(line.bap_input()));
            }
            return Ok(Password::mrz(&information(&text, expr.span)?));
        }
        // What cannot be right costs no try of a PIN.
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Failure::script(
                Code::KIND,
                expr.span,
                "the password is not made of digits",
            )
            .expected("digits and nothing else"));
        }
        Ok(match way {
            Access::PacePin => Password::pin(&text),
            Access::PacePuk => Password::puk(&text),
            _ => Password::can(&text),
        })
    }

    // The characters of a password: a text, or digits as they are written. Bytes that could be either
    // are refused, for a wrong guess costs a try.
    fn password(&mut self, expr: &Expr) -> Result<Zeroizing<String>, Failure> {
        if let ExprKind::Digits(digits) = &expr.kind {
            return Ok(Zeroizing::new((**digits).to_owned()));
        }
        let value = self.eval(expr)?;
        match &value.kind {
            Kind::Text(text) => Ok(Zeroizing::new(text.trim().to_owned())),
            Kind::Bytes(bytes) => {
                let digits = Zeroizing::new(hex::encode(&***bytes));
                let decimal = digits.bytes().all(|byte| byte.is_ascii_digit());
                let characters = bytes.iter().all(u8::is_ascii_digit);
                match std::str::from_utf8(bytes) {
                    _ if decimal && !characters && !bytes.is_empty() => Ok(digits),
                    Ok(text) if !decimal && !text.is_empty() => Ok(Zeroizing::new(text.to_owned())),
                    _ => Err(kind(expr.span, "a text", &value)
                        .help("write the password in quotes: its characters, not bytes")),
                }
            }
            Kind::Int(_) | Kind::Bool(_) => Err(kind(expr.span, "a text", &value)
                .help("write the password in quotes: a number has no leading zeros")),
        }
    }
}

// The whole zone, or the MRZ_information that the keys are made of.
fn information(text: &str, span: Span) -> Result<Zeroizing<String>, Failure> {
    let text: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect());
    let whole = [88, 72, 90].contains(&text.len());
    let made = match Mrz::parse(&text) {
        Ok(mrz) => mrz.information().ok().map(|made| Zeroizing::new(made.as_str().to_owned())),
        Err(error) if whole => {
            return Err(Failure::script(Code::KIND, span, format!("the MRZ: {error}")));
        }
        Err(_) => None,
    };
    let made = made.unwrap_or(text);
    if made.len() < LEAST_INFORMATION {
        return Err(Failure::script(Code::KIND, span, "the MRZ is too short")
            .expected("the whole zone, or document number, birth and expiry with check digits")
            .got(format!("{} characters", made.len())));
    }
    Ok(made)
}
