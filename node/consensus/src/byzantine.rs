//! One validator of four that lies, by the engine's published attacks wrapped around our network: the chain
//! stays one, goes on, and whoever signs two things leaves the proof. Only the unit tests of this crate are built
//! with any of it.

use crate::context::{Address, Chain, Proposal, Value, Vote};
use crate::engine;
use crate::guard::tests::Disk;
use crate::guard::{Guard, Shared};
use crate::signing::LedgerSigner;
use async_trait::async_trait;
use linli_ledger::crypto::{ConsensusKey, PublicKey};
use linli_ledger::evidence::Evidence;
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::types::BlockHash;
use linli_network::memory::Hub;
use malachitebft_app_channel::app::engine::network::{Msg, NetworkEvent, NetworkRef, Subscriber};
use malachitebft_core_types::{
    Context, NilOrVal, Proposal as _, SignedMessage, ValidatorProof, Vote as _, VoteExtensionScope,
    VoteType,
};
use malachitebft_engine_byzantine::{Amnesia, ByzantineConfig, ByzantineNetworkProxy, Trigger};
use malachitebft_signing::{Error, Signer};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing::Span;

#[path = "../tests/common/mod.rs"]
mod common;

use common::{GENESIS, Node, Setup, all_reach, check_same, consensus_key, folder, list, peer, set};

/// What a liar is made of.
#[derive(Clone, Debug)]
pub(crate) struct Liar {
    config: ByzantineConfig,
    /// Votes for what is proposed, whatever it is locked on.
    amnesia: Arc<Amnesia<Chain>>,
    /// Says when it forgets to commit: the same triggers.
    forgets: Arc<Amnesia<Chain>>,
    /// How often it has signed another vote than its engine wanted.
    altered: Arc<AtomicUsize>,
}

impl Liar {
    fn new(config: ByzantineConfig) -> Self {
        let amnesia = Arc::new(Amnesia::new(config.ignore_locks.clone(), config.seed));
        let forgets = Arc::new(Amnesia::new(config.force_precommit_nil.clone(), config.seed));
        Self { config, amnesia, forgets, altered: Arc::default() }
    }

    /// A network that lies, before a true one.
    pub(crate) async fn wrap(self, network: NetworkRef<Chain>) -> NetworkRef<Chain> {
        let tap = Tap { network, amnesia: self.amnesia.clone() };
        let (tap, _) = Actor::spawn(None, tap, ()).await.expect("it starts");
        let (signer, address) = (unguarded(), Address(key().public()));
        let other = |value: &Value| Value(BlockHash(digest(Domain::Header, value.0.0.bytes())));
        let proxy = ByzantineNetworkProxy::spawn(
            self.config,
            tap,
            Box::new(signer),
            Chain,
            address,
            Span::current(),
            Some(Box::new(other)),
            Some(Box::new(move |value| {
                value.map_or(other(&Value(BlockHash(Digest::ZERO))), other)
            })),
        );
        proxy.await.expect("it starts")
    }

    /// Signs what a liar wants signed.
    pub(crate) fn signer(&self) -> Box<dyn Signer<Chain>> {
        Box::new(Forgetful { signer: unguarded(), liar: self.clone() })
    }
}

/// Signs in its turn whatever it is asked to: its guard knows of no other signer with this key.
fn unguarded() -> LedgerSigner {
    let guard = Guard::open(GENESIS, key().public(), Box::<Disk>::default()).expect("it is empty");
    LedgerSigner { genesis: GENESIS, key: key(), guard: Shared::new(guard) }
}

fn key() -> ConsensusKey {
    consensus_key(LIAR)
}

/// Signs another vote than the engine wants.
struct Forgetful {
    signer: LedgerSigner,
    liar: Liar,
}

#[async_trait]
impl Signer<Chain> for Forgetful {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<Chain, Vote>, Error> {
        let (height, round, us) = (vote.height(), vote.round(), *vote.validator_address());
        let Liar { amnesia, forgets, altered, .. } = &self.liar;
        let other = match (vote.vote_type(), vote.value()) {
            (VoteType::Precommit, NilOrVal::Val(_)) => forgets
                .should_ignore_locks(height, round)
                .then(|| Chain.new_precommit(height, round, NilOrVal::Nil, us)),
            (VoteType::Prevote, NilOrVal::Nil) => amnesia
                .try_override_nil_prevote(height, round)
                .map(|value| Chain.new_prevote(height, round, NilOrVal::Val(value), us)),
            (VoteType::Precommit, NilOrVal::Nil) | (VoteType::Prevote, NilOrVal::Val(_)) => None,
        };
        altered.fetch_add(usize::from(other.is_some()), Ordering::Relaxed);
        let vote = other.unwrap_or(vote);
        self.signer.sign_vote(vote).await
    }

