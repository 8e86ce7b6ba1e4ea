//! This exists to be what governing organisations decide about validators and nodes, under `linli org`:
//! propose, look, vote, withdraw, and cut off a node of one's own.

use super::account::public_key;
use super::{identifier, json_file};
use crate::cli::Format;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::online::{Client, Order, WriteArguments, perform};
use crate::reading;
use crate::texts::{word, word_with};
use clap::{Args, ValueEnum};
use linli_contracts::AnyCall;
use linli_contracts::governance::records::{End, Proposal as Record, ProposalState};
use linli_contracts::governance::{Call, Change, proposal_hash};
use linli_contracts::registry::Role;
use linli_ledger::code::Code;
use linli_ledger::crypto::PublicKey;
use linli_ledger::hash::{Domain, digest};
use linli_ledger::types::{RecordId, derive_identifier};
use linli_verify::Language;
use linli_wire::governance::{Node, Proposal};
use linli_wire::path;
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Arguments of `org proposals`.
#[derive(Args, Debug)]
pub(crate) struct ProposalsArguments {
    /// Also those that have ended / 也列出已经结束的
    #[arg(long)]
    all: bool,
}

/// Arguments of what is about one proposal and only looks.
#[derive(Args, Debug)]
pub(crate) struct ProposalArguments {
    /// Identifier of the proposal, llr1… / 提案的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    proposal: RecordId,
}

/// Arguments of `org propose`.
#[derive(Args, Debug)]
pub(crate) struct ProposeArguments {
    /// File with the list of changes, as JSON / 变更清单文件（JSON）
    #[arg(value_name = "CHANGES.json")]
    changes: PathBuf,
    /// File that shows why; only its hash is sent / 说明理由的文件，只提交摘要
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    #[command(flatten)]
    write: WriteArguments,
}

/// A word on a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Word {
    /// For it / 同意
    Yes,
    /// Against it, or no longer for it / 不同意，或不再同意
    No,
}

