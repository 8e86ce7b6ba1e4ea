//! This exists to answer about programmes, activities and offers to everybody, and about what
//! residents have to whoever may know.

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
use linli_contracts::credit::{self, Award, ProgrammeTotals, RewardUse, Seats, Voucher};
use linli_contracts::fund::reading::every;
use linli_contracts::people::residents::{self, Enrolment as EnrolmentRecord};
use linli_contracts::programme::{Activity, Programme, Reward, Rule, RuleVersion, reading};
use linli_contracts::registry::roles::in_scope;
use linli_ledger::types::{EnrolmentId, OrganisationId, RecordId};
use linli_ledger::view::View;
use linli_wire::credit::{
    ActivitySummary, Enrolment, Offer, PointsOfProgramme, ProgrammeRules, ProgrammeSummary,
    RuleHistory,
};
use linli_wire::{AnyRecord, Found, List, Recorded, path};
use serde::{Deserialize, Serialize};

type Vouchers = List<Recorded<RecordId, Voucher>>;
type Awards = List<Recorded<RecordId, Award>>;

/// A page of a list without filters.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

fn summary(view: &View<'_>, (id, record): (RecordId, Programme)) -> ProgrammeSummary {
    let totals = view.get::<ProgrammeTotals>(&id).unwrap_or_default();
    ProgrammeSummary { id, record, totals }
}

/// Programmes of points, with what each has given.
#[utoipa::path(get, path = path::PROGRAMMES, tag = "credit", params(PageQuery),
    responses((status = 200, body = List<ProgrammeSummary>), Problems))]
pub(crate) async fn programmes(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<PageQuery>,
) -> Result<Answer<List<ProgrammeSummary>>, Failure> {
    let turn = Turn::new(path::PROGRAMMES, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        // The totals are counts of whole programmes, which public calls name too (ADR 0005).
        Ok(api.restricted(|view, state| {
            let turned = page::<Programme>(view, &turn, &(), |_, _| true);
            (list(&turn, turned, at(state), |found| summary(view, found)), at(state))
        }))
    })
    .await
}

/// One programme with all versions of its rules.
#[utoipa::path(get, path = path::PROGRAMME, tag = "credit",
    params(("programme" = String, Path, description = "Its identifier, `llr1…`")),
    responses((status = 200, body = Found<ProgrammeRules>), Problems))]
pub(crate) async fn programme(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<ProgrammeRules>>, Failure> {
    api.answer(viewer, move |api| {
        api.restricted(|view, state| {
            let found = reading::programme(view, id);
            let record = found.map_err(|_| Failure::not_found("programme", id))?;
            let rules = every::<Rule>(view, &()).into_iter();
            let rules = rules.filter(|(_, rule)| rule.programme == id).map(|(id, record)| {
                let versions = every::<RuleVersion>(view, &id);
                let versions = versions.into_iter().map(|(_, version)| version).collect();
                RuleHistory { id, record, versions }
            });
            let rules = rules.collect();
            let data = ProgrammeRules { programme: summary(view, (id, record)), rules };
            Ok((Found { data, at: at(state) }, at(state)))
        })
    })
    .await
}

/// Which activities.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActivityQuery {
    /// Only those of this organisation.
    #[param(value_type = Option<String>)]
    organisation: Option<OrganisationId>,
    /// Only those that give points of this programme.
    #[param(value_type = Option<String>)]
    programme: Option<RecordId>,
    /// Only those in this place and everywhere in it, as an administrative path.
    place: Option<String>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

fn activity_summary(view: &View<'_>, (id, record): (RecordId, Activity)) -> ActivitySummary {
    let taken = view.get::<Seats>(&id).unwrap_or_default().taken;
    ActivitySummary { id, seats_free: record.terms.capacity.saturating_sub(taken), record }
}

/// Activities, by identifier, until they leave the state.
#[utoipa::path(get, path = path::ACTIVITIES, tag = "credit", params(ActivityQuery),
    responses((status = 200, body = List<ActivitySummary>), Problems))]
