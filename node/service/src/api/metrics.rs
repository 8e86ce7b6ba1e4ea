//! This exists to count what an operator watches: requests by route, and how the node is. No label
//! comes from a client: routes are patterns, never addresses, and methods those that are known.

use super::Api;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Instant;

type Labels = Vec<(&'static str, String)>;

/// Seconds between which requests are sorted.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];

/// What is counted as it happens.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram as fn() -> Histogram),
        }
    }
}

/// Counts a request and how long its answer took.
pub(crate) async fn measure(State(api): State<Api>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let method = known(request.method()).to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let metrics = api.metrics();
    let taken = began.elapsed().as_secs_f64();
    metrics.durations.get_or_create(&vec![("route", route.clone())]).observe(taken);
    let status = response.status().as_u16().to_string();
    let labels = vec![("method", method), ("route", route), ("status", status)];
    metrics.requests.get_or_create(&labels).inc();
    response
}

/// The name of a method; of one that no route has, `other`, or clients would fill the memory with names.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Everything in the format of Prometheus.
pub(crate) fn text(api: &Api) -> String {
    let mut registry = Registry::with_prefix("linli");
    let metrics = api.metrics();
    registry.register("requests", "Requests answered", metrics.requests.clone());
    registry.register(
        "request_duration_seconds",
        "Time until the answer began",
        metrics.durations.clone(),
    );
    registry.register(
        "sync_duration_seconds",
        "Time until the disk had kept what was written to the chain's files",
        api.live().syncs().histogram(),
    );
    let health = api.live().health();
    let index = api.0.index.status();
    let met = super::admin::met(api.live());
    let switches = super::admin::switches(api.live());
    let unknown = switches.iter().filter(|switch| !switch.is_known).count() as u64;
    let mut gauges = vec![
        ("height", "Height of the last block", health.head.height.0),
        ("block_time_milliseconds", "Time of the last block", health.head.time.0),
        ("queue_transactions", "Transactions that wait for a block", health.waiting as u64),
        ("queue_bytes", "Bytes that wait for a block", health.waiting_bytes as u64),
        ("accepting", "1 if new transactions are taken", u64::from(health.closed.is_none())),
        ("index_height", "Height of the read model", index.cursor.0),
        ("index_lag_blocks", "Blocks that the read model lacks", index.lag()),
        ("index_rebuilds", "How often the read model was built again", index.rebuilds),
        ("index_ready", "1 if the read model answers", u64::from(index.is_ready)),
        ("silent", "1 if this validator casts no votes", u64::from(api.live().silence().is_some())),
        ("rules_unknown", "Rules to come that this program does not have", unknown),
        (
            "joined_by_snapshot_height",
            "Block of the snapshot that this node has joined with; 0 if it has executed everything",
            api.live().arrival().and_then(|arrival| arrival.snapshot).map_or(0, |height| height.0),
        ),
        ("rounds_lost", "Rounds beyond the first of each block since the start", health.rounds),
    ];
    if let Some(met) = met {
        gauges.push(("peers", "Other nodes that may connect", met.listed));
        gauges.push(("peers_up", "Other nodes that are connected", met.connected));
    }
    for (name, help, value) in gauges {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = encode(&mut text, &registry);
    text
}
