//! The world around a shell: that of a run, but that every test is told as it ends.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::{
    cli::run::{FileHost, Show},
    script::{
        report::Outcome,
        run::{Connected, Event, Host, HostError, Wanted},
    },
};

pub(super) struct ShellHost<'a> {
    pub(super) inner: FileHost<'a>,
    pub(super) show: &'a Show<'a>,
}

impl Host for ShellHost<'_> {
    fn connect(&mut self, wanted: &Wanted) -> Result<Connected, HostError> {
        self.inner.connect(wanted)
    }

    fn environment(&mut self, name: &str) -> Result<Option<Zeroizing<String>>, HostError> {
        self.inner.environment(name)
    }

    fn prompt(&mut self, text: &str, secret: bool) -> Result<Zeroizing<String>, HostError> {
        self.inner.prompt(text, secret)
    }

    fn pause(&mut self, text: &str) -> Result<(), HostError> {
        self.inner.pause(text)
    }

    fn sleep(&mut self, time: Duration) {
        self.inner.sleep(time);
    }

    fn echo(&mut self, text: &str) {
        self.inner.echo(text);
    }

    // A failed test is drawn by the shell, which has the text.
    fn event(&mut self, event: Event<'_>) {
        if let Event::Tested(test) = event {
            let word = match &test.outcome {
                Outcome::Passed => "ok",
                Outcome::Failed(_) => "not ok",
                _ => return,
            };
            self.show.out.line(format!("{word} {}", test.title));
        }
    }

    fn is_stopped(&self) -> bool {
        self.inner.is_stopped()
    }
}
