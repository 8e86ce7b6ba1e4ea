//! Four organisations' validators and an auditor's observer as services: whatever a client hands to one of
//! them becomes final on all.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::town::{OBSERVER, Town, network};
use linli_ledger::code::Code;
use linli_service::{Answer, Presence};

#[test]
fn what_a_client_hands_to_any_node_is_final_on_all() {
    let mut town = Town::start();
    for n in 0..=OBSERVER {
        let transaction = town.register(n);
        let Answer::Final(answer) = town.submit(n, &transaction).wait() else { panic!("node {n}") };
        assert_eq!(answer.receipt.rejection(), None);
        town.until(answer.height);
    }
    town.agree();
    // Several at once, to all of them.
    let many: Vec<_> = (0..20).map(|n| town.register(n % 4)).collect();
    let tickets: Vec<_> =
        many.iter().enumerate().map(|(at, one)| town.submit(at % 5, one)).collect();
    for ticket in tickets {
        assert!(matches!(ticket.wait(), Answer::Final(_)));
    }
    town.stop();
}

#[test]
fn what_is_handed_to_all_nodes_is_in_one_block() {
    let mut town = Town::start();
    let transaction = town.register(0);
    let tickets: Vec<_> = (0..=OBSERVER).map(|n| town.submit(n, &transaction)).collect();
    let mut last = None;
    for ticket in tickets {
        match ticket.wait() {
            Answer::Final(answer) => {
                let before = last.replace((answer.height, answer.index));
                assert!(before.is_none_or(|before| before == (answer.height, answer.index)));
            }
            Answer::Refused(code) => assert_eq!(code, Code::NonceUsed),
            Answer::Unknown(why) => panic!("{why}"),
        }
    }
    town.until(last.unwrap().0);
    assert_eq!(town.transactions(), 1);
    town.stop();
}

#[test]
fn a_node_says_who_the_others_are() {
    let town = Town::start();
    let peers = town.nodes[0].peers().unwrap();
    assert_eq!(peers.len(), 5);
    let itself = peers.iter().filter(|peer| peer.presence == Presence::Itself);
    assert_eq!(itself.map(|peer| peer.key).collect::<Vec<_>>(), [network(0).public()]);
    town.stop();
}
