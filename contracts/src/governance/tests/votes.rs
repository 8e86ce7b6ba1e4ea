//! This exists to state who decides, and when, as facts.

use super::*;
use crate::registry::{self, Role};
use crate::testing::key;
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::GrantId;

fn some_change(network: &Network) -> Vec<Change> {
    vec![network.new_node("watch", DONOR, NodeRole::Observer)]
}

#[test]
fn only_organisations_that_govern_decide_and_each_counts_once() {
    let mut network = Network::new();
    let [office, committee, donor] = [OFFICE, COMMITTEE, DONOR].map(|n| network.own_key(n));
    let call = proposal(some_change(&network));
    network.reject(&[&donor], &call, Code::GovernanceQuorum);
    network.reject(&[&office, &donor], &call, Code::GovernanceQuorum);
    let id = network.propose(OFFICE, some_change(&network));
    let yes = network.ballot(id, true);
    network.reject(&[&donor], &yes, Code::GovernanceQuorum);
    network.reject(&[&office], &yes, Code::Exists);
    network.apply(&[&committee], &yes);
    network.reject(&[&committee], &yes, Code::Exists);
    // A second key of the same organisation is the same organisation.
    let owner = registry::PublicOwner::Organisation(network.organisation(COMMITTEE));
    let second = Actor { key: key("committee's second"), ..committee.clone() };
    let add =
        registry::Call::KeyAdd { owner, key: second.key.public(), purpose: KeyPurpose::Business };
    network.turn();
    network.world.apply(registry::CONTRACT, &[&committee], &add);
    network.reject(&[&second], &yes, Code::Exists);
    assert_eq!(network.state(id), ProposalState::Open);
    let other = Call::Vote { proposal: id, proposal_hash: document("other"), approve: false };
    network.reject(&[&office], &other, Code::ApprovalStale);
    let missing = network.ballot(RecordId([9; 32]), true);
    network.reject(&[&committee], &missing, Code::NotFound);
    network.world.check();
}

#[test]
fn those_who_sign_together_agree_at_once() {
    let mut network = Network::new();
    let [office, committee, regulator] = [OFFICE, COMMITTEE, REGULATOR].map(|n| network.own_key(n));
    let changes = some_change(&network);
    let call = proposal(changes);
    let id = RecordId(network.apply(&[&regulator, &office, &committee], &call));
    let found = network.found(id).unwrap();
    assert_eq!(found.organisation, network.organisation(REGULATOR), "the sender proposes");
    assert_eq!(found.ballots.len(), 3);
    assert!(matches!(found.state, ProposalState::Accepted { .. }));
    network.world.check();
}

#[test]
fn the_last_word_of_an_organisation_counts_until_the_lock_ends() {
    let mut network = Network::new();
    let id = network.accept(some_change(&network));
    network.vote(VOLUNTEERS, id, true);
    network.vote(COMMITTEE, id, false);
    assert!(matches!(network.state(id), ProposalState::Accepted { .. }), "three are left");
    network.world.advance(HOUR_MS);
    network.vote(OFFICE, id, false);
    assert_eq!(network.state(id), ProposalState::Open);
    network.world.advance(LOCK);
    assert_eq!(network.blocks(1), [], "nothing is due");
    assert_eq!(network.node("watch"), None);
    // Enough again: it waits its full time again.
    network.vote(COMMITTEE, id, true);
    let at = network.world.now.plus(LOCK);
    assert_eq!(network.state(id), ProposalState::Accepted { at });
    network.world.check();
    network.world.at(at);
    // From its time on nobody changes it, swept or not: the sweep comes first in this block.
    let office = network.own_key(OFFICE);
    network.reject(&[&office], &network.ballot(id, true), Code::State);
    assert_eq!(network.ended(id), End::Applied);
    network.world.check();
}

#[test]
fn one_human_being_speaks_for_one_organisation() {
    let mut network = Network::new();
    let world = &mut network.world;
    let anna = world.person("anna", OFFICE);
    let nullifier = Some(*document("anna at home").bytes());
    let mut govern = |person: &Actor, organisation: u32, nullifier| {
        let call = registry::Call::RoleGrant {
            person: person.person,
            role: Role::Governor,
            organisation: world.organisation(organisation),
            scope: String::new(),
            level: 0,
            nullifier,
            from: world.now,
            to: world.now.plus(365 * DAY_MS),
        };
        let [a, b] = [COMMITTEE, REGULATOR].map(|n| world.organisation_actor(n));
        let grant = GrantId(world.apply(registry::CONTRACT, &[&a, &b], &call));
        Actor { grant: Some(grant), ..person.clone() }
    };
    let for_office = govern(&anna, OFFICE, nullifier);
    let for_volunteers = govern(&anna, VOLUNTEERS, None);
    let id = RecordId(network.apply(&[&for_office], &proposal(some_change(&network))));
    let yes = network.ballot(id, true);
    // Others have granted it, the house at which she would speak has not.
    network.reject(&[&for_volunteers], &yes, Code::GovernanceQuorum);
    // The same human being under another person's name.
    let world = &mut network.world;
    let other = world.person("anna again", VOLUNTEERS);
    let call = registry::Call::RoleGrant {
        person: other.person,
        role: Role::Governor,
        organisation: world.organisation(VOLUNTEERS),
        scope: String::new(),
        level: 0,
        nullifier,
        from: world.now,
        to: world.now.plus(365 * DAY_MS),
    };
    let [a, b] = [COMMITTEE, REGULATOR].map(|n| world.organisation_actor(n));
    let grant = GrantId(world.apply(registry::CONTRACT, &[&a, &b], &call));
    let other = Actor { grant: Some(grant), ..other };
    network.reject(&[&other], &yes, Code::DuplicateApprover);
    network.vote(VOLUNTEERS, id, true);
    assert_eq!(network.found(id).unwrap().ballots.len(), 2);
    network.world.check();
}

