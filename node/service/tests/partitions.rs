//! Links that are cut between validators with the real rules: what has no quorum decides nothing, what has one goes on, and
//! all go on soon after the links are back. How soon is printed.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![expect(clippy::print_stdout, reason = "how long it takes is of interest")]

mod common;

use common::town::{OBSERVER, Town, VALIDATORS, network};
use linli_ledger::crypto::PublicKey;
use linli_ledger::types::Height;
use linli_service::{Answer, Ticket};
use std::time::{Duration, Instant};

/// How soon a network goes on when its links are back (§5.2 asks for 10 s on a machine of its own).
const GOES_ON_MAX: Duration = Duration::from_secs(30);

/// How long nothing must happen: rounds enough to decide, if anything could.
const QUIET: Duration = Duration::from_secs(4);

fn peers(nodes: &[usize]) -> Vec<PublicKey> {
    nodes.iter().map(|n| network(*n).public()).collect()
}

/// A town that has decided something.
fn town() -> Town {
    let mut town = Town::start();
    let transaction = town.register(0);
    let height = decided(town.submit(0, &transaction));
    town.until(height);
    town
}

fn decided(ticket: Ticket) -> Height {
    let Answer::Final(answer) = ticket.wait() else { panic!("it is not decided") };
    assert_eq!(answer.receipt.rejection(), None);
    answer.height
}

/// Heals every link, and says how long it takes until all nodes have what waits and one more block.
fn heals(what: &str, town: &mut Town, waiting: Vec<Ticket>) {
    town.hub.heal_all();
    let healed = Instant::now();
    for ticket in waiting {
        town.until(decided(ticket));
    }
    let transaction = town.register(0);
    let height = decided(town.submit(0, &transaction));
    town.until(height);
    let passed = healed.elapsed();
    println!("{what}: all have block {height} {} ms after the links are back", passed.as_millis());
    assert!(passed < GOES_ON_MAX, "{what}: {passed:?}");
    town.agree();
}

/// The validator that proposes the next block.
fn leader(town: &Town) -> usize {
    town.nodes[0].with_state(|state| {
        let next = state.tip().height.next();
        let turn = usize::try_from(next.0).unwrap() % VALIDATORS;
        let key = state.validators().members()[turn].key;
        (0..VALIDATORS).find(|n| common::town::validator(*n).public() == key).unwrap()
    })
}

#[test]
fn two_and_two_decide_nothing_and_go_on_together() {
    let mut town = town();
    town.hub.part(&peers(&[0, 1, OBSERVER]), &peers(&[2, 3]));
    let transactions = [town.register(0), town.register(2)];
    let waiting = vec![town.submit(0, &transactions[0]), town.submit(2, &transactions[1])];
    town.stands_still(QUIET);
    heals("2/2", &mut town, waiting);
    town.stop();
}

#[test]
fn three_go_on_without_the_fourth_which_decides_nothing_and_catches_up() {
    let mut town = town();
    town.hub.part(&peers(&[0, 1, 2, OBSERVER]), &peers(&[3]));
    let alone = town.register(3);
    let waiting = town.submit(3, &alone);
    let tip = town.nodes[3].health().head.height;
    for n in 0..3 {
        let transaction = town.register(n);
        decided(town.submit(n, &transaction));
    }
    assert_eq!(town.nodes[3].health().head.height, tip);
    heals("3/1", &mut town, vec![waiting]);
    town.stop();
}

#[test]
fn without_its_leader_the_others_go_on() {
    let mut town = town();
    for _ in 0..2 {
        let leader = leader(&town);
        let others: Vec<_> = (0..=OBSERVER).filter(|n| *n != leader).collect();
        town.hub.part(&peers(&others), &peers(&[leader]));
        let transaction = town.register(others[0]);
        let height = decided(town.submit(others[0], &transaction));
        for n in others {
            town.until_one(&town.nodes[n], height);
        }
        assert!(town.nodes[leader].health().head.height < height);
        heals("leader isolated", &mut town, Vec::new());
    }
    town.stop();
}

#[test]
fn a_validator_that_only_hears_or_is_only_heard_stops_nobody() {
    let mut town = town();
    for one in [leader(&town), 1] {
        for hears in [true, false] {
            let [of_one] = peers(&[one])[..] else { panic!("one peer") };
            let others: Vec<_> = (0..=OBSERVER).filter(|n| *n != one).collect();
            for other in peers(&others) {
                let (from, to) = if hears { (of_one, other) } else { (other, of_one) };
                town.hub.cut(from, to);
            }
            for _ in 0..3 {
                let transaction = town.register(others[0]);
                let height = decided(town.submit(others[0], &transaction));
                for n in &others {
                    town.until_one(&town.nodes[*n], height);
                }
            }
            let what = if hears { "one only hears" } else { "one is only heard" };
            heals(what, &mut town, Vec::new());
        }
    }
    town.stop();
}

#[test]
fn a_ring_of_links_in_one_direction_is_enough() {
    let mut town = town();
    // Each of the validators hears one of the others, and is heard by another.
    for from in 0..VALIDATORS {
        for to in (0..VALIDATORS).filter(|to| *to != from && *to != (from + 1) % VALIDATORS) {
            town.hub.cut(network(from).public(), network(to).public());
        }
    }
    for n in 0..VALIDATORS {
        let transaction = town.register(n);
        decided(town.submit(n, &transaction));
    }
    heals("a ring", &mut town, Vec::new());
    town.stop();
}
