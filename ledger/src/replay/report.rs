//! This exists to say what an audit found, in numbers.

use crate::certificate::Certificate;
use crate::code::Code;
use crate::genesis::{Clock, Genesis, Keys};
use crate::hash::Digest;
use crate::receipt::{Receipt, Subject};
use crate::types::{BlockHash, BlockTime, Height, StateRoot};
use std::collections::BTreeMap;

/// The result of a replay that found nothing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// The name of the chain.
    pub chain: String,
    /// The hash of the genesis.
    pub genesis: Digest,
    /// Whether one process signs for everybody.
    pub keys: Keys,
    /// Where block time comes from.
    pub clock: Clock,
    /// The last block: height, hash, time.
    pub head: (Height, BlockHash, BlockTime),
    /// The state after it.
    pub state_root: StateRoot,
    /// Transactions in all blocks.
    pub transactions: u64,
    /// Signatures verified on transactions.
    pub signatures: u64,
    /// Signatures verified on certificates.
    pub certificates: u64,
    /// Heights at which governance named a new validator set outside the protocol.
    pub recoveries: Vec<Height>,
    /// Due items handled.
    pub due: u64,
    /// Movements of value.
    pub movements: u64,
    /// How often each rule said no.
    pub rejections: BTreeMap<Code, u64>,
    /// The invariants that hold, by name.
    pub invariants: Vec<&'static str>,
    /// Whether the head was compared with one given from outside.
    pub head_expected: bool,
}

impl AuditReport {
    pub(super) fn new(genesis: &Genesis, hash: Digest, root: StateRoot) -> Self {
        Self {
            chain: genesis.name.clone(),
            genesis: hash,
            keys: genesis.keys,
            clock: genesis.clock,
            head: (Height(0), BlockHash(hash), genesis.time),
            state_root: root,
            transactions: 0,
            signatures: 0,
            certificates: 0,
            recoveries: Vec::new(),
            due: 0,
            movements: 0,
            rejections: BTreeMap::new(),
            invariants: Vec::new(),
            head_expected: false,
        }
    }

    pub(super) fn count(&mut self, certificate: &Certificate, keys: usize, receipts: &[Receipt]) {
        let add = |sum: &mut u64, n: usize| {
            *sum = sum.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
        };
        match certificate {
            Certificate::Quorum(commit) => add(&mut self.certificates, commit.signatures.len()),
            Certificate::Recovery { signatures, .. } => {
                add(&mut self.certificates, signatures.len());
                self.recoveries.push(self.head.0.next());
            }
        }
        add(&mut self.signatures, keys);
        for receipt in receipts {
            match receipt.subject {
                Subject::Due(_) => add(&mut self.due, 1),
                Subject::Transaction(_) => add(&mut self.transactions, 1),
                Subject::Recovery(_) => {}
            }
            add(&mut self.movements, receipt.movements.len());
            if let Some(rejection) = receipt.rejection() {
                add(self.rejections.entry(rejection.code).or_default(), 1);
            }
        }
    }

    pub(super) fn reach(
        &mut self,
        height: Height,
        hash: BlockHash,
        time: BlockTime,
        root: StateRoot,
    ) {
        self.head = (height, hash, time);
        self.state_root = root;
    }
}
