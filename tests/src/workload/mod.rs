//! This exists to make a sub-district's work by the hundred thousand: real transactions, signed with
//! real keys, through the contracts that are shipped, the same ones for the same seed.
//!
//! Twelve communities. Every resident attends one session of two hours in five days: signs up the day
//! before, checks in and out beside the site's device, is attested by an organiser and a witness; one
//! attendance in four is exchanged for a reward once its points are free. Money comes in every week
//! and goes out by milestones. One resident in fifty tries to be in two places at once and is refused.
//! Of a hundred transactions some 28 are sign-ups, 54 check-ins and check-outs (two signatures each),
//! 6 attestations and activities, 9 redemptions, 3 about money; enrolments come first.

mod cast;
mod chain;
mod days;
mod money;
mod pen;

pub use chain::{Certifier, chain};

use cast::Cast;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::genesis::Genesis;
use linli_ledger::transaction::SignedTransaction;
use linli_ledger::types::BlockTime;
use money::Money;
use pen::Pen;
use std::collections::VecDeque;

/// The transactions of one block.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its time.
    pub time: BlockTime,
    /// In order; at most [`BATCH_MAX`].
    pub transactions: Vec<SignedTransaction>,
}

/// Transactions in a batch: with the longest calls of the mix it stays below the limit on a block.
pub const BATCH_MAX: usize = 900;

/// Transactions that the life of one resident gives in a month, enrolment included.
const TRANSACTIONS_PER_RESIDENT: u32 = 25;

/// The work of a sub-district as batches, one after the other, without an end in sight: the caller
/// takes as many as wanted.
#[derive(Debug)]
pub struct Workload {
    cast: Cast,
    money: Money,
    pen: Pen,
    day: u32,
    begun: bool,
    /// Activities whose session is today, and those of the last days, newest first.
    sessions: VecDeque<Vec<days::Session>>,
}

impl Workload {
    /// The work of so many residents; the seed gives every key.
    pub fn new(seed: &str, residents: u32) -> Self {
        let cast = Cast::new(seed, residents);
        let pen = Pen::new(cast.genesis.hash());
        Self { cast, money: Money::default(), pen, day: 0, begun: false, sessions: VecDeque::new() }
    }

    /// About so many transactions in a month.
    pub fn of_size(seed: &str, transactions: u32) -> Self {
        Self::new(seed, (transactions / TRANSACTIONS_PER_RESIDENT).max(60))
    }

    /// The genesis that the batches belong to.
    pub fn genesis(&self) -> &Genesis {
        &self.cast.genesis
    }

    /// The key of the only validator.
    pub fn validator(&self) -> ConsensusKey {
        self.cast.validator.clone()
    }
}

impl Iterator for Workload {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        loop {
            if let Some(batch) = self.pen.take() {
                return Some(batch);
            }
            if self.begun {
                self.day += 1;
                self.live();
            } else {
                self.begun = true;
                self.begin();
            }
        }
    }
}
