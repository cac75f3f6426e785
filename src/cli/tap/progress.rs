//! How far a tap is, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::tap::Event;

/// A bar on stderr while the large file is read; nothing where stderr is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(hidden: bool) -> Self {
        let bar = if hidden { ProgressBar::hidden() } else { ProgressBar::new(0) };
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:24} {bytes}/{total_bytes}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    pub(super) fn show(&self, event: Event) {
        match event {
            Event::Step(name) => self.bar.set_message(name),
            Event::Reading(reading) => {
                self.bar.set_length(reading.total as u64);
                self.bar.set_position(reading.done as u64);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.bar.finish_and_clear();
    }
}
