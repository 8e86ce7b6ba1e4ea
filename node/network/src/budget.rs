//! This exists to bound how much one publisher may say: a bucket for each publisher and topic, which
//! fills with time and empties with messages. Time is an argument.

use crate::allowed::{Allowed, Topic};
use linli_ledger::crypto::PublicKey;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Seconds of silence that a bucket remembers: a burst may be this much.
const BURST_SECONDS: u64 = 4;

/// What one publisher may say in a second. Source: NET-2.5.
#[derive(Clone, Copy, Debug)]
struct Rate {
    messages: u64,
    bytes: u64,
}

impl Rate {
    /// An order of magnitude above what was measured of an honest node that makes blocks without
    /// pause; what is dropped beyond it is repeated or asked for again.
    const fn of(topic: Topic) -> Self {
        match topic {
            Topic::Votes => Self { messages: 2_000, bytes: 4 << 20 },
            Topic::Parts => Self { messages: 2_000, bytes: 32 << 20 },
            // What two cores verify in half of their time.
            Topic::Transactions => Self { messages: 1_000, bytes: 4 << 20 },
            Topic::Status => Self { messages: 500, bytes: 64 << 10 },
        }
    }
}

/// In thousandths, so that a millisecond adds a whole number.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    messages: u64,
    bytes: u64,
    filled: Instant,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Self {
        let full = |each_second: u64| each_second.saturating_mul(1_000 * BURST_SECONDS);
        Self { messages: full(rate.messages), bytes: full(rate.bytes), filled: now }
    }

    fn fill(&mut self, rate: Rate, now: Instant) {
        let passed = now.saturating_duration_since(self.filled);
        let milliseconds = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        let more = |now, rate: u64| rate.saturating_mul(milliseconds).saturating_add(now);
        let full = Self::full(rate, now);
        self.messages = more(self.messages, rate.messages).min(full.messages);
        self.bytes = more(self.bytes, rate.bytes).min(full.bytes);
        self.filled += Duration::from_millis(milliseconds);
    }

    fn take(&mut self, bytes: usize) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(1_000);
        match (self.messages.checked_sub(1_000), self.bytes.checked_sub(bytes)) {
            (Some(messages), Some(bytes)) => {
                (self.messages, self.bytes) = (messages, bytes);
                true
            }
            _ => false,
        }
    }
}

/// The buckets of every publisher that has spoken.
#[derive(Debug, Default)]
pub(crate) struct Budgets(BTreeMap<(PublicKey, Topic), Bucket>);

impl Budgets {
    /// Whether this publisher may say this much now; if so it is counted.
    pub(crate) fn take(
        &mut self,
        publisher: PublicKey,
        topic: Topic,
        bytes: usize,
        now: Instant,
    ) -> bool {
        let rate = Rate::of(topic);
        let bucket = self.0.entry((publisher, topic)).or_insert_with(|| Bucket::full(rate, now));
        bucket.fill(rate, now);
        bucket.take(bytes)
    }

    /// Forgets those that may not connect any more.
    pub(crate) fn keep(&mut self, allowed: &Allowed) {
        self.0.retain(|(publisher, _), _| allowed.contains(publisher));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD: PublicKey = PublicKey::Ed25519([1; 32]);
    const OTHER: PublicKey = PublicKey::Ed25519([2; 32]);

    fn said(budgets: &mut Budgets, topic: Topic, bytes: usize, now: Instant) -> u64 {
        let mut said = 0;
        while budgets.take(LOUD, topic, bytes, now) {
            said += 1;
        }
        said
    }

    #[test]
    fn a_burst_passes_and_then_only_the_rate() {
        let start = Instant::now();
        for topic in Topic::ALL {
            let (mut budgets, rate) = (Budgets::default(), Rate::of(topic));
            assert_eq!(said(&mut budgets, topic, 1, start), rate.messages * BURST_SECONDS);
            let later = start + Duration::from_secs(1);
            assert_eq!(said(&mut budgets, topic, 1, later), rate.messages);
            let much_later = start + Duration::from_hours(1);
            assert_eq!(said(&mut budgets, topic, 1, much_later), rate.messages * BURST_SECONDS);
        }
    }

    #[test]
    fn bytes_count_too() {
        let (mut budgets, now, size) = (Budgets::default(), Instant::now(), 64 << 10);
        let burst = Rate::of(Topic::Parts).bytes * BURST_SECONDS / size;
        let size = usize::try_from(size).expect("it is small");
        assert_eq!(said(&mut budgets, Topic::Parts, size, now), burst);
    }

    #[test]
    fn the_loud_do_not_silence_the_others_or_themselves_elsewhere() {
        let (mut budgets, now) = (Budgets::default(), Instant::now());
        said(&mut budgets, Topic::Votes, 1, now);
        assert!(budgets.take(OTHER, Topic::Votes, 1, now));
        assert!(budgets.take(LOUD, Topic::Parts, 1, now));
        budgets.keep(&Allowed::default());
        assert!(budgets.0.is_empty());
    }
}
