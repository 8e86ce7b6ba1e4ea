//! Many nodes of one process on the real engine, joined in memory: they decide the same blocks, go on
//! while enough of them hear each other, stop while they do not, and catch up.

mod common;

use common::{Node, Setup, all_reach, check_same, list, peer};
use linli_network::Role;
use linli_network::memory::Hub;

const FOUR: [u8; 4] = [1, 2, 3, 4];

async fn four(hub: &Hub, target: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    for n in FOUR {
        let network = hub.join(peer(n), list(&FOUR, &[5]));
        nodes.push(Node::start(n, &FOUR, network, target).await);
    }
    nodes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_validators_decide_the_same_blocks_and_rest() {
    let hub = Hub::new(1);
    let mut nodes = four(&hub, 0).await;
    all_reach(&mut nodes, 20).await;
    check_same(&nodes);
    for node in &nodes {
        assert_eq!(node.tip(), 20, "nobody goes on without work");
    }
    // Only the next proposer, node (21 mod 4) + 1, has work. Its proposal wakes the others.
    nodes[1].go(21);
    for node in &mut nodes {
        node.reaches(21).await;
    }
    all_reach(&mut nodes, 25).await;
    check_same(&nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_of_four_go_on_and_the_fourth_catches_up_while_they_rest() {
    let hub = Hub::new(2);
    let mut nodes = four(&hub, 3).await;
    all_reach(&mut nodes, 3).await;
    let three: Vec<_> = [1, 2, 3].map(peer).to_vec();
    hub.part(&three, &[peer(4)]);
    let tip = nodes[3].tip();
    all_reach(&mut nodes[..3], 10).await;
    assert_eq!(nodes[3].tip(), tip, "nothing reaches it");
    hub.heal_all();
    nodes[3].reaches(10).await;
    check_same(&nodes);
    // It votes again: without it there is no quorum now.
    hub.part(&[peer(1)], &[2, 3, 4].map(peer));
    all_reach(&mut nodes[1..], 14).await;
    check_same(&nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_and_two_decide_nothing_and_agree_when_they_meet() {
    let hub = Hub::new(3);
    let mut nodes = four(&hub, 3).await;
    all_reach(&mut nodes, 3).await;
    hub.part(&[1, 2].map(peer), &[3, 4].map(peer));
    for node in &nodes {
        node.go(8);
    }
    // The proposer of height 4 is heard on its side, and that is not enough.
    nodes[1].hears_of(4).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(
        nodes.iter().all(|node| node.tip() == 3),
        "{:?}",
        nodes.iter().map(Node::tip).collect::<Vec<_>>()
    );
    hub.heal_all();
    all_reach(&mut nodes, 8).await;
    check_same(&nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_messages_and_deaf_ears_do_not_part_the_chains() {
    let hub = Hub::new(4);
    let mut nodes = four(&hub, 0).await;
    hub.lose(50);
    hub.cut(peer(1), peer(2));
    hub.cut(peer(3), peer(1));
    all_reach(&mut nodes, 10).await;
    check_same(&nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_without_a_vote_catches_up_and_follows() {
    let hub = Hub::new(5);
    let mut nodes = four(&hub, 12).await;
    all_reach(&mut nodes, 12).await;
    let network = hub.join(peer(5), list(&FOUR, &[5]));
    nodes.push(Node::start(5, &FOUR, network, u64::MAX).await);
    assert_eq!(list(&FOUR, &[5]).role(&peer(5)), Some(Role::Observer));
    nodes[4].reaches(12).await;
    all_reach(&mut nodes[..4], 30).await;
    nodes[4].reaches(30).await;
    check_same(&nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_that_stops_and_starts_again_catches_up_and_votes() {
    let hub = Hub::new(6);
    let mut nodes = four(&hub, 3).await;
    all_reach(&mut nodes, 3).await;
    let stopped = nodes.remove(3);
    let restarted = stopped
        .restart(
            async || {
                all_reach(&mut nodes, 9).await;
                hub.join(peer(4), list(&FOUR, &[5]))
            },
            9,
        )
        .await;
    nodes.push(restarted);
    nodes[3].reaches(9).await;
    hub.part(&[peer(1)], &[2, 3, 4].map(peer));
    all_reach(&mut nodes[1..], 12).await;
    check_same(&nodes);
}

/// The validators of a network of which half is lost: one has blocks that the other lacks. Nobody hears enough others
/// to sign anything; who has put its key away catches up all the same, and signs again when it has it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_that_are_left_of_four_catches_up_without_its_key() {
    let hub = Hub::new(7);
    let mut nodes = four(&hub, 3).await;
    all_reach(&mut nodes, 3).await;
    hub.part(&[1, 2, 3].map(peer), &[peer(4)]);
    all_reach(&mut nodes[..3], 10).await;
    let behind = nodes.remove(3).stop().await;
    let _lost = nodes.remove(2).stop().await;
    let lost = nodes.remove(1).stop().await;
    let full = nodes.remove(0).stop().await;
    hub.heal_all();
    for (setup, folder) in [full, behind] {
        let keyless = Setup { key: 9, target: 0, ..setup };
        nodes.push(keyless.start(folder, hub.join(peer(setup.n), list(&FOUR, &[]))).await);
    }
    nodes[1].reaches(10).await;
    check_same(&nodes);
    let (behind, full) = (nodes.remove(1).stop().await, nodes.remove(0).stop().await);
    for (setup, folder) in [full, lost, behind] {
        let voting = Setup { key: setup.n, target: 0, ..setup };
        nodes.push(voting.start(folder, hub.join(peer(setup.n), list(&FOUR, &[]))).await);
    }
    all_reach(&mut nodes, 14).await;
    check_same(&nodes);
}
