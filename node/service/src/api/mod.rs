//! This exists to answer over HTTP: every question about the ledger, transactions that come in, and
//! news as it becomes final. It decides nothing that the ledger decides: it asks the state, the read
//! model and the node, and writes what they say.
//!
//! The way of a request: number, problem writer, panic and time guards, share of the client
//! (`limits`), who asks (`signed`, `viewer`), then the handler, which reads on a thread that may
//! block. What is wrong on the way is a `failure::Failure` and becomes a problem in one place.

mod accounts;
pub(crate) mod admin;
mod answer;
mod body;
mod chain;
mod credit;
mod cursor;
mod description;
mod events;
mod extract;
mod failure;
mod flow;
mod governance;
mod limits;
mod metrics;
mod money;
mod records;
mod registry;
mod rehearsal;
mod routes;
mod search;
mod signed;
mod submit;
mod trace;
mod transactions;
mod viewer;

pub use description::openapi;
pub use limits::Share;
pub use routes::router;

use crate::index::{Follower, Index, IndexError};
use crate::live::Live;
use answer::{Answer, Keep};
use axum::Router;
use failure::Failure;
use limits::Limits;
use linli_ledger::genesis::Clock;
use linli_ledger::hash::Digest;
use linli_ledger::state::State;
use linli_ledger::types::{BlockTime, Compartment};
use linli_ledger::view::View;
use linli_wire::At;
use metrics::Metrics;
use serde::Serialize;
use signed::Nonces;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use viewer::Viewer;

/// The largest body: a thousand transactions of four kilobytes each, in base64.
pub(crate) const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How the interface is served.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// The share of each client.
    pub share: Share,
    /// What addresses begin with for clients, where a proxy stands before this node.
    pub public_address: Option<String>,
    /// A request that takes longer is given up.
    pub request_limit: Duration,
    /// A submission that waits longer for finality is answered with how far it is.
    pub final_limit: Duration,
    /// A quiet stream of events says this often that it lives.
    pub heartbeat: Duration,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            share: Share::default(),
            public_address: None,
            request_limit: Duration::from_secs(30),
            final_limit: Duration::from_secs(20),
            heartbeat: Duration::from_secs(15),
        }
    }
}

/// The interface of one node. Clones are the same interface.
#[derive(Clone, Debug)]
pub struct Api(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    live: Live,
    index: Arc<Follower>,
    options: ApiOptions,
    limits: Limits,
    nonces: Nonces,
    metrics: Metrics,
    genesis: Digest,
    /// Whether streams should end, because the node does.
    ending: watch::Sender<bool>,
}

impl Api {
    /// Over a running node and its read model.
    pub fn new(live: Live, index: Arc<Follower>, options: ApiOptions) -> Self {
        let genesis = live.genesis().hash();
        let limits = Limits::new(options.share);
        let (nonces, metrics) = (Nonces::default(), Metrics::default());
        let ending = watch::Sender::new(false);
        Self(Arc::new(Inner { live, index, options, limits, nonces, metrics, genesis, ending }))
    }

    fn genesis(&self) -> Digest {
        self.0.genesis
    }

    fn options(&self) -> &ApiOptions {
        &self.0.options
    }

    fn limits(&self) -> &Limits {
        &self.0.limits
    }

    fn nonces(&self) -> &Nonces {
        &self.0.nonces
    }

    fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    fn live(&self) -> &Live {
        &self.0.live
    }

    fn ending(&self) -> watch::Receiver<bool> {
        self.0.ending.subscribe()
    }

    /// Asks the read model.
    fn index<T>(
        &self,
        question: impl FnOnce(&Index) -> Result<T, IndexError>,
    ) -> Result<T, Failure> {
        Ok(self.0.index.read(question)?)
    }

    /// Reads the public half of the state, as a public contract would.
    fn public<T>(&self, read: impl FnOnce(&View<'_>, &State) -> T) -> T {
        self.0.live.with_state(|state| {
            read(&View::read_only(state, Compartment::Public, now(state)), state)
        })
    }

    /// Reads both halves of the state. Whoever calls this asks the [`Viewer`] before it answers.
    fn restricted<T>(&self, read: impl FnOnce(&View<'_>, &State) -> T) -> T {
        self.0.live.with_state(|state| {
            read(&View::read_only(state, Compartment::Restricted, now(state)), state)
        })
    }

    /// Does something that may block on a thread that may.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let api = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&api)).await;
        done.unwrap_or_else(|error| Err(Failure::internal(&error.to_string())))
    }

    /// Answers a question whose answer may change with the next block.
    async fn answer<T: Serialize + Send + 'static>(
        &self,
        viewer: Viewer,
        question: impl FnOnce(&Self) -> Result<(T, At), Failure> + Send + 'static,
    ) -> Result<Answer<T>, Failure> {
        let (body, at) = self.blocking(question).await?;
        Ok(Answer::new(body, at.height, &viewer, Keep::Fresh))
    }
}

/// The time at which questions are evaluated: what is due counts as done, whether or not a block has
/// come since. A chain with times of its own stands still with its last block.
fn now(state: &State) -> BlockTime {
    match state.clock() {
        Clock::Data => state.tip().time,
        Clock::Real => BlockTime(linli_node::milliseconds_since_epoch()).max(state.tip().time),
    }
}

/// At which block a state was read.
fn at(state: &State) -> At {
    At { height: state.tip().height, hash: state.tip().hash }
}

/// Serves the interface, and health and metrics on a listener of their own, until `stop` resolves;
/// requests that are being answered are finished.
///
/// # Errors
/// Those of the operating system.
pub async fn serve(
    api: Api,
    listener: TcpListener,
    admin: Option<TcpListener>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let ended = |api: &Api| {
        let mut ending = api.ending();
        async move {
            // An error says that the sender is gone: that is an end too.
            let _ = ending.wait_for(|ending| *ending).await;
        }
    };
    let told = api.clone();
    let stopping = tokio::spawn(async move {
        stop.await;
        told.0.ending.send_replace(true);
    });
    let service = |router: Router| router.into_make_service_with_connect_info::<SocketAddr>();
    let main = axum::serve(listener, service(router(api.clone())));
    let main = main.with_graceful_shutdown(ended(&api)).into_future();
    let operators = async {
        let Some(listener) = admin else { return Ok(()) };
        let served = axum::serve(listener, service(admin::router(api.clone())));
        served.with_graceful_shutdown(ended(&api)).await
    };
    let served = tokio::try_join!(main, operators);
    stopping.abort();
    served.map(|_| ())
}
