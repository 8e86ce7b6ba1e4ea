//! This exists to check what must hold of the registry in any state.

use super::grants::level_fits;
use super::keys::owner_bytes;
use super::parameters::{Parameter, ParameterRecord};
use super::records::{
    Grant, Organisation, OwnedKey, Person, PersonNullifier, Relation, RelationOf, owned_key,
};
use super::roles::is_enrolled_as;
use crate::text::check_path;
use linli_ledger::contract::Broken;
use linli_ledger::keys::{KeyOwner, KeyPurpose, PublicKeyRecord};
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::record::Record;
use linli_ledger::view::View;
use std::fmt::Display;

/// Every record of one kind, in the order of its keys, read a page at a time.
pub(crate) fn records<'v, R>(view: &'v View<'_>) -> impl Iterator<Item = (R::Id, R)> + 'v
where
    R: Record + 'v,
    R::Id: Clone + 'v,
{
    let mut page = view.range::<R>(&(), RANGE_MAX).into_iter();
    let mut last: Option<R::Id> = None;
    std::iter::from_fn(move || {
        if page.len() == 0
            && let Some(last) = &last
        {
            page = view.range_after::<R>(&(), last, RANGE_MAX).into_iter();
        }
        let next = page.next()?;
        last = Some(next.0.clone());
        Some(next)
    })
}

pub(crate) fn broken(name: &'static str, record: impl Display) -> Broken {
    Broken { name, record: record.to_string() }
}

/// INV-G2: what a grant names is there and it is well formed, and its nullifier is the person's. INV-I2: the index of keys is the set
/// of living keys. INV-G3: relations. INV-G9: parameters lie in their range.
///
/// # Errors
/// The first that does not hold.
///
/// Source: REG-17.
pub(super) fn check(view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
    for (id, person) in records::<Person>(view) {
        if !view.has::<Organisation>(&person.organisation) {
            return Err(broken("INV-G2", id));
        }
    }
    for (id, grant) in records::<Grant>(view) {
        let sound = view.has::<Person>(&grant.person)
            && view.has::<Organisation>(&grant.organisation)
            && level_fits(grant.role, grant.level)
            && grant.from <= grant.to
            && grant.nullifier.is_none_or(|own| is_enrolled_as(view, grant.person, own))
            && (grant.scope.is_empty() || check_path(&grant.scope).is_ok());
        if !sound {
            return Err(broken("INV-G2", id));
        }
    }
    for ((person, _), PersonNullifier) in records::<PersonNullifier>(view) {
        if !view.has::<Person>(&person) {
            return Err(broken("INV-G2", person));
        }
    }
    keys(view)?;
    relations(view)?;
    for (number, record) in records::<ParameterRecord>(view) {
        let sound = Parameter::from_number(number).is_some_and(|parameter| {
            parameter.allows(record.value)
                && record.next.is_none_or(|(_, value)| parameter.allows(value))
        });
        if !sound {
            return Err(broken("INV-G9", number));
        }
    }
    Ok(vec!["INV-G2", "INV-G3", "INV-G9", "INV-I2"])
}

/// INV-G3 in part: a relation is found from both of its ends and from nowhere else, so that no rule
/// misses one.
fn relations(view: &View<'_>) -> Result<(), Broken> {
    let mut indexed = 0_u64;
    for ((end, id), RelationOf) in records::<RelationOf>(view) {
        indexed = indexed.saturating_add(1);
        let known = view
            .get::<Relation>(&id)
            .is_some_and(|relation| [relation.one.bytes(), relation.other.bytes()].contains(&end));
        if !known {
            return Err(broken("INV-G3", id));
        }
    }
    for (id, relation) in records::<Relation>(view) {
        indexed = indexed.saturating_sub(2);
        let found = [relation.one, relation.other]
            .into_iter()
            .all(|end| view.has::<RelationOf>(&(end.bytes(), id)));
        if !found || relation.to.is_some_and(|to| to < relation.from) {
            return Err(broken("INV-G3", id));
        }
    }
    if indexed == 0 { Ok(()) } else { Err(broken("INV-G3", "relations")) }
}

fn keys(view: &View<'_>) -> Result<(), Broken> {
    for ((owner, purpose, key), OwnedKey) in records::<OwnedKey>(view) {
        let sound = view.get::<PublicKeyRecord>(&key).is_some_and(|record| {
            let record = record.0;
            record.to.is_none()
                && owned_key(owner_bytes(record.owner), record.purpose, key)
                    == (owner, purpose, key)
        });
        if !sound {
            return Err(broken("INV-I2", key));
        }
    }
    for (key, PublicKeyRecord(record)) in records::<PublicKeyRecord>(view) {
        let known = match record.owner {
            KeyOwner::Person(id) => view.has::<Person>(&id),
            KeyOwner::Organisation(id) => view.has::<Organisation>(&id),
            KeyOwner::Enrolment(_) => false,
        };
        let living = record.to.is_none()
            && matches!(record.purpose, KeyPurpose::Business | KeyPurpose::SiteDevice);
        let entry = owned_key(owner_bytes(record.owner), record.purpose, key);
        if !known || living != view.has::<OwnedKey>(&entry) {
            return Err(broken("INV-I2", key));
        }
    }
    Ok(())
}
