//! This exists to be the one door through which a contract changes who certifies blocks and whose nodes
//! may connect, and to see to it that no such change ends the chain.
//!
//! A contract decides *whether* the members change, this module *how*: the set in the state, the keys
//! that go with it, and the question whether the chain would go on. So no contract, however wrong, can
//! leave a chain with a set of which nobody has ever heard a word (D22).

use crate::certificate::{Validator, ValidatorSet};
use crate::code::{Code, Detail, Rejection, ensure};
use crate::crypto::PublicKey;
use crate::keys::{self, KeyOwner, KeyPurpose, KeyRecord};
use crate::limits::VALIDATORS_MAX;
use crate::record::KERNEL;
use crate::system::ValidatorsRecord;
use crate::types::{Height, OrganisationId};
use crate::view::View;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many turns of the whole set a validator may miss before it counts as silent. Source: D22.
const TURNS: u64 = 4;

/// The last block that each member of the set has built, in the order of the set; who has built none
/// since it joined is not in it. Kept where a contract that keeps members asked for it, and there by
/// every block. Source: LED-6.11.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct BuildersRecord(pub Vec<(PublicKey, Height)>);

crate::records! { KERNEL, Public:
    BuildersRecord = 12, ();
}

/// The set that certifies the next block, after everything that the view has seen so far.
///
/// # Panics
/// Never: genesis writes it.
pub fn validators(view: &View<'_>) -> ValidatorSet {
    view.get::<ValidatorsRecord>(&()).expect("genesis writes the validators").0
}

/// From now on every block notes who built it: for what a contract that keeps members has at the
/// beginning.
///
/// # Panics
/// If the calling contract does not keep members: a bug in the rulebook.
pub fn begin(view: &mut View<'_>) {
    assert_keeps_members(view);
    view.put_kernel(&(), &BuildersRecord(Vec::new()));
}

/// Notes who built the block, where that is kept.
pub(crate) fn note_builder(view: &mut View<'_>, builder: &PublicKey) {
    let Some(BuildersRecord(before)) = view.get::<BuildersRecord>(&()) else { return };
    let height = view.height();
    let last = |member: &Validator| {
        let earlier = || before.iter().find(|(key, _)| *key == member.key).copied();
        if member.key == *builder { Some((member.key, height)) } else { earlier() }
    };
    let noted = validators(view).members().iter().filter_map(last).collect();
    view.put_kernel(&(), &BuildersRecord(noted));
}

/// The members of the set that built one of the last 4 · n blocks, where n is how many members it has.
/// Source: LED-6.11, D22.
pub fn active(view: &View<'_>) -> BTreeSet<PublicKey> {
    let members = u64::try_from(validators(view).members().len()).unwrap_or(u64::MAX);
    let window = members.saturating_mul(TURNS);
    let noted = view.get::<BuildersRecord>(&()).map_or_else(Vec::new, |record| record.0);
    let recent =
        noted.into_iter().filter(|(_, built)| view.height().0 <= built.0.saturating_add(window));
    recent.map(|(key, _)| key).collect()
}

/// Whether the chain would go on with this set, if only those vote who built a block lately, and whether
/// its new keys can be enrolled.
///
/// # Errors
/// In this order: [`Code::PersonLimit`] above [`VALIDATORS_MAX`] members; for each new member in order
/// [`Code::KeyExists`] for a key seen before, [`Code::Algorithms`] for a weak one;
/// [`Code::ValidatorQuorum`] with the power needed and the power that voted lately.
///
/// Source: LED-6.11, D22.
pub fn check(view: &View<'_>, set: &ValidatorSet) -> Result<(), Rejection> {
    if set.members().len() > VALIDATORS_MAX {
        let limit = u64::try_from(VALIDATORS_MAX).unwrap_or(u64::MAX);
        return Err(Rejection::new(Code::PersonLimit, &[Detail::Limit(limit)]));
    }
    let before = validators(view);
    for member in joining(&before, set) {
        keys::check_new(view, &member.key)?;
    }
    let active = active(view);
    let power = |counts: &dyn Fn(&Validator) -> bool| {
        set.members()
            .iter()
            .filter(|member| counts(member))
            .fold(0_u64, |sum, member| sum.saturating_add(member.power))
    };
    let heard = power(&|member| active.contains(&member.key));
    if set.is_quorum(heard) {
        return Ok(());
    }
    // The least power above two thirds of the whole: a set's powers sum in 62 bits.
    let whole = power(&|_| true);
    let need = whole.saturating_mul(2).checked_div(3).unwrap_or(0).saturating_add(1);
    Err(Rejection::new(Code::ValidatorQuorum, &[Detail::Need(need), Detail::Have(heard)]))
}

/// Puts another set in the place of the one in the state: it certifies from the next block on. The keys
/// of those who join are enrolled, the keys of those who leave end now.
///
/// # Errors
/// As [`check`], before anything is written.
///
/// # Panics
/// If the calling contract does not keep members: a bug in the rulebook.
///
/// Source: LED-6.11.
pub fn replace(view: &mut View<'_>, set: &ValidatorSet) -> Result<(), Rejection> {
    assert_keeps_members(view);
    check(view, set)?;
    let before = validators(view);
    let now = view.now();
    for member in joining(&before, set) {
        enrol(view, &member.key, member.organisation, KeyPurpose::Consensus);
    }
    for member in joining(set, &before) {
        if let Some(record) = keys::find(view, &member.key) {
            keys::end(view, &member.key, record, now);
        }
    }
    view.put_kernel(&(), &ValidatorsRecord(set.clone()));
    Ok(())
}

/// Those of `after` whose key or organisation was not so in `before`.
fn joining<'a>(
    before: &'a ValidatorSet,
    after: &'a ValidatorSet,
) -> impl Iterator<Item = &'a Validator> {
    after.members().iter().filter(|member| {
        before.get(&member.key).is_none_or(|known| known.organisation != member.organisation)
    })
}

/// Enrols the key by which a node of an organisation is known on the network.
///
/// # Errors
/// As [`keys::check_new`].
///
/// # Panics
/// If the calling contract does not keep members: a bug in the rulebook.
pub fn enrol_node(
    view: &mut View<'_>,
    key: &PublicKey,
    organisation: OrganisationId,
) -> Result<(), Rejection> {
    assert_keeps_members(view);
    keys::check_new(view, key)?;
    enrol(view, key, organisation, KeyPurpose::Network);
    Ok(())
}

/// Ends the key of a node now.
///
/// # Errors
/// In this order: [`Code::NotFound`] for an unknown key; [`Code::KeyPurpose`] for one of another purpose.
///
/// # Panics
/// As [`enrol_node`].
pub fn end_node(view: &mut View<'_>, key: &PublicKey) -> Result<(), Rejection> {
    assert_keeps_members(view);
    let record = keys::find(view, key).ok_or(Code::NotFound)?;
    ensure(record.purpose == KeyPurpose::Network, Code::KeyPurpose)?;
    keys::end(view, key, record, view.now());
    Ok(())
}

fn enrol(view: &mut View<'_>, key: &PublicKey, owner: OrganisationId, purpose: KeyPurpose) {
    let owner = KeyOwner::Organisation(owner);
    keys::store(view, key, KeyRecord { owner, purpose, from: view.now(), to: None });
}

fn assert_keeps_members(view: &View<'_>) {
    assert!(view.keeps_members(), "only a contract that keeps members may change them");
}

#[cfg(test)]
mod tests;
