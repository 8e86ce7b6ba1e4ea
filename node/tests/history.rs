//! A node that has nothing joins by certificates and a snapshot, speaking with others in the bytes of the
//! specification (NET-7.1); whoever shows what is not so is found out, and the honest one is asked.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use borsh::{BorshDeserialize, BorshSerialize};
use linli_contracts::governance::records::{End, Proposal, ProposalState};
use linli_contracts::governance::{self, Call, Change};
use linli_contracts::registry;
use linli_contracts::registry::parameters::Parameter;
use linli_ledger::block::{BlockTransaction, CommittedBlock, Header};
use linli_ledger::certificate::{
    Certificate, CommitCertificate, Validator, ValidatorSet, Vote, VoteKind,
};
use linli_ledger::codec::{decode, encode};
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey, Signature, peer_identity};
use linli_ledger::execute::{BlockTemplate, build_block, execute_block};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisNode, GenesisOrganisation, GenesisValidator, Keys,
    OrganisationKind,
};
use linli_ledger::hash::{Domain, digest};
use linli_ledger::receipt::Subject;
use linli_ledger::snapshot;
use linli_ledger::state::State;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{
    BlockTime, Compartment, ContractId, HOUR_MS, Height, RecordId, derive_identifier,
};
use linli_ledger::view::View;
use linli_network::memory::Hub;
use linli_network::{Allowed, Event, Member, Network, Role};
use linli_node::chain_file::ChainFile;
use linli_node::history::{Arrival, Server, join};
use linli_node::storage::{Folder, Storage};
use linli_node::{Blocks, NodeError, SharedState, Snapshots, Wanted};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const LOCK: u64 = HOUR_MS;

fn office() -> BusinessKey {
    BusinessKey::demonstration(b"history", "office")
}

fn validator(label: &str) -> ConsensusKey {
    ConsensusKey::demonstration(b"history", label)
}

/// Nodes of the network: one that may lie, which is asked first, an honest one, and the one that joins.
fn node(n: usize) -> PublicKey {
    let mut keys = ["a", "b", "c"].map(|label| validator(label).public());
    keys.sort_unstable();
    keys[n]
}

const FIRST: usize = 0;
const HONEST: usize = 1;
const NEW: usize = 2;

/// Every label that a validator ever has; the last one takes the place of the one before.
const LABELS: [&str; 5] = ["0", "1", "2", "old", "new"];

fn member(label: &str) -> GenesisValidator {
    GenesisValidator { key: validator(label).public(), organisation: 0, power: 1 }
}

fn key_of(public: &PublicKey) -> ConsensusKey {
    LABELS.map(validator).into_iter().find(|key| key.public() == *public).unwrap()
}

