//! This exists to put the engine together, to start it and to stop it.

#[cfg(test)]
use crate::byzantine::Liar;
use crate::codec::Borsh;
use crate::context::{Address, Chain};
use crate::guard::{Guard, Shared};
use crate::network::{Ears, Network};
use crate::parts::Assembler;
use crate::signing::{LedgerSigner, LedgerVerifier};
use crate::translate::Translator;
use crate::{Config, Request, Running, StartError, Timeouts, Voice};
use futures::future::{BoxFuture, FutureExt, ready};
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::hash::Digest;
use linli_ledger::types::Height;
use malachitebft_app_channel::app::config::{ConsensusConfig, NodeConfig, ValueSyncConfig};
use malachitebft_app_channel::app::engine::consensus;
use malachitebft_app_channel::app::engine::network::NetworkRef;
use malachitebft_app_channel::app::engine::node::NodeRef;
use malachitebft_app_channel::app::wal::Log;
use malachitebft_app_channel::{
    ConsensusContext, EngineBuilder, RequestContext, SyncContext, WalContext,
};
use malachitebft_core_types::LinearTimeouts;
use malachitebft_signing::Signer;
use ractor::ActorCell;
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tracing::{Instrument, info_span};

/// Requests that wait for the application. The engine asks one thing at a time but for two, so more
/// never wait; when it is full the engine waits.
const REQUESTS_WAITING_MAX: usize = 8;

/// How long the engine may go on with what it is at when it is told to stop. At rest it is at
/// nothing; otherwise it mostly waits for an answer that will not come.
const GRACE: Duration = Duration::from_millis(200);

/// How often this node says how far its chain reaches: so long may one that has missed a block stay
/// behind while the chain rests. After every block would be too often: whoever has not decided yet
/// would ask for what it is about to decide. Source: NET-4.3.
pub(crate) const STATUS_EVERY: Duration = Duration::from_secs(2);

/// What stops a running engine. Dropping it kills the engine as a crash would.
#[derive(Debug)]
pub(crate) struct Handle {
    /// The engine's supervisor.
    node: NodeRef,
    /// Ends when the supervisor has ended.
    ended: Option<JoinHandle<()>>,
    /// The actor that votes: it goes first, because without the others it would raise an alarm.
    voter: Option<ActorCell>,
    /// Ends when the engine no longer asks.
    translator: JoinHandle<()>,
    /// Resolves when the write-ahead log is closed.
    log_closed: Option<oneshot::Receiver<()>>,
}

impl Handle {
    /// Stops the engine and waits for its write-ahead log. `requests` stays open meanwhile: if it
    /// closed, the engine would complain of being ignored.
    pub(crate) async fn stop(mut self, requests: mpsc::Receiver<Request>) {
        if let Some(voter) = self.voter.take() {
            // On its own: the supervisor takes the end of a child for a failure.
            voter.unlink(self.node.get_cell());
            if voter.stop_and_wait(None, Some(GRACE)).await.is_err() {
                // To the log this is a crash, which it is made for. One that is dead already never
                // answers.
                let _ = voter.kill_and_wait(Some(GRACE)).await;
            }
        }
        // The supervisor takes the others along, wherever they are: nothing is at stake any more.
        self.node.stop(None);
        if let Some(ended) = self.ended.take() {
            let _ = ended.await;
        }
        if let Some(log_closed) = self.log_closed.take() {
            let _ = log_closed.await;
        }
        drop(requests);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(voter) = &self.voter {
            voter.unlink(self.node.get_cell());
            voter.kill();
        }
        self.node.stop(None);
        self.translator.abort();
    }
}

pub(crate) async fn start(config: Config) -> Result<Running, StartError> {
    let logged = logged_height(&config.wal)
        .map_err(|source| StartError::Log { wal: config.wal.clone(), source })?;
    let span = info_span!("consensus", moniker = %config.moniker);
    run(config, logged, Mode::Honest).instrument(span).await
}

/// Starts a validator that lies.
#[cfg(test)]
pub(crate) async fn start_liar(config: Config, liar: Liar) -> Result<Running, StartError> {
    let logged = logged_height(&config.wal)
        .map_err(|source| StartError::Log { wal: config.wal.clone(), source })?;
    run(config, logged, Mode::Liar(Box::new(liar))).await
}

/// What a validator signs, and what it says.
enum Mode {
    /// What it must.
    Honest,
    /// What it likes.
    #[cfg(test)]
    Liar(Box<Liar>),
}

impl Mode {
    fn signer(&self, genesis: Digest, key: ConsensusKey, guard: Shared) -> Box<dyn Signer<Chain>> {
        match self {
            Self::Honest => Box::new(LedgerSigner { genesis, key, guard }),
            #[cfg(test)]
            Self::Liar(liar) => liar.signer(),
        }
    }

    /// Who is shown what others have of this key; a liar does not care.
    fn shown(&self, guard: Option<&Shared>) -> Option<Shared> {
        match self {
            Self::Honest => guard.cloned(),
            #[cfg(test)]
            Self::Liar(_) => None,
        }
    }

    /// What the engine speaks to.
    fn network(self, network: NetworkRef<Chain>) -> BoxFuture<'static, NetworkRef<Chain>> {
        match self {
            Self::Honest => ready(network).boxed(),
            #[cfg(test)]
            Self::Liar(liar) => liar.wrap(network).boxed(),
        }
    }
}

