//! What a member can do that keeps to no limit: nothing.

mod common;

use common::{Honest, Hostile, RudeEvent, connected, public, validators};
use libp2p::request_response::{Event as Wire, Message};
use libp2p::swarm::SwarmEvent;
use linli_ledger::hash::Digest;
use linli_network::{Event, Failure, Member, PublishError, REQUEST_BYTES_MAX, Role, Topic};

/// An honest node, and a member that is connected to it and keeps to no limit.
async fn besieged(role: Role) -> (Honest, Hostile) {
    let (mut honest, mut hostile) = (Honest::start(1).await, Hostile::new(66));
    let mut all = validators([&honest]);
    all.insert(public(66), Member { role, addresses: Vec::new() });
    honest.handle().allow(all);
    // The list is in force when the node has followed it, not before.
    while hostile.swarm.connected_peers().next().is_none() {
        hostile.dial(honest.address());
        hostile.event().await;
    }
    let peer = public(66);
    tokio::join!(honest.up(peer), hostile.heard());
    (honest, hostile)
}

#[tokio::test]
async fn a_message_that_is_too_large_is_dropped_and_the_next_is_heard() {
    let (mut honest, mut hostile) = besieged(Role::Validator).await;
    for topic in Topic::ALL {
        for excess in [1, 600, 100_000] {
            assert!(hostile.publish(topic, vec![7; topic.bytes_max() + excess]));
        }
        assert!(hostile.publish(topic, vec![8; topic.bytes_max()]));
        let gossip = loop {
            tokio::select! {
                gossip = honest.gossip() => break gossip,
                _ = hostile.event() => {}
            }
        };
        assert_eq!((gossip.topic, gossip.bytes.len()), (topic, topic.bytes_max()));
        assert!(gossip.bytes.iter().all(|byte| *byte == 8));
    }
}

#[tokio::test]
async fn an_observer_has_no_vote() {
    let (mut honest, mut hostile) = besieged(Role::Observer).await;
    for topic in [Topic::Votes, Topic::Parts, Topic::Transactions, Topic::Status] {
        assert!(hostile.publish(topic, vec![7]));
    }
    let mut heard = Vec::new();
    while heard.len() < 2 {
        tokio::select! {
            gossip = honest.gossip() => heard.push(gossip.topic),
            _ = hostile.event() => {}
        }
    }
    heard.sort_unstable();
    assert_eq!(heard, [Topic::Transactions, Topic::Status]);
}

#[tokio::test]
async fn an_honest_node_does_not_even_say_what_is_too_large() {
    let [a, _b] = connected([1, 2]).await;
    for topic in Topic::ALL {
        let (bytes, most) = (topic.bytes_max() + 1, topic.bytes_max());
        let refused = a.handle().publish(topic, vec![0; bytes].into()).await;
        assert_eq!(refused, Err(PublishError::Size { topic, bytes, most }));
    }
}

#[tokio::test]
async fn questions_are_answered_once_and_in_vain_when_nobody_waits() {
    let [mut a, mut b] = connected([1, 2]).await;
    let request = a.handle().request(public(2), "which?".into()).await;
    let asked = b.until(|event| matches!(event, Event::Asked { .. })).await;
    let Event::Asked { id, by, bytes } = asked else { panic!("{asked:?}") };
    assert_eq!((by, bytes.as_ref()), (public(1), b"which?".as_slice()));
    b.handle().respond(id, "these".into()).await;
    b.handle().respond(id, "those".into()).await;
    let answer = Event::Answered { id: request, by: public(2), bytes: "these".into() };
    assert_eq!(a.event().await, answer);

    let request = a.handle().request(public(2), "and?".into()).await;
    let asked = b.until(|event| matches!(event, Event::Asked { .. })).await;
    let Event::Asked { id, .. } = asked else { panic!("{asked:?}") };
    b.handle().forget(id).await;
    let by = public(2);
    assert!(matches!(a.event().await, Event::Unanswered { id, by: from, .. }
        if (id, from) == (request, by)));

    let request = a.handle().request(public(3), "who?".into()).await;
    let unanswered = Event::Unanswered { id: request, by: public(3), why: Failure::NotConnected };
    assert_eq!(a.event().await, unanswered);
    let long = vec![0; REQUEST_BYTES_MAX + 1];
    let request = a.handle().request(public(2), long.into()).await;
    assert!(matches!(a.event().await, Event::Unanswered { id, .. } if id == request));
}

