//! Validators that join, get another key and leave, by governance, while transactions come in all the time:
//! the network never stops, and what would stop it is refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::town::{
    GUARD, OBSERVER, TIME_LOCK_MS, Town, VALIDATORS, genesis, load, network, validator,
};
use linli_contracts::governance::records::{End, Proposal, ProposalState};
use linli_contracts::governance::{Call, Change, NodeRole, proposal_hash};
use linli_ledger::block::CommittedBlock;
use linli_ledger::certificate::Certificate;
use linli_ledger::code::{Code, Detail, Rejection};
use linli_ledger::crypto::{ConsensusKey, PublicKey, Signature, peer_identity};
use linli_ledger::genesis::Genesis;
use linli_ledger::hash::Digest;
use linli_ledger::receipt::Subject;
use linli_ledger::types::{Compartment, Height, RecordId, derive_identifier};
use linli_ledger::view::View;
use linli_service::{Answer, Final};
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

/// The node that joins.
const FIFTH: usize = OBSERVER + 1;
/// Where the test looks at the chain: this node always runs.
const EYE: usize = 1;
/// Every node once the fifth is there, and those that run while one validator is silent.
const ALL: [usize; 6] = [0, 1, 2, 3, OBSERVER, FIFTH];
const SILENT: usize = 2;
const WITHOUT_SILENT: [usize; 5] = [0, 1, 3, OBSERVER, FIFTH];
/// Blocks within which every validator has had its turn several times.
const TURNS: u64 = 100;
const EVIDENCE: Digest = Digest::Blake3([1; 32]);

struct Members {
    town: Town,
    loads: [JoinHandle<u64>; 3],
    /// How high each transaction of the load was.
    heard: Receiver<Height>,
    /// Calls of governance so far.
    calls: u64,
}

impl Members {
    /// Of three organisations that govern two decide; transactions come in at three nodes that run all the time.
    fn start() -> Self {
        let (governance, governance_threshold) = (vec![0, 1, 2], 2);
        let town = Town::founded(Genesis { governance, governance_threshold, ..genesis() });
        let (tell, heard) = channel();
        let at = [(0, 2), (EYE, 3), (OBSERVER, OBSERVER)];
        let loads = at.map(|(n, signer)| load(town.nodes[n].clone(), signer, tell.clone()));
        let members = Self { town, loads, heard, calls: 0 };
        for n in 0..VALIDATORS {
            members.until_built(&validator(n), Height(0));
        }
        members
    }

    /// Its node is started before anybody has decided, and nobody talks to it.
    fn joins(&mut self, new: &ConsensusKey) {
        let organisation = self.town.organisation(OBSERVER);
        let (node, node_role) = (network(FIFTH).public(), NodeRole::Validator);
        let (key, power, proof) = (new.public(), 1, self.proof(new, FIFTH));
        let changes = [
            Change::NodeAdd { organisation, key: node, node_role },
            Change::ValidatorAdd { organisation, key, power, node, proof },
        ];
        self.town.open_validator(new.clone());
        let proposal = self.propose(&changes).unwrap();
        self.goes_on(&[0, 1, 2, 3, OBSERVER]);
        assert_eq!(self.town.nodes[FIFTH].health().head.height, Height(0));
        let joined = self.accept(proposal, &changes);
        self.goes_on(&ALL);
        self.until_built(new, joined);
    }

    /// The fourth gets another key, on the node that it has; the height of the last block of the old one.
    fn rotates(&mut self, old: &ConsensusKey, new: &ConsensusKey) -> Height {
        let (node, proof) = (network(3).public(), self.proof(new, 3));
        let (old, key) = (old.public(), new.public());
        let rotated = self.decide(&[Change::ValidatorRotate { old, new: key, node, proof }]);
        self.goes_on(&ALL);
        self.town.restart_with(3, new.clone());
        self.until_built(new, self.head());
        self.goes_on(&ALL);
        rotated
    }

    /// While one of four is silent, none of the three that vote may leave; the silent one may.
    fn none_leaves_while_one_is_silent(&mut self, voting: &[&ConsensusKey; 3]) {
        self.town.nodes[SILENT].stop();
        let silent = self.head();
        self.goes_on(&WITHOUT_SILENT);
        let last = self.block(Height(silent.0 + 4 * 4 + 2));
        assert_eq!(signers(&last), public(voting).into_iter().collect());
        for one in voting {
            let no = self.propose(&removal(one)).unwrap_err();
            let details = [Detail::Need(3), Detail::Have(2)];
            assert_eq!(no, Rejection::new(Code::ValidatorQuorum, &details));
        }
        let proposal = self.propose(&removal(&validator(SILENT))).unwrap();
        assert_eq!(self.call(0, &Call::Withdraw { proposal }).receipt.rejection(), None);
        self.goes_on(&WITHOUT_SILENT);
        self.town.restart(SILENT);
        self.until_built(&validator(SILENT), self.head());
    }

