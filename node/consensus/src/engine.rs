//! This exists to put the engine together, to start it and to stop it.

use crate::codec::Borsh;
use crate::context::{Address, Chain};
use crate::network::Network;
use crate::signing::{LedgerSigner, LedgerVerifier};
use crate::translate::Translator;
use crate::{Config, Running, StartError, Timeouts};
use malachitebft_app_channel::app::config::{ConsensusConfig, NodeConfig, ValueSyncConfig};
use malachitebft_app_channel::app::engine::node::NodeRef;
use malachitebft_app_channel::{
    ConsensusContext, EngineBuilder, RequestContext, SyncContext, WalContext,
};
use malachitebft_core_types::LinearTimeouts;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::{Instrument, info_span};

/// Requests that wait for the application. The engine asks one thing at a time but for two, so more
/// never wait; when it is full the engine waits.
const REQUESTS_WAITING_MAX: usize = 8;

/// What stops a running engine. Dropping it kills the engine as a crash would.
#[derive(Debug)]
pub(crate) struct Handle {
    /// The engine's supervisor.
    node: NodeRef,
    /// Ends when the supervisor has ended.
    ended: Option<JoinHandle<()>>,
    /// Ends when the engine no longer asks.
    translator: JoinHandle<()>,
    /// Resolves when the write-ahead log is closed.
    log_closed: Option<oneshot::Receiver<()>>,
}

impl Handle {
    pub(crate) async fn stop(mut self) {
        // Each actor finishes the message it is at; the answers it may wait for will not come.
        self.node.get_cell().stop_children(None);
        self.translator.abort();
        if let Some(ended) = self.ended.take() {
            // The supervisor ends when its first child has, and takes the rest along.
            let _ = ended.await;
        }
        if let Some(log_closed) = self.log_closed.take() {
            let _ = log_closed.await;
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.node.stop(None);
        self.translator.abort();
    }
}

pub(crate) async fn start(config: Config) -> Result<Running, StartError> {
    let network = Network::null()
        .await
        .map_err(|source| StartError::Network(source.into()))?;
    let span = info_span!("consensus", moniker = %config.moniker);
    run(config, network).instrument(span).await
}

async fn run(config: Config, network: Network) -> Result<Running, StartError> {
    let Config {
        moniker,
        genesis,
        key,
        wal,
        timeouts,
    } = config;
    let address = Address(key.public());
    let (log_codec, log_closed) = Borsh::for_log();
    let network_actor = network.actor.clone();
    let built = EngineBuilder::new(Chain, Settings::new(moniker))
        .with_default_wal(WalContext::new(wal.clone(), log_codec))
        .with_custom_network(network.actor, network.parts)
        .with_default_sync(SyncContext::new(Borsh::default()))
        .with_default_consensus(ConsensusContext::new_validator(
            address,
            Box::new(LedgerVerifier { genesis }),
            Box::new(LedgerSigner { genesis, key }),
        ))
        // Nobody asks the engine for its state: one place is enough.
        .with_default_request(RequestContext::new(1))
        .build()
        .await;
    let (channels, handle) = built.map_err(|source| {
        network_actor.stop(None);
        StartError::Engine {
            wal,
            source: source.into(),
        }
    })?;
    let (sender, requests) = mpsc::channel(REQUESTS_WAITING_MAX);
    let (engine, parts) = (channels.consensus, channels.network);
    let translator = Translator::new(engine, parts, sender, address.0, linear(timeouts));
    let engine = Handle {
        node: handle.actor,
        ended: Some(handle.handle),
        translator: tokio::spawn(translator.run().in_current_span()),
        log_closed: Some(log_closed),
    };
    Ok(Running { requests, engine })
}

/// The engine's name for our timeouts.
fn linear(timeouts: Timeouts) -> LinearTimeouts {
    let Timeouts {
        propose,
        prevote,
        precommit,
        delta,
    } = timeouts;
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
        Self {
            moniker,
            consensus: ConsensusConfig::default(),
            sync: ValueSyncConfig::default(),
        }
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
