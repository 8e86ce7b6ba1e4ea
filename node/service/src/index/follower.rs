//! This exists to keep the index beside a running node: it takes blocks after they are durable, on a
//! thread of its own, catches up from the chain when it is behind, and builds the index again whenever
//! it is in doubt.

use super::generations::Generations;
use super::rebuild::{TOGETHER, blocks};
use super::{FOLDER, Index, IndexError, Placed};
use crate::live::{Followed, Live};
use linli_ledger::types::Height;
use linli_node::Blocks;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Blocks that are added at once while following: all that wait, as far as they are small.
const WAITING_TOGETHER: usize = 1_000;
/// After the disk has failed, try again this much later.
const AGAIN: Duration = Duration::from_secs(5);

/// How far the index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexStatus {
    /// The last block in it.
    pub cursor: Height,
    /// The last block of the chain.
    pub tip: Height,
    /// Whether questions are answered.
    pub is_ready: bool,
    /// How often it was built again since the start, because it was in doubt.
    pub rebuilds: u64,
    /// Blocks that were executed again for it since the start, because their receipts were missing.
    pub executed: u64,
}

impl IndexStatus {
    /// Blocks that are in the chain and not in the index.
    pub fn lag(&self) -> u64 {
        self.tip.0.saturating_sub(self.cursor.0)
    }
}

/// The index of a running node.
#[derive(Debug)]
pub struct Follower {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    live: Live,
    folder: PathBuf,
    blocks: Arc<Blocks>,
    control: Mutex<Control>,
    /// Tells the thread to look at `control`.
    wake: Notify,
    /// Tells whoever waits that the index has more blocks or answers.
    changed: Condvar,
    /// There while questions may be asked.
    index: RwLock<Option<Arc<Index>>>,
    cursor: AtomicU64,
    rebuilds: AtomicU64,
    executed: AtomicU64,
}

#[derive(Debug, Default)]
struct Control {
    /// Why the index is thrown away.
    doubt: Option<String>,
    /// Whether it has been let in since the last one was thrown away.
    has_answered: bool,
    is_ending: bool,
}

impl Follower {
    /// Opens or builds the index of a node in the folder `index` of the node's own, in the background.
    ///
    /// # Errors
    /// [`IndexError::Chain`] where the chain folder cannot be opened; [`IndexError::Storage`] where no
    /// thread can be started.
    pub fn start(live: &Live) -> Result<Self, IndexError> {
        let shared = Arc::new(Shared {
            live: live.clone(),
            folder: live.folder().join(FOLDER),
            blocks: blocks(live.folder())?,
            control: Mutex::default(),
            wake: Notify::new(),
            changed: Condvar::new(),
            index: RwLock::new(None),
            cursor: AtomicU64::new(0),
            rebuilds: AtomicU64::new(0),
            executed: AtomicU64::new(0),
        });
        let failed = |source| IndexError::Storage { action: "follow with", source };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
        let worker = shared.clone();
        let thread = std::thread::Builder::new()
            .name("index".to_owned())
            .spawn(move || runtime.block_on(worker.run()))
            .map_err(failed)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Asks the index. A doubt throws it away and builds it again; until then every question is told
    /// how far that is.
    ///
    /// # Errors
    /// [`IndexError::Rebuilding`]; those of the question.
    pub fn read<T>(
        &self,
        question: impl FnOnce(&Index) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(index) = index else {
            let IndexStatus { cursor, tip, .. } = self.status();
            return Err(IndexError::Rebuilding { done: cursor, total: tip });
        };
        let answer = question(&index);
        if let Err(IndexError::Doubt(why)) = &answer
            && self.shared.withdraw(Some(&index))
        {
            self.shared.control().doubt = Some(why.clone());
            self.shared.wake.notify_one();
        }
        answer
    }

    /// How far the index is.
    pub fn status(&self) -> IndexStatus {
        self.shared.status()
    }

    /// Waits until the index has a block and answers; `false` if that takes longer than `limit`.
    pub fn wait_for(&self, height: Height, limit: Duration) -> bool {
        let is_behind = |_: &mut Control| {
            let status = self.shared.status();
            !status.is_ready || status.cursor < height
        };
        let control = self.shared.control();
        let waited = self.shared.changed.wait_timeout_while(control, limit, is_behind);
        waited.is_ok_and(|(_, timeout)| !timeout.timed_out())
    }

    /// Ends the thread; what was added is durable.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.control().is_ending = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // It cannot panic but by a bug, and then there is nothing to be done here.
            let _ = thread.join();
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.end();
    }
}

