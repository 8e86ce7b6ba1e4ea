//! This exists to run four organisations' validators and an auditor's observer in one process, on links that
//! a test can cut.

use super::{key, registered_by, signed};
use linli_contracts::governance::{self, Change, NodeRole};
use linli_contracts::registry;
use linli_contracts::registry::parameters::Parameter;
use linli_ledger::codec::encode;
use linli_ledger::crypto::{ConsensusKey, PublicKey, demonstration_secret};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisNode, GenesisOrganisation, GenesisValidator, Keys,
    OrganisationKind,
};
use linli_ledger::hash::Digest;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::{BlockTime, ContractId, Height, OrganisationId};
use linli_network::memory::Hub;
use linli_network::{Allowed, Handle, Member, Network, NetworkKey, Role, Topic};
use linli_service::{Answer, Final, Live, LiveOptions, Peer, Ticket};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Nothing here waits for a time to pass; this only ends a test that would hang.
pub(crate) const GUARD: Duration = Duration::from_mins(2);

pub(crate) const VALIDATORS: usize = 4;
pub(crate) const OBSERVER: usize = 4;
/// What is accepted takes effect a moment later.
pub(crate) const TIME_LOCK_MS: u64 = 300;

pub(crate) fn network(n: usize) -> NetworkKey {
    NetworkKey::from_seed(&demonstration_secret(b"service", &format!("node {n}")))
}

pub(crate) fn validator(n: usize) -> ConsensusKey {
    ConsensusKey::demonstration(b"service", &format!("validator {n}"))
}

fn organisation_name(n: usize) -> String {
    format!("organisation {n}")
}

pub(crate) fn genesis() -> Genesis {
    let position = |n| u32::try_from(n).expect("it is small");
    let founder = |n| GenesisOrganisation {
        name: organisation_name(n),
        kind: if n == OBSERVER {
            OrganisationKind::Regulator
        } else {
            OrganisationKind::PublicBody
        },
        key: key(&organisation_name(n)).public(),
    };
    let member =
        |n| GenesisValidator { key: validator(n).public(), organisation: position(n), power: 1 };
    let node = |n| GenesisNode { key: network(n).public(), organisation: position(n) };
    Genesis {
        version: GENESIS_VERSION,
        name: "town".into(),
        time: BlockTime(1_000),
        clock: Clock::Real,
        keys: Keys::Demonstration,
        organisations: (0..=OBSERVER).map(founder).collect(),
        governance: vec![0],
        governance_threshold: 1,
        validators: (0..VALIDATORS).map(member).collect(),
        nodes: (0..=OBSERVER).map(node).collect(),
        contracts: vec![(ContractId(1), 1), (ContractId(6), 1)],
        parameters: vec![(Parameter::TimeLock.number(), TIME_LOCK_MS)],
    }
}

pub(crate) struct Town {
    pub(crate) nodes: Vec<Live>,
    pub(crate) genesis: Genesis,
    pub(crate) hub: Hub,
    nonces: u64,
    begun: Vec<LiveOptions>,
    folders: Vec<TempDir>,
    runtime: Runtime,
}

/// An organisation registers somebody, by the label of a key.
fn register(genesis: &Genesis, n: usize, person: &str, nonce: u64) -> VerifiedTransaction {
    let organisation = genesis.organisation(u32::try_from(n).expect("it is small"));
    let (signer, person) = (key(&organisation_name(n)), key(person).public());
    registered_by(genesis, &signer, organisation, person, nonce, super::now())
}

/// Hands in without end at one node, signed by one organisation, which signs nothing else: a few people, and
/// the next when those are final. Tells how high each was, and ends when nobody listens; how many they were.
pub(crate) fn load(node: Live, organisation: usize, tell: Sender<Height>) -> JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut nonce = 0;
        let mut one = || {
            nonce += 1;
            let person = format!("person {nonce} of {organisation}");
            register(node.genesis(), organisation, &person, nonce)
        };
        let mut listened_to = true;
        while listened_to {
            for ticket in node.submit(vec![one(), one(), one()]) {
                let answer = ticket.expect("it is taken").wait();
                let Answer::Final(answer) = answer else { panic!("{answer:?}") };
                assert_eq!(answer.receipt.rejection(), None);
                listened_to &= tell.send(answer.height).is_ok();
            }
        }
        nonce
    })
}

fn join(runtime: &Runtime, hub: &Hub, n: usize, options: LiveOptions) -> Live {
    let entered = runtime.enter();
    let network = hub.join(network(n).public(), Allowed::default());
    drop(entered);
    Live::join(options, network).expect("it starts")
}

impl Town {
    pub(crate) fn start() -> Self {
        Self::with(|_, options| options)
    }

    pub(crate) fn with(change: impl Fn(usize, LiveOptions) -> LiveOptions) -> Self {
        Self::of(genesis(), OBSERVER + 1, change)
    }

