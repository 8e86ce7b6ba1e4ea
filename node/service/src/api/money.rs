//! This exists to answer about funds, budgets, contracts, payments and sources: all of it is public.

use super::answer::Answer;
use super::cursor::Turn;
use super::description::Problems;
use super::extract::{Ask, Nothing, Part};
use super::failure::Failure;
use super::records::{list, page};
use super::viewer::Viewer;
use super::{Api, at};
use crate::index::place as place_of;
use axum::Extension;
use axum::extract::State;
use linli_contracts::fund::reading::{budget, every};
use linli_contracts::fund::{Fund, FundAccount, Payment, ServiceContract, Source};
use linli_contracts::registry::records::Organisation;
use linli_ledger::amount::Fen;
use linli_ledger::posting::money::SourceRecord;
use linli_ledger::posting::{MoneyAccount, Side};
use linli_ledger::types::{AccountId, OrganisationId, RecordId, SourceId};
use linli_ledger::view::View;
use linli_wire::money::{
    BudgetLine, BudgetReport, BudgetSums, FundSummary, Place, PlaceBalance, SourceSummary,
};
use linli_wire::{AnyRecord, Found, List, Recorded, path};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

type Contracts = List<Recorded<RecordId, ServiceContract>>;
type Payments = List<Recorded<RecordId, Payment>>;

/// The public name of an organisation.
pub(crate) fn name(view: &View<'_>, id: OrganisationId) -> String {
    view.get::<Organisation>(&id).map_or_else(|| id.to_string(), |found| found.name)
}

/// Names an account in fen.
pub(crate) fn place(view: &View<'_>, what: FundAccount) -> Place {
    let fund =
        |id: RecordId| view.get::<Fund>(&id).map_or_else(|| id.to_string(), |found| found.name);
    let number = |id: RecordId| {
        let found = view.get::<ServiceContract>(&id);
        found.map_or_else(|| id.to_string(), |found| found.terms.number)
    };
    let label = match what {
        FundAccount::Available(id)
        | FundAccount::Origin(id)
        | FundAccount::Suspense(id)
        | FundAccount::Lapsed(id)
        | FundAccount::Returned(id) => fund(id),
        FundAccount::Committed(id) | FundAccount::Retained(id) => number(id),
        FundAccount::Reserved(id) | FundAccount::InFlight(id) => view
            .get::<Payment>(&id)
            .map_or_else(|| id.to_string(), |found| number(found.terms.contract)),
        FundAccount::Payee { provider, contract } => {
            format!("{} · {}", name(view, provider), number(contract))
        }
    };
    Place { account: what.key().id(), what, label }
}

/// The accounts of every fund, each with its balance.
fn accounts(view: &View<'_>) -> BTreeMap<RecordId, Vec<(FundAccount, Side, Fen)>> {
    let mut funds: BTreeMap<RecordId, Vec<(FundAccount, Side, Fen)>> = BTreeMap::new();
    for (id, MoneyAccount(account)) in every::<MoneyAccount>(view, &()) {
        let Some(what) = FundAccount::from_key(&account.key) else { continue };
        let Some(found) = place_of(view, id) else { continue };
        let balance = Fen(account.balance);
        funds.entry(found.fund).or_default().push((what, account.key.side, balance));
    }
    funds
}

fn summary(
    view: &View<'_>,
    (id, record): (RecordId, Fund),
    accounts: &BTreeMap<RecordId, Vec<(FundAccount, Side, Fen)>>,
) -> FundSummary {
    let mut summary =
        FundSummary { id, record, accounts: Vec::new(), received: Fen::ZERO, held: Fen::ZERO };
    for (what, side, balance) in accounts.get(&id).into_iter().flatten() {
        let sum = match side {
            Side::Origin => &mut summary.received,
            Side::Holder | Side::Sink => &mut summary.held,
        };
        sum.0 = sum.0.saturating_add(balance.0);
        let place = place(view, *what);
        summary.accounts.push(PlaceBalance { place, balance: *balance });
    }
    summary.accounts.sort_by(|one, other| one.place.cmp(&other.place));
    summary
}

/// Which funds.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FundQuery {
    /// Only those that this organisation keeps.
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

/// Funds, and where the money of each lies.
#[utoipa::path(get, path = path::FUNDS, tag = "money", params(FundQuery),
    responses((status = 200, body = List<FundSummary>), Problems))]
