//! The hub keeps the rules of the swarm, and its links can be cut.

use linli_ledger::crypto::PublicKey;
use linli_network::memory::Hub;
use linli_network::{Allowed, Event, Failure, Member, Network, Role, Topic};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;

const GUARD: Duration = Duration::from_mins(1);

fn node(n: u8) -> PublicKey {
    PublicKey::Ed25519([n; 32])
}

fn list(nodes: &[u8]) -> Allowed {
    let member = Member { role: Role::Validator, addresses: Vec::new() };
    nodes.iter().map(|n| (node(*n), member.clone())).collect()
}

async fn event(network: &mut Network) -> Event {
    let event = timeout(GUARD, network.link.events.recv()).await;
    event.expect("something happens").expect("the hub runs")
}

async fn said(network: &mut Network) -> (PublicKey, PublicKey, Vec<u8>) {
    loop {
        if let Event::Gossip(gossip) = event(network).await {
            return (gossip.publisher, gossip.from, gossip.bytes.to_vec());
        }
    }
}

async fn say(network: &Network, topic: Topic, bytes: Vec<u8>) {
    network.link.handle.publish(topic, bytes.into()).await.expect("it fits");
}

#[tokio::test]
async fn a_message_goes_round_a_cut_link_and_not_through_a_cut_set() {
    let hub = Hub::new(1);
    let mut nodes: Vec<_> = (1..=4).map(|n| hub.join(node(n), list(&[1, 2, 3, 4]))).collect();
    hub.cut(node(1), node(2));
    say(&nodes[0], Topic::Votes, vec![1]).await;
    let (publisher, from, _) = said(&mut nodes[1]).await;
    assert_eq!(publisher, node(1));
    assert_ne!(from, node(1), "it came round");

    hub.part(&[node(1), node(2)], &[node(3), node(4)]);
    hub.heal(node(1), node(2));
    say(&nodes[0], Topic::Votes, vec![2]).await;
    assert_eq!(said(&mut nodes[1]).await, (node(1), node(1), vec![2]));
    hub.heal_all();
    say(&nodes[0], Topic::Votes, vec![3]).await;
    for n in [2, 3] {
        let mut messages = Vec::new();
        while messages.last() != Some(&vec![3]) {
            messages.push(said(&mut nodes[n]).await.2);
        }
        assert_eq!(messages, [vec![1], vec![3]]);
    }
}

#[tokio::test]
async fn who_is_revoked_is_down_and_unheard() {
    let hub = Hub::new(1);
    let mut a = hub.join(node(1), list(&[1, 2]));
    let mut b = hub.join(node(2), list(&[1, 2]));
    assert_eq!(event(&mut a).await, Event::Up(node(2)));
    assert_eq!(event(&mut b).await, Event::Up(node(1)));
    let id = b.link.handle.request(node(1), "blocks?".into()).await;
    assert!(matches!(event(&mut a).await, Event::Asked { .. }));
    a.link.handle.allow(list(&[1]));
    assert_eq!(event(&mut b).await, Event::Down(node(1)));
    let why = Failure::NotConnected;
    assert_eq!(event(&mut b).await, Event::Unanswered { id, by: node(1), why });
    assert_eq!(event(&mut a).await, Event::Down(node(2)));
    assert!(matches!(event(&mut a).await, Event::AskedInVain { .. }));
    say(&b, Topic::Votes, vec![1]).await;
    a.link.handle.allow(list(&[1, 2]));
    assert_eq!(event(&mut a).await, Event::Up(node(2)));
    say(&b, Topic::Votes, vec![2]).await;
    assert_eq!(said(&mut a).await.2, [2]);
}

#[tokio::test]
async fn who_leaves_is_down() {
    let hub = Hub::new(1);
    let mut a = hub.join(node(1), list(&[1, 2]));
    let b = hub.join(node(2), list(&[1, 2]));
    assert_eq!(event(&mut a).await, Event::Up(node(2)));
    drop(b);
    assert_eq!(event(&mut a).await, Event::Down(node(2)));
    let _b = hub.join(node(2), list(&[1, 2]));
    assert_eq!(event(&mut a).await, Event::Up(node(2)));
}

/// Which of a hundred messages arrive.
async fn arrived(seed: u64) -> BTreeSet<u8> {
    let hub = Hub::new(seed);
    let a = hub.join(node(1), list(&[1, 2]));
    let mut b = hub.join(node(2), list(&[1, 2]));
    hub.lose(300);
    for n in 0..100 {
        say(&a, Topic::Votes, vec![n]).await;
    }
    // Requests are not lost: when this one comes, all that came before it has come.
    a.link.handle.request(node(2), "done?".into()).await;
    let mut arrived = BTreeSet::new();
    loop {
        match event(&mut b).await {
            Event::Gossip(gossip) => arrived.extend(gossip.bytes.first().copied()),
            Event::Asked { .. } => return arrived,
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_is_lost_is_decided_by_the_seed() {
    let first = arrived(7).await;
    assert!((50..90).contains(&first.len()), "{} of 100 arrive", first.len());
    assert_eq!(arrived(7).await, first);
    assert_ne!(arrived(8).await, first);
}
