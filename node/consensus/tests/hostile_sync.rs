//! A member that claims a long chain and answers with everything but that (N5): a follower asks it,
//! never panics, and comes to the tip of the honest ones.

mod common;

use borsh::BorshDeserialize;
use bytes::Bytes;
use common::{Node, all_reach, check_same, list, peer};
use linli_consensus::DecidedBlock;
use linli_ledger::certificate::CommitCertificate;
use linli_ledger::crypto::{Signature, peer_identity};
use linli_ledger::types::{BlockHash, Height};
use linli_network::memory::Hub;
use linli_network::{Asked, Event, Network, RESPONSE_BYTES_MAX, Topic};
use std::sync::Arc;

const FOUR: [u8; 4] = [1, 2, 3, 4];

/// Each script has a follower and a liar of its own.
fn follower(script: usize) -> u8 {
    10 + u8::try_from(script).expect("there are few")
}

fn liar(script: usize) -> u8 {
    50 + u8::try_from(script).expect("there are few")
}

/// One block of an answer, as NET-3.3 writes it.
type Item = (Vec<u8>, Height, BlockHash, CommitCertificate);

fn item(decided: &DecidedBlock) -> Item {
    let DecidedBlock { height, block, bytes, certificate } = decided.clone();
    (bytes, height, block, certificate)
}

fn answer(first: Height, items: &[Item]) -> Bytes {
    borsh::to_vec(&(first, items)).expect("memory takes every byte").into()
}

/// What a hostile peer makes of an honest answer; nothing is no answer.
type Script = fn(first: Height, honest: &[Item]) -> Option<Bytes>;

const SCRIPTS: [(&str, Script); 17] = [
    ("an honest answer, when the next is due", |first, honest| Some(answer(first, honest))),
    ("silence", |_, _| None),
    ("no bytes", |_, _| Some(Bytes::new())),
    ("rubbish", |_, _| Some(vec![0xff; 1_000].into())),
    ("a length without bytes", |first, _| {
        Some(borsh::to_vec(&(first, u32::MAX)).expect("memory").into())
    }),
    ("the longest answer", |_, _| Some(vec![0; RESPONSE_BYTES_MAX].into())),
    ("too long an answer", |_, _| Some(vec![0; RESPONSE_BYTES_MAX + 1].into())),
    ("no block", |first, _| Some(answer(first, &[]))),
    ("another start", |first, honest| Some(answer(first.next(), honest))),
    ("falling heights", |first, honest| {
        let mut items = honest.to_vec();
        items.reverse();
        Some(answer(first, &items))
    }),
    ("a block twice", |first, honest| {
        let twice: Vec<_> = honest.iter().flat_map(|item| [item.clone(), item.clone()]).collect();
        Some(answer(first, &twice))
    }),
    ("a gap", |first, honest| {
        let gap: Vec<_> = honest.iter().skip(1).cloned().collect();
        Some(answer(first, &gap))
    }),
    ("other bytes", |first, honest| {
        let mut items = honest.to_vec();
        for item in &mut items {
            item.0.push(0);
        }
        Some(answer(first, &items))
    }),
    ("no bytes of a block", |first, honest| {
        let mut items = honest.to_vec();
        for item in &mut items {
            item.0.clear();
        }
        Some(answer(first, &items))
    }),
    ("no signatures", |first, honest| {
        let mut items = honest.to_vec();
        for item in &mut items {
            item.3.signatures.clear();
        }
        Some(answer(first, &items))
    }),
    ("a false signature", |first, honest| {
        let mut items = honest.to_vec();
        for (_, signature) in items.iter_mut().flat_map(|item| &mut item.3.signatures) {
            *signature = Signature::Ed25519([1; 64]);
        }
        Some(answer(first, &items))
    }),
    ("one signature many times", |first, honest| {
        let mut items = honest.to_vec();
        for item in &mut items {
            let first = item.3.signatures.first().copied();
            item.3.signatures = first.into_iter().cycle().take(10).collect();
        }
        Some(answer(first, &items))
    }),
];

/// Answers every question by a script, claims a long chain to whoever comes up and with every answer, and pushes answers that
/// nobody has asked for. The first script answers when the next question has come.
async fn lie(mut network: Network, me: u8, chain: Arc<[DecidedBlock]>, script: usize) {
    let handle = network.link.handle.clone();
    let claim = (peer_identity(&peer(me)), u64::MAX - 10, 1_u64);
    let claim: Bytes = borsh::to_vec(&claim).expect("memory").into();
    let (mut asked, mut late) = (0, None);
    while let Some(event) = network.link.events.recv().await {
        match event {
            Event::Up(_) => {
                handle.publish(Topic::Status, claim.clone()).await.expect("it fits");
            }
            Event::Asked { id, bytes, .. } => {
                let (first, last) =
                    <(Height, Height)>::try_from_slice(&bytes).expect("an honest question");
                let wanted =
                    chain.iter().filter(|decided| (first..=last).contains(&decided.height));
                let honest: Vec<_> = wanted.map(item).collect();
                let lie = (SCRIPTS[script].1)(first, &honest).map(|lie| (id, lie));
                let now = if script == 0 { std::mem::replace(&mut late, lie) } else { lie };
                if let Some((id, lie)) = now {
                    handle.respond(id, lie.clone()).await;
                    // Twice, and to questions that are not there.
                    handle.respond(id, lie.clone()).await;
                    handle.respond(Asked(id.0.wrapping_add(1 << 40)), lie).await;
                }
                handle.publish(Topic::Status, claim.clone()).await.expect("it fits");
                asked += 1;
                if asked > 200 {
                    return;
                }
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_come_to_the_tip_whatever_a_member_answers() {
    let hub = Hub::new(7);
    let scripts = 0..SCRIPTS.len();
    let observers: Vec<_> = scripts.clone().flat_map(|n| [follower(n), liar(n)]).collect();
    let all = list(&FOUR, &observers);
    let mut nodes = Vec::new();
    for n in FOUR {
        nodes.push(Node::start(n, &FOUR, hub.join(peer(n), all.clone()), 0).await);
    }
    all_reach(&mut nodes, 12).await;
    let chain: Arc<[_]> = nodes[0].chain.lock().expect("a lock").clone().into();
    // At first a liar is all that its follower knows.
    let everybody: Vec<_> = FOUR.iter().chain(&observers).map(|n| peer(*n)).collect();
    hub.part(&everybody, &everybody);
    for script in scripts {
        let (follower, liar) = (follower(script), liar(script));
        hub.heal(peer(follower), peer(liar));
        hub.heal(peer(liar), peer(follower));
        let network = hub.join(peer(liar), all.clone());
        tokio::spawn(lie(network, liar, chain.clone(), script));
        let network = hub.join(peer(follower), all.clone());
        nodes.push(Node::start(follower, &FOUR, network, u64::MAX).await);
    }
    hub.heal_all();
    for (node, (script, _)) in nodes.iter_mut().skip(FOUR.len()).zip(SCRIPTS) {
        println!("{script}");
        node.reaches(12).await;
    }
    all_reach(&mut nodes, 14).await;
    check_same(&nodes);
}
