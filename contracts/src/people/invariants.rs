//! This exists to check what must hold of residents and their keys in any state.

use super::AgeClass;
use super::enrolment::NullifierOwner;
use super::keyring::Keyring;
use super::residents::{Enrolment, EnrolmentState};
use crate::registry::invariants::{broken, records};
use linli_ledger::contract::Broken;
use linli_ledger::keys::{KeyOwner, ResidentKeyRecord};
use linli_ledger::types::EnrolmentId;
use linli_ledger::view::View;

/// INV-I1: nullifiers and enrolments are one to one, and minors have an adult guardian. INV-I2: a
/// keyring holds the living keys of its enrolment, at least one while it is active.
///
/// # Errors
/// The first that does not hold.
///
/// Source: PPL-13.
pub(super) fn check(view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
    for (id, enrolment) in records::<Enrolment>(view) {
        let index = (enrolment.nullifier, enrolment.community.clone());
        if view.get::<NullifierOwner>(&index) != Some(NullifierOwner(id)) {
            return Err(broken("INV-I1", id));
        }
        let minor = enrolment.age_class != AgeClass::Adult;
        let adult = enrolment
            .guardian
            .and_then(|guardian| view.get::<Enrolment>(&guardian))
            .is_some_and(|guardian| guardian.age_class == AgeClass::Adult);
        if minor != adult || minor != enrolment.guardian.is_some() {
            return Err(broken("INV-I1", id));
        }
        keyring(view, id, enrolment.state)?;
    }
    for ((nullifier, community), NullifierOwner(id)) in records::<NullifierOwner>(view) {
        let sound = view
            .get::<Enrolment>(&id)
            .is_some_and(|found| found.nullifier == nullifier && found.community == community);
        if !sound {
            return Err(broken("INV-I1", id));
        }
    }
    for (key, ResidentKeyRecord(record)) in records::<ResidentKeyRecord>(view) {
        let KeyOwner::Enrolment(id) = record.owner else {
            return Err(broken("INV-I2", key));
        };
        let held = view.get::<Keyring>(&id).is_some_and(|keyring| {
            keyring.keys.contains(&key) || keyring.rotation.is_some_and(|next| next.key == key)
        });
        if held != record.to.is_none() {
            return Err(broken("INV-I2", key));
        }
    }
    Ok(vec!["INV-I1", "INV-I2"])
}

/// Every key of a keyring is the enrolment's own.
fn keyring(view: &View<'_>, id: EnrolmentId, state: EnrolmentState) -> Result<(), Broken> {
    let keyring = view.get::<Keyring>(&id).ok_or_else(|| broken("INV-I2", id))?;
    let own = |key| {
        view.get::<ResidentKeyRecord>(key)
            .is_some_and(|record| record.0.owner == KeyOwner::Enrolment(id))
    };
    let pending = keyring.rotation.map(|rotation| rotation.key);
    let owned = keyring.keys.iter().chain(pending.as_ref()).all(own);
    let held = match state {
        EnrolmentState::Active => !keyring.keys.is_empty(),
        EnrolmentState::Closed => keyring.keys.is_empty() && pending.is_none(),
    };
    if owned && held { Ok(()) } else { Err(broken("INV-I2", id)) }
}
