//! This exists to work changes of members and rules out on paper: what they would come to, and whether the
//! chain would go on. The same plan is made when something is proposed, accepted and takes effect.

use super::calls::{Change, NodeRole};
use super::nodes::NODES_MAX;
use super::records::Node;
use crate::registry::roles;
use linli_ledger::certificate::{Validator, ValidatorSet};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::crypto::{PublicKey, Signature, peer_identity, verify_peer};
use linli_ledger::rules::{self, ContractVersions};
use linli_ledger::types::{ContractId, Height, OrganisationId};
use linli_ledger::view::View;
use linli_ledger::{keys, members};
use std::collections::{BTreeMap, BTreeSet};

/// Members and rules as they would be.
pub(super) struct Plan {
    before: ValidatorSet,
    validators: Vec<Validator>,
    nodes_before: BTreeMap<PublicKey, Node>,
    nodes: BTreeMap<PublicKey, Node>,
    /// Keys that these changes bring: none of them may come twice.
    brought: BTreeSet<PublicKey>,
    /// Nodes on which a validator is to run, with its organisation and the position of the change.
    homes: Vec<(PublicKey, OrganisationId, u32)>,
    /// Contracts that go to another version, in order.
    switches: Vec<(ContractId, u16, Height)>,
}

/// Works changes out.
///
/// # Errors
/// The first that says no: for each change in order as [`Plan::change`], with its position; then as
/// [`Plan::check`].
///
/// Source: GOV-4, GOV-5.
pub(super) fn plan(view: &View<'_>, changes: &[Change]) -> Result<Plan, Rejection> {
    let mut plan = Plan::of(view);
    for (position, change) in (0_u32..).zip(changes) {
        plan.change(view, position, change).map_err(|no| at(no, position))?;
    }
    plan.check(view)?;
    Ok(plan)
}

/// Works out that one node ends.
///
/// # Errors
/// [`Code::LastNode`].
pub(super) fn without_node(view: &View<'_>, key: PublicKey) -> Result<Plan, Rejection> {
    let mut plan = Plan::of(view);
    plan.nodes.remove(&key);
    plan.check(view)?;
    Ok(plan)
}

/// Says at which change it stopped.
fn at(mut no: Rejection, position: u32) -> Rejection {
    no.details.push(Detail::Index(position));
    no
}

impl Plan {
    fn of(view: &View<'_>) -> Self {
        let before = members::validators(view);
        let nodes: BTreeMap<_, _> = view.range::<Node>(&(), usize::MAX).into_iter().collect();
        Self {
            validators: before.members().to_vec(),
            before,
            nodes_before: nodes.clone(),
            nodes,
            brought: BTreeSet::new(),
            homes: Vec::new(),
            switches: Vec::new(),
        }
    }

    /// Makes one change.
    ///
    /// # Errors
    /// In this order: [`Code::NotFound`] for a validator or node that is not there, or an unknown
    /// organisation, or contract; [`Code::State`] for the weight or role that it has, or a version that does
    /// not come next; [`Code::Deadline`] for a height that has been; [`Code::AmountZero`] for no weight;
    /// for a new key [`Code::KeyExists`], [`Code::Algorithms`]; [`Code::Possession`] for a proof that is
    /// not by the new key over the identity of the node.
    fn change(&mut self, view: &View<'_>, position: u32, change: &Change) -> Result<(), Rejection> {
        match change {
            Change::ValidatorAdd { organisation, key, power, node, proof } => {
                roles::organisation(view, *organisation)?;
                ensure(*power > 0, Code::AmountZero)?;
                self.bring(view, *key)?;
                prove(view, key, node, proof)?;
                self.homes.push((*node, *organisation, position));
                let (key, organisation, power) = (*key, *organisation, *power);
                self.validators.push(Validator { key, organisation, power });
            }
            Change::ValidatorRemove { key } => {
                self.validator(key)?;
                self.validators.retain(|member| member.key != *key);
            }
            Change::ValidatorRotate { old, new, node, proof } => {
                let organisation = self.validator(old)?.organisation;
                self.bring(view, *new)?;
                prove(view, new, node, proof)?;
                self.homes.push((*node, organisation, position));
                self.validator(old)?.key = *new;
            }
            Change::ValidatorPower { key, power } => {
                let member = self.validator(key)?;
                ensure(member.power != *power, Code::State)?;
                ensure(*power > 0, Code::AmountZero)?;
                member.power = *power;
            }
            Change::NodeAdd { organisation, key, node_role: role } => {
                roles::organisation(view, *organisation)?;
                self.bring(view, *key)?;
                let node = Node { organisation: *organisation, role: *role, since: view.now() };
                self.nodes.insert(*key, node);
            }
            Change::NodeRemove { key } => {
                self.nodes.remove(key).ok_or(Code::NotFound)?;
            }
            Change::NodeRole { key, node_role: role } => {
                let node = self.nodes.get_mut(key).ok_or(Code::NotFound)?;
                ensure(node.role != *role, Code::State)?;
                node.role = *role;
            }
            Change::ContractVersion { module, version, from_height } => {
                self.switches.push((*module, *version, *from_height));
                let known = view.get::<ContractVersions>(module).ok_or(Code::NotFound)?;
                let mut own = self.switches.iter().filter(|(switched, ..)| switched == module);
                own.try_fold(known, |versions, (_, version, from)| {
                    versions.switched(view.height(), *version, *from)
                })?;
            }
        }
        Ok(())
    }

