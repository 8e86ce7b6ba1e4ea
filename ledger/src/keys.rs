//! This exists to say whom a key speaks for, and that each key has one purpose.

use crate::code::{Code, Rejection, ensure};
use crate::crypto::PublicKey;
use crate::record::KERNEL;
use crate::types::{BlockTime, Compartment, EnrolmentId, OrganisationId, PersonId};
use crate::view::View;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Whom a key speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum KeyOwner {
    /// A person in public office.
    Person(PersonId),
    /// An organisation itself.
    Organisation(OrganisationId),
    /// A resident, by pseudonym.
    Enrolment(EnrolmentId),
}

/// What a key may sign. Keys refuse each other's work. Source: LED-6.2, SOD-13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum KeyPurpose {
    /// Transactions.
    Business,
    /// Co-signatures of a place where people check in.
    SiteDevice,
    /// Votes.
    Consensus,
    /// A node's identity on the network.
    Network,
}

/// A key and its life. Source: LED-6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct KeyRecord {
    /// Whom it speaks for.
    pub owner: KeyOwner,
    /// What it may sign.
    pub purpose: KeyPurpose,
    /// Valid from this block time on.
    pub from: BlockTime,
    /// Valid before this block time; `None` while nobody has revoked it.
    pub to: Option<BlockTime>,
}

impl KeyRecord {
    /// Whether the key may sign at this block time.
    pub fn is_active(&self, now: BlockTime) -> bool {
        self.from <= now && self.to.is_none_or(|to| now < to)
    }
}

/// A key of an organisation or of a person in public office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PublicKeyRecord(pub KeyRecord);

/// A key of a resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ResidentKeyRecord(pub KeyRecord);

crate::records! { KERNEL, Public:
    PublicKeyRecord = 1, PublicKey;
}

crate::records! { KERNEL, Restricted:
    ResidentKeyRecord = 1, PublicKey;
}

/// Finds a key: among residents where the view may see them, then in public.
pub fn find(view: &View<'_>, key: &PublicKey) -> Option<KeyRecord> {
    match view.compartment() {
        Compartment::Public => view.get::<PublicKeyRecord>(key).map(|record| record.0),
        Compartment::Restricted => view
            .get::<ResidentKeyRecord>(key)
            .map(|record| record.0)
            .or_else(|| view.get::<PublicKeyRecord>(key).map(|record| record.0)),
    }
}

/// Registers a key. Only contracts that keep keys may.
///
/// # Errors
/// In this order: [`Code::KeyExists`] for a key seen before, [`Code::Algorithms`] for a weak one.
///
/// # Panics
/// If the calling contract does not keep keys: a bug in the rulebook.
pub fn add(view: &mut View<'_>, key: &PublicKey, record: KeyRecord) -> Result<(), Rejection> {
    assert_keeps_keys(view);
    check_new(view, key)?;
    store(view, key, record);
    Ok(())
}

/// Whether a key may be registered.
///
/// # Errors
/// In this order: [`Code::KeyExists`] for a key seen before, [`Code::Algorithms`] for a weak one.
///
/// Source: LED-6.1.
pub fn check_new(view: &View<'_>, key: &PublicKey) -> Result<(), Rejection> {
    ensure(find(view, key).is_none(), Code::KeyExists)?;
    key.check().map_err(|_| Code::Algorithms.into())
}

/// Ends a key at `at`; an earlier end stays.
///
/// # Errors
/// [`Code::NotFound`] for an unknown key.
///
/// # Panics
/// As [`add`].
pub fn revoke(view: &mut View<'_>, key: &PublicKey, at: BlockTime) -> Result<(), Rejection> {
    assert_keeps_keys(view);
    let record = find(view, key).ok_or(Code::NotFound)?;
    end(view, key, record, at);
    Ok(())
}

fn assert_keeps_keys(view: &View<'_>) {
    assert!(view.keeps_keys(), "only a contract that keeps keys may change them");
}

/// Writes the end of a key; an earlier one stays.
pub(crate) fn end(view: &mut View<'_>, key: &PublicKey, mut record: KeyRecord, at: BlockTime) {
    record.to = Some(record.to.map_or(at, |to| to.min(at)));
    store(view, key, record);
}

/// Writes a key. Whoever calls this has checked who asks.
pub(crate) fn store(view: &mut View<'_>, key: &PublicKey, record: KeyRecord) {
    match record.owner {
        KeyOwner::Enrolment(_) => view.put_kernel(key, &ResidentKeyRecord(record)),
        KeyOwner::Person(_) | KeyOwner::Organisation(_) => {
            view.put_kernel(key, &PublicKeyRecord(record));
        }
    }
}
