//! This exists to be `linli activity lines`: what an organiser attests, taken from the files that people and
//! the device at the place signed together.

use super::activity::find;
use super::identifier;
use crate::cli::Format;
use crate::failure::Failure;
use crate::online::Client;
use crate::texts::word_with;
use crate::transaction::load;
use clap::Args;
use linli_contracts::AnyCall;
use linli_contracts::credit::{AttestedLine, Call};
use linli_contracts::programme::ActivityTerms;
use linli_ledger::code::Code;
use linli_ledger::types::{BlockTime, MINUTE_MS, RecordId};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `activity lines`.
#[derive(Args, Debug)]
pub(crate) struct LinesArguments {
    /// Identifier of the activity, llr1… / 活动的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    activity: RecordId,
    /// The signed files of everybody's coming and going / 每个人签到和签退的交易文件
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// File to write; standard output if not given / 写到哪个文件；不给则写到标准输出
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// When somebody came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    came: Option<BlockTime>,
    went: Option<BlockTime>,
}

/// Runs `linli activity lines`.
///
/// # Errors
/// Those of files; [`Code::TransactionFile`] for a file that is about something else, or a visit without
/// both; those of the node.
pub(super) fn lines(client: &Client<'_>, arguments: &LinesArguments) -> Result<String, Failure> {
    let LinesArguments { activity, files, out } = arguments;
    let terms = find(client, *activity)?.record.terms;
    let mut seen: BTreeMap<RecordId, Seen> = BTreeMap::new();
    for path in files {
        let file = load(path)?;
        match file.call() {
            AnyCall::Credit(Call::CheckIn { participation, observed_at, .. }) => {
                seen.entry(*participation).or_default().came = Some(*observed_at);
            }
            AnyCall::Credit(Call::CheckOut { participation, observed_at, .. }) => {
                seen.entry(*participation).or_default().went = Some(*observed_at);
            }
            _ => return Err(Failure::new(Code::TransactionFile, path.display())),
        }
    }
    let lines = seen
        .into_iter()
        .map(|(participation, seen)| {
            line(participation, seen, &terms)
                .ok_or_else(|| Failure::new(Code::TransactionFile, participation))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let text = format!("{}\n", serde_json::to_string_pretty(&lines).unwrap_or_default());
    let Some(path) = out else { return Ok(text) };
    std::fs::write(path, &text).map_err(|error| Failure::of_file(path, &error))?;
    let session = client.session();
    Ok(match session.format {
        Format::Json => text,
        Format::Table | Format::Csv => {
            let values = [
                ("file", path.display().to_string().into()),
                ("count", u64::try_from(lines.len()).unwrap_or_default().into()),
            ];
            format!("✓ {}\n", word_with("lines-written", session.language, &values))
        }
    })
}

/// The whole minutes within the session, as CRE-4 counts them.
fn line(participation: RecordId, seen: Seen, terms: &ActivityTerms) -> Option<AttestedLine> {
    let (check_in, check_out) = (seen.came?, seen.went?);
    let (from, to) = (check_in.max(terms.start), check_out.min(terms.end));
    let minutes = u32::try_from(to.0.saturating_sub(from.0) / MINUTE_MS).ok()?;
    Some(AttestedLine { participation, check_in, check_out, minutes, units: 0 })
}
