//! This exists to ask the others for what a node needs that has nothing: their blocks, then one snapshot. Whoever
//! shows what is not so is not asked again, and costs time, nothing else.

use super::arrival::Arrival;
use super::copy::{Copied, Refusal};
use super::{Blocks, PIECE_BYTES, Question, files};
use crate::blocks;
use crate::error::NodeError;
use crate::node::{SNAPSHOTS, lock};
use crate::snapshots::{Loading, Snapshots};
use linli_ledger::codec::{decode, encode};
use linli_ledger::crypto::PublicKey;
use linli_ledger::genesis::Genesis;
use linli_ledger::lineage::LineageError;
use linli_ledger::state::State;
use linli_ledger::types::Height;
use linli_network::{Event, Failure, Network, RequestId, Role};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

/// How long an answer may take; the network gives up before.
const ANSWER_TIME: Duration = Duration::from_secs(20);
/// Who does not answer is asked again, so often.
const TRIES: u8 = 3;
/// Where somebody has answered, others who are not there are waited for so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is said that nobody is there to ask.
const SAID_EVERY: Duration = Duration::from_secs(10);
/// An answer that is not the last has this much, or this many blocks: else the next node is asked.
const ANSWER_BYTES_MIN: usize = 64 << 10;
const ANSWER_BLOCKS_MIN: usize = 64;
/// Pieces that are asked for at once.
const PIECES_AHEAD: usize = 2;
/// A snapshot has at most so many times the bytes of the blocks, and a little: a state comes of blocks.
const SNAPSHOT_TIMES_MAX: u64 = 2;
const SNAPSHOT_BYTES_MIN: u64 = 64 << 20;

/// Fetches the chain and a state of it into a folder, from the nodes on the network's list; the state, if
/// anybody has shown one that is of this chain. What the network brings of other things is passed over.
///
/// The folder is then that of any node: a start reads the snapshot and executes what follows it.
///
/// Blocks behind a recovery (LED-4.9), and behind a change of validators that nobody proves, are left to be
/// followed by executing them.
///
/// # Errors
/// In this order: [`NodeError::Busy`], [`NodeError::Storage`], [`NodeError::OtherChain`],
/// [`NodeError::Engine`] if the network ends.
pub async fn join(
    folder: &Path,
    genesis: &Genesis,
    network: &mut Network,
) -> Result<(Arrival, Option<State>), NodeError> {
    let own = folder.join("node");
    let mut node = files(&own)?;
    let _lock = lock(&own)?;
    Arrival { is_over: false, height: Height(0), snapshot: None }.write(node.as_mut())?;
    let mut chain = Copied::open(files(&folder.join("chain"))?, files(&own)?, genesis)?;
    let (liars, answers) = (BTreeSet::new(), BTreeMap::new());
    let mut asking = Asking { network, liars, answers };
    info!(height = chain.tip().height.0, "joins by snapshot: asks for blocks");
    asking.copy(&mut chain).await?;
    let blocks = blocks::Blocks::new(files(&folder.join("chain"))?);
    let mut snapshots = Snapshots::new(files(&folder.join(SNAPSHOTS))?);
    let state = asking.state(&chain, genesis, &blocks, &mut snapshots).await?;
    chain.finish()?;
    let (height, snapshot) = (chain.tip().height, state.as_ref().map(|state| state.tip().height));
    let arrival = Arrival { is_over: true, height, snapshot };
    arrival.write(node.as_mut())?;
    if let Some(snapshot) = snapshot {
        info!(height = height.0, snapshot = snapshot.0, "has joined by snapshot");
    } else {
        warn!(height = height.0, "nobody has shown a snapshot; every block is executed");
    }
    Ok((arrival, state))
}

/// What comes of asking one node.
enum Outcome {
    /// It has nothing more for us.
    Done,
    /// It has said what is not so.
    Lie(String),
    /// It does not answer.
    Silence,
}

struct Asking<'a> {
    network: &'a mut Network,
    liars: BTreeSet<PublicKey>,
    /// Answers to questions that somebody waits for later.
    answers: BTreeMap<RequestId, Result<Vec<u8>, Failure>>,
}

