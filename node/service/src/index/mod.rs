//! This exists to answer quickly what the chain alone answers slowly: a transaction by its identifier,
//! the journal of an account, the way of a fen, the flows of a fund, a name by a part of it.
//!
//! The chain file is the truth; this is the read model. A [`Follower`] writes it after commit, from its
//! own cursor, never on the path of a block. It may be deleted, damaged, cut or rolled back at any
//! moment: then it is built again from the chain and answers the same. It lies in sled, which is
//! distrusted (architecture D5, reliability §0.1):
//!
//! - Everything is one sorted map ([`facts`](self) of each block, merged), kept in runs of few large
//!   values whose hashes are in a manifest; a value that is missing, changed or of another time is a
//!   [`IndexError::Doubt`], and so is every panic of sled. A run that has become large lies in a file.
//! - The map says *where* something is. What is handed out is read there, from the chain file and from
//!   receipts that hash to the header, and compared with the question. The receipts lie beside sled, in
//!   plain files that a rebuild takes over (ADR 0041).
//! - A list that the state knows the end of (a journal, the way of a fen) is compared with the state:
//!   a statement is complete, or there is none.
//!
//! The way in: [`Follower::read`], which hands an [`Index`] to a question.

mod bins;
mod checked;
mod error;
mod facts;
mod follower;
mod generations;
mod guard;
mod key;
mod manifest;
mod named;
mod page;
mod place;
mod query;
mod read;
mod rebuild;
mod receipts;
mod recorder;
mod run;
mod run_files;
mod scan;
mod store;
mod text;
mod write;

pub use checked::Checked;
pub use error::IndexError;
pub use follower::{Follower, IndexStatus};
pub use key::Location;
pub use named::Named;
pub use page::{At, Cursor, Order, PAGE_MAX, Page, Paged};
pub use place::{Node, Place, Places, place, places};
pub use query::*;
pub use rebuild::rebuild;
pub(crate) use recorder::Recorder;
pub use text::normalised;
pub use write::Placed;

use checked::Remembered;
use generations::Generations;
use linli_ledger::genesis::Genesis;
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockHash, Height};
use linli_node::Blocks;
use manifest::{Listing, Manifest};
use read::Reader;
use receipts::Receipts;
use scan::Run;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use store::Store;

/// Where the indexes of a node lie, within its folder.
const FOLDER: &str = "index";

/// The read model of one chain, in one folder. Questions may come from any thread while one adds blocks.
#[derive(Debug)]
pub struct Index {
    genesis: Digest,
    /// The names that genesis gives are found in it, not in a block.
    founding: Genesis,
    store: Store,
    receipts: Receipts,
    blocks: Arc<Blocks>,
    inner: RwLock<Inner>,
    /// Held by whoever adds blocks.
    writing: Mutex<()>,
    remembered: Remembered,
}

/// What the index consists of now.
#[derive(Debug)]
struct Inner {
    manifest: Manifest,
    runs: Vec<Run>,
}

impl Index {
    /// Opens the index in a folder, or begins one where the folder is empty or missing.
    ///
    /// `blocks` reads the chain that it follows.
    ///
    /// # Errors
    /// [`IndexError::Storage`]; [`IndexError::Chain`]; [`IndexError::Doubt`] for damaged files, another
    /// chain's index, or one whose last block is not in the chain.
    pub fn open(folder: &Path, genesis: &Genesis, blocks: Arc<Blocks>) -> Result<Self, IndexError> {
        let store = Store::open(folder)?;
        let hash = genesis.hash();
        let manifest = match store.manifest()? {
            Some(bytes) => Manifest::read(&bytes)
                .ok_or_else(|| IndexError::doubt("its manifest is damaged or of another format"))?,
            None if store.is_empty()? => Manifest::new(hash),
            None => return Err(IndexError::doubt("its manifest is missing")),
        };
        if manifest.genesis != hash {
            return Err(IndexError::doubt("it is of another chain"));
        }
        is_in_chain(&manifest, &blocks)?;
        let receipts = Receipts::open(folder)?;
        if receipts.last() < manifest.height {
            return Err(IndexError::doubt("receipts are missing"));
        }
        let runs = runs(&manifest, &store)?;
        store.tidy(&manifest)?;
        let is_new = manifest.height == Height(0) && manifest.runs.is_empty();
        let index = Self {
            genesis: hash,
            founding: genesis.clone(),
            store,
            receipts,
            blocks,
            inner: RwLock::new(Inner { manifest, runs }),
            writing: Mutex::new(()),
            remembered: Remembered::default(),
        };
        if is_new {
            index.begin()?;
        }
        Ok(index)
    }

    /// The last block that is in the index, and its hash; height 0 and the genesis hash at first.
    pub fn cursor(&self) -> (Height, BlockHash) {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        (inner.manifest.height, inner.manifest.block)
    }

    fn reader(&self) -> Reader<'_> {
        // A panic while it was held is sled's: the index is then thrown away as a whole.
        Reader::new(self, self.inner.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The folder of the newest index of a node; it need not be there.
pub(crate) fn newest(node: &Path) -> PathBuf {
    Generations::new(&node.join(FOLDER)).newest()
}

/// The last block of the index is the block of that height in the chain.
fn is_in_chain(manifest: &Manifest, blocks: &Blocks) -> Result<(), IndexError> {
    let found = match manifest.height {
        Height(0) => Some(BlockHash(manifest.genesis)),
        height => blocks.block(height)?.map(|committed| committed.block.header.hash()),
    };
    if found == Some(manifest.block) {
        return Ok(());
    }
    Err(IndexError::doubt(format!("its block {} is not in the chain", manifest.height)))
}

/// The directories of all runs.
fn runs(manifest: &Manifest, store: &Store) -> Result<Vec<Run>, IndexError> {
    let mut runs = Vec::with_capacity(manifest.runs.len());
    for head in &manifest.runs {
        let directory = match &head.listing {
            Listing::Inline(directory) => directory.clone(),
            Listing::Apart(hash) => store.directory(head.id, hash)?,
            Listing::File(bytes, hash) => {
                store.files.directory(head.id, head.bytes, *bytes, hash)?
            }
        };
        let is_file = matches!(head.listing, Listing::File(..));
        runs.push(Run { id: head.id, directory: Arc::new(directory), is_file });
    }
    Ok(runs)
}
