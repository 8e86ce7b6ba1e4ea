//! This exists to show what anybody may see of a fund's money: contracts, sources, the budget against what
//! happened, the flow, and where the fen of a source lie now.

use super::fund::place_kind;
use super::identifier;
use crate::cli::Format;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::online::Client;
use crate::reading;
use crate::report::money;
use crate::texts::word;
use crate::trace::{class_name, level_name};
use clap::Args;
use linli_contracts::fund::ServiceContract;
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::types::{Day, RecordId, SourceId};
use linli_wire::money::{
    BudgetReport, BudgetSums, Flow, FlowLink, PlaceBalance, SourceSummary, TraceForward,
};
use linli_wire::{Found, Recorded, path};
use serde_json::json;
use std::collections::BTreeMap;

/// Only of one fund.
#[derive(Args, Debug)]
pub(crate) struct OfFundArguments {
    /// Only of this fund / 只看这个资金的
    #[arg(long, value_name = "llr1…", value_parser = identifier::<RecordId>)]
    fund: Option<RecordId>,
}

/// Arguments of `fund budget`.
#[derive(Args, Debug)]
pub(crate) struct BudgetArguments {
    /// Identifier of the fund, llr1… / 资金的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    fund: RecordId,
    /// Fiscal year; that of the last block if not given / 哪个年度；不给则看最新区块所在的年度
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u32).range(1970..=9999))]
    year: Option<u32>,
}

/// Arguments of `fund flow`.
#[derive(Args, Debug)]
pub(crate) struct FlowArguments {
    /// Identifier of the fund, llr1… / 资金的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    fund: RecordId,
    /// First day, such as 2026-01-01 / 从哪天起，例如 2026-01-01
    #[arg(long, value_name = "DAY", value_parser = super::day)]
    from: Option<Day>,
    /// Last day / 到哪天为止
    #[arg(long, value_name = "DAY", value_parser = super::day)]
    to: Option<Day>,
}

