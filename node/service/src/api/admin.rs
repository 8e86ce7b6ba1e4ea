//! This exists to tell an operator's tools how the node is, on a listener that clients do not reach; and
//! to move the clock of a demonstration on, where it is set by hand.

use super::failure::{Failure, status};
use super::{Api, metrics};
use crate::live::{Live, Peer, Presence, Times, Unavailable};
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use linli_ledger::code::Code;
use linli_ledger::rules::{self, Switch};
use linli_ledger::types::{BlockHash, BlockTime, Height};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;

/// Where the clock of a demonstration is moved on.
pub(crate) const ADVANCE: &str = "/dev/advance";
/// Where the node says how it stands.
pub(crate) const STATUS: &str = "/status";
/// Where it says who the other nodes are.
pub(crate) const PEERS: &str = "/peers";

/// Blocks that the read model may lack while the node counts as ready.
const LAG_MAX: u64 = 100;

/// `/healthz`, `/readyz`, `/metrics`, `/status`, `/peers`; `/dev/advance` where the clock is set by hand and nowhere else.
pub(crate) fn router(api: Api) -> Router {
    let router = Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .route(STATUS, get(stands))
        .route(PEERS, get(peers));
    let router = match api.live().times() {
        Times::Machine => router,
        Times::Hand => router.route(ADVANCE, post(advance)),
    };
    router.with_state(api)
}

/// How a node stands, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stands {
    /// Height of the last block.
    pub(crate) height: Height,
    /// Its hash.
    pub(crate) hash: BlockHash,
    /// Its time.
    pub(crate) time: BlockTime,
    /// Why nothing new is taken, if so.
    pub(crate) closed: Option<Code>,
    /// Why this validator casts no votes, if so.
    pub(crate) silent: Option<Silent>,
    /// Transactions that wait for a block.
    pub(crate) waiting: u64,
    /// Whether the read model answers.
    pub(crate) index_ready: bool,
    /// Blocks that it lacks.
    pub(crate) index_lag: u64,
    /// The other nodes, for one that is not alone.
    pub(crate) network: Option<Met>,
    /// Rules that were decided on and are still to come.
    pub(crate) switches: Vec<Switch>,
    /// The program's version.
    pub(crate) version: String,
}

/// Why a validator casts no votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Silent {
    /// What stands for it.
    pub(crate) code: Code,
    /// What happened, and what to do.
    pub(crate) detail: String,
}

/// How many of the other nodes are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Met {
    /// Other nodes on the list.
    pub(crate) listed: u64,
    /// Those that are connected.
    pub(crate) connected: u64,
    /// Where this node listens for them.
    pub(crate) listens: Option<SocketAddr>,
}

/// The other nodes, for one that is not alone.
pub(crate) fn met(live: &Live) -> Option<Met> {
    let peers = live.peers()?;
    let count = |presence| peers.iter().filter(|peer| peer.presence == presence).count() as u64;
    let connected = count(Presence::Connected);
    let listed = connected + count(Presence::Absent);
    Some(Met { listed, connected, listens: live.listens() })
}

/// Rules that were decided on and are still to come.
pub(crate) fn switches(live: &Live) -> Vec<Switch> {
    live.with_state(|state| rules::switches(state, live.rulebook()))
}

/// A node of the list and the name of its organisation, where the genesis has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NamedPeer {
    #[serde(flatten)]
    pub(crate) peer: Peer,
    pub(crate) organisation_name: Option<String>,
}

/// Who the other nodes are, for `linlid peers`; null for a node that is alone.
async fn peers(State(api): State<Api>) -> Response {
    let genesis = api.live().genesis();
    let name = |organisation| {
        let mut positions = (0..).zip(&genesis.organisations);
        let found = positions.find(|(position, _)| genesis.organisation(*position) == organisation);
        found.map(|(_, organisation)| organisation.name.clone())
    };
    let named = |peer: Peer| NamedPeer { organisation_name: name(peer.organisation), peer };
    let peers = api.live().peers();
    let peers = peers.map(|peers| peers.into_iter().map(named).collect::<Vec<_>>());
    axum::Json(peers).into_response()
}

/// How the node stands, for `linlid status`.
async fn stands(State(api): State<Api>) -> Response {
    let (health, index) = (api.live().health(), api.0.index.status());
    let stands = Stands {
        height: health.head.height,
        hash: health.head.hash,
        time: health.head.time,
        closed: health.closed.map(Unavailable::code),
        waiting: health.waiting as u64,
        index_ready: index.is_ready,
        index_lag: index.lag(),
        silent: api
            .live()
            .silence()
            .map(|silence| Silent { code: silence.code(), detail: silence.to_string() }),
        network: met(api.live()),
        switches: switches(api.live()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    axum::Json(stands).into_response()
}

/// How far a clock is to be moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advance {
    /// By this much.
    #[serde(with = "linli_ledger::json::decimal")]
    pub(crate) milliseconds: u64,
}

/// Moves the clock on. Only JSON, which a page of another site cannot send unasked, and only from this
/// machine.
async fn advance(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Result<axum::Json<Advance>, JsonRejection>,
) -> Response {
    match advanced(&api, from, body).await {
        Ok(response) => response,
        Err(Failure { code, detail, .. }) => {
            (status(code), axum::Json(json!({ "code": code, "detail": detail }))).into_response()
        }
    }
}

async fn advanced(
    api: &Api,
    from: SocketAddr,
    body: Result<axum::Json<Advance>, JsonRejection>,
) -> Result<Response, Failure> {
    if !from.ip().is_loopback() {
        return Err(Failure::new(Code::Forbidden, "the clock is moved from this machine only"));
    }
    let axum::Json(Advance { milliseconds }) =
        body.map_err(|error| Failure::new(Code::RequestBody, error.body_text()))?;
    let moved = api.live().advance(Duration::from_millis(milliseconds)).await;
    let head = moved.map_err(|error| Failure::new(error.code(), error.to_string()))?;
    // What is asked next finds what has fallen due.
    let height = head.height;
    api.blocking(move |api| Ok(api.0.index.wait_for(height, Duration::from_secs(10)))).await?;
    let body = json!({ "height": head.height, "time": head.time });
    Ok(axum::Json(body).into_response())
}

/// Whether the process lives and should be left alone: a full disk heals without a restart.
async fn health(State(api): State<Api>) -> Response {
    let health = api.live().health();
    let stopped = health.closed == Some(Unavailable::Stopped);
    let status = if stopped { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let closed = health.closed.map(Unavailable::code);
    let body = json!({ "height": health.head.height, "closed": closed });
    (status, axum::Json(body)).into_response()
}

/// Whether requests should come here.
async fn ready(State(api): State<Api>) -> Response {
    let (health, index) = (api.live().health(), api.0.index.status());
    let takes = matches!(health.closed, None | Some(Unavailable::ReadOnly));
    let ready = takes && index.is_ready && index.lag() <= LAG_MAX;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "ready": ready,
        "closed": health.closed.map(Unavailable::code),
        "index_ready": index.is_ready,
        "index_lag": index.lag(),
    });
    (status, axum::Json(body)).into_response()
}

async fn numbers(State(api): State<Api>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics::text(&api)).into_response()
}
