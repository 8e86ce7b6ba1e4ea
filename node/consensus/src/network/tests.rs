//! What a node says of its chain to whoever comes.

use super::*;
use linli_network::memory::Hub;
use linli_network::{Allowed, Member, NetworkKey, Role};
use tokio::sync::oneshot;

#[tokio::test]
async fn whoever_comes_is_told_how_far_the_chain_is_now() {
    let [node, other] = [1, 2].map(|n| NetworkKey::from_seed(&[n; 32]).public());
    let member = Member { role: Role::Validator, addresses: Vec::new() };
    let list: Allowed = [node, other].map(|key| (key, member.clone())).into_iter().collect();
    let hub = Hub::new(1);
    let ((_again, again), (ahead, _ahead)) = (mpsc::unbounded_channel(), watch::channel(None));
    let (to_tip, tip) = watch::channel(None);
    let ears = Ears { again, ahead, tip, guard: None };
    let network = Network::over(hub.join(node, list.clone()).link, ears).await.unwrap();
    to_tip.send_replace(Some(types::Height(10)));
    // The engine tells of its chain, and then the chain goes on.
    let (tip_height, history_min_height) = (Height(types::Height(10)), Height(types::Height(3)));
    let told = Msg::BroadcastStatus(Status { tip_height, history_min_height });
    network.actor.cast(told).unwrap();
    let (done, is_done) = oneshot::channel();
    network.actor.cast(Msg::DumpState(done.into())).unwrap();
    is_done.await.unwrap();
    to_tip.send_replace(Some(types::Height(24)));

    let mut link = hub.join(other, list).link;
    let said = loop {
        match link.events.recv().await.unwrap() {
            Event::Gossip(Gossip { topic: Topic::Status, bytes, .. }) => break bytes,
            event => assert_eq!(event, Event::Up(node)),
        }
    };
    let said: sync::Status<Chain> = Borsh::default().decode(said).unwrap();
    assert_eq!(said.tip_height.0, types::Height(24));
    assert_eq!(said.history_min_height, history_min_height);
}
