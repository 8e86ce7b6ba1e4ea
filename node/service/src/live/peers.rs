//! This exists to say who the other nodes are: the chain says who may connect, the operator where they are
//! found, the network who is there.

use linli_contracts::governance::{self, NodeRole};
use linli_ledger::crypto::PublicKey;
use linli_ledger::state::State;
use linli_ledger::types::{BlockTime, OrganisationId};
use linli_network::{Allowed, Handle, Member, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where nodes are dialled, by their network keys.
pub(super) type Addresses = BTreeMap<PublicKey, Vec<String>>;

/// Whether a node of the list is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is this node.
    Itself,
    /// It is connected.
    Connected,
    /// It is not.
    Absent,
}

/// A node that may connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its network key.
    pub key: PublicKey,
    /// Who runs it.
    pub organisation: OrganisationId,
    /// What it does.
    pub role: NodeRole,
    /// Since when it is on the list.
    pub since: BlockTime,
    /// Where it is dialled; none if it dials us.
    pub addresses: Vec<String>,
    /// Whether it is there.
    pub presence: Presence,
}

/// The list of the chain, with the addresses that the operator has given. Source: NET-1.1.
pub(super) fn allowed(state: &State, addresses: &Addresses) -> Allowed {
    let member = |(key, node): (PublicKey, governance::records::Node)| {
        let role = match node.role {
            NodeRole::Validator => Role::Validator,
            NodeRole::Observer => Role::Observer,
        };
        (key, Member { role, addresses: addresses.get(&key).cloned().unwrap_or_default() })
    };
    governance::nodes::allowed(state).into_iter().map(member).collect()
}

/// Who runs a node of the list.
pub(super) fn organisation(state: &State, key: &PublicKey) -> Option<OrganisationId> {
    let allowed = governance::nodes::allowed(state).into_iter();
    allowed.filter(|(listed, _)| listed == key).map(|(_, node)| node.organisation).next()
}

/// Every node of the list, in the order of the keys.
pub(super) fn peers(state: &State, addresses: &Addresses, network: &Handle) -> Vec<Peer> {
    let (local, up) = (network.local(), network.up().borrow().clone());
    let mut peers: Vec<_> = governance::nodes::allowed(state)
        .into_iter()
        .map(|(key, node)| Peer {
            key,
            organisation: node.organisation,
            role: node.role,
            since: node.since,
            addresses: addresses.get(&key).cloned().unwrap_or_default(),
            presence: match key {
                key if key == local => Presence::Itself,
                key if up.contains(&key) => Presence::Connected,
                _ => Presence::Absent,
            },
        })
        .collect();
    peers.sort_by_key(|peer| peer.key);
    peers
}