#[test]
fn what_too_few_agree_to_expires_swept_or_not() {
    let life = 10 * DAY_MS;
    let mut network = Network::with(&[1; 4], vec![(Parameter::ProposalLife.number(), life)]);
    let id = network.propose(OFFICE, some_change(&network));
    network.vote(COMMITTEE, id, true);
    let until = network.found(id).unwrap().until;
    network.world.at(until);
    let before = network.world.fork(crate::rulebook());
    // The block in which its time comes sweeps first; without a sweep the answer is the same no.
    let regulator = network.own_key(REGULATOR);
    let late = network.ballot(id, true);
    network.reject(&[&regulator], &late, Code::State);
    assert_eq!(network.ended(id), End::Expired);
    assert_eq!(before.view().get::<Proposal>(&id).unwrap().state, ProposalState::Open);
    network.world.check();
    // It stays to be read for a year, then its receipts stay.
    network.world.advance(365 * DAY_MS);
    network.blocks(1);
    assert_eq!(network.found(id), None);
    network.world.check();
}

#[test]
fn an_accepted_proposal_does_not_expire_but_one_that_falls_back_may() {
    let life = 2 * DAY_MS;
    let mut network = Network::with(&[1; 4], vec![(Parameter::ProposalLife.number(), life)]);
    let id = network.accept(some_change(&network));
    let other = network.accept(vec![network.new_node("second", DONOR, NodeRole::Observer)]);
    network.world.advance(life);
    network.blocks(1);
    assert!(matches!(network.state(id), ProposalState::Accepted { .. }));
    network.vote(OFFICE, id, false);
    assert_eq!(network.state(id), ProposalState::Open);
    network.blocks(1);
    assert_eq!(network.ended(id), End::Expired);
    network.world.advance(LOCK - life);
    network.blocks(1);
    assert_eq!(network.ended(other), End::Applied);
    network.world.check();
}

#[test]
fn a_proposal_is_withdrawn_by_who_made_it_until_it_is_accepted() {
    let mut network = Network::new();
    let [office, committee] = [OFFICE, COMMITTEE].map(|n| network.own_key(n));
    let id = network.propose(OFFICE, some_change(&network));
    let withdraw = Call::Withdraw { proposal: id };
    network.reject(&[&network.own_key(DONOR)], &withdraw, Code::GovernanceQuorum);
    network.reject(&[&office], &Call::Withdraw { proposal: RecordId([9; 32]) }, Code::NotFound);
    network.reject(&[&committee], &withdraw, Code::Role);
    network.apply(&[&office], &withdraw);
    assert_eq!(network.ended(id), End::Withdrawn);
    network.reject(&[&office], &withdraw, Code::State);
    network.reject(&[&committee], &network.ballot(id, true), Code::State);
    let accepted = network.accept(some_change(&network));
    network.reject(&[&office], &Call::Withdraw { proposal: accepted }, Code::State);
    network.world.advance(LOCK);
    network.blocks(1);
    assert_eq!(network.ended(accepted), End::Applied);
    network.world.check();
}

#[test]
fn an_organisation_has_at_most_sixteen_proposals_that_have_not_ended() {
    let mut network = Network::new();
    let office = network.own_key(OFFICE);
    let call = proposal(some_change(&network));
    let ids: Vec<_> = (0..16).map(|_| RecordId(network.apply(&[&office], &call))).collect();
    let no = network.refusal(&[&office], &call);
    assert_eq!(no, Rejection::new(Code::PersonLimit, &[Detail::Limit(16)]));
    network.apply(&[&network.own_key(COMMITTEE)], &call);
    network.apply(&[&office], &Call::Withdraw { proposal: ids[3] });
    network.apply(&[&office], &call);
    network.world.check();
}

#[test]
fn what_is_over_is_over_before_any_sweep() {
    let mut network = Network::new();
    let id = network.propose(OFFICE, some_change(&network));
    let until = network.found(id).unwrap().until;
    let view = View::read_only(&network.world.state, Compartment::Public, until);
    let no = proposals::living(&view, id).unwrap_err();
    assert_eq!(no, Rejection::new(Code::Deadline, &[Detail::Time(until.0)]));
    let accepted = network.accept(some_change(&network));
    let ProposalState::Accepted { at } = network.state(accepted) else { panic!("accepted") };
    let view = View::read_only(&network.world.state, Compartment::Public, at);
    let no = proposals::living(&view, accepted).unwrap_err();
    assert_eq!(no, Rejection::new(Code::Deadline, &[Detail::Time(at.0)]));
}