pub(crate) async fn funds(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<FundQuery>,
) -> Result<Answer<List<FundSummary>>, Failure> {
    let turn = Turn::new(path::FUNDS, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        Ok(api.public(|view, state| {
            let accounts = accounts(view);
            let keep = |_: &RecordId, found: &Fund| {
                query.organisation.is_none_or(|organisation| found.organisation == organisation)
            };
            let turned = page::<Fund>(view, &turn, &(), keep);
            let show = |found| summary(view, found, &accounts);
            (list(&turn, turned, at(state), show), at(state))
        }))
    })
    .await
}

/// One fund, and where its money lies.
#[utoipa::path(get, path = path::FUND, tag = "money",
    params(("fund" = String, Path, description = "Its identifier, `llr1…`")),
    responses((status = 200, body = Found<FundSummary>), Problems))]
pub(crate) async fn fund(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<FundSummary>>, Failure> {
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            let record = view.get::<Fund>(&id).ok_or_else(|| Failure::not_found("fund", id))?;
            let data = summary(view, (id, record), &accounts(view));
            Ok((Found { data, at: at(state) }, at(state)))
        })
    })
    .await
}

/// Which year.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct YearQuery {
    /// The fiscal year; that of the last block if left out.
    #[param(minimum = 1970, maximum = 9999)]
    year: Option<u32>,
}

/// Budget against actual.
#[utoipa::path(get, path = path::FUND_BUDGET, tag = "money",
    params(("fund" = String, Path, description = "Its identifier, `llr1…`"), YearQuery),
    responses((status = 200, body = Found<BudgetReport>), Problems))]
pub(crate) async fn fund_budget(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(query): Ask<YearQuery>,
) -> Result<Answer<Found<BudgetReport>>, Failure> {
    if query.year.is_some_and(|year| !(1970..=9999).contains(&year)) {
        return Err(Failure::parameter("year", "it is not in 1970 to 9999"));
    }
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            view.get::<Fund>(&id).ok_or_else(|| Failure::not_found("fund", id))?;
            let year = query.year.unwrap_or_else(|| view.now().day().civil().0);
            let found = budget(view, id, year).ok_or_else(|| {
                Failure::not_found("effective budget", format!("of {id} for {year}"))
            })?;
            let mut total = BudgetSums::default();
            let lines = found.lines.into_iter().map(|(id, record)| {
                let (approved, committed, paid) =
                    (record.terms.approved, record.committed, record.paid);
                let free = approved.less(committed).less(paid);
                for (sum, part) in [
                    (&mut total.approved, approved),
                    (&mut total.committed, committed),
                    (&mut total.paid, paid),
                    (&mut total.free, free),
                ] {
                    sum.0 = sum.0.saturating_add(part.0);
                }
                BudgetLine { id, record, sums: BudgetSums { approved, committed, paid, free } }
            });
            let lines = lines.collect();
            let data = BudgetReport { budget: found.id, fund: id, year, lines, total };
            Ok((Found { data, at: at(state) }, at(state)))
        })
    })
    .await
}

/// Which contracts.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContractQuery {
    /// Only those that this fund pays.
    #[param(value_type = Option<String>)]
    fund: Option<RecordId>,
    /// Only those of this provider.
    #[param(value_type = Option<String>)]
    provider: Option<OrganisationId>,
    /// Only the ones with this number.
    number: Option<String>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// Service contracts, by identifier.
#[utoipa::path(get, path = path::CONTRACTS, tag = "money", params(ContractQuery),
    responses((status = 200, body = List<AnyRecord>), Problems))]
pub(crate) async fn contracts(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<ContractQuery>,
) -> Result<Answer<Contracts>, Failure> {
    let turn = Turn::new(path::CONTRACTS, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        Ok(api.public(|view, state| {
            let keep = |_: &RecordId, found: &ServiceContract| {
                query.fund.is_none_or(|fund| found.terms.fund == fund)
                    && query.provider.is_none_or(|provider| found.terms.provider == provider)
                    && query.number.as_ref().is_none_or(|number| found.terms.number == *number)
            };
            let turned = page::<ServiceContract>(view, &turn, &(), keep);
            (list(&turn, turned, at(state), Recorded::from), at(state))
        }))
    })
    .await
}

/// One service contract.
#[utoipa::path(get, path = path::CONTRACT, tag = "money",
    params(("contract" = String, Path, description = "Its identifier, `llr1…`")),
    responses((status = 200, body = Found<AnyRecord>), Problems))]
