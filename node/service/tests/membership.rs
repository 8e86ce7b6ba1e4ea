//! Validators that are added, lost and replaced, and removed, as operators do it: real processes, changes written by
//! `linlid member`, governance over HTTP, and transactions that come in all the time.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![cfg(unix)]

mod common;

use common::load::{Acknowledged, Stops, chain, load, wait_for_some};
use common::processes::{Desk, GUARD, Town, submit, wait_for};
use linli_contracts::governance::{Call, Change, proposal_hash};
use linli_contracts::registry::parameters::Parameter;
use linli_ledger::block::CommittedBlock;
use linli_ledger::certificate::Certificate;
use linli_ledger::code::{Code, Detail, Rejection};
use linli_ledger::crypto::{ConsensusKey, PublicKey};
use linli_ledger::hash::Digest;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::{Height, RecordId, TransactionId, derive_identifier};
use linli_service::dev::SEED;
use linli_wire::chain::Validators;
use linli_wire::transaction::Submitted;
use linli_wire::{Found, path};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::thread;

/// These run all the time, and take what comes in.
const LOADED: [usize; 2] = [0, 1];
/// It is down for a while, and removed in the end.
const LEAVES: usize = 2;
/// Its machine is lost.
const LOST: usize = 3;
/// It begins without a vote.
const JOINS: usize = 4;
/// The machine that takes the place of the lost one.
const REPLACES: usize = 5;
/// How many blocks back governance looks for who is heard: four times the validators that there are. Source: GOV-5.
const HEARD: u64 = 4 * 4;
const TIME_LOCK_MS: u64 = 300;
const EVIDENCE: Digest = Digest::Blake3([1; 32]);

struct Network {
    town: Town,
    office: Desk,
    regulator: Desk,
    /// Transactions of governance.
    calls: u64,
}

impl Network {
    /// Folders for six machines, of which four are the chain's.
    fn found() -> Self {
        let town = Town::founded(6, |genesis| {
            genesis.validators.truncate(4);
            genesis.nodes.truncate(4);
            genesis.parameters = vec![(Parameter::TimeLock.number(), TIME_LOCK_MS)];
        });
        let (office, regulator) =
            (Desk::new("office", 0, &town.genesis), Desk::new("regulator", 8, &town.genesis));
        Self { town, office, regulator, calls: 0 }
    }

    /// What `linlid member` says on a machine, for the organisation at a position.
    fn changes(&self, n: usize, position: u32, rest: &[&str]) -> Vec<Change> {
        let organisation = self.town.genesis.organisation(position).to_string();
        let arguments = [&["member"], rest, &["--organisation", &organisation]].concat();
        let (said, exit) = self.town.command(n, &arguments);
        assert_eq!(exit, 0, "{said}");
        serde_json::from_value(said).unwrap()
    }

    fn propose(&mut self, changes: &[Change]) -> Result<RecordId, Rejection> {
        let call = Call::Propose { changes: changes.to_vec(), evidence: EVIDENCE };
        let transaction = self.office.govern(&call);
        let answer = self.call(transaction);
        let id = answer.id.unwrap();
        let receipt = answer.receipt.expect("it is final");
        let proposed = RecordId(derive_identifier(&id, 0));
        receipt.rejection().map_or(Ok(proposed), |no| Err(no.clone()))
    }

    /// The office proposes, the regulator agrees; when it has taken effect, its height.
    fn decide(&mut self, changes: &[Change]) -> Height {
        let proposal = self.propose(changes).unwrap();
        let proposal_hash = proposal_hash(proposal, changes, &EVIDENCE);
        let vote = Call::Vote { proposal, proposal_hash, approve: true };
        let transaction = self.regulator.govern(&vote);
        let answer = self.call(transaction);
        assert_eq!(answer.rejection, None);
        let path = path::with(path::PROPOSAL, &[&proposal.to_string()]);
        let ended = wait_for("the proposal in effect", || {
            let found: Value = self.town.get(LOADED[0], &path)?;
            found["data"]["record"]["state"].get("ended").cloned()
        });
        assert_eq!(ended["end"], "applied");
        serde_json::from_value(ended["height"].clone()).unwrap()
    }

    fn call(&mut self, transaction: VerifiedTransaction) -> Submitted {
        self.calls += 1;
        // The same bytes again give the first result.
        let transactions = [transaction];
        wait_for("a final answer", || {
            let answer = submit(&self.town.apis[LOADED[1]], &transactions, GUARD)?;
            answer.data.into_iter().next().filter(|one| one.receipt.is_some())
        })
    }

    /// The validators' keys as a node says them.
    fn validators(&self, n: usize) -> BTreeSet<PublicKey> {
        let found: Found<Validators> = self.town.get(n, path::VALIDATORS).unwrap();
        found.data.members.iter().map(|member| member.key).collect()
    }

    fn head(&self) -> Height {
        self.town.head(LOADED[0]).unwrap().0
    }

    fn until(&self, n: usize, height: Height) {
        wait_for("a block", || self.town.head(n).filter(|head| head.0 >= height));
    }

