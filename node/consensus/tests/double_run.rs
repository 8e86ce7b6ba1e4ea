//! One key in two places: a second process with it, in both orders, and a folder that was restored from an
//! older copy. They cast no vote that contradicts another, and say why; the honest one goes on.

mod common;

use common::{Node, Setup, all_reach, check_same, folder, list, peer};
use linli_consensus::Silence;
use linli_network::memory::Hub;
use tempfile::TempDir;

const FOUR: [u8; 4] = [1, 2, 3, 4];

/// A fifth node, of a validator's organisation: where the second process runs.
const SECOND: u8 = 5;

async fn four(hub: &Hub, target: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    for n in FOUR {
        let network = hub.join(peer(n), list(&[1, 2, 3, 4, SECOND], &[]));
        nodes.push(Node::start(n, &FOUR, network, target).await);
    }
    nodes
}

fn join(hub: &Hub, n: u8) -> linli_network::Network {
    hub.join(peer(n), list(&[1, 2, 3, 4, SECOND], &[]))
}

fn nobody_contradicts(nodes: &[Node]) {
    for node in nodes {
        let evidence = node.evidence.lock().expect("a lock");
        assert!(evidence.is_empty(), "{evidence:?}");
    }
}

fn is_second(silence: Option<&Silence>) -> bool {
    matches!(silence, Some(Silence::SecondSigner { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_with_the_key_signs_nothing_and_the_first_goes_on() {
    let hub = Hub::new(1);
    let mut nodes = four(&hub, 0).await;
    all_reach(&mut nodes, 5).await;
    // It has the key of validator 4, and a folder of its own.
    let second = Setup { key: 4, ..Setup::new(SECOND, &FOUR, 0) };
    let mut second = second.start(folder(), join(&hub, SECOND)).await;
    second.reaches(5).await;
    for target in 6.. {
        all_reach(&mut nodes, target).await;
        if is_second(second.silence.borrow().as_ref()) {
            break;
        }
    }
    let tip = nodes[0].tip();
    all_reach(&mut nodes, tip + 8).await;
    // It follows, without a voice.
    second.reaches(tip + 8).await;
    second.falls_silent(is_second).await;
    for node in &nodes {
        assert_eq!(*node.silence.borrow(), None, "the first goes on");
    }
    nodes.push(second);
    check_same(&nodes);
    nobody_contradicts(&nodes);
    // The first is needed for a quorum, and there is one.
    hub.part(&[peer(1)], &[2, 3, 4, SECOND].map(peer));
    all_reach(&mut nodes[1..4], tip + 12).await;
    nobody_contradicts(&nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_that_starts_again_beside_the_second_signs_nothing() {
    let hub = Hub::new(2);
    let mut nodes = four(&hub, 0).await;
    all_reach(&mut nodes, 5).await;
    let (first, original) = nodes.remove(3).stop().await;
    // A copy goes on elsewhere, as an honest node that was moved would.
    let moved = Setup { n: SECOND, chain: first.clone_of_chain(), ..first.clone() };
    let moved = moved.start(common::copy(original.path()), join(&hub, SECOND)).await;
    nodes.push(moved);
    all_reach(&mut nodes, 15).await;
    assert_eq!(*nodes[3].silence.borrow(), None, "it was moved, and is the only one");
    hub.part(&[peer(1)], &[2, 3, 4, SECOND].map(peer));
    all_reach(&mut nodes[1..], 18).await;
    hub.heal_all();

    let mut first = first.start(original, join(&hub, 4)).await;
    first.falls_silent(|silence| silence.is_some()).await;
    for target in 19.. {
        all_reach(&mut nodes, target).await;
        if is_second(first.silence.borrow().as_ref()) {
            break;
        }
    }
    let tip = nodes[0].tip();
    all_reach(&mut nodes, tip + 5).await;
    first.reaches(tip + 5).await;
    first.falls_silent(is_second).await;
    assert_eq!(*nodes[3].silence.borrow(), None, "the other goes on");
    nodes.push(first);
    check_same(&nodes);
    nobody_contradicts(&nodes);
}

/// Four of which the last is stopped at block 4, as it was then, and with it and the second and third alone at 20:
/// the first is at block 10.
async fn four_and_a_copy(hub: &Hub) -> (Vec<Node>, Setup, TempDir) {
    let mut nodes = four(hub, 0).await;
    all_reach(&mut nodes, 4).await;
    let (setup, now) = nodes.remove(3).stop().await;
    let (backup, chain) = (common::copy(now.path()), setup.clone_of_chain());
    // The twin: the same folder goes on, is never silent, and is needed.
    nodes.push(setup.clone().start(now, join(hub, 4)).await);
    all_reach(&mut nodes, 10).await;
    hub.part(&[peer(1)], &[2, 3, 4].map(peer));
    all_reach(&mut nodes[1..], 20).await;
    assert_eq!(*nodes[3].silence.borrow(), None);
    nodes.remove(3).stop().await;
    (nodes, Setup { chain, ..setup }, backup)
}

/// It votes again: its vote is needed, and comes.
async fn it_votes_again(hub: &Hub, mut nodes: Vec<Node>) {
    hub.heal_all();
    all_reach(&mut nodes, 26).await;
    hub.part(&[peer(1)], &[2, 3, 4].map(peer));
    all_reach(&mut nodes[1..], 30).await;
    check_same(&nodes);
    nobody_contradicts(&nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_restored_from_an_older_copy_contradicts_nothing_and_then_votes() {
    let hub = Hub::new(3);
    let (mut nodes, restored, backup) = four_and_a_copy(&hub).await;
    hub.heal_all();
    all_reach(&mut nodes, 20).await;
    let mut node = restored.start(backup, join(&hub, 4)).await;
    node.reaches(20).await;
    nodes.push(node);
    it_votes_again(&hub, nodes).await;
}

/// One of the two that tell it how far the chain is has been away. What its former self signed since is no
/// second signer's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_folder_votes_again_although_it_was_told_too_little() {
    let hub = Hub::new(4);
    let (mut nodes, restored, backup) = four_and_a_copy(&hub).await;
    hub.heal_all();
    // The first stays away from the others, and tells what it knows.
    hub.part(&[peer(1)], &[2, 3].map(peer));
    hub.part(&[peer(3)], &[peer(4)]);
    assert_eq!(nodes[0].tip(), 10);
    let mut node = restored.start(backup, join(&hub, 4)).await;
    node.reaches(10).await;
    nodes.push(node);
    it_votes_again(&hub, nodes).await;
}
