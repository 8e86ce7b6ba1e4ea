//! This exists to describe the interface in `OpenAPI` 3.1, from the handlers themselves.

use super::Api;
use super::answer::{Answer, Keep};
use super::extract::{Ask, Nothing};
use super::routes::documented;
use super::viewer::Viewer;
use axum::Extension;
use axum::extract::State;
use linli_wire::problem::CONTENT_TYPE;
use linli_wire::{FieldProblem, Problem, path};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Linli 邻里",
        description = "The ledger of a sub-district: what residents gave, and where money went. \
            Public reads need nothing; what concerns residents needs a request signed by RFC 9421 \
            (LED-2.9). Amounts, heights and times are decimal text; times are milliseconds since \
            the epoch. Records, calls and receipts are in the ledger's own JSON (LED-10).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem, FieldProblem)),
    tags(
        (name = "chain", description = "Blocks, transactions, events"),
        (name = "money", description = "Funds, budgets, contracts, payments, sources: all public"),
        (name = "credit", description = "Programmes, activities, offers: all public"),
        (name = "residents", description = "What residents have: for them and for auditors"),
        (name = "accounts", description = "Accounts of the kernel and their journals"),
        (name = "registry", description = "Organisations, roles, keys, parameters, proposals, nodes"),
        (name = "help", description = "What there is, and what codes mean"),
    ),
)]
pub(crate) struct Description;

/// Every way to say no, with the same body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problems;

const STATUSES: [(&str, &str); 14] = [
    ("400", "Not readable, or a parameter or cursor is wrong"),
    ("401", "Not public, or the signature of the request is wrong"),
    ("403", "The key that signed may not see this"),
    ("404", "Not there"),
    ("405", "The address does not know this method"),
    ("409", "Was there before"),
    ("413", "Too large"),
    ("415", "Not JSON and not bytes"),
    ("422", "The transaction is refused at the door"),
    ("429", "Too many requests, or the queue is full: see Retry-After"),
    ("500", "A fault of this node"),
    ("503", "Not now: the disk is full, the node stops or catches up"),
    ("504", "Took too long"),
    ("default", "A problem"),
];

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = || Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        let response = |description: &str| {
            RefOr::T(
                ResponseBuilder::new()
                    .description(description)
                    .content(CONTENT_TYPE, problem())
                    .build(),
            )
        };
        STATUSES.into_iter().map(|(status, text)| (status.to_owned(), response(text))).collect()
    }
}

/// The description of the interface: `OpenAPI` 3.1.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented().split_for_parts().1
}

/// This description.
#[utoipa::path(get, path = path::OPENAPI, tag = "help",
    responses((status = 200, body = Object), Problems))]
pub(crate) async fn description(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Answer<&'static utoipa::openapi::OpenApi> {
    static DESCRIPTION: OnceLock<utoipa::openapi::OpenApi> = OnceLock::new();
    let height = api.public(|_, state| state.tip().height);
    Answer::new(DESCRIPTION.get_or_init(openapi), height, &viewer, Keep::Fresh)
}