fn genesis(name: &str) -> Genesis {
    let kind = OrganisationKind::PublicBody;
    Genesis {
        version: GENESIS_VERSION,
        name: name.into(),
        time: BlockTime(1_767_225_600_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: vec![GenesisOrganisation {
            name: "office".into(),
            kind,
            key: office().public(),
        }],
        governance: vec![0],
        governance_threshold: 1,
        validators: LABELS[..4].iter().map(|label| member(label)).collect(),
        nodes: vec![GenesisNode { key: node(HONEST), organisation: 0 }],
        contracts: vec![(ContractId(1), 1), (governance::CONTRACT, 1)],
        parameters: vec![(Parameter::TimeLock.number(), LOCK)],
    }
}

/// A chain in a folder, made by one validator.
struct Chain {
    folder: TempDir,
    genesis: Genesis,
    file: ChainFile,
    state: State,
    nonce: u64,
}

fn files(path: &Path) -> Box<dyn Storage> {
    Box::new(Folder::create(path).unwrap())
}

fn opened(folder: &Path, genesis: &Genesis) -> Result<(ChainFile, State), NodeError> {
    let (chain, node) = (files(&folder.join("chain")), files(&folder.join("node")));
    ChainFile::open(chain, node, genesis, &linli_contracts::rulebook(), None, &mut ())
}

impl Chain {
    fn new(name: &str) -> Self {
        let (folder, genesis) = (tempfile::tempdir().unwrap(), genesis(name));
        let (file, state) = opened(folder.path(), &genesis).unwrap();
        Self { folder, genesis, file, state, nonce: 0 }
    }

    /// Blocks with people, a new key for the only validator, and more blocks; a snapshot on the way.
    fn long(name: &str) -> Self {
        let mut chain = Self::new(name);
        chain.people(20);
        chain.rotates();
        chain.people(40);
        chain.snapshot();
        chain.people(10);
        chain
    }

    fn block(&mut self, ms: u64, calls: &[(ContractId, Vec<u8>)]) -> Option<Subject> {
        let time = self.state.tip().time.plus(ms);
        let transactions: Vec<_> = calls
            .iter()
            .map(|(contract, call)| {
                self.nonce += 1;
                let body = Body {
                    version: BODY_VERSION,
                    genesis: self.genesis.hash(),
                    contract: *contract,
                    call_version: 1,
                    signers: vec![Signer { key: office().public(), grant: None }],
                    nonce: self.nonce,
                    salt: [7; 16],
                    valid_until: time.plus(1_000),
                    call: call.clone(),
                };
                let signature = office().sign_transaction(&body.genesis, &body.id());
                SignedTransaction::new(&body, vec![signature]).verify(&body.genesis).unwrap()
            })
            .collect();
        let rulebook = linli_contracts::rulebook();
        let set = self.state.validators();
        let turn = usize::try_from(self.state.tip().height.0).unwrap() % 4;
        let template = BlockTemplate { time, proposer: set.members()[turn].key };
        let built = build_block(&self.state, &rulebook, template, &transactions);
        assert!(built.refused.is_empty());
        let certificate = signed(&built.block.header, &set);
        let block = CommittedBlock { block: built.block, certificate };
        self.file.append(&block).unwrap();
        let verified = block.block.verify().unwrap();
        let executed = execute_block(&self.state, &rulebook, &verified).unwrap();
        self.state.apply(executed.delta);
        let last = executed.receipts.last()?;
        assert_eq!(last.rejection(), None);
        Some(last.subject.clone())
    }

    fn people(&mut self, blocks: u64) {
        for _ in 0..blocks {
            let call = |n| {
                let label = format!("person {n}");
                let key = BusinessKey::demonstration(b"history", &label).public();
                let organisation = self.genesis.organisation(0);
                encode(&registry::Call::PersonRegister { organisation, key })
            };
            let calls = [1, 2].map(|n| (registry::CONTRACT, call(self.nonce + n)));
            self.block(1_000, &calls);
        }
    }

    fn rotates(&mut self) {
        let new = validator("new");
        let proof = new.sign_peer(&self.genesis.hash(), &peer_identity(&node(HONEST)));
        let (old, new) = (validator("old").public(), new.public());
        let changes = vec![Change::ValidatorRotate { old, new, node: node(HONEST), proof }];
        let evidence = digest(Domain::Document, b"minutes");
        let call = encode(&Call::Propose { changes, evidence });
        let Some(Subject::Transaction(id)) = self.block(1_000, &[(governance::CONTRACT, call)])
        else {
            panic!("it is proposed")
        };
        self.block(LOCK, &[]);
        let view = View::read_only(&self.state, Compartment::Public, self.state.tip().time);
        let found = view.get::<Proposal>(&RecordId(derive_identifier(&id, 0))).unwrap();
        assert!(matches!(found.state, ProposalState::Ended { end: End::Applied, .. }), "{found:?}");
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn snapshot(&self) {
        let blocks = Blocks::new(files(&self.path().join("chain")));
        let mut snapshots = Snapshots::new(files(&self.path().join("snapshots")));
        assert!(snapshots.write(&self.state, &blocks).unwrap());
    }

    fn server(&self) -> Server {
        // As after a start: the sets of validators are written down.
        drop(opened(self.path(), &self.genesis).unwrap());
        let state = SharedState::new(self.state.clone());
        Server::open(self.path(), &self.genesis, state, Wanted::default()).unwrap()
    }
}

/// The precommits of three of four.
fn signed(header: &Header, set: &ValidatorSet) -> Certificate {
    let signed = |public: PublicKey| {
        let (kind, value) = (VoteKind::Precommit, Some(header.hash()));
        let vote = Vote { kind, height: header.height, round: 0, value, validator: public };
        (public, key_of(&public).sign_vote(&header.chain, &vote))
    };
    let signatures = set.members()[..3].iter().map(|member| signed(member.key)).collect();
    Certificate::Quorum(CommitCertificate { round: 0, signatures })
}

// ---- the bytes of NET-7.1, as a stranger writes them

#[derive(Debug, BorshSerialize, BorshDeserialize)]
enum Question {
    Blocks(u64),
    Snapshot(u64),
    Piece(u64, u64),
}

#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
struct Shown {
    tip: u64,
    blocks: Vec<(CommittedBlock, Option<ValidatorSet>)>,
}

/// What a node says instead of what is so; nothing for silence.
type Answer = Box<dyn FnMut(&Question, Option<Vec<u8>>) -> Option<Vec<u8>> + Send>;

fn honest() -> Answer {
    Box::new(|_, answer| answer)
}

/// Answers on the hub until it ends, and counts the questions.
fn answer(
    runtime: &Runtime,
    network: Network,
    mut server: Server,
    mut says: Answer,
) -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    runtime.spawn(async move {
        let Network { link, mut history, .. } = network;
        while let Some(event) = history.events.recv().await {
            let Event::Asked { id, bytes, .. } = event else { continue };
            count.fetch_add(1, Ordering::Relaxed);
            let question: Question = decode(&bytes, "a question").unwrap();
            match says(&question, server.answer(&bytes)) {
                Some(answer) => history.handle.respond(id, answer.into()).await,
                None => history.handle.forget(id).await,
            }
        }
        drop(link);
    });
    asked
}

/// A network of those who answer and one who joins.
struct Meeting {
    runtime: Runtime,
    hub: Hub,
    folder: TempDir,
    genesis: Genesis,
}

impl Meeting {
    fn of(genesis: &Genesis) -> Self {
        let (runtime, hub) = (Runtime::new().unwrap(), Hub::new(1));
        Self { runtime, hub, folder: tempfile::tempdir().unwrap(), genesis: genesis.clone() }
    }

    fn enter(&self, n: usize) -> Network {
        let member = Member { role: Role::Validator, addresses: Vec::new() };
        let all: Allowed =
            [FIRST, HONEST, NEW].map(|n| (node(n), member.clone())).into_iter().collect();
        let _entered = self.runtime.enter();
        self.hub.join(node(n), all)
    }

    fn answers(&self, n: usize, chain: &Chain, says: Answer) -> Arc<AtomicUsize> {
        answer(&self.runtime, self.enter(n), chain.server(), says)
    }

    fn join(&self) -> (Arrival, Option<State>) {
        let mut network = self.enter(NEW);
        let joined = join(self.folder.path(), &self.genesis, &mut network);
        self.runtime.block_on(joined).unwrap()
    }

    /// What came lies in the folder as in any other, executes again to the same, and says how it came.
    fn is_whole(&self, chain: &Chain) {
        let (_, state) = opened(self.folder.path(), &self.genesis).unwrap();
        assert_eq!((state.tip(), state.root()), (chain.state.tip(), chain.state.root()));
        assert!(!Arrival::is_due(self.folder.path(), true).unwrap());
        let frames = |path: &Path| fs::read(path.join("chain/0000000000.chain")).unwrap();
        assert_eq!(frames(self.folder.path()), frames(chain.path()));
    }
}

#[test]
fn a_new_node_has_the_chain_and_the_state_and_can_show_them_to_the_next() {
    let chain = Chain::long("history");
    let meeting = Meeting::of(&chain.genesis);
    assert!(Arrival::is_due(meeting.folder.path(), true).unwrap());
    assert!(!Arrival::is_due(meeting.folder.path(), false).unwrap());
    meeting.answers(HONEST, &chain, honest());
    let (arrival, state) = meeting.join();
    let (tip, snapshot) = (Height(72), Height(62));
    assert_eq!(arrival, Arrival { is_over: true, height: tip, snapshot: Some(snapshot) });
    assert_eq!(Arrival::read(meeting.folder.path()).unwrap(), Some(arrival));
    // It has its chain; whose chain is lost may come so once more.
    assert!(!Arrival::is_due(meeting.folder.path(), true).unwrap());
    let lost = tempfile::tempdir().unwrap();
    fs::create_dir(lost.path().join("node")).unwrap();
    let (from, to) = (meeting.folder.path().join("node/arrival"), lost.path().join("node/arrival"));
    fs::copy(from, to).unwrap();
    assert!(Arrival::is_due(lost.path(), true).unwrap());
    assert!(!Arrival::is_due(lost.path(), false).unwrap());
    assert_eq!(state.unwrap().tip().height, snapshot);
    meeting.is_whole(&chain);
    // It knows the sets of validators, too.
    let next = Meeting::of(&chain.genesis);
    let (folder, wanted) = (meeting.folder.path(), Wanted::default());
    let state = SharedState::new(chain.state.clone());
    let server = Server::open(folder, &chain.genesis, state, wanted).unwrap();
    answer(&next.runtime, next.enter(HONEST), server, honest());
    assert_eq!(next.join().0, arrival);
    next.is_whole(&chain);
}

#[test]
fn who_is_interrupted_goes_on_and_believes_nothing_that_it_finds() {
    let chain = Chain::long("history");
    let whole = Meeting::of(&chain.genesis);
    whole.answers(HONEST, &chain, honest());
    whole.join();
    let file = |meeting: &Meeting| meeting.folder.path().join("chain/0000000000.chain");
    let bytes = fs::read(file(&whole)).unwrap();
    // A write that was torn anywhere, and one whose bytes the disk has changed.
    for (length, flipped) in
        [(0, None), (17, None), (5_000, None), (9_000, Some(4_321)), (bytes.len(), Some(9))]
    {
        let meeting = Meeting::of(&chain.genesis);
        let path = meeting.folder.path();
        for folder in ["chain", "node"] {
            fs::create_dir_all(path.join(folder)).unwrap();
            for entry in fs::read_dir(whole.folder.path().join(folder)).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), path.join(folder).join(entry.file_name())).unwrap();
            }
        }
        let begun = Arrival { is_over: false, height: Height(0), snapshot: None };
        write_arrival(path, begun);
        fs::remove_file(path.join("node/tip")).unwrap();
        let mut part = bytes[..length].to_vec();
        if let Some(at) = flipped {
            part[at] ^= 1;
        }
        fs::write(file(&meeting), part).unwrap();
        assert!(Arrival::is_due(path, false).unwrap(), "it was told so before");
        let asked = meeting.answers(HONEST, &chain, honest());
        let (arrival, state) = meeting.join();
        assert_eq!((arrival.height, state.unwrap().tip().height), (Height(72), Height(62)));
        assert!(asked.load(Ordering::Relaxed) > 1);
        meeting.is_whole(&chain);
    }
}

