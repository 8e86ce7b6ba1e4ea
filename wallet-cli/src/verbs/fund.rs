//! This exists to be the commands `linli fund` and `linli payment`: what a fund administrator asks for,
//! what an approver agrees to, and what anybody may see of it.

use super::identifier;
use super::money::{
    BudgetArguments, FlowArguments, OfFundArguments, budget, contracts, flow, forward, sources,
};
use crate::cli::Format;
use crate::failure::Failure;
use crate::import::yuan;
use crate::listing::Listing;
use crate::online::{Client, Order, WriteArguments, perform};
use crate::reading;
use crate::report::money;
use crate::session::Session;
use crate::texts::word;
use crate::trace::{class_name, level_name, payment_state, state_name};
use clap::{Args, Subcommand};
use linli_contracts::AnyCall;
use linli_contracts::fund::{
    Call, Payment, PaymentKind, PaymentTerms, ServiceContract, request_hash,
};
use linli_contracts::registry::Role;
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::hash::{Domain, from_hex, hash};
use linli_ledger::types::{RecordId, SourceId};
use linli_wire::money::{FundSummary, PlaceBalance, TraceBack};
use linli_wire::{Recorded, path};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

#[derive(Subcommand, Debug)]
pub(crate) enum FundCommand {
    /// List the funds / 列出所有资金
    List,
    /// Show a fund: what came in and where it lies / 查看一个资金：收到多少，现在在哪里
    Show(OneArguments),
    /// Ask for a payment under a contract / 按合同申请一笔付款
    Pay(PayArguments),
    /// Approve a payment, as an approver / 审批同意一笔付款
    Approve(DecideArguments),
    /// Refuse a payment, as an approver / 退回一笔付款申请
    Refuse(DecideArguments),
    /// Follow a payment back to its sources, or a source to where its fen lie now / 追溯一笔付款的来源，或一笔来源的去向
    Trace(TraceArguments),
    /// List the contracts / 列出合同
    Contracts(OfFundArguments),
    /// List where the money came from / 列出资金来源
    Sources(OfFundArguments),
    /// Budget against what happened / 预算和执行情况
    Budget(BudgetArguments),
    /// Where the money of a fund came from and went to / 一个资金的来龙去脉
    Flow(FlowArguments),
}

#[derive(Subcommand, Debug)]
pub(crate) enum PaymentCommand {
    /// List payments / 列出付款
    List(ListArguments),
    /// Show one payment / 查看一笔付款
    Show(OneArguments),
}

/// One thing, by its identifier.
#[derive(Args, Debug)]
pub(crate) struct OneArguments {
    /// Its identifier, llr1… / 编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    id: RecordId,
}

/// A payment or a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Traced {
    Payment(RecordId),
    Source(SourceId),
}

impl Traced {
    fn parse(text: &str) -> Result<Self, String> {
        match text.trim().parse() {
            Ok(number) => Ok(Self::Source(SourceId(number))),
            Err(_) => identifier(text).map(Self::Payment),
        }
    }
}

/// Arguments of `fund trace`.
#[derive(Args, Debug)]
pub(crate) struct TraceArguments {
    /// Identifier of a payment, llr1…, or number of a source, from fund sources / 付款的编号 llr1…，或来源的号码，见 fund sources
    #[arg(value_parser = Traced::parse)]
    what: Traced,
}

/// Arguments of `payment list`.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Only of this fund / 只看这个资金的
    #[arg(long, value_name = "llr1…", value_parser = identifier::<RecordId>)]
    fund: Option<RecordId>,
    /// Only of this contract / 只看这个合同的
    #[arg(long, value_name = "llr1…", value_parser = identifier::<RecordId>)]
    contract: Option<RecordId>,
    /// Only those that wait for approval / 只看等待审批的
    #[arg(long)]
    open: bool,
}