    /// All have the same chain, and whoever checks it finds it good and nothing missing. A key has signed
    /// for no block after its last.
    fn end(self, gone: &[(&ConsensusKey, Height)]) {
        let Self { town, loads, heard, calls } = self;
        drop(heard);
        let handed_in: u64 = loads.into_iter().map(|load| load.join().unwrap()).sum();
        let heads = |town: &Town| -> BTreeSet<_> {
            town.nodes.iter().map(|node| node.health().head.hash).collect()
        };
        town.until_true(|town| heads(town).len() == 1);
        town.halt();
        assert_eq!(heads(&town).len(), 1);
        let (node, chain) = (&town.nodes[FIFTH], town.genesis.hash());
        let (folder, rulebook, head) = (node.folder(), node.rulebook(), node.health().head);
        let (chain, hash) = (Some(&chain), Some(&head.hash.0));
        let report = linli_verify::audit(folder, rulebook, chain, hash, &mut |_, _| {}).unwrap().0;
        assert_eq!((report.head.0, report.transactions), (head.height, handed_in + calls));
        for (key, last) in gone {
            let signed = |block: &CommittedBlock| signers(block).contains(&key.public());
            assert!(node.blocks(Height(1), *last).unwrap().iter().any(signed));
            assert!(!node.blocks(last.next(), head.height).unwrap().iter().any(signed));
        }
    }

    fn call(&mut self, n: usize, call: &Call) -> Box<Final> {
        self.calls += 1;
        let transaction = self.town.govern(n, call);
        match self.town.submit(EYE, &transaction).wait() {
            Answer::Final(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    fn propose(&mut self, changes: &[Change]) -> Result<RecordId, Rejection> {
        let changes = changes.to_vec();
        let answer = self.call(0, &Call::Propose { changes, evidence: EVIDENCE });
        let Subject::Transaction(id) = answer.receipt.subject else { panic!("a call") };
        let proposed = RecordId(derive_identifier(&id, 0));
        answer.receipt.rejection().map_or(Ok(proposed), |no| Err(no.clone()))
    }

    /// The second organisation agrees; the height at which the time lock is over and all has happened.
    fn accept(&mut self, proposal: RecordId, changes: &[Change]) -> Height {
        let proposal_hash = proposal_hash(proposal, changes, &EVIDENCE);
        let answer = self.call(1, &Call::Vote { proposal, proposal_hash, approve: true });
        assert_eq!(answer.receipt.rejection(), None);
        let mut height = answer.height;
        loop {
            self.block(height);
            let found = self.town.nodes[EYE].with_state(|state| {
                let view = View::read_only(state, Compartment::Public, state.tip().time);
                view.get::<Proposal>(&proposal).unwrap().state
            });
            match found {
                ProposalState::Ended { height, end } => {
                    assert_eq!(end, End::Applied);
                    let time = |height| self.block(height).block.header.time;
                    assert!(time(height) >= time(answer.height).plus(TIME_LOCK_MS));
                    return height;
                }
                ProposalState::Open | ProposalState::Accepted { .. } => height = height.next(),
            }
        }
    }

    fn decide(&mut self, changes: &[Change]) -> Height {
        let proposal = self.propose(changes).unwrap();
        self.accept(proposal, changes)
    }

    /// Waits for a block.
    fn block(&self, height: Height) -> CommittedBlock {
        let node = &self.town.nodes[EYE];
        self.town.until_one(node, height);
        node.blocks(height, height).unwrap().pop().unwrap()
    }

    /// Waits for a block above this height that a validator has built.
    fn until_built(&self, key: &ConsensusKey, above: Height) {
        let built = |height| self.block(Height(height)).block.header.proposer == key.public();
        assert!((above.0 + 1..above.0 + TURNS).any(built), "it gets no turn above {above}");
    }

    /// What comes in becomes final, and these nodes have it.
    fn goes_on(&self, nodes: &[usize]) {
        while self.heard.try_recv().is_ok() {}
        // More than can have been on their way.
        let some = (0..12).map(|_| self.heard.recv_timeout(GUARD).expect("it goes on"));
        let highest = some.max().unwrap();
        for n in nodes {
            self.town.until_one(&self.town.nodes[*n], highest);
        }
    }

    fn head(&self) -> Height {
        self.town.nodes[EYE].health().head.height
    }

    fn proof(&self, key: &ConsensusKey, n: usize) -> Signature {
        key.sign_peer(&self.town.genesis.hash(), &peer_identity(&network(n).public()))
    }

    fn keys(&self) -> Vec<PublicKey> {
        self.town.nodes[EYE].with_state(|state| {
            state.validators().members().iter().map(|member| member.key).collect()
        })
    }
}

fn public(keys: &[&ConsensusKey]) -> Vec<PublicKey> {
    keys.iter().map(|key| key.public()).collect()
}

fn removal(key: &ConsensusKey) -> [Change; 1] {
    [Change::ValidatorRemove { key: key.public() }]
}

/// Who signed for a block.
fn signers(block: &CommittedBlock) -> BTreeSet<PublicKey> {
    match &block.certificate {
        Certificate::Quorum(quorum) => quorum.signatures.iter().map(|(key, _)| *key).collect(),
        Certificate::Recovery { .. } => panic!("nobody recovers anything"),
    }
}

#[test]
fn one_joins_one_gets_another_key_one_leaves_and_none_leaves_without_whom_it_would_stop() {
    let [first, second, third, old] = [0, 1, 2, 3].map(validator);
    let [new, fifth] = [13, FIFTH].map(validator);
    let mut members = Members::start();
    members.joins(&fifth);
    let rotated = members.rotates(&old, &new);
    // The node of one that leaves follows the chain and takes transactions as before.
    let left = members.decide(&removal(&first));
    members.goes_on(&ALL);
    assert_eq!(members.keys(), public(&[&second, &third, &new, &fifth]));
    members.none_leaves_while_one_is_silent(&[&second, &new, &fifth]);
    // What was refused is decided now that all are heard.
    let left_later = members.decide(&removal(&second));
    members.goes_on(&ALL);
    assert_eq!(members.keys(), public(&[&third, &new, &fifth]));
    members.end(&[(&old, rotated), (&first, left), (&second, left_later)]);
}