/// As the node writes it.
fn write_arrival(folder: &Path, arrival: Arrival) {
    let payload = encode(&arrival);
    let mut bytes = (payload.len() as u64).to_le_bytes().to_vec();
    bytes.extend(linli_ledger::hash::hash(Domain::Frame, &payload));
    bytes.extend(payload);
    fs::write(folder.join("node/arrival"), bytes).unwrap();
}

/// Changes the blocks that are shown.
fn blocks(change: impl Fn(&mut Shown) + Send + 'static) -> Answer {
    Box::new(move |question, answer| {
        let Question::Blocks(_) = question else { return answer };
        let mut shown: Shown = decode(&answer?, "blocks").unwrap();
        change(&mut shown);
        Some(encode(&shown))
    })
}

/// Changes a block that is shown, by its height, after which everything stays in its order.
fn block(
    height: u64,
    change: impl Fn(&mut (CommittedBlock, Option<ValidatorSet>)) + Send + 'static,
) -> Answer {
    blocks(move |shown| {
        let found = shown.blocks.iter_mut().find(|one| one.0.block.header.height == Height(height));
        if let Some(found) = found {
            change(found);
        }
    })
}

/// Shows a whole snapshot of its own making.
fn snapshots(of: u64, bytes: Vec<u8>) -> Answer {
    Box::new(move |question, answer| match question {
        Question::Blocks(_) => answer,
        Question::Snapshot(_) => Some(encode(&Some(of))),
        Question::Piece(_, offset) => {
            let offset = usize::try_from(*offset).unwrap().min(bytes.len());
            let end = bytes.len().min(offset + (2 << 20));
            Some(encode(&Some(bytes[offset..end].to_vec())))
        }
    })
}

