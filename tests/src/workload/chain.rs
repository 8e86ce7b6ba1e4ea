//! This exists to make a whole chain of the workload in memory, as its only validator would.

use super::{Batch, Workload};
use linli_ledger::block::{Block, CommittedBlock};
use linli_ledger::certificate::{Certificate, CommitCertificate, Vote, VoteKind};
use linli_ledger::codec::encode;
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::execute::{BlockTemplate, build_block};
use linli_ledger::frame::Frame;
use linli_ledger::hash::Digest;
use linli_ledger::receipt::Receipt;
use linli_ledger::state::State;
use rayon::prelude::*;

/// A validator that is alone and certifies what it builds.
#[derive(Debug)]
pub struct Certifier {
    /// The state after the last block.
    pub state: State,
    key: ConsensusKey,
}

impl Certifier {
    /// Begins at the genesis of a workload.
    ///
    /// # Panics
    /// Never: the genesis of a workload is sound.
    pub fn new(workload: &Workload, rulebook: &Rulebook) -> Self {
        let state = State::from_genesis(workload.genesis(), rulebook).expect("a sound genesis");
        Self { state, key: workload.validator() }
    }

    /// Builds, certifies and applies one block.
    ///
    /// # Panics
    /// If a transaction of the batch is refused at the door or does not fit: the workload is wrong.
    pub fn block(&mut self, batch: Batch, rulebook: &Rulebook) -> (CommittedBlock, Vec<Receipt>) {
        let genesis = *self.state.genesis();
        let verify = |one: linli_ledger::transaction::SignedTransaction| one.verify(&genesis);
        let verified: Result<Vec<_>, _> = batch.transactions.into_par_iter().map(verify).collect();
        let verified = verified.expect("it is signed");
        let template = BlockTemplate { time: batch.time, proposer: self.key.public() };
        let built = build_block(&self.state, rulebook, template, &verified);
        assert!(built.refused.is_empty(), "at the door: {:?}", built.refused);
        assert_eq!(built.considered, verified.len(), "a batch fits a block");
        self.state.apply(built.executed.delta);
        (self.certify(built.block), built.executed.receipts)
    }

    fn certify(&self, block: Block) -> CommittedBlock {
        let validator = self.key.public();
        let vote = Vote {
            kind: VoteKind::Precommit,
            height: block.header.height,
            round: 0,
            value: Some(block.header.hash()),
            validator,
        };
        let signature = self.key.sign_vote(self.state.genesis(), &vote);
        let signatures = vec![(validator, signature)];
        let certificate = Certificate::Quorum(CommitCertificate { round: 0, signatures });
        CommittedBlock { block, certificate }
    }
}

/// The bytes of a chain with at least so many transactions, and the hash of its last block.
///
/// # Panics
/// As [`Certifier::block`].
pub fn chain(
    workload: &mut Workload,
    transactions: usize,
    rulebook: &Rulebook,
) -> (Vec<u8>, Digest) {
    let mut certifier = Certifier::new(workload, rulebook);
    let mut bytes = Frame::Genesis(encode(workload.genesis())).to_bytes();
    let mut made = 0;
    for batch in workload {
        made += batch.transactions.len();
        let (committed, _) = certifier.block(batch, rulebook);
        bytes.extend(Frame::Block(committed).to_bytes());
        if made >= transactions {
            break;
        }
    }
    (bytes, certifier.state.tip().hash.0)
}
