//! This exists to register organisations and the persons who act in office.

use super::records::{Organisation, Person};
use super::{keys, roles};
use crate::text::check_text;
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::crypto::PublicKey;
use linli_ledger::keys::{KeyOwner, KeyPurpose};
use linli_ledger::types::{OrganisationId, PersonId};
use linli_ledger::view::View;

/// The longest name of an organisation: 21 Chinese characters.
const NAME_BYTES_MAX: usize = 64;

/// Registers an organisation.
///
/// # Errors
/// In this order: [`Code::Text`] for the name; as [`roles::governance`];
/// [`Code::GovernanceQuorum`] below the threshold; [`Code::KeyExists`]; [`Code::Algorithms`].
///
/// Source: REG-7.
pub(super) fn register(
    view: &mut View<'_>,
    parties: &[Party],
    organisation: &Organisation,
    key: PublicKey,
) -> Result<(), Rejection> {
    check_text(&organisation.name, NAME_BYTES_MAX)?;
    let signed = roles::governance(view, parties)?;
    ensure(signed.len() >= roles::governance_threshold(view), Code::GovernanceQuorum)?;
    let id = OrganisationId(view.new_identifier());
    keys::enter(view, key, KeyOwner::Organisation(id), KeyPurpose::Business)?;
    view.put(&id, organisation);
    Ok(())
}

/// Registers a person who acts in office.
///
/// # Errors
/// In this order: [`Code::NotFound`] for the organisation; [`Code::Role`] without its own key;
/// [`Code::KeyExists`]; [`Code::Algorithms`].
///
/// Source: REG-8.
pub(super) fn register_person(
    view: &mut View<'_>,
    parties: &[Party],
    organisation: OrganisationId,
    key: PublicKey,
) -> Result<(), Rejection> {
    roles::organisation(view, organisation)?;
    ensure(keys::signs(parties, KeyOwner::Organisation(organisation)), Code::Role)?;
    let id = PersonId(view.new_identifier());
    keys::enter(view, key, KeyOwner::Person(id), KeyPurpose::Business)?;
    view.put(&id, &Person { organisation });
    Ok(())
}
