//! This exists to say how far the others are, so that no liar decides it alone. Pure.

use linli_ledger::crypto::PublicKey;
use linli_ledger::types::Height;
use linli_network::{Allowed, Role};
use std::collections::BTreeMap;

/// How far the chains of validators' nodes reach, as they say.
#[derive(Debug, Default)]
pub(crate) struct Tips(BTreeMap<PublicKey, Height>);

/// How far the chain has come, as more than a third of the validators' nodes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// At least as far: all of so many say it, and one of them is honest.
    pub(crate) least: Height,
    /// At most as far, but for [`UNTOLD`](crate::guard::UNTOLD): of so many not all lag, for a quorum does not. A liar can say more.
    pub(crate) most: Height,
}

impl Tips {
    pub(crate) fn says(&mut self, allowed: &Allowed, publisher: PublicKey, tip: Height) {
        if allowed.role(&publisher) == Some(Role::Validator) {
            self.0.insert(publisher, tip);
        }
    }

    pub(crate) fn forget(&mut self, publisher: &PublicKey) {
        self.0.remove(publisher);
    }

    /// How far anybody says that the chain is.
    pub(crate) fn most(&self) -> Option<Height> {
        self.0.values().max().copied()
    }

    /// How far the chain has come; `None` until more than a third of the validators' nodes have said anything.
    pub(crate) fn reached(&self, allowed: &Allowed) -> Option<Reached> {
        let mut tips: Vec<_> = self.0.values().copied().collect();
        tips.sort_unstable_by(|a, b| b.cmp(a));
        let least = *tips.get(voting(allowed).count() / 3)?;
        Some(Reached { least, most: self.most()? })
    }
}

/// Whether no other node on the list is a validator's.
pub(crate) fn is_alone(allowed: &Allowed, local: &PublicKey) -> bool {
    voting(allowed).all(|key| key == local)
}

fn voting(allowed: &Allowed) -> impl Iterator<Item = &PublicKey> {
    let voting = allowed.members().filter(|(_, member)| member.role == Role::Validator);
    voting.map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_network::Member;

    fn key(n: u8) -> PublicKey {
        PublicKey::Ed25519([n; 32])
    }

    fn list(validators: u8) -> Allowed {
        let member = |role| Member { role, addresses: Vec::new() };
        let observer = (key(100), member(Role::Observer));
        (0..validators).map(|n| (key(n), member(Role::Validator))).chain([observer]).collect()
    }

    #[test]
    fn more_than_a_third_must_say_it() {
        for (validators, needed) in [(2, 1), (3, 2), (4, 2), (6, 3), (7, 3), (10, 4)] {
            let (list, mut tips) = (list(validators), Tips::default());
            tips.says(&list, key(100), Height(1_000));
            for n in 1..=needed {
                assert_eq!(tips.reached(&list), None, "{n} of {validators}");
                tips.says(&list, key(u8::try_from(n).unwrap()), Height(10 * n));
            }
            let (least, most) = (Height(10), Height(10 * needed));
            assert_eq!(tips.reached(&list), Some(Reached { least, most }), "of {validators}");
            tips.forget(&key(1));
            assert_eq!(tips.reached(&list), None);
            assert_eq!(tips.most(), (needed > 1).then_some(most), "of {validators}");
        }
    }

    #[test]
    fn who_is_alone_waits_for_nobody() {
        assert!(is_alone(&Allowed::default(), &key(0)));
        assert!(is_alone(&list(1), &key(0)));
        assert!(!is_alone(&list(1), &key(100)), "a follower is not");
        assert!(!is_alone(&list(2), &key(0)));
    }
}