pub(crate) async fn contract(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Recorded<RecordId, ServiceContract>>>, Failure> {
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            let found = view.get::<ServiceContract>(&id);
            let record = found.ok_or_else(|| Failure::not_found("contract", id))?;
            Ok((Found { data: Recorded { id, record }, at: at(state) }, at(state)))
        })
    })
    .await
}

/// Which payments.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PaymentQuery {
    /// Only those of this contract.
    #[param(value_type = Option<String>)]
    contract: Option<RecordId>,
    /// Only those of this fund.
    #[param(value_type = Option<String>)]
    fund: Option<RecordId>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// Payments, by identifier.
#[utoipa::path(get, path = path::PAYMENTS, tag = "money", params(PaymentQuery),
    responses((status = 200, body = List<AnyRecord>), Problems))]
pub(crate) async fn payments(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<PaymentQuery>,
) -> Result<Answer<Payments>, Failure> {
    let turn = Turn::new(path::PAYMENTS, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        Ok(api.public(|view, state| {
            let fund_of = |contract: &RecordId| {
                view.get::<ServiceContract>(contract).map(|contract| contract.terms.fund)
            };
            let keep = |_: &RecordId, found: &Payment| {
                query.contract.is_none_or(|contract| found.terms.contract == contract)
                    && query.fund.is_none_or(|fund| fund_of(&found.terms.contract) == Some(fund))
            };
            let turned = page::<Payment>(view, &turn, &(), keep);
            (list(&turn, turned, at(state), Recorded::from), at(state))
        }))
    })
    .await
}

/// One payment.
#[utoipa::path(get, path = path::PAYMENT, tag = "money",
    params(("payment" = String, Path, description = "Its identifier, `llr1…`")),
    responses((status = 200, body = Found<AnyRecord>), Problems))]
pub(crate) async fn payment(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Recorded<RecordId, Payment>>>, Failure> {
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            let record =
                view.get::<Payment>(&id).ok_or_else(|| Failure::not_found("payment", id))?;
            Ok((Found { data: Recorded { id, record }, at: at(state) }, at(state)))
        })
    })
    .await
}

/// Which sources.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SourceQuery {
    /// Only those of this fund.
    #[param(value_type = Option<String>)]
    fund: Option<RecordId>,
    /// Only those of this donor.
    #[param(value_type = Option<String>)]
    donor: Option<OrganisationId>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

pub(crate) fn source_summary(view: &View<'_>, (id, record): (SourceId, Source)) -> SourceSummary {
    let amount = view.get::<SourceRecord>(&id).map_or(Fen::ZERO, |issued| issued.amount);
    SourceSummary { id, donor_name: name(view, record.donor), record, amount }
}

/// Sources of money, in the order of their issue.
#[utoipa::path(get, path = path::SOURCES, tag = "money", params(SourceQuery),
    responses((status = 200, body = List<SourceSummary>), Problems))]
pub(crate) async fn sources(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<SourceQuery>,
) -> Result<Answer<List<SourceSummary>>, Failure> {
    let turn = Turn::new(path::SOURCES, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        Ok(api.public(|view, state| {
            let keep = |_: &SourceId, found: &Source| {
                query.fund.is_none_or(|fund| found.fund == fund)
                    && query.donor.is_none_or(|donor| found.donor == donor)
            };
            let turned = page::<Source>(view, &turn, &(), keep);
            (list(&turn, turned, at(state), |found| source_summary(view, found)), at(state))
        }))
    })
    .await
}

/// One source.
#[utoipa::path(get, path = path::SOURCE, tag = "money",
    params(("source" = u32, Path, description = "Its number")),
    responses((status = 200, body = Found<SourceSummary>), Problems))]
pub(crate) async fn source(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(number): Part<u32>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<SourceSummary>>, Failure> {
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            let id = SourceId(number);
            let record = view.get::<Source>(&id).ok_or_else(|| Failure::not_found("source", id))?;
            Ok((Found { data: source_summary(view, (id, record)), at: at(state) }, at(state)))
        })
    })
    .await
}

/// Names an account in fen by its identifier.
pub(crate) fn place_by_id(view: &View<'_>, id: AccountId) -> Option<Place> {
    FundAccount::find(view, id).map(|what| place(view, what))
}