pub(crate) async fn activities(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<ActivityQuery>,
) -> Result<Answer<List<ActivitySummary>>, Failure> {
    let turn = Turn::new(path::ACTIVITIES, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        // Of participation nothing but the number of free seats leaves this function.
        Ok(api.restricted(|view, state| {
            let keep = |id: &RecordId, found: &Activity| {
                let place = query.place.as_deref();
                query.organisation.is_none_or(|organisation| found.organisation == organisation)
                    && query.programme.is_none_or(|programme| found.programme == programme)
                    && place.is_none_or(|place| in_scope(place, &found.terms.place))
                    && reading::activity(view, *id).is_ok()
            };
            let turned = page::<Activity>(view, &turn, &(), keep);
            (list(&turn, turned, at(state), |found| activity_summary(view, found)), at(state))
        }))
    })
    .await
}

/// One activity.
#[utoipa::path(get, path = path::ACTIVITY, tag = "credit",
    params(("activity" = String, Path, description = "Its identifier, `llr1…`")),
    responses((status = 200, body = Found<ActivitySummary>), Problems))]
pub(crate) async fn activity(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<ActivitySummary>>, Failure> {
    api.answer(viewer, move |api| {
        api.restricted(|view, state| {
            let record = reading::activity(view, id);
            let record = record.map_err(|_| Failure::not_found("activity", id))?;
            let data = activity_summary(view, (id, record));
            Ok((Found { data, at: at(state) }, at(state)))
        })
    })
    .await
}

/// Which rewards.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfferQuery {
    /// Only those for points of this programme.
    #[param(value_type = Option<String>)]
    programme: Option<RecordId>,
    /// Only those of this partner.
    #[param(value_type = Option<String>)]
    partner: Option<OrganisationId>,
    /// Only those on offer now (`true`), or not (`false`).
    open: Option<bool>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

fn offer_summary(view: &View<'_>, (id, record): (RecordId, Reward)) -> Offer {
    let used = view.get::<RewardUse>(&id).unwrap_or_default();
    let left = record.terms.stock.saturating_sub(used.open).saturating_sub(used.fulfilled);
    Offer { id, record, left }
}

/// Rewards, by identifier, until they leave the state.
#[utoipa::path(get, path = path::OFFERS, tag = "credit", params(OfferQuery),
    responses((status = 200, body = List<Offer>), Problems))]
pub(crate) async fn offers(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<OfferQuery>,
) -> Result<Answer<List<Offer>>, Failure> {
    let turn = Turn::new(path::OFFERS, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        // Of vouchers nothing but how many rewards are left leaves this function.
        Ok(api.restricted(|view, state| {
            let now = view.now();
            let keep = |id: &RecordId, found: &Reward| {
                let open = found.terms.valid_from <= now && now < found.terms.valid_to;
                query.programme.is_none_or(|programme| found.programme == programme)
                    && query.partner.is_none_or(|partner| found.partner == partner)
                    && query.open.is_none_or(|wanted| open == wanted)
                    && reading::reward(view, *id).is_ok()
            };
            let turned = page::<Reward>(view, &turn, &(), keep);
            (list(&turn, turned, at(state), |found| offer_summary(view, found)), at(state))
        }))
    })
    .await
}

/// One reward.
#[utoipa::path(get, path = path::OFFER, tag = "credit",
    params(("offer" = String, Path, description = "Its identifier, `llr1…`")),
    responses((status = 200, body = Found<Offer>), Problems))]
pub(crate) async fn offer(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Offer>>, Failure> {
    api.answer(viewer, move |api| {
        api.restricted(|view, state| {
            let record = reading::reward(view, id);
            let record = record.map_err(|_| Failure::not_found("offer", id))?;
            Ok((Found { data: offer_summary(view, (id, record)), at: at(state) }, at(state)))
        })
    })
    .await
}

/// Which vouchers.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VoucherQuery {
    /// Only those for this reward.
    #[param(value_type = Option<String>)]
    offer: Option<RecordId>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// The vouchers that the key which signed may see: a resident's own, a partner's own, an auditor's all.
#[utoipa::path(get, path = path::VOUCHERS, tag = "residents", params(VoucherQuery),
    responses((status = 200, body = List<AnyRecord>), Problems))]