    async fn sign_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<SignedMessage<Chain, Proposal>, Error> {
        self.signer.sign_proposal(proposal).await
    }

    async fn sign_vote_extension(
        &self,
        scope: VoteExtensionScope<Chain>,
        (): (),
    ) -> Result<SignedMessage<Chain, ()>, Error> {
        self.signer.sign_vote_extension(scope, ()).await
    }

    async fn sign_validator_proof(
        &self,
        public_key: Vec<u8>,
        peer: Vec<u8>,
    ) -> Result<ValidatorProof<Chain>, Error> {
        self.signer.sign_validator_proof(public_key, peer).await
    }
}

/// Stands before a network, and puts an ear to what it tells.
struct Tap {
    network: NetworkRef<Chain>,
    amnesia: Arc<Amnesia<Chain>>,
}

#[async_trait]
impl Actor for Tap {
    type Msg = Msg<Chain>;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        let message = match message {
            Msg::Subscribe(subscriber) => {
                let ear = Ear(self.amnesia.clone());
                let (ear, _) = Actor::spawn(None, ear, subscriber).await?;
                Msg::Subscribe(Box::new(ear))
            }
            other => other,
        };
        // Gone only when the network has ended.
        let _ = self.network.cast(message);
        Ok(())
    }
}

/// Notes what is proposed, and passes on everything.
struct Ear(Arc<Amnesia<Chain>>);

struct Told(NetworkEvent<Chain>);

impl From<NetworkEvent<Chain>> for Told {
    fn from(event: NetworkEvent<Chain>) -> Self {
        Self(event)
    }
}

#[async_trait]
impl Actor for Ear {
    type Msg = Told;
    type State = Box<dyn Subscriber<NetworkEvent<Chain>>>;
    type Arguments = Box<dyn Subscriber<NetworkEvent<Chain>>>;

    async fn pre_start(
        &self,
        _: ActorRef<Told>,
        subscriber: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(subscriber)
    }

    async fn handle(
        &self,
        _: ActorRef<Told>,
        Told(event): Told,
        subscriber: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        if let NetworkEvent::Proposal(_, proposal) = &event {
            let (height, round) = (proposal.message.height(), proposal.message.round());
            self.0.record_proposed_value(height, round, *proposal.message.value());
        }
        subscriber.send(event);
        Ok(())
    }
}

const FOUR: [u8; 4] = [1, 2, 3, 4];

const LIAR: u8 = 4;

/// Three honest validators, and the fourth.
async fn besieged(hub: &Hub, liar: Liar) -> (Vec<Node>, Node) {
    let mut honest = Vec::new();
    for n in [1, 2, 3] {
        honest.push(Node::start(n, &FOUR, hub.join(peer(n), list(&FOUR, &[])), 0).await);
    }
    let network = hub.join(peer(LIAR), list(&FOUR, &[]));
    let begin = async |config| engine::start_liar(config, liar).await;
    let fourth = Setup::new(LIAR, &FOUR, 0).start_by(folder(), network, begin).await;
    (honest, fourth)
}

/// What came of it, in the chain of the first honest node.
#[derive(Debug)]
struct Outcome {
    /// The proofs that honest nodes hold: each proves itself, and names the liar.
    proofs: Vec<Evidence>,
    /// Certificates with the liar's signature.
    signed: usize,
    /// Heights that were not decided in their first round.
    late: usize,
    /// How often the liar has signed another vote than its engine wanted.
    altered: usize,
}

fn proofs(honest: &[Node]) -> Vec<Evidence> {
    let mut all = Vec::new();
    for node in honest {
        for evidence in node.evidence.lock().expect("a lock").iter() {
            assert_eq!(evidence.verify(&GENESIS, &set(&FOUR)), Ok(()), "{evidence:?}");
            assert_eq!(evidence.validator(), key().public());
            all.push(evidence.clone());
        }
    }
    all
}

/// Lets the honest come to a height beside a liar, on links that lose so many messages in a thousand.
async fn survive(seed: u64, loss: u64, height: u64, config: ByzantineConfig) -> Outcome {
    let hub = Hub::new(seed);
    hub.lose(loss);
    let liar = Liar::new(config);
    let altered = liar.altered.clone();
    let (mut honest, fourth) = besieged(&hub, liar).await;
    fourth.go(u64::MAX);
    all_reach(&mut honest, height).await;
    check_same(&honest);
    let blocks = [&honest[0], &fourth].map(|node| {
        let chain = node.chain.lock().expect("a lock");
        chain.iter().map(|decided| decided.block).collect::<Vec<_>>()
    });
    let common = blocks[0].len().min(blocks[1].len());
    assert_eq!(blocks[0][..common], blocks[1][..common], "the liar has no other chain either");
    let chain = honest[0].chain.lock().expect("a lock").clone();
    let certificates = chain.iter().map(|decided| &decided.certificate);
    let by_liar = |(signer, _): &(PublicKey, _)| *signer == key().public();
    Outcome {
        proofs: proofs(&honest),
        signed: certificates.clone().filter(|c| c.signatures.iter().any(by_liar)).count(),
        late: certificates.filter(|c| c.round > 0).count(),
        altered: altered.load(Ordering::Relaxed),
    }
}

