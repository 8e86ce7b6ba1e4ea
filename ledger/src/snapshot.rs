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
use crate::state::leaves::{Leaves, Packed};
use crate::state::{Half, Leaf, State, Tip, leaf_path};
use crate::system::ValidatorsRecord;
use crate::tree::Builder;
use crate::types::{BlockHash, BlockTime, Compartment, Height};
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

/// The first byte of a frame: the head, or leaves of one half. Source: LED-11.3.
const HEAD: u8 = 0;
const LEAVES: u8 = 1;

/// Leaves of one half, by key, with their hashes: the costly part of loading, and independent of all
/// other parts.
#[derive(Clone, Debug)]
pub struct Part {
    compartment: Compartment,
    leaves: Packed,
    /// Path and hash of each.
    hashes: Vec<[[u8; 32]; 2]>,
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
            let (mut part, mut count) = (Vec::new(), 0_u32);
            while part.len() < part_bytes
                && let Some((key, Leaf { value, version, writer })) = leaves.next()
            {
                part.extend(encode(&(key, version, writer, value)));
                count = count.saturating_add(1);
            }
            let mut payload = encode(&(LEAVES, compartment, count));
            payload.append(&mut part);
            Some(payload)
        })
    });
    std::iter::once(encode(&(HEAD, head))).chain(parts).map(|payload| with_header(&payload))
}

/// Cuts whole frames off the front of bytes of a snapshot; says how many bytes they take. Nothing but
/// their lengths is looked at.
///
/// # Errors
/// [`SnapshotError::Frame`] if a length is beyond the limit.
pub fn split(bytes: &[u8]) -> Result<(Vec<&[u8]>, usize), SnapshotError> {
    let (mut found, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        match crate::frame::split_first(rest) {
            Ok((frame, after)) => {
                found.push(frame);
                rest = after;
            }
            Err(FrameError::Torn) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok((found, bytes.len().saturating_sub(rest.len())))
}

/// Reads the first frame.
///
/// # Errors
/// In this order: [`SnapshotError::Frame`], [`SnapshotError::Decode`], [`SnapshotError::Order`],
/// [`SnapshotError::Version`].
pub fn read_head(frame: &[u8]) -> Result<Head, SnapshotError> {
    let Some((&HEAD, bytes)) = payload(frame)?.split_first() else {
        return Err(SnapshotError::Order);
    };
    let head: Head = decode(bytes, "the head of a snapshot")?;
    if head.version != SNAPSHOT_VERSION {
        return Err(SnapshotError::Version(head.version));
    }
    Ok(head)
}

/// Reads and hashes any later frame; needs none of the others.
///
/// # Errors
/// In this order: [`SnapshotError::Frame`], [`SnapshotError::Order`], [`SnapshotError::Decode`],
/// [`SnapshotError::Leaves`].
pub fn read_part(frame: &[u8]) -> Result<Part, SnapshotError> {
    let Some((&LEAVES, mut bytes)) = payload(frame)?.split_first() else {
        return Err(SnapshotError::Order);
    };
    let bytes = &mut bytes;
    let (compartment, count): (Compartment, u32) = take(bytes)?;
    // What a frame says of its own length is believed as far as its bytes go.
    let room = usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len() / LEAF_BYTES_MIN);
    let (mut leaves, mut hashes) = (Packed::default(), Vec::with_capacity(room));
    for _ in 0..count {
        let key = take_list(bytes)?;
        let (version, writer) = take(bytes)?;
        let leaf = Leaf { value: take_list(bytes)?, version, writer };
        hashes.push([leaf_path(key), leaf.hash(key)]);
        if !leaves.push(key, &leaf) {
            return Err(SnapshotError::Leaves);
        }
    }
    if !bytes.is_empty() {
        return Err(A_PART.into());
    }
    Ok(Part { compartment, leaves, hashes })
}

/// What is expected where leaves are.
const A_PART: DecodeError = DecodeError { expected: "a part of a snapshot" };

/// No leaf takes less: two lengths, version, writer.
const LEAF_BYTES_MIN: usize = 49;

/// Takes a value of fixed form off the front.
fn take<T: BorshDeserialize>(bytes: &mut &[u8]) -> Result<T, DecodeError> {
    T::deserialize(bytes).map_err(|_| A_PART)
}

/// Takes a list of bytes off the front, with its length.
fn take_list<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], DecodeError> {
    let length = usize::try_from(take::<u32>(bytes)?).map_err(|_| A_PART)?;
    let (list, rest) = bytes.split_at_checked(length).ok_or(A_PART)?;
    *bytes = rest;
    Ok(list)
}

