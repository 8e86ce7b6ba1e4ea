//! This exists to let many readers see the state after the last block while one writer makes the next.

use linli_ledger::state::State;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The state after the last durable block; clones see the same one.
///
/// Building and judging read it, so they never wait for readers; only taking over a block that is
/// durable does, and then new readers wait for that.
#[derive(Clone, Debug)]
pub struct SharedState(Arc<RwLock<State>>);

impl SharedState {
    /// Shares a state.
    pub fn new(state: State) -> Self {
        Self(Arc::new(RwLock::new(state)))
    }

    /// The state; the next block waits to be taken over while this is held, so hold it shortly.
    ///
    /// # Panics
    /// If taking over a block has panicked: a bug, after which no state may be shown.
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(|_| panic!("the state was left half written"))
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        // Only a panic in `State::apply` poisons it, and then `read` says so.
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
