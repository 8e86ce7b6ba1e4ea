//! This exists to be what other contracts read of residents: the enrolment, whether it may act, and
//! whether a guardian stands beside it.

use super::keyring::{self, Keyring};
use super::{AgeClass, CONTRACT};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::keys::KeyOwner;
use linli_ledger::types::EnrolmentId;
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

/// Whether an enrolment may act. Source: PPL-3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum EnrolmentState {
    /// It may.
    Active,
    /// The resident has left; nothing follows.
    Closed,
}

/// A resident of one community, by pseudonym. Source: PPL-3, `domain` §6.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Enrolment {
    /// The community, as an administrative path.
    pub community: String,
    /// One per person and community.
    #[serde(with = "linli_ledger::json::bytes")]
    pub nullifier: [u8; 32],
    /// All that is known about age.
    pub age_class: AgeClass,
    /// The guardian's enrolment: of minors always, of adults never.
    pub guardian: Option<EnrolmentId>,
    /// Hash of the signed consent.
    pub consent: Digest,
    /// Whether it may act.
    pub state: EnrolmentState,
}

linli_ledger::records! { CONTRACT, Restricted:
    Enrolment = 1, EnrolmentId;
}

/// An enrolment, active or closed.
///
/// # Errors
/// [`Code::NotFound`].
pub fn find(view: &View<'_>, id: EnrolmentId) -> Result<Enrolment, Rejection> {
    view.get::<Enrolment>(&id).ok_or_else(|| Code::NotFound.into())
}

/// An enrolment that may act.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::State`] for a closed one.
pub fn active(view: &View<'_>, id: EnrolmentId) -> Result<Enrolment, Rejection> {
    let enrolment = find(view, id)?;
    ensure(enrolment.state == EnrolmentState::Active, Code::State)?;
    Ok(enrolment)
}

/// The resident who signs, with a key that is still hers.
///
/// # Errors
/// In this order: [`Code::Role`] for a signer who is no resident; as [`active`]; [`Code::Role`] for a
/// key that a rotation has replaced, whether the sweep has come or not.
///
/// Source: PPL-4, PPL-10.
pub fn resident(view: &View<'_>, party: &Party) -> Result<(EnrolmentId, Enrolment), Rejection> {
    let KeyOwner::Enrolment(id) = party.owner else {
        return Err(Code::Role.into());
    };
    let enrolment = active(view, id)?;
    let current = view
        .get::<Keyring>(&id)
        .is_some_and(|keyring| keyring::current(&keyring, view.now()).contains(&party.key));
    ensure(current, Code::Role)?;
    Ok((id, enrolment))
}

/// Whether the guardian of this enrolment is among those who sign, active and of age.
///
/// # Errors
/// [`Code::Guardian`].
///
/// Source: PPL-5.
pub fn guardian_signs(
    view: &View<'_>,
    parties: &[Party],
    enrolment: &Enrolment,
) -> Result<EnrolmentId, Rejection> {
    let guardian = enrolment.guardian.ok_or(Code::Guardian)?;
    let signs = parties.iter().any(|party| {
        resident(view, party)
            .is_ok_and(|(id, signer)| id == guardian && signer.age_class == AgeClass::Adult)
    });
    ensure(signs, Code::Guardian)?;
    Ok(guardian)
}
