//! This exists to put people into office: registered by their organisation, granted a role by two
//! others. A second post of one person is a second key.

use super::super::planner::Planner;
use super::super::prepared::Party;
use super::super::table::{Cells, Fault};
use super::super::value;
use linli_contracts::registry::{self, Role};
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::{GrantId, PersonId, derive_identifier};

pub(super) const COLUMNS: &[&str] = &[
    "code",
    "organisation",
    "role",
    "level",
    "scope",
    "from",
    "to",
    "person",
    "key_of",
    "registered_at",
    "granted_by",
    "revoked_at",
];

const ROLES: &[(&str, Role)] = &[
    ("governor", Role::Governor),
    ("registrar", Role::Registrar),
    ("organiser", Role::Organiser),
    ("witness", Role::Witness),
    ("points_operator", Role::PointsOperator),
    ("partner_officer", Role::PartnerOfficer),
    ("provider_officer", Role::ProviderOfficer),
    ("purchaser", Role::Purchaser),
    ("acceptance", Role::Acceptance),
    ("budget_officer", Role::BudgetOfficer),
    ("fund_administrator", Role::FundAdministrator),
    ("approver", Role::Approver),
    ("treasurer", Role::Treasurer),
    ("bank_officer", Role::BankOfficer),
    ("auditor", Role::Auditor),
    ("regulator", Role::Regulator),
];

/// Registers the person, or another key of one, and grants the role.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.signers)?;
    let organisation = cells.refer("organisation", &planner.known.organisations)?;
    let home = cells.refer("organisation", &planner.known.signers)?;
    let role = cells.choice("role", ROLES)?;
    let level = cells.number_or_zero("level")?;
    let scope = cells.text_or_empty("scope")?;
    let (from, to) = (cells.day("from")?.start(), value::end_of(cells.day("to")?));
    let nullifier = cells.optional("person").map(|person| {
        let (person, community) = person.split_once('@').unwrap_or((person, planner.community()));
        planner.nullifier(community, person)
    });
    let first = cells.refer_optional("key_of", &planner.known.officers)?;
    let own = cells.refer_optional("key_of", &planner.known.signers)?;
    let at = cells.time("registered_at")?;
    let granters = cells.refer_list("granted_by", &planner.known.signers)?;
    let revoked_at = cells.time_optional("revoked_at")?;

    let key = planner.key(&format!("officer/{code}"));
    let person = if let Some((person, own)) = first.zip(own) {
        let call = registry::Call::KeyAdd {
            owner: registry::PublicOwner::Person(person),
            key: key.public(),
            purpose: KeyPurpose::Business,
        };
        planner.submit(cells, at, registry::CONTRACT, &[&own], &call);
        person
    } else {
        let call = registry::Call::PersonRegister { organisation, key: key.public() };
        let id = planner.submit(cells, at, registry::CONTRACT, &[&home], &call);
        PersonId(derive_identifier(&id, 0))
    };
    let granters: Vec<&Party> = granters.iter().collect();
    let call =
        registry::Call::RoleGrant { person, role, organisation, scope, level, nullifier, from, to };
    let grant = planner.submit(cells, at, registry::CONTRACT, &granters, &call);
    let grant = GrantId(derive_identifier(&grant, 0));
    if let Some(at) = revoked_at {
        let call = registry::Call::RoleRevoke { grant };
        let by: Vec<&Party> = granters.into_iter().take(1).collect();
        planner.submit(cells, at, registry::CONTRACT, &by, &call);
    }
    let party = Party { key, grant: Some(grant) };
    planner.names.persons.entry(person).or_insert_with(|| code.clone());
    planner.known.signers.insert(code.clone(), party);
    planner.known.officers.insert(code, person);
    Ok(())
}
