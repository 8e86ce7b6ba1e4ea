//! This exists to sign and to check signatures on all cores, ahead of the node that makes the blocks.
//!
//! Nothing of the result depends on it: what a step becomes follows from the step alone, and the order
//! is that of the plan.

use super::outcomes::Candidate;
use crate::import::{Batch, Step};
use linli_ledger::hash::Digest;
use rayon::prelude::*;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Steps that are signed together: enough that no core waits, few enough to hold.
const WINDOW: usize = 4_096;
/// Windows that may wait for the node.
const WAITING: usize = 2;

/// A step, signed and checked; nothing for one that also needs a fact of the state.
pub(super) type Ahead = Option<Candidate>;

/// Signs and checks a step, if the input alone decides it.
fn sign(step: &Step, genesis: &Digest) -> Ahead {
    (!step.prepared.waits()).then(|| step.prepared.sign(None).verify(genesis))
}

/// The steps of one batch, in order.
pub(super) fn of_batch(batch: &Batch<'_>, genesis: &Digest) -> Vec<Ahead> {
    batch.steps.par_iter().map(|step| sign(step, genesis)).collect()
}

/// Runs `work`, which takes the steps of one batch after the other, in order, while the batches that
/// follow are made ready.
pub(super) fn of_batches<T>(
    batches: &[Batch<'_>],
    genesis: Digest,
    work: impl FnOnce(&mut dyn Iterator<Item = Vec<Ahead>>) -> T,
) -> T {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        scope.spawn(move || {
            for window in windows(batches) {
                let ready: Vec<_> =
                    window.par_iter().map(|batch| of_batch(batch, &genesis)).collect();
                // Who took the batches has stopped: an error, which is told elsewhere.
                if sender.send(ready).is_err() {
                    return;
                }
            }
        });
        let receiver: Receiver<Vec<Vec<Ahead>>> = receiver;
        work(&mut receiver.into_iter().flatten())
    })
}

/// Consecutive batches, as many as together have a window's steps, and at least one.
fn windows<'a>(mut batches: &'a [Batch<'a>]) -> impl Iterator<Item = &'a [Batch<'a>]> {
    std::iter::from_fn(move || {
        let mut steps = 0;
        let mut length = 0;
        for batch in batches {
            if length > 0 && steps + batch.steps.len() > WINDOW {
                break;
            }
            steps += batch.steps.len();
            length += 1;
        }
        let (window, rest) = batches.split_at(length);
        batches = rest;
        (length > 0).then_some(window)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_ledger::types::BlockTime;

    #[test]
    fn windows_hold_every_batch_once_and_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/qinghe");
        let plan = crate::import::plan(&crate::import::read(folder.as_ref()).unwrap()).unwrap();
        let genesis = plan.genesis.hash();
        let batches = crate::import::batches(BlockTime(0), &plan.steps);
        let lengths: Vec<usize> = windows(&batches).map(<[_]>::len).collect();
        assert_eq!(lengths.iter().sum::<usize>(), batches.len());
        let direct: Vec<_> = batches.iter().map(|batch| of_batch(batch, &genesis).len()).collect();
        let ahead: Vec<_> =
            of_batches(&batches, genesis, |ready| ready.map(|batch| batch.len()).collect());
        assert_eq!(direct, ahead);
        // Who takes only some of them does not hang.
        let one = of_batches(&batches, genesis, |ready| ready.next().map(|batch| batch.len()));
        assert_eq!(one, direct.first().copied());
    }
}
