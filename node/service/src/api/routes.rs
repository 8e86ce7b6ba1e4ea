//! This exists to put handlers behind their paths, and the guards in front of all of them.

use super::description::Description;
use super::failure::{REQUEST_ID, problems};
use super::{
    Api, BODY_BYTES_MAX, accounts, answer, chain, credit, description, events, flow, governance,
    limits, metrics, money, registry, search, signed, submit, trace, transactions,
};
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use linli_wire::path;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Every handler with its description.
pub(crate) fn documented() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(chain::index))
        .routes(routes!(chain::status))
        .routes(routes!(chain::chain))
        .routes(routes!(chain::validators))
        .routes(routes!(chain::evidence))
        .routes(routes!(chain::blocks))
        .routes(routes!(chain::block))
        .routes(routes!(transactions::transactions, submit::submit))
        .routes(routes!(transactions::transaction))
        .routes(routes!(accounts::account))
        .routes(routes!(accounts::history))
        .routes(routes!(accounts::statement))
        .routes(routes!(accounts::statement_csv))
        .routes(routes!(credit::enrolment))
        .routes(routes!(credit::awards))
        .routes(routes!(money::funds))
        .routes(routes!(money::fund))
        .routes(routes!(money::fund_budget))
        .routes(routes!(flow::flow))
        .routes(routes!(money::contracts))
        .routes(routes!(money::contract))
        .routes(routes!(money::payments))
        .routes(routes!(money::payment))
        .routes(routes!(trace::back))
        .routes(routes!(money::sources))
        .routes(routes!(money::source))
        .routes(routes!(trace::forward))
        .routes(routes!(credit::programmes))
        .routes(routes!(credit::programme))
        .routes(routes!(credit::activities))
        .routes(routes!(credit::activity))
        .routes(routes!(credit::offers))
        .routes(routes!(credit::offer))
        .routes(routes!(credit::vouchers))
        .routes(routes!(credit::voucher))
        .routes(routes!(registry::organisations))
        .routes(routes!(registry::organisation))
        .routes(routes!(registry::roles))
        .routes(routes!(registry::role))
        .routes(routes!(registry::key))
        .routes(routes!(registry::parameters))
        .routes(routes!(governance::proposals))
        .routes(routes!(governance::proposal))
        .routes(routes!(governance::nodes))
        .routes(routes!(search::search))
        .routes(routes!(events::events))
        .routes(routes!(registry::code))
        .routes(routes!(description::description))
}

/// The interface with all that stands in front of it; the last layer is the first that a request meets.
pub fn router(api: Api) -> Router {
    let (router, _) = documented().split_for_parts();
    let limit = api.options().request_limit;
    // Of this ledger alone: no box for other addresses, and nothing is sent to a validator elsewhere.
    let pages = Config::from(path::OPENAPI).use_base_layout().validator_url("none");
    let documentation = SwaggerUi::new("/docs").config(pages.try_it_out_enabled(true));
    let router: Router<Api> =
        router.merge(documentation).route("/problems/{code}", get(registry::code));
    router
        .layer(from_fn(answer::conditional))
        .layer(from_fn_with_state(api.clone(), signed::authenticate))
        .layer(from_fn_with_state(api.clone(), limits::limit))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, limit))
        .layer(from_fn_with_state(api.clone(), metrics::measure))
        .layer(CompressionLayer::new())
        .layer(from_fn(problems))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .with_state(api)
}

/// What the log says of a request: never its address, which may hold a name that somebody looked for.
fn span(request: &Request) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), route, id)
}
