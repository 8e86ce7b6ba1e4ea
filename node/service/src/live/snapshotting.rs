//! This exists to decide when a snapshot is worth it, and to write it without stopping anybody.

use super::Inner;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tracing::{info, warn};

/// When a snapshot is written: how much a start would have to replay, but not too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotRule {
    /// After this many transactions and due items, …
    pub receipts: u64,
    /// … or this many blocks, …
    pub blocks: u64,
    /// … but not sooner after the last one than this.
    pub interval: Duration,
}

impl Default for SnapshotRule {
    /// A few seconds of replay, and at most once a minute.
    fn default() -> Self {
        Self { receipts: 10_000, blocks: 2_000, interval: Duration::from_mins(1) }
    }
}

/// Counts what a start would replay.
#[derive(Debug)]
pub(super) struct Snapshotter {
    inner: Arc<Inner>,
    receipts: u64,
    blocks: u64,
    last: Option<Instant>,
    running: Option<JoinHandle<()>>,
}

impl Snapshotter {
    /// With what was replayed when the node started.
    pub(super) fn new(inner: Arc<Inner>, (blocks, receipts): (u64, u64)) -> Self {
        Self { inner, receipts, blocks, last: None, running: None }
    }

    pub(super) fn note(&mut self, receipts: usize) {
        self.blocks += 1;
        self.receipts += receipts as u64;
    }

    /// Begins to write one, if the rule says so.
    pub(super) fn begin(&mut self) {
        let rule = self.inner.options.snapshots;
        let enough = self.receipts >= rule.receipts || self.blocks >= rule.blocks;
        let soon = self.last.is_some_and(|last| last.elapsed() < rule.interval);
        let busy = self.running.as_ref().is_some_and(|running| !running.is_finished());
        if !enough || soon || busy {
            return;
        }
        self.write();
    }

    fn write(&mut self) {
        self.finish();
        (self.blocks, self.receipts) = (0, 0);
        self.last = Some(Instant::now());
        let inner = self.inner.clone();
        let thread = std::thread::Builder::new().name("snapshot".into());
        match thread.spawn(move || write(&inner)) {
            Ok(thread) => self.running = Some(thread),
            Err(error) => warn!(%error, "no snapshot: there is no thread for it"),
        }
    }

    fn finish(&mut self) {
        if let Some(running) = self.running.take() {
            // A panic in there is printed, and means no snapshot.
            let _ = running.join();
        }
    }

    /// Writes one at the end if the next start would replay a tenth of what the rule allows.
    pub(super) fn end(mut self) {
        let rule = self.inner.options.snapshots;
        if self.receipts >= rule.receipts / 10 || self.blocks >= rule.blocks / 10 {
            self.write();
        }
        self.finish();
    }
}

fn write(inner: &Inner) {
    let begun = Instant::now();
    // A clone shares all values and trees; it waits for nobody but the taking over of a block.
    let state = inner.state.read().clone();
    let height = state.tip().height;
    let mut snapshots = inner.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
    match snapshots.write(&state, &inner.blocks) {
        Ok(true) => {
            inner.snapshot.send_replace(Some(height));
            let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            info!(height = height.0, milliseconds, "snapshot");
        }
        Ok(false) => info!(height = height.0, "this block is not worth a snapshot"),
        Err(error) => warn!(height = height.0, %error, "no snapshot"),
    }
}
