//! This exists to state what each change does and why it is refused as facts.

use super::*;
use crate::registry;
use crate::testing::key;
use linli_ledger::crypto::Signature;
use linli_ledger::keys::{self, KeyPurpose};

const WEAK: PublicKey = PublicKey::Ed25519([0; 32]);

fn refused(network: &mut Network, changes: Vec<Change>, code: Code, details: &[Detail]) {
    let office = network.own_key(OFFICE);
    let call = proposal(changes);
    assert_eq!(network.refusal(&[&office], &call), Rejection::new(code, details), "{call:?}");
}

/// The fields of a change that adds a validator.
struct Joining<'a> {
    organisation: &'a mut OrganisationId,
    key: &'a mut PublicKey,
    power: &'a mut u64,
    node: &'a mut PublicKey,
    proof: &'a mut Signature,
}

/// Changes one field of the last change, which adds a validator.
fn altered(changes: &[Change], change: impl FnOnce(Joining<'_>)) -> Vec<Change> {
    let mut changes = changes.to_vec();
    let Some(Change::ValidatorAdd { organisation, key, power, node, proof }) = changes.last_mut()
    else {
        panic!("a validator joins")
    };
    change(Joining { organisation, key, power, node, proof });
    changes
}

#[test]
fn a_proposal_has_one_to_sixteen_changes() {
    let mut network = Network::new();
    refused(&mut network, Vec::new(), Code::AmountZero, &[]);
    let many = (0..17).map(|n| network.new_node(&format!("n{n}"), DONOR, NodeRole::Observer));
    let mut many: Vec<_> = many.collect();
    refused(&mut network, many.clone(), Code::TooManyLines, &[Detail::Limit(16)]);
    many.pop();
    network.propose(OFFICE, many);
    network.world.check();
}

#[test]
fn a_validator_that_joins_is_refused_for_what_it_says() {
    let mut network = Network::new();
    network.blocks(4);
    let sound = network.joining("4", PROVIDER, 1);
    let second = [Detail::Index(1)];
    let unknown = OrganisationId([9; 32]);
    let nobody = altered(&sound, |joining| *joining.organisation = unknown);
    refused(&mut network, nobody, Code::NotFound, &second);
    let weightless = altered(&sound, |joining| *joining.power = 0);
    refused(&mut network, weightless, Code::AmountZero, &second);
    for known in [validator("0").public(), node("0"), key("organisation 0").public()] {
        let again = altered(&sound, |joining| *joining.key = known);
        refused(&mut network, again, Code::KeyExists, &second);
    }
    // The key of its own node, which comes in the same proposal, is another key's work (SOD-13).
    let mixed = altered(&sound, |joining| *joining.key = node("4"));
    refused(&mut network, mixed, Code::KeyExists, &second);
    let weak = altered(&sound, |joining| *joining.key = WEAK);
    refused(&mut network, weak, Code::Algorithms, &second);
    // Somebody else's key, a proof for another node, a proof on another chain.
    let stolen = altered(&sound, |joining| *joining.key = validator("other").public());
    refused(&mut network, stolen, Code::Possession, &second);
    let moved = altered(&sound, |joining| *joining.node = node("0"));
    refused(&mut network, moved, Code::Possession, &second);
    let elsewhere = validator("4").sign_peer(&document("other chain"), &peer_identity(&node("4")));
    let replayed = altered(&sound, |joining| *joining.proof = elsewhere);
    refused(&mut network, replayed, Code::Possession, &second);
    // Weights that do not sum.
    let heavy = altered(&sound, |joining| *joining.power = u64::MAX);
    refused(&mut network, heavy, Code::AmountOverflow, &[]);
    network.propose(OFFICE, sound);
    network.world.check();
}

#[test]
fn a_validator_runs_on_a_node_for_validators_of_its_organisation() {
    let mut network = Network::new();
    network.blocks(4);
    let sound = network.joining("4", PROVIDER, 1);
    let without = sound[1..].to_vec();
    refused(&mut network, without.clone(), Code::NotFound, &[Detail::Index(0)]);
    let watching = network.new_node("4", PROVIDER, NodeRole::Observer);
    let observer = vec![watching.clone(), sound[1].clone()];
    refused(&mut network, observer, Code::NotFound, &[Detail::Index(1)]);
    let others = vec![network.new_node("4", PARTNER, NodeRole::Validator), sound[1].clone()];
    refused(&mut network, others, Code::NotFound, &[Detail::Index(1)]);
    // One that has followed as an observer becomes the node of a validator.
    assert_eq!(network.decide(vec![watching]), End::Applied);
    refused(&mut network, without.clone(), Code::NotFound, &[Detail::Index(0)]);
    let role = Change::NodeRole { key: node("4"), node_role: NodeRole::Validator };
    assert_eq!(network.decide([vec![role], without].concat()), End::Applied);
    assert_eq!(network.keys()[4], validator("4").public());
    assert_eq!(network.node("4").unwrap().role, NodeRole::Validator);
    network.world.check();
}

#[test]
fn a_validator_leaves_and_its_key_never_comes_back() {
    let mut network = Network::new();
    network.blocks(4);
    let leave = |label: &str| vec![Change::ValidatorRemove { key: validator(label).public() }];
    refused(&mut network, leave("4"), Code::NotFound, &[Detail::Index(0)]);
    let twice = [leave("3"), leave("3")].concat();
    refused(&mut network, twice, Code::NotFound, &[Detail::Index(1)]);
    assert_eq!(network.decide(leave("3")), End::Applied);
    assert_eq!(network.keys(), ["0", "1", "2"].map(|label| validator(label).public()));
    let record = keys::find(&network.world.view(), &validator("3").public()).unwrap();
    assert_eq!(record.to, Some(network.world.state.tip().time));
    network.blocks(3);
    let back = network.joining("3", REGULATOR, 1)[1..].to_vec();
    refused(&mut network, back, Code::KeyExists, &[Detail::Index(0)]);
    network.world.check();
}

#[test]
fn a_rotated_key_keeps_place_organisation_and_weight() {
    let mut network = Network::of(&[3, 3, 3, 2]);
    network.blocks(4);
    let before = network.set();
    let change = network.rotating("1", "1 new", "1");
    let changes = vec![network.rotating("9", "x", "1")];
    refused(&mut network, changes, Code::NotFound, &[Detail::Index(0)]);
    let changes = vec![network.rotating("1", "2", "1")];
    refused(&mut network, changes, Code::KeyExists, &[Detail::Index(0)]);
    let others = vec![network.rotating("1", "1 new", "2")];
    refused(&mut network, others, Code::NotFound, &[Detail::Index(0)]);
    let Change::ValidatorRotate { old, new, node: on, .. } = change.clone() else { panic!() };
    let by_old = validator("1").sign_peer(&network.world.genesis.hash(), &peer_identity(&on));
    let unproven = Change::ValidatorRotate { old, new, node: on, proof: by_old };
    refused(&mut network, vec![unproven], Code::Possession, &[Detail::Index(0)]);
    // Two of three keys at once: nobody has heard the new ones.
    let both = vec![change.clone(), network.rotating("0", "0 new", "0")];
    refused(&mut network, both, Code::ValidatorQuorum, &[Detail::Need(8), Detail::Have(5)]);
    assert_eq!(network.decide(vec![change]), End::Applied);
    let after = network.set();
    assert_eq!(after.members()[1].key, validator("1 new").public());
    assert_eq!(after.members()[1].power, before.members()[1].power);
    assert_eq!(after.members()[1].organisation, before.members()[1].organisation);
    assert_eq!(after.members().len(), 4);
    // It goes on from there.
    network.blocks(4);
    assert_eq!(network.decide(vec![network.rotating("0", "0 new", "0")]), End::Applied);
    network.world.check();
}

#[test]
fn a_rotation_is_refused_when_its_key_was_rotated_meanwhile() {
    let mut network = Network::new();
    network.blocks(4);
    let first = network.accept(vec![network.rotating("1", "a", "1")]);
    let second = network.accept(vec![network.rotating("1", "b", "1")]);
    network.world.advance(LOCK);
    network.blocks(1);
    assert_eq!(network.ended(first), End::Applied);
    let no = Rejection::new(Code::NotFound, &[Detail::Index(0)]);
    assert_eq!(network.ended(second), End::Refused(no));
    assert_eq!(network.keys()[1], validator("a").public());
    network.blocks(4);
    network.world.check();
}

#[test]
fn a_key_that_somebody_registers_meanwhile_makes_the_change_void() {
    let mut network = Network::new();
    network.blocks(4);
    let id = network.accept(network.joining("4", PROVIDER, 1));
    let partner = network.own_key(PARTNER);
    let call = registry::Call::KeyAdd {
        owner: registry::PublicOwner::Organisation(network.organisation(PARTNER)),
        key: validator("4").public(),
        purpose: KeyPurpose::Business,
    };
    network.turn();
    network.world.apply(registry::CONTRACT, &[&partner], &call);
    network.world.advance(LOCK);
    network.blocks(1);
    let no = Rejection::new(Code::KeyExists, &[Detail::Index(1)]);
    assert_eq!(network.ended(id), End::Refused(no));
    assert_eq!(network.node("4"), None, "all of it or nothing");
    network.world.check();
}

#[test]
fn keys_refuse_each_others_work() {
    let mut network = Network::new();
    network.blocks(4);
    network.decide(network.joining("4", PROVIDER, 1));
    let organisation = network.organisation(PROVIDER);
    let provider = network.own_key(PROVIDER);
    let owner = registry::PublicOwner::Organisation(organisation);
    for taken in [validator("4").public(), node("4")] {
        let add = registry::Call::KeyAdd { owner, key: taken, purpose: KeyPurpose::Business };
        network.turn();
        network.world.reject(registry::CONTRACT, &[&provider], &add, Code::KeyExists);
        let revoke = registry::Call::KeyRevoke { key: taken };
        network.turn();
        network.world.reject(registry::CONTRACT, &[&provider], &revoke, Code::KeyPurpose);
        let rotate = registry::Call::KeyRotate { old: taken, new: key("fresh").public() };
        network.turn();
        network.world.reject(registry::CONTRACT, &[&provider], &rotate, Code::KeyPurpose);
    }
    let business = key("organisation 3").public();
    let role = NodeRole::Observer;
    let as_node = vec![Change::NodeAdd { organisation, key: business, node_role: role }];
    refused(&mut network, as_node, Code::KeyExists, &[Detail::Index(0)]);
    network.world.check();
}

#[test]
fn weights_change_and_stay_above_zero() {
    let mut network = Network::new();
    network.blocks(4);
    let power =
        |label: &str, power| vec![Change::ValidatorPower { key: validator(label).public(), power }];
    let first = [Detail::Index(0)];
    refused(&mut network, power("9", 2), Code::NotFound, &first);
    refused(&mut network, power("0", 1), Code::State, &first);
    refused(&mut network, power("0", 0), Code::AmountZero, &first);
    assert_eq!(network.decide(power("0", 2)), End::Applied);
    assert_eq!(network.set().members()[0].power, 2);
    network.world.check();
}

#[test]
fn nodes_are_added_changed_and_removed() {
    let mut network = Network::new();
    network.blocks(4);
    let first = [Detail::Index(0)];
    let organisation = OrganisationId([9; 32]);
    let role = NodeRole::Observer;
    let nobodys = Change::NodeAdd { organisation, key: node("x"), node_role: role };
    refused(&mut network, vec![nobodys], Code::NotFound, &first);
    let again = network.new_node("0", OFFICE, role);
    refused(&mut network, vec![again], Code::KeyExists, &first);
    let watch = network.new_node("watch", DONOR, role);
    let twice = vec![watch.clone(), watch.clone()];
    refused(&mut network, twice, Code::KeyExists, &[Detail::Index(1)]);
    let organisation = network.organisation(DONOR);
    let weak = Change::NodeAdd { organisation, key: WEAK, node_role: role };
    refused(&mut network, vec![weak], Code::Algorithms, &first);
    let gone = Change::NodeRemove { key: node("watch") };
    refused(&mut network, vec![gone.clone()], Code::NotFound, &first);
    let turn = |role| Change::NodeRole { key: node("watch"), node_role: role };
    refused(&mut network, vec![turn(role)], Code::NotFound, &first);
    assert_eq!(network.decide(vec![watch]), End::Applied);
    let since = network.node("watch").unwrap().since;
    refused(&mut network, vec![turn(role)], Code::State, &first);
    assert_eq!(network.decide(vec![turn(NodeRole::Validator)]), End::Applied);
    let turned = network.node("watch").unwrap();
    assert_eq!((turned.role, turned.since), (NodeRole::Validator, since));
    assert_eq!(network.decide(vec![gone]), End::Applied);
    assert_eq!(network.node("watch"), None);
    let record = keys::find(&network.world.view(), &node("watch")).unwrap();
    assert_eq!(record.to, Some(network.world.state.tip().time));
    network.world.check();
}

#[test]
fn there_are_at_most_256_nodes() {
    let mut genesis = World::genesis_with(Vec::new());
    genesis.contracts.push((CONTRACT, 1));
    genesis.governance_threshold = 1;
    let nodes = (0..255).map(|n| GenesisNode { key: node(&format!("n{n}")), organisation: DONOR });
    genesis.nodes = nodes.collect();
    let mut network = Network { world: World::begin(genesis), silent: BTreeSet::new() };
    let two = vec![
        network.new_node("a", DONOR, NodeRole::Observer),
        network.new_node("b", DONOR, NodeRole::Observer),
    ];
    refused(&mut network, two.clone(), Code::PersonLimit, &[Detail::Limit(256)]);
    network.propose(OFFICE, two[..1].to_vec());
}

#[test]
fn an_organisation_ends_a_node_of_its_own_at_once() {
    let mut network = Network::new();
    network.decide(vec![network.new_node("watch", DONOR, NodeRole::Observer)]);
    let [donor, office] = [DONOR, OFFICE].map(|n| network.own_key(n));
    let end = |label: &str| Call::NodeEnd { key: node(label) };
    network.reject(&[&donor], &end("nobody's"), Code::NotFound);
    network.reject(&[&office], &end("watch"), Code::Role);
    network.apply(&[&donor], &end("watch"));
    assert_eq!(network.node("watch"), None);
    assert!(nodes::allowed(&network.world.state).iter().all(|(key, _)| *key != node("watch")));
    network.reject(&[&donor], &end("watch"), Code::NotFound);
    // The last node of a validator stays until there is another.
    let no = network.refusal(&[&office], &end("0"));
    let record = Detail::Record(network.organisation(OFFICE).0);
    assert_eq!(no, Rejection::new(Code::LastNode, &[record]));
    network.decide(vec![network.new_node("0 new", OFFICE, NodeRole::Validator)]);
    network.apply(&[&office], &end("0"));
    network.reject(&[&office], &end("0 new"), Code::LastNode);
    network.world.check();
}
