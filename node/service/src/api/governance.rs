//! This exists to answer about what organisations decide together, and about the nodes that may connect.

use super::answer::Answer;
use super::cursor::Turn;
use super::description::Problems;
use super::extract::{Ask, Nothing, Part};
use super::failure::Failure;
use super::records::{list, page};
use super::viewer::Viewer;
use super::{Api, at};
use axum::Extension;
use axum::extract::State;
use linli_contracts::governance::nodes::allowed;
use linli_contracts::governance::records::Node as NodeRecord;
use linli_contracts::governance::records::{Proposal, ProposalState};
use linli_ledger::types::{OrganisationId, RecordId};
use linli_wire::governance::Node;
use linli_wire::{AnyRecord, Found, List, Recorded, path};
use serde::{Deserialize, Serialize};

type Proposals = List<Recorded<RecordId, Proposal>>;

/// How far a proposal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Open,
    Accepted,
    Ended,
}

fn stage(proposal: &Proposal) -> Stage {
    match proposal.state {
        ProposalState::Open => Stage::Open,
        ProposalState::Accepted { .. } => Stage::Accepted,
        ProposalState::Ended { .. } => Stage::Ended,
    }
}

/// Which proposals.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposalQuery {
    /// Only those that are `open`, `accepted` or `ended`.
    #[param(value_type = Option<String>)]
    state: Option<Stage>,
    /// Only those of this organisation.
    #[param(value_type = Option<String>)]
    organisation: Option<OrganisationId>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// Proposals about validators and nodes, by identifier.
#[utoipa::path(get, path = path::PROPOSALS, tag = "registry", params(ProposalQuery),
    responses((status = 200, body = List<AnyRecord>), Problems))]
pub(crate) async fn proposals(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<ProposalQuery>,
) -> Result<Answer<Proposals>, Failure> {
    let turn = Turn::new(path::PROPOSALS, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        Ok(api.public(|view, state| {
            let keep = |_: &_, found: &Proposal| {
                query.state.is_none_or(|wanted| stage(found) == wanted)
                    && query.organisation.is_none_or(|by| found.organisation == by)
            };
            let turned = page::<Proposal>(view, &turn, &(), keep);
            (list(&turn, turned, at(state), Recorded::from), at(state))
        }))
    })
    .await
}

/// One proposal.
#[utoipa::path(get, path = path::PROPOSAL, tag = "registry",
    params(("proposal" = String, Path, description = "Its identifier, `llr1…`")),
    responses((status = 200, body = Found<AnyRecord>), Problems))]
pub(crate) async fn proposal(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Recorded<RecordId, Proposal>>>, Failure> {
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            let found = view.get::<Proposal>(&id);
            let record = found.ok_or_else(|| Failure::not_found("proposal", id))?;
            Ok((Found { data: Recorded { id, record }, at: at(state) }, at(state)))
        })
    })
    .await
}

/// The nodes that may connect after the last block: always all of them.
#[utoipa::path(get, path = path::NODES, tag = "registry",
    responses((status = 200, body = Found<Vec<Node>>), Problems))]
pub(crate) async fn nodes(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Vec<Node>>>, Failure> {
    api.answer(viewer, |api| {
        Ok(api.public(|_, state| {
            let show = |(key, node): (_, NodeRecord)| Node {
                key,
                organisation: node.organisation,
                role: node.role,
                since: node.since,
            };
            let data = allowed(state).into_iter().map(show).collect();
            (Found { data, at: at(state) }, at(state))
        }))
    })
    .await
}