fn tip(live: &Live) -> Height {
    live.with_state(|state| state.tip().height)
}

/// Adds the other blocks that are durable by executing the chain again, on a state of its own; `reached` hears each
/// height that is in the index and says whether to go on.
fn execute(
    live: &Live,
    index: &Index,
    reached: &mut dyn FnMut(Height) -> ControlFlow<()>,
) -> Result<(), IndexError> {
    let mut group: Vec<Placed> = Vec::new();
    let mut receipts = 0;
    let mut result = Ok(());
    live.replay(index.cursor().0, &mut |state, followed| {
        receipts += followed.receipts.len() + 1;
        group.push(Placed::new(state, Arc::new(followed)));
        if receipts < TOGETHER {
            return ControlFlow::Continue(());
        }
        receipts = 0;
        result = index.append(&std::mem::take(&mut group));
        if result.is_err() { ControlFlow::Break(()) } else { reached(index.cursor().0) }
    })?;
    result?;
    index.append(&group)?;
    // Whether to go on is asked by the caller, too.
    let _ = reached(index.cursor().0);
    Ok(())
}

impl Shared {
    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn status(&self) -> IndexStatus {
        IndexStatus {
            cursor: Height(self.cursor.load(Ordering::Acquire)),
            tip: tip(&self.live),
            is_ready: self.index.read().unwrap_or_else(PoisonError::into_inner).is_some(),
            rebuilds: self.rebuilds.load(Ordering::Acquire),
            executed: self.executed.load(Ordering::Acquire),
        }
    }

