//! This exists to say when which peer is dialled again. Time is an argument.

use linli_ledger::crypto::PublicKey;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The first wait; each further one is twice as long.
const WAIT_MIN: Duration = Duration::from_millis(100);

/// The longest wait: a member that comes back is found within it.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// The peers that are to be dialled.
#[derive(Debug, Default)]
pub(crate) struct Dials(BTreeMap<PublicKey, Dial>);

#[derive(Clone, Copy, Debug)]
struct Dial {
    due: Instant,
    wait: Duration,
}

impl Dials {
    /// Dials a peer soon; one that is to be dialled already keeps its time.
    pub(crate) fn add(&mut self, peer: PublicKey, due: Instant) {
        self.0.entry(peer).or_insert(Dial { due, wait: WAIT_MIN });
    }

    /// Dials a peer that has gone: not at once, because the other end may be dialling us.
    pub(crate) fn again(&mut self, peer: PublicKey, now: Instant) {
        self.add(peer, now + WAIT_MIN);
    }

    pub(crate) fn remove(&mut self, peer: &PublicKey) {
        self.0.remove(peer);
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.values().map(|dial| dial.due).min()
    }

    /// Those that are due now; each is due again later, until it is removed.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<PublicKey> {
        let mut due = Vec::new();
        for (peer, dial) in &mut self.0 {
            if dial.due <= now {
                due.push(*peer);
                dial.due = now + dial.wait;
                dial.wait = dial.wait.saturating_mul(2).min(WAIT_MAX);
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PublicKey = PublicKey::Ed25519([1; 32]);

    #[test]
    fn waits_grow_to_a_bound_and_begin_anew() {
        let (mut dials, start) = (Dials::default(), Instant::now());
        dials.add(PEER, start);
        let mut waits = Vec::new();
        let mut now = start;
        for _ in 0..10 {
            assert_eq!(dials.take_due(now), [PEER]);
            assert_eq!(dials.take_due(now), []);
            let next = dials.next().expect("it is due again");
            waits.push(next - now);
            now = next;
        }
        assert_eq!(waits.first(), Some(&WAIT_MIN));
        assert_eq!(waits.last(), Some(&WAIT_MAX));
        assert!(waits.is_sorted());
        dials.remove(&PEER);
        assert_eq!(dials.next(), None);
        dials.again(PEER, now);
        assert_eq!(dials.next(), Some(now + WAIT_MIN));
    }
}