pub(super) fn contracts(
    client: &Client<'_>,
    OfFundArguments { fund }: &OfFundArguments,
) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let filter: Vec<_> = fund.iter().map(|fund| ("fund", fund.to_string())).collect();
    let found: Vec<Recorded<RecordId, ServiceContract>> =
        client.list(path::CONTRACTS, &filter, None)?;
    let mut listing = Listing::new(&[
        ("number", word("column-name", language)),
        ("total_fen", word("column-amount", language)),
        ("paid_fen", word("column-paid", language)),
        ("to", word("column-valid-to", language)),
        ("contract", word("column-number", language)),
    ])
    .right(1)
    .right(2);
    for Recorded { id, record } in found {
        listing.row_shown([
            (record.terms.number.clone(), record.terms.number),
            (record.terms.total.to_string(), money(record.terms.total)),
            (record.paid.to_string(), money(record.paid)),
            (record.terms.to.iso(), record.terms.to.iso()),
            (id.to_string(), id.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

pub(super) fn sources(
    client: &Client<'_>,
    OfFundArguments { fund }: &OfFundArguments,
) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let filter: Vec<_> = fund.iter().map(|fund| ("fund", fund.to_string())).collect();
    let found: Vec<SourceSummary> = client.list(path::SOURCES, &filter, None)?;
    let mut listing = Listing::new(&[
        ("source", word("column-source", language)),
        ("donor", word("column-donor", language)),
        ("class", word("column-class", language)),
        ("amount_fen", word("column-amount", language)),
        ("date", word("column-date", language)),
        ("level", word("column-level", language)),
    ])
    .right(3);
    for SourceSummary { id, record, donor_name, amount } in found {
        let class = class_name(record.class, language);
        let level = level_name(record.level, language);
        listing.row_shown([
            (id.to_string(), id.to_string()),
            (record.donor.to_string(), donor_name),
            (class.to_owned(), class.to_owned()),
            (amount.to_string(), money(amount)),
            (record.value_date.iso(), record.value_date.iso()),
            (level.to_owned(), level.to_owned()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

pub(super) fn budget(
    client: &Client<'_>,
    BudgetArguments { fund, year }: &BudgetArguments,
) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let query: Vec<_> = year.iter().map(|year| ("year", year.to_string())).collect();
    let path = path::with(path::FUND_BUDGET, &[&fund.to_string()]);
    let BudgetReport { budget, year, lines, total, .. } =
        client.get::<Found<BudgetReport>>(&path, &query, None)?.data;
    let adds_up = |sums: &BudgetSums| {
        let parts = sums.committed.0.checked_add(sums.paid.0)?.checked_add(sums.free.0)?;
        Some(parts == sums.approved.0)
    };
    let sums = lines.iter().map(|line| &line.sums).chain([&total]);
    if let Some(wrong) = sums.into_iter().find(|sums| adds_up(sums) != Some(true)) {
        return Err(Failure::new(Code::NodeAnswer, json!(wrong)));
    }
    if session.format == Format::Json {
        let report = json!({ "budget": budget, "year": year, "lines": lines, "total": total });
        return Ok(format!("{report}\n"));
    }
    let mut listing = Listing::new(&[
        ("code", word("column-code", language)),
        ("name", word("column-line", language)),
        ("approved_fen", word("column-approved", language)),
        ("committed_fen", word("column-committed", language)),
        ("paid_fen", word("column-paid", language)),
        ("free_fen", word("column-free", language)),
    ])
    .right(2)
    .right(3)
    .right(4)
    .right(5);
    let mut row = |code: String, name: String, sums: &BudgetSums| {
        let cell = |fen: Fen| (fen.to_string(), money(fen));
        listing.row_shown([
            (code.clone(), code),
            (name.clone(), name),
            cell(sums.approved),
            cell(sums.committed),
            cell(sums.paid),
            cell(sums.free),
        ]);
    };
    for line in lines {
        row(line.record.terms.code, line.record.terms.name, &line.sums);
    }
    row(String::new(), word("column-total", language), &total);
    Ok(listing.above(&format!("{year}  {budget}")).render(session, "nothing-here"))
}

pub(super) fn flow(
    client: &Client<'_>,
    FlowArguments { fund, from, to }: &FlowArguments,
) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let mut query = Vec::new();
    query.extend(from.map(|day| ("from", day.iso())));
    query.extend(to.map(|day| ("to", day.iso())));
    let path = path::with(path::FUND_FLOW, &[&fund.to_string()]);
    let flow = client.get::<Found<Flow>>(&path, &query, None)?.data;
    if flow.unaccounted != Fen::ZERO {
        return Err(Failure::new(Code::NodeAnswer, money(flow.unaccounted)));
    }
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!(flow)));
    }
    let names: BTreeMap<&str, &str> =
        flow.nodes.iter().map(|node| (node.id.as_str(), node.label.as_str())).collect();
    let mut listing = Listing::new(&[
        ("source", word("column-source", language)),
        ("target", word("column-to", language)),
        ("amount_fen", word("column-amount", language)),
        ("way", word("column-direction", language)),
    ])
    .right(2);
    let mut rows = |links: &[FlowLink], way: &str| {
        for FlowLink { source, target, value } in links {
            let name = |id: &str| names.get(id).copied().unwrap_or(id).to_owned();
            listing.row_shown([
                (name(source), name(source)),
                (name(target), name(target)),
                (value.to_string(), money(*value)),
                (way.to_owned(), word(&format!("flow-{way}"), language)),
            ]);
        }
    };
    rows(&flow.links, "on");
    rows(&flow.returns, "back");
    let adds_up = format!("✓ {}", word("fund-adds-up", language));
    Ok(listing.under(&adds_up).render(session, "nothing-here"))
}

/// Forward from a source: every fen of it, where it lies now.
pub(super) fn forward(client: &Client<'_>, source: SourceId) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let number = source.to_string();
    let trace: TraceForward = client.one(&path::with(path::SOURCE_TRACE, &[&number]), None)?;
    let length: u64 = trace.pieces.iter().map(|piece| piece.segment.length).sum();
    let lying: u64 = trace.places.iter().map(|place| place.balance.0).sum();
    let asked = trace.end.saturating_sub(trace.start);
    if length != asked || lying != asked {
        let detail = format!("{} ≠ {}", money(Fen(asked)), money(Fen(length.min(lying))));
        return Err(Failure::new(Code::NodeAnswer, detail));
    }
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!(trace)));
    }
    let mut listing = Listing::new(&[
        ("kind", word("column-where", language)),
        ("label", word("column-name", language)),
        ("amount_fen", word("column-amount", language)),
    ])
    .right(2);
    // By identifier, as the node lists them, says nothing to anybody: the most comes first.
    let mut places: Vec<_> = trace.places.iter().collect();
    places
        .sort_by(|a, b| b.balance.cmp(&a.balance).then_with(|| a.place.label.cmp(&b.place.label)));
    for PlaceBalance { place, balance } in places {
        let kind = place_kind(&json!(place.what));
        listing.row_shown([
            (kind.clone(), word(&format!("place-{kind}"), language)),
            (place.label.clone(), place.label.clone()),
            (balance.to_string(), money(*balance)),
        ]);
    }
    let whole = reading::yuan(Fen(asked), language);
    let source = format!("{}  {number}  {whole}", word("column-source", language));
    let adds_up = format!("✓ {}", word("fund-adds-up", language));
    Ok(listing.above(&source).under(&adds_up).render(session, "nothing-here"))
}
