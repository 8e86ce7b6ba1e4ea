//! The same nodes over sockets: four validators and a follower on the real swarm, and one that is
//! taken off the list while they run.

mod common;

use common::{GENESIS, Node, all_reach, check_same, network_key, peer};
use linli_network::{Allowed, Config, Member, Network, Role, Topic, start};

const FOUR: [u8; 4] = [1, 2, 3, 4];

/// A swarm that listens and knows nobody yet, and what others are to know of it.
async fn listening(n: u8) -> (Network, Member) {
    let listen = Some("127.0.0.1:0".parse().expect("an address"));
    let allowed = Allowed::default();
    let config = Config { chain: GENESIS, key: network_key(n), listen, allowed };
    let network = start(config).await.expect("it starts");
    let address = network.address.expect("it listens").to_string();
    let role = if FOUR.contains(&n) { Role::Validator } else { Role::Observer };
    (network, Member { role, addresses: vec![address] })
}

async fn five() -> (Vec<Network>, Allowed) {
    let (mut networks, mut list) = (Vec::new(), Allowed::default());
    for n in 1..=5 {
        let (network, member) = listening(n).await;
        list.insert(peer(n), member);
        networks.push(network);
    }
    for network in &networks {
        network.link.handle.allow(list.clone());
    }
    (networks, list)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn validators_decide_over_sockets_and_a_follower_joins_late() {
    let (networks, _) = five().await;
    let mut networks = networks.into_iter();
    let mut nodes = Vec::new();
    for (n, network) in FOUR.into_iter().zip(networks.by_ref()) {
        nodes.push(Node::start(n, &FOUR, network, 0).await);
    }
    all_reach(&mut nodes, 20).await;
    let network = networks.next().expect("there are five");
    nodes.push(Node::start(5, &FOUR, network, u64::MAX).await);
    nodes[4].reaches(20).await;
    all_reach(&mut nodes[..4], 40).await;
    nodes[4].reaches(40).await;
    check_same(&nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_validator_hears_no_more_and_the_others_go_on() {
    let (networks, mut list) = five().await;
    let mut nodes = Vec::new();
    for (n, network) in FOUR.into_iter().zip(networks) {
        nodes.push(Node::start(n, &FOUR, network, 5).await);
    }
    all_reach(&mut nodes, 5).await;
    list.remove(&peer(4));
    for node in &nodes[..3] {
        node.handle.allow(list.clone());
    }
    // It dials and publishes on, and has a whole chain to ask for.
    nodes[3].go(u64::MAX);
    all_reach(&mut nodes[..3], 30).await;
    assert!(nodes[3].tip() <= 6, "it has come to {}", nodes[3].tip());
    check_same(&nodes);

    // The twin: back on the list it catches up.
    list.insert(peer(4), Member { role: Role::Validator, addresses: Vec::new() });
    for node in &nodes[..3] {
        node.handle.allow(list.clone());
    }
    nodes[3].reaches(30).await;
    check_same(&nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_are_heard_beside_the_engine() {
    let (mut networks, _) = five().await;
    let mut ears: Vec<_> = Vec::new();
    let mut nodes = Vec::new();
    for (n, network) in FOUR.into_iter().zip(networks.drain(..)) {
        let Network { link, history, transactions, address } = network;
        let (_, deaf) = tokio::sync::mpsc::channel(1);
        ears.push(transactions);
        let network = Network { link, history, transactions: deaf, address };
        nodes.push(Node::start(n, &FOUR, network, 0).await);
    }
    all_reach(&mut nodes, 3).await;
    nodes[0].handle.publish(Topic::Transactions, "pay".into()).await.expect("it fits");
    for ear in &mut ears[1..] {
        let heard = tokio::time::timeout(common::GUARD, ear.recv()).await;
        let heard = heard.expect("it is heard").expect("the network runs");
        assert_eq!((heard.publisher, heard.bytes.as_ref()), (peer(1), b"pay".as_slice()));
    }
}
