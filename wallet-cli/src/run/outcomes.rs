//! This exists to know what came of every step, whether its block was made now or in an earlier run.

use super::ahead::{self, Ahead};
use crate::import::Batch;
use linli_ledger::block::Block;
use linli_ledger::code::Code;
use linli_ledger::execute::{BlockTemplate, build_block};
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::state::State;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::Height;
use linli_node::Observer;

/// A step as a transaction, or why its bytes or signatures are refused.
pub(super) type Candidate = Result<VerifiedTransaction, Code>;

/// The transactions of a batch, as they are on this state; `ahead` are those that were made before.
pub(super) fn candidates(batch: &Batch<'_>, ahead: Vec<Ahead>, state: &State) -> Vec<Candidate> {
    let steps = batch.steps.iter().zip(ahead);
    let complete = steps.map(|(step, ahead)| {
        ahead.unwrap_or_else(|| step.prepared.sign(Some(state)).verify(state.genesis()))
    });
    complete.collect()
}

/// For each candidate the reason why it was refused or rejected; `None` for what was applied.
pub(super) fn codes(
    candidates: &[Candidate],
    refused: &[(usize, Code)],
    receipts: &[Receipt],
) -> Vec<Option<Code>> {
    let mut receipts =
        receipts.iter().filter(|receipt| matches!(receipt.subject, Subject::Transaction(_)));
    let mut position = 0;
    let mut codes = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        if let Err(code) = candidate {
            codes.push(Some(*code));
            continue;
        }
        let at_the_door = refused.iter().find(|(at, _)| *at == position).map(|(_, code)| *code);
        position += 1;
        codes.push(at_the_door.or_else(|| receipts.next()?.rejection().map(|no| no.code)));
    }
    codes
}

/// The block being replayed.
struct Current {
    batch: usize,
    candidates: Vec<Candidate>,
    refused: Vec<(usize, Code)>,
}

/// What came of every step of a plan.
pub(super) struct Outcomes<'a> {
    batches: &'a [Batch<'a>],
    /// Where the steps of each batch begin.
    starts: Vec<usize>,
    /// For each step the reason of its no.
    pub(super) codes: Vec<Option<Code>>,
    /// The chain in the folder holds something else than this plan.
    pub(super) is_other: bool,
    current: Option<Current>,
}

impl<'a> Outcomes<'a> {
    pub(super) fn new(batches: &'a [Batch<'a>]) -> Self {
        let mut starts = Vec::with_capacity(batches.len());
        let mut steps = 0;
        for batch in batches {
            starts.push(steps);
            steps += batch.steps.len();
        }
        Self { batches, starts, codes: vec![None; steps], is_other: false, current: None }
    }

    /// Notes what came of a batch.
    pub(super) fn note(&mut self, batch: usize, codes: Vec<Option<Code>>) {
        let start = self.starts.get(batch).copied().unwrap_or(self.codes.len());
        for (slot, code) in self.codes.iter_mut().skip(start).zip(codes) {
            *slot = code;
        }
    }
}

/// Watches the blocks of an earlier run and compares them with the plan.
impl Observer for Outcomes<'_> {
    fn before(&mut self, state: &State, block: &Block) {
        let Height(height) = block.header.height;
        let index = usize::try_from(height).unwrap_or(usize::MAX).saturating_sub(1);
        let Some(batch) = self.batches.get(index) else {
            self.is_other = true;
            return;
        };
        let ahead = ahead::of_batch(batch, state.genesis());
        let candidates = candidates(batch, ahead, state);
        let transactions: Vec<_> =
            candidates.iter().filter_map(|candidate| candidate.as_ref().ok().cloned()).collect();
        let template = BlockTemplate { time: block.header.time, proposer: block.header.proposer };
        let built = build_block(state, &linli_contracts::rulebook(), template, &transactions);
        self.is_other |= built.block.header != block.header;
        self.current = Some(Current { batch: index, candidates, refused: built.refused });
    }

    fn after(&mut self, receipts: &[Receipt]) {
        if let Some(Current { batch, candidates, refused }) = self.current.take() {
            self.note(batch, codes(&candidates, &refused, receipts));
        }
    }
}
