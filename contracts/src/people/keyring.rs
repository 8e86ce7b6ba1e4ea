//! This exists to keep the keys of each resident: added, revoked, and rotated when they are lost.
//!
//! A rotation takes effect at its time, whether the sweep has come or not: the new key is valid from
//! then on by its own record, and [`super::residents::resident`] refuses the old ones from then on.
//! The sweep writes their end into the kernel's records. Old keys keep an open end until then,
//! because an end once written cannot be taken back, and an objection must restore them.

use super::residents::{self, Enrolment};
use super::{AgeClass, CONTRACT};
use crate::registry::Role;
use crate::registry::roles::{self, Parameter};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::crypto::PublicKey;
use linli_ledger::due;
use linli_ledger::keys::{self, KeyOwner, KeyPurpose, KeyRecord};
use linli_ledger::types::{BlockTime, EnrolmentId, RecordId};
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

/// The kind of due item by which a rotation takes effect.
pub(super) const DUE_ROTATION: u8 = 1;

/// Phones, a tablet, a counter terminal: sixteen leaves room, and all of them end in one call.
const KEYS_MAX: usize = 16;

/// Who may stand beside the registrar when keys are rotated. Source: PPL-9.
const ROTATION_WITNESSES: [Role; 5] =
    [Role::Registrar, Role::Organiser, Role::Witness, Role::PointsOperator, Role::Regulator];

/// Keys that take the place of all others at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) struct PendingRotation {
    /// The new key.
    pub(super) key: PublicKey,
    /// From when.
    pub(super) at: BlockTime,
}

/// The keys of a resident that have not ended, in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) struct Keyring {
    /// The keys; after [`PendingRotation::at`] the old ones.
    pub(super) keys: Vec<PublicKey>,
    /// The rotation that waits, or that the sweep has not written yet.
    pub(super) rotation: Option<PendingRotation>,
}

linli_ledger::records! { CONTRACT, Restricted:
    Keyring = 3, EnrolmentId;
}

/// The keys that speak for the resident at a time.
pub(super) fn current(keyring: &Keyring, now: BlockTime) -> Vec<PublicKey> {
    match keyring.rotation {
        Some(rotation) if rotation.at <= now => vec![rotation.key],
        Some(_) | None => keyring.keys.clone(),
    }
}

/// Gives a new enrolment its first key.
///
/// # Errors
/// [`Code::KeyExists`], [`Code::Algorithms`].
pub(super) fn begin(view: &mut View<'_>, id: EnrolmentId, key: PublicKey) -> Result<(), Rejection> {
    enter(view, id, key, view.now())?;
    view.put(&id, &Keyring { keys: vec![key], rotation: None });
    Ok(())
}

/// The resident adds a key.
///
/// # Errors
/// In this order: as [`signer`]; [`Code::PersonLimit`] above 16 keys; [`Code::KeyExists`];
/// [`Code::Algorithms`].
///
/// Source: PPL-7.
pub(super) fn add(view: &mut View<'_>, parties: &[Party], key: PublicKey) -> Result<(), Rejection> {
    let (id, _) = signer(view, parties)?;
    let mut keyring = settle(view, id).ok_or(Code::NotFound)?;
    if keyring.keys.len() >= KEYS_MAX {
        let limit = u64::try_from(KEYS_MAX).unwrap_or(u64::MAX);
        return Err(Rejection::new(Code::PersonLimit, &[Detail::Limit(limit)]));
    }
    enter(view, id, key, view.now())?;
    keyring.keys.push(key);
    view.put(&id, &keyring);
    Ok(())
}

/// The resident or a registrar ends a key now.
///
/// # Errors
/// In this order: [`Code::NotFound`] for a key of nobody who is enrolled; for a resident
/// [`Code::Role`] on another's key, then as [`signer`]; for others as [`roles::officer`];
/// [`Code::State`] for a closed enrolment or a key that has ended or not begun; [`Code::LastKey`].
///
/// Source: PPL-8.
pub(super) fn revoke(
    view: &mut View<'_>,
    parties: &[Party],
    key: PublicKey,
) -> Result<(), Rejection> {
    let record = keys::find(view, &key).ok_or(Code::NotFound)?;
    let KeyOwner::Enrolment(id) = record.owner else {
        return Err(Code::NotFound.into());
    };
    let first = parties.first().ok_or(Code::Role)?;
    match first.owner {
        KeyOwner::Enrolment(signing) => {
            ensure(signing == id, Code::Role)?;
            signer(view, parties)?;
        }
        KeyOwner::Person(_) | KeyOwner::Organisation(_) => {
            let community = residents::find(view, id)?.community;
            roles::officer(view, first, &[Role::Registrar], &community)?;
        }
    }
    residents::active(view, id)?;
    let mut keyring = settle(view, id).ok_or(Code::NotFound)?;
    ensure(keyring.keys.contains(&key), Code::State)?;
    ensure(keyring.keys.len() > 1, Code::LastKey)?;
    keys::revoke(view, &key, view.now())?;
    keyring.keys.retain(|kept| *kept != key);
    view.put(&id, &keyring);
    Ok(())
}

