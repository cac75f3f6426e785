//! The card: connected, reset, left.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{
    Code, Failure, Value, Wanted,
    machine::{Bytes, Machine},
};
use crate::{
    crypto::AgreementSecretKey,
    lds::{Df, SecurityInfos},
    script::syntax::{Connect, Disposition, Expr, Part, Span, Stmt},
    session::{Session, SessionError},
    sm::SecureChannel,
    tap::TerminalCertificates,
    transport::{
        Deadline, Reset,
        fault::{FaultHandle, FaultPlan},
        pcsc::End,
    },
};

/// Most time that a statement may ask for.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);
/// For a transaction, and for an answer of the reader itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way to the card, and what is known of the dialogue.
#[derive(Default)]
pub(super) struct Link {
    pub(super) session: Option<Session>,
    pub(super) source: Option<String>,
    pub(super) faults: Option<FaultHandle>,
    pub(super) terminal: Option<TerminalCertificates>,
    /// Whether a card was there before.
    known: bool,
    pub(super) timeout: Option<Duration>,
    /// What `sm off` has put aside.
    pub(super) aside: Option<SecureChannel>,
    pub(super) standing: Standing,
    /// Commands of the dialogues before.
    pub(super) apdus: u32,
}

/// What the dialogue since the last reset has led to.
#[derive(Default)]
pub(super) struct Standing {
    /// The DF that is selected, as far as it is known; `None` is the master file.
    pub(super) df: Option<Df>,
    /// EF.CardAccess.
    pub(super) card_access: Option<SecurityInfos>,
    /// Whether EF.ATR/INFO was asked for.
    pub(super) asked_lengths: bool,
    /// How Terminal Authentication names the chip.
    pub(super) id_picc: Option<Vec<u8>>,
    /// Which certification authorities the card named in PACE.
    pub(super) authorities: Vec<Vec<u8>>,
    /// Whether PACE opened the channel.
    pub(super) by_pace: bool,
    /// The key that Terminal Authentication of version 2 announced.
    pub(super) announced: Option<AgreementSecretKey>,
    /// Our key of Chip Authentication of version 1, compressed.
    pub(super) ephemeral: Option<Vec<u8>>,
    /// EF.DG14, where it was read.
    pub(super) options: Option<SecurityInfos>,
}

impl Link {
    pub(super) fn is_protected(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_protected)
    }

    // The card has forgotten everything, and so has this side.
    fn forget(&mut self) {
        self.aside = None;
        self.standing = Standing::default();
    }
}