#[tokio::test]
async fn answers_that_are_no_answers_end_the_request_and_nothing_else() {
    let (mut honest, mut hostile) = besieged(Role::Validator).await;
    let frame = |length: u32, bytes: usize| {
        let mut frame = length.to_be_bytes().to_vec();
        frame.extend(vec![7; bytes]);
        frame
    };
    let answers = [
        Vec::new(),
        vec![0],
        frame(5, 4),
        frame(u32::MAX, 100),
        frame((10 << 20) + 1, 100),
        frame(1 << 30, 11 << 20),
    ];
    for answer in answers {
        let request = honest.handle().request(public(66), "blocks?".into()).await;
        let mut answer = Some(answer);
        loop {
            tokio::select! {
                event = honest.event() => {
                    assert!(matches!(event, Event::Unanswered { id, .. } if id == request), "{event:?}");
                    break;
                }
                event = hostile.event() => if let SwarmEvent::Behaviour(RudeEvent::Blocks(
                    Wire::Message { message: Message::Request { channel, .. }, .. },
                )) = event {
                    let answer = answer.take().expect("it is asked once");
                    let _ = hostile.swarm.behaviour_mut().blocks.send_response(channel, answer);
                },
            }
        }
    }
    // The last word: the connection has survived, and a good answer is one.
    let request = honest.handle().request(public(66), "blocks?".into()).await;
    let event = loop {
        tokio::select! {
            event = honest.event() => break event,
            event = hostile.event() => if let SwarmEvent::Behaviour(RudeEvent::Blocks(
                Wire::Message { message: Message::Request { channel, .. }, .. },
            )) = event {
                let mut answer = frame(3, 3);
                answer.extend(b"and more that nobody reads");
                let _ = hostile.swarm.behaviour_mut().blocks.send_response(channel, answer);
            },
        }
    };
    assert_eq!(event, Event::Answered { id: request, by: public(66), bytes: vec![7; 3].into() });
}

#[tokio::test]
async fn one_peer_cannot_ask_without_end() {
    let (mut honest, mut hostile) = besieged(Role::Observer).await;
    let honest_id = *hostile.swarm.connected_peers().next().expect("it is connected");
    for _ in 0..12 {
        hostile.swarm.behaviour_mut().blocks.send_request(&honest_id, vec![0, 0, 0, 1, 7]);
    }
    let (mut asked, mut refused) = (Vec::new(), 0);
    while asked.len() + refused < 12 {
        tokio::select! {
            event = honest.event() => if let Event::Asked { id, .. } = event {
                asked.push(id);
            },
            event = hostile.event() => {
                refused += usize::from(matches!(
                    event,
                    SwarmEvent::Behaviour(RudeEvent::Blocks(Wire::OutboundFailure { .. }))
                ));
            }
        }
    }
    assert_eq!((asked.len(), refused), (8, 4));
}

#[tokio::test]
async fn a_node_of_another_chain_has_no_protocol_in_common() {
    let (mut a, b) = (
        Honest::start(1).await,
        Honest::on(Digest::Blake3([8; 32]), 2, linli_network::Allowed::default()).await,
    );
    let all = validators([&a, &b]);
    a.handle().allow(all.clone());
    b.handle().allow(all);
    loop {
        let request = a.handle().request(public(2), "blocks?".into()).await;
        let event = a.event().await;
        let Event::Unanswered { id, why, .. } = event else { panic!("{event:?}") };
        assert_eq!(id, request);
        match why {
            Failure::NotConnected => tokio::task::yield_now().await,
            Failure::Protocol => break,
            Failure::Timeout | Failure::Refused => panic!("{why:?}"),
        }
    }
}
