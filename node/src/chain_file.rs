//! This exists to keep the chain: frames appended to segment files, durable before anybody hears
//! "committed", and the tip in a second place, so that a shortened file is noticed.

use crate::blocks::{End, Offsets, last_height, segment_name, segments, storage};
pub use crate::blocks::{SEGMENT_BYTES, is_segment};
use crate::error::NodeError;
use crate::sets::Sets;
use crate::storage::Storage;
pub use crate::tip::known_tip;
use crate::tip::{TIP, last_tip, tip_record};
use linli_ahead::{Frames, Keys, in_order};
use linli_ledger::block::{Block, CommittedBlock};
use linli_ledger::contract::Rulebook;
use linli_ledger::execute::check_link;
use linli_ledger::frame::{FRAME_HEADER_BYTES, Frame, FrameError, RawFrame};
use linli_ledger::genesis::Genesis;
use linli_ledger::receipt::Receipt;
use linli_ledger::replay::{AuditError, Prepared, Replay};
use linli_ledger::state::State;
use linli_ledger::types::{BlockHash, Height};
use std::io;

/// The chain on disk: `chain` holds only what an audit reads, `node` what this machine knows.
pub struct ChainFile {
    chain: Box<dyn Storage>,
    node: Box<dyn Storage>,
    end: End,
    sets: Sets,
    offsets: Offsets,
}

impl std::fmt::Debug for ChainFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChainFile").field("end", &self.end).finish_non_exhaustive()
    }
}

/// Watches a replay: progress for people, and what a caller wants to know of old blocks.
pub trait Observer {
    /// A block is about to be executed on this state.
    fn before(&mut self, state: &State, block: &Block) {
        let _ = (state, block);
    }

    /// The block was executed; these are its receipts.
    fn after(&mut self, receipts: &[Receipt]) {
        let _ = receipts;
    }
}

/// Watches nothing.
impl Observer for () {}

impl ChainFile {
    /// Reads, checks and replays a chain; begins a new one where there is none.
    ///
    /// Bytes after the last whole frame are a write that was never acknowledged: they are cut off.
    /// With `start`, a state that is trusted because it was checked before, only what follows it is
    /// read and replayed; the block that it names must be in the file.
    ///
    /// # Errors
    /// In this order: [`NodeError::Storage`], [`NodeError::OtherChain`], [`NodeError::Damaged`],
    /// [`NodeError::Replaced`], [`NodeError::Shortened`].
    pub fn open(
        mut chain: Box<dyn Storage>,
        mut node: Box<dyn Storage>,
        genesis: &Genesis,
        rulebook: &Rulebook,
        start: Option<State>,
        observer: &mut dyn Observer,
    ) -> Result<(Self, State), NodeError> {
        let first = Frame::Genesis(linli_ledger::codec::encode(genesis));
        let known = last_tip(node.as_mut())?;
        let mut names = segments(chain.as_ref())?;
        if is_empty(chain.as_ref(), &names)? {
            if let Some((known, _)) = known {
                return Err(NodeError::Shortened { found: Height(0), known });
            }
            let name = segment_name(Height(0));
            chain
                .replace(&name, &first.to_bytes())
                .map_err(|source| storage("create", &name, source))?;
            names = vec![name];
        }
        let mut sets =
            Sets::read(node.as_ref(), genesis.validator_set().map_err(AuditError::from)?)?;
        let (store, kept) = (node.as_mut(), &mut sets);
        let mut reader = Reader { chain: chain.as_mut(), known, node: store, sets: kept };
        let (state, end) = match start.filter(|state| state.tip().height > Height(0)) {
            Some(state) => {
                let (names, from) = reader.after(names, &state)?;
                let replay = Replay::resume(genesis, state, rulebook);
                reader.replay(Some(replay), &names, from, genesis, rulebook, observer)?
            }
            None => reader.replay(None, &names, 0, genesis, rulebook, observer)?,
        };
        let mut file = Self { chain, node, end, sets, offsets: Offsets::default() };
        is_shorter(&state, known)?;
        file.keep_validators(&state)?;
        Ok((file, state))
    }

    /// Keeps the set that certifies the block after a state, for those who follow without a state.
    ///
    /// # Errors
    /// [`NodeError::Storage`].
    pub(crate) fn keep_validators(&mut self, state: &State) -> Result<(), NodeError> {
        self.sets.keep(self.node.as_mut(), &state.validators())
    }

