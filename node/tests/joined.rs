//! Four validators and an observer over sockets, with the real rules: they decide what anybody hands in
//! and rest otherwise, and the list of who may connect is the chain's.

use linli_contracts::governance::{self, NodeRole};
use linli_contracts::registry;
use linli_ledger::block::Block;
use linli_ledger::codec::encode;
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey, demonstration_secret};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisNode, GenesisOrganisation, GenesisValidator, Keys,
    OrganisationKind,
};
use linli_ledger::state::State;
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{BlockTime, ContractId, Height};
use linli_network::{Allowed, Config, Link, Member, NetworkKey, Role};
use linli_node::storage::SyncObserver;
use linli_node::{Batch, Committed, JoinOptions, Joined, Joining, Work};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// Nothing here waits for a time to pass; this only ends a test that would hang.
const GUARD: Duration = Duration::from_mins(2);

const VALIDATORS: usize = 4;
const OBSERVER: usize = 4;

fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(b"joined", label)
}

fn validator(n: usize) -> ConsensusKey {
    ConsensusKey::demonstration(b"joined", &format!("validator {n}"))
}

fn network(n: usize) -> NetworkKey {
    NetworkKey::from_seed(&demonstration_secret(b"joined", &format!("node {n}")))
}

/// The office runs the validators, the auditor a node that only follows.
fn genesis() -> Genesis {
    let organisation =
        |name: &str, kind| GenesisOrganisation { name: name.into(), kind, key: key(name).public() };
    let member = |n| GenesisValidator { key: validator(n).public(), organisation: 0, power: 1 };
    let node = |n| GenesisNode { key: network(n).public(), organisation: u32::from(n == OBSERVER) };
    Genesis {
        version: GENESIS_VERSION,
        name: "joined".into(),
        time: BlockTime(1_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: vec![
            organisation("office", OrganisationKind::PublicBody),
            organisation("auditor", OrganisationKind::Regulator),
        ],
        governance: vec![0],
        governance_threshold: 1,
        validators: (0..VALIDATORS).map(member).collect(),
        nodes: (0..=OBSERVER).map(node).collect(),
        contracts: vec![(ContractId(1), 1), (governance::CONTRACT, 1)],
        parameters: Vec::new(),
    }
}

fn transaction(
    label: &str,
    contract: ContractId,
    nonce: u64,
    call: Vec<u8>,
) -> VerifiedTransaction {
    let (genesis, signer) = (genesis().hash(), key(label));
    let body = Body {
        version: BODY_VERSION,
        genesis,
        contract,
        call_version: 1,
        signers: vec![Signer { key: signer.public(), grant: None }],
        nonce,
        salt: [7; 16],
        valid_until: BlockTime(1_000_000),
        call,
    };
    let signature = signer.sign_transaction(&body.genesis, &body.id());
    let signed = SignedTransaction::new(&body, vec![signature]);
    signed.verify(&body.genesis).expect("it is signed")
}

/// The office registers a person.
fn register(nonce: u64) -> VerifiedTransaction {
    let organisation = genesis().organisation(0);
    let key = key(&format!("person {nonce}")).public();
    let call = registry::Call::PersonRegister { organisation, key };
    transaction("office", registry::CONTRACT, nonce, encode(&call))
}

/// The auditor ends its node.
fn end_observer() -> VerifiedTransaction {
    let call = governance::Call::NodeEnd { key: network(OBSERVER).public() };
    transaction("auditor", governance::CONTRACT, 1, encode(&call))
}

type Waiting = Arc<Mutex<Vec<VerifiedTransaction>>>;

/// Stands where the pool will: what is handed in is known to every validator.
struct Pool {
    n: usize,
    waiting: Waiting,
    told: Sender<(usize, Committed)>,
}

impl Work for Pool {
    fn batch(&mut self, state: &State) -> Batch {
        let transactions = self.waiting.lock().expect("a lock").clone();
        Batch { time: BlockTime(state.tip().time.0 + 1_000), transactions }
    }

    fn committed(&mut self, committed: Committed, _: &State) {
        for receipt in &committed.receipts {
            assert_eq!(receipt.rejection(), None, "every transaction here is good");
        }
        let made = committed.block.block.transactions.len();
        // One block takes all that waits, in order.
        self.waiting.lock().expect("a lock").drain(..made);
        // The test may have seen enough.
        let _ = self.told.send((self.n, committed));
    }

    fn rest(&mut self, _: &State) -> Duration {
        if self.waiting.lock().expect("a lock").is_empty() { GUARD } else { Duration::ZERO }
    }
}

struct Town {
    nodes: Vec<Joined>,
    waiting: Vec<Waiting>,
    told: Receiver<(usize, Committed)>,
    /// What each node has committed: transactions of each block, and its hash.
    chains: Vec<Vec<(usize, linli_ledger::types::BlockHash)>>,
    _folders: Vec<TempDir>,
    _runtime: tokio::runtime::Runtime,
}

/// The list that a state gives, with the addresses that everybody knows.
fn allowed(state: &State, addresses: &BTreeMap<PublicKey, String>) -> Allowed {
    let member = |(key, node): (PublicKey, governance::records::Node)| {
        let role = match node.role {
            NodeRole::Validator => Role::Validator,
            NodeRole::Observer => Role::Observer,
        };
        let addresses = addresses.get(&key).cloned().into_iter().collect();
        (key, Member { role, addresses })
    };
    governance::nodes::allowed(state).into_iter().map(member).collect()
}

impl Town {
    fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (mut links, mut addresses) = (Vec::<Link>::new(), BTreeMap::new());
        for n in 0..=OBSERVER {
            let config = Config {
                chain: genesis().hash(),
                key: network(n),
                listen: Some("127.0.0.1:0".parse().expect("an address")),
                allowed: Allowed::default(),
            };
            let network = runtime.block_on(linli_network::start(config)).expect("it starts");
            let address = network.address.expect("it listens").to_string();
            addresses.insert(network.link.handle.local(), address);
            links.push(network.link);
        }
        let (tell, told) = channel();
        let (mut nodes, mut waiting, mut folders) = (Vec::new(), Vec::new(), Vec::new());
        for (n, network) in links.into_iter().enumerate() {
            let folder = tempfile::tempdir().expect("there is room for a folder");
            let (pool, addresses) = (Waiting::default(), addresses.clone());
            let options = JoinOptions {
                folder: folder.path().to_owned(),
                genesis: genesis(),
                rulebook: Arc::new(linli_contracts::rulebook()),
                validator: (n != OBSERVER).then(|| validator(n)),
                synced: SyncObserver::default(),
                allowed: Box::new(move |state| allowed(state, &addresses)),
                clock: linli_node::milliseconds_since_epoch,
                start: None,
            };
            let work = Box::new(Pool { n, waiting: pool.clone(), told: tell.clone() });
            let joining = Joining::open(options, &mut ()).expect("the folder is empty");
            nodes.push(
                joining
                    .join(network, work, Box::new(|block: &Block| block.clone().verify()))
                    .expect("it starts"),
            );
            waiting.push(pool);
            folders.push(folder);
        }
        let chains = vec![Vec::new(); nodes.len()];
        Self { nodes, waiting, told, chains, _folders: folders, _runtime: runtime }
    }

    fn hand_in(&self, transaction: &VerifiedTransaction) {
        for (waiting, node) in self.waiting.iter().zip(&self.nodes) {
            waiting.lock().expect("a lock").push(transaction.clone());
            node.waker().wake();
        }
    }

    /// Waits until the first so many nodes have so many transactions in their chains.
    fn until(&mut self, nodes: usize, transactions: usize) {
        let count = |chain: &Vec<(usize, _)>| chain.iter().map(|(made, _)| made).sum::<usize>();
        while self.chains[..nodes].iter().any(|chain| count(chain) < transactions) {
            let (n, committed) = self.told.recv_timeout(GUARD).expect("blocks are decided");
            let block = &committed.block.block;
            self.chains[n].push((block.transactions.len(), block.header.hash()));
            let height = Height(u64::try_from(self.chains[n].len()).expect("it is short"));
            assert_eq!(block.header.height, height, "every block comes once and in order");
        }
        for pair in self.chains.windows(2) {
            let common = pair[0].len().min(pair[1].len());
            assert_eq!(pair[0][..common], pair[1][..common]);
        }
    }

    fn tips(&self) -> Vec<u64> {
        self.nodes.iter().map(|node| node.shared_state().read().tip().height.0).collect()
    }
}

#[test]
fn what_is_handed_in_is_decided_by_all_and_an_ended_node_is_cut_by_the_block_that_says_so() {
    let mut town = Town::start();
    for nonce in 1..=5 {
        town.hand_in(&register(nonce));
        town.until(5, usize::try_from(nonce).expect("it is small"));
    }
    // One block for each, and at most one more, because the nodes have just started.
    let tips = town.tips();
    assert!(tips.iter().all(|tip| (5..=6).contains(tip)), "{tips:?}");

    town.hand_in(&end_observer());
    town.until(4, 6);
    let ended = town.tips()[0];
    for nonce in 6..=8 {
        town.hand_in(&register(nonce));
        town.until(4, usize::try_from(nonce).expect("it is small") + 1);
    }
    let tips = town.tips();
    assert!(tips[..4].iter().all(|tip| *tip == ended + 3), "{tips:?}");
    assert!(tips[OBSERVER] <= ended, "{tips:?}: the observer was cut by block {ended}");
    for node in town.nodes {
        assert!(!node.has_ended());
        node.stop().expect("it stops in peace");
    }
}
