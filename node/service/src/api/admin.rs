//! This exists to tell an operator's tools how the node is, on a listener that clients do not reach.

use super::{Api, metrics};
use crate::live::Unavailable;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

/// Blocks that the read model may lack while the node counts as ready.
const LAG_MAX: u64 = 100;

/// `/healthz`, `/readyz`, `/metrics`.
pub(crate) fn router(api: Api) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .with_state(api)
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
