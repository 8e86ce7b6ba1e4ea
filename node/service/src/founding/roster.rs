//! This exists to put a genesis in order: who is in it by key, and positions only when it is written, so
//! that the order in which cards came leaves no trace.

use super::FoundingError;
use linli_ledger::crypto::{Card, PublicKey};
use linli_ledger::genesis::{
    Genesis, GenesisError, GenesisNode, GenesisOrganisation, GenesisValidator,
};
use std::collections::{BTreeMap, BTreeSet};

/// What an organisation brings.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    organisation: GenesisOrganisation,
    /// What was said of whether it governs, if that is not what holds anyway.
    said: Option<bool>,
    /// Keys and weights.
    validators: BTreeMap<PublicKey, u64>,
    nodes: BTreeSet<PublicKey>,
}

impl Member {
    fn new(organisation: GenesisOrganisation) -> Self {
        Self { organisation, said: None, validators: BTreeMap::new(), nodes: BTreeSet::new() }
    }

    fn governs(&self) -> bool {
        self.said.unwrap_or(!self.validators.is_empty())
    }
}

/// The organisations of a genesis, by name, then key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Roster(BTreeMap<(String, PublicKey), Member>);

/// How a card is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The weight of its validator in votes.
    pub power: u64,
    /// Whether its organisation governs; if no card of it came with a word, one with a validator does. The last
    /// word counts. That it does not is said with a validator's card.
    pub governs: Option<bool>,
}

impl Roster {
    /// Who is in a genesis.
    ///
    /// # Errors
    /// [`GenesisError::Organisation`] for a position that is not there.
    pub(super) fn of(genesis: &Genesis) -> Result<Self, GenesisError> {
        let member = |organisation: &GenesisOrganisation| Member {
            said: Some(false),
            ..Member::new(organisation.clone())
        };
        let key =
            |organisation: &GenesisOrganisation| (organisation.name.clone(), organisation.key);
        let members = genesis.organisations.iter().map(|one| (key(one), member(one))).collect();
        let mut roster = Self(members);
        let mut with = |position: u32, change: &dyn Fn(&mut Member)| {
            let key = key(genesis.at(position)?);
            roster.0.get_mut(&key).into_iter().for_each(change);
            Ok::<_, GenesisError>(())
        };
        for position in &genesis.governance {
            with(*position, &|member| member.said = Some(true))?;
        }
        for GenesisValidator { key, organisation, power } in &genesis.validators {
            with(*organisation, &|member| member.validators.extend([(*key, *power)]))?;
        }
        for GenesisNode { key, organisation } in &genesis.nodes {
            with(*organisation, &|member| member.nodes.extend([*key]))?;
        }
        for member in roster.0.values_mut() {
            let anyway = !member.validators.is_empty();
            member.said = member.said.filter(|said| *said != anyway);
        }
        Ok(roster)
    }

    /// Takes a card in that was verified. Taking it in again changes nothing but its standing.
    ///
    /// # Errors
    /// In this order: [`FoundingError::Otherwise`], [`FoundingError::Name`], [`FoundingError::Key`],
    /// [`FoundingError::Voteless`].
    pub(super) fn take(&mut self, card: &Card, standing: Standing) -> Result<(), FoundingError> {
        let Card { name, kind, organisation: key, validator, node, .. } = card;
        for (taken, owner) in self.0.keys() {
            let same_name = taken == name;
            if owner == key {
                let there = self.0.get(&(taken.clone(), *owner)).map(|member| &member.organisation);
                if let Some(there) = there.filter(|there| !same_name || there.kind != *kind) {
                    let (name, kind) = (there.name.clone(), there.kind.name());
                    return Err(FoundingError::Otherwise { key: *key, name, kind });
                }
            } else if same_name {
                return Err(FoundingError::Name { name: name.clone(), key: *owner });
            }
        }
        let place = (name.clone(), *key);
        let known = self.0.get(&place);
        let own = |is: &dyn Fn(&Member) -> bool| known.is_some_and(is);
        if known.is_none() && self.has(key) {
            return Err(FoundingError::Key(*key));
        }
        if let Some(validator) = validator
            && self.has(validator)
            && !own(&|member| member.validators.contains_key(validator))
        {
            return Err(FoundingError::Key(*validator));
        }
        if self.has(node) && !own(&|member| member.nodes.contains(node)) {
            return Err(FoundingError::Key(*node));
        }
        // Before its validator has come, nobody would remember it.
        let takes_back = own(&|member| member.validators.is_empty() && member.governs());
        if standing.governs == Some(false) && validator.is_none() && !takes_back {
            return Err(FoundingError::Voteless { name: name.clone() });
        }
        let organisation = GenesisOrganisation { name: name.clone(), kind: *kind, key: *key };
        let member = self.0.entry(place).or_insert_with(|| Member::new(organisation));
        if let Some(validator) = validator {
            member.validators.insert(*validator, standing.power);
        }
        member.nodes.insert(*node);
        member.said = standing.governs.or(member.said);
        Ok(())
    }

    /// Whether a key stands anywhere.
    fn has(&self, key: &PublicKey) -> bool {
        self.0.values().any(|member| {
            member.organisation.key == *key
                || member.validators.contains_key(key)
                || member.nodes.contains(key)
        })
    }

    /// Writes everybody into a genesis, in order.
    pub(super) fn write(self, genesis: &mut Genesis) {
        genesis.organisations.clear();
        genesis.governance.clear();
        genesis.validators.clear();
        genesis.nodes.clear();
        for (organisation, member) in (0..).zip(self.0.into_values()) {
            genesis.governance.extend(member.governs().then_some(organisation));
            let Member { organisation: named, said: _, validators, nodes } = member;
            genesis.organisations.push(named);
            let validator = |(key, power)| GenesisValidator { key, organisation, power };
            genesis.validators.extend(validators.into_iter().map(validator));
            genesis.nodes.extend(nodes.into_iter().map(|key| GenesisNode { key, organisation }));
        }
    }
}
