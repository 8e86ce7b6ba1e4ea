//! This exists to know a message that comes again, long after gossip itself has forgotten it: each publisher numbers
//! what it says, and each number counts once.
//!
//! Gossip starts with the time of day and adds one for each message, on all topics together. So a
//! publisher that starts again says higher numbers than before. If its clock was set back it does not:
//! then a new connection of its own, which nobody else can make, lets it begin anew.

use crate::allowed::Allowed;
use linli_ledger::crypto::PublicKey;
use std::collections::BTreeMap;

/// Numbers below the newest that may still come, out of order or asked for again: more than the
/// busiest publisher may say within the three seconds in which gossip repeats. Source: NET-2.6.
const WINDOW: u64 = 16_384;

const WORD: u64 = 64;

#[derive(Debug)]
struct Heard {
    newest: u64,
    /// One bit for each of the last [`WINDOW`] numbers, in the place of its remainder.
    seen: Vec<u64>,
}

impl Heard {
    fn new(number: u64) -> Self {
        let words = usize::try_from(WINDOW / WORD).unwrap_or_default();
        Self { newest: number, seen: vec![0; words] }
    }

    /// Takes a number, once.
    fn take(&mut self, number: u64) -> bool {
        if let Some(ahead) = number.checked_sub(self.newest) {
            // What comes into the window has not been seen.
            for new in 0..ahead.min(WINDOW) {
                *self.word(number.wrapping_sub(new)) &= !bit(number.wrapping_sub(new));
            }
            self.newest = number;
        } else if self.newest.wrapping_sub(number) >= WINDOW {
            return false;
        }
        let (word, bit) = (self.word(number), bit(number));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    fn word(&mut self, number: u64) -> &mut u64 {
        let place = usize::try_from(number % WINDOW / WORD).unwrap_or_default();
        self.seen.get_mut(place).expect("there is a bit for every remainder")
    }
}

fn bit(number: u64) -> u64 {
    1 << (number % WORD)
}

/// What was heard of each publisher.
#[derive(Debug, Default)]
pub(crate) struct Sequences(BTreeMap<PublicKey, Heard>);

impl Sequences {
    /// Whether this is said for the first time; if so it is noted.
    pub(crate) fn take(&mut self, publisher: PublicKey, number: u64) -> bool {
        self.0.entry(publisher).or_insert_with(|| Heard::new(number)).take(number)
    }

    /// A publisher has connected: it may have started again, with any number.
    pub(crate) fn begins(&mut self, publisher: &PublicKey) {
        self.0.remove(publisher);
    }

    /// Forgets those that may not connect any more.
    pub(crate) fn keep(&mut self, allowed: &Allowed) {
        self.0.retain(|publisher, _| allowed.contains(publisher));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const ONE: PublicKey = PublicKey::Ed25519([1; 32]);
    const OTHER: PublicKey = PublicKey::Ed25519([2; 32]);
    const START: u64 = 1_700_000_000_000_000_000;

    /// One step of a generator; any will do.
    fn next(state: &mut u64) -> u64 {
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state >> 33
    }

    #[test]
    fn every_number_within_the_window_counts_once_in_any_order() {
        let (mut sequences, mut seen, mut state) = (Sequences::default(), BTreeSet::new(), 7);
        let mut newest = START;
        for _ in 0..200_000 {
            let number = match next(&mut state) % 100 {
                0 => newest + next(&mut state) % (3 * WINDOW),
                1..50 => newest + next(&mut state) % 3,
                _ => newest - next(&mut state) % (WINDOW + WINDOW / 8),
            };
            let first = sequences.take(ONE, number);
            newest = newest.max(number);
            let expected = newest - number < WINDOW && seen.insert(number);
            assert_eq!(first, expected, "{number} when the newest is {newest}");
        }
    }

    #[test]
    fn what_one_has_said_is_nothing_to_another_and_a_restart_goes_on() {
        let mut sequences = Sequences::default();
        for number in START..START + 10 {
            assert!(sequences.take(ONE, number));
            assert!(sequences.take(OTHER, number));
        }
        assert!(sequences.take(ONE, START + 60_000_000_000), "started a minute later");
        assert!(!sequences.take(ONE, START + 9), "from before");
        assert!(sequences.take(OTHER, START + 10), "the other has not");
    }

    #[test]
    fn a_clock_that_was_set_back_is_heard_after_a_new_connection_of_its_own() {
        let mut sequences = Sequences::default();
        assert!(sequences.take(ONE, START));
        assert!(sequences.take(OTHER, START));
        let back = START - 3_600_000_000_000;
        assert!(!sequences.take(ONE, back), "it could be anybody who repeats it");
        sequences.begins(&ONE);
        assert!(sequences.take(ONE, back));
        assert!(!sequences.take(OTHER, back), "the other has made none");
    }
}
