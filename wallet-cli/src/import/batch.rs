//! This exists to cut the steps of a plan into blocks: by the civil hour, by number, by size.

use super::Step;
use linli_ledger::limits::BLOCK_TRANSACTIONS_MAX;
use linli_ledger::types::{BlockTime, HOUR_MS};

/// 900 KB: below the limit of a block, with room for its header and for lengths.
const BATCH_BYTES_MAX: usize = 900 * 1024;

/// Steps for one block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch<'a> {
    /// The time of the block: the last of its steps, and always after the block before.
    pub(crate) time: BlockTime,
    /// The steps, in order.
    pub(crate) steps: &'a [Step],
}

/// Cuts steps, which are sorted by time, into batches.
///
/// A step that needs a fact of the state begins a batch: what it sees is the block before.
///
/// Source: IMP-8.
pub(crate) fn batches(genesis: BlockTime, steps: &[Step]) -> Vec<Batch<'_>> {
    let mut batches = Vec::new();
    let (mut rest, mut before) = (steps, genesis);
    while let Some(first) = rest.first() {
        let (head, tail) = rest.split_at(length(first, rest));
        let time = head.last().unwrap_or(first).at.max(before.plus(1));
        batches.push(Batch { time, steps: head });
        (rest, before) = (tail, time);
    }
    batches
}

/// How many of these steps go into one block: at least one.
fn length(first: &Step, steps: &[Step]) -> usize {
    let mut bytes = first.prepared.size();
    let more = steps.iter().skip(1).take(BLOCK_TRANSACTIONS_MAX - 1).take_while(|step| {
        bytes = bytes.saturating_add(step.prepared.size());
        step.at.0 / HOUR_MS == first.at.0 / HOUR_MS
            && bytes <= BATCH_BYTES_MAX
            && !step.prepared.waits()
    });
    more.count() + 1
}
