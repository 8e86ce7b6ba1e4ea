//! This exists to be the command `linli block`: the blocks of the ledger as a node shows them. Whoever wants
//! to be sure audits a copy.

use crate::cli::Format;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::online::Client;
use crate::reading;
use crate::session::Session;
use crate::texts::word;
use clap::{Args, Subcommand};
use linli_ledger::block::Header;
use linli_ledger::code::Code;
use linli_ledger::types::BlockHash;
use linli_wire::chain::Block;
use linli_wire::{List, path};
use serde_json::json;
use std::fmt::Write as _;

#[derive(Subcommand, Debug)]
pub(crate) enum BlockCommand {
    /// List blocks, the newest first / 列出区块，新的在前
    List(ListArguments),
    /// Show one block and its transactions / 查看一个区块和它的交易
    Show(ShowArguments),
}

/// Arguments of `block list`.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// From this height on / 从第几个区块起
    #[arg(long, value_name = "HEIGHT")]
    from: Option<u64>,
    /// Up to this height / 到第几个区块为止
    #[arg(long, value_name = "HEIGHT")]
    to: Option<u64>,
    /// How many, at most 100 / 最多几个，不超过 100
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
}

/// Arguments of `block show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Height, hash or latest / 第几个区块，或它的摘要，或 latest
    #[arg(default_value = "latest")]
    block: String,
}

/// Runs `linli block`.
///
/// # Errors
/// Those of the node; [`Code::NodeAnswer`] for a block whose hash is not that of its header.
pub(crate) fn run(command: &BlockCommand, session: &Session) -> Result<String, Failure> {
    let client = Client::new(session)?;
    match command {
        BlockCommand::List(arguments) => list(&client, arguments),
        BlockCommand::Show(ShowArguments { block }) => show(&client, block),
    }
}

/// What a node calls the hash of a block is computed again here.
fn check(block: &Block) -> Result<(), Failure> {
    let computed: BlockHash = Header::hash(&block.header);
    if computed == block.hash {
        Ok(())
    } else {
        Err(Failure::new(Code::NodeAnswer, format!("{} ≠ {computed}", block.hash)))
    }
}

fn list(client: &Client<'_>, arguments: &ListArguments) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let ListArguments { from, to, limit } = arguments;
    let mut query = vec![("limit", limit.to_string())];
    query.extend(from.map(|height| ("from", height.to_string())));
    query.extend(to.map(|height| ("to", height.to_string())));
    let page: List<Block> = client.get(path::BLOCKS, &query, None)?;
    let mut listing = Listing::new(&[
        ("height", word("column-block", language)),
        ("time", word("column-time", language)),
        ("transactions", word("column-count", language)),
        ("hash", word("column-digest", language)),
    ])
    .right(0)
    .right(2);
    for block in page.data {
        check(&block)?;
        let Header { height, time, transaction_count, .. } = block.header;
        listing.row_shown([
            (height.to_string(), height.to_string()),
            (time.to_string(), reading::time(time)),
            (transaction_count.to_string(), transaction_count.to_string()),
            (block.hash.to_string(), block.hash.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

fn show(client: &Client<'_>, which: &str) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let block: Block = client.get(&path::with(path::BLOCK, &[which]), &[], None)?;
    check(&block)?;
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!(block)));
    }
    let mut listing = Listing::new(&[
        ("transaction", word("column-transaction", language)),
        ("what", word("column-value", language)),
        ("code", word("column-code", language)),
    ]);
    for transaction in block.transactions.iter().flatten() {
        let content = transaction.content.as_ref();
        let id = content.map(|content| content.id.to_string()).unwrap_or_default();
        let call = content.and_then(|content| content.call.as_ref());
        let what = match call {
            Some(call) => reading::sentence(call, language),
            None => word("transaction-withheld", language),
        };
        let rejection = content.and_then(|content| content.rejection.as_ref());
        let code = rejection.map(|rejection| rejection.code.to_string()).unwrap_or_default();
        listing.row_shown([
            (id.clone(), reading::short(&id)),
            (what.clone(), what),
            (code.clone(), code),
        ]);
    }
    let table = listing.render(session, "nothing-here");
    if session.format == Format::Csv {
        return Ok(table);
    }
    let header = &block.header;
    let mut text = format!("{}  {}\n", word("column-block", language), header.height);
    let mut add = |title: &str, value: String| {
        let _ = writeln!(text, "  {}  {value}", word(title, language));
    };
    add("column-digest", block.hash.to_string());
    add("column-time", reading::time(header.time));
    add("column-parent", header.parent.to_string());
    add("column-state-root", header.state_root.to_string());
    Ok(format!("{text}\n{table}"))
}