async fn run(config: Config, logged: Height, mode: Mode) -> Result<Running, StartError> {
    let Config { moniker, genesis, voice, wal, timeouts, network } = config;
    let local = network.handle.local();
    let (key, guard) = guarded(genesis, voice).map_err(StartError::Signed)?;
    let silence = guard.as_ref().map_or(watch::channel(None).1, |guard| guard.lock().silence());
    let (again, parts_again) = mpsc::unbounded_channel();
    let (to_ahead, ahead) = watch::channel(None);
    let (tip, own_tip) = watch::channel(None);
    let shown = mode.shown(guard.as_ref());
    let ears = Ears { again: parts_again, ahead: to_ahead, tip: own_tip, guard: shown.clone() };
    let network =
        Network::over(network, ears).await.map_err(|source| StartError::Network(source.into()))?;
    let verifier = Box::new(LedgerVerifier { genesis });
    // Who has no vote goes by the key of its node, which is in no set of validators.
    let address = key.as_ref().map_or(local, ConsensusKey::public);
    let voice = match (key, guard) {
        (Some(key), Some(guard)) => ConsensusContext::new_validator(
            Address(address),
            verifier,
            mode.signer(genesis, key, guard),
        ),
        _ => ConsensusContext::new_full_node(Address(address), verifier),
    };
    let (log_codec, log_closed) = Borsh::for_log();
    let network_actor = network.actor.clone();
    let built = EngineBuilder::new(Chain, Settings::new(moniker))
        .with_default_wal(WalContext::new(wal, log_codec))
        .with_custom_network(mode.network(network.actor).await, network.parts)
        .with_default_sync(SyncContext::new(Borsh::default()))
        .with_default_consensus(voice)
        // Nobody asks the engine for its state: one place is enough.
        .with_default_request(RequestContext::new(1))
        .build()
        .await;
    let (channels, handle) = built.map_err(|source| {
        network_actor.stop(None);
        StartError::Engine(source.into())
    })?;
    let (sender, requests) = mpsc::channel(REQUESTS_WAITING_MAX);
    let translator = Translator {
        engine: channels.consensus,
        network: channels.network,
        requests: sender,
        key: address,
        timeouts: linear(timeouts),
        logged,
        assembler: Assembler::default(),
        again,
        ahead,
        tip,
        guard: shown,
        replies: JoinSet::new(),
    };
    let children = handle.actor.get_cell().get_children();
    let engine = Handle {
        voter: children
            .into_iter()
            .find(|child| child.is_message_type_of::<consensus::Msg<Chain>>() == Some(true)),
        node: handle.actor,
        ended: Some(handle.handle),
        translator: tokio::spawn(translator.run().in_current_span()),
        log_closed: Some(log_closed),
    };
    Ok(Running { requests, silence, engine })
}

/// Puts a guard before a key.
fn guarded(
    genesis: Digest,
    voice: Option<Voice>,
) -> io::Result<(Option<ConsensusKey>, Option<Shared>)> {
    let Some(Voice { key, signed }) = voice else { return Ok((None, None)) };
    let guard = Guard::open(genesis, key.public(), signed)?;
    Ok((Some(key), Some(Shared::new(guard))))
}

/// The height at which this validator last voted, or 0 if it never did. Makes the log if missing.
fn logged_height(wal: &Path) -> io::Result<Height> {
    if let Some(folder) = wal.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(Height(Log::open(wal)?.sequence()))
}

/// The engine's name for our timeouts.
fn linear(timeouts: Timeouts) -> LinearTimeouts {
    let Timeouts { propose, prevote, precommit, delta } = timeouts;
    LinearTimeouts {
        propose,
        propose_delta: delta,
        prevote,
        prevote_delta: delta,
        precommit,
        precommit_delta: delta,
        // The engine wants no less than the sum.
        rebroadcast: propose.saturating_add(prevote).saturating_add(precommit),
        ..LinearTimeouts::default()
    }
}

/// The engine's settings: its defaults, of which those about its own network have no effect.
#[derive(Clone)]
struct Settings {
    moniker: String,
    consensus: ConsensusConfig,
    sync: ValueSyncConfig,
}

impl Settings {
    fn new(moniker: String) -> Self {
        let sync =
            ValueSyncConfig { status_update_interval: STATUS_EVERY, ..ValueSyncConfig::default() };
        Self { moniker, consensus: ConsensusConfig::default(), sync }
    }
}

impl NodeConfig for Settings {
    fn moniker(&self) -> &str {
        &self.moniker
    }

    fn consensus(&self) -> &ConsensusConfig {
        &self.consensus
    }

    fn consensus_mut(&mut self) -> &mut ConsensusConfig {
        &mut self.consensus
    }

    fn value_sync(&self) -> &ValueSyncConfig {
        &self.sync
    }

    fn value_sync_mut(&mut self) -> &mut ValueSyncConfig {
        &mut self.sync
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_network::RESPONSE_BYTES_MAX;

    #[test]
    fn the_engine_and_the_network_agree_on_the_largest_answer() {
        let most = Settings::new(String::new()).sync.max_response_size.as_u64();
        assert_eq!(usize::try_from(most), Ok(RESPONSE_BYTES_MAX));
    }
}
