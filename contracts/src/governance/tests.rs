//! This exists to state the rules of governance as facts: a small network of validators in memory, whose
//! organisations propose, vote and wait.

mod changes;
mod random;
mod rules;
mod survival;
mod vandals;
mod votes;

use super::records::{End, Node, Proposal, ProposalState};
use super::*;
use crate::registry::parameters::Parameter;
use crate::testing::{
    Actor, COMMITTEE, DONOR, OFFICE, PARTNER, PROVIDER, REGULATOR, VOLUNTEERS, World, document,
};
use linli_ledger::certificate::ValidatorSet;
use linli_ledger::code::Detail;
use linli_ledger::crypto::{ConsensusKey, PublicKey, peer_identity};
use linli_ledger::genesis::{GenesisNode, GenesisValidator};
use linli_ledger::receipt::Receipt;
use linli_ledger::types::{DAY_MS, HOUR_MS, OrganisationId, RecordId};
use std::collections::BTreeSet;

/// The organisations that govern, three of them together; each runs one of the first validators.
const GOVERNING: [u32; 4] = [OFFICE, COMMITTEE, VOLUNTEERS, REGULATOR];
/// The time lock, where nobody has changed it.
const LOCK: u64 = 72 * HOUR_MS;

fn validator(label: &str) -> ConsensusKey {
    ConsensusKey::demonstration(b"governance tests", label)
}

/// The network key of a node: the ledger holds its public half only.
fn node(label: &str) -> PublicKey {
    ConsensusKey::demonstration(b"governance tests, network", label).public()
}

/// A chain with several validators, who take turns to build.
struct Network {
    world: World,
    /// Who builds no block.
    silent: BTreeSet<PublicKey>,
}

impl Network {
    /// Four validators of weight 1, "0" to "3", each with its node, run by those that govern.
    fn new() -> Self {
        Self::of(&[1, 1, 1, 1])
    }

    fn of(powers: &[u64]) -> Self {
        Self::with(powers, Vec::new())
    }

    fn with(powers: &[u64], parameters: Vec<(u16, u64)>) -> Self {
        let labels = || (0..).zip(GOVERNING).take(powers.len());
        let mut genesis = World::genesis_with(parameters);
        genesis.governance = GOVERNING.to_vec();
        genesis.governance_threshold = 3;
        genesis.contracts.push((CONTRACT, 1));
        genesis.validators = labels()
            .zip(powers)
            .map(|((n, organisation), power)| {
                let label = format!("{n}");
                GenesisValidator { key: validator(&label).public(), organisation, power: *power }
            })
            .collect();
        genesis.nodes = labels()
            .map(|(n, organisation)| GenesisNode { key: node(&format!("{n}")), organisation })
            .collect();
        Self { world: World::begin(genesis), silent: BTreeSet::new() }
    }

    /// Whoever's turn it is builds the next block; who is silent is passed over.
    fn turn(&mut self) {
        let set = self.set();
        let members = set.members();
        let height = usize::try_from(self.world.state.tip().height.0).unwrap();
        let order = (0..members.len()).map(|n| members[(height + n) % members.len()].key);
        let next = order.into_iter().find(|key| !self.silent.contains(key));
        self.world.proposer = next.expect("somebody builds");
    }

    /// Blocks without transactions; what is due is swept.
    fn blocks(&mut self, count: usize) -> Vec<Receipt> {
        (0..count)
            .flat_map(|_| {
                self.turn();
                self.world.sweep()
            })
            .collect()
    }

    fn set(&self) -> ValidatorSet {
        self.world.state.validators()
    }

    fn keys(&self) -> Vec<PublicKey> {
        self.set().members().iter().map(|member| member.key).collect()
    }

    fn organisation(&self, position: u32) -> OrganisationId {
        self.world.organisation(position)
    }

    fn own_key(&self, position: u32) -> Actor {
        self.world.organisation_actor(position)
    }

    /// A node, and the validator on it.
    fn joining(&self, label: &str, organisation: u32, power: u64) -> Vec<Change> {
        vec![self.new_node(label, organisation, NodeRole::Validator), {
            let key = validator(label);
            let proof = key.sign_peer(&self.world.genesis.hash(), &peer_identity(&node(label)));
            Change::ValidatorAdd {
                organisation: self.organisation(organisation),
                key: key.public(),
                power,
                node: node(label),
                proof,
            }
        }]
    }

    fn new_node(&self, label: &str, organisation: u32, role: NodeRole) -> Change {
        Change::NodeAdd {
            organisation: self.organisation(organisation),
            key: node(label),
            node_role: role,
        }
    }

    /// A validator's key for another on the same node.
    fn rotating(&self, old: &str, new: &str, on: &str) -> Change {
        let key = validator(new);
        let proof = key.sign_peer(&self.world.genesis.hash(), &peer_identity(&node(on)));
        let old = validator(old).public();
        Change::ValidatorRotate { old, new: key.public(), node: node(on), proof }
    }

    fn apply(&mut self, by: &[&Actor], call: &Call) -> [u8; 32] {
        self.turn();
        self.world.apply(CONTRACT, by, call)
    }

    fn reject(&mut self, by: &[&Actor], call: &Call, code: Code) {
        self.turn();
        self.world.reject(CONTRACT, by, call, code);
    }

