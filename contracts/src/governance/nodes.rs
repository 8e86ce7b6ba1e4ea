//! This exists to say which nodes may connect: what the running network asks after every block, and how
//! an organisation ends a node of its own.

use super::calls::NodeRole;
use super::records::Node;
use super::{CONTRACT, plan};
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::crypto::PublicKey;
use linli_ledger::genesis::Genesis;
use linli_ledger::invariant::records;
use linli_ledger::keys::{KeyOwner, KeyPurpose, PublicKeyRecord};
use linli_ledger::members;
use linli_ledger::rules::ContractVersions;
use linli_ledger::state::State;
use linli_ledger::types::{Compartment, OrganisationId};
use linli_ledger::view::View;
use std::collections::BTreeSet;

/// Nodes that may connect, of all organisations together. A node keeps a connection to each of them.
pub(super) const NODES_MAX: usize = 256;

/// Every node that may connect after the last block, by network key. On a chain without this contract
/// these are the nodes of its genesis. Who runs no validator any more, because it has left or a recovery has
/// named another set, has observers only: what is asked of the validators' nodes is not asked of those.
///
/// Source: GOV-2.
pub fn allowed(state: &State) -> Vec<(PublicKey, Node)> {
    let view = View::read_only(state, Compartment::Public, state.tip().time);
    let running = running(&view);
    if view.has::<ContractVersions>(&CONTRACT) {
        let votes = |node: &Node| running.contains(&node.organisation);
        return records::<Node>(state)
            .map(|(key, node)| {
                let role = if votes(&node) { node.role } else { NodeRole::Observer };
                (key, Node { role, ..node })
            })
            .collect();
    }
    let network = records::<PublicKeyRecord>(state).map(|(key, record)| (key, record.0));
    let active = network.filter(|(_, record)| {
        record.purpose == KeyPurpose::Network && record.is_active(state.tip().time)
    });
    active
        .filter_map(|(key, record)| match record.owner {
            KeyOwner::Organisation(organisation) => {
                let role = role(&running, organisation);
                Some((key, Node { organisation, role, since: record.from }))
            }
            KeyOwner::Person(_) | KeyOwner::Enrolment(_) => None,
        })
        .collect()
}

/// The organisations that run a validator.
fn running(view: &View<'_>) -> BTreeSet<OrganisationId> {
    members::validators(view).members().iter().map(|member| member.organisation).collect()
}

fn role(running: &BTreeSet<OrganisationId>, organisation: OrganisationId) -> NodeRole {
    if running.contains(&organisation) { NodeRole::Validator } else { NodeRole::Observer }
}

/// Takes over the nodes of genesis: those of an organisation that runs a validator are validators.
pub(super) fn begin(genesis: &Genesis, view: &mut View<'_>) {
    let running = running(view);
    for node in &genesis.nodes {
        let organisation = genesis.organisation(node.organisation);
        let role = role(&running, organisation);
        view.put(&node.key, &Node { organisation, role, since: genesis.time });
    }
}

/// An organisation ends a node of its own, now: a key that somebody else may hold waits for no vote.
///
/// # Errors
/// In this order: [`Code::NotFound`] for a key that is no node's; [`Code::Role`] without the own
/// business key of its organisation; [`Code::LastNode`] for the last node of a validator.
///
/// Source: GOV-10.
pub(super) fn end(view: &mut View<'_>, parties: &[Party], key: PublicKey) -> Result<(), Rejection> {
    let node = view.get::<Node>(&key).ok_or(Code::NotFound)?;
    let owner = KeyOwner::Organisation(node.organisation);
    let signs = |party: &Party| party.owner == owner && party.purpose == KeyPurpose::Business;
    ensure(parties.iter().any(signs), Code::Role)?;
    plan::without_node(view, key)?.apply(view)
}
