//! This exists to answer about an account of the kernel: its balance now and at any height, its journal,
//! and a statement of it that is complete or is not given.

use super::answer::{Answer, text};
use super::cursor::{From, Turn, Turned};
use super::description::Problems;
use super::extract::{Ask, Part};
use super::failure::Failure;
use super::money::place_by_id;
use super::viewer::Viewer;
use super::{Api, at};
use crate::index::{At as Place, Cursor, Journal, Line, Order, Page};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use linli_ledger::code::Code;
use linli_ledger::posting::{Account as Record, CreditAccount, MoneyAccount, Unit};
use linli_ledger::types::{AccountId, BlockTime, Height};
use linli_ledger::view::View;
use linli_wire::account::{Account, HistoryEntry, Statement};
use linli_wire::{Found, List, path};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Entries of a statement; who needs more asks for a shorter time.
const STATEMENT_MAX: usize = 10_000;

/// The account, if the viewer may see it.
pub(crate) fn find(view: &View<'_>, viewer: &Viewer, id: AccountId) -> Result<Record, Failure> {
    let money = view.get::<MoneyAccount>(&id).map(|account| account.0);
    let found = money.or_else(|| view.get::<CreditAccount>(&id).map(|account| account.0));
    // Whether a resident has an account is itself not public.
    found
        .filter(|account| viewer.sees_account(view, &account.key))
        .ok_or_else(|| Failure::not_found("account", id))
}

/// At which height.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HeightQuery {
    /// As it was after this block; now if left out.
    #[param(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,19})$")]
    at_height: Option<Height>,
}

/// An account, now or as it was after a block.
#[utoipa::path(get, path = path::ACCOUNT, tag = "accounts",
    params(("account" = String, Path, description = "Its identifier, `lla1…`"), HeightQuery),
    responses((status = 200, body = Found<Account>), Problems))]
pub(crate) async fn account(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<AccountId>,
    Ask(query): Ask<HeightQuery>,
) -> Result<Answer<Found<Account>>, Failure> {
    api.answer(viewer, move |api| {
        let (mut data, at) = api.restricted(|view, state| {
            let account = find(view, &viewer, id)?;
            let place = place_by_id(view, id);
            Ok::<_, Failure>((Account { id, account, place }, at(state)))
        })?;
        if let Some(height) = query.at_height {
            if height > at.height {
                let detail = format!("at_height: the last block is {}", at.height);
                return Err(Failure::new(Code::UnknownHeight, detail));
            }
            let journal = Entries { api, id };
            let count = journal.count(|line| line.found.at.height <= height)?;
            let last = journal.entry(count)?;
            data.account.entries = count;
            data.account.balance = last.as_ref().map_or(0, |line| line.entry.balance);
            data.account.journal_head = last.map_or([0; 32], |line| line.entry.head);
        }
        Ok((Found { data, at }, at))
    })
    .await
}

/// The numbered entries of a journal.
struct Entries<'a> {
    api: &'a Api,
    id: AccountId,
}

impl Entries<'_> {
    /// A page; the state is read within the question, so that no thread holds it twice.
    fn page(&self, page: &Page) -> Result<Journal, Failure> {
        let live = self.api.live();
        self.api.index(|index| live.with_state(|state| index.journal(state, self.id, page)))
    }

    /// The entry with a number, from 1.
    fn entry(&self, number: u64) -> Result<Option<Line>, Failure> {
        let Some(before) = number.checked_sub(1) else { return Ok(None) };
        let place = Place::After(Cursor::of_entry(before));
        let journal = self.page(&Page { limit: 1, order: Order::Ascending, at: place })?;
        Ok(journal.lines.items.into_iter().next())
    }

    /// How many entries, from the first, fulfil something that once false stays false.
    fn count(&self, early: impl Fn(&Line) -> bool) -> Result<u64, Failure> {
        let all = self.page(&Page::first(1, Order::Ascending))?.total;
        let (mut low, mut high) = (0, all);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            match self.entry(middle)? {
                Some(line) if early(&line) => low = middle,
                Some(_) | None => high = middle - 1,
            }
        }
        Ok(low)
    }
}

fn shown(line: &Line) -> HistoryEntry {
    HistoryEntry {
        number: line.entry.number,
        height: line.found.at.height,
        receipt_index: line.found.at.index,
        time: line.found.time(),
        transaction: line.found.id(),
        direction: line.entry.direction,
        amount: line.entry.amount,
        balance: line.entry.balance,
        counterparty: Some(line.counterparty()),
        head: line.entry.head,
    }
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sort {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

/// Which entries.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// `newest` or `oldest` first.
    #[param(inline)]
    order: Option<Sort>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// The journal of an account. Each page is checked: no entry is missing, each follows from the last.
#[utoipa::path(get, path = path::ACCOUNT_HISTORY, tag = "accounts",
    params(("account" = String, Path, description = "Its identifier, `lla1…`"), HistoryQuery),
    responses((status = 200, body = List<HistoryEntry>), Problems))]
