//! This exists to be the only crate that names the BFT engine: it turns the engine's questions into
//! [`Request`]s made of `linli_ledger` types, and the answers back.
//!
//! No block is built, judged or stored here: the application that holds [`Running::requests`] does
//! that. No engine type appears in the public API, and every future is boxed, so that a change of
//! the application never compiles the engine again.
//!
//! The engine agrees on the 32-byte hash of a block. The bytes travel beside it: the application
//! hands them over whole and gets them whole; cutting them into parts is this crate's business.
//!
//! ```no_run
//! # use linli_consensus::{Config, Request, Timeouts, start};
//! # async fn example(config: Config) -> Result<(), linli_consensus::StartError> {
//! let mut running = start(config).await?;
//! while let Some(request) = running.requests.recv().await {
//!     match request {
//!         Request::Decided { reply, .. } => {
//!             // Append the block and its certificate to the chain, durably, and only then:
//!             let _ = reply.send(());
//!         }
//!         _ => { /* and so on */ }
//!     }
//! }
//! // The engine has stopped by itself: this node must end too.
//! # Ok(())
//! # }
//! ```

#[cfg(test)]
extern crate self as linli_consensus;

#[cfg(test)]
mod byzantine;
mod codec;
mod context;
mod engine;
mod guard;
mod network;
mod parts;
mod reach;
mod request;
mod shown;
mod signing;
mod translate;
mod words;

pub use guard::{Memory, Silence};
pub use parts::BLOCK_BYTES_MAX;
pub use request::{Built, DecidedBlock, Next, Proposed, Request, Start, Verdict, turn};

use futures::future::{BoxFuture, FutureExt};
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::hash::Digest;
use linli_network::Link;
use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What a node needs to take part.
#[derive(Debug)]
pub struct Config {
    /// Name of this node in logs.
    pub moniker: String,
    /// Hash of the genesis, which binds every signature to this chain.
    pub genesis: Digest,
    /// What signs votes and proposals; `None` follows the chain without a vote.
    pub voice: Option<Voice>,
    /// The engine's write-ahead log, a file; its folder is made if missing.
    ///
    /// It is what keeps this validator from signing twice: never copy it, never restore it from a
    /// backup, never delete it while the key is in use. It is locked while the engine runs.
    pub wal: PathBuf,
    /// How long a round waits.
    pub timeouts: Timeouts,
    /// The other nodes; [`linli_network::alone`] for a validator that is alone. It ends with the
    /// engine.
    pub network: Link,
}

/// What a validator speaks with.
#[derive(Debug)]
pub struct Voice {
    /// The key that signs.
    pub key: ConsensusKey,
    /// What it has signed. With every message it is written down first, and nothing else is signed
    /// instead of it.
    pub signed: Box<dyn Memory>,
}

/// How long each step of round 0 waits for the others; nothing waits while all are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the proposer's block.
    pub propose: Duration,
    /// For the rest of the prevotes, after two thirds have arrived.
    pub prevote: Duration,
    /// For the rest of the precommits, after two thirds have arrived.
    pub precommit: Duration,
    /// What every further round adds to each of the three.
    pub delta: Duration,
}

impl Default for Timeouts {
    /// For a network within one city.
    fn default() -> Self {
        Self {
            propose: Duration::from_secs(1),
            prevote: Duration::from_millis(500),
            precommit: Duration::from_millis(500),
            delta: Duration::from_millis(250),
        }
    }
}

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The write-ahead log cannot be opened.
    #[error("the write-ahead log {} cannot be opened; does another process use it?", wal.display())]
    Log {
        /// Where it is.
        wal: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was signed cannot be read.
    #[error("what this validator has signed cannot be read")]
    Signed(#[source] io::Error),
    /// The network actor did not start.
    #[error("the network of the consensus engine does not start")]
    Network(#[source] Box<dyn Error + Send + Sync>),
    /// The engine did not start.
    #[error("the consensus engine does not start")]
    Engine(#[source] Box<dyn Error + Send + Sync>),
}

/// A running engine. Dropping it kills the engine as a crash would, and its write-ahead log is closed
/// soon after; [`Running::stop`] is kinder and waits.
#[derive(Debug)]
pub struct Running {
    /// What the engine asks, in order. Ends when the engine has stopped; then the node must end.
    ///
    /// The engine waits for each reply before it asks again, except for [`Request::Decided`] and
    /// [`Request::Finalized`].
    pub requests: mpsc::Receiver<Request>,
    /// Why this validator casts no votes, while it does not; the log says so, too.
    pub silence: watch::Receiver<Option<Silence>>,
    engine: engine::Handle,
}

impl Running {
    /// Stops the engine and waits until its write-ahead log is closed and may be opened again.
    ///
    /// Requests without an answer are forgotten; the engine asks them again after the next start.
    pub fn stop(self) -> BoxFuture<'static, ()> {
        let Self { requests, engine, .. } = self;
        engine.stop(requests).boxed()
    }
}

/// Starts the engine on a network.
///
/// Must be called within a tokio runtime. The first request is [`Request::Ready`]. A validator goes on from
/// there when it has heard from more than a third of the validators' nodes how far the chain is: what is
/// decided already it signs no more.
///
/// # Errors
/// In this order: [`StartError::Log`], [`StartError::Signed`], [`StartError::Network`], [`StartError::Engine`].
pub fn start(config: Config) -> BoxFuture<'static, Result<Running, StartError>> {
    engine::start(config).boxed()
}
