//! This exists to state as facts how a contract goes to its next version: decided like a change of members, in
//! force from a height, and not to be missed by a program that lacks it.

use super::*;
use crate::programme::{self, Programmes};
use crate::testing::rulebook_and;
use linli_ledger::contract::Rulebook;
use linli_ledger::execute::{
    BlockError, BlockTemplate, build_block, execute_block, missing_contract,
};
use linli_ledger::rules::{ContractVersions, Switch, switches};
use linli_ledger::types::Height;

const PROGRAMME: ContractId = programme::CONTRACT;

/// The next version of the programmes, in which only one call is left, and that says no.
struct Next;

impl Contract for Next {
    fn id(&self) -> ContractId {
        PROGRAMME
    }

    fn version(&self) -> u16 {
        2
    }

    fn compartment(&self) -> Compartment {
        Programmes.compartment()
    }

    fn accepts(&self, call: &[u8]) -> bool {
        call == [77]
    }

    fn execute(&self, _: &[u8], _: &[Party], _: &mut View<'_>) -> Result<(), Rejection> {
        Err(Code::AmountZero.into())
    }
}

fn next(from: u64) -> Change {
    to(2, from)
}

fn to(version: u16, from: u64) -> Change {
    Change::ContractVersion { module: PROGRAMME, version, from_height: Height(from) }
}

fn height(network: &Network) -> u64 {
    network.world.state.tip().height.0
}

fn versions(network: &Network) -> Vec<(u64, u16)> {
    let ContractVersions(versions) = network.world.view().get(&PROGRAMME).unwrap();
    versions.into_iter().map(|(from, version)| (from.0, version)).collect()
}

fn until(network: &mut Network, last: u64) {
    while height(network) < last {
        network.blocks(1);
    }
}

#[test]
fn a_contract_goes_to_its_next_version_at_a_height() {
    let mut network = Network::new();
    network.world.rulebook = rulebook_and(Box::new(Next));
    network.blocks(4);
    let from = height(&network) + 20;
    assert_eq!(network.decide(vec![next(from)]), End::Applied);
    assert_eq!(versions(&network), [(0, 1), (from, 2)]);
    let to_come = Switch { contract: PROGRAMME, version: 2, from: Height(from), is_known: true };
    assert_eq!(switches(&network.world.state, &network.world.rulebook), [to_come]);
    let older = Switch { is_known: false, ..to_come };
    assert_eq!(switches(&network.world.state, &crate::rulebook()), [older]);
    until(&mut network, from - 2);
    let office = network.own_key(OFFICE);
    let submit = |network: &mut Network, version| {
        network.turn();
        let receipt = network.world.try_submit_as(version, PROGRAMME, &[&office], &77_u8);
        receipt.map(|receipt| receipt.rejection().map(|no| no.code))
    };
    assert_eq!(submit(&mut network, 2), Err(Code::Encoding), "one block too early");
    until(&mut network, from - 1);
    assert_eq!(submit(&mut network, 2), Ok(Some(Code::AmountZero)), "the first block under it");
    assert_eq!(height(&network), from);
    assert_eq!(submit(&mut network, 1), Err(Code::Encoding), "what was signed for the old one");
    assert_eq!(switches(&network.world.state, &network.world.rulebook), []);
    network.world.check();
}

#[test]
fn a_program_that_lacks_the_version_stops_before_the_height() {
    let mut network = Network::new();
    network.blocks(4);
    let from = height(&network) + 12;
    assert_eq!(network.decide(vec![next(from)]), End::Applied);
    until(&mut network, from - 2);
    assert_eq!(missing_contract(&network.world.state, &network.world.rulebook), None);
    until(&mut network, from - 1);
    let missing = missing_contract(&network.world.state, &network.world.rulebook);
    assert_eq!(missing, Some((PROGRAMME, 2)));
    // Who has it goes on, and the block of those is not one for the old program.
    network.turn();
    let (time, proposer) = (network.world.now.plus(1), network.world.proposer);
    let rulebook = rulebook_and(Box::new(Next));
    let template = BlockTemplate { time, proposer };
    let block = build_block(&network.world.state, &rulebook, template, &[]).block.verify().unwrap();
    let run = |rulebook: &Rulebook| execute_block(&network.world.state, rulebook, &block).err();
    assert_eq!(run(&network.world.rulebook), Some(BlockError::Rulebook(PROGRAMME, 2)));
    assert_eq!(run(&rulebook), None);
}

#[test]
fn only_the_next_version_comes_and_only_later() {
    let mut network = Network::new();
    network.blocks(4);
    let here = height(&network);
    let first = [Detail::Index(0)];
    let second = [Detail::Index(1)];
    let cases = [
        (
            Change::ContractVersion {
                module: ContractId(99),
                version: 2,
                from_height: Height(here + 99),
            },
            Code::NotFound,
        ),
        (to(0, here + 99), Code::State),
        (to(1, here + 99), Code::State),
        (to(3, here + 99), Code::State),
        (to(u16::MAX, here + 99), Code::State),
        (to(2, 0), Code::Deadline),
        // The block of the proposal itself; each refusal above made a block as well.
        (to(2, here + 7), Code::Deadline),
    ];
    for (change, code) in cases {
        let office = network.own_key(OFFICE);
        let refused = network.refusal(&[&office], &proposal(vec![change.clone()]));
        assert_eq!(refused, Rejection::new(code, &first), "{change:?}");
    }
    assert_eq!(height(&network), here + 7);
    // Two of one proposal: the second sees the first.
    let office = network.own_key(OFFICE);
    let twice = proposal(vec![next(here + 99), to(3, here + 199)]);
    assert_eq!(network.refusal(&[&office], &twice), Rejection::new(Code::State, &second));
    let undone = vec![next(here + 99), to(1, here + 99)];
    assert_eq!(network.decide(undone), End::Applied);
    assert_eq!(versions(&network), [(0, 1)]);
    network.world.check();
}

#[test]
fn what_has_not_come_yet_is_put_off_or_taken_back() {
    let mut network = Network::new();
    network.blocks(4);
    let from = height(&network) + 40;
    assert_eq!(network.decide(vec![next(from)]), End::Applied);
    assert_eq!(network.decide(vec![next(from + 50)]), End::Applied);
    assert_eq!(versions(&network), [(0, 1), (from + 50, 2)]);
    assert_eq!(network.decide(vec![to(1, from + 50)]), End::Applied);
    assert_eq!(versions(&network), [(0, 1)]);
    until(&mut network, from + 60);
    assert_eq!(missing_contract(&network.world.state, &network.world.rulebook), None);
    network.world.check();
}

#[test]
fn a_height_that_has_come_before_the_time_lock_is_over_is_refused_then() {
    let mut network = Network::new();
    network.blocks(4);
    let from = height(&network) + 5;
    let id = network.accept(vec![next(from)]);
    until(&mut network, from);
    network.world.advance(LOCK);
    network.blocks(1);
    let late = Rejection::new(Code::Deadline, &[Detail::Index(0)]);
    assert_eq!(network.ended(id), End::Refused(late));
    assert_eq!(versions(&network), [(0, 1)]);
    network.world.check();
}