pub(crate) async fn vouchers(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<VoucherQuery>,
) -> Result<Answer<Vouchers>, Failure> {
    viewer.require(viewer != Viewer::Public)?;
    let turn = Turn::new(path::VOUCHERS, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        Ok(api.restricted(|view, state| {
            let keep = |_: &RecordId, found: &Voucher| {
                query.offer.is_none_or(|offer| found.reward == offer)
                    && viewer.sees_between(view, found.enrolment, found.partner)
            };
            let turned = page::<Voucher>(view, &turn, &(), keep);
            (list(&turn, turned, at(state), Recorded::from), at(state))
        }))
    })
    .await
}

/// One voucher.
#[utoipa::path(get, path = path::VOUCHER, tag = "residents",
    params(("voucher" = String, Path, description = "Its identifier, `llr1…`")),
    responses((status = 200, body = Found<AnyRecord>), Problems))]
pub(crate) async fn voucher(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Recorded<RecordId, Voucher>>>, Failure> {
    viewer.require(viewer != Viewer::Public)?;
    api.answer(viewer, move |api| {
        api.restricted(|view, state| {
            let found = view.get::<Voucher>(&id);
            // Whether there is one is itself not public: what may not be seen is not there.
            let found = found.filter(|v| viewer.sees_between(view, v.enrolment, v.partner));
            let record = found.ok_or_else(|| Failure::not_found("voucher", id))?;
            Ok((Found { data: Recorded { id, record }, at: at(state) }, at(state)))
        })
    })
    .await
}

/// What a resident has, by pseudonym; what is due counts as done.
#[utoipa::path(get, path = path::ENROLMENT, tag = "residents",
    params(("enrolment" = String, Path, description = "The pseudonym, `lle1…`")),
    responses((status = 200, body = Found<Enrolment>), Problems))]
pub(crate) async fn enrolment(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<EnrolmentId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Enrolment>>, Failure> {
    api.answer(viewer, move |api| {
        api.restricted(|view, state| {
            viewer.require(viewer.sees_resident(view, id))?;
            let record: EnrolmentRecord =
                residents::find(view, id).map_err(|_| Failure::not_found("enrolment", id))?;
            let balance = credit::balance(view, id, view.now());
            let points = balance.programmes.iter().map(|part| PointsOfProgramme {
                programme: part.programme,
                available: part.available,
                held: part.held,
                locked: part.locked,
            });
            let data = Enrolment {
                id,
                record,
                service: balance.service,
                training: balance.training,
                points: points.collect(),
            };
            Ok((Found { data, at: at(state) }, at(state)))
        })
    })
    .await
}

/// A resident's awards that are in the state, by identifier.
#[utoipa::path(get, path = path::ENROLMENT_AWARDS, tag = "residents",
    params(("enrolment" = String, Path, description = "The pseudonym, `lle1…`"), PageQuery),
    responses((status = 200, body = List<AnyRecord>), Problems))]
pub(crate) async fn awards(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<EnrolmentId>,
    Ask(query): Ask<PageQuery>,
) -> Result<Answer<Awards>, Failure> {
    let turn = Turn::new(path::ENROLMENT_AWARDS, &id, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        api.restricted(|view, state| {
            viewer.require(viewer.sees_resident(view, id))?;
            residents::find(view, id).map_err(|_| Failure::not_found("enrolment", id))?;
            let keep = |_: &RecordId, award: &Award| award.enrolment == id;
            let turned = page::<Award>(view, &turn, &(), keep);
            Ok((list(&turn, turned, at(state), Recorded::from), at(state)))
        })
    })
    .await
}
