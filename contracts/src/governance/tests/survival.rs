//! This exists to state as facts which changes are refused because the chain would end (D22).

use super::*;

fn leave(label: &str) -> Change {
    Change::ValidatorRemove { key: validator(label).public() }
}

fn power(label: &str, power: u64) -> Change {
    Change::ValidatorPower { key: validator(label).public(), power }
}

fn refused(network: &mut Network, changes: Vec<Change>, details: &[Detail]) {
    let office = network.own_key(OFFICE);
    let no = network.refusal(&[&office], &proposal(changes));
    assert_eq!(no, Rejection::new(Code::ValidatorQuorum, details));
}

#[test]
fn one_of_four_does_not_leave_while_another_is_silent() {
    let mut network = Network::new();
    network.blocks(8);
    network.silent.insert(validator("1").public());
    network.blocks(17);
    refused(&mut network, vec![leave("2")], &[Detail::Need(3), Detail::Have(2)]);
    // The silent one may leave, and be replaced in the same breath.
    let mut changes = vec![leave("1")];
    changes.extend(network.joining("4", COMMITTEE, 1));
    assert_eq!(network.decide(changes), End::Applied);
    network.world.check();
}

#[test]
fn a_validator_that_falls_silent_while_a_change_waits_makes_it_void() {
    let mut network = Network::new();
    network.blocks(8);
    let id = network.accept(vec![leave("2")]);
    network.silent.insert(validator("1").public());
    network.blocks(16);
    network.world.advance(LOCK);
    network.blocks(1);
    let no = Rejection::new(Code::ValidatorQuorum, &[Detail::Need(3), Detail::Have(2)]);
    assert_eq!(network.ended(id), End::Refused(no));
    assert_eq!(network.set().members().len(), 4);
    network.blocks(3);
    network.world.check();
}

#[test]
fn a_change_that_became_deadly_is_refused_by_the_vote_that_would_accept_it() {
    let mut network = Network::new();
    network.blocks(8);
    let id = network.propose(OFFICE, vec![leave("2")]);
    network.vote(COMMITTEE, id, true);
    network.silent.insert(validator("1").public());
    network.blocks(16);
    let regulator = network.own_key(REGULATOR);
    let yes = network.ballot(id, true);
    network.reject(&[&regulator], &yes, Code::ValidatorQuorum);
    assert_eq!(network.state(id), ProposalState::Open);
    network.silent.clear();
    network.blocks(4);
    network.apply(&[&regulator], &yes);
    assert!(matches!(network.state(id), ProposalState::Accepted { .. }));
    network.world.check();
}

#[test]
fn two_that_never_built_do_not_join_at_once() {
    let mut network = Network::new();
    network.blocks(4);
    let two = [network.joining("4", PROVIDER, 1), network.joining("5", PARTNER, 1)].concat();
    refused(&mut network, two, &[Detail::Need(5), Detail::Have(4)]);
    // In two proposals, with effect in the same block: the first joins, the second is refused then.
    let first = network.accept(network.joining("4", PROVIDER, 1));
    let second = network.accept(network.joining("5", PARTNER, 1));
    network.world.advance(LOCK);
    network.blocks(1);
    assert_eq!(network.ended(first), End::Applied);
    let no = Rejection::new(Code::ValidatorQuorum, &[Detail::Need(5), Detail::Have(4)]);
    assert_eq!(network.ended(second), End::Refused(no));
    // Once the first has built a block, the other may.
    network.blocks(5);
    assert_eq!(network.decide(network.joining("5", PARTNER, 1)), End::Applied);
    assert_eq!(network.set().members().len(), 6);
    network.world.check();
}

#[test]
fn the_only_validator_neither_leaves_nor_is_put_at_the_mercy_of_another() {
    let mut network = Network::of(&[1]);
    network.blocks(4);
    refused(&mut network, vec![leave("0")], &[]);
    let equal = network.joining("1", COMMITTEE, 1);
    refused(&mut network, equal, &[Detail::Need(2), Detail::Have(1)]);
    let changes = vec![network.rotating("0", "0 new", "0")];
    refused(&mut network, changes, &[Detail::Need(1), Detail::Have(0)]);
    // With weight it grows, hands over, and leaves.
    let grow = [vec![power("0", 3)], network.joining("1", COMMITTEE, 1)].concat();
    assert_eq!(network.decide(grow), End::Applied);
    let over = vec![power("0", 1), power("1", 3)];
    refused(&mut network, over.clone(), &[Detail::Need(3), Detail::Have(1)]);
    network.blocks(2);
    assert_eq!(network.decide(over), End::Applied);
    assert_eq!(network.decide(vec![leave("0")]), End::Applied);
    assert_eq!(network.keys(), [validator("1").public()]);
    network.blocks(3);
    network.world.check();
}

