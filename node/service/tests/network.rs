//! Four organisations' validators and an auditor's observer as services: whatever a client hands to one of
//! them becomes final on all.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::town::{OBSERVER, Town, VALIDATORS, network};
use linli_ledger::code::Code;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::Height;
use linli_service::{
    Answer, Final, Full, LiveOptions, Presence, QueueLimits, SnapshotRule, SubmitError, Ticket,
};
use std::time::Duration;

fn finality(ticket: Ticket) -> Box<Final> {
    match ticket.wait() {
        Answer::Final(answer) => answer,
        other => panic!("{other:?}"),
    }
}

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

#[test]
fn what_a_node_was_handed_while_it_was_cut_off_is_final_when_it_is_back() {
    for n in [OBSERVER, 2] {
        let mut town = Town::start();
        let before = town.register(0);
        town.until(finality(town.submit(0, &before)).height);
        town.cut_off(n);
        let alone = town.register(n);
        let ticket = town.submit(n, &alone);
        // The others go on without it.
        let meanwhile = town.register(1);
        let height = finality(town.submit(1, &meanwhile)).height;
        assert!(town.nodes[n].health().head.height < height);
        assert_eq!(town.nodes[n].health().waiting, 1);
        town.hub.heal_all();
        town.until(finality(ticket).height);
        town.agree();
        town.stop();
    }
}

#[test]
fn a_node_that_was_away_catches_up_and_serves_its_clients() {
    for n in [OBSERVER, 1] {
        let mut town = Town::start();
        town.until(Height(1));
        town.nodes[n].stop();
        let mut height = Height(0);
        for _ in 0..5 {
            let meanwhile = town.register(0);
            height = finality(town.submit(0, &meanwhile)).height;
        }
        town.restart(n);
        town.until_one(&town.nodes[n], height);
        let transaction = town.register(n);
        town.until(finality(town.submit(n, &transaction)).height);
        town.agree();
        town.stop();
    }
}

#[test]
fn an_announcement_that_was_lost_is_made_again() {
    let mut town = Town::start();
    let before = town.register(0);
    town.until(finality(town.submit(0, &before)).height);
    // The observer hears everything and nobody hears it: no peer comes up when that ends.
    let observer = network(OBSERVER).public();
    let deaf: Vec<_> = (0..VALIDATORS).map(|n| network(n).public()).collect();
    for validator in &deaf {
        town.hub.cut(observer, *validator);
    }
    let transaction = town.register(OBSERVER);
    let ticket = town.submit(OBSERVER, &transaction);
    let meanwhile = town.register(1);
    town.until(finality(town.submit(1, &meanwhile)).height);
    assert_eq!(town.nodes[OBSERVER].health().waiting, 1);
    for validator in &deaf {
        town.hub.heal(observer, *validator);
    }
    finality(ticket);
    town.stop();
}

#[test]
fn a_long_rest_holds_up_nothing_and_makes_no_block() {
    let mut town = Town::with(|_, options| LiveOptions { heartbeat: None, ..options });
    let mut last = Height(0);
    for n in 0..12 {
        let transaction = town.register(n % 4);
        let height = finality(town.submit(n % 5, &transaction)).height;
        town.until(height);
        // One for each, and one more after the start.
        assert!(height == last.next() || (n == 0 && height <= Height(2)), "{last} {height}");
        last = height;
    }
    town.stop();
}

#[test]
fn the_heartbeat_is_one_for_all_and_every_node_writes_snapshots() {
    let heartbeat = Some(Duration::from_millis(50));
    let snapshots = SnapshotRule { receipts: 1, blocks: 2, interval: Duration::ZERO };
    let town = Town::with(|_, options| LiveOptions { heartbeat, snapshots, ..options });
    town.until(Height(5));
    town.agree();
    town.until_true(|town| town.nodes.iter().all(|node| node.health().snapshot.is_some()));
    town.stop();
}

#[test]
fn what_falls_due_gets_its_block_while_nobody_hands_in_anything() {
    let mut town = Town::with(|_, options| LiveOptions { heartbeat: None, ..options });
    let another = network(99).public();
    let proposed = town.admit(another);
    let answer = finality(town.submit(1, &proposed));
    assert_eq!(answer.receipt.rejection(), None);
    town.until(answer.height.next());
    for node in &town.nodes {
        assert!(node.peers().unwrap().iter().any(|peer| peer.key == another));
    }
    town.stop();
}

