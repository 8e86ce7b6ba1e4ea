//! This exists to wake whoever waits for work.

use std::sync::Condvar;
use tokio::sync::Notify;

/// Wakes whoever waits for work: the writer of a node that is alone, or the exchange with others.
#[derive(Debug, Default)]
pub(super) struct Wake {
    pub(super) writer: Condvar,
    pub(super) exchange: Notify,
}

impl Wake {
    pub(super) fn wake(&self) {
        self.writer.notify_all();
        self.exchange.notify_one();
    }
}
