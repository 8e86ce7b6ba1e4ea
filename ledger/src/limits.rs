//! This exists to hold every limit on size and count, each with its reason.

/// 64 KiB: five times the largest call we know, an attestation of 256 lines. Source: LED-3.7.
pub const TRANSACTION_BYTES_MAX: usize = 64 * 1024;
/// A contract between two parties and three witnesses needs five; sixteen leaves room.
pub const SIGNERS_MAX: usize = 16;
/// How far ahead `valid_until` may lie: 90 days, so that co-signers may take their time.
pub const VALIDITY_MS_MAX: u64 = 90 * crate::types::DAY_MS;
/// 1 MiB: a block with its certificate fits in one answer of block sync, with room to spare.
pub const BLOCK_BYTES_MAX: usize = 1024 * 1024;
/// Under the data clock a block is cut by the civil hour or at this many transactions.
pub const BLOCK_TRANSACTIONS_MAX: usize = 1_000;
/// Due items that a block handles in each compartment; the rest wait for the next block.
pub const DUE_ITEMS_MAX: usize = 1_000;
/// Records that one call of `range` returns at the most.
pub const RANGE_MAX: usize = 1_024;
/// Segments or lots that one movement may touch.
pub const SEGMENTS_MAX: usize = 1_024;
/// Segments that one selection may look at: sixteen times what it may take, so that a payment that
/// nothing fits costs a bounded time.
pub const HOLDINGS_VISITED_MAX: usize = 16 * SEGMENTS_MAX;
/// Lines in a batch (an attestation).
pub const BATCH_LINES_MAX: usize = 256;
/// A proposal may be this far ahead of a validator's own clock (real clock only).
pub const CLOCK_DRIFT_MS_MAX: u64 = 2_000;
/// Nonces below the highest one that may still be used.
pub const NONCE_WINDOW: u64 = 256;
/// 2^53 − 1: every amount is exact in every JSON reader. Source: LED-1.2.
pub const AMOUNT_MAX: u64 = 9_007_199_254_740_991;
/// The longest text in a transaction: a name, a contract number.
pub const TEXT_BYTES_MAX: usize = 256;
/// A frame of the chain file: a block and its certificate.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Members of a validator set: a certificate of all of them has 10 KiB, a round of votes 10 000 messages.
pub const VALIDATORS_MAX: usize = 100;
/// A proof: 16 MiB is a statement of tens of thousands of entries, and read in a fraction of a second.
pub const PROOF_BYTES_MAX: usize = 16 * 1024 * 1024;
