//! This exists to say which version of a contract is in force from which height, and to be the one door
//! through which governance switches to the next. Source: LED-6.9.

use crate::code::{Code, Rejection, ensure};
use crate::contract::Rulebook;
use crate::invariant::records;
use crate::record::KERNEL;
use crate::state::State;
use crate::types::{ContractId, Height};
use crate::view::View;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Which version of a contract is in force from which height. Source: LED-6.9.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ContractVersions(pub Vec<(Height, u16)>);

crate::records! { KERNEL, Public:
    ContractVersions = 8, ContractId;
}

impl ContractVersions {
    /// The version in force at a height.
    pub fn at(&self, height: Height) -> Option<u16> {
        self.0.iter().rev().find(|(from, _)| *from <= height).map(|(_, version)| *version)
    }

    /// The first switch after a height: from which height, to which version.
    pub fn after(&self, height: Height) -> Option<(Height, u16)> {
        self.0.iter().find(|(from, _)| *from > height).copied()
    }

    /// What they are once a switch is decided on at height `now`: the version after the one in force,
    /// in place of whatever was to come. The version in force itself takes back what was to come.
    ///
    /// # Errors
    /// In this order: [`Code::State`] for another version, or where nothing is to come that could be
    /// taken back; [`Code::Deadline`] unless `from` is still to come.
    ///
    /// Source: LED-6.9.
    pub fn switched(&self, now: Height, version: u16, from: Height) -> Result<Self, Rejection> {
        let in_force = self.at(now).ok_or(Code::NotFound)?;
        let mut versions = self.clone();
        versions.0.retain(|(from, _)| *from <= now);
        if version == in_force {
            ensure(self.after(now).is_some(), Code::State)?;
        } else {
            ensure(in_force.checked_add(1) == Some(version), Code::State)?;
            versions.0.push((from, version));
        }
        ensure(from > now, Code::Deadline)?;
        Ok(versions)
    }
}

/// Decides that a contract goes to another version, as [`ContractVersions::switched`] in the block of the view.
///
/// A program that lacks the version stops before that height; it can't be asked here, for that would
/// fork programs.
///
/// # Errors
/// In this order: [`Code::NotFound`] for a contract that the chain does not have; as
/// [`ContractVersions::switched`].
///
/// # Panics
/// If the calling contract does not keep members: a bug in the rulebook.
pub fn switch(
    view: &mut View<'_>,
    contract: ContractId,
    version: u16,
    from: Height,
) -> Result<(), Rejection> {
    assert!(view.keeps_members(), "only a contract that keeps members may switch rules");
    let versions = view.get::<ContractVersions>(&contract).ok_or(Code::NotFound)?;
    let versions = versions.switched(view.height(), version, from)?;
    view.put_kernel(&contract, &versions);
    Ok(())
}

/// A switch of rules that was decided on and is still to come. Source: LED-6.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// The contract.
    pub contract: ContractId,
    /// The version that is in force from then on.
    pub version: u16,
    /// The first block under it.
    pub from: Height,
    /// Whether this program has it; one that has not stops before that block.
    pub is_known: bool,
}

/// What is to come, by contract.
pub fn switches(state: &State, rulebook: &Rulebook) -> Vec<Switch> {
    let to_come = |(contract, versions): (ContractId, ContractVersions)| {
        let (from, version) = versions.after(state.tip().height)?;
        let is_known = rulebook.get(contract, version).is_some();
        Some(Switch { contract, version, from, is_known })
    };
    records(state).filter_map(to_come).collect()
}
