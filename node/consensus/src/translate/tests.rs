//! The part of the conversation that a network without peers never causes.

use super::*;
use crate::context::Address;
use linli_ledger::evidence::Evidence;
use linli_ledger::hash::Digest;
use linli_ledger::types::BlockHash;
use malachitebft_app_channel::app::streaming::StreamContent;
use malachitebft_core_types::{NilOrVal, SignedVote, Validity};

const KEY: PublicKey = PublicKey::Ed25519([3; 32]);
const HEIGHT: types::Height = types::Height(7);

/// A translator between an engine and a network that are this test.
struct Bench {
    engine: mpsc::Sender<AppMsg<Chain>>,
    network: mpsc::Receiver<NetworkMsg<Chain>>,
    requests: mpsc::Receiver<Request>,
    again: mpsc::UnboundedReceiver<(PeerId, Message)>,
    ahead: watch::Sender<Option<types::Height>>,
}

impl Bench {
    fn new(logged: types::Height) -> Self {
        let (engine, from_engine) = mpsc::channel(128);
        let (to_network, network) = mpsc::channel(128);
        let (to_application, requests) = mpsc::channel(1);
        let (again, parts_again) = mpsc::unbounded_channel();
        let (to_ahead, ahead) = watch::channel(None);
        let mut assembler = Assembler::default();
        assembler.decided(types::Height(HEIGHT.0 - 1));
        let translator = Translator {
            engine: from_engine,
            network: to_network,
            requests: to_application,
            key: KEY,
            timeouts: LinearTimeouts::default(),
            logged,
            assembler,
            again,
            ahead,
            tip: watch::channel(None).0,
            guard: None,
            replies: JoinSet::new(),
        };
        tokio::spawn(translator.run());
        Self { engine, network, requests, again: parts_again, ahead: to_ahead }
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(Reply<T>) -> AppMsg<Chain>,
    ) -> oneshot::Receiver<T> {
        let (reply, answer) = oneshot::channel();
        self.engine.send(question(reply)).await.expect("the translator runs");
        answer
    }

    async fn request(&mut self) -> Request {
        self.requests.recv().await.expect("the translator runs")
    }

    /// What was published, up to the end of the stream.
    async fn stream(&mut self) -> Vec<StreamMessage<Part>> {
        let mut stream = Vec::new();
        loop {
            let NetworkMsg::PublishProposalPart(part) =
                self.network.recv().await.expect("the translator runs");
            let ended = matches!(part.content, StreamContent::Fin);
            stream.push(part);
            if ended {
                return stream;
            }
        }
    }

    /// Hands a stream in as if `peer` had published it; the answer to its last part.
    async fn deliver(
        &self,
        stream: Vec<StreamMessage<Part>>,
    ) -> oneshot::Receiver<Option<ProposedValue<Chain>>> {
        let peer =
            PeerId::from_bytes(&linli_ledger::crypto::peer_identity(&KEY)).expect("a peer id");
        let mut answers = Vec::new();
        for part in stream {
            let published_by = Some(peer);
            let question =
                |reply| AppMsg::ReceivedProposalPart { from: peer, published_by, part, reply };
            answers.push(self.ask(question).await);
        }
        let last = answers.pop().expect("a stream has an end");
        for answer in answers {
            assert_eq!(answer.await.expect("each part is answered"), None);
        }
        last
    }
}

fn block() -> BlockHash {
    BlockHash(Digest::Blake3([5; 32]))
}

fn bytes() -> Vec<u8> {
    (0..=255).cycle().take(200_000).collect()
}

#[tokio::test]
async fn what_one_proposes_another_receives_whole() {
    let (mut proposer, mut receiver) = (Bench::new(HEIGHT), Bench::new(HEIGHT));
    let (height, round, timeout) = (Height(HEIGHT), Round::new(2), Duration::ZERO);
    let built = proposer.ask(|reply| AppMsg::GetValue { height, round, timeout, reply }).await;
    let Request::Propose { height: HEIGHT, round: 2, reply, .. } = proposer.request().await else {
        panic!("the application is to propose")
    };
    reply.send(Built { block: block(), bytes: bytes() }).expect("the translator waits");
    assert_eq!(built.await.expect("an answer").value, Value(block()));
    let stream = proposer.stream().await;

    for (verdict, expected) in [
        (Some(Verdict::Accept(block())), Some(Validity::Valid)),
        (Some(Verdict::Reject(block())), Some(Validity::Invalid)),
        (Some(Verdict::Unreadable), None),
        (None, None),
    ] {
        let answer = receiver.deliver(stream.clone()).await;
        let request = receiver.request().await;
        let Request::Received {
            height,
            round,
            pol_round,
            proposer,
            publisher,
            bytes: received,
            reply,
        } = request
        else {
            panic!("the application is to judge")
        };
        assert_eq!((height, round, pol_round, proposer), (HEIGHT, 2, None, KEY));
        assert_eq!(publisher, KEY, "whose node it was, not what it claims");
        assert_eq!(received, bytes());
        match verdict {
            Some(verdict) => reply.send(verdict).expect("the translator waits"),
            None => drop(reply),
        }
        let value = answer.await.expect("the last part is answered");
        assert_eq!(value.as_ref().map(|value| value.validity), expected);
        assert!(value.is_none_or(|value| value.value == Value(block())));
    }
}