impl Machine<'_> {
    /// The dialogue; the first need of it connects to the run's own card.
    pub(super) fn session(&mut self, span: Span) -> Result<&mut Session, Failure> {
        if self.link.session.is_none() {
            if self.link.known {
                return Err(Failure::new(
                    super::Class::Absent,
                    Code::ABSENT,
                    span,
                    "no card is connected any more",
                )
                .help("`connect`, `reset` or `wait card` connects to one"));
            }
            self.attach(&Wanted::default(), span)?;
        }
        match &mut self.link.session {
            Some(session) => Ok(session),
            None => Err(Failure::new(super::Class::Absent, Code::ABSENT, span, "no card")),
        }
    }

    /// Connects, whatever was connected before.
    pub(super) fn attach(&mut self, wanted: &Wanted, span: Span) -> Result<(), Failure> {
        self.drop_session();
        let connected = self.host.connect(wanted).map_err(|error| error.at(span))?;
        let mut session = connected.session;
        // What a short answer carries in any case, until the card says that it takes more.
        session.limit_reads(super::files::SHORT_PROTECTED);
        if let Some(timeout) = self.link.timeout {
            session.set_timeout(timeout);
        }
        self.report.card(&connected.source, session.transport().atr());
        self.link.session = Some(session);
        self.link.source = Some(connected.source);
        self.link.faults = connected.faults;
        self.link.terminal = connected.terminal;
        self.link.known = true;
        Ok(())
    }

    fn drop_session(&mut self) {
        if let Some(session) = self.link.session.take() {
            self.link.apdus += session.stats().apdus;
        }
        self.link.forget();
    }

    /// A failure of the dialogue. One of the way to the card ends the connection.
    pub(super) fn lost(&mut self, error: &SessionError, span: Span) -> Failure {
        if matches!(error, SessionError::Transport { .. }) {
            self.drop_session();
        }
        let failure = Failure::of_session(error, span);
        if self.host.is_stopped() { Failure::stopped(span) } else { failure }
    }

    pub(super) fn connect(&mut self, connect: &Connect, span: Span) -> Result<(), Failure> {
        let reader = match &connect.reader {
            Some((part, name)) => Some((*part, self.text_of(name)?.to_string())),
            None => None,
        };
        let wait = connect.wait.map(|wait| bounded(wait, span)).transpose()?;
        let wanted = Wanted { reader, share: connect.share, protocol: connect.protocol, wait };
        self.attach(&wanted, span)
    }

    /// `reset`: of a card that is gone, a new connection.
    pub(super) fn reset(&mut self, kind: Reset, span: Span) -> Result<(), Failure> {
        let Some(session) = &mut self.link.session else {
            return self.attach(&Wanted::default(), span);
        };
        let done = session.reset(kind);
        self.link.forget();
        match done {
            Ok(()) => Ok(()),
            Err(error) => Err(self.lost(&error, span)),
        }
    }

    pub(super) fn disconnect(&mut self, how: Disposition, span: Span) -> Result<(), Failure> {
        let Some(mut session) = self.link.session.take() else { return Ok(()) };
        self.link.apdus += session.stats().apdus;
        self.link.forget();
        let end = match how {
            Disposition::Leave => End::Leave,
            Disposition::Reset => End::Reset,
            Disposition::Unpower => End::Unpower,
        };
        let left = session.transport_mut().leave_card(end);
        left.map_err(|error| Failure::of_transport(&error, span))
    }

    pub(super) fn wait_card(&mut self, wait: Option<Duration>, span: Span) -> Result<(), Failure> {
        if self.link.session.is_some() {
            return Ok(());
        }
        let wait = bounded(wait.unwrap_or(Duration::from_secs(60)), span)?;
        self.attach(&Wanted { wait: Some(wait), ..Wanted::default() }, span)
    }

    /// `transaction .. end`, which ends however its statements end.
    pub(super) fn transaction<T>(
        &mut self,
        span: Span,
        body: &[Stmt],
        run: impl FnOnce(&mut Self, &[Stmt]) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.transactions == 0 {
            let transport = self.session(span)?.transport_mut();
            let begun = transport.begin_transaction(Deadline::after(PATIENCE));
            begun.map_err(|error| Failure::of_transport(&error, span))?;
        }
        self.transactions += 1;
        let done = run(self, body);
        self.transactions -= 1;
        if self.transactions > 0 {
            return done;
        }
        let ended = self.link.session.as_mut().map(|s| s.transport_mut().end_transaction());
        match (done, ended) {
            (Ok(_), Some(Err(error))) => Err(Failure::of_transport(&error, span)),
            (done, _) => done,
        }
    }

    /// `control`: the answer is `resp`, its status 9000.
    pub(super) fn control(
        &mut self,
        code: &Expr,
        data: &[Part],
        span: Span,
    ) -> Result<(), Failure> {
        let (code, _) = self.number_in(code, 0..=i64::from(u32::MAX))?;
        let mut sent = Bytes::default();
        self.append(data, &mut sent)?;
        let transport = self.session(span)?.transport_mut();
        let mut answer = Vec::new();
        let by = Deadline::after(PATIENCE);
        transport
            .control(code as u32, &sent.data, &mut answer, by)
            .map_err(|error| Failure::of_transport(&error, span))?;
        self.last.data = Zeroizing::new(answer);
        self.last.sw = crate::apdu::StatusWord::SUCCESS;
        self.last.command.clear();
        (self.last.span, self.last.any, self.last.shade) = (span, true, Some(super::Shade::Open));
        Ok(())
    }

    pub(super) fn fault(&mut self, plan: Option<&FaultPlan>, span: Span) -> Result<(), Failure> {
        // A card that has left is told as well.
        if self.link.faults.is_none() {
            self.session(span)?;
        }
        let Some(faults) = &self.link.faults else {
            let card = self.link.source.as_deref().unwrap_or("this card");
            return Err(Failure::script(
                Code::NOT_POSSIBLE,
                span,
                format!("{card} does no wrong when told to"),
            )
            .expected("a card that is emulated in this process: --card emulated")
            .got(card));
        };
        match plan {
            Some(plan) => faults.add(plan.clone()),
            None => {
                faults.clear();
                faults.insert();
            }
        }
        Ok(())
    }

    pub(super) fn atr(&mut self, span: Span) -> Result<Value, Failure> {
        Ok(Value::bytes(self.session(span)?.transport().atr()))
    }

    pub(super) fn timeout(&mut self, time: Duration, span: Span) -> Result<(), Failure> {
        let time = bounded(time, span)?;
        self.link.timeout = Some(time);
        if let Some(session) = &mut self.link.session {
            session.set_timeout(time);
        }
        Ok(())
    }

    /// `sm off`, `sm on`.
    pub(super) fn secure_messaging(&mut self, on: bool, span: Span) -> Result<(), Failure> {
        let aside = self.link.aside.take();
        let session = self.session(span)?;
        match (on, session.is_protected(), aside) {
            (true, true, _) => Ok(()),
            (true, false, Some(channel)) => {
                session.set_channel(Some(channel));
                Ok(())
            }
            (true, false, None) => Err(Failure::script(
                Code::NOT_POSSIBLE,
                span,
                "there is no secure channel to take up again",
            )
            .help("`access ..` opens one")),
            (false, _, aside) => {
                self.link.aside =
                    self.link.session.as_mut().and_then(Session::take_channel).or(aside);
                Ok(())
            }
        }
    }

    /// A text, or digits that are meant as one.
    pub(super) fn text_of(&mut self, expr: &Expr) -> Result<Zeroizing<String>, Failure> {
        let value = self.eval(expr)?;
        match value.kind {
            super::Kind::Text(text) => Ok(text),
            _ => Err(super::eval::kind(expr.span, "a text", &value).help("write it in quotes")),
        }
    }
}

/// A time that a script may ask for.
pub(super) fn bounded(time: Duration, span: Span) -> Result<Duration, Failure> {
    if time <= LONGEST {
        return Ok(time);
    }
    Err(Failure::script(Code::OVERSIZE, span, format!("{time:?} is longer than an hour"))
        .expected(format!("at most {LONGEST:?}"))
        .got(format!("{time:?}")))
}