    /// Appends a block. Durable when it returns: chain first, then the tip in the second place.
    ///
    /// # Errors
    /// [`NodeError::Storage`]: the node must end, nobody knows what was written.
    pub fn append(&mut self, block: &CommittedBlock) -> Result<(), NodeError> {
        let height = block.block.header.height;
        let bytes = Frame::bytes_of(block);
        self.end.append(self.chain.as_mut(), &[(height, bytes)])?;
        self.node
            .append(TIP, &tip_record(height, block.block.header.hash()))
            .map_err(|source| storage("append to", TIP, source))
    }

    /// The blocks of a range of heights, as far as they are there, read from disk.
    ///
    /// # Errors
    /// [`NodeError::Storage`], [`NodeError::Damaged`].
    pub fn blocks(&self, from: Height, to: Height) -> Result<Vec<CommittedBlock>, NodeError> {
        self.offsets.range(self.chain.as_ref(), from, to)
    }
}

struct Reader<'a> {
    chain: &'a mut dyn Storage,
    known: Option<(Height, BlockHash)>,
    node: &'a mut dyn Storage,
    sets: &'a mut Sets,
}

impl Reader<'_> {
    /// The segments from the one that holds the block of a state, and where that block ends.
    fn after(
        &self,
        mut names: Vec<String>,
        state: &State,
    ) -> Result<(Vec<String>, u64), NodeError> {
        let offsets = Offsets::default();
        let height = state.tip().height;
        let block = offsets.block(self.chain, height)?;
        let (Some(place), Some(block)) = (offsets.place(self.chain, height)?, block) else {
            let found = last_height(self.chain)?;
            return Err(NodeError::Shortened { found, known: height });
        };
        if block.block.header.hash() != state.tip().hash {
            return Err(NodeError::Replaced { height });
        }
        names.retain(|name| *name >= place.segment);
        Ok((names, place.end))
    }

    fn replay<'r>(
        &mut self,
        mut replay: Option<Replay<'r>>,
        names: &[String],
        from: u64,
        genesis: &Genesis,
        rulebook: &'r Rulebook,
        observer: &mut dyn Observer,
    ) -> Result<(State, End), NodeError> {
        let mut end = End { segment: String::new(), length: 0 };
        let keys = Keys::default();
        for (position, name) in names.iter().enumerate() {
            let bytes = read(self.chain, name)?;
            let mut good =
                if position == 0 { usize::try_from(from).unwrap_or(usize::MAX) } else { 0 };
            let begun = match &mut replay {
                Some(_) => Ok(()),
                None => begin(&mut replay, &bytes, &mut good, genesis, rulebook),
            };
            let rest = bytes.get(good..).unwrap_or_default();
            let read = begun.and_then(|()| {
                in_order(
                    Frames::new(rest),
                    |raw| Item::new(raw, &keys),
                    |item| {
                        let running = replay.as_mut().ok_or(Stop::Frame(FrameError::Torn))?;
                        let changes = item.changes_validators();
                        good += item.step(running, observer)?;
                        if changes {
                            self.sets.keep(self.node, &running.state().validators())?;
                        }
                        Ok(self.compare(running)?)
                    },
                )
            });
            end = End { segment: name.clone(), length: good as u64 };
            match read {
                Ok(()) => {}
                Err(Stop::Node(error)) => return Err(error),
                Err(Stop::Frame(source)) => {
                    let after = replay.as_ref().map_or(Height(0), |one| one.state().tip().height);
                    let last = position + 1 == names.len();
                    let rest = bytes.get(good..).unwrap_or_default();
                    let tail = last && is_tail(rest, &source);
                    self.cut(name, good as u64, after, tail, source)?;
                }
            }
        }
        let replay = replay.ok_or(AuditError::FrameKind { after: Height(0) })?;
        Ok((replay.into_state(), end))
    }

    /// The block that was once committed here at the known height is still that block.
    fn compare(&self, replay: &Replay<'_>) -> Result<(), NodeError> {
        let tip = replay.state().tip();
        match self.known {
            Some((height, hash)) if tip.height == height && tip.hash != hash => {
                Err(NodeError::Replaced { height })
            }
            _ => Ok(()),
        }
    }

    /// A write that was never acknowledged is cut off; damage before that is an error.
    ///
    /// Only where the second place says that nothing more was committed: without it, a damaged length
    /// in the middle could pass for a torn end.
    fn cut(
        &mut self,
        name: &str,
        length: u64,
        after: Height,
        tail: bool,
        source: FrameError,
    ) -> Result<(), NodeError> {
        let known = self.known.map(|(height, _)| height);
        if let Some(known) = known.filter(|known| *known > after) {
            return match source {
                FrameError::Torn if tail => Err(NodeError::Shortened { found: after, known }),
                FrameError::Torn
                | FrameError::Length(_)
                | FrameError::Hash
                | FrameError::Decode(_) => Err(AuditError::Frame { after, source }.into()),
            };
        }
        let unacknowledged = tail && (known.is_some() || after.0 <= 1);
        if !unacknowledged {
            return Err(AuditError::Frame { after, source }.into());
        }
        self.chain.truncate(name, length).map_err(|source| storage("cut", name, source))
    }
}