    /// With another beginning.
    pub(crate) fn founded(genesis: Genesis) -> Self {
        Self::of(genesis, OBSERVER + 1, |_, options| options)
    }

    /// The validators only; in the observer's place is a member that says what the test wants.
    pub(crate) fn with_member() -> (Self, Network) {
        let town = Self::of(genesis(), VALIDATORS, |_, options| options);
        let allowed = town.nodes[0].peers().expect("it has others").into_iter();
        let member = |peer: Peer| (peer.key, Member { role: Role::Validator, addresses: vec![] });
        let entered = town.runtime.enter();
        let network = town.hub.join(network(OBSERVER).public(), allowed.map(member).collect());
        drop(entered);
        (town, network)
    }

    fn of(
        genesis: Genesis,
        count: usize,
        change: impl Fn(usize, LiveOptions) -> LiveOptions,
    ) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let hub = Hub::new(1);
        let (nodes, begun, folders) = (Vec::new(), Vec::new(), Vec::new());
        let mut town = Self { nodes, genesis, hub, nonces: 0, begun, folders, runtime };
        for n in 0..count {
            town.open((n != OBSERVER).then(|| validator(n)), |options| change(n, options));
        }
        town
    }

    /// One node more, with a validator's key: it may connect once the chain says so.
    pub(crate) fn open_validator(&mut self, key: ConsensusKey) {
        self.open(Some(key), |options| options);
    }

    /// One node more, without a vote, that takes what there is by certificates and snapshot.
    pub(crate) fn open_arrival(&mut self) {
        self.open(None, |options| LiveOptions { join_by_snapshot: true, ..options });
    }

    fn open(
        &mut self,
        validator: Option<ConsensusKey>,
        change: impl FnOnce(LiveOptions) -> LiveOptions,
    ) {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let rulebook = Arc::new(linli_contracts::rulebook());
        let plain = LiveOptions::new(folder.path().to_owned(), self.genesis.clone(), rulebook);
        let options = change(LiveOptions { validator, ..plain });
        self.nodes.push(join(&self.runtime, &self.hub, self.nodes.len(), options.clone()));
        self.begun.push(options);
        self.folders.push(folder);
    }

    /// Starts a node again on its folder, with another validator's key.
    pub(crate) fn restart_with(&mut self, n: usize, key: ConsensusKey) {
        self.begun[n].validator = Some(key);
        self.restart(n);
    }

    /// Starts a node again that has ended, on its folder.
    pub(crate) fn restart(&mut self, n: usize) {
        self.nodes[n].stop();
        // The folder is let go with the last clone.
        let options = self.begun[n].clone();
        self.nodes.remove(n);
        self.nodes.insert(n, join(&self.runtime, &self.hub, n, options));
    }

    /// Starts a node again, which takes what there is by certificates and snapshot if it has nothing.
    pub(crate) fn restart_as_arrival(&mut self, n: usize) {
        self.begun[n].join_by_snapshot = true;
        self.restart(n);
    }

    /// A member announces transactions, each in a message of its own.
    pub(crate) fn announce(&self, member: &Handle, transactions: &[VerifiedTransaction]) {
        self.runtime.block_on(async {
            for transaction in transactions {
                let message = encode(&vec![transaction.signed()]);
                let published = member.publish(Topic::Transactions, message.into()).await;
                published.expect("it is small and the hub is there");
            }
        });
    }

    /// The first governance organisation lets another node of the observer's organisation connect.
    pub(crate) fn admit(&mut self, key: PublicKey) -> VerifiedTransaction {
        let organisation = self.organisation(OBSERVER);
        let node_role = NodeRole::Observer;
        let changes = vec![Change::NodeAdd { organisation, key, node_role }];
        let evidence = Digest::Blake3([1; 32]);
        self.govern(0, &governance::Call::Propose { changes, evidence })
    }

    /// A call of governance by an organisation.
    pub(crate) fn govern(&mut self, n: usize, call: &governance::Call) -> VerifiedTransaction {
        self.sign(&organisation_name(n), governance::CONTRACT, encode(call))
    }

    pub(crate) fn organisation(&self, n: usize) -> OrganisationId {
        self.genesis.organisation(u32::try_from(n).expect("it is small"))
    }

    fn sign(&mut self, signer: &str, contract: ContractId, call: Vec<u8>) -> VerifiedTransaction {
        self.nonces += 1;
        signed(&self.genesis, &key(signer), contract, call, self.nonces, super::now())
    }

    /// An organisation registers somebody new.
    pub(crate) fn register(&mut self, n: usize) -> VerifiedTransaction {
        self.nonces += 1;
        let person = format!("person {}", self.nonces);
        register(&self.genesis, n, &person, self.nonces)
    }

    /// An organisation registers somebody new, who at once tries to do the same.
    pub(crate) fn register_and_use(
        &mut self,
        n: usize,
    ) -> (VerifiedTransaction, VerifiedTransaction) {
        let registered = self.register(n);
        let signer = key(&format!("person {}", self.nonces));
        let person = key(&format!("guest of {}", self.nonces)).public();
        let organisation = self.organisation(n);
        (registered, registered_by(&self.genesis, &signer, organisation, person, 1, super::now()))
    }

    /// Somebody whom the chain does not know registers somebody.
    pub(crate) fn register_by_nobody(&mut self) -> VerifiedTransaction {
        let call = registry::Call::PersonRegister {
            organisation: self.organisation(0),
            key: key("nobody's guest").public(),
        };
        let signer = format!("nobody {}", self.nonces);
        self.sign(&signer, registry::CONTRACT, encode(&call))
    }

    /// Waits for a fact.
    pub(crate) fn until_true(&self, fact: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !fact(self) {
            assert!(begun.elapsed() < GUARD, "{:?}", self.nodes[0].health());
            std::thread::yield_now();
        }
    }

    pub(crate) fn submit(&self, n: usize, transaction: &VerifiedTransaction) -> Ticket {
        let mut taken = self.nodes[n].submit(vec![transaction.clone()]);
        taken.pop().expect("one was submitted").expect("it is taken")
    }

    /// What became of a transaction that is good; `None` if that is not known within a time.
    pub(crate) fn answer(&self, ticket: &mut Ticket, limit: Duration) -> Option<Box<Final>> {
        let answer = async { tokio::time::timeout(limit, ticket).await };
        match self.runtime.block_on(answer).ok()? {
            Answer::Final(answer) => Some(answer),
            other => panic!("{other:?}"),
        }
    }

    /// Cuts a node off from all others.
    pub(crate) fn cut_off(&self, n: usize) {
        let others: Vec<_> = (0..=OBSERVER).filter(|other| *other != n).collect();
        self.part(&[n], &others);
    }

    /// Cuts every link between nodes of two groups.
    pub(crate) fn part(&self, one: &[usize], other: &[usize]) {
        let keys =
            |group: &[usize]| -> Vec<_> { group.iter().map(|n| network(*n).public()).collect() };
        self.hub.part(&keys(one), &keys(other));
    }

    /// Waits until every node has this block.
    pub(crate) fn until(&self, height: Height) {
        for node in &self.nodes {
            self.until_one(node, height);
        }
    }

    pub(crate) fn until_one(&self, node: &Live, height: Height) {
        let mut heights = node.heights();
        let reached = heights.wait_for(|head| head.height >= height);
        let reached =
            self.runtime.block_on(async { tokio::time::timeout(GUARD, reached).await.map(drop) });
        reached.expect("the block comes");
    }

    /// Nobody decides anything for so long. On a slow machine this shows less, but never fails.
    pub(crate) fn stands_still(&self, time: Duration) {
        let heads = |node: &Live| node.health().head.height;
        let before: Vec<_> = self.nodes.iter().map(heads).collect();
        let more = async {
            let mut ahead = tokio::task::JoinSet::new();
            for (node, before) in self.nodes.iter().zip(&before) {
                let (mut heights, before) = (node.heights(), *before);
                ahead.spawn(
                    async move { heights.wait_for(|head| head.height > before).await.is_ok() },
                );
            }
            tokio::time::timeout(time, ahead.join_next()).await
        };
        assert!(self.runtime.block_on(more).is_err(), "somebody has decided something");
    }

    /// Every node has the same block at the lowest of their heads.
    pub(crate) fn agree(&self) {
        let lowest = self.nodes.iter().map(|node| node.health().head.height).min();
        let lowest = lowest.expect("there are nodes");
        let hashes = self.nodes.iter().map(|node| {
            let block = node.blocks(lowest, lowest).expect("it reads").pop().expect("it is there");
            block.block.header.hash()
        });
        let hashes: std::collections::BTreeSet<_> = hashes.collect();
        assert_eq!(hashes.len(), 1, "one block at height {lowest}");
    }

    /// Transactions on the first node's chain.
    pub(crate) fn transactions(&self) -> usize {
        let blocks = self.nodes[0].blocks(Height(1), Height(u64::MAX)).expect("it reads");
        blocks.iter().map(|block| block.block.transactions.len()).sum()
    }

    /// Stops all of them. Whoever stops last decides nothing any more, so they are level before.
    pub(crate) fn stop(self) {
        self.halt();
    }

    /// As [`Town::stop`]; what lies in the folders can be read then.
    pub(crate) fn halt(&self) {
        let highest = self.nodes.iter().map(|node| node.health().head.height).max();
        self.until(highest.expect("there are nodes"));
        for node in &self.nodes {
            assert_eq!(node.ended().borrow().as_ref().map(ToString::to_string), None);
        }
        std::thread::scope(|scope| {
            for node in &self.nodes {
                scope.spawn(|| node.stop());
            }
        });
    }
}