#[tokio::test]
async fn a_block_proposed_again_is_sent_again_for_the_later_round() {
    let mut bench = Bench::new(HEIGHT);
    let question = AppMsg::RestreamProposal {
        height: Height(HEIGHT),
        round: Round::new(3),
        valid_round: Round::new(1),
        address: Address(KEY),
        value_id: Value(block()),
    };
    bench.engine.send(question).await.expect("the translator runs");
    let Request::Restream { height: HEIGHT, round: 3, block: asked, reply } = bench.request().await
    else {
        panic!("the application is to find the block")
    };
    assert_eq!(asked, block());
    reply.send(Some(bytes())).expect("the translator waits");
    let head = Head { height: HEIGHT, round: 3, pol_round: Some(1), proposer: KEY };
    assert_eq!(bench.stream().await, split(head, bytes()));
}

#[tokio::test]
async fn a_synced_block_that_is_no_block_blames_the_peer_and_silence_blames_nobody() {
    let mut bench = Bench::new(HEIGHT);
    for verdict in [Some(Verdict::Accept(block())), Some(Verdict::Unreadable), None] {
        let answer = bench
            .ask(|reply| AppMsg::ProcessSyncedValue {
                height: Height(HEIGHT),
                round: Round::ZERO,
                proposer: Address(KEY),
                value_bytes: bytes().into(),
                reply,
            })
            .await;
        let Request::Synced { height: HEIGHT, bytes: received, reply, .. } = bench.request().await
        else {
            panic!("the application is to judge")
        };
        assert_eq!(received, bytes());
        match verdict {
            Some(verdict) => reply.send(verdict).expect("the translator waits"),
            None => drop(reply),
        }
        match (verdict, answer.await) {
            (Some(Verdict::Accept(block)), Ok(SyncedValueOutcome::Verdict(value))) => {
                assert_eq!(value.value, Value(block));
            }
            (Some(Verdict::Unreadable), Ok(SyncedValueOutcome::PeerFault)) | (None, Err(_)) => {}
            (verdict, outcome) => panic!("{verdict:?} became {outcome:?}"),
        }
    }
}

#[tokio::test]
#[expect(
    clippy::default_trait_access,
    reason = "the engine does not export the names of the types"
)]
async fn proof_of_misbehaviour_reaches_the_application() {
    use malachitebft_core_types::Context;
    let mut evidence =
        MisbehaviorEvidence::<Chain> { proposals: Default::default(), votes: Default::default() };
    let signature = linli_ledger::crypto::Signature::Ed25519([1; 64]);
    let vote = |value| {
        let vote = Chain.new_prevote(Height(HEIGHT), Round::ZERO, value, Address(KEY));
        SignedVote::<Chain>::new(vote, signature)
    };
    evidence.votes.add(vote(NilOrVal::Nil), vote(NilOrVal::Val(Value(block()))));
    let [Evidence::Votes(first, second)] = &words::evidence(&evidence)[..] else {
        panic!("there is one pair of votes")
    };
    assert_eq!((first.message.value, second.message.value), (None, Some(block())));
    assert_eq!((first.message.validator, first.signature), (KEY, signature));
}

#[tokio::test]
async fn a_block_before_its_turn_is_answered_with_nothing_and_comes_again() {
    let mut bench = Bench::new(HEIGHT);
    let next = HEIGHT.next();
    let head = Head { height: next, round: 0, pol_round: None, proposer: KEY };
    let answer = bench.deliver(split(head, bytes())).await;
    assert_eq!(answer.await.expect("the engine never waits for it"), None);

    let started = bench
        .ask(|reply_value| AppMsg::StartedRound {
            height: Height(next),
            round: Round::ZERO,
            proposer: Address(KEY),
            role: malachitebft_app_channel::app::consensus::Role::Validator,
            reply_value,
        })
        .await;
    let Request::StartedRound { reply, .. } = bench.request().await else {
        panic!("a round has begun")
    };
    reply.send(Vec::new()).expect("the translator waits");
    assert_eq!(started.await.expect("an answer"), []);
    let (_, end) = bench.again.recv().await.expect("the part comes again");
    let answer = bench.deliver(vec![end]).await;
    let Request::Received { height, bytes: received, reply, .. } = bench.request().await else {
        panic!("the application is to judge")
    };
    assert_eq!((height, received), (next, bytes()));
    reply.send(Verdict::Accept(block())).expect("the translator waits");
    assert!(answer.await.expect("an answer").is_some());
}

#[tokio::test]
async fn the_application_hears_how_far_the_others_are() {
    let mut bench = Bench::new(HEIGHT);
    bench.ahead.send_replace(Some(HEIGHT.next()));
    let request = bench.request().await;
    assert!(matches!(request, Request::Ahead { height } if height == HEIGHT.next()), "{request:?}");
}
