//! This exists to enrol residents and to let them leave.

use super::residents::{self, Enrolment, EnrolmentState};
use super::{AgeClass, CONTRACT, keyring};
use crate::registry::Role;
use crate::registry::roles;
use crate::text::check_path;
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::crypto::PublicKey;
use linli_ledger::record::Record;
use linli_ledger::types::{Compartment, ContractId, EnrolmentId};
use linli_ledger::view::View;

/// Who has a nullifier in a community; it stays taken when the enrolment closes. Source: PPL-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct NullifierOwner(pub(super) EnrolmentId);

impl Record for NullifierOwner {
    const CONTRACT: ContractId = CONTRACT;
    const KIND: u8 = 2;
    const COMPARTMENT: Compartment = Compartment::Restricted;
    /// The nullifier, then the community.
    type Id = ([u8; 32], String);
}

/// Enrols a resident.
///
/// # Errors
/// In this order: [`Code::Text`] for a community that is no path; as [`roles::officer`] for the
/// registrar; [`Code::Guardian`] for a minor without an active adult, or an adult with a guardian;
/// [`Code::Nullifier`] if the person is enrolled there; [`Code::KeyExists`]; [`Code::Algorithms`].
///
/// Source: PPL-2, PPL-5, PPL-6.
pub(super) fn enrol(
    view: &mut View<'_>,
    parties: &[Party],
    enrolment: &Enrolment,
    key: PublicKey,
) -> Result<(), Rejection> {
    check_path(&enrolment.community)?;
    let registrar = parties.first().ok_or(Code::Role)?;
    roles::officer(view, registrar, &[Role::Registrar], &enrolment.community)?;
    check_guardian(view, enrolment)?;
    let index = (enrolment.nullifier, enrolment.community.clone());
    ensure(!view.has::<NullifierOwner>(&index), Code::Nullifier)?;
    let id = EnrolmentId(view.new_identifier());
    keyring::begin(view, id, key)?;
    view.put(&id, enrolment);
    view.put(&index, &NullifierOwner(id));
    Ok(())
}

fn check_guardian(view: &View<'_>, enrolment: &Enrolment) -> Result<(), Rejection> {
    match (enrolment.age_class, enrolment.guardian) {
        (AgeClass::Adult, None) => Ok(()),
        (AgeClass::Adult, Some(_)) | (AgeClass::Under14 | AgeClass::From14To17, None) => {
            Err(Code::Guardian.into())
        }
        (AgeClass::Under14 | AgeClass::From14To17, Some(guardian)) => {
            let guardian = residents::active(view, guardian).map_err(|_| Code::Guardian)?;
            ensure(guardian.age_class == AgeClass::Adult, Code::Guardian)
        }
    }
}

/// The resident leaves: all keys end now, also one that a rotation would bring.
///
/// # Errors
/// In this order: as [`residents::resident`]; [`Code::Guardian`] under 14 without the guardian.
///
/// Source: PPL-5, PPL-12.
pub(super) fn close(view: &mut View<'_>, parties: &[Party]) -> Result<(), Rejection> {
    let (id, enrolment) = keyring::signer(view, parties)?;
    keyring::end(view, id)?;
    view.put(&id, &Enrolment { state: EnrolmentState::Closed, ..enrolment });
    Ok(())
}