const ALWAYS: Trigger = Trigger::Always;
const SOMETIMES: Trigger = Trigger::Random { probability: 0.5 };

fn liar() -> ByzantineConfig {
    ByzantineConfig::new(Some(7))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_votes_twice_leaves_the_proof_and_parts_nobody() {
    for trigger in [ALWAYS, SOMETIMES] {
        let outcome = survive(1, 0, 12, liar().with_equivocate_votes(trigger)).await;
        let votes = |proof: &Evidence| matches!(proof, Evidence::Votes(..));
        assert!(outcome.proofs.iter().any(votes), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_proposes_twice_leaves_the_proof_and_parts_nobody() {
    let outcome = survive(2, 0, 16, liar().with_equivocate_proposals(ALWAYS)).await;
    let proposals = |proof: &Evidence| matches!(proof, Evidence::Proposals(..));
    assert!(outcome.proofs.iter().any(proposals), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_says_nothing_stops_nobody() {
    let silent = survive(3, 0, 9, liar().with_drop_votes(ALWAYS)).await;
    assert_eq!((silent.signed, &silent.proofs[..]), (0, &[][..]), "{silent:?}");
    let sometimes = survive(3, 0, 9, liar().with_drop_votes(SOMETIMES)).await;
    assert_eq!(sometimes.proofs, []);

    let idle = survive(3, 0, 9, liar().with_drop_proposals(ALWAYS)).await;
    assert!(idle.late > 0, "its turns pass: {idle:?}");
    assert_eq!(idle.proofs, []);

    let dead = liar().with_drop_votes(ALWAYS).with_drop_proposals(ALWAYS);
    let dead = survive(3, 0, 9, dead).await;
    assert!(dead.late > 0 && dead.signed == 0, "{dead:?}");
    assert_eq!(dead.proofs, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hears_no_proposal_stops_nobody() {
    let deaf = survive(4, 0, 9, liar().with_drop_inbound_proposals(ALWAYS)).await;
    assert!(deaf.signed < 6, "it commits what it has proposed itself: {deaf:?}");
    assert_eq!(deaf.proofs, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_never_commits_stops_nobody() {
    for trigger in [ALWAYS, SOMETIMES] {
        let outcome = survive(5, 0, 9, liar().with_force_precommit_nil(trigger.clone())).await;
        assert!(outcome.altered > 0, "{outcome:?}");
        assert!(trigger != ALWAYS || outcome.signed == 0, "{outcome:?}");
        assert_eq!(outcome.proofs, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_forgets_its_lock_parts_nobody_also_where_messages_are_lost() {
    let mut altered = 0;
    // Until it has done so: without loss everybody has voted before there is anything to forget.
    for seed in 6.. {
        let outcome = survive(seed, 250, 3, liar().with_ignore_locks(ALWAYS)).await;
        assert_eq!(outcome.proofs, [], "nothing is signed twice");
        altered += outcome.altered;
        if altered > 0 {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_all_of_it_parts_nobody_also_where_messages_are_lost() {
    let config = liar()
        .with_equivocate_votes(SOMETIMES)
        .with_equivocate_proposals(SOMETIMES)
        .with_ignore_locks(SOMETIMES)
        .with_drop_inbound_proposals(SOMETIMES);
    let mut proofs = 0;
    // Until one of its lies has come to somebody in time.
    for seed in 9.. {
        proofs += survive(seed, 50, 10, config.clone()).await.proofs.len();
        if seed > 9 && proofs > 0 {
            break;
        }
    }
}

/// The twin: with the same parts, and no attack.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_wrapped_and_does_not_lie_leaves_no_proof() {
    let outcome = survive(11, 0, 12, liar()).await;
    assert_eq!((&outcome.proofs[..], outcome.altered), (&[][..], 0));
    assert!(outcome.signed > 0, "{outcome:?}");
}

/// The other half of this is a test of the programs: they have none of it.
#[test]
fn this_very_binary_has_the_attacks_in_it() {
    let program = std::env::current_exe().expect("it runs");
    let bytes = std::fs::read(program).expect("it can be read");
    let mark = concat!("BYZ", "ANTINE: ");
    assert!(bytes.windows(mark.len()).any(|window| window == mark.as_bytes()));
}