/// Arguments of `org vote`.
#[derive(Args, Debug)]
pub(crate) struct VoteArguments {
    /// Identifier of the proposal, llr1… / 提案的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    proposal: RecordId,
    /// The last word counts / 以最后一次为准
    #[arg(value_enum)]
    word: Word,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `org withdraw`.
#[derive(Args, Debug)]
pub(crate) struct WithdrawArguments {
    /// Identifier of the proposal, llr1… / 提案的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    proposal: RecordId,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `org cut`.
#[derive(Args, Debug)]
pub(crate) struct CutArguments {
    /// The network key of the node: 64 digits, from org nodes / 节点的公钥，64 位，见 org nodes
    #[arg(value_name = "KEY", value_parser = public_key)]
    ended: PublicKey,
    #[command(flatten)]
    write: WriteArguments,
}

/// Lists proposals: those that have not ended, or all.
pub(super) fn proposals(
    client: &Client<'_>,
    arguments: &ProposalsArguments,
) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let found: Vec<Proposal> = client.list(path::PROPOSALS, &[], None)?;
    let mut listing = Listing::new(&[
        ("state", word("column-state", language)),
        ("at", word("column-time", language)),
        ("agree", word("column-agree", language)),
        ("changes", word("column-changes", language)),
        ("proposal", word("column-number", language)),
    ])
    .right(2)
    .right(3);
    for Proposal { id, record } in found {
        let ended = matches!(record.state, ProposalState::Ended { .. });
        if ended && !arguments.all {
            continue;
        }
        let at = match record.state {
            ProposalState::Accepted { at } => at,
            ProposalState::Open | ProposalState::Ended { .. } => record.until,
        };
        let agree = record.ballots.iter().filter(|ballot| ballot.approve).count().to_string();
        let changes = record.changes.len().to_string();
        listing.row_shown([
            (state_name(&record).to_owned(), state_word(&record, language)),
            (at.to_string(), reading::time(at)),
            (agree.clone(), agree),
            (changes.clone(), changes),
            (id.to_string(), id.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

/// Lists the nodes that may connect.
pub(super) fn nodes(client: &Client<'_>) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let found: Vec<Node> = client.one(path::NODES, None)?;
    let mut listing = Listing::new(&[
        ("role", word("column-use", language)),
        ("since", word("column-since", language)),
        ("organisation", word("column-organisation", language)),
        ("node", word("column-node", language)),
    ]);
    for Node { key, organisation, role, since } in found {
        let name = json!(role).as_str().unwrap_or_default().to_owned();
        let (by, key) = (organisation.to_string(), key.to_string());
        listing.row_shown([
            (name.clone(), reading::choice(&name, language)),
            (since.to_string(), reading::time(since)),
            (by.clone(), reading::short(&by)),
            (key.clone(), key),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

/// Shows one proposal.
pub(super) fn show(client: &Client<'_>, arguments: &ProposalArguments) -> Result<String, Failure> {
    let found = proposal(client, arguments.proposal)?;
    match client.session().format {
        Format::Json => Ok(format!("{}\n", json!(found))),
        Format::Table | Format::Csv => Ok(text(&found, client.session().language)),
    }
}

/// Proposes what a file says.
pub(super) fn propose(
    client: &Client<'_>,
    arguments: &ProposeArguments,
) -> Result<String, Failure> {
    let session = client.session();
    let changes: Vec<Change> = json_file(&arguments.changes)?;
    let shown = std::fs::read(&arguments.evidence)
        .map_err(|error| Failure::of_file(&arguments.evidence, &error))?;
    let call = Call::Propose { changes, evidence: digest(Domain::Document, &shown) };
    let mut made = None;
    let order = Order::open(client, &arguments.write)?;
    let said = perform(&order, AnyCall::Governance(call), Some(Role::Governor), &mut |id| {
        made = Some(RecordId(derive_identifier(&id, 0)).to_string());
        Ok(())
    })?;
    Ok(match (session.format, made) {
        (Format::Table | Format::Csv, Some(id)) => {
            let next = word_with("propose-next", session.language, &[("id", id.into())]);
            format!("{said}  {next}\n")
        }
        (_, _) => said,
    })
}

/// Votes on what was read: the hash is computed here, from what is shown here.
pub(super) fn vote(client: &Client<'_>, arguments: &VoteArguments) -> Result<String, Failure> {
    let session = client.session();
    let VoteArguments { proposal: id, word, write } = arguments;
    let found = proposal(client, *id)?;
    if session.format == Format::Table {
        crate::transaction::eprint_text(&format!("{}\n", text(&found, session.language)));
    }
    let Record { changes, evidence, .. } = &found.record;
    let proposal_hash = proposal_hash(*id, changes, evidence);
    let call = Call::Vote { proposal: *id, proposal_hash, approve: *word == Word::Yes };
    done(client, write, call)
}

/// Withdraws a proposal of one's own.
pub(super) fn withdraw(
    client: &Client<'_>,
    arguments: &WithdrawArguments,
) -> Result<String, Failure> {
    done(client, &arguments.write, Call::Withdraw { proposal: arguments.proposal })
}

/// Cuts off a node of one's own.
pub(super) fn cut(client: &Client<'_>, arguments: &CutArguments) -> Result<String, Failure> {
    let call = AnyCall::Governance(Call::NodeEnd { key: arguments.ended });
    perform(&Order::open(client, &arguments.write)?, call, None, &mut |_| Ok(()))
}

fn done(client: &Client<'_>, write: &WriteArguments, call: Call) -> Result<String, Failure> {
    let order = Order::open(client, write)?;
    perform(&order, AnyCall::Governance(call), Some(Role::Governor), &mut |_| Ok(()))
}

fn proposal(client: &Client<'_>, id: RecordId) -> Result<Proposal, Failure> {
    let found: Proposal = client.one(&path::with(path::PROPOSAL, &[&id.to_string()]), None)?;
    if found.id == id { Ok(found) } else { Err(Failure::new(Code::NodeAnswer, found.id)) }
}

/// The name of a state, for programs.
fn state_name(record: &Record) -> &'static str {
    match &record.state {
        ProposalState::Open => "open",
        ProposalState::Accepted { .. } => "accepted",
        ProposalState::Ended { end, .. } => match end {
            End::Applied => "applied",
            End::Refused(_) => "refused",
            End::Withdrawn => "withdrawn",
            End::Expired => "expired",
        },
    }
}

fn state_word(record: &Record, language: Language) -> String {
    word(&format!("proposal-{}", state_name(record)), language)
}

/// A proposal as people read it before they vote: how far it has come, then every change.
fn text(found: &Proposal, language: Language) -> String {
    let Proposal { id, record } = found;
    let mut text = format!("{}  {id}\n", word("section-proposal", language));
    let mut add = |title: &str, value: String| {
        let _ = writeln!(text, "  {}  {value}", word(title, language));
    };
    add("column-state", state_word(record, language));
    match &record.state {
        ProposalState::Open => add("column-until", reading::time(record.until)),
        ProposalState::Accepted { at } => add("column-effect", reading::time(*at)),
        ProposalState::Ended { end: End::Refused(no), .. } => {
            add("column-reason", crate::texts::code_text(no.code, language).sentence);
        }
        ProposalState::Ended { .. } => {}
    }
    let agree = record.ballots.iter().filter(|ballot| ballot.approve).count();
    add("column-agree", agree.to_string());
    let hash = proposal_hash(*id, &record.changes, &record.evidence);
    add("column-proposal-hash", hash.to_hex());
    let (changes, evidence) = (record.changes.clone(), record.evidence);
    text + &reading::details(&AnyCall::Governance(Call::Propose { changes, evidence }), language)
}