    /// Follows until the end; what goes wrong is mended here or tried again.
    async fn run(&self) {
        let generations = Generations::new(&self.folder);
        let mut doubts = 0_u32;
        loop {
            let folder = match doubts {
                0 => generations.current(),
                1 => generations.renew(true),
                // The receipts may be what is at fault.
                _ => generations.renew(false),
            };
            let followed = match folder {
                Ok(folder) => {
                    generations.clear(&folder);
                    self.follow(&folder).await
                }
                Err(error) => Err(error),
            };
            self.withdraw(None);
            let has_answered = std::mem::take(&mut self.control().has_answered);
            match followed {
                Ok(()) => return,
                Err(IndexError::Doubt(why)) => {
                    tracing::warn!(why, "the read model is built again from the chain");
                    self.rebuilds.fetch_add(1, Ordering::AcqRel);
                    doubts = if has_answered { 1 } else { doubts.saturating_add(1) };
                    if doubts > 1 {
                        // In doubt again: perhaps the disk is at fault, or sled has given up in this
                        // process. Do not rebuild without a breath between.
                        let _ = tokio::time::timeout(AGAIN, self.wake.notified()).await;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the read model waits");
                    doubts = 0;
                    // Whatever comes first: the time, a doubt, the end.
                    let _ = tokio::time::timeout(AGAIN, self.wake.notified()).await;
                }
            }
            if self.control().is_ending {
                return;
            }
        }
    }

    /// Opens an index and follows with it until the end or until something goes wrong.
    async fn follow(&self, folder: &Path) -> Result<(), IndexError> {
        self.control().doubt = None;
        let mut news = self.live.follow();
        let index = Arc::new(Index::open(folder, self.live.genesis(), self.blocks.clone())?);
        self.reach(&index);
        loop {
            self.catch_up(&index, &mut news)?;
            if self.control().is_ending {
                return Ok(());
            }
            self.publish(&index);
            while let Some(group) = self.next_group(&mut news).await? {
                let follows = |first: &Arc<Followed>| height(first) <= index.cursor().0.next();
                if !group.first().is_none_or(follows) {
                    break;
                }
                let group: Vec<Placed> = self.live.with_state(|state| {
                    group.into_iter().map(|block| Placed::new(state, block)).collect()
                });
                index.append(&group)?;
                self.reach(&index);
            }
        }
    }

    /// Brings the index up to the last durable block: first what it takes no state for. At a start nobody asks it
    /// before that: of an old transaction that it lacks it would say that there is none.
    fn catch_up(
        &self,
        index: &Arc<Index>,
        news: &mut Receiver<Arc<Followed>>,
    ) -> Result<(), IndexError> {
        if index.cursor().0 >= tip(&self.live) {
            return Ok(());
        }
        let reached = || {
            self.reach(index);
            let control = self.control();
            let goes_on = !control.is_ending && control.doubt.is_none();
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let placed = |followed| self.live.with_state(|state| Placed::new(state, followed));
        index.take_over(&placed, &mut |_| {
            // What the node does meanwhile would have to be executed again.
            let new: Vec<_> = std::iter::from_fn(|| news.try_recv().ok()).collect();
            index.keep(&new)?;
            Ok(reached())
        })?;
        self.doubt()?;
        if !self.control().is_ending && index.cursor().0 < tip(&self.live) {
            let (before, executed) = (index.cursor().0.0, self.executed.load(Ordering::Acquire));
            execute(&self.live, index, &mut |height| {
                self.executed.store(executed + height.0 - before, Ordering::Release);
                reached()
            })?;
        }
        self.doubt()
    }

    /// The next blocks to add together; `None` at the end, and where the channel has lost some.
    async fn next_group(
        &self,
        news: &mut Receiver<Arc<Followed>>,
    ) -> Result<Option<Vec<Arc<Followed>>>, IndexError> {
        let first = loop {
            self.doubt()?;
            if self.control().is_ending {
                return Ok(None);
            }
            tokio::select! {
                block = news.recv() => match block {
                    Ok(block) => break block,
                    // What comes next shows whether anything is really missing.
                    Err(RecvError::Lagged(_)) => {}
                    // The node has ended; so will whoever holds this.
                    Err(RecvError::Closed) => self.wake.notified().await,
                },
                () = self.wake.notified() => {}
            }
        };
        let mut receipts = first.receipts.len() + 1;
        let mut group = vec![first];
        while receipts < WAITING_TOGETHER {
            match news.try_recv() {
                Ok(block) => {
                    receipts += block.receipts.len() + 1;
                    group.push(block);
                }
                Err(TryRecvError::Empty | TryRecvError::Closed | TryRecvError::Lagged(_)) => break,
            }
        }
        Ok(Some(group))
    }

    fn doubt(&self) -> Result<(), IndexError> {
        match self.control().doubt.take() {
            Some(why) => Err(IndexError::Doubt(why)),
            None => Ok(()),
        }
    }

    /// Lets questions in.
    fn publish(&self, index: &Arc<Index>) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(index.clone());
        self.control().has_answered = true;
        self.tell();
    }

    /// Lets no more questions in; with an index only if it is that one. Says whether it was let in until now.
    fn withdraw(&self, which: Option<&Arc<Index>>) -> bool {
        let mut shown = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let is_it = |shown: &Arc<Index>| which.is_none_or(|which| Arc::ptr_eq(which, shown));
        let was_shown = shown.as_ref().is_some_and(is_it);
        if was_shown {
            *shown = None;
        }
        was_shown
    }

    fn reach(&self, index: &Index) {
        self.cursor.store(index.cursor().0.0, Ordering::Release);
        self.tell();
    }

    /// Wakes whoever waits; taking the lock first, so that nobody looks before and sleeps after.
    fn tell(&self) {
        drop(self.control());
        self.changed.notify_all();
    }
}

fn height(followed: &Followed) -> Height {
    followed.block.block.header.height
}
