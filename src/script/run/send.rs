//! Commands on their way to the card.

use zeroize::Zeroizing;

use super::{
    Code, Failure, STEP, describe,
    machine::{Bytes, Machine},
};
use crate::{
    apdu::{Command, CommandView, Form, Header, MAX_NE, Response, StatusWord, ins},
    lds::Df,
    script::syntax::{Expr, LengthForm, Send, Span},
    session::SessionError,
    sm::SmError,
};

impl Machine<'_> {
    /// A line of bytes: sends them and looks at the answer.
    pub(super) fn send(&mut self, send: &Send, span: Span) -> Result<(), Failure> {
        let span = match send.parts.as_slice() {
            [first, .., last] => first.span.to(last.span),
            [only] => only.span,
            [] => span,
        };
        // The buffer stays the same one, so that a long run allocates little.
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.clear();
        let sent =
            self.build(send, span, &mut bytes).and_then(|()| self.transmit(&bytes.data, span));
        self.buffer = bytes;
        sent?;
        self.expect_answer(&send.expect)
    }

    fn build(&mut self, send: &Send, span: Span, out: &mut Bytes) -> Result<(), Failure> {
        self.append(&send.parts, out)?;
        if send.le.is_none() && send.form.is_none() {
            return Ok(());
        }
        let command = self.rewritten(&out.data, send.le.as_deref(), send.form, span)?;
        out.data.clear();
        command.encode(&mut out.data).map_err(|error| {
            Failure::script(Code::COMMAND, span, error.to_string())
                .help("`ext` writes extended length fields")
        })
    }

    // With another Le, or with length fields made anew.
    fn rewritten(
        &mut self,
        bytes: &[u8],
        le: Option<&Expr>,
        form: Option<LengthForm>,
        span: Span,
    ) -> Result<Command, Failure> {
        let mut command = match (CommandView::parse(bytes), bytes.split_first_chunk::<4>()) {
            (Ok(view), _) => view.to_command(),
            // Without length fields: they are made.
            (Err(_), Some((&[cla, ins, p1, p2], data))) if form.is_some() => {
                Command::new(Header::new(cla, ins, p1, p2)).with_data(data)
            }
            (Err(error), _) => {
                return Err(Failure::script(Code::COMMAND, span, error.to_string()).help(
                    "Le can only be added to a whole command; `short` and `ext` write Lc anew",
                ));
            }
        };
        command.form = match form {
            Some(LengthForm::Short) => Form::Short,
            Some(LengthForm::Extended) => Form::Extended,
            None if command.form == Form::Extended => Form::Extended,
            None => Form::Auto,
        };
        if let Some(le) = le {
            let (le, _) = self.number_in(le, 0..=i64::from(MAX_NE))?;
            let most = if command.form == Form::Extended { MAX_NE } else { 256 };
            command.ne = Some(if le == 0 { most } else { le as u32 });
        }
        Ok(command)
    }

    /// Sends bytes and keeps the answer: through the secure channel where there is one, as they are
    /// inside `raw`. What waits is collected and a wrong Le corrected, but in `raw` and in files of
    /// other programs, which do that themselves.
    pub(super) fn transmit(&mut self, bytes: &[u8], span: Span) -> Result<(), Failure> {
        self.session(span)?;
        self.last.command.clear();
        self.last.command.extend_from_slice(bytes);
        (self.last.span, self.last.any, self.last.shade) = (span, true, None);
        (self.last.naked, self.last.inline) = (false, false);
        // A command for the reader does not go to the card.
        let for_reader = bytes.first() == Some(&0xFF);
        let done = if self.raw == 0 && !for_reader && self.link.is_protected() {
            self.send_protected(bytes, span)
        } else {
            self.send_plain(bytes, self.raw == 0 && !self.lenient)
        };
        match done {
            Ok(()) => {}
            Err(Stop::Session(error)) => return Err(self.lost(&error, span)),
            Err(Stop::Failed(failure)) => return Err(*failure),
        }
        if self.last.sw.is_normal() {
            self.note_selection();
        }
        Ok(())
    }

    fn send_plain(&mut self, bytes: &[u8], handle: bool) -> Result<(), Stop> {
        let Some(session) = &mut self.link.session else { return Ok(()) };
        self.last.data.clear();
        let data = &mut *self.last.data;
        (self.last.sw, self.last.time) = if handle {
            session.exchange_as_is(bytes, STEP, data)?
        } else {
            session.send_as_is(bytes, STEP, data)?
        };
        Ok(())
    }

    fn send_protected(&mut self, bytes: &[u8], span: Span) -> Result<(), Stop> {
        let view = CommandView::parse(bytes).map_err(|error| {
            let failure = Failure::script(
                Code::COMMAND,
                span,
                format!("what is no command cannot be protected: {error}"),
            );
            Stop::from(
                failure
                    .label(describe::command(bytes))
                    .help("`raw .. end` sends any bytes past the secure channel"),
            )
        })?;
        let mut command = view.to_command();
        command.form = if view.extended { Form::Extended } else { Form::Auto };
        let Some(session) = &mut self.link.session else { return Ok(()) };
        let before = session.stats().time;
        let answer = session.exchange(&command, STEP);
        let time = session.stats().time.saturating_sub(before);
        let response = match answer {
            // A test may be after just that: whether it is right, the expectation says. A success
            // that nothing protects is none.
            Err(SessionError::SecureMessaging { source: SmError::Unprotected { sw }, .. })
                if !sw.is_normal() =>
            {
                self.last.naked = true;
                Response::status(sw)
            }
            other => other?,
        };
        self.last.data.clear();
        self.last.data.extend_from_slice(&response.data);
        (self.last.sw, self.last.time) = (response.sw, time);
        Ok(())
    }

    /// A command of the runner's own, whose answer becomes the last one.
    pub(super) fn command(&mut self, command: &Command, span: Span) -> Result<StatusWord, Failure> {
        let mut bytes = Zeroizing::new(Vec::new());
        command
            .encode(&mut bytes)
            .map_err(|error| Failure::script(Code::COMMAND, span, error.to_string()))?;
        self.transmit(&bytes, span)?;
        Ok(self.last.sw)
    }

    // A SELECT that went well: where the dialogue stands now.
    fn note_selection(&mut self) {
        let Some(header) = self.last.header().filter(|header| header.ins == ins::SELECT) else {
            return;
        };
        let Ok(view) = CommandView::parse(&self.last.command) else { return };
        let standing = &mut self.link.standing;
        match (header.p1, view.data) {
            (0x04, aid) => {
                let known = [Df::Lds, Df::Edl, Df::KeyOnly].into_iter().find(|df| {
                    !aid.is_empty() && df.aid().is_some_and(|whole| whole.starts_with(aid))
                });
                standing.df = known;
            }
            (0x00, [] | [0x3F, 0x00]) => standing.df = None,
            _ => {}
        }
    }
}

/// Why an exchange ended early.
enum Stop {
    Session(SessionError),
    Failed(Box<Failure>),
}

impl From<SessionError> for Stop {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}
