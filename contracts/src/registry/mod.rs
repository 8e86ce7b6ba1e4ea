//! This exists to say which organisations, persons in office, keys, roles and parameters there are.
//!
//! Everything here is public. What the other contracts read of it is in [`roles`]. No residents here:
//! they are people of `people`.

mod calls;
mod grants;
pub(crate) mod invariants;
mod keys;
mod organisations;
pub mod parameters;
pub mod records;
pub mod relations;
pub mod roles;
#[cfg(test)]
mod tests;

use crate::text::any_personal_data;
pub use calls::*;
use linli_ledger::code::{Code, Rejection};
use linli_ledger::codec::decode;
use linli_ledger::contract::{Broken, Contract, Party};
use linli_ledger::genesis::{Genesis, GenesisError};
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::{Compartment, ContractId};
use linli_ledger::view::View;
use parameters::{Parameter, ParameterRecord};
use records::{Organisation, OwnedKey, owned_key};
use std::collections::BTreeSet;

/// The number of this contract.
pub const CONTRACT: ContractId = ContractId(1);

/// The rules of this contract, version 1.
#[derive(Clone, Copy, Debug)]
pub struct Registry;

impl Contract for Registry {
    fn id(&self) -> ContractId {
        CONTRACT
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Public
    }

    fn keeps_keys(&self) -> bool {
        true
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok()
    }

    fn holds_personal_data(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok_and(|call| any_personal_data(&call.texts()))
    }

    fn begin(&self, genesis: &Genesis, view: &mut View<'_>) -> Result<(), GenesisError> {
        for (position, organisation) in (0..).zip(&genesis.organisations) {
            let id = genesis.organisation(position);
            let record = Organisation { name: organisation.name.clone(), kind: organisation.kind };
            view.put(&id, &record);
            view.put(&owned_key(id.0, KeyPurpose::Business, organisation.key), &OwnedKey);
        }
        let mut seen = BTreeSet::new();
        for (number, value) in &genesis.parameters {
            let no = GenesisError::Parameter(*number);
            let parameter = Parameter::from_number(*number).ok_or(no.clone())?;
            if !parameter.allows(*value) || !seen.insert(*number) {
                return Err(no);
            }
            view.put(number, &ParameterRecord { value: *value, next: None });
        }
        Ok(())
    }

    fn execute(
        &self,
        call: &[u8],
        parties: &[Party],
        view: &mut View<'_>,
    ) -> Result<(), Rejection> {
        // The kernel runs only what `accepts`; a wrong caller gets a no instead of a panic.
        let call = decode::<Call>(call, "a call").map_err(|_| Code::Encoding)?;
        match call {
            Call::OrganisationRegister { name, kind, key } => {
                organisations::register(view, parties, &Organisation { name, kind }, key)
            }
            Call::PersonRegister { organisation, key } => {
                organisations::register_person(view, parties, organisation, key)
            }
            Call::KeyAdd { owner, key, purpose } => keys::add(view, parties, owner, key, purpose),
            Call::KeyRevoke { key } => keys::revoke(view, parties, key),
            Call::KeyRotate { old, new } => {
                keys::rotate(view, parties, &keys::Rotation { old, new })
            }
            Call::RoleGrant { person, role, organisation, scope, level, nullifier, from, to } => {
                let grant = records::Grant {
                    person,
                    role,
                    organisation,
                    scope,
                    level,
                    nullifier,
                    from,
                    to,
                };
                grants::grant(view, parties, &grant)
            }
            Call::RoleRevoke { grant } => grants::revoke(view, parties, grant),
            Call::ParameterSet { parameter, value } => {
                parameters::set(view, parties, parameter, value)
            }
            Call::RelationDeclare { one, other, kind, from, to, evidence } => {
                let by_authority = false;
                let relation =
                    records::Relation { one, other, kind, from, to, evidence, by_authority };
                relations::declare(view, parties, &relation)
            }
            Call::RelationEnd { relation, to } => relations::end(view, parties, relation, to),
        }
    }

    fn invariants(&self, view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
        invariants::check(view)
    }
}
