//! This exists to show that long work goes on, on standard error, and only to people.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that knows how to stay silent.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar; hidden where nobody looks.
    pub(crate) fn new(silent: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if silent {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// What is going on.
    pub(crate) fn say(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// How far it is.
    pub(crate) fn set(&mut self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
