//! This exists to answer the question that every contract asks: may this signer do this here?

use super::grants::NULLIFIERS_MAX;
use super::records::{Grant, Organisation, Person, PersonNullifier};
use super::{Role, parameters};
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::keys::{KeyOwner, KeyPurpose};
use linli_ledger::system::GovernanceRecord;
use linli_ledger::types::{GrantId, OrganisationId, PersonId};
use linli_ledger::view::View;
use std::collections::{BTreeMap, BTreeSet};

pub use parameters::{Parameter, parameter};

/// A signer whose role was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Who it is: what separation of duties compares.
    pub person: PersonId,
    /// For whom she acts.
    pub organisation: OrganisationId,
    /// Level of an approver.
    pub level: u8,
    /// The grant used.
    pub grant: GrantId,
}

/// Whether `path` lies in `scope`: the same, or below it; an empty scope is everywhere.
pub fn in_scope(scope: &str, path: &str) -> bool {
    match path.strip_prefix(scope) {
        None => false,
        Some(rest) => scope.is_empty() || rest.is_empty() || rest.starts_with('/'),
    }
}

/// Checks that a signer holds one of `roles` now and that its scope covers `path`.
///
/// # Errors
/// In this order: [`Code::Role`] for a signer without a grant, with another's grant or another role;
/// [`Code::RoleExpired`] outside its time; [`Code::Scope`].
///
/// Source: REG-4, INV-G2.
pub fn officer(
    view: &View<'_>,
    party: &Party,
    roles: &[Role],
    path: &str,
) -> Result<Officer, Rejection> {
    let (officer, scope) = current(view, party, roles)?;
    ensure(in_scope(&scope, path), Code::Scope)?;
    Ok(officer)
}

/// As [`officer`], in whatever scope: for what has no place.
///
/// # Errors
/// As [`officer`], but for [`Code::Scope`].
pub fn holds(view: &View<'_>, party: &Party, roles: &[Role]) -> Result<Officer, Rejection> {
    current(view, party, roles).map(|(officer, _)| officer)
}

/// Somebody who holds one of these roles now, and where.
fn current(view: &View<'_>, party: &Party, roles: &[Role]) -> Result<(Officer, String), Rejection> {
    let KeyOwner::Person(person) = party.owner else {
        return Err(Code::Role.into());
    };
    let id = party.grant.ok_or(Code::Role)?;
    let grant = view.get::<Grant>(&id).ok_or(Code::Role)?;
    ensure(grant.person == person && roles.contains(&grant.role), Code::Role)?;
    let now = view.now();
    ensure(grant.from <= now && now < grant.to, Code::RoleExpired)?;
    let Grant { organisation, level, scope, .. } = grant;
    Ok((Officer { person, organisation, level, grant: id }, scope))
}

/// As [`officer`], and acting for this organisation.
///
/// # Errors
/// As [`officer`]; [`Code::Scope`] for an officer of another organisation.
pub fn officer_of(
    view: &View<'_>,
    party: &Party,
    roles: &[Role],
    path: &str,
    organisation: OrganisationId,
) -> Result<Officer, Rejection> {
    let officer = officer(view, party, roles, path)?;
    ensure(officer.organisation == organisation, Code::Scope)?;
    Ok(officer)
}

/// An organisation's record.
///
/// # Errors
/// [`Code::NotFound`].
pub fn organisation(view: &View<'_>, id: OrganisationId) -> Result<Organisation, Rejection> {
    view.get::<Organisation>(&id).ok_or_else(|| Code::NotFound.into())
}

/// The organisation for which a signer speaks: its own key, or a person's home.
pub fn home(view: &View<'_>, party: &Party) -> Option<OrganisationId> {
    match party.owner {
        KeyOwner::Organisation(organisation) => Some(organisation),
        KeyOwner::Person(person) => view.get::<Person>(&person).map(|person| person.organisation),
        KeyOwner::Enrolment(_) => None,
    }
}

/// The organisations that speak, each with the persons who speak for it; none where only its own key
/// does.
pub type Voices = BTreeMap<OrganisationId, BTreeSet<PersonId>>;

/// The governance organisations that sign, each once.
///
/// # Errors
/// As [`voices`].
///
/// Source: REG-6, SOD-2, SOD-11.
pub fn governance(
    view: &View<'_>,
    parties: &[Party],
) -> Result<BTreeSet<OrganisationId>, Rejection> {
    Ok(voices(view, parties)?.into_keys().collect())
}

/// The governance organisations that sign, by their own key or by a governor, and by whom.
///
/// # Errors
/// For each signer in this order: [`Code::KeyPurpose`] for a site device; [`Code::GovernanceQuorum`]
/// for one who does not act for a governance organisation where the person also works, because others
/// can grant the role, but only the house registers its people; [`Code::DuplicateApprover`] for a person
/// who signs for two organisations.
///
/// Source: REG-6, SOD-2, SOD-11.
pub fn voices(view: &View<'_>, parties: &[Party]) -> Result<Voices, Rejection> {
    let governance = view.get::<GovernanceRecord>(&()).ok_or(Code::GovernanceQuorum)?;
    let mut voices = Voices::new();
    let mut persons: BTreeMap<PersonId, OrganisationId> = BTreeMap::new();
    for party in parties {
        ensure(party.purpose == KeyPurpose::Business, Code::KeyPurpose)?;
        let (organisation, person) = match party.owner {
            KeyOwner::Organisation(organisation) => (organisation, None),
            KeyOwner::Person(_) | KeyOwner::Enrolment(_) => {
                let officer = officer(view, party, &[Role::Governor], "")
                    .map_err(|_| Code::GovernanceQuorum)?;
                let home = view.get::<Person>(&officer.person).map(|person| person.organisation);
                ensure(home == Some(officer.organisation), Code::GovernanceQuorum)?;
                (officer.organisation, Some(officer.person))
            }
        };
        let member = governance.members.contains(&organisation);
        ensure(member, Code::GovernanceQuorum)?;
        if let Some(person) = person {
            let twice = persons.iter().any(|(other, for_whom)| {
                *for_whom != organisation && same_human(view, person, *other)
            });
            ensure(!twice, Code::DuplicateApprover)?;
            persons.insert(person, organisation);
        }
        voices.entry(organisation).or_default().extend(person);
    }
    Ok(voices)
}

/// How many governance organisations decide together.
pub fn governance_threshold(view: &View<'_>) -> usize {
    let threshold = view.get::<GovernanceRecord>(&()).map_or(u32::MAX, |record| record.threshold);
    usize::try_from(threshold).unwrap_or(usize::MAX)
}

/// Whether a person in office is the resident with this enrolment nullifier, as far as any grant of
/// hers ever said so. Source: REG-20, SOD-4.
pub fn is_enrolled_as(view: &View<'_>, person: PersonId, nullifier: [u8; 32]) -> bool {
    view.has::<PersonNullifier>(&(person, nullifier))
}

/// Whether two persons in office are one human: the same person, or two that share a nullifier.
/// Source: REG-20.
pub fn same_human(view: &View<'_>, one: PersonId, other: PersonId) -> bool {
    one == other
        || view
            .range::<PersonNullifier>(&one, NULLIFIERS_MAX)
            .into_iter()
            .any(|((_, nullifier), _)| is_enrolled_as(view, other, nullifier))
}
