//! This exists to say how much of the pool is whose.

use crate::live::QueueLimits;
use linli_ledger::limits::{SIGNERS_MAX, TRANSACTION_BYTES_MAX};
use linli_ledger::types::OrganisationId;
use std::fmt;

/// What one key may have of the pool: a quarter, so that a desk that imports does not keep out the next.
pub(super) const KEY_SHARE: usize = 4;
/// What one home may have: half, so that none keeps out the others, and the one of most residents
/// has most of it.
pub(super) const HOME_SHARE: usize = 2;
/// Bytes of the largest transaction: a share is never smaller.
pub(super) const LARGEST: usize = TRANSACTION_BYTES_MAX + SIGNATURE_BYTES * SIGNERS_MAX;
const SIGNATURE_BYTES: usize = 65;

/// Bytes that a transaction takes in a block, as the ledger counts them.
pub(in crate::live) fn size(body: &[u8], signatures: usize) -> usize {
    body.len() + SIGNATURE_BYTES * signatures
}

/// On whose share a transaction waits: of a client, that of the key that sends it; of another node, its
/// organisation's, whoever sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::live) enum Home {
    /// An organisation.
    Organisation(OrganisationId),
    /// All residents together.
    Residents,
    /// All keys together that the chain does not know.
    Nobody,
}

/// What has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The whole of what may wait.
    Pool,
    /// The share of an organisation, of residents, or of keys that nobody knows.
    Home,
    /// The share of the sender's key.
    Key,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pool => "the queue is full",
            Self::Home => "the organisation has its share of the queue already",
            Self::Key => "the key has its share of the queue already",
        })
    }
}

/// Transactions and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) transactions: usize,
    pub(super) bytes: usize,
}

impl Load {
    pub(super) fn add(&mut self, bytes: usize) {
        self.transactions += 1;
        self.bytes += bytes;
    }

    pub(super) fn take(&mut self, bytes: usize) {
        self.transactions = self.transactions.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Whether so many bytes more are within this part of the limits.
    pub(super) fn admits(self, bytes: usize, limits: QueueLimits, part: usize) -> bool {
        let most = match part {
            1 => limits.bytes,
            _ => (limits.bytes / part).max(LARGEST),
        };
        self.transactions < limits.transactions.div_ceil(part)
            && self.bytes.saturating_add(bytes) <= most
    }
}