/// Why the reading of a segment stops.
enum Stop {
    /// Here are bytes that are no frame: a torn end, or damage.
    Frame(FrameError),
    /// The chain or this machine.
    Node(NodeError),
}

impl<E: Into<NodeError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Node(error.into())
    }
}

/// Begins a replay with the first frame, and steps over it; no bytes begin nothing.
fn begin<'a>(
    replay: &mut Option<Replay<'a>>,
    bytes: &[u8],
    good: &mut usize,
    genesis: &Genesis,
    rulebook: &'a Rulebook,
) -> Result<(), Stop> {
    let mut rest = bytes;
    let Some(first) = Frame::take(&mut rest).map_err(Stop::Frame)? else { return Ok(()) };
    let expected = genesis.hash();
    let begun = Replay::begin(&first, Some(&expected), rulebook).map_err(|error| match error {
        AuditError::GenesisHash { expected, found } => NodeError::OtherChain { expected, found },
        other => other.into(),
    })?;
    *replay = Some(begun);
    *good = bytes.len() - rest.len();
    Ok(())
}

/// A frame that was read and verified ahead.
struct Item {
    size: usize,
    /// For the observer.
    block: Option<Block>,
    prepared: Prepared,
}

impl Item {
    fn new(raw: Result<RawFrame<'_>, FrameError>, keys: &Keys) -> Self {
        let size = raw.as_ref().map_or(0, RawFrame::size);
        match raw.and_then(RawFrame::open) {
            Ok(frame) => {
                let block = match &frame {
                    Frame::Block(committed) => Some(committed.block.clone()),
                    Frame::Genesis(_) => None,
                };
                Self { size, block, prepared: keys.with(|known| Prepared::of(frame, known)) }
            }
            Err(error) => Self { size, block: None, prepared: Prepared::broken(error) },
        }
    }

    fn changes_validators(&self) -> bool {
        let header = self.block.as_ref().map(|block| &block.header);
        header.is_some_and(|header| header.next_validators_hash != header.validators_hash)
    }

    /// Replays it in its turn; returns its size.
    fn step(self, replay: &mut Replay<'_>, observer: &mut dyn Observer) -> Result<usize, Stop> {
        if let Some(error) = self.prepared.error() {
            return Err(Stop::Frame(error.clone()));
        }
        // What does not even follow is not shown: the replay refuses it before it runs anything.
        if let Some(block) = &self.block
            && check_link(replay.state(), &block.header, &replay.state().validators()).is_ok()
        {
            observer.before(replay.state(), block);
        }
        let receipts = replay.prepared(self.prepared)?;
        observer.after(&receipts);
        Ok(self.size)
    }
}

/// Whether bytes that are no frame can be the torn end of a write: nothing whole follows them.
fn is_tail(rest: &[u8], error: &FrameError) -> bool {
    match error {
        FrameError::Torn => true,
        FrameError::Hash | FrameError::Decode(_) => {
            let length = rest.first_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length));
            rest.len() <= FRAME_HEADER_BYTES + length as usize
        }
        FrameError::Length(_) => rest.iter().all(|byte| *byte == 0),
    }
}

fn is_shorter(state: &State, known: Option<(Height, BlockHash)>) -> Result<(), NodeError> {
    let found = state.tip().height;
    match known {
        Some((known, _)) if known > found => Err(NodeError::Shortened { found, known }),
        Some(_) | None => Ok(()),
    }
}

/// A single empty file is no chain yet, or no chain any more.
pub(crate) fn is_empty(chain: &dyn Storage, names: &[String]) -> Result<bool, NodeError> {
    let [name] = names else { return Ok(names.is_empty()) };
    Ok(read(chain, name)?.is_empty())
}

pub(crate) fn read(chain: &dyn Storage, name: &str) -> Result<Vec<u8>, NodeError> {
    chain
        .read(name)
        .and_then(|bytes| bytes.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)))
        .map_err(|source| storage("read", name, source))
}

#[cfg(test)]
mod tests;
