//! This exists to read and verify frames on all cores, some way ahead of the replay that takes them,
//! one after the other, in their order (ADR 0026). The ledger is pure and knows no thread; this crate
//! holds the threads and no rule.
//!
//! However many threads there are and whichever is first, the replay sees the same frames in the same
//! order, so it ends with the same state or the same first error.

use linli_ledger::crypto::KnownKeys;
use linli_ledger::frame::{FrameError, RawFrame};
use linli_ledger::replay::Prepared;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Items that wait or are worked on, for each thread: enough that a large one holds nobody up, few
/// enough that memory stays flat (a frame is at most 4 MiB, and mostly below one).
const AHEAD_PER_THREAD: usize = 4;

/// Prepares items on the threads of the current pool and hands them over in their order, on this
/// thread. No item is looked at after an error.
///
/// # Errors
/// The first of `take`.
pub fn in_order<S: Send, T: Send, E>(
    source: impl IntoIterator<Item = S>,
    prepare: impl Fn(S) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let depth = rayon::current_num_threads().saturating_mul(AHEAD_PER_THREAD);
    let mut source = source.into_iter();
    let prepare = &prepare;
    rayon::in_place_scope_fifo(|scope| {
        let mut ahead = VecDeque::with_capacity(depth);
        loop {
            for item in source.by_ref().take(depth - ahead.len()) {
                let (sender, receiver) = sync_channel(1);
                // Nobody receives after an error.
                scope.spawn_fifo(move |_| drop(sender.send(prepare(item))));
                ahead.push_back(receiver);
            }
            // A sender that is gone has panicked: the scope goes on with that when it ends.
            let Some(next) = ahead.pop_front().as_ref().and_then(wait) else { return Ok(()) };
            take(next)?;
        }
    })
}

/// Waits for an item; on a thread of the pool it lends a hand meanwhile, so that a pool of one works.
fn wait<T>(receiver: &Receiver<T>) -> Option<T> {
    loop {
        match receiver.try_recv() {
            Ok(item) => return Some(item),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if rayon::yield_now().is_none() => {
                return receiver.recv().ok();
            }
            Err(TryRecvError::Empty) => std::thread::yield_now(),
        }
    }
}

/// The keys that each thread has met; kept from one run to the next.
#[derive(Debug, Default)]
pub struct Keys(Mutex<Vec<KnownKeys>>);

impl Keys {
    /// Works with the keys of some thread that rests.
    pub fn with<T>(&self, work: impl FnOnce(&mut KnownKeys) -> T) -> T {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = free().pop().unwrap_or_default();
        let done = work(&mut known);
        free().push(known);
        done
    }
}

/// The frames of a run of bytes; an error is the last item. Nothing but lengths is checked.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    /// The frames of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<RawFrame<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let taken = RawFrame::take(&mut self.rest).transpose();
        if matches!(taken, Some(Err(_))) {
            self.rest = &[];
        }
        taken
    }
}

/// Hands over the frames of `bytes` in their order, each with its size, read and verified.
///
/// # Errors
/// The first of `take`.
pub fn frames<E>(
    bytes: &[u8],
    keys: &Keys,
    mut take: impl FnMut(usize, Prepared) -> Result<(), E>,
) -> Result<(), E> {
    let prepare = |frame: Result<RawFrame<'_>, FrameError>| match frame {
        Ok(raw) => (raw.size(), keys.with(|known| Prepared::new(raw, known))),
        Err(error) => (0, Prepared::broken(error)),
    };
    in_order(Frames::new(bytes), prepare, |(size, prepared)| take(size, prepared))
}
