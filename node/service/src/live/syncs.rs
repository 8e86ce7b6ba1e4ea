//! This exists to know how long the disk takes to keep what it is given: most of the time of a block.

use linli_node::storage::SyncObserver;
use prometheus_client::metrics::histogram::Histogram;

/// Seconds between which syncs are sorted: from a good drive to one that is about to fail.
const BUCKETS: [f64; 10] = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0];

/// The times of syncs. Clones are the same.
#[derive(Clone, Debug)]
pub struct Syncs(Histogram);

impl Default for Syncs {
    fn default() -> Self {
        Self(Histogram::new(BUCKETS))
    }
}

impl Syncs {
    /// What a node tells of each sync.
    pub(super) fn observer(&self) -> SyncObserver {
        let histogram = self.0.clone();
        SyncObserver::new(move |time| histogram.observe(time.as_secs_f64()))
    }

    /// The times, as metrics show them.
    pub(crate) fn histogram(&self) -> Histogram {
        self.0.clone()
    }
}
