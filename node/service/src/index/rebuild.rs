//! This exists to bring an index up to a chain that is ahead of it: from the receipts that are kept, without a
//! state of its own; and to build it anew for an operator, with one.

use super::generations::Generations;
use super::recorder::Recorder;
use super::{FOLDER, Index, IndexError, Placed};
use crate::live::{Followed, LiveOptions};
use linli_ledger::types::Height;
use linli_node::storage::Folder;
use linli_node::{Blocks, NodeError, Shown};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// Receipts that are added at once while there are many.
pub(super) const TOGETHER: usize = 4_000;

/// Builds the index of a node anew, for an operator, trusting nothing of the one that is there: the whole chain is
/// executed once, and that state is the only one. `progress` hears the block reached and the last.
///
/// # Errors
/// [`IndexError::Chain`], above all where a node runs there; [`IndexError::Storage`]; [`IndexError::Doubt`] for a
/// disk that does not keep what was written.
pub fn rebuild(
    options: &LiveOptions,
    progress: &mut dyn FnMut(Height, Height),
) -> Result<Height, IndexError> {
    let LiveOptions { folder, genesis, rulebook, .. } = options;
    let generations = Generations::new(&folder.join(FOLDER));
    let next = generations.next();
    let mut recorder = Recorder::new(next.clone());
    let shown = Shown::open_anew(folder, genesis, rulebook, &mut recorder)?;
    recorder.finish()?;
    generations.clear(&next);
    let index = Index::open(&next, genesis, blocks(folder)?)?;
    let tip = shown.state.read().tip().height;
    index.take_over(&|followed| Placed::new(&shown.state.read(), followed), &mut |reached| {
        progress(reached, tip);
        Ok(ControlFlow::Continue(()))
    })?;
    match index.cursor().0 {
        reached if reached == tip => Ok(reached),
        reached => Err(IndexError::doubt(format!("receipts after block {reached} are missing"))),
    }
}

/// The blocks of a node's chain.
pub(super) fn blocks(folder: &Path) -> Result<Arc<Blocks>, IndexError> {
    let chain = folder.join("chain");
    let folder = Folder::create(&chain).map_err(|source| {
        let what = chain.display().to_string();
        NodeError::Storage { action: "open", what, source }
    })?;
    Ok(Arc::new(Blocks::new(Box::new(folder))))
}

impl Index {
    /// Adds the blocks whose receipts are kept already, as far as they are right; `reached` hears each height that
    /// is in the index and says whether to go on.
    ///
    /// # Errors
    /// As [`Index::append`], and what `reached` says.
    pub(super) fn take_over(
        &self,
        placed: &dyn Fn(Arc<Followed>) -> Placed,
        reached: &mut dyn FnMut(Height) -> Result<ControlFlow<()>, IndexError>,
    ) -> Result<(), IndexError> {
        loop {
            let mut group = Vec::new();
            let mut receipts = 0;
            let mut next = self.cursor().0.next();
            // What is wrong is no doubt here: it is executed again.
            while receipts < TOGETHER
                && next <= self.receipts.last()
                && let Some(checked) = self.read(next).or_else(no_doubt)?
            {
                receipts += checked.receipts.len() + 1;
                let followed = Followed { block: checked.committed, receipts: checked.receipts };
                group.push(placed(Arc::new(followed)));
                next = next.next();
            }
            self.adopt(&group)?;
            if group.is_empty() || reached(self.cursor().0)?.is_break() {
                return Ok(());
            }
        }
    }

    /// Keeps the receipts of blocks that will be added later, as far as they follow those that are kept.
    ///
    /// # Errors
    /// As [`Index::append`].
    pub(super) fn keep(&self, blocks: &[Arc<Followed>]) -> Result<(), IndexError> {
        let last = self.receipts.last();
        let height = |followed: &Followed| followed.block.block.header.height;
        let new = blocks.iter().skip_while(|followed| height(followed) <= last);
        let new: Vec<_> = new.collect();
        match new.first() {
            Some(first) if height(first) == last.next() => {
                let receipts = new.iter().map(|followed| followed.receipts.as_slice());
                self.receipts.put(last.next(), receipts)
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Nothing instead of a doubt.
fn no_doubt<T>(error: IndexError) -> Result<Option<T>, IndexError> {
    match error {
        IndexError::Doubt(_) => Ok(None),
        IndexError::Rebuilding { .. }
        | IndexError::Question(_)
        | IndexError::Storage { .. }
        | IndexError::Chain(_) => Err(error),
    }
}