fn payload(mut frame: &[u8]) -> Result<&[u8], SnapshotError> {
    let payload = take_payload(&mut frame)?.ok_or(FrameError::Torn)?;
    if !frame.is_empty() {
        return Err(SnapshotError::Order);
    }
    Ok(payload)
}

/// A state in the making: parts go in, in their order.
#[derive(Debug)]
pub struct Assembly {
    head: Head,
    public: Making,
    restricted: Making,
    /// Where the last part ended.
    last: Option<(Compartment, Key)>,
}

/// One half of it.
#[derive(Debug, Default)]
struct Making {
    leaves: Leaves,
    tree: Builder,
}

impl Making {
    fn finish(self) -> Half {
        Half { leaves: self.leaves, tree: self.tree.build() }
    }
}

impl Assembly {
    /// Begins with the head of a snapshot.
    pub fn new(head: Head) -> Self {
        let (public, restricted) = (Making::default(), Making::default());
        Self { head, public, restricted, last: None }
    }

    /// What the snapshot says that it is of.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Takes the next part.
    ///
    /// # Errors
    /// [`SnapshotError::Leaves`] if its leaves do not follow those before, or are more than the head says.
    pub fn add(&mut self, part: Part) -> Result<(), SnapshotError> {
        let Part { compartment, leaves, hashes } = part;
        let Some((first, last)) = leaves.ends() else { return Ok(()) };
        let last = Key::from_slice(last);
        let follows = self
            .last
            .as_ref()
            .is_none_or(|(before, key)| (*before, key.as_slice()) < (compartment, first));
        if !follows {
            return Err(SnapshotError::Leaves);
        }
        self.last = Some((compartment, last));
        let making = match compartment {
            Compartment::Public => &mut self.public,
            Compartment::Restricted => &mut self.restricted,
        };
        let said = match compartment {
            Compartment::Public => self.head.leaves.0,
            Compartment::Restricted => self.head.leaves.1,
        };
        making.tree.extend(hashes);
        making.leaves.append(leaves);
        // Whoever shows more than the whole is not listened to until the end.
        let count = u64::try_from(making.leaves.len()).unwrap_or(u64::MAX);
        if count <= said { Ok(()) } else { Err(SnapshotError::Leaves) }
    }

    /// Checks the whole against the block it is of.
    ///
    /// # Errors
    /// In this order: [`SnapshotError::Chain`], [`SnapshotError::Leaves`] if there are not as many as
    /// the head says, [`SnapshotError::Block`], [`SnapshotError::History`] if the head does not count the
    /// headers before it, then as [`check`]. Source: LED-11.5.
    pub fn finish(self, genesis: &Genesis, block: &CommittedBlock) -> Result<State, SnapshotError> {
        let Self { head, public, restricted, .. } = self;
        let chain = genesis.hash();
        if head.genesis != chain {
            return Err(SnapshotError::Chain);
        }
        let count = |making: &Making| u64::try_from(making.leaves.len()).unwrap_or(u64::MAX);
        if head.leaves != (count(&public), count(&restricted)) {
            return Err(SnapshotError::Leaves);
        }
        let header = &block.block.header;
        if (head.height, head.block) != (header.height, header.hash()) {
            return Err(SnapshotError::Block);
        }
        // A list as long as can be would not take one more.
        if Some(head.earlier.size()) != head.height.0.checked_sub(1) {
            return Err(SnapshotError::History);
        }
        let (public, restricted) = (public.finish(), restricted.finish());
        let mut history = head.earlier.clone();
        history.push(hash(Domain::HistoryLeaf, head.block.0.bytes()));
        let (height, time) = (head.height, head.time);
        let tip = Tip { height, hash: head.block, time, history, earlier: head.earlier };
        let state = State { genesis: chain, clock: genesis.clock, public, restricted, tip };
        check(&state, block)?;
        Ok(state)
    }
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
