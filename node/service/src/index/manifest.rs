//! This exists to say what an index consists of: which runs, up to which block of which chain. It is
//! small, written whole with every change, and says the hash of everything else. Pure.

use super::run::{Directory, check};
use super::scan::RunId;
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::codec::{decode, encode};
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockHash, Height};

/// The format of keys and values; another one is rebuilt.
pub(super) const FORMAT: u16 = 5;

/// Up to how many chunks a run has its directory in the manifest.
pub(super) const INLINE_MAX: usize = 4;

/// Where the directory of a run is.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Listing {
    /// Here.
    Inline(Directory),
    /// In rows of its own; this is the hash of its bytes.
    Apart([u8; 32]),
    /// In a file with the chunks, behind them; its size and the hash of its bytes.
    File(u64, [u8; 32]),
}

/// What is known of a run.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct RunHead {
    pub(super) id: RunId,
    /// Bytes of its chunks.
    pub(super) bytes: u64,
    pub(super) listing: Listing,
}

/// What an index consists of.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Manifest {
    pub(super) format: u16,
    /// The chain.
    pub(super) genesis: Digest,
    /// The last block that is in it, 0 for none.
    pub(super) height: Height,
    /// The hash of that block; the genesis hash for none.
    pub(super) block: BlockHash,
    /// The number of the next run.
    pub(super) next_run: RunId,
    /// The runs, oldest first.
    pub(super) runs: Vec<RunHead>,
}

impl Manifest {
    pub(super) fn new(genesis: Digest) -> Self {
        Self {
            format: FORMAT,
            genesis,
            height: Height(0),
            block: BlockHash(genesis),
            next_run: 1,
            runs: Vec::new(),
        }
    }

    /// Its hash and its bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let body = encode(self);
        [check(&body).as_slice(), &body].concat()
    }

    /// The runs that have files.
    pub(super) fn files(&self) -> Vec<RunId> {
        let is_file = |run: &&RunHead| matches!(run.listing, Listing::File(..));
        self.runs.iter().filter(is_file).map(|run| run.id).collect()
    }

    /// Reads what [`Manifest::bytes`] writes; `None` for anything else and for another format.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (hash, body) = bytes.split_first_chunk::<32>()?;
        let manifest: Self = decode(body, "a manifest").ok().filter(|_| *hash == check(body))?;
        (manifest.format == FORMAT).then_some(manifest)
    }
}

/// How many runs of about one size there may be before they are merged into one.
const FAN: usize = 8;

/// Which runs to merge next, by position: all of the smallest class of size that is full.
///
/// Classes grow eightfold, so that an entry is written about log₈ n times and n blocks leave at most
/// 7 × log₈ n runs to look into.
pub(super) fn to_merge(runs: &[RunHead]) -> Option<Vec<usize>> {
    let class = |run: &RunHead| run.bytes.max(1).ilog2().saturating_sub(12) / 3;
    (0..=17).find_map(|wanted| {
        let full: Vec<_> = (0..).zip(runs).filter(|(_, run)| class(run) == wanted).collect();
        (full.len() >= FAN).then(|| full.into_iter().map(|(position, _)| position).collect())
    })
}
