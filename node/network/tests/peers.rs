//! Members among themselves: everything arrives, is signed by who says it, and comes again after an
//! end.

mod common;

use common::{CHAIN, GUARD, Honest, connected, key, public, validators};
use linli_network::{Config, Event, Link, Network, Topic, start};
use tokio::time::timeout;

/// What is told next of questions about history.
async fn told(history: &mut Link) -> Event {
    timeout(GUARD, history.events.recv()).await.expect("something happens").expect("it runs")
}

#[tokio::test]
async fn questions_about_history_are_for_whoever_is_there_for_them_and_for_nobody_else() {
    let [a, mut b] = connected([1, 2]).await;
    let Network { mut history, link, .. } = a.network;
    let asked = history.handle.request(public(2), "history?".into()).await;
    link.handle.request(public(2), "blocks?".into()).await;
    let engine = b.until(|event| matches!(event, Event::Asked { .. })).await;
    assert!(matches!(engine, Event::Asked { bytes, .. } if bytes == "blocks?"));
    let Event::Asked { id, by, bytes } = told(&mut b.network.history).await else {
        panic!("a question")
    };
    assert_eq!((by, bytes), (public(1), "history?".into()));
    b.network.history.handle.respond(id, "all of it".into()).await;
    let answered = Event::Answered { id: asked, by: public(2), bytes: "all of it".into() };
    assert_eq!(told(&mut history).await, answered);
    // More than eight of one do not wait, and are told so.
    for _ in 0..9 {
        history.handle.request(public(2), "history?".into()).await;
    }
    let refused = |event| matches!(event, Event::Unanswered { .. });
    assert!(refused(told(&mut history).await));
    for _ in 0..8 {
        let Event::Asked { id, .. } = told(&mut b.network.history).await else {
            panic!("a question")
        };
        b.network.history.handle.forget(id).await;
        assert!(refused(told(&mut history).await));
    }
    // Where nobody is there for them, they are told so too.
    drop(b.network.history);
    history.handle.request(public(2), "history?".into()).await;
    assert!(refused(told(&mut history).await));
    drop(b.network.link);
}

#[tokio::test]
async fn members_hear_each_other_on_every_topic() {
    let mut nodes = connected([1, 2, 3]).await;
    for speaker in 0..nodes.len() {
        for topic in Topic::ALL {
            let said = vec![nodes[speaker].n; topic.bytes_max()];
            nodes[speaker].publish(topic, said.clone()).await;
            let publisher = nodes[speaker].public();
            for node in nodes.iter_mut().filter(|node| node.public() != publisher) {
                let gossip = node.gossip().await;
                assert_eq!((gossip.topic, gossip.publisher), (topic, publisher));
                assert_eq!(gossip.bytes, said);
            }
        }
    }
}

#[tokio::test]
async fn a_member_that_ends_is_down_and_up_again_when_it_is_back() {
    let [mut a, b] = connected([1, 2]).await;
    let address = b.address();
    drop(b);
    a.down(public(2)).await;
    let allowed = validators([&a]);
    let config = Config { chain: CHAIN, key: key(2), listen: Some(address), allowed };
    // The socket is free when the swarm of before has ended.
    let network = loop {
        match start(config.clone()).await {
            Ok(network) => break network,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let mut b = Honest { n: 2, network };
    b.up(public(1)).await;
    a.up(public(2)).await;
    b.publish(Topic::Votes, "back").await;
    assert_eq!(a.gossip().await.bytes, "back");
}

#[tokio::test]
async fn a_port_in_use_is_a_plain_refusal() {
    let a = Honest::start(1).await;
    let listen = Some(a.address());
    let config = Config { chain: CHAIN, key: key(2), listen, allowed: validators([&a]) };
    let refused = start(config).await.expect_err("the port is taken");
    assert!(refused.to_string().contains(&a.address().to_string()), "{refused}");
}

#[tokio::test]
async fn a_network_without_peers_says_nothing() {
    let mut link = linli_network::alone();
    assert!(link.handle.publish(Topic::Votes, "is anybody there?".into()).await.is_err());
    let _ = link.handle.request(public(1), "or there?".into()).await;
    let quiet = link.events.try_recv();
    assert!(matches!(quiet, Err(tokio::sync::mpsc::error::TryRecvError::Empty)), "{quiet:?}");
    let _: Option<Event> = quiet.ok();
}
