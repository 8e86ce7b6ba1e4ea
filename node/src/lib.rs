//! This exists to run a validator: it keeps the chain on disk, builds and judges blocks, and answers
//! the consensus engine. What a valid chain is it *asks* the ledger; it has no idea of its own.
//!
//! [`Node`] is the library face of a validator that is alone: open a folder, commit batches, read the
//! state. The wallet embeds it for `linli run`. [`Joined`] is one among others.

pub mod chain_file;
pub mod history;
pub mod recovery;
pub mod storage;

mod application;
mod blocks;
mod error;
mod evidence;
mod framed;
mod joined;
mod node;
mod proposals;
mod segments;
mod sets;
mod shared;
mod signed;
mod snapshots;
mod tip;
mod undecided;

pub use application::{Batch, Committed, Verifier};
pub use blocks::Blocks;
pub use chain_file::Observer;
pub use error::NodeError;
pub use evidence::evidence;
pub use joined::{AllowedAfter, JoinOptions, Joined, Joining, Waker, Work};
pub use linli_ahead::Keys;
pub use linli_consensus::Silence;
pub use node::{Node, Options, SNAPSHOTS, Shown, milliseconds_since_epoch};
pub use segments::{Place, Segments};
pub use shared::SharedState;
pub use snapshots::{LoadError, Snapshots, Wanted};
