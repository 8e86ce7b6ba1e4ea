//! This exists to be the one place that says whether a message that has arrived counts.

use crate::allowed::{Allowed, Topic};
use crate::budget::Budgets;
use crate::sequence::Sequences;
use linli_ledger::crypto::PublicKey;
use std::time::Instant;

/// Why a message does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The peer that delivered it may not connect (any more).
    #[error("it was delivered by a peer that may not connect")]
    Deliverer,
    /// The peer that published it may not connect (any more).
    #[error("it was published by a peer that may not connect")]
    Publisher,
    /// Observers do not vote.
    #[error("its publisher may not publish on this topic")]
    Role,
    /// More bytes than the topic admits.
    #[error("it has {0} bytes, more than the topic admits")]
    Size(usize),
    /// Its publisher has said it before, or something later long ago.
    #[error("it comes again")]
    Again,
    /// Its publisher has said too much.
    #[error("its publisher says too much")]
    Rate,
}

/// Whether a message counts. Source: NET-2.4.
///
/// # Errors
/// In the order of [`Refusal`].
pub fn admit(
    allowed: &Allowed,
    topic: Topic,
    deliverer: &PublicKey,
    publisher: &PublicKey,
    bytes: usize,
) -> Result<(), Refusal> {
    if !allowed.contains(deliverer) {
        return Err(Refusal::Deliverer);
    }
    let role = allowed.role(publisher).ok_or(Refusal::Publisher)?;
    if !topic.is_open_to(role) {
        return Err(Refusal::Role);
    }
    if bytes > topic.bytes_max() {
        return Err(Refusal::Size(bytes));
    }
    Ok(())
}

/// A message as it comes over the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) topic: Topic,
    pub(crate) deliverer: PublicKey,
    pub(crate) publisher: PublicKey,
    /// The number that its publisher gave it.
    pub(crate) number: u64,
    pub(crate) bytes: usize,
}

/// What is remembered of each publisher, so that it is not held against one what others repeat.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    sequences: Sequences,
    budgets: Budgets,
}

impl Admission {
    /// As [`admit`], and whether it is new and within its publisher's rate. What comes again costs its publisher nothing.
    pub(crate) fn admit(
        &mut self,
        allowed: &Allowed,
        arrival: Arrival,
        now: Instant,
    ) -> Result<(), Refusal> {
        let Arrival { topic, deliverer, publisher, number, bytes } = arrival;
        admit(allowed, topic, &deliverer, &publisher, bytes)?;
        if !self.sequences.take(publisher, number) {
            return Err(Refusal::Again);
        }
        if !self.budgets.take(publisher, topic, bytes, now) {
            return Err(Refusal::Rate);
        }
        Ok(())
    }

    /// A publisher has made a connection of its own, perhaps after a new start.
    pub(crate) fn begins(&mut self, publisher: &PublicKey) {
        self.sequences.begins(publisher);
    }

    /// Forgets those that may not connect any more.
    pub(crate) fn keep(&mut self, allowed: &Allowed) {
        self.sequences.keep(allowed);
        self.budgets.keep(allowed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowed::{Member, Role};

    const VALIDATOR: PublicKey = PublicKey::Ed25519([1; 32]);
    const OBSERVER: PublicKey = PublicKey::Ed25519([2; 32]);
    const STRANGER: PublicKey = PublicKey::Ed25519([3; 32]);

    fn allowed() -> Allowed {
        let member = |role| Member { role, addresses: Vec::new() };
        [(VALIDATOR, member(Role::Validator)), (OBSERVER, member(Role::Observer))]
            .into_iter()
            .collect()
    }

    #[test]
    fn members_are_heard_within_their_role_and_the_limits() {
        let admit = |topic, from, by, bytes| admit(&allowed(), topic, &from, &by, bytes);
        for topic in Topic::ALL {
            let most = topic.bytes_max();
            assert_eq!(admit(topic, OBSERVER, VALIDATOR, most), Ok(()));
            assert_eq!(admit(topic, OBSERVER, VALIDATOR, most + 1), Err(Refusal::Size(most + 1)));
            assert_eq!(admit(topic, STRANGER, VALIDATOR, 1), Err(Refusal::Deliverer));
            assert_eq!(admit(topic, VALIDATOR, STRANGER, 1), Err(Refusal::Publisher));
        }
        for topic in [Topic::Votes, Topic::Parts] {
            assert_eq!(admit(topic, VALIDATOR, OBSERVER, 1), Err(Refusal::Role));
        }
        for topic in [Topic::Transactions, Topic::Status] {
            assert_eq!(admit(topic, VALIDATOR, OBSERVER, 1), Ok(()));
        }
    }

    #[test]
    fn what_others_repeat_costs_its_publisher_nothing() {
        let (allowed, now) = (allowed(), Instant::now());
        let arrival = |number| Arrival {
            topic: Topic::Parts,
            deliverer: OBSERVER,
            publisher: VALIDATOR,
            number,
            bytes: Topic::Parts.bytes_max(),
        };
        let mut admission = Admission::default();
        assert_eq!(admission.admit(&allowed, arrival(1), now), Ok(()));
        for _ in 0..100_000 {
            assert_eq!(admission.admit(&allowed, arrival(1), now), Err(Refusal::Again));
        }
        assert_eq!(admission.admit(&allowed, arrival(2), now), Ok(()), "it is heard");

        // The twin: so much of its own is too much, and a new connection gives it no more.
        let own = (3..100_000).map(|number| admission.admit(&allowed, arrival(number), now));
        assert_eq!(own.last(), Some(Err(Refusal::Rate)));
        admission.begins(&VALIDATOR);
        assert_eq!(admission.admit(&allowed, arrival(1), now), Err(Refusal::Rate));
    }
}