pub(crate) async fn history(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<AccountId>,
    Ask(query): Ask<HistoryQuery>,
) -> Result<Answer<List<HistoryEntry>>, Failure> {
    let filters = (id, query.order);
    let turn = Turn::new(path::ACCOUNT_HISTORY, &filters, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        let at = api.restricted(|view, state| find(view, &viewer, id).map(|_| at(state)))?;
        let order = match query.order.unwrap_or_default() {
            Sort::Newest => Order::Descending,
            Sort::Oldest => Order::Ascending,
        };
        let page = Page { limit: turn.limit, order, at: from(&turn) };
        let lines = Entries { api, id }.page(&page)?.lines;
        let turned = Turned {
            items: lines.items.iter().map(shown).collect(),
            next: lines.next.map(|cursor| cursor.0),
            prev: lines.previous.map(|cursor| cursor.0),
        };
        let page = turn.page(&turned);
        Ok((List { data: turned.items, page, at }, at))
    })
    .await
}

/// From where, in the words of the read model.
fn from(turn: &Turn) -> Place {
    match &turn.from {
        From::Start => Place::Start,
        From::After(place) => Place::After(Cursor(place.clone())),
        From::Before(place) => Place::Before(Cursor(place.clone())),
    }
}

/// From when to when.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementQuery {
    /// From this block time on, ms since the epoch; from the beginning if left out.
    #[param(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,19})$")]
    from: Option<BlockTime>,
    /// Before this block time; until now if left out.
    #[param(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,19})$")]
    to: Option<BlockTime>,
}

fn statement_of(
    api: &Api,
    viewer: &Viewer,
    id: AccountId,
    query: StatementQuery,
) -> Result<(Statement, linli_wire::At), Failure> {
    let (unit, now, at) = api.restricted(|view, state| {
        find(view, viewer, id).map(|account| (account.key.unit, view.now(), at(state)))
    })?;
    let from = query.from.unwrap_or(BlockTime(0));
    let to = query.to.unwrap_or(now.plus(1));
    if from >= to {
        return Err(Failure::parameter("from", "it is not before `to`"));
    }
    let journal = Entries { api, id };
    let before = journal.count(|line| line.found.time() < from)?;
    let until = journal.count(|line| line.found.time() < to)?;
    let count = usize::try_from(until.saturating_sub(before)).unwrap_or(usize::MAX);
    if count > STATEMENT_MAX {
        let detail = format!("{count} entries; ask for a time with at most {STATEMENT_MAX}");
        return Err(Failure::parameter("to", detail));
    }
    let opening = journal.entry(before)?.map_or(0, |line| line.entry.balance);
    let mut entries: Vec<HistoryEntry> = Vec::with_capacity(count);
    while entries.len() < count {
        let last = entries.last().map_or(before, |entry| entry.number);
        let limit = (count - entries.len()).min(crate::index::PAGE_MAX);
        let place = Place::After(Cursor::of_entry(last));
        let page = Page { limit, order: Order::Ascending, at: place };
        let lines = journal.page(&page)?.lines.items;
        if lines.is_empty() {
            return Err(Failure::internal("a journal is shorter than its number of entries"));
        }
        entries.extend(lines.iter().map(shown));
    }
    let closing = entries.last().map_or(opening, |entry| entry.balance);
    let statement = Statement { account: id, unit, from, to, opening, closing, entries };
    Ok((statement, at))
}

/// A statement of an account: every entry of a time, with opening and closing balance.
#[utoipa::path(get, path = path::ACCOUNT_STATEMENT, tag = "accounts",
    params(("account" = String, Path, description = "Its identifier, `lla1…`"), StatementQuery),
    responses((status = 200, body = Found<Statement>), Problems))]
pub(crate) async fn statement(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<AccountId>,
    Ask(query): Ask<StatementQuery>,
) -> Result<Answer<Found<Statement>>, Failure> {
    api.answer(viewer, move |api| {
        let (data, at) = statement_of(api, &viewer, id, query)?;
        Ok((Found { data, at }, at))
    })
    .await
}

/// The same statement as CSV, UTF-8, one line for each entry.
#[utoipa::path(get, path = path::ACCOUNT_STATEMENT_CSV, tag = "accounts",
    params(("account" = String, Path, description = "Its identifier, `lla1…`"), StatementQuery),
    responses((status = 200, body = String, content_type = "text/csv"), Problems))]
pub(crate) async fn statement_csv(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<AccountId>,
    Ask(query): Ask<StatementQuery>,
) -> Result<Response, Failure> {
    let read = move |api: &Api| statement_of(api, &viewer, id, query);
    let (statement, at) = api.blocking(read).await?;
    Ok(text(csv(&statement), "text/csv; charset=utf-8", at.height))
}

/// Numbers, identifiers and hashes only: no field needs quotes.
fn csv(statement: &Statement) -> String {
    let unit = match statement.unit {
        Unit::Fen => "fen",
        Unit::Points => "points",
        Unit::Minutes => "minutes",
    };
    let mut out = format!(
        "number,time_ms,day,height,receipt_index,transaction,direction,amount_{unit},balance_{unit},counterparty\r\n"
    );
    for entry in &statement.entries {
        let direction = match entry.direction {
            linli_ledger::posting::Direction::In => "in",
            linli_ledger::posting::Direction::Out => "out",
        };
        let transaction = entry.transaction.map_or_else(String::new, |id| id.to_string());
        let counterparty = entry.counterparty.map_or_else(String::new, |id| id.to_string());
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "{},{},{},{},{},{transaction},{direction},{},{},{counterparty}\r\n",
            entry.number,
            entry.time,
            entry.time.day().iso(),
            entry.height,
            entry.receipt_index,
            entry.amount,
            entry.balance,
        );
    }
    out
}