    /// Why a call is refused, with the values concerned.
    fn refusal(&mut self, by: &[&Actor], call: &Call) -> Rejection {
        self.turn();
        self.world.submit(CONTRACT, by, call).rejection().cloned().expect("it is refused")
    }

    fn propose(&mut self, by: u32, changes: Vec<Change>) -> RecordId {
        RecordId(self.apply(&[&self.own_key(by)], &proposal(changes)))
    }

    fn vote(&mut self, by: u32, id: RecordId, approve: bool) {
        self.apply(&[&self.own_key(by)], &self.ballot(id, approve));
    }

    /// A word on a proposal, with the hash of what stands there.
    fn ballot(&self, id: RecordId, approve: bool) -> Call {
        let hash = |found: Proposal| proposal_hash(id, &found.changes, &found.evidence);
        let proposal_hash = self.found(id).map_or(document("nothing"), hash);
        Call::Vote { proposal: id, proposal_hash, approve }
    }

    /// A proposal to which enough have agreed.
    fn accept(&mut self, changes: Vec<Change>) -> RecordId {
        let id = self.propose(OFFICE, changes);
        self.vote(COMMITTEE, id, true);
        self.vote(REGULATOR, id, true);
        assert!(matches!(self.state(id), ProposalState::Accepted { .. }));
        id
    }

    /// As [`Network::accept`], until its time has come; says how it ended.
    fn decide(&mut self, changes: Vec<Change>) -> End {
        let id = self.accept(changes);
        self.world.advance(LOCK);
        self.blocks(1);
        self.ended(id)
    }

    fn found(&self, id: RecordId) -> Option<Proposal> {
        self.world.view().get::<Proposal>(&id)
    }

    fn state(&self, id: RecordId) -> ProposalState {
        self.found(id).expect("the proposal is there").state
    }

    fn ended(&self, id: RecordId) -> End {
        match self.state(id) {
            ProposalState::Ended { end, .. } => end,
            other => panic!("{other:?} has not ended"),
        }
    }

    fn node(&self, label: &str) -> Option<Node> {
        self.world.view().get::<Node>(&node(label))
    }
}

fn proposal(changes: Vec<Change>) -> Call {
    Call::Propose { changes, evidence: document("minutes") }
}

#[test]
fn a_validator_joins_when_enough_have_agreed_and_everybody_could_look() {
    let mut network = Network::new();
    network.blocks(4);
    let id = network.propose(OFFICE, network.joining("4", PROVIDER, 1));
    network.vote(COMMITTEE, id, true);
    assert_eq!(network.state(id), ProposalState::Open, "two of four, and three are needed");
    network.vote(REGULATOR, id, true);
    let at = network.world.now.plus(LOCK);
    assert_eq!(network.state(id), ProposalState::Accepted { at });
    network.world.advance(LOCK - 1);
    network.blocks(1);
    assert_eq!(network.set().members().len(), 4, "the lock has not ended");
    network.world.at(at);
    let receipts = network.blocks(1);
    assert_eq!(receipts.len(), 1, "it took effect in the sweep of this block");
    assert_eq!(network.ended(id), End::Applied);
    let added = network.set().members()[4];
    assert_eq!((added.key, added.power), (validator("4").public(), 1));
    assert_eq!(added.organisation, network.organisation(PROVIDER));
    let expected = Node { organisation: added.organisation, role: NodeRole::Validator, since: at };
    assert_eq!(network.node("4"), Some(expected));
    network.world.check();
}

#[test]
fn the_nodes_of_genesis_may_connect_and_so_do_those_that_are_added() {
    let mut network = Network::new();
    let organisations: Vec<_> = GOVERNING.map(|n| network.organisation(n)).to_vec();
    let allowed = nodes::allowed(&network.world.state);
    assert_eq!(allowed.len(), 4);
    assert!(allowed.iter().all(|(_, node)| node.role == NodeRole::Validator));
    assert!(allowed.iter().all(|(_, node)| organisations.contains(&node.organisation)));
    network.decide(vec![network.new_node("watch", DONOR, NodeRole::Observer)]);
    let allowed = nodes::allowed(&network.world.state);
    let watch = allowed.iter().find(|(key, _)| *key == node("watch")).unwrap().1;
    assert_eq!((watch.organisation, watch.role), (network.organisation(DONOR), NodeRole::Observer));
    assert_eq!(network.decide(vec![Change::NodeRemove { key: node("watch") }]), End::Applied);
    assert_eq!(nodes::allowed(&network.world.state).len(), 4);
    network.world.check();
}

#[test]
fn on_a_chain_without_governance_the_nodes_of_genesis_may_connect() {
    let mut genesis = World::genesis_with(Vec::new());
    genesis.nodes = vec![
        GenesisNode { key: node("0"), organisation: OFFICE },
        GenesisNode { key: node("watch"), organisation: DONOR },
    ];
    let world = World::begin(genesis);
    let allowed = nodes::allowed(&world.state);
    let role = |label: &str| {
        allowed.iter().find(|(key, _)| *key == node(label)).map(|(_, node)| node.role)
    };
    assert_eq!(allowed.len(), 2);
    assert_eq!(role("0"), Some(NodeRole::Validator));
    assert_eq!(role("watch"), Some(NodeRole::Observer));
}
