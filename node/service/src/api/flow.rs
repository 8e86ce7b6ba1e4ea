//! This exists to draw the way of a fund's money without circles: links go from sources to the fund,
//! its contracts and their payees; what came back is listed beside them.

use super::answer::Answer;
use super::description::Problems;
use super::extract::{Ask, Part};
use super::failure::Failure;
use super::money::{name, source_summary};
use super::viewer::Viewer;
use super::{Api, at};
use crate::index::{Flow as Edge, Node, place as place_of};
use axum::Extension;
use axum::extract::State;
use linli_contracts::fund::reading::every;
use linli_contracts::fund::{Fund, FundAccount, ServiceContract, Source};
use linli_ledger::amount::Fen;
use linli_ledger::posting::{MoneyAccount, Side};
use linli_ledger::types::{AccountId, Day, RecordId, SourceId};
use linli_ledger::view::View;
use linli_wire::money::{Flow, FlowKind, FlowLink, FlowNode};
use linli_wire::{Found, path};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which days.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DaysQuery {
    /// The first civil day, such as `2026-01-01`; from the beginning if left out.
    #[param(value_type = Option<String>)]
    from: Option<Day>,
    /// The last civil day; until now if left out.
    #[param(value_type = Option<String>)]
    to: Option<Day>,
}

/// The flow of a fund, without circles, and what came back.
#[utoipa::path(get, path = path::FUND_FLOW, tag = "money",
    params(("fund" = String, Path, description = "Its identifier, `llr1…`"), DaysQuery),
    responses((status = 200, body = Found<Flow>), Problems))]
pub(crate) async fn flow(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(query): Ask<DaysQuery>,
) -> Result<Answer<Found<Flow>>, Failure> {
    api.answer(viewer, move |api| {
        let exists = api.public(|view, _| view.has::<Fund>(&id));
        if !exists {
            return Err(Failure::not_found("fund", id));
        }
        let first = query.from.unwrap_or(Day(0));
        let last = query.to.unwrap_or(Day(u32::MAX));
        if first > last {
            return Err(Failure::parameter("from", "it is after `to`"));
        }
        let edges = api.index(|index| index.flows(id, first, last))?;
        Ok(api.public(|view, state| {
            let data = drawn(view, id, &edges);
            (Found { data, at: at(state) }, at(state))
        }))
    })
    .await
}

/// A point of the drawing; the order of the variants is the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    Source(SourceId),
    Suspense,
    Fund,
    Contract(RecordId),
    Payee(RecordId),
    Lapsed,
    Returned,
    Other(AccountId),
}

impl Point {
    fn of(view: &View<'_>, node: Node, source: SourceId) -> Self {
        match node {
            Node::Source => Self::Source(source),
            Node::Fund => Self::Fund,
            Node::Contract(contract) => Self::Contract(contract),
            Node::Payee { contract, .. } => Self::Payee(contract),
            Node::Other(account) => match FundAccount::find(view, account) {
                Some(FundAccount::Suspense(_)) => Self::Suspense,
                Some(FundAccount::Lapsed(_)) => Self::Lapsed,
                Some(FundAccount::Returned(_)) => Self::Returned,
                Some(_) | None => Self::Other(account),
            },
        }
    }

    fn kind(self) -> FlowKind {
        match self {
            Self::Source(_) => FlowKind::Source,
            Self::Suspense => FlowKind::Suspense,
            Self::Fund => FlowKind::Fund,
            Self::Contract(_) => FlowKind::Contract,
            Self::Payee(_) => FlowKind::Payee,
            Self::Lapsed => FlowKind::Lapsed,
            Self::Returned => FlowKind::Returned,
            Self::Other(_) => FlowKind::Other,
        }
    }

    fn id(self, fund: RecordId) -> String {
        match self {
            Self::Source(source) => format!("source/{source}"),
            Self::Suspense => format!("suspense/{fund}"),
            Self::Lapsed => format!("lapsed/{fund}"),
            Self::Returned => format!("returned/{fund}"),
            Self::Fund => format!("fund/{fund}"),
            Self::Contract(contract) => format!("contract/{contract}"),
            Self::Payee(contract) => format!("payee/{contract}"),
            Self::Other(account) => format!("account/{account}"),
        }
    }

    fn label(self, view: &View<'_>, fund: RecordId) -> String {
        let contract = |id: RecordId| view.get::<ServiceContract>(&id);
        match self {
            Self::Source(id) => view
                .get::<Source>(&id)
                .map_or_else(|| id.to_string(), |s| source_summary(view, (id, s)).donor_name),
            Self::Fund | Self::Suspense | Self::Lapsed | Self::Returned => {
                view.get::<Fund>(&fund).map_or_else(|| fund.to_string(), |f| f.name)
            }
            Self::Contract(id) => contract(id).map_or_else(|| id.to_string(), |c| c.terms.number),
            Self::Payee(id) => {
                contract(id).map_or_else(|| id.to_string(), |c| name(view, c.terms.provider))
            }
            Self::Other(account) => account.to_string(),
        }
    }
}

fn drawn(view: &View<'_>, fund: RecordId, edges: &[Edge]) -> Flow {
    let mut links: BTreeMap<(Point, Point), u64> = BTreeMap::new();
    let mut returns: BTreeMap<(Point, Point), u64> = BTreeMap::new();
    let mut rests: BTreeMap<Point, (u64, u64)> = BTreeMap::new();
    for edge in edges {
        let (from, to) =
            (Point::of(view, edge.from, edge.source), Point::of(view, edge.to, edge.source));
        if from == to {
            continue;
        }
        // A later column is a way, an earlier one a way back: so there is no circle among the links.
        let ways = if from < to { &mut links } else { &mut returns };
        let sum = ways.entry((from, to)).or_default();
        *sum = sum.saturating_add(edge.amount.0);
        let left = rests.entry(from).or_default();
        left.1 = left.1.saturating_add(edge.amount.0);
        let came = rests.entry(to).or_default();
        came.0 = came.0.saturating_add(edge.amount.0);
    }
    let nodes = rests.iter().map(|(point, (came, left))| FlowNode {
        id: point.id(fund),
        kind: point.kind(),
        label: point.label(view, fund),
        rests: Fen(came.saturating_sub(*left)),
    });
    let shown = |ways: &BTreeMap<(Point, Point), u64>| {
        let link = |((from, to), value): (&(Point, Point), &u64)| FlowLink {
            source: from.id(fund),
            target: to.id(fund),
            value: Fen(*value),
        };
        ways.iter().map(link).collect()
    };
    Flow {
        fund,
        nodes: nodes.collect(),
        links: shown(&links),
        returns: shown(&returns),
        unaccounted: unaccounted(view, fund),
    }
}

/// What came into the fund and lies in no account of it, now.
fn unaccounted(view: &View<'_>, fund: RecordId) -> Fen {
    let (mut came, mut lies) = (0_u64, 0_u64);
    for (id, MoneyAccount(account)) in every::<MoneyAccount>(view, &()) {
        if place_of(view, id).is_some_and(|place| place.fund == fund) {
            let sum = match account.key.side {
                Side::Origin => &mut came,
                Side::Holder | Side::Sink => &mut lies,
            };
            *sum = sum.saturating_add(account.balance);
        }
    }
    Fen(came.abs_diff(lies))
}
