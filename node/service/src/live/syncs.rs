//! This exists to know how long the disk takes to keep what it is given: most of the time of a block.

use linli_node::storage::SyncObserver;
use prometheus_client::metrics::histogram::Histogram;
use std::time::Duration;

/// Seconds between which syncs are sorted: from a good drive to one that is about to fail.
const BUCKETS: [f64; 10] = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0];

/// The times of syncs. Clones are the same.
#[derive(Clone, Debug)]
pub struct Syncs {
    times: Histogram,
    observer: SyncObserver,
}

impl Default for Syncs {
    fn default() -> Self {
        Self::told(|_| {})
    }
}

impl Syncs {
    /// Tells `also` of each sync, too. The writer goes on when it returns, so whoever takes long there makes the
    /// disk slow.
    pub fn told(also: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        let times = Histogram::new(BUCKETS);
        let kept = times.clone();
        let observer = SyncObserver::new(move |time| {
            kept.observe(time.as_secs_f64());
            also(time);
        });
        Self { times, observer }
    }

    /// What a node tells of each sync.
    pub(super) fn observer(&self) -> SyncObserver {
        self.observer.clone()
    }

    /// The times, as metrics show them.
    pub(crate) fn histogram(&self) -> Histogram {
        self.times.clone()
    }
}