/// The steps of `docs/operators.md` for networks that bear no fault.
#[test]
fn a_network_of_two_grows_to_four_and_then_bears_a_lost_key() {
    let mut network = Network::of(&[1, 1]);
    network.blocks(8);
    let third = network.joining("2", VOLUNTEERS, 1);
    refused(&mut network, third.clone(), &[Detail::Need(3), Detail::Have(2)]);
    let grow = [vec![power("0", 3), power("1", 3)], third].concat();
    assert_eq!(network.decide(grow), End::Applied);
    network.blocks(6);
    assert_eq!(network.decide(vec![power("0", 1), power("1", 1)]), End::Applied);
    network.blocks(12);
    assert_eq!(network.decide(network.joining("3", REGULATOR, 1)), End::Applied);
    network.blocks(16);
    network.silent.insert(validator("3").public());
    network.blocks(16);
    let rotated = vec![network.rotating("3", "3 new", "3")];
    assert_eq!(network.decide(rotated), End::Applied);
    network.blocks(4);
    assert!(network.set().members().iter().all(|member| member.power == 1));
    network.world.check();
}

#[test]
fn where_every_validator_is_needed_a_key_that_works_is_changed_by_shifting_weight() {
    for others in [&["0"][..], &["0", "1"]] {
        let mut network = Network::of(&vec![1; others.len() + 1]);
        network.blocks(12);
        let last = others.len().to_string();
        let rotated = vec![network.rotating(&last, "new", &last)];
        let have = u64::try_from(others.len()).unwrap();
        refused(&mut network, rotated.clone(), &[Detail::Need(have + 1), Detail::Have(have)]);
        let weigh = |weight| others.iter().map(|label| power(label, weight)).collect::<Vec<_>>();
        assert_eq!(network.decide([weigh(3), rotated].concat()), End::Applied);
        network.blocks(6);
        assert_eq!(network.decide(weigh(1)), End::Applied);
        assert_eq!(network.keys().len(), others.len() + 1);
        network.blocks(3);
        network.world.check();
    }
}

#[test]
fn a_node_whose_validator_has_left_is_an_observer_on_the_network() {
    let mut network = Network::new();
    network.blocks(4);
    let role = |network: &Network| {
        let allowed = nodes::allowed(&network.world.state);
        allowed.into_iter().find(|(key, _)| *key == node("3")).map(|(_, node)| node.role)
    };
    assert_eq!(role(&network), Some(NodeRole::Validator));
    assert_eq!(network.decide(vec![leave("3")]), End::Applied);
    assert_eq!(role(&network), Some(NodeRole::Observer));
    network.blocks(4);
    assert_eq!(network.decide(network.joining("3 again", REGULATOR, 1)), End::Applied);
    assert_eq!(role(&network), Some(NodeRole::Validator));
    network.world.check();
}

#[test]
fn before_its_first_blocks_a_chain_changes_no_validator() {
    let mut network = Network::new();
    let joining = network.joining("4", PROVIDER, 1);
    refused(&mut network, joining.clone(), &[Detail::Need(4), Detail::Have(0)]);
    let watch = network.new_node("watch", DONOR, NodeRole::Observer);
    network.propose(OFFICE, vec![watch]);
    network.blocks(2);
    network.propose(OFFICE, joining);
}

#[test]
fn a_validator_keeps_a_node_to_vote_from() {
    let mut network = Network::new();
    network.blocks(4);
    let away = Change::NodeRemove { key: node("0") };
    let office = network.own_key(OFFICE);
    let record = Detail::Record(network.organisation(OFFICE).0);
    let lost = Rejection::new(Code::LastNode, &[record]);
    assert_eq!(network.refusal(&[&office], &proposal(vec![away.clone()])), lost);
    let watching = Change::NodeRole { key: node("0"), node_role: NodeRole::Observer };
    assert_eq!(network.refusal(&[&office], &proposal(vec![watching])), lost);
    // With the validator the node may go; or another takes its place.
    let exchange = vec![away.clone(), network.new_node("0 new", OFFICE, NodeRole::Validator)];
    assert_eq!(network.decide(exchange), End::Applied);
    let gone = vec![leave("0"), Change::NodeRemove { key: node("0 new") }];
    assert_eq!(network.decide(gone), End::Applied);
    assert_eq!(nodes::allowed(&network.world.state).len(), 3);
    network.world.check();
}