#[test]
fn what_a_member_announces_and_nobody_may_sign_is_in_no_block_and_makes_none() {
    let (mut town, member) = Town::with_member();
    let before = town.register(0);
    let begun = finality(town.submit(0, &before)).height;
    // Well signed, by keys that nobody knows.
    let junk: Vec<_> = (0..2_000).map(|_| town.register_by_nobody()).collect();
    let handle = member.link.handle.clone();
    town.announce(&handle, &junk[..1_000]);
    let honest = town.register(1);
    let ticket = town.submit(1, &honest);
    town.announce(&handle, &junk[1_000..]);
    assert!(finality(ticket).height <= Height(begun.0 + 5));
    // Whoever has this has heard all before it.
    let last = town.register(OBSERVER);
    town.announce(&handle, std::slice::from_ref(&last));
    town.until_true(|town| town.transactions() == 3);
    let made = town.nodes[0].health().head.height.0 - begun.0;
    assert!(made <= 2, "{made} blocks for two transactions");
    town.until_true(|town| town.nodes.iter().all(|node| node.health().waiting == 0));
    town.stop();
}

/// An hour ahead of everybody.
fn ahead() -> u64 {
    linli_node::milliseconds_since_epoch() + 3_600_000
}

/// An hour behind.
fn behind() -> u64 {
    linli_node::milliseconds_since_epoch() - 3_600_000
}

#[test]
fn a_clock_that_is_wrong_delays_its_owner_and_nobody_else() {
    for clock in [ahead, behind] {
        let mut town = Town::with(|n, options| match n {
            3 => LiveOptions { clock, ..options },
            _ => options,
        });
        let mut blocks = 0;
        for n in 0..8 {
            let transaction = town.register(n % 3);
            let answer = finality(town.submit(n % 3, &transaction));
            blocks = answer.height.0;
        }
        // Not a block more than its turns at the most: it makes nobody decide what is empty.
        assert!(blocks <= 8 + 3, "{blocks} blocks");
        town.until(Height(blocks));
        let now = linli_node::milliseconds_since_epoch();
        for node in &town.nodes {
            let time = node.health().head.time.0;
            assert!(time <= now + 2_000 && time + 60_000 > now, "{time} at {now}");
        }
        town.agree();
        town.stop();
    }
}

#[test]
fn one_key_and_one_organisation_leave_room_on_every_node() {
    let queue = QueueLimits { transactions: 40, bytes: usize::MAX };
    let mut town = Town::with(|_, options| LiveOptions { queue, ..options });
    let before = town.register(0);
    town.until(finality(town.submit(0, &before)).height);
    // Two and two decide nothing.
    town.part(&[0, 1], &[2, 3, OBSERVER]);
    let many: Vec<VerifiedTransaction> = (0..30).map(|_| town.register(0)).collect();
    let taken = town.nodes[0].submit(many);
    let full = |full| {
        move |taken: &Result<Ticket, SubmitError>| {
            matches!(taken, Err(SubmitError::QueueFull { full: found, retry_after })
            if *found == full && (1..=30).contains(&retry_after.as_secs()))
        }
    };
    assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 10);
    assert!(taken[10..].iter().all(full(Full::Key)));
    let other = town.register(1);
    let ticket = town.submit(1, &other);
    town.until_true(|town| [0, 1].iter().all(|n: &usize| town.nodes[*n].health().waiting == 11));
    town.hub.heal_all();
    for ticket in taken.into_iter().flatten().chain([ticket]) {
        finality(ticket);
    }
    town.stop();
}

#[test]
fn what_another_node_may_know_already_is_waited_for() {
    let mut town = Town::start();
    let before = town.register(0);
    town.until(finality(town.submit(0, &before)).height);
    // A person is registered while the observer hears nothing, and a key of hers signs at the observer.
    town.cut_off(OBSERVER);
    let (registered, hers) = town.register_and_use(0);
    let ticket = town.submit(OBSERVER, &hers);
    finality(town.submit(0, &registered));
    town.hub.heal_all();
    let answer = finality(ticket);
    assert_ne!(answer.receipt.rejection().map(|no| no.code), Some(Code::KeyInactive));
    town.stop();
}