    fn validator(&mut self, key: &PublicKey) -> Result<&mut Validator, Rejection> {
        self.validators
            .iter_mut()
            .find(|member| member.key == *key)
            .ok_or_else(|| Code::NotFound.into())
    }

    /// Takes a key that nobody has seen before, here or on the chain.
    fn bring(&mut self, view: &View<'_>, key: PublicKey) -> Result<(), Rejection> {
        keys::check_new(view, &key)?;
        ensure(self.brought.insert(key), Code::KeyExists)
    }

    /// Checks what the changes come to.
    ///
    /// # Errors
    /// In this order: [`Code::NotFound`] with the position for a validator that would run on a node which
    /// is not one for a validator of its organisation; [`Code::PersonLimit`] for more nodes than there
    /// may be; [`Code::LastNode`] for an organisation that runs a validator and had a node for it, and
    /// would have none; [`Code::ValidatorQuorum`] for no validator at all; [`Code::AmountOverflow`] for
    /// weights that do not sum; then as [`members::check`].
    fn check(&self, view: &View<'_>) -> Result<(), Rejection> {
        for (node, organisation, position) in &self.homes {
            let fits = self.nodes.get(node).is_some_and(|node| {
                node.organisation == *organisation && node.role == NodeRole::Validator
            });
            ensure(fits, Code::NotFound).map_err(|no| at(no, *position))?;
        }
        if self.nodes.len() > NODES_MAX.max(self.nodes_before.len()) {
            let limit = u64::try_from(NODES_MAX).unwrap_or(u64::MAX);
            return Err(Rejection::new(Code::PersonLimit, &[Detail::Limit(limit)]));
        }
        let had = connected(&self.nodes_before);
        let has = connected(&self.nodes);
        for member in &self.validators {
            let id = member.organisation;
            if had.contains(&id) && !has.contains(&id) {
                return Err(Rejection::new(Code::LastNode, &[Detail::Record(id.0)]));
            }
        }
        ensure(!self.validators.is_empty(), Code::ValidatorQuorum)?;
        let set = self.set()?;
        if set == self.before { Ok(()) } else { members::check(view, &set) }
    }

    fn set(&self) -> Result<ValidatorSet, Rejection> {
        ValidatorSet::new(self.validators.clone()).ok_or_else(|| Code::AmountOverflow.into())
    }

    /// Makes the members what was worked out, in this block.
    ///
    /// # Errors
    /// None that making the plan on the same view has not found.
    pub(super) fn apply(self, view: &mut View<'_>) -> Result<(), Rejection> {
        let set = self.set()?;
        if set != self.before {
            members::replace(view, &set)?;
        }
        for (key, node) in &self.nodes {
            match self.nodes_before.get(key) {
                Some(before) if before == node => continue,
                Some(_) => {}
                None => members::enrol_node(view, key, node.organisation)?,
            }
            view.put(key, node);
        }
        for key in self.nodes_before.keys() {
            if !self.nodes.contains_key(key) {
                members::end_node(view, key)?;
                view.remove::<Node>(key);
            }
        }
        for (module, version, from) in self.switches {
            rules::switch(view, module, version, from)?;
        }
        Ok(())
    }
}

/// The organisations that have a node for a validator.
fn connected(nodes: &BTreeMap<PublicKey, Node>) -> BTreeSet<OrganisationId> {
    let validators = nodes.values().filter(|node| node.role == NodeRole::Validator);
    validators.map(|node| node.organisation).collect()
}

fn prove(
    view: &View<'_>,
    key: &PublicKey,
    node: &PublicKey,
    proof: &Signature,
) -> Result<(), Rejection> {
    let proven = verify_peer(view.genesis(), &peer_identity(node), key, proof);
    ensure(proven, Code::Possession)
}
