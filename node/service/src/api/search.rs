//! This exists to find things by what people have at hand: a part of a name, a number, an identifier, a
//! hash, a height, a code. Only public things are found.

use super::answer::Answer;
use super::chain::BlockText;
use super::description::Problems;
use super::extract::Ask;
use super::failure::Failure;
use super::transactions::IdText;
use super::viewer::Viewer;
use super::{Api, at};
use crate::index::Named;
use axum::Extension;
use axum::extract::State;
use linli_contracts::fund::{Fund, Line, Payment, ServiceContract, Source};
use linli_contracts::programme::{Activity, Programme, Reward};
use linli_contracts::registry::records::{Grant, Organisation};
use linli_ledger::code::Code;
use linli_ledger::types::{AccountId, GrantId, Height, OrganisationId, RecordId, SourceId};
use linli_ledger::view::View;
use linli_wire::registry::{Hit, HitKind};
use linli_wire::{Found, path};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The longest question, in letters.
const LETTERS_MAX: usize = 100;
/// The most hits.
const HITS_MAX: u32 = 100;

/// What to look for.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// A part of a public name, a number, an identifier, a hash, a height or a code.
    #[param(min_length = 1, max_length = 100)]
    q: String,
    /// How many at the most; 20 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Finds public things: exact matches first, then names that begin with the text, then the others.
#[utoipa::path(get, path = path::SEARCH, tag = "help", params(SearchQuery),
    responses((status = 200, body = Found<Vec<Hit>>), Problems))]
pub(crate) async fn search(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<SearchQuery>,
) -> Result<Answer<Found<Vec<Hit>>>, Failure> {
    let letters = query.q.chars().count();
    if !(1..=LETTERS_MAX).contains(&letters) {
        return Err(Failure::parameter("q", format!("{letters} letters; 1 to {LETTERS_MAX}")));
    }
    let limit = query.limit.unwrap_or(20);
    if !(1..=HITS_MAX).contains(&limit) {
        return Err(Failure::parameter("limit", format!("{limit} is not in 1 to {HITS_MAX}")));
    }
    api.answer(viewer, move |api| {
        let limit = limit as usize;
        let mut hits = exact(api, query.q.trim())?;
        let named = api.index(|index| index.search(&query.q, limit))?;
        Ok(api.public(|view, state| {
            let named = named.into_iter().filter_map(|hit| {
                let (kind, location) = location(view, hit.kind, hit.id)?;
                Some(Hit { kind, label: hit.text, location })
            });
            for hit in named {
                if !hits.contains(&hit) {
                    hits.push(hit);
                }
            }
            hits.truncate(limit);
            (Found { data: hits, at: at(state) }, at(state))
        }))
    })
    .await
}

/// Where a named thing is.
fn location(view: &View<'_>, kind: Named, id: [u8; 32]) -> Option<(HitKind, String)> {
    let record = RecordId(id).to_string();
    let (kind, path, id) = match kind {
        Named::Organisation => {
            (HitKind::Organisation, path::ORGANISATION, OrganisationId(id).to_string())
        }
        Named::Fund => (HitKind::Fund, path::FUND, record),
        Named::Contract => (HitKind::Contract, path::CONTRACT, record),
        Named::BudgetLine => {
            let line = view.get::<Line>(&RecordId(id))?;
            (HitKind::BudgetLine, path::FUND_BUDGET, line.fund.to_string())
        }
        Named::Programme => (HitKind::Programme, path::PROGRAMME, record),
        Named::Activity => (HitKind::Activity, path::ACTIVITY, record),
        Named::Reward => (HitKind::Offer, path::OFFER, record),
    };
    Some((kind, path::with(path, &[&id])))
}

#[expect(clippy::needless_pass_by_value, reason = "most labels are made for the call")]
fn hit(kind: HitKind, label: impl ToString, path: &str, id: &str) -> Hit {
    Hit { kind, label: label.to_string(), location: path::with(path, &[id]) }
}

/// What has exactly this identifier, hash, height, number or code.
fn exact(api: &Api, text: &str) -> Result<Vec<Hit>, Failure> {
    let mut hits = Vec::new();
    if let Some(code) = Code::from_name(text) {
        hits.push(hit(HitKind::Code, code, path::CODE, text));
    }
    match BlockText::from_str(text) {
        Ok(BlockText::Height(height)) => {
            let head = api.public(|_, state| state.tip().height);
            if (Height(1)..=head).contains(&Height(height)) {
                let id = height.to_string();
                hits.push(hit(HitKind::Block, format!("#{height}"), path::BLOCK, &id));
            }
        }
        Ok(BlockText::Hash(hash)) => {
            if let Some(height) = api.index(|index| index.height_of(&hash))? {
                hits.push(hit(HitKind::Block, format!("#{height}"), path::BLOCK, text));
            }
        }
        Ok(BlockText::Latest) | Err(_) => {}
    }
    if let Ok(IdText(id)) = text.parse()
        && api.index(|index| index.transaction(&id))?.is_some()
    {
        hits.push(hit(HitKind::Transaction, id, path::TRANSACTION, text));
    }
    hits.extend(api.public(|view, _| records(view, text)));
    Ok(hits)
}

/// What has this identifier among the public records.
fn records(view: &View<'_>, text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    if let Ok(id) = text.parse::<OrganisationId>()
        && let Some(found) = view.get::<Organisation>(&id)
    {
        hits.push(hit(HitKind::Organisation, found.name, path::ORGANISATION, text));
    }
    if let Ok(id) = text.parse::<GrantId>()
        && view.has::<Grant>(&id)
    {
        hits.push(hit(HitKind::Role, id, path::ROLE, text));
    }
    if let Ok(id) = text.parse::<AccountId>()
        && let Some(place) = super::money::place_by_id(view, id)
    {
        hits.push(hit(HitKind::Account, place.label, path::ACCOUNT, text));
    }
    if let Ok(number) = text.parse::<u32>()
        && view.has::<Source>(&SourceId(number))
    {
        hits.push(hit(HitKind::Source, number, path::SOURCE, text));
    }
    let Ok(id) = text.parse::<RecordId>() else { return hits };
    if let Some(found) = view.get::<Fund>(&id) {
        hits.push(hit(HitKind::Fund, found.name, path::FUND, text));
    }
    if let Some(found) = view.get::<ServiceContract>(&id) {
        hits.push(hit(HitKind::Contract, found.terms.number, path::CONTRACT, text));
    }
    if view.has::<Payment>(&id) {
        hits.push(hit(HitKind::Payment, id, path::PAYMENT, text));
    }
    if let Some(found) = view.get::<Programme>(&id) {
        hits.push(hit(HitKind::Programme, found.name, path::PROGRAMME, text));
    }
    if let Some(found) = view.get::<Activity>(&id) {
        hits.push(hit(HitKind::Activity, found.terms.title, path::ACTIVITY, text));
    }
    if let Some(found) = view.get::<Reward>(&id) {
        hits.push(hit(HitKind::Offer, found.terms.title, path::OFFER, text));
    }
    hits
}
