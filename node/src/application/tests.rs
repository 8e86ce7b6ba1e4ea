//! What others can make this validator do: judge and store one block of each in a round, and execute
//! none twice.

use super::*;
use crate::storage::faulty::Faulty;
use linli_consensus::turn;
use linli_ledger::block::BlockTransaction;
use linli_ledger::contract::{Contract, Party};
use linli_ledger::crypto::{BusinessKey, ConsensusKey, Signature};
use linli_ledger::genesis::{
    GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{Compartment, ContractId};
use linli_ledger::view::View;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::oneshot;

const COUNTING: ContractId = ContractId(900);

/// A contract that counts how often it runs.
struct Counting(Arc<AtomicUsize>);

impl Contract for Counting {
    fn id(&self) -> ContractId {
        COUNTING
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Public
    }

    fn accepts(&self, _: &[u8]) -> bool {
        true
    }

    fn execute(
        &self,
        _: &[u8],
        _: &[Party],
        _: &mut View<'_>,
    ) -> Result<(), linli_ledger::code::Rejection> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn office() -> BusinessKey {
    BusinessKey::demonstration(b"application", "office")
}

fn validator(n: u8) -> PublicKey {
    ConsensusKey::demonstration(b"application", &format!("validator {n}")).public()
}

/// The node of a validator.
fn node(n: u8) -> PublicKey {
    PublicKey::Ed25519([100 + n; 32])
}

fn genesis() -> Genesis {
    let kind = OrganisationKind::PublicBody;
    let member = |n| GenesisValidator { key: validator(n), organisation: 0, power: 1 };
    Genesis {
        version: GENESIS_VERSION,
        name: "application".into(),
        time: BlockTime(1_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: vec![GenesisOrganisation {
            name: "office".into(),
            kind,
            key: office().public(),
        }],
        governance: vec![0],
        governance_threshold: 1,
        validators: (0..4).map(member).collect(),
        nodes: Vec::new(),
        contracts: vec![(COUNTING, 1)],
        parameters: Vec::new(),
    }
}

/// Validator 0, and what it runs.
struct Bench {
    application: Application,
    runs: Arc<AtomicUsize>,
    disk: Faulty,
}

impl Bench {
    fn new() -> Self {
        let (disk, runs) = (Faulty::default(), Arc::new(AtomicUsize::new(0)));
        let counting: Box<dyn Contract> = Box::new(Counting(runs.clone()));
        let rulebook = Arc::new(Rulebook::new(vec![counting]).unwrap());
        let (chain, node) = (disk.folder("chain"), disk.folder("node"));
        let (chain, state) =
            ChainFile::open(chain, node, &genesis(), &rulebook, None, &mut ()).unwrap();
        let undecided = Undecided::open(disk.folder("node"), Height(1)).unwrap();
        let state = SharedState::new(state);
        let application = Application::new(
            state,
            rulebook,
            chain,
            undecided,
            validator(0),
            || 0,
            Box::new(|block: &Block| block.clone().verify()),
        );
        Self { application, runs, disk }
    }

    /// The bytes of a block with one transaction, as this validator would build it at that time.
    fn block(&self, proposer: PublicKey, time: u64) -> Vec<u8> {
        let genesis = genesis().hash();
        let body = Body {
            version: BODY_VERSION,
            genesis,
            contract: COUNTING,
            call_version: 1,
            signers: vec![Signer { key: office().public(), grant: None }],
            nonce: time,
            salt: [7; 16],
            valid_until: BlockTime(1_000_000),
            call: Vec::new(),
        };
        let signature = office().sign_transaction(&genesis, &body.id());
        let signed = SignedTransaction::new(&body, vec![signature]).verify(&genesis).unwrap();
        let state = self.application.state.read();
        let template = BlockTemplate { time: BlockTime(time), proposer };
        let built = build_block(&state, &self.application.rulebook, template, &[signed]);
        assert_eq!(built.refused, []);
        self.runs.store(0, Ordering::Relaxed);
        encode(&built.block)
    }

    /// A block comes in a round of height 1, proposed by whoever has the turn.
    fn receive(&mut self, publisher: PublicKey, round: u32, bytes: &[u8]) -> Option<Verdict> {
        self.receive_of(publisher, round, whose(round), None, bytes)
    }

    fn receive_of(
        &mut self,
        publisher: PublicKey,
        round: u32,
        proposer: PublicKey,
        pol_round: Option<u32>,
        bytes: &[u8],
    ) -> Option<Verdict> {
        let (reply, mut verdict) = oneshot::channel();
        let (height, bytes) = (Height(1), bytes.to_vec());
        let request =
            Request::Received { height, round, pol_round, proposer, publisher, bytes, reply };
        self.application.answer(request).unwrap();
        verdict.try_recv().ok()
    }

    fn start_round(&mut self, round: u32) -> Vec<Proposed> {
        let (reply, mut held) = oneshot::channel();
        let (height, proposer) = (Height(1), whose(round));
        self.application.answer(Request::StartedRound { height, round, proposer, reply }).unwrap();
        held.try_recv().unwrap()
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }

    fn stored(&self) -> usize {
        self.disk.bytes("node/undecided").len()
    }
}

fn whose(round: u32) -> PublicKey {
    let set = linli_ledger::certificate::ValidatorSet::new(
        genesis()
            .validators
            .iter()
            .map(|v| linli_ledger::certificate::Validator {
                key: v.key,
                organisation: genesis().organisation(0),
                power: 1,
            })
            .collect(),
    );
    turn(&set.unwrap(), Height(1), round)
}

fn hash(bytes: &[u8]) -> BlockHash {
    decode::<Block>(bytes, "a block").unwrap().header.hash()
}

#[test]
fn a_block_that_comes_from_everybody_is_executed_and_stored_once() {
    let mut bench = Bench::new();
    let bytes = bench.block(whose(0), 2_000);
    assert_eq!(bench.receive(node(1), 0, &bytes), Some(Verdict::Accept(hash(&bytes))));
    let stored = bench.stored();
    for n in 2..=3 {
        assert_eq!(bench.receive(node(n), 0, &bytes), Some(Verdict::Accept(hash(&bytes))));
    }
    assert_eq!((bench.runs(), bench.stored()), (1, stored));
    // In a later round it is proposed again: stored for that round, not executed.
    let again = bench.receive_of(node(2), 1, whose(1), Some(0), &bytes);
    assert_eq!(again, Some(Verdict::Accept(hash(&bytes))));
    assert_eq!(bench.runs(), 1);
    let held = |pol_round, round| {
        vec![Proposed { block: hash(&bytes), proposer: whose(round), pol_round }]
    };
    assert_eq!(bench.start_round(0), held(None, 0));
    assert_eq!(bench.start_round(1), held(Some(0), 1));
}

#[test]
fn a_publisher_is_heard_once_in_a_round_and_does_not_silence_the_proposer() {
    let mut bench = Bench::new();
    let blocks: Vec<_> = (2..12).map(|n| bench.block(whose(0), n * 1_000)).collect();
    let (honest, hostile) = blocks.split_last().unwrap();
    let mut judged = 0;
    for bytes in hostile {
        judged += usize::from(bench.receive(node(3), 0, bytes).is_some());
    }
    assert_eq!((judged, bench.runs()), (1, 1));
    assert_eq!(bench.receive(node(1), 0, honest), Some(Verdict::Accept(hash(honest))), "the twin");
    assert_eq!(bench.runs(), 2);
}

#[test]
fn a_block_is_not_judged_round_after_round_before_its_time() {
    let mut bench = Bench::new();
    let mut judged = 0;
    for round in 0..200 {
        let bytes = bench.block(whose(round), 2_000 + u64::from(round));
        judged += usize::from(bench.receive(node(3), round, &bytes).is_some());
    }
    assert_eq!(judged, 11, "this round and ten more");
    let stored = bench.stored();

    // The twin: when the rounds have come, the same are judged, up to what one may bring.
    for round in 11..30 {
        bench.start_round(round);
        let bytes = bench.block(whose(round), 2_000 + u64::from(round));
        judged += usize::from(bench.receive(node(3), round, &bytes).is_some());
    }
    assert_eq!(judged, 16);
    assert!(bench.stored() > stored);
    let bytes = bench.block(whose(29), 90_000);
    assert_eq!(
        bench.receive(node(2), 29, &bytes),
        Some(Verdict::Accept(hash(&bytes))),
        "of somebody else"
    );
}

#[test]
fn a_block_of_somebody_who_has_no_turn_is_not_looked_at() {
    let mut bench = Bench::new();
    for n in 0..4 {
        let bytes = bench.block(validator(n), 2_000 + u64::from(n));
        let verdict = bench.receive_of(node(n), 0, validator(n), None, &bytes);
        let turn = validator(n) == whose(0);
        assert_eq!((verdict.is_some(), bench.runs()), (turn, usize::from(turn)), "validator {n}");
    }
}

#[test]
fn a_true_header_with_other_transactions_says_nothing_of_the_block() {
    let mut bench = Bench::new();
    let bytes = bench.block(whose(0), 2_000);
    let block: Block = decode(&bytes, "a block").unwrap();
    let none = Block { transactions: Vec::new(), ..block.clone() };
    let mut unsigned = block.clone();
    let BlockTransaction::Full(signed) = &mut unsigned.transactions[0] else {
        panic!("it is whole")
    };
    signed.signatures = vec![Signature::Ed25519([1; 64])];
    for (n, other) in [(2, none), (3, unsigned)] {
        let (other, stored) = (encode(&other), bench.stored());
        assert_eq!(bench.receive(node(n), 0, &other), Some(Verdict::Unreadable));
        assert_eq!((bench.runs(), bench.stored()), (0, stored));
    }
    assert_eq!(bench.receive(node(1), 0, &bytes), Some(Verdict::Accept(hash(&bytes))));
    // Nor does it slip in beside the true one.
    let stored = bench.stored();
    let none = encode(&Block { transactions: Vec::new(), ..block });
    assert_eq!(bench.receive(node(4), 0, &none), Some(Verdict::Unreadable));
    assert_eq!((bench.runs(), bench.stored()), (1, stored));
}

#[test]
fn nobody_puts_a_block_into_the_mouth_of_this_validator() {
    let mut bench = Bench::new();
    let own = (0..4).find(|round| whose(*round) == validator(0)).unwrap();
    let (before, liar) = (own.checked_sub(1), validator(3));
    let bytes = bench.block(liar, 2_000);
    for (n, pol_round) in (1..).zip([None, before, Some(own)]) {
        bench.start_round(own);
        let verdict = bench.receive_of(node(n), own, validator(0), pol_round, &bytes);
        assert_ne!(verdict, Some(Verdict::Accept(hash(&bytes))), "{pol_round:?}");
    }
    bench.application.offer(Batch { time: BlockTime(3_000), transactions: Vec::new() });
    let (reply, mut built) = oneshot::channel();
    let timeout = std::time::Duration::from_secs(1);
    let request = Request::Propose { height: Height(1), round: own, timeout, reply };
    bench.application.answer(request).unwrap();
    let built: Block = decode(&built.try_recv().unwrap().bytes, "a block").unwrap();
    assert_eq!(built.header.proposer, validator(0), "it proposes what it has built");
}

#[test]
fn a_block_that_breaks_a_rule_is_executed_once() {
    let mut bench = Bench::new();
    let mut block: Block = decode(&bench.block(whose(0), 2_000), "a block").unwrap();
    block.header.receipts_root = linli_ledger::hash::Digest::ZERO;
    let bytes = encode(&block);
    for n in 1..=3 {
        let verdict = bench.receive(node(n), 0, &bytes);
        assert_eq!(verdict, Some(Verdict::Reject(block.header.hash())));
    }
    assert_eq!((bench.runs(), bench.stored()), (1, 0));
}