    /// Waits for a block after this one that a validator has built.
    fn until_built(&self, key: &PublicKey, after: Height) {
        let mut next = after.next();
        wait_for("a block of this validator", || {
            while next <= self.head() {
                let path = path::with(path::BLOCK, &[&next.to_string()]);
                let found: Value = self.town.get(LOADED[0], &path)?;
                next = next.next();
                if found["header"]["proposer"] == key.to_string() {
                    return Some(());
                }
            }
            None
        });
    }

    fn start(&mut self) {
        for n in 0..4 {
            self.town.spawn(n, &[]);
        }
        for n in 0..4 {
            self.town.wait_until_ready(n);
        }
        for n in 0..4 {
            self.until_built(&key(n), Height(0));
        }
    }

    /// Three of four are heard: without one more of them two of three would be left, which is too few.
    fn none_leaves_while_one_is_silent(&mut self) {
        self.town.kill(LEAVES);
        let heads = self.town.running().filter_map(|n| self.town.head(n));
        let silent = heads.map(|head| head.0).max().unwrap();
        self.until(0, Height(silent.0 + HEARD + 2));
        let no = self.propose(&removal(key(1))).unwrap_err();
        let details = [Detail::Need(3), Detail::Have(2)];
        assert_eq!(no, Rejection::new(Code::ValidatorQuorum, &details));
        self.town.start(LEAVES);
        self.until_built(&key(LEAVES), self.head());
    }

    /// It runs before it may connect, and hears of it by the block that lets it in.
    fn joins(&mut self) {
        self.town.start(JOINS);
        assert_eq!(self.town.head(JOINS).unwrap().0, Height(0));
        let changes = self.changes(JOINS, 1, &["add"]);
        let joined = self.decide(&changes);
        self.until(JOINS, joined);
        self.until_built(&key(JOINS), joined);
    }

    /// A machine is gone; another takes its place, with keys of its own. The height of the last block of the old key.
    fn replaces(&mut self) -> Height {
        self.town.kill(LOST);
        let old = key(LOST).to_string();
        let changes = self.changes(REPLACES, 8, &["rotate", "--old", &old]);
        self.town.start(REPLACES);
        let replaced = self.decide(&changes);
        self.until_built(&key(REPLACES), replaced);
        replaced
    }

    /// The node of one that leaves follows as before. The height of the last block of its key.
    fn leaves(&mut self) -> Height {
        let removed = self.decide(&removal(key(LEAVES)));
        let after = self.head();
        for n in [0, 1, LEAVES, JOINS, REPLACES] {
            self.until(n, after);
            assert_eq!(self.validators(n), [0, 1, JOINS, REPLACES].map(key).into());
        }
        removed
    }

    /// One chain that an audit confirms at each node, with all that was acknowledged, and in it no signature of a
    /// key after its last block.
    fn end(mut self, acknowledged: &BTreeMap<TransactionId, Height>, ends: &[(PublicKey, Height)]) {
        let head = self.town.wait_for_one_head();
        let report = self.town.audit(head);
        assert!(report.transactions >= acknowledged.len() as u64 + self.calls);
        let chain = chain(&self.town, JOINS, Height(1));
        for (id, height) in acknowledged {
            assert!(chain[height].1.contains(id), "{id:?} was acknowledged in block {height}");
        }
        let blocks = self.town.blocks(JOINS);
        for (key, last) in ends {
            let signed = |block: &CommittedBlock| match &block.certificate {
                Certificate::Quorum(quorum) => {
                    quorum.signatures.iter().any(|(signer, _)| signer == key)
                }
                Certificate::Recovery { .. } => panic!("nobody recovers anything"),
            };
            assert!(blocks.range(Height(1), *last).unwrap().iter().any(signed));
            assert!(!blocks.range(last.next(), head.0).unwrap().iter().any(signed));
        }
    }
}

/// The folders are those of a demonstration: a validator has the key of its number.
fn key(n: usize) -> PublicKey {
    ConsensusKey::demonstration(SEED, &format!("validator {n}")).public()
}

fn removal(key: PublicKey) -> [Change; 1] {
    [Change::ValidatorRemove { key }]
}

#[test]
fn processes_join_are_lost_and_replaced_and_leave_under_load() {
    let mut network = Network::found();
    let apis = LOADED.map(|n| network.town.apis[n].clone());
    let mut desks = [("volunteers", 2), ("foundation", 6)]
        .map(|(label, position)| Desk::new(label, position, &network.town.genesis));
    let (stop, acknowledged) = (AtomicBool::new(false), Acknowledged::default());
    let mut ends = Vec::new();
    thread::scope(|scope| {
        let _stops = Stops(&stop);
        let (tell, heard) = channel();
        for (turn, desk) in desks.iter_mut().enumerate() {
            let (mut apis, tell) = (apis.clone(), tell.clone());
            apis.rotate_left(turn);
            let (stop, acknowledged) = (&stop, &acknowledged);
            scope.spawn(move || load(desk, &apis, stop, acknowledged, &tell));
        }
        network.start();
        network.none_leaves_while_one_is_silent();
        wait_for_some(8, &heard);
        network.joins();
        wait_for_some(8, &heard);
        ends.push((key(LOST), network.replaces()));
        wait_for_some(8, &heard);
        ends.push((key(LEAVES), network.leaves()));
        wait_for_some(8, &heard);
    });
    network.end(&acknowledged.0.into_inner().unwrap(), &ends);
}
