//! A peer whose key is on no list, or no longer: it gets no message and lands none, whatever it
//! speaks or leaves out. Each test has a twin in which the list is the only difference.

mod common;

use common::{Honest, Hostile, RudeEvent, connected, public, validators};
use libp2p::gossipsub;
use libp2p::request_response::Message;
use libp2p::swarm::SwarmEvent;
use linli_network::{Event, Failure, Member, Role, Topic};

/// What a hostile peer has obtained.
#[derive(Debug, Default, PartialEq, Eq)]
struct Obtained {
    connections: usize,
    closed: usize,
    messages: usize,
    subscriptions: usize,
    answers: usize,
}

impl Obtained {
    fn note(&mut self, event: &SwarmEvent<RudeEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { .. } => self.connections += 1,
            SwarmEvent::ConnectionClosed { .. } => self.closed += 1,
            SwarmEvent::Behaviour(RudeEvent::Gossip(gossipsub::Event::Message { .. })) => {
                self.messages += 1;
            }
            SwarmEvent::Behaviour(RudeEvent::Gossip(gossipsub::Event::Subscribed { .. })) => {
                self.subscriptions += 1;
            }
            SwarmEvent::Behaviour(RudeEvent::Blocks(
                libp2p::request_response::Event::Message {
                    message: Message::Response { .. }, ..
                },
            )) => self.answers += 1,
            _ => {}
        }
    }
}

/// The hostile peer dials and dials again, publishes whenever it can, and asks for blocks, while two
/// members say `times` things to each other. What it has obtained, and whether anybody heard it.
async fn attack(a: &mut Honest, b: &mut Honest, seed: u8, times: u32) -> (Obtained, bool) {
    let (mut hostile, mut obtained, mut heard) = (Hostile::new(seed), Obtained::default(), false);
    let mut next = 0_u32;
    a.publish(Topic::Votes, next.to_be_bytes().to_vec()).await;
    hostile.dial(a.address());
    // Not before the attack has been tried a few times, or has succeeded.
    while next < times || (obtained.closed < 3 && obtained.answers == 0) {
        tokio::select! {
            event = hostile.event() => {
                obtained.note(&event);
                for topic in Topic::ALL {
                    hostile.publish(topic, b"a transaction of mine".to_vec());
                }
                if let SwarmEvent::ConnectionEstablished { peer_id, .. } = event {
                    let request = [0, 0, 0, 1, 7].to_vec();
                    hostile.swarm.behaviour_mut().blocks.send_request(&peer_id, request);
                }
                if hostile.swarm.connected_peers().next().is_none() {
                    hostile.dial(a.address());
                    hostile.dial(b.address());
                }
            }
            event = b.anything() => match event {
                Event::Gossip(gossip) if gossip.publisher == a.public() => {
                    assert_eq!(gossip.bytes, next.to_be_bytes().as_slice());
                    next += 1;
                    a.publish(Topic::Votes, next.to_be_bytes().to_vec()).await;
                }
                Event::Gossip(_) => heard = true,
                Event::Asked { id, .. } => {
                    heard = true;
                    b.handle().respond(id, "a block".into()).await;
                }
                _ => {}
            },
            event = a.anything() => match event {
                Event::Gossip(_) => heard = true,
                Event::Asked { id, .. } => {
                    heard = true;
                    a.handle().respond(id, "a block".into()).await;
                }
                _ => {}
            },
        }
    }
    (obtained, heard)
}

#[tokio::test]
async fn a_stranger_that_skips_identify_gets_no_message_and_lands_none() {
    let [mut a, mut b] = connected([1, 2]).await;
    let (obtained, heard) = attack(&mut a, &mut b, 66, 100).await;
    assert!(!heard, "nobody hears it");
    assert!(obtained.connections >= 3, "it has come as far as it can: {obtained:?}");
    let Obtained { connections, closed, .. } = obtained;
    let nothing = Obtained { connections, closed, ..Obtained::default() };
    assert_eq!(obtained, nothing, "it gets nothing");
}

/// The twin: the same peer, with its key on the list. If the test above could not fail, neither could
/// this one succeed.
#[tokio::test]
async fn the_same_peer_on_the_list_hears_and_is_heard() {
    let [mut a, mut b] = connected([1, 2]).await;
    let mut all = validators([&a, &b]);
    all.insert(public(66), Member { role: Role::Validator, addresses: Vec::new() });
    a.handle().allow(all.clone());
    b.handle().allow(all);
    let (obtained, heard) = attack(&mut a, &mut b, 66, 100).await;
    assert!(heard && obtained.messages > 0 && obtained.answers > 0, "{obtained:?}");
}

#[tokio::test]
async fn a_peer_that_is_revoked_while_connected_is_cut_and_stays_out() {
    let [mut a, mut b, mut c] = connected([1, 2, 3]).await;
    a.publish(Topic::Votes, "before").await;
    assert_eq!(c.gossip().await.bytes, "before");
    assert_eq!(b.gossip().await.bytes, "before");

    // Only A and B hear of it: C goes on as if nothing had happened.
    let without = validators([&a, &b]);
    a.handle().allow(without.clone());
    b.handle().allow(without);
    a.down(public(3)).await;
    b.down(public(3)).await;
    c.down(public(1)).await;
    c.down(public(2)).await;

    // C dials with all its might, and what it says is heard by nobody.
    for number in 0..20 {
        let (of_c, of_a) = (format!("c{number}"), format!("a{number}"));
        c.publish(Topic::Votes, of_c.clone()).await;
        c.publish(Topic::Transactions, of_c).await;
        let asked = c.handle().request(public(1), "blocks?".into()).await;
        a.publish(Topic::Votes, of_a.clone()).await;
        assert_eq!(b.gossip().await.bytes, of_a);
        let event = c.event().await;
        let by = public(1);
        assert_eq!(event, Event::Unanswered { id: asked, by, why: Failure::NotConnected });
    }
    assert!(a.network.link.events.try_recv().is_err(), "A has heard nothing");
    assert!(a.network.transactions.try_recv().is_err(), "A has heard no transaction");

    // The twin: with the list as before, all is as before.
    let all = validators([&a, &b, &c]);
    a.handle().allow(all.clone());
    b.handle().allow(all);
    a.up(public(3)).await;
    c.up(public(1)).await;
    a.publish(Topic::Votes, "after").await;
    assert_eq!(c.gossip().await.bytes, "after");
    c.publish(Topic::Votes, "from C").await;
    assert_eq!(a.gossip().await.bytes, "from C");
}

#[tokio::test]
async fn a_member_does_not_carry_the_words_of_a_stranger() {
    // B knows C, A does not.
    let (mut a, mut b, mut c) =
        (Honest::start(1).await, Honest::start(2).await, Honest::start(3).await);
    a.handle().allow(validators([&a, &b]));
    c.handle().allow(validators([&b, &c]));
    b.handle().allow(validators([&a, &b, &c]));
    b.up(public(1)).await;
    c.up(public(2)).await;
    a.up(public(2)).await;
    for number in 0..20 {
        c.publish(Topic::Votes, format!("c{number}")).await;
        assert_eq!(b.gossip().await.publisher, public(3));
        b.publish(Topic::Votes, format!("b{number}")).await;
        assert_eq!(a.gossip().await.bytes, format!("b{number}"));
    }
}
