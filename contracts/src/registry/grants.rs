//! This exists to grant and to end roles.

use super::records::{Grant, Person, PersonNullifier};
use super::{Role, roles};
use crate::text::check_path;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::keys::KeyOwner;
use linli_ledger::types::{GrantId, PersonId};
use linli_ledger::view::View;

/// Organisations that sign a grant. Source: SOD-11.
const GRANTORS_MIN: usize = 2;

/// Nullifiers of one person: one for each community where she is enrolled. Few enough that
/// [`roles::same_human`] always sees all of them. Source: REG-20.
pub(super) const NULLIFIERS_MAX: usize = 64;

/// Whether a role may have this level: an approver 1 to 3, everybody else 0.
pub(super) fn level_fits(role: Role, level: u8) -> bool {
    match role {
        Role::Approver => (1..=3).contains(&level),
        Role::Governor
        | Role::Registrar
        | Role::Organiser
        | Role::Witness
        | Role::PointsOperator
        | Role::PartnerOfficer
        | Role::ProviderOfficer
        | Role::Purchaser
        | Role::Acceptance
        | Role::BudgetOfficer
        | Role::FundAdministrator
        | Role::Treasurer
        | Role::BankOfficer
        | Role::Auditor
        | Role::Regulator => level == 0,
    }
}

/// Grants a role.
///
/// # Errors
/// In this order: [`Code::ApproverLevel`]; [`Code::TimeOrder`] unless it begins before it ends;
/// [`Code::Text`] for a scope that is no path; [`Code::SelfGrant`] if the person signs; as
/// [`roles::governance`]; [`Code::GovernanceQuorum`] below two organisations; [`Code::NotFound`] for
/// the person, then for the organisation; [`Code::PersonLimit`] for a person with too many
/// nullifiers.
///
/// Source: REG-13, REG-14, REG-20, SOD-11.
pub(super) fn grant(
    view: &mut View<'_>,
    parties: &[Party],
    grant: &Grant,
) -> Result<(), Rejection> {
    ensure(level_fits(grant.role, grant.level), Code::ApproverLevel)?;
    ensure(grant.from < grant.to, Code::TimeOrder)?;
    if !grant.scope.is_empty() {
        check_path(&grant.scope)?;
    }
    let own = parties.iter().any(|party| match party.owner {
        KeyOwner::Person(signer) => roles::same_human(view, signer, grant.person),
        KeyOwner::Organisation(_) | KeyOwner::Enrolment(_) => false,
    });
    ensure(!own, Code::SelfGrant)?;
    ensure(roles::governance(view, parties)?.len() >= GRANTORS_MIN, Code::GovernanceQuorum)?;
    ensure(view.has::<Person>(&grant.person), Code::NotFound)?;
    roles::organisation(view, grant.organisation)?;
    if let Some(nullifier) = grant.nullifier {
        remember(view, grant.person, nullifier)?;
    }
    let id = GrantId(view.new_identifier());
    view.put(&id, grant);
    Ok(())
}

/// A nullifier stays with the person, whatever becomes of the grant that named it.
fn remember(view: &mut View<'_>, person: PersonId, nullifier: [u8; 32]) -> Result<(), Rejection> {
    if roles::is_enrolled_as(view, person, nullifier) {
        return Ok(());
    }
    let known = view.range::<PersonNullifier>(&person, NULLIFIERS_MAX).len();
    if known >= NULLIFIERS_MAX {
        let limit = u64::try_from(NULLIFIERS_MAX).unwrap_or(u64::MAX);
        return Err(Rejection::new(Code::PersonLimit, &[Detail::Limit(limit)]));
    }
    view.put(&(person, nullifier), &PersonNullifier);
    Ok(())
}

/// Ends a role now; one that has not begun never begins.
///
/// # Errors
/// In this order: as [`roles::governance`]; [`Code::NotFound`]; [`Code::State`] for a role that has
/// ended.
///
/// Source: REG-15.
pub(super) fn revoke(view: &mut View<'_>, parties: &[Party], id: GrantId) -> Result<(), Rejection> {
    roles::governance(view, parties)?;
    let grant = view.get::<Grant>(&id).ok_or(Code::NotFound)?;
    let now = view.now();
    if grant.to <= now.max(grant.from) {
        return Err(Rejection::new(Code::State, &[Detail::Time(grant.to.0)]));
    }
    let to = now.max(grant.from);
    view.put(&id, &Grant { to, ..grant });
    Ok(())
}
