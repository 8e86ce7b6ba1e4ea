//! This exists to put a whole state into bytes and to take it back, believing nothing but a certified
//! header: whoever changed a leaf finds that the roots say otherwise. Source: LED-11.

use crate::block::CommittedBlock;
use crate::certificate::{Certificate, CertificateError, ValidatorSet};
use crate::codec::{DecodeError, decode, encode};
use crate::frame::{FrameError, take_payload, with_header};
use crate::genesis::Genesis;
use crate::hash::{Digest, Domain, hash};
use crate::merkle::Frontier;
use crate::record::Key;
use crate::state::{Half, Leaf, State, Tip, leaf_hash, leaf_path, value_hash};
use crate::system::ValidatorsRecord;
use crate::tree::Tree;
use crate::types::{BlockHash, BlockTime, Compartment, Height, TransactionId};
use crate::view::View;
use borsh::{BorshDeserialize, BorshSerialize};

/// The version of the format that this code writes. Source: LED-11.2.
pub const SNAPSHOT_VERSION: u16 = 1;

/// A part is closed when its leaves have reached this size: 1 MiB, so that many can be read at once.
const PART_BYTES: usize = 1024 * 1024;

/// What a snapshot is of. Source: LED-11.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Head {
    /// Version of the format, [`SNAPSHOT_VERSION`].
    pub version: u16,
    /// The chain.
    pub genesis: Digest,
    /// The last block of the state.
    pub height: Height,
    /// Its hash.
    pub block: BlockHash,
    /// Its time.
    pub time: BlockTime,
    /// The hashes of the headers before it, to which its own header commits.
    pub earlier: Frontier,
    /// Leaves of the public and of the restricted half.
    pub leaves: (u64, u64),
}

/// A leaf in bytes: key, version, writer, value.
type LeafBytes = (Vec<u8>, u64, TransactionId, Vec<u8>);

/// What a frame of a snapshot holds. Source: LED-11.3.
#[derive(BorshSerialize, BorshDeserialize)]
enum Payload {
    Head(Head),
    Leaves(Compartment, Vec<LeafBytes>),
}

/// Leaves of one half, by key, with their hashes: the costly part of loading, and independent of all
/// other parts.
#[derive(Clone, Debug)]
pub struct Part {
    compartment: Compartment,
    leaves: Vec<(Key, Leaf)>,
    hashes: Vec<([u8; 32], [u8; 32])>,
}

/// Why bytes are no snapshot of a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Bytes that are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A frame that holds something else.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A version that this program does not know.
    #[error("the snapshot has version {0}; this program knows {SNAPSHOT_VERSION}")]
    Version(u16),
    /// A head where leaves belong, or the other way round.
    #[error("the snapshot does not begin with its head and go on with leaves")]
    Order,
    /// Leaves that do not rise, or not as many as the head says.
    #[error("the leaves are out of order, or not as many as the snapshot says")]
    Leaves,
    /// Another chain.
    #[error("the snapshot is of another chain")]
    Chain,
    /// Not the state after this block.
    #[error("the snapshot is not of this block")]
    Block,
    /// The leaves do not hash to the state root of the header.
    #[error("the leaves do not hash to the state root of the block")]
    StateRoot,
    /// The hashes of earlier headers are not those of the header.
    #[error("the earlier headers do not hash to the history root of the block")]
    History,
    /// The set that certified the block is not the one in the state.
    #[error("the validators changed with this block, or governance named them")]
    Validators,
    /// The block is not final.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// The frames of a snapshot, in order: the head, then the leaves of both halves by key.
pub fn frames(state: &State) -> impl Iterator<Item = Vec<u8>> {
    frames_of(state, PART_BYTES)
}

fn frames_of(state: &State, part_bytes: usize) -> impl Iterator<Item = Vec<u8>> {
    let tip = state.tip();
    let count = |compartment| u64::try_from(state.len(compartment)).unwrap_or(u64::MAX);
    let head = Head {
        version: SNAPSHOT_VERSION,
        genesis: *state.genesis(),
        height: tip.height,
        block: tip.hash,
        time: tip.time,
        earlier: tip.earlier.clone(),
        leaves: (count(Compartment::Public), count(Compartment::Restricted)),
    };
    let parts = Compartment::BOTH.into_iter().flat_map(move |compartment| {
        let mut leaves = state.leaves(compartment).peekable();
        std::iter::from_fn(move || {
            leaves.peek()?;
            let (mut part, mut bytes) = (Vec::new(), 0_usize);
            while bytes < part_bytes
                && let Some((key, leaf)) = leaves.next()
            {
                let size = key.len().saturating_add(leaf.value.len()).saturating_add(48);
                bytes = bytes.saturating_add(size);
                part.push((key.to_vec(), leaf.version, leaf.writer, leaf.value.to_vec()));
            }
            Some(Payload::Leaves(compartment, part))
        })
    });
    std::iter::once(Payload::Head(head)).chain(parts).map(|payload| with_header(&encode(&payload)))
}

/// Cuts the bytes of a snapshot into its frames; nothing but their lengths is looked at.
///
/// # Errors
/// [`SnapshotError::Frame`].
pub fn split(mut bytes: &[u8]) -> Result<Vec<&[u8]>, SnapshotError> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (frame, rest) = crate::frame::split_first(bytes)?;
        found.push(frame);
        bytes = rest;
    }
    Ok(found)
}