/// A registrar and another officer replace all keys of a resident, after a delay.
///
/// # Errors
/// In this order: [`Code::Cosign`] unless exactly two sign; [`Code::NotFound`] for the enrolment; as
/// [`roles::officer`] for the first as registrar, then for the second; [`Code::DuplicateApprover`] if
/// they are one human; [`Code::State`] for a closed enrolment or while another rotation waits;
/// [`Code::KeyExists`]; [`Code::Algorithms`].
///
/// Source: PPL-9, PPL-10.
pub(super) fn rotate(
    view: &mut View<'_>,
    parties: &[Party],
    id: EnrolmentId,
    key: PublicKey,
) -> Result<(), Rejection> {
    let [registrar, witness] = parties else {
        return Err(Code::Cosign.into());
    };
    let community = residents::find(view, id)?.community;
    let registrar = roles::officer(view, registrar, &[Role::Registrar], &community)?;
    let witness = roles::officer(view, witness, &ROTATION_WITNESSES, &community)?;
    let same = roles::same_human(view, registrar.person, witness.person);
    ensure(!same, Code::DuplicateApprover)?;
    residents::active(view, id)?;
    let mut keyring = settle(view, id).ok_or(Code::NotFound)?;
    if let Some(rotation) = keyring.rotation {
        return Err(Rejection::new(Code::State, &[Detail::Time(rotation.at.0)]));
    }
    let at = view.now().plus(roles::parameter(view, Parameter::RotationDelay));
    enter(view, id, key, at)?;
    keyring.rotation = Some(PendingRotation { key, at });
    view.put(&id, &keyring);
    due::schedule(view, at, DUE_ROTATION, RecordId(id.0));
    settle(view, id);
    Ok(())
}

/// The resident objects to the rotation that waits, with a key that it would replace.
///
/// # Errors
/// In this order: as [`residents::resident`]; [`Code::State`] if none waits.
///
/// Source: PPL-11.
pub(super) fn object(view: &mut View<'_>, parties: &[Party]) -> Result<(), Rejection> {
    let party = parties.first().ok_or(Code::Role)?;
    let (id, _) = residents::resident(view, party)?;
    let mut keyring = settle(view, id).ok_or(Code::NotFound)?;
    let rotation = keyring.rotation.take().ok_or(Code::State)?;
    withdraw(view, id, &rotation)?;
    view.put(&id, &keyring);
    Ok(())
}

/// Ends every key of an enrolment now.
///
/// # Errors
/// [`Code::NotFound`] for keys that are not there: never after [`begin`].
pub(super) fn end(view: &mut View<'_>, id: EnrolmentId) -> Result<(), Rejection> {
    let keyring = settle(view, id).ok_or(Code::NotFound)?;
    for key in &keyring.keys {
        keys::revoke(view, key, view.now())?;
    }
    if let Some(rotation) = keyring.rotation {
        withdraw(view, id, &rotation)?;
    }
    view.put(&id, &Keyring { keys: Vec::new(), rotation: None });
    Ok(())
}

/// Writes a rotation whose time has come, and returns the keys as they are now.
pub(super) fn settle(view: &mut View<'_>, id: EnrolmentId) -> Option<Keyring> {
    let keyring = view.get::<Keyring>(&id)?;
    let Some(rotation) = keyring.rotation.filter(|rotation| rotation.at <= view.now()) else {
        return Some(keyring);
    };
    for key in &keyring.keys {
        keys::revoke(view, key, rotation.at).ok()?;
    }
    due::cancel(view, rotation.at, DUE_ROTATION, RecordId(id.0));
    let settled = Keyring { keys: vec![rotation.key], rotation: None };
    view.put(&id, &settled);
    Some(settled)
}

/// The resident who sends, under 14 together with the guardian.
///
/// # Errors
/// In this order: as [`residents::resident`]; [`Code::Guardian`].
///
/// Source: PPL-5.
pub(super) fn signer(
    view: &View<'_>,
    parties: &[Party],
) -> Result<(EnrolmentId, Enrolment), Rejection> {
    let party = parties.first().ok_or(Code::Role)?;
    let (id, enrolment) = residents::resident(view, party)?;
    match enrolment.age_class {
        AgeClass::Under14 => {
            residents::guardian_signs(view, parties, &enrolment)?;
        }
        AgeClass::From14To17 | AgeClass::Adult => (),
    }
    Ok((id, enrolment))
}

/// The new key never begins.
fn withdraw(
    view: &mut View<'_>,
    id: EnrolmentId,
    rotation: &PendingRotation,
) -> Result<(), Rejection> {
    due::cancel(view, rotation.at, DUE_ROTATION, RecordId(id.0));
    keys::revoke(view, &rotation.key, view.now())
}

fn enter(
    view: &mut View<'_>,
    id: EnrolmentId,
    key: PublicKey,
    from: BlockTime,
) -> Result<(), Rejection> {
    let owner = KeyOwner::Enrolment(id);
    keys::add(view, &key, KeyRecord { owner, purpose: KeyPurpose::Business, from, to: None })
}
