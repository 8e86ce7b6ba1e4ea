//! This exists to be the one place that says whether a message that has arrived counts.

use crate::allowed::{Allowed, Topic};
use linli_ledger::crypto::PublicKey;

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
}