/// The first transaction of a block.
fn first(one: &mut (CommittedBlock, Option<ValidatorSet>)) -> &mut SignedTransaction {
    match &mut one.0.block.transactions[0] {
        BlockTransaction::Full(signed) => signed,
        BlockTransaction::Withheld(_) => panic!("a whole chain withholds nothing"),
    }
}

/// A recovery that nobody has signed.
fn recovery() -> Certificate {
    let organisation = genesis("history").organisation(0);
    let one = Validator { key: validator("stranger").public(), organisation, power: 1 };
    let validators = ValidatorSet::new(vec![one]).unwrap();
    Certificate::Recovery { validators, signatures: Vec::new() }
}

fn quorum(block: &mut CommittedBlock) -> &mut CommitCertificate {
    match &mut block.certificate {
        Certificate::Quorum(quorum) => quorum,
        Certificate::Recovery { .. } => panic!("nobody recovers anything"),
    }
}

/// What may be shown that is not so, and up to which block such a node is believed.
type Lie = (&'static str, u64, Answer);

fn lies(chain: &Chain, other: &Chain) -> Vec<Lie> {
    about_blocks(other).into_iter().chain(about_snapshots(chain, other)).collect()
}

#[expect(clippy::too_many_lines, reason = "one line for each lie")]
fn about_blocks(other: &Chain) -> Vec<Lie> {
    let (set_of, strangers) = (22, other.state.validators());
    let theirs = std::sync::Mutex::new(other.server());
    vec![
        ("a header", 4, block(5, |one| one.0.block.header.receipt_count ^= 1)),
        (
            "a signature",
            4,
            block(5, |one| {
                let Signature::Ed25519(bytes) = &mut quorum(&mut one.0).signatures[0].1;
                bytes[0] ^= 1;
            }),
        ),
        (
            "too few signatures",
            4,
            block(5, |one| {
                let _ = quorum(&mut one.0).signatures.pop();
            }),
        ),
        (
            "a signature of a stranger",
            4,
            block(5, |one| {
                let signatures = &mut quorum(&mut one.0).signatures;
                signatures[0].0 = validator("stranger").public();
            }),
        ),
        ("the set of another chain", 21, block(set_of, move |one| one.1 = Some(strangers.clone()))),
        (
            "a transaction changed",
            4,
            block(5, |one| {
                first(one).body[60] ^= 1;
            }),
        ),
        (
            "a transaction signed by nobody",
            4,
            block(5, |one| {
                let Signature::Ed25519(bytes) = &mut first(one).signatures[0];
                bytes[0] ^= 1;
            }),
        ),
        ("a transaction left out", 4, block(5, |one| drop(one.0.block.transactions.pop()))),
        (
            "a transaction withheld",
            4,
            block(5, |one| {
                let leaf = first(one).leaf();
                one.0.block.transactions[0] = BlockTransaction::Withheld(leaf);
            }),
        ),
        ("a block left out", 3, blocks(|shown| drop(shown.blocks.remove(3)))),
        ("blocks in another order", 3, blocks(|shown| shown.blocks.swap(3, 4))),
        (
            "another chain",
            0,
            Box::new(move |question, answer| match question {
                Question::Blocks(first) => {
                    theirs.lock().unwrap().answer(&encode(&Question::Blocks(*first)))
                }
                _ => answer,
            }),
        ),
        (
            "no blocks at all",
            0,
            Box::new(|question, answer| match question {
                Question::Blocks(_) => Some(vec![7; 1_000]),
                _ => answer,
            }),
        ),
        (
            "bytes behind the blocks",
            0,
            Box::new(|question, answer| match question {
                Question::Blocks(_) => answer.map(|mut bytes| {
                    bytes.push(0);
                    bytes
                }),
                _ => answer,
            }),
        ),
    ]
}

fn about_snapshots(chain: &Chain, other: &Chain) -> Vec<Lie> {
    let mut frames: Vec<_> = snapshot::frames(&chain.state).collect();
    let newest = chain.state.tip().height.0;
    let own = frames.concat();
    let leaf = {
        let mut state = frames.clone();
        // A value of a leaf, under a frame that is well formed.
        let payload = &state[1][36..];
        let mut changed = payload.to_vec();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        let mut frame = u32::try_from(changed.len()).unwrap().to_le_bytes().to_vec();
        frame.extend(linli_ledger::hash::hash(Domain::Frame, &changed));
        frame.extend(changed);
        state[1] = frame;
        state.concat()
    };
    frames.pop();
    let without_a_part = frames.concat();
    let of_other: Vec<u8> = snapshot::frames(&other.state).flatten().collect();
    let torn = own[..own.len() - 1].to_vec();
    vec![
        ("a leaf changed", 72, snapshots(newest, leaf)),
        ("a part left out", 72, snapshots(newest, without_a_part)),
        ("a snapshot that ends within a frame", 72, snapshots(newest, torn)),
        ("a snapshot of another chain", 72, snapshots(newest, of_other)),
        ("a snapshot under another height", 72, snapshots(newest - 1, own.clone())),
        ("a snapshot newer than the headers", 72, snapshots(newest + 1, own)),
        (
            "no height",
            72,
            Box::new(|question, answer| match question {
                Question::Snapshot(_) => Some(vec![9]),
                _ => answer,
            }),
        ),
        (
            "pieces without end",
            72,
            Box::new(move |question, answer| match question {
                Question::Snapshot(_) => Some(encode(&Some(newest))),
                Question::Piece(..) => Some(encode(&Some(vec![0xff; 2 << 20]))),
                Question::Blocks(_) => answer,
            }),
        ),
        (
            "a piece that is too large",
            72,
            Box::new(move |question, answer| match question {
                Question::Snapshot(_) => Some(encode(&Some(newest))),
                Question::Piece(..) => Some(encode(&Some(vec![0; (2 << 20) + 1]))),
                Question::Blocks(_) => answer,
            }),
        ),
    ]
}

#[test]
fn who_lies_is_found_out_and_the_honest_one_is_asked() {
    let (chain, other) = (Chain::long("history"), Chain::long("other"));
    for (what, _, lie) in lies(&chain, &other) {
        let meeting = Meeting::of(&chain.genesis);
        let lied = meeting.answers(FIRST, &chain, lie);
        let asked = meeting.answers(HONEST, &chain, honest());
        let (arrival, state) = meeting.join();
        assert_eq!((arrival.height, arrival.snapshot), (Height(72), Some(Height(62))), "{what}");
        assert_eq!(state.unwrap().tip().height, Height(62), "{what}");
        assert!(lied.load(Ordering::Relaxed) > 0 && asked.load(Ordering::Relaxed) > 1, "{what}");
        meeting.is_whole(&chain);
    }
}

#[test]
fn nothing_that_is_not_so_is_kept_where_nobody_is_honest() {
    let (chain, other) = (Chain::long("history"), Chain::long("other"));
    for (what, kept, lie) in lies(&chain, &other) {
        let meeting = Meeting::of(&chain.genesis);
        meeting.answers(FIRST, &chain, lie);
        let (arrival, state) = meeting.join();
        let (_, found) = opened(meeting.folder.path(), &chain.genesis).unwrap();
        assert_eq!((arrival.height, found.tip().height), (Height(kept), Height(kept)), "{what}");
        assert_eq!(state.map(|state| state.tip().height), None, "{what}");
    }
}

#[test]
fn who_has_nothing_or_stays_silent_or_does_not_know_a_set_is_passed_over() {
    let chain = Chain::long("history");
    let young = Chain::new("history");
    for kind in 0..5 {
        let meeting = Meeting::of(&chain.genesis);
        match kind {
            0 => meeting.answers(FIRST, &young, honest()),
            1 => meeting.answers(FIRST, &chain, Box::new(|_, _| None)),
            2 => meeting.answers(FIRST, &chain, block(22, |one| one.1 = None)),
            // Whether governance has signed that is not known without a state.
            3 => meeting.answers(FIRST, &chain, block(9, |one| one.0.certificate = recovery())),
            _ => meeting.answers(
                FIRST,
                &chain,
                Box::new(|question, answer| match question {
                    // It says so and then has it no more.
                    Question::Piece(..) => Some(encode(&None::<Vec<u8>>)),
                    _ => answer,
                }),
            ),
        };
        meeting.answers(HONEST, &chain, honest());
        let (arrival, _) = meeting.join();
        assert_eq!((arrival.height, arrival.snapshot), (Height(72), Some(Height(62))), "{kind}");
        meeting.is_whole(&chain);
    }
}

#[test]
fn an_old_snapshot_and_a_stale_tip_only_cost_time() {
    let chain = Chain::long("history");
    let meeting = Meeting::of(&chain.genesis);
    // It shows ten blocks and says that these are all.
    let stale = blocks(|shown| {
        shown.blocks.retain(|one| one.0.block.header.height <= Height(10));
        shown.tip = 10;
    });
    meeting.answers(FIRST, &chain, stale);
    meeting.answers(HONEST, &chain, honest());
    assert_eq!(meeting.join().0.height, Height(72));
    meeting.is_whole(&chain);
}

#[test]
fn a_list_with_nobody_else_on_it_is_a_chain_of_ones_own() {
    let chain = Chain::new("history");
    let meeting = Meeting::of(&chain.genesis);
    let mut network = meeting.enter(NEW);
    network.link.handle.allow(Allowed::default());
    let joined = join(meeting.folder.path(), &chain.genesis, &mut network);
    let (arrival, state) = meeting.runtime.block_on(joined).unwrap();
    assert_eq!((arrival.height, arrival.snapshot, state.is_none()), (Height(0), None, true));
    meeting.is_whole(&chain);
}