/// Arguments of `fund pay`.
#[derive(Args, Debug)]
pub(crate) struct PayArguments {
    /// Identifier of the contract, llr1… / 合同的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    contract: RecordId,
    /// Amount in yuan, such as 1500.00 / 金额（元），例如 1500.00
    #[arg(long, value_name = "YUAN")]
    amount: String,
    /// Milestone of the contract, from 1; without it, an advance / 第几个付款节点，从 1 数；不给则是预付款
    #[arg(long, value_name = "N")]
    milestone: Option<u32>,
    /// The invoice: a file, or its hash / 发票：文件，或其摘要
    #[arg(long, value_name = "FILE|HASH")]
    invoice: String,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `fund approve` and `fund refuse`.
#[derive(Args, Debug)]
pub(crate) struct DecideArguments {
    /// Identifier of the payment, llr1… / 付款的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    payment: RecordId,
    #[command(flatten)]
    write: WriteArguments,
}

/// Runs `linli fund`.
///
/// # Errors
/// Those of the node, of keys and prompts; the code with which a rule says no.
pub(crate) fn run(command: &FundCommand, session: &Session) -> Result<String, Failure> {
    let client = Client::new(session)?;
    match command {
        FundCommand::List => list(&client),
        FundCommand::Show(OneArguments { id }) => show(&client, *id),
        FundCommand::Pay(arguments) => pay(&client, arguments),
        FundCommand::Approve(arguments) => decide(&client, arguments, true),
        FundCommand::Refuse(arguments) => decide(&client, arguments, false),
        FundCommand::Trace(TraceArguments { what: Traced::Payment(id) }) => trace(&client, *id),
        FundCommand::Trace(TraceArguments { what: Traced::Source(number) }) => {
            forward(&client, *number)
        }
        FundCommand::Contracts(arguments) => contracts(&client, arguments),
        FundCommand::Sources(arguments) => sources(&client, arguments),
        FundCommand::Budget(arguments) => budget(&client, arguments),
        FundCommand::Flow(arguments) => flow(&client, arguments),
    }
}

/// Runs `linli payment`.
///
/// # Errors
/// Those of the node.
pub(crate) fn payments(command: &PaymentCommand, session: &Session) -> Result<String, Failure> {
    let client = Client::new(session)?;
    match command {
        PaymentCommand::List(arguments) => payment_list(&client, arguments),
        PaymentCommand::Show(OneArguments { id }) => {
            let found = payment(&client, *id)?;
            Ok(match session.format {
                Format::Json => format!("{}\n", json!(found)),
                Format::Table | Format::Csv => payment_text(&found, session),
            })
        }
    }
}

fn list(client: &Client<'_>) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let funds: Vec<FundSummary> = client.list(path::FUNDS, &[], None)?;
    let mut listing = Listing::new(&[
        ("name", word("column-name", language)),
        ("scope", word("column-place", language)),
        ("received_fen", word("column-received", language)),
        ("fund", word("column-number", language)),
    ])
    .right(2);
    for fund in funds {
        listing.row_shown([
            (fund.record.name.clone(), fund.record.name),
            (fund.record.scope.clone(), fund.record.scope),
            (fund.received.to_string(), money(fund.received)),
            (fund.id.to_string(), fund.id.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

fn show(client: &Client<'_>, id: RecordId) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let fund: FundSummary = client.one(&path::with(path::FUND, &[&id.to_string()]), None)?;
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!(fund)));
    }
    let mut listing = Listing::new(&[
        ("kind", word("column-where", language)),
        ("label", word("column-name", language)),
        ("balance_fen", word("column-amount", language)),
        ("account", word("column-number", language)),
    ])
    .right(2);
    for PlaceBalance { place, balance } in &fund.accounts {
        let kind = place_kind(&json!(place.what));
        listing.row_shown([
            (kind.clone(), word(&format!("place-{kind}"), language)),
            (place.label.clone(), place.label.clone()),
            (balance.to_string(), money(*balance)),
            (place.account.to_string(), reading::short(&place.account.to_string())),
        ]);
    }
    if fund.held != fund.received {
        return Err(Failure::new(
            Code::NodeAnswer,
            format!("{} ≠ {}", money(fund.received), money(fund.held)),
        ));
    }
    let received = reading::yuan(fund.received, language);
    let about = format!(
        "{}  {}\n{}  {received}",
        reading::clean(&fund.record.name),
        fund.id,
        word("column-received", language)
    );
    let adds_up = format!("✓ {}", word("fund-adds-up", language));
    Ok(listing.above(&about).under(&adds_up).render(session, "nothing-here"))
}

/// The name of the variant of an account: `available`.
pub(super) fn place_kind(what: &serde_json::Value) -> String {
    let name = what.as_object().and_then(|object| object.keys().next().cloned());
    name.or_else(|| what.as_str().map(str::to_owned)).unwrap_or_default().replace('_', "-")
}

fn pay(client: &Client<'_>, arguments: &PayArguments) -> Result<String, Failure> {
    let PayArguments { contract, amount, milestone, invoice, write } = arguments;
    let amount = yuan(amount).map_err(|code| Failure::new(code, format!("--amount {amount}")))?;
    let kind = match milestone {
        None => PaymentKind::Advance,
        Some(number) => PaymentKind::Milestone(
            number.checked_sub(1).ok_or_else(|| Failure::new(Code::WrongUse, "--milestone 0"))?,
        ),
    };
    let invoice = invoice_hash(invoice)?;
    let id = contract.to_string();
    let found: Recorded<RecordId, ServiceContract> =
        client.one(&path::with(path::CONTRACT, &[&id]), None)?;
    // The account that was agreed in the contract: the only one that the rules let be paid.
    let payee_account = found.record.terms.payee_account;
    let terms = PaymentTerms { contract: *contract, kind, amount, payee_account, invoice };
    let order = Order::open(client, write)?;
    let call = AnyCall::Fund(Call::PaymentRequest { terms });
    perform(&order, call, Some(Role::FundAdministrator), &mut |_| Ok(()))
}

/// The hash of an invoice: of the bytes of a file, or as it was computed elsewhere.
fn invoice_hash(text: &str) -> Result<[u8; 32], Failure> {
    if let Some(hash) = from_hex(text) {
        return Ok(hash);
    }
    let path = Path::new(text);
    let bytes = std::fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
    Ok(hash(Domain::Document, &bytes))
}

fn payment(client: &Client<'_>, id: RecordId) -> Result<Recorded<RecordId, Payment>, Failure> {
    let found: Recorded<RecordId, Payment> =
        client.one(&path::with(path::PAYMENT, &[&id.to_string()]), None)?;
    if found.id == id { Ok(found) } else { Err(Failure::new(Code::NodeAnswer, found.id)) }
}

/// Approves or refuses what was read: the hash is computed here, from what is shown here.
fn decide(
    client: &Client<'_>,
    arguments: &DecideArguments,
    approves: bool,
) -> Result<String, Failure> {
    let session = client.session();
    let DecideArguments { payment: id, write } = arguments;
    let found = payment(client, *id)?;
    if session.format == Format::Table {
        crate::transaction::eprint_text(&format!("{}\n", payment_text(&found, session)));
    }
    let request_hash = request_hash(*id, &found.record.terms, found.record.revision);
    let call = if approves {
        Call::Approve { payment: *id, request_hash }
    } else {
        Call::Refuse { payment: *id, request_hash }
    };
    let order = Order::open(client, write)?;
    perform(&order, AnyCall::Fund(call), Some(Role::Approver), &mut |_| Ok(()))
}

fn payment_text(found: &Recorded<RecordId, Payment>, session: &Session) -> String {
    let language = session.language;
    let Recorded { id, record } = found;
    let state = payment_state(state_name(record), language);
    let mut text = format!("{}  {id}\n", word("section-payments", language));
    let mut add = |title: &str, value: String| {
        let _ = writeln!(text, "  {}  {value}", word(title, language));
    };
    add("column-amount", reading::yuan(record.terms.amount, language));
    add("column-contract", record.terms.contract.to_string());
    add("column-state", state);
    add("column-requested-at", reading::time(record.requested_at));
    add("column-approvals", record.approvals.len().to_string());
    add("column-hash", {
        let hash = request_hash(*id, &record.terms, record.revision);
        reading::short(&hash.to_hex())
    });
    text
}

fn payment_list(client: &Client<'_>, arguments: &ListArguments) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let ListArguments { fund, contract, open } = arguments;
    let mut filter = Vec::new();
    filter.extend(fund.map(|id| ("fund", id.to_string())));
    filter.extend(contract.map(|id| ("contract", id.to_string())));
    let payments: Vec<Recorded<RecordId, Payment>> = client.list(path::PAYMENTS, &filter, None)?;
    let mut listing = Listing::new(&[
        ("requested_at", word("column-requested-at", language)),
        ("state", word("column-state", language)),
        ("amount_fen", word("column-amount", language)),
        ("approvals", word("column-approvals", language)),
        ("contract", word("column-contract", language)),
        ("payment", word("column-number", language)),
    ])
    .right(2)
    .right(3);
    for Recorded { id, record } in payments {
        let state = state_name(&record);
        if *open && state != "requested" {
            continue;
        }
        let contract = record.terms.contract.to_string();
        listing.row_shown([
            (record.requested_at.to_string(), reading::time(record.requested_at)),
            (state.to_owned(), payment_state(state, language)),
            (record.terms.amount.to_string(), money(record.terms.amount)),
            (record.approvals.len().to_string(), record.approvals.len().to_string()),
            (contract.clone(), reading::short(&contract)),
            (id.to_string(), id.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

fn trace(client: &Client<'_>, id: RecordId) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let trace: TraceBack =
        client.one(&path::with(path::PAYMENT_TRACE, &[&id.to_string()]), None)?;
    let sum: u64 = trace.sources.iter().map(|share| share.amount.0).sum();
    if sum != trace.traced.0 {
        let detail = format!("{} ≠ {}", money(Fen(sum)), money(trace.traced));
        return Err(Failure::new(Code::NodeAnswer, detail));
    }
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!(trace)));
    }
    let mut listing = Listing::new(&[
        ("source", word("column-source", language)),
        ("donor", word("column-donor", language)),
        ("class", word("column-class", language)),
        ("amount_fen", word("column-amount", language)),
        ("level", word("column-level", language)),
    ])
    .right(3);
    for share in &trace.sources {
        let class = class_name(share.class, language);
        let level = level_name(share.level, language);
        listing.row_shown([
            (share.source.to_string(), share.source.to_string()),
            (share.donor.to_string(), share.donor_name.clone()),
            (class.to_owned(), class.to_owned()),
            (share.amount.to_string(), money(share.amount)),
            (level.to_owned(), level.to_owned()),
        ]);
    }
    let table = listing.render(session, "trace-not-reserved");
    if session.format == Format::Csv {
        return Ok(table);
    }
    let traced = reading::yuan(trace.traced, language);
    Ok(format!("{}  {traced}\n\n{table}", word("column-traced", language)))
}
