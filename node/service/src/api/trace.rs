//! This exists to follow money: from a payment back to its sources, and from any interval of a source
//! to where each of its fen lies now. The ledger's own reading does it; this names what it finds.

use super::answer::Answer;
use super::description::Problems;
use super::extract::{Ask, Nothing, Part};
use super::failure::Failure;
use super::money::{name, place};
use super::viewer::Viewer;
use super::{Api, at};
use axum::Extension;
use axum::extract::State;
use linli_contracts::fund::{Payment, reading};
use linli_ledger::amount::Fen;
use linli_ledger::posting::money::{Segment, SourceRecord};
use linli_ledger::types::{RecordId, SourceId};
use linli_wire::money::{Piece, PlaceBalance, Share, TraceBack, TraceForward};
use linli_wire::{Found, path};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Back from a payment to the sources of its fen.
#[utoipa::path(get, path = path::PAYMENT_TRACE, tag = "money",
    params(("payment" = String, Path, description = "Its identifier, `llr1…`")),
    responses((status = 200, body = Found<TraceBack>), Problems))]
pub(crate) async fn back(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<RecordId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<TraceBack>>, Failure> {
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            let missing = || Failure::not_found("payment", id);
            let payment = view.get::<Payment>(&id).ok_or_else(missing)?;
            let shares = reading::trace_payment(view, id).ok_or_else(missing)?;
            let traced =
                shares.iter().fold(0, |sum: u64, share| sum.saturating_add(share.amount.0));
            let sources = shares.into_iter().map(|share| Share {
                source: share.source,
                donor: share.known.donor,
                donor_name: name(view, share.known.donor),
                class: share.known.class,
                level: share.known.level,
                earmark: share.known.earmark,
                amount: share.amount,
                segments: share.segments,
            });
            let sources = sources.collect();
            let amount = payment.terms.amount;
            let data = TraceBack { payment: id, amount, sources, traced: Fen(traced) };
            Ok((Found { data, at: at(state) }, at(state)))
        })
    })
    .await
}

/// Which fen of a source.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct IntervalQuery {
    /// The first fen, from 0; a donor's own fen are an interval.
    #[param(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,19})$")]
    start: Option<Fen>,
    /// One past the last fen.
    #[param(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,19})$")]
    end: Option<Fen>,
}

/// Forward from a source, or an interval of it, to where its fen lie now.
#[utoipa::path(get, path = path::SOURCE_TRACE, tag = "money",
    params(("source" = u32, Path, description = "Its number"), IntervalQuery),
    responses((status = 200, body = Found<TraceForward>), Problems))]
pub(crate) async fn forward(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(number): Part<u32>,
    Ask(query): Ask<IntervalQuery>,
) -> Result<Answer<Found<TraceForward>>, Failure> {
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            let source = SourceId(number);
            let issued = view.get::<SourceRecord>(&source);
            let amount = issued.ok_or_else(|| Failure::not_found("source", source))?.amount.0;
            let (start, end) =
                (query.start.map_or(0, |start| start.0), query.end.map_or(amount, |end| end.0));
            if start >= end || end > amount {
                let detail = format!("{start} to {end} is no interval of 0 to {amount}");
                return Err(Failure::parameter("start", detail));
            }
            let mut places: BTreeMap<_, u64> = BTreeMap::new();
            let mut pieces = Vec::new();
            let mut covered: u64 = 0;
            for (account, segment) in reading::trace_source(view, source) {
                let (from, to) = (segment.start.max(start), segment.end().min(end));
                if from >= to {
                    continue;
                }
                let length = to - from;
                covered = covered.saturating_add(length);
                let place = place(view, account);
                let sum = places.entry(place.clone()).or_default();
                *sum = sum.saturating_add(length);
                pieces.push(Piece { segment: Segment { source, start: from, length }, place });
            }
            let places = places
                .into_iter()
                .map(|(place, sum)| PlaceBalance { place, balance: Fen(sum) })
                .collect();
            let unaccounted = Fen((end - start).saturating_sub(covered));
            let data = TraceForward { source, start, end, pieces, places, unaccounted };
            Ok((Found { data, at: at(state) }, at(state)))
        })
    })
    .await
}