/// Reads the first frame.
///
/// # Errors
/// In this order: [`SnapshotError::Frame`], [`SnapshotError::Decode`], [`SnapshotError::Order`],
/// [`SnapshotError::Version`].
pub fn read_head(frame: &[u8]) -> Result<Head, SnapshotError> {
    match payload(frame)? {
        Payload::Head(head) if head.version == SNAPSHOT_VERSION => Ok(head),
        Payload::Head(head) => Err(SnapshotError::Version(head.version)),
        Payload::Leaves(..) => Err(SnapshotError::Order),
    }
}

/// Reads and hashes any later frame; needs none of the others.
///
/// # Errors
/// In this order: [`SnapshotError::Frame`], [`SnapshotError::Decode`], [`SnapshotError::Order`].
pub fn read_part(frame: &[u8]) -> Result<Part, SnapshotError> {
    let Payload::Leaves(compartment, bytes) = payload(frame)? else {
        return Err(SnapshotError::Order);
    };
    let mut leaves = Vec::with_capacity(bytes.len());
    let mut hashes = Vec::with_capacity(bytes.len());
    for (key, version, writer, value) in bytes {
        hashes.push((leaf_path(&key), leaf_hash(&key, version, &writer, &value_hash(&value))));
        leaves.push((Key::from_slice(&key), Leaf { value: value.into(), version, writer }));
    }
    Ok(Part { compartment, leaves, hashes })
}

fn payload(mut frame: &[u8]) -> Result<Payload, SnapshotError> {
    let payload = take_payload(&mut frame)?.ok_or(FrameError::Torn)?;
    if !frame.is_empty() {
        return Err(SnapshotError::Order);
    }
    Ok(decode(payload, "a part of a snapshot")?)
}

/// Puts the parts of a snapshot together and checks the result against the block it is of.
///
/// # Errors
/// In this order: [`SnapshotError::Chain`], [`SnapshotError::Leaves`], then as [`check`].
/// Source: LED-11.5.
pub fn assemble(
    head: Head,
    parts: Vec<Part>,
    genesis: &Genesis,
    block: &CommittedBlock,
) -> Result<State, SnapshotError> {
    let chain = genesis.hash();
    if head.genesis != chain {
        return Err(SnapshotError::Chain);
    }
    let is_sorted = parts.is_sorted_by(|a, b| {
        let ends = (a.leaves.last().map(|leaf| &leaf.0), b.leaves.first().map(|leaf| &leaf.0));
        match a.compartment.cmp(&b.compartment) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => ends.0 < ends.1,
            std::cmp::Ordering::Greater => false,
        }
    });
    let rises = |part: &Part| part.leaves.is_sorted_by(|a, b| a.0 < b.0);
    if !is_sorted || !parts.iter().all(rises) {
        return Err(SnapshotError::Leaves);
    }
    let is_public = |part: &Part| part.compartment == Compartment::Public;
    let (public, restricted): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_public);
    let count = |parts: &[Part]| {
        let leaves: usize = parts.iter().map(|part| part.leaves.len()).sum();
        u64::try_from(leaves).unwrap_or(u64::MAX)
    };
    if head.leaves != (count(&public), count(&restricted)) {
        return Err(SnapshotError::Leaves);
    }
    let (public, restricted) = (half(public), half(restricted));
    let mut history = head.earlier.clone();
    history.push(hash(Domain::HistoryLeaf, head.block.0.bytes()));
    let (height, time) = (head.height, head.time);
    let tip = Tip { height, hash: head.block, time, history, earlier: head.earlier };
    let state = State { genesis: chain, clock: genesis.clock, public, restricted, tip };
    check(&state, block)?;
    Ok(state)
}

/// One half of a state, from its parts in order.
fn half(parts: Vec<Part>) -> Half {
    let (mut leaves, mut paths) = (Vec::new(), Vec::new());
    for part in parts {
        leaves.extend(part.leaves);
        paths.extend(part.hashes.into_iter().map(|(path, leaf)| (path, Some(leaf))));
    }
    Half { leaves: leaves.into_iter().collect(), tree: Tree::default().updated(paths) }
}

/// Whether a state is the one after this block, and whether its own validators say that it is final.
/// A state for which this fails is not worth a snapshot.
///
/// # Errors
/// In this order: [`SnapshotError::Chain`], [`SnapshotError::Block`], [`SnapshotError::StateRoot`],
/// [`SnapshotError::History`], [`SnapshotError::Validators`], [`SnapshotError::Certificate`].
/// Source: LED-11.5.
pub fn check(state: &State, block: &CommittedBlock) -> Result<(), SnapshotError> {
    let header = &block.block.header;
    let tip = state.tip();
    if &header.chain != state.genesis() {
        return Err(SnapshotError::Chain);
    }
    let hash = header.hash();
    if (header.height, hash, header.time) != (tip.height, tip.hash, tip.time) {
        return Err(SnapshotError::Block);
    }
    if header.state_root != state.root() {
        return Err(SnapshotError::StateRoot);
    }
    let earlier = Digest::Blake3(tip.earlier.root());
    if header.history_root != earlier || Some(tip.earlier.size()) != header.height.0.checked_sub(1)
    {
        return Err(SnapshotError::History);
    }
    let Certificate::Quorum(certificate) = &block.certificate else {
        return Err(SnapshotError::Validators);
    };
    let set = validators(state).filter(|set| set.hash() == header.validators_hash);
    let set = set.ok_or(SnapshotError::Validators)?;
    Ok(certificate.verify(state.genesis(), tip.height, hash, &set)?)
}

/// As [`State::validators`], of a state that need not have any.
fn validators(state: &State) -> Option<ValidatorSet> {
    View::read_only(state, Compartment::Public, state.tip().time)
        .get::<ValidatorsRecord>(&())
        .map(|record| record.0)
}

#[cfg(test)]
mod tests;