impl Asking<'_> {
    /// Takes blocks until nobody has more.
    async fn copy(&mut self, chain: &mut Copied) -> Result<(), NodeError> {
        let (mut done, mut silent) = (BTreeSet::new(), BTreeMap::<PublicKey, u8>::new());
        while let Some(peer) = self.somebody(&mut done, &mut silent).await? {
            match self.copy_from(peer, chain).await? {
                Outcome::Done => _ = done.insert(peer),
                Outcome::Lie(why) => self.lied(peer, &why),
                Outcome::Silence => *silent.entry(peer).or_default() += 1,
            }
        }
        Ok(())
    }

    /// A node that is there and may have blocks for us; `None` if enough have answered, so that no liar decides
    /// alone that there are no more.
    async fn somebody(
        &mut self,
        done: &mut BTreeSet<PublicKey>,
        silent: &mut BTreeMap<PublicKey, u8>,
    ) -> Result<Option<PublicKey>, NodeError> {
        let begun = Instant::now();
        let mut said = begun;
        loop {
            let up = self.up();
            if !self.has_others() {
                return Ok(None);
            }
            let asked = |peer: &PublicKey| done.contains(peer) || self.liars.contains(peer);
            let tries = |peer: &PublicKey| silent.get(peer).copied().unwrap_or_default();
            let rested = |peer: &&PublicKey| !asked(peer) && tries(peer) < TRIES;
            // Who has not answered comes after the others.
            if let Some(peer) = up.iter().filter(rested).min_by_key(|peer| tries(peer)) {
                return Ok(Some(*peer));
            }
            let answered = done.len() + self.liars.len();
            let voting = self.validators();
            let enough = voting.iter().filter(|peer| asked(peer)).count() * 3 > voting.len();
            if answered > 0 && (enough || begun.elapsed() >= PATIENCE) {
                return Ok(None);
            }
            if said.elapsed() >= SAID_EVERY {
                said = Instant::now();
                warn!(connected = up.len(), "no node is there that can be asked for blocks");
            }
            silent.clear();
            self.hear(Instant::now() + Duration::from_secs(1)).await?;
        }
    }

    async fn copy_from(
        &mut self,
        peer: PublicKey,
        chain: &mut Copied,
    ) -> Result<Outcome, NodeError> {
        let mut asked = self.ask(peer, Question::Blocks(chain.tip().height.next())).await;
        loop {
            let answer = match self.answer(asked).await? {
                Ok(answer) => answer,
                Err(Failure::Protocol) => return Ok(Outcome::Done),
                Err(_) => return Ok(Outcome::Silence),
            };
            let Ok(Blocks { tip, blocks }) = decode::<Blocks>(&answer, "blocks") else {
                return Ok(Outcome::Lie("what it shows are no blocks".to_owned()));
            };
            let Some(last) = blocks.last().map(|shown| shown.block.block.header.height) else {
                return Ok(Outcome::Done);
            };
            let dribbles = answer.len() < ANSWER_BYTES_MIN && blocks.len() < ANSWER_BLOCKS_MIN;
            // The next ones come while these are checked.
            let next = if last < tip && !dribbles {
                Some(self.ask(peer, Question::Blocks(last.next())).await)
            } else {
                None
            };
            match chain.add(&blocks)? {
                None => {}
                Some(Refusal::Lineage(error @ LineageError::Recovery(_))) => {
                    // Whether that is so only a state tells: others are asked, who may show another certificate.
                    warn!(%peer, %error, "a node goes on with a recovery");
                    return Ok(Outcome::Done);
                }
                Some(Refusal::Lineage(LineageError::NextSet(height))) => {
                    let shown = blocks.iter().find(|one| one.block.block.header.height == height);
                    if shown.is_some_and(|one| one.next.is_some()) {
                        return Ok(Outcome::Lie(format!("another set after block {height}")));
                    }
                    info!(%peer, height = height.0, "a node does not know the set after a block");
                    return Ok(Outcome::Done);
                }
                Some(refusal) => return Ok(Outcome::Lie(refusal.to_string())),
            }
            info!(height = chain.tip().height.0, of = tip.0, %peer, "blocks");
            match next {
                Some(next) => asked = next,
                None => return Ok(Outcome::Done),
            }
        }
    }

    /// The state of the newest snapshot that is of this chain: one that lies here already, or what a node shows.
    async fn state(
        &mut self,
        chain: &Copied,
        genesis: &Genesis,
        blocks: &blocks::Blocks,
        snapshots: &mut Snapshots,
    ) -> Result<Option<State>, NodeError> {
        let at_most = chain.tip().height;
        let mut offers = Vec::new();
        for peer in self.up() {
            let asked = self.ask(peer, Question::Snapshot(at_most)).await;
            let Ok(answer) = self.answer(asked).await? else { continue };
            match decode::<Option<Height>>(&answer, "a height") {
                Ok(Some(height)) if height <= at_most && height > Height(0) => {
                    offers.push((height, peer));
                }
                Ok(None) => {}
                Ok(Some(height)) => self.lied(peer, &format!("a snapshot of block {height}")),
                Err(_) => self.lied(peer, "what it shows is no height"),
            }
        }
        offers.sort_unstable_by(|a, b| b.cmp(a));
        let here = snapshots.newest(at_most, genesis, blocks);
        let known = here.as_ref().map_or(Height(0), |state| state.tip().height);
        for (height, peer) in offers.into_iter().filter(|(height, _)| *height > known) {
            if self.liars.contains(&peer) {
                continue;
            }
            info!(height = height.0, %peer, "fetches a snapshot");
            match self.fetch(peer, height, chain, genesis, blocks).await? {
                Ok(state) => {
                    if !snapshots.write(&state, blocks)? {
                        warn!(height = height.0, "the snapshot cannot be kept");
                    }
                    return Ok(Some(state));
                }
                Err(Outcome::Lie(why)) => self.lied(peer, &why),
                Err(_) => info!(%peer, height = height.0, "the snapshot is not there any more"),
            }
        }
        Ok(here)
    }

    async fn fetch(
        &mut self,
        peer: PublicKey,
        height: Height,
        chain: &Copied,
        genesis: &Genesis,
        blocks: &blocks::Blocks,
    ) -> Result<Result<State, Outcome>, NodeError> {
        let Some(block) = blocks.block(height)? else { return Ok(Err(Outcome::Silence)) };
        let hash = block.block.header.hash();
        let most = chain.bytes().saturating_mul(SNAPSHOT_TIMES_MAX).max(SNAPSHOT_BYTES_MIN);
        let (mut loading, mut asked, mut offset) = (Loading::new(height), VecDeque::new(), 0);
        let mut taken = 0_u64;
        loop {
            while asked.len() < PIECES_AHEAD {
                asked.push_back(self.ask(peer, Question::Piece(height, offset)).await);
                offset += PIECE_BYTES as u64;
            }
            let Some(next) = asked.pop_front() else { return Ok(Err(Outcome::Silence)) };
            let Ok(answer) = self.answer(next).await? else { return Ok(Err(Outcome::Silence)) };
            let piece = match decode::<Option<Vec<u8>>>(&answer, "a piece") {
                Ok(Some(piece)) if piece.len() <= PIECE_BYTES => piece,
                Ok(None) => return Ok(Err(Outcome::Silence)),
                Ok(Some(_)) | Err(_) => {
                    return Ok(Err(Outcome::Lie("what it shows is no piece".to_owned())));
                }
            };
            taken += piece.len() as u64;
            let head = match loading.feed(&piece) {
                Ok(head) => head,
                Err(error) => return Ok(Err(Outcome::Lie(error.to_string()))),
            };
            // What cannot be it is not fetched to its end.
            let other =
                head.is_some_and(|head| head.genesis != genesis.hash() || head.block != hash);
            if other || taken > most {
                return Ok(Err(Outcome::Lie("the snapshot is of another block".to_owned())));
            }
            info!(bytes = taken, "snapshot");
            if piece.len() < PIECE_BYTES {
                break;
            }
        }
        Ok(loading.finish(genesis, &block).map_err(|error| Outcome::Lie(error.to_string())))
    }

    fn lied(&mut self, peer: PublicKey, why: &str) {
        warn!(%peer, why, "a node shows what is not so; it is not asked again");
        self.liars.insert(peer);
    }

    /// The nodes that are there and have not lied.
    fn up(&self) -> Vec<PublicKey> {
        let up = self.network.history.handle.up();
        let up = up.borrow();
        up.iter().filter(|peer| !self.liars.contains(peer)).copied().collect()
    }

    /// Whether anybody else is on the list.
    fn has_others(&self) -> bool {
        let handle = &self.network.history.handle;
        handle.allowed().members().any(|(key, _)| *key != handle.local())
    }

    /// The validators' nodes on the list, without this one.
    fn validators(&self) -> Vec<PublicKey> {
        let (handle, local) = (&self.network.history.handle, self.network.history.handle.local());
        let allowed = handle.allowed();
        let voting = allowed.members().filter(|(_, member)| member.role == Role::Validator);
        voting.map(|(key, _)| *key).filter(|key| *key != local).collect()
    }

    async fn ask(&self, peer: PublicKey, question: Question) -> RequestId {
        self.network.history.handle.request(peer, encode(&question).into()).await
    }

    /// Waits for the answer to a question.
    async fn answer(&mut self, id: RequestId) -> Result<Result<Vec<u8>, Failure>, NodeError> {
        let until = Instant::now() + ANSWER_TIME;
        while Instant::now() < until {
            if let Some(answer) = self.answers.remove(&id) {
                return Ok(answer);
            }
            self.hear(until).await?;
        }
        Ok(self.answers.remove(&id).unwrap_or(Err(Failure::Timeout)))
    }

    /// Hears one thing, or nothing until a time. Nobody else listens yet: what is not an answer is passed over.
    async fn hear(&mut self, until: Instant) -> Result<(), NodeError> {
        let Network { link, history, .. } = &mut *self.network;
        tokio::select! {
            () = sleep_until(until) => {}
            event = history.events.recv() => match event.ok_or_else(ended)? {
                Event::Answered { id, bytes, .. } => _ = self.answers.insert(id, Ok(bytes.to_vec())),
                Event::Unanswered { id, why, .. } => _ = self.answers.insert(id, Err(why)),
                Event::Asked { id, .. } => history.handle.forget(id).await,
                _ => {}
            },
            event = link.events.recv() => {
                if let Event::Asked { id, .. } = event.ok_or_else(ended)? {
                    link.handle.forget(id).await;
                }
            }
        }
        Ok(())
    }
}

fn ended() -> NodeError {
    NodeError::Engine("the network has ended".to_owned())
}
