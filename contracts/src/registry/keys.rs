//! This exists to add, end and replace the keys of organisations and of persons in office.
//!
//! Consensus and network keys are absent on purpose: a change of validators goes through governance.

use super::records::{Organisation, OwnedKey, Person, owned_key, purpose_number};
use super::{PublicOwner, roles};
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::crypto::PublicKey;
use linli_ledger::keys::{self, KeyOwner, KeyPurpose, KeyRecord};
use linli_ledger::types::OrganisationId;
use linli_ledger::view::View;

/// One key in the place of another.
pub(super) struct Rotation {
    pub(super) old: PublicKey,
    pub(super) new: PublicKey,
}

/// Whether a call gives its owner a key, or only takes one away.
#[derive(Clone, Copy)]
enum Change {
    Brings,
    Ends,
}

/// Whether a business key of `owner` is among those that sign.
pub(super) fn signs(parties: &[Party], owner: KeyOwner) -> bool {
    parties.iter().any(|party| party.owner == owner && party.purpose == KeyPurpose::Business)
}

/// Registers a key, valid from now, and enters it into the index.
///
/// # Errors
/// [`Code::KeyExists`], [`Code::Algorithms`].
pub(super) fn enter(
    view: &mut View<'_>,
    key: PublicKey,
    owner: KeyOwner,
    purpose: KeyPurpose,
) -> Result<(), Rejection> {
    let record = KeyRecord { owner, purpose, from: view.now(), to: None };
    keys::add(view, &key, record)?;
    view.put(&owned_key(owner_bytes(owner), purpose, key), &OwnedKey);
    Ok(())
}

/// Adds a key.
///
/// # Errors
/// In this order: [`Code::KeyPurpose`] for a purpose that the owner cannot have;
/// [`Code::NotFound`] for the owner; [`Code::Role`]; [`Code::Cosign`] for a person's organisation
/// alone; [`Code::KeyExists`]; [`Code::Algorithms`].
///
/// Source: REG-9, REG-10.
pub(super) fn add(
    view: &mut View<'_>,
    parties: &[Party],
    owner: PublicOwner,
    key: PublicKey,
    purpose: KeyPurpose,
) -> Result<(), Rejection> {
    let (owner, devices) = match owner {
        PublicOwner::Person(person) => (KeyOwner::Person(person), false),
        PublicOwner::Organisation(organisation) => (KeyOwner::Organisation(organisation), true),
    };
    let allowed = match purpose {
        KeyPurpose::Business => true,
        KeyPurpose::SiteDevice => devices,
        KeyPurpose::Consensus | KeyPurpose::Network => false,
    };
    ensure(allowed, Code::KeyPurpose)?;
    authorise(view, parties, owner, Change::Brings)?;
    enter(view, key, owner, purpose)
}

/// Ends a key now.
///
/// # Errors
/// In this order: [`Code::NotFound`] for an unknown key; [`Code::Role`]; [`Code::KeyPurpose`] for a
/// validator's key; [`Code::State`] for a key that has ended; [`Code::LastKey`].
///
/// Source: REG-9, REG-11.
pub(super) fn revoke(
    view: &mut View<'_>,
    parties: &[Party],
    key: PublicKey,
) -> Result<(), Rejection> {
    let record = living(view, parties, &key, Change::Ends)?;
    let business = (owner_bytes(record.owner), purpose_number(KeyPurpose::Business));
    let last = view.range::<OwnedKey>(&business, 2).len() < 2;
    ensure(record.purpose != KeyPurpose::Business || !last, Code::LastKey)?;
    end(view, &key, &record)
}

/// Puts a new key in the place of an old one, at once.
///
/// # Errors
/// As [`revoke`] for the old key, but for [`Code::LastKey`], and with [`Code::Cosign`] after
/// [`Code::Role`] for a person's organisation alone; then [`Code::KeyExists`], [`Code::Algorithms`]
/// for the new one.
///
/// Source: REG-9, REG-12.
pub(super) fn rotate(
    view: &mut View<'_>,
    parties: &[Party],
    rotation: &Rotation,
) -> Result<(), Rejection> {
    let record = living(view, parties, &rotation.old, Change::Brings)?;
    end(view, &rotation.old, &record)?;
    enter(view, rotation.new, record.owner, record.purpose)
}

/// A key that may be changed by those who sign, and has not ended.
fn living(
    view: &View<'_>,
    parties: &[Party],
    key: &PublicKey,
    change: Change,
) -> Result<KeyRecord, Rejection> {
    let record = keys::find(view, key).ok_or(Code::NotFound)?;
    authorise(view, parties, record.owner, change)?;
    match record.purpose {
        KeyPurpose::Business | KeyPurpose::SiteDevice => (),
        KeyPurpose::Consensus | KeyPurpose::Network => return Err(Code::KeyPurpose.into()),
    }
    ensure(record.to.is_none(), Code::State)?;
    Ok(record)
}

fn end(view: &mut View<'_>, key: &PublicKey, record: &KeyRecord) -> Result<(), Rejection> {
    keys::revoke(view, key, view.now())?;
    view.remove::<OwnedKey>(&owned_key(owner_bytes(record.owner), record.purpose, *key));
    Ok(())
}

/// The owner signs, or for a person the organisation where she works: alone to end a key, beside
/// another governance organisation to bring one. Otherwise one key could play all its officers.
fn authorise(
    view: &View<'_>,
    parties: &[Party],
    owner: KeyOwner,
    change: Change,
) -> Result<(), Rejection> {
    match owner {
        KeyOwner::Organisation(id) => {
            ensure(view.has::<Organisation>(&id), Code::NotFound)?;
            ensure(signs(parties, owner), Code::Role)
        }
        KeyOwner::Person(id) => {
            let home = view.get::<Person>(&id).ok_or(Code::NotFound)?.organisation;
            if signs(parties, owner) {
                return Ok(());
            }
            ensure(signs(parties, KeyOwner::Organisation(home)), Code::Role)?;
            match change {
                Change::Ends => Ok(()),
                Change::Brings => ensure(governance_beside(view, parties, home), Code::Cosign),
            }
        }
        // A public contract never sees a resident's key.
        KeyOwner::Enrolment(_) => Err(Code::NotFound.into()),
    }
}

/// Whether a governance organisation other than `home` signs, by its own key or a governor.
fn governance_beside(view: &View<'_>, parties: &[Party], home: OrganisationId) -> bool {
    parties.iter().any(|party| {
        roles::governance(view, std::slice::from_ref(party))
            .is_ok_and(|signed| signed.iter().any(|organisation| *organisation != home))
    })
}

/// The 32 bytes that identify an owner.
pub(super) fn owner_bytes(owner: KeyOwner) -> [u8; 32] {
    match owner {
        KeyOwner::Person(id) => id.0,
        KeyOwner::Organisation(id) => id.0,
        KeyOwner::Enrolment(id) => id.0,
    }
}
