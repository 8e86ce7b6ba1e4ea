//! This exists to tell from one file, with no network and no node, whether what it claims is true of a
//! chain. What is trusted comes from outside: a genesis hash, or one block that the reader has pinned.
//!
//! One verifier for every kind of proof and for every program. It names its checks in order and stops at
//! the first that fails; what it returns was proven, never merely claimed. Whatever the bytes are it ends,
//! after work in proportion to their length, and does not panic. How proofs are made is in [`produce`].
//! Source: `docs/spec/proofs.md`.

pub mod as_of;
pub mod bundle;
pub mod check;
pub mod conflict;
mod descent;
pub mod partition;
pub mod place;
pub mod produce;
pub mod receipt;
pub mod records;
pub mod statement;

pub use as_of::{AsOf, AsOfClaim, ShownAsOf, Span};
pub use bundle::{Bundle, Change, Claim, Descent, Origin, PROOF_MAGIC, PROOF_VERSION, Recovered};
pub use check::{Check, Failure, Finding, Word};
pub use conflict::{EvidenceClaim, ForkClaim, ShownEvidence, ShownFork};
pub use partition::{PartitionClaim, ShownPart, ShownPartition};
pub use place::{LeafAt, LeafProof, Place, ReceiptAt, Roots, Stored};
pub use receipt::{ReceiptClaim, ShownReceipt, TransactionAt};
pub use records::{RecordProof, RecordsClaim, ShownRecords};
pub use statement::{Entry, Opening, ShownEntry, ShownStatement, StatementClaim};

use crate::codec::decode;
use crate::genesis::Keys;
use crate::hash::Digest;
use crate::limits::PROOF_BYTES_MAX;
use crate::types::{BlockHash, BlockTime, Height};
use check::Checks;

/// What the reader trusts, from outside. Source: PRF-2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The hash of the genesis.
    Genesis(Digest),
    /// One block: whoever rewrites what was before it, or goes on from another, is found out.
    Checkpoint(Checkpoint),
}

/// A block that somebody has pinned. Source: PRF-2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The chain.
    pub genesis: Digest,
    /// The height of the block.
    pub height: Height,
    /// Its hash.
    pub block: BlockHash,
}

/// The first line of a checkpoint file. Source: PRF-2.4.
const CHECKPOINT: &str = "linli checkpoint 1";

impl Checkpoint {
    /// The text of a checkpoint file. Source: PRF-2.4.
    pub fn to_text(&self) -> String {
        let Self { genesis, height, block } = self;
        format!("{CHECKPOINT}\ngenesis: {genesis}\nheight: {height}\nblock: {block}\n")
    }

    /// Reads what [`Checkpoint::to_text`] writes; anything else is `None`.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.strip_prefix(CHECKPOINT)?.strip_prefix('\n')?.lines();
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
        let genesis = Digest::from_hex(field("genesis")?)?;
        let height = Height(field("height")?.parse().ok()?);
        let block = BlockHash(Digest::from_hex(field("block")?)?);
        let found = Self { genesis, height, block };
        (found.to_text() == text).then_some(found)
    }
}

impl Trust {
    /// The chain.
    pub fn genesis(&self) -> &Digest {
        match self {
            Self::Genesis(genesis) => genesis,
            Self::Checkpoint(checkpoint) => &checkpoint.genesis,
        }
    }
}

/// What a proof has proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The chain.
    pub genesis: Digest,
    /// Its name and who holds its keys, where the proof begins with the genesis.
    pub named: Option<(String, Keys)>,
    /// The head: height, hash, time.
    pub head: (Height, BlockHash, BlockTime),
    /// Heights at which governance named the validators: to be told to every reader.
    pub recoveries: Vec<Height>,
    /// The checks that passed, in their order.
    pub passed: Vec<Check>,
    /// What is shown.
    pub shown: Shown,
}

/// What a proof shows, by kind of claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// This happened.
    Receipt(Box<ShownReceipt>),
    /// This was recorded at a height, or nothing.
    AsOf(ShownAsOf),
    /// These are all entries of an account in a period.
    Statement(ShownStatement),
    /// The head goes on from this block.
    Extension {
        /// Its height.
        height: Height,
        /// Its hash.
        block: BlockHash,
    },
    /// Two blocks of one height are certified.
    Fork(ShownFork),
    /// A validator contradicted itself.
    Evidence(Box<ShownEvidence>),
    /// This is where every fen of a source is.
    Partition(ShownPartition),
    /// This was recorded, all at one height.
    Records(ShownRecords),
}

/// Whether the bytes are a proof of this version, wherever it comes from; for programs that take several
/// kinds of file.
pub fn is_proof(bytes: &[u8]) -> bool {
    bytes.starts_with(&PROOF_MAGIC)
}

/// Checks a proof against what the reader trusts.
///
/// # Errors
/// The first check that fails, in the order of [`Check`] for each thing that is proven. Source: PRF-2.
pub fn verify(bytes: &[u8], trust: &Trust) -> Result<Verdict, Failure> {
    let mut checks = Checks::default();
    let bundle = open(&mut checks, bytes)?;
    let grounds = descent::descend(&mut checks, trust, &bundle)?;
    let anchor = &bundle.anchor;
    let shown = match &bundle.claim {
        Claim::Receipt(claim) => Shown::Receipt(Box::new(claim.open(&mut checks, anchor)?)),
        Claim::AsOf(claim) => Shown::AsOf(claim.open(&mut checks, anchor)?),
        Claim::Statement(claim) => Shown::Statement(claim.open(&mut checks, anchor)?),
        Claim::Extension(place) => {
            let header = place.open(&mut checks, anchor)?;
            checks.hold(Check::History, header != anchor, Word::Before, header.height)?;
            Shown::Extension { height: header.height, block: header.hash() }
        }
        Claim::Fork(claim) => Shown::Fork(claim.open(&mut checks, anchor)?),
        Claim::Evidence(claim) => Shown::Evidence(Box::new(claim.open(&mut checks, anchor)?)),
        Claim::Partition(claim) => Shown::Partition(claim.open(&mut checks, anchor)?),
        Claim::Records(claim) => Shown::Records(claim.open(&mut checks, anchor)?),
    };
    Ok(Verdict {
        genesis: *trust.genesis(),
        named: grounds.genesis,
        head: (anchor.height, anchor.hash(), anchor.time),
        recoveries: grounds.recoveries,
        passed: checks.into_passed(),
        shown,
    })
}

/// Reads a proof; nothing that it says is believed yet.
fn open(checks: &mut Checks, bytes: &[u8]) -> Result<Bundle, Failure> {
    let fits = bytes.len() <= PROOF_BYTES_MAX;
    checks.hold(Check::Kind, fits, PROOF_BYTES_MAX, bytes.len())?;
    let found = if bytes.is_empty() { Finding::Nothing } else { Word::Other.into() };
    let rest = bytes.strip_prefix(&PROOF_MAGIC);
    let rest = checks.some(Check::Kind, rest, Word::Proof, found)?;
    let version = rest.first_chunk().copied().map(u16::from_le_bytes);
    checks.hold(Check::Version, version == Some(PROOF_VERSION), PROOF_VERSION, version)?;
    let bundle = decode(rest, "a proof").ok();
    checks.some(Check::Format, bundle, Word::Canonical, Word::Other)
}
